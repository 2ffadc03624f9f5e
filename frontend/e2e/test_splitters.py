"""Lines that can be dragged are found by a hand that is not exact, and take nothing from what stands beside them."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
TARGET_PX = 24
# The largest square about each line all of which is the line's: by what a press on each of its pixels would reach.
TARGETS = """(lines) => lines.map((line) => {
  const { left, top, width, height } = line.getBoundingClientRect();
  const upright = height > width;
  const [from, length] = upright ? [top, height] : [left, width];
  const middle = upright ? left + width / 2 : top + height / 2;
  const hit = (along, across) =>
    document.elementFromPoint(upright ? across : along, upright ? along : across) === line;
  let best = 0;
  let run = [];
  for (let along = Math.ceil(from); along < from + length; along += 1) {
    const reach = [];
    for (let across = Math.round(middle) - 30; across < middle + 30; across += 1)
      if (hit(along + 0.5, across + 0.5)) reach.push(across);
    run.push(new Set(reach));
    if (run.length > 24) run.shift();
    const common = [...run[0]].filter((across) => run.every((each) => each.has(across)));
    if (run.length === 24) best = Math.max(best, common.length);
  }
  return { label: line.ariaLabel, seen: Math.min(width, height), reach: best };
})"""
# What can be pressed and is not reached where it is seen.
COVERED = """() => [...document.querySelectorAll("main :is(button, a, select, input, [role=tab])")]
  .filter((one) => one.checkVisibility() && !one.closest(".sr-only"))
  .filter((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const spots = [[left + 1, top + 1], [right - 1, bottom - 1], [(left + right) / 2, (top + bottom) / 2]];
    return spots.some(([x, y]) => document.elementFromPoint(x, y)?.closest("[role=separator]"));
  })
  .map((one) => one.outerHTML.slice(0, 160))
"""


@pytest.fixture
def page(server: Any, visit: Any) -> Page:
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT", "SOLUSDT"]})
    opened: Page = visit().page
    opened.goto(server.url + PAIR)
    expect(opened.locator(A_NUMBER)).to_be_visible()
    expect(opened.locator(".main-svg").nth(3)).to_be_visible()
    return opened


def test_a_splitter_is_reached_from_further_than_it_is_seen(page: Page) -> None:
    lines = page.get_by_role("separator")
    expect(lines).to_have_count(4)
    for line in lines.evaluate_all(TARGETS):
        assert line["seen"] == 4, line
        assert line["reach"] >= TARGET_PX, line
    for tab in (None, "Pairs", "What happened next"):
        if tab is not None:
            page.get_by_role("tab", name=tab).click()
        assert page.evaluate(COVERED) == []


def test_it_is_dragged_from_beside_it(page: Page) -> None:
    line = page.get_by_role("separator", name="Width of the side panels")
    box = line.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] - 10, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] - 50, box["y"] + 300, steps=4)
    page.mouse.up()
    moved = line.bounding_box()
    assert moved is not None
    assert moved["x"] == pytest.approx(box["x"] - 40, abs=1)
