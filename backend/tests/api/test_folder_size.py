"""What a folder's files take, against their own lengths."""

import asyncio
import os
from pathlib import Path

import pytest

from quant.api.folder_size import FolderSize


def size_of(folder: Path) -> int | None:
    return asyncio.run(FolderSize(folder).bytes())


def test_files_of_all_folders_are_counted(tmp_path: Path) -> None:
    for name, length in (("a", 10), ("deep/b", 200), ("deep/deeper/c", 3000), ("deep/empty", 0)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * length)
    assert size_of(tmp_path) == 3210


def test_an_empty_folder_takes_nothing(tmp_path: Path) -> None:
    assert size_of(tmp_path) == 0


def test_there_is_no_number_without_the_folder(tmp_path: Path) -> None:
    assert size_of(tmp_path / "missing") is None


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no symbolic links")
def test_what_lies_elsewhere_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "large").write_bytes(b"x" * 10_000)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert (size_of(folder) or 0) < 10_000


def test_it_is_not_read_again_within_the_minute(tmp_path: Path) -> None:
    folder = FolderSize(tmp_path)

    async def twice() -> tuple[int | None, int | None]:
        (tmp_path / "a").write_bytes(b"x" * 10)
        first = await folder.bytes()
        (tmp_path / "b").write_bytes(b"x" * 10)
        return first, await folder.bytes()

    assert asyncio.run(twice()) == (10, 10)
