"""What callers may ask in a minute: with a sign-in each for itself, without one each address."""

import math

from quant.access.rates import Rates
from quant.api.callers import Caller
from quant.settings import Settings

WINDOW_S = 60
LOCAL_SHARE = 50
"""How much more may be asked on this machine without signing in: there is one user, and nobody to protect from it."""

GUESSES = 30
"""Wrong access tokens of an address in a minute, in attempts to sign in: a page that kept an old one shows it often."""

SECONDS_A_WEIGHT = 0.02
"""Of expected computing: the usual allowance, 3,000 a minute, is what one core can do in it."""


def weight_of(seconds: float) -> int:
    """Return what a computation weighs that is expected to take so long."""
    return math.ceil(seconds / SECONDS_A_WEIGHT)


class Allowances:
    """Counts what callers ask for."""

    def __init__(self, settings: Settings) -> None:
        limit = settings.rate_limit
        self._signed_in = Rates("requests by weight", limit, seconds=WINDOW_S)
        self._local = Rates("requests by weight", limit * LOCAL_SHARE, seconds=WINDOW_S)
        self.attempts = Rates("attempts to sign in", settings.login_limit, seconds=WINDOW_S)
        self.guesses = Rates("wrong access tokens", settings.login_limit * GUESSES, seconds=WINDOW_S)

    def take(self, caller: Caller | None, key: str, cost: int) -> None:
        """Count a request or a command; raises TooManyRequests.

        What weighs more than a whole allowance takes a whole one, or nobody could ever have it.
        """
        if cost > 0 and (caller is None or caller.kind != "command"):
            rates = self._rates(caller)
            rates.take(key, min(cost, rates.allowance))

    def spend(self, caller: Caller | None, key: str, seconds: float, *, paid: int) -> None:
        """Count what a request's computing weighs beyond what was `paid` for it, as `take` does."""
        whole = self._rates(caller).allowance
        self.take(caller, key, min(weight_of(seconds), whole) - paid)

    def _rates(self, caller: Caller | None) -> Rates:
        return self._local if caller is not None and caller.kind == "local" else self._signed_in
