"""bootstrap.py and start.sh find a Python that will do, or say in a sentence what is needed."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import bootstrap

REPOSITORY = Path(bootstrap.__file__).resolve().parent
posix_only = pytest.mark.skipif(os.name == "nt", reason="runs POSIX shell scripts")
Stand = Callable[[str, str], Path]


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 2), (3, 14, 9)])
def test_a_supported_python_has_no_problem(version: tuple[int, ...]) -> None:
    assert bootstrap.python_problem(version, executable="python3", others=["python3.12"]) == ""


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13), (3, 15, 0), (4, 0, 0)])
def test_another_python_is_named_with_what_is_needed(version: tuple[int, ...]) -> None:
    sentence = bootstrap.python_problem(version, executable="/opt/python3", others=[])
    assert "/opt/python3 is " + ".".join(map(str, version)) in sentence
    assert "3.11 to 3.14" in sentence
    assert "python.org" in sentence


def test_a_python_that_would_do_is_named() -> None:
    sentence = bootstrap.python_problem((3, 10, 1), executable="python3", others=["python3.13", "python3.12"])
    assert "make run PYTHON=python3.13" in sentence


@posix_only
def test_a_command_that_only_explains_itself_is_no_python(stand: Stand) -> None:
    stand("python3.13", "echo 'python3.13: command not found in this version' >&2; exit 127")
    stand("python3.12", "exit 0")
    assert bootstrap.supported_pythons() == ["python3.12"]


@posix_only
def test_start_takes_the_first_python_that_will_do(stand: Stand, tmp_path: Path) -> None:
    script = REPOSITORY / "start.sh"
    (tmp_path / "path" / "dirname").symlink_to("/usr/bin/dirname")
    stand("python3.13", "exit 127")  # on PATH, but only explains itself
    chosen = stand("python3.12", '[ "$1" = -c ] && exit 0; printf "%s\\n" "$0" "$@"')
    stand("python3.11", "echo I am not asked")
    done = subprocess.run(["/bin/sh", script, "--source", "a b"], capture_output=True, text=True)
    words = [chosen, REPOSITORY / "bootstrap.py", "run", "--source", "a b"]
    assert done.stdout.splitlines() == [str(word) for word in words]


@posix_only
def test_start_says_when_no_python_will_do(stand: Stand, tmp_path: Path) -> None:
    (tmp_path / "path" / "dirname").symlink_to("/usr/bin/dirname")
    pretend = "import sys; sys.version_info = (3, 10, 1); exec(sys.argv[1])"
    stand("python3", f'exec {sys.executable} -c "{pretend}" "$2"')
    done = subprocess.run(["/bin/sh", REPOSITORY / "start.sh"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed")


@posix_only
def test_an_old_python_gets_a_sentence(stand: Stand, tmp_path: Path) -> None:
    pretend = (
        "import sys, runpy; sys.version_info = (3, 9, 1); sys.argv = ['bootstrap.py'];"
        f"runpy.run_path({str(REPOSITORY / 'bootstrap.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    assert done.returncode == 1
    assert re.fullmatch(r"Python 3\.11 to 3\.14 is needed, and \S+ is 3\.9\.1; .*\n", done.stderr)
