"""Lock files pin names and hashes, and say nothing about where packages come from."""

import re
from pathlib import Path

import pytest

from tooling import locking
from tooling.errors import SetupError

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", ["bootstrap.lock", "requirements.lock", "requirements-dev.lock"])
def test_the_locks_hold_names_and_hashes_only(name: str) -> None:
    locking.check_lock(REPOSITORY / "backend" / name)


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://packages.example\na==1 \\\n    --hash=sha256:00\n",
        "a @ file:///tmp/a.whl \\\n    --hash=sha256:00\n",
        "./a\n",
        "a==1\nb==2 \\\n    --hash=sha256:00\n",
        "a==1 \\\n    --hash=sha256:00\nb==2\n",
    ],
)
def test_a_lock_with_an_address_or_without_a_hash_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.lock"
    path.write_text(text)
    with pytest.raises(SetupError, match=r"some\.lock"):
        locking.check_lock(path)


def test_one_version_of_each_package_holds_in_all_locks() -> None:
    pinned: dict[str, set[str]] = {}
    for name in ("bootstrap.lock", "requirements.lock", "requirements-dev.lock"):
        own: dict[str, set[str]] = {}
        for line in (REPOSITORY / "backend" / name).read_text().splitlines():
            if found := re.match(r"([a-z0-9-]+)(==\S+).* \\$", line):
                own.setdefault(found[1], set()).add(found[2])
        for package, versions in own.items():
            assert pinned.setdefault(package, versions) == versions


def test_the_packaged_licence_is_the_repository_s() -> None:
    assert (REPOSITORY / "backend" / "LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()
