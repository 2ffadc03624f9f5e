"""No name server answers: nothing ends, it is told, and all that was missed is fetched once one answers again."""

import socket
from pathlib import Path

import pytest

from exchange import exchange
from serving import Client, serving
from waiting import eventually

HOST = "exchange.invalid"
SYMBOLS = ("BTCUSDT", "ETHUSDT")


class NameServer:
    """Answers for the exchange's name while it is up."""

    def __init__(self) -> None:
        self.up = False
        self.refused = 0
        self._ask = socket.getaddrinfo

    def answer(self, host: str | bytes | None, *args: object, **options: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name == HOST:
            if not self.up:
                self.refused += 1
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return self._ask(host, *args, **options)  # type: ignore[arg-type]  passed on as it came

    def wait_refused(self, times: int) -> None:
        wanted = self.refused + times
        eventually(lambda: self.refused >= wanted, what=f"asked {times} times more")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.answer)
    return server


def missing(api: Client, symbol: str) -> set[int]:
    ids = [tick["id"] for tick in api.get(f"/data/{symbol}/ticks", limit=10_000)["items"]]
    return set(range(ids[0], ids[-1] + 1)).difference(ids)


def test_names_that_are_not_found_end_nothing(names: NameServer, tmp_path: Path) -> None:
    with exchange(seed=35, speed=4) as market:
        settings = {
            name: value.replace("127.0.0.1", HOST) if "url" in name else value
            for name, value in market.settings.items()
        }
        with serving(tmp_path, **settings) as server:
            api = server.client
            names.wait_refused(2)
            status = eventually(
                lambda: (found := api.status())["source_state"] == "unreachable" and found, what="it is told"
            )
            assert HOST in status["reason"]

            names.up = True
            api.wait_ready()
            api.post("/stream/start", symbols=SYMBOLS)
            before = {symbol: api.wait_state(symbol, "live")["last_id"] for symbol in SYMBOLS}

            names.up = False
            market.stop()
            market.start()  # it is there again, and nobody finds it
            names.wait_refused(6)
            for symbol in SYMBOLS:
                assert api.wait_state(symbol, "stale")["reason"]

            names.up = True
            for symbol in SYMBOLS:
                line = api.wait_state(symbol, "live", "gap")
                assert line["last_id"] > before[symbol]
                eventually(lambda symbol=symbol: not missing(api, symbol), what=f"all of {symbol}")
            assert api.is_ready()
