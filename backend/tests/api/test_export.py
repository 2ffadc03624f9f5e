"""Exports: the rows of the JSON answers as files, whatever the format and wherever a page ends."""

import io
from datetime import UTC, datetime
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest

from problems import problem_of
from quant.api import schemas as wire
from quant.api.downloads import ExportSlots
from quant.api.export_frames import TIME
from quant.api.file_formats import FileFormat, csv_of
from quant.api.row_frames import row_frame
from quant.engine import export_rows
from served_bars import PAIR
from serving import Client, InProcess

FORMATS = [form.value for form in FileFormat]
MINUTE_MS = 60_000


@pytest.fixture(params=["one page", "short pages"])
def page_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have exports made of one page, and of several short ones."""
    if request.param == "short pages":
        for name, value in {
            "BARS_A_PAGE": 97,
            "TICKS_A_PAGE": 41,
            "MIN_PAIR_ROWS": 13,
            "PAGE_S": 0.0,
        }.items():
            monkeypatch.setattr(export_rows, name, value)


def export(api: Client, path: str, form: str, **params: object) -> pl.DataFrame:
    """Return the file as polars reads it."""
    query = {name: str(value) for name, value in (params | {"format": form}).items()}
    answer = api.http.get(path, params=query)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["x-market"] == api.status()["market"]
    body = io.BytesIO(answer.content)
    if form == "parquet":
        return pl.read_parquet(body)
    if form == "arrow":
        return pl.read_ipc_stream(body)
    return pl.read_csv(body, try_parse_dates=True, schema_overrides={"side": pl.String})


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the file's rows as the JSON answers write them."""
    found = frame.with_columns(cs.datetime().cast(pl.Datetime("ms", "UTC")).dt.epoch("ms"))
    return found.to_dicts()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("interval", ["1m", "1s", "t50", "v20"])
def test_bars_are_those_of_the_api(api: Client, page_rows: None, form: str, interval: str) -> None:
    wanted = api.get("/data/AAAUSDT", interval=interval, limit=4096)["items"]
    start, end = wanted[0]["time"], wanted[-1]["time"] + 1
    assert len(wanted) > 20
    assert (
        rows(export(api, "/export/ohlcv", form, symbol="aaausdt", interval=interval, start=start, end=end))
        == wanted
    )


@pytest.mark.parametrize("form", FORMATS)
def test_trades_are_those_of_the_api(api: Client, page_rows: None, form: str) -> None:
    newest = api.get("/data/AAAUSDT/ticks", limit=200)["items"]
    start, end = newest[0]["time"], newest[-1]["time"]
    wanted = api.get("/data/AAAUSDT/ticks", start=start, end=end, limit=1000)["items"]
    assert len(wanted) > 100
    assert rows(export(api, "/export/ticks", form, symbol="AAAUSDT", start=start, end=end)) == wanted


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("method", ["ols", "huber", "theil_sen", "kalman", "tls"])
def test_a_pair_is_that_of_the_api(api: Client, page_rows: None, form: str, method: str) -> None:
    query = PAIR | {"interval": "1m", "window": 20, "method": method}
    closed = [bar["time"] for bar in api.get("/data/AAAUSDT", interval="1m", limit=4096)["items"]]
    start, end = closed[60], closed[110]  # whole windows lie before: the rows are the same to the last digit
    series = api.get("/analytics/pair", **query, start=start, end=end, limit=50)["series"]
    assert len(series["time"]) == 50
    wanted = [dict(zip(series, row, strict=True)) for row in zip(*series.values(), strict=True)]

    found = rows(export(api, "/export", form, **query, start=start, end=end))

    assert {row.pop("quality") for row in found} <= {"complete", "quiet", "gap", "partial"}
    assert found == wanted
    assert all(row["zscore"] is not None for row in found)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("path", ["/data/AAAUSDT", "/data/AAAUSDT/ticks"])
def test_a_page_of_a_table_is_a_file_too(api: Client, path: str, form: str) -> None:
    page = api.get(path, limit=30)
    answer = api.http.get(path, params={"limit": "30", "format": form})
    assert (answer.headers["x-next"], answer.headers["x-as-of"]) == (page["next"], str(page["as_of"]))
    assert rows(export(api, path, form, limit=30)) == page["items"]


