"""What SOURCE may say."""

from pathlib import Path

import pytest

from quant.engine.source import parse_source
from quant.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("binance", "binance"),
        (" Binance ", "binance"),
        ("sim", "sim:7"),
        ("SIM:8", "sim:8"),
        ("sim:007", "sim:7"),
        ("replay:a.gz, b.gz", "replay:a.gz,b.gz"),
        ("replay:C:/data/a.gz", "replay:C:/data/a.gz"),
        ("replay:a.zip,b.csv", "replay:a.zip,b.csv"),
        (
            "replay:store:binance-um:btcusdt+ETHUSDT:2025-03-01/2025-03-01T06:00+01:00",
            "replay:store:binance-um:BTCUSDT+ETHUSDT:2025-03-01T00:00:00.000Z/2025-03-01T05:00:00.000Z",
        ),
    ],
)
def test_one_source_has_one_spelling(text: str, normal: str) -> None:
    assert parse_source(text).text == normal
    assert parse_source(parse_source(text).text) == parse_source(text)


def test_a_home_folder_is_found() -> None:
    assert parse_source("replay:~/a.gz").files == (Path.home() / "a.gz",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kraken",
        "binance:spot",
        "sim:-1",
        "sim:x",
        "sim:²",
        "sim:1234567890",
        "replay",
        "replay:",
        "replay: , ",
        "replay:a.gz,b.zip",
        "replay:store:",
        "replay:store:binance-um:BTCUSDT",
        "replay:store:binance-um::2025-03-01/2025-03-02",
        "replay:store:binance-um:BTCUSDT:2025-03-02/2025-03-01",
        "replay:store:binance-um:BTCUSDT:yesterday/2025-03-01",
    ],
)
def test_what_is_not_supported_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse_source(text)
    assert refused.value.values["parameter"] == "source"
    assert repr(text) in refused.value.message
