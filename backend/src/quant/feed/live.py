"""A live exchange as a feed: as many connections as the wanted symbols need, each doubled, all of them supervised."""

import asyncio
import random
from collections.abc import Iterable

from quant.feed.exchange import Channel, Exchange, ExchangeRest, OnQuarantine
from quant.feed.link import Timing, Wiring
from quant.feed.listener import OnBatch, OnViews, Tap, ignore_views
from quant.feed.pace import Pace
from quant.feed.runner import ConnectionInfo, ConnectionRunner
from quant.feed.supervisor import LastId, OnBehind, StreamSupervisor
from quant.feed.watchdog import Patience, Remedy, StreamHealth, Watchdog

SYMBOLS_PER_CONNECTION = 100
"""Two streams each on the trades channel: 200, which the exchange's older text allows and the newer exceeds."""


def nothing_known(_: str) -> int | None:
    """Return None: no ledger to compare with."""
    return None


def ignore_behind(_symbol: str, _newest_id: int) -> None:
    """Take the news that trades are missing and do nothing about it."""


class Shard:
    """Symbols that share connections: as many as the redundancy asks for, each carrying all of them."""

    def __init__(self, channel: Channel, runners: list[ConnectionRunner]) -> None:
        self.channel: Channel = channel
        self.runners = runners

    @property
    def wanted(self) -> frozenset[str]:
        return self.runners[0].wanted

    def want(self, symbols: Iterable[str]) -> None:
        for runner in self.runners:
            runner.want(symbols)


class LiveFeed:
    """Spreads the wanted symbols over connections and keeps each symbol where it is.

    Every symbol's trades come over `redundancy` connections; whoever takes the batches drops what came before.
    `last_id` tells the newest trade of a symbol that is known to the caller; `on_behind` hears of a newer one that
    no stream brought, to be fetched.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        base_url: str,
        on_batch: OnBatch,
        pace: Pace,
        rest: ExchangeRest,
        last_id: LastId = nothing_known,
        on_behind: OnBehind = ignore_behind,
        redundancy: int = 1,
        tap: Tap | None = None,
        on_views: OnViews = ignore_views,
        on_quarantine: OnQuarantine | None = None,
        rng: random.Random | None = None,
        timing: Timing | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._pace = pace
        self._legs: dict[Channel, int] = {"trades": redundancy, "quotes": 1}
        self._rng = rng or random.Random()  # noqa: S311  jitter, not a secret
        self._watchdog = Watchdog((patience or Patience()).at_speed(pace.speed))
        self._wiring = Wiring(
            exchange=exchange,
            base_url=base_url,
            on_batch=on_batch,
            on_views=on_views,
            on_quarantine=on_quarantine,
            tap=tap,
            pace=pace,
            timing=timing or Timing(),
            watchdog=self._watchdog,
        )
        self._supervisor = StreamSupervisor(
            self._watchdog, rest=rest, last_id=last_id, on_behind=on_behind, mend=self._mend, pace=pace
        )
        self._shards: list[Shard] = []
        self._grown = asyncio.Event()

    # --- what is wanted ---

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of streamed symbols; streams that stay are not touched."""
        symbols = set(symbols)
        for channel in self._legs:
            self._want(channel, symbols)

    def _want(self, channel: Channel, symbols: set[str]) -> None:
        shards = [shard for shard in self._shards if shard.channel == channel]
        keep = [set(shard.wanted & symbols) for shard in shards]
        for symbol in sorted(symbols.difference(*keep)):
            roomy = next((held for held in keep if len(held) < SYMBOLS_PER_CONNECTION), None)
            if roomy is None:
                roomy = set()
                keep.append(roomy)
                shards.append(self._new_shard(channel, len(shards) + 1))
            roomy.add(symbol)
        for shard, held in zip(shards, keep, strict=True):
            if held != shard.wanted:
                shard.want(held)

    def _new_shard(self, channel: Channel, number: int) -> Shard:
        legs = self._legs[channel]
        names = [f"{channel}-{number}{'abcd'[leg] if legs > 1 else ''}" for leg in range(legs)]
        shard = Shard(
            channel, [ConnectionRunner(name, self._wiring, rng=self._rng, channel=channel) for name in names]
        )
        self._shards.append(shard)
        self._grown.set()
        return shard

    # --- the run ---

    async def run(self) -> None:
        """Run all connections until cancelled; only our own bugs get out as exceptions."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._supervisor.run(), name="feed supervisor")
            started = 0
            while True:
                for shard in self._shards[started:]:
                    for runner in shard.runners:
                        group.create_task(runner.run(), name=f"feed {runner.name}")
                started = len(self._shards)
                await self._grown.wait()
                self._grown.clear()

    def _mend(self, remedy: Remedy) -> None:
        runner = next(each for each in self._runners() if each.name == remedy.owner)
        if remedy.symbols:
            runner.ask_again(remedy.symbols)
        else:
            runner.renew(remedy.reason)

    def _runners(self) -> list[ConnectionRunner]:
        return [runner for shard in self._shards for runner in shard.runners]

    # --- what others ask ---

    def connections(self) -> list[ConnectionInfo]:
        return [runner.info() for runner in self._runners()]

    def is_open(self, symbol: str) -> bool:
        """Tell whether a connection that carries the symbol's trades is up."""
        return any(
            symbol in runner.wanted and runner.is_open
            for runner in self._runners()
            if runner.channel == "trades"
        )

    def health(self, symbol: str) -> StreamHealth:
        """Return how the symbol's trades come in."""
        return self._watchdog.health(symbol, now_s=self._pace.monotonic_s())

    def view_silence(self, symbol: str, channel: Channel) -> str | None:
        """Return why the channel's quotes or mark prices of a symbol do not come, None while they do."""
        carrying = [
            runner for runner in self._runners() if runner.channel == channel and symbol in runner.wanted
        ]
        if any(runner.brings_views(symbol) for runner in carrying):
            return None
        if any(runner.is_open for runner in carrying):
            return "the stream is silent for much longer than is usual for it"
        return "the connection is down" if carrying else "not streaming"

    def quarantined(self, symbol: str) -> int:
        """Return how many of the symbol's frames broke the protocol."""
        return sum(runner.quarantined.get(symbol, 0) for runner in self._runners())
