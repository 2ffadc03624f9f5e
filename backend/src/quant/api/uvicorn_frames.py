"""uvicorn's WebSocket with a way in for ready frames; uvicorn loads it by its name."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from quant.api.ready_frames import EXTENSION


class ReadyFrames(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which also takes ready frames. Without extensions, as we run it, frames have no state."""

    def handle_connect(self, event: Any) -> None:  # Any: the library's request
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][EXTENSION] = self._write  # type: ignore[assignment]

    def _write(self, frame: bytes) -> bool:
        if not self.writable.is_set() or self.disconnected or self.close_sent or not self.handshake_complete:
            return False
        self.transport.write(frame)
        return True
