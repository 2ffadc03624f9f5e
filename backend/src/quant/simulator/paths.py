"""Seeded price paths: every hour of every symbol can be made alone and is the same each time.

A chain is a stationary first-order process: its value at the start of each hour comes from one seeded
sequence, the seconds between from a bridge that meets both ends. Log prices revert over weeks, far beyond
any window of analysis, so that a price stays realistic for years and is a random walk by the day.
"""

import hashlib
import math
import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from quant.domain import FloatArray
from quant.simulator import kernels
from quant.simulator.kernels import SECONDS

LEVEL_TIME_CONSTANT_S = 60 * 86_400.0
_GROW_HOURS = 2_000  # hours added at a time when the future is asked for


def key_of(seed: int, *purpose: str) -> np.uint64:
    """Return the 64-bit key of one stream of randomness."""
    text = "/".join((str(seed), *purpose)).encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def unit_of(seed: int, *purpose: str) -> float:
    """Return one seeded number in [0, 1)."""
    return float(key_of(seed, *purpose)) / 2.0**64


def grown(hour: int) -> int:
    """Return how many hours to lay out so that `hour` is inside; the same for neighbouring hours."""
    return (hour // _GROW_HOURS + 2) * _GROW_HOURS


# An exchange that starts again on the same seed, as a run of many faults does, finds its past laid out.
_hourly_chain = lru_cache(maxsize=128)(kernels.hourly_chain)


class Chain:
    """A stationary AR(1) on the 1 s grid with a known time constant and standard deviation."""

    def __init__(self, key: np.uint64, *, time_constant_s: float, sd: float) -> None:
        self._key = key
        self._rate = 1.0 / time_constant_s
        self._sd = sd
        self._hours: FloatArray = np.empty(0)
        self._lock = threading.Lock()
        left = np.arange(SECONDS + 1) * self._rate
        end = SECONDS * self._rate
        self._pull = np.exp(left - end) * np.expm1(-2 * left) / math.expm1(-2 * end)

    def path(self, hour: int) -> FloatArray:
        """Return the 3,601 values of an hour, both ends included."""
        decay = math.exp(-self._rate)
        step_sd = self._sd * math.sqrt(-math.expm1(-2 * self._rate))
        ends = self._ends(hour)
        return kernels.bridge(self._key, hour, ends, decay, step_sd, self._pull)

    def _ends(self, hour: int) -> FloatArray:
        with self._lock:
            if hour + 2 > len(self._hours):
                decay = math.exp(-SECONDS * self._rate)
                self._hours = _hourly_chain(self._key, grown(hour), decay, self._sd)
            return self._hours[hour : hour + 2]


def log_price_chain(key: np.uint64, daily_vol: float) -> Chain:
    """Return a chain that moves like a random walk of `daily_vol` a day."""
    sd = daily_vol * math.sqrt(LEVEL_TIME_CONSTANT_S / 86_400.0 / 2.0)
    return Chain(key, time_constant_s=LEVEL_TIME_CONSTANT_S, sd=sd)


def noise_chain(key: np.uint64, *, half_life_s: float, sd: float) -> Chain:
    """Return the mean-reverting noise of a cointegrated pair."""
    return Chain(key, time_constant_s=half_life_s / math.log(2.0), sd=sd)


@dataclass(frozen=True, slots=True)
class OwnPath:
    """A price that follows its own walk and, with weight `loading`, that of a group."""

    price: float
    own: Chain
    common: Chain | None
    scale: float = 0.0  # of the common chain

    def mids(self, hour: int) -> FloatArray:
        """Return mid prices on the 1 s grid of an hour, both ends included."""
        log_price = self.own.path(hour)
        if self.common is not None:
            log_price = log_price + self.scale * self.common.path(hour)
        return self.price * np.exp(log_price)


@dataclass(frozen=True, slots=True)
class HedgedPath:
    """The leg y of a cointegrated pair: `alpha + beta * x + noise`, in prices."""

    alpha: float
    beta: float
    hedge: OwnPath
    noise: Chain

    def mids(self, hour: int) -> FloatArray:
        """Return mid prices on the 1 s grid of an hour, both ends included."""
        return self.alpha + self.beta * self.hedge.mids(hour) + self.noise.path(hour)


PricePath = OwnPath | HedgedPath
