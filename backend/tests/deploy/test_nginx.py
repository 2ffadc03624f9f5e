"""The shipped nginx site in front of a real server: dashboard, REST, WebSocket, TLS, limits."""

import contextlib
import gzip
import json
import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from deploy.proxy import NAME, SITE, Nginx
from listening import Ear
from quant.api.dashboard import dashboard_files
from serving import ServerProcess, server_process
from waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None,
    reason="nginx and the openssl command are not on this machine; `make test` installs them on Debian as root",
)
TOKEN = "the-t0ken-of-the-site"  # noqa: S105
SIGNED = {"Host": NAME, "Authorization": f"Bearer {TOKEN}"}
ORIGIN = f"https://{NAME}"
ELSEWHERE = "127.0.1.7"
"""Where a client has another address than nginx, which asks the server from 127.0.0.1."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with the settings that the head of the site asks for."""
    folder = tmp_path_factory.mktemp("server")
    asked = {"CORS_ORIGINS": ORIGIN, "TRUSTED_PROXIES": "127.0.0.1", "AUTH_TOKEN": TOKEN}
    head = SITE.read_text().partition("upstream")[0]
    assert set(re.findall(r"^#   ([A-Z_]+)=", head, re.MULTILINE)) == set(asked)
    settings = {"SOURCE": "sim:5", "LOG_DIR": folder / "logs", "LOG_LEVEL": "info"}
    with server_process(folder, **settings, **asked) as running:
        running.client.http.headers.update({"Authorization": f"Bearer {TOKEN}"})
        running.client.wait_ready()
        running.client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
        yield running


@pytest.fixture
def nginx(server: ServerProcess, tmp_path: Path) -> Iterator[Nginx]:
    """Run an nginx of its own for each test: what one has used up of the limits is no other's."""
    running = Nginx(tmp_path, server_port=server.client.port)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def site(nginx: Nginx) -> Iterator[httpx.Client]:
    with nginx.client(headers=SIGNED) as client:
        yield client


def socket_to(nginx: Nginx, **headers: str) -> ClientConnection:
    tcp = socket.create_connection(("127.0.0.1", nginx.port))
    given = {"Authorization": f"Bearer {TOKEN}"} | headers
    uri = f"wss://{NAME}/ws"
    return connect(
        uri,
        sock=tcp,
        ssl=nginx.tls(),
        server_hostname=NAME,
        additional_headers=given,
        proxy=None,
        origin=None,
        open_timeout=PATIENCE_S,
    )


def test_nginx_takes_the_site(nginx: Nginx) -> None:
    done = nginx.check()
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_nginx_would_refuse_a_wrong_one(nginx: Nginx) -> None:
    path = nginx.folder / "quant.conf"
    path.write_text(path.read_text().replace("limit_req_status", "limit_request_status"))
    assert nginx.check().returncode != 0


def test_the_dashboard_comes(site: httpx.Client) -> None:
    built = dashboard_files()
    if built is None:
        pytest.skip("the dashboard is not built")
    page = site.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.text == (built / "index.html").read_text()
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert (
        site.get("/system", headers={"Accept": "text/html"}).text == page.text
    )  # a page of the client's own
    script = next((built / "assets").glob("*.js"))
    answer = site.get(f"/assets/{script.name}")
    assert answer.text == script.read_text()  # by the server, since the folder is empty


def test_static_files_need_no_server(nginx: Nginx, site: httpx.Client) -> None:
    folder = nginx.folder / "dashboard" / "assets"
    folder.mkdir()
    (folder / "app-1.js").write_text("plain")
    (folder / "app-1.js.gz").write_bytes(gzip.compress(b"packed"))
    answer = site.get("/assets/app-1.js", headers={"Accept-Encoding": "gzip"})
    assert answer.text == "packed"
    assert answer.headers["content-type"] == "text/javascript"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["strict-transport-security"]
    assert site.get("/assets/app-1.js", headers={"Accept-Encoding": "identity"}).text == "plain"
    assert site.get("/assets/../quant.key").status_code in (400, 404)


