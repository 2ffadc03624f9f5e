"""Steps that are skipped while what went into them is unchanged.

Each step leaves a stamp in .stamps/: the hash of its inputs. Contents count, not times, since a clone and a
switch of branches change times alone.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from tooling.errors import SetupError
from tooling.layout import Layout

NOT_SOURCES = {"node_modules", "dist", "e2e", "coverage", "test-results", "__pycache__"}


def digest(root: Path, paths: Iterable[Path], *facts: str) -> str:
    """Return the hash of the files' contents and names below `root`, and of the facts."""
    total = hashlib.sha256()
    for fact in facts:
        total.update(f"{len(fact)} {fact}".encode())
    for path in sorted(paths):
        name = path.relative_to(root).as_posix()
        total.update(f"{len(name)} {name}".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def ensure(layout: Layout, step: str, *, state: str, product: Path, action: Callable[[], None]) -> bool:
    """Run `action` unless the step's stamp is `state` and its product exists; return whether it ran.

    Raises SetupError when the action leaves no product.
    """
    stamp = layout.stamps / step.replace(" ", "-")
    if product.exists() and stamp.exists() and stamp.read_text() == state:
        return False
    stamp.unlink(missing_ok=True)  # what is interrupted half-way must run again
    print(f"==> {step}", flush=True)
    action()
    if not product.exists():
        raise SetupError(f"The step `{step}` ended well but left no {product}.")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(state)
    return True


def page_sources(layout: Layout) -> list[Path]:
    """Return every file that the built dashboard depends on."""
    found: list[Path] = []
    for folder, names, files in os.walk(layout.frontend):
        names[:] = [name for name in names if name not in NOT_SOURCES and not name.startswith(".")]
        found += [Path(folder, name) for name in files if not name.endswith(".md")]
    return found


def kernel_sources(layout: Layout) -> list[Path]:
    """Return the modules that hold compiled kernels: quant.kernel and those that name it."""
    modules = (layout.backend / "src" / "quant").rglob("*.py")
    return [path for path in modules if path.parent.name == "kernel" or b"quant.kernel" in path.read_bytes()]
