"""Columns: added, removed, and each of their aspects changed."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql as pg

from tests.compare.cases.model import case, ddl, model, x

case(
    "column add",
    "spm",
    lambda k: model(),
    lambda k: model(x(sa.String(10))),
    "+ column item.x",
    alter={"spm": "ALTER TABLE item ADD COLUMN x VARCHAR(10)"},
)
case(
    "column add not null",
    "spm",
    lambda k: model(),
    lambda k: model(x(sa.String(10), nullable=False, server_default="a")),
    "+ column item.x",
    alter={"spm": "ALTER TABLE item ADD COLUMN x VARCHAR(10) DEFAULT 'a' NOT NULL"},
)
case(
    "column add foreign key",
    "spm",
    lambda k: model(),
    lambda k: model(x(sa.ForeignKey("parent.id"))),
    "+ column item.x",
    "+ foreign_key item.item_x_fkey",
    on={
        "s": ("+ column item.x", "+ foreign_key item.(x)"),
        "m": ("+ column item.x", "+ foreign_key item.item_ibfk_1", "+ index item.x"),
    },
    alter={
        "s": "ALTER TABLE item ADD COLUMN x INTEGER REFERENCES parent(id)",
        "pm": "ALTER TABLE item ADD COLUMN x INTEGER;; ALTER TABLE item ADD FOREIGN KEY (x) REFERENCES parent (id)",
    },
)
case(
    "column drop",
    "spm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(),
    "- column item.x",
    alter={"spm": "ALTER TABLE item DROP COLUMN x"},
)
case(
    "column drop with index",
    "spm",
    lambda k: model(x(sa.String(20), index=True)),
    lambda k: model(),
    "- column item.x",
    "- index item.ix_item_x",
    alter={"s": "DROP INDEX ix_item_x;; ALTER TABLE item DROP COLUMN x", "pm": "ALTER TABLE item DROP COLUMN x"},
)
case(
    "column undecided rename",
    "spm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(sa.Column("y", sa.String(20))),
    "- column item.x",
    "+ column item.y",
)
case(
    "column with odd name",
    "spm",
    lambda k: model(),
    lambda k: model(sa.Column('Odd "x" `y` [z]', sa.Integer)),
    '+ column item.Odd "x" `y` [z]',
)

TYPES: tuple[tuple[str, str, object, object], ...] = (
    ("length grow", "spm", sa.String(50), sa.String(100)),
    ("length shrink", "spm", sa.String(50), sa.String(20)),
    ("string to text", "spm", sa.String(50), sa.Text()),
    ("string to integer", "spm", sa.String(20), sa.Integer()),
    ("integer to bigint", "spm", sa.Integer(), sa.BigInteger()),
    ("integer to smallint", "spm", sa.Integer(), sa.SmallInteger()),
    ("float to numeric", "spm", sa.Float(), sa.Numeric(10, 2)),
    ("numeric precision", "spm", sa.Numeric(10, 2), sa.Numeric(12, 2)),
    ("numeric scale", "spm", sa.Numeric(10, 2), sa.Numeric(10, 4)),
    ("integer to boolean", "spm", sa.Integer(), sa.Boolean()),
    ("date to datetime", "spm", sa.Date(), sa.DateTime()),
    ("datetime zone", "p", sa.DateTime(), sa.DateTime(timezone=True)),
    ("datetime precision", "p", sa.DateTime(), pg.TIMESTAMP(precision=3)),
    ("datetime fractions", "m", sa.DateTime(), mysql.DATETIME(fsp=6)),
    ("time zone", "p", sa.Time(), sa.Time(timezone=True)),
    ("json to jsonb", "p", sa.JSON(), pg.JSONB()),
    ("string to array", "p", sa.String(20), sa.ARRAY(sa.String(20))),
    ("array item", "p", sa.ARRAY(sa.Integer), sa.ARRAY(sa.BigInteger)),
    ("string to uuid", "p", sa.String(36), sa.Uuid()),
    ("char length", "pm", sa.CHAR(3), sa.CHAR(4)),
    ("bit", "p", pg.BIT(3), pg.BIT(5)),
    ("interval fields", "p", pg.INTERVAL(), pg.INTERVAL(fields="DAY TO SECOND")),
    ("text size", "m", sa.Text(), mysql.LONGTEXT()),
    ("unsigned", "m", sa.Integer(), mysql.INTEGER(unsigned=True)),
    ("blob", "m", sa.LargeBinary(), mysql.MEDIUMBLOB()),
    ("binary length", "m", sa.BINARY(10), sa.BINARY(16)),
    ("set values", "m", mysql.SET("a", "b"), mysql.SET("a", "b", "c")),
    ("year", "m", sa.SmallInteger(), mysql.YEAR()),
)  # fmt: skip


def _type_case(name: str, servers: str, before: object, after: object) -> None:
    texts = {
        "p": "ALTER TABLE item ALTER COLUMN x TYPE {0} USING x::text::{0}".format(_text(after, "postgresql")),
        "m": f"ALTER TABLE item MODIFY x {_text(after, 'mysql')}",
    }
    usable = {letter: text for letter, text in texts.items() if letter in servers and name != "string to array"}
    case(
        f"type {name}",
        servers,
        lambda k: model(x(before)),
        lambda k: model(x(after)),
        "~ column item.x: type",
        alter=usable,
    )


def _text(type_: object, dialect: str) -> str:
    try:
        url = {"postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://"}[dialect]
        return str(type_.compile(sa.make_url(url).get_dialect()()))  # type: ignore[attr-defined]
    except sa.exc.UnsupportedCompilationError:
        return ""


for _each in TYPES:
    _type_case(*_each)

case(
    "nullable to not null",
    "spm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(x(sa.String(20), nullable=False)),
    "~ column item.x: nullable",
    alter={"p": "ALTER TABLE item ALTER COLUMN x SET NOT NULL", "m": "ALTER TABLE item MODIFY x VARCHAR(20) NOT NULL"},
)
case(
    "not null to nullable",
    "spm",
    lambda k: model(x(sa.String(20), nullable=False)),
    lambda k: model(x(sa.String(20))),
    "~ column item.x: nullable",
    alter={"p": "ALTER TABLE item ALTER COLUMN x DROP NOT NULL", "m": "ALTER TABLE item MODIFY x VARCHAR(20)"},
)
case(
    "two aspects at once",
    "spm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(x(sa.Integer, nullable=False)),
    "~ column item.x: type nullable",
)

DEFAULTS: tuple[tuple[str, str, object, object, object], ...] = (
    ("add", "spm", sa.String(20), None, "abc"),
    ("drop", "spm", sa.String(20), "abc", None),
    ("text", "spm", sa.String(20), "abc", "it's"),
    ("percent", "spm", sa.String(20), "abc", "50% :x \\n"),
    ("empty", "spm", sa.String(20), None, ""),
    ("integer", "spm", sa.Integer, "0", "1"),
    ("negative", "spm", sa.Integer, "1", sa.text("-1")),
    ("boolean", "spm", sa.Boolean, sa.false(), sa.true()),
    ("now", "spm", sa.DateTime, None, sa.func.now()),
    ("function", "p", sa.DateTime, sa.func.now(), sa.text("statement_timestamp()")),
    ("expression", "sp", sa.Integer, sa.text("(1 + 1)"), sa.text("(1 + 2)")),
    ("json", "p", sa.JSON, sa.text("'{}'"), sa.text("""'{"a": 1}'""")),
    ("array", "p", sa.ARRAY(sa.String), sa.text("'{}'"), sa.text("'{a,b}'")),
    ("null text", "m", sa.String(20), None, "NULL"),
)  # fmt: skip


def _default_case(name: str, servers: str, type_: object, before: object, after: object) -> None:
    case(
        f"default {name}",
        servers,
        lambda k: model(x(type_, server_default=before)),
        lambda k: model(x(type_, server_default=after)),
        "~ column item.x: default",
    )


for _one in DEFAULTS:
    _default_case(*_one)

case(
    "default set by alter",
    "pm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(x(sa.String(20), server_default="it's")),
    "~ column item.x: default",
    alter={"pm": "ALTER TABLE item ALTER COLUMN x SET DEFAULT 'it''s'"},
)
case(
    "default now by alter",
    "pm",
    lambda k: model(x(sa.DateTime)),
    lambda k: model(x(sa.DateTime, server_default=sa.func.now())),
    "~ column item.x: default",
    alter={
        "p": "ALTER TABLE item ALTER x SET DEFAULT CURRENT_TIMESTAMP;; ALTER TABLE item ALTER x SET DEFAULT now()",
        "m": "ALTER TABLE item MODIFY x DATETIME DEFAULT now()",
    },
)

case(
    "column comment",
    "pm",
    lambda k: model(x(sa.Integer, comment="one")),
    lambda k: model(x(sa.Integer, comment="it's two")),
    "~ column item.x: comment",
    alter={
        "p": "COMMENT ON COLUMN item.x IS 'it''s two'",
        "m": "ALTER TABLE item MODIFY x INTEGER COMMENT 'it''s two'",
    },
)
case(
    "column comment drop",
    "pm",
    lambda k: model(x(sa.Integer, comment="one")),
    lambda k: model(x(sa.Integer)),
    "~ column item.x: comment",
    alter={"p": "COMMENT ON COLUMN item.x IS NULL", "m": "ALTER TABLE item MODIFY x INTEGER"},
)

COLLATION = {"sqlite": "NOCASE", "postgresql": "C", "mariadb": "utf8mb4_bin"}
case(
    "collation",
    "spm",
    lambda k: model(x(sa.String(20))),
    lambda k: model(x(sa.String(20, collation=COLLATION[k]))),
    "~ column item.x: collation",
    alter={
        "p": 'ALTER TABLE item ALTER COLUMN x TYPE VARCHAR(20) COLLATE "C"',
        "m": "ALTER TABLE item MODIFY x VARCHAR(20) COLLATE utf8mb4_bin",
    },
)
case(
    "character set",
    "m",
    lambda k: model(x(sa.String(20))),
    lambda k: model(x(mysql.VARCHAR(20, charset="latin1"))),
    "~ column item.x: collation",
    alter={"m": "ALTER TABLE item MODIFY x VARCHAR(20) CHARACTER SET latin1"},
)
case(
    "on update",
    "m",
    lambda k: model(x(mysql.TIMESTAMP, nullable=True, server_default=sa.text("CURRENT_TIMESTAMP"))),
    lambda k: model(
        x(mysql.TIMESTAMP, nullable=True, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"))
    ),
    "~ column item.x: on_update",
    alter={"m": "ALTER TABLE item MODIFY x TIMESTAMP NULL DEFAULT now() ON UPDATE now()"},
)


def _twice(text: str, persisted: bool = True) -> sa.Column[object]:
    return x(sa.Integer, sa.Computed(text, persisted=persisted))


Q = lambda: sa.Column("qty", sa.Integer)  # noqa: E731
case(
    "generated text",
    "spm",
    lambda k: model(Q(), _twice("qty * 2")),
    lambda k: model(Q(), _twice("qty * 3")),
    "~ column item.x: generated",
)
case(
    "generated kind",
    "sm",
    lambda k: model(Q(), _twice("qty * 2")),
    lambda k: model(Q(), _twice("qty * 2", persisted=False)),
    "~ column item.x: stored",
)
case(
    "generated to plain",
    "spm",
    lambda k: model(Q(), _twice("qty * 2")),
    lambda k: model(Q(), x(sa.Integer)),
    "~ column item.x: generated stored",
    alter={"p": "ALTER TABLE item ALTER COLUMN x DROP EXPRESSION", "m": "ALTER TABLE item MODIFY x INTEGER"},
)
case(
    "identity add",
    "p",
    lambda k: model(x(sa.Integer, nullable=False)),
    lambda k: model(x(sa.Integer, sa.Identity())),
    "~ column item.x: identity numbering",
    alter={"p": "ALTER TABLE item ALTER COLUMN x ADD GENERATED BY DEFAULT AS IDENTITY"},
)
case(
    "identity always",
    "p",
    lambda k: model(x(sa.Integer, sa.Identity())),
    lambda k: model(x(sa.Integer, sa.Identity(always=True))),
    "~ column item.x: identity",
    alter={"p": "ALTER TABLE item ALTER COLUMN x SET GENERATED ALWAYS"},
)
case(
    "identity options",
    "p",
    lambda k: model(x(sa.Integer, sa.Identity())),
    lambda k: model(x(sa.Integer, sa.Identity(start=100, increment=10, cycle=True, cache=5, maxvalue=900))),
    "~ column item.x: numbering",
    alter={"p": "ALTER TABLE item ALTER x SET START 100 SET INCREMENT 10 SET CYCLE SET CACHE 5 SET MAXVALUE 900"},
)
case(
    "serial to identity",
    "p",
    lambda k: model(),
    lambda k: model(ident=sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)),
    "~ column item.id: identity",
)
case(
    "serial to plain",
    "p",
    lambda k: model(),
    lambda k: model(ident=sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)),
    "~ column item.id: numbering",
    alter={"p": "ALTER TABLE item ALTER COLUMN id DROP DEFAULT;; DROP SEQUENCE item_id_seq"},
)
case(
    "autoincrement off",
    "m",
    lambda k: model(),
    lambda k: model(ident=sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)),
    "~ column item.id: autoincrement",
    alter={"m": "ALTER TABLE item MODIFY id INTEGER NOT NULL"},
)
case(
    "autoincrement of sqlite",
    "s",
    lambda k: model(),
    lambda k: model(sqlite_autoincrement=True),
    "~ column item.id: autoincrement",
)
case(
    "key to bigint",
    "spm",
    lambda k: model(),
    lambda k: model(ident=sa.Column("id", sa.BigInteger, primary_key=True)),
    "~ column item.id: type",
    on={"p": ("~ column item.id: type numbering",)},
    alter={
        "p": "ALTER TABLE item ALTER COLUMN id TYPE BIGINT;; ALTER SEQUENCE item_id_seq AS bigint",
        "m": "ALTER TABLE item MODIFY id BIGINT NOT NULL AUTO_INCREMENT",
    },
)
case(
    "storage and compression",
    "p",
    lambda k: model(x(sa.Text)),
    lambda k: model(x(sa.Text), more=ddl("ALTER TABLE item ALTER COLUMN x SET STORAGE EXTERNAL")),
    "~ column item.x: options",
    alter={"p": "ALTER TABLE item ALTER COLUMN x SET STORAGE EXTERNAL"},
)
case(
    "generated kind of postgresql",
    "p",
    lambda k: model(Q(), _twice("qty * 2")),
    lambda k: model(Q(), _twice("qty * 2", persisted=False)),
    "~ column item.x: stored",
    since=18,
)
