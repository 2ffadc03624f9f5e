"""Real one-minute closes for the tests that compare with other libraries on them."""

import numpy as np
import polars as pl


def closes(shared_data, *names, rows=None):
    """Return bars as rows and symbols as columns, over the first `rows` minutes the symbols have in common."""
    folder = shared_data / "typhonun_um_1m"
    frames = [
        pl.read_ipc(folder / f"{name}_USDT_USDT-1m-futures.feather").select("date", "close") for name in names
    ]
    table = frames[0].rename({"close": names[0]})
    for name, frame in zip(names[1:], frames[1:], strict=True):
        table = table.join(frame.rename({"close": name}), on="date")
    return np.ascontiguousarray(table.sort("date").select(names).to_numpy()[:rows])
