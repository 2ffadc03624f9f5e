"""Rules as documents, for the tests of this package, and what they may speak of."""

from typing import Any

from quant.alerts.parsing import Vocabulary, parse_rule
from quant.alerts.rules import Rule
from quant.errors import InvalidParameter

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "币安人生USDT")


def check_channel(word: str) -> None:
    if word == "unknown":
        raise InvalidParameter("channel", "'unknown' is not set up")


WORDS = Vocabulary(
    is_symbol=SYMBOLS.__contains__, intervals=frozenset(("1s", "1m", "5m")), check_channel=check_channel
)

Z = {"metric": "zscore", "pair": "BTCUSDT-ETHUSDT", "interval": "1m", "op": ">", "value": 2.0}
PRICE = {"metric": "price", "symbol": "BTCUSDT", "op": ">", "value": 100.0}


def document(*members: dict[str, Any], kind: str = "all", **fields: Any) -> dict[str, Any]:
    """Return a rule of these conditions."""
    return {"name": "a rule", "when": {kind: list(members)}, **fields}


def rule(*members: dict[str, Any], kind: str = "all", **fields: Any) -> Rule:
    """Return it parsed."""
    return parse_rule(document(*members, kind=kind, **fields), WORDS)
