"""The simulated market: a pure function of (seed, UTC time). No clock, and no state but caches."""

from collections.abc import Callable

from quant.clock import NS_PER_MS
from quant.domain import Interval, SymbolSpec
from quant.errors import UnknownSymbol
from quant.simulator.instrument import Instrument
from quant.simulator.klines import Klines
from quant.simulator.paths import HedgedPath, OwnPath, PricePath, key_of, log_price_chain, noise_chain
from quant.simulator.symbols import LISTINGS, Listing
from quant.simulator.trades import Trades
from quant.simulator.truth import PairTruth, pair_truths, truth_as_json

MakeInstrument = Callable[[int, Listing, PricePath], Instrument]


class SimMarket:
    """One seeded market: same seed, symbol and time give the same bytes, whatever was asked before."""

    def __init__(self, seed: int, *, make: MakeInstrument = Instrument) -> None:
        self.seed = seed
        self.name = f"sim-{seed}"
        self.pairs: tuple[PairTruth, ...] = pair_truths(seed)
        self._instruments = _instruments(seed, self.pairs, make)

    @property
    def symbols(self) -> tuple[SymbolSpec, ...]:
        """Return what the exchange lists."""
        return tuple(
            SymbolSpec(item.symbol, item.base, "USDT", item.status, float(item.tick), float(item.step))
            for item in LISTINGS
        )

    def listings(self, now_ms: int) -> tuple[tuple[Listing, str], ...]:  # noqa: ARG002 - this list never changes
        """Return what is listed at `now_ms`, each with its status."""
        return tuple((item, item.status) for item in LISTINGS)

    @property
    def truth(self) -> dict[str, object]:
        """Return the JSON-ready truth: seed, market, symbols and pairs."""
        return truth_as_json(self.seed, self.pairs)

    def instrument(self, symbol: str) -> Instrument:
        """Return one symbol; raise UnknownSymbol."""
        try:
            return self._instruments[symbol]
        except KeyError:
            raise UnknownSymbol(symbol, self.name) from None

    def prepare(self, at_ns: int) -> None:
        """Lay out every symbol up to `at_ns`, so that the first look at it is quick."""
        for instrument in self._instruments.values():
            instrument.mid(at_ns // NS_PER_MS)

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._instruments

    def trades(self, symbol: str, start_ns: int, end_ns: int) -> Trades:
        """Return the trades with start_ns <= T < end_ns; raise UnknownSymbol."""
        return self.instrument(symbol).trades(_ceil_ms(start_ns), _ceil_ms(end_ns))

    def trades_from_id(self, symbol: str, first: int, *, limit: int, until_ns: int) -> Trades:
        """Return up to `limit` trades with id >= `first` and T < `until_ns`; raise UnknownSymbol."""
        return self.instrument(symbol).trades_from_id(first, limit=limit, until_ms=_ceil_ms(until_ns))

    def klines(self, symbol: str, interval: Interval, start_ns: int, end_ns: int) -> Klines:
        """Return the bars that open in [start_ns, end_ns), from trades before `end_ns`; raise UnknownSymbol.

        A start inside a bar counts as that bar's open time.
        """
        ms = interval.ns // NS_PER_MS
        return self.instrument(symbol).klines(ms, _ceil_ms(start_ns), _ceil_ms(end_ns))


def _ceil_ms(ns: int) -> int:
    """Return the first whole ms not before `ns`: trades happen on whole ms."""
    return -(-ns // NS_PER_MS)


def lone_path(seed: int, listing: Listing) -> PricePath:
    """Return the price of a symbol that moves by itself."""
    return OwnPath(
        listing.price, log_price_chain(key_of(seed, "price", listing.symbol), listing.daily_vol), None
    )


def _instruments(seed: int, pairs: tuple[PairTruth, ...], make: MakeInstrument) -> dict[str, Instrument]:
    groups = {item.group for item in LISTINGS if item.loading}
    common = {group: log_price_chain(key_of(seed, "group", group), 1.0) for group in groups}

    def own_path(listing: Listing) -> OwnPath:
        own_vol = listing.daily_vol * (1.0 - listing.loading**2) ** 0.5
        chain = log_price_chain(key_of(seed, "price", listing.symbol), own_vol)
        factor = common[listing.group] if listing.loading else None
        return OwnPath(listing.price, chain, factor, listing.daily_vol * listing.loading)

    hedged = {pair.symbol_a for pair in pairs if pair.relation is not None}
    own = {item.symbol: own_path(item) for item in LISTINGS if item.symbol not in hedged}
    paths: dict[str, PricePath] = {**own}
    for pair in pairs:
        if pair.relation is not None:
            truth = pair.relation
            key = key_of(seed, "noise", pair.symbol_a)
            noise = noise_chain(key, half_life_s=truth.half_life_s, sd=truth.noise_sd)
            paths[pair.symbol_a] = HedgedPath(truth.alpha, truth.beta, own[pair.symbol_b], noise)
    return {item.symbol: make(seed, item, paths[item.symbol]) for item in LISTINGS}
