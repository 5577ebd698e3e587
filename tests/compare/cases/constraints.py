"""Primary keys, UNIQUE, foreign keys, CHECK, exclusion."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from tests.compare.cases.model import case, ddl, model, numbers, x

KEY = lambda: sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)  # noqa: E731
PART = lambda: x(sa.Integer, primary_key=True, autoincrement=False)  # noqa: E731
PLAIN = lambda: x(sa.Integer, nullable=False)  # noqa: E731

case(
    "key extended",
    "spm",
    lambda k: model(PLAIN(), ident=KEY()),
    lambda k: model(PART(), ident=KEY()),
    "~ primary_key item.item_pkey: columns",
    on={"s": ("~ primary_key item.(id, x): columns",), "m": ("~ primary_key item.(id, x): columns",)},
    alter={
        "p": "ALTER TABLE item DROP CONSTRAINT item_pkey, ADD PRIMARY KEY (id, x)",
        "m": "ALTER TABLE item DROP PRIMARY KEY, ADD PRIMARY KEY (id, x)",
    },
)
case(
    "key reduced",
    "spm",
    lambda k: model(PART(), ident=KEY()),
    lambda k: model(PLAIN(), ident=KEY()),
    "~ primary_key item.item_pkey: columns",
    on={"s": ("~ primary_key item.(id): columns",), "m": ("~ primary_key item.(id): columns",)},
)
case(
    "key named",
    "p",
    lambda k: model(ident=sa.Column("id", sa.Integer)),
    lambda k: model(sa.PrimaryKeyConstraint("id", name="pk_i"), ident=sa.Column("id", sa.Integer)),
    "+ primary_key item.pk_i",
    "~ column item.id: nullable numbering",
)
case(
    "key renamed",
    "p",
    lambda k: model(),
    lambda k: model(sa.PrimaryKeyConstraint("id", name="pk_i"), ident=sa.Column("id", sa.Integer)),
    "> primary_key item.item_pkey -> item.pk_i",
    alter={"p": "ALTER TABLE item RENAME CONSTRAINT item_pkey TO pk_i"},
)

U = "uq_i"
case(
    "unique add named",
    "spm",
    lambda k: numbers(),
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    "+ unique item.uq_i",
    on={"m": ("+ index item.uq_i",)},
    alter={
        "p": "CREATE UNIQUE INDEX uq_i ON item (qty);; ALTER TABLE item ADD CONSTRAINT uq_i UNIQUE USING INDEX uq_i",
        "m": "CREATE UNIQUE INDEX uq_i ON item (qty)",
    },
)
case(
    "unique add unnamed",
    "spm",
    lambda k: model(x(sa.Integer)),
    lambda k: model(x(sa.Integer, unique=True)),
    "+ unique item.item_x_key",
    on={"m": ("+ index item.x",), "s": ("+ unique item.(x)",)},
    alter={"pm": "ALTER TABLE item ADD UNIQUE (x)"},
)
case(
    "unique drop",
    "spm",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(),
    "- unique item.uq_i",
    on={"m": ("- index item.uq_i",)},
    alter={"p": "ALTER TABLE item DROP CONSTRAINT uq_i", "m": "ALTER TABLE item DROP INDEX uq_i"},
)
case(
    "unique columns",
    "spm",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(sa.UniqueConstraint("qty", "price", name=U)),
    "~ unique item.uq_i: columns",
    on={"m": ("~ index item.uq_i: parts",)},
)
case(
    "unique renamed",
    "spm",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(sa.UniqueConstraint("qty", name="uq_j")),
    "> unique item.uq_i -> item.uq_j",
    on={"m": ("> index item.uq_i -> item.uq_j",)},
    alter={"p": "ALTER TABLE item RENAME CONSTRAINT uq_i TO uq_j", "m": "ALTER TABLE item RENAME INDEX uq_i TO uq_j"},
)
case(
    "unique given a name",
    "spm",
    lambda k: numbers(sa.UniqueConstraint("qty")),
    lambda k: numbers(sa.UniqueConstraint("qty", name="uq_j")),
    "> unique item.item_qty_key -> item.uq_j",
    on={"m": ("> index item.qty -> item.uq_j",), "s": ("> unique item.(qty) -> item.uq_j",)},
)
case(
    "unique deferrable",
    "p",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(sa.UniqueConstraint("qty", name=U, deferrable=True, initially="DEFERRED")),
    "~ unique item.uq_i: deferrable",
)
case(
    "unique nulls not distinct",
    "p",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(sa.UniqueConstraint("qty", name=U, postgresql_nulls_not_distinct=True)),
    "~ unique item.uq_i: nulls_not_distinct",
    since=15,
)
case(
    "unique include",
    "p",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(sa.UniqueConstraint("qty", name=U, postgresql_include=["price"])),
    "~ unique item.uq_i: include",
)
case(
    "unique conflict",
    "s",
    lambda k: numbers(sa.UniqueConstraint("qty", name=U)),
    lambda k: numbers(sa.UniqueConstraint("qty", name=U, sqlite_on_conflict="IGNORE")),
    "~ unique item.uq_i: options",
)


def fk(**options: object) -> sa.ForeignKeyConstraint:
    options.setdefault("name", "fk_i")
    return sa.ForeignKeyConstraint(["pid"], ["parent.id"], **options)  # type: ignore[arg-type]


def _other(metadata: sa.MetaData) -> None:
    sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True))


REFERENCES = "ALTER TABLE item ADD CONSTRAINT fk_i FOREIGN KEY (pid) REFERENCES parent (id)"
DROP = "ALTER TABLE item DROP CONSTRAINT fk_i;; "
case(
    "foreign key add",
    "spm",
    lambda k: numbers(),
    lambda k: numbers(fk()),
    "+ foreign_key item.fk_i",
    on={"m": ("+ foreign_key item.fk_i", "+ index item.fk_i")},
    alter={"m": REFERENCES, "p": f"{REFERENCES} NOT VALID;; ALTER TABLE item VALIDATE CONSTRAINT fk_i"},
)
case(
    "foreign key drop",
    "spm",
    lambda k: numbers(fk()),
    lambda k: numbers(),
    "- foreign_key item.fk_i",
    on={"m": ("- foreign_key item.fk_i", "- index item.fk_i")},
    alter={
        "p": "ALTER TABLE item DROP CONSTRAINT fk_i",
        "m": "ALTER TABLE item DROP FOREIGN KEY fk_i;; DROP INDEX fk_i ON item",
    },
)
case(
    "foreign key unnamed",
    "spm",
    lambda k: numbers(),
    lambda k: numbers(fk(name=None)),
    "+ foreign_key item.item_pid_fkey",
    on={"s": ("+ foreign_key item.(pid)",), "m": ("+ foreign_key item.item_ibfk_1", "+ index item.pid")},
)
case(
    "foreign key on delete",
    "spm",
    lambda k: numbers(fk()),
    lambda k: numbers(fk(ondelete="CASCADE")),
    "~ foreign_key item.fk_i: on_delete",
    alter={"p": f"{DROP}{REFERENCES} ON DELETE CASCADE", "m": f"{DROP}{REFERENCES} ON DELETE CASCADE"},
)
case(
    "foreign key on delete unnamed",
    "spm",
    lambda k: numbers(fk(name=None)),
    lambda k: numbers(fk(name=None, ondelete="SET NULL")),
    "~ foreign_key item.item_pid_fkey: on_delete",
    on={"s": ("~ foreign_key item.(pid): on_delete",), "m": ("~ foreign_key item.item_ibfk_1: on_delete",)},
)
case(
    "foreign key on update",
    "spm",
    lambda k: numbers(fk()),
    lambda k: numbers(fk(onupdate="CASCADE")),
    "~ foreign_key item.fk_i: on_update",
)
case(
    "foreign key deferrable",
    "sp",
    lambda k: numbers(fk()),
    lambda k: numbers(fk(deferrable=True, initially="DEFERRED")),
    "~ foreign_key item.fk_i: deferrable",
    alter={"p": "ALTER TABLE item ALTER CONSTRAINT fk_i DEFERRABLE INITIALLY DEFERRED"},
)
case(
    "foreign key match",
    "p",
    lambda k: numbers(fk()),
    lambda k: numbers(fk(match="FULL")),
    "~ foreign_key item.fk_i: match",
)
case(
    "foreign key to another table",
    "spm",
    lambda k: numbers(fk(), more=_other),
    lambda k: numbers(sa.ForeignKeyConstraint(["pid"], ["other.id"], name="fk_i"), more=_other),
    "~ foreign_key item.fk_i: table",
)
case(
    "foreign key not validated",
    "p",
    lambda k: numbers(fk()),
    lambda k: numbers(more=ddl(f"{REFERENCES} NOT VALID")),
    "~ foreign_key item.fk_i: options",
    alter={"p": f"{DROP}{REFERENCES} NOT VALID"},
)


def check(text: str, name: str | None = "ck_i") -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=name)


case(
    "check add",
    "spm",
    lambda k: numbers(),
    lambda k: numbers(check("qty > 0")),
    "+ check item.ck_i",
    alter={
        "m": "ALTER TABLE item ADD CONSTRAINT ck_i CHECK (qty > 0)",
        "p": "ALTER TABLE item ADD CONSTRAINT ck_i CHECK (qty > 0) NOT VALID;; "
        "ALTER TABLE item VALIDATE CONSTRAINT ck_i",
    },
)
case(
    "check drop",
    "spm",
    lambda k: numbers(check("qty > 0")),
    lambda k: numbers(),
    "- check item.ck_i",
    alter={"pm": "ALTER TABLE item DROP CONSTRAINT ck_i"},
)
case(
    "check text",
    "spm",
    lambda k: numbers(check("qty > 0")),
    lambda k: numbers(check("qty > -5")),
    "~ check item.ck_i: text",
)
case(
    "check text unnamed",
    "spm",
    lambda k: numbers(check("qty > 0", None)),
    lambda k: numbers(check("qty > -5", None)),
    "~ check item.item_qty_check: text",
    on={"s": ("- check item.(qty > 0)", "+ check item.(qty > -5)"), "m": ("~ check item.CONSTRAINT_1: text",)},
)
case(
    "check one of two unnamed",
    "spm",
    lambda k: numbers(check("qty > 0", None), check("qty < 9", None)),
    lambda k: numbers(check("qty < 9", None)),
    "- check item.item_qty_check",
    on={"s": ("- check item.(qty > 0)",), "m": ("- check item.CONSTRAINT_1",)},
    alter={
        "p": "ALTER TABLE item DROP CONSTRAINT item_qty_check",
        "m": "ALTER TABLE item DROP CONSTRAINT CONSTRAINT_1",
    },
)
case(
    "check renamed",
    "spm",
    lambda k: numbers(check("qty > 0")),
    lambda k: numbers(check("qty > 0", "ck_j")),
    "> check item.ck_i -> item.ck_j",
    alter={"p": "ALTER TABLE item RENAME CONSTRAINT ck_i TO ck_j"},
)
case(
    "check on the column",
    "spm",
    lambda k: model(x(sa.Integer)),
    lambda k: model(x(sa.Integer, sa.CheckConstraint("x > 0"))),
    "+ check item.item_x_check",
    on={"s": ("+ check item.(x > 0)",), "m": ("~ column item.x: options",)},
)
case(
    "check of an enum",
    "s",
    lambda k: model(x(sa.Enum("red", "green", name="color", create_constraint=True))),
    lambda k: model(x(sa.Enum("red", "blue", name="color", create_constraint=True))),
    "~ check item.color: text",
    "~ column item.x: type",
)
case(
    "check with quotes in it",
    "spm",
    lambda k: model(check("name <> 'it''s (a) \"b\" -- c'")),
    lambda k: model(check("name <> 'it''s (a) \"b\" /* d */'")),
    "~ check item.ck_i: text",
)
case(
    "check not inherited",
    "p",
    lambda k: numbers(check("qty > 0")),
    lambda k: numbers(more=ddl("ALTER TABLE item ADD CONSTRAINT ck_i CHECK (qty > 0) NO INHERIT")),
    "~ check item.ck_i: options",
)


def exclude(*pairs: tuple[str, str], **options: object) -> pg.ExcludeConstraint:
    return pg.ExcludeConstraint(*pairs, name="ex_i", using="btree", **options)  # type: ignore[arg-type]


case(
    "exclusion add",
    "p",
    lambda k: numbers(),
    lambda k: numbers(exclude(("qty", "="))),
    "+ exclusion item.ex_i",
    alter={"p": "ALTER TABLE item ADD CONSTRAINT ex_i EXCLUDE USING btree (qty WITH =)"},
)
case(
    "exclusion columns",
    "p",
    lambda k: numbers(exclude(("qty", "="))),
    lambda k: numbers(exclude(("qty", "="), ("price", "="))),
    "~ exclusion item.ex_i: text",
)
case(
    "exclusion where",
    "p",
    lambda k: numbers(exclude(("qty", "="))),
    lambda k: numbers(exclude(("qty", "="), where=sa.text("price > 0"))),
    "~ exclusion item.ex_i: text",
)
case(
    "constraint comment",
    "p",
    lambda k: numbers(check("qty > 0")),
    lambda k: numbers(check("qty > 0"), more=ddl("COMMENT ON CONSTRAINT ck_i ON item IS 'why'")),
    "~ check item.ck_i: comment",
    alter={"p": "COMMENT ON CONSTRAINT ck_i ON item IS 'why'"},
)
case(
    "check not enforced",
    "p",
    lambda k: numbers(check("qty > 0")),
    lambda k: numbers(more=ddl("ALTER TABLE item ADD CONSTRAINT ck_i CHECK (qty > 0) NOT ENFORCED")),
    "~ check item.ck_i: options",
    since=18,
)
case(
    "unique without overlaps",
    "p",
    lambda k: model(x(pg.INT4RANGE), sa.UniqueConstraint("id", "x", name=U)),
    lambda k: model(
        x(pg.INT4RANGE),
        more=ddl("CREATE EXTENSION btree_gist", "ALTER TABLE item ADD CONSTRAINT uq_i UNIQUE (id, x WITHOUT OVERLAPS)"),
    ),
    "+ extension btree_gist",
    "~ unique item.uq_i: columns",
    since=18,
)
