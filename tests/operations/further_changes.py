"""Changes of models that go beyond one fact, for SQLite and PostgreSQL, as data."""

import sqlalchemy as sa

from tests.compare.cases.model import ddl, model, numbers, x
from tests.operations.rounds import Change

EACH = ("sqlite", "postgresql")
SQLITE, POSTGRESQL = ("sqlite",), ("postgresql",)
RENAMED = {"item.x": "item.y"}


def _y(*args: object, **options: object) -> sa.Column[object]:
    return sa.Column("y", *args, **options)  # type: ignore[arg-type]


def _color(*labels: str, **options: object) -> sa.Column[object]:
    return x(sa.Enum(*labels, name="color"), **options)


def _chosen(text: str, **options: object) -> sa.MetaData:
    return numbers(x(sa.Integer, sa.Computed(text, persisted=True), **options))


def _told(*texts: str) -> sa.MetaData:
    """Make a model, and change its tables by statements."""
    return numbers(more=ddl(*texts))


def _parted(*texts: str) -> sa.MetaData:
    """Make a partitioned table whose partition is named so that it comes first, and change it."""
    return model(more=ddl(
        "CREATE TABLE ev (id integer NOT NULL, at date NOT NULL, x integer DEFAULT 1) PARTITION BY RANGE (at)",
        "CREATE TABLE e_1 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        *texts,
    ))  # fmt: skip


_KEY = "ALTER TABLE item ADD CONSTRAINT fk_i FOREIGN KEY (pid) REFERENCES parent (id)"
_RULE = "ALTER TABLE item ADD CONSTRAINT ck_i CHECK (qty > 0)"
_FIRED = (
    "CREATE FUNCTION tf() RETURNS trigger AS 'BEGIN RETURN NEW; END' LANGUAGE plpgsql",
    "CREATE TRIGGER tr BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION tf()",
)


def _plain(*parts: sa.schema.SchemaItem, **options: object) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), *parts, **options)  # type: ignore[arg-type]
    return metadata


def _third(*texts: str) -> sa.MetaData:
    """Make a table more, and change it by statements."""
    return numbers(
        more=lambda m: (
            sa.Table("third", m, sa.Column("id", sa.Integer, primary_key=True), sa.Column("pid", sa.Integer)),
            ddl(*texts)(m),
        )
    )


_BEYOND = (
    "ALTER TABLE third ADD x integer DEFAULT 3, ADD UNIQUE (pid, x), ADD CHECK (x > 0)",
    "ALTER TABLE third ADD CONSTRAINT fk_t FOREIGN KEY (pid) REFERENCES parent (id) NOT VALID",
    "ALTER TABLE third ADD CONSTRAINT ck_t CHECK (pid > 0) NOT VALID",
    "ALTER TABLE third ADD CONSTRAINT ck_u CHECK (pid > -1) NO INHERIT",
    "CREATE INDEX ix_t ON third (x DESC)",
)


def _log(*, is_parted: bool, numbered: object = None) -> sa.MetaData:
    """Make a table that much hangs on, partitioned or not."""
    metadata = sa.MetaData()
    numbers_ = [] if numbered is None else [numbered]
    log = sa.Table(
        "log",
        metadata,
        sa.Column("id", sa.Integer, *numbers_, primary_key=True),  # type: ignore[arg-type]
        sa.Column("at", sa.Date, nullable=False, index=True),
        sa.Column("up", sa.Integer, nullable=False),
        sa.Column("twice", sa.Integer, sa.Computed("up * 2", persisted=True), comment="it's"),
        sa.CheckConstraint("up > 0", name="ck_up"),
        sa.ForeignKeyConstraint(["up"], ["owner.id"], name="fk_up"),
        comment="what was done",
        **({"postgresql_partition_by": "RANGE (id)"} if is_parted else {}),
    )
    sa.Table("owner", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    sa.Table("note", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("log", sa.ForeignKey(log.c.id)))
    parts = ("CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (2)",
             "CREATE TABLE log_2 PARTITION OF log DEFAULT PARTITION BY RANGE (id)",
             "CREATE TABLE log_3 PARTITION OF log_2 FOR VALUES FROM (2) TO (100)")  # fmt: skip
    ddl(*(parts if is_parted else ()), *_FIRED[:1], _FIRED[1].replace("item", "log"),
        "ALTER TABLE log ENABLE ROW LEVEL SECURITY", "CREATE POLICY po ON log USING (up > 0)",
        "CREATE VIEW v AS SELECT id, twice FROM log", "CREATE STATISTICS st ON at, up FROM log",
        "CREATE RULE r AS ON DELETE TO log DO ALSO NOTHING")(metadata)  # fmt: skip
    return metadata


def _by_convention(**options: object) -> sa.MetaData:
    """Make a table whose key is named by a convention, unless SQLAlchemy writes it into the column."""
    metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})
    sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), **options)  # type: ignore[arg-type]
    return metadata


