"""Where the owner of a data directory can be reached, for commands that hand it their work."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

SERVER_NAME = "server.json"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A running server; `token` opens its API where it asks for one, `secret` proves that one may read this folder."""

    pid: int
    host: str
    port: int
    token: str | None
    secret: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def write_address(data_dir: Path, address: ServerAddress) -> None:
    """Put the address into a file that only its owner can read."""
    path = data_dir / SERVER_NAME
    temporary = path.with_name(f"{SERVER_NAME}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(asdict(address), file)
    temporary.replace(path)


def read_address(data_dir: Path) -> ServerAddress | None:
    """Return the address, None where there is none that can be read."""
    try:
        return ServerAddress(**json.loads((data_dir / SERVER_NAME).read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None


def remove_address(data_dir: Path) -> None:
    (data_dir / SERVER_NAME).unlink(missing_ok=True)
