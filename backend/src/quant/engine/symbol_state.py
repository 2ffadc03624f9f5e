"""In one word and one sentence: can this symbol's numbers be trusted now?"""

from quant.clock import NS_PER_S
from quant.engine.protocol import StreamState
from quant.engine.running import RunningMarket, seconds_ago

QUIET_AFTER_S = 10.0
"""In a recording, where nobody watches the stream."""
GAP_SHOWN_S = 60.0
TRADING = ("TRADING", "RECORDED")


def symbol_state(running: RunningMarket, symbol: str) -> tuple[StreamState, str | None]:
    """Return the symbol's state and, where it is not live, why."""
    spec = running.market.specs.get(symbol)
    if symbol not in running.wanted:
        return "stopped", None
    if running.finished:
        return "stopped", "the recording has ended"
    if spec is not None and spec.status not in TRADING:
        return "halted", f"the exchange lists it as {spec.status}"
    seen = running.state.counters(symbol).last_ts
    late: StreamState = "connecting" if seen is None else "stale"
    if not running.market.is_open(symbol):
        return late, "no connection yet" if seen is None else "the connection is down"
    if symbol in running.foreign:
        return "stale", running.foreign[symbol]
    health = running.market.health(symbol)
    verdict = health.verdict if health else None
    if health is not None and verdict in ("waiting", "stalled", "unknown"):
        return late, health.reason
    if symbol not in running.proved and verdict != "quiet":
        return late, "waiting for the first trade"
    if symbol in running.unread:
        return "gap", f"what was stored before cannot be read: {running.unread[symbol]}"
    now = running.now()
    gap_end = running.state.last_gap_end(symbol)
    if gap_end is not None and now - gap_end < GAP_SHOWN_S * NS_PER_S:
        return "gap", "trades are missing"
    if health is not None:
        return ("quiet", health.reason) if verdict == "quiet" else ("live", None)
    age_s = seconds_ago(now, seen)
    if age_s is not None and age_s > QUIET_AFTER_S:
        return "quiet", f"no trade for {age_s:.0f} s"
    return "live", None
