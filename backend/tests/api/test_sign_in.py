"""Signing in and out, what a token must be, and what ends with it."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from problems import problem_of
from quant.access.tokens import AUDIENCE, ISSUER
from quant.storage.metadata import Metadata
from quant.storage.user_store import UserStore
from serving import Client, serving
from signing_in import ACCESS_TOKEN, PASSWORD, SETTINGS, Desk, with_users
from waiting import eventually

SECRET, OLD_SECRET, FOREIGN = "new-secret-" * 4, "old-secret-" * 4, "foreign-secret-" * 3
SIGNED_OUT = 4401


@pytest.fixture(scope="module")
def desk(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = SETTINGS | {"jwt_secret": f"{SECRET},{OLD_SECRET}"}
    with serving(
        tmp_path_factory.mktemp("desk"), source=f"replay:{recording}", speed=0, **settings
    ) as server:
        yield with_users(server)


@pytest.fixture(scope="module")
def token(desk: Desk) -> str:
    return desk.token("viewer")


def url(desk: Desk, query: str = "") -> str:
    return f"ws://127.0.0.1:{desk.server.client.port}/ws{query}"


def opened(desk: Desk, token: str | None, query: str = "", **options: Any) -> ClientConnection:
    shown = {} if token is None else {"Authorization": f"Bearer {token}"}
    return connect(url(desk, query), proxy=None, additional_headers=shown, **options)


def refused(desk: Desk, token: str | None, query: str = "", **options: Any) -> int:
    with pytest.raises(InvalidStatus) as found:
        opened(desk, token, query, **options)
    return int(found.value.response.status_code)


# --- signing in ---


def test_a_user_signs_in_with_name_and_password(desk: Desk) -> None:
    answer = desk.sign_in("Operator ")
    body = answer.json()
    assert (body["user"], body["role"], body["token_type"]) == ("operator", "operator", "bearer")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    session = desk.ask("GET", "/auth/session", body["access_token"]).json()
    assert session == {
        "required": True,
        "kind": "user",
        "user": "operator",
        "role": "operator",
        "expires_at": body["expires_at"],
        "insecure": False,
    }
    assert 0 < body["expires_at"] - time.time() * 1000 <= 720 * 60_000


def test_what_a_token_says(token: str) -> None:
    head, said = jwt.get_unverified_header(token), jwt.decode(token, SECRET, ["HS256"], audience=AUDIENCE)
    assert (head["alg"], said["iss"], said["sub"], said["role"]) == ("HS256", ISSUER, "viewer", "viewer")
    assert said.keys() == {"iss", "aud", "exp", "iat", "jti", "sub", "role", "gen"}
    assert SECRET not in json.dumps(head)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("viewer", "wrong"),
        ("nobody", PASSWORD),
        ("viewer", PASSWORD + " "),
        ("", "x"),
        ("no name!", PASSWORD),
        ("viewer", "x" * 256),
        ("'; drop table users; --", PASSWORD),
    ],
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(desk: Desk, name: str, password: str) -> None:
    answer = desk.sign_in(name, password)
    if name:
        body = problem_of(answer, status=401)
        assert body["detail"] == "name or password is wrong"
    else:
        problem_of(answer, status=422)
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("body", [{}, {"username": "viewer"}, {"password": PASSWORD}, {"user": "viewer"}, []])
def test_half_a_sign_in_is_none(desk: Desk, body: Any) -> None:
    problem_of(desk.ask("POST", "/auth/token", None, json=body), status=422)


def test_the_cookie_is_the_sign_in_of_a_browser(desk: Desk) -> None:
    cookie = desk.sign_in("viewer", cookie=True).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Max-Age=43200" in cookie
    shown = {"Cookie": cookie.partition(";")[0]}
    assert desk.ask("GET", "/stream/status", None, headers=shown).status_code == 200
    with connect(url(desk), proxy=None, additional_headers=shown) as socket:
        assert '"hello"' in str(socket.recv(10))


def test_the_access_token_signs_in_too(desk: Desk) -> None:
    answer = desk.ask("POST", "/auth/token", None, json={"token": ACCESS_TOKEN, "cookie": True})
    body = answer.json()
    assert (body["access_token"], body["role"], body["user"], body["expires_at"]) == (
        ACCESS_TOKEN,
        "admin",
        None,
        None,
    )
    shown = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert desk.ask("GET", "/auth/users", None, headers=shown).status_code == 200
    wrong = desk.ask("POST", "/auth/token", None, json={"token": "wrong"})
    assert problem_of(wrong, status=401)["detail"] == "the access token is wrong"
    user = desk.token("viewer")
    problem_of(desk.ask("POST", "/auth/token", None, json={"token": user}), status=401)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:8080.evil.example"])
def test_a_foreign_page_signs_nobody_in(desk: Desk, origin: str) -> None:
    body = {"username": "viewer", "password": PASSWORD, "cookie": True}
    answer = desk.ask("POST", "/auth/token", None, json=body, headers={"Origin": origin})
    assert problem_of(answer, status=403)["code"] == "refused"


# --- what a token must be ---


def payload(token: str) -> dict[str, Any]:
    said: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return said


def key_id(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def signed(said: dict[str, Any], token: str, *, key: str = SECRET, kid: str | None = None) -> str:
    return jwt.encode(said, key, "HS256", headers={"kid": kid or key_id(token)})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def confused(token: str) -> str:
    """Return the token signed as HS512, whose head says so: an algorithm that was not agreed upon."""
    head = {"alg": "HS512", "typ": "JWT", "kid": key_id(token)}
    text = f"{part(head)}.{part(payload(token))}"
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha512).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def without(said: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != name}


def raised(token: str) -> str:
    """Return the token with another role in it and the old signature."""
    head, _, signature = token.split(".")
    return f"{head}.{part(payload(token) | {'role': 'admin'})}.{signature}"


FORGED: dict[str, Callable[[str], str]] = {
    "none": lambda token: f"{part({'alg': 'none', 'kid': key_id(token)})}.{part(payload(token))}.",
    "None with a signature": lambda token: (
        f"{part({'alg': 'None'})}.{part(payload(token))}.{token.split('.')[2]}"
    ),
    "HS512": confused,
    "RS256": lambda token: f"{part({'alg': 'RS256', 'kid': key_id(token)})}.{'.'.join(token.split('.')[1:])}",
    "expired": lambda token: signed(payload(token) | {"exp": int(time.time()) - 1}, token),
    "not yet": lambda token: signed(payload(token) | {"iat": int(time.time()) + 3600}, token),
    "foreign iss": lambda token: signed(payload(token) | {"iss": "elsewhere"}, token),
    "foreign aud": lambda token: signed(payload(token) | {"aud": "another-api"}, token),
    "aud beside it": lambda token: signed(payload(token) | {"aud": [AUDIENCE + ".evil"]}, token),
    "foreign key": lambda token: signed(payload(token), token, key=FOREIGN),
    "foreign key id": lambda token: signed(payload(token), token, kid="another"),
    "no key id": lambda token: jwt.encode(payload(token), SECRET, "HS256"),
    "key id of a path": lambda token: signed(payload(token), token, key=FOREIGN, kid="../../dev/null"),
    "role raised": raised,
    "role of another": lambda token: signed(payload(token) | {"role": "admin"}, token),
    "role unknown": lambda token: signed(payload(token) | {"role": "root"}, token),
    "another user": lambda token: signed(payload(token) | {"sub": "admin"}, token),
    "no such user": lambda token: signed(payload(token) | {"sub": "ghost"}, token),
    "another generation": lambda token: signed(payload(token) | {"gen": "0" * 16}, token),
    **{
        f"without {name}": lambda token, name=name: signed(without(payload(token), name), token)  # type: ignore[misc]
        for name in ("iss", "aud", "exp", "iat", "jti", "sub", "role", "gen")
    },
    "cut": lambda token: token[:-1],
    "one bit": lambda token: token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1],
    "empty parts": lambda _: "..",
    "not base64": lambda _: "a.b.c",
    "a list": lambda token: f"{token.split('.')[0]}.{part([1, 2])}.{token.split('.')[2]}",
}


def test_whole_ones_pass_and_so_does_this_test_s_own_hand(desk: Desk, token: str) -> None:
    """Without this the refusals below would prove nothing."""
    assert desk.status_with(token) == 200
    assert desk.status_with(signed(payload(token), token)) == 200


@pytest.mark.parametrize("name", FORGED)
def test_anything_else_is_refused(desk: Desk, token: str, name: str) -> None:
    forged = FORGED[name](token)
    answer = desk.ask("GET", "/stream/status", forged)
    assert problem_of(answer, status=401)["code"] == "not_signed_in"
    cookie = {"Cookie": f"quant_token={forged}"}
    assert desk.ask("GET", "/stream/status", None, headers=cookie).status_code == 401
    assert refused(desk, forged) == 401
    assert refused(desk, None, f"?ticket={forged}") == 401


def test_an_older_secret_verifies_and_the_first_one_signs(
    desk: Desk, token: str, recording: Path, tmp_path: Path
) -> None:
    settings = SETTINGS | {"jwt_secret": OLD_SECRET}
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **settings) as server:
        before = with_users(server).token("viewer")
    assert key_id(before) != key_id(token)
    old = jwt.encode(payload(token), OLD_SECRET, "HS256", headers={"kid": key_id(before)})
    assert desk.status_with(old) == 200
    settings = SETTINGS | {"jwt_secret": f"{SECRET},{OLD_SECRET}"}
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **settings) as server:
        assert Desk(server).status_with(before) == 200
        assert key_id(Desk(server).token("viewer")) == key_id(token)
    with serving(
        tmp_path, source=f"replay:{recording}", speed=0, **settings | {"jwt_secret": SECRET}
    ) as server:
        assert Desk(server).status_with(before) == 401


def test_a_made_secret_is_its_owner_s_and_outlives_a_restart(recording: Path, tmp_path: Path) -> None:
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **SETTINGS) as server:
        assert not (tmp_path / "jwt-secret").exists()
        before = with_users(server).token("viewer")
    assert (tmp_path / "jwt-secret").stat().st_mode & 0o777 == 0o600
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **SETTINGS) as server:
        assert Desk(server).status_with(before) == 200


# --- what ends ---


def ends(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        deque(iter(lambda: socket.recv(30), None), maxlen=0)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_signing_out_ends_this_sign_in_and_no_other(desk: Desk) -> None:
    one, other = desk.token("viewer"), desk.token("viewer")
    with opened(desk, one) as socket, opened(desk, other) as staying:
        answer = desk.ask("POST", "/auth/logout", one)
        assert answer.status_code == 204
        assert 'quant_token=""' in answer.headers["set-cookie"]
        assert ends(socket) == (SIGNED_OUT, "revoked")
        staying.send('{"op":"ping"}')
        while '"pong"' not in str(staying.recv(10)):
            pass
    assert (desk.status_with(one), desk.status_with(other)) == (401, 200)


def test_a_token_is_revoked_by_its_id(desk: Desk) -> None:
    stolen = desk.token("operator")
    with opened(desk, stolen) as socket:
        body = {"jti": payload(stolen)["jti"]}
        assert desk.ask("POST", "/auth/revoke", ACCESS_TOKEN, json=body).status_code == 204
        assert ends(socket) == (SIGNED_OUT, "revoked")
    assert desk.status_with(stolen) == 401


def test_a_revocation_outlives_the_token_where_sign_ins_have_become_shorter(
    recording: Path, tmp_path: Path
) -> None:
    replay = {"source": f"replay:{recording}", "speed": 0}
    with serving(tmp_path, **replay, **SETTINGS) as server:
        stolen = with_users(server).token("operator")
    with serving(tmp_path, **replay, **SETTINGS, token_minutes=1) as server:
        body = {"jti": payload(stolen)["jti"]}
        assert Desk(server).ask("POST", "/auth/revoke", ACCESS_TOKEN, json=body).status_code == 204
        database = server.app.state.settings.database_url
    metadata = Metadata(database)
    metadata.open()
    try:  # an hour later, whose cleaning up goes by the time it is told
        later_s = int(time.time()) + 3600
        UserStore(metadata.engine).revoke("another", expires_at=later_s, now_s=later_s)
    finally:
        metadata.close()
    with serving(tmp_path, **replay, **SETTINGS) as server:
        assert Desk(server).status_with(stolen) == 401


def test_revocations_outlive_a_restart(recording: Path, tmp_path: Path) -> None:
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **SETTINGS) as server:
        desk = with_users(server)
        gone, kept = desk.token("viewer"), desk.token("viewer")
        desk.ask("POST", "/auth/logout", gone)
    with serving(tmp_path, source=f"replay:{recording}", speed=0, **SETTINGS) as server:
        assert (Desk(server).status_with(gone), Desk(server).status_with(kept)) == (401, 200)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/users/{name}/revoke", None),
        ("PATCH", "/auth/users/{name}", {"role": "operator"}),
        ("PATCH", "/auth/users/{name}", {"password": "another one 2"}),
        ("DELETE", "/auth/users/{name}", None),
    ],
)
def test_what_ends_all_sign_ins_of_a_user(desk: Desk, method: str, path: str, body: Any) -> None:
    desk.add_user("carl", "viewer")
    one, other = desk.token("carl"), desk.token("carl")
    with opened(desk, one) as first, opened(desk, other) as second:
        answer = desk.ask(method, path.format(name="carl"), ACCESS_TOKEN, json=body)
        assert answer.status_code in (200, 204), answer.text
        assert ends(first) == ends(second) == (SIGNED_OUT, "revoked")
    assert (desk.status_with(one), desk.status_with(other)) == (401, 401)
    if method != "DELETE":
        assert desk.ask("DELETE", "/auth/users/carl", ACCESS_TOKEN).status_code == 204
    desk.add_user("carl", "viewer")  # a namesake inherits nothing
    assert desk.status_with(one) == 401
    assert desk.ask("DELETE", "/auth/users/carl", ACCESS_TOKEN).status_code == 204


def test_an_open_socket_ends_when_its_sign_in_expires(desk: Desk) -> None:
    callers = desk.server.app.state.callers
    short, claims = callers.sign_in(callers.user("viewer"), lifetime_s=2)
    with opened(desk, short) as socket:
        assert ends(socket) == (SIGNED_OUT, "expired")
        assert time.time() >= claims.expires_at
    assert desk.status_with(short) == 401


def test_the_last_admin_among_users_stays(desk: Desk) -> None:
    admin = desk.token("admin")
    for method, body in (("DELETE", None), ("PATCH", {"role": "viewer"})):
        answer = desk.ask(method, "/auth/users/admin", admin, json=body)
        assert "last admin" in problem_of(answer, status=403)["detail"]
    assert desk.status_with(admin) == 200


def test_a_name_is_taken_once(desk: Desk) -> None:
    body = {"name": "Viewer", "role": "admin", "password": PASSWORD}
    assert (
        problem_of(desk.ask("POST", "/auth/users", ACCESS_TOKEN, json=body), status=409)["user"] == "viewer"
    )
    short = {"name": "dora", "password": "short"}
    answer = desk.ask("POST", "/auth/users", ACCESS_TOKEN, json=short)
    assert problem_of(answer, status=422)["parameter"] == "password"
    assert "short" not in answer.json()["detail"].replace("password", "")


# --- tickets ---


def ticket_of(desk: Desk, token: str) -> str:
    answer = desk.ask("POST", "/auth/ticket", token)
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["ticket"])


def test_a_ticket_opens_one_socket(desk: Desk, token: str) -> None:
    ticket = ticket_of(desk, token)
    with opened(desk, None, f"?ticket={ticket}") as socket:
        assert '"hello"' in str(socket.recv(10))
        assert refused(desk, None, f"?ticket={ticket}") == 401
    assert refused(desk, None, f"?ticket={ticket}") == 401


def test_of_many_at_once_one_gets_in_with_a_ticket(desk: Desk, token: str) -> None:
    ticket, outcomes = ticket_of(desk, token), list[int]()

    def attempt() -> None:
        try:
            with opened(desk, None, f"?ticket={ticket}"):
                outcomes.append(101)
        except InvalidStatus as error:
            outcomes.append(error.response.status_code)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [101] + [401] * 7


def test_a_ticket_ends_with_its_time_and_with_its_sign_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.token("viewer")
    late, revoked = ticket_of(desk, token), ticket_of(desk, token)
    callers = desk.server.app.state.callers
    with monkeypatch.context() as patched:
        patched.setattr(callers, "_monotonic_s", lambda: time.monotonic() + 31)
        assert refused(desk, None, f"?ticket={late}") == 401
    desk.ask("POST", "/auth/logout", token)
    assert refused(desk, None, f"?ticket={revoked}") == 401


def test_a_ticket_s_socket_ends_with_the_sign_in_it_was_got_with(desk: Desk) -> None:
    token = desk.token("viewer")
    with opened(desk, None, f"?ticket={ticket_of(desk, token)}") as socket:
        desk.ask("POST", "/auth/logout", token)
        assert ends(socket) == (SIGNED_OUT, "revoked")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:8080.evil.example"])
def test_a_ticket_is_no_way_round_the_origin(desk: Desk, token: str, origin: str) -> None:
    ticket = ticket_of(desk, token)
    assert refused(desk, None, f"?ticket={ticket}", origin=origin) == 403
    with opened(desk, None, f"?ticket={ticket}", origin="http://localhost:8080"):  # type: ignore[arg-type]
        pass


def test_a_ticket_opens_nothing_but_a_socket(desk: Desk, token: str) -> None:
    ticket = ticket_of(desk, token)
    assert desk.ask("GET", f"/stream/status?ticket={ticket}", None).status_code == 401
    assert desk.status_with(ticket) == 401


# --- on this machine without any of it ---


def test_loopback_asks_for_nothing_until_there_is_a_user(recording: Path, tmp_path: Path) -> None:
    with serving(tmp_path, source=f"replay:{recording}", speed=0) as server:
        desk = Desk(server)
        session = desk.ask("GET", "/auth/session", None).json()
        assert (session["required"], session["kind"], session["role"]) == (False, "local", "admin")
        with opened(desk, None) as socket:
            new = {"name": "ana", "role": "admin", "password": PASSWORD}
            assert desk.ask("POST", "/auth/users", None, json=new).status_code == 201
            assert ends(socket) == (SIGNED_OUT, "revoked")
        assert desk.status_with(None) == 401
        assert desk.status_with(desk.token("ana")) == 200
        assert not (tmp_path / "token").exists()


def test_nobody_is_known_before_the_users_are(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path, source=f"replay:{recording}", speed=0) as server:
        client: Client = server.client
        monkeypatch.setattr(server.app.state.callers, "_is_open", False)
        assert client.http.get("/stream/status").status_code == 401
        monkeypatch.undo()
        eventually(lambda: client.http.get("/stream/status").status_code == 200, what="it answers again")
