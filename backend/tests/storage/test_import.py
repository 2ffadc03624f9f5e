"""Files of past trades and bars, read and stored: compared with a plain reading of the same file, line by line."""

import csv
import gzip
import hashlib
import io
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quant.domain import Bars, Quality, TradeBatch
from quant.errors import ArchiveError
from quant.feed import archive_text
from quant.feed.archive import Archive, ArchiveKind, open_archive
from quant.storage import importing
from quant.storage.history import History
from quant.storage.history_reader import HistoryReader
from quant.storage.id_ranges import IdRange
from quant.storage.import_ledger import ImportLedger
from quant.storage.importing import ImportProgress, ImportReport, import_file

MARKET = "binance-um"
START_MS = 1_704_067_200_000  # 2024-01-01
AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
KLINE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore\n"
)


def _agg_lines(
    n: int, *, first_id: int = 7_000, step_ms: int = 700, unit: int = 1, seed: int = 1
) -> list[str]:
    rng = random.Random(seed)
    lines, last = [], 90_000
    for at in range(n):
        count = rng.randrange(1, 5)
        price, size = 42_000 + rng.randrange(-5000, 5000) / 10, rng.randrange(1, 9999) / 1000
        time = (START_MS + at * step_ms) * unit
        lines.append(
            f"{first_id + at},{price},{size},{last + 1},{last + count},{time},{rng.choice(['true', 'false'])}\n"
        )
        last += count
    return lines


def _oracle(lines: list[str], unit_ns: int) -> dict[int, tuple[int, float, float, int, int]]:
    """Read the lines with the standard library: id to time, price, size, sell, count."""
    found: dict[int, tuple[int, float, float, int, int]] = {}
    for row in csv.reader(io.StringIO("".join(lines))):
        trade_id, price, size, first, last, time, maker = row[:7]
        found.setdefault(
            int(trade_id),
            (
                int(time) * unit_ns,
                float(price),
                float(size),
                int(maker.lower() == "true"),
                int(last) - int(first) + 1,
            ),
        )
    return found


def _write(path: Path, text: str) -> Path:
    raw = text.encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{path.stem}.csv", raw)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(raw))
    else:
        path.write_bytes(raw)
    return path


def _import(
    folder: Path, source: Archive, on_progress: Callable[[ImportProgress], None] | None = None
) -> ImportReport:
    ledger = ImportLedger(folder / "imports.sqlite")
    return import_file(
        source, market=MARKET, history=History(folder / "history"), ledger=ledger, on_progress=on_progress
    )


