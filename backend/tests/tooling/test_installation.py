"""The set-up as the commands it would run, written down instead of run."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tooling import installation, processes
from tooling.layout import Layout


@pytest.fixture
def calls(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the commands of the set-up as they come; each leaves what it would have made."""
    locks = ("bootstrap.lock", "requirements.lock", "requirements-dev.lock")
    for name in ("pyproject.toml", "hatch_build.py", *locks):
        (layout.backend / name).write_text(name)
    for name in ("package.json", "package-lock.json"):
        (layout.frontend / name).write_text(name)
    seen: list[str] = []
    products = {
        "bootstrap.lock": layout.tool("uv"),
        "--editable": layout.tool("quant"),
        "npm ci": layout.frontend / "node_modules" / ".package-lock.json",
        "run build": layout.frontend / "dist" / "index.html",
    }

    def note(command: processes.Words, **options: object) -> None:
        seen.append(" ".join(str(word) for word in command))
        for part, product in products.items():
            if part in seen[-1]:
                product.parent.mkdir(parents=True, exist_ok=True)
                product.touch()

    monkeypatch.setattr(installation, "call", note)
    monkeypatch.setattr(installation, "check_node", lambda: "v20.19.0")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    return seen


def test_everything_is_done_once(layout: Layout, calls: list[str]) -> None:
    installation.set_up(layout, dev=False)
    order = [" -m venv ", " -m pip ", " pip sync ", " --editable ", "npm ci ", "npm run build", "quant warm"]
    assert all(word in line for word, line in zip(order, calls, strict=True))
    installation.set_up(layout, dev=False)
    assert len(calls) == 7


def test_packages_come_by_hash_and_never_from_source(layout: Layout, calls: list[str]) -> None:
    installation.set_up(layout, dev=True)
    for line in calls:
        if "-r " in line or " sync " in line:
            assert "--require-hashes --only-binary :all:" in line
    (sync,) = [line for line in calls if " sync " in line]
    assert re.search(r"bootstrap\.lock .*requirements\.lock .*requirements-dev\.lock$", sync)
    (project,) = [line for line in calls if "--editable" in line]
    assert "--no-deps --no-build-isolation" in project


@pytest.mark.parametrize(
    ("changed", "repeated"),
    [
        ("backend/requirements.lock", ["sync", "--editable", "warm"]),
        ("backend/pyproject.toml", ["sync", "--editable"]),
        ("frontend/package-lock.json", ["ci", "build"]),
        ("frontend/src/app.tsx", ["build"]),
        ("backend/src/quant/kernel/lanes.py", ["warm"]),
        ("backend/src/quant/plain.py", []),
        ("frontend/e2e/test_page.py", []),
    ],
)
def test_a_change_repeats_what_depends_on_it(
    layout: Layout, calls: list[str], changed: str, repeated: list[str]
) -> None:
    installation.set_up(layout, dev=False)
    calls.clear()
    path = layout.root / changed
    path.parent.mkdir(exist_ok=True)
    path.write_text("changed")
    installation.set_up(layout, dev=False)
    assert len(calls) == len(repeated)
    assert all(word in line for word, line in zip(repeated, calls, strict=True))


def test_running_does_not_throw_out_the_tools(layout: Layout, calls: list[str]) -> None:
    installation.set_up(layout, dev=True)
    calls.clear()
    installation.set_up(layout, dev=False)
    assert calls == []
    (layout.backend / "requirements.lock").write_text("newer")
    installation.set_up(layout, dev=False)
    assert any("requirements-dev.lock" in line for line in calls)


def test_another_python_means_another_environment(
    layout: Layout, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.set_up(layout, dev=False)
    calls.clear()
    monkeypatch.setattr(sys, "version", "3.99 of another kind")
    installation.set_up(layout, dev=False)
    order = ["-m venv --clear", "-m pip", "sync", "--editable", "warm"]  # and the dashboard stays as it is
    assert all(word in line for word, line in zip(order, calls, strict=True))


@pytest.mark.parametrize(("windows", "ending"), [(True, "Scripts/quant.exe"), (False, "bin/quant")])
def test_programs_are_where_the_system_puts_them(windows: bool, ending: str) -> None:
    layout = Layout(Path("repo"), windows=windows)
    assert layout.tool("quant").as_posix() == f"repo/backend/.venv/{ending}"
