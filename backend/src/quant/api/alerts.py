"""/alerts: rules, what fired, what it would have done, and whom it could not tell."""

import json
import math
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path as FsPath
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from quant.access.roles import Role
from quant.alerts.event_csv import FIELDS, TIMES, csv_header, csv_lines, event_row
from quant.alerts.events import event_document
from quant.alerts.preview import Firing
from quant.alerts.rules import Document
from quant.api import alert_schemas as wire
from quant.api.downloads import download
from quant.api.export_frames import TIME
from quant.api.file_formats import MEDIA_TYPES, FileFormat, written
from quant.api.given import MAX_ID, TEXT, instant
from quant.api.parameters import EngineOf, SettingsOf
from quant.api.problems import responses
from quant.api.security import entry_of
from quant.api.table_files import TableFormat
from quant.clock import NS_PER_MS
from quant.delivery.message import shown
from quant.engine import protocol
from quant.errors import InvalidParameter, InvalidRule, TooLarge

router = APIRouter(prefix="/alerts", tags=["alerts"])

MAX_BODY_BYTES = 1 << 18
MAX_EVENTS = 1000

RuleId = Annotated[str, Path(description="as POST answered it", max_length=40)]


def _reader(request: Request) -> Role:
    return entry_of(request).known.role


ReaderOf = Annotated[Role, Depends(_reader)]


def _given() -> dict[str, Any]:
    """Return the schema of a rule as it is given: most of it may be left out."""
    schema = wire.AlertRuleFields.model_json_schema(ref_template="#/components/schemas/{model}")
    return {name: part for name, part in schema.items() if name != "$defs"}


RULE: dict[str, Any] = {  # Any: a piece of OpenAPI
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _given()}},
    }
}
CHANGES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "the fields of a rule to put in the place of its own",
                    "examples": [{"enabled": False}],
                }
            }
        },
    }
}


HISTORY_RESPONSES: dict[int | str, dict[str, Any]] = responses(422, 503, 507) | {
    200: {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
    }
}


@router.post("", responses=responses(413, 422, 503), openapi_extra=RULE)
async def add_rule(engine: EngineOf, request: Request) -> wire.AlertRule:
    """Add a rule; what is wrong with one is said with a JSON `pointer` to the node."""
    return _rule(await engine.add_alert(await _document(request)), reader=Role.OPERATOR)


@router.get("", responses=responses(503))
async def rules(engine: EngineOf, reader: ReaderOf) -> wire.AlertRuleList:
    """All rules, oldest first, and where they stand; of a webhook's address viewers see the host."""
    status = await engine.status()
    items = [_rule(each, reader=reader) for each in await engine.alerts()]
    return wire.AlertRuleList(market=status.market, as_of=_ms(status.as_of), items=items, next=None)


@router.get("/active", responses=responses(503))
async def active(engine: EngineOf) -> wire.AlertActiveList:
    """The events that last in the running market, newest first: their rules are firing now."""
    view = await engine.active_alerts()
    newest_first = sorted(view.items, key=lambda each: -each.number)
    return wire.AlertActiveList(
        market=view.market,
        as_of=_ms(view.as_of),
        seq=view.seq,
        items=[event(each) for each in newest_first],
        next=None,
    )


@router.get("/history", response_model=wire.AlertEventList, responses=HISTORY_RESPONSES)
async def history(
    request: Request,
    engine: EngineOf,
    settings: SettingsOf,
    *,
    form: Annotated[
        TableFormat,
        Query(alias="format", description="csv, parquet, arrow: all that is asked for, in one file"),
    ] = TableFormat.JSON,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="events a page, of JSON")] = 100,
    before: Annotated[int | None, Query(ge=0, le=MAX_ID, description="the `next` of the page before")] = None,
    since: Annotated[
        int | None,
        Query(ge=0, le=MAX_ID, description="only what changed after this `seq`, oldest change first"),
    ] = None,
    market: Annotated[str | None, Query(max_length=80)] = None,
    rule_id: Annotated[str | None, Query(max_length=40)] = None,
    severity: Annotated[list[Literal["info", "warning", "critical"]] | None, Query()] = None,
    acknowledged: bool | None = None,
    ended: Annotated[bool | None, Query(description="false: those that last")] = None,
    start: Annotated[
        str | None, Query(max_length=40, description="ms or ISO-8601", json_schema_extra=TEXT)
    ] = None,
    end: Annotated[
        str | None, Query(max_length=40, description="ms or ISO-8601", json_schema_extra=TEXT)
    ] = None,
) -> wire.AlertEventList | Response:
    """Events, newest first, a page at a time; with `since` what a client missed, in the order of its happening."""
    query = protocol.AlertQuery(
        market=market,
        rule_id=rule_id,
        severities=tuple(severity or ()),
        start=None if start is None else instant(start, "start"),
        end=None if end is None else instant(end, "end"),
        is_acknowledged=acknowledged,
        is_over=ended,
        before=before,
        since=since,
    )
    others = (market, rule_id, severity, start, end, acknowledged, ended, before)
    if since is not None and any(other is not None for other in others):
        raise InvalidParameter("since", "stands alone: it asks for every change")
    if form is not TableFormat.JSON:
        with request.app.state.export_slots.taken():
            return await _file(request, query, FileFormat(form.value), settings.export_dir)
    page = await engine.alert_events(query, limit=limit)
    return wire.AlertEventList(items=[event(each) for each in page.items], next=page.next)


