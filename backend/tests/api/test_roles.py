"""Every route with everybody: nobody, a viewer, an operator, an admin, and the holder of the access token."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from problems import problem_of
from quant.access.roles import Role
from quant.api.app import create_app
from quant.api.permissions import NEEDS, need_of
from quant.settings import Settings
from serving import serving
from signing_in import ACCESS_TOKEN, ROLES, SETTINGS, Desk, with_users

# What this test holds to be right, by hand; the rest is for viewers.
FOR_ALL = {
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/auth/session"),
    ("POST", "/auth/token"),
    ("GET", "/docs-assets/swagger-init.js"),
}
FOR_OPERATORS = {
    ("POST", "/stream/start"),
    ("POST", "/stream/stop"),
    ("POST", "/replay"),
    ("POST", "/alerts"),
    ("PATCH", "/alerts/{rule_id}"),
    ("DELETE", "/alerts/{rule_id}"),
    ("POST", "/alerts/{event_id}/ack"),
    ("POST", "/alerts/dead-letters/{delivery_id}/retry"),
    ("POST", "/import"),
    ("POST", "/backfill"),
}
FOR_ADMINS = {
    ("POST", "/auth/revoke"),
    ("GET", "/auth/users"),
    ("POST", "/auth/users"),
    ("PATCH", "/auth/users/{name}"),
    ("DELETE", "/auth/users/{name}"),
    ("POST", "/auth/users/{name}/revoke"),
}
CHANGING = {("POST", "/alerts/preview"), ("POST", "/auth/ticket"), ("POST", "/auth/logout")}
"""Not reads by their method, and still for viewers: nothing of anybody else's changes."""

VALUES = {"symbol": "AAAUSDT", "job_id": "none", "rule_id": "none", "event_id": "none", "name": "nobody"}
VALUES |= {"delivery_id": "7"}


def app_routes() -> list[tuple[str, str]]:
    """Return every endpoint as the application has it, and not the page, which answers for all other paths."""
    app = create_app(settings=Settings(data_dir=Path("not-made"), source="sim"))
    return sorted(route for route in endpoints(app.routes) if route[1] != "/{path:path}")


