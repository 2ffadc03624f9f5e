"""The engine's pages of rows as frames: the columns, names and values of the JSON answers, `time` as a time."""

import polars as pl

from quant.api.views import QUALITY_NAMES, vwap_of
from quant.clock import NS_PER_MS
from quant.domain import EVENT_LETTERS, IntArray
from quant.engine import protocol as engine

TIME = pl.Datetime("ms", "UTC")


def bar_frame(view: engine.BarRowsView | engine.BarsView) -> pl.DataFrame:
    """Return bars as `/data/{symbol}` lists them."""
    bars = view.bars
    pairs = zip(bars.volumes.tolist(), bars.quote_volumes.tolist(), strict=True)
    columns = {
        "time": _times(bars.times),
        "open": bars.opens,
        "high": bars.highs,
        "low": bars.lows,
        "close": bars.closes,
        "volume": bars.volumes,
        "quote_volume": bars.quote_volumes,
        "trades": bars.trades,
        "vwap": pl.Series([vwap_of(*each) for each in pairs], dtype=pl.Float64),
        "closed": bars.closed,
        "quality": _names(bars.qualities.astype("int64")),
        "revision": bars.revisions,
    }
    if view.interval[:1] in EVENT_LETTERS:
        columns |= {"first_id": bars.first_ids, "last_id": bars.last_ids}
    return _without_nan(pl.DataFrame(columns))


def tick_frame(view: engine.TickRowsView | engine.TicksView) -> pl.DataFrame:
    """Return trades as `/data/{symbol}/ticks` lists them."""
    sold = pl.Series(view.sells).cast(pl.Boolean)
    frame = pl.DataFrame(
        {"id": view.ids, "time": _times(view.times), "price": view.prices, "size": view.sizes, "sold": sold}
    )
    side = pl.when("sold").then(pl.lit("sell")).otherwise(pl.lit("buy"))
    return _without_nan(frame.select("id", "time", "price", "size", side.alias("side")))


def pair_frame(view: engine.PairRowsView) -> pl.DataFrame:
    """Return rolling values as the `series` of `/analytics/pair` has them, and the worse quality of the two legs."""
    series = view.series
    columns = {
        "time": _times(series.times),
        "price_a": series.prices_a,
        "price_b": series.prices_b,
        "alpha": series.alpha,
        "beta": series.beta,
        "sd": series.sd,
        "spread": series.spread,
        "zscore": series.zscore,
        "correlation": series.correlation,
        "quality": _names(view.qualities),
    }
    return _without_nan(pl.DataFrame(columns))


def _times(ns: IntArray) -> pl.Series:
    return pl.Series(ns // NS_PER_MS, dtype=pl.Int64).cast(TIME)


def _names(qualities: IntArray) -> pl.Series:
    return pl.Series([QUALITY_NAMES[code] for code in qualities.tolist()], dtype=pl.String)


def _without_nan(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with null where there is no finite number, as JSON has it."""
    floats = pl.col(pl.Float64)
    return frame.with_columns(pl.when(floats.is_finite()).then(floats))
