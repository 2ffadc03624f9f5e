"""`quant scan` as a user meets it: files of bars and of trades, what is stored, and what cannot be scanned."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.tsa.stattools import coint

from quant.commands.scan import table_lines
from recorded import made_trades
from serving import quant

START_MS = 1_740_787_200_000  # 2025-03-01
MINUTE_MS = 60_000
BARS = 600


def write_bars(path: Path, closes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Path:
    times = START_MS + MINUTE_MS * np.arange(len(closes))
    frame = pl.DataFrame(
        {
            "date": times,
            "open": closes,
            "high": closes,
            "low": closes,
            "close": closes,
            "volume": np.ones(len(closes)),
        }
    ).with_columns(pl.from_epoch("date", time_unit="ms"))
    frame.write_parquet(path)
    return path


@pytest.fixture(scope="module")
def closes() -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    generator = np.random.default_rng(5)
    x = 50 * np.exp(generator.standard_normal(BARS).cumsum() * 1e-3)
    y = 2 * x**1.5 * np.exp(generator.standard_normal(BARS) * 1e-3)
    return {
        "YYYUSDT": y,
        "XXXUSDT": x,
        "ZZZUSDT": 10 * np.exp(generator.standard_normal(BARS).cumsum() * 1e-3),
    }


@pytest.fixture(scope="module")
def files(
    tmp_path_factory: pytest.TempPathFactory, closes: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
) -> list[str]:
    folder = tmp_path_factory.mktemp("bars")
    return [str(write_bars(folder / f"{symbol}-1m.parquet", prices)) for symbol, prices in closes.items()]


def test_files_are_scanned_printed_and_written(tmp_path: Path, files: list[str], closes) -> None:  # type: ignore[no-untyped-def]
    done = quant(*("scan", *files, "--interval", "1m", "--window", "500", "--out", "pairs.csv"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["pair", "beta"]
    assert lines[1].startswith("XXXUSDT YYYUSDT")
    assert "3 of 3 pairs of 3 symbols tested on 500 bars of 1m" in done.stdout
    assert "0.2 expected by chance" in done.stdout or "0.1 expected by chance" in done.stdout
    written = pl.read_csv(tmp_path / "pairs.csv")
    row = written.row(
        by_predicate=(pl.col("symbol_a") == "XXXUSDT") & (pl.col("symbol_b") == "YYYUSDT"), named=True
    )
    y, x = np.log(closes["XXXUSDT"][-500:]), np.log(closes["YYYUSDT"][-500:])
    assert row["statistic"] == pytest.approx(coint(y, x, autolag="aic")[0], rel=1e-6)
    assert row["statistic_xy"] == pytest.approx(coint(x, y, autolag="aic")[0], rel=1e-6)
    assert row["direction"] == "y_on_x"
    assert lines[1].split()[3] == f"{row['statistic']:.2f}" != f"{row['statistic_xy']:.2f}"
    other = table_lines(written.with_columns(direction=pl.lit("x_on_y")), top=1)[1]
    assert other.split()[3] == f"{row['statistic_xy']:.2f}"  # the t beside p is that of the one that decides
    assert row["p_value"] == pytest.approx(min(1, 2 * min(row["p_yx"], row["p_xy"])))
    assert row["half_life_status"] == "ok"
    assert row["half_life_seconds"] == pytest.approx(60 * row["half_life"])
    assert (row["n"], row["autolag"], row["max_lag"]) == (500, "aic", 18)
    assert row["critical_5"] == pytest.approx(coint(y, x, autolag="aic")[2][1], abs=5e-3)
    assert (row["calibrated"], row["p_calibrated"]) == (False, None)
    assert (row["quiet_a"], row["gap_b"], row["backfilled_a"]) == (0, 0, 0)
    assert (row["role"], row["holdout_share"], row["screen"], row["fit"]) == ("formation", 0.5, 0.5, 0.9)
    assert "Lags by aic, at most 18; critical values" in done.stdout
    assert "tail not calibrated" in done.stdout
    assert row["holdout"] == "survived"
    assert written["p_value"].is_sorted()
    assert not (tmp_path / "data").exists()


def test_what_is_stored_is_scanned_and_longer_bars_come_from_shorter(
    tmp_path: Path,
    files: list[str],
    closes,  # type: ignore[no-untyped-def]
) -> None:
    data = tmp_path / "data"
    done = quant("import", *files, cwd=tmp_path, DATA_DIR=data)
    assert done.returncode == 0, done.stderr
    done = quant(
        *(
            "scan",
            "--interval",
            "5m",
            "--window",
            "100",
            "--out",
            "pairs.parquet",
            "--symbols",
            "zzzusdt,XXXUSDT",
        ),
        cwd=tmp_path,
        DATA_DIR=data,
    )
    assert done.returncode == 0, done.stderr
    (row,) = pl.read_parquet(tmp_path / "pairs.parquet").to_dicts()
    y, x = (np.log(closes[name][4::5][-100:]) for name in ("XXXUSDT", "ZZZUSDT"))
    assert row["statistic"] == pytest.approx(coint(y, x, autolag="aic")[0], rel=1e-6)


def test_files_of_trades_are_scanned(tmp_path: Path) -> None:
    trades = made_trades(seed=2, minutes=200, start_ms=START_MS)
    names = []
    for symbol in ("AAAUSDT", "BBBUSDT"):
        path = tmp_path / f"{symbol}-aggTrades-2025-03-01.csv"
        rows, first = [], 1
        for trade in (each for each in trades if each.symbol == symbol):
            last = first + trade.count - 1
            rows.append(
                f"{trade.id},{trade.price},{trade.size},{first},{last},{trade.time_ms},{str(trade.sold).lower()}"
            )
            first = last + 1
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        names.append(str(path))
    done = quant("scan", *names, "--interval", "1m", "--window", "120", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "AAAUSDT BBBUSDT" in done.stdout
    assert "1 of 1 pairs of 2 symbols tested on 120 bars of 1m" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["{files}", "--interval", "1m", "--window", "601"], "have 600, need 601"),
        (["{files}", "--interval", "1m", "--window", "20"], "window"),
        (["{files}", "--interval", "7m", "--window", "100"], "interval"),
        (["{files}", "--interval", "1m", "--window", "100", "--scale", "root"], "scale"),
        (["{files}", "--interval", "1m", "--window", "100", "--out", "pairs.xls"], "pairs.xls"),
        (["{files}", "--interval", "1m", "--window", "100", "--out", "no/such/pairs.csv"], "no/such"),
        (["{files}", "--interval", "1m", "--window", "100", "--symbols", "XXXUSDT,NONE"], "NONE"),
        (["gone.zip", "--interval", "1m", "--window", "100"], "gone.zip"),
        (["--interval", "1m", "--window", "100"], "have 0, need 2"),
    ],
)
def test_what_cannot_be_scanned_is_one_sentence(
    tmp_path: Path, files: list[str], arguments: list[str], named: str
) -> None:
    given = [each for argument in arguments for each in (files if argument == "{files}" else [argument])]
    done = quant("scan", *given, cwd=tmp_path, DATA_DIR=tmp_path / "data")
    assert done.returncode == 2, done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith("quant: ")
    assert named in last


def test_the_recorded_month_is_scanned(tmp_path: Path, shared_data: Path) -> None:
    files = sorted(
        str(path) for path in (shared_data / "typhonun_um_1m").glob("[BE][TN][CA]_*-1m-futures.feather")
    )
    done = quant("scan", *files, "--interval", "1m", "--window", "1440", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "BTCUSDT ENAUSDT" in done.stdout


def test_help_has_lines_to_copy(tmp_path: Path) -> None:
    done = quant("scan", "--help", cwd=tmp_path)
    assert "quant scan --interval 1m --window 1440" in done.stdout
