"""Set up, run and check the project: the one script behind make, start.sh and start.ps1.

Standard library only, since it runs before anything is installed. This file makes sure of the Python version,
in words that older Pythons understand too (hence the quoted annotations); the work is in tooling/.
"""

import os
import shutil
import subprocess
import sys

PYTHON_MIN = (3, 11)
PYTHON_MAX = (3, 14)  # the newest for which every locked package has a wheel


def python_problem(version: "tuple[int, ...]", *, executable: str, others: "list[str]") -> str:
    """Return in one sentence what is wrong with this Python, naming one of `others`; "" if nothing."""
    if PYTHON_MIN <= version[:2] <= PYTHON_MAX:
        return ""
    has, low, high = (".".join(map(str, part)) for part in (version[:3], PYTHON_MIN, PYTHON_MAX))
    hint = "install it from https://www.python.org/downloads/ or with your package manager"
    if others:
        hint = f"{others[0]} is there, so use `make run PYTHON={others[0]}` or `./start.sh`"
    return f"Python {low} to {high} is needed, and {executable} is {has}; {hint}."


def supported_pythons() -> "list[str]":
    """Return the commands on PATH that start a supported Python, newest first."""
    names = [f"python3.{minor}" for minor in range(PYTHON_MAX[1], PYTHON_MIN[1] - 1, -1)]
    return [name for name in names if works(name)]


def works(name: str) -> bool:
    """Return whether a command starts: version managers leave some on PATH that only explain themselves."""
    path = shutil.which(name)
    quiet = subprocess.DEVNULL
    return path is not None and subprocess.call([path, "-c", ""], stdout=quiet, stderr=quiet) == 0


def main() -> int:
    """Return the exit status of the command that the arguments name."""
    version = tuple(sys.version_info[:3])
    if python_problem(version, executable=sys.executable, others=[]):
        sentence = python_problem(version, executable=sys.executable, others=supported_pythons())
        sys.stderr.write(sentence + "\n")
        return 1
    from tooling.commands import main as dispatch

    # What is started from here keeps its modules compiled, whatever the shell says: `quant` is there in half the time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return dispatch(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
