"""The page built for another place than the server's own, and a host of files that delivers it."""

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FRONTEND = Path(__file__).resolve().parents[1]


class _Files(SimpleHTTPRequestHandler):
    """Answers `index.html` for what is no file, as the documentation asks of a static host."""

    def send_head(self) -> Any:
        if not Path(self.translate_path(self.path)).is_file():
            self.path = "/index.html"
        return super().send_head()

    def log_message(self, *_: object) -> None:
        pass


def build(folder: Path, **settings: str) -> None:
    """Put a page there that was built with these settings."""
    npx = shutil.which("npx")
    assert npx is not None
    command = [npx, "vite", "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "error"]
    subprocess.run(command, cwd=FRONTEND, env=os.environ | settings, check=True)


@contextmanager
def hosting(folder: Path) -> Iterator[int]:
    """Deliver the folder's files on this machine; yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder))) as files:
        serving = threading.Thread(target=files.serve_forever, daemon=True)
        serving.start()
        try:
            yield files.server_port
        finally:
            files.shutdown()
            serving.join()
