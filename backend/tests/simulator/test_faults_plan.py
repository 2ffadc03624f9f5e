"""Plans as data: their JSON form, what is refused, and random ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.errors import InvalidParameter
from quant.simulator import Fault, FaultKind, FaultPlan, random_plan
from quant.simulator.faults.kinds import KINDS, Layer
from simulator.faulty import AIMED, OTHER, PATH, WITNESS, hear, subscribed
from simulator.harness import Exchange, with_exchange

SYMBOLS = ["ETHUSDT", "BTCUSDT"]


@given(st.integers(0, 1 << 60), st.floats(1.0, 100_000.0), st.integers(1, 12))
def test_a_random_plan_is_valid_its_json_too_and_has_the_kinds_asked_for(
    seed: int, span_s: float, kinds: int
) -> None:
    made = random_plan(seed, span_s, SYMBOLS, kinds=kinds)
    assert FaultPlan.parse(json.dumps(made.as_json())) == made
    assert random_plan(seed, span_s, SYMBOLS, kinds=kinds) == made
    assert len({fault.kind for fault in made.faults}) >= kinds
    assert all(0 <= fault.start_s <= span_s for fault in made.faults)
    assert all(fault.symbol in (None, *SYMBOLS) for fault in made.faults)
    assert made.seed == seed


def test_a_fault_at_the_door_comes_with_a_reason_to_knock() -> None:
    made = random_plan(3, 60, SYMBOLS, kinds=2, among={FaultKind.CUT, FaultKind.UPGRADE_503})
    starts = {fault.start_s for fault in made.faults if fault.kind is FaultKind.UPGRADE_503}
    assert starts <= {fault.start_s for fault in made.faults if fault.kind is FaultKind.CUT}


def test_seeds_give_different_plans_and_all_kinds_in_time() -> None:
    plans = [random_plan(seed, 60, SYMBOLS) for seed in range(400)]
    assert len({json.dumps(made.as_json()) for made in plans}) == 400
    assert {fault.kind for made in plans for fault in made.faults} == set(FaultKind)


def test_a_random_plan_keeps_to_the_kinds_it_may_use() -> None:
    among = {FaultKind.CUT, FaultKind.REST_429, FaultKind.SKEW}
    made = random_plan(3, 60, SYMBOLS, kinds=3, among=among)
    assert {fault.kind for fault in made.faults} == among
    with pytest.raises(InvalidParameter, match="kinds: 4"):
        random_plan(3, 60, SYMBOLS, kinds=4, among=among)
    with pytest.raises(InvalidParameter, match="symbols"):
        random_plan(3, 60, [])


@pytest.mark.parametrize(
    ("text", "offender"),
    [
        ("{", "faults"),
        ("[]", "faults"),
        ('{"faults": 5}', "faults"),
        ('{"faults": [], "sede": 1}', "sede"),
        ('{"faults": [], "seed": "x"}', "seed"),
        ('{"faults": [5]}', r"faults[0].fault"),
        ('{"faults": [{"kind": "drop"}]}', r"faults[0].start_s"),
        ('{"faults": [{"kind": "drop", "start_s": 1}, {"kind": "nope"}]}', r"faults[1].kind"),
        ('{"faults": [{"kind": "delay", "start_s": 1, "delay_ms": -1}]}', r"faults[0].delay_ms"),
    ],
)
def test_a_plan_that_cannot_be_names_the_offender(text: str, offender: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        FaultPlan.parse(text)
    assert refused.value.values["parameter"] == offender
    assert refused.value.message.startswith(f"{offender}: ")


def test_a_plan_is_bounded() -> None:
    with pytest.raises(InvalidParameter, match="1001 are more than 1000"):
        FaultPlan(1, (Fault(FaultKind.DROP, 0.0),) * 1001)


def test_a_plan_with_a_symbol_that_is_not_there_is_refused_at_the_start() -> None:
    async def scenario(exchange: Exchange) -> None:
        pytest.fail("it started")

    bad = FaultPlan(1, (Fault(FaultKind.DROP, 0.0), Fault(FaultKind.DROP, 0.0, symbol="NOPEUSDT")))
    with pytest.raises(InvalidParameter, match=r"faults\[1\].symbol"):
        with_exchange(scenario, plan=bad)


def test_every_kind_is_a_kind_with_a_place() -> None:
    assert set(KINDS) == set(FaultKind)
    assert {spec.layer for spec in KINDS.values()} == set(Layer)
    assert all(spec.default_count for spec in KINDS.values() if spec.layer is Layer.DOOR)


def test_nothing_changes_without_a_plan_nor_before_one_begins() -> None:
    def run(plan: FaultPlan) -> list[str | bytes]:
        found: list[str | bytes] = []

        async def scenario(exchange: Exchange) -> None:
            async with exchange.connect(PATH) as ws:
                await subscribed(ws)
                found.extend(item.raw for item in await hear(exchange, ws, 10))
            found.append((await exchange.get("/fapi/v1/exchangeInfo")).content)
            found.append((await exchange.get("/fapi/v1/time")).content)
            assert sum(exchange.injector.bitten) == 0

        with_exchange(scenario, plan=plan)
        return found

    later = [
        Fault(
            kind,
            1_000.0,
            duration_s=5.0 if spec.needs_duration else None,
            symbol="ETHUSDT" if spec.needs_symbol or kind is FaultKind.STREAM_SILENT else None,
        )
        for kind, spec in KINDS.items()
        if kind is not FaultKind.ENLIST  # before it begins the symbol is not there
    ]
    assert run(FaultPlan()) == run(FaultPlan(1, tuple(later)))


@pytest.mark.parametrize("seed", range(4))
def test_a_run_under_a_random_plan_bites_and_replays(seed: int) -> None:
    among = [
        kind
        for kind, spec in KINDS.items()
        if spec.layer in (Layer.MESSAGE, Layer.MARKET) and kind is not FaultKind.HUGE_FRAME
    ]
    made = random_plan(seed, 30, SYMBOLS, among=among)
    made = FaultPlan(seed, tuple(fault for fault in made.faults if fault.symbol))

    def run() -> tuple[list[str | bytes], dict[str, int]]:
        found: list[str | bytes] = []
        bites: dict[str, int] = {}

        async def scenario(exchange: Exchange) -> None:
            async with exchange.connect(f"/market/stream?streams={AIMED}/{OTHER}/{WITNESS}") as ws:
                await subscribed(ws)
                found.extend(item.raw for item in await hear(exchange, ws, 40, decode=False))
            bites.update((await exchange.rows("/simulation/faults"))["bites"])

        with_exchange(scenario, plan=made)
        return found, bites

    first = run()
    assert first == run()
    assert not made.faults or max(first[1].values()) > 0
