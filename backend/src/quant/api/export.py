"""/export: a pair's numbers, bars and trades as files, streamed from all that is held in memory and on the disk."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from quant.api.data import INTERVALS
from quant.api.downloads import ExportSlots, after, download
from quant.api.export_frames import bar_frame, pair_frame, tick_frame
from quant.api.file_formats import MEDIA_TYPES, FileFormat, written
from quant.api.parameters import End, EngineOf, PairKeyOf, SettingsOf, Start, symbol_name
from quant.api.problems import responses
from quant.api.views import ms
from quant.clock import NS_PER_S
from quant.engine.protocol import BarRowsView, Engine, PairKey, PairRowsView, TickRowsView
from quant.errors import NotEnoughData, Unavailable

router = APIRouter(prefix="/export", tags=["export"])

Format = Annotated[
    FileFormat,
    Query(
        alias="format", description="csv: header line and UTC ISO-8601 times; parquet; arrow: an IPC stream"
    ),
]
SymbolName = Annotated[str, Query(description="a symbol of the market", examples=["BTCUSDT"], max_length=40)]


def file_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the declaration of an answer that is a file, and of its problems."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
    headers = {
        "Content-Disposition": {"description": "the file's name", "schema": {"type": "string"}},
        "X-Market": {"description": "the market of the rows", "schema": {"type": "string"}},
        "X-As-Of": {"description": "market time of the first page, ms", "schema": {"type": "integer"}},
    }
    return {200: {"description": "The file", "content": content, "headers": headers}} | responses(*statuses)


class Page(Protocol):
    """What pages of rows have in common."""

    @property
    def market(self) -> str: ...
    @property
    def as_of(self) -> int | None: ...
    @property
    def next_start(self) -> int | None: ...


P = TypeVar("P", bound=Page)


@dataclass(frozen=True, slots=True)
class Table(Generic[P]):
    """What to export: its name, how to ask for the page after another (None: the first), and a page's frame."""

    name: str
    start: int | None
    end: int | None
    page: Callable[[int | None, int | None, P | None], Awaitable[P]]
    frame: Callable[[P], pl.DataFrame]
    check: Callable[[P], None]


@router.get("", responses=file_answers(404, 409, 422, 503, 507), response_class=StreamingResponse)
async def pair(
    request: Request,
    engine: EngineOf,
    settings: SettingsOf,
    key: PairKeyOf,
    start: Start,
    end: End,
    form: Format = FileFormat.CSV,
) -> StreamingResponse:
    """The rolling values of a pair, a row for each closed bar that both legs have, oldest first."""
    named = f"{key.pair}_{key.interval}_{key.window}_{key.method}_{key.scale}"
    table = Table(named, start, end, _pair_pages(engine, key), pair_frame, _check_pair)
    return await _answer(request, table, form, settings.export_dir)


@router.get("/ohlcv", responses=file_answers(404, 409, 422, 503, 507), response_class=StreamingResponse)
async def ohlcv(
    request: Request,
    engine: EngineOf,
    settings: SettingsOf,
    symbol: SymbolName,
    start: Start,
    end: End,
    interval: Annotated[str, Query(description=INTERVALS, max_length=20)] = "1m",
    form: Format = FileFormat.CSV,
) -> StreamingResponse:
    """Bars as `/data/{symbol}` lists them, however many, oldest first."""
    name = symbol_name(symbol)

    async def page(start: int | None, end: int | None, _: BarRowsView | None) -> BarRowsView:
        return await engine.bar_rows(name, interval, start=start, end=end)

    def check(first: BarRowsView) -> None:
        if not len(first.bars):
            raise NotEnoughData(f"{interval} bars of {name} in this span", have=0, need=1)

    table = Table(f"{name}_{interval}", start, end, page, bar_frame, check)
    return await _answer(request, table, form, settings.export_dir)


@router.get("/ticks", responses=file_answers(404, 409, 422, 503, 507), response_class=StreamingResponse)
async def ticks(
    request: Request,
    engine: EngineOf,
    settings: SettingsOf,
    symbol: SymbolName,
    start: Start,
    end: End,
    form: Format = FileFormat.CSV,
) -> StreamingResponse:
    """Trades as `/data/{symbol}/ticks` lists them, however many, by rising id."""
    name = symbol_name(symbol)

    async def page(start: int | None, end: int | None, before: TickRowsView | None) -> TickRowsView:
        after_id = None if before is None else int(before.ids[-1])
        return await engine.tick_rows(name, start=start, end=end, after_id=after_id)

    def check(first: TickRowsView) -> None:
        if not len(first.ids):
            raise NotEnoughData(f"trades of {name} in this span", have=0, need=1)

    table = Table(f"{name}_trades", start, end, page, tick_frame, check)
    return await _answer(request, table, form, settings.export_dir)


def _pair_pages(
    engine: Engine, key: PairKey
) -> Callable[[int | None, int | None, PairRowsView | None], Awaitable[PairRowsView]]:
    async def page(start: int | None, end: int | None, _: PairRowsView | None) -> PairRowsView:
        return await engine.pair_rows(key, start=start, end=end)

    return page


def _check_pair(first: PairRowsView) -> None:
    if first.next_start is None and first.have < first.need:
        what = f"{first.key.pair} on {first.key.interval} bars, window {first.key.window}"
        raise NotEnoughData(what, have=first.have, need=first.need)


async def _answer(request: Request, table: Table[P], form: FileFormat, folder: Path) -> StreamingResponse:
    """Return the file, once its beginning is made: what hinders that is told with its status."""
    slots: ExportSlots = request.app.state.export_slots
    with slots.taken():
        first = await table.page(table.start, table.end, None)
        table.check(first)
        end = table.end if table.end is not None or first.as_of is None else first.as_of + 1
        frames = _frames(request, table, first, end)
        opening = await anext(frames, None)
        if opening is None:
            raise NotEnoughData(f"rows of {table.name} in this span", have=0, need=1)
        headers = _headers(first, table.name, form, begin=opening["time"][0], end=end)
        chunks = written(after(opening, frames), form, folder=folder)
        return await download(chunks, slots, media_type=MEDIA_TYPES[form], headers=headers)


def _headers(first: Page, name: str, form: FileFormat, *, begin: datetime, end: int | None) -> dict[str, str]:
    name = f"{first.market}_{name}_{_compact(begin)}"
    if end is not None:
        name += f"_{_compact(datetime.fromtimestamp(end // NS_PER_S, UTC))}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}",
        "Cache-Control": "no-store",
        "X-Market": first.market,
    }
    if first.as_of is not None:
        headers["X-As-Of"] = str(ms(first.as_of))
    return headers


async def _frames(
    request: Request, table: Table[P], first: P, end: int | None
) -> AsyncGenerator[pl.DataFrame]:
    """Yield the frame of each page that has rows; raise Unavailable where the market changes, or nobody waits."""
    page = first
    while True:
        frame = table.frame(page)
        if len(frame):
            yield frame
        if page.next_start is None:
            return
        if await request.is_disconnected():
            raise Unavailable("who asked for this export has gone")
        page = await table.page(page.next_start, end, page)
        if page.market != first.market:
            raise Unavailable("the source was changed meanwhile: ask again")


def _compact(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%SZ}"
