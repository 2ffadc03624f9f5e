"""Who calls: nobody in particular on this machine, the holder of the access token, or a user who has signed in.

Users and revoked tokens are held in memory and read anew when this process changes them, which it alone does: it owns
the data directory. A request therefore costs no look into the database.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from quant.access.roles import Role
from quant.access.tokens import Claims, TokenKeys, looks_signed
from quant.engine.protocol import Accounts, AccountsView, UserView
from quant.errors import TooManyRequests, Unavailable

TICKET_S = 30
MAX_TICKETS = 10_000
MAX_TICKETS_EACH = 100
MAX_VERIFIED = 4096
Kind = Literal["local", "open", "token", "user", "command"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, and what they may do. `claims` are those of a signed token."""

    name: str | None
    role: Role
    kind: Kind
    claims: Claims | None = None


LOCAL = Caller(None, Role.ADMIN, "local")
ANYBODY = Caller(None, Role.OPERATOR, "open")
"""Where the server is open to all: whoever comes must not be able to lock the others out by making users."""

HOLDER = Caller(None, Role.ADMIN, "token")
COMMAND = Caller(None, Role.ADMIN, "command")


@dataclass(frozen=True, slots=True)
class _Ticket:
    caller: Caller
    ends_s: float


class Callers:
    """Tells callers apart, and knows until when each may stay. Until `open` nobody is known."""

    def __init__(
        self,
        accounts: Accounts,
        *,
        token: str | None,
        handover: str | None,
        keys: Callable[[], TokenKeys],
        is_loopback: bool,
        is_insecure: bool,
        wall_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._token = token
        self._handover = handover
        self._make_keys = keys
        self._keys: TokenKeys | None = None
        self._own = LOCAL if is_loopback else ANYBODY
        self._others = ANYBODY if is_insecure else None
        self._wall_s = wall_s
        self._monotonic_s = monotonic_s
        self._is_open = False
        self._users: dict[str, UserView] = {}
        self._revoked: frozenset[str] = frozenset()
        self._verified: dict[str, Claims] = {}
        self._tickets: dict[str, _Ticket] = {}
        self._on_change: list[Callable[[], None]] = []

    async def open(self) -> None:
        """Read who there is; to be awaited when the engine has started, and after each change."""
        self._take(await self._accounts.all())

    def _take(self, view: AccountsView) -> None:
        self._users = {user.name: user for user in view.users}
        self._revoked = view.revoked
        self._is_open = True
        for tell in self._on_change:
            tell()

    def on_change(self, tell: Callable[[], None]) -> None:
        """Have this called when somebody may no longer be who they were."""
        self._on_change.append(tell)

    @property
    def must_sign_in(self) -> bool:
        """Tell whether callers have to show who they are: where there is a token, or a user."""
        return self._token is not None or bool(self._users) or not self._is_open

    def anybody(self, *, is_local: bool) -> Caller | None:
        """Return who a caller that shows nothing is, None where it has to; `is_local`: known to be of this machine."""
        if self.must_sign_in:
            return None
        return self._own if is_local else self._others

    @property
    def is_open_to_all(self) -> bool:
        """Tell whether other machines may use the server without signing in."""
        return self.anybody(is_local=False) is ANYBODY

    def now_s(self) -> int:
        return int(self._wall_s())

    def users(self) -> tuple[UserView, ...]:
        return tuple(self._users.values())

    def user(self, name: str) -> UserView | None:
        return self._users.get(name)

    # --- what is shown ---

    def shows(self, text: str) -> Caller | None:
        """Return whose access or signed token this is, None where it is nobody's."""
        if not self._is_open or not text:
            return None
        if self.is_access_token(text):
            return HOLDER
        claims = self._claims(text) if looks_signed(text) and self._users else None
        return None if claims is None else self._holder(claims)

    def is_access_token(self, text: str) -> bool:
        return self._token is not None and hmac.compare_digest(text.encode(), self._token.encode())

    def is_command(self, secret: str) -> bool:
        """Tell whether a command of this machine asks, which shows that it may read the data directory."""
        return self._handover is not None and hmac.compare_digest(secret.encode(), self._handover.encode())

    def _claims(self, text: str) -> Claims | None:
        known = self._verified.get(text)
        if known is None:
            known = self.keys.verify(text)
            if known is not None:
                if len(self._verified) >= MAX_VERIFIED:
                    self._verified.clear()
                self._verified[text] = known
        return known

    @property
    def keys(self) -> TokenKeys:
        if self._keys is None:
            self._keys = self._make_keys()
        return self._keys

    def _holder(self, claims: Claims) -> Caller | None:
        user = self._users.get(claims.user)
        if user is None or user.generation != claims.generation or user.role != claims.role:
            return None
        if claims.token_id in self._revoked or claims.expires_at <= self._wall_s():
            return None
        return Caller(user.name, Role(user.role), "user", claims)

    def ended(self, caller: Caller) -> str | None:
        """Return why a caller who was let in may stay no longer, None where they may."""
        if caller.kind == "user":
            assert caller.claims is not None  # noqa: S101  a user's sign-in has them
            if caller.claims.expires_at <= self._wall_s():
                return "expired"
            return None if self._holder(caller.claims) == caller else "revoked"
        return "revoked" if caller.kind in ("local", "open") and self.must_sign_in else None

    def left_s(self, caller: Caller) -> float | None:
        """Return in how many seconds a caller's sign-in expires, None where it does not."""
        return None if caller.claims is None else caller.claims.expires_at - self._wall_s()

    # --- what is given ---

    def sign_in(self, user: UserView, *, lifetime_s: int) -> tuple[str, Claims]:
        """Return a token of the user, and what it says."""
        return self.keys.sign(
            user=user.name,
            role=Role(user.role),
            generation=user.generation,
            now_s=self.now_s(),
            lifetime_s=lifetime_s,
        )

    def give_ticket(self, caller: Caller) -> str:
        """Return a ticket that opens one WebSocket in the caller's name, for TICKET_S seconds.

        Raises TooManyRequests where the caller has many that were not used, Unavailable where all together have.
        """
        now_s = self._monotonic_s()
        for name in [name for name, each in self._tickets.items() if each.ends_s <= now_s]:
            del self._tickets[name]
        if sum(each.caller == caller for each in self._tickets.values()) >= MAX_TICKETS_EACH:
            raise TooManyRequests(
                f"{MAX_TICKETS_EACH} tickets have not been used yet",
                retry_after_s=TICKET_S,
                limit=MAX_TICKETS_EACH,
            )
        if len(self._tickets) >= MAX_TICKETS:
            raise Unavailable(f"{MAX_TICKETS} tickets have not been used yet", limit=MAX_TICKETS)
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = _Ticket(caller, now_s + TICKET_S)
        return ticket

    def take_ticket(self, text: str) -> Caller | None:
        """Return whose ticket this is, once."""
        ticket = self._tickets.pop(text, None)
        if ticket is None or ticket.ends_s <= self._monotonic_s():
            return None
        return None if self.ended(ticket.caller) else ticket.caller

    # --- changes ---

    async def add_user(self, name: str, *, role: Role, password_hash: str) -> None:
        await self._accounts.add(name, role=role.value, password_hash=password_hash)
        await self.open()

    async def change_user(self, name: str, *, role: Role | None, password_hash: str | None) -> None:
        """Change a user; in any case all its sign-ins end."""
        kept = None if role is None else role.value
        await self._accounts.change(name, role=kept, password_hash=password_hash)
        await self.open()

    async def remove_user(self, name: str) -> None:
        await self._accounts.remove(name)
        await self.open()

    async def revoke(self, token_id: str, *, expires_at: int) -> None:
        await self._accounts.revoke(token_id, expires_at=expires_at)
        await self.open()
