"""From a JSON object to a rule; what is wrong with it is said with a JSON pointer to the node."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from quant.alerts.conditions import Condition, Group, Op
from quant.alerts.metrics import METRICS, Liveness, Metric, MetricKey, MetricSpec, Need
from quant.alerts.rules import Document, Rule, Severity
from quant.clock import NS_PER_MS
from quant.domain import HedgeMethod, Pair, Scale
from quant.errors import InvalidParameter, InvalidRule

MAX_NAME = 100
MAX_CONDITIONS = 50
MAX_NESTING = 5
MAX_SECONDS = 30 * 86_400.0
MAX_CHANNELS = 20
MAX_MS = 9_000_000_000_000  # nanoseconds stay within int64

_CHANNEL = re.compile(r"[!-~]{1,2000}")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTABLE = frozenset(("Cc", "Cs", "Cn", "Zl", "Zp"))
_RULE_FIELDS = frozenset(
    ("name", "severity", "enabled", "when", "cooldown_s", "rearm", "channels", "sound", "once", "expires_at")
)
_SHARED_FIELDS = frozenset(("metric", "op", "value", "for_s", "live", "interval", "window"))
_PAIR_FIELDS = frozenset(("pair", "method", "scale"))

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a rule may speak of on this server, and what stands in for the fields it leaves out.

    `intervals` are those whose bars are built. `check_channel` raises InvalidParameter for a word that is no channel.
    """

    is_symbol: Callable[[str], bool]
    intervals: frozenset[str]
    methods: frozenset[HedgeMethod] = frozenset(HedgeMethod)
    most_window: int = 4000
    check_channel: Callable[[str], object] = str
    usual_window: int = 60
    usual_method: HedgeMethod = HedgeMethod.OLS
    usual_scale: Scale = Scale.LEVEL


def parse_rule(document: object, vocabulary: Vocabulary) -> Rule:
    """Return the rule that a decoded JSON value describes; raise InvalidRule for the first node that is wrong."""
    fields = _object(document, "")
    _only(fields, _RULE_FIELDS, "", of="a rule")
    name = _name(_needed(fields, "name", ""))
    severity = _choice(fields.get("severity", Severity.WARNING), tuple(Severity), "/severity")
    when = _Tree(vocabulary).group(_needed(fields, "when", ""), "/when", depth=1)
    rule = Rule(
        name=name,
        when=when,
        severity=severity,
        enabled=_flag(fields.get("enabled", True), "/enabled"),
        cooldown_s=_seconds(fields.get("cooldown_s", 0.0), "/cooldown_s"),
        rearm=_number(fields["rearm"], "/rearm") if "rearm" in fields else None,
        channels=_channels(fields.get("channels", []), vocabulary.check_channel),
        sound=_flag(fields.get("sound", False), "/sound"),
        once=_flag(fields.get("once", False), "/once"),
        expires_at=_expiry(fields.get("expires_at")),
    )
    _check_rearm(rule)
    return rule


def _check_rearm(rule: Rule) -> None:
    lead, rearm = rule.lead, rule.rearm
    if rearm is None:
        return
    if rearm > lead.value if lead.op.is_rising else rearm < lead.value:
        side = "at most" if lead.op.is_rising else "at least"
        raise InvalidRule(
            "/rearm", f"{rearm:g} has to be {side} {lead.value:g}, the value of the first condition"
        )


