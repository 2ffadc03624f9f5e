"""The Python client against a real server: frames with the API's rows, its errors, either kind of client."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from quant.client import AsyncClient, Client
from quant.client.problems import named
from quant.errors import (
    InvalidParameter,
    InvalidRule,
    NotEnoughData,
    QuantError,
    Unavailable,
    UnknownSymbol,
)
from recorded import made_trades, write_recording
from serving import Client as Api
from serving import InProcess, free_port, serving

START_MS = 1_750_000_020_000
END_MS = START_MS + 80 * 60_000
PAIR = ("AAAUSDT", "BBBUSDT")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("recording")
    file = write_recording(folder / "made.gz", made_trades(seed=3, minutes=90, start_ms=START_MS))
    with serving(folder / "data", source=f"replay:{file}", speed=0) as server:
        server.client.wait_finished()
        yield server


@pytest.fixture(scope="module")
def api(server: InProcess) -> Api:
    return server.client


def rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    return frame.with_columns(pl.col("time").dt.epoch("ms")).to_dicts()


def test_frames_have_the_rows_of_the_api(api: Api) -> None:
    with Client(api.origin) as quant:
        bars = api.get("/data/AAAUSDT", interval="1m", limit=4096)["items"]
        assert rows(quant.bars("AAAUSDT")) == bars
        begin, end = bars[20]["time"], bars[40]["time"]
        moment = datetime.fromtimestamp(begin / 1000, UTC)
        for start in (begin, moment, moment.replace(tzinfo=None), moment.isoformat()):
            assert rows(quant.bars("AAAUSDT", start=start, end=end)) == bars[20:40]
        ticks = api.get("/data/BBBUSDT/ticks", start=begin, end=end, limit=10_000)["items"]
        assert rows(quant.ticks("BBBUSDT", start=begin, end=end)) == ticks
        series = quant.pair_series(*PAIR, window=20, method="ols", start=begin, end=end)
        assert series["time"].dt.epoch("ms").to_list() == [bar["time"] for bar in bars[20:40]]
        wanted = api.get("/analytics/pair", symbol_a=PAIR[0], symbol_b=PAIR[1], window=20, end=end, limit=1)
        assert quant.pair(*PAIR, window=20, end=end) == wanted
        assert series["zscore"][-1] == pytest.approx(wanted["zscore"], rel=1e-9)


def test_frames_of_pandas_have_the_same_values(api: Api) -> None:
    with Client(api.origin) as quant, Client(api.origin, frames="pandas") as other:
        wanted, found = quant.bars("AAAUSDT"), other.bars("AAAUSDT")
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == wanted.columns
    assert str(found["time"].dt.tz) == "UTC"
    assert [moment.value // 1_000_000 for moment in found["time"]] == wanted["time"].dt.epoch("ms").to_list()
    for name in ("open", "vwap", "closed", "quality", "trades"):
        known = wanted[name].is_not_null()
        assert found[name][known.to_numpy()].tolist() == wanted[name].filter(known).to_list()


def test_the_other_kind_of_client_answers_the_same(api: Api) -> None:
    async def ask() -> tuple[object, ...]:
        async with AsyncClient(api.origin) as quant:
            return (
                rows(await quant.bars("AAAUSDT")),
                rows(await quant.ticks("AAAUSDT")),
                rows(await quant.pair_series(*PAIR, window=20)),
                await quant.pair(*PAIR, window=20, end=END_MS),
                (await quant.status())["market"],
            )

    with Client(api.origin) as quant:
        assert asyncio.run(ask()) == (
            rows(quant.bars("AAAUSDT")),
            rows(quant.ticks("AAAUSDT")),
            rows(quant.pair_series(*PAIR, window=20)),
            quant.pair(*PAIR, window=20, end=END_MS),
            quant.status()["market"],
        )


def test_symbols_are_started_and_stopped(api: Api) -> None:
    with Client(api.origin) as quant:
        assert quant.stop(["AAAUSDT"])["market"] == quant.status()["market"]
        assert {line["symbol"] for line in quant.start(["AAAUSDT"])["symbols"]} >= {"AAAUSDT"}


def test_errors_are_the_servers_own(api: Api) -> None:
    with Client(api.origin) as quant:
        with pytest.raises(UnknownSymbol, match="'NONE' is not a symbol of") as unknown:
            quant.bars("NONE")
        assert unknown.value.values["symbol"] == "NONE"
        with pytest.raises(InvalidParameter, match="7s") as invalid:
            quant.bars("AAAUSDT", interval="7s")
        assert invalid.value.values["parameter"] == "interval"
        with pytest.raises(NotEnoughData) as short:
            quant.pair_series(*PAIR, window=2000)
        assert short.value.values["need"] == 2001
    with (
        Client(f"http://127.0.0.1:{free_port()}") as nobody,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        nobody.status()


def test_every_error_has_its_class_and_an_unknown_one_is_the_root() -> None:
    for kind in (UnknownSymbol, InvalidRule, NotEnoughData, Unavailable):
        error = named(kind.code)("said", have=1)
        assert isinstance(error, kind)
        assert (error.message, str(error), dict(error.values)) == ("said", "said", {"have": 1})
    assert named("of_a_later_version").__mro__[1:].count(QuantError) == 1


def test_a_token_is_shown(tmp_path: Path) -> None:
    token = "shown-to-the-server"  # noqa: S105
    away = {
        "binance_ws_url": f"ws://127.0.0.1:{free_port()}",
        "binance_rest_url": f"http://127.0.0.1:{free_port()}",
    }
    with serving(tmp_path, source="binance", auth_token=token, **away) as server:
        origin = server.client.origin
        with Client(origin, token=token) as quant:
            assert quant.status()["source"] == "binance"
        with Client(origin) as stranger, pytest.raises(QuantError) as refused:
            stranger.status()
        assert refused.value.values["status"] == 401
