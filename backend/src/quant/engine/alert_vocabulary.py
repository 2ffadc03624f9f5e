"""What alert rules may speak of: those that are stored, and those that are saved while no market runs."""

from collections.abc import Callable

from quant.alerts.parsing import Vocabulary
from quant.analytics import HEDGE_METHODS
from quant.domain import HedgeMethod
from quant.settings import Settings


class _All(frozenset[str]):
    """Every word."""

    def __contains__(self, word: object) -> bool:
        return True


STORED = Vocabulary(is_symbol=lambda _: True, intervals=_All(), most_window=10**9)
"""What a rule that is stored may speak of: it was checked when it was saved, perhaps in another market."""


def stored_vocabulary(settings: Settings, check_channel: Callable[[str], object]) -> Vocabulary:
    """Return what a rule may speak of that is saved while no market runs: any symbol."""
    return Vocabulary(
        is_symbol=lambda _: True,
        intervals=frozenset(interval.name for interval in settings.intervals),
        methods=frozenset(HedgeMethod(name) for name in HEDGE_METHODS),
        check_channel=check_channel,
        usual_window=settings.default_rolling_window,
        usual_method=settings.default_regression,
        usual_scale=settings.default_scale,
    )
