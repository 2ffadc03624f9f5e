"""The client for programs with an event loop, and for what is live."""

from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from quant.client import calls
from quant.client.calls import Call, Frame, Frames, Json, PairOf, Time
from quant.client.connection import headers_of, options, socket_url, unreachable
from quant.client.live import Message, messages

T = TypeVar("T")


class AsyncClient:
    """Asks one server; close it, or use it in an `async with` block. Frames are polars' unless pandas is named."""

    def __init__(
        self, url: str = "http://127.0.0.1:8000", *, token: str | None = None, frames: Frames = "polars"
    ) -> None:
        self._url = url
        self._token = token
        self._frames = frames
        self._http = httpx.AsyncClient(**options(url, token))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, symbols: Sequence[str] | None = None, *, source: str | None = None) -> Json:
        """Stream symbols, without any those of AVAILABLE_SYMBOLS; return the status."""
        return await self._run(calls.start(symbols, source))

    async def stop(self, symbols: Sequence[str] | None = None) -> Json:
        """Stop symbols, without any all; return the status."""
        return await self._run(calls.stop(symbols))

    async def status(self) -> Json:
        """Return how the stream stands."""
        return await self._run(calls.status())

    async def replay(self) -> Json:
        """Return how the recording is being played; raises NotFound where the source is none."""
        return await self._run(calls.replay())

    async def control_replay(
        self, *, position: Time | None = None, speed: float | None = None, paused: bool | None = None
    ) -> Json:
        """Move, hurry or pause the recording; return where it stands once it is there.

        After half a minute it returns with `seeking_to` while it is not. Raises NotFound where the source is no
        recording, InvalidParameter for a position outside of it.
        """
        return await self._run(calls.control_replay(position, speed=speed, paused=paused))

    async def bars(
        self, symbol: str, *, interval: str = "1m", start: Time | None = None, end: Time | None = None
    ) -> Frame:
        """Return all bars that are stored with start ≤ open time < end, oldest first.

        Times are datetimes (UTC where they name no zone), ISO-8601 or milliseconds. Raises NotEnoughData where there
        is no bar, UnknownSymbol, InvalidParameter.
        """
        return await self._run(calls.bars(symbol, interval, start, end, self._frames))

    async def ticks(self, symbol: str, *, start: Time | None = None, end: Time | None = None) -> Frame:
        """Return all trades that are stored with start ≤ time < end, by rising id; raises as `bars` does."""
        return await self._run(calls.ticks(symbol, start, end, self._frames))

    async def pair(self, symbol_a: str, symbol_b: str, *, end: Time | None = None, **of: Any) -> Json:
        """Return a pair's statistics as `/analytics/pair` has them, at its last closed bar (before `end`).

        `of` are interval, window, method and scale. What cannot be computed is None, with `status` and `reason`.
        """
        return await self._run(calls.pair(PairOf(symbol_a, symbol_b, **of), end))

    async def pair_series(
        self,
        symbol_a: str,
        symbol_b: str,
        *,
        start: Time | None = None,
        end: Time | None = None,
        **of: Any,  # as for `pair`
    ) -> Frame:
        """Return a pair's rolling values, a row for each closed bar that both legs have; raises as `bars` does."""
        return await self._run(calls.pair_series(PairOf(symbol_a, symbol_b, **of), start, end, self._frames))

    def subscribe(self, *topics: str) -> AsyncGenerator[Message]:
        """Return what topics such as `bars:BTCUSDT:1m` or `pair:BTCUSDT-ETHUSDT:1m:60:ols:level` say from now on.

        Of each a snapshot, then numbered updates without a gap; lost connections are made again, and go on with a
        snapshot where something was missed. Ends with `aclose`. Raises the server's error for a topic there is not.
        """
        return messages(socket_url(self._url), headers_of(self._token), topics)

    async def _run(self, call: Call[T]) -> T:
        try:
            answer = await self._http.request(call.method, call.path, params=call.params, json=call.body)
        except httpx.TransportError as error:
            raise unreachable(self._url, error) from error
        return call.read(answer)
