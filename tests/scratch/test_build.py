"""The models are built on scratch as `create_all()` builds them, with what only scripts make."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.scratch.accounts import as_root, plain_account
from tests.scratch.support import NO_SETTINGS, Citext, engine_of, exists, tables
from tests.support import schema
from tests.support.databases import Database
from whimbrel.errors import BuildFailed
from whimbrel.scratch import Built, Missing, Scratch, Seed, Unseeded, build, lease, redirected

on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
on_mariadb = pytest.mark.parametrize("backend", ["mariadb"], indirect=True)


def _models() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "author",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, index=True, comment="as on the book"),
        sa.Column("kind", sa.Enum("person", "team", name="author_kind"), server_default="person"),
        sa.Column("favourite", sa.ForeignKey("book.id", use_alter=True, name="favourite_fk")),
        sa.CheckConstraint("name <> '100%'", name="not_all"),
        comment="who writes",
    )
    book = sa.Table(
        "book",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(100), unique=True),
        sa.Column("year", sa.Integer),
        sa.Column("author_id", sa.ForeignKey("author.id")),
        sa.Column("kind", sa.Enum("person", "team", name="author_kind")),
    )
    sa.Index("ix_both", book.c.title, book.c.year.desc())
    sa.Index("ix_author_unique", book.c.author_id, book.c.year, unique=True)
    sa.Index("ix_start", book.c.title, mysql_length=10, mysql_using="btree")
    sa.event.listen(metadata, "after_create", sa.DDL("CREATE VIEW old_book AS SELECT id FROM book WHERE year < 1900"))
    return metadata


def _texts(kind: str, engine: sa.Engine) -> str:
    """Write a database down in the words of its server."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execution_options(no_parameters=True).exec_driver_sql(query)]

    return schema.READERS[kind](rows)


def test_the_result_is_what_create_all_makes(backend: str, database: Database) -> None:
    engine = engine_of(database)
    _models().create_all(engine)
    with lease(engine, NO_SETTINGS) as scratch:
        assert build([_models()], scratch) == Built()
        assert _texts(backend, scratch.engine) == _texts(backend, engine)
    engine.dispose()


@on_mariadb
def test_indexes_are_made_with_their_table_where_that_is_faster(backend: str, database: Database) -> None:
    engine = engine_of(database)
    sent: list[str] = []
    metadata = _models()
    with lease(engine, NO_SETTINGS) as scratch:
        sa.event.listen(scratch.engine, "before_cursor_execute", lambda c, k, text, *rest: sent.append(text))
        build([metadata], scratch)
        assert not [text for text in sent if text.startswith("CREATE INDEX")]
        assert [text for text in sent if "INDEX ix_author_name (name)" in text and text.lstrip().startswith("CREATE T")]
    engine.dispose()


@on_mariadb
def test_an_index_with_a_condition_of_its_own_is_made_by_itself(backend: str, database: Database) -> None:
    engine = engine_of(database)
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
    sa.Index("never", table.c.a).ddl_if(callable_=lambda *args, **options: False)
    sa.Index("always", table.c.b).ddl_if(dialect="mysql")
    with lease(engine, NO_SETTINGS) as scratch:
        build([metadata], scratch)
        assert [index["name"] for index in sa.inspect(scratch.engine).get_indexes("t")] == ["always"]
    engine.dispose()


class Known:
    """Seeds, as a snapshot of the target would give them, and what was asked."""

    def __init__(self, *offers: Sequence[Seed]) -> None:
        self.offers = list(offers)
        self.asked: list[Missing] = []

    def __call__(self, missing: Missing) -> Sequence[Seed]:
        self.asked.append(missing)
        return self.offers[len(self.asked) - 1] if len(self.asked) <= len(self.offers) else ()


def _needy() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "needy",
        metadata,
        sa.Column("id", sa.Integer, sa.Sequence("numbers", metadata=sa.MetaData()), primary_key=True),
        sa.Column("email", Citext()),
        sa.Column("mood", postgresql.ENUM("good", "bad", name="mood", create_type=False)),
        sa.Column("score", sa.Integer, server_default=sa.text("best_score()")),
    )
    return metadata


EXTENSION = Seed("extension citext", ("CREATE EXTENSION citext",))
MOOD = Seed("enum mood", ("CREATE TYPE mood AS ENUM ('good', 'bad')",))
# Its body names a table that only comes later.
FUNCTION = Seed(
    "function best_score",
    ("CREATE FUNCTION best_score() RETURNS integer LANGUAGE sql AS 'SELECT max(score) FROM public.needy'",),
)


@on_postgresql
def test_what_only_scripts_make_is_seeded_as_it_is_found_missing(backend: str, database: Database) -> None:
    engine = engine_of(database)
    known = Known([EXTENSION], [EXTENSION, MOOD], [FUNCTION])
    with lease(engine, NO_SETTINGS) as scratch:
        built = build([_needy()], scratch, known)
        assert tables(scratch.engine) == ["needy"]
    assert built == Built(seeded=("extension citext", "enum mood", "function best_score"))
    assert [missing.code for missing in known.asked] == ["42704", "42704", "42883"]
    assert known.asked[0].words == 'type "citext" does not exist'
    assert "CREATE TABLE needy" in known.asked[0].statement
    engine.dispose()


