"""Every endpoint answers what `openapi.json` declares, and that file is what the server serves."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from quant.api import alert_schemas, auth_schemas, lab_schemas, schemas, system_schemas
from serving import Client

COMMITTED = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text(encoding="utf-8"))
PATHS: dict[str, Any] = COMMITTED["paths"]
VALUES = {
    "symbol": "AAAUSDT",
    "symbol_a": "AAAUSDT",
    "symbol_b": "BBBUSDT",
    "job_id": "none",
    "rule_id": "none",
}
READS = [path for path, operations in PATHS.items() if "get" in operations]
PROBLEM = "application/problem+json"


def model_of(content: dict[str, Any], text: str) -> type[BaseModel]:
    """Return the declared model; of several, the one that has the answer's fields."""
    (media,) = [each for kind, each in content.items() if kind.endswith("json")]
    schema = media["schema"]
    named = [each["$ref"].rpartition("/")[2] for each in schema.get("anyOf", [schema])]
    modules = (schemas, alert_schemas, auth_schemas, lab_schemas, system_schemas)
    models = [next(getattr(each, name) for each in modules if hasattr(each, name)) for name in named]
    assert all(issubclass(model, BaseModel) for model in models)
    fields = json.loads(text).keys()
    return next((each for each in models if fields == each.model_fields.keys()), models[0])


def test_the_committed_description_is_the_served_one(api: Client) -> None:
    assert api.get("/openapi.json") == COMMITTED


def test_every_read_of_the_interface_is_there() -> None:
    promised = {
        "/stream/status",
        "/symbols",
        "/data/{symbol}",
        "/data/{symbol}/ticks",
        "/data/{symbol}/gaps",
        "/data/stats",
        "/analytics/pair",
        "/analytics/hedge-ratio",
        "/analytics/spread",
        "/analytics/zscore",
        "/analytics/correlation",
        "/analytics/adf",
        "/analytics/scan",
        "/analytics/lab",
        "/simulation/truth",
        "/replay",
        "/export",
        "/export/ohlcv",
        "/data/{symbol}/quote",
        "/data/{symbol}/funding",
        "/metrics",
        "/system/status",
        "/auth/session",
        "/livez",
        "/readyz",
    }
    assert promised <= set(READS)
    assert {"/stream/start", "/stream/stop", "/replay"} <= {path for path in PATHS if "post" in PATHS[path]}


@pytest.mark.parametrize("path", READS)
def test_answers_are_of_the_declared_shape(api: Client, path: str) -> None:
    operation = PATHS[path]["get"]
    required = [each["name"] for each in operation.get("parameters", []) if each["required"]]
    query = {name: VALUES[name] for name in required if f"{{{name}}}" not in path}
    answer = api.http.get(path.format(**VALUES), params=query)

    declared = operation["responses"][str(answer.status_code)]["content"]

    assert answer.headers["content-type"].partition(";")[0] in declared
    if not answer.headers["content-type"].partition(";")[0].endswith("json"):
        return  # in the words of other tools, or a file: what reads those tests them
    model = model_of(declared, answer.text)
    assert model.model_config["extra"] == ("allow" if model is schemas.Problem else "forbid")
    parsed = model.model_validate_json(answer.text)
    if answer.status_code == 200:
        assert json.loads(parsed.model_dump_json()) == answer.json()


@pytest.mark.parametrize("path", READS)
def test_errors_are_declared_as_problems(path: str) -> None:
    responses = PATHS[path]["get"]["responses"]
    for status, answer in responses.items():
        if status not in ("200", "304") and path not in ("/readyz",):
            kinds = {"text/plain"} if status == "400" else {PROBLEM}  # 400: told before it is a request to us
            assert set(answer["content"]) == kinds, (path, status)


def test_every_operation_declares_who_may_and_what_refuses() -> None:
    for path, operations in PATHS.items():
        for operation in operations.values():
            assert "403" in operation["responses"], path
            assert ("401" in operation["responses"]) == ("security" in operation) or path == "/auth/token"
            assert ("429" in operation["responses"]) == (path not in ("/livez", "/readyz")), path
    assert PATHS["/stream/start"]["post"]["x-least-role"] == "operator"


def test_openmetrics_is_declared(api: Client) -> None:
    answer = api.http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    declared = PATHS["/metrics"]["get"]["responses"]["200"]["content"]
    assert answer.headers["content-type"].partition(";")[0] in declared.keys() - {"text/plain"}


@pytest.mark.parametrize("path", ["/stream/start", "/stream/stop"])
def test_changes_answer_the_status(api: Client, path: str) -> None:
    answer = api.post(path, symbols=["AAAUSDT"])
    schemas.StreamStatus.model_validate(answer)
    assert answer["market"] == api.status()["market"]


def test_an_answer_without_body_is_taken_as_all(api: Client) -> None:
    answer = api.http.post("/stream/start")
    assert answer.status_code == 200, answer.text


def test_market_data_carry_market_and_time(api: Client) -> None:
    market, as_of = api.status()["market"], api.status()["as_of"]
    for path in READS:
        required = [each["name"] for each in PATHS[path]["get"].get("parameters", []) if each["required"]]
        query = {name: VALUES[name] for name in required if f"{{{name}}}" not in path}
        answer = api.http.get(path.format(**VALUES), params=query)
        if answer.status_code == 200 and path.startswith(("/data", "/analytics", "/stream", "/symbols")):
            assert (answer.json()["market"], answer.json()["as_of"]) == (market, as_of), path
