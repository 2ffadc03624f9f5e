"""What dashboard, alarms and docs say of metrics, against those of a real server that has done something of all."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import parser

from deploy.places import DEPLOY, DOCS
from listening import Ear
from quant.api.problems import STATUSES
from serving import server_process
from waiting import eventually

DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "quant.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus" / "quant.rules.yaml").read_text())
METRIC = re.compile(r"\b(?:quant|process|python)_\w+")
MADE_BY_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[str]]]:
    """Return the labels of every sample's name."""
    with server_process(tmp_path_factory.mktemp("server"), SOURCE="sim:5") as server:
        api = server.client
        api.wait_ready()
        api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
        api.wait_state("BTCUSDT", "live", "quiet")
        with api.socket() as socket:
            Ear(socket).hear()

        def look() -> dict[str, set[str]] | None:
            found: dict[str, set[str]] = {}
            for family in parser.text_string_to_metric_families(api.http.get("/metrics").text):
                if family.type == "counter":  # one with labels has no sample before the first count
                    found.setdefault(f"{family.name}_total", set())
                for sample in family.samples:
                    found.setdefault(sample.name, set()).update(sample.labels)
            return found if "quant_feed_latency_seconds" in found else None

        found = eventually(look, what="trades have come")
        assert found is not None
        yield found


def expressions() -> list[str]:
    of_panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    of_alarms = [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
    of_choices = [each["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    return [*of_panels, *of_alarms, *of_choices]


def test_the_alarm_of_mistakes_counts_mistakes_alone() -> None:
    (alarm,) = [
        each for group in RULES["groups"] for each in group["rules"] if each["alert"] == "QuantErrors"
    ]
    matchers = re.findall(r'status(=~|!~|!=|=)"([^"]+)"', alarm["expr"])
    counted = {
        status
        for _, status, _ in STATUSES
        if all(bool(re.fullmatch(text, str(status))) == how.startswith("=") for how, text in matchers)
    }
    assert counted == {500}


def test_every_metric_that_is_asked_for_exists(exposed: dict[str, set[str]]) -> None:
    asked = {name for each in expressions() for name in METRIC.findall(each)}
    assert len(asked) > 30
    assert asked - MADE_BY_PROMETHEUS <= set(exposed)


def test_every_label_that_is_asked_for_exists(exposed: dict[str, set[str]]) -> None:
    """`job` is Prometheus's own."""
    for expression in expressions():
        for name, matchers in re.findall(r"\b(\w+)\{([^}]*)\}", expression):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) - {"job"}
            if name not in MADE_BY_PROMETHEUS and exposed[name]:
                assert labels <= exposed[name], expression


def test_every_metric_is_in_the_docs_and_none_else(exposed: dict[str, set[str]]) -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(quant_\w+)` \|", text, re.MULTILINE))
    ours = [name for name in exposed if name.startswith("quant_") and not name.endswith("_created")]
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in ours}
    assert told == names


def test_the_dashboard_is_whole() -> None:
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert len(panels) >= 20
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
        assert panel["datasource"]["uid"] == "${source}"
    places = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))  # no panel covers another
    assert max(x for x, _ in places) < 24
