"""The commands behind `make`: each one sets up what it needs and then does one thing."""

import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from tooling import locking
from tooling.checks import browser_check, page_checks, pytest_check, python_checks, run_checks, side_by_side
from tooling.errors import CommandFailed, SetupError
from tooling.installation import install_node_packages, npm, set_up, set_up_python
from tooling.layout import Layout
from tooling.prerequisites import check_node, ensure_chromium, ensure_nginx
from tooling.processes import Word, become, call, output, run_together

API_PORT = 8000
PAGE_PORT = 8080
STATIC_PAGE_CHECKS = ("lint", "typecheck")
CLEANED = (
    ".stamps",
    "backend/.venv",
    "backend/.mypy_cache",
    "backend/.import_linter_cache",
    "frontend/node_modules",
    "frontend/dist",
    ".ruff_cache",
    ".pytest_cache",
    "backend/.ruff_cache",
    "backend/.pytest_cache",
    "backend/.hypothesis",
)


def run(layout: Layout, arguments: Sequence[str]) -> int:
    """Set up, then serve; the arguments go to `quant serve`."""
    set_up(layout, dev=False)
    return become([layout.tool("quant"), "serve", *arguments])


def setup(layout: Layout, arguments: Sequence[str]) -> int:
    """Set up everything, tools for development included."""
    set_up(layout, dev=True)
    return 0


def test(layout: Layout, arguments: Sequence[str]) -> int:
    """Set up, then run every check and every test; the arguments go to pytest."""
    ensure_chromium()
    ensure_nginx()
    set_up(layout, dev=True, install=True)
    tests = [
        pytest_check(layout, arguments, options=side_by_side(spare=1)),  # much of a test's time is waiting
        browser_check(layout, arguments, options=side_by_side()),
    ]
    run_checks([*python_checks(layout), *tests, *page_checks(layout, [*STATIC_PAGE_CHECKS, "test"])])
    return 0


def lint(layout: Layout, arguments: Sequence[str]) -> int:
    """Run the checks that need no running code."""
    set_up_tools(layout)
    run_checks([*python_checks(layout), *page_checks(layout, STATIC_PAGE_CHECKS)])
    return 0


def fix(layout: Layout, arguments: Sequence[str]) -> int:
    """Mend and format what the linters can mend by themselves."""
    set_up_tools(layout)
    ruff = layout.tool("ruff")
    call([ruff, "check", "--fix", "--exit-zero", "."], cwd=layout.root)
    call([ruff, "format", "."], cwd=layout.root)
    npm(layout, "run", "--silent", "fix")
    return 0


def dev(layout: Layout, arguments: Sequence[str]) -> int:
    """Serve the API with reload and the page from its sources; one Ctrl-C ends both. Arguments: uvicorn's."""
    set_up(layout, dev=True)
    api: list[Word] = [layout.tool("uvicorn"), "quant.api.app:create_app", "--factory"]
    api += ["--port", str(API_PORT), "--ws", "websockets-sansio"]
    api += ["--reload", "--reload-dir", layout.backend / "src", *arguments]
    vite = layout.frontend / "node_modules" / "vite" / "bin" / "vite.js"  # npm would not pass signals on
    page: list[Word] = [str(shutil.which("node")), vite, "--port", str(PAGE_PORT), "--strictPort"]
    signal.signal(signal.SIGTERM, _leave)
    return run_together([(api, None), (page, layout.frontend)])


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def bench(layout: Layout, arguments: Sequence[str]) -> int:
    """Run every benchmark; the arguments go to each."""
    set_up_python(layout, dev=True, install=False)
    found = sorted((layout.backend / "benchmarks").glob("bench_*.py"))
    if not found:
        print("There are no benchmarks yet: they go to backend/benchmarks/bench_<module>.py.")
    for path in found:
        print(f"==> {path.name}", flush=True)
        call([layout.tool("python"), path, *arguments], cwd=layout.backend)
    return 0


def soak(layout: Layout, arguments: Sequence[str]) -> int:
    """Run the tests that take minutes to hours; the arguments go to pytest."""
    ensure_chromium()
    set_up(layout, dev=True)
    run_checks([pytest_check(layout, arguments, options=["-m", "soak", "--timeout=0"])])
    return 0


def generate(layout: Layout, arguments: Sequence[str]) -> int:
    """Write backend/openapi.json and the dashboard's types from the code; with --check, only compare."""
    set_up_tools(layout)
    schema = layout.backend / "openapi.json"
    current = output([layout.tool("quant"), "openapi"])
    if "--check" in arguments:
        check_generated(layout, schema, current)
        return 0
    schema.write_text(current, encoding="utf-8", newline="\n")
    npm(layout, "run", "--silent", "generate")
    return 0


def check_generated(layout: Layout, schema: Path, current: str) -> None:
    """Raise SetupError when what is committed is not what the code gives now."""
    fresh = schema.exists() and schema.read_text(encoding="utf-8") == current
    if fresh:
        try:
            npm(layout, "run", "--silent", "generate", "--", "--check")
        except CommandFailed:
            fresh = False
    if not fresh:
        raise SetupError("openapi.json or the types made from it are stale; run `make generate` and commit.")


def lock(layout: Layout, arguments: Sequence[str]) -> int:
    """Write the lock files anew from pyproject.toml; `--upgrade` moves to the newest versions."""
    set_up_python(layout, dev=True, install=False)
    locking.lock(layout, arguments)
    return 0


def clean(layout: Layout, arguments: Sequence[str]) -> int:
    """Remove whatever the other commands made, but no data, logs or settings."""
    for name in CLEANED:
        shutil.rmtree(layout.root / name, ignore_errors=True)
    return 0


def set_up_tools(layout: Layout) -> None:
    """Install the packages of both languages, without building or compiling anything."""
    node = check_node()
    set_up_python(layout, dev=True, install=False)
    install_node_packages(layout, node=node)


COMMANDS: dict[str, Callable[[Layout, Sequence[str]], int]] = {
    command.__name__: command
    for command in (run, test, setup, dev, lint, fix, bench, soak, generate, lock, clean)
}


def main(arguments: Sequence[str]) -> int:
    """Return the exit status of the command that `arguments` name, after saying what stopped it."""
    name = arguments[0] if arguments else "run"
    if name not in COMMANDS:
        print(usage(), file=sys.stderr)
        return 2
    try:
        return COMMANDS[name](Layout(Path(__file__).resolve().parent.parent), arguments[1:])
    except (SetupError, CommandFailed) as error:
        print(f"\n{error}", file=sys.stderr)
        return getattr(error, "status", 1)
    except KeyboardInterrupt:
        return 130


def usage() -> str:
    """Return one line for each command."""
    lines = [f"  {name:<10}{(command.__doc__ or '').strip()}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python3 bootstrap.py COMMAND [ARGUMENT ...]", *lines])
