"""One connection's frames: gathered, stamped, decoded, handed on. Knows no exchange."""

from collections.abc import Callable

import numpy as np
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from quant.clock import Clock
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed.exchange import MAX_FRAME_BYTES, TradeDecoder

BATCH_FRAMES = 1024
"""So many stay in the processor's cache from the socket to the bars: four times as many take a third longer."""

TEXT, BINARY, CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION

OnBatch = Callable[[TradeBatch], None]
OnViews = Callable[[list[Quote | MarkPrice]], None]
Tap = Callable[[int, bytes], None]


def ignore_views(_: list[Quote | MarkPrice]) -> None:
    """Take quotes and mark prices and do nothing with them."""


class FrameListener(WSListener):
    """Gathers frames until the socket's buffer is drained or they are many; then they are decoded together.

    All of them bear the time of that moment, less than a millisecond after they were read.
    """

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
        self._frames: list[bytes] = []
        self._begun: bytearray | None = None
        """A message whose last fragment has not come; no more of it than shows that it is too long."""
        self.messages = 0
        self.last_frame_s = clock.monotonic_s()
        self.failure: BaseException | None = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        try:
            # The way of nearly every frame: each more look at it is a tenth of what decoding it takes.
            if frame.msg_type is TEXT and frame.fin and self._begun is None:
                self._frames.append(frame.get_payload_as_bytes())
            else:
                self._sort(transport, frame)
            if frame.last_in_buffer or len(self._frames) >= BATCH_FRAMES:
                self.hand_on()
        except BaseException as error:  # noqa: BLE001  our own bug: kept, raised by the runner's task
            self.failure = error
            transport.disconnect()

    def _sort(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take what is not a whole text: fragments, control frames, and what has no place here."""
        match frame.msg_type:
            case WSMsgType.TEXT | WSMsgType.BINARY | WSMsgType.CONTINUATION:
                self._join(frame)
                return
            case WSMsgType.CLOSE:
                transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            case WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
        self.messages += 1

    def _join(self, frame: WSFrame) -> None:
        """Put the fragments of a text together."""
        payload = frame.get_payload_as_bytes()
        if frame.msg_type is not CONTINUATION:
            if self._begun is not None:
                self._refuse("a message without its last fragment", bytes(self._begun))
                self._begun = None
            if frame.msg_type is BINARY:
                self._refuse("a binary message", payload)
            elif frame.fin:
                self._frames.append(payload)
            else:
                self._begun = bytearray(payload[: MAX_FRAME_BYTES + 1])
        elif self._begun is None:
            self._refuse("a fragment of no message", payload)
        else:
            self._begun += payload[: MAX_FRAME_BYTES + 1 - len(self._begun)]
            if frame.fin:
                self._frames.append(bytes(self._begun))
                self._begun = None

    def _refuse(self, reason: str, payload: bytes) -> None:
        self.messages += 1
        self._decoder.quarantine(reason, payload)

    def hand_on(self) -> None:
        """Decode and pass on what has come."""
        frames = self._frames
        if self.failure is not None:
            frames.clear()  # buffered frames still arrive
        if not frames:
            return
        stamp = self._clock.wall_ns()
        self.last_frame_s = self._clock.monotonic_s()
        self.messages += len(frames)
        if self._tap is not None:
            for payload in frames:
                self._tap(stamp, payload)
        trades, views = self._decoder.decode(frames, ts_recv=np.full(len(frames), stamp))
        frames.clear()
        if trades is not None:
            self._on_batch(trades)
        if views:
            self._on_views(views)
