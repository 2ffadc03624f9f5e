"""Small facts that survive a restart, in SQL: which symbols should stream in which market, which source."""

from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from quant.errors import SettingsError

MIGRATIONS = Path(__file__).with_name("migrations")
REVISION = "0003"
"""The last migration's: a database that has it is used as it is."""

schema = sa.MetaData()
wanted_streams = sa.Table(
    "wanted_streams",
    schema,
    sa.Column("market", sa.String, primary_key=True),
    sa.Column("symbol", sa.String, primary_key=True),
)
choices = sa.Table(
    "choices",
    schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)


class Metadata:
    """Reads and writes the metadata database. Calls block for a few milliseconds: keep them off a busy loop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = sa.create_engine(url)

    def open(self) -> None:
        """Bring the schema up to date; raise SettingsError when the database cannot be used."""
        try:
            with self._engine.begin() as connection:
                if _revision(connection) != REVISION:
                    self._upgrade(connection)
        except DBAPIError as error:
            raise self._unusable(error.orig or error) from error

    def _upgrade(self, connection: sa.Connection) -> None:
        from alembic import command  # a tenth of a start's time, and few starts need it
        from alembic.config import Config
        from alembic.util.exc import CommandError

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:  # a revision that this version does not know
            raise self._unusable(f"{error}: was it written by a newer version?") from error

    def _unusable(self, reason: object) -> SettingsError:
        return SettingsError(f"DATABASE_URL={self._url}: {reason}", setting="DATABASE_URL")

    def close(self) -> None:
        self._engine.dispose()

    @property
    def engine(self) -> sa.Engine:
        """Return the open database, for the stores beside this one."""
        return self._engine

    def wanted(self, market: str) -> set[str]:
        """Return the symbols that should stream in `market`."""
        query = sa.select(wanted_streams.c.symbol).where(wanted_streams.c.market == market)
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def set_wanted(self, market: str, symbols: Iterable[str]) -> None:
        """Replace the symbols that should stream in `market`."""
        rows = [{"market": market, "symbol": symbol} for symbol in sorted(symbols)]
        with self._engine.begin() as connection:
            connection.execute(sa.delete(wanted_streams).where(wanted_streams.c.market == market))
            if rows:
                connection.execute(sa.insert(wanted_streams), rows)

    def choice(self, name: str) -> str | None:
        """Return what was last chosen for `name`, None when nothing was."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(choices.c.value).where(choices.c.name == name))

    def set_choice(self, name: str, value: str) -> None:
        """Remember a choice."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(choices).where(choices.c.name == name))
            connection.execute(sa.insert(choices), {"name": name, "value": value})


def _revision(connection: sa.Connection) -> str | None:
    """Return the migration that a database was last brought to, None for a new one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found
