"""What a p-value is worth when thousands are looked at."""

import numpy as np

from quant.domain import FloatArray


def benjamini_yekutieli(p_values: FloatArray) -> FloatArray:
    """Return one q-value a p-value, NaN for NaN: the false discovery rate at which the pair would be called.

    Benjamini and Yekutieli (2001): valid under any dependence, as pairs that share a leg have. q of the k-th
    smallest of m is the least of `p m (1 + 1/2 + … + 1/m) / rank` from rank k on, at most 1.
    """
    known = np.flatnonzero(~np.isnan(p_values))
    q = np.full(p_values.size, np.nan)
    if known.size:
        order = known[np.argsort(p_values[known], kind="stable")]
        rank = np.arange(1, order.size + 1)
        raised = p_values[order] * (order.size * np.sum(1.0 / rank) / rank)
        q[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return q