@router.post("/preview", responses=responses(404, 409, 413, 422, 503))
async def preview(engine: EngineOf, body: wire.AlertPreviewRequest) -> wire.AlertPreview:
    """Run a rule over what is stored and in memory, through the same evaluator; nobody is told."""
    if body.rule is None and body.rule_id is None:
        raise InvalidParameter("rule", "give a rule or a rule_id")
    view = await engine.preview_alert(
        body.rule,
        rule_id=body.rule_id,
        start=None if body.start is None else instant(str(body.start), "start"),
        end=None if body.end is None else instant(str(body.end), "end"),
    )
    return _preview(view)


@router.get("/channels", responses=responses(503))
async def channels(engine: EngineOf) -> wire.AlertChannelList:
    """The channels that the settings name; a rule may also give a webhook's https address."""
    return wire.AlertChannelList(items=list(await engine.channels()), next=None)


@router.get("/dead-letters", responses=responses(422, 503))
async def dead_letters(
    engine: EngineOf,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 100,
    before: Annotated[int | None, Query(ge=0, le=MAX_ID, description="the `next` of the page before")] = None,
) -> wire.AlertDeliveryList:
    """Messages that no receiver took, newest first."""
    found = await engine.dead_letters(before=before, limit=limit)
    items = [_delivery(each) for each in found]
    return wire.AlertDeliveryList(items=items, next=items[-1].id if len(items) == limit else None)


@router.post("/dead-letters/{delivery_id}/retry", status_code=204, responses=responses(404, 422, 503))
async def retry(engine: EngineOf, delivery_id: Annotated[int, Path(ge=0, le=MAX_ID)]) -> Response:
    """Send a message again that was given up."""
    await engine.retry_delivery(delivery_id)
    return Response(status_code=204)


@router.get("/{rule_id}", responses=responses(404, 422, 503))
async def rule(engine: EngineOf, rule_id: RuleId, reader: ReaderOf) -> wire.AlertRule:
    """One rule and where it stands; of a webhook's address viewers see the host."""
    return _rule(await engine.alert(rule_id), reader=reader)


@router.patch("/{rule_id}", responses=responses(404, 413, 422, 503), openapi_extra=CHANGES)
async def change_rule(engine: EngineOf, rule_id: RuleId, request: Request) -> wire.AlertRule:
    """Put the given fields in the place of the rule's own; the rest stays."""
    document = await _document(request)
    if not isinstance(document, dict):
        raise InvalidRule("", "has to be an object")
    return _rule(await engine.change_alert(rule_id, document), reader=Role.OPERATOR)


@router.delete("/{rule_id}", status_code=204, responses=responses(404, 422, 503))
async def remove_rule(engine: EngineOf, rule_id: RuleId) -> Response:
    """Remove a rule; its events stay."""
    await engine.remove_alert(rule_id)
    return Response(status_code=204)


@router.post("/{event_id}/ack", responses=responses(404, 422, 503))
async def acknowledge(
    engine: EngineOf, event_id: RuleId, body: wire.AlertAcknowledgement | None = None
) -> wire.AlertEvent:
    """Note that somebody has seen an event (or, with `acknowledged` false, that nobody has); twice is as good as once.

    Of a rule's id the newest event is taken.
    """
    wanted = body or wire.AlertAcknowledgement()
    return event(await engine.acknowledge_alert(event_id, acknowledged=wanted.acknowledged))


async def _file(request: Request, query: protocol.AlertQuery, form: FileFormat, folder: FsPath) -> Response:
    """Return all pages of a history as one file; its beginning is made first, so that it can fail with a status."""
    pages = _pages(request.app.state.engine, query)
    chunks = _csv(pages) if form is FileFormat.CSV else written(_frames(pages), form, folder=folder)
    named = {"content-disposition": f'attachment; filename="alerts.{form}"'}
    return await download(chunks, request.app.state.export_slots, media_type=MEDIA_TYPES[form], headers=named)


async def _pages(engine: protocol.Engine, query: protocol.AlertQuery) -> AsyncIterator[list[Document]]:
    while True:
        page = await engine.alert_events(query, limit=MAX_EVENTS)
        yield [_event_document(each) for each in page.items]
        if page.next is None:
            return
        is_forward = query.since is not None
        query = replace(query, since=page.next) if is_forward else replace(query, before=page.next)


