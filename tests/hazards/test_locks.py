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
    "required": "ALTER TABLE users ALTER age SET NOT NULL",
    "length": "ALTER TABLE users ADD CONSTRAINT ck CHECK (email > '')",
    "other enum": "CREATE TYPE mood AS ENUM ('a', 'b');\nCREATE TYPE few AS ENUM ('a');\nALTER TABLE users ADD m mood",
    "types": "CREATE TYPE mood AS ENUM ('a');\n"
    "CREATE TABLE types (n numeric(8, 2), t timestamptz(3), c cidr, j json, s text)",
    "no key": "CREATE TABLE events (id int NOT NULL, code int)",
    "unique": "CREATE TABLE events (id int NOT NULL, code int);\nCREATE UNIQUE INDEX ix ON events (id)",
    "unique, null": "CREATE TABLE events (id int NOT NULL, code int);\nCREATE UNIQUE INDEX ix ON events (code)",
    "parts": "CREATE TABLE logs (id int NOT NULL) PARTITION BY RANGE (id);\n"
    "CREATE TABLE l1 PARTITION OF logs FOR VALUES FROM (0) TO (9);\nCREATE TABLE l2 (id int NOT NULL)",
}

BEFORE["indexed view"] = f"{BEFORE['view']};\nCREATE UNIQUE INDEX vi ON v (one)"
BEFORE["checked part"] = f"{BEFORE['parts']};\nALTER TABLE l2 ADD CHECK (id >= 9 AND id < 20)"
BEFORE["part index"] = f"{BEFORE['parts']};\nCREATE INDEX i ON ONLY logs (id);\nCREATE INDEX i1 ON l1 (id)"

