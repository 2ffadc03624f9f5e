"""Signing in and out on the page, and what each role finds there."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts import PASSWORD, admin_of, ask, sign_in, start_with_token

PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
ROLES = {"ana": "admin", "opal": "operator", "ben": "viewer"}
LIVE = re.compile("Live")


@pytest.fixture
def server(make_server: Any) -> Any:
    """The simulated market with two streaming symbols, and a user of each role."""
    made = make_server({"LOGIN_LIMIT": "1000"})
    made.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    token = ""
    for name, role in ROLES.items():
        ask(made, "POST", "/auth/users", {"name": name, "role": role, "password": PASSWORD}, token)
        token = token or admin_of(made)
    return made


def test_a_viewer_signs_in_reads_and_signs_out(
    server: Any, visit: Any, violations: Callable[[Page], list[str]]
) -> None:
    for theme in ("light", "dark"):
        seen = visit(theme=theme)
        page = seen.page
        page.goto(server.url + PAIR)
        expect(page.get_by_label("Name")).to_be_focused()
        assert violations(page) == []
        assert seen.console_errors == []

    sign_in(page, "ben", "wrong")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    seen.console_errors.clear()  # the browser's own line of that answer

    sign_in(page, "ben")
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    assert page.url == server.url + PAIR
    why = "Needs the role operator; you have the role viewer"
    for name in ("Start", "Stop"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", why)
    expect(page.get_by_label("Source")).to_be_disabled()
    page.get_by_role("button", name="Signed in as ben").click()
    dialog = page.get_by_role("dialog", name="Signed in")
    expect(dialog).to_contain_text("with the role viewer")
    expect(dialog).to_contain_text("UTC")
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Alert rules").click()
    expect(page.get_by_role("button", name="New rule")).to_be_disabled()
    page.get_by_role("link", name="Monitor").click()
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    assert seen.console_errors == []

    page.reload()
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    page.get_by_role("button", name="Signed in as ben").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert seen.console_errors == []


def test_an_operator_runs_streams_until_an_admin_ends_the_sign_in(server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(server.url + PAIR)
    sign_in(page, "opal")
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_test_id("state")).not_to_have_text(LIVE)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_test_id("state")).to_have_text(LIVE)

    ask(server, "POST", "/auth/users/opal/revoke", {}, admin_of(server))

    expect(page.get_by_text("You were signed out.")).to_be_visible()
    sign_in(page, "opal")
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    assert page.url == server.url + PAIR


def test_a_page_that_is_open_learns_that_users_were_made(make_server: Any, visit: Any) -> None:
    server = make_server({})
    page = visit().page
    page.goto(server.url)
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    expect(page.get_by_role("button", name=re.compile("Signed in"))).to_have_count(0)
    ask(server, "POST", "/auth/users", {"name": "ana", "role": "admin", "password": PASSWORD})
    sign_in(page, "ana")
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()


def test_the_access_token_signs_in(make_server: Any, visit: Any) -> None:
    server = make_server({})
    token = "the-access-t0ken-of-this-test"  # noqa: S105
    server.stop()
    server.environment["AUTH_TOKEN"] = token
    page = visit().page
    start_with_token(server, token)
    page.goto(server.url)
    page.get_by_role("button", name="With the server's access token").click()
    page.get_by_label("Access token of the server").fill(token)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    expect(page.get_by_role("button", name="Signed in as the access token")).to_be_visible()


def test_a_server_that_is_open_to_all_says_so(make_server: Any, visit: Any) -> None:
    server = make_server({"HOST": "0.0.0.0", "ALLOW_INSECURE": "true"})  # noqa: S104  what this is about
    page = visit().page
    page.goto(server.url)
    expect(page.get_by_test_id("state")).to_have_text(LIVE)
    page.get_by_test_id("insecure").click()
    expect(page.get_by_text(re.compile("Everybody who reaches this server"))).to_be_visible()
