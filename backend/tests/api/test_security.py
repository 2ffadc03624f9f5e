"""Who may talk to the server, and what a browser is told to allow."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from problems import problem_of
from quant.api.addresses import origin_of
from serving import Client, InProcess, server_process, serving
from waiting import eventually

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}
EVIL = "http://evil.example"
ALLOWED = "http://localhost:8080"
ANY_ADDRESS = "0.0.0.0"  # noqa: S104  a setting; the test itself listens on loopback
SECRET = "s3cret"  # noqa: S105  of this test


@pytest.fixture(scope="module")
def open_to_others(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    folder = tmp_path_factory.mktemp("open")
    with serving(folder, source=f"replay:{recording}", speed=0, host=ANY_ADDRESS) as server:
        yield server


@pytest.fixture(scope="module")
def insecure(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    folder = tmp_path_factory.mktemp("insecure")
    settings = {"source": f"replay:{recording}", "speed": 0, "cors_origins": ("https://dash.example",)}
    with serving(folder, **settings, host=ANY_ADDRESS, allow_insecure=True) as server:
        yield server


@pytest.fixture(scope="module")
def token(open_to_others: InProcess) -> str:
    return (open_to_others.app.state.settings.data_dir / "token").read_text()


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/stream/status", {}),
        ("/docs", {}),
        ("/data/NOPE", {}),
        ("/nothing", {}),
        ("/stream/status", {"headers": {"Host": "evil.example"}}),
    ],
)
def test_every_answer_carries_the_security_headers(api: Client, path: str, options: dict[str, Any]) -> None:
    headers = api.http.get(path, **options).headers

    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1:{port}", "127.9.9.9", "[::1]:{port}", "localhost"]
)
def test_this_machine_is_known_by_its_names(api: Client, host: str) -> None:
    answer = api.http.get("/livez", headers={"Host": host.format(port=api.port)})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.evil.example", "localhost.evil.example", "", "[", "a b"]
)
def test_another_host_name_is_refused(api: Client, host: str) -> None:
    body = problem_of(api.http.get("/stream/status", headers={"Host": host}), status=403)
    assert body["code"] == "refused"


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "http://[",
        "https://localhost:8080",
        "http://localhost:8081",
        "http://localhost:8080.evil.example",
        "http://evil.example/localhost:8080",
        "http://localhost",
        "https://127.0.0.1:{port}",
        "ws://127.0.0.1:{port}",
        "127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example@127.0.0.1:{port}",
        "http://127.0.0.1",
        "",
    ],
)
def test_a_foreign_page_changes_nothing(api: Client, origin: str) -> None:
    origin = origin.format(port=api.port)
    problem_of(api.http.post("/stream/stop", headers={"Origin": origin}), status=403)

    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{api.port}/ws", proxy=None, origin=origin)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


def test_a_foreign_page_cannot_read_either(api: Client) -> None:
    answer = api.http.get("/stream/status", headers={"Origin": EVIL})
    assert "access-control-allow-origin" not in answer.headers

    asked = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in api.http.options("/stream/start", headers=asked).headers


@pytest.mark.parametrize("origin", [ALLOWED, "http://localhost:3000", "http://127.0.0.1:{port}"])
def test_our_own_and_configured_pages_may_all(api: Client, origin: str) -> None:
    origin = origin.format(port=api.port)

    assert api.http.post("/stream/start", headers={"Origin": origin}).status_code == 200
    with connect(f"ws://127.0.0.1:{api.port}/ws", proxy=None, origin=origin) as socket:  # type: ignore[arg-type]
        assert '"hello"' in str(socket.recv(10))


def test_a_program_that_names_no_origin_may_all(api: Client) -> None:
    answer = api.http.post("/stream/start")
    assert (answer.status_code, "origin" in answer.request.headers) == (200, False)
    with connect(f"ws://127.0.0.1:{api.port}/ws", proxy=None, origin=None) as socket:
        assert '"hello"' in str(socket.recv(10))


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("http", "quant.example:8000", "http://quant.example:8000"),
        ("https", "quant.example:8000", "https://quant.example:8000"),
        ("https", "quant.example", "https://quant.example"),
        ("https", "Quant.Example:443", "https://quant.example"),
        ("http", "quant.example:80", "http://quant.example"),
        ("http", "quant.example:443", "http://quant.example:443"),
        ("http", "[::1]:8000", "http://[::1]:8000"),
        ("http", "", None),
        ("http", "[", None),
        ("http", "quant.example:99999", None),
        ("http", "quant.example/x", None),
        ("http", "me@quant.example", None),
        ("null", "quant.example", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(scheme: str, host: str, origin: str | None) -> None:
    assert origin_of(scheme, host) == origin


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_preflights_of_configured_pages_pass(api: Client, method: str) -> None:
    asked = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type",
    }

    answer = api.http.options("/stream/start", headers=asked)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert method in answer.headers["access-control-allow-methods"]


def test_open_to_others_makes_a_token_only_its_owner_can_read(open_to_others: InProcess, token: str) -> None:
    file = open_to_others.app.state.settings.data_dir / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(token) >= 32


@pytest.mark.parametrize(
    "path", ["/stream/status", "/metrics", "/docs", "/openapi.json", "/healthz", "/?token=wrong"]
)
def test_without_the_token_nothing_is_shown(open_to_others: InProcess, path: str) -> None:
    body = problem_of(open_to_others.client.http.get(path), status=401)
    assert body["code"] == "not_signed_in"


@pytest.mark.parametrize("path", ["/", "/scan", "/favicon.svg", "/auth/session"])
def test_the_page_to_sign_in_on_is_shown(open_to_others: InProcess, path: str) -> None:
    answer = open_to_others.client.http.get(path, headers={"Accept": "text/html"})
    assert answer.status_code != 401
    if path == "/auth/session":
        assert (answer.json()["required"], answer.json()["role"]) == (True, None)


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_need_no_token(open_to_others: InProcess, path: str) -> None:
    assert open_to_others.client.http.get(path).status_code in (200, 503)


def test_preflights_need_no_token(open_to_others: InProcess) -> None:
    asked = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    answer = open_to_others.client.http.options("/stream/start", headers=asked)
    assert answer.headers["access-control-allow-origin"] == ALLOWED


def test_a_configured_page_can_read_why_it_is_refused_and_no_other_can(open_to_others: InProcess) -> None:
    http = open_to_others.client.http
    answer = http.get("/stream/status", headers={"Origin": ALLOWED})
    problem_of(answer, status=401)
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()
    answer = http.get("/stream/status", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_token_opens_everything(open_to_others: InProcess, token: str, scheme: str) -> None:
    client, shown = open_to_others.client, {"Authorization": f"{scheme} {token}"}

    assert client.http.get("/stream/status", headers=shown).status_code == 200
    assert client.http.post("/stream/start", headers=shown).status_code in (200, 503)
    with connect(f"ws://127.0.0.1:{client.port}/ws", proxy=None, additional_headers=shown) as socket:
        assert '"hello"' in str(socket.recv(10))


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "quant_token=wrong"}])
def test_the_socket_asks_for_the_token_too(open_to_others: InProcess, shown: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{open_to_others.client.port}/ws", proxy=None, additional_headers=shown)


def test_the_printed_address_signs_a_browser_in(open_to_others: InProcess, token: str) -> None:
    client = open_to_others.client
    answer = client.http.get("/", params={"token": token, "pair": "A-B"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/?pair=A-B"  # the token does not stay in the address
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    signed_in = {"Cookie": cookie.partition(";")[0]}
    assert client.http.get("/stream/status", headers=signed_in).status_code == 200
    client.http.cookies.clear()


def test_a_token_in_the_address_signs_in_on_the_first_page_only(
    open_to_others: InProcess, token: str
) -> None:
    problem_of(open_to_others.client.http.get("/stream/status", params={"token": token}), status=401)
    problem_of(open_to_others.client.http.post("/", params={"token": token}), status=401)


def test_the_token_stays_over_a_restart(
    open_to_others: InProcess, token: str, recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(token)
    with serving(tmp_path, source=f"replay:{recording}", speed=0, host=ANY_ADDRESS) as server:
        shown = {"Authorization": f"Bearer {token}"}
        assert server.client.http.get("/stream/status", headers=shown).status_code == 200


def test_an_empty_token_file_is_not_a_password(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with serving(tmp_path, source=f"replay:{recording}", speed=0, host=ANY_ADDRESS) as server:
        problem_of(server.client.http.get("/stream/status"), status=401)
        file = tmp_path / "token"
        assert (stat.S_IMODE(file.stat().st_mode), len(file.read_text()) >= 32) == (0o600, True)


def test_auth_token_asks_for_it_on_this_machine_too(recording: Path, tmp_path: Path) -> None:
    with serving(tmp_path, source=f"replay:{recording}", speed=0, auth_token=SECRET) as server:
        http = server.client.http
        problem_of(http.get("/stream/status"), status=401)
        assert http.get("/stream/status", headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200
        assert http.get("/", params={"token": SECRET}).status_code == 303
        # the name of another machine is refused before any token is looked at
        answer = http.get("/", params={"token": SECRET}, headers={"Host": "evil.example"})
        problem_of(answer, status=403)
        assert not (tmp_path / "token").exists()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.168.1.5:8000", 200),
        ("[fe80::1]", 200),
        ("localhost", 200),
        ("{own}", 200),
        ("dash.example", 200),
        ("desk.example", 403),
        ("127.evil.example", 403),
        ("", 403),
        ("dash.example.evil.example", 403),
    ],
)
def test_allow_insecure_opens_to_all_who_know_its_names(insecure: InProcess, host: str, status: int) -> None:
    """A foreign name that is pointed at this address would otherwise be an origin of its own."""
    host = host.format(own=socket.gethostname())
    answer = insecure.client.http.get("/stream/status", headers={"Host": host})
    assert answer.status_code == status


def test_who_comes_without_a_token_may_not_make_users(insecure: InProcess) -> None:
    http = insecure.client.http
    session = http.get("/auth/session").json()
    assert (session["insecure"], session["role"], session["kind"]) == (True, "operator", "open")
    new = {"name": "eve", "role": "admin", "password": "long enough"}
    problem_of(http.post("/auth/users", json=new), status=403)
    assert http.post("/stream/start").status_code == 200
    assert not (insecure.app.state.settings.data_dir / "token").exists()


def test_allowed_hosts_are_the_only_names(recording: Path, tmp_path: Path) -> None:
    replay = {"source": f"replay:{recording}", "speed": 0}
    with serving(tmp_path, **replay, allowed_hosts=("quant.example.org",)) as server:
        for host, status in (("quant.example.org", 200), ("localhost:8000", 200), ("example.org", 403)):
            answer = server.client.http.get("/stream/status", headers={"Host": host})
            assert answer.status_code == status, host


# --- a proxy in front of a server that asks nobody to sign in ---

FOREIGN = [
    (("127.0.0.1",), {"X-Forwarded-For": "203.0.113.9"}),
    (("127.0.0.1",), {"X-Forwarded-For": "torn, 203.0.113.9"}),
    ((), {"X-Forwarded-For": "203.0.113.9"}),
    ((), {"X-Forwarded-For": "127.0.0.1"}),
    ((), {"Forwarded": "for=127.0.0.1"}),
    ((), {"X-Real-IP": "127.0.0.1"}),
]


@pytest.fixture(scope="module", params=[(), ("127.0.0.1",)], ids=["unknown proxy", "trusted proxy"])
def behind(
    request: pytest.FixtureRequest, recording: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcess]:
    folder = tmp_path_factory.mktemp("behind")
    replay = {"source": f"replay:{recording}", "speed": 0}
    with serving(folder, **replay, trusted_proxies=request.param) as server:
        yield server


def test_whom_a_proxy_speaks_for_is_not_of_this_machine(behind: InProcess) -> None:
    client, trusted = behind.client, behind.app.state.settings.trusted_proxies
    for headers in [headers for proxies, headers in FOREIGN if proxies == trusted]:
        body = problem_of(client.http.get("/stream/status", headers=headers), status=401)
        assert body["code"] == "not_signed_in"
        assert "quant users add" in body["detail"]
        assert "AUTH_TOKEN" in body["detail"]
        new = {"name": "eve", "role": "admin", "password": "long enough"}
        problem_of(client.http.post("/auth/users", json=new, headers=headers), status=401)
        wrong = {"username": "eve", "password": "long enough"}
        answer = client.http.post("/auth/token", json=wrong, headers=headers)
        assert "quant users add" in problem_of(answer, status=401)["detail"]
        session = client.http.get("/auth/session", headers=headers).json()
        assert (session["required"], session["role"], session["insecure"]) == (True, None, False)
        with pytest.raises(InvalidStatus, match="401"):
            connect(f"ws://127.0.0.1:{client.port}/ws", proxy=None, additional_headers=headers)
        for path in ("/", "/livez"):
            assert client.http.get(path, headers=headers).status_code != 401


def test_who_asks_from_this_machine_is_known_beside_a_proxy(behind: InProcess) -> None:
    client = behind.client
    given = [{}, {"X-Forwarded-For": "127.0.0.1"}] if behind.app.state.settings.trusted_proxies else [{}]
    for headers in given:
        session = client.http.get("/auth/session", headers=headers).json()
        assert (session["required"], session["role"], session["kind"]) == (False, "admin", "local")
        with connect(f"ws://127.0.0.1:{client.port}/ws", proxy=None, additional_headers=headers) as socket:
            assert '"hello"' in str(socket.recv(10))


@pytest.mark.parametrize("spoken", ["http", "https", "ftp", ""])
def test_a_trusted_proxy_says_which_scheme_its_pages_have(behind: InProcess, spoken: str) -> None:
    client, is_trusted = behind.client, bool(behind.app.state.settings.trusted_proxies)
    told = {"X-Forwarded-Proto": spoken} if spoken else {}
    told |= {"X-Forwarded-For": "127.0.0.1"} if is_trusted else {}
    own = "https" if is_trusted and spoken == "https" else "http"
    for scheme in ("http", "https"):
        origin = f"{scheme}://127.0.0.1:{client.port}"
        answer = client.http.post("/stream/start", headers=told | {"Origin": origin})
        options: dict[str, Any] = {"proxy": None, "origin": origin, "additional_headers": told}
        if scheme == own:
            assert answer.status_code == 200, answer.text
            with connect(f"ws://127.0.0.1:{client.port}/ws", **options) as socket:
                assert '"hello"' in str(socket.recv(10))
            continue
        assert "TRUSTED_PROXIES" in problem_of(answer, status=403)["detail"]
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(f"ws://127.0.0.1:{client.port}/ws", **options),
        ):
            pass


def test_allow_insecure_serves_whom_a_proxy_speaks_for(recording: Path, tmp_path: Path) -> None:
    replay = {"source": f"replay:{recording}", "speed": 0}
    with serving(tmp_path, **replay, allow_insecure=True) as server:
        http, headers = server.client.http, {"X-Forwarded-For": "203.0.113.9"}
        session = http.get("/auth/session", headers=headers).json()
        assert (session["insecure"], session["role"], session["kind"]) == (True, "operator", "open")
        assert http.get("/stream/status", headers=headers).status_code == 200
        assert http.get("/auth/session").json()["kind"] == "local"


# --- what the log says at the start of a server that no command of ours runs ---


def test_the_log_names_the_file_of_a_token_that_was_made(recording: Path, tmp_path: Path) -> None:
    replay = {"source": f"replay:{recording}", "speed": 0, "host": ANY_ADDRESS}
    for times in (1, 0):  # made, and there already
        with capture_logs() as events, serving(tmp_path, **replay):
            pass
        told = [each for each in events if each["event"] == "auth.token_made"]
        assert [(each["file"], each["log_level"]) for each in told] == times * [
            (str(tmp_path / "token"), "warning")
        ]
        assert (tmp_path / "token").read_text() not in str(events)
        assert "serve.insecure" not in [each["event"] for each in events]


@pytest.mark.parametrize("host", [ANY_ADDRESS, "127.0.0.1"])
def test_the_log_warns_of_a_server_that_is_open_to_all(recording: Path, tmp_path: Path, host: str) -> None:
    replay = {"source": f"replay:{recording}", "speed": 0, "host": host}
    with capture_logs() as events, serving(tmp_path, **replay, allow_insecure=True):
        pass
    assert [each["log_level"] for each in events if each["event"] == "serve.insecure"] == ["warning"]


def test_the_command_says_it_once(tmp_path: Path) -> None:
    with server_process(tmp_path, HOST=ANY_ADDRESS, SOURCE="sim:5") as server:
        token = (tmp_path / "data" / "token").read_text()
        eventually(lambda: server.output.read_text().count(token) == 1, what="the address is printed")
        assert "auth.token_made" not in server.errors.read_text()
    open_to_all = tmp_path / "open"
    with server_process(open_to_all, HOST=ANY_ADDRESS, ALLOW_INSECURE="true", SOURCE="sim:5") as server:
        eventually(lambda: "serve.insecure" in server.errors.read_text(), what="the log warns")
        server.end()
        assert server.errors.read_text().count("serve.insecure") == 1
