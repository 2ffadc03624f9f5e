"""One frozen Settings object, read once at start from the environment and a `.env` file.

The environment wins over `.env` in the working folder, which wins over `backend/.env` of a checkout.
"""

import io
import ipaddress
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from quant.domain import HedgeMethod, Interval, Scale, parse_interval
from quant.errors import InvalidParameter, SettingsError

CHECKOUT_ENV = Path(__file__).resolve().parents[2] / ".env"
MAX_SYMBOLS_BY_DEFAULT = 20
MAX_TOKEN_MINUTES = 525_600
MAX_SPEED = 10_000
"""Market seconds per second."""

SEVERAL_ASSIGNMENTS = re.compile(r"[A-Z_]+=\S*(\s+[A-Z_]+=\S*)+")
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]{2,45}\]?")
SHORTEST_JWT_SECRET = 32
CHANNEL_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")

T = TypeVar("T")
CommaList = Annotated[tuple[str, ...], NoDecode]


def default_data_dir() -> Path:
    """Return the per-user folder for application data on this system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "quant-analytics-platform"


class Settings(BaseSettings):
    """Everything that can be configured; `backend/.env.example` explains each line."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_default=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    available_symbols: CommaList = ()
    tick_buffer_size: Annotated[int, Field(ge=100, le=10_000_000)] = 10_000
    resample_intervals: CommaList = ("1s", "1m", "5m")
    default_rolling_window: Annotated[int, Field(ge=10, le=4000)] = 60
    default_regression: HedgeMethod = HedgeMethod.OLS
    default_scale: Scale = Scale.LEVEL
    cors_origins: CommaList = ("http://localhost:8080", "http://localhost:3000")
    analytics_interval_ms: Annotated[int, Field(ge=50, le=60_000)] = 500

    source: str = "binance"
    speed: Annotated[
        float, Field(ge=0, le=MAX_SPEED, description="market seconds per second; 0 = no waiting")
    ] = 1.0
    data_dir: Path = Field(default_factory=default_data_dir)
    tick_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 30
    bar_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    database_url: str = ""
    bus_url: str = "memory:"
    binance_ws_url: str = "wss://fstream.binance.com"
    binance_rest_url: str = "https://fapi.binance.com"
    redundant_connections: Annotated[int, Field(ge=1, le=4)] = 2

    alert_channels: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    alert_webhook_secret: SecretStr | None = None
    alert_allow_private_hosts: bool = False
    alert_ca_file: Path | None = None
    alert_retry_delays_s: Annotated[
        tuple[Annotated[float, Field(ge=0, le=86_400)], ...], NoDecode, Field(max_length=20)
    ] = (2.0, 10.0, 60.0, 300.0, 1800.0, 7200.0)
    """Seconds after each failure; when they are used up, a message is given up. About two and a half hours."""

    log_dir: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_file_mb: Annotated[int, Field(ge=1, le=10_000)] = 10
    log_file_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    log_total_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    log_keep_days: Annotated[int, Field(ge=1, le=36_500)] = 30
    auth_token: SecretStr | None = None
    jwt_secret: SecretStr | None = None
    token_minutes: Annotated[int, Field(ge=1, le=MAX_TOKEN_MINUTES)] = 720
    allow_insecure: bool = False
    allowed_hosts: CommaList = ()
    trusted_proxies: CommaList = ()
    rate_limit: Annotated[int, Field(ge=0, le=100_000_000)] = 3000
    login_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    max_sockets: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    max_sockets_per_caller: Annotated[int, Field(ge=1, le=1_000_000)] = 200

    @field_validator(
        "available_symbols",
        "resample_intervals",
        "cors_origins",
        "allowed_hosts",
        "trusted_proxies",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        return value

    @field_validator("available_symbols")
    @classmethod
    def _upper(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(symbol.upper() for symbol in value)

    @field_validator("resample_intervals")
    @classmethod
    def _intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("needs at least one interval, such as 1s,1m,5m")
        intervals = [_or_value_error(parse_interval, name) for name in value]
        if not any(isinstance(each, Interval) for each in intervals):
            raise ValueError(
                "needs at least one interval of time, such as 1m, beside those of trades or volume"
            )
        return tuple(each.name for each in intervals)

    @field_validator("default_regression", mode="before")
    @classmethod
    def _method(cls, value: object) -> object:
        return _or_value_error(HedgeMethod.parse, value) if isinstance(value, str) else value

    @field_validator("default_scale", "log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("alert_channels", mode="before")
    @classmethod
    def _channels(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            channels = json.loads(value) if value.strip() else {}
        except ValueError:
            channels = None
        if not isinstance(channels, dict) or not all(isinstance(each, str) for each in channels.values()):
            raise ValueError(
                'is no JSON object of names and addresses, such as {"ops":"https://example.com/hook"}'
            )
        if not all(CHANNEL_NAME.fullmatch(name) for name in channels):
            raise ValueError("a channel's name has 1 to 40 of a-z, A-Z, 0-9, - and _")
        return channels

    @field_validator("alert_retry_delays_s", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a host's name, without scheme and port")
        return tuple(name.lower() for name in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ipaddress.ip_network(each)
            except ValueError:
                raise ValueError(f"{each!r} is not an address or network, such as 10.0.0.0/8") from None
        return value

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        texts = [] if value is None else value.get_secret_value().split(",")
        if any(len(text.strip().encode()) < SHORTEST_JWT_SECRET for text in texts):
            raise ValueError(
                f"each secret has {SHORTEST_JWT_SECRET} characters or more: `openssl rand -hex 32` makes one"
            )
        return value

    @field_validator(
        "log_dir", "auth_token", "jwt_secret", "alert_webhook_secret", "alert_ca_file", mode="before"
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("data_dir", mode="before")
    @classmethod
    def _default_when_empty(cls, value: object) -> object:
        return default_data_dir() if value == "" else Path(str(value)).expanduser()

    @field_validator("bus_url")
    @classmethod
    def _bus(cls, value: str) -> str:
        if value != "memory:":
            raise ValueError(f"{value!r} is not supported yet; use memory:")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith("sqlite:///"):
            raise ValueError(f"{value!r} is not supported yet; use sqlite:///FILE or leave it empty")
        if value.removeprefix("sqlite:///") in ("", ":memory:") and value:
            raise ValueError("names no file; use sqlite:///FILE or leave it empty")
        return value

    @field_validator("binance_ws_url", "binance_rest_url")
    @classmethod
    def _exchange_url(cls, value: str, info: ValidationInfo) -> str:
        schemes = ("wss", "ws") if info.field_name == "binance_ws_url" else ("https", "http")
        try:
            parts = urlsplit(value)
            is_complete = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a bracket that does not close, a port that is no number
            is_complete = False
        if not is_complete:
            raise ValueError(f"is not an address such as {schemes[0]}://host or {schemes[1]}://host:port")
        return value

    @model_validator(mode="after")
    def _database_default(self) -> Self:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'metadata.sqlite'}")
        return self

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """Return the intervals of time; bars of trades and volume are built for those who ask."""
        known = (parse_interval(name) for name in self.resample_intervals)
        return tuple(each for each in known if isinstance(each, Interval))

    @property
    def export_dir(self) -> Path:
        """Where files to be sent are put together; whoever owns the data directory empties it at its start."""
        return self.data_dir / "exports"

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can reach HOST."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _or_value_error(parse: Callable[[str], T], value: str) -> T:
    try:
        return parse(value)
    except InvalidParameter as error:
        raise ValueError(error.message) from error


def load_settings(**overrides: object) -> Settings:
    """Return the settings; raise SettingsError with one sentence that names the offender.

    Overrides (command-line options) win over everything; a None means "not given".
    """
    values: dict[str, object] = {}
    for path in (CHECKOUT_ENV, Path(".env")):
        if path.is_file():
            values |= _read_env_file(path)
    set_outside = {name.lower() for name in os.environ}
    values = {name: value for name, value in values.items() if name not in set_outside}
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        message = first["msg"].removeprefix("Value error, ")
        given = first["input"]
        if name in ("ALERT_CHANNELS", "ALERT_WEBHOOK_SECRET", "AUTH_TOKEN", "JWT_SECRET"):
            raise SettingsError(f"{name}: {message}", setting=name) from None  # it may hold a secret
        shown = ",".join(map(str, given)) if isinstance(given, tuple) else str(given)
        raise SettingsError(f"{name}={shown}: {message}", setting=name) from error


def _read_env_file(path: Path) -> dict[str, str]:
    """Return the assignments of a `.env` file by lower-case name.

    Refuses what such readers usually skip in silence: torn lines and names that are not settings. Several
    assignments may share a line, apart by spaces.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' Notepad begins files with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", setting=str(path)) from error
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for binding in parse_stream(io.StringIO(_one_assignment_a_line(line))):
            if binding.error or (binding.key is not None and binding.value is None):
                shown = binding.original.string.strip()[:60]
                raise SettingsError(f"{path}, line {number}: {shown!r} is not NAME=value", setting=str(path))
            if binding.key is None or binding.value is None:
                continue
            if binding.key.lower() not in Settings.model_fields:
                raise SettingsError(
                    f"{path}, line {number}: {binding.key} is not a setting", setting=binding.key
                )
            values[binding.key.lower()] = binding.value
    return values


def _one_assignment_a_line(line: str) -> str:
    if SEVERAL_ASSIGNMENTS.fullmatch(line.strip()):
        return "\n".join(line.split())
    return line
