"""/metrics, read with the parser of those who wrote the format, against /stream/status."""

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics_parser

import quant
from listening import Ear
from problems import problem_of
from serving import Client, InProcess, serving
from waiting import eventually

SECRET = "s3cret"  # noqa: S105  of this test
LEDGER = {
    "quant_ledger_last_id": "last_id",
    "quant_feed_trades_total": "ticks",
    "quant_ledger_duplicates_total": "duplicates",
    "quant_ledger_out_of_order_total": "out_of_order",
    "quant_feed_quarantined_total": "quarantined",
    "quant_feed_trades_per_second": "rate",
}


class Scrape:
    """The samples of one answer by name and labels."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = {family.name: family for family in families}
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        return self.samples[name, frozenset(labels.items())]


def scrape(api: Client) -> Scrape:
    answer = api.http.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return Scrape(list(parser.text_string_to_metric_families(answer.text)))


def test_the_ledger_is_that_of_the_status(api: Client) -> None:
    status, metrics = api.status(), scrape(api)

    assert len(status["symbols"]) == 3
    for line in status["symbols"]:
        labels = {"market": status["market"], "symbol": line["symbol"]}
        for name, field in LEDGER.items():
            assert metrics.value(name, **labels) == line[field], name
        for state, count in line["gaps"].items():
            assert metrics.value("quant_ledger_holes", **labels, state=state) == count
        assert metrics.value("quant_feed_state", **labels, state=line["state"]) == 1
    assert metrics.value("quant_market_time_seconds", market=status["market"]) == status["as_of"] / 1000


def test_exactly_one_state_holds(api: Client) -> None:
    metrics = scrape(api)
    for name in ("quant_source_state", "quant_feed_state", "quant_connection_state", "quant_journal_state"):
        held: dict[frozenset[tuple[str, str]], float] = {}
        for sample in metrics.families[name].samples:
            key = frozenset(item for item in sample.labels.items() if item[0] != "state")
            held[key] = held.get(key, 0) + sample.value
        assert set(held.values()) <= {1.0}, name
    assert metrics.families["quant_source_state"].samples


def test_analytics_are_those_of_the_status(api: Client) -> None:
    topic = "pair:AAAUSDT-BBBUSDT:1m:60:ols:level"
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", topic)
        ear.hear_type("snapshot", topic)
        eventually(lambda: api.status()["analytics"]["refreshed"] > 0, what="a refresh is counted")
        status, metrics = api.status(), scrape(api)
        market = status["market"]
        assert metrics.value("quant_analytics_pairs", market=market) == status["analytics"]["pairs"] == 1
        assert (
            metrics.value("quant_analytics_stale_pairs", market=market) == status["analytics"]["stale"] == 0
        )
        assert (
            metrics.value("quant_analytics_refreshed_total", market=market)
            >= status["analytics"]["refreshed"]
        )
        assert metrics.value("quant_analytics_shed_total", market=market) == status["analytics"]["shed"]


def test_the_journal_is_that_of_the_status(api: Client) -> None:
    status, metrics = api.status(), scrape(api)
    journal, market = status["journal"], status["market"]

    assert metrics.value("quant_journal_state", market=market, state=journal["state"]) == 1
    for name, field in (
        ("quant_journal_pending_rows", "pending_rows"),
        ("quant_journal_committed_rows_total", "committed_rows"),
        ("quant_journal_dropped_rows_total", "dropped_rows"),
    ):
        assert metrics.value(name, market=market) == journal[field], name


def test_what_runs_is_named(api: Client) -> None:
    status, metrics = api.status(), scrape(api)
    build = {"version": quant.__version__, "python": platform.python_version()}
    assert metrics.value("quant_build_info", **build) == 1
    assert metrics.value("quant_source_info", source=status["source"], market=status["market"]) == 1


def test_the_loop_is_measured(api: Client) -> None:
    def count() -> float:
        return scrape(api).value("quant_event_loop_lag_seconds_count")

    before = count()
    eventually(lambda: count() > before, what="the lag is measured again")
    assert scrape(api).value("quant_event_loop_lag_seconds_bucket", le="+Inf") >= before
    assert scrape(api).value("process_resident_memory_bytes") > 0


def test_names_follow_the_rules(api: Client) -> None:
    for family in scrape(api).families.values():
        assert family.documentation, family.name
        for sample in family.samples:
            if sample.name.startswith("quant_"):
                assert (family.type == "counter") == sample.name.endswith("_total"), sample.name
                assert not {"ms", "millis", "milliseconds"} & set(sample.name.split("_")), sample.name


def test_openmetrics_is_given_to_those_who_ask(api: Client) -> None:
    answer = api.http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = openmetrics_parser.text_string_to_metric_families(answer.text)
    assert "quant_ledger_holes" in {family.name for family in families}


@pytest.fixture
def locked(recording: Path, tmp_path: Path) -> Iterator[InProcess]:
    with serving(tmp_path, source=f"replay:{recording}", speed=0, auth_token=SECRET) as server:
        yield server


def test_metrics_are_for_those_who_may_read(locked: InProcess) -> None:
    http = locked.client.http
    problem_of(http.get("/metrics"), status=401)
    problem_of(http.get("/metrics", headers={"Host": "evil.example"}), status=403)
    answer = http.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    assert answer.status_code == 200
    assert "quant_build_info" in answer.text
