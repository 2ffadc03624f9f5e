"""The table of what the simulated exchange lists, and which symbols move together.

Rates are mean aggregate trades a second, volatilities are daily, prices are where the market started.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    COINTEGRATED = "cointegrated"
    CORRELATED = "correlated"
    INDEPENDENT = "independent"


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol; `tick` and `step` are the exchange's own text, `loading` its correlation with the group."""

    symbol: str
    price: float
    tick: str
    step: str
    rate: float
    daily_vol: float
    group: str = "independent"
    loading: float = 0.0
    settled_day: int | None = None  # days after the epoch on which trading ended

    @property
    def base(self) -> str:
        return self.symbol.removesuffix("USDT")

    @property
    def status(self) -> str:
        return "TRADING" if self.settled_day is None else "SETTLING"

    @property
    def price_decimals(self) -> int:
        return _decimals(self.tick)

    @property
    def size_decimals(self) -> int:
        return _decimals(self.step)

    @property
    def tick_units(self) -> int:
        """Return the tick in units of the last printed decimal: 10 for a tick of "0.10"."""
        return _units(self.tick)

    @property
    def half_spread(self) -> float:
        """Return half the bid-ask spread as a share of the price; busy symbols are tight."""
        return 1e-4 * min(1.0, 0.3 / self.rate)


@dataclass(frozen=True, slots=True)
class PairDesign:
    """A cointegrated pair: `y = alpha + beta * x + noise`, the noise mean-reverting.

    `elasticity` is beta times the price of x over the price of y, `noise` the standard deviation of the noise
    over the price of y, both at the starting prices.
    """

    y: str
    x: str
    elasticity: float
    half_life_min: float
    noise: float


@cache
def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


@cache
def _units(text: str) -> int:
    return int(Decimal(text).scaleb(_decimals(text)))


_PAIRED = "cointegrated"
_LAYER_1 = "layer-1"
_MEMES = "memes"