def test_rest_answers_as_without_nginx(site: httpx.Client, server: ServerProcess) -> None:
    assert site.get("/symbols").json()["items"] == server.client.get("/symbols")["items"]
    refused = site.get("/data/NOPE")
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"
    started = site.post("/stream/start", json={"symbols": ["BTCUSDT"]}, headers={"Origin": ORIGIN})
    assert started.status_code == 200
    assert site.post("/stream/start", json={}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert "gzip" in site.get("/openapi.json").headers["content-encoding"]


def test_the_websocket_streams(nginx: Nginx) -> None:
    with socket_to(nginx, Origin=ORIGIN) as opened:
        ear = Ear(opened)
        assert ear.hear()["type"] == "hello"
        ear.say("subscribe", "bars:BTCUSDT:1s")
        first = ear.hear_type("snapshot")
        assert ear.hear_type("update")["seq"] == first["seq"] + 1
        ear.say("ping")
        ear.hear_type("pong")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, "403"),
        ({"Origin": "null"}, "403"),
        ({"Authorization": "Bearer no"}, "401"),
    ],
)
def test_strangers_get_no_websocket(nginx: Nginx, headers: dict[str, str], status: str) -> None:
    with pytest.raises(InvalidStatus, match=status):
        refused(nginx, **{"Origin": ORIGIN} | headers)


def test_a_browser_logs_in_once(nginx: Nginx, server: ServerProcess) -> None:
    with nginx.client() as client:
        assert client.get("/symbols").status_code == 401
        entered = client.get(f"/?token={TOKEN}&pair=x")
        assert (entered.status_code, entered.headers["location"]) == (303, "/?pair=x")
        cookie = entered.headers["set-cookie"].lower()
        assert {"secure", "httponly", "samesite=strict"} <= {part.strip() for part in cookie.split(";")}
        client.cookies.clear()
        shown = entered.headers["set-cookie"].partition(";")[0]
        assert client.get("/symbols", headers={"Cookie": shown}).status_code == 200
    assert TOKEN not in nginx.logged()


def test_the_token_is_in_no_log_when_the_server_is_away(nginx: Nginx, server: ServerProcess) -> None:
    changed(nginx, f"127.0.0.1:{server.client.port}", "127.0.0.1:1")
    with nginx.client() as client:
        assert client.get(f"/?token={TOKEN}").status_code == 502
    assert nginx.plain_get(f"/?token={TOKEN}").status_code == 301
    assert "GET / HTTP" in nginx.logged()
    assert TOKEN not in nginx.logged()


def test_plain_http_leads_to_tls(nginx: Nginx) -> None:
    answer = nginx.plain_get("/pair?a=1")
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/pair?a=1")


def test_old_tls_is_refused(nginx: Nginx) -> None:
    assert handshake(nginx, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert handshake(nginx, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(OSError, match=r"(?i)alert|version|protocol|reset|handshake|EOF"), pytest.warns():
        handshake(nginx, ssl.TLSVersion.TLSv1_1)


def handshake(nginx: Nginx, version: ssl.TLSVersion) -> str | None:
    context = nginx.tls()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # so that it is nginx that refuses
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", nginx.port)) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        return secure.version()


def ask_at_once(site: httpx.Client, path: str, times: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: site.get(path), range(times)))


@pytest.mark.parametrize(("path", "burst"), [("/stream/status", 60), ("/analytics/pair", 20)])
def test_too_many_requests_are_told_so(site: httpx.Client, path: str, burst: int) -> None:
    answers = ask_at_once(site, path, burst + 200)
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert len(answers) - len(refused) > burst  # those that fit are answered
    problem = refused[0].json()
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert refused[0].headers["retry-after"] == "1"
    assert (problem["status"], problem["code"]) == (429, "too_many_requests")
    eventually(lambda: site.get(path).status_code != 429, what="the bucket runs empty")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_probes_have_no_limit(site: httpx.Client, path: str) -> None:
    assert {each.status_code for each in ask_at_once(site, path, 200)} == {200}


def test_static_files_have_no_limit(site: httpx.Client) -> None:
    assert {each.status_code for each in ask_at_once(site, "/assets/none.js", 200)} == {404}


def test_one_address_has_so_many_connections(nginx: Nginx) -> None:
    changed(nginx, "limit_conn quant_connections 100;", "limit_conn quant_connections 3;")
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(socket_to(nginx, Origin=ORIGIN)) for _ in range(3)]
        with pytest.raises(InvalidStatus, match="429"):
            refused(nginx, Origin=ORIGIN)
        opened[0].close()

        def look() -> bool:
            try:
                with socket_to(nginx, Origin=ORIGIN):
                    return True
            except InvalidStatus:
                return False

        eventually(look, what="there is room for another")


