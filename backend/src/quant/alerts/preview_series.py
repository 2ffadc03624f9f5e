"""The numbers of a preview's first condition, few enough to draw, with every extreme and every gap in them."""

from dataclasses import dataclass

from quant.alerts.metrics import MetricKey
from quant.alerts.readings import Reading

MOST_POINTS = 3_000
_POINTS_A_SPAN = 3  # least, greatest, and one that is not known

Point = tuple[int, float | None]


@dataclass(frozen=True, slots=True)
class PreviewSeries:
    """What the evaluator saw: times (ns; of a bar its open time) rising, None where the value could not be used."""

    key: MetricKey
    threshold: float
    times: tuple[int, ...]
    values: tuple[float | None, ...]


class SeriesBook:
    """Takes a metric's readings as they come; a bar that is revised takes its own place."""

    def __init__(self, key: MetricKey, threshold: float) -> None:
        self._key, self._threshold = key, threshold
        self._points: list[Point] = []

    def take(self, time: int, reading: Reading, *, is_usable: bool) -> None:
        at = time if reading.bar_time is None else reading.bar_time
        point = (at, reading.value if is_usable else None)
        if self._points and at < self._points[-1][0]:
            return  # of an older bar: it says nothing of now
        if self._points and at == self._points[-1][0]:
            self._points[-1] = point
        else:
            self._points.append(point)

    def series(self, *, most: int = MOST_POINTS) -> PreviewSeries:
        points = thinned(self._points, most=most)
        times, values = tuple(at for at, _ in points), tuple(value for _, value in points)
        return PreviewSeries(self._key, self._threshold, times, values)


def thinned(points: list[Point], *, most: int) -> list[Point]:
    """Return at most `most` of the points: of each span the least, the greatest, and one that is not known."""
    if len(points) <= most:
        return list(points)
    spans = max(1, most // _POINTS_A_SPAN)
    kept: list[Point] = []
    for number in range(spans):
        span = points[number * len(points) // spans : (number + 1) * len(points) // spans]
        known = [point for point in span if point[1] is not None]
        chosen = {min(known, key=_value), max(known, key=_value)} if known else set[Point]()
        chosen.update(next(([point] for point in span if point[1] is None), []))
        kept += sorted(chosen, key=lambda point: point[0])
    return kept


def _value(point: Point) -> float:
    assert point[1] is not None  # noqa: S101  the caller looked
    return point[1]
