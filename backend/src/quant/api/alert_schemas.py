"""Alerts over the wire: rules, events, previews and deliveries. Part of `api.schemas`."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool

from quant.alerts.conditions import Op
from quant.alerts.held import RuleStanding
from quant.alerts.metrics import Metric
from quant.api.given import TimeGiven
from quant.api.schemas import MarketHeader, Message, Milliseconds, Wire

SeverityWord = Literal["info", "warning", "critical"]
MetricWord = Literal[
    "price",
    "return",
    "volume",
    "volatility",
    "tick_rate",
    "spread",
    "zscore",
    "correlation",
    "hedge_ratio",
    "adf_pvalue",
    "coint_pvalue",
    "half_life",
    "staleness",
]
OpWord = Literal[">", "<", ">=", "<=", "crosses_above", "crosses_below"]
assert {*MetricWord.__args__} == {*Metric}  # type: ignore[attr-defined] # noqa: S101  one list, twice
assert {*OpWord.__args__} == {*Op}  # type: ignore[attr-defined] # noqa: S101


class Filled(Wire):
    """What may be left out when it is given, and is always there when it is answered."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class AlertCondition(Filled):
    """One question of a number. Which fields a metric takes is in docs/alerts.md; a wrong one gets a 422."""

    metric: MetricWord
    symbol: str | None = None
    pair: Annotated[str | None, Field(examples=["BTCUSDT-ETHUSDT"])] = None
    interval: str | None = None
    window: int | None = None
    method: str | None = None
    scale: Literal["level", "log"] | None = None
    op: OpWord
    value: float
    for_s: float | None = None
    live: bool | None = None


class AlertGroup(Filled):
    """Either `all` or `any`."""

    all: list["AlertCondition | AlertGroup"] | None = None
    any: list["AlertCondition | AlertGroup"] | None = None


class AlertRuleFields(Filled):
    """A rule as it is given. `pointer` of a 422 names the node that is wrong."""

    name: str
    severity: SeverityWord = "warning"
    enabled: bool = True
    when: AlertGroup
    cooldown_s: float = 0.0
    rearm: float | None = None
    channels: Annotated[list[str], Field(default_factory=list)]
    sound: bool = False
    once: bool = False
    expires_at: Milliseconds | None = None


class AlertRule(AlertRuleFields):
    """A rule as it is kept, and where it stands in the running market."""

    id: str
    revision: Annotated[int, Field(description="counts its changes from 1")]
    created_at: Milliseconds
    updated_at: Milliseconds
    standing: RuleStanding
    reason: str | None
    event_id: Annotated[str | None, Field(description="its event that lasts")]
    fired_at: Milliseconds | None


class AlertRuleList(MarketHeader):
    items: list[AlertRule]
    next: None


class AlertTrades(Wire):
    symbol: str
    first_id: int
    last_id: int


class AlertEvidence(Wire):
    """One condition as it stood when its rule fired."""

    pointer: str
    condition: AlertCondition
    unit: str
    holds: bool | None
    value: float | None
    held_since: Milliseconds | None
    bar_time: Milliseconds | None
    revision: int
    trades: list[AlertTrades]
    quality: dict[str, int]
    note: str


class AlertEvent(Wire):
    """A rule fired; `seq` is the number of the event's last change: firing, end or acknowledgement."""

    seq: int
    number: Annotated[int, Field(description="counts events")]
    id: str
    market: str
    rule_id: str
    rule_revision: int
    rule: AlertRuleFields
    severity: SeverityWord
    time: Annotated[Milliseconds, Field(description="market time of the firing")]
    reason: str
    evidence: list[AlertEvidence]
    ended_at: Milliseconds | None
    ended_because: str | None
    acknowledged_at: Milliseconds | None


class AlertEventList(Wire):
    items: list[AlertEvent]
    next: Annotated[
        int | None, Field(description="give it as `before` (with `since`: as `since`) for what follows")
    ]


class AlertActiveList(MarketHeader):
    seq: Annotated[int, Field(description="number of the newest change that was told")]
    items: list[AlertEvent]
    next: None


class AlertAcknowledgement(Wire):
    acknowledged: StrictBool = True


class AlertPreviewRequest(Wire):
    """A rule, or the `rule_id` of a saved one; without a span the newest bars that are stored."""

    # Any: what is wrong with a rule is said by its own parser, with a pointer to the node.
    rule: Annotated[dict[str, Any] | None, Field(description="as for POST /alerts")] = None
    rule_id: Annotated[str | None, Field(max_length=40)] = None
    start: Annotated[TimeGiven, Field(description="from this time on: ms or ISO-8601")] = None
    end: Annotated[TimeGiven, Field(description="before this time: ms or ISO-8601")] = None


class AlertFiring(Wire):
    id: str
    time: Milliseconds
    reason: str
    ended_at: Milliseconds | None
    duration_s: float | None
    at: Annotated[float | None, Field(description="the followed metric at the firing")]
    after: Annotated[list[float | None], Field(description="and so many bars later: see `horizons`")]
    evidence: list[AlertEvidence]


class AlertAfterwards(Wire):
    bars: int
    count: int
    mean: float | None
    median: float | None
    reverted: Annotated[float | None, Field(description="share in which it was nearer to zero than at first")]


class AlertSeries(Wire):
    """The rule's first condition as the evaluator saw it, thinned to at most 3,000 points: extremes and gaps stay."""

    metric: str
    unit: str
    threshold: float
    time: Annotated[list[Milliseconds], Field(description="of bars their open times")]
    value: Annotated[list[float | None], Field(description="null where it could not be used")]


class AlertPreview(MarketHeader):
    """When the rule would have fired, how often, for how long, and what z did afterwards."""

    start: Milliseconds | None
    end: Milliseconds | None
    moments: int
    count: int
    firing_s: float
    suspended_s: float
    suspended_because: str | None
    followed: str | None
    horizons: list[int]
    afterwards: list[AlertAfterwards]
    firings: Annotated[list[AlertFiring], Field(description="the first 1000")]
    series: AlertSeries


class AlertDelivery(Wire):
    """A message that was given up."""

    id: int
    channel: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    error: str
    updated_at: Milliseconds
    event_id: str
    rule_id: str
    name: str


class AlertDeliveryList(Wire):
    items: list[AlertDelivery]
    next: int | None


class AlertChannelList(Wire):
    items: Annotated[list[str], Field(description="names that a rule may give in `channels`")]
    next: None


class AlertsMessage(Message):
    """Topic `alerts`: a snapshot of the events that last, then every change of an event, none skipped.

    `seq` rises with every change, not always by one. Who was away asks `/alerts/history?since=SEQ` for what it missed.
    """

    news: Annotated[
        bool,
        Field(
            description="false for what was passed by while a recording was put at another moment: no sound"
        ),
    ]
    data: AlertEventList