def endpoints(routes: list[Any]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if hasattr(route, "original_router"):  # FastAPI's own, of a router that was included
            yield from endpoints(route.original_router.routes)
        elif isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", route.path
        else:
            yield from ((method, route.path) for method in (route.methods or set()) - {"HEAD", "OPTIONS"})


ROUTES = app_routes()
ASKED = [route for route in ROUTES if route[0] != "WEBSOCKET"]


def least(route: tuple[str, str]) -> str | None:
    if route in FOR_ALL:
        return None
    return "admin" if route in FOR_ADMINS else "operator" if route in FOR_OPERATORS else "viewer"


@pytest.fixture(scope="module")
def desk(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(
        tmp_path_factory.mktemp("roles"), source=f"replay:{recording}", speed=0, **SETTINGS
    ) as server:
        yield with_users(server)


@pytest.fixture(scope="module")
def tokens(desk: Desk) -> dict[str, str]:
    return {role: desk.token(role) for role in ROLES}


def test_the_table_has_every_route_and_no_other() -> None:
    assert len(ROUTES) >= 50
    assert set(NEEDS) == set(ROUTES)


def test_what_is_here_is_there() -> None:
    assert set(ROUTES) >= (FOR_ALL | FOR_OPERATORS | FOR_ADMINS | CHANGING)
    changes = {(method, path) for method, path in ROUTES if method not in ("GET", "WEBSOCKET")}
    assert changes - FOR_OPERATORS - FOR_ADMINS - CHANGING == {("POST", "/auth/token")}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_the_table_says_the_same_of_a_real_path(route: tuple[str, str]) -> None:
    method, path = route
    found = need_of(method, path.format(**VALUES))
    assert found == NEEDS[route]
    assert found.role == (None if least(route) is None else Role(str(least(route))))


@pytest.mark.parametrize(
    "path", ["/auth/users", "/stream/start", "/alerts/x", "/docs", "/nothing", "/import/x"]
)
@pytest.mark.parametrize("method", ["PUT", "TRACE", "DELETE", "PROPFIND"])
def test_what_the_table_does_not_have_is_not_open(method: str, path: str) -> None:
    if (method, path) != ("DELETE", "/alerts/x"):
        assert need_of(method, path).role is Role.ADMIN


@pytest.mark.parametrize("route", ASKED, ids=" ".join)
@pytest.mark.parametrize("who", [None, *ROLES, "holder"], ids=str)
def test_who_may_call_what(
    desk: Desk, tokens: dict[str, str], route: tuple[str, str], who: str | None
) -> None:
    method, path = route
    token = {None: None, "holder": ACCESS_TOKEN}.get(who, tokens.get(str(who)))
    if path == "/auth/logout" and who in ROLES:
        token = desk.token(who)  # one that nobody else needs
    needed = least(route)
    ranks = {None: -1, "viewer": 0, "operator": 1, "admin": 2, "holder": 2}

    answer = desk.ask(method, path.format(**VALUES), token)

    if ranks[who] >= ranks[needed]:
        assert answer.status_code not in (401, 403) or path in ("/auth/token", "/import"), answer.text
    elif who is None:
        assert problem_of(answer, status=401)["code"] == "not_signed_in"
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        body = problem_of(answer, status=403)
        assert (body["code"], body["role"], body["needed"]) == ("not_allowed", who, needed)


@pytest.mark.parametrize("who", [None, *ROLES, "holder"], ids=str)
def test_the_socket_is_for_all_who_signed_in(desk: Desk, tokens: dict[str, str], who: str | None) -> None:
    token = {None: None, "holder": ACCESS_TOKEN}.get(who, tokens.get(str(who)))
    url = f"ws://127.0.0.1:{desk.server.client.port}/ws"
    shown = {} if token is None else {"Authorization": f"Bearer {token}"}
    if who is None:
        with pytest.raises(InvalidStatus) as refused:
            connect(url, proxy=None, additional_headers=shown)
        assert refused.value.response.status_code == 401
    else:
        with connect(url, proxy=None, additional_headers=shown) as socket:
            assert '"hello"' in str(socket.recv(10))


@pytest.mark.parametrize(
    "path",
    [
        "/auth/users/",
        "//auth/users",
        "/auth//users",
        "/AUTH/users",
        "/auth/users%2F",
        "/./auth/users",
        "/auth/users;x",
        "/auth/users%00",
        "/auth/users%0A",
        "/auth/users%0D%0A",
        "/auth/users%7F",
        f"/auth/users{'x' * 300}",
        "/auth/%75sers",
        "/auth/users?token=x",
        "/x/../auth/users",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_spelling_of_a_path_gets_round_the_table(
    desk: Desk, tokens: dict[str, str], path: str, method: str
) -> None:
    body = {"name": "eve", "role": "admin", "password": "long enough"}
    for token in (None, tokens["viewer"], tokens["operator"]):
        answer = desk.ask(method, path, token, json=body if method == "POST" else None)
        assert answer.status_code not in (200, 201) or "text/html" in answer.headers["content-type"], (
            answer.text
        )
    assert [user["name"] for user in desk.ask("GET", "/auth/users", ACCESS_TOKEN).json()["items"]] == sorted(
        ROLES
    )


@pytest.mark.parametrize("ending", ["%0A", "%0D", "%00", "%1F", "%7F"])
def test_no_route_answers_to_a_path_with_a_control_character(desk: Desk, ending: str) -> None:
    for method, path in NEEDS:
        if method != "WEBSOCKET" and "{" not in path:
            for token in (None, ACCESS_TOKEN):
                answer = desk.ask(method, path + ending, token)
                assert answer.status_code == 404, (method, path, answer.text)


def test_a_webhooks_address_is_for_who_may_change_it(desk: Desk, tokens: dict[str, str]) -> None:
    """Its path is a key in most cases: a viewer could write to the channel with it."""
    address = "https://hooks.example.com/services/T0/B0/s3cret"
    rule = {
        "name": "any price",
        "when": {"all": [{"metric": "price", "symbol": "AAAUSDT", "op": ">", "value": 0}]},
        "channels": [address],
    }
    added = desk.ask("POST", "/alerts", tokens["operator"], json=rule)
    assert added.status_code == 200, added.text
    assert added.json()["channels"] == [address]
    path = f"/alerts/{added.json()['id']}"

    def told_to(who: str) -> list[Any]:
        listed = desk.ask("GET", "/alerts", tokens[who]).json()["items"]
        alone = desk.ask("GET", path, tokens[who]).json()
        assert alone in listed
        return list(alone["channels"])

    assert told_to("viewer") == ["https://hooks.example.com/…"]
    assert told_to("operator") == told_to("admin") == [address]
    assert desk.ask("DELETE", path, tokens["operator"]).status_code == 204
