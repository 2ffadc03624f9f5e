"""What benchmarks share: repeat both sides in turn, take medians, write the README's table."""

import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
HEADER = "| what | measured | against |\n|---|---|---|"
REPEATS = 5
INSTALL_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `key` names it, so that a later run replaces it."""

    key: str
    what: str
    measured: str
    against: str


def medians(sides: Mapping[str, Callable[[], float]], *, repeats: int = REPEATS) -> dict[str, float]:
    """Return the median of each side's figure, all sides run in turn so that a noisy minute hits all of them."""
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        side()  # warm
    for _ in range(repeats):
        for name, side in sides.items():
            figures[name].append(side())
    return {name: statistics.median(values) for name, values in figures.items()}


def peer_environment(folder: Path, requirements: Path) -> Path | None:
    """Return the interpreter of a new environment with what is pinned and nothing else, None when it cannot be had.

    For a peer that wants other versions than ours, or that nothing but a benchmark needs.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    try:
        for command in ([sys.executable, "-m", "venv", str(folder)], [*pip, "-r", str(requirements)]):
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return python


def pinned(requirements: Path, name: str) -> str:
    """Return the version of a package that a file of requirements pins."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{name}=="))


def machine() -> str:
    """Return the processor's name, how many there are, and the Python version."""
    name = platform.processor() or platform.machine()
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        name = found[1] if found else name
    except OSError:
        pass
    return f"{os.cpu_count()} × {name}, Python {platform.python_version()}"


def publish(*rows: Row) -> None:
    """Print rows and put them into the README's table, unless `--dry-run` is among the arguments."""
    for row in rows:
        print(f"{row.what}: {row.measured} ({row.against})")
    if "--dry-run" in sys.argv:
        return
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    held, _, after = rest.partition(END)
    lines = {match[1]: line for line in held.splitlines() if (match := re.search(r"<!-- (\S+) -->", line))}
    for row in rows:
        lines[row.key] = f"| {row.what} <!-- {row.key} --> | {row.measured} | {row.against} |"
    table = "\n".join([HEADER, *lines.values()])
    note = f"Medians of {REPEATS} runs, both sides in one run; {machine()}."
    README.write_text(f"{before}{BEGIN}\n{table}\n\n{note}\n{END}{after}", encoding="utf-8")
