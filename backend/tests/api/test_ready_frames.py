"""Frames made once: what a client's own library reads of them, and what is written to whom does not read."""

import json

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from listening import Ear
from quant.api.ready_frames import text_frame
from serving import Client


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_is_read_as_it_was_meant(size: int) -> None:
    reader = StreamReader()
    reader.feed_data(text_frame(b"x" * size))
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    frame = done.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, b"x" * size)


def test_what_is_sent_so_is_counted(api: Client) -> None:
    def counted() -> float:
        text = api.http.get("/metrics").text
        return float(text.partition("\nquant_websocket_sent_messages_total ")[2].split()[0])

    before = counted()
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", "bars:AAAUSDT:1m")
        snapshot = ear.hear_type("snapshot", "bars:AAAUSDT:1m")
        assert json.dumps(snapshot)
        assert counted() - before == len(ear.heard)
