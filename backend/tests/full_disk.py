"""A disk that is full for one file: what is written for it goes to a device that has no room."""

import sys
from pathlib import Path

import pytest

from quant.storage.parquet_files import TEMPORARY

NEEDS_FULL_DEVICE = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")


def fill_for(path: Path) -> Path:
    """Have the next write of `path` fail for lack of room; return what is in its way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + TEMPORARY)
    temporary.symlink_to("/dev/full")
    return temporary
