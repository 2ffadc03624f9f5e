"""How much may be asked: by whom it is counted, whose word counts for where it comes from, and the other caps."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from listening import Ear
from problems import problem_of
from quant.access.rates import MAX_KEYS
from quant.access.roles import Role
from quant.api import body_cap, ws
from quant.api.addresses import Peers, limited_by
from quant.api.allowances import WINDOW_S, weight_of
from quant.api.callers import Caller
from quant.api.schemas import MAX_SYMBOLS
from quant.domain import HedgeMethod
from quant.engine.cost import MAX_REQUEST_S, lab_seconds, pair_seconds
from quant.errors import TooManyRequests
from quant.settings import Settings
from serving import Client, InProcess, serving
from signing_in import ACCESS_TOKEN, PASSWORD, Desk, with_users
from waiting import eventually

ALLOWANCE = 40
HEAVY = {
    "/analytics/scan?interval=1m&window=60": 20,
    "/analytics/lab?symbol_a=AAAUSDT&symbol_b=BBBUSDT&window=60": 5,
    "/export?symbol_a=AAAUSDT&symbol_b=BBBUSDT&window=60": 20,
    "/export/ohlcv?symbol=AAAUSDT": 20,
    "/export/ticks?symbol=AAAUSDT": 20,
    "/stream/status": 1,
}


@pytest.fixture
def replay(recording: Path) -> dict[str, Any]:
    return {"source": f"replay:{recording}", "speed": 0}


@pytest.fixture(scope="module")
def running(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = {"auth_token": ACCESS_TOKEN, "rate_limit": ALLOWANCE, "login_limit": 10}
    folder = tmp_path_factory.mktemp("limits")
    with serving(folder, source=f"replay:{recording}", speed=0, **settings) as server:
        yield with_users(server)


@pytest.fixture
def desk(running: Desk) -> Desk:
    """Return the server as if nobody had asked anything yet."""
    forget(running)
    return running


def forget(desk: Desk) -> None:
    allowances, door = desk.server.app.state.allowances, desk.server.app.state.door
    for rates in (allowances._signed_in, allowances.attempts, allowances.guesses, door._failures):
        rates._limiter.storage.reset()


def asked_until_refused(desk: Desk, token: str | None, path: str = "/stream/status", **options: Any) -> int:
    """Return how many answers came before the first refusal, which is checked to be a whole one."""
    for count in range(2 * ALLOWANCE):
        answer = desk.ask("GET", path, token, **options)
        if answer.status_code == 429:
            body = problem_of(answer, status=429)
            assert body["code"] == "too_many_requests"
            assert 1 <= int(answer.headers["retry-after"]) == body["retry_after_s"] <= 60
            assert body["limit"] == ALLOWANCE
            return count
    raise AssertionError("never refused")


def test_each_user_has_an_allowance_and_the_token_its_own(desk: Desk) -> None:
    viewer, operator = desk.token("viewer"), desk.token("operator")
    assert asked_until_refused(desk, viewer) == ALLOWANCE
    assert asked_until_refused(desk, desk.token("viewer")) == 0  # another sign-in of the same user
    assert asked_until_refused(desk, operator) == ALLOWANCE
    assert asked_until_refused(desk, ACCESS_TOKEN) == ALLOWANCE
    assert desk.ask("GET", "/livez", None).status_code == 200


@pytest.mark.parametrize("path", HEAVY)
def test_what_is_heavy_takes_more(desk: Desk, path: str) -> None:
    assert asked_until_refused(desk, desk.token("viewer"), path) == ALLOWANCE // HEAVY[path]


HARD = "symbol_a=AAAUSDT&symbol_b=BBBUSDT&interval=1s&window=300&method=theil_sen"
ROWS, POINTS = 1500, 200


def wait_played(desk: Desk) -> int:
    """Return the market's time once the recording has been played."""

    def look() -> int:
        forget(desk)
        status = desk.ask("GET", "/stream/status", ACCESS_TOKEN).json()
        assert status["finished"]
        return int(status["as_of"])

    return eventually(look, what="the recording has ended")


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        (f"/analytics/pair?{HARD}&limit={ROWS}", pair_seconds(HedgeMethod.THEIL_SEN, window=300, rows=ROWS)),
        (
            f"/analytics/zscore?{HARD}&limit={ROWS}",
            pair_seconds(HedgeMethod.THEIL_SEN, window=300, rows=ROWS),
        ),
        (f"/analytics/lab?{HARD}&points={POINTS}", lab_seconds(window=300, points=POINTS)),
    ],
)
def test_statistics_take_what_their_computing_does(desk: Desk, path: str, seconds: float) -> None:
    end, token = wait_played(desk), desk.token("operator")
    weight = weight_of(seconds)
    assert weight > 5  # and of the lab, more than its route weighs
    assert asked_until_refused(desk, token, f"{path}&end={end}") == ALLOWANCE // weight


