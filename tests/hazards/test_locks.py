"""The locks, rewrites and scans of each step of the known online recipes, as this very server has them."""

from collections.abc import Iterator

import pytest

from tests.hazards.stage import Stage
from tests.support.databases import Database

AX, SRX, S, SUX, RS = "ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE", "SHARE UPDATE EXCLUSIVE", "ROW SHARE"
SNW, MX = "MDL_SHARED_NO_WRITE", "MDL_EXCLUSIVE"
BEFORE = {
    "check": "ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 0) NOT VALID",
    "key": "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (role_id) REFERENCES roles (id) NOT VALID",
    "not null": "ALTER TABLE users ADD CONSTRAINT ck CHECK (age IS NOT NULL)",
    "index": "CREATE UNIQUE INDEX uq ON users (email)",
    "enum": "CREATE TYPE mood AS ENUM ('a', 'b')",
    "view": "CREATE MATERIALIZED VIEW v AS SELECT 1 AS one",
    "parts": "CREATE TABLE logs (id int NOT NULL) PARTITION BY RANGE (id);\n"
    "CREATE TABLE l1 PARTITION OF logs FOR VALUES FROM (0) TO (9);\nCREATE TABLE l2 (id int NOT NULL)",
}

# What stands before it, the statement, the lock on each table, and whether users is rewritten or read.
POSTGRESQL = [
    ("", "ALTER TABLE users ADD x int", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD x int NOT NULL DEFAULT 5", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD x timestamptz DEFAULT now()", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD x float DEFAULT random()", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x serial", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x int GENERATED ALWAYS AS IDENTITY", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x int GENERATED ALWAYS AS (age + 1) STORED", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ALTER age SET DEFAULT 1", {"users": AX}, ""),
    ("", BEFORE["check"], {"users": AX}, ""),
    ("check", "ALTER TABLE users VALIDATE CONSTRAINT ck", {"users": SUX}, "read"),
    ("", "ALTER TABLE users ADD CHECK (age > 0)", {"users": AX}, "read"),
    ("", "ALTER TABLE users ALTER age SET NOT NULL", {"users": AX}, "read"),
    ("not null", "ALTER TABLE users ALTER age SET NOT NULL", {"users": AX}, ""),
    ("", "ALTER TABLE orders ALTER id DROP DEFAULT", {"orders": AX}, ""),
    ("not null", "ALTER TABLE users DROP CONSTRAINT ck", {"users": AX}, ""),
    ("", BEFORE["key"], {"users": SRX, "roles": SRX}, ""),
    ("key", "ALTER TABLE users VALIDATE CONSTRAINT fk", {"users": SUX, "roles": RS}, "read"),
    ("", "ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id)", {"users": SRX, "roles": SRX}, "read"),
    ("", "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey", {"orders": AX, "users": AX}, ""),
    ("", "ALTER TABLE orders DROP COLUMN user_id", {"orders": AX, "users": AX}, ""),
    ("", "DROP TABLE orders", {"orders": AX, "users": AX}, ""),
    ("", "CREATE TABLE x (role_id int REFERENCES roles (id))", {"roles": SRX}, ""),
    ("", "ALTER TABLE users ADD x int REFERENCES roles (id)", {"users": AX, "roles": SRX}, ""),
    ("", "ALTER TABLE users ADD UNIQUE (email)", {"users": AX}, "read"),
    ("index", "ALTER TABLE users ADD CONSTRAINT uq UNIQUE USING INDEX uq", {"users": AX}, ""),
    ("index", "ALTER TABLE roles DROP CONSTRAINT roles_pkey", {"roles": AX}, ""),
    ("", "CREATE INDEX i ON users (age)", {"users": S}, "read"),
    ("", "DROP INDEX ix_users_name", {"users": AX}, ""),
    ("", "ALTER INDEX ix_users_name RENAME TO i", {}, ""),
    ("", "REINDEX TABLE users", {"users": S}, "read"),
    ("", "ALTER TABLE users ALTER email TYPE varchar(99)", {"users": AX}, ""),
    ("", "ALTER TABLE users ALTER email TYPE text", {"users": AX}, ""),
    ("", "ALTER TABLE users ALTER email TYPE varchar(9)", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ALTER age TYPE bigint", {"users": AX}, "rewritten"),
    ("", "SET LOCAL TimeZone = 'UTC'; ALTER TABLE users ALTER born TYPE timestamptz", {"users": AX}, ""),
    (
        "",
        "SET LOCAL TimeZone = 'Europe/Paris'; ALTER TABLE users ALTER born TYPE timestamptz",
        {"users": AX},
        "rewritten",
    ),
    (
        "",
        "CREATE TRIGGER g AFTER INSERT ON users EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        {"users": SRX},
        "",
    ),
    ("", "ALTER TABLE users RENAME age TO years", {"users": AX}, ""),
    ("", "ALTER TABLE users RENAME TO people", {"people": AX}, ""),
    ("enum", "ALTER TYPE mood ADD VALUE 'c'", {}, ""),
    ("enum", "ALTER TYPE mood RENAME VALUE 'a' TO 'c'", {}, ""),
    ("", "COMMENT ON TABLE users IS 'x'", {"users": SUX}, ""),
    ("parts", "ALTER TABLE logs ATTACH PARTITION l2 FOR VALUES FROM (9) TO (20)", {"logs": SUX, "l2": AX}, ""),
    ("parts", "ALTER TABLE logs DETACH PARTITION l1", {"logs": AX, "l1": AX}, ""),
    ("view", "REFRESH MATERIALIZED VIEW v", {"v": AX}, ""),
    ("", "TRUNCATE orders", {"orders": AX}, ""),
    ("", "ALTER TABLE roles SET UNLOGGED", {"roles": AX}, ""),
    ("", "UPDATE users SET age = 1", {"users": "ROW EXCLUSIVE"}, "read"),
]

MARIADB = [
    ("ALTER TABLE users ADD x int", "INSTANT"),
    ("ALTER TABLE users ADD x int NOT NULL DEFAULT 5", "INSTANT"),
    ("ALTER TABLE users ADD x datetime DEFAULT now()", "INSTANT"),
    ("ALTER TABLE users ADD x varchar(36) DEFAULT (uuid())", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users ADD x double DEFAULT (rand())", "INSTANT"),
    ("ALTER TABLE users ADD x int AS (age + 1) VIRTUAL", "INSTANT"),
    ("ALTER TABLE users ADD x int AS (age + 1) STORED", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY role_id int NOT NULL", "INPLACE, LOCK=NONE"),
    ("ALTER TABLE roles MODIFY name text", "INSTANT"),
    ("ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id)", "COPY, LOCK=SHARED"),
    ("ALTER TABLE orders DROP FOREIGN KEY fk_user", "INSTANT"),
    ("ALTER TABLE users ADD UNIQUE (email)", "NOCOPY, LOCK=NONE"),
    ("ALTER TABLE users ADD CHECK (age > 0)", "COPY, LOCK=SHARED"),
    ("CREATE INDEX i ON users (age)", "NOCOPY, LOCK=NONE"),
    ("CREATE FULLTEXT INDEX i ON users (name)", "INPLACE, LOCK=SHARED"),
    ("DROP INDEX ix_users_name ON users", "NOCOPY, LOCK=NONE"),
    ("ALTER TABLE users MODIFY email varchar(63)", "INSTANT"),
    ("ALTER TABLE users MODIFY email varchar(64)", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY role_id bigint", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users RENAME COLUMN age TO years", "INSTANT"),
    ("ALTER TABLE users ALTER age SET DEFAULT 2", "INSTANT"),
    ("ALTER TABLE users DROP COLUMN email", "INSTANT"),
    ("ALTER TABLE users DROP COLUMN name", "NOCOPY, LOCK=NONE"),
    ("ALTER TABLE users MODIFY status enum('new', 'old', 'x')", "INSTANT"),
    ("ALTER TABLE users MODIFY status enum('x', 'new', 'old')", "COPY, LOCK=SHARED"),
    ("ALTER TABLE roles DROP PRIMARY KEY", "COPY, LOCK=SHARED"),
    ("ALTER TABLE roles DROP PRIMARY KEY, ADD PRIMARY KEY (id, name(9))", "INPLACE, LOCK=NONE"),
    ("ALTER TABLE users COMMENT 'x'", "INSTANT"),
]

# The statement, and the locks on other tables: whether they last as long as it works, and who waits.
OTHERS_ON_MARIADB = [
    ("ALTER TABLE users ADD x int", {"orders": "LOCK_X"}),
    ("ALTER TABLE roles ADD x int", {}),
    ("ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id)", {"roles": SNW, "orders": "LOCK_X"}),
    ("ALTER TABLE roles ADD FOREIGN KEY (id) REFERENCES users (id)", {"users": SNW}),
    ("ALTER TABLE orders DROP FOREIGN KEY fk_user", {"users": MX}),
    ("ALTER TABLE orders DROP FOREIGN KEY fk_user, DROP COLUMN user_id", {"users": MX}),
    ("ALTER TABLE orders COMMENT 'x'", {"users": MX}),
    ("CREATE INDEX i ON orders (user_id)", {"users": MX}),
    ("ALTER TABLE orders RENAME TO bills", {"users": MX}),
    ("RENAME TABLE users TO people", {"orders": "LOCK_X"}),
    ("TRUNCATE orders", {"users": MX}),
    ("DROP TABLE orders", {"users": MX}),
    ("DROP TABLE IF EXISTS roles, orders", {"users": MX}),
    ("CREATE TABLE x (role_id int REFERENCES roles (id))", {}),
]

PARTITIONED = (
    "CREATE TABLE logs (id int NOT NULL) PARTITION BY RANGE (id) "
    "(PARTITION p0 VALUES LESS THAN (9), PARTITION p1 VALUES LESS THAN (20));\n"
    "CREATE TABLE parts (id int NOT NULL) PARTITION BY HASH (id) PARTITIONS 4;\nCREATE TABLE plain (id int NOT NULL)"
)
AWAY = "ALTER TABLE logs CONVERT PARTITION p0 TO TABLE l"
TAKEN = "ALTER TABLE logs CONVERT TABLE plain TO PARTITION p2 VALUES LESS THAN (30)"
SPLIT = "(PARTITION p0 VALUES LESS THAN (5), PARTITION p2 VALUES LESS THAN (9))"
# The statement, the locks that last while it goes over rows, and whether these are written anew or read.
PARTITIONS_ON_MARIADB = [
    ("ALTER TABLE logs ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))", {}, "", "+p2"),
    ("ALTER TABLE logs DROP PARTITION p0", {}, "", "-p0"),
    ("ALTER TABLE logs TRUNCATE PARTITION p0", {}, "", ""),
    (f"ALTER TABLE logs REORGANIZE PARTITION p0 INTO {SPLIT}", {"logs": SNW}, "rewritten", "~p0 +p2"),
    ("ALTER TABLE logs REBUILD PARTITION p0", {"logs": SNW}, "rewritten", ""),
    ("ALTER TABLE logs REMOVE PARTITIONING", {"logs": SNW}, "rewritten", "-p0 -p1"),
    ("ALTER TABLE plain PARTITION BY HASH (id) PARTITIONS 2", {"plain": SNW}, "rewritten", "+p0 +p1"),
    ("ALTER TABLE parts COALESCE PARTITION 2", {"parts": SNW}, "rewritten", "-p2 -p3"),
    ("ALTER TABLE parts ADD PARTITION PARTITIONS 1", {"parts": SNW}, "rewritten", "+p4"),
    ("ALTER TABLE logs EXCHANGE PARTITION p0 WITH TABLE plain", {"logs": SNW, "plain": SNW}, "read", ""),
    (AWAY, {}, "", "-p0"),
    (TAKEN, {"logs": MX, "plain": MX}, "read", "+p2"),
]

SQLITE = [
    ('op.add_column("users", sa.Column("x", sa.Integer))', "native"),
    ('op.alter_column("users", "email", new_column_name="mail")', "native"),
    ('op.rename_table("users", "people")', "native"),
    ('op.create_index("i", "users", ["age"])', "native"),
    ('op.drop_column("users", "email")', "native"),
    ('op.alter_column("users", "age", nullable=False)', "text edit"),
    ('op.alter_column("users", "age", server_default="1")', "text edit"),
    ('op.create_check_constraint("ck", "users", "age > 0")', "text edit"),
    ('op.create_foreign_key("fk", "users", "roles", ["role_id"], ["id"])', "text edit"),
    ('op.create_unique_constraint("uq", "users", ["email"])', "rebuild"),
    ('op.alter_column("users", "age", type_=sa.Text())', "rebuild"),
    ('op.add_column("users", sa.Column("x", sa.Integer, sa.Computed("age + 1", persisted=True)))', "rebuild"),
]


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    return Stage(database)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_locks_of_each_step_on_postgresql_are_the_known_ones(stage: Stage) -> None:
    wrong = []
    for before, statement, locks, work in POSTGRESQL:
        seen = stage.observe(f'op.execute("""{statement}""")', BEFORE.get(before, "")).statements[-1]
        held = {one.table: one.mode for one in seen.locks if not one.index and one.mode != "ACCESS SHARE"}
        how = "rewritten" if "users" in seen.rewritten else "read" if "users" in seen.scanned else ""
        if (held, how, seen.error) != (locks, work, ""):
            wrong.append((statement, held, how, seen.error))
    assert wrong == []


@pytest.mark.slow  # MariaDB takes its time to make tables, and each statement is tried on clones
@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_how_each_step_is_done_on_mariadb_is_as_known(stage: Stage) -> None:
    wrong = []
    for statement, way in MARIADB:
        seen = stage.observe(f'op.execute("""{statement}""")').statements[-1]
        if seen.way.removesuffix(", LOCK=NONE") != way.removesuffix(", LOCK=NONE") or seen.error:
            wrong.append((statement, seen.way, seen.error))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_the_locks_on_other_tables_on_mariadb_are_the_known_ones(stage: Stage) -> None:
    wrong = []
    for statement, known in OTHERS_ON_MARIADB:
        seen = stage.observe(f'op.execute("""{statement}""")').statements[-1]
        others = {one.table: one.mode for one in seen.locks if not one.mode.startswith("LOCK=")}
        lasting = {one.mode for one in seen.locks if not one.is_brief} - {"LOCK=SHARED (ALGORITHM=COPY)"}
        if others != known or seen.error or lasting - {SNW}:
            wrong.append((statement, others, lasting, seen.error))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_changes_of_partitions_on_mariadb_are_as_known(stage: Stage) -> None:
    wrong = []
    for statement, locks, work, parts in PARTITIONS_ON_MARIADB:
        body = f'with op.get_context().autocommit_block():\n    op.execute("""{statement}""")'
        seen = stage.observe(body, PARTITIONED).statements[-1]
        held = {one.table: one.mode for one in seen.locks}
        how = "rewritten" if seen.rewritten else "read" if seen.scanned else ""
        effects = " ".join(
            f"{'+' if one.is_made else '-' if one.is_gone else '~'}{one.fact.name}"
            for one in seen.effects
            if one.kind == "partition"
        )
        if (held, how, effects, seen.is_measured, seen.error) != (locks, work, parts, True, ""):
            wrong.append((statement, held, how, effects, seen.is_measured, seen.error))
    assert wrong == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_how_each_step_is_done_on_sqlite_is_as_known(stage: Stage) -> None:
    found = [(body, [one.way for one in stage.observe(body).statements]) for body, _ in SQLITE]
    assert found == [(body, [way]) for body, way in SQLITE]
