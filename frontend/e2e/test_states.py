"""Anybody can use every state of a panel: waiting, warming up, empty, stale, offline, with a gap, failed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scenes import SCENES, SIZES, SYMBOLS, THEMES, Scene, draw

OF_A_STATE = (
    "loading",
    "warming up",
    "empty",
    "unknown",
    "stale",
    "offline",
    "gap",
    "failed",
    "not applicable",
)
STATES = [scene for scene in SCENES if scene.name.startswith(OF_A_STATE)]


@pytest.fixture(autouse=True)
def streaming(own_server: Any) -> None:
    """Give all symbols their past."""
    own_server.post("/stream/start", {"symbols": SYMBOLS})
    own_server.wait_answer(
        f"/analytics/scan?interval=1m&window=240&symbols={','.join(SYMBOLS)}",
        enough=lambda scan: all(row["p_value"] is not None for row in scan["items"]),
    )


def test_each_state_has_a_scene() -> None:
    assert {word for word in OF_A_STATE for scene in STATES if scene.name.startswith(word)} == set(OF_A_STATE)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", STATES, ids=lambda scene: scene.name.replace(" ", "-"))
def test_no_accessibility_violations(
    own_server: Any, visit: Any, violations: Callable[[Page], list[str]], scene: Scene, size: str
) -> None:
    width, height = SIZES[size]
    page = visit(width=width, height=height, theme="dark").page
    scene.prepare(page)
    page.goto(own_server.url + scene.path)
    expect(page.locator("header, main").first).to_be_visible()
    scene.act(page)
    for theme in THEMES:
        if theme == "light":
            page.get_by_role("button", name="Switch to the light theme").click()
            expect(page.locator("html")).to_have_class("light")
        draw(page)
        assert violations(page) == [], theme