def test_statistics_that_are_there_already_weigh_no_more_than_any_answer(desk: Desk) -> None:
    wait_played(desk)
    token = desk.token("operator")
    path = f"/analytics/pair?{HARD}&limit={ROWS}"
    assert desk.ask("GET", path, token).status_code == 200
    forget(desk)
    assert asked_until_refused(desk, token, path) == ALLOWANCE


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.021, 5.0])
def test_an_allowance_is_a_core_at_most(seconds: float) -> None:
    usual = Settings().rate_limit
    assert weight_of(seconds) * WINDOW_S >= seconds * usual
    assert weight_of(MAX_REQUEST_S) < usual / 10


def test_what_takes_more_than_all_can_be_had_alone(desk: Desk) -> None:
    allowances, caller = desk.server.app.state.allowances, Caller("ana", Role.VIEWER, "user")
    allowances.take(caller, "somebody", 1)
    allowances.spend(caller, "somebody", 1000.0, paid=1)
    with pytest.raises(TooManyRequests):
        allowances.take(caller, "somebody", 1)
    allowances.take(caller, "anybody", 10 * ALLOWANCE)
    with pytest.raises(TooManyRequests):
        allowances.take(caller, "anybody", 1)


def test_commands_of_a_socket_count_with_everything_else(desk: Desk) -> None:
    token = desk.token("viewer")
    with opened(desk, token) as connection:
        ear = Ear(connection)
        ear.hear_type("hello")
        ear.say("subscribe", *(f"ticks:{symbol}" for symbol in ("AAAUSDT", "BBBUSDT")))
        assert ear.hear_type("ack")["topics"] == ["ticks:AAAUSDT", "ticks:BBBUSDT"]
        connection.send("no command")
        assert ear.hear_type("error")["code"] == "invalid_command"
        left = ALLOWANCE - 1 - 2 - 1  # the handshake, the topics and what was none
        for _ in range(left):
            ear.say("ping")
            ear.hear_type("pong")
        for command in ("ping", "nothing", b"binary"):
            connection.send(json.dumps({"op": command}) if isinstance(command, str) else command)
            assert ear.hear_type("error")["code"] == "too_many_requests"
        ear.say("subscribe", "status", "bars:AAAUSDT:1m")
        refusals = [ear.hear_type("error") for _ in range(2)]
        assert [each["topic"] for each in refusals] == ["status", "bars:AAAUSDT:1m"]
        assert {each["code"] for each in refusals} == {"too_many_requests"}
        assert "requests by weight" in refusals[0]["detail"]
        assert desk.status_with(token) == 429
        ear.say("unsubscribe", "ticks:AAAUSDT")
        assert ear.hear_type("error")["code"] == "too_many_requests"
    assert desk.status_with(desk.token("operator")) == 200


def read_to_the_end(connection: ClientConnection) -> None:
    while True:
        connection.recv(timeout=30)


def test_who_goes_on_without_an_allowance_is_cut_off(desk: Desk) -> None:
    with opened(desk, desk.token("viewer")) as connection:
        for _ in range(ALLOWANCE + ws.MOST_REFUSED + 10):
            connection.send("no command")
        with pytest.raises(ConnectionClosed) as closed:
            read_to_the_end(connection)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "too many commands")


def test_a_topic_takes_what_its_first_computation_does(desk: Desk) -> None:
    """But only for who listens to it first."""
    topic = "pair:AAAUSDT-BBBUSDT:1m:60:theil_sen:level"
    weight = weight_of(pair_seconds(HedgeMethod.THEIL_SEN, window=60, rows=1500))
    assert weight > 2
    with opened(desk, desk.token("viewer")) as first, opened(desk, desk.token("operator")) as second:
        for connection, spent in ((first, weight), (second, 1)):
            ear = Ear(connection)
            ear.hear_type("hello")
            ear.say("subscribe", topic)
            ear.hear_type("ack")
            pings = 0
            while True:
                ear.say("ping")
                if ear.hear_until(lambda message: message["type"] in ("pong", "error"))["type"] == "error":
                    break
                pings += 1
            assert pings == ALLOWANCE - 1 - spent  # and the handshake


