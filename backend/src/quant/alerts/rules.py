"""A rule as a frozen value, and as the document that the API takes and gives."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never

import msgspec

from quant.alerts.conditions import Condition, Group, conditions
from quant.alerts.metrics import Liveness
from quant.clock import NS_PER_MS

Document = dict[str, Any]  # a JSON object: its values are of any kind


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Rule:
    """What to watch for and whom to tell. Its name is inert text.

    `rearm` stands in the place of the first condition's value once the rule has fired: the rule is firing until that
    condition would not hold even then, and its group does not hold either. Without it, until the group does not hold.
    `expires_at` is market time in ns. A `once` rule fires once until it is edited or enabled anew.
    """

    name: str
    when: Group
    severity: Severity = Severity.WARNING
    enabled: bool = True
    cooldown_s: float = 0.0
    rearm: float | None = None
    channels: tuple[str, ...] = ()
    sound: bool = False
    once: bool = False
    expires_at: int | None = None
    question: str = field(init=False, compare=False)
    """A digest of what is asked: two rules with the same share their past, whatever their names and channels."""

    def __post_init__(self) -> None:
        asked = msgspec.json.encode([_group(self.when), self.rearm])
        object.__setattr__(self, "question", hashlib.blake2b(asked, digest_size=8).hexdigest())

    @property
    def lead(self) -> Condition:
        """Return the condition that `rearm` belongs to: the first."""
        return next(conditions(self.when))[1]


def rule_document(rule: Rule) -> Document:
    """Return the JSON object from which `parse_rule` makes this rule again, every default written out."""
    return {
        "name": rule.name,
        "severity": rule.severity.value,
        "enabled": rule.enabled,
        "when": _group(rule.when),
        "cooldown_s": rule.cooldown_s,
        "rearm": rule.rearm,
        "channels": list(rule.channels),
        "sound": rule.sound,
        "once": rule.once,
        "expires_at": None if rule.expires_at is None else rule.expires_at // NS_PER_MS,
    }


def _group(group: Group) -> Document:
    return {group.kind: [_member(member) for member in group.members]}


def _member(member: Condition | Group) -> Document:
    match member:
        case Group():
            return _group(member)
        case Condition():
            return condition_document(member)
        case _:
            assert_never(member)


def condition_document(condition: Condition) -> Document:
    """Return a condition as it stands in a rule."""
    key = condition.key
    fields: Document = {
        "metric": key.metric.value,
        "symbol": key.symbol,
        "pair": None if key.pair is None else str(key.pair),
        "interval": key.interval,
        "window": key.window,
        "method": None if key.method is None else key.method.value,
        "scale": None if key.scale is None else key.scale.value,
        "op": condition.op.value,
        "value": condition.value,
        "for_s": condition.for_s or None,
        "live": True if key.live and key.spec.liveness is Liveness.ON_REQUEST else None,
    }
    return {name: value for name, value in fields.items() if value is not None}