def refused(nginx: Nginx, **headers: str) -> None:
    with socket_to(nginx, **headers):
        pass


def changed(nginx: Nginx, old: str, new: str) -> None:
    """Start nginx again with another line in the site."""
    path = nginx.folder / "quant.conf"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    nginx.stop()
    nginx.start()


def nginx_socket(nginx: Nginx) -> ssl.SSLSocket:
    return nginx.tls().wrap_socket(
        socket.create_connection(("127.0.0.1", nginx.port), timeout=PATIENCE_S), server_hostname=NAME
    )


def test_a_large_body_is_refused_but_for_imports(site: httpx.Client) -> None:
    body = bytes(1_100_000)
    assert site.post("/stream/start", content=body).status_code == 413
    imported = site.post("/import?name=none.csv&symbol=BTCUSDT&interval=1m", content=body)
    assert imported.status_code in (200, 422), imported.text  # it went through to the server


def test_the_client_is_known_by_its_address_and_id(nginx: Nginx, server: ServerProcess) -> None:
    faked = {"X-Forwarded-For": "6.6.6.6", "X-Request-ID": "faked"}
    with nginx.client(headers=SIGNED | faked, address=ELSEWHERE) as elsewhere:
        answer = elsewhere.get("/symbols")
    given = answer.headers["x-request-id"]
    assert len(given) == 32
    eventually(lambda: given in nginx.logged(), what="nginx has written it down")
    log = server.errors.parent / "logs" / "access.log"

    def look() -> bool:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        return any(line["request_id"] == given and line["client"] == ELSEWHERE for line in lines)

    eventually(look, what="the server's log has nginx's id and the client's address")


def test_without_users_and_token_nobody_comes_in(
    nginx: Nginx, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """nginx asks for localhost and from this machine, whoever is behind it."""
    folder = tmp_path_factory.mktemp("bare")
    with server_process(folder, CORS_ORIGINS=ORIGIN, TRUSTED_PROXIES="127.0.0.1", SOURCE="sim:5") as bare:
        site = (nginx.folder / "quant.conf").read_text()
        (old,) = re.findall(r"server (127\.0\.0\.1:\d+);", site)
        changed(nginx, old, f"127.0.0.1:{bare.client.port}")
        for address in (ELSEWHERE, "127.0.0.1"):
            with nginx.client(address=address) as client:
                assert client.get("/auth/session").json()["kind"] == "local"  # loopback all of it
        # nginx cannot be reached from another machine here, so that it says it of one.
        changed(nginx, "X-Forwarded-For $remote_addr", "X-Forwarded-For 203.0.113.9")
        with nginx.client() as client:
            refused = client.get("/stream/status")
        assert refused.status_code == 401
        assert "quant users add" in refused.json()["detail"]


def test_metrics_are_for_this_machine(nginx: Nginx, site: httpx.Client) -> None:
    assert "quant_build_info" in site.get("/metrics").text
    changed(nginx, "allow 127.0.0.1;", "")
    with nginx.client(headers=SIGNED) as elsewhere:
        refused = elsewhere.get("/metrics")
    assert refused.status_code == 404
    assert "quant_" not in refused.text


def test_who_dawdles_is_let_go(nginx: Nginx) -> None:
    changed(nginx, "client_header_timeout 10s;", "client_header_timeout 1s;")
    with nginx_socket(nginx) as slow:
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: ")
        assert slow.recv(1) == b""  # closed, within the bound of the socket
