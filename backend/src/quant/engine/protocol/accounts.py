"""Users and their sign-ins."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class UserView:
    """Somebody who may sign in; `generation` changes with what ends sign-ins, `created_at` is ms of the machine."""

    name: str
    role: str
    password_hash: str = field(repr=False)
    generation: str = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class AccountsView:
    """All users by name, and the ids of tokens that are taken no more."""

    users: tuple[UserView, ...]
    revoked: frozenset[str]


class Accounts(Protocol):
    """Users and revoked tokens, as they are kept."""

    async def all(self) -> AccountsView: ...

    async def add(self, name: str, *, role: str, password_hash: str) -> None:
        """Add a user; raises AlreadyThere."""
        ...

    async def change(self, name: str, *, role: str | None, password_hash: str | None) -> None:
        """Put a role or a password in the place of a user's own, and end its sign-ins in any case; raises NotFound."""
        ...

    async def remove(self, name: str) -> None: ...

    async def revoke(self, token_id: str, *, expires_at: int) -> None:
        """Have a token taken no more, which expires at this Unix second."""
        ...
