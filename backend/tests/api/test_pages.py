"""The pages a browser opens: the dashboard for every path, the API's own documentation, all from here."""

from html.parser import HTMLParser

import pytest

from problems import problem_of
from quant.api.dashboard import dashboard_files
from serving import Client

needs_dashboard = pytest.mark.skipif(dashboard_files() is None, reason="the dashboard is not built here")
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


class Links(HTMLParser):
    """Collects what a page loads, and the text of its inline scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline = ""
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := found.get(name))]
        self._in_script = tag == "script" and "src" not in found

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.inline += data


def links_of(text: str) -> Links:
    links = Links()
    links.feed(text)
    return links


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_documentation_pages_ask_nobody_else(api: Client, path: str) -> None:
    page = api.http.get(path, headers=BROWSER)
    links = links_of(page.text)

    assert page.status_code == 200
    assert links.addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in links.addresses)
    assert not links.inline.strip()  # the content policy would not run it
    assert "://" not in page.text.replace("http://www.w3.org", "")


@needs_dashboard
@pytest.mark.parametrize("path", ["/docs", "/redoc", "/"])
def test_what_pages_load_is_there(api: Client, path: str) -> None:
    for address in links_of(api.http.get(path, headers=BROWSER).text).addresses:
        answer = api.http.get(address)
        assert answer.status_code == 200, address
        assert not answer.headers["content-type"].startswith("text/html"), address


@needs_dashboard
@pytest.mark.parametrize("path", ["/", "/monitor", "/pairs/AAAUSDT-BBBUSDT"])
def test_a_browser_gets_the_page_for_every_path_of_its_own(api: Client, path: str) -> None:
    answer = api.http.get(path, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@needs_dashboard
def test_the_page_has_an_address_for_whoever_asks(api: Client) -> None:
    answer = api.http.get("/", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_a_program_gets_no_page_for_an_unknown_path(api: Client, accept: str) -> None:
    problem_of(api.http.get("/monitor", headers={"Accept": accept}), status=404)


@pytest.mark.parametrize("path", ["/data/NOPE", "/stream/start"])
def test_a_browser_on_a_path_of_the_api_gets_the_apis_answer(api: Client, path: str) -> None:
    answer = api.http.get(path, headers=BROWSER)
    problem_of(answer, status=404 if path.startswith("/data") else 405)


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/assets/..%2f..%2fpackage.json"]
)
def test_no_path_leads_out_of_the_dashboards_folder(api: Client, path: str) -> None:
    answer = api.http.get(path)
    assert answer.status_code == 404


@needs_dashboard
@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
def test_assets_are_sent_compressed_and_kept(api: Client, accepted: str) -> None:
    scripts = [
        each for each in links_of(api.http.get("/", headers=BROWSER).text).addresses if each.endswith(".js")
    ]
    asset = next(each for each in scripts if each.startswith("/assets/"))

    answer = api.http.get(asset, headers={"Accept-Encoding": accepted})

    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers.get("content-encoding", "identity") in (accepted, "identity")
    assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_a_monitor_may_ask_with_head(api: Client, path: str) -> None:
    asked, told = api.http.head(path), api.http.get(path)
    assert (asked.status_code, asked.content) == (told.status_code, b"") == (200, b"")
    assert asked.headers["content-length"] == str(len(told.content))
