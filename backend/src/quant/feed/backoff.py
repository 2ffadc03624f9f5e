"""How long to wait before the next attempt: full jitter, doubling, capped."""

import random
from collections.abc import Iterator


def backoff(rng: random.Random, *, first_s: float = 1.0, cap_s: float = 30.0) -> Iterator[float]:
    """Yield waits in seconds, each drawn evenly below a ceiling that doubles up to `cap_s`.

    Full jitter keeps many clients of one exchange from coming back together.
    """
    ceiling = first_s
    while True:
        yield rng.uniform(0.1 * first_s, ceiling)
        ceiling = min(ceiling * 2, cap_s)
