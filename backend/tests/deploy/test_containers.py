"""Container and compose file, parsed: every path in them is there. No container is run."""

import fnmatch
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.places import DEPLOY, REPOSITORY
from quant.settings import Settings

FOLDER = DEPLOY / "container"
FILE = FOLDER / "Containerfile"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
WORDS = {
    "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
    "ENTRYPOINT", "CMD",
}  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, rest in lines]


def is_sent(path: str) -> bool:
    """Tell whether the build gets a path: the last pattern that fits it, or a folder it is in, decides."""
    sent = True
    for line in FILE.with_name(f"{FILE.name}.dockerignore").read_text().splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        parents = [path, *(str(each) for each in Path(path).parents if str(each) != ".")]
        anywhere = pattern.removeprefix("**/")
        if any(fnmatch.fnmatch(each, pattern) or Path(each).name == anywhere for each in parents):
            sent = line.strip().startswith("!")
    return sent


def test_only_known_instructions() -> None:
    assert {word for word, _ in instructions()} <= WORDS
    assert instructions()[0][0] == "FROM"


def test_what_is_copied_is_there_and_sent() -> None:
    stages = [rest.partition(" AS ")[2] for word, rest in instructions() if word == "FROM"]
    sources = []
    for rest in (rest for word, rest in instructions() if word == "COPY"):
        *given, _ = rest.split()
        if given[0].startswith("--from="):
            assert given[0].removeprefix("--from=") in stages
            continue
        sources += given
    assert len(sources) >= 10
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert is_sent(source.rstrip("/")), source


@pytest.mark.parametrize(
    "path",
    [".env", "backend/.env", "backend/data/journal.sqlite", ".git/config", "frontend/node_modules/x/y.js",
     "frontend/.env", "backend/src/quant/__pycache__/cli.pyc", "frontend/dist/index.html"],
)  # fmt: skip
def test_nothing_private_or_stale_is_sent(path: str) -> None:
    assert not is_sent(path)


def test_packages_come_by_hash() -> None:
    for rest in (rest for word, rest in instructions() if word == "RUN"):
        for command in rest.split("&&"):
            if "pip install" in command:
                assert "--require-hashes" in command or "--no-deps" in command, command
            if "npm" in command:
                assert "npm ci" in command or "npm run build" in command


def test_the_container_has_no_rights_and_ends_in_order() -> None:
    last = dict(instructions())
    assert last["USER"] == "quant"
    assert last["STOPSIGNAL"] == "SIGTERM"
    assert "/livez" in last["HEALTHCHECK"]
    assert (last["ENTRYPOINT"], last["CMD"]) == ('["quant"]', '["serve"]')
    given = dict(pair.split("=", 1) for pair in last["ENV"].split())
    assert {name.lower() for name in given} - {"path", "xdg_cache_home"} <= set(Settings.model_fields)
    assert given["DATA_DIR"] == last["VOLUME"]
    assert given["PORT"] == last["EXPOSE"]
    assert not Settings(host=given["HOST"]).allow_insecure


def test_the_compose_file_names_what_there_is() -> None:
    services = COMPOSE["services"]
    build = services["quant"]["build"]
    assert (FOLDER / build["context"]).resolve() == REPOSITORY
    assert (FOLDER / build["context"] / build["dockerfile"]).resolve() == FILE
    assert {name.lower() for name in services["quant"]["environment"]} <= set(Settings.model_fields)
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (FOLDER / source).resolve().is_file(), volume
        for secret in service.get("secrets", ()):
            assert secret in COMPOSE["secrets"]
        assert set(service.get("depends_on", ())) <= set(services)
        for port in service["ports"]:
            assert port.startswith("127.0.0.1:"), "published beyond this machine"


def test_the_server_in_it_is_hardened() -> None:
    quant = COMPOSE["services"]["quant"]
    assert quant["read_only"] is True
    assert quant["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in quant["security_opt"]
    mounted = {volume.split(":")[1] for volume in quant["volumes"]}
    last = dict(instructions())
    given = dict(pair.split("=", 1) for pair in last["ENV"].split())
    assert {given["DATA_DIR"], str(Path(given["XDG_CACHE_HOME"]).parent)} == mounted


def test_the_monitoring_finds_the_server() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    (job,) = scraped["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert host in COMPOSE["services"]
    assert port == dict(instructions())["EXPOSE"]
    mounted = [volume.split(":")[1] for volume in COMPOSE["services"]["prometheus"]["volumes"]]
    assert all(f"/etc/prometheus/{name}" in mounted for name in scraped["rule_files"])
    assert job["authorization"]["credentials_file"] == "/run/secrets/quant_token"
    provider = yaml.safe_load((DEPLOY / "grafana" / "provider.yaml").read_text())
    folder = provider["providers"][0]["options"]["path"]
    assert any(
        volume.split(":")[1].startswith(folder) for volume in COMPOSE["services"]["grafana"]["volumes"]
    )
