"""Logs of a process of its own: what they look like on a terminal and in files, and what never stands in them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quant.log import clean
from serving import environment
from waiting import PATIENCE_S

SCRIPT = """
import asyncio, logging
import structlog
from quant.log import conceal, configure_logging, of_request
from quant.settings import load_settings

configure_logging(load_settings())
conceal("made-at-the-start")
log = structlog.get_logger()
log.info("feed.reconnect", delay_s=3.5, symbol="BTC\\x1b[31m\\r\\nfaked line \\u0411", attempt=2)
log.warning("odd", token="t0p", nested={"password": "p4ss", "at": ["https://user:pw@host/", "token=t0p&limit=5"]})
log.info("settings", text="s3cret-token https://hooks.example/T0/B0 webhook-s3cret made-at-the-start")
logging.getLogger("library").error("s3cret-token in %s", "a library")
try:
    raise ValueError("s3cret-token \\x1b[2J")
except ValueError:
    log.exception("failed")

async def later():
    await asyncio.sleep(0)
    log.info("still.asked")
    await ended.wait()
    log.info("no.longer.asked")

async def main():
    global ended
    ended = asyncio.Event()
    with of_request("abc123"):
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        log.info("asked")
    ended.set()
    await task

asyncio.run(main())
structlog.get_logger("quant.access").info("http.answered", path="/symbols")
log.debug("too.much")
"""
SECRETS = {
    "AUTH_TOKEN": "s3cret-token",
    "ALERT_WEBHOOK_SECRET": "webhook-s3cret",
    "ALERT_CHANNELS": '{"ops":"https://hooks.example/T0/B0"}',
}
NEVER = ["s3cret-token", "webhook-s3cret", "hooks.example/T0", "made-at-the-start", "t0p", "p4ss", "user:pw"]


def run(folder: Path, **settings: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env=environment(**SECRETS | settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def events(text: str) -> dict[str, dict[str, Any]]:
    return {event["event"]: event for event in map(json.loads, text.splitlines())}


def untimed(text: str) -> list[dict[str, Any]]:
    """Return the events without their times, which a library's get where they are written."""
    return [event | {"timestamp": ""} for event in map(json.loads, text.splitlines())]


@pytest.fixture(scope="module")
def with_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what was written where, LOG_DIR being set."""
    folder = tmp_path_factory.mktemp("with_files")
    said = run(folder, LOG_DIR="logs")
    names = ("quant.log", "access.log")
    assert {path.name for path in (folder / "logs").iterdir()} == set(names)
    return {"stderr": said} | {name: (folder / "logs" / name).read_text() for name in names}


def test_a_line_is_an_event_with_fields(with_files: dict[str, str]) -> None:
    event = events(with_files["quant.log"])["feed.reconnect"]
    assert event.items() >= {"level": "info", "delay_s": 3.5, "attempt": 2, "logger": "__main__"}.items()
    assert event["timestamp"].endswith("Z")


def test_file_and_pipe_say_the_same_but_for_access(with_files: dict[str, str]) -> None:
    assert untimed(with_files["quant.log"]) == untimed(with_files["stderr"])
    assert list(events(with_files["access.log"])) == ["http.answered"]
    assert "http.answered" not in with_files["quant.log"]


TIDYING = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from quant.log import configure_logging, tidied
from quant.settings import load_settings
from waiting import eventually

configure_logging(load_settings())
old = Path("logs/access-20200101T000000.000000Z.log")
old.touch()
os.utime(old, (0, 0))

async def main():
    async with tidied(every_s=0.01):
        await asyncio.to_thread(eventually, lambda: not old.exists(), what="the old file goes")

asyncio.run(main())
"""


def test_old_files_go_while_nothing_is_logged(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TIDYING, str(Path(__file__).parent)]
    subprocess.run(command, cwd=tmp_path, env=environment(LOG_DIR="logs"), check=True, timeout=2 * PATIENCE_S)


