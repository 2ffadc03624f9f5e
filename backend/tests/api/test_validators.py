"""Who holds an answer that is still so is told just that."""

import httpx
import numpy as np
import pytest

from quant.api.dashboard import dashboard_files
from quant.api.validators import validator
from serving import Client, InProcess, serving

PAGES = [
    "/data/AAAUSDT",
    "/data/AAAUSDT?format=csv",
    "/data/AAAUSDT/ticks",
    "/data/AAAUSDT/ticks?format=arrow",
]
EVENT_BARS = "/data/AAAUSDT?interval=t500"
needs_dashboard = pytest.mark.skipif(dashboard_files() is None, reason="the dashboard is not built here")


def ask(api: Client, path: str, held: str | None = None, **headers: str) -> httpx.Response:
    return api.http.get(path, headers=headers | ({} if held is None else {"If-None-Match": held}))


def past(api: Client, path: str, *, before_ms: int = 600_000) -> str:
    """Return the path with an end that the market has passed."""
    end = api.status()["as_of"] - before_ms
    return f"{path}{'&' if '?' in path else '?'}end={end}"


def check_revalidation(api: Client, path: str, **headers: str) -> str:
    """Ask for what is there and for what is held; return its tag."""
    whole = ask(api, path, **headers)
    tag = whole.headers["etag"]
    assert (whole.status_code, tag[:3]) == (200, 'W/"')
    assert whole.content
    for held in (tag, tag.removeprefix("W/"), "*", f'"other", {tag}'):
        same = ask(api, path, held, **headers)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert same.headers["cache-control"] == whole.headers["cache-control"]
        assert "Accept-Encoding" in same.headers["vary"]
        assert same.headers["x-content-type-options"] == "nosniff"
    for held in ('W/"other"', tag[:-2], "", f"{tag}x"):
        other = ask(api, path, held, **headers)
        assert (other.status_code, other.headers["etag"]) == (200, tag)
        assert other.content
    return tag


def test_the_description_is_sent_once(api: Client) -> None:
    tags = {
        check_revalidation(api, "/openapi.json", **{"Accept-Encoding": each}) for each in ("gzip", "identity")
    }
    assert len(tags) == 1


@pytest.mark.parametrize("path", [*PAGES, EVENT_BARS])
def test_a_page_of_the_past_is_sent_once(api: Client, path: str) -> None:
    tag = check_revalidation(api, past(api, path))
    assert ask(api, past(api, path)).headers["cache-control"] == "private, no-cache"
    assert ask(api, past(api, path, before_ms=4_000_000)).headers["etag"] != tag


@pytest.mark.parametrize("path", PAGES)
def test_what_is_live_is_sent_each_time(api: Client, path: str) -> None:
    for live in (path, past(api, path, before_ms=-1)):
        answer = ask(api, live, "*")
        assert (answer.status_code, answer.headers.get("etag")) == (200, None)


def test_the_same_span_of_another_market_is_another_answer(
    server: InProcess, api: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = server.app.state.settings
    captures = settings.source.removeprefix("replay:").split(",")
    folder = tmp_path_factory.mktemp("alone")
    with serving(folder, source=f"replay:{captures[0]}", speed=0) as alone:
        alone.client.wait_finished()
        paths = [past(api, path) for path in PAGES]
        assert all(
            alone.client.http.get(path).headers["etag"] != api.http.get(path).headers["etag"]
            for path in paths
        )


@needs_dashboard
def test_the_dashboards_files_are_sent_once(api: Client) -> None:
    root = dashboard_files()
    assert root is not None
    script = max((root / "assets").glob("*.js"), key=lambda file: file.stat().st_size)
    for path, file in (("/", root / "index.html"), (f"/assets/{script.name}", script)):
        tags = {
            check_revalidation(api, path, **{"Accept-Encoding": each}) for each in ("br", "gzip", "identity")
        }
        assert tags == {validator(file.read_bytes())}


def test_a_validator_tells_contents_apart() -> None:
    rows = np.arange(6, dtype=np.int64)
    tag = validator("m", None, rows, rows)
    assert tag == validator("m", None, rows.copy(), rows.copy())
    others = [
        validator("m", None, rows, rows + (rows == 5)),
        validator("m", 5, rows, rows),
        validator("n", None, rows, rows),
        validator("m", None, rows[:4], np.concatenate([rows[4:], rows])),
    ]
    assert tag not in others
    assert len(set(others)) == len(others)
