"""A command computes matrix products on one thread, unless its user says otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import quant.cli, numpy, os
square = numpy.ones((900, 900))
square @ square
print(os.environ["OPENBLAS_NUM_THREADS"], len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts the threads that Linux lists")
@pytest.mark.parametrize(("given", "used"), [(None, 1), ("2", min(2, os.cpu_count() or 1))])
def test_a_product_has_one_thread_unless_more_are_asked_for(given: str | None, used: int) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    if given is not None:
        environment["OPENBLAS_NUM_THREADS"] = given
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [given or "1", str(used)]
