"""Users and revoked tokens, read and written off the event loop."""

import asyncio

import sqlalchemy as sa

from quant.clock import NS_PER_MS, NS_PER_S, Clock
from quant.engine.protocol import AccountsView, UserView
from quant.storage.user_store import UserStore


class Accounts:
    """The users of one engine. Every method may raise StorageError."""

    def __init__(self, database: sa.Engine, clock: Clock) -> None:
        self._store = UserStore(database)
        self._clock = clock

    async def all(self) -> AccountsView:
        users = await asyncio.to_thread(self._store.users)
        revoked = await asyncio.to_thread(self._store.revoked)
        return AccountsView(
            tuple(
                UserView(user.name, user.role, user.password_hash, user.generation, user.created_at)
                for user in users
            ),
            revoked,
        )

    async def add(self, name: str, *, role: str, password_hash: str) -> None:
        at_ms = self._clock.wall_ns() // NS_PER_MS
        await asyncio.to_thread(self._store.add, name, role=role, password_hash=password_hash, at_ms=at_ms)

    async def change(self, name: str, *, role: str | None, password_hash: str | None) -> None:
        await asyncio.to_thread(self._store.change, name, role=role, password_hash=password_hash)

    async def remove(self, name: str) -> None:
        await asyncio.to_thread(self._store.remove, name)

    async def revoke(self, token_id: str, *, expires_at: int) -> None:
        now_s = self._clock.wall_ns() // NS_PER_S
        await asyncio.to_thread(self._store.revoke, token_id, expires_at=expires_at, now_s=now_s)
