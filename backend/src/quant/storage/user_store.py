"""Users of the platform and tokens that were revoked, in SQL."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from quant.errors import AlreadyThere, NotFound, StorageError, TooLarge
from quant.storage.metadata import schema

MAX_USERS = 1000

users = sa.Table(
    "users",
    schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("password_hash", sa.String, nullable=False),
    sa.Column("generation", sa.String, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
revoked_tokens = sa.Table(
    "revoked_tokens",
    schema,
    sa.Column("token_id", sa.String, primary_key=True),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredUser:
    """`generation` changes with everything that ends the user's sign-ins; `created_at` is ms of the machine."""

    name: str
    role: str
    password_hash: str = field(repr=False)
    generation: str = field(repr=False)
    created_at: int


@contextmanager
def _transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise StorageError(f"the users cannot be stored or read: {error.orig or error}") from error


class UserStore:
    """Reads and writes users in an open metadata database. Calls block: keep them off a busy loop."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def users(self) -> tuple[StoredUser, ...]:
        """Return all users by name."""
        with _transaction(self._engine) as connection:
            return tuple(
                StoredUser(*row) for row in connection.execute(sa.select(users).order_by(users.c.name))
            )

    def add(self, name: str, *, role: str, password_hash: str, at_ms: int) -> None:
        """Add a user; raise AlreadyThere where the name is taken, TooLarge where there are too many."""
        user = StoredUser(name, role, password_hash, _generation(), at_ms)
        values = {each: getattr(user, each) for each in StoredUser.__dataclass_fields__}
        with _transaction(self._engine) as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(users)) or 0
            if count >= MAX_USERS:
                raise TooLarge(f"there are {MAX_USERS} users, and no more are taken", limit=MAX_USERS)
            try:
                connection.execute(sa.insert(users), values)
            except IntegrityError as error:
                raise AlreadyThere(f"there is a user {name!r} already", user=name) from error

    def change(self, name: str, *, role: str | None = None, password_hash: str | None = None) -> None:
        """Give a user another role or password, and end its sign-ins, with neither only that; raise NotFound."""
        values = {"role": role, "password_hash": password_hash, "generation": _generation()}
        given = {column: value for column, value in values.items() if value is not None}
        with _transaction(self._engine) as connection:
            changed = connection.execute(sa.update(users).where(users.c.name == name).values(given))
            _check_found(changed.rowcount, name)

    def remove(self, name: str) -> None:
        """Remove a user; raise NotFound."""
        with _transaction(self._engine) as connection:
            gone = connection.execute(sa.delete(users).where(users.c.name == name))
            _check_found(gone.rowcount, name)

    def revoke(self, token_id: str, *, expires_at: int, now_s: int) -> None:
        """Have a token taken no more; it is forgotten when it has expired (Unix seconds)."""
        with _transaction(self._engine) as connection:
            expired = revoked_tokens.c.expires_at < now_s
            mine = revoked_tokens.c.token_id == token_id
            connection.execute(sa.delete(revoked_tokens).where(expired | mine))
            connection.execute(sa.insert(revoked_tokens), {"token_id": token_id, "expires_at": expires_at})

    def revoked(self) -> frozenset[str]:
        """Return the ids of the revoked tokens."""
        with _transaction(self._engine) as connection:
            return frozenset(connection.scalars(sa.select(revoked_tokens.c.token_id)))


def _generation() -> str:
    """Return a new one: by chance, so that a user of a name that was removed before does not inherit sign-ins."""
    return secrets.token_hex(8)


def _check_found(count: int, name: str) -> None:
    if not count:
        raise NotFound(f"there is no user {name[:80]!r}", user=name[:80])
