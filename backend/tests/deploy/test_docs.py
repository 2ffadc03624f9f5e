"""The pages about running it name what there is: settings, metrics, alarms, links."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.places import DEPLOY, DOCS, REPOSITORY
from quant.api.problems import STATUSES
from quant.errors import InvalidInput, QuantError
from quant.settings import Settings

OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
API = (DOCS / "api.md").read_text(encoding="utf-8")
EXAMPLE = (REPOSITORY / "backend" / ".env.example").read_text(encoding="utf-8")
RULES = yaml.safe_load((DEPLOY / "prometheus" / "quant.rules.yaml").read_text())
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "ARCHITECTURE.md"]
PAGES += sorted(DOCS.glob("*.md"))


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables' lines, without heads and without code marks."""
    found = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [[cell.strip().strip("`") for cell in re.split(r" \| ", line)] for line in found]


def test_every_setting_has_its_line_with_its_default() -> None:
    defaults = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    told = {name: default.replace("–", "") for name, default, _ in rows(section(OPERATIONS, "Settings"))}
    assert told == {name.upper(): defaults[name.upper()] for name in Settings.model_fields}


def test_every_alarm_has_its_line() -> None:
    alarms = [rule["alert"] for group in RULES["groups"] for rule in group["rules"]]
    assert [row[0] for row in rows(section(OPERATIONS, "Alarms"))] == alarms


def test_alarms_are_whole() -> None:
    for rule in RULES["groups"][0]["rules"]:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_status_and_code_is_told() -> None:
    lines = re.findall(r"^\| (\d{3}) \| (.*?) \|", section(API, "Errors"), re.MULTILINE)
    told = {int(status): set(re.findall(r"`(\w+)`", codes)) for status, codes in lines}
    for kind, status, _ in STATUSES:
        assert status in told
        assert kind in (QuantError, InvalidInput) or kind.code in told[status], kind.code


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), target


def test_files_named_in_commands_are_there() -> None:
    names = set(re.findall(r"\bdeploy/[\w./-]+\w", OPERATIONS))
    assert len(names) >= 4
    for name in names:
        assert (REPOSITORY / name).exists(), name
