"""Order statistics inside kernels: selection in O(n), without the sorts that numba takes seconds to compile."""

from quant.domain import FloatArray
from quant.kernel import jit


@jit
def kth(values: FloatArray, n: int, k: int) -> float:
    """Return the k-th smallest (from 0) of the first n values, which are put into another order.

    Afterwards nothing before place k is larger and nothing after it smaller. Values must not be NaN.
    """
    low, high = 0, n - 1
    while low < high:
        a, b, c = values[low], values[(low + high) // 2], values[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return float(values[k])


@jit
def median(values: FloatArray, n: int) -> float:
    """Return the median of the first n values, which are put into another order."""
    middle = float(kth(values, n, n // 2))
    if n % 2:
        return middle
    below = values[0]
    for i in range(n // 2):
        below = max(below, values[i])
    return float(0.5 * (below + middle))
