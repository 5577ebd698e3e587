"""Types, sequences, views, routines, triggers, policies, and what else DDL events make."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from tests.compare.cases.model import case, ddl, model, numbers, x


def enum(*labels: str) -> sa.Column[object]:
    return x(sa.Enum(*labels, name="color"))


RG = ("red", "green")
case(
    "enum column add",
    "spm",
    lambda k: model(),
    lambda k: model(enum(*RG)),
    "+ column item.x",
    on={"p": ("+ enum color", "+ column item.x")},
    alter={"p": "CREATE TYPE color AS ENUM ('red', 'green');; ALTER TABLE item ADD COLUMN x color"},
)
case(
    "enum column drop",
    "spm",
    lambda k: model(enum(*RG)),
    lambda k: model(),
    "- column item.x",
    on={"p": ("- enum color", "- column item.x")},
)
case(
    "enum value add",
    "spm",
    lambda k: model(enum(*RG)),
    lambda k: model(enum(*RG, "a_long_blue")),
    "~ column item.x: type",
    on={"p": ("~ enum color: labels",)},
    alter={
        "p": "ALTER TYPE color ADD VALUE 'a_long_blue'",
        "m": "ALTER TABLE item MODIFY x ENUM('red','green','a_long_blue')",
    },
)
case(
    "enum value add before",
    "p",
    lambda k: model(enum(*RG)),
    lambda k: model(enum("red", "blue", "green")),
    "~ enum color: labels",
    alter={"p": "ALTER TYPE color ADD VALUE 'blue' BEFORE 'green'"},
)
case(
    "enum value drop",
    "pm",
    lambda k: model(enum(*RG)),
    lambda k: model(enum("red")),
    "~ column item.x: type",
    on={"p": ("~ enum color: labels",)},
)
case(
    "enum reorder",
    "pm",
    lambda k: model(enum(*RG)),
    lambda k: model(enum("green", "red")),
    "~ column item.x: type",
    on={"p": ("~ enum color: labels",)},
)
case(
    "enum undecided rename",
    "p",
    lambda k: model(enum(*RG)),
    lambda k: model(enum("red", "lime")),
    "~ enum color: labels",
    alter={"p": "ALTER TYPE color RENAME VALUE 'green' TO 'lime'"},
)
case(
    "enum from string",
    "pm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(enum(*RG)),
    "~ column item.x: type",
    on={"p": ("+ enum color", "~ column item.x: type")},
)
case(
    "enum array",
    "p",
    lambda k: model(enum(*RG)),
    lambda k: model(x(pg.ARRAY(sa.Enum(*RG, name="color")))),
    "~ column item.x: type",
)
case(
    "enum with quotes",
    "spm",
    lambda k: model(enum("a", "b")),
    lambda k: model(enum("a", 'it\'s, "b"')),
    "~ column item.x: type",
    on={"p": ("~ enum color: labels",)},
)
case(
    "domain column",
    "p",
    lambda k: model(),
    lambda k: model(x(pg.DOMAIN("posint", sa.Integer, check="VALUE > 0"))),
    "+ domain posint",
    "+ column item.x",
)
case(
    "domain check",
    "p",
    lambda k: model(x(pg.DOMAIN("posint", sa.Integer, check="VALUE > 0"))),
    lambda k: model(x(pg.DOMAIN("posint", sa.Integer, check="VALUE > 1"))),
    "~ check posint.posint_check: text",
    alter={"p": "ALTER DOMAIN posint DROP CONSTRAINT posint_check;; ALTER DOMAIN posint ADD CHECK (VALUE > 1)"},
)
case(
    "domain rules",
    "p",
    lambda k: model(x(pg.DOMAIN("d", sa.Integer))),
    lambda k: model(x(pg.DOMAIN("d", sa.Integer, not_null=True, default="5"))),
    "~ domain d: nullable default",
    alter={"p": "ALTER DOMAIN d SET NOT NULL;; ALTER DOMAIN d SET DEFAULT 5"},
)
case(
    "sequence add",
    "pm",
    lambda k: model(),
    lambda k: model(more=lambda m: sa.Sequence("my_seq", start=100, metadata=m)),
    "+ sequence my_seq",
    alter={"pm": "CREATE SEQUENCE my_seq START WITH 100"},
)
case(
    "sequence options",
    "pm",
    lambda k: model(more=lambda m: sa.Sequence("my_seq", start=1, metadata=m)),
    lambda k: model(more=lambda m: sa.Sequence("my_seq", start=1, increment=5, metadata=m)),
    "~ sequence my_seq: increment",
    alter={"p": "ALTER SEQUENCE my_seq INCREMENT BY 5", "m": "ALTER SEQUENCE my_seq INCREMENT BY 5"},
)
case(
    "sequence counts elsewhere",
    "pm",
    lambda k: model(more=ddl("CREATE SEQUENCE s")),
    lambda k: model(more=ddl("CREATE SEQUENCE s START WITH 100 MINVALUE 10 MAXVALUE 1000 CYCLE")),
    "~ sequence s: start minimum maximum cycle",
)
case(
    "sequence counts down",
    "pm",
    lambda k: model(more=ddl("CREATE SEQUENCE s")),
    lambda k: model(more=ddl("CREATE SEQUENCE s START WITH -5 INCREMENT BY -1")),
    "~ sequence s: start increment",
)
case(
    "sequence default",
    "p",
    lambda k: model(x(sa.Integer)),
    lambda k: model(more=_seq),
    "+ sequence x_seq",
    "~ column item.x: default",
)


def _seq(metadata: sa.MetaData) -> None:
    sequence = sa.Sequence("x_seq", metadata=metadata)
    metadata.tables["item"].append_column(x(sa.Integer, sequence, server_default=sequence.next_value()))


def _procedure(kind: str, number: int) -> str:
    if kind == "mariadb":
        return f"CREATE PROCEDURE p() SELECT {number}"
    return f"CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT {number}'"


VIEW = "CREATE VIEW v AS SELECT id FROM item"
case("view add", "spm", lambda k: model(), lambda k: model(more=ddl(VIEW)), "+ view v", alter={"spm": VIEW})
case("view drop", "spm", lambda k: model(more=ddl(VIEW)), lambda k: model(), "- view v", alter={"spm": "DROP VIEW v"})
case(
    "view text",
    "spm",
    lambda k: model(more=ddl(VIEW)),
    lambda k: model(more=ddl("CREATE VIEW v AS SELECT id, name FROM item")),
    "~ view v: text",
    alter={"pm": "CREATE OR REPLACE VIEW v AS SELECT id, name FROM item"},
)
case(
    "view options",
    "p",
    lambda k: model(more=ddl(VIEW)),
    lambda k: model(more=ddl("CREATE VIEW v WITH (security_barrier) AS SELECT id FROM item")),
    "~ view v: options",
    alter={"p": "ALTER VIEW v SET (security_barrier)"},
)
case(
    "view trigger",
    "s",
    lambda k: model(more=ddl(VIEW)),
    lambda k: model(more=ddl(VIEW, "CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN SELECT 1; END")),
    "+ trigger v.tv",
)
MV = "CREATE MATERIALIZED VIEW mv AS SELECT id FROM item"
case("materialized view add", "p", lambda k: model(), lambda k: model(more=ddl(MV)), "+ materialized_view mv")
case(
    "materialized view index",
    "p",
    lambda k: model(more=ddl(MV)),
    lambda k: model(more=ddl(MV, "CREATE UNIQUE INDEX mv_i ON mv (id)")),
    "+ index mv.mv_i",
    alter={"p": "CREATE UNIQUE INDEX mv_i ON mv (id)"},
)
F = "CREATE FUNCTION f(i int) RETURNS int AS 'SELECT i + {}' LANGUAGE sql"
case("function add", "p", lambda k: model(), lambda k: model(more=ddl(F.format(1))), "+ function f(integer)")
case(
    "function text",
    "p",
    lambda k: model(more=ddl(F.format(1))),
    lambda k: model(more=ddl(F.format(2))),
    "~ function f(integer): text",
    alter={"p": F.format(2).replace("CREATE", "CREATE OR REPLACE")},
)
case(
    "function arguments",
    "p",
    lambda k: model(more=ddl(F.format(1))),
    lambda k: model(more=ddl(F.format(1).replace("i int", "i bigint"))),
    "- function f(integer)",
    "+ function f(bigint)",
)
case(
    "function of mysql",
    "m",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE FUNCTION f(i INT) RETURNS INT DETERMINISTIC RETURN i + 1")),
    "+ function f",
)
case(
    "procedure text",
    "pm",
    lambda k: model(more=ddl(_procedure(k, 1))),
    lambda k: model(more=ddl(_procedure(k, 2))),
    "~ procedure p: text",
    on={"p": ("~ procedure p(): text",)},
)
case(
    "aggregate",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')")),
    "+ aggregate total(integer)",
)
TRIGGER = {
    "sqlite": "CREATE TRIGGER tr AFTER INSERT ON item BEGIN UPDATE item SET name = '{}' WHERE id = new.id; END",
    "mariadb": "CREATE TRIGGER tr BEFORE INSERT ON item FOR EACH ROW SET NEW.name = '{}'",
    "postgresql": "CREATE TRIGGER tr BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION tf('{}')",
}  # fmt: skip
TF = "CREATE FUNCTION tf() RETURNS trigger AS 'BEGIN RETURN NEW; END' LANGUAGE plpgsql"


def trigger(kind: str, *values: str) -> object:
    texts = [TRIGGER[kind].format(value) for value in values]
    return ddl(*([TF, *texts] if kind == "postgresql" else texts))


case("trigger add", "spm", lambda k: model(more=trigger(k)), lambda k: model(more=trigger(k, "a")), "+ trigger item.tr")
case(
    "trigger text",
    "spm",
    lambda k: model(more=trigger(k, "a")),
    lambda k: model(more=trigger(k, "b")),
    "~ trigger item.tr: text",
)
case(
    "trigger disabled",
    "p",
    lambda k: model(more=trigger(k, "a")),
    lambda k: model(more=lambda m: (trigger(k, "a")(m), ddl("ALTER TABLE item DISABLE TRIGGER tr")(m))),
    "~ trigger item.tr: options",
)
POLICY = "CREATE POLICY po ON item USING (id > {})"
case(
    "policy",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("ALTER TABLE item ENABLE ROW LEVEL SECURITY", POLICY.format(0))),
    "~ table item: options",
    "+ policy item.po",
)
case(
    "policy text",
    "p",
    lambda k: model(more=ddl(POLICY.format(0))),
    lambda k: model(more=ddl(POLICY.format(5))),
    "~ policy item.po: using",
    alter={"p": "ALTER POLICY po ON item USING (id > 5)"},
)
case(
    "policy command",
    "p",
    lambda k: model(more=ddl(POLICY.format(0))),
    lambda k: model(more=ddl("CREATE POLICY po ON item AS RESTRICTIVE FOR SELECT TO public USING (id > 0)")),
    "~ policy item.po: command permissive",
)
case("extension", "p", lambda k: model(), lambda k: model(more=ddl("CREATE EXTENSION citext")), "+ extension citext")
case(
    "extension type",
    "p",
    lambda k: model(more=ddl("ALTER TABLE item ADD x text")),
    lambda k: model(more=ddl("ALTER TABLE item ADD x citext")),
    "~ column item.x: type",
    prepare=("CREATE EXTENSION citext",),
    alter={"p": "ALTER TABLE item ALTER x TYPE citext"},
)
case(
    "composite type",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE TYPE pair AS (a int, b text)")),
    "+ composite pair",
)
case(
    "range type",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE TYPE fr AS RANGE (subtype = float8)")),
    "+ range fr",
)
case(
    "rule",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE RULE r AS ON DELETE TO item DO INSTEAD NOTHING")),
    "+ rule item.r",
)
case(
    "statistics",
    "p",
    lambda k: numbers(),
    lambda k: numbers(more=ddl("CREATE STATISTICS st ON qty, price FROM item")),
    "+ statistics st",
)
case(
    "virtual table",
    "s",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE VIRTUAL TABLE ft USING fts5(body)")),
    "+ virtual_table ft",
)
case(
    "event of mysql",
    "m",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DISABLE DO DELETE FROM item")),
    "+ event e",
)
case(
    "collation object",
    "p",
    lambda k: model(),
    lambda k: model(more=ddl("CREATE COLLATION co (provider = libc, locale = 'C')")),
    "+ collation co",
)
case(
    "statistics target",
    "p",
    lambda k: model(x(sa.Integer)),
    lambda k: model(x(sa.Integer), more=ddl("ALTER TABLE item ALTER x SET STATISTICS 0")),
    "~ column item.x: options",
)
