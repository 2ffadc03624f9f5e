"""The built wheel in an empty environment, with no Node.js in sight: the dashboard works in a browser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from deploy.places import REPOSITORY
from serving import Client, environment, free_port
from waiting import PATIENCE_S, eventually

BACKEND = REPOSITORY / "backend"
BIN = "Scripts" if sys.platform == "win32" else "bin"
INSTALL_S = 1800.0
COMPILE_S = 1800.0

pytestmark = [
    pytest.mark.soak,  # it installs every package anew and compiles every kernel
    pytest.mark.timeout(0),
    pytest.mark.skipif(
        not (REPOSITORY / "frontend" / "dist" / "index.html").is_file(), reason="the dashboard is not built"
    ),
]


def call(*words: object) -> None:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=BACKEND, capture_output=True, text=True, check=False, timeout=INSTALL_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an environment that holds the wheel and what it needs, by hash."""
    folder = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).with_name("uv")
    call(uv, "build", "--wheel", "--no-build-isolation", "--out-dir", folder / "dist")
    (wheel,) = (folder / "dist").glob("*.whl")
    call(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / BIN / "python"
    install = [uv, "pip", "install", "--python", python, "--only-binary", ":all:"]
    call(*install, "--require-hashes", "-r", BACKEND / "requirements.lock")
    call(*install, "--no-deps", wheel)
    call(uv, "pip", "check", "--python", python)
    return folder


@pytest.fixture
def client(installed: Path, tmp_path: Path) -> Iterator[Client]:
    """Run its `quant serve` with nothing of this checkout or of Node.js on PATH."""
    bare = tmp_path / "bin"
    bare.mkdir()
    settings = environment(PATH=bare, DATA_DIR=tmp_path / "data", SOURCE="sim:7", LOG_LEVEL="warning")
    settings["PORT"] = str(free_port())
    settings.pop("PYTHONPATH", None)
    client = Client(int(settings["PORT"]))
    command = [installed / "venv" / BIN / "quant", "serve"]
    with subprocess.Popen(command, cwd=tmp_path, env=settings) as server:
        try:

            def look() -> bool:
                assert server.poll() is None
                try:
                    return client.http.get("/livez").status_code == 200
                except httpx.TransportError:
                    return False

            eventually(look, what="the server answers", within_s=5 * PATIENCE_S)
            yield client
        finally:
            client.close()
            server.terminate()


def test_the_wheel_shows_the_working_dashboard(client: Client, installed: Path) -> None:
    site = next((installed / "venv").rglob("quant/_dashboard/index.html"))
    page = client.http.get("/", headers={"Accept": "text/html"})
    assert page.text == site.read_text(encoding="utf-8")
    eventually(client.is_ready, what="kernels are compiled, the source is ready", within_s=COMPILE_S)
    client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    client.wait_state("BTCUSDT", "live", "quiet")

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on PATH: the page was served, but not opened")
    with sync_playwright() as playwright:
        sandboxed = not hasattr(os, "geteuid") or os.geteuid() != 0
        browser = playwright.chromium.launch(
            executable_path=chromium, chromium_sandbox=sandboxed, args=["--disable-dev-shm-usage"]
        )
        try:
            opened = browser.new_page()
            errors: list[str] = []
            opened.on("pageerror", lambda error: errors.append(str(error)))
            opened.goto(f"{client.origin}/")
            expect(opened.locator("[data-seq]").first).to_be_visible(timeout=PATIENCE_S * 1000)
            assert errors == []
        finally:
            browser.close()
