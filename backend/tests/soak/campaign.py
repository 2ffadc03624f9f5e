"""Many runs, side by side, and what they came to."""

import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from soak.run import Lane, Outcome
from soak.spec import RunSpec, spec_of
from soak.workers import WorkerFailed

AGAIN = 10**9
"""Added to the seed of a run in which nothing bit: its place is taken by another run."""

SHOWN_VIOLATIONS = 12


@dataclass
class Tally:
    """The sums over all runs."""

    outcomes: list[Outcome] = field(default_factory=list)
    unbitten: int = 0
    began_s: float = field(default_factory=time.monotonic)

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.violations]

    def bitten(self) -> set[str]:
        """Return the kinds of faults that have bitten at all."""
        return {kind for outcome in self.outcomes for kind, times in outcome.bites.items() if times}

    def report(self) -> str:
        """Return the table: runs, figures, and each kind of fault with runs and bites."""
        runs, bites, figures = Counter[str](), Counter[str](), Counter[str]()
        for outcome in self.outcomes:
            planned = {fault.kind.value for fault in spec_of(outcome.seed).plan.faults}
            runs.update(planned)
            bites.update(outcome.bites)
            figures.update(outcome.figures)
            figures.update(f"breaks: {each.kind}" for each in spec_of(outcome.seed).breaks)
        bitten_in = Counter(
            kind for outcome in self.outcomes for kind, times in outcome.bites.items() if times
        )
        took_s = time.monotonic() - self.began_s
        lines = [
            f"{len(self.outcomes)} runs in {took_s:.0f} s, {len(self.failures)} with a violation; "
            f"{self.unbitten} in which no fault bit were run anew with another seed",
            *(f"{name:<20} {number:>12,}" for name, number in figures.items()),
            f"{'fault':<20} {'planned in':>12} {'bit in':>12} {'bites':>12}",
            *(
                f"{kind:<20} {runs[kind]:>12,} {bitten_in[kind]:>12,} {bites[kind]:>12,}"
                for kind in sorted(runs)
            ),
        ]
        return "\n".join(lines)


def explain(outcome: Outcome) -> str:
    """Return what went wrong in a run and how to see it again."""
    spec = spec_of(outcome.seed)
    shown = [f"  {text[:600]}" for text in outcome.violations[:SHOWN_VIOLATIONS]]
    return "\n".join(
        [
            f"seed {outcome.seed}: {len(outcome.violations)} violations; to see it again: "
            f'make soak ARGS="-k accounting --seed {outcome.seed}"',
            *shown,
            f"  {spec.symbols} on market {spec.market_seed} from {spec.start_ns}, {spec.connections} connections, "
            f"breaks {[(each.kind, each.at_s, each.down_s) for each in spec.breaks]}",
            f"  bites {outcome.bites}",
            f"  plan {json.dumps(spec.plan.as_json())}",
        ]
    )


def campaign(
    folder: Path,
    *,
    runs: int,
    seed: int,
    lanes: int = 2,
    on_outcome: Callable[[Tally, Outcome], None] = lambda *_: None,
) -> Tally:
    """Carry out `runs` runs with the seeds from `seed` on; data of a run that failed stay in `folder`."""
    tally, lock = Tally(), threading.Lock()
    seeds: Iterator[int] = iter(range(seed, seed + runs))

    def next_seed() -> int | None:
        with lock:
            return next(seeds, None)

    def work() -> None:
        lane = Lane(folder)
        try:
            while (wanted := next_seed()) is not None:
                outcome, lane = _attempt(lane, folder, wanted)
                while not outcome.violations and not has_bitten(outcome):
                    with lock:
                        tally.unbitten += 1
                    outcome, lane = _attempt(lane, folder, outcome.seed + AGAIN)
                with lock:
                    tally.outcomes.append(outcome)
                    on_outcome(tally, outcome)
        finally:
            lane.close()

    with ThreadPoolExecutor(lanes) as threads:
        works = [threads.submit(work) for _ in range(lanes)]
        try:
            for done in works:
                done.result()
        finally:
            seeds = iter(())  # after Ctrl-C, or a bug of ours in one lane, no lane begins another run
    return tally


def has_bitten(outcome: Outcome) -> bool:
    """Return whether a fault of the plan changed what the platform got; a name outside ASCII is no fault."""
    return any(times for kind, times in outcome.bites.items() if kind != "non_ascii")


def _attempt(lane: Lane, folder: Path, seed: int) -> tuple[Outcome, Lane]:
    """Carry out a run; where a process failed, return a new lane for the next."""
    spec: RunSpec = spec_of(seed)
    try:
        outcome = lane.run(spec)
    except WorkerFailed as error:
        lane.close()
        return Outcome(seed, (str(error),), {}, {}, 0.0), Lane(folder)
    if not outcome.violations:
        shutil.rmtree(folder / f"run-{seed}", ignore_errors=True)
    return outcome, lane
