"""Times and whole numbers as requests give them; one pattern of times for the parser and for the schema."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from quant.clock import NS_PER_MS
from quant.errors import InvalidParameter

MAX_ID = 2**53 - 1
"""Of trades, events and deliveries: what a JSON number holds exactly, and a column of SQLite too."""

MAX_MS = 9_000_000_000_000  # nanoseconds stay within int64

_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31|02-29)"
)
_HOUR = "(?:[01][0-9]|2[0-3])"
_ZONE = f"(?:Z|[+-]{_HOUR}:?[0-5][0-9])"
_CLOCK = f"{_HOUR}(?::[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{{1,9}})?)?)?"
PATTERN = f"^(?:[0-8]?[0-9]{{1,12}}|(?:19[7-9][0-9]|2[01][0-9]{{2}})-{_DAY}(?:[T ]{_CLOCK}{_ZONE}?)?)$"
_TIME = re.compile(PATTERN)

TEXT: dict[str, Any] = {"pattern": PATTERN}  # Any: a piece of JSON Schema
"""What the schema says of a time in a query."""


def _whole(value: object) -> object:
    """Return 5 for JSON's 5.0, which is the same number; what is no number stays as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[int, Field(strict=True), BeforeValidator(_whole)]
"""A whole number in a body: neither true nor a text is one."""

TradeId = Annotated[int, Field(ge=0, le=MAX_ID, strict=True), BeforeValidator(_whole)]
"""A trade's id in a body."""

TimeGiven = Annotated[
    WholeNumber | str | None,
    Field(json_schema_extra=TEXT | {"minimum": 0, "exclusiveMaximum": MAX_MS}),
]
"""A time in a body."""


def instant(text: str, name: str) -> int:
    """Return integer milliseconds or an ISO-8601 time (UTC where it names no zone) as ns."""
    milliseconds = -1
    if _TIME.fullmatch(text):
        milliseconds = int(text) if text.isdigit() else _iso_ms(text)
    if not 0 <= milliseconds < MAX_MS:
        raise InvalidParameter(name, f"{text[:40]!r} is neither milliseconds nor an ISO-8601 time")
    return milliseconds * NS_PER_MS


def _iso_ms(text: str) -> int:
    """Return the time's milliseconds, -1 where there is no such day."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # 29 February of most years
        return -1
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
