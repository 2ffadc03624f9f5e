"""An otherwise empty PATH to put scripts on, and an empty checkout."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tooling.layout import Layout

Stand = Callable[[str, str], Path]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Return a function that puts a shell script on an otherwise empty PATH."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return put


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return an empty checkout."""
    for folder in ("backend/src/quant", "frontend/src"):
        (tmp_path / "repo" / folder).mkdir(parents=True)
    return Layout(tmp_path / "repo")