def _stored(folder: Path, symbol: str = "BTCUSDT") -> dict[int, tuple[int, float, float, int, int]]:
    ticks = HistoryReader(folder / "history").ticks(MARKET, symbol)
    columns = (ticks.ts_event, ticks.prices, ticks.sizes, ticks.sells, ticks.counts)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(ticks.ids.tolist(), rows, strict=True))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make files of a few thousand lines many blocks long."""
    monkeypatch.setattr(archive_text, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(importing, "SAVE_EVERY_ROWS", 1)


@pytest.mark.parametrize("suffix", [".zip", ".csv", ".csv.gz"])
@pytest.mark.parametrize("header", ["", AGG_HEADER])
@pytest.mark.parametrize(("unit", "unit_ns"), [(1, 10**6), (1000, 10**3)])
def test_agg_trades_in_every_form(
    tmp_path: Path, small_blocks: None, suffix: str, header: str, unit: int, unit_ns: int
) -> None:
    lines = _agg_lines(8000, unit=unit)  # one and a half hours
    path = _write(tmp_path / f"BTCUSDT-aggTrades-2024-01-01{suffix}", header + "".join(lines))
    source = open_archive(path)
    assert (source.kind, source.symbol, source.interval) == (ArchiveKind.AGG_TRADES, "BTCUSDT", None)
    seen: list[ImportProgress] = []
    report = _import(tmp_path, source, seen.append)
    assert _stored(tmp_path) == _oracle(lines, unit_ns)
    assert (report.rows, report.first, report.last) == (8000, 7000, 14_999)
    assert (report.duplicates, report.out_of_order, report.holes, report.missing) == (0, 0, (), 0)
    assert len(seen) > 10
    assert [p.rows for p in seen] == sorted(p.rows for p in seen)
    assert seen[-1] == ImportProgress(8000, path.stat().st_size, path.stat().st_size)


def test_spot_agg_trades_with_windows_line_ends_and_void_ids(tmp_path: Path, small_blocks: None) -> None:
    lines = [line.rstrip("\n") + ",True\r\n" for line in _agg_lines(300, unit=1000)]
    lines[100] = f"7100,0.0,0.0,-1,-1,{(START_MS + 70_000) * 1000},true,true\r\n"
    source = open_archive(_write(tmp_path / "BTCUSDT-aggTrades-2025-01-01.csv", "".join(lines)))
    report = _import(tmp_path, source)
    assert _stored(tmp_path) == _oracle([*lines[:100], *lines[101:]], 1000)
    assert (report.rows, report.holes, report.missing) == (300, (IdRange(7100, 7100),), 1)


@pytest.mark.parametrize("tail", ["", ",true"])
def test_plain_trades_are_of_another_kind(tmp_path: Path, tail: str) -> None:
    text = "".join(
        f"{50 + at},1.5,{at + 1},9,{START_MS + at},{'true' if at % 3 else 'false'}{tail}\n" for at in range(9)
    )
    source = open_archive(
        _write(
            tmp_path / "BTCUSDT-trades-2024-01-01.zip", "id,price,qty,quote_qty,time,is_buyer_maker\n" + text
        )
    )
    assert source.kind is ArchiveKind.TRADES
    _import(tmp_path, source)
    assert _stored(tmp_path) == {
        50 + at: ((START_MS + at) * 10**6, 1.5, at + 1, int(at % 3 > 0), 1) for at in range(9)
    }


def test_doublets_disorder_and_holes_are_reported(tmp_path: Path, small_blocks: None) -> None:
    lines = _agg_lines(9000)
    truth = _oracle(lines, 10**6)
    rng = random.Random(3)
    order = list(range(9000))
    missing = {*range(40, 60), 700, *range(8000, 8100)}
    order = [at for at in order if at not in missing]
    doubled = rng.sample(order, 25)
    for at in doubled:
        order.insert(order.index(at) + 1, at)
    late = order.pop(order.index(6000))  # belongs to an hour that is stored by then
    order.append(late)
    report = _import(
        tmp_path,
        open_archive(
            _write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.zip", "".join(lines[at] for at in order))
        ),
    )
    assert _stored(tmp_path) == {7000 + at: truth[7000 + at] for at in range(9000) if at not in missing}
    assert report.holes == (IdRange(7040, 7059), IdRange(7700, 7700), IdRange(15_000, 15_099))
    assert (report.missing, report.duplicates) == (121, 25 if late not in doubled else report.duplicates)
    assert report.out_of_order == 1


class Stopped(Exception):
    """What a user's Ctrl-C is to the import."""


@pytest.mark.parametrize("seed", range(2))
def test_an_import_that_is_stopped_anywhere_goes_on_there(
    tmp_path: Path, small_blocks: None, seed: int
) -> None:
    lines = _agg_lines(30_000)  # six hours
    del lines[12_345]
    lines.insert(20_000, lines[19_999])
    path = _write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.zip", AGG_HEADER + "".join(lines))
    rng = random.Random(seed)
    resumed: list[int] = []
    while True:
        stop_at = rng.randrange(1, 20_000) + (resumed[-1] if resumed else 0)

        def stop(progress: ImportProgress, stop_at: int = stop_at) -> None:
            if progress.rows >= stop_at:
                raise Stopped

        try:
            report = _import(tmp_path, open_archive(path), stop)
        except Stopped:
            state = ImportLedger(tmp_path / "imports.sqlite").state(
                digest=open_archive(path).digest, market=MARKET, series="BTCUSDT"
            )
            resumed.append(state.rows)
            assert not state.finished
            continue
        break
    assert resumed == sorted(resumed)
    assert report.resumed_from == (resumed[-1] if resumed else 0)
    assert _stored(tmp_path) == _oracle(lines, 10**6)
    assert (report.rows, report.duplicates, report.holes) == (30_000, 1, (IdRange(19_345, 19_345),))
    again = _import(tmp_path, open_archive(path))
    assert (again.rows, again.resumed_from, again.files_changed) == (30_000, 30_000, 0)
    assert (again.duplicates, again.holes) == (report.duplicates, report.holes)


