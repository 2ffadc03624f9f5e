"""Request ids, the access log and what the metrics count of requests and sockets, of a real server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import parser
from websockets.exceptions import InvalidStatus

from listening import Ear
from problems import problem_of
from serving import Client, ServerProcess, server_process
from waiting import eventually

TOKEN = "the-t0ken-of-this-test"  # noqa: S105
SIGNED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    settings = {"AUTH_TOKEN": TOKEN, "LOG_DIR": folder / "logs", "LOG_LEVEL": "info", "SOURCE": "sim:5"}
    with server_process(folder, **settings) as running:
        running.client.http.headers.update(SIGNED)
        running.client.wait_ready()
        yield running


def log_events(server: ServerProcess, name: str) -> list[dict[str, Any]]:
    text = (server.errors.parent / "logs" / name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def access_of(server: ServerProcess, request_id: str) -> dict[str, Any]:
    """Return the line of a request, which is written after its answer has been sent."""

    def look() -> dict[str, Any] | None:
        found = [each for each in log_events(server, "access.log") if each["request_id"] == request_id]
        return found[0] if found else None

    event = eventually(look, what="the request is logged")
    assert event is not None
    return event


def samples(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = client.http.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_an_id_is_made_and_stands_in_answer_and_log(server: ServerProcess) -> None:
    answer = server.client.http.get("/symbols")
    event = access_of(server, answer.headers["x-request-id"])
    assert event["path"] == "/symbols"
    assert event["status"] == 200
    assert event["client"] == "127.0.0.1"
    assert event["agent"].startswith("python-httpx")
    assert event["bytes"] == answer.num_bytes_downloaded
    assert event["ms"] > 0
    assert server.client.http.get("/symbols").headers["x-request-id"] != event["request_id"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/symbols", SIGNED, 200),
        ("/favicon.svg", SIGNED, 200),
        ("/data/NOPE", SIGNED, 404),
        ("/data/BTCUSDT?limit=0", SIGNED, 422),
        ("/symbols", {"Authorization": "Bearer no"}, 401),
        ("/symbols", {"Host": "evil.example"}, 403),
    ],
)
def test_a_given_id_is_kept(
    server: ServerProcess, path: str, headers: dict[str, str], status: int, request: pytest.FixtureRequest
) -> None:
    given = f"mine-{abs(hash(request.node.name))}"
    answer = server.client.http.get(path, headers=headers | {"X-Request-ID": given})
    assert answer.status_code == status
    assert answer.headers["x-request-id"] == given
    assert access_of(server, given)["status"] == status
    if status >= 400:
        assert problem_of(answer, status=status)["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "né", "a\tb", '"}{"'])
def test_an_id_that_is_none_is_not_taken(server: ServerProcess, given: str) -> None:
    answer = server.client.http.get("/symbols", headers={"X-Request-ID": given.encode("latin-1")})
    assert answer.headers["x-request-id"] not in ("", given)


def test_secrets_do_not_get_into_the_log(server: ServerProcess) -> None:
    for path in (f"/?token={TOKEN}", "/?token=wr0ng-guess&x=1", f"/nothing/{TOKEN}", "/?a=%1b%5b2J"):
        server.client.http.get(path)
    answer = server.client.http.get(f"/symbols?q={TOKEN}")
    event = access_of(server, answer.headers["x-request-id"])
    assert event["query"] == "q=[hidden]"
    for path in (server.errors, *(server.errors.parent / "logs").iterdir()):
        text = path.read_text()
        assert TOKEN not in text
        assert "wr0ng-guess" not in text
        assert "\x1b" not in text


def test_health_checks_do_not_fill_the_log(server: ServerProcess) -> None:
    for path in ("/livez", "/readyz", "/healthz", "/metrics"):
        assert server.client.http.get(path).status_code == 200
    answer = server.client.http.get("/symbols")
    access_of(server, answer.headers["x-request-id"])
    assert not {"/livez", "/metrics"} & {each["path"] for each in log_events(server, "access.log")}


def test_requests_are_counted_by_pattern(server: ServerProcess) -> None:
    def counted(route: str, status: int) -> float:
        labels = frozenset({"method": "GET", "route": route, "status": str(status)}.items())
        return samples(server.client).get(("quant_http_requests_total", labels), 0)

    for path, route, status in (
        ("/data/BTCUSDT", "/data/{symbol}", 200),
        ("/data/NOPE", "/data/{symbol}", 404),
        ("/import/x", "/import/{job_id}", 404),
        ("/no/such/page", "/{path:path}", 404),
    ):
        before = counted(route, status)
        server.client.http.get(path)
        eventually(lambda: counted(route, status) == before + 1, what=f"{path} is counted")  # noqa: B023

    found = samples(server.client)
    labels = {"method": "GET", "route": "/data/{symbol}"}
    count = found["quant_http_request_duration_seconds_count", frozenset(labels.items())]
    within_10_s = frozenset((labels | {"le": "10.0"}).items())
    assert found["quant_http_request_duration_seconds_bucket", within_10_s] == count >= 2
    assert found["quant_http_requests_running", frozenset()] == 1  # the one that asks


def test_a_stranger_makes_no_series(server: ServerProcess) -> None:
    server.client.http.request("PROPFIND", "/symbols")
    methods = {dict(labels).get("method") for _, labels in samples(server.client)}
    assert "PROPFIND" not in methods
    assert "other" in methods


def test_sockets_are_counted_and_logged(server: ServerProcess) -> None:
    def value(name: str, **labels: str) -> float:
        return samples(server.client).get((name, frozenset(labels.items())), 0)

    assert value("quant_websocket_open") == 0
    before = {name: value(f"quant_{name}_total") for name in ("websocket_sent_messages", "hub_values")}
    with server.client.socket(
        additional_headers=SIGNED | {"X-Request-ID": "a-socket", "X-Ignored": TOKEN}
    ) as socket:
        assert socket.response is not None
        assert socket.response.headers["x-request-id"] == "a-socket"
        ear = Ear(socket)
        ear.say("subscribe", "status")
        ear.hear_type("snapshot", "status")
        assert value("quant_websocket_open") == 1
        assert value("quant_hub_listeners") == 1
        assert value("quant_hub_topics") == 1
        assert value("quant_websocket_sent_messages_total") >= before["websocket_sent_messages"] + 3
        assert value("quant_websocket_sent_bytes_total") > 100
        eventually(lambda: value("quant_hub_values_total") > before["hub_values"], what="values are counted")
    eventually(lambda: value("quant_websocket_open") == 0, what="the socket is gone")
    eventually(lambda: value("quant_hub_listeners") == 0, what="the listener is gone")

    found = [each for each in log_events(server, "access.log") if each["request_id"] == "a-socket"]
    assert [each["event"] for each in found] == ["ws.opened", "ws.closed"]
    assert found[1]["code"] == 1000


def refuse(client: Client) -> None:
    with client.socket(additional_headers={"Authorization": "Bearer no"}):
        pass


def test_refused_sockets_are_counted_apart(server: ServerProcess) -> None:
    before = samples(server.client)["quant_websocket_refused_total", frozenset()]
    with pytest.raises(InvalidStatus):
        refuse(server.client)
    after = samples(server.client)
    assert after["quant_websocket_refused_total", frozenset()] == before + 1
    assert after["quant_websocket_open", frozenset()] == 0


def test_the_loop_of_the_command_is_measured(server: ServerProcess) -> None:
    name = "quant_event_loop_lag_seconds_count"
    before = samples(server.client)[name, frozenset()]
    eventually(lambda: samples(server.client)[name, frozenset()] > before, what="the lag is measured")


def test_readiness_and_room_are_metrics(server: ServerProcess) -> None:
    found = samples(server.client)
    assert found["quant_ready", frozenset()] == 1
    assert found["quant_disk_free_bytes", frozenset()] > 0
    assert found["quant_log_lost_lines_total", frozenset()] == 0