def test_a_preview_is_heavy_too(desk: Desk) -> None:
    token = desk.token("viewer")
    answers = [desk.ask("POST", "/alerts/preview", token, json={}).status_code for _ in range(4)]
    assert answers == [422, 422, 429, 429]


def test_an_allowance_comes_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    token = desk.token("viewer")
    asked_until_refused(desk, token)
    wait_s = int(desk.ask("GET", "/stream/status", token).headers["retry-after"])
    memory = desk.server.app.state.allowances._signed_in._limiter.storage
    clock = memory._clock
    monkeypatch.setattr(memory, "_clock", lambda: clock() + wait_s)
    assert asked_until_refused(desk, token) == ALLOWANCE


def test_without_a_sign_in_the_address_counts(desk: Desk) -> None:
    assert [desk.status_with(None) for _ in range(ALLOWANCE)] == [401] * ALLOWANCE
    assert desk.status_with(None) == 429
    assert desk.status_with(desk.server.app.state.callers.sign_in(_viewer(desk), lifetime_s=60)[0]) == 200


def _viewer(desk: Desk) -> Any:
    return desk.server.app.state.callers.user("viewer")


def test_nobody_in_particular_on_this_machine_has_plenty(replay: dict[str, Any], tmp_path: Path) -> None:
    with serving(tmp_path, **replay, rate_limit=2) as server:
        before = 100 - sum(server.client.http.get("/stream/status").status_code == 200 for _ in range(60))
        statuses = [server.client.http.get("/analytics/scan?window=60").status_code for _ in range(3)]
        assert (before, statuses[-1]) == (40, 429)
        refused = server.client.http.get("/stream/status")
        assert problem_of(refused, status=429)["limit"] == 50 * 2


# --- attempts to sign in ---


def test_attempts_are_few_by_address_right_ones_too(desk: Desk) -> None:
    statuses = [
        desk.sign_in("viewer", PASSWORD if number == 9 else "wrong").status_code for number in range(9)
    ]
    assert statuses == [401] * 9
    assert desk.sign_in("viewer").status_code == 200
    answer = desk.sign_in("viewer")
    assert "attempts to sign in" in problem_of(answer, status=429)["detail"]
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    by_token = desk.ask("POST", "/auth/token", None, json={"token": ACCESS_TOKEN})
    by_address = desk.ask("GET", f"/?token={ACCESS_TOKEN}", None)
    assert (by_token.status_code, by_address.status_code) == (429, 429)


def test_failures_on_a_user_count_from_everywhere(replay: dict[str, Any], tmp_path: Path) -> None:
    settings = {"auth_token": ACCESS_TOKEN, "login_limit": 4, "trusted_proxies": ("127.0.0.1",)}
    with serving(tmp_path, **replay, **settings) as server:
        desk = with_users(server)

        def attempt(number: int, name: str, password: str) -> int:
            headers = {"X-Forwarded-For": f"10.1.{number}.1"}
            body = {"username": name, "password": password}
            return desk.ask("POST", "/auth/token", None, json=body, headers=headers).status_code

        assert [attempt(number, "viewer", "wrong") for number in range(5)] == [401] * 4 + [429]
        assert attempt(6, "viewer", PASSWORD) == 429
        assert attempt(7, "operator", PASSWORD) == 200


def test_the_access_token_cannot_be_guessed_for_long(replay: dict[str, Any], tmp_path: Path) -> None:
    with serving(tmp_path, **replay, auth_token=ACCESS_TOKEN, login_limit=2) as server:
        desk = Desk(server)
        wrong = [desk.status_with(f"guess-{number}") for number in range(61)]
        assert wrong == [401] * 60 + [429]
        assert desk.status_with(ACCESS_TOKEN) == 429  # or the answer would tell which guess was right
        for path in ("/livez", "/readyz"):
            assert desk.ask("GET", path, "guess").status_code in (200, 503)


# --- whose word counts for an address ---


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"],
)
def test_a_caller_cannot_say_where_it_comes_from(desk: Desk, name: str) -> None:
    for number in range(ALLOWANCE):
        value = f"for=10.0.0.{number}" if name == "Forwarded" else f"10.0.0.{number}"
        assert desk.ask("GET", "/stream/status", None, headers={name: value}).status_code == 401
    assert desk.ask("GET", "/stream/status", None, headers={name: "10.9.9.9"}).status_code == 429


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"]
)
def test_no_header_changes_what_is_asked_or_of_whom(desk: Desk, name: str) -> None:
    for value in ("localhost", "/livez", "GET"):
        assert desk.ask("GET", "/stream/status", None, headers={name: value}).status_code == 401
        evil = {"Host": "evil.example", name: value}
        assert desk.ask("GET", "/livez", None, headers=evil).status_code == 403


