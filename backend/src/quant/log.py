"""Logs are events with fields: readable on a terminal, JSON lines elsewhere and in LOG_DIR.

What is known to be secret is taken out, control characters are escaped, and no value is longer than is useful.
"""

import asyncio
import contextlib
import logging
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import SecretStr

from quant.errors import SettingsError
from quant.log_files import CappedLog
from quant.settings import Settings

APPLICATION_FILE = "quant.log"
ACCESS_FILE = "access.log"
ACCESS = "quant.access"
"""Logger of one event a request, which goes to a file of its own."""

QUIET = ("picows", "httpx", "httpcore", "alembic", "numba", "asyncio", "apprise", "uvicorn.access")
MEGABYTE = 1_000_000
TIDY_EVERY_S = 3600.0
LONGEST_NAME = 200
LONGEST_TEXT = 8_000
LONGEST_TRACE = 32_000
MOST_ITEMS = 100
SHORTEST_SECRET = 6
"""Shorter ones would be found in every other word; they are not fit to be secrets either."""

LONGEST_SECRET = 1_000

HIDDEN = "[hidden]"
SENSITIVE = re.compile(r"token|secret|password|authorization|cookie|signature|ticket|api_?key", re.IGNORECASE)
SENSITIVE_IN_TEXT = re.compile(
    r"(?i)(\b(?:access_)?(?:token|ticket|secret|password|api_?key|signature)=)[^&\s\"']+"
    r"|(\bbearer\s+)[\w.~+/=-]+"
    r"|(\b[a-z][a-z0-9+.-]{0,15}://)[^/\s@]{1,200}(?=@)"
    r"|\b(eyj)[\w-]+\.[\w-]+\.[\w-]*"  # a signed token, wherever it stands
)

_secrets: set[str] = set()
_files: list[CappedLog] = []


@dataclass(slots=True)
class _Request:
    """Shared by all tasks that a request has started, so that none bears its id after the request has ended."""

    id: str | None


_request: ContextVar[_Request | None] = ContextVar("request", default=None)


def configure_logging(settings: Settings) -> None:
    """Send all logs, the libraries' too, to standard error and to LOG_DIR when it is set.

    Raises SettingsError where LOG_DIR cannot be written.
    """
    conceal(*_secrets_of(settings))
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _with_request,
        clean,
    ]
    json = structlog.processors.JSONRenderer()
    terminal: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            colors=not os.environ.get("NO_COLOR"), exception_formatter=structlog.dev.plain_traceback
        )
        if sys.stderr.isatty()
        else json
    )
    handlers = [_with_renderer(logging.StreamHandler(sys.stderr), shared, terminal)]
    for file in _files:
        file.close()
    _files[:] = _opened_files(settings)
    if _files:
        application, access = (_with_renderer(file, shared, json) for file in _files)
        access.addFilter(lambda record: record.name == ACCESS)
        for handler in (*handlers, application):
            handler.addFilter(lambda record: record.name != ACCESS)
        handlers += [application, access]
    logging.basicConfig(level=settings.log_level.upper(), handlers=handlers, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_no_refusal)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


@contextlib.asynccontextmanager
async def tidied(every_s: float = TIDY_EVERY_S) -> AsyncIterator[None]:
    """Have log files begun anew and removed when it is time, while nothing is logged too."""
    tidying = asyncio.create_task(_tidy(every_s))
    try:
        yield
    finally:
        tidying.cancel()


async def _tidy(every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        for file in _files:
            file.tidy()


def conceal(*secrets: str) -> None:
    """Have these never appear in a log, whatever they stand in."""
    _secrets.update(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)


def lost_lines() -> int:
    """Return how many lines the disk did not take since the start."""
    return sum(file.lost for file in _files)


@contextlib.contextmanager
def of_request(request_id: str) -> Iterator[None]:
    """Have every event that the block and its tasks log bear the request's id until the block ends."""
    request = _Request(request_id)
    before = _request.set(request)
    try:
        yield
    finally:
        request.id = None
        _request.reset(before)


def clean(
    _: Any, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:  # Any: structlog's own
    """Return the event fit to be written: without secrets and control characters, and of bounded length."""
    return {
        name if name.startswith("_") else _text(name, LONGEST_NAME): value
        if name.startswith("_")  # structlog's own, which its formatter takes out
        else _trace(value)
        if name == "exception"
        else _field(name, value)
        for name, value in event.items()
    }


def _field(name: str, value: Any) -> Any:  # Any: what a log line may hold
    return HIDDEN if isinstance(value, str) and SENSITIVE.search(name) else _value(value)


def _value(value: Any) -> Any:
    match value:
        case str():
            return _text(value, LONGEST_TEXT)
        case None | bool() | int() | float():
            return value
        case Mapping():
            pairs = list(value.items())[:MOST_ITEMS]
            return {_text(str(name), LONGEST_NAME): _field(str(name), item) for name, item in pairs}
        case list() | tuple() | set() | frozenset():
            return [_value(item) for item in list(value)[:MOST_ITEMS]]
        case _:
            return _text(str(value), LONGEST_TEXT)


def _trace(value: Any) -> Any:
    if not isinstance(value, str):
        return _value(value)
    kept = value if len(value) <= LONGEST_TRACE else f"…{value[-LONGEST_TRACE:]}"  # its end says what it was
    return "\n".join(_text(line, LONGEST_TEXT) for line in kept.split("\n"))


def _text(value: str, longest: int) -> str:
    value = value[: longest + LONGEST_SECRET]
    for secret in _secrets:
        if secret in value:
            value = value.replace(secret, HIDDEN)
    if "=" in value or "://" in value or "earer" in value or "EARER" in value or "eyJ" in value:
        value = SENSITIVE_IN_TEXT.sub(_hide, value)
    if len(value) > longest:
        value = f"{value[:longest]}…"
    if value.isprintable():
        return value
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in value)


def _hide(found: re.Match[str]) -> str:
    return f"{next(group for group in found.groups() if group)}{HIDDEN}"


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """Drop what uvicorn calls an error wherever a WebSocket's handshake is answered with a status."""
    return record.msg != "ASGI callable returned without completing handshake."


def _with_request(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request = _request.get()
    if request is not None and request.id is not None:
        event.setdefault("request_id", request.id)
    return event


def _with_renderer(
    handler: logging.Handler,
    shared: list[structlog.typing.Processor],
    renderer: structlog.typing.Processor,
) -> logging.Handler:
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    return handler


def _opened_files(settings: Settings) -> list[CappedLog]:
    if settings.log_dir is None:
        return []
    try:
        return [
            CappedLog(
                settings.log_dir / name,
                file_bytes=settings.log_file_mb * MEGABYTE,
                total_bytes=settings.log_total_mb * MEGABYTE // 2,
                file_hours=settings.log_file_hours,
                keep_days=settings.log_keep_days,
            )
            for name in (APPLICATION_FILE, ACCESS_FILE)
        ]
    except OSError as error:
        raise SettingsError(
            f"LOG_DIR={settings.log_dir} cannot be written: {error.strerror}", setting="LOG_DIR"
        ) from error


def _secrets_of(settings: Settings) -> Iterator[str]:
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
    yield from settings.alert_channels.values()  # an address is often all that a channel asks for
