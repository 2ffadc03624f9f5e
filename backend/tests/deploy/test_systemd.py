"""The shipped unit, as systemd's own checker sees it."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.places import DEPLOY
from quant.settings import Settings
from serving import quant

UNIT = DEPLOY / "systemd" / "quant.service"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)
MOST_EXPOSED = 2.0
"""systemd's own scale from 0 to 10; a service without any of this has 9.6."""


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with a program that is here: the checker asks whether it can be executed."""
    text = UNIT.read_text().replace("/opt/quant/venv/bin/quant", sys.executable)
    path = tmp_path / UNIT.name
    path.write_text(text)
    return path


@needs_systemd
def test_the_unit_is_right(unit: Path) -> None:
    done = analyze("verify", unit)
    assert done.returncode == 0, done.stderr
    assert "quant.service" not in done.stderr


@needs_systemd
def test_the_checker_sees_mistakes(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHome=perhaps\nProtectHouse=yes"))
    said = analyze("verify", unit).stderr
    assert "Failed to parse protect home value" in said
    assert "Unknown key 'ProtectHouse'" in said


@needs_systemd
def test_the_service_is_hardened(unit: Path) -> None:
    done = analyze("security", "--offline=yes", unit)
    found = re.search(r"exposure level for quant.service: ([\d.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= MOST_EXPOSED


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser["Service"]


def test_its_folders_are_those_that_it_may_write() -> None:
    given = dict(pair.split("=", 1) for pair in service()["Environment"].split())
    cache = given.pop("XDG_CACHE_HOME")
    assert {name.lower() for name in given} <= set(Settings.model_fields)
    assert given["DATA_DIR"] == f"/var/lib/{service()['StateDirectory']}" == service()["WorkingDirectory"]
    assert given["LOG_DIR"] == f"/var/log/{service()['LogsDirectory']}"
    assert cache.startswith(f"/var/cache/{service()['CacheDirectory']}/")
    assert Settings(host=given["HOST"]).is_loopback


def test_a_refusal_is_not_tried_again(tmp_path: Path) -> None:
    done = quant("serve", "--source", "kraken", cwd=tmp_path, DATA_DIR=tmp_path / "data")
    assert done.returncode == int(service()["RestartPreventExitStatus"]), done.stderr
