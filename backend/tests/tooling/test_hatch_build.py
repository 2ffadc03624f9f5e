"""Wheels and source distributions carry the built dashboard: a small package, built by the real backend."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling import build

BACKEND = Path(__file__).resolve().parents[2]
PAGE = "quant/_dashboard/index.html"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout with the real build files, a one-module package and a built dashboard; work in it."""
    backend = tmp_path / "backend"
    (backend / "src" / "quant").mkdir(parents=True)
    (backend / "src" / "quant" / "__init__.py").touch()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(BACKEND / name, backend)
    dist = tmp_path / "frontend" / "dist" / "assets"
    dist.mkdir(parents=True)
    (dist / "app.js").write_text("app")
    (dist.parent / "index.html").write_text("page")
    monkeypatch.chdir(backend)
    return tmp_path


def wheel_contents(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / build.build_wheel(str(folder))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_holds_the_dashboard_and_the_licence(project: Path) -> None:
    contents = wheel_contents(project)
    assert contents[PAGE] == b"page"
    assert contents["quant/_dashboard/assets/app.js"] == b"app"
    assert any(name.endswith("licenses/LICENSE") for name in contents)


def unpack(path: Path, *, into: Path) -> None:
    """Write out the files of an archive; `extractall` cannot be asked for the same in 3.11 and 3.14."""
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            if content := archive.extractfile(member):
                target = into / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def test_a_wheel_from_the_source_distribution_is_the_same(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = wheel_contents(project)
    unpack(project / build.build_sdist(str(project)), into=tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    monkeypatch.chdir(unpacked)
    assert wheel_contents(tmp_path) == direct


def test_a_missing_dashboard_stops_the_build_with_a_sentence(project: Path) -> None:
    shutil.rmtree(project / "frontend")
    with pytest.raises(FileNotFoundError, match="npm run build"):
        build.build_wheel(str(project))


def test_an_editable_install_needs_no_dashboard(project: Path) -> None:
    shutil.rmtree(project / "frontend")
    with zipfile.ZipFile(project / build.build_editable(str(project))) as archive:
        assert PAGE not in archive.namelist()
