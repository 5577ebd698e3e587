"""Databases with a past: schemas that were reached in another way than the models would."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Past:
    """Two ways to a schema: the statements that history ran, and those that `create_all()` would.

    Attributes:
        differs: what is nevertheless to be found.
    """

    id: str
    kind: str
    history: tuple[str, ...]
    fresh: tuple[str, ...]
    differs: tuple[str, ...] = ()


# How an IN list over a varchar comes back after a dump and a restore.
RESTORED = "(x)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])"
IN_LIST = "CREATE TABLE t (id int, x varchar(20){}, CONSTRAINT c CHECK (x IN ('a', 'b')))"

PASTS = (
    Past(
        "IN list after a restore",
        "postgresql",
        (f"CREATE TABLE t (id int, x varchar(20), CONSTRAINT c CHECK ({RESTORED}))",),
        (IN_LIST.format(""),),
    ),
    Past(
        "IN list after the length grew",
        "postgresql",
        (IN_LIST.format("").replace("20", "10"), "ALTER TABLE t ALTER x TYPE varchar(20)"),
        (IN_LIST.format(""),),
    ),
    Past(
        "IN list after varchar became text",
        "postgresql",
        (IN_LIST.format(""), "ALTER TABLE t ALTER x TYPE text"),
        (IN_LIST.format("").replace("varchar(20)", "text"),),
    ),
    Past(
        "IN list with another value",
        "postgresql",
        (f"CREATE TABLE t (id int, x varchar(20), CONSTRAINT c CHECK ({RESTORED}))",),
        (IN_LIST.format("").replace("'b'", "'c'"),),
        ("~ check public.t.c: text",),
    ),
    Past(
        "default after varchar became text",
        "postgresql",
        ("CREATE TABLE t (x varchar(5) DEFAULT 'abc')", "ALTER TABLE t ALTER x TYPE text"),
        ("CREATE TABLE t (x text DEFAULT 'abc')",),
    ),
    Past(
        "array default after a type change",
        "postgresql",
        ("CREATE TABLE t (x varchar(5)[] DEFAULT '{}')", "ALTER TABLE t ALTER x TYPE text[]"),
        ("CREATE TABLE t (x text[] DEFAULT '{}')",),
    ),
    Past(
        "partial index after a restore",
        "postgresql",
        ("CREATE TABLE t (x varchar(20))", f"CREATE INDEX i ON t (x) WHERE {RESTORED}"),
        ("CREATE TABLE t (x varchar(20))", "CREATE INDEX i ON t (x) WHERE x IN ('a', 'b')"),
    ),
    Past(
        "view after a restore",
        "postgresql",
        ("CREATE TABLE t (x varchar(20))", f"CREATE VIEW v AS SELECT x FROM t WHERE {RESTORED}"),
        ("CREATE TABLE t (x varchar(20))", "CREATE VIEW v AS SELECT x FROM t WHERE x IN ('a', 'b')"),
    ),
    Past(
        "view with a literal of another type",
        "postgresql",
        ("CREATE VIEW v AS SELECT 'a'::text AS x",),
        ("CREATE VIEW v AS SELECT 'a'::varchar AS x",),
        ("~ view public.v: text",),
    ),
    Past(
        "grouping that matters",
        "postgresql",
        ("CREATE TABLE t (a int, CONSTRAINT c CHECK ((a + 1) * 2 > 0))",),
        ("CREATE TABLE t (a int, CONSTRAINT c CHECK (a + 1 * 2 > 0))",),
        ("~ check public.t.c: text",),
    ),
    Past(
        "a cast inside a literal",
        "postgresql",
        ("CREATE TABLE t (x text DEFAULT 'a''::text')",),
        ("CREATE TABLE t (x text DEFAULT 'a''')",),
        ("~ column public.t.x: default",),
    ),
    Past(
        "json and jsonb",
        "postgresql",
        ("CREATE TABLE t (a int, CONSTRAINT c CHECK ('{}'::json IS NOT NULL))",),
        ("CREATE TABLE t (a int, CONSTRAINT c CHECK ('{}'::jsonb IS NOT NULL))",),
        ("~ check public.t.c: text",),
    ),
    Past(
        "a cast that cuts",
        "postgresql",
        ("CREATE TABLE t (x text DEFAULT 'abc'::varchar(2))",),
        ("CREATE TABLE t (x text DEFAULT 'abc')",),
        ("~ column public.t.x: default",),
    ),
    Past(
        "unnamed checks in another order",
        "postgresql",
        ("CREATE TABLE t (x int, CHECK (x > 0), CHECK (x < 9))",),
        ("CREATE TABLE t (x int, CHECK (x < 9), CHECK (x > 0))",),
    ),
    Past(
        "unnamed checks with a gap",
        "postgresql",
        ("CREATE TABLE t (x int, CHECK (x <> 5), CHECK (x < 9))", "ALTER TABLE t DROP CONSTRAINT t_x_check"),
        ("CREATE TABLE t (x int, CHECK (x < 9))",),
    ),
    Past(
        "unnamed unique that met another table's name",
        "postgresql",
        ("CREATE TABLE a_b (c int, UNIQUE (c))", "CREATE TABLE a (b_c int, UNIQUE (b_c))"),
        ("CREATE TABLE a (b_c int, UNIQUE (b_c))", "CREATE TABLE a_b (c int, UNIQUE (c))"),
    ),
    Past(
        "a serial that met another sequence's name",
        "postgresql",
        ("CREATE SEQUENCE t_id_seq", "CREATE TABLE t (id serial)", "DROP SEQUENCE t_id_seq"),
        ("CREATE TABLE t (id serial)",),
    ),
    Past(
        "long names",
        "postgresql",
        (f"CREATE TABLE {'t' * 40} ({'c' * 40} int UNIQUE, CHECK ({'c' * 40} > 1), CHECK ({'c' * 40} > 2))",),
        (f"CREATE TABLE {'t' * 40} ({'c' * 40} int UNIQUE, CHECK ({'c' * 40} > 2), CHECK ({'c' * 40} > 1))",),
    ),
    Past(
        "serial after its column became bigint",
        "postgresql",
        ("CREATE TABLE t (id serial)", "ALTER TABLE t ALTER id TYPE bigint"),
        ("CREATE TABLE t (id bigserial)",),
        ("~ column public.t.id: numbering",),
    ),
    Past(
        "names left behind by a table rename",
        "postgresql",
        ("CREATE TABLE item (id serial PRIMARY KEY, p int UNIQUE)", "ALTER TABLE item RENAME TO t"),
        ("CREATE TABLE t (id serial PRIMARY KEY, p int UNIQUE)",),
        (
            "> primary_key public.t.item_pkey -> public.t.t_pkey",
            "> sequence public.item_id_seq -> public.t_id_seq",
            "> unique public.t.item_p_key -> public.t.t_p_key",
        ),
    ),
    Past(
        "constraint added by ALTER",
        "postgresql",
        ("CREATE TABLE t (x int)", "ALTER TABLE t ADD UNIQUE (x), ADD CHECK (x > 0)"),
        ("CREATE TABLE t (x int UNIQUE CHECK (x > 0))",),
    ),
    Past(
        "columns in another order",
        "postgresql",
        ("CREATE TABLE t (a int)", "ALTER TABLE t ADD b int", "ALTER TABLE t DROP a", "ALTER TABLE t ADD a int"),
        ("CREATE TABLE t (a int, b int)",),
    ),
    Past("statistics gathered", "postgresql", ("CREATE TABLE t (a int)", "ANALYZE t"), ("CREATE TABLE t (a int)",)),
    Past(
        "search path of the database",
        "postgresql",
        ("CREATE TYPE e AS ENUM ('a')", "CREATE TABLE t (a e DEFAULT 'a')"),
        (
            "SET search_path = pg_catalog, public",
            "CREATE TYPE public.e AS ENUM ('a')",
            "CREATE TABLE public.t (a public.e DEFAULT 'a')",
        ),
    ),
    Past(
        "reference inline and apart",
        "sqlite",
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE t (id INTEGER)",
            "ALTER TABLE t ADD COLUMN x INTEGER REFERENCES p(id)",
        ),
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE t (id INTEGER, x INTEGER, FOREIGN KEY(x) REFERENCES p (id))",
        ),
    ),
    Past(
        "reference to whatever is the key",
        "sqlite",
        ("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE t (x INTEGER REFERENCES p)"),
        ("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE t (x INTEGER, FOREIGN KEY(x) REFERENCES p (id))"),
    ),
    Past(
        "keys inline and apart",
        "sqlite",
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x INT UNIQUE, y INT CHECK (y > 0))",),
        ("CREATE TABLE t (id INTEGER NOT NULL, x INT, y INT, CHECK (y>0), UNIQUE (x), PRIMARY KEY (id))",),
    ),
    Past(
        "default in parentheses",
        "sqlite",
        ("CREATE TABLE t (a TEXT DEFAULT CURRENT_TIMESTAMP, b INT DEFAULT 1)",),
        ("CREATE TABLE t (a TEXT DEFAULT (CURRENT_TIMESTAMP), b INT DEFAULT ((1)))",),
    ),
    Past(
        "comments, case and quotes",
        "sqlite",
        ('create table "t" (/* so */"a" varchar (20) not null default \'A\', --\nconstraint c check ("a"<>\'B\'))',),
        ("CREATE TABLE t (a VARCHAR(20) NOT NULL DEFAULT 'A', CONSTRAINT c CHECK (a <> 'B'))",),
    ),
    Past(
        "table renamed",
        "sqlite",
        (
            "CREATE TABLE item (id INTEGER PRIMARY KEY, x INT, CHECK (x > 0))",
            "CREATE INDEX i ON item (x)",
            "ALTER TABLE item RENAME TO t",
        ),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, x INT, CHECK (x > 0))", "CREATE INDEX i ON t (x)"),
    ),
    Past(
        "another value in the same place",
        "sqlite",
        ("CREATE TABLE t (a TEXT DEFAULT 'A')",),
        ("CREATE TABLE t (a TEXT DEFAULT 'a')",),
        ("~ column t.a: default",),
    ),
    Past(
        "a key that counts on and one that does not",
        "sqlite",
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "INSERT INTO t DEFAULT VALUES"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY)",),
        ("~ column t.id: autoincrement",),
    ),
    Past(
        "a key that may be NULL",
        "sqlite",
        ("CREATE TABLE t (id TEXT PRIMARY KEY)",),
        ("CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY)",),
        ("~ column t.id: nullable",),
    ),
    Past(
        "numbering that went on",
        "mariadb",
        ("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT)", "INSERT INTO t VALUES (500)"),
        ("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT)",),
    ),
    Past(
        "unnamed checks in another order",
        "mariadb",
        ("CREATE TABLE t (x int, CHECK (x > 0), CHECK (x < 9))",),
        ("CREATE TABLE t (x int, CHECK (x < 9), CHECK (x > 0))",),
    ),
    Past(
        "unnamed foreign keys in another order",
        "mariadb",
        (
            "CREATE TABLE p (id int PRIMARY KEY)",
            "CREATE TABLE t (a int, b int, FOREIGN KEY (a) REFERENCES p (id), FOREIGN KEY (b) REFERENCES p (id))",
        ),
        (
            "CREATE TABLE p (id int PRIMARY KEY)",
            "CREATE TABLE t (a int, b int, FOREIGN KEY (b) REFERENCES p (id), FOREIGN KEY (a) REFERENCES p (id))",
        ),
    ),
    Past(
        "an index left behind by a foreign key",
        "mariadb",
        (
            "CREATE TABLE p (id int PRIMARY KEY)",
            "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
            "ALTER TABLE t DROP FOREIGN KEY f",
        ),
        ("CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE t (a int)"),
        ("- index t.f",),
    ),
    Past(
        "table renamed",
        "mariadb",
        (
            "CREATE TABLE p (id int PRIMARY KEY)",
            "CREATE TABLE item (a int, b int UNIQUE, CHECK (a > 0), FOREIGN KEY (a) REFERENCES p (id))",
            "ALTER TABLE item RENAME TO t",
        ),
        (
            "CREATE TABLE p (id int PRIMARY KEY)",
            "CREATE TABLE t (a int, b int UNIQUE, CHECK (a > 0), FOREIGN KEY (a) REFERENCES p (id))",
        ),
    ),
    Past(
        "view",
        "mariadb",
        ("CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t WHERE a IN (1, 2)"),
        ("CREATE TABLE t (a int)", "CREATE OR REPLACE VIEW v AS SELECT `t`.`a` AS `a` FROM `t` WHERE `t`.`a` IN (1,2)"),
    ),
)
