"""Compile the kernels before the first frame needs them."""

import numpy as np

from quant.feed.arrivals import Arrivals
from quant.feed.binance import BinanceDecoder

FRAME = b'{"e":"aggTrade","s":"A","a":1,"p":"1","q":"1","f":1,"l":1,"T":1,"m":true}'


def warm() -> None:
    """Compile, or load from the cache, every kernel with the types that real calls use."""
    trades, _ = BinanceDecoder().decode([FRAME], ts_recv=np.zeros(1, np.int64))
    assert trades is not None  # noqa: S101  FRAME is one
    Arrivals().add(trades, now_s=0.0)
