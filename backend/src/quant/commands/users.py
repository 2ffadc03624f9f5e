"""`quant users`: who may sign in, at the server that runs, or in the data directory where none does."""

import argparse
import getpass
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from quant.access.passwords import check_password, hash_password, user_name
from quant.clock import NS_PER_MS, SystemClock
from quant.commands.handover import RunningServer, server_or_metadata
from quant.errors import InvalidParameter
from quant.settings import Settings, load_settings
from quant.storage.user_store import UserStore

Row = Mapping[str, Any]  # JSON


class Users(Protocol):
    """Users, wherever they are."""

    def all(self) -> list[Row]: ...

    def add(self, name: str, role: str, password: str) -> None: ...

    def change(self, name: str, *, role: str | None = None, password: str | None = None) -> None: ...

    def sign_out(self, name: str) -> None: ...

    def remove(self, name: str) -> None: ...


class ServedUsers:
    """Those of a running server, which knows at once."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def all(self) -> list[Row]:
        items: list[Row] = self._server.request("GET", "/auth/users")["items"]
        return items

    def add(self, name: str, role: str, password: str) -> None:
        self._server.request("POST", "/auth/users", json={"name": name, "role": role, "password": password})

    def change(self, name: str, *, role: str | None = None, password: str | None = None) -> None:
        given = {"role": role, "password": password}
        body = {key: value for key, value in given.items() if value is not None}
        self._server.request("PATCH", f"/auth/users/{name}", json=body)

    def sign_out(self, name: str) -> None:
        self._server.request("POST", f"/auth/users/{name}/revoke")

    def remove(self, name: str) -> None:
        self._server.request("DELETE", f"/auth/users/{name}")


class StoredUsers:
    """Those of a data directory that nobody serves."""

    def __init__(self, store: UserStore) -> None:
        self._store = store

    def all(self) -> list[Row]:
        return [
            {"name": user.name, "role": user.role, "created_at": user.created_at}
            for user in self._store.users()
        ]

    def add(self, name: str, role: str, password: str) -> None:
        at_ms = SystemClock().wall_ns() // NS_PER_MS
        self._store.add(name, role=role, password_hash=hash_password(password), at_ms=at_ms)

    def change(self, name: str, *, role: str | None = None, password: str | None = None) -> None:
        self._store.change(
            name, role=role, password_hash=None if password is None else hash_password(password)
        )

    def sign_out(self, name: str) -> None:
        self._store.change(name)

    def remove(self, name: str) -> None:
        self._store.remove(name)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked for; return the exit code."""
    name = user_name(arguments.name) if arguments.what != "list" else ""
    password = ""
    if arguments.what in ("add", "password"):
        password = _password(name)
        check_password(password)
    with _opened(load_settings()) as users:
        match arguments.what:
            case "list":
                _show(users.all(), as_json=arguments.json)
            case "add":
                users.add(name, arguments.role, password)
                _print(f"added {name} as {arguments.role}")
            case "role":
                users.change(name, role=arguments.role)
                _print(f"{name} is {arguments.role}")
            case "password":
                users.change(name, password=password)
                _print(f"{name} has a new password")
            case "sign-out":
                users.sign_out(name)
                _print(f"signed out {name}")
            case "remove":
                users.remove(name)
                _print(f"removed {name}")
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[Users]:
    with server_or_metadata(settings) as owner:
        yield ServedUsers(owner) if isinstance(owner, RunningServer) else StoredUsers(UserStore(owner.engine))


def _password(name: str) -> str:
    """Return the password of the prompt, typed twice, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Once more: ") != password:
        raise InvalidParameter("password", "the two are not the same")
    return password


def _show(users: list[Row], *, as_json: bool) -> None:
    if as_json:
        _print(json.dumps(users, indent=2))
        return
    for user in users:
        _print(f"{user['role']:8}  {user['name']}")
    if not users:
        _print("no users")


def _print(text: str) -> None:
    print(text)  # noqa: T201  the command's own voice
