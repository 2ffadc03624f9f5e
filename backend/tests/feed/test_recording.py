"""Recordings: both forms, gzipped or not, read as they are; what is torn is named."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.frames import agg_trade, combined
from quant.errors import RecordingError
from quant.feed.recording import (
    RecordingWriter,
    check_files,
    merge_lines,
    parse_line,
    probe,
    read_lines,
)

NS = 1723161253937085768
TRADE = combined(agg_trade())
SPOT_TRADE = combined(
    {"e": "trade", "s": "ETHBTC", "t": 7, "p": "0.05310", "q": "0.0200", "T": NS // 10**6, "m": False}
)


def write(path: Path, *lines: bytes) -> Path:
    text = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["capture", "capture.gz", "gzipped_without_the_ending"])
def test_both_forms_with_other_lines_between(tmp_path: Path, name: str):
    lines = (
        b"wss://fstream.binance.com/stream?streams=btcusdt@aggTrade",
        b"%d %s" % (NS, TRADE),
        b"configuration: {}",
        b"https://fapi.binance.com/fapi/v1/time -> 1626992740.175661: {}",
        b"1626992741.06217: %s" % TRADE,
        b"",
        b"1626992741: %s" % TRADE,
    )
    path = write(tmp_path / name, *lines)
    if name.startswith("gzipped"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert list(read_lines(path)) == [
        (NS, TRADE),
        (1626992741_062170_000, TRADE),
        (1626992741_000000_000, TRADE),
    ]


@pytest.mark.parametrize(
    "stamp",
    [
        b"",
        b"NaN:",
        b"Infinity:",
        b"1e400:",
        b"-5:",
        b"-5",
        b"1_0:",
        b"9" * 20,
        b"9" * 5000,
        b"99999999999:",
        b"9999999999:",
        b"\xff:",
    ],
    ids=lambda stamp: stamp[:12],
)
def test_a_line_whose_time_is_none_is_passed_over(stamp: bytes):
    assert parse_line(stamp + b" " + TRADE) is None


@given(line=st.binary(max_size=60) | st.from_regex(rb"[0-9.:eN+-]{0,25} \{.*", fullmatch=True))
def test_any_line_is_a_line_or_none(line: bytes):
    parsed = parse_line(line)
    if parsed is not None:
        assert 0 <= parsed[0] < 2**63
        assert parsed[1].startswith(b"{")


def test_a_last_line_without_its_end_is_still_read(tmp_path: Path):
    path = tmp_path / "capture"
    path.write_bytes(b'%d %s\n%d {"stream' % (NS, TRADE, NS + 1))
    assert [payload for _, payload in read_lines(path)] == [TRADE, b'{"stream']


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-40], lambda data: data[:200] + b"\x00" * 60 + data[260:]],
    ids=["torn", "overwritten"],
)
def test_damaged_compression_is_an_error_that_names_the_file(
    tmp_path: Path, damage: Callable[[bytes], bytes]
):
    path = write(
        tmp_path / "capture.gz",
        *(b"%d %s" % (NS + i * 977, combined(agg_trade(a=i * i))) for i in range(500)),
    )
    path.write_bytes(damage(path.read_bytes()))
    for read in (lambda: list(read_lines(path)), lambda: probe([path])):
        with pytest.raises(RecordingError, match=r"capture\.gz cannot be read") as caught:
            read()
        assert caught.value.values["file"] == str(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(RecordingError, match=path.name):
            list(read_lines(path))
        with pytest.raises(RecordingError, match=f"{path.name} is not a file"):
            check_files([str(path)])


def test_files_that_exist_are_found_also_below_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    path = write(tmp_path / "capture", b"")
    assert check_files(["~/capture", str(path)]) == (path, path)


def test_files_are_merged_by_time_and_equal_times_keep_the_order_of_the_files(tmp_path: Path):
    a = write(tmp_path / "a", b'1 {"a":1}', b'3 {"a":3}', b'3 {"a":33}', b'9 {"a":9}')
    b = write(tmp_path / "b.gz", b'0.000000002: {"b":2}', b'3 {"b":3}')
    lines = [(stamp, payload.decode()) for stamp, payload in merge_lines([a, b])]
    assert lines == [
        (1, '{"a":1}'),
        (2, '{"b":2}'),
        (3, '{"a":3}'),
        (3, '{"a":33}'),
        (3, '{"b":3}'),
        (9, '{"a":9}'),
    ]
    swapped = [payload.decode() for stamp, payload in merge_lines([b, a]) if stamp == 3]
    assert swapped == ['{"b":3}', '{"a":3}', '{"a":33}']


# --- probe ---


def test_probe_tells_symbols_steps_and_kind(tmp_path: Path):
    path = write(
        tmp_path / "capture",
        b"%d %s" % (NS, combined(agg_trade(p="84250.10", q="0.250"))),
        b"%d %s" % (NS, combined(agg_trade(p="84250.00", q="1.0"))),
        b"%d %s" % (NS, combined(agg_trade(s="1000PEPEUSDT", p="0.0071230", q="12"))),
        b"%d %s" % (NS, combined({"e": "kline"})),
        b'%d {"e":"aggTrade","s":7' % NS,
    )
    info = probe([path])
    assert (info.kind, info.lines) == ("aggTrade", 5)
    assert [(spec.symbol, spec.base, spec.quote, spec.status) for spec in info.symbols] == [
        ("1000PEPEUSDT", "1000PEPE", "USDT", "RECORDED"),
        ("BTCUSDT", "BTC", "USDT", "RECORDED"),
    ]
    assert [(spec.tick_size, spec.step_size) for spec in info.symbols] == [(1e-6, 1.0), (0.1, 0.01)]


def test_aggregate_trades_are_preferred_to_single_ones(tmp_path: Path):
    both = write(tmp_path / "both", b"%d %s" % (NS, SPOT_TRADE), b"%d %s" % (NS, TRADE))
    single = write(tmp_path / "single", b"%d %s" % (NS, SPOT_TRADE))
    assert [
        (info.kind, [spec.symbol for spec in info.symbols]) for info in (probe([both]), probe([single]))
    ] == [
        ("aggTrade", ["BTCUSDT"]),
        ("trade", ["ETHBTC"]),
    ]


def test_digest_is_the_contents_and_nothing_else(tmp_path: Path):
    line = b"%d %s" % (NS, TRADE)
    plain, zipped = write(tmp_path / "plain", line), write(tmp_path / "zipped.gz", b"# note", line)
    digest = probe([plain]).digest
    assert len(digest) == 12
    assert probe([zipped]).digest == digest == probe([plain]).digest
    later = write(tmp_path / "later", b"%d %s" % (NS + 1, TRADE))
    other = write(tmp_path / "other", b"%d %s" % (NS, combined(agg_trade(a=1))))
    digests = {probe(paths).digest for paths in ([plain], [later], [other], [plain, other], [other, plain])}
    assert len(digests) == 5


def test_what_holds_no_trade_is_refused_by_name(tmp_path: Path):
    paths = [write(tmp_path / name, b"%d %s" % (NS, combined({"e": "kline"}))) for name in ("one", "two")]
    with pytest.raises(RecordingError, match=r"no trades in .*one.*two"):
        probe(paths)
    with pytest.raises(RecordingError, match="no trades"):
        probe([write(tmp_path / "deep", b'%d {"e":"aggTrade","x":%s' % (NS, b"[" * 50_000))])


# --- writing ---


@pytest.mark.parametrize("name", ["made", "made.gz"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str):
    path = tmp_path / name
    writer = RecordingWriter(path)
    wanted = [(NS + i, combined(agg_trade(a=i))) for i in range(50)]
    for stamp, payload in wanted:
        writer.write(stamp, payload)
    writer.close()
    assert writer.lines == 50
    assert list(read_lines(path)) == wanted
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (name == "made.gz")


def test_a_frame_with_line_ends_stays_on_its_line(tmp_path: Path):
    writer = RecordingWriter(tmp_path / "made")
    writer.write(NS, b'{"stream":\n"a",\r\n"data":{}}')
    writer.write(NS + 1, TRADE)
    writer.close()
    assert [payload for _, payload in read_lines(tmp_path / "made")] == [
        b'{"stream": "a",  "data":{}}',
        TRADE,
    ]


def test_an_existing_recording_is_never_overwritten(tmp_path: Path):
    path = write(tmp_path / "made", b"precious")
    with pytest.raises(RecordingError, match="made exists already"):
        RecordingWriter(path)
    assert path.read_bytes() == b"precious\n"


def test_an_impossible_path_is_named(tmp_path: Path):
    blocked = write(tmp_path / "file", b"") / "made"
    with pytest.raises(RecordingError, match=r"file.made cannot be written"):
        RecordingWriter(blocked)