def test_without_a_folder_access_is_told_with_the_rest(tmp_path: Path) -> None:
    assert {"http.answered", "feed.reconnect"} <= set(events(run(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_the_level_counts(tmp_path: Path) -> None:
    assert "too.much" in run(tmp_path, LOG_LEVEL="debug")
    only = events(run(tmp_path, LOG_LEVEL="error"))
    assert set(only) == {"failed", "[hidden] in a library"}


@pytest.mark.parametrize("place", ["quant.log", "access.log", "stderr"])
def test_no_secret_is_anywhere(with_files: dict[str, str], place: str) -> None:
    for secret in NEVER:
        assert secret not in with_files[place]


def test_what_is_not_secret_stays(with_files: dict[str, str]) -> None:
    found = events(with_files["quant.log"])
    assert found["odd"]["nested"] == {
        "password": "[hidden]",
        "at": ["https://[hidden]@host/", "token=[hidden]&limit=5"],
    }
    assert found["settings"]["text"] == "[hidden] [hidden] [hidden] [hidden]"
    trace = found["failed"]["exception"]
    assert trace.startswith("Traceback")
    assert "ValueError: [hidden] \\x1b[2J" in trace


def test_control_characters_are_escaped_and_letters_are_not(with_files: dict[str, str]) -> None:
    event = events(with_files["quant.log"])["feed.reconnect"]
    assert event["symbol"] == "BTC\\x1b[31m\\r\\nfaked line Б"


def test_a_request_marks_what_is_logged_while_it_lasts(with_files: dict[str, str]) -> None:
    found = events(with_files["quant.log"])
    assert found["asked"]["request_id"] == found["still.asked"]["request_id"] == "abc123"
    assert "request_id" not in found["no.longer.asked"]
    assert "request_id" not in found["feed.reconnect"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_lines_for_people(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, env=environment(**SECRETS, NO_COLOR=1), stderr=theirs
    ) as running:
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b"")).decode()
        assert running.wait(PATIENCE_S) == 0
    os.close(ours)

    line = next(line for line in said.splitlines() if "feed.reconnect" in line)
    assert not line.startswith("{")
    assert "delay_s=3.5" in line
    assert "\\x1b[31m" in line
    assert "\x1b[31m" not in said
    assert "\x1b[2J" not in said
    assert "Traceback" in said
    for secret in NEVER:
        assert secret not in said


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65_536)
    except OSError:  # Linux says EIO when the other end has gone
        return b""


def cleaned(value: object) -> Any:
    return clean(None, "info", {"event": value})["event"]


@pytest.mark.parametrize(
    ("make", "longest"),
    [
        (lambda: "x" * 1_000_000, 8_001),
        (lambda: ["x" * 10_000] * 1_000, 100 * 8_010),
        (lambda: {f"{number}" * 1_000: "x" for number in range(1_000)}, 100 * 300),
    ],
    ids=["text", "list", "mapping"],
)
def test_no_value_is_longer_than_is_useful(make: Callable[[], object], longest: int) -> None:
    assert len(json.dumps(cleaned(make()), ensure_ascii=False)) <= longest + 2


def test_a_long_trace_keeps_its_end() -> None:
    trace = clean(None, "error", {"exception": "Traceback\n" + "  line\n" * 100_000 + "ValueError: no"})
    assert len(trace["exception"]) < 40_000
    assert trace["exception"].endswith("ValueError: no")


@pytest.mark.parametrize("filling", ["a.", "://", "bearer ", "token=", "a:/@", "x"])
def test_text_of_a_stranger_costs_no_time(filling: str) -> None:
    """A pattern that goes back and forth would take hours on the longer of these, not a few times as long."""
    text = filling * 50_000
    assert len(cleaned(text)) <= 8_001


def test_a_secret_across_the_cut_does_not_show() -> None:
    from quant import log

    log.conceal("across-the-cut")
    try:
        text = cleaned("x" * 7_993 + " across-the-cut and more")
    finally:
        log._secrets.discard("across-the-cut")
    assert "across" not in text