def test_a_file_again_under_another_market_is_another_import(tmp_path: Path) -> None:
    source = open_archive(_write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.csv", "".join(_agg_lines(10))))
    ledger, history = ImportLedger(tmp_path / "imports.sqlite"), History(tmp_path / "history")
    for market in ("binance-um", "binance-spot"):
        assert import_file(source, market=market, history=history, ledger=ledger).resumed_from == 0
    assert HistoryReader(tmp_path / "history").markets() == ("binance-spot", "binance-um")


def test_imported_days_stay_however_old_they_are(tmp_path: Path) -> None:
    ledger, history = ImportLedger(tmp_path / "imports.sqlite"), History(tmp_path / "history")
    ticks = open_archive(_write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.csv", "".join(_agg_lines(10))))
    klines = open_archive(_write(tmp_path / "ETHUSDT-1m-2024-01.zip", "".join(_kline_lines(10))))
    for source in (ticks, klines):
        import_file(source, market=MARKET, history=history, ledger=ledger)
    late = 2 * START_MS * 10**6
    assert history.retire(ticks_before_ns=late, bars_before_ns=late) == 0
    assert len(_stored(tmp_path)) == 10
    assert len(_bars(tmp_path, "ETHUSDT", "1m")) == 10


def test_a_file_can_be_read_again_after_its_hours_have_gone(tmp_path: Path) -> None:
    lines = _agg_lines(100)
    source = open_archive(_write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.csv", "".join(lines)))
    ledger, history = ImportLedger(tmp_path / "imports.sqlite"), History(tmp_path / "history")
    import_file(source, market=MARKET, history=history, ledger=ledger)
    shutil.rmtree(tmp_path / "history")
    assert import_file(source, market=MARKET, history=history, ledger=ledger).files_changed == 0
    assert _stored(tmp_path) == {}
    assert import_file(source, market=MARKET, history=history, ledger=ledger, again=True).files_changed == 1
    assert _stored(tmp_path) == _oracle(lines, 10**6)


def test_an_import_adds_to_what_the_journal_has_left_there(tmp_path: Path) -> None:
    lines = _agg_lines(100)
    first = open_archive(_write(tmp_path / "BTCUSDT-aggTrades-a.csv", "".join(lines[:60])))
    second = open_archive(_write(tmp_path / "BTCUSDT-aggTrades-b.csv", "".join(lines[40:])))
    _import(tmp_path, first)
    _import(tmp_path, second)
    assert _stored(tmp_path) == _oracle(lines, 10**6)


def _replaced(line: int, column: int, value: str) -> str:
    lines = _agg_lines(400)
    fields = lines[line].rstrip("\n").split(",")
    fields[column] = value
    lines[line] = ",".join(fields) + "\n"
    return "".join(lines)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (0, "x1", "'x1' is no id"),
        (0, "-5", "its id is negative"),
        (0, "", "'' is no id"),
        (1, "nan", "its price is not a positive number"),
        (1, "inf", "its price is not a positive number"),
        (1, "-1.5", "its price is not a positive number"),
        (1, "0", "its price is not a positive number"),
        (1, "1_0", "'1_0' is no price"),
        (2, "1e400", "its size is not a positive number"),
        (2, "0.0", "its size is not a positive number"),
        (4, "1", "its first and last trade ids are no range"),
        (5, "1704067200", "its time is in another unit than the first"),
        (5, "99999999999999999999", "is no time"),
        (6, "maybe", "'maybe' is no maker"),
        (6, "true,extra", "has 8 columns where 7 are expected"),
    ],
)
@pytest.mark.parametrize("header", ["", AGG_HEADER])
def test_a_bad_line_is_named(
    tmp_path: Path, small_blocks: None, column: int, value: str, reason: str, header: str
) -> None:
    path = _write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.zip", header + _replaced(256, column, value))
    with pytest.raises(ArchiveError) as caught:
        _import(tmp_path, open_archive(path))
    line = 257 + bool(header)
    assert caught.value.values["line"] == line
    assert str(caught.value) == f"{path.name}, line {line}: {reason}" or (
        reason in str(caught.value) and len(value) > 15
    )


def test_an_empty_line_in_the_middle_is_named(tmp_path: Path) -> None:
    lines = _agg_lines(30)
    lines.insert(20, "\n")
    with pytest.raises(ArchiveError, match="line 21: has 1 columns where 7"):
        _import(tmp_path, open_archive(_write(tmp_path / "BTCUSDT-aggTrades-x.csv", "".join(lines))))


def test_a_last_line_without_its_end_is_a_line(tmp_path: Path) -> None:
    text = "".join(_agg_lines(30)).rstrip("\n")
    report = _import(tmp_path, open_archive(_write(tmp_path / "BTCUSDT-aggTrades-x.csv", text)))
    assert report.rows == 30
    assert len(_stored(tmp_path)) == 30


def test_checksums_are_verified_when_they_lie_beside(tmp_path: Path) -> None:
    path = _write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.zip", "".join(_agg_lines(5)))
    assert not open_archive(path).checked
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    beside = path.with_name(path.name + ".CHECKSUM")
    beside.write_text(f"{digest}  {path.name}\n")
    assert open_archive(path).checked
    assert open_archive(path).digest == digest
    beside.write_text(f"{'0' * 64}  {path.name}\n")
    with pytest.raises(ArchiveError, match=r"does not match BTCUSDT-aggTrades-2024-01-01\.zip\.CHECKSUM"):
        open_archive(path)
    beside.write_text("<html>404</html>")
    with pytest.raises(ArchiveError, match="holds no sha256"):
        open_archive(path)


def test_torn_and_foreign_files_get_one_sentence(tmp_path: Path, small_blocks: None) -> None:
    whole = _write(tmp_path / "BTCUSDT-aggTrades-2024-01-01.zip", "".join(_agg_lines(3000))).read_bytes()
    torn = tmp_path / "BTCUSDT-aggTrades-torn.zip"
    for content, reason in (
        (whole[: len(whole) // 2], "is torn"),
        (b"", "is torn"),
        (b"PK\x03\x04 no", "is torn"),
    ):
        torn.write_bytes(content)
        with pytest.raises(ArchiveError, match=reason):
            open_archive(torn)
    spoiled = bytearray(whole)
    spoiled[len(whole) // 2] ^= 255
    torn.write_bytes(bytes(spoiled))
    with pytest.raises(ArchiveError, match=r"BTCUSDT-aggTrades-torn\.zip"):
        _import(tmp_path, open_archive(torn))
    cut = tmp_path / "BTCUSDT-aggTrades-cut.csv.gz"
    cut.write_bytes(gzip.compress("".join(_agg_lines(3000)).encode())[:-2000])
    with pytest.raises(ArchiveError, match="is torn"):
        _import(tmp_path, open_archive(cut))
    two = tmp_path / "BTCUSDT-aggTrades-two.zip"
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.csv", "1")
        archive.writestr("b.csv", "2")
    with pytest.raises(ArchiveError, match="holds 2 files where one is expected"):
        open_archive(two)
    for name, text, reason in (
        ("BTCUSDT-aggTrades-1.csv", "", "holds no rows"),
        ("BTCUSDT-aggTrades-2.csv", AGG_HEADER, "holds no rows"),
        ("BTCUSDT-aggTrades-3.csv", "1,2,3\n", "has 3 columns"),
        ("BTCUSDT-aggTrades-4.csv", "<html>\n<body>\n", "has no column"),
        ("BTCUSDT-aggTrades-5.csv", "5,1.5,1,1,1,77,true\n", "77 is no time"),
        ("trades.csv", "".join(_agg_lines(3)), "say which symbol it is"),
        ("BTCUSDT-1m-2024-01.txt", "1", "is none of .csv, .zip"),
        ("BTCUSDT-7m-2024-01.csv", f"{START_MS},1,1,1,1,1\n", "7m"),
    ):
        with pytest.raises(ArchiveError, match=reason):
            open_archive(_write(tmp_path / name, text))
    with pytest.raises(ArchiveError, match="No such file"):
        open_archive(tmp_path / "BTCUSDT-aggTrades-none.zip")


# --- bars ---


def _kline_lines(n: int, *, skip: range = range(0)) -> list[str]:
    return [
        f"{START_MS + at * 60_000},{100 + at},{103 + at},{99 + at},{101.5 + at},{at}.25,"
        f"{START_MS + at * 60_000 + 59_999},{at * 7}.5,{at},0,0,0\n"
        for at in range(n)
        if at not in skip
    ]


def _bars(folder: Path, symbol: str, interval: str) -> Bars:
    return HistoryReader(folder / "history").bars(MARKET, symbol, interval)


@pytest.mark.parametrize("header", ["", KLINE_HEADER])
def test_klines(tmp_path: Path, small_blocks: None, header: str) -> None:
    text = header + "".join(_kline_lines(3000, skip=range(100, 103)))
    source = open_archive(_write(tmp_path / "ETHUSDT-1m-2024-01.zip", text))
    assert (source.kind, source.symbol, str(source.interval)) == (ArchiveKind.BARS, "ETHUSDT", "1m")
    report = _import(tmp_path, source)
    bars = _bars(tmp_path, "ETHUSDT", "1m")
    kept = [at for at in range(3000) if not 100 <= at < 103]
    assert bars.times.tolist() == [(START_MS + at * 60_000) * 10**6 for at in kept]
    assert bars.opens.tolist() == [100.0 + at for at in kept]
    assert bars.highs.tolist() == [103.0 + at for at in kept]
    assert bars.lows.tolist() == [99.0 + at for at in kept]
    assert bars.closes.tolist() == [101.5 + at for at in kept]
    assert bars.volumes.tolist() == [at + 0.25 for at in kept]
    assert bars.quote_volumes.tolist() == [at * 7 + 0.5 for at in kept]
    assert bars.trades.tolist() == kept
    assert set(bars.qualities.tolist()) == {Quality.KLINE}
    assert bars.closed.all()
    start = (START_MS + 100 * 60_000) * 10**6
    assert report.holes == (IdRange(start, start + 2 * 60 * 10**9),)
    assert (report.rows, report.missing, report.interval) == (2997, 3, "1m")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("date,open,high,low,close,volume\n", "2024-01-01 00:01:00+00:00,1,3,0.5,2,7\n"),
        ("date,open,high,low,close,volume\n", "2024-01-01T00:01:00Z,1,3,0.5,2,7\n"),
        ("Volume,Close,Low,High,Open,Timestamp,note\n", "7,2,0.5,3,1,1704067260000,hello\n"),
        ("", "1704067260,1,3,0.5,2,7\n"),
    ],
)
def test_bars_as_csv(tmp_path: Path, header: str, row: str) -> None:
    _import(tmp_path, open_archive(_write(tmp_path / "BTC_USDT-1m.csv", header + row)))
    bars = _bars(tmp_path, "BTCUSDT", "1m")
    assert bars.times.tolist() == [(START_MS + 60_000) * 10**6]
    assert [bars.opens[0], bars.highs[0], bars.lows[0], bars.closes[0], bars.volumes[0]] == [1, 3, 0.5, 2, 7]
    assert np.isnan(bars.quote_volumes[0])


def test_recorded_feather_bars(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "typhonun_um_1m" / "BTC_USDT_USDT-1m-futures.feather"
    report = _import(tmp_path, open_archive(path))
    truth = pl.read_ipc(path).to_dicts()
    assert (report.symbol, report.rows, report.missing, report.duplicates) == ("BTCUSDT", len(truth), 0, 0)
    bars = _bars(tmp_path, "BTCUSDT", "1m")
    for row, *found in zip(truth, bars.opens, bars.highs, bars.lows, bars.closes, bars.volumes, strict=True):
        assert found == [row["open"], row["high"], row["low"], row["close"], row["volume"]]
    assert bars.times[0] == int(truth[0]["date"].timestamp()) * 10**9


def test_parquet_bars(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "date": [START_MS, START_MS + 300_000],
            "open": [1, 2],
            "high": [3, 3],
            "low": [1, 1],
            "close": [2, 2],
            "volume": [0.0, 1.0],
            "trades": [0, 4],
        }
    )
    frame.write_parquet(tmp_path / "bars.parquet")
    source = open_archive(tmp_path / "bars.parquet", symbol="SOLUSDT", interval="5m")
    _import(tmp_path, source)
    bars = _bars(tmp_path, "SOLUSDT", "5m")
    assert bars.times.tolist() == [START_MS * 10**6, (START_MS + 300_000) * 10**6]
    assert bars.trades.tolist() == [0, 4]
    with pytest.raises(ArchiveError, match=r"line 2: its time is not the opening of a bar of 1h"):
        _import(tmp_path, open_archive(tmp_path / "bars.parquet", symbol="SOLUSDT", interval="1h"))
    frame.drop("close").write_parquet(tmp_path / "bars.parquet")
    with pytest.raises(ArchiveError, match="has no column close"):
        _import(tmp_path, open_archive(tmp_path / "bars.parquet", symbol="SOLUSDT", interval="5m"))
    (tmp_path / "bars.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ArchiveError, match="cannot be read"):
        _import(tmp_path, open_archive(tmp_path / "bars.parquet", symbol="SOLUSDT", interval="5m"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{START_MS + 5},1,3,0.5,2,7", "its time is not the opening of a bar of 1m"),
        (f"{START_MS},1,3,0.5,nan,7", "a price of it is not a positive number"),
        (f"{START_MS},1,3,0,2,7", "a price of it is not a positive number"),
        (f"{START_MS},4,3,0.5,2,7", "its high and low do not hold its prices"),
        (f"{START_MS},1,3,1.5,2,7", "its high and low do not hold its prices"),
        (f"{START_MS},1,3,0.5,2,-7", "its volume is not a number from 0 up"),
    ],
)
def test_a_bar_that_cannot_be_is_named(tmp_path: Path, row: str, reason: str) -> None:
    text = f"{START_MS - 60_000},1,3,0.5,2,7\n{row}\n"
    with pytest.raises(ArchiveError, match=rf"line 2: {reason}"):
        _import(tmp_path, open_archive(_write(tmp_path / "BTCUSDT-1m-2024.csv", text)))


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTCUSDT-1m-2024-01.csv", "BTCUSDT"),
        ("BTC_USDT_USDT-1m-futures.csv", "BTCUSDT"),
        ("BTC_USDT-1m.csv", "BTCUSDT"),
        ("BTCUSDT_240329-1m-2024-01.csv", "BTCUSDT_240329"),
        ("1000PEPEUSDT-1m-2024-01.csv", "1000PEPEUSDT"),
    ],
)
def test_symbols_from_names(tmp_path: Path, name: str, symbol: str) -> None:
    path = _write(tmp_path / name, f"{START_MS},1,3,0.5,2,7\n")
    assert open_archive(path).symbol == symbol
    assert open_archive(path, symbol="XRPUSDT", interval="1s").symbol == "XRPUSDT"


def test_blocks_of_any_size_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "BTCUSDT-aggTrades-x.zip", AGG_HEADER + "".join(_agg_lines(200)))
    whole: list[tuple[int, int]] | None = None
    for size in (1 << 20, 10_000, 997, 64, 1):
        monkeypatch.setattr(archive_text, "BLOCK_BYTES", size)
        for skip in (0, 1, 137, 199, 200):
            ids: list[tuple[int, int]] = []
            for block in open_archive(path).blocks(from_row=skip):
                assert isinstance(block.data, TradeBatch)
                ids += zip(
                    range(block.first_row, block.first_row + block.rows), block.data.ids.tolist(), strict=True
                )
            whole = whole or ids
            assert ids == whole[skip:]
