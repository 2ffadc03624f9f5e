"""Users and their tokens at a server, and the page's form that asks for them."""

import json
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

PASSWORD = "correct horse 1"  # noqa: S105  of these tests


def ask(server: Any, method: str, path: str, body: dict[str, Any], token: str = "") -> Any:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def admin_of(server: Any) -> str:
    return str(ask(server, "POST", "/auth/token", {"username": "ana", "password": PASSWORD})["access_token"])


def start_with_token(server: Any, token: str) -> None:
    """Start a server whose health is not for everybody."""
    plain = server.get
    server.get = lambda path: ask(server, "GET", path, {}, token)
    server.start()
    server.get = plain


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
