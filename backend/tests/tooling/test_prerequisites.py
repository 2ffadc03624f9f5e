"""What a machine lacks is named, or installed where that is allowed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tooling import prerequisites
from tooling.errors import SetupError

posix_only = pytest.mark.skipif(os.name == "nt", reason="runs POSIX shell scripts")
Stand = Callable[[str, str], Path]


@posix_only
@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0"])
def test_a_supported_node_is_accepted(stand: Stand, version: str) -> None:
    stand("node", f"echo {version}")
    stand("npm", "exit 0")
    assert prerequisites.check_node() == version


@posix_only
@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3", "v21.7.3", "v22.11.0", "nonsense", ""])
def test_another_node_is_named_with_what_is_needed(stand: Stand, version: str) -> None:
    node = stand("node", f"echo {version}")
    stand("npm", "exit 0")
    with pytest.raises(SetupError, match=re.escape(str(node))) as caught:
        prerequisites.check_node()
    assert (version or "unknown") in str(caught.value)
    assert "20.19" in str(caught.value)


def test_a_missing_node_is_named(stand: Stand) -> None:
    with pytest.raises(SetupError, match="no `node` on PATH"):
        prerequisites.check_node()


@posix_only
def test_a_missing_npm_is_named(stand: Stand) -> None:
    stand("node", "echo v20.19.0")
    with pytest.raises(SetupError, match="no `npm` on PATH"):
        prerequisites.check_node()


@posix_only
def test_chromium_is_installed_where_that_is_allowed(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "path" / "chromium"
    put_it = f"{{ : > {made}; /bin/chmod +x {made}; }}"
    stand("apt-get", f'echo "$@" >> {tmp_path}/calls; [ "$1" = update ] || {put_it}')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    prerequisites.ensure_chromium()
    prerequisites.ensure_chromium()
    update, install = (tmp_path / "calls").read_text().splitlines()  # the second time there is nothing to do
    assert update.startswith("update")
    assert install.startswith("install -y")
    assert " chromium" in install


@posix_only
def test_nginx_is_installed_where_that_is_allowed(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand("apt-get", f'echo "$RUNLEVEL $@" >> {tmp_path}/calls')
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    prerequisites.ensure_nginx()
    assert not (tmp_path / "calls").exists()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    prerequisites.ensure_nginx()
    stand("nginx", "exit 0")
    prerequisites.ensure_nginx()
    update, install = (tmp_path / "calls").read_text().splitlines()
    assert update.startswith("1 update")
    assert install.startswith("1 install -y")  # and the service is not started
    assert install.endswith(" nginx")


@posix_only
@pytest.mark.parametrize(("user", "apt"), [(1000, True), (0, False)])
def test_chromium_is_asked_for_where_it_is_not(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, user: int, apt: bool
) -> None:
    if apt:
        stand("apt-get", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(SetupError, match="apt-get install chromium"):
        prerequisites.ensure_chromium()


def test_debian_without_venv_is_told_which_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SetupError, match="python3-venv"):
        prerequisites.ensure_venv_module(install=False)
