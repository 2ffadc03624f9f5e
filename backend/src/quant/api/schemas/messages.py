"""What goes over the WebSocket."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.schemas.data import BarList, FundingList, QuoteList, TickList
from quant.api.schemas.pairs import PairAnalytics
from quant.api.schemas.scan import PairScan
from quant.api.schemas.shared import Milliseconds, Wire
from quant.api.schemas.stream import StreamStatus


class Command(Wire):
    """What a client sends: `{"op":"subscribe","topics":["status","pair:BTCUSDT-ETHUSDT:1m:60:ols:level"]}`."""

    op: Literal["subscribe", "unsubscribe", "ping"]
    topics: Annotated[list[str], Field(max_length=256)] = []  # noqa: RUF012  each command gets a copy


class Message(Wire):
    """A `snapshot` replaces what the client holds for the topic, an `update` is merged into it by `time` (or `id`).

    Bars of trades or volume are merged by `first_id`. Quotes and mark prices are one row a second: a row replaces the
    one whose `time` lies in the same second.
    `seq` is the number that REST returns for the same topic. An update follows the message with `seq - 1`
    on this socket; when some were skipped for a slow client, a snapshot comes instead.
    """

    type: Literal["snapshot", "update"]
    topic: str
    seq: int
    time: Milliseconds


class StatusMessage(Message):
    data: StreamStatus


class TicksMessage(Message):
    data: TickList


class BarsMessage(Message):
    data: BarList


class QuoteMessage(Message):
    data: QuoteList


class FundingMessage(Message):
    data: FundingList


class PairMessage(Message):
    data: PairAnalytics


class MatrixMessage(Message):
    """Always a snapshot: every pair changes with every bar."""

    data: PairScan


class Hello(Wire):
    """The first message of a socket; another `session` than before means that the server was restarted."""

    type: Literal["hello"]
    session: str
    version: str
    market: str
    time: Milliseconds


class Ack(Wire):
    type: Literal["ack"]
    op: Literal["subscribe", "unsubscribe"]
    topics: list[str]
    time: Milliseconds


class Pong(Wire):
    type: Literal["pong"]
    time: Milliseconds


class SocketError(Wire):
    """A command that could not be carried out; the socket stays open."""

    type: Literal["error"]
    code: str
    detail: str
    topic: str | None
    time: Milliseconds
