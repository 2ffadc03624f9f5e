"""Where things are in a checkout, on POSIX and on Windows."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout."""

    root: Path
    windows: bool = os.name == "nt"

    @property
    def backend(self) -> Path:
        return self.root / "backend"

    @property
    def frontend(self) -> Path:
        return self.root / "frontend"

    @property
    def venv(self) -> Path:
        return self.backend / ".venv"

    @property
    def stamps(self) -> Path:
        return self.root / ".stamps"

    def tool(self, name: str) -> Path:
        """Return the path of a program inside the virtual environment."""
        return self.venv / "Scripts" / f"{name}.exe" if self.windows else self.venv / "bin" / name
