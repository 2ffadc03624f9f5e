"""What is true of one seeded market: which pairs are cointegrated, with which numbers."""

import itertools
from dataclasses import asdict, dataclass, fields

from quant.simulator.paths import unit_of
from quant.simulator.symbols import INDEPENDENT_EXAMPLES, LISTINGS, PAIRS, Kind, Listing, PairDesign


@dataclass(frozen=True, slots=True)
class Relation:
    """`y = alpha + beta * x + noise` in prices; the noise is an AR(1) with this half-life and sd."""

    alpha: float
    beta: float
    noise_sd: float
    half_life_s: float


@dataclass(frozen=True, slots=True)
class PairTruth:
    """One pair, `symbol_a` the leg y; `relation` where it is cointegrated.

    `correlation` is that of log returns over long steps, where it does not follow from the relation.
    """

    symbol_a: str
    symbol_b: str
    kind: Kind
    relation: Relation | None = None
    correlation: float | None = None

    def as_json(self) -> dict[str, object]:
        known = asdict(self.relation) if self.relation else dict.fromkeys(_RELATION_FIELDS)
        return {
            "symbol_a": self.symbol_a,
            "symbol_b": self.symbol_b,
            "kind": self.kind.value,
            "scale": "level",
            **known,
            "correlation": self.correlation,
        }


_RELATION_FIELDS = [field.name for field in fields(Relation)]


def pair_truths(seed: int) -> tuple[PairTruth, ...]:
    """Return all cointegrated pairs, all correlated ones, and examples of independent ones."""
    listings = {listing.symbol: listing for listing in LISTINGS}
    cointegrated = [_cointegrated(seed, design, listings) for design in PAIRS]
    correlated = [
        PairTruth(a.symbol, b.symbol, Kind.CORRELATED, correlation=round(a.loading * b.loading, 6))
        for a, b in itertools.combinations(LISTINGS, 2)
        if a.group == b.group and a.loading and b.loading
    ]
    independent = [PairTruth(a, b, Kind.INDEPENDENT, correlation=0.0) for a, b in INDEPENDENT_EXAMPLES]
    return (*cointegrated, *correlated, *independent)


def _cointegrated(seed: int, design: PairDesign, listings: dict[str, Listing]) -> PairTruth:
    y, x = listings[design.y].price, listings[design.x].price
    # The seed moves beta by up to a tenth, so that no client can pass by knowing this table.
    varied = design.elasticity * (0.9 + 0.2 * unit_of(seed, "beta", design.y)) * y / x
    beta = float(f"{varied:.4g}")
    relation = Relation(
        alpha=y - beta * x, beta=beta, noise_sd=design.noise * y, half_life_s=design.half_life_min * 60.0
    )
    return PairTruth(design.y, design.x, Kind.COINTEGRATED, relation)


def truth_as_json(seed: int, pairs: tuple[PairTruth, ...]) -> dict[str, object]:
    """Return the body of `/simulation/truth`."""
    symbols = [
        {"symbol": item.symbol, "group": item.group, "rate": item.rate, "daily_vol": item.daily_vol}
        for item in LISTINGS
    ]
    return {
        "seed": seed,
        "market": f"sim-{seed}",
        "symbols": symbols,
        "pairs": [pair.as_json() for pair in pairs],
    }
