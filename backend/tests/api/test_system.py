"""/system/status against what else tells of the same: the packages, /metrics, /data/stats, the status, the disk."""

import json
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import parser

import quant
from problems import problem_of
from quant.api import system_schemas
from serving import Client, InProcess, serving
from waiting import eventually

COMMITTED = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text(encoding="utf-8"))
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with serving(tmp_path_factory.mktemp("live"), source="sim:5", tick_buffer_size=2000) as server:
        server.client.wait_ready()
        server.client.post("/stream/start", symbols=SYMBOLS)
        yield server


def measured(client: Client) -> Any:
    """Return the answer once trades of every symbol have come and the event loop has been measured."""

    def look() -> Any:
        answer = client.get("/system/status")
        assert [each["symbol"] for each in answer["latency"]["symbols"]] == SYMBOLS
        assert answer["event_loop"]["samples"]
        return answer

    return eventually(look, what="every symbol has traded")


def test_the_example_is_of_the_declared_shape() -> None:
    (example,) = COMMITTED["components"]["schemas"]["SystemStatus"]["examples"]
    assert system_schemas.SystemStatus.model_validate(example).model_dump() == example


def test_versions_are_those_of_what_runs(api: Client) -> None:
    versions = api.get("/system/status")["versions"]
    assert versions["product"] == quant.__version__
    assert versions["python"] == platform.python_version()
    assert versions["sqlite"] == sqlite3.sqlite_version
    assert {"fastapi", "numba", "numpy", "polars", "uvicorn"} <= set(versions["libraries"])
    assert versions["libraries"] == {name: version(name) for name in versions["libraries"]}


def test_neither_the_machine_nor_its_folders_are_named(api: Client, server: InProcess) -> None:
    text = api.http.get("/system/status").text
    assert str(server.app.state.settings.data_dir) not in text
    assert str(Path.home()) not in text
    assert "/" not in json.loads(text)["versions"]["platform"]
    assert platform.node() not in json.loads(text)["versions"]["platform"].split("-")


def test_the_process_is_that_of_the_metrics(live: InProcess) -> None:
    process = measured(live.client)["process"]
    families = parser.text_string_to_metric_families(live.client.http.get("/metrics").text)
    said = {sample.name: sample.value for family in families for sample in family.samples}

    assert process["uptime_s"] > 0
    assert 0 < process["cpu_s"] <= said["process_cpu_seconds_total"] + 0.1
    assert process["threads"] >= 1
    if "process_resident_memory_bytes" not in said:  # Linux alone tells
        assert process["memory_bytes"] is process["open_files"] is None
        return
    assert process["started_at"] == round(said["process_start_time_seconds"] * 1000)
    assert 0 < process["memory_bytes"] <= process["peak_memory_bytes"]
    assert process["most_open_files"] == said["process_max_fds"]
    assert 0 < process["open_files"] <= process["most_open_files"]


def test_the_event_loop_is_measured_over_the_last_minute(live: InProcess) -> None:
    lag = measured(live.client)["event_loop"]
    assert 0 < lag["samples"] <= lag["over_s"] * 4
    assert 0 <= lag["p50_ms"] <= lag["p99_ms"] <= lag["max_ms"]


def test_buffers_are_the_sums_of_the_stats(api: Client) -> None:
    held, stats = api.get("/system/status"), api.get("/data/stats")
    buffers = held["buffers"]

    assert (held["market"], held["as_of"]) == (stats["market"], stats["as_of"])
    assert buffers["symbols"] == len(stats["symbols"]) == 3
    assert buffers["ticks"] == stats["total"]["ticks"] > 0
    assert buffers["tick_bytes"] == stats["total"]["bytes"]
    assert buffers["tick_capacity"] == sum(each["capacity"] for each in stats["symbols"])
    assert buffers["bars"] == sum(sum(each["bars"].values()) for each in stats["symbols"]) > 0
    assert buffers["bar_bytes"] > buffers["bars"] * 8 * 8  # a bar has eight numbers and more


def test_the_journal_is_that_of_the_status(api: Client) -> None:
    assert api.get("/system/status")["journal"] == api.status()["journal"]


def test_the_disk_is_the_one_that_the_data_are_on(api: Client, server: InProcess) -> None:
    disk = api.get("/system/status")["disk"]
    folder = server.app.state.settings.data_dir
    assert disk["total_bytes"] == shutil.disk_usage(folder).total
    assert 0 < disk["free_bytes"] <= disk["total_bytes"]
    assert 0 < disk["used_bytes"] <= disk["total_bytes"]


def test_delays_of_a_market_at_the_pace_of_the_clock(live: InProcess) -> None:
    """The simulated exchange publishes 1 to 40 ms late; on top of that comes the way to us, which no test bounds."""
    latency = measured(live.client)["latency"]
    total, symbols = latency["total"], latency["symbols"]

    assert (latency["status"], latency["reason"]) == ("ok", None)
    for each in (total, *symbols):
        assert len(each["counts"]) == len(latency["bounds_ms"]) + 1
        assert sum(each["counts"]) == each["trades"] > 0
        assert each["p50_ms"] <= each["p95_ms"] <= each["p99_ms"] <= each["max_ms"]
        assert max(each["trades"] for each in symbols) <= latency["most"]
    assert total["trades"] == sum(each["trades"] for each in symbols)
    assert total["counts"] == [
        sum(column) for column in zip(*(each["counts"] for each in symbols), strict=True)
    ]
    assert total["max_ms"] == max(each["max_ms"] for each in symbols)


def test_what_is_played_faster_than_the_clock_has_no_delays(api: Client) -> None:
    latency = api.get("/system/status")["latency"]
    assert latency["status"] == "not_comparable"
    assert "pace of the clock" in latency["reason"]
    assert latency["total"]["trades"] == sum(latency["total"]["counts"]) == 0
    assert latency["total"]["p50_ms"] is latency["total"]["max_ms"] is None
    assert latency["symbols"] == []


def test_before_the_first_trade_there_are_none(tmp_path: Path) -> None:
    with serving(tmp_path, source="sim:5") as server:
        server.client.wait_ready()
        answer = server.client.get("/system/status")
    assert answer["latency"]["status"] == "no_trades"
    assert "no stream has brought a trade" in answer["latency"]["reason"]
    assert answer["buffers"] | {"bar_bytes": 0} == dict.fromkeys(answer["buffers"], 0)


def test_another_source_is_another_market(tmp_path: Path) -> None:
    with serving(tmp_path, source="sim:5") as server:
        server.client.wait_ready()
        server.client.post("/stream/start", symbols=SYMBOLS)
        measured(server.client)
        server.client.post("/stream/start", source="sim:6")
        answer = server.client.get("/system/status")
    assert answer["market"] == "sim-6"
    assert answer["buffers"]["ticks"] == 0
    assert answer["latency"]["status"] == "no_trades"


def test_the_page_keeps_its_address(api: Client) -> None:
    """/system is a page of the dashboard, and no endpoint."""
    problem_of(api.http.get("/system"), status=404)
    page = api.http.get("/system", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith(("text/html", "text/plain"))
    assert api.http.get("/system/status", headers={"accept": "text/html"}).json()["market"]
