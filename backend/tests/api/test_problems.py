"""What cannot be answered is told in one sentence that names the offender, and never with a stack trace."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from problems import problem_of
from quant.engine.protocol import StatsView
from quant.engine.session import Session
from quant.settings import Settings
from serving import Client, InProcess, serving
from waiting import eventually

ALLOWED = "http://localhost:8080"
PAIR = {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT"}

# path, query, status, code, what the sentence must name
READS: list[tuple[str, dict[str, object], int, str, str]] = [
    ("/data/NOPE", {}, 404, "unknown_symbol", "NOPE"),
    ("/data/NOPE/ticks", {}, 404, "unknown_symbol", "NOPE"),
    ("/data/NOPE/gaps", {}, 404, "unknown_symbol", "NOPE"),
    ("/data/%D0%91%D0%A2%D0%A6", {}, 404, "unknown_symbol", "БТЦ"),
    ("/data/" + "A" * 41, {}, 422, "invalid_parameter", "symbol"),
    ("/data/AAAUSDT", {"interval": "7m"}, 422, "invalid_parameter", "interval"),
    ("/data/AAAUSDT", {"interval": ""}, 422, "invalid_parameter", "interval"),
    ("/data/AAAUSDT", {"limit": 0}, 422, "invalid_parameter", "limit"),
    ("/data/AAAUSDT", {"limit": -1}, 422, "invalid_parameter", "limit"),
    ("/data/AAAUSDT", {"limit": 10**9}, 422, "invalid_parameter", "limit"),
    ("/data/AAAUSDT", {"limit": "many"}, 422, "invalid_parameter", "limit"),
    ("/data/AAAUSDT", {"start": "yesterday"}, 422, "invalid_parameter", "start"),
    ("/data/AAAUSDT", {"end": "-5"}, 422, "invalid_parameter", "end"),
    ("/data/AAAUSDT", {"end": 10**30}, 422, "invalid_parameter", "end"),
    ("/data/AAAUSDT", {"end": "2025-02-29"}, 422, "invalid_parameter", "end"),
    ("/data/AAAUSDT", {"end": "2025-W05-1"}, 422, "invalid_parameter", "end"),
    ("/alerts/dead-letters", {"before": 10**30}, 422, "invalid_parameter", "before"),
    ("/alerts/history", {"before": 2**63}, 422, "invalid_parameter", "before"),
    ("/alerts/history", {"since": 2**63}, 422, "invalid_parameter", "since"),
    ("/data/AAAUSDT/ticks", {"limit": 0}, 422, "invalid_parameter", "limit"),
    ("/data/AAAUSDT/ticks", {"start": "²"}, 422, "invalid_parameter", "start"),
    ("/analytics/pair", {"symbol_a": "AAAUSDT"}, 422, "invalid_parameter", "symbol_b"),
    ("/analytics/pair", PAIR | {"symbol_b": "NOPE"}, 404, "unknown_symbol", "NOPE"),
    ("/analytics/pair", PAIR | {"symbol_b": "AAAUSDT"}, 422, "invalid_parameter", "symbol_b"),
    ("/analytics/pair", PAIR | {"symbol_b": "aaausdt"}, 422, "invalid_parameter", "symbol_b"),
    ("/analytics/pair", PAIR | {"interval": "7m"}, 422, "invalid_parameter", "interval"),
    ("/analytics/pair", PAIR | {"window": 1}, 422, "invalid_parameter", "window"),
    ("/analytics/pair", PAIR | {"window": 1_000_000}, 422, "invalid_parameter", "window"),
    ("/analytics/pair", PAIR | {"window": 10**400}, 422, "invalid_parameter", "window"),
    ("/analytics/pair", PAIR | {"window": "sixty"}, 422, "invalid_parameter", "window"),
    ("/analytics/pair", PAIR | {"method": "magic"}, 422, "invalid_parameter", "method"),
    ("/analytics/pair", PAIR | {"scale": "linear"}, 422, "invalid_parameter", "scale"),
    ("/analytics/pair", PAIR | {"limit": 0}, 422, "invalid_parameter", "limit"),
    ("/analytics/pair", PAIR | {"start": "soon"}, 422, "invalid_parameter", "start"),
    ("/nothing/here", {}, 404, "not_found", "nothing/here"),
    ("/data/AAAUSDT/nothing", {}, 404, "not_found", "data/AAAUSDT/nothing"),
]


@pytest.mark.parametrize(("path", "query", "status", "code", "named"), READS)
def test_bad_reads(
    api: Client, path: str, query: dict[str, object], status: int, code: str, named: str
) -> None:
    answer = api.http.get(path, params={name: str(value) for name, value in query.items()})

    body = problem_of(answer, status=status)

    assert body["code"] == code
    assert named in body["detail"]
    if code == "invalid_parameter":
        assert body["parameter"] == named
    if code == "unknown_symbol":
        assert body["symbol"] == named


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (b'{"symbols": ["AAAUS', "body"),
        (b"\xff\xfe", "body"),
        (b'{"symbols": ["\x80"]}', "body"),
        (b'["AAAUSDT"]', "body"),
        (b'{"symbol": "AAAUSDT"}', "symbol"),
        (b'{"symbols": "AAAUSDT"}', "symbols"),
        (b'{"symbols": [7]}', "symbols.0"),
        (b'{"source": "kraken"}', "source"),
        (b'{"source": "sim:minus"}', "source"),
        (b'{"source": "replay:/etc/passwd"}', "source"),
        (b'{"source": "replay:"}', "source"),
    ],
)
def test_bad_bodies(api: Client, body: bytes, parameter: str) -> None:
    before = api.status()
    answer = api.http.post("/stream/start", content=body, headers={"Content-Type": "application/json"})

    found = problem_of(answer, status=422)

    assert (found["code"], found["parameter"]) == ("invalid_parameter", parameter)
    assert found["detail"].startswith(f"{parameter}:")
    assert api.status()["source"] == before["source"]


@pytest.mark.parametrize("name", ["a\0.zip", "a/b.zip", "..\\a.zip", ".zip", "é" * 200])
def test_a_file_that_no_disk_could_hold_is_refused(api: Client, name: str) -> None:
    answer = api.http.post("/import", params={"name": name}, content=b"a,b\n")

    assert problem_of(answer, status=422)["parameter"] == "name"


@pytest.mark.parametrize("ids", [{"from_id": 0, "to_id": False}, {"from_id": "0", "to_id": 1}])
def test_what_is_no_number_is_no_trade_id(api: Client, ids: dict[str, object]) -> None:
    answer = api.http.post("/backfill", json={"symbols": ["AAAUSDT"]} | ids)

    assert problem_of(answer, status=422)["parameter"] in ids


@pytest.mark.parametrize("path", ["/stream/start", "/stream/stop"])
def test_an_unknown_symbol_changes_nothing(api: Client, path: str) -> None:
    before = {line["symbol"] for line in api.status()["symbols"]}

    problem_of(api.http.post(path, json={"symbols": ["AAAUSDT", "NOPE"]}), status=404)

    assert {line["symbol"] for line in api.status()["symbols"]} == before


def test_a_window_longer_than_the_history_says_how_much_there_is(api: Client) -> None:
    answer = api.http.get("/analytics/pair", params=PAIR | {"window": "200"})

    body = problem_of(answer, status=409)

    closed = [bar for bar in api.get("/data/AAAUSDT", interval="1m", limit=4000)["items"] if bar["closed"]]
    assert body["code"] == "not_enough_data"
    assert (body["have"], body["need"]) == (len(closed), 201)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/stream/start", "POST"),
        ("GET", "/stream/stop", "POST"),
        ("POST", "/stream/status", "GET"),
        ("POST", "/data/AAAUSDT", "GET"),
        ("DELETE", "/symbols", "GET"),
        ("PUT", "/analytics/pair", "GET"),
        ("OPTIONS", "/stream/stop", "POST"),
        ("OPTIONS", "/alerts", "GET, POST"),
        ("OPTIONS", "/alerts/preview", "POST"),
        ("OPTIONS", "/alerts/one", "GET, PATCH, DELETE"),
    ],
)
def test_a_wrong_method_says_the_right_one(api: Client, method: str, path: str, allowed: str) -> None:
    answer = api.http.request(method, path)

    body = problem_of(answer, status=405)

    assert body["code"] == "method_not_allowed"
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_unknown_path_is_unknown_whatever_the_method(api: Client, method: str) -> None:
    problem_of(api.http.request(method, "/nothing/here"), status=404)


def test_stats_is_a_path_of_its_own(api: Client) -> None:
    assert {"symbols", "total"} <= set(api.get("/data/stats"))


def test_our_own_mistake_is_told_without_its_trace_and_logged_with_it(
    recording: Path, tmp_path: Path
) -> None:
    class Broken(Session):
        async def stats(self) -> StatsView:
            raise RuntimeError("secret of the house")

    settings = Settings(data_dir=tmp_path, source=f"replay:{recording}", speed=0)
    server = InProcess(settings, Broken(settings))
    try:
        eventually(lambda: server.client.http.get("/livez").status_code == 200, what="the server answers")
        with capture_logs() as events:
            answer = server.client.http.get("/data/stats", headers={"Origin": ALLOWED})
        eventually(lambda: server.client.status()["source_state"] == "ready", what="the source is ready")
        usual = server.client.http.get("/data/NOPE", headers={"Origin": ALLOWED})
    finally:
        server.stop()

    body = problem_of(answer, status=500)
    problem_of(usual, status=404)
    assert body["code"] == "internal_error"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == body["request_id"]
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "content-security-policy" in usual.headers
    assert set(answer.headers) == set(usual.headers)
    (told,) = [each for each in events if each["event"] == "http.failed"]
    assert (told["request_id"], told["path"]) == (body["request_id"], "/data/stats")
    assert "secret of the house" in str(told["exc_info"])


def test_a_store_that_cannot_be_read_is_not_available(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").mkdir()  # no file can be opened there
    with serving(tmp_path, source="sim:5") as server:
        eventually(lambda: server.client.status()["source_state"] == "ready", what="the source is ready")
        server.client.post("/stream/start", symbols=["BTCUSDT"])
        body = problem_of(server.client.http.get("/data/BTCUSDT/gaps"), status=503)
        assert body["code"] == "storage_error"
        assert "journal.sqlite" in body["detail"]
