"""Signed tokens (JWT, HS256 and nothing else) that say who somebody is until when.

The first secret signs and all of them verify, so that a secret is replaced without signing anybody out: put the new
one first, and take the old one away when what it has signed has expired.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from quant.access.roles import Role
from quant.errors import SettingsError

ALGORITHM: Final = "HS256"
ISSUER: Final = "quant-analytics-platform"
AUDIENCE: Final = "quant-api"
SHORTEST_SECRET = 32
REQUIRED = ("iss", "aud", "exp", "iat", "jti", "sub", "role", "gen")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says; times are Unix seconds. `generation` is that of the user's sign-ins when it was issued."""

    user: str
    role: Role
    generation: str
    token_id: str
    issued_at: int
    expires_at: int


class TokenKeys:
    """Signs and verifies. Raises SettingsError where a secret is too short to sign with."""

    def __init__(self, texts: Sequence[str]) -> None:
        if not texts or any(len(text.encode()) < SHORTEST_SECRET for text in texts):
            raise SettingsError(
                f"JWT_SECRET: each secret has to have {SHORTEST_SECRET} characters or more, such as those that "
                "`openssl rand -hex 32` prints",
                setting="JWT_SECRET",
            )
        self._keys = {_key_id(text): text for text in texts}
        self._first = _key_id(texts[0])

    def sign(
        self, *, user: str, role: Role, generation: str, now_s: int, lifetime_s: int
    ) -> tuple[str, Claims]:
        """Return a token of this user, and what it says."""
        import jwt  # takes a while to load, and few servers have users

        claims = Claims(user, role, generation, secrets.token_urlsafe(12), now_s, now_s + lifetime_s)
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user,
            "role": role.value,
            "gen": generation,
            "jti": claims.token_id,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
        }
        headers = {"kid": self._first}
        return jwt.encode(payload, self._keys[self._first], algorithm=ALGORITHM, headers=headers), claims

    def verify(self, token: str) -> Claims | None:
        """Return what the token says, None where it is not ours, not for us, not whole or not valid now."""
        import jwt

        try:
            key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                return None
            said: dict[str, Any] = jwt.decode(  # Any: JSON
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(REQUIRED)},
            )
            texts = [said[name] for name in ("sub", "gen", "jti")]
            if not all(isinstance(text, str) for text in texts):
                return None
            return Claims(
                texts[0], Role(said["role"]), texts[1], texts[2], int(said["iat"]), int(said["exp"])
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
            return None


def looks_signed(token: str) -> bool:
    """Tell whether a text has the form of a signed token."""
    return token.count(".") == 2


def _key_id(secret: str) -> str:
    """Return the secret's public name, from which nothing of it can be learnt."""
    return hmac.new(secret.encode(), b"quant key id", hashlib.sha256).hexdigest()[:12]