@on_postgresql
def test_seeds_may_be_read_from_the_target_meanwhile(backend: str, database: Database) -> None:
    database.execute(*MOOD.statements)
    engine = engine_of(database)

    def read(missing: Missing) -> Sequence[Seed]:
        with engine.connect() as connection:
            query = "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"
            labels = connection.exec_driver_sql(query).scalars().all()
        return [Seed("enum mood", (f"CREATE TYPE mood AS ENUM ({', '.join(map(repr, labels))})",))]

    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("mood", postgresql.ENUM("good", "bad", name="mood", create_type=False)))
    with lease(engine, NO_SETTINGS) as scratch:
        assert build([metadata], scratch, read).seeded == ("enum mood",)
        with redirected({engine: None}):
            scratch.renew()
            assert build([metadata], scratch, read).seeded == ("enum mood",)
    engine.dispose()


@on_postgresql
def test_seeds_that_stand_on_each_other_may_come_in_any_order(backend: str, database: Database) -> None:
    domain = Seed("domain mail", ("CREATE DOMAIN mail AS citext CHECK (VALUE <> '')",))
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("mail", postgresql.DOMAIN("mail", Citext(), create_type=False)))
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch:
        assert build([metadata], scratch, Known([domain, EXTENSION])).unseeded == ()
        assert tables(scratch.engine) == ["t"]
    engine.dispose()


@on_postgresql
def test_a_seed_that_the_account_may_not_make_is_told(backend: str, database: Database) -> None:
    untrusted = Seed("extension pageinspect", ("CREATE EXTENSION pageinspect",))
    with plain_account(database) as account:
        as_root(backend, f"ALTER ROLE {sa.make_url(account.url).username} CREATEDB")
        engine = engine_of(account)
        with lease(engine, NO_SETTINGS) as scratch:
            built = build([_needy()], scratch, Known([untrusted, EXTENSION, MOOD, FUNCTION]))
        words = 'permission denied to create extension "pageinspect"'
        assert built.unseeded == (Unseeded("extension pageinspect", words),)
        with lease(engine, NO_SETTINGS) as scratch, pytest.raises(BuildFailed) as caught:
            build([_needy()], scratch, Known([untrusted]))
        assert words in caught.value.why
        engine.dispose()


def test_a_statement_that_the_server_refuses_is_told_in_its_words(backend: str, database: Database) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.CheckConstraint("nothing_of_this_kind > 1"))
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch, pytest.raises(BuildFailed, match="nothing_of_this_kind") as caught:
        build([metadata], scratch, Known())
    assert "CREATE TABLE t" in caught.value.why
    engine.dispose()


def test_a_listener_that_fails_is_no_traceback(backend: str, database: Database) -> None:
    metadata = _models()
    sa.event.listen(metadata, "after_create", lambda *args, **options: {}["nothing"])
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch, pytest.raises(BuildFailed, match="KeyError: 'nothing'"):
        build([metadata], scratch)
    engine.dispose()


def test_what_two_metadatas_share_is_made_once(backend: str, database: Database) -> None:
    def one(*names: str) -> sa.MetaData:
        metadata = sa.MetaData()
        for name in names:
            sa.Table(name, metadata, sa.Column("e", sa.Enum("a", "b", name="shared")))
        return metadata

    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch:
        build([one("t", "u"), one("t", "v")], scratch)
        assert sorted(tables(scratch.engine)) == ["t", "u", "v"]
    engine.dispose()


def _in_schemas() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("here", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "there",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("here_id", sa.ForeignKey("here.id")),
        sa.Column("e", sa.Enum("a", "b", name="e", schema="types")),
        schema="beside",
    )
    return metadata


@on_postgresql
def test_schemas_that_models_name_are_made_and_told(backend: str, database: Database) -> None:
    engine = engine_of(database)
    with lease(engine, NO_SETTINGS) as scratch:
        assert build([_in_schemas()], scratch) == Built(schemas=("beside", "types"))
        assert sa.inspect(scratch.engine).get_table_names("beside") == ["there"]
    engine.dispose()


@contextmanager
def _real_schema(name: str) -> Iterator[None]:
    as_root("mariadb", f"CREATE DATABASE {name}")
    try:
        yield
    finally:
        as_root("mariadb", f"DROP DATABASE {name}")


@on_mariadb
def test_schemas_of_mariadb_are_scratch_databases_of_their_own(backend: str, database: Database) -> None:
    own = str(sa.make_url(database.url).database)
    name = f"{own}_beside"
    metadata = sa.MetaData()
    sa.Table("one", metadata, sa.Column("id", sa.Integer, primary_key=True), schema=own)
    two = sa.Table(
        "two", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), schema=name
    )
    sa.Index("ix_two", two.c.a)
    engine = engine_of(database)
    with _real_schema(name):
        with lease(engine, NO_SETTINGS) as scratch:
            for _ in range(2):
                build([metadata], scratch)
                assert tables(scratch.engine) == ["one"]
                assert sa.inspect(scratch.engine).get_table_names(f"{scratch.name}_1") == ["two"]
                scratch.renew()
        assert sa.inspect(engine).get_table_names(name) == tables(engine) == []
        assert not exists(backend, f"{scratch.name}_1")
    engine.dispose()


def test_a_translation_of_schemas_by_the_engine_is_obeyed(backend: str, database: Database) -> None:
    options = {"schema_translate_map": {"tenant": None}}
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="tenant")
    engine = engine_of(database, execution_options=options)

    def names(scratch: Scratch) -> list[str]:
        with scratch.engine.connect() as connection:
            return sa.inspect(connection).get_table_names()

    with lease(engine, NO_SETTINGS) as scratch:
        build([metadata], scratch)
        assert names(scratch) == ["t"]
    engine.dispose()
