"""The set-up: virtual environment, locked packages, dashboard, compiled kernels."""

import shutil
import sys
from pathlib import Path

from tooling.layout import Layout
from tooling.prerequisites import check_node, ensure_venv_module
from tooling.processes import Word, call
from tooling.steps import digest, ensure, kernel_sources, page_sources

RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
BOOTSTRAP_LOCK = "bootstrap.lock"
PACKAGES = "python packages"
PACKAGES_AND_TOOLS = "python packages and tools"
LOCKED = ("--require-hashes", "--only-binary", ":all:")


def set_up(layout: Layout, *, dev: bool, install: bool = False) -> None:
    """Do all that `quant serve` needs, and the checks with `dev`; whatever is up to date is skipped.

    With `install`, missing Debian packages are fetched where the user may do so.
    """
    node = check_node()
    set_up_python(layout, dev=dev, install=install)
    set_up_page(layout, node=node)
    warm_kernels(layout)


def set_up_python(layout: Layout, *, dev: bool, install: bool) -> None:
    """Create backend/.venv with the locked packages and, as an editable install, the project."""
    python = (sys.version, sys.base_prefix, str(layout.root))  # an environment works at one place only
    here = digest(layout.root, [layout.backend / BOOTSTRAP_LOCK], *python)

    def create() -> None:
        ensure_venv_module(install=install)
        create_environment(layout)

    ensure(layout, "python environment", state=here, product=layout.tool("uv"), action=create)
    tools = dev or (layout.stamps / PACKAGES_AND_TOOLS.replace(" ", "-")).exists()  # once in, they stay
    locks = [layout.backend / name for name in (BOOTSTRAP_LOCK, RUNTIME_LOCK, *([DEV_LOCK] if tools else []))]
    project = [layout.backend / name for name in ("pyproject.toml", "hatch_build.py")]
    ensure(
        layout,
        PACKAGES_AND_TOOLS if tools else PACKAGES,
        state=digest(layout.root, [*locks, *project], here),
        product=layout.tool("quant"),
        action=lambda: install_packages(layout, locks),
    )


def create_environment(layout: Layout) -> None:
    """Create an empty environment and put uv and the build tools into it, by hash."""
    call([sys.executable, "-m", "venv", "--clear", layout.venv])
    pip: list[Word] = [layout.tool("python"), "-m", "pip", "--disable-pip-version-check"]
    call([*pip, "install", "--quiet", "--no-deps", *LOCKED, "-r", layout.backend / BOOTSTRAP_LOCK])


def install_packages(layout: Layout, locks: list[Path]) -> None:
    """Make the environment hold exactly what the locks list, and the project itself."""
    uv: list[Word] = [layout.tool("uv"), "pip"]
    target: list[Word] = ["--quiet", "--python", layout.tool("python")]
    call([*uv, "sync", *target, *LOCKED, "--compile-bytecode", *locks])
    # The build tools are in the environment, so that building the project asks the package index for nothing.
    call([*uv, "install", *target, "--no-deps", "--no-build-isolation", "--editable", layout.backend])


def set_up_page(layout: Layout, *, node: str) -> None:
    """Install the dashboard's locked packages and build it into frontend/dist."""
    install_node_packages(layout, node=node)
    ensure(
        layout,
        "dashboard",
        state=digest(layout.root, page_sources(layout), node),
        product=layout.frontend / "dist" / "index.html",
        action=lambda: npm(layout, "run", "build"),
    )


def install_node_packages(layout: Layout, *, node: str) -> None:
    names = [layout.frontend / name for name in ("package.json", "package-lock.json", ".npmrc")]
    ensure(
        layout,
        "dashboard packages",
        state=digest(layout.root, [path for path in names if path.exists()], node),
        product=layout.frontend / "node_modules" / ".package-lock.json",
        action=lambda: npm(layout, "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
    )


def warm_kernels(layout: Layout) -> None:
    """Compile the numerical kernels into their on-disk cache, so that the server need not."""
    ensure(
        layout,
        "compiled kernels",
        state=digest(layout.root, [*kernel_sources(layout), layout.backend / RUNTIME_LOCK], sys.version),
        product=layout.tool("quant"),
        action=lambda: call([layout.tool("quant"), "warm"]),
    )


def npm(layout: Layout, *arguments: str) -> None:
    """Run npm in frontend/; on Windows it is a script that only its full path starts."""
    call([str(shutil.which("npm")), *arguments], cwd=layout.frontend)
