"""The dashboard on another host than the server's: built with its addresses, delivered by a plain server of files."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts import PASSWORD, admin_of, ask, sign_in, start_with_token
from static_host import build, hosting

PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
LIVE = re.compile("Live")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A host of files, with its origin and the folder that it delivers."""
    folder = tmp_path / "host"
    folder.mkdir()
    with hosting(folder) as port:
        # Another site than the server's, not just another port, to which its cookies would go.
        yield f"http://localhost:{port}", folder


def build_for(folder: Path, server: Any) -> None:
    """Put a page there that was built for this server."""
    build(folder, VITE_API_BASE_URL=server.url, VITE_WS_URL=server.url.replace("http", "ws") + "/ws")


def test_a_page_on_another_host_signs_in_follows_commands_exports_and_signs_out(
    make_server: Any, host: tuple[str, Path], visit: Any
) -> None:
    origin, folder = host
    apart = make_server({"CORS_ORIGINS": origin, "LOGIN_LIMIT": "1000"})
    build_for(folder, apart)
    apart.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    ask(apart, "POST", "/auth/users", {"name": "ana", "role": "admin", "password": PASSWORD})
    seen = visit()
    page: Page = seen.page
    page.goto(origin + PAIR)
    sign_in(page, "ana", "wrong")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    seen.console_errors.clear()  # the browser's own line of that answer
    sign_in(page, "ana")
    state = page.get_by_test_id("state")
    expect(state).to_have_text(LIVE)
    assert page.context.cookies() == []

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(state).not_to_have_text(LIVE)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(state).to_have_text(LIVE)
    page.reload()
    expect(state).to_have_text(LIVE)

    page.get_by_role("link", name="Data and export").click()
    expect(page.get_by_test_id("estimate")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").click()
    assert Path(downloading.value.path()).read_text().startswith("time,")
    page.get_by_role("link", name="Monitor").click()
    expect(state).to_have_text(LIVE)
    assert seen.console_errors == []

    # The program behind a number asks the server, not the page's host, and says who asks.
    page.get_by_title("Where Quality comes from").click()
    program = page.get_by_test_id("snippet").inner_text()
    who = os.environ | {"QUANT_TOKEN": admin_of(apart)}
    printed = subprocess.run([sys.executable, "-c", program], env=who, capture_output=True, check=True).stdout
    assert sum(json.loads(printed).values()) == 60
    page.keyboard.press("Escape")

    # A socket that is made again has a ticket of its own.
    token = admin_of(apart)
    apart.stop()
    expect(page.get_by_text(re.compile("The server does not answer")).first).to_be_visible()
    start_with_token(apart, token)
    expect(state).to_have_text(LIVE)

    ask(apart, "POST", "/auth/users/ana/revoke", {}, admin_of(apart))
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    page.reload()
    sign_in(page, "ana")
    expect(state).to_have_text(LIVE)
    page.get_by_role("button", name="Signed in as ana").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