LISTS = {
    "/symbols": {},
    "/data/AAAUSDT/gaps": {},
    "/data/AAAUSDT/stored": {},
    "/data/AAAUSDT/quote": {"limit": 30},
    "/data/AAAUSDT/funding": {"limit": 30},
    "/analytics/scan": {"window": 100, "limit": 2},
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_a_file_too(api: Client, path: str, form: str) -> None:
    """A table of the answer's rows, whatever it says beside them: `reasons` of a scan are one text."""
    whole = api.get(path, **LISTS[path])
    answer = api.http.get(
        path, params={name: str(each) for name, each in (LISTS[path] | {"format": form}).items()}
    )
    assert (answer.headers["x-market"], answer.headers["x-as-of"]) == (whole["market"], str(whole["as_of"]))
    assert "x-next" not in answer.headers
    found = rows(export(api, path, form, **LISTS[path]))
    assert len(found) == len(whole["items"])
    for row, wanted in zip(found, whole["items"], strict=True):
        reasons = wanted.pop("reasons", {})
        told = row.pop("reasons", None) or ""
        assert told == "; ".join(f"{name}: {why}" for name, why in reasons.items())
        assert row == wanted
    assert bool(found) == (path != "/data/AAAUSDT/gaps")


def test_rows_are_columns_of_their_own_kind() -> None:
    gap = {"first_id": 3, "last_id": 5, "state": "open", "found_at": 1_750_000_000_123}
    frame = row_frame(wire.Gap, [gap])
    assert frame.schema == {"first_id": pl.Int64, "last_id": pl.Int64, "state": pl.String, "found_at": TIME}
    assert frame["found_at"].to_list() == [datetime(2025, 6, 15, 15, 6, 40, 123_000, UTC)]
    empty = row_frame(wire.ScannedPair, [])
    assert empty.columns == list(wire.ScannedPair.model_fields)
    assert (empty["p_value"].dtype, empty["lags"].dtype, empty["reasons"].dtype) == (
        pl.Float64,
        pl.Int64,
        pl.String,
    )


def test_a_symbol_that_a_spreadsheet_would_run_is_marked_in_a_list_too() -> None:
    symbol = {"symbol": "=1+1", "base": " @SUM", "quote": "\uff1d1", "status": "TRADING"}
    frame = row_frame(wire.SymbolOut, [symbol | {"tick_size": -0.1, "step_size": 1.0, "streaming": True}])
    assert csv_of(frame, header=False).decode() == "'=1+1,' @SUM,'\uff1d1,TRADING,-0.1,1.0,true\n"


def test_without_a_span_it_is_all_there_is(api: Client) -> None:
    wanted = api.get("/data/BBBUSDT", interval="1m", limit=4096)
    assert wanted["next"] is None
    assert rows(export(api, "/export/ohlcv", "csv", symbol="BBBUSDT")) == wanted["items"]
    pair = rows(export(api, "/export", "csv", **PAIR, window=20))
    closed = [bar["time"] for bar in wanted["items"] if bar["closed"]]
    assert [row["time"] for row in pair] == closed
    assert pair[0]["zscore"] is None
    assert pair[-1]["zscore"] is not None


def test_csv_has_a_header_iso_times_and_no_footer(api: Client) -> None:
    answer = api.http.get("/export/ohlcv", params={"symbol": "AAAUSDT", "interval": "1m"})
    assert answer.headers["content-type"].startswith("text/csv")
    first, *lines = answer.text.splitlines()
    assert first == "time,open,high,low,close,volume,quote_volume,trades,vwap,closed,quality,revision"
    bars = api.get("/data/AAAUSDT", interval="1m", limit=4096)["items"]
    at = [datetime.fromtimestamp(bar["time"] / 1000, UTC) for bar in bars]
    assert [line.partition(",")[0] for line in lines] == [f"{time:%Y-%m-%dT%H:%M:%S}.000Z" for time in at]
    assert answer.text.endswith("\n")


@pytest.mark.parametrize(
    ("path", "params", "named"),
    [
        ("/export", PAIR | {"window": 20}, "AAAUSDT-BBBUSDT_1m_20_ols_level"),
        ("/export/ohlcv", {"symbol": "AAAUSDT", "interval": "5m"}, "AAAUSDT_5m"),
        ("/export/ticks", {"symbol": "AAAUSDT"}, "AAAUSDT_trades"),
    ],
)
def test_the_name_says_what_is_in_the_file(
    api: Client, path: str, params: dict[str, str], named: str
) -> None:
    market = api.status()["market"]
    bars = api.get("/data/AAAUSDT", interval=params.get("interval", "1m"), limit=4096)["items"]
    end = bars[-1]["time"]
    with api.http.stream("GET", path, params=params | {"end": end, "format": "parquet"}) as answer:
        said = answer.headers["content-disposition"]
        answer.read()
    compact = f"{datetime.fromtimestamp(end / 1000, UTC):%Y%m%dT%H%M%SZ}"
    start, _, name = said.partition("''")
    assert start == "attachment; filename*=UTF-8"
    assert name.startswith(f"{market}_{named}_")
    assert name.endswith(f"_{compact}.parquet")


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/export/ohlcv", {"symbol": "NONEUSDT"}, 404, "unknown_symbol"),
        ("/export/ohlcv", {"symbol": "AAAUSDT", "interval": "7s"}, 422, "invalid_parameter"),
        ("/export/ohlcv", {"symbol": "AAAUSDT", "format": "xlsx"}, 422, "invalid_parameter"),
        ("/export/ohlcv", {"symbol": "AAAUSDT", "start": "soon"}, 422, "invalid_parameter"),
        ("/export/ohlcv", {"symbol": "AAAUSDT", "end": "1"}, 409, "not_enough_data"),
        ("/export/ticks", {"symbol": "AAAUSDT", "start": "8000000000000"}, 409, "not_enough_data"),
        ("/export/ticks", {}, 422, "invalid_parameter"),
        ("/export", PAIR | {"window": "2000"}, 409, "not_enough_data"),
        ("/export", PAIR | {"window": "1"}, 422, "invalid_parameter"),
        ("/export", {"symbol_a": "AAAUSDT", "symbol_b": "AAAUSDT"}, 422, "invalid_parameter"),
        ("/export", PAIR | {"end": "1"}, 409, "not_enough_data"),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_what_cannot_be_exported_is_a_problem(
    api: Client, path: str, params: dict[str, str], status: int, code: str, form: str
) -> None:
    answer = api.http.get(path, params={"format": form} | params)
    assert problem_of(answer, status=status)["code"] == code


def test_more_work_than_an_export_may_be_is_refused_by_its_limit(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quant.engine.cost.MAX_EXPORT_S", 1e-4)
    problem = problem_of(api.http.get("/export", params=PAIR | {"window": "20"}), status=422)
    assert problem["limit_s"] == 1e-4
    assert problem["estimate_s"] >= 0
    assert "at most" in problem["detail"]


def test_so_many_at_once_and_no_more(server: InProcess, api: Client) -> None:
    slots: ExportSlots = server.app.state.export_slots
    query = {"symbol": "AAAUSDT", "interval": "1m"}
    for _ in range(4):
        slots.take()
    try:
        refused = api.http.get("/export/ohlcv", params=query)
        assert problem_of(refused, status=503)["limit"] == 4
        assert refused.headers["retry-after"]
    finally:
        for _ in range(4):
            slots.release()
    for _ in range(6):  # whatever becomes of an export, its slot is free again
        assert api.http.get("/export/ohlcv", params=query).status_code == 200
        assert api.http.get("/export/ohlcv", params=query | {"end": "1"}).status_code == 409
        with api.http.stream("GET", "/export/ticks", params={"symbol": "AAAUSDT"}) as answer:
            next(answer.iter_raw())  # and leave


@pytest.fixture
def hostile() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "symbol": ["=1+1", "+CMD", "-X", "@SUM", "\tTAB", "\rCR", "\x00N", "BTC=USDT", "", None],
            "zscore": [-1.5, 1e-9, -0.0, 2.0, 1e300, 0.1, -3.0, 4.0, None, 5.0],
        }
    )


def test_text_that_a_spreadsheet_would_run_is_marked_and_numbers_are_not(hostile: pl.DataFrame) -> None:
    back = pl.read_csv(csv_of(hostile, header=True)).with_columns(pl.col("symbol").fill_null(""))
    assert back["symbol"].to_list() == [
        "'=1+1", "'+CMD", "'-X", "'@SUM", "'\tTAB", "'\rCR", "'\x00N", "BTC=USDT", "", "",
    ]  # fmt: skip
    assert back["zscore"].to_list() == hostile["zscore"].to_list()


def test_what_is_stored_of_a_symbol_is_told(api: Client) -> None:
    bars = api.get("/data/AAAUSDT", interval="1m", limit=4096)["items"]
    ticks = api.get("/data/AAAUSDT/ticks", limit=10_000)["items"]
    stored = {span["interval"]: span for span in api.get("/data/AAAUSDT/stored")["items"]}
    assert stored.keys() == {None, "1s", "1m", "5m"}
    assert (stored["1m"]["first_time"], stored["1m"]["last_time"]) == (bars[0]["time"], bars[-1]["time"])
    assert stored[None]["last_time"] == max(tick["time"] for tick in ticks)
