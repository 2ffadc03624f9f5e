"""The answers of the REST side: query in, JSON out, no HTTP."""

from quant.simulator.instrument import EPOCH_MS, Instrument
from quant.simulator.market import SimMarket
from quant.simulator.rest_errors import Query, RestError, invalid_data, limit_of, mandatory, optional_integer
from quant.simulator.streams import KLINE_INTERVALS
from quant.simulator.symbols import Listing
from quant.simulator.trades import Trades
from quant.simulator.weights import MAX_WEIGHT
from quant.simulator.wire import aggregate_rows, compact, kline_rows, mark_prices

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
AGG_TRADES_REACH_MS = 48 * HOUR_MS
# Older bars exist but making a year of them from trades would take a minute.
KLINES_REACH_MS = 90 * DAY_MS
_KLINE_WEIGHTS = ((99, 1), (499, 2), (1000, 5))
_PERPETUAL_DELIVERY_MS = 4_133_404_800_000


def exchange_info(market: SimMarket, now_ms: int, *, told_ms: int) -> bytes:
    """Return `/fapi/v1/exchangeInfo` as of `now_ms`; the exchange's clock shows `told_ms`."""
    limit = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": MAX_WEIGHT}
    body = {
        "timezone": "UTC",
        "serverTime": told_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [limit],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "0"}],
        "symbols": [_symbol_info(listing, status) for listing, status in market.listings(now_ms)],
    }
    return compact(body)


def _symbol_info(listing: Listing, status: str) -> dict[str, object]:
    lowest, highest = listing.tick, str(round(listing.price * 1000))
    return {
        "symbol": listing.symbol,
        "pair": listing.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _PERPETUAL_DELIVERY_MS,
        "onboardDate": EPOCH_MS,
        "status": status,
        "baseAsset": listing.base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": listing.price_decimals,
        "quantityPrecision": listing.size_decimals,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": listing.tick, "minPrice": lowest, "maxPrice": highest},
            {
                "filterType": "LOT_SIZE",
                "stepSize": listing.step,
                "minQty": listing.step,
                "maxQty": "100000000",
            },
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
    }


def instrument_of(market: SimMarket, query: Query, now_ms: int) -> Instrument:
    """Return the instrument the query names, if it is listed; raise RestError."""
    symbol = query.get("symbol", "")
    if not symbol:
        raise mandatory("symbol")
    if all(listing.symbol != symbol for listing, _ in market.listings(now_ms)):
        raise RestError(-1121, "Invalid symbol.")
    return market.instrument(symbol)


def agg_trades(market: SimMarket, query: Query, now_ms: int) -> bytes:
    """Return `/fapi/v1/aggTrades`: by id, by time or the latest; raise RestError."""
    instrument = instrument_of(market, query, now_ms)
    limit = limit_of(query, default=500, most=1000)
    first = optional_integer(query, "fromId")
    start, end = optional_integer(query, "startTime"), optional_integer(query, "endTime")
    oldest_ms = now_ms - AGG_TRADES_REACH_MS
    until_ms = now_ms
    if first is not None:
        if start is not None or end is not None:
            raise RestError(-1128, "Combination of optional parameters invalid.")
        # Refused, not empty: an empty answer would mean that the exchange has no such trade.
        if first < instrument.next_id(oldest_ms):
            raise invalid_data("fromId")
    elif start is None and end is None:
        return aggregate_rows(
            instrument.listing, _latest(instrument, limit, oldest_ms=oldest_ms, now_ms=now_ms)
        )
    else:
        start_ms, until_ms = _window(start, end, oldest_ms=oldest_ms, now_ms=now_ms)
        first = instrument.next_id(start_ms)
    trades = instrument.trades_from_id(first, limit=limit, until_ms=until_ms)
    return aggregate_rows(instrument.listing, trades)


def _latest(instrument: Instrument, limit: int, *, oldest_ms: int, now_ms: int) -> Trades:
    """Return the last `limit` trades that the exchange has; ids it denies are not counted."""
    oldest, stop = instrument.next_id(oldest_ms), instrument.next_id(now_ms)
    reach = limit
    while True:
        first = max(oldest, stop - reach)
        trades = instrument.trades_from_id(first, limit=max(1, stop - first), until_ms=now_ms)
        if len(trades) >= limit or first == oldest:
            return Trades(trades.rows[-limit:])
        reach *= 4


def _window(start: int | None, end: int | None, *, oldest_ms: int, now_ms: int) -> tuple[int, int]:
    """Return the half-open range of an aggTrades query by time; one bound alone means an hour from it."""
    if start is None:
        start = (end or 0) - HOUR_MS + 1
    if end is None:
        end = start + HOUR_MS - 1
    if end < start:
        raise RestError(-1128, "Start time is greater than end time.")
    if end - start >= HOUR_MS:
        raise RestError(-1127, "More than 1 hours between startTime and endTime.")
    if start < oldest_ms:
        raise invalid_data("startTime")
    return start, min(end + 1, now_ms)


def kline_weight(query: Query) -> int:
    """Return the request weight of a klines query, which grows with its limit."""
    text = query.get("limit", "500")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 500
    return next((weight for most, weight in _KLINE_WEIGHTS if limit <= most), 10)


def klines(market: SimMarket, query: Query, now_ms: int) -> bytes:
    """Return `/fapi/v1/klines`, the last one still forming; raise RestError."""
    instrument = instrument_of(market, query, now_ms)
    name = query.get("interval", "")
    if not name:
        raise mandatory("interval")
    if name not in KLINE_INTERVALS:
        raise RestError(-1120, "Invalid interval.")
    ms = KLINE_INTERVALS[name].seconds * 1000
    limit = limit_of(query, default=500, most=1500)
    start, end = optional_integer(query, "startTime"), optional_integer(query, "endTime")
    if start is not None and end is not None and end < start:
        raise RestError(-1128, "Start time is greater than end time.")
    last_open = min(now_ms - 1 if end is None else end, now_ms - 1, instrument.end_ms - 1)
    if start is None:
        start = last_open - last_open % ms - (limit - 1) * ms
    first_open = -(-max(start, now_ms - KLINES_REACH_MS) // ms) * ms
    until_ms = min(now_ms, first_open + limit * ms, last_open - last_open % ms + ms)
    return kline_rows(instrument.listing, instrument.klines(ms, first_open, until_ms))


def premium_index(market: SimMarket, query: Query, now_ms: int) -> bytes:
    """Return `/fapi/v1/premiumIndex` of one symbol, or of all that trade; raise RestError."""
    if query.get("symbol"):
        return compact(_premium(instrument_of(market, query, now_ms), now_ms))
    trading = (
        market.instrument(item.symbol) for item, status in market.listings(now_ms) if status == "TRADING"
    )
    return compact([_premium(instrument, now_ms) for instrument in trading])


def _premium(instrument: Instrument, now_ms: int) -> dict[str, object]:
    at_ms = min(now_ms, instrument.end_ms - 1)
    prices = mark_prices(instrument, at_ms)
    return {
        "symbol": instrument.listing.symbol,
        "markPrice": prices["p"],
        "indexPrice": prices["i"],
        "estimatedSettlePrice": prices["P"],
        "lastFundingRate": prices["r"],
        "interestRate": "0.00010000",
        "nextFundingTime": prices["T"],
        "time": at_ms,
    }