def address(
    peer: tuple[str, int] | None, forwarded: list[str], trusted: tuple[str, ...] = ("127.0.0.1", "10.0.0.0/8")
) -> str:
    raw = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return Peers(trusted).address({"type": "http", "client": peer, "headers": raw}, Headers(raw=raw))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        (("127.0.0.1", 5), ["203.0.113.9"], "203.0.113.9"),
        (("127.0.0.1", 5), ["6.6.6.6, 203.0.113.9"], "203.0.113.9"),  # the last hop that is not ours
        (("127.0.0.1", 5), ["6.6.6.6, 203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (("127.0.0.1", 5), ["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        (("::ffff:127.0.0.1", 5), ["203.0.113.9"], "203.0.113.9"),
        (("127.0.0.1", 5), ["2001:db8::1"], "2001:db8::1"),
        (("127.0.0.1", 5), [], "127.0.0.1"),
        (("127.0.0.1", 5), ["10.0.0.7"], "127.0.0.1"),
        (("127.0.0.1", 5), ["unknown"], "127.0.0.1"),
        (("127.0.0.1", 5), ["203.0.113.9, evil\r\n"], "127.0.0.1"),
        (("198.51.100.4", 5), ["203.0.113.9"], "198.51.100.4"),
        (None, ["203.0.113.9"], "unknown"),
    ],
)
def test_proxies_that_are_trusted_say_whom_they_speak_for(
    peer: tuple[str, int] | None, forwarded: list[str], found: str
) -> None:
    assert address(peer, forwarded) == found


def test_what_a_server_around_us_made_of_the_header_is_not_believed() -> None:
    """uvicorn under gunicorn puts the header's address, and port 0, in the place of the peer's."""
    assert address(("203.0.113.9", 0), ["203.0.113.9"], trusted=()) == "unknown"
    assert address(("127.0.0.1", 5), ["203.0.113.9"], trusted=()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "headers", "is_local"),
    [
        (("127.0.0.1", 5), {}, True),
        (("::1", 5), {}, True),
        (("::ffff:127.0.0.1", 5), {}, True),
        (("127.0.0.1", 5), {"x-forwarded-for": "127.0.0.1"}, True),
        (("127.0.0.1", 5), {"x-forwarded-for": "::1, 127.0.0.1"}, True),
        (("203.0.113.9", 5), {}, False),
        (None, {}, False),  # by a Unix socket, or a server around us that does not say
        (("127.0.0.1", 5), {"x-forwarded-for": "203.0.113.9"}, False),
        (("127.0.0.1", 5), {"x-forwarded-for": "203.0.113.9, 127.0.0.1"}, False),
        (("127.0.0.1", 5), {"x-forwarded-for": "127.0.0.1, 203.0.113.9"}, False),
        (("127.0.0.1", 5), {"x-forwarded-for": "10.0.0.7"}, False),  # trusted, and another machine
        (("127.0.0.1", 5), {"x-forwarded-for": "evil, 127.0.0.1"}, False),
        (("127.0.0.1", 5), {"x-forwarded-for": ""}, False),
        (("127.0.0.1", 5), {"forwarded": "for=127.0.0.1"}, False),
        (("127.0.0.1", 5), {"x-real-ip": "127.0.0.1"}, False),
        (("127.0.0.2", 5), {"x-forwarded-for": "127.0.0.1"}, False),  # a proxy that nobody told us of
        (("203.0.113.9", 5), {"x-forwarded-for": "127.0.0.1"}, False),
        (("127.0.0.1", 0), {"x-forwarded-for": "127.0.0.1"}, False),  # put there by the server around us
    ],
)
def test_who_is_known_to_be_of_this_machine(
    peer: tuple[str, int] | None, headers: dict[str, str], is_local: bool
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "client": peer, "headers": raw}
    assert Peers(("127.0.0.1", "10.0.0.0/8")).is_local(scope, Headers(raw=raw)) is is_local


def test_a_home_of_addresses_counts_as_one() -> None:
    assert limited_by("2001:db8:1:2:3::4") == limited_by("2001:db8:1:2::9") != limited_by("2001:db8:1:3::9")
    assert limited_by("203.0.113.9") == limited_by("::ffff:203.0.113.9") != limited_by("203.0.113.8")
    assert MAX_KEYS <= 1_000_000


# --- sockets and sizes ---


