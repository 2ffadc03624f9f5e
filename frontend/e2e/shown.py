"""What a page shows, held against what it stands for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

# Keeps what every element with a topic and a seq has shown, once a frame: { "topic#seq": { field: [value, text] } }.
RECORD = """
() => {
  window.shown = {};
  const note = () => {
    for (const owner of document.querySelectorAll("[data-topic][data-seq]")) {
      const key = owner.dataset.topic + "#" + owner.dataset.seq;
      const fields = (window.shown[key] ??= {});
      for (const element of owner.querySelectorAll("[data-field]")) {
        if (element.closest("[data-topic]") !== owner) continue;
        fields[element.dataset.field] = [element.dataset.value, element.textContent];
      }
    }
    requestAnimationFrame(note);
  };
  note();
}
"""
# The text of these is in another unit than the number.
OTHER_UNIT = {"half_life.seconds"}
LEAST_NUMBERS = 20
ATTEMPTS = 12


def shown_at(page: Page, topic: str, answer: Callable[[], Any]) -> tuple[dict[str, list[str]], Any]:
    """Return what the page showed for the same sequence number as an answer of the API, and that answer."""
    for _ in range(ATTEMPTS):
        body = answer()
        key = f"{topic}#{body['seq']}"
        try:
            page.wait_for_function("key => window.shown[key]", arg=key, timeout=2500)
        except PlaywrightTimeout:
            # Two updates came within one frame: this seq was never shown.
            continue
        return page.evaluate("key => window.shown[key]", key), body
    pytest.fail(f"the page never showed a sequence number that the API answered for {topic}")


def at_path(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body[name]
    return body


def assert_same_numbers(fields: dict[str, list[str]], body: Any) -> int:
    """Check what was shown against an answer, and return how many numbers that were."""
    compared = 0
    for name, (raw, text) in fields.items():
        value = at_path(body, name)
        assert json.loads(raw) == value, name
        if value is None:
            assert text.startswith("–"), name
            continue
        compared += 1
        if name not in OTHER_UNIT:
            assert_reads_as(text, value)
    return compared


def assert_reads_as(text: str, value: float) -> None:
    """The text is the number, rounded to the decimals that it has."""
    plain = text.replace("−", "-").replace(",", "")
    if plain.startswith("<"):
        assert value < float(plain[1:])
        return
    decimals = len(plain.partition(".")[2])
    assert abs(float(plain) - value) <= 0.5000001 * 10**-decimals, (text, value)