async def _csv(pages: AsyncIterator[list[Document]]) -> AsyncGenerator[bytes]:
    """Yield the history as `quant alerts history --csv` prints it."""
    header = csv_header()
    async for page in pages:
        yield (header + csv_lines(page)).encode()
        header = ""


async def _frames(pages: AsyncIterator[list[Document]]) -> AsyncIterator[pl.DataFrame]:
    async for page in pages:
        rows = [event_row(each) for each in page]
        yield pl.DataFrame(rows, schema=_COLUMNS).with_columns(pl.col(TIMES).cast(TIME))


_COLUMNS: dict[str, Any] = {
    name: pl.Int64 if name in (*TIMES, "rule_revision") else pl.String for name in FIELDS
}


async def _document(request: Request) -> Any:  # JSON of any shape
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"a rule has at most {MAX_BODY_BYTES} bytes", limit=MAX_BODY_BYTES)
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise InvalidRule("", f"is not JSON: {str(error)[:100]}") from error


# --- views ---


def _ms(ns: int | None) -> int | None:
    return None if ns is None else ns // NS_PER_MS


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _discreet(document: Document) -> Document:
    """Return a rule without what may be a secret: the path of a webhook's address often is its key."""
    return document | {"channels": [shown(channel) for channel in document["channels"]]}


def _rule(view: protocol.AlertRuleView, *, reader: Role) -> wire.AlertRule:
    return wire.AlertRule.model_validate(
        (view.document if reader.may(Role.OPERATOR) else _discreet(view.document))
        | {
            "id": view.id,
            "revision": view.revision,
            "created_at": view.created_at,
            "updated_at": view.updated_at,
            "standing": view.standing,
            "reason": view.reason or None,
            "event_id": view.event_id,
            "fired_at": _ms(view.fired_at),
        }
    )


def event(view: protocol.AlertEventView) -> wire.AlertEvent:
    """Return an event as it stands."""
    return wire.AlertEvent.model_validate(_event_document(view))


def _event_document(view: protocol.AlertEventView) -> Document:
    return view.document | {
        "rule": _discreet(view.document["rule"]),  # everybody is told of an event in the same words
        "seq": view.change,
        "number": view.number,
        "ended_at": _ms(view.ended_at),
        "ended_because": view.ended_because,
        "acknowledged_at": view.acknowledged_at,
    }


def alerts_message(frame: protocol.Frame, view: protocol.AlertsView) -> wire.AlertsMessage:
    """Return the message that listeners of `alerts` get."""
    items = [event(each) for each in view.items]
    return wire.AlertsMessage(
        type=frame.kind,
        topic=frame.topic,
        seq=view.seq,
        time=frame.time // NS_PER_MS,
        news=view.is_news,
        data=wire.AlertEventList(items=items, next=None),
    )


def _preview(view: protocol.AlertPreviewView) -> wire.AlertPreview:
    result = view.result
    return wire.AlertPreview(
        market=view.market,
        as_of=_ms(view.as_of),
        start=_ms(result.start),
        end=_ms(result.end),
        moments=result.rows,
        count=result.count,
        firing_s=result.firing_s,
        suspended_s=result.suspended_s,
        suspended_because=result.suspended_because or None,
        followed=None if result.followed is None else str(result.followed),
        horizons=list(view.horizons),
        afterwards=[
            wire.AlertAfterwards(
                bars=each.bars,
                count=each.count,
                mean=_number(each.mean),
                median=_number(each.median),
                reverted=_number(each.reverted),
            )
            for each in result.afterwards
        ],
        firings=[
            wire.AlertFiring(
                id=each.event.id,
                time=each.event.time // NS_PER_MS,
                reason=each.event.reason,
                ended_at=_ms(each.ended_at),
                duration_s=each.duration_s,
                at=each.at,
                after=list(each.after),
                evidence=[wire.AlertEvidence.model_validate(one) for one in _evidence(each)],
            )
            for each in result.firings
        ],
        series=wire.AlertSeries(
            metric=result.series.key.metric,
            unit=result.series.key.spec.unit,
            threshold=result.series.threshold,
            time=[at // NS_PER_MS for at in result.series.times],
            value=list(result.series.values),
        ),
    )


def _evidence(firing: Firing) -> list[Document]:
    found: list[Document] = event_document(firing.event)["evidence"]
    return found


def _delivery(view: protocol.DeliveryView) -> wire.AlertDelivery:
    return wire.AlertDelivery(
        id=view.id,
        channel=shown(view.channel),
        state=view.state,
        attempts=view.attempts,
        error=view.error,
        updated_at=view.updated_at,
        event_id=view.event.id,
        rule_id=view.event.rule_id,
        name=view.event.document["rule"]["name"],
    )
