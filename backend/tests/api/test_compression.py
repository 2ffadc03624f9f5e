"""What is sent smaller than it is, what is not, and that nobody waits for it."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quant.api.compression import BESIDE_THE_LOOP, SMALLEST, Compression
from serving import Client, serving
from signing_in import ACCESS_TOKEN, SETTINGS, Desk

LARGE = ["/data/AAAUSDT?interval=1s", "/export/ohlcv?symbol=AAAUSDT&interval=1s", "/openapi.json", "/metrics"]
STANDING = LARGE[:-1]  # the process's own numbers are others each time
ROWS = b"".join(b"%d,%d\n" % (n, n * n) for n in range(200_000))
TAKES = "gzip, deflate, br"


def sent(client: Client, path: str, accepted: str | None) -> httpx.Response:
    """Return an answer whose `content` is what came over the wire."""
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    asked = client.http.build_request("GET", path, headers=headers)
    if accepted is None:
        del asked.headers["Accept-Encoding"]
    answer = client.http.send(asked, stream=True)
    try:
        raw = b"".join(answer.iter_raw())
    finally:
        answer.close()
    kept = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
    told = [("x-encoding", answer.headers.get("content-encoding", "none"))]
    return httpx.Response(answer.status_code, headers=kept + told, content=raw)


@pytest.mark.parametrize("path", STANDING)
def test_a_large_answer_is_sent_smaller_to_whoever_takes_it(api: Client, path: str) -> None:
    plain, small = sent(api, path, None), sent(api, path, TAKES)
    assert (plain.status_code, plain.headers["x-encoding"]) == (200, "none")
    assert (small.status_code, small.headers["x-encoding"]) == (200, "gzip")
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 2
    assert small.headers["content-type"] == plain.headers["content-type"]


@pytest.mark.parametrize("path", LARGE)
def test_caches_are_told_what_the_answer_depends_on(api: Client, path: str) -> None:
    for accepted in (None, TAKES):
        assert "Accept-Encoding" in sent(api, path, accepted).headers["vary"]


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.0, br", ""])
def test_who_does_not_take_it_gets_the_answer_as_it_is(api: Client, accepted: str) -> None:
    assert sent(api, "/openapi.json", accepted).headers["x-encoding"] == "none"


@pytest.mark.parametrize(
    "path", ["/livez", "/data/NOPE", "/data/AAAUSDT?limit=1", "/export/ohlcv?symbol=AAAUSDT&format=parquet",
             "/export/ohlcv?symbol=AAAUSDT&format=arrow"]
)  # fmt: skip
def test_what_is_small_or_for_programs_is_sent_as_it_is(api: Client, path: str) -> None:
    assert sent(api, path, TAKES).headers["x-encoding"] == "none"


def test_no_message_of_a_websocket_is_compressed(api: Client) -> None:
    with api.socket(compression="deflate") as socket:
        assert socket.response is not None
        assert "sec-websocket-extensions" not in socket.response.headers


@pytest.fixture
def desk(recording: Path, tmp_path: Path) -> Iterator[Desk]:
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **SETTINGS) as server:
        yield Desk(server)


def test_what_holds_secrets_is_sent_as_it_is(desk: Desk) -> None:
    for number in range(SMALLEST // 60):
        desk.add_user(f"user-{number:030d}", "viewer")
    asked = {"headers": {"Accept-Encoding": TAKES}}
    answer = desk.ask("GET", "/auth/users", ACCESS_TOKEN, **asked)
    assert len(answer.content) > SMALLEST
    assert "content-encoding" not in answer.headers
    assert desk.ask("GET", "/openapi.json", ACCESS_TOKEN, **asked).headers["content-encoding"] == "gzip"


# --- the layer itself ---


def answered(app: ASGIApp, path: str = "/rows", *, into: list[Message] | None = None) -> list[Message]:
    """Return what the layer around `app` sends, put `into` a list as it comes."""
    messages: list[Message] = [] if into is None else into
    headers = [(b"accept-encoding", b"gzip")]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""}

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        messages.append(dict(message))

    asyncio.run(Compression(app)(scope | {"asgi": {"spec_version": "2.4"}}, receive, send))
    return messages


def body_of(messages: list[Message]) -> bytes:
    return b"".join(each.get("body", b"") for each in messages)


@pytest.mark.parametrize("path", ["/auth", "/auth/token", "/auth/users/ana"])
def test_a_secrets_length_tells_nothing(path: str) -> None:
    told = JSONResponse({"access_token": "x" * 2 * SMALLEST})
    assert body_of(answered(told, path)) == bytes(told.body)
    assert body_of(answered(told, "/authors")) != bytes(told.body)


def test_others_have_their_turn_while_a_large_answer_is_compressed() -> None:
    turns: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def others() -> None:
            while True:
                await asyncio.sleep(0)
                turns.append(1)

        waiting = asyncio.create_task(others())
        await Response(ROWS, media_type="text/csv")(scope, receive, send)
        waiting.cancel()

    assert gzip.decompress(body_of(answered(app))) == ROWS
    assert turns
    assert len(ROWS) > BESIDE_THE_LOOP


def test_each_piece_of_a_stream_goes_out_before_the_next_is_made() -> None:
    got: list[Message] = []
    pieces = [ROWS[at : at + 100_000] for at in range(0, len(ROWS), 100_000)]

    async def made() -> AsyncIterator[bytes]:
        for number, piece in enumerate(pieces):
            assert zlib.decompressobj(wbits=31).decompress(body_of(got)) == b"".join(pieces[:number])
            yield piece

    answered(StreamingResponse(made(), media_type="text/csv"), into=got)
    assert gzip.decompress(body_of(got)) == ROWS


def test_a_torn_stream_is_no_whole_file() -> None:
    got: list[Message] = []

    async def made() -> AsyncIterator[bytes]:
        yield ROWS
        raise ValueError("the disk")

    with pytest.raises(ValueError, match="the disk"):
        answered(StreamingResponse(made(), media_type="text/csv"), into=got)
    assert got[-1]["more_body"] is True
    with pytest.raises(EOFError):
        gzip.decompress(body_of(got))


def test_what_fails_before_its_first_byte_can_be_answered_otherwise() -> None:
    got: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("the disk")

    with pytest.raises(ValueError, match="the disk"):
        answered(app, into=got)
    assert got == []
