"""Rules from documents and back; what is wrong with one is pointed at."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rule_documents import PRICE, SYMBOLS, WORDS, Z, document, rule
from quant.alerts.conditions import Condition, Group, Op, conditions
from quant.alerts.metrics import METRICS, Liveness, Metric, MetricKey, Need
from quant.alerts.parsing import MAX_CONDITIONS, MAX_NESTING, parse_rule
from quant.alerts.rules import Severity, rule_document
from quant.clock import NS_PER_MS
from quant.domain import HedgeMethod, Pair, Scale
from quant.errors import InvalidRule


def pointer(bad: object) -> str:
    """Return where the rule is said to be wrong."""
    with pytest.raises(InvalidRule) as caught:
        parse_rule(bad, WORDS)
    assert caught.value.values["pointer"] == caught.value.pointer
    assert len(caught.value.message) < 400
    return caught.value.pointer


def test_the_rule_of_the_issue():
    correlation = {
        **Z,
        "metric": "correlation",
        "value": 0.8,
        "for_s": 10,
        "method": "Theil-Sen",
        "scale": "log",
    }
    found = rule(Z, correlation, cooldown_s=60, rearm=1.5, severity="critical", channels=["ops"], sound=True)
    pair = Pair("BTCUSDT", "ETHUSDT")
    z = MetricKey(Metric.ZSCORE, None, pair, "1m", 60, HedgeMethod.OLS, Scale.LEVEL)
    c = MetricKey(Metric.CORRELATION, None, pair, "1m", 60, HedgeMethod.THEIL_SEN, Scale.LOG)
    assert found.when == Group("all", (Condition(z, Op.GT, 2.0), Condition(c, Op.GT, 0.8, 10.0)))
    assert (found.severity, found.cooldown_s, found.rearm) == (Severity.CRITICAL, 60.0, 1.5)
    assert (found.channels, found.sound, found.enabled, found.once) == (("ops",), True, True, False)


def test_what_is_left_out_and_what_is_null_is_the_same():
    nothing = {"rearm": None, "channels": None, "expires_at": None, "severity": None, "cooldown_s": None}
    assert rule({**PRICE, "for_s": None, "interval": None}, **nothing) == rule(PRICE)


def test_live_is_what_is_observed_at_boundaries():
    live = {True: [], False: []}
    for each in (
        PRICE,
        {**PRICE, "interval": "1m"},
        Z,
        {**Z, "live": True},
        {**PRICE, "metric": "staleness"},
        {**PRICE, "metric": "return", "interval": "1m", "live": True},
    ):
        key = rule(each).lead.key
        live[key.live].append(str(key))
    assert live == {
        True: [
            "price:BTCUSDT",
            "zscore:BTCUSDT-ETHUSDT:1m:60:ols:level:live",
            "staleness:BTCUSDT",
            "return:BTCUSDT:1m:1:live",
        ],
        False: ["price:BTCUSDT:1m", "zscore:BTCUSDT-ETHUSDT:1m:60:ols:level"],
    }


NAN = float("nan")
WRONG: dict[str, tuple[object, str]] = {
    "no object": ([], ""),
    "nothing": ({}, "/name"),
    "no conditions": ({"name": "x"}, "/when"),
    "extra field": (document(PRICE, colour="red"), "/colour"),
    "extra field with a slash": (document(PRICE, **{"a/b~": 1}), "/a~1b~0"),
    "extra field of a condition": (document(PRICE, {**PRICE, "valeu": 1}), "/when/all/1/valeu"),
    "a pair where a symbol belongs": (document({**Z, "symbol": "BTCUSDT"}), "/when/all/0/symbol"),
    "a method of a price": (document({**PRICE, "method": "ols"}), "/when/all/0/method"),
    "a window of a price": (document({**PRICE, "window": 5}), "/when/all/0/window"),
    "unknown metric": (document(PRICE, {**PRICE, "metric": "prize"}), "/when/all/1/metric"),
    "metric of another type": (document({**PRICE, "metric": 7}), "/when/all/0/metric"),
    "no metric": (document({"op": ">", "value": 1}), "/when/all/0/metric"),
    "no op": (document({"metric": "price", "symbol": "BTCUSDT", "value": 1}), "/when/all/0/op"),
    "unknown op": (document({**PRICE, "op": "=="}), "/when/all/0/op"),
    "op of another type": (document({**PRICE, "op": 1}), "/when/all/0/op"),
    "a crossing that holds": (document({**PRICE, "op": "crosses_above", "for_s": 5}), "/when/all/0/for_s"),
    "no value": (document({"metric": "price", "symbol": "BTCUSDT", "op": ">"}), "/when/all/0/value"),
    "NaN": (document({**PRICE, "value": NAN}), "/when/all/0/value"),
    "infinity": (document({**PRICE, "value": -float("inf")}), "/when/all/0/value"),
    "huge": (document({**PRICE, "value": 10**400}), "/when/all/0/value"),
    "text for a number": (document({**PRICE, "value": "2"}), "/when/all/0/value"),
    "a flag for a number": (document({**PRICE, "value": True}), "/when/all/0/value"),
    "unknown symbol": (document({**PRICE, "symbol": "DOGEUSDT"}), "/when/all/0/symbol"),
    "unknown leg": (document(PRICE, {**Z, "pair": "BTCUSDT-DOGEUSDT"}), "/when/all/1/pair"),
    "one leg twice": (document({**Z, "pair": "BTCUSDT-btcusdt"}), "/when/all/0/pair"),
    "three legs": (document({**Z, "pair": "BTCUSDT-ETHUSDT-SOLUSDT"}), "/when/all/0/pair"),
    "no interval": (document({k: v for k, v in Z.items() if k != "interval"}), "/when/all/0/interval"),
    "an interval nobody builds": (document({**Z, "interval": "7m"}), "/when/all/0/interval"),
    "a short window": (document({**Z, "window": 9}), "/when/all/0/window"),
    "half a bar": (document({**Z, "window": 60.5}), "/when/all/0/window"),
    "no window of a volatility": (
        document({**PRICE, "metric": "volatility", "interval": "1m"}),
        "/when/all/0/window",
    ),
    "unknown method": (document({**Z, "method": "magic"}), "/when/all/0/method"),
    "unknown scale": (document({**Z, "scale": "sqrt"}), "/when/all/0/scale"),
    "live correlation": (document({**Z, "metric": "correlation", "live": True}), "/when/all/0/live"),
    "price that is not live": (document({**PRICE, "live": False}), "/when/all/0/live"),
    "live of another type": (document({**Z, "live": 1}), "/when/all/0/live"),
    "negative duration": (document({**PRICE, "for_s": -1}), "/when/all/0/for_s"),
    "endless duration": (document({**PRICE, "for_s": float("inf")}), "/when/all/0/for_s"),
    "a duration in words": (document({**PRICE, "for_s": "10s"}), "/when/all/0/for_s"),
    "negative cool-down": (document(PRICE, cooldown_s=-1), "/cooldown_s"),
    "a year of cool-down": (document(PRICE, cooldown_s=365 * 86400), "/cooldown_s"),
    "empty group": (document(PRICE, {"any": []}), "/when/all/1/any"),
    "empty rule": (document(), "/when/all"),
    "a group of both": ({"name": "x", "when": {"all": [PRICE], "any": [PRICE]}}, "/when"),
    "a condition for a group": ({"name": "x", "when": PRICE}, "/when/metric"),
    "a group that is no list": ({"name": "x", "when": {"any": PRICE}}, "/when/any"),
    "a member that is no object": (document(PRICE, "BTCUSDT > 5"), "/when/all/1"),
    "too many conditions": (document(*[PRICE] * 51), "/when/all/50"),
    "too many in all": (document({"any": [PRICE] * 30}, {"any": [PRICE] * 21}), "/when/all/1/any/20"),
    "a rearm beyond the value": (document(Z, rearm=2.5), "/rearm"),
    "a rearm on the wrong side": (document({**Z, "op": "<", "value": -2}, rearm=-3), "/rearm"),
    "a rearm that is NaN": (document(Z, rearm=NAN), "/rearm"),
    "unknown severity": (document(PRICE, severity="fatal"), "/severity"),
    "a flag that is none": (document(PRICE, enabled="yes"), "/enabled"),
    "sound by name": (document(PRICE, sound="ping"), "/sound"),
    "channels that are no list": (document(PRICE, channels="ops"), "/channels"),
    "a channel with a space": (document(PRICE, channels=["a", "b c"]), "/channels/1"),
    "a channel nobody set up": (document(PRICE, channels=["a", "unknown"]), "/channels/1"),
    "a channel twice": (document(PRICE, channels=["a", "a"]), "/channels/1"),
    "an expiry in words": (document(PRICE, expires_at="tomorrow"), "/expires_at"),
    "an expiry beyond all time": (document(PRICE, expires_at=10**18), "/expires_at"),
    "no name": (document(PRICE) | {"name": "  "}, "/name"),
    "a long name": (document(PRICE) | {"name": "x" * 101}, "/name"),
    "a name of another type": (document(PRICE) | {"name": 5}, "/name"),
    "a name of two lines": (document(PRICE) | {"name": "a\nb"}, "/name"),
    "an escape in a name": (document(PRICE) | {"name": "\x1b[31mred"}, "/name"),
    "a name that turns round": (document(PRICE) | {"name": "abc\u202edcb"}, "/name"),
    "half a character in a name": (document(PRICE) | {"name": "a\ud800"}, "/name"),
}


@pytest.mark.parametrize("bad", WRONG)
def test_what_is_wrong_is_pointed_at(bad: str):
    given_rule, at = WRONG[bad]
    assert pointer(given_rule) == at


def nested(depth: int) -> dict[str, Any]:
    group: dict[str, Any] = {"all": [PRICE]}
    for _ in range(depth - 1):
        group = {"any": [group]}
    return {"name": "deep", "when": group}


def test_groups_nest_so_deep_and_no_deeper():
    parse_rule(nested(MAX_NESTING), WORDS)
    assert pointer(nested(MAX_NESTING + 1)) == "/when" + "/any/0" * MAX_NESTING
    assert pointer(nested(800)) == "/when" + "/any/0" * MAX_NESTING


def test_as_many_conditions_as_allowed():
    assert len(list(conditions(rule(*[PRICE] * MAX_CONDITIONS).when))) == MAX_CONDITIONS


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "z > 2 🔔 'quoted'", "币安 & co"]
)
def test_a_name_is_text_and_nothing_else(name: str):
    assert (
        rule_document(rule(PRICE) if not name else parse_rule(document(PRICE) | {"name": name}, WORDS))[
            "name"
        ]
        == name
    )


# --- any rule, and back ---

numbers = st.floats(allow_nan=False, allow_infinity=False)
seconds = st.floats(0, 86_400)


@st.composite
def any_condition(draw: st.DrawFn) -> dict[str, Any]:
    metric = draw(st.sampled_from(Metric))
    spec = METRICS[metric]
    found: dict[str, Any] = {
        "metric": metric.value,
        "op": draw(st.sampled_from(Op)).value,
        "value": draw(numbers),
    }
    if spec.subject == "pair":
        found["pair"] = "-".join(draw(st.permutations(SYMBOLS))[:2])
        for name, choices in (("method", HedgeMethod), ("scale", Scale)):
            if draw(st.booleans()):
                found[name] = draw(st.sampled_from(choices)).value
    else:
        found["symbol"] = draw(st.sampled_from(SYMBOLS))
    for name, need, some in (
        ("interval", spec.interval, st.sampled_from(sorted(WORDS.intervals))),
        ("window", spec.window, st.integers(spec.least_window, WORDS.most_window)),
    ):
        if need is Need.MUST or (need is Need.MAY and draw(st.booleans())):
            found[name] = draw(some)
    if spec.liveness is Liveness.ON_REQUEST and draw(st.booleans()):
        found["live"] = draw(st.booleans())
    if not Op(found["op"]).is_crossing and draw(st.booleans()):
        found["for_s"] = draw(seconds)
    return found


def any_group(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    member = (
        any_condition()
        if depth == MAX_NESTING
        else any_condition() | st.deferred(lambda: any_group(depth + 1))
    )
    return st.builds(
        lambda kind, members: {kind: members},
        st.sampled_from(("all", "any")),
        st.lists(member, min_size=1, max_size=2),
    )


any_rule = st.fixed_dictionaries(
    {"name": st.text("abc <=>&'\"é", min_size=1).filter(str.strip), "when": any_group(1)},
    optional={
        "severity": st.sampled_from(Severity).map(str),
        "enabled": st.booleans(),
        "cooldown_s": seconds,
        "channels": st.lists(st.sampled_from(("ops", "mail", "desk.1")), unique=True),
        "sound": st.booleans(),
        "once": st.booleans(),
        "expires_at": st.integers(1, 4 * 10**12),
    },
)


@settings(max_examples=60)
@given(any_rule, st.floats(0, 10))
def test_a_rule_comes_back_from_its_document(made: dict[str, Any], by: float):
    found = parse_rule(made, WORDS)
    lead = found.lead
    made["rearm"] = lead.value - by if lead.op.is_rising else lead.value + by
    found = parse_rule(made, WORDS)
    told = json.loads(json.dumps(rule_document(found)))
    again = parse_rule(told, WORDS)
    assert again == found
    assert again.question == found.question
    assert rule_document(again) == told
    if "expires_at" in made:
        assert found.expires_at == made["expires_at"] * NS_PER_MS
    for name in made.keys() - {"when", "name"}:
        assert told[name] == made[name]


@settings(max_examples=60)
@given(
    any_rule,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    st.data(),
)
def test_anything_at_all_is_a_rule_or_pointed_at(made: dict[str, Any], junk: object, data: st.DataObject):
    spot: Any = made
    while True:
        at = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[at], dict | list) or not spot[at] or data.draw(st.booleans()):
            break
        spot = spot[at]
    spot[at] = junk
    try:
        parse_rule(made, WORDS)
    except InvalidRule as error:
        for part in error.pointer.split("/")[
            1:
        ]:  # the pointer leads into what was given, or to what is missing
            assert made is not None
            made = made[int(part)] if isinstance(made, list) else made.get(part)  # type: ignore[assignment]


def test_a_question_is_what_is_asked_and_no_more():
    asked = rule(Z, rearm=1.5)
    for same in (
        {"severity": "info"},
        {"cooldown_s": 9},
        {"channels": ["ops"]},
        {"enabled": False},
        {"once": True},
    ):
        assert rule(Z, rearm=1.5, **same).question == asked.question
    for other in (rule(Z, rearm=1.4), rule(Z), rule({**Z, "for_s": 1}, rearm=1.5), rule(Z, Z, rearm=1.5)):
        assert other.question != asked.question
