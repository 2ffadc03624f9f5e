"""Users' names and passwords. A hash takes some 30 ms and 19 MiB on purpose: keep it off a busy loop."""

import re
from functools import cache
from typing import TYPE_CHECKING

from quant.errors import InvalidParameter

if TYPE_CHECKING:
    from argon2 import PasswordHasher

USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
SHORTEST, LONGEST = 10, 256
PASSES, MEMORY_KIB, LANES = 2, 19_456, 1
"""Of argon2id, as OWASP's cheat sheet has them: one lane, since the market's work needs the other cores."""


def user_name(text: str) -> str:
    """Return the name as it is kept; raise InvalidParameter where it is none."""
    name = text.strip().lower()
    if not USER_NAME.fullmatch(name):
        raise InvalidParameter("name", "has 1 to 40 of a-z, 0-9, '.', '_' and '-', a letter or digit first")
    return name


def check_password(password: str) -> None:
    """Raise InvalidParameter where it cannot be a password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidParameter("password", f"has {SHORTEST} to {LONGEST} characters")


def hash_password(password: str) -> str:
    """Return the argon2id hash, with its salt and parameters; raise InvalidParameter where it cannot be taken."""
    check_password(password)
    return _hasher().hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Tell whether the password is the one of the hash `kept`; takes as long where there is none (None)."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        matches = _hasher().verify(kept or _stand_in(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and kept is not None


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # argon2 takes a while to load, and few servers have users

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


@cache
def _stand_in() -> str:
    return _hasher().hash("nobody's")
