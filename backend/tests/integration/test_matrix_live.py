"""All pairs of a live market: tested again with every bar, as long as somebody listens."""

from pathlib import Path

from exchange import exchange
from listening import Ear
from problems import problem_of
from quant.api import schemas
from serving import serving
from waiting import eventually

SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
TOPIC = "matrix:1s:60"


def test_a_matrix_follows_the_market(tmp_path: Path) -> None:
    with (
        exchange(seed=5, speed=10) as market,
        serving(tmp_path, **market.settings, analytics_interval_ms=100) as server,
    ):
        api = server.client
        api.wait_ready()
        body = problem_of(api.http.get("/analytics/scan?interval=1s&window=60"), status=409)
        assert (body["have"], body["need"]) == (0, 2)  # symbols
        api.post("/stream/start", symbols=SYMBOLS)
        for symbol in SYMBOLS:
            api.wait_state(symbol, "live", "quiet")
        with api.socket() as socket:
            ear = Ear(socket)
            ear.say("subscribe", TOPIC)
            ear.hear_until(lambda each: "data" in each and each["data"]["status"] == "ok")
            times = set()
            while len(times) < 4:
                message = ear.hear_until(lambda each: "data" in each)
                schemas.MatrixMessage.model_validate(message)
                times.add(message["data"]["last_time"])
                assert message["type"] == "snapshot"
                assert message["data"]["symbols"] == SYMBOLS
                assert len(message["data"]["items"]) == 3
            seqs = [each["seq"] for each in ear.data(TOPIC)]
            assert seqs == sorted(set(seqs))
            api.post("/stream/stop", symbols=SYMBOLS[2:])
            fewer = ear.hear_until(lambda each: "data" in each and len(each["data"]["symbols"]) == 2)
            assert len(fewer["data"]["items"]) == 1
            ear.say("unsubscribe", TOPIC)
            ear.hear_type("ack")
        matrix = server.engine._publisher.matrix  # type: ignore[attr-defined]
        eventually(lambda: not matrix._tables, what="nothing is computed for nobody")
