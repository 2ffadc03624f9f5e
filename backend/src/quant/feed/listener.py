"""One connection's frames: stamped, sorted, decoded, handed on. Knows no exchange."""

from collections.abc import Callable

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from quant.clock import Clock
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed.exchange import TradeDecoder

MAX_FRAME_BYTES = 64 * 1024
BATCH_TRADES = 2048

OnBatch = Callable[[TradeBatch], None]
OnViews = Callable[[list[Quote | MarkPrice]], None]
Tap = Callable[[int, bytes], None]


def ignore_views(_: list[Quote | MarkPrice]) -> None:
    """Take quotes and mark prices and do nothing with them."""


class FrameListener(WSListener):
    """Stamps frames and hands them to the decoder; batches leave when the socket buffer is drained."""

    def __init__(
        self,
        decoder: TradeDecoder,
        *,
        on_batch: OnBatch,
        on_views: OnViews,
        tap: Tap | None,
        clock: Clock,
    ) -> None:
        self._decoder = decoder
        self._on_batch = on_batch
        self._on_views = on_views
        self._tap = tap
        self._clock = clock
        self.messages = 0
        self.last_frame_s = clock.monotonic_s()
        self.failure: BaseException | None = None
        self._heard = False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.failure is not None:
            return  # buffered frames still arrive
        self.messages += 1
        try:
            self._sort(transport, frame)
            if frame.last_in_buffer or self._decoder.pending() >= BATCH_TRADES:
                if self._heard:
                    self._heard = False
                    self.last_frame_s = self._clock.monotonic_s()
                self.hand_on()
        except BaseException as error:  # noqa: BLE001  our own bug: kept, raised by the runner's task
            self.failure = error
            transport.disconnect()

    def _sort(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT and frame.fin and frame.payload_size <= MAX_FRAME_BYTES:
            self._heard = True
            stamp = self._clock.wall_ns()
            payload = frame.get_payload_as_memoryview()
            if self._tap is not None:
                self._tap(stamp, bytes(payload))
            self._decoder.feed(payload, ts_recv=stamp)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type != WSMsgType.PONG:
            self._decoder.quarantined[""] += 1

    def hand_on(self) -> None:
        """Pass on what has been decoded."""
        batch, views = self._decoder.take(), self._decoder.take_views()
        if batch is not None:
            self._on_batch(batch)
        if views:
            self._on_views(views)
