"""Lock files: every package by version and hash, for every supported Python and system."""

from collections.abc import Sequence
from pathlib import Path

from tooling.errors import SetupError
from tooling.installation import BOOTSTRAP_LOCK, DEV_LOCK, RUNTIME_LOCK
from tooling.layout import Layout
from tooling.processes import Word, call

COMPILE = ("--universal", "--generate-hashes", "--python-version", "3.11", "--quiet")
# Where one machine gets its packages from is nobody else's business.
BARE = ("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")


def lock(layout: Layout, arguments: Sequence[str]) -> None:
    """Write the three lock files; one version of each package holds in all. `arguments` go to uv."""
    compile_: list[Word] = [layout.tool("uv"), "pip", "compile", *COMPILE, *BARE, *arguments]
    runtime, dev, bootstrap = (layout.backend / name for name in (RUNTIME_LOCK, DEV_LOCK, BOOTSTRAP_LOCK))
    call([*compile_, "pyproject.toml", "-o", runtime.name], cwd=layout.backend)
    call([*compile_, "--group", "dev", "-c", runtime.name, "-o", dev.name], cwd=layout.backend)
    both = ["-c", runtime.name, "-c", dev.name]
    call([*compile_, "--group", "bootstrap", *both, "-o", bootstrap.name], cwd=layout.backend)
    for path in (runtime, dev, bootstrap):
        check_lock(path)


def check_lock(path: Path) -> None:
    """Raise SetupError when a lock names an address or a path, or pins a package without a hash."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if "://" in line or " @ " in line or line.startswith(("-", "/", ".")):
            raise SetupError(f"{path.name} must pin names and hashes only, but has the line {line!r}.")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line[:1].isalnum() and not following.strip().startswith("--hash="):
            raise SetupError(f"{path.name} has no hash for {line.split()[0]}.")
