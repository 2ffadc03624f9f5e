"""Settings: from the environment and .env, with one sentence that names the offender when one is wrong."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from quant import settings as module
from quant.domain import HedgeMethod, Scale
from quant.errors import SettingsError
from quant.settings import Settings, default_data_dir, load_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"

# The file of the older project, as it is in circulation: several assignments on a line.
SEED_STYLE = """\
HOST=0.0.0.0            PORT=8000               AVAILABLE_SYMBOLS=BTCUSDT,ETHUSDT,BNBUSDT,SOLUSDT,ADAUSDT       TICK_BUFFER_SIZE=10000
RESAMPLE_INTERVALS=1s,1m,5m   DEFAULT_ROLLING_WINDOW=60   DEFAULT_REGRESSION=OLS   CORS_ORIGINS=http://localhost:8080,http://localhost:3000
"""  # noqa: E501  verbatim

# name: (text, what it becomes)
VALUES: dict[str, tuple[str, object]] = {
    "HOST": ("0.0.0.0", "0.0.0.0"),  # noqa: S104
    "PORT": ("9001", 9001),
    "AVAILABLE_SYMBOLS": ("btcusdt, ETHUSDT,,btcusdt ", ("BTCUSDT", "ETHUSDT")),
    "TICK_BUFFER_SIZE": ("500", 500),
    "RESAMPLE_INTERVALS": ("5s, 15m,1h", ("5s", "15m", "1h")),
    "DEFAULT_ROLLING_WINDOW": ("120", 120),
    "DEFAULT_REGRESSION": ("Theil-Sen", HedgeMethod.THEIL_SEN),
    "DEFAULT_SCALE": ("LOG", Scale.LOG),
    "CORS_ORIGINS": ("https://a.example,https://b.example", ("https://a.example", "https://b.example")),
    "ANALYTICS_INTERVAL_MS": ("250", 250),
    "SOURCE": ("sim:9", "sim:9"),
    "SPEED": ("0", 0.0),
    "DATA_DIR": ("/srv/quant", Path("/srv/quant")),
    "TICK_RETENTION_DAYS": ("7", 7),
    "BAR_RETENTION_DAYS": ("400", 400),
    "DATABASE_URL": ("sqlite:////srv/meta.sqlite", "sqlite:////srv/meta.sqlite"),
    "BUS_URL": ("memory:", "memory:"),
    "BINANCE_WS_URL": ("ws://127.0.0.1:7001", "ws://127.0.0.1:7001"),
    "BINANCE_REST_URL": ("http://[::1]:7002", "http://[::1]:7002"),
    "REDUNDANT_CONNECTIONS": ("3", 3),
    "ALERT_CHANNELS": ('{"ops":"https://example.com/hook"}', {"ops": "https://example.com/hook"}),
    "ALERT_WEBHOOK_SECRET": ("s3cret", "s3cret"),
    "ALERT_ALLOW_PRIVATE_HOSTS": ("true", True),
    "ALERT_CA_FILE": ("/etc/ssl/own.pem", Path("/etc/ssl/own.pem")),
    "ALERT_RETRY_DELAYS_S": ("1, 1,30", (1.0, 1.0, 30.0)),
    "LOG_DIR": ("/var/log/quant", Path("/var/log/quant")),
    "LOG_LEVEL": ("WARNING", "warning"),
    "LOG_FILE_MB": ("50", 50),
    "LOG_FILE_HOURS": ("1", 1),
    "LOG_TOTAL_MB": ("1000", 1000),
    "LOG_KEEP_DAYS": ("7", 7),
    "AUTH_TOKEN": ("s3cret", "s3cret"),
    "JWT_SECRET": ("s3cret" * 6, "s3cret" * 6),
    "TOKEN_MINUTES": ("60", 60),
    "ALLOW_INSECURE": ("true", True),
    "ALLOWED_HOSTS": ("Desk.example, 10.1.2.3,[fe80::1]", ("desk.example", "10.1.2.3", "[fe80::1]")),
    "TRUSTED_PROXIES": ("127.0.0.1,10.0.0.0/8, ::1", ("127.0.0.1", "10.0.0.0/8", "::1")),
    "RATE_LIMIT": ("0", 0),
    "LOGIN_LIMIT": ("5", 5),
    "MAX_SOCKETS": ("100", 100),
    "MAX_SOCKETS_PER_CALLER": ("7", 7),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder: empty, with none of our names in the environment and no file of a checkout."""
    for name in [*os.environ]:
        if name.upper() in VALUES:
            monkeypatch.delenv(name)
    monkeypatch.setattr(module, "CHECKOUT_ENV", tmp_path / "checkout" / ".env")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(settings: Settings, name: str) -> object:
    value = getattr(settings, name.lower())
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def refusal(make: Callable[[], object]) -> str:
    """Return the sentence with which the settings are refused."""
    with pytest.raises(SettingsError) as caught:
        make()
    assert "\n" not in caught.value.message
    return caught.value.message


