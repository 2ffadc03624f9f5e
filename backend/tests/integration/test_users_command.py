"""`quant users` beside a server and without one; and what of it all gets into a log."""

import json
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from serving import ServerProcess, free_port, quant, server_process
from test_settings import SEED_STYLE
from waiting import eventually

PASSWORD, OTHER = "correct horse 1", "battery staple 2"


def users(folder: Path, *arguments: str, typed: str = "", data: Path | None = None) -> tuple[int, str]:
    """Run the command and return its code and all that it said."""
    done = quant("users", *arguments, cwd=folder, typed=typed, DATA_DIR=data or folder / "data")
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("users")
    assert users(folder, "add", "Ana", "--role", "admin", typed=f"{PASSWORD}\n") == (
        0,
        "added ana as admin\n",
    )
    away = {"BINANCE_WS_URL": "ws://127.0.0.1:1", "BINANCE_REST_URL": "http://127.0.0.1:1"}
    settings = {"LOG_DIR": folder / "logs", "LOG_LEVEL": "debug", "LOGIN_LIMIT": 1000} | away
    with server_process(folder, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose data directory has a user and no server."""
    folder = tmp_path_factory.mktemp("unserved")
    assert users(folder, "add", "ana", typed=f"{PASSWORD}\n")[0] == 0
    return folder


def sign_in(server: ServerProcess, name: str, password: str) -> tuple[int, str]:
    answer = server.client.http.post("/auth/token", json={"username": name, "password": password})
    return answer.status_code, answer.json().get("access_token", "")


def test_a_user_added_before_the_start_has_to_sign_in(server: ServerProcess) -> None:
    """On loopback too, and without a token: whoever makes users means that not everybody may all."""
    assert server.client.http.get("/stream/status").status_code == 401
    status, token = sign_in(server, "ana", PASSWORD)
    assert status == 200
    shown = {"Authorization": f"Bearer {token}"}
    assert server.client.http.get("/auth/users", headers=shown).status_code == 200


def test_beside_a_server_it_knows_at_once(server: ServerProcess) -> None:
    folder = server.errors.parent
    assert users(folder, "add", "ben", typed=f"{PASSWORD}\n") == (0, "added ben as viewer\n")
    assert users(folder, "list") == (0, "admin     ana\nviewer    ben\n")
    token = sign_in(server, "ben", PASSWORD)[1]
    shown = {"Authorization": f"Bearer {token}"}
    with connect(f"ws://127.0.0.1:{server.client.port}/ws", proxy=None, additional_headers=shown) as socket:
        assert users(folder, "role", "ben", "operator") == (0, "ben is operator\n")
        with pytest.raises(ConnectionClosed) as closed:
            list(iter(lambda: socket.recv(30), None))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    assert users(folder, "password", "ben", typed=f"{OTHER}\n") == (0, "ben has a new password\n")
    assert [sign_in(server, "ben", each)[0] for each in (PASSWORD, OTHER)] == [401, 200]
    token = sign_in(server, "ben", OTHER)[1]
    assert users(folder, "sign-out", "ben") == (0, "signed out ben\n")
    refused = server.client.http.get("/symbols", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    listed = json.loads(users(folder, "list", "--json")[1])
    assert [(each["name"], each["role"]) for each in listed] == [("ana", "admin"), ("ben", "operator")]
    assert users(folder, "remove", "ben") == (0, "removed ben\n")
    assert sign_in(server, "ben", OTHER)[0] == 401


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["add", "ana"], f"{PASSWORD}\n", "there is a user 'ana' already"),
        (["add", "carl"], "short\n", "password: has 10 to 256 characters"),
        (["add", "carl"], "", "password: has 10 to 256 characters"),
        (["add", "no name"], f"{PASSWORD}\n", "name: has 1 to 40 of"),
        (["role", "ghost", "viewer"], "", "there is no user 'ghost'"),
        (["remove", "ghost"], "", "there is no user 'ghost'"),
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_what_it_refuses_is_one_sentence(
    server: ServerProcess, unserved: Path, arguments: list[str], typed: str, said: str, *, beside: bool
) -> None:
    code, text = users(server.errors.parent if beside else unserved, *arguments, typed=typed)
    assert code == 2
    assert text.startswith("quant: ")
    assert said in text
    assert text.count("\n") == 1


def test_a_password_is_no_argument(tmp_path: Path) -> None:
    code, said = users(tmp_path, "add", "ana", "--password", PASSWORD)
    assert code == 2
    assert "unrecognized arguments" in said


def test_without_a_server_the_directory_is_written(tmp_path: Path) -> None:
    for name in ("ana", "ben"):
        assert users(tmp_path, "add", name, typed=f"{PASSWORD}\n")[0] == 0
    assert users(tmp_path, "role", "ben", "admin")[0] == users(tmp_path, "sign-out", "ben")[0] == 0
    assert users(tmp_path, "remove", "ana") == (0, "removed ana\n")
    assert users(tmp_path, "list") == (0, "admin     ben\n")
    stored = (tmp_path / "data" / "metadata.sqlite").read_bytes()
    assert b"$argon2id$" in stored
    assert PASSWORD.encode() not in stored


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), (OTHER, 2)])
def test_on_a_terminal_it_is_asked_twice_and_not_shown(tmp_path: Path, again: str, code: int) -> None:
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover  the child
        os.environ |= {"DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "quant.cli", "users", "add", "ana"]
        os.execv(sys.executable, command)  # noqa: S606
    said = b""
    for prompt, answer in ((b"Password of ana: ", PASSWORD), (b"Once more: ", again)):
        while not said.endswith(prompt):
            said += os.read(terminal, 1024)
        os.write(terminal, answer.encode() + b"\n")
    try:
        while chunk := os.read(terminal, 1024):
            said += chunk
    except OSError:  # what Linux says at the end of a terminal
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
    assert PASSWORD.encode() not in said
    assert (b"added ana" in said) == (code == 0)


def test_nothing_secret_and_no_control_character_is_logged(server: ServerProcess) -> None:
    http = server.client.http
    token = sign_in(server, "ana", PASSWORD)[1]
    shown = {"Authorization": f"Bearer {token}"}
    ticket = http.post("/auth/ticket", headers=shown).json()["ticket"]
    sign_in(server, "ana\x1b[31m\r\nforged", "wrong-password-9")
    http.get(f"/nothing/{token}?next={token}", headers={"User-Agent": "a\x1b[2Jb" + token})
    http.get("/%1b%5b2J%0d%0aforged%20line")
    http.get("/symbols", headers={"Cookie": f"quant_token={token}"})
    forged = token[:-4] + "AAAA"
    http.get("/symbols", headers={"Authorization": f"Bearer {forged}"})
    url = f"ws://127.0.0.1:{server.client.port}/ws?ticket={ticket}"
    with connect(url, proxy=None) as socket:
        socket.recv(30)
    with pytest.raises(InvalidStatus):
        connect(url, proxy=None)
    last = http.post("/auth/users", headers=shown, json={"name": "x", "password": "short-1"})
    request_id = last.headers["x-request-id"]
    logs = server.errors.parent / "logs"
    eventually(lambda: request_id in (logs / "access.log").read_text(), what="the last request is logged")

    data = server.errors.parent / "data"
    secrets = [PASSWORD, "wrong-password-9", "short-1", token, forged, token.split(".")[2], ticket]
    secrets += [(data / "jwt-secret").read_text(), json.loads((data / "server.json").read_text())["secret"]]
    for path in (server.errors, *logs.iterdir()):
        text = path.read_text()
        for secret in secrets:
            assert secret not in text, (path.name, secret)
        assert not any(ord(letter) < 32 and letter != "\n" for letter in text), path.name
        assert "\nforged" not in text
        assert "without completing handshake" not in text  # what uvicorn says of every refusal
        for line in text.splitlines():
            json.loads(line)
    assert "auth.signed_in" in (logs / "quant.log").read_text()


def test_the_older_project_s_settings_file_serves_safely(tmp_path: Path) -> None:
    """Verbatim but for the port, which the environment gives: HOST=0.0.0.0 and no credentials."""
    (tmp_path / ".env").write_text(SEED_STYLE)
    away = {
        "BINANCE_WS_URL": "ws://127.0.0.1:1",
        "BINANCE_REST_URL": "http://127.0.0.1:1",
        "PORT": free_port(),
    }
    with server_process(tmp_path, **away) as server:
        http = server.client.http
        assert http.get("/stream/status").status_code == 401
        token = (tmp_path / "data" / "token").read_text()
        assert (tmp_path / "data" / "token").stat().st_mode & 0o777 == 0o600
        shown = {"Authorization": f"Bearer {token}"}
        config = http.get("/config", headers=shown).json()
        assert config["available_symbols"] == ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT"]
        assert (config["intervals"], config["window"], config["method"]) == (["1s", "1m", "5m"], 60, "ols")
        for origin, status in (("http://localhost:8080", 204), ("http://evil.example", 403)):
            answer = http.post("/auth/logout", headers=shown | {"Origin": origin})
            assert answer.status_code == status
