"""What schemathesis is told beyond its own checks: which refusals of a request that fits the schema are meant.

A schema says what one value may be. What it cannot say is how values of one request relate, which bars this server
builds, and what is wrong with a rule or a file inside: those are answered with a 422 too, by these words and no others.
"""

import re
from typing import Any

import schemathesis

MEANT = re.compile(
    "|".join(
        (
            # how the values of one request relate
            r"since: stands alone",
            r"symbol: stands alone",
            r"symbol_[ab]: is missing: a test is of",
            r"symbol_b: a pair needs two different symbols",
            r"name: say the file's name",
            r"name: .* is not a file's name",  # one of the disk's, which counts bytes
            r"rule: give a rule or a rule_id",
            r"role: give a role or a password",
            r"username: give a username and a password, or a token",
            r"name: has 1 to 40 of",  # whatever their case, and spaces around them
            r"from_id: from_id and to_id go together",
            r"from_id: ids are those of one symbol",
            r"start: give ids or times, not both",
            r"to_id: \d+ to \d+ is no range of ids",
            r"username: give a username and a password, or a token",
            r"role: give a role or a password",
            r"to_id: more than [\d,]+ ids in one order",
            r"end: is not after start",
            r"symbols: a scan needs 2 different symbols, got",
            r"symbols: name at least one symbol",
            r"body: is empty: send the file itself",
            # what this server builds, holds, plays and is asked to compute
            r"interval: '.*' is not built; there are",
            r"interval: '.*' is not a bar (of trades or volume|length)",
            r"interval: bars of .* share no clock",
            r"window: \d+ is not between \d+ and \d+ bars",
            r"symbols?: .* (would take about|is not trading|are taken)",
            r"\w+: .* would take about \d+ s",
            r"window: .* prices, at most",
            r"source: .* (is not supported|names no|mixes|the seed must|the end is not|is no time)",
            r"source: .* (is a recording already|keeps no trades that could be filled)",
            r"market: .* (is no name such as|makes its own trades)",
            # a day that most years lack, and a time zone that leads to before 1970
            r"(start|end|position): '(\d{4}-02-29|1970-01-01).* is neither milliseconds nor",
        )
    ),
    re.DOTALL,
)
INSIDE = frozenset(("invalid_rule", "archive_error"))  # told by what reads rules and files


@schemathesis.check
def refuses_for_a_reason(context: Any, response: Any, case: Any) -> None:
    """A request that fits the schema is refused for what no schema can say, or not at all."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    said = response.json()
    assert said["code"] in INSIDE or MEANT.match(said["detail"]), said


@schemathesis.check
def says_when_to_come_again(context: Any, response: Any, case: Any) -> None:
    """What is not there for the moment is a problem with its reason and a Retry-After."""
    if response.status_code == 503 and case.operation.path != "/readyz":
        said = response.json()
        assert said["detail"], said
        assert "retry-after" in response.headers
