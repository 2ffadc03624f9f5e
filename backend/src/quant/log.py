"""Logs are events with fields: readable on a terminal, JSON lines elsewhere and in LOG_DIR."""

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from quant.errors import SettingsError
from quant.settings import Settings

MAX_FILE_BYTES = 10 * 1024 * 1024
KEPT_FILES = 5
FILE_NAME = "quant.log"
QUIET = ("picows", "httpx", "httpcore", "alembic", "numba", "asyncio", "uvicorn.access")


def configure_logging(settings: Settings) -> None:
    """Send all logs, the libraries' too, to standard error and to LOG_DIR when it is set."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _printable,
    ]
    terminal: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    handlers = [_with_renderer(logging.StreamHandler(sys.stderr), shared, terminal)]
    if settings.log_dir is not None:
        file = _log_file(settings.log_dir)
        handlers.append(_with_renderer(file, shared, structlog.processors.JSONRenderer()))
    logging.basicConfig(level=settings.log_level.upper(), handlers=handlers, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _with_renderer(
    handler: logging.Handler,
    shared: list[structlog.typing.Processor],
    renderer: structlog.typing.Processor,
) -> logging.Handler:
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    return handler


def _log_file(folder: Path) -> logging.Handler:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(
            folder / FILE_NAME, maxBytes=MAX_FILE_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
        )
    except OSError as error:
        raise SettingsError(
            f"LOG_DIR={folder} cannot be written: {error.strerror}", setting="LOG_DIR"
        ) from error


def _printable(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape control characters: what comes over the wire must not write on a terminal."""
    for name, value in event.items():
        if isinstance(value, str) and name != "exception" and not value.isprintable():
            event[name] = value.encode("unicode_escape").decode("ascii")
    return event
