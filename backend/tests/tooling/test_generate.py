"""`generate --check` is red when the committed schema or the types made from it are stale."""

from pathlib import Path

import pytest

from tooling import commands
from tooling.errors import CommandFailed, SetupError
from tooling.layout import Layout


@pytest.fixture
def npm_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return the npm commands as they come, in a checkout whose code gives the schema `{}`."""
    seen: list[tuple[str, ...]] = []
    monkeypatch.setattr(commands, "set_up_tools", lambda layout: None)
    monkeypatch.setattr(commands, "output", lambda command: "{}\n")
    monkeypatch.setattr(commands, "npm", lambda layout, *arguments: seen.append(arguments))
    return seen


def test_what_was_generated_is_current(layout: Layout, npm_calls: list[tuple[str, ...]]) -> None:
    commands.generate(layout, [])
    assert (layout.backend / "openapi.json").read_bytes() == b"{}\n"
    commands.generate(layout, ["--check"])
    assert [call[-1] for call in npm_calls] == ["generate", "--check"]


@pytest.mark.parametrize("committed", [None, "{ }\n"])
def test_a_stale_schema_is_red_and_stays_as_it_is(
    layout: Layout, npm_calls: list[tuple[str, ...]], committed: str | None
) -> None:
    schema: Path = layout.backend / "openapi.json"
    if committed is not None:
        schema.write_text(committed)
    with pytest.raises(SetupError, match="make generate"):
        commands.generate(layout, ["--check"])
    assert (schema.read_text() if schema.exists() else None) == committed


def test_stale_types_are_red(
    layout: Layout, npm_calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.generate(layout, [])

    def stale(layout: Layout, *arguments: str) -> None:
        raise CommandFailed(arguments, status=1)

    monkeypatch.setattr(commands, "npm", stale)
    with pytest.raises(SetupError, match="make generate"):
        commands.generate(layout, ["--check"])
