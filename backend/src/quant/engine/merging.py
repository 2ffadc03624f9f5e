"""What memory and store have of one span, each row once."""

import numpy as np

from quant.domain import Bars
from quant.market.state import Ticks


def merged_bars(held: Bars, stored: Bars | None) -> Bars:
    """Return bars of memory and store, oldest first, each once; memory's stand."""
    if stored is None or not len(stored):
        return held
    rest = ~np.isin(stored.times, held.times)
    columns = {
        name: np.concatenate((getattr(stored, name)[rest], getattr(held, name)))
        for name in Bars.__dataclass_fields__
    }
    order = np.argsort(columns["times"], kind="stable")
    return Bars(**{name: column[order] for name, column in columns.items()})


def merged_ticks(held: Ticks, stored: Ticks | None) -> Ticks:
    """Return trades of memory and store by rising id, each once."""
    if stored is None or not len(stored):
        return held
    rest = ~np.isin(stored.ids, held.ids)
    columns = {
        name: np.concatenate((getattr(stored, name)[rest], getattr(held, name)))
        for name in Ticks.__dataclass_fields__
    }
    order = np.argsort(columns["ids"], kind="stable")
    return Ticks(**{name: column[order] for name, column in columns.items()})
