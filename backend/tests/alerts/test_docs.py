"""docs/alerts.md names what there is, and its rule can be saved."""

import json
import re
from dataclasses import fields
from pathlib import Path

from alerts.rule_documents import WORDS
from quant.alerts.conditions import Op
from quant.alerts.metrics import METRICS
from quant.alerts.parsing import parse_rule
from quant.alerts.rules import Rule, Severity

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_every_metric_has_its_line():
    rows = dict(re.findall(r"^\| `(\w+)` \| (symbol|pair) \|", TEXT, re.MULTILINE))
    assert rows == {metric.value: spec.subject for metric, spec in METRICS.items()}


def test_every_field_operator_and_severity_is_named():
    names = {field.name for field in fields(Rule) if field.init}
    for word in (*names, *Op, *Severity):
        assert f"`{word}`" in TEXT, word


def test_its_rule_can_be_saved():
    example = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    assert parse_rule(json.loads(example[1]), WORDS).rearm == 1.5