def _ruled(convention: dict[str, str] | None = None, *, more: str = "") -> sa.MetaData:
    """Make a table whose rules have names by a convention, or none."""
    metadata = sa.MetaData(naming_convention=convention)
    sa.Table("owner", metadata, sa.Column("id", sa.Integer, primary_key=True))
    rules = (
        sa.UniqueConstraint("up", "note"),
        sa.ForeignKeyConstraint(["up"], ["owner.id"], ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("note <> 'a:b'", name="note" if convention else None),
    )
    columns = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("up", sa.Integer), sa.Column("note", sa.String))
    sa.Table("item", metadata, *columns, *rules)
    return metadata


_NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

CHANGES = [
    Change("rules have names by a convention", SQLITE, lambda k: _ruled(), lambda k: _ruled(_NAMES),
           rows={"owner": [{"id": 1}], "item": [{"id": 3, "up": 1, "note": "x"}]}),
    Change("column with a check of its own added", EACH, lambda k: model(),
           lambda k: model(x(sa.Integer, sa.CheckConstraint("x > 0 AND x <> 3"))),
           rows={"item": [{"name": "a"}]}),
    Change("table with a check on a column added", EACH, lambda k: model(),
           lambda k: model(more=lambda m: sa.Table("third", m, x(sa.Integer, sa.CheckConstraint("x > 0", name="ck"))))),
    Change("table added with an index by an event", EACH, lambda k: model(),
           lambda k: model(more=lambda m: (sa.Table("third", m, x(sa.Integer)),
                                           ddl("CREATE INDEX by_event ON third (x DESC)")(m)))),
    Change("named key counts and has no name any more", SQLITE, lambda k: _by_convention(),
           lambda k: _by_convention(sqlite_autoincrement=True), rows={"item": [{"id": 3}]}),
    Change("counting key has a name again", SQLITE, lambda k: _by_convention(sqlite_autoincrement=True),
           lambda k: _by_convention(), rows={"item": [{"id": 3}]}),
    *(
        Change(
            f"{named} table {word}",
            POSTGRESQL,
            lambda k, is_parted=is_parted, number=number: _log(is_parted=not is_parted, numbered=number),
            lambda k, is_parted=is_parted, number=number: _log(is_parted=is_parted, numbered=number),
            rows={"log": [{"id": 1, "up": 1}, {"id": 5, "up": 2}], "note": [{"log": 5}]},
            lost=frozenset() if is_parted else frozenset({"log_1", "log_2", "log_3"}),  # their rows are in `log`
        )
        for is_parted, word in ((True, "becomes partitioned"), (False, "becomes plain"))
        for named, number in (("numbered", None), ("self-numbered", sa.Identity(start=10)))
    ),
    Change(
        "foreign key validated",
        POSTGRESQL,
        lambda k: _told(f"{_KEY} NOT VALID"),
        lambda k: _told(_KEY),
        rows={"item": [{"pid": None}]},
        says=("VALIDATE CONSTRAINT fk_i",),
    ),
    Change(
        "check validated",
        POSTGRESQL,
        lambda k: _told(f"{_RULE} NOT VALID"),
        lambda k: _told(_RULE),
        says=("VALIDATE CONSTRAINT ck_i",),
    ),
    Change("check neither validated nor inherited", POSTGRESQL, lambda k: _told(),
           lambda k: _told(f"{_RULE} NO INHERIT NOT VALID")),
    Change("check not validated added", POSTGRESQL, lambda k: _told(), lambda k: _told(f"{_RULE} NOT VALID"),
           says=("postgresql_not_valid=True",)),
    Change("foreign key not validated added", POSTGRESQL, lambda k: _told(), lambda k: _told(f"{_KEY} NOT VALID"),
           says=("create_foreign_key", "postgresql_not_valid=True")),
    Change(
        "trigger of a replica added",
        POSTGRESQL,
        lambda k: _told(),
        lambda k: _told(*_FIRED, "ALTER TABLE item ENABLE REPLICA TRIGGER tr"),
    ),
    Change(
        "trigger fires again",
        POSTGRESQL,
        lambda k: _told(*_FIRED, "ALTER TABLE item DISABLE TRIGGER tr"),
        lambda k: _told(*_FIRED, "ALTER TABLE item ENABLE ALWAYS TRIGGER tr"),
    ),
    Change("new table with what only statements say of it", POSTGRESQL, lambda k: _told(), lambda k: _third(*_BEYOND)),
    Change(
        "table with what only statements say of it goes",
        POSTGRESQL,
        lambda k: _third(*_BEYOND),
        lambda k: _told(),
        lost=frozenset({"third"}),
    ),
    Change(
        "default of a partition's column",
        POSTGRESQL,
        lambda k: _parted(),
        lambda k: _parted("ALTER TABLE e_1 ALTER x SET DEFAULT 2"),
    ),
    Change(
        "type of a column that a partition has with its own default",
        POSTGRESQL,
        lambda k: _parted("ALTER TABLE e_1 ALTER x SET DEFAULT 2"),
        lambda k: _parted("ALTER TABLE ev ALTER x TYPE bigint", "ALTER TABLE e_1 ALTER x SET DEFAULT 2"),
    ),
    Change(
        "default of a column that a partition has with its own",
        POSTGRESQL,
        lambda k: _parted("ALTER TABLE e_1 ALTER x SET DEFAULT 2"),
        lambda k: _parted("ALTER TABLE ev ALTER x SET DEFAULT 5", "ALTER TABLE e_1 ALTER x SET DEFAULT 2"),
    ),
    Change(
        "column that a partition has with its own default goes",
        POSTGRESQL,
        lambda k: _parted("ALTER TABLE e_1 ALTER x SET DEFAULT 2"),
        lambda k: _parted("ALTER TABLE ev DROP x"),
    ),
    Change(
        "one of three unnamed checks goes",
        POSTGRESQL,
        lambda k: numbers(*(sa.CheckConstraint(f"qty <> {at}") for at in (3, 1, 2))),
        lambda k: numbers(*(sa.CheckConstraint(f"qty <> {at}") for at in (1, 2))),
        rows={"item": [{"qty": 7}]},
    ),
    Change(
        "column renamed with its index",
        EACH,
        lambda k: model(x(sa.String(20), index=True)),
        lambda k: model(_y(sa.String(20), index=True)),
        renames=RENAMED,
    ),
    Change(
        "CHECK of a boolean added",
        EACH,
        lambda k: model(),
        lambda k: model(x(sa.Boolean(create_constraint=True, name="ck_x"))),
    ),
    Change("computed made plain", EACH, lambda k: _chosen("qty + 1"), lambda k: numbers(x(sa.Integer))),
    Change(
        "computed under an index changed",
        EACH,
        lambda k: _chosen("qty + 1", index=True),
        lambda k: _chosen("qty + 2", index=True),
    ),
    Change(
        "VIRTUAL made STORED",
        SQLITE,
        lambda k: numbers(x(sa.Integer, sa.Computed("qty + 1", persisted=False))),
        lambda k: numbers(x(sa.Integer, sa.Computed("qty + 1", persisted=True))),
    ),
    Change(
        "column of a table without row numbers computed from now on, and out of its key",
        SQLITE,
        lambda k: model(sa.Column("qty", sa.Integer, nullable=False), x(sa.Integer, primary_key=True),
                        sqlite_with_rowid=False),
        lambda k: model(sa.Column("qty", sa.Integer, nullable=False), x(sa.Integer, sa.Computed("qty + 1")),
                        sqlite_with_rowid=False),
    ),
    Change(
        "key of a table without row numbers computed from now on",
        SQLITE,
        lambda k: model(sa.Column("id", sa.Integer), ident=x(sa.Integer, primary_key=True), sqlite_with_rowid=False),
        lambda k: model(sa.Column("id", sa.Integer, primary_key=True), ident=x(sa.Integer, sa.Computed("id + 1")),
                        sqlite_with_rowid=False),
        rows={"item": [{"id": 1, "x": 1}, {"id": 2, "x": 2}]},
    ),
    Change(
        "column of a table without row numbers out of its key and gone",
        SQLITE,
        lambda k: model(x(sa.Integer, primary_key=True), sqlite_with_rowid=False),
        lambda k: model(sqlite_with_rowid=False),
        lost=frozenset({"item.x"}),
    ),
    Change(
        "types that no strict table has, in one that is strict no more",
        SQLITE,
        lambda k: _plain(x(sa.Text), sqlite_strict=True),
        lambda k: _plain(x(sa.Numeric)),
        rows={"item": [{"x": "1"}, {"x": "2"}]},
    ),
    Change(
        "NOT NULL on conflict",
        SQLITE,
        lambda k: model(x(sa.Integer, server_default="1")),
        lambda k: model(x(sa.Integer, nullable=False, sqlite_on_conflict_not_null="REPLACE", server_default="1")),
        fills={"item.x": "1"},
    ),
    Change(
        "value of an enumeration held as text renamed",
        SQLITE,
        lambda k: model(_color("red", "green", server_default="green")),
        lambda k: model(_color("red", "lime", server_default="lime")),
        rows={"item": [{"x": "red"}, {"x": "green"}]},
        renames={"item.x:green": "lime"},
        says=("UPDATE item SET x = CASE x WHEN",),
    ),
    Change(
        "enumeration under a CHECK and an index reordered",
        POSTGRESQL,
        lambda k: model(_color("red", "green"), sa.CheckConstraint("x <> 'green' OR id > 0", name="ck_x"),
                        sa.Index("ix_x", "id", postgresql_where=sa.text("x = 'red'"))),
        lambda k: model(_color("green", "red"), sa.CheckConstraint("x <> 'green' OR id > 0", name="ck_x"),
                        sa.Index("ix_x", "id", postgresql_where=sa.text("x = 'red'"))),
        rows={"item": [{"x": "red"}, {"x": "red"}]},
    ),
    Change(
        "type under a computed column",
        POSTGRESQL,
        lambda k: numbers(x(sa.Integer, sa.Computed("qty * 2", persisted=True))),
        lambda k: model(sa.Column("qty", sa.BigInteger), sa.Column("price", sa.Integer), sa.Column("pid", sa.Integer),
                        x(sa.Integer, sa.Computed("qty * 2", persisted=True))),
    ),
    Change(
        "sequence lifted over where it stands",
        POSTGRESQL,
        lambda k: model(more=lambda m: sa.Sequence("my_seq", metadata=m)),
        lambda k: model(more=lambda m: sa.Sequence("my_seq", start=5, minvalue=5, metadata=m)),
    ),
    Change(
        "sequence turned round",
        POSTGRESQL,
        lambda k: model(more=lambda m: sa.Sequence("my_seq", metadata=m)),
        lambda k: model(more=lambda m: sa.Sequence("my_seq", start=-1, increment=-1, metadata=m)),
    ),
    Change(
        "composite type changed",
        POSTGRESQL,
        lambda k: model(more=ddl("CREATE TYPE addr AS (street text, no int)")),
        lambda k: model(more=ddl("CREATE TYPE addr AS (street text, no bigint, zip text)")),
    ),
    Change(
        "rule added",
        POSTGRESQL,
        lambda k: model(),
        lambda k: model(more=ddl("CREATE RULE r1 AS ON DELETE TO item DO INSTEAD NOTHING")),
    ),
]  # fmt: skip