def refused(desk: Desk, token: str) -> dict[str, Any]:
    with pytest.raises(InvalidStatus) as found:
        opened(desk, token)
    answer = found.value.response
    wire = httpx.Response(
        answer.status_code, headers=list(answer.headers.raw_items()), content=bytes(answer.body)
    )
    return problem_of(wire, status=answer.status_code)


def answers(desk: Desk, token: str) -> bool:
    try:
        with opened(desk, token) as connection:
            return '"hello"' in str(connection.recv(30))
    except InvalidStatus as error:
        raise AssertionError(error.response.status_code) from error


def opened(desk: Desk, token: str) -> ClientConnection:
    shown = {"Authorization": f"Bearer {token}"}
    return connect(f"ws://127.0.0.1:{desk.server.client.port}/ws", proxy=None, additional_headers=shown)


def test_a_caller_has_so_many_sockets_and_all_together_so_many(
    replay: dict[str, Any], tmp_path: Path
) -> None:
    settings = {"auth_token": ACCESS_TOKEN, "max_sockets": 4, "max_sockets_per_caller": 3}
    with serving(tmp_path, **replay, **settings) as server:
        desk = with_users(server)
        viewer, operator = desk.token("viewer"), desk.token("operator")
        with opened(desk, viewer), opened(desk, viewer):
            with opened(desk, viewer):
                body = refused(desk, viewer)
                assert (body["status"], body["limit"]) == (429, 3)
                assert "MAX_SOCKETS_PER_CALLER" in body["detail"]
                with opened(desk, operator):
                    body = refused(desk, operator)
                    assert (body["status"], body["limit"]) == (503, 4)
                    assert "MAX_SOCKETS allows no more" in body["detail"]
            eventually(lambda: answers(desk, viewer), what="the place of one that has left is free")


@pytest.mark.parametrize("payload", ["x" * (ws.MAX_COMMAND_BYTES + 1), b"x" * (ws.MAX_COMMAND_BYTES + 1)])
def test_a_command_too_long_ends_the_socket(api: Client, payload: str | bytes) -> None:
    with api.socket() as connection:
        connection.send(payload)
        with pytest.raises(ConnectionClosed) as closed:
            deque(iter(lambda: connection.recv(30), None), maxlen=0)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def sent(port: int, head: str, chunks: list[bytes]) -> bytes:
    """Send a request by hand and return what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        writer = threading.Thread(target=_write, args=(connection, head, chunks))
        writer.start()
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        writer.join()
    return answer


def _write(connection: socket.socket, head: str, chunks: list[bytes]) -> None:
    try:
        connection.sendall(head.encode())
        for chunk in chunks:
            connection.sendall(chunk)
    except OSError:
        pass  # the server has answered and does not read on


@pytest.mark.parametrize("path", ["/stream/start", "/alerts/preview", "/auth/token", "/backfill"])
def test_a_body_too_long_is_refused(server: InProcess, path: str) -> None:
    long = b'{"symbols":["' + b"x" * body_cap.MAX_BODY_BYTES + b'"]}'
    answer = server.client.http.post(path, content=long, headers={"Content-Type": "application/json"})
    assert problem_of(answer, status=413)["limit"] == body_cap.MAX_BODY_BYTES

    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    unsaid = sent(server.client.port, head + "Transfer-Encoding: chunked\r\n\r\n", [chunk] * 20)
    assert unsaid.startswith(b"HTTP/1.1 413"), unsaid[:200]
    assert b'"code":"too_large"' in unsaid


def test_an_order_names_so_many_symbols(api: Client) -> None:
    for path in ("/stream/stop", "/stream/start"):  # and what is left streams
        body = problem_of(api.http.post(path, json={"symbols": ["AAAUSDT"] * (MAX_SYMBOLS + 1)}), status=422)
        assert body["parameter"] == "symbols"
        assert str(MAX_SYMBOLS) in body["detail"]
        assert api.http.post(path, json={"symbols": ["AAAUSDT"] * MAX_SYMBOLS}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/analytics/pair?symbol_a=AAAUSDT&symbol_b=BBBUSDT&window=100000000",
        "/analytics/lab?symbol_a=AAAUSDT&symbol_b=BBBUSDT&window=100000000",
        "/analytics/scan?window=100000000",
        "/analytics/adf?symbol=AAAUSDT&window=100000000",
        "/export?symbol_a=AAAUSDT&symbol_b=BBBUSDT&window=100000000",
    ],
)
def test_a_window_has_an_end(api: Client, path: str) -> None:
    body = problem_of(api.http.get(path), status=422)
    assert body["parameter"] == "window"
    assert any(letter.isdigit() for letter in body["detail"].replace("100000000", ""))
