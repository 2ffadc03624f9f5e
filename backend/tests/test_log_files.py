"""Log files: begun anew by size and age, together never larger than their space, and never in anybody's way."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quant.log_files import CappedLog

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
NOON = 1_750_000_000 // 86_400 * DAY_S + 12 * HOUR_S
TOTAL = 400_000
Open = Callable[..., CappedLog]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def open_(**values: object) -> CappedLog:
        given = {"file_bytes": 50_000, "total_bytes": TOTAL, "file_hours": 24, "keep_days": 30}
        return CappedLog(tmp_path / "logs" / "quant.log", **given | values)  # type: ignore[arg-type]

    return open_


def say(log: CappedLog, text: str) -> None:
    log.handle(logging.LogRecord("test", logging.INFO, __file__, 1, text, None, None))


def files(log: CappedLog) -> list[Path]:
    """Return all files of the log, oldest first, the one being written last."""
    return [*sorted(log.path.parent.glob("quant-*Z.log")), *log.path.parent.glob("quant.log")]


def lines(log: CappedLog) -> list[str]:
    return [line for path in files(log) for line in path.read_text().splitlines()]


def size(log: CappedLog) -> int:
    return sum(path.stat().st_size for path in log.path.parent.iterdir())


def storm(log: CappedLog, *, total: int, look_every: int) -> int:
    """Log so many bytes in lines of all lengths; return the most that was on the disk at any look."""
    most = said = number = 0
    while said < total:
        text = f"{number:09d} {'x' * (number * 7919 % 2_000)}"
        say(log, text)
        said += len(text) + 1
        number += 1
        if number % look_every == 0:
            most = max(most, size(log))
    return max(most, size(log))


def test_a_storm_keeps_the_space(opened: Open) -> None:
    log = opened()
    most = storm(log, total=20 * TOTAL, look_every=1)
    kept = [int(line.split()[0]) for line in lines(log)]
    log.close()

    assert most <= TOTAL
    assert size(log) > TOTAL * 0.7  # and no more is thrown away than must be
    assert kept == list(range(kept[0], kept[-1] + 1))  # of what is kept, nothing is missing
    assert max(path.stat().st_size for path in files(log)) <= 50_000


@pytest.mark.soak
def test_a_storm_of_a_gigabyte_keeps_the_space(opened: Open) -> None:
    log = opened(file_bytes=10_000_000, total_bytes=100_000_000)
    most = storm(log, total=1_000_000_000, look_every=500)
    log.close()
    assert 70_000_000 < most <= 100_000_000
    assert log.lost == 0


def test_a_file_never_has_more_than_a_quarter(opened: Open) -> None:
    log = opened(file_bytes=10 * TOTAL)
    assert storm(log, total=5 * TOTAL, look_every=1) <= TOTAL
    log.close()
    assert len(files(log)) >= 4


def test_another_day_is_another_file(opened: Open) -> None:
    now = NOON
    log = opened(now=lambda: now)
    os.utime(log.path, (now, now))
    log.close()

    log = opened(now=lambda: now)
    say(log, "noon")
    now += 11.9 * HOUR_S
    say(log, "evening")
    now += 0.2 * HOUR_S
    say(log, "morning")
    log.close()

    assert [path.read_text() for path in files(log)] == ["noon\nevening\n", "morning\n"]


def test_a_restart_goes_on_in_the_file_of_the_day(opened: Open) -> None:
    now = NOON
    for text in ("one", "two"):
        log = opened(now=lambda: now)
        say(log, text)
        log.close()
        os.utime(log.path, (now, now))
    now += DAY_S
    log = opened(now=lambda: now)
    say(log, "three")
    log.close()
    assert [path.read_text() for path in files(log)] == ["one\ntwo\n", "three\n"]


def test_what_is_too_old_goes(opened: Open) -> None:
    log = opened(file_bytes=10)
    for text in ("oldest", "older", "newest"):
        say(log, text)
    log.close()
    oldest, older, _ = files(log)
    for path, days in ((oldest, 31), (older, 29)):
        then = path.stat().st_mtime - days * DAY_S
        os.utime(path, (then, then))

    opened(file_bytes=10).close()

    assert lines(log) == ["older", "newest"]


def test_what_is_due_is_done_at_the_start_and_by_the_clock_without_a_line(opened: Open) -> None:
    now = NOON
    log = opened(now=lambda: now)
    say(log, "noon")
    os.utime(log.path, (now, now))
    log.close()

    now += DAY_S
    log = opened(now=lambda: now)
    assert [path.read_text() for path in files(log)] == ["noon\n", ""]
    now += 28 * DAY_S
    log.tidy()
    assert lines(log) == ["noon"]
    now += 1.1 * DAY_S
    log.tidy()
    assert [path.read_text() for path in files(log)] == [""]
    log.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder with an open file")
def test_what_the_disk_refuses_is_tidied_another_time(opened: Open) -> None:
    log = opened()
    log.path.parent.rename(log.path.parent.with_name("elsewhere"))
    log.path.parent.write_text("a file in the place of the folder")
    log.tidy()
    log.path.parent.unlink()
    say(log, "there it is")
    log.close()
    assert (lines(log), log.lost) == (["there it is"], 0)


def test_files_of_others_are_left_alone(opened: Open, tmp_path: Path) -> None:
    other = tmp_path / "logs" / "quant-notes.log"
    other.parent.mkdir()
    other.write_bytes(bytes(2 * TOTAL))
    log = opened()
    storm(log, total=2 * TOTAL, look_every=1_000_000)
    log.close()
    assert other.stat().st_size == 2 * TOTAL


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody rename an open file")
def test_two_processes_may_write_one_log(opened: Open) -> None:
    first, second = opened(file_bytes=2_000), opened(file_bytes=2_000)
    for number in range(500):
        say(first if number % 3 else second, f"{number}")
    first.close()
    second.close()
    assert sorted(map(int, lines(first))) == list(range(500))
    assert all(path.stat().st_size <= 2_000 for path in files(first))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody rename an open file")
@pytest.mark.parametrize("how", ["renamed", "removed", "folder"])
def test_a_file_that_is_taken_away_is_made_again(opened: Open, how: str) -> None:
    log = opened()
    say(log, "before")
    match how:
        case "renamed":
            log.path.rename(log.path.with_suffix(".1"))
        case "removed":
            log.path.unlink()
        case _:
            log.path.parent.rename(log.path.parent.with_name("elsewhere"))
    say(log, "after")
    log.close()
    assert log.path.read_text() == "after\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux that takes nothing")
def test_a_full_disk_is_told_once_and_counted(opened: Open, capsys: pytest.CaptureFixture[str]) -> None:
    log = opened()
    log.path.unlink()
    log.path.symlink_to("/dev/full")
    for _ in range(3):
        say(log, "lost")
    said = capsys.readouterr().err
    log.path.unlink()
    say(log, "there is room again")
    log.close()

    assert log.lost == 3
    assert said.count("cannot be written") == 1
    assert "No space left" in said
    assert log.path.read_text() == "there is room again\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_line_that_was_cut_does_not_spoil_the_next(opened: Open) -> None:
    import resource

    log = opened()
    say(log, "whole")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        say(log, "this one is cut")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    say(log, "whole again")
    log.close()

    assert log.lost == 1
    assert lines(log) == ["whole", "this", "whole again"]


def test_a_record_that_cannot_be_formatted_harms_nobody(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    log = opened()
    log.handle(logging.LogRecord("test", logging.INFO, __file__, 1, "%d", ("no number",), None))
    say(log, "\ud800 is half a character")
    log.close()
    assert "Logging error" in capsys.readouterr().err
    assert lines(log) == ["\\ud800 is half a character"]


def test_a_folder_that_cannot_be_made_is_an_error(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(OSError, match=r"exists|directory"):
        opened()
