"""Seeded runs of the whole platform against an exchange that misbehaves: every id is stored once, or listed."""

import sys
from pathlib import Path

import pytest

from quant.simulator import FaultKind
from soak.campaign import Tally, campaign, explain
from soak.run import Outcome

QUICK_RUNS = 12
SOAK_RUNS = 2000
SEED = 1
LANES = 3  # on two cores: a run waits for the clock about a third of its time
TELL_EVERY = 100
ENOUGH_FOR_ALL = 500  # runs in which every kind of fault bites somewhere


def check(tally: Tally) -> None:
    assert not tally.failures, "\n".join(explain(each) for each in tally.failures[:5])


def test_every_trade_is_stored_once_or_listed(tmp_path: Path) -> None:
    tally = campaign(tmp_path, runs=QUICK_RUNS, seed=SEED)
    check(tally)
    assert len(tally.outcomes) == QUICK_RUNS


@pytest.mark.soak
def test_every_trade_is_stored_once_or_listed_in_thousands_of_runs(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--seed S` replays one run; `--runs N` asks for more or fewer, from `--seed` on."""
    seed, runs = request.config.getoption("seed"), request.config.getoption("runs")
    wanted = runs or (SOAK_RUNS if seed is None else 1)

    def say(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")
            sys.stdout.flush()

    def tell(tally: Tally, outcome: Outcome) -> None:
        if outcome.violations:
            say(explain(outcome))
        if len(tally.outcomes) % TELL_EVERY == 0:
            say(tally.report())

    tally = campaign(tmp_path, runs=wanted, seed=SEED if seed is None else seed, lanes=LANES, on_outcome=tell)
    say(tally.report())
    check(tally)
    if wanted >= ENOUGH_FOR_ALL:
        assert tally.bitten() == set(FaultKind), "a kind of fault that never bit proves nothing"