class _Tree:
    """Parses conditions, counting them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._count = 0

    def group(self, value: object, at: str, *, depth: int) -> Group:
        if depth > MAX_NESTING:
            raise InvalidRule(at, f"groups nest at most {MAX_NESTING} deep")
        fields = _object(value, at)
        _only(fields, frozenset(("all", "any")), at, of="a group")
        if len(fields) != 1:
            raise InvalidRule(at, "a group has either `all` or `any`")
        kind: Literal["all", "any"] = "all" if "all" in fields else "any"
        members, at = fields[kind], f"{at}/{kind}"
        if not isinstance(members, list):
            raise InvalidRule(at, "has to be a list of conditions and groups")
        if not members:
            raise InvalidRule(at, "a group needs at least one condition")
        if len(members) > MAX_CONDITIONS:
            raise InvalidRule(f"{at}/{MAX_CONDITIONS}", f"a rule has at most {MAX_CONDITIONS} conditions")
        return Group(kind, tuple(self._member(each, f"{at}/{n}", depth) for n, each in enumerate(members)))

    def _member(self, value: object, at: str, depth: int) -> Condition | Group:
        fields = _object(value, at)
        if "metric" not in fields and fields.keys() & {"all", "any"}:
            return self.group(fields, at, depth=depth + 1)
        self._count += 1
        if self._count > MAX_CONDITIONS:
            raise InvalidRule(at, f"a rule has at most {MAX_CONDITIONS} conditions")
        return self._condition(fields, at)

    def _condition(self, fields: Document, at: str) -> Condition:
        metric = _choice(_needed(fields, "metric", at), tuple(Metric), f"{at}/metric")
        spec = METRICS[metric]
        known = _SHARED_FIELDS | (_PAIR_FIELDS if spec.subject == "pair" else {"symbol"})
        _only(fields, known, at, of=f"a condition on {metric}")
        key = self._key(metric, spec, fields, at)
        op = _choice(_needed(fields, "op", at), tuple(Op), f"{at}/op")
        value = _number(_needed(fields, "value", at), f"{at}/value")
        for_s = _seconds(fields.get("for_s", 0.0), f"{at}/for_s")
        if for_s and op.is_crossing:
            raise InvalidRule(f"{at}/for_s", f"{op} is a moment, nothing that could hold; use > or <")
        return Condition(key, op, value, for_s)

    def _key(self, metric: Metric, spec: MetricSpec, fields: Document, at: str) -> MetricKey:
        words = self._vocabulary
        is_pair = spec.subject == "pair"
        interval = self._interval(spec, fields, at)
        return MetricKey(
            metric=metric,
            symbol=None if is_pair else self._symbol(_needed(fields, "symbol", at), f"{at}/symbol"),
            pair=self._pair(_needed(fields, "pair", at), f"{at}/pair") if is_pair else None,
            interval=interval,
            window=self._window(spec, fields, at),
            method=self._method(fields.get("method", words.usual_method), f"{at}/method")
            if is_pair
            else None,
            scale=_choice(fields.get("scale", words.usual_scale), tuple(Scale), f"{at}/scale")
            if is_pair
            else None,
            live=_live(spec, fields, at, has_interval=interval is not None),
        )

    def _symbol(self, value: object, at: str) -> str:
        symbol = _text(value, at).strip().upper()
        if not self._vocabulary.is_symbol(symbol):
            raise InvalidRule(at, f"{symbol[:40]!r} is not a symbol of this market")
        return symbol

    def _pair(self, value: object, at: str) -> Pair:
        legs = _text(value, at).split("-")
        if len(legs) != 2:
            raise InvalidRule(at, "a pair is written as BTCUSDT-ETHUSDT")
        a, b = (self._symbol(leg, at) for leg in legs)
        if a == b:
            raise InvalidRule(at, f"a pair needs two different symbols, got {a} twice")
        return Pair(a, b)

    def _interval(self, spec: MetricSpec, fields: Document, at: str) -> str | None:
        given = _wanted(spec.interval, fields, "interval", at)
        if given is None:
            return None
        interval, built = _text(given, f"{at}/interval"), self._vocabulary.intervals
        if interval not in built:
            raise InvalidRule(f"{at}/interval", f"{interval[:40]!r} is not built; there are {_listed(built)}")
        return interval

    def _window(self, spec: MetricSpec, fields: Document, at: str) -> int | None:
        given = _wanted(spec.window, fields, "window", at)
        if given is None:
            if spec.window is Need.NO:
                return None
            return self._vocabulary.usual_window if spec.usual_window is None else spec.usual_window
        least, most = spec.least_window, self._vocabulary.most_window
        if isinstance(given, bool) or not isinstance(given, int):
            raise InvalidRule(f"{at}/window", "has to be a whole number of bars")
        if not least <= given <= most:
            raise InvalidRule(f"{at}/window", f"{str(given)[:20]} is not between {least} and {most} bars")
        return given

    def _method(self, value: object, at: str) -> HedgeMethod:
        try:
            method = HedgeMethod.parse(_text(value, at)[:40])
        except InvalidParameter as error:
            raise InvalidRule(at, error.message.removeprefix("method: ")) from error
        if method not in self._vocabulary.methods:
            known = _listed(self._vocabulary.methods)
            raise InvalidRule(at, f"{method} is not computed here; there are {known}")
        return method


def _live(spec: MetricSpec, fields: Document, at: str, *, has_interval: bool) -> bool:
    is_always = spec.liveness is Liveness.ALWAYS and not has_interval
    live = _flag(fields.get("live", is_always), f"{at}/live")
    if is_always and not live:
        raise InvalidRule(f"{at}/live", "is always live")
    if live and not is_always and spec.liveness is not Liveness.ON_REQUEST:
        raise InvalidRule(f"{at}/live", "is only known at the close of a bar")
    return live


def _wanted(need: Need, fields: Document, name: str, at: str) -> Any:  # a JSON value
    """Return the field that a metric needs, may have or must not have; None where it is not given."""
    if need is Need.MUST:
        return _needed(fields, name, at)
    if need is Need.NO and name in fields:
        raise InvalidRule(f"{at}/{name}", f"{fields['metric']} {need.value}")
    return fields.get(name)


# --- values ---


def _object(value: object, at: str) -> Document:
    """Return the fields that are given: a null is as good as none."""
    if not isinstance(value, dict):
        raise InvalidRule(at, "has to be an object")
    return {name: each for name, each in value.items() if each is not None}


def _only(fields: Document, known: Iterable[str], at: str, *, of: str) -> None:
    for name in fields:
        if name not in known:
            shown = name if len(name) <= 40 else name[:40] + "…"
            pointer = f"{at}/{shown.replace('~', '~0').replace('/', '~1')}"
            raise InvalidRule(pointer, f"is no field of {of}; there are {_listed(known)}")


def _needed(fields: Document, name: str, at: str) -> Any:  # a JSON value
    if name not in fields:
        raise InvalidRule(f"{at}/{name}", "is missing")
    return fields[name]


def _text(value: object, at: str) -> str:
    if not isinstance(value, str):
        raise InvalidRule(at, "has to be text")
    return value


def _name(value: object) -> str:
    name = _text(value, "/name").strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidRule("/name", f"has to have 1 to {MAX_NAME} characters")
    for character in name:
        if character in _BIDI or unicodedata.category(character) in _UNPRINTABLE:
            raise InvalidRule("/name", f"the character U+{ord(character):04X} cannot be shown")
    return name


def _choice(value: object, known: tuple[Choice, ...], at: str) -> Choice:
    text = _text(value, at)
    for each in known:
        if text == each:
            return each
    raise InvalidRule(at, f"{text[:40]!r} is not one of {', '.join(known)}")


def _flag(value: object, at: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidRule(at, "has to be true or false")
    return value


def _number(value: object, at: str) -> float:
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if number is None:
        raise InvalidRule(at, "has to be a number")
    if not math.isfinite(number):
        raise InvalidRule(at, "has to be finite")
    return number


def _seconds(value: object, at: str) -> float:
    seconds = _number(value, at)
    if not 0.0 <= seconds <= MAX_SECONDS:
        raise InvalidRule(at, f"has to be between 0 and {MAX_SECONDS:.0f} seconds")
    return seconds


def _channels(value: object, check: Callable[[str], object]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidRule("/channels", "has to be a list")
    if len(value) > MAX_CHANNELS:
        raise InvalidRule(f"/channels/{MAX_CHANNELS}", f"at most {MAX_CHANNELS} channels")
    words: list[str] = []
    for number, each in enumerate(value):
        at = f"/channels/{number}"
        word = _text(each, at)
        if not _CHANNEL.fullmatch(word):
            raise InvalidRule(at, "has to have 1 to 2000 visible ASCII characters")
        try:
            check(word)
        except InvalidParameter as error:
            raise InvalidRule(at, error.message) from error
        if word in words:
            raise InvalidRule(at, f"{word[:80]!r} stands there twice")
        words.append(word)
    return tuple(words)


def _expiry(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MAX_MS:
        raise InvalidRule("/expires_at", "has to be integer milliseconds UTC")
    return value * NS_PER_MS


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
