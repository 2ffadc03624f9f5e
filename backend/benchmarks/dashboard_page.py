"""A page of the built dashboard in a real browser, and what it notes about itself while it is measured."""

import os
import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright

WIDTH, HEIGHT = 1280, 720
PATIENCE_MS = 60_000
ARGUMENTS = [
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]

LIVE = "live"

NOTES = """
(() => {
  // The machine's clock, so that what the page notes can be held against what another process sent.
  const now = () => performance.timeOrigin + performance.now();
  const notes = (window.notes = {
    now, texts: {}, draws: {}, states: [], toasts: {}, frames: 0, counting: true, longest: 0, tasks: 0,
    firstData: null, clicked: null,
  });
  let undrawn = [];
  const isLive = new WeakMap();
  const liveChart = (canvas) => {
    if (!isLive.has(canvas)) isLive.set(canvas, canvas.closest("[role=group][aria-label^=Price]") !== null);
    return isLive.get(canvas);
  };
  for (const name of ["stroke", "fillRect"]) {
    const own = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      own.apply(this, given);
      if (undrawn.length === 0 || !liveChart(this.canvas)) return;
      for (const key of undrawn) notes.draws[key] = now();
      undrawn = [];
    };
  }
  let state = null;
  const look = (records) => {
    for (const { target, attributeName, addedNodes } of records) {
      if (attributeName === "data-seq") {
        const key = target.dataset.topic + "#" + target.dataset.seq;
        notes.texts[key] ??= now();
        undrawn.push(key);
      }
      for (const node of addedNodes) {
        for (const toast of node.querySelectorAll?.("[data-toast]") ?? []) notes.toasts[toast.dataset.toast] ??= now();
        if (node.dataset?.toast) notes.toasts[node.dataset.toast] ??= now();
      }
    }
    const shown = document.querySelector("[data-testid=state]")?.dataset.state ?? null;
    if (shown !== state) {
      state = shown;
      notes.states.push([now(), state]);
    }
    if (notes.firstData === null && document.querySelector("[data-field=beta]:not([data-value=null])"))
      notes.firstData = now();
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributeFilter: ["data-seq", "data-state"],
  });
  document.addEventListener("click", () => { notes.clicked = now(); notes.firstData = null; }, true);
  // Counting keeps the browser drawing, which costs by itself.
  const count = () => { notes.frames += 1; if (notes.counting) requestAnimationFrame(count); };
  requestAnimationFrame(count);
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      notes.tasks += 1;
      notes.longest = Math.max(notes.longest, task.duration);
    }
  }).observe({ type: "longtask" });
})()
"""


def launch(playwright: Playwright) -> Browser:
    """Return Chromium without a window; raise FileNotFoundError where there is none."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        raise FileNotFoundError("there is no Chromium: install it, on Debian with `apt-get install chromium`")
    # As root, in a container, Chromium's sandbox cannot start.
    sandbox = getattr(os, "geteuid", lambda: 1000)() != 0
    return playwright.chromium.launch(executable_path=executable, chromium_sandbox=sandbox, args=ARGUMENTS)


class Visit:
    """One visitor with an empty cache; times are the machine's in milliseconds."""

    def __init__(self, browser: Browser, *, notes: bool = True) -> None:
        self.context: BrowserContext = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        if notes:
            self.page.add_init_script(NOTES)
        self._cdp: CDPSession = self.context.new_cdp_session(self.page)
        # Processor time, which other programs on the machine do not stretch.
        self._cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    def close(self) -> None:
        self.context.close()

    def metrics(self) -> dict[str, float]:
        """Return the browser's own counts: `TaskDuration` and `Timestamp` in seconds, `Nodes`, and others."""
        return {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}

    def heap(self) -> int:
        """Return the bytes of JavaScript objects that are still in use after the garbage was collected."""
        for _ in range(2):  # what the first leaves to finalisers, the second takes
            self._cdp.send("HeapProfiler.collectGarbage")
        return int(self._cdp.send("Runtime.getHeapUsage")["usedSize"])

    def elements(self) -> int:
        return int(self.page.evaluate("document.getElementsByTagName('*').length"))

    def note(self, name: str) -> Any:
        return self.page.evaluate("name => window.notes[name]", name)

    def now(self) -> float:
        return float(self.page.evaluate("window.notes.now()"))

    def state_since(self, state: str, since: float) -> float:
        """Return when the page first said `state` after a time; wait until it does."""
        found = """([state, since]) => window.notes.states.find(([at, said]) => at >= since && said === state)?.[0]"""
        return float(self.page.wait_for_function(found, arg=[state, since], polling=20).json_value())

    def first_data_since(self, since: float) -> float:
        """Return when numbers of the pair stood on the page first after a time; wait until they do."""
        found = "since => window.notes.firstData > since ? window.notes.firstData : false"
        return float(self.page.wait_for_function(found, arg=since, polling=20).json_value())
