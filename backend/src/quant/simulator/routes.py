"""What the path of an upgrade request asks for."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from quant.simulator.streams import Category


@dataclass(frozen=True, slots=True)
class Route:
    """What the path of an upgrade request asks for."""

    category: Category
    combined: bool
    names: list[str]


def parse_route(target: str) -> Route | None:
    """Return the route of a target such as `/market/ws/btcusdt@aggTrade`, None where there is none."""
    parts = urlsplit(target)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    category = Category.PUBLIC  # the unrouted paths carry this category only
    if segments and segments[0] in (Category.MARKET, Category.PUBLIC):
        category = Category(segments.pop(0))
    match segments:
        case ["ws", *names]:
            return Route(category, combined=False, names=names)
        case ["stream"]:
            joined = parse_qs(parts.query).get("streams", [""])[0]
            return Route(category, combined=True, names=[name for name in joined.split("/") if name])
    return None