# --- where values come from ---


def test_every_setting_is_tried_here():
    assert {name.lower() for name in VALUES} == set(Settings.model_fields)


@pytest.mark.parametrize("name", VALUES)
def test_from_the_environment(name: str, monkeypatch: pytest.MonkeyPatch):
    text, wanted = VALUES[name]
    monkeypatch.setenv(name, text)
    assert plain(load_settings(), name) == wanted


@pytest.mark.parametrize("name", VALUES)
def test_from_the_file(name: str, folder: Path):
    text, wanted = VALUES[name]
    (folder / ".env").write_text(f"# a comment\n\n{name}={text}\n", encoding="utf-8")
    assert plain(load_settings(), name) == wanted


def test_options_win_over_the_environment_and_it_over_the_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    (folder / "checkout").mkdir()
    (folder / "checkout" / ".env").write_text("PORT=1\nSPEED=1\nHOST=h1\nSOURCE=sim:1\n", encoding="utf-8")
    (folder / ".env").write_text("PORT=2\nSPEED=2\nHOST=h2\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "3")
    monkeypatch.setenv("speed", "3")
    settings = load_settings(port=4, host=None)
    assert (settings.port, settings.speed, settings.host, settings.source) == (4, 3.0, "h2", "sim:1")


def test_a_wrong_value_that_does_not_count_does_no_harm(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / ".env").write_text("PORT=eight\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "8001")
    assert load_settings().port == 8001


def test_the_seed_style_file_works_as_it_is(folder: Path):
    (folder / ".env").write_text(SEED_STYLE, encoding="utf-8")
    settings = load_settings()
    assert settings.host == "0.0.0.0"  # noqa: S104
    assert settings.port == 8000
    assert settings.available_symbols == ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT")
    assert settings.tick_buffer_size == 10_000
    assert [interval.seconds for interval in settings.intervals] == [1, 60, 300]
    assert settings.default_rolling_window == 60
    assert settings.default_regression is HedgeMethod.OLS
    assert settings.cors_origins == ("http://localhost:8080", "http://localhost:3000")


@pytest.mark.parametrize(
    "line",
    [
        "PORT=9001",
        "export PORT=9001",
        "PORT = 9001",
        "PORT='9001'",
        'PORT="9001"',
        "PORT=9001 # mine",
        "port=9001",
        "\ufeffPORT=9001",
    ],
)
def test_usual_forms_of_a_line(line: str, folder: Path):
    (folder / ".env").write_text(line + "\r\n", encoding="utf-8")
    assert load_settings().port == 9001


def test_values_are_not_expanded(folder: Path):
    (folder / ".env").write_text("AUTH_TOKEN=a${HOME}b\n", encoding="utf-8")
    assert plain(load_settings(), "AUTH_TOKEN") == "a${HOME}b"


# --- defaults ---


def test_defaults_are_safe_and_local(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "share"))
    monkeypatch.setenv("LOCALAPPDATA", str(folder / "share"))
    settings = load_settings()
    assert settings.is_loopback
    assert (settings.auth_token, settings.allow_insecure, settings.log_dir) == (None, False, None)
    assert settings.data_dir == default_data_dir()
    assert settings.database_url == f"sqlite:///{settings.data_dir / 'metadata.sqlite'}"


@pytest.mark.parametrize("name", ["DATA_DIR", "DATABASE_URL", "LOG_DIR", "AUTH_TOKEN", "AVAILABLE_SYMBOLS"])
def test_empty_is_the_default(name: str, folder: Path):
    wanted = plain(load_settings(), name)
    (folder / ".env").write_text(f"{name}=\n", encoding="utf-8")
    assert plain(load_settings(), name) == wanted


def test_the_home_folder_may_be_written_short(monkeypatch: pytest.MonkeyPatch, folder: Path):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert load_settings(data_dir="~/quant").data_dir == folder / "quant"


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.168.1.5", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_only_loopback_is_loopback(host: str, is_loopback: bool):
    assert load_settings(host=host).is_loopback == is_loopback


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


def test_the_token_does_not_show_when_printed():
    settings = load_settings(auth_token="s3cret")  # noqa: S106
    assert "s3cret" not in f"{settings!r} {settings}"


# --- what is refused ---

WRONG = {
    "PORT": ["eight", "-1", "65536", "", "8000.5"],
    "TICK_BUFFER_SIZE": ["99", "10000001", "many"],
    "RESAMPLE_INTERVALS": ["", ",", "1s,1x", "7s", "0m", "2d", "1S", "-1m", "99999s"],
    "DEFAULT_ROLLING_WINDOW": ["9", "4001", "x"],
    "DEFAULT_REGRESSION": ["ridge", ""],
    "DEFAULT_SCALE": ["linear"],
    "ANALYTICS_INTERVAL_MS": ["49", "60001"],
    "SPEED": ["-1", "nan", "inf", "10001", "fast"],
    "DATABASE_URL": ["postgresql://db/quant", "quant.db", "sqlite://", "sqlite:///", "sqlite:///:memory:"],
    "BUS_URL": ["nats://localhost:4222", "memory", ""],
    "BINANCE_WS_URL": [
        "fstream.binance.com",
        "https://fstream.binance.com",
        "wss://",
        "ws://[::1",
        "ws://h:x",
        "",
    ],
    "BINANCE_REST_URL": ["fapi.binance.com", "wss://fapi.binance.com", "http://", "http://h:99999"],
    "REDUNDANT_CONNECTIONS": ["0", "5", "two"],
    "LOG_LEVEL": ["loud"],
    "LOG_FILE_MB": ["0", "10001", "1.5"],
    "LOG_FILE_HOURS": ["0", "8761"],
    "LOG_TOTAL_MB": ["0", "1000001"],
    "LOG_KEEP_DAYS": ["0", "36501"],
    "TOKEN_MINUTES": ["0", "half"],
    "ALLOW_INSECURE": ["perhaps"],
    "ALLOWED_HOSTS": ["http://desk.example", "desk.example:8000", "*", "-x"],
    "TRUSTED_PROXIES": ["nginx", "10.0.0.1/8", "*", "10.0.0"],
    "RATE_LIMIT": ["-1", "many"],
    "LOGIN_LIMIT": ["0"],
    "MAX_SOCKETS": ["0", "1000001"],
    "MAX_SOCKETS_PER_CALLER": ["0"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_wrong_value_is_named_with_its_setting(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, folder: Path
):
    monkeypatch.setenv(name, text)
    from_environment = refusal(load_settings)
    assert from_environment.startswith(f"{name}=")
    offender = next((part for part in ("1x", "7s", "0m", "2d", "1S", "-1m", "99999s") if part in text), text)
    assert offender.rstrip(",") in from_environment
    monkeypatch.delenv(name)
    (folder / ".env").write_text(f"{name}={text}\n", encoding="utf-8")
    assert refusal(load_settings) == from_environment
    (folder / ".env").unlink()
    load_settings()


@pytest.mark.parametrize("text", ["short", f"{'a' * 40},short", f"{'a' * 40},"])
def test_a_secret_too_short_to_sign_with_is_refused_and_not_told(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JWT_SECRET", text)
    said = refusal(load_settings)
    assert said.startswith("JWT_SECRET: each secret has 32 characters or more")
    assert "short" not in said
    assert "aaaa" not in said


def test_what_is_not_supported_yet_is_said_so():
    assert "'nats://bus' is not supported yet; use memory:" in refusal(
        lambda: load_settings(bus_url="nats://bus")
    )
    assert "is not supported yet; use sqlite:///FILE" in refusal(
        lambda: load_settings(database_url="mysql://x")
    )


def test_the_choices_are_listed():
    assert refusal(lambda: load_settings(default_regression="ridge")).endswith(
        "'ridge' is not one of ols, huber, theil_sen, kalman, tls"
    )


@pytest.mark.parametrize(
    ("line", "offender"),
    [
        ("TICK_BUFER_SIZE=10000", "TICK_BUFER_SIZE is not a setting"),
        ("PORT=8000 TICK_BUFER_SIZE=10000", "TICK_BUFER_SIZE is not a setting"),
        ("PATH=/bin", "PATH is not a setting"),
        ("PORT", "'PORT' is not NAME=value"),
        ("PORT 8000", "'PORT 8000' is not NAME=value"),
        ("=8000", "'=8000' is not NAME=value"),
        ('HOST="127.0.0.1', "is not NAME=value"),
        ("<<<<<<< HEAD", "'<<<<<<< HEAD' is not NAME=value"),
    ],
)
def test_a_torn_or_unknown_line_is_named_with_its_number(line: str, offender: str, folder: Path):
    (folder / ".env").write_text(f"# ours\nPORT=8000\n{line}\n", encoding="utf-8")
    message = refusal(load_settings)
    assert ".env, line 3: " in message
    assert offender in message


@pytest.mark.parametrize("content", [b"\xff\xfeP\x00O\x00", b"HOST=\xe9\n"], ids=["UTF-16", "Latin-1"])
def test_a_file_that_is_not_utf8_is_named(content: bytes, folder: Path):
    (folder / ".env").write_bytes(content)
    assert ".env cannot be read" in refusal(load_settings)


# --- the example ---


def example_lines() -> list[tuple[str, str]]:
    """Return (comment, assignment) of each setting, the head of the file left out."""
    body = EXAMPLE.read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines()
    return list(zip(body[::2], body[1::2], strict=True))


def test_the_example_explains_every_setting_in_one_line():
    names = [assignment.partition("=")[0] for _, assignment in example_lines()]
    assert names == [name.upper() for name in Settings.model_fields]
    assert all(comment.startswith("# ") and comment.endswith(".") for comment, _ in example_lines())


def test_the_example_holds_the_defaults(folder: Path):
    defaults = load_settings()
    (folder / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_settings() == defaults
