"""Is one symbol's own series a walk?"""

from quant.analytics import leg_tests
from quant.analytics.inputs import logs
from quant.domain import Scale
from quant.engine.analysis import count_qualities
from quant.engine.closes import Closes
from quant.engine.protocol import SeriesKey, UnitRootView


def unit_root_view(key: SeriesKey, closes: Closes, *, market: str, as_of: int | None) -> UnitRootView:
    """Return both tests of the closes of one symbol; runs in a lane."""
    prices = closes.prices[:, 0]
    series = prices if key.scale is Scale.LEVEL else logs(prices)
    tests = leg_tests(series)
    return UnitRootView(
        market=market,
        as_of=as_of,
        key=key,
        have=len(closes),
        need=key.window,
        first_time=int(closes.times[0]) if len(closes) else None,
        last_time=int(closes.times[-1]) if len(closes) else None,
        qualities=count_qualities(closes.qualities[:, 0]),
        adf=tests.adf,
        kpss=tests.kpss,
    )