LISTINGS: tuple[Listing, ...] = (
    # The legs y of cointegrated pairs take their volatility from x; the column is what comes out.
    Listing("BTCUSDT", 64_000.0, "0.10", "0.001", 40.0, 0.034, _PAIRED),
    Listing("ETHUSDT", 2_600.0, "0.01", "0.001", 30.0, 0.042, _PAIRED),
    Listing("SOLUSDT", 150.0, "0.010", "0.01", 14.0, 0.046, _PAIRED),
    Listing("BNBUSDT", 590.0, "0.010", "0.01", 6.0, 0.026),
    Listing("XRPUSDT", 0.62, "0.0001", "0.1", 10.0, 0.045, _PAIRED),
    Listing("ADAUSDT", 0.42, "0.00010", "1", 5.0, 0.040, _PAIRED),
    Listing("DOGEUSDT", 0.13, "0.000010", "1", 8.0, 0.045, _MEMES, 0.90),
    Listing("AVAXUSDT", 28.0, "0.0010", "1", 4.0, 0.046, _PAIRED),
    Listing("LINKUSDT", 13.0, "0.001", "0.01", 4.0, 0.036),
    Listing("LTCUSDT", 72.0, "0.01", "0.001", 3.0, 0.036, _PAIRED),
    Listing("BCHUSDT", 340.0, "0.01", "0.001", 3.0, 0.042, _PAIRED),
    Listing("DOTUSDT", 5.2, "0.001", "0.1", 2.5, 0.036, _PAIRED),
    Listing("ATOMUSDT", 5.6, "0.001", "0.01", 2.0, 0.040, _PAIRED),
    Listing("UNIUSDT", 8.1, "0.0010", "1", 2.0, 0.038, _PAIRED),
    Listing("AAVEUSDT", 145.0, "0.010", "0.1", 2.0, 0.046, _PAIRED),
    Listing("ARBUSDT", 0.62, "0.000100", "0.1", 2.5, 0.050, _PAIRED),
    Listing("OPUSDT", 1.72, "0.0001000", "0.1", 2.5, 0.050, _PAIRED),
    Listing("FILUSDT", 4.4, "0.001", "0.1", 2.0, 0.036, _PAIRED),
    Listing("ETCUSDT", 20.5, "0.001", "0.01", 1.5, 0.040, _PAIRED),
    Listing("NEARUSDT", 4.9, "0.001", "1", 2.5, 0.044, _LAYER_1, 0.85),
    Listing("APTUSDT", 9.3, "0.00100", "0.1", 2.0, 0.044, _LAYER_1, 0.80),
    Listing("SUIUSDT", 1.9, "0.000100", "0.1", 5.0, 0.050, _LAYER_1, 0.85),
    Listing("INJUSDT", 21.0, "0.001000", "0.1", 2.0, 0.046, _LAYER_1, 0.70),
    Listing("1000SHIBUSDT", 0.0175, "0.000001", "1", 3.0, 0.042, _MEMES, 0.90),
    Listing("1000PEPEUSDT", 0.0098, "0.0000001", "1", 5.0, 0.050, _MEMES, 0.85),
    Listing("WIFUSDT", 2.3, "0.0001", "0.1", 4.0, 0.050, _MEMES, 0.75),
    Listing("TRXUSDT", 0.162, "0.00001", "1", 1.5, 0.020),
    Listing("XLMUSDT", 0.097, "0.00001", "1", 1.0, 0.036),
    Listing("XMRUSDT", 162.0, "0.01", "0.001", 0.5, 0.028),
    Listing("ENAUSDT", 0.37, "0.00010", "1", 3.0, 0.050),
    Listing("TONUSDT", 5.4, "0.0001", "0.1", 2.0, 0.032),
    Listing("HBARUSDT", 0.055, "0.00001", "1", 1.0, 0.040),
    Listing("ICPUSDT", 8.6, "0.001", "1", 0.8, 0.042),
    Listing("KSMUSDT", 21.6, "0.010", "0.1", 0.2, 0.040),
    Listing("EOSUSDT", 0.72, "0.0001", "0.1", 1.0, 0.036, settled_day=515),
)

# Listed only where a plan of faults says so: names outside ASCII exist on the real exchange.
NON_ASCII_LISTING = Listing("币安人生USDT", 0.21, "0.0001", "1", 3.0, 0.050)

# Noise is as large as the accuracy of beta over a day allows: short half-lives average out sooner.
PAIRS: tuple[PairDesign, ...] = (
    PairDesign("BTCUSDT", "ETHUSDT", elasticity=0.80, half_life_min=15.0, noise=0.0011),
    PairDesign("ADAUSDT", "XRPUSDT", elasticity=0.90, half_life_min=10.0, noise=0.0017),
    PairDesign("LTCUSDT", "BCHUSDT", elasticity=0.85, half_life_min=20.0, noise=0.0011),
    PairDesign("AVAXUSDT", "SOLUSDT", elasticity=1.00, half_life_min=30.0, noise=0.0010),
    PairDesign("UNIUSDT", "AAVEUSDT", elasticity=0.80, half_life_min=8.0, noise=0.0017),
    PairDesign("ARBUSDT", "OPUSDT", elasticity=1.00, half_life_min=5.0, noise=0.0025),
    PairDesign("DOTUSDT", "ATOMUSDT", elasticity=0.90, half_life_min=60.0, noise=0.0012),
    PairDesign("FILUSDT", "ETCUSDT", elasticity=0.90, half_life_min=120.0, noise=0.0015),
)

# Named in the published truth as examples of their kind.
INDEPENDENT_EXAMPLES: tuple[tuple[str, str], ...] = (
    ("BNBUSDT", "LINKUSDT"),
    ("TRXUSDT", "TONUSDT"),
    ("ENAUSDT", "XLMUSDT"),
    ("LINKUSDT", "TONUSDT"),
    ("ICPUSDT", "HBARUSDT"),
    ("BNBUSDT", "SOLUSDT"),
)
