"""A recording as something to be paused, hurried and moved about in: what is asked for, and where it stands."""

from quant.clock import NS_PER_MS
from quant.engine.protocol import ReplayView
from quant.engine.running import RunningMarket
from quant.errors import InvalidParameter, NotFound, Unavailable
from quant.feed.playhead import Playhead


def playhead_of(running: RunningMarket) -> Playhead:
    """Return the playhead of the running recording; raise NotFound where what runs is none."""
    playhead = running.market.playhead
    if playhead is None:
        raise NotFound("only a recording can be paused, hurried and moved")
    return playhead


def moment_at(playhead: Playhead, position: int) -> int:
    """Return the last ns of the millisecond `position` (ns); raise InvalidParameter where the recording has it not."""
    begin, end = playhead.begin // NS_PER_MS, playhead.end // NS_PER_MS
    if not begin <= position // NS_PER_MS <= end:
        reason = f"{position // NS_PER_MS} is not inside the recording, which lasts from {begin} to {end}"
        raise InvalidParameter("position", reason, begin=begin, end=end)
    return position - position % NS_PER_MS + NS_PER_MS - 1


def has_passed(running: RunningMarket, playhead: Playhead, moment: int) -> bool:
    """Tell whether more than what belongs to this moment has been played: only a new run comes to it.

    Raises Unavailable where the recording could not be read up to there.
    """
    if playhead.newest > moment:
        return True
    if running.source_state == "failed":
        raise Unavailable(running.reason or "the recording cannot be read up to there")
    return False


def replay_view(running: RunningMarket) -> ReplayView:
    """Return how a recording is being played; raises NotFound where what runs is none."""
    playhead = playhead_of(running)
    return ReplayView(
        market=running.state.market,
        as_of=running.as_of,
        begin=playhead.begin,
        end=playhead.end,
        position=playhead.position,
        seeking_to=playhead.target,
        speed=playhead.speed,
        paused=playhead.paused,
        finished=running.finished,
    )
