"""Each guard is proven by its absence: with the guard planted away, the soak's own check goes red."""

from pathlib import Path

import pytest

from quant.simulator import Fault, FaultKind, FaultPlan
from soak.planted import PLANTED
from soak.run import CATCH_UP_S, Lane
from soak.spec import FIRST_START_S, RunSpec
from soak.test_kill import kill_often

SYMBOLS = ("BTCUSDT", "BNBUSDT")
FOR_EVER_S = 100_000.0
IN_VAIN_S = 120.0
"""Market time after which we give up waiting for what a planted bug prevents."""

FAULTS = {
    "no dedupe": (Fault(FaultKind.DUPLICATE, 5.0, duration_s=10.0, probability=0.3),),
    "no reorder window": (Fault(FaultKind.REORDER, 5.0, duration_s=10.0, probability=0.3),),
    "watchdog on the connection only": (
        Fault(
            FaultKind.STREAM_SILENT,
            5.0,
            duration_s=FOR_EVER_S,
            symbol="BNBUSDT",
            parameters={"together": 1},
        ),
    ),
}
FOUND = {
    "no dedupe": "its trades make",
    "no reorder window": "not caught up",
    "watchdog on the connection only": "BNBUSDT is not caught up",
}


def run_of(bug: str) -> RunSpec:
    return RunSpec(
        seed=0,
        market_seed=1,
        start_ns=FIRST_START_S * 10**9,
        symbols=SYMBOLS,
        connections=2,
        plan=FaultPlan(1, FAULTS[bug]),
        span_s=20.0,
    )


def violations(folder: Path, bug: str, *, planted: str | None) -> str:
    lane = Lane(folder, planted=planted, catch_up_s=CATCH_UP_S if planted is None else IN_VAIN_S)
    try:
        outcome = lane.run(run_of(bug))
    finally:
        lane.close()
    assert sum(outcome.bites.values()) > 0
    return "; ".join(outcome.violations)


@pytest.mark.parametrize("bug", FAULTS)
def test_the_accounting_finds_a_guard_that_is_gone(tmp_path: Path, bug: str) -> None:
    assert violations(tmp_path / "sound", bug, planted=None) == ""
    assert FOUND[bug] in violations(tmp_path / "planted", bug, planted=bug)


@pytest.mark.parametrize("bug", ["commit skipped", "acknowledged early"])
def test_the_kills_find_what_was_promised_and_not_kept(tmp_path: Path, bug: str) -> None:
    with pytest.raises(AssertionError, match=r"reported as stored and not there"):
        kill_often(tmp_path, 20, planted=bug)


def test_every_planted_bug_is_looked_for() -> None:
    assert {*FAULTS, "commit skipped", "acknowledged early"} == set(PLANTED)
