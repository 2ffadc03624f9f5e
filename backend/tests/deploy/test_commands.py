"""Every command of README and docs is exercised: run where that costs little, else held against what would take it.

A line that none of `WAYS` knows fails, so that nothing is told to people that nobody has tried.
"""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from deploy import test_api_page
from deploy.places import DEPLOY, DOCS, REPOSITORY
from quant import cli
from serving import Client, quant, server_process
from tooling.commands import COMMANDS

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "backend" / "README.md"]
PAGES += [REPOSITORY / "frontend" / "README.md", *sorted(DOCS.glob("*.md"))]
PROGRAMS = (
    "make",
    "quant",
    "python3",
    "bootstrap.py",
    "npm",
    "curl",
    "gunicorn",
    "docker",
    "systemctl",
    "nginx",
)
PROGRAMS += ("journalctl", "install", "ln", "tar", "sqlite3", "cd", "pip")
PACKAGE = json.loads((REPOSITORY / "frontend" / "package.json").read_text(encoding="utf-8"))
PLACES = r"/etc/|/opt/|/var/"


def fenced(page: Path) -> Iterator[str]:
    """Yield the lines of a page's blocks of commands, without their comments."""
    for language, block in re.findall(r"```(\w*)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            first = line.split(" ")[0].rpartition("/")[2]
            is_command = first in PROGRAMS or re.match(r"[A-Z_]+=\S+ ", line)
            if language in ("", "sh", "bash") and is_command:
                yield re.sub(r"\s+# .*", "", line)


def inline(page: Path) -> Iterator[str]:
    """Yield the commands of ours that stand in a page's sentences, without those that leave something out."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for command in re.findall(r"`((?:quant|make|npm) [a-z][^`\n]*)`", text):
        if not re.search(r"[…|\[]", command):
            yield command


LINES = sorted({line for page in PAGES for line in (*fenced(page), *inline(page))})


def is_target(line: str, _: Path) -> None:
    """`make` passes its targets to the commands of bootstrap.py, which test_bootstrap runs."""
    for target in [word for word in shlex.split(line)[1:] if "=" not in word]:
        assert target in COMMANDS
    assert "$(COMMANDS):" in (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def is_parsed(line: str, _: Path) -> None:
    """The command's own parser takes it; the simulator's options are its own parser's."""
    words = shlex.split(line)[1:]
    if words[1:] in ([], ["--help"]):  # a command's name in a sentence
        with pytest.raises(SystemExit, match="0"):
            cli._parser().parse_args([words[0], "--help"])
        return
    if words[0] == "simulate":
        command = [sys.executable, "-m", "quant.simulator", *words[1:], "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert all(word in done.stdout for word in words[1:] if word.startswith("--")), done.stdout
        return
    _, unknown = cli._parser().parse_known_args([word.replace("FILE", "file") for word in words])
    assert not unknown


def is_script(line: str, _: Path) -> None:
    """A script of the dashboard's package, or npm's own word."""
    words = [word for word in shlex.split(line) if not re.match(r"[A-Z_]+=", word)]
    name = words[2] if words[1] == "run" else words[1]
    assert words[1] in ("ci", "install", "audit") or name in PACKAGE["scripts"]
    for setting in re.findall(r"\b(VITE_\w+)=", line):
        sources = (REPOSITORY / "frontend" / "src").rglob("*.ts*")
        assert any(setting in path.read_text(encoding="utf-8") for path in sources), setting


def is_run_against_a_server(line: str, _: Path) -> None:
    assert line in test_api_page.CURLS


def is_compose(line: str, _: Path) -> None:
    """test_containers reads the file itself."""
    words = shlex.split(line)
    document = yaml.safe_load((REPOSITORY / words[words.index("-f") + 1]).read_text(encoding="utf-8"))
    profiles = {name for service in document["services"].values() for name in service.get("profiles", [])}
    if "--profile" in words:
        assert words[words.index("--profile") + 1] in profiles
    if "logs" in words:
        assert words[-1] in document["services"]


def system_below(folder: Path) -> Path:
    """Make the system's places below a folder as Install leaves them; return where the commands are given."""
    for place in (
        "etc/systemd/system",
        "etc/nginx/sites-available",
        "etc/nginx/sites-enabled",
        "opt/quant",
        "var/lib/private/quant",
    ):
        (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "var/lib/private/quant/journal.sqlite").write_text("trades")
    (folder / "var/lib/quant").symlink_to("private/quant")  # so DynamicUser= has it
    install = (DOCS / "operations.md").read_text(encoding="utf-8")
    (environment,) = {Path(path).name for path in re.findall(r"python3 -m venv /opt/quant/(\S+)", install)}
    packages = folder / "opt/quant" / environment / "lib/python3.11/site-packages/quant/_dashboard"
    packages.mkdir(parents=True, exist_ok=True)
    if environment != "venv":
        (folder / "opt/quant/venv").symlink_to(environment)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    (work / "deploy").symlink_to(DEPLOY)
    return work


def run_below(line: str, folder: Path, work: Path) -> list[str]:
    """Run a line with the system's places below the folder; return its words."""
    here = re.sub(rf"(?<=[ ])(?={PLACES})", str(folder), line)
    done = subprocess.run(["sh", "-euc", here], cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return shlex.split(here)


def is_installed(line: str, folder: Path) -> None:
    """Run with the system's places below a folder; what only an init system does is left to its own checks."""
    words = run_below(line, folder, system_below(folder))
    made = [word for word in words if word.startswith(str(folder))]
    assert all(list(Path("/").glob(word.lstrip("/"))) for word in made), made


def moves_a_link(line: str, folder: Path) -> None:
    """What is linked anew is a link, or the new one would end up inside of the folder."""
    *_, target, link = run_below(line, folder, system_below(folder))
    assert Path(link).readlink() == Path(target)


def keeps_the_data(line: str, folder: Path) -> None:
    """What is packed are the data, and unpacking brings them back to where the unit has them."""
    work = system_below(folder)
    kept = folder / "var/lib/private/quant/journal.sqlite"
    archive = work / "quant-backup.tar.gz"
    if "-x" in line:
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(kept.parent, "quant")
        shutil.rmtree(kept.parent)
    run_below(line, folder, work)
    with tarfile.open(archive) as packed:
        assert packed.getnames() == ["quant", "quant/journal.sqlite"]
    assert kept.read_text() == "trades"


def is_told_to_the_server(line: str, folder: Path) -> None:
    """Done beside a server whose data are where the unit has them."""
    system_below(folder)
    given, program, *words = shlex.split(line)
    name, _, place = given.partition("=")
    assert name == "DATA_DIR"
    assert f"{given} " in (DEPLOY / "systemd" / "quant.service").read_text(encoding="utf-8")
    assert f"ExecStart={program} " in (DEPLOY / "systemd" / "quant.service").read_text(encoding="utf-8")
    data = folder / place.lstrip("/")
    with server_process(folder / "server", DATA_DIR=data, SOURCE="sim:5") as server:
        done = quant(*words, cwd=folder, typed="correct horse 1\n", DATA_DIR=data)
        assert done.returncode == 0, done.stderr
        assert server.client.get("/auth/session")["required"]


def is_unit(line: str, _: Path) -> None:
    """test_systemd verifies the unit; here that the commands name it."""
    units = re.findall(r"(?:enable --now|stop|start|-u) (\w+)", line)
    assert units
    assert all((DEPLOY / "systemd" / f"{unit}.service").exists() for unit in units)


def is_tested_elsewhere(test: str, *marks: str) -> Callable[[str, Path], None]:
    """Return a check that another test runs what the line says: it has all of the marks, as the line has."""

    def check(line: str, _: Path) -> None:
        text = (Path(__file__).parent / test).read_text(encoding="utf-8")
        for mark in marks:
            assert mark in line
            assert mark in text, f"{test} no longer has {mark}"

    return check


def copies_a_journal(line: str, folder: Path) -> None:
    (folder / "data").mkdir()
    with closing(sqlite3.connect(folder / "data" / "journal.sqlite")) as journal:
        journal.execute("PRAGMA journal_mode=WAL")
        journal.execute("CREATE TABLE chunks (id INTEGER)")
        journal.execute("INSERT INTO chunks VALUES (7)")
        journal.commit()
        if shutil.which("sqlite3") is None:
            pytest.skip("the sqlite3 command is not on this machine")
        subprocess.run(["sh", "-euc", line.replace("DATA_DIR", "data")], cwd=folder, check=True)
    with closing(sqlite3.connect(folder / "journal-copy.sqlite")) as copy:
        assert copy.execute("SELECT id FROM chunks").fetchall() == [(7,)]


WAYS: dict[str, Callable[[str, Path], None]] = {
    r"make \w+.*": is_target,
    r"quant .*": is_parsed,
    r"(VITE_\w+=\S+ )*npm .*": is_script,
    r"curl .*": is_run_against_a_server,
    r"docker compose .*": is_compose,
    r"gunicorn .*": is_tested_elsewhere("test_gunicorn.py", "-w", "uvicorn.workers.UvicornWorker"),
    r"install .*|ln -s .*": is_installed,
    r"ln -sfn .*": moves_a_link,
    r"tar .*": keeps_the_data,
    r"DATA_DIR=\S+ /opt/quant/venv/bin/quant users .*": is_told_to_the_server,
    r"systemctl .*|journalctl .*": is_unit,
    r"nginx -t && systemctl reload nginx": is_tested_elsewhere("proxy.py", "nginx", "-t"),
    r"cd backend && .venv/bin/uv build .*": is_tested_elsewhere(
        "test_wheel.py", "build", "--wheel", "--no-build-isolation", "--out-dir"
    ),
    r"python3 -m venv .*": is_tested_elsewhere("test_wheel.py", "venv"),
    r"/opt/quant/venv/bin/pip install .*": is_tested_elsewhere("test_wheel.py", "install"),
    r"sqlite3 DATA_DIR/journal.sqlite .*": copies_a_journal,
}


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a Unix shell")
@pytest.mark.parametrize("line", LINES)
def test_a_command_is_exercised(line: str, tmp_path: Path) -> None:
    ways = [check for pattern, check in WAYS.items() if re.fullmatch(pattern, line)]
    assert len(ways) == 1, f"{len(ways)} ways to exercise it: {line}"
    ways[0](line, tmp_path)


def test_pages_have_commands() -> None:
    assert len(LINES) > 30
    assert all(any(re.fullmatch(pattern, line) for line in LINES) for pattern in WAYS), (
        "a way without a command"
    )


@pytest.mark.parametrize("page", [REPOSITORY / "README.md", REPOSITORY / "backend" / "README.md"], ids=str)
def test_programs_of_the_readmes_run(page: Path, api: Client, tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert programs
    for program in programs:
        text = program.replace("Client()", f'Client("{api.origin}")')
        done = subprocess.run(
            [sys.executable, "-c", text],
            cwd=tmp_path,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
