"""Metadata: what was wished for and chosen, after a restart as before it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.errors import SettingsError
from quant.storage import alert_tables, user_store
from quant.storage.metadata import MIGRATIONS, REVISION, Metadata, schema

MARKETS = ("binance-um", "sim-7", "replay-0123456789ab")


def opened(path: Path) -> Metadata:
    metadata = Metadata(f"sqlite:///{path}")
    metadata.open()
    return metadata


def test_a_new_database_knows_nothing(tmp_path: Path):
    metadata = opened(tmp_path / "meta.sqlite")
    assert metadata.wanted("sim-7") == set()
    assert metadata.choice("source") is None
    metadata.close()


@settings(max_examples=15)
@given(
    wishes=st.lists(
        st.tuples(st.sampled_from(MARKETS), st.sets(st.text(min_size=1, max_size=12), max_size=5)), max_size=8
    ),
    chosen=st.lists(st.tuples(st.sampled_from(("source", "theme")), st.text(max_size=40)), max_size=5),
)
def test_the_last_wish_and_choice_survive_a_restart(
    tmp_path_factory: pytest.TempPathFactory,
    wishes: list[tuple[str, set[str]]],
    chosen: list[tuple[str, str]],
):
    path = tmp_path_factory.mktemp("metadata") / "meta.sqlite"
    metadata = opened(path)
    for market, symbols in wishes:
        metadata.set_wanted(market, symbols)
        assert metadata.wanted(market) == symbols
    for name, value in chosen:
        metadata.set_choice(name, value)
    metadata.close()
    metadata = opened(path)
    last = dict(wishes)
    assert {market: metadata.wanted(market) for market in MARKETS} == {
        market: last.get(market, set()) for market in MARKETS
    }
    assert {name: metadata.choice(name) for name, _ in chosen} == dict(chosen)
    metadata.close()


def test_markets_are_kept_apart(tmp_path: Path):
    metadata = opened(tmp_path / "meta.sqlite")
    metadata.set_wanted("sim-7", ["BTCUSDT", "币安人生USDT"])
    metadata.set_wanted("sim-8", ["BTCUSDT"])
    metadata.set_wanted("sim-8", [])
    assert metadata.wanted("sim-7") == {"BTCUSDT", "币安人生USDT"}
    assert metadata.wanted("sim-8") == set()
    metadata.close()


def test_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path):
    metadata = opened(tmp_path / "meta.sqlite")
    metadata.open()  # again: nothing left to do
    metadata.close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'meta.sqlite'}")
    found = sa.inspect(engine)
    assert alert_tables.schema is user_store.schema is schema  # imported, so that it has their tables
    assert set(found.get_table_names()) == {*schema.tables, "alembic_version"}
    for name, table in schema.tables.items():
        columns = {column["name"]: column for column in found.get_columns(name)}
        assert columns.keys() == set(table.columns.keys())
        assert {index["name"] for index in found.get_indexes(name)} >= {each.name for each in table.indexes}
        assert found.get_pk_constraint(name)["constrained_columns"] == [
            each.name for each in table.primary_key
        ]
    engine.dispose()


def test_a_database_that_is_up_to_date_has_the_last_migration():
    scripts = ScriptDirectory(MIGRATIONS)
    assert scripts.get_current_head() == REVISION


def test_a_database_of_an_older_version_is_brought_up_to_date(tmp_path: Path):
    path = tmp_path / "meta.sqlite"
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE users")
        connection.execute("DROP TABLE revoked_tokens")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    metadata = opened(path)
    assert "users" in sa.inspect(metadata.engine).get_table_names()
    metadata.close()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path):
    path = tmp_path / "meta.sqlite"
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    metadata = Metadata(f"sqlite:///{path}")
    message = refusal(metadata)
    assert "9999" in message
    assert "newer version" in message


@pytest.mark.parametrize("name", ["no-such-folder/meta.sqlite", "folder", "rubbish"])
def test_a_database_that_cannot_be_used_is_named(name: str, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "rubbish").write_bytes(b"this is not a database" * 100)
    metadata = Metadata(f"sqlite:///{tmp_path / name}")
    assert refusal(metadata).startswith(f"DATABASE_URL=sqlite:///{tmp_path / name}: ")


def refusal(metadata: Metadata) -> str:
    """Return the one sentence with which opening is refused."""
    with pytest.raises(SettingsError) as caught:
        metadata.open()
    metadata.close()
    assert "\n" not in caught.value.message
    assert caught.value.values["setting"] == "DATABASE_URL"
    return caught.value.message
