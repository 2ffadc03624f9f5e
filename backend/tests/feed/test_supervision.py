"""Faults of the simulated exchange, twenty times as fast as life: seen for what they are, mended, and no trade lost."""

import pytest

from feed.accelerated import Town, in_town
from feed.servers import eventually
from simulator.faulty import plan

BTC, ETH, SOL = "BTCUSDT", "ETHUSDT", "SOLUSDT"
ETH_TRADES = "ethusdt@aggTrade"


def bites(town: Town) -> int:
    return sum(town.exchange.injector.bitten)


def test_a_stream_that_goes_silent_on_both_connections_is_stalled_and_told():

    async def scenario(town: Town) -> None:
        await town.all_live()
        start_s = town.strike(kind="stream_silent", duration_s=60, stream=ETH_TRADES)
        await town.becomes(ETH, "stalled")
        assert town.verdict(BTC) == "live"
        assert town.now_s < start_s + 60
        await eventually(lambda: ETH in town.behind, what="who can fetch is told")
        assert town.behind[ETH] > max(town.ids[ETH])
        assert BTC not in town.behind
        await town.becomes(ETH, "live")
        assert town.now_s >= start_s + 60
        assert town.missing(BTC) == []
        assert bites(town)

    in_town(scenario, BTC, ETH, redundancy=2)


def test_a_stream_that_goes_silent_on_one_connection_costs_nothing():

    async def scenario(town: Town) -> None:
        await town.all_live()
        town.strike(kind="stream_silent", duration_s=500, stream=ETH_TRADES, connection=1)
        await eventually(lambda: town.hand_overs()["trades-1a"] >= 1, what="the connection is replaced")
        await town.until_s(town.now_s + 20)
        assert town.verdict(ETH) == "live"
        assert (town.missing(ETH), town.missing(BTC)) == ([], [])
        assert town.reconnects() == {"trades-1a": 0, "trades-1b": 0, "quotes-1": 0}
        assert town.behind == {}
        assert bites(town)

    in_town(scenario, BTC, ETH, redundancy=2)


def test_a_subscription_that_is_acknowledged_and_brings_nothing_is_asked_for_again():
    broken = plan({"kind": "ack_silence", "start_s": 0, "count": 1, "stream": ETH_TRADES})

    async def scenario(town: Town) -> None:
        await town.becomes(ETH, "stalled")
        reason = town.feed.health(ETH).reason
        assert reason is not None
        assert "acknowledged, and nothing arrived in" in reason
        await town.becomes(ETH, "live")
        assert town.missing(BTC) == []
        assert town.reconnects()["trades-1"] == 0
        assert bites(town) == 1

    in_town(scenario, BTC, ETH, plan=broken)


def test_a_connection_that_goes_all_silent_is_replaced_without_a_loss():

    async def scenario(town: Town) -> None:
        await town.all_live()
        start_s = town.strike(kind="all_silent", duration_s=500, connection=1)
        await eventually(lambda: town.hand_overs()["trades-1a"] >= 1, what="the connection is replaced")
        assert town.now_s < start_s + 60
        await town.until_s(town.now_s + 20)
        assert [town.missing(symbol) for symbol in (BTC, ETH, SOL)] == [[], [], []]
        assert {town.verdict(symbol) for symbol in (BTC, ETH, SOL)} == {"live"}
        assert bites(town)

    in_town(scenario, BTC, ETH, SOL, redundancy=2)


def test_a_black_hole_swallows_no_trade():

    async def scenario(town: Town) -> None:
        await town.all_live()
        town.strike(kind="black_hole", connection=1)
        await eventually(
            lambda: town.hand_overs()["trades-1a"] + town.reconnects()["trades-1a"] >= 1,
            what="the connection is replaced",
        )
        await town.until_s(town.now_s + 20)
        assert (town.missing(BTC), town.missing(ETH)) == ([], [])
        assert town.behind == {}
        assert bites(town) == 1

    in_town(scenario, BTC, ETH, redundancy=2)


def test_a_connection_hands_over_before_its_time_is_up():
    short = plan({"kind": "life", "start_s": 0, "duration_s": 10_000, "life_s": 60})

    async def scenario(town: Town) -> None:
        await eventually(
            lambda: min(town.hand_overs().values()) >= 3, what="every connection has been replaced thrice"
        )
        assert set(town.reconnects().values()) == {0}, "the exchange never had to end one"
        assert (town.missing(BTC), town.missing(ETH)) == ([], [])
        assert town.behind == {}

    in_town(scenario, BTC, ETH, plan=short, hand_over_after_s=40.0)


def test_a_halt_is_quiet():

    async def scenario(town: Town) -> None:
        await town.all_live()
        start_s = town.strike(kind="halt", duration_s=60, symbol=ETH)
        await town.becomes(ETH, "quiet")
        assert start_s <= town.now_s < start_s + 60
        assert town.verdict(BTC) == "live"
        await town.becomes(ETH, "live")
        assert (town.missing(BTC), town.missing(ETH)) == ([], [])
        assert town.behind == {}
        assert set(town.reconnects().values()) == {0}
        assert bites(town)

    in_town(scenario, BTC, ETH)


def test_a_calm_market_raises_no_alarm():
    quiet = ("KSMUSDT", "ICPUSDT", "XMRUSDT", "XLMUSDT", BTC)

    async def scenario(town: Town) -> None:
        seen = set()
        while town.now_s < 240:
            seen |= {town.verdict(symbol) for symbol in quiet if town.ids[symbol]}
            await town.until_s(town.now_s + 1)
        assert seen <= {"live", "quiet"}
        assert [town.missing(symbol) for symbol in quiet] == [[]] * len(quiet)
        assert town.hand_overs() == {"trades-1a": 0, "trades-1b": 0, "quotes-1": 0}
        assert town.behind == {}

    in_town(scenario, *quiet, redundancy=2)


@pytest.mark.parametrize(
    ("stream", "kind"), [("ethusdt@bookTicker", "Quote"), ("ethusdt@markPrice@1s", "MarkPrice")]
)
def test_quotes_and_mark_prices_that_are_acknowledged_and_do_not_come_are_asked_for_again(
    stream: str, kind: str
):
    broken = plan({"kind": "ack_silence", "start_s": 0, "count": 1, "stream": stream})

    async def scenario(town: Town) -> None:
        await eventually(lambda: (BTC, kind) in town.views, what="the other symbol's")
        await eventually(lambda: (ETH, kind) in town.views, what="those that were silent")
        assert bites(town) == 1
        assert set(town.reconnects().values()) == {0}
        assert (town.missing(BTC), town.missing(ETH)) == ([], [])

    in_town(scenario, BTC, ETH, plan=broken)
