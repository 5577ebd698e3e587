"""A hazard is one however it is written: in capitals or not, under a comment, one of several statements, in a DO."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.hazards.stage import Stage
from tests.support.databases import Database


def sql(*statements: str) -> str:
    """Return the lines of a script that run statements."""
    return "\n".join(f"op.execute({one!r})" for one in statements)


def alone(statement: str) -> str:
    """Return the lines of a script that run a statement outside of the transaction."""
    return f"with op.get_context().autocommit_block():\n    {sql(statement)}"


@dataclass(frozen=True, slots=True)
class Script:
    """A script.

    Attributes:
        body: What it does.
        fires: The rules that find something.
        silent: Rules that do not.
        before: What stands before it.
    """

    body: str
    fires: str = ""
    silent: str = ""
    before: str = ""


NORM = "CREATE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(t)'"
OTHER_NORM = NORM.replace("CREATE", "create or replace").replace("lower", "upper")
CHECKED = f"{NORM};\nALTER TABLE users ADD CHECK (norm(email) <> '')"
CODE = (
    "CREATE FUNCTION spent(who int) RETURNS bigint LANGUAGE plpgsql "
    "AS 'BEGIN RETURN (SELECT sum(o.total) FROM public.Orders o WHERE user_id = who); END'"
)
COMMENTED = "CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; -- not of orders\n END'"
SMALL = "FUNCTION small() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {} RETURN NEW; END'"
TRIGGER = (
    f"CREATE {SMALL.format('NEW.name := lower(NEW.name);')};\n"
    "CREATE TRIGGER small BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION small()"
)
OUTER = "FUNCTION outer_one() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN {}; END'"
INNER = "FUNCTION inner_one() RETURNS int LANGUAGE sql AS 'SELECT {}'"
CALLER = f"CREATE {INNER.format(1)};\nCREATE {OUTER.format('inner_one()')}"
PARTS = (
    "CREATE TABLE logs (id int) PARTITION BY RANGE (id);\nCREATE TABLE l1 PARTITION OF logs FOR VALUES FROM (0) TO (9)"
)
LATE = "CREATE SEQUENCE bill_no;\nALTER TABLE orders ALTER id SET DEFAULT nextval('bill_no'::text)"
MAIL = "CREATE EXTENSION citext;\nALTER TABLE users ADD mail citext"
NEW_CODE = "create function f() returns void language plpgsql as $b$ begin commit; rollback; end; $b$"
ATOMIC = (
    "create function f() returns int begin atomic select 1; select case when 1 = 2 then 1 else 2 end; end; "
    "alter table users alter age type bigint"
)
DEFAULT_RIGHTS = "alter default privileges in schema public grant select on tables to public"
NAMED_SEQUENCE = "alter table orders alter id set default nextval('\"No 1\"')"
MADE_AGAIN = (
    "CREATE TABLE users_new (id integer PRIMARY KEY, email text, name text, age integer{})",
    "DROP TABLE users",
    "ALTER TABLE users_new RENAME TO users",
)

POSTGRESQL = [
    Script(sql("-- gone\ndrop index if exists public.ix_users_name"), "index-dropped-without-concurrently"),
    Script(sql("ANALYZE users; REINDEX INDEX ix_users_name;"), "reindex-without-concurrently", "scan-under-lock"),
    Script(sql("alter table users add z int; update users set z = 1"), "work-under-lock", "scan-under-lock"),
    Script(sql("SELECT 1; TRUNCATE orders;"), "table-emptied", "rewrite"),
    Script(sql("do $$ begin truncate orders; end $$"), "table-emptied", "rewrite"),
    Script(sql("alter table roles add x text; delete from orders"), "rows-deleted"),
    Script(
        sql("alter table users alter age type bigint; alter table users alter role_id type bigint"), "rewritten-twice"
    ),
    Script(
        alone("create index concurrently a on users (age); create index concurrently b on users (id)"),
        "concurrently-in-transaction",
    ),
    Script(sql(NEW_CODE), silent="own-transaction"),
    Script(sql("/* fill */ update only public.users u set name = 'x'"), "all-rows-at-once"),
    Script(sql("do $$ begin update users set name = lower(name); end $$"), "all-rows-at-once"),
    Script(sql("do $$ begin execute 'update users set name = lower(name)'; end $$"), "all-rows-at-once"),
    Script(sql("do $$ begin perform 1 from users for update; end $$"), silent="all-rows-at-once"),
    Script(sql("with r as (delete from orders returning 1) select count(*) from r"), "rows-deleted"),
    Script(sql("/* clean */ delete from public.orders using users where users.id = user_id"), "rows-deleted"),
    Script(sql("create table keys (id int references users on delete cascade)"), silent="rows-deleted"),
    Script(alone("-- c\nreindex table concurrently users"), "waits-for-old-transactions"),
    Script(
        alone("/* a */ create unique index concurrently if not exists u on users (email)"),
        "invalid-index-left invalid-index-kept",
    ),
    Script(sql("COMMIT", "alter table users add q int"), "own-transaction"),
    Script(sql("alter table orders add column no serial unique"), "numbered-column", "unique-built-at-once"),
    Script(alone("alter table logs detach partition l1 concurrently"), "", "rows-in-the-way", PARTS),
    Script('op.drop_table("roles")\nop.create_table("roles", sa.Column("id", sa.Integer))', "used-by-old-code"),
    Script(
        'op.drop_table("roles")\nop.create_table("roles", sa.Column("id", sa.Integer), sa.Column("name", sa.Text))',
        "table-dropped",
        "used-by-old-code",
    ),
    Script(sql("grant select (email) on users to public"), "rights-changed"),
    Script(sql("grant usage, create on schema public to public"), "rights-changed"),
    Script(sql(DEFAULT_RIGHTS), "rights-changed"),
    Script(sql("alter function norm(text) security definer"), "rights-changed", "function-changed", NORM),
    Script(sql("grant select on v to public"), "rights-changed", "", "CREATE VIEW v AS SELECT id FROM users"),
    Script(sql("create table t (id int); grant select on t to public"), silent="rights-changed"),
    Script(sql("alter table users set (fillfactor = 70)"), silent="rights-changed"),
]

# What stands on a function, an extension, a sequence, or a name.
DEPENDENCIES = [
    Script(sql(OTHER_NORM), "function-in-use", "function-changed", CHECKED),
    Script(sql(f"create or replace {SMALL.format('')}"), "function-in-use", "function-changed", TRIGGER),
    Script(sql(f"create or replace {INNER.format(2)}"), "function-in-use", "function-changed", CALLER),
    Script(sql("drop function inner_one"), "named-in-a-function function-changed", "function-in-use", CALLER),
    Script(
        sql(f"create or replace {OUTER.format(3)}", "drop function inner_one()"),
        "function-changed",
        "named-in-a-function",
        CALLER,
    ),
    Script('op.drop_table("orders")', "named-in-a-function", "", CODE),
    Script('op.drop_column("orders", "total")', "named-in-a-function", "", CODE),
    Script('op.drop_column("users", "email")', "column-dropped", "named-in-a-function", CODE),
    Script('op.drop_table("orders")', "table-dropped", "named-in-a-function", COMMENTED),
    Script(
        'op.rename_table("orders", "bills")\nop.execute("create view orders as select * from bills")',
        "",
        "named-in-a-function",
        CODE,
    ),
    Script(sql("alter table users rename name to full_name"), "named-in-a-function", "", TRIGGER),
    Script('op.drop_column("users", "email")', "", "named-in-a-function", TRIGGER),
    Script(sql("drop sequence bill_no"), "named-in-a-function sequence-dropped", "", LATE),
    Script(sql('create sequence "No 1"', NAMED_SEQUENCE), "sequence-without-owner"),
    Script('op.add_column("orders", sa.Column("no", sa.Integer, sa.Identity()))', silent="sequence-without-owner"),
    Script(sql("drop extension citext cascade"), "extension-changed column-dropped", "", MAIL),
    Script(sql("drop extension citext"), "refused", "extension-changed", MAIL),
]

MARIADB = [
    Script(sql("/* slow */ ALTER TABLE `users` ALGORITHM = COPY, ADD INDEX ia (age);"), "copy-asked-for", "unseen"),
    Script(sql("/* x */ truncate table `roles`;"), "table-emptied"),
    Script(sql("-- fill\nUPDATE `users` SET age = 3;"), "all-rows-at-once"),
    Script(sql("update users set age = (select max(id) from roles where id > 3)"), "all-rows-at-once"),
    Script(sql("delete o from orders o join users u on u.id = o.user_id where u.age = 3"), "rows-deleted"),
    Script(sql("delete from users limit 1000"), "rows-deleted", "all-rows-at-once"),
    Script(
        sql("insert into roles values (1, 'x') on duplicate key update name = replace('a', 'b', 'c')"),
        silent="all-rows-at-once",
    ),
    Script(sql("set session sql_mode = ''", "alter table users modify role_id int not null"), "mode-not-strict"),
    Script(
        'op.rename_table("roles", "ranks")\nop.execute("create view roles as select * from ranks")',
        silent="required-column table-renamed",
    ),
]

SQLITE = [
    Script(sql("/* x */ alter table users drop column email"), "column-dropped rows-written-anew"),
    Script(sql("UPDATE OR IGNORE users SET age = 1;"), "all-rows-at-once"),
    Script(sql('-- gone\ndelete from main."users" where age = 1'), "rows-deleted"),
    Script(sql("COMMIT"), "own-transaction"),
    Script(
        sql(MADE_AGAIN[0].format(", role_id integer"), *MADE_AGAIN[1:]),
        "table-dropped",
        "used-by-old-code table-renamed",
    ),
    Script(sql(MADE_AGAIN[0].format(""), *MADE_AGAIN[1:]), "table-dropped used-by-old-code", "table-renamed"),
]


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    return Stage(database)


def wrong(stage: Stage, scripts: list[Script]) -> list[tuple[str, set[str], set[str]]]:
    """Return the scripts in which a rule was missed, or has found what is not there."""
    found = []
    for one in scripts:
        stage.is_fresh = False
        rules = {hazard.rule for hazard in stage.hazards(one.body, one.before)}
        missed, false = {*one.fires.split()} - rules, {*one.silent.split()} & rules
        found += [(one.body, missed, false)] if missed or false else []
    return found


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_hazard_is_found_however_it_is_written_on_postgresql(stage: Stage) -> None:
    assert wrong(stage, POSTGRESQL) == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_stands_on_a_function_or_a_name_is_found_as_far_as_it_can_be(stage: Stage) -> None:
    assert wrong(stage, DEPENDENCIES) == []


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_hazard_is_found_however_it_is_written_on_mariadb(stage: Stage) -> None:
    assert wrong(stage, MARIADB) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_hazard_is_found_however_it_is_written_on_sqlite(stage: Stage) -> None:
    assert wrong(stage, SQLITE) == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_body_of_a_function_that_is_no_text_is_a_part_of_its_statement(stage: Stage, database: Database) -> None:
    if database.rows("SHOW server_version_num")[0][0] < "140000":
        pytest.skip("functions have such bodies since PostgreSQL 14")
    assert wrong(stage, [Script(sql(ATOMIC), "type-rewrites", "refused")]) == []


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_what_is_to_be_pasted_in_place_of_a_copy_is_a_statement(stage: Stage) -> None:
    for asked in ("ALTER TABLE users ALGORITHM = COPY, ADD KEY k (age)", "CREATE INDEX k ON users (age) LOCK=SHARED"):
        (found,) = (one for one in stage.hazards(f'op.execute("{asked}")') if one.rule == "copy-asked-for")
        assert [one.rule for one in stage.hazards(found.do) if one.rule in ("copy-asked-for", "refused")] == [], (
            found.do
        )
