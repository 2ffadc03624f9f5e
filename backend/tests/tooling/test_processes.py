"""Checks stop at the first failure; processes side by side end together; errors are sentences."""

import os
import re
import sys
from pathlib import Path

import pytest

from tooling import checks, commands, processes
from tooling.errors import CommandFailed, SetupError
from tooling.layout import Layout

REPOSITORY = Path(__file__).resolve().parents[3]
posix_only = pytest.mark.skipif(os.name == "nt", reason="uses POSIX signals and pipes")


def test_checks_stop_at_the_first_failure_and_say_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def check(name: str, code: str) -> checks.Check:
        return checks.Check(name, [sys.executable, "-c", code], tmp_path)

    three = [check("one", "print('hello')"), check("two", "raise SystemExit(3)"), check("three", "")]
    with pytest.raises(CommandFailed) as caught:
        checks.run_checks(three)
    assert caught.value.status == 3
    printed = capfd.readouterr().out
    assert "hello" in printed
    *_, one, two, last = printed.splitlines()
    assert re.fullmatch(r"passed +\d+\.\d s  one", one)
    assert re.fullmatch(r"FAILED +\d+\.\d s  two", two)
    assert re.fullmatch(r"not run +three", last)


@posix_only
def test_side_by_side_one_s_end_ends_the_other_gently(tmp_path: Path) -> None:
    ready, farewell = tmp_path / "ready", tmp_path / "farewell"
    os.mkfifo(ready)  # opening it waits for the other side
    waits = f"""
import pathlib, signal, sys, threading
def leave(number, frame):
    pathlib.Path({str(farewell)!r}).touch()
    sys.exit()
signal.signal(signal.SIGTERM, leave)
open({str(ready)!r}, "w").close()
threading.Event().wait()
"""
    ends = f"open({str(ready)!r}).close(); raise SystemExit(7)"
    both = [([sys.executable, "-c", code], None) for code in (waits, ends)]
    assert processes.run_together(both) == 7
    assert farewell.exists()


@pytest.mark.parametrize("arguments", [["nonsense"], ["--help"]])
def test_an_unknown_command_lists_the_known_ones(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(arguments) == 2
    printed = capsys.readouterr().err
    assert all(name in printed for name in commands.COMMANDS)


def test_a_missing_prerequisite_is_a_sentence_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(layout: Layout, arguments: object) -> int:
        raise SetupError("There is no node.")

    monkeypatch.setitem(commands.COMMANDS, "run", refuse)
    assert commands.main(["run"]) == 1
    assert capsys.readouterr().err.strip() == "There is no node."


def test_make_offers_every_command() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    (listed,) = re.findall(r"^COMMANDS := (.*)$", makefile, re.MULTILINE)
    assert set(listed.split()) == set(commands.COMMANDS)
    assert set(re.findall(r"'make (\w+)", makefile)) == set(commands.COMMANDS)
