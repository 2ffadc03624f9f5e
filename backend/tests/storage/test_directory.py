"""The data directory has one owner, for as long as that one lives."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quant.errors import DataDirectoryInUse, SettingsError
from quant.storage.directory import DataDirectory

# Claims the folder, starts a child of its own, says so, and waits to be killed.
OWNER = """
import subprocess, sys
from pathlib import Path
from quant.storage.directory import DataDirectory
directory = DataDirectory(Path(sys.argv[1]))
directory.claim()
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.read()
"""


class Owner:
    """Another process that has claimed the folder."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.child = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    started = Owner(tmp_path / "data")
    yield started
    started.kill()


def test_claiming_makes_the_folder(tmp_path: Path):
    path = tmp_path / "a" / "b"
    directory = DataDirectory(path)
    directory.claim()
    assert path.is_dir()
    directory.release()


def test_a_second_engine_is_told_who_has_it_and_what_to_do(tmp_path: Path):
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    first.claim()
    with pytest.raises(DataDirectoryInUse) as caught:
        second.claim()
    message = caught.value.message
    assert str(tmp_path) in message
    assert f"process {os.getpid()}:" in message
    assert "DATA_DIR" in message
    first.release()


def test_a_released_folder_can_be_claimed(tmp_path: Path):
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    for _ in range(3):
        first.claim()
        first.release()
        second.claim()
        second.release()


def test_a_refused_claim_leaves_the_owner_its_lock(tmp_path: Path):
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    first.claim()
    for _ in range(2):
        with pytest.raises(DataDirectoryInUse, match=f"process {os.getpid()}:"):
            second.claim()
    second.release()
    with pytest.raises(DataDirectoryInUse):
        second.claim()
    first.release()


def test_releasing_what_was_never_claimed_is_harmless(tmp_path: Path):
    directory = DataDirectory(tmp_path)
    directory.release()
    directory.release()


def test_another_process_is_named(owner: Owner, tmp_path: Path):
    with pytest.raises(DataDirectoryInUse, match=f"in use by process {owner.process.pid}:"):
        DataDirectory(tmp_path / "data").claim()


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_a_killed_owner_leaves_the_folder_free_though_its_child_lives_on(owner: Owner, tmp_path: Path):
    """The simulated exchange is such a child: it must not keep the lock."""
    os.kill(owner.process.pid, signal.SIGSTOP)  # keeps the child's pipe open until we have looked
    directory = DataDirectory(tmp_path / "data")
    with pytest.raises(DataDirectoryInUse):
        directory.claim()
    os.kill(owner.process.pid, signal.SIGKILL)
    owner.process.wait()
    directory.claim()
    directory.release()


@pytest.mark.parametrize("below", ["", "deeper", "deeper/still"])
def test_a_folder_that_cannot_be_is_named(below: str, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / below
    with pytest.raises(SettingsError) as caught:
        DataDirectory(path).claim()
    assert caught.value.message.startswith(f"DATA_DIR={path} cannot be written: ")
    assert caught.value.message.endswith("choose another folder")
    assert "None" not in caught.value.message
    assert caught.value.values["setting"] == "DATA_DIR"


def test_a_lock_that_cannot_be_opened_is_named(tmp_path: Path):
    (tmp_path / "engine.lock").mkdir()
    with pytest.raises(SettingsError, match="DATA_DIR="):
        DataDirectory(tmp_path).claim()
