"""A real server process and a real browser for the dashboard's tests."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
FRONTEND = REPOSITORY / "frontend"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
READY_ATTEMPTS = 900
PATIENCE_MS = 30_000
CHROMIUM_ARGS = [
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-quic",
]

expect.set_options(timeout=PATIENCE_MS)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """`quant serve` as a user runs it, on a port and a data directory of its own."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        kept = {
            name: value for name, value in os.environ.items() if name not in ("SOURCE", "AVAILABLE_SYMBOLS")
        }
        settings = {"SOURCE": "sim:7", "LOG_LEVEL": "warning", "DATA_DIR": str(self.data_dir)}
        command = [str(Path(sys.executable).parent / "quant"), "serve"]
        environment = kept | settings | self.environment | {"PORT": str(self.port)}
        self.process = subprocess.Popen(command, env=environment, cwd=self.data_dir)
        self._wait_until_ready()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def wait_market(self, ms: int) -> None:
        """Return when so much more time has gone by on the market, which begins with its first trade."""
        assert self.process is not None
        begun: int | None = None
        for _ in range(READY_ATTEMPTS):
            as_of = self.get("/stream/status")["as_of"]
            if begun is None:
                begun = as_of
            elif as_of >= begun + ms:
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
        pytest.fail("the market stands still")

    def wait_answer(self, path: str, *, enough: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return what `path` answers once it has the bars for it, which come after the streams start."""
        assert self.process is not None
        for _ in range(READY_ATTEMPTS):
            try:
                if enough(answer := self.get(path)):
                    return answer
            except urllib.error.HTTPError as error:
                if error.code not in (409, 503):
                    raise
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
        pytest.fail(f"{path} never had enough bars")

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        for _ in range(READY_ATTEMPTS):
            try:
                # The pause between two attempts, cut short by a server that ends.
                code = self.process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                if self._answers():
                    return
            else:
                self.process = None
                pytest.fail(f"quant serve ended with exit code {code} before it was ready")
        self.stop()
        pytest.fail("quant serve did not become ready")

    def _answers(self) -> bool:
        try:
            # A source that cannot be reached is "degraded", and the page's business.
            return bool(self.get("/healthz")["status"] != "starting")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@pytest.fixture(scope="package", autouse=True)
def built_dashboard() -> None:
    if not (FRONTEND / "dist" / "index.html").is_file():
        pytest.fail("the dashboard is not built: run `npm run build` in frontend/, or `make test`")


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The simulated market, shared by the tests that leave the server as it is."""
    shared = Server(tmp_path_factory.mktemp("data"))
    shared.start()
    yield shared
    shared.stop()


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[Callable[..., Server]]:
    """Yield what starts servers, each on a data directory of its own, and stop them in the end.

    `prepare` may put something into the data directory before.
    """
    made: list[Server] = []

    def make(environment: dict[str, str], prepare: Callable[[Path], object] | None = None) -> Server:
        data_dir = folder / f"data{len(made)}"
        data_dir.mkdir()
        if prepare is not None:
            prepare(data_dir)
        own = Server(data_dir, environment)
        made.append(own)
        own.start()
        return own

    try:
        yield make
    finally:
        for own in made:
            own.stop()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers for one module."""
    with servers(tmp_path_factory.mktemp("module")) as make:
        yield make


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of the test's own."""
    with servers(tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def own_server(module_server: Callable[..., Server]) -> Server:
    """The simulated market for one module, whose tests stop and start its streams."""
    return module_server({})


@pytest.fixture(scope="module")
def fast_server(module_server: Callable[..., Server]) -> Server:
    """The simulated market at ten times its speed, for one module."""
    return module_server({"SPEED": "10"})


def launched(playwright: Playwright) -> Browser:
    """Return the system's Chromium, without a window."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.fail("there is no Chromium: install it, on Debian with `apt-get install chromium`")
    # As root, in a container, Chromium's sandbox cannot start.
    sandbox = getattr(os, "geteuid", lambda: 1000)() != 0
    return playwright.chromium.launch(
        executable_path=executable, chromium_sandbox=sandbox, args=CHROMIUM_ARGS
    )


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A page and what it did that a user would not see."""

    page: Page
    console_errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open pages of a given size and theme, with their console and requests recorded."""
    contexts: list[BrowserContext] = []

    def open_page(*, width: int = 1280, height: int = 720, theme: str = "dark") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, timezone_id="Europe/Berlin"
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        stored = json.dumps({"state": {"theme": theme, "zone": "utc"}, "version": 0})
        context.add_init_script(
            f"localStorage.getItem('quant.preferences') ?? localStorage.setItem('quant.preferences', {stored!r})"
        )
        seen = Visit(context.new_page())
        seen.page.on(
            "console", lambda line: seen.console_errors.append(line.text) if line.type == "error" else None
        )
        seen.page.on("pageerror", lambda error: seen.console_errors.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        return seen

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def violations() -> Callable[[Page], list[str]]:
    """Return what finds a page's violations of the accessibility rules."""

    def find(page: Page) -> list[str]:
        if not page.evaluate("() => 'axe' in window"):
            # By evaluate and not as a script tag, which the page's own policy rightly refuses.
            page.evaluate(AXE.read_text())
        found = page.evaluate("rules => axe.run({ runOnly: rules })", RULES)["violations"]
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]

    return find
