"""What a machine must have before anything can be set up; whatever is missing gets one sentence."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

from tooling.errors import SetupError
from tooling.processes import call

NODE_20_MIN = (20, 19)  # Vite's own floors
NODE_22_MIN = (22, 12)
GET_NODE = "install Node.js 20 (20.19 or newer), or 22.12 or newer, from https://nodejs.org"


def parse_version(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version such as `v20.19.1`; empty when there are none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def check_node() -> str:
    """Return the version of the Node.js on PATH; raise SetupError if it or npm is missing or too old."""
    node = shutil.which("node")
    if node is None:
        raise SetupError(f"Node.js builds the dashboard, and there is no `node` on PATH; {GET_NODE}.")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = parse_version(answer)
    if not (NODE_20_MIN <= version < (21,) or version >= NODE_22_MIN):
        raise SetupError(f"{node} is Node.js {answer or 'of an unknown version'}, not supported; {GET_NODE}.")
    if shutil.which("npm") is None:
        raise SetupError(f"Node.js is there, but there is no `npm` on PATH; install npm, or {GET_NODE}.")
    return answer


def ensure_venv_module(*, install: bool) -> None:
    """Make sure that this Python can create environments, which Debian keeps in a package of its own.

    With `install`, that package is fetched where the user may do so; otherwise raises SetupError.
    """
    if importlib.util.find_spec("ensurepip") is not None:
        return
    if not (install and may_install_packages()):
        raise SetupError(
            f"{sys.executable} cannot create virtual environments; install the package python3-venv "
            "(Debian, Ubuntu: sudo apt-get install python3-venv)."
        )
    install_debian("python3-venv")


def ensure_chromium() -> None:
    """Make sure that the browser tests find `chromium`; raise SetupError when it cannot be had."""
    if shutil.which("chromium") is None and may_install_packages():
        install_debian("chromium", "fonts-liberation")
    if shutil.which("chromium") is None:
        raise SetupError(
            "The browser tests need Chromium, and there is no `chromium` on PATH; install it "
            "(Debian: sudo apt-get install chromium; macOS: brew install --cask chromium)."
        )


def ensure_nginx() -> None:
    """Install nginx for the tests of the shipped site where that is allowed; elsewhere these say that they need it."""
    if shutil.which("nginx") is None and may_install_packages():
        install_debian("nginx")


def may_install_packages() -> bool:
    """Return whether this user may install Debian packages without being asked for a password."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_debian(*packages: str) -> None:
    """Install Debian packages by apt-get; raise CommandFailed when that fails."""
    apt = str(shutil.which("apt-get"))
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # in which no service is started
    call([apt, "update", "-qq"], extra=quiet)
    call([apt, "install", "-y", "-qq", "--no-install-recommends", *packages], extra=quiet)
