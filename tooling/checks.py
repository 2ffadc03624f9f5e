"""The checks that a commit must pass, in order, and how long each took."""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tooling.errors import CommandFailed
from tooling.layout import Layout
from tooling.processes import Word, Words, call

PYTEST_FOUND_NONE = 5
MOST_WORKERS = 4
"""More test processes than that have more to do with each other than with the tests."""


@dataclass(frozen=True)
class Check:
    """One command that must end well."""

    name: str
    command: Words
    cwd: Path
    passes: tuple[int, ...] = ()  # statuses that are as good as 0


def python_checks(layout: Layout) -> list[Check]:
    """Return what is checked about Python code without running it."""
    ruff, root, backend = layout.tool("ruff"), layout.root, layout.backend
    return [
        Check("ruff check", [ruff, "check", "."], root),
        Check("ruff format", [ruff, "format", "--check", "."], root),
        Check("mypy", [layout.tool("mypy")], backend),
        Check("import contracts", [layout.tool("lint-imports"), "--no-logo"], backend),
        Check("generated files", [sys.executable, root / "bootstrap.py", "generate", "--check"], root),
    ]


def pytest_check(layout: Layout, arguments: Sequence[str], *, options: Sequence[str] = ()) -> Check:
    """Return the Python tests; the user's `arguments` and our `options` go to pytest as they are."""
    return _pytest(layout, "pytest", "tests", [*options, *arguments], chosen=bool(arguments))


def browser_check(layout: Layout, arguments: Sequence[str], *, options: Sequence[str] = ()) -> Check:
    """Return the browser's tests, apart from the others: Playwright keeps an event loop running beside them."""
    return _pytest(
        layout, "pytest, browser", "../frontend/e2e", [*options, *arguments], chosen=bool(arguments)
    )


def _pytest(layout: Layout, name: str, folder: str, arguments: Sequence[str], *, chosen: bool) -> Check:
    command: list[Word] = [layout.tool("pytest"), "-c", "pyproject.toml", folder]
    # What was asked for by name may be in the other folder.
    return Check(name, [*command, *arguments], layout.backend, (PYTEST_FOUND_NONE,) if chosen else ())


def side_by_side(*, spare: int = 0) -> list[str]:
    """Return pytest's arguments for running files side by side, one for each core and `spare` more."""
    cores = os.cpu_count() or 1
    if cores == 1:
        return []
    # In the order of their names, the files that take longest are not the last ones, as they would be by their size.
    return ["-n", str(min(cores, MOST_WORKERS) + spare), "--dist", "loadfile", "--no-loadscope-reorder"]


def page_checks(layout: Layout, scripts: Sequence[str]) -> list[Check]:
    """Return npm scripts of the dashboard as checks."""
    npm = str(shutil.which("npm"))
    return [Check(f"npm {name}", [npm, "run", "--silent", name], layout.frontend) for name in scripts]


def run_checks(checks: Sequence[Check]) -> None:
    """Run the checks until one fails, then print one line each; raise that one's CommandFailed."""
    lines: list[str] = []
    try:
        for check in checks:
            print(f"==> {check.name}", flush=True)
            begun = time.monotonic()
            try:
                call(check.command, cwd=check.cwd)
            except CommandFailed as error:
                if error.status in check.passes:
                    lines.append(_line("no test", check, time.monotonic() - begun))
                    continue
                lines.append(_line("FAILED", check, time.monotonic() - begun))
                raise
            lines.append(_line("passed", check, time.monotonic() - begun))
    finally:
        skipped = [f"not run          {check.name}" for check in checks[len(lines) :]]
        print("\n".join(["", *lines, *skipped]), flush=True)


def _line(verdict: str, check: Check, seconds: float) -> str:
    return f"{verdict} {seconds:7.1f} s  {check.name}"