# What stands before it, the statement, the lock on each table, and whether a table is rewritten or read.
POSTGRESQL = [
    ("", "ALTER TABLE users ADD x int", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD x int NOT NULL DEFAULT 5", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD x timestamptz DEFAULT now()", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD x float DEFAULT random()", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x uuid DEFAULT gen_random_uuid()", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x serial", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x int GENERATED ALWAYS AS IDENTITY", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ADD x int GENERATED ALWAYS AS (age + 1) STORED", {"users": AX}, "rewritten"),
    ("", "ALTER TABLE users ALTER age SET DEFAULT 1", {"users": AX}, ""),
    ("", BEFORE["check"], {"users": AX}, ""),
    ("check", "ALTER TABLE users VALIDATE CONSTRAINT ck", {"users": SUX}, "read"),
    ("", "ALTER TABLE users ADD CHECK (age > 0)", {"users": AX}, "read"),
    ("", "ALTER TABLE users ALTER age SET NOT NULL", {"users": AX}, "read"),
    ("not null", "ALTER TABLE users ALTER age SET NOT NULL", {"users": AX}, ""),
    ("required", "ALTER TABLE users ALTER age DROP NOT NULL", {"users": AX}, ""),
    ("", "ALTER TABLE orders ALTER id DROP DEFAULT", {"orders": AX}, ""),
    ("not null", "ALTER TABLE users DROP CONSTRAINT ck", {"users": AX}, ""),
    ("", BEFORE["key"], {"users": SRX, "roles": SRX}, ""),
    ("key", "ALTER TABLE users VALIDATE CONSTRAINT fk", {"users": SUX, "roles": RS}, "read"),
    ("", "ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id)", {"users": SRX, "roles": SRX}, "read"),
    ("", "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey", {"orders": AX, "users": AX}, ""),
    ("", "ALTER TABLE orders DROP COLUMN user_id", {"orders": AX, "users": AX}, ""),
    ("", "ALTER TABLE users DROP COLUMN email", {"users": AX}, ""),
    ("", "DROP TABLE orders", {"orders": AX, "users": AX}, ""),
    ("", "CREATE TABLE x (role_id int REFERENCES roles (id))", {"roles": SRX}, ""),
    ("", "ALTER TABLE users ADD x int REFERENCES roles (id)", {"users": AX, "roles": SRX}, ""),
    ("", "ALTER TABLE users ADD UNIQUE (email)", {"users": AX}, "read"),
    ("index", "ALTER TABLE users ADD CONSTRAINT uq UNIQUE USING INDEX uq", {"users": AX}, ""),
    ("", "ALTER TABLE users ADD EXCLUDE USING btree (age WITH =)", {"users": AX}, "read"),
    ("no key", "ALTER TABLE events ADD PRIMARY KEY (id)", {"events": AX}, "read"),
    ("unique", "ALTER TABLE events ADD PRIMARY KEY USING INDEX ix", {"events": AX}, ""),
    ("unique, null", "ALTER TABLE events ADD PRIMARY KEY USING INDEX ix", {"events": AX}, "read"),
    ("index", "ALTER TABLE roles DROP CONSTRAINT roles_pkey", {"roles": AX}, ""),
    ("", "CREATE INDEX i ON users (age)", {"users": S}, "read"),
    ("parts", "CREATE INDEX i ON logs (id)", {"logs": S, "l1": S}, "read"),
    ("parts", "CREATE INDEX i ON ONLY logs (id)", {"logs": S}, ""),
    ("part index", "ALTER INDEX i ATTACH PARTITION i1", {}, ""),
    ("", "DROP INDEX ix_users_name", {"users": AX}, ""),
    ("", "ALTER INDEX ix_users_name RENAME TO i", {}, ""),
    ("", "REINDEX TABLE users", {"users": S}, "read"),
    ("", "ALTER TABLE users ALTER email TYPE varchar(99)", {"users": AX}, ""),
    ("length", "ALTER TABLE users ALTER email TYPE varchar(99)", {"users": AX}, "read"),
    ("", "ALTER TABLE users ALTER email TYPE varchar", {"users": AX}, ""),
    ("", "ALTER TABLE users ALTER email TYPE text", {"users": AX}, ""),
    ("", "ALTER TABLE users ALTER name TYPE varchar", {"users": AX}, ""),
    ("types", "ALTER TABLE types ALTER n TYPE numeric(12, 2)", {"types": AX}, ""),
    ("types", "ALTER TABLE types ALTER n TYPE numeric", {"types": AX}, ""),
    ("types", "ALTER TABLE types ALTER n TYPE numeric(8, 4)", {"types": AX}, "rewritten"),
    ("types", "ALTER TABLE types ALTER t TYPE timestamptz(6)", {"types": AX}, ""),
    ("types", "ALTER TABLE types ALTER c TYPE inet", {"types": AX}, ""),
    ("types", "ALTER TABLE types ALTER j TYPE jsonb", {"types": AX}, "rewritten"),
    ("types", "ALTER TABLE types ALTER j TYPE text", {"types": AX}, "rewritten"),
    ("types", "ALTER TABLE types ALTER s TYPE mood USING s::mood", {"types": AX}, "rewritten"),
    ("other enum", "ALTER TABLE users ALTER m TYPE few USING m::text::few", {"users": AX}, "rewritten"),
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
    ("", "ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people", {"people": AX}, ""),
    ("", "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE", {"users": AX, "orders": AX}, ""),
    ("enum", "ALTER TYPE mood ADD VALUE 'c'", {}, ""),
    ("enum", "ALTER TYPE mood RENAME VALUE 'a' TO 'c'", {}, ""),
    ("", "CREATE VIEW w AS SELECT * FROM users", {}, ""),
    ("", "COMMENT ON TABLE users IS 'x'", {"users": SUX}, ""),
    ("", "ALTER TABLE users ALTER age SET STATISTICS 100", {"users": SUX}, ""),
    ("parts", "ALTER TABLE logs ATTACH PARTITION l2 FOR VALUES FROM (9) TO (20)", {"logs": SUX, "l2": AX}, "read"),
    ("checked part", "ALTER TABLE logs ATTACH PARTITION l2 FOR VALUES FROM (9) TO (20)", {"logs": SUX, "l2": AX}, ""),
    ("parts", "ALTER TABLE logs DETACH PARTITION l1", {"logs": AX, "l1": AX}, ""),
    ("parts", "CREATE TABLE l3 PARTITION OF logs FOR VALUES FROM (9) TO (20)", {"logs": AX}, ""),
    ("view", "REFRESH MATERIALIZED VIEW v", {"v": AX}, "rewritten"),
    ("indexed view", "REFRESH MATERIALIZED VIEW CONCURRENTLY v", {"v": "EXCLUSIVE"}, "read"),
    ("", "TRUNCATE orders", {"orders": AX}, "rewritten"),
    ("", "ALTER TABLE roles SET UNLOGGED", {"roles": AX}, "rewritten"),
    ("", "UPDATE users SET age = 1", {"users": "ROW EXCLUSIVE"}, "read"),
]

# From a version of PostgreSQL on; before it the statement is refused.
SINCE = [
    (18, "no key", "ALTER TABLE events ADD x int GENERATED ALWAYS AS (id + 1) VIRTUAL", {"events": AX}),
    (18, "", "ALTER TABLE users ADD CONSTRAINT nn NOT NULL age NOT VALID", {"users": AX}),
    (18, "parts", "ALTER TABLE logs ADD FOREIGN KEY (id) REFERENCES users (id) NOT VALID", {"logs": SRX, "users": SRX}),
]

# What refuses to run in a transaction: what is assumed of it.
ALONE = [
    ("", "CREATE INDEX CONCURRENTLY i ON users (age)", {"users": SUX}, "read"),
    ("", "DROP INDEX CONCURRENTLY ix_users_name", {"users": SUX}, ""),
    ("", "REINDEX INDEX CONCURRENTLY ix_users_name", {"users": SUX}, "read"),
    ("parts", "ALTER TABLE logs DETACH PARTITION l1 CONCURRENTLY", {"logs": SUX, "l1": SUX}, ""),
    ("", "VACUUM FULL users", {"users": AX}, "rewritten"),
]

# The locks on indexes.
INDEXES = [
    ("", "ALTER INDEX ix_users_name RENAME TO i", {"i": SUX}),
    ("", "REINDEX TABLE users", {"ix_users_name": AX, "users_pkey": AX}),
    ("", "REINDEX INDEX ix_users_name", {"ix_users_name": AX}),
    ("part index", "ALTER INDEX i ATTACH PARTITION i1", {"i1": AX, "i": SUX}),
]

MARIADB = [
    ("ALTER TABLE users ADD x int", "INSTANT"),
    ("ALTER TABLE users ADD x int NOT NULL DEFAULT 5", "INSTANT"),
    ("ALTER TABLE users ADD x datetime DEFAULT now()", "INSTANT"),
    ("ALTER TABLE users ADD x varchar(36) DEFAULT (uuid())", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users ADD x double DEFAULT (rand())", "INSTANT"),
    ("ALTER TABLE users ADD x int NOT NULL AUTO_INCREMENT, ADD KEY (x)", "INPLACE, LOCK=SHARED"),
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
    ("ALTER TABLE users ALTER INDEX ix_users_name IGNORED", "INSTANT"),
    ("ALTER TABLE users RENAME INDEX ix_users_name TO i", "INSTANT"),
    ("ALTER TABLE users DROP INDEX ix_users_name, ADD INDEX i (name, age)", "NOCOPY, LOCK=NONE"),
    ("ALTER TABLE users MODIFY name varchar(300)", "INSTANT"),
    ("ALTER TABLE users MODIFY email varchar(300)", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY email varchar(20)", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY email varchar(63)", "INSTANT"),
    ("ALTER TABLE users MODIFY email varchar(64)", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY role_id bigint", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users RENAME COLUMN age TO years", "INSTANT"),
    ("ALTER TABLE users ALTER age SET DEFAULT 2", "INSTANT"),
    ("ALTER TABLE users ALTER age DROP DEFAULT", "INSTANT"),
    ("ALTER TABLE users DROP COLUMN email", "INSTANT"),
    ("ALTER TABLE users DROP COLUMN name", "NOCOPY, LOCK=NONE"),
    ("ALTER TABLE users MODIFY status enum('new', 'old', 'x')", "INSTANT"),
    ("ALTER TABLE users MODIFY status enum('x', 'new', 'old')", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY status enum('new', 'older')", "COPY, LOCK=SHARED"),
    ("ALTER TABLE users MODIFY status enum('new')", "COPY, LOCK=SHARED"),
    ("ALTER TABLE roles DROP PRIMARY KEY", "COPY, LOCK=SHARED"),
    ("ALTER TABLE roles DROP PRIMARY KEY, ADD PRIMARY KEY (id, name(9))", "INPLACE, LOCK=NONE"),
    ("ALTER TABLE users COMMENT 'x'", "INSTANT"),
]
# With another statement before it.
AFTER_ON_MARIADB = [
    ("ALTER TABLE users MODIFY role_id int NOT NULL", "ALTER TABLE users MODIFY role_id int", "INPLACE, LOCK=NONE"),
    ("CREATE TABLE events (id int NOT NULL)", "ALTER TABLE events ADD PRIMARY KEY (id)", "INPLACE, LOCK=NONE"),
    ("CREATE TABLE t (s varchar(50)) CHARSET latin1", "ALTER TABLE t MODIFY s varchar(300)", "INSTANT, LOCK=NONE"),
]

# The statement, and the locks on other tables: whether they last as long as it works, and who waits.
OTHERS_ON_MARIADB = [
    ("ALTER TABLE users ADD x int", {"orders": "LOCK_X"}),
    ("ALTER TABLE roles ADD x int", {}),
    ("ALTER TABLE users ALTER age SET DEFAULT 3", {}),
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
    ('op.add_column("users", sa.Column("x", sa.Integer, server_default="5", nullable=False))', "native"),
    ('op.add_column("users", sa.Column("x", sa.DateTime, server_default=sa.func.now()))', "rebuild"),
    ('op.add_column("users", sa.Column("x", sa.Integer, sa.Computed("age + 1", persisted=False)))', "native"),
    ('op.create_index("i", "users", ["email"], unique=True)', "native"),
    ('op.drop_index("ix_users_name", "users")', "native"),
    ('op.drop_table("roles")', "native"),
    ('op.create_primary_key("pk", "users", ["id", "age"])', "rebuild"),
    ('op.alter_column("users", "age", nullable=False)', "text edit"),
    ('op.alter_column("users", "age", server_default="1")', "text edit"),
    ('op.create_check_constraint("ck", "users", "age > 0")', "text edit"),
    ('op.create_foreign_key("fk", "users", "roles", ["role_id"], ["id"])', "text edit"),
    ('op.create_unique_constraint("uq", "users", ["email"])', "rebuild"),
    ('op.alter_column("users", "age", type_=sa.Text())', "rebuild"),
    ('op.add_column("users", sa.Column("x", sa.Integer, sa.Computed("age + 1", persisted=True)))', "rebuild"),
    ('op.add_column("users", sa.Column("x", sa.Integer, sa.ForeignKey("roles.id")))', "native"),
    ('op.add_column("users", sa.Column("x", sa.Integer, sa.CheckConstraint("x > 0")))', "native"),
    ('op.add_column("users", sa.Column("x", sa.Integer, unique=True))', "rebuild"),
    ('op.drop_column("users", "name")', "native"),
    ('op.drop_column("orders", "user_id")', "text edit"),
    ('op.drop_column("users", "id")', "rebuild"),
    ('op.alter_column("users", "email", type_=sa.String(90))', "text edit"),
    ('op.execute("CREATE VIEW v AS SELECT * FROM users")', "native"),
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
        how = "rewritten" if seen.rewritten else "read" if seen.scanned else ""
        if (held, how, seen.error) != (locks, work, ""):
            wrong.append((statement, held, how, seen.error))
    assert wrong == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_a_later_postgresql_can_do_is_refused_before(stage: Stage, database: Database) -> None:
    version = int(database.rows("SHOW server_version_num")[0][0]) // 10_000
    for since, before, statement, locks in SINCE:
        seen = stage.observe(f'op.execute("""{statement}""")', BEFORE.get(before, "")).statements[-1]
        held = {one.table: one.mode for one in seen.locks if not one.index and one.mode != "ACCESS SHARE"}
        assert (held, bool(seen.error)) == ((locks, False) if version >= since else ({}, True)), statement


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_locks_of_what_runs_alone_on_postgresql_are_assumed(stage: Stage) -> None:
    wrong = []
    for before, statement, locks, work in ALONE:
        body = f'with op.get_context().autocommit_block():\n    op.execute("""{statement}""")'
        seen = stage.observe(body, BEFORE.get(before, "")).statements[-1]
        held = {one.table: one.mode for one in seen.locks}
        how = "rewritten" if seen.rewritten else "read" if seen.scanned else ""
        if (held, how, seen.is_measured, seen.error) != (locks, work, False, ""):
            wrong.append((statement, held, how, seen.error))
    assert wrong == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_locks_on_indexes_on_postgresql_are_the_known_ones(stage: Stage) -> None:
    for before, statement, locks in INDEXES:
        seen = stage.observe(f'op.execute("""{statement}""")', BEFORE.get(before, "")).statements[-1]
        assert {one.index: one.mode for one in seen.locks if one.index} == locks, statement


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
def test_how_a_step_after_another_is_done_on_mariadb_is_as_known(stage: Stage) -> None:
    found = [stage.observe(f'op.execute("{one}")', before).statements[-1].way for before, one, _ in AFTER_ON_MARIADB]
    assert found == [way for _, _, way in AFTER_ON_MARIADB]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_foreign_key_that_is_not_looked_up_copies_nothing_and_locks_no_parent(stage: Stage) -> None:
    add = "ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id)"
    for before, way in (("", "NOCOPY, LOCK=NONE"), ("CREATE INDEX i ON users (role_id)", "INSTANT, LOCK=NONE")):
        body = f'op.execute("SET foreign_key_checks = 0")\nop.execute("{add}")'
        seen = stage.observe(body, before).statements[-1]
        assert (seen.way, [one.table for one in seen.locks], seen.error) == (way, ["orders"], "")


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
