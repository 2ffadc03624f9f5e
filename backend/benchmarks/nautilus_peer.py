"""The other side of `bench_nautilus.py`: runs in an environment of its own, which has nautilus_trader.

`python nautilus_peer.py FRAMES BARS` reads frames, one to a line, and takes each through the steps of the Binance
adapter on an `aggTrade`: the wrapper, the message, a `TradeTick`. The tick goes to the symbol's three bar aggregators.
The message bus, the cache and the sockets between them are left out, and the test clock is moved only when a second
has ended. Prints seconds of processor time; the closed 1s bars go to BARS.
"""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import msgspec
from nautilus_trader.adapters.binance.common.schemas.market import (
    BinanceAggregatedTradeMsg,
    BinanceDataMsgWrapper,
)
from nautilus_trader.common.component import TestClock
from nautilus_trader.data.aggregation import TimeBarAggregator
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price, Quantity

NS_PER_MS = 1_000_000
SPECS = ("1-SECOND", "1-MINUTE", "5-MINUTE")


def instrument(symbol: str) -> CryptoPerpetual:
    """Return an instrument with as many decimals as the frames have; an aggregator reads nothing else of it."""
    return CryptoPerpetual(
        instrument_id=InstrumentId.from_str(f"{symbol}-PERP.BINANCE"),
        raw_symbol=Symbol(symbol),
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=4,
        price_increment=Price.from_str("0.0001"),
        size_precision=3,
        size_increment=Quantity.from_str("0.001"),
        ts_event=0,
        ts_init=0,
    )


def main() -> None:
    frames = Path(sys.argv[1]).read_bytes().splitlines()
    decode_wrapper = msgspec.json.Decoder(BinanceDataMsgWrapper).decode
    decode = msgspec.json.Decoder(BinanceAggregatedTradeMsg).decode
    opened_ms = decode(frames[0]).data.T // 1000 * 1000
    clock = TestClock()
    clock.set_time(opened_ms * NS_PER_MS)
    bars: list[Bar] = []
    ids, consumers = {}, {}
    for symbol in sorted({decode(frame).data.s for frame in frames}):
        traded = instrument(symbol)
        ids[symbol] = traded.id
        consumers[symbol] = [
            TimeBarAggregator(
                traded,
                BarType.from_str(f"{traded.id}-{spec}-LAST-INTERNAL"),
                bars.append,
                clock,
                interval_type="right-open",  # a trade at the boundary is the next bar's, as on the exchange
            ).handle_trade_tick
            for spec in SPECS
        ]

    next_ms = opened_ms + 1000
    started = time.process_time()
    for frame in frames:
        if "@aggTrade" not in decode_wrapper(frame).stream:
            continue
        trade = decode(frame).data
        if next_ms <= trade.T:
            for event in clock.advance_time(trade.T * NS_PER_MS):
                event.handle()
            next_ms = trade.T // 1000 * 1000 + 1000
        tick = trade.parse_to_trade_tick(instrument_id=ids[trade.s])
        for consume in consumers[trade.s]:
            consume(tick)
    took = time.process_time() - started

    told = defaultdict(list)
    for bar in bars:
        if SPECS[0] in str(bar.bar_type):
            symbol = bar.bar_type.instrument_id.symbol.value.removesuffix("-PERP")
            told[symbol].append(
                [float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume)]
            )
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")
    print(took)


if __name__ == "__main__":
    main()
