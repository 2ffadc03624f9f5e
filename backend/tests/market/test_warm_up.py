"""After the warm-up nothing of the market compiles any more: the first trade is as fast as the next."""

from decimal import Decimal

from market.comparing import Close, do, klines, new_state
from market.reference import Kline
from market.tape import START, batch, trade
from quant.clock import NS_PER_S
from quant.market import bar_kernels, kernels
from quant.market.warm_up import warm

ENTRIES = (
    kernels.take_in,
    kernels.put,
    bar_kernels.close_bars,
    bar_kernels.mark_gap,
    bar_kernels.heal_gap,
    bar_kernels.load_klines,
)


def signatures() -> list[list[object]]:
    return [list(entry.signatures) for entry in ENTRIES]  # type: ignore[attr-defined]  numba's


def test_no_call_compiles_after_the_warm_up():
    warm()
    warmed = signatures()
    assert all(len(each) == 1 for each in warmed)
    state = new_state()
    state.apply(batch([trade("A", 1, 0.5), trade("A", 4, 3.5), trade("A", 3, 2.5), trade("A", 2, 1.5)]))
    do(state, Close(9, ("A",)))
    state.interrupt("A")
    state.apply(batch([trade("A", 9, 12.5)]))
    history = Kline(START - NS_PER_S, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1)
    state.load_klines("A", "1s", klines([history]))
    assert signatures() == warmed
