"""A server with users, and who they are to it."""

from dataclasses import dataclass
from typing import Any

import httpx

from serving import InProcess

PASSWORD = "correct horse 1"  # noqa: S105  of these tests
ACCESS_TOKEN = "the-access-t0ken-of-these-tests"  # noqa: S105
ROLES = ("viewer", "operator", "admin")


@dataclass(frozen=True)
class Desk:
    """A running server that asks for sign-ins, with a user of each role by its name."""

    server: InProcess

    @property
    def http(self) -> httpx.Client:
        return self.server.client.http

    def ask(self, method: str, path: str, token: str | None, **options: Any) -> httpx.Response:
        """Ask with a token and without the client's cookies."""
        self.http.cookies.clear()
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.request(method, path, headers=headers, **options)

    def add_user(self, name: str, role: str) -> None:
        body = {"name": name, "role": role, "password": PASSWORD}
        answer = self.ask("POST", "/auth/users", ACCESS_TOKEN, json=body)
        assert answer.status_code == 201, answer.text

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        body = {"username": name, "password": password} | more
        return self.ask("POST", "/auth/token", None, json=body)

    def token(self, name: str) -> str:
        answer = self.sign_in(name)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def status_with(self, token: str | None) -> int:
        return self.ask("GET", "/stream/status", token).status_code


SETTINGS: dict[str, Any] = {"auth_token": ACCESS_TOKEN, "login_limit": 1_000_000, "rate_limit": 0}
"""Of tests that are about something else than limits."""


def with_users(server: InProcess) -> Desk:
    desk = Desk(server)
    for role in ROLES:
        desk.add_user(role, role)
    return desk
