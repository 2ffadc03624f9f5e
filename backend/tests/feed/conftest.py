"""Logs of deliberate failures stay out of the report, and so do other hosts."""

import socket
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

UNKNOWN_HOST = "no-such-host.invalid"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(autouse=True)
def _no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer for the unknown host as a name server would, without asking one."""
    ask = socket.getaddrinfo

    def answer(host: str | bytes | None, *args: object, **options: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name == UNKNOWN_HOST:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(host, *args, **options)  # type: ignore[arg-type]  passed on as it came

    monkeypatch.setattr(socket, "getaddrinfo", answer)
