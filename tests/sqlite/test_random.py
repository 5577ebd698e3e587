"""Random tables and random batches: the facts afterwards are those that were asked for, and the rows are there.

What is expected is written down by a small model of its own, which knows nothing of the stored text.
"""

import copy
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sqlite.bench import Bench
from whimbrel.backends.sqlite.parse import parse_table

NAMES = ["a", "b", "Camel", "with space", 'quo"te', "order", "é", "end"]
NEW = ["n1", "n2", "select", "a b c"]
TYPES = {"INTEGER": sa.Integer(), "TEXT": sa.Text(), "VARCHAR(9)": sa.String(9), "BIGINT": sa.BigInteger()}
ROWS = 4


def q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Col:
    name: str
    type: str
    values: list[Any]
    not_null: bool = False
    default: str | None = None
    collate: bool = False
    check: bool = False
    unique: bool = False
    batch: int = -1  # the one that adds it

    @property
    def is_number(self) -> bool:
        return "INT" in self.type

    def text(self) -> str:
        parts = [q(self.name), self.type]
        parts += ["COLLATE NOCASE"] if self.collate else []
        parts += [f"DEFAULT {self.default}"] if self.default else []
        parts += ["NOT NULL"] if self.not_null else []
        parts += [f"CHECK ({q(self.name)} <> -5)"] if self.check else []
        parts += ["UNIQUE"] if self.unique else []
        return " ".join(parts)


@dataclass
class Model:
    columns: list[Col]
    rules: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    indexes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    counting: bool = False
    strict: bool = False

    def create(self) -> str:
        items = ["id INTEGER PRIMARY KEY" + " AUTOINCREMENT" * self.counting, *(c.text() for c in self.columns)]
        for kind, name, columns in self.rules:
            label = f"CONSTRAINT {q(name)} " if name else ""
            listed = ", ".join(q(column) for column in columns)
            said = {
                "unique": f"UNIQUE ({listed})",
                "check": f"CHECK ({' <> '.join(q(c) for c in columns)} OR 1)",
                "fk": f"FOREIGN KEY ({listed}) REFERENCES owner (id) ON DELETE CASCADE",
            }[kind]
            items.append(f"{label}{said}")
        between = ", -- c, (\n "
        return f"CREATE TABLE t ({between.join(items)}\n)"

    def used_with_others(self, name: str) -> bool:
        many = [columns for _, _, columns in self.rules if len(columns) > 1] + [
            c for _, c in self.indexes if len(c) > 1
        ]
        return any(name in columns for columns in many)

    def col(self, name: str) -> Col:
        return next(column for column in self.columns if column.name == name)


@st.composite
def tables(draw: st.DrawFn) -> Model:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6, unique=True))
    columns = []
    for at, name in enumerate(names):
        kind = draw(st.sampled_from(sorted(TYPES)))
        column = Col(name, kind, [])
        column.not_null, column.collate, column.check, column.unique = (draw(st.booleans()) for _ in range(4))
        number = column.is_number
        column.default = draw(
            st.sampled_from([None, "7" if number else "'it''s'", "(1 + 2)" if number else "(lower('X'))"])
        )
        empty = draw(st.integers(0, ROWS)) if not column.not_null else ROWS
        column.values = [(i + 1 if number else f"v{at}{i}") if i < empty else None for i in range(ROWS)]
        columns.append(column)
    model = Model(columns, counting=draw(st.booleans()))
    for kind in draw(st.lists(st.sampled_from(["unique", "check", "fk", "index", "index2"]), max_size=4)):
        picked = tuple(draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)))
        name = draw(st.sampled_from(["", f"{kind}_{len(model.rules)}"]))
        if kind == "fk":
            numbers = [column.name for column in columns if column.is_number and (kind, column.name) not in model.rules]
            model.rules += [(kind, name, (numbers[0],))] if numbers else []
        elif kind.startswith("index"):
            model.indexes.append((f"ix{len(model.indexes)}", picked[: len(kind) - 4]))
        else:
            model.rules.append((kind, name, picked))
    return model


Ask = Callable[[Any], Any]


def ask(draw: st.DrawFn, model: Model, number: int) -> Ask | None:
    """Draw one operation, and make it true in the model."""
    kind = draw(
        st.sampled_from(["add", "drop", "rename", "longer", "null", "default", "unique", "check", "fk", "drop rule"])
    )
    column = draw(st.sampled_from(model.columns)) if model.columns else None
    taken = {c.name.lower() for c in model.columns}
    free = [name for name in NEW if name.lower() not in taken]
    if kind == "add" and free:
        return _add(draw, model, free[0], number // 10)
    if column is None:
        return None
    name = column.name
    if kind == "drop" and len(model.columns) > 1 and not model.used_with_others(name):
        return _drop(model, column)
    if kind == "rename" and free:
        return _rename(model, column, free[0])
    if kind == "longer":
        column.type = "BIGINT" if column.is_number else "TEXT"
        type_ = TYPES[column.type]
        return lambda b: b.alter_column(name, type_=type_)
    if kind == "null" and (column.not_null or None not in column.values):
        column.not_null = not column.not_null
        nullable = not column.not_null
        return lambda b: b.alter_column(name, nullable=nullable)
    if kind == "default":
        return _default(draw, column, number // 10)
    return _rule(draw, model, column, kind, f"new_{number}")


def _default(draw: st.DrawFn, column: Col, batch: int) -> Ask:
    name, text = column.name, draw(st.sampled_from([None, "99"]))
    column.default = f"'{text}'" if text else None
    if text and column.batch == batch and column.values == [None] * ROWS:
        column.values = [int(text) if column.is_number else text] * ROWS  # Alembic gives rows the last one too
    return lambda b: b.alter_column(name, server_default=text)


def _add(draw: st.DrawFn, model: Model, name: str, batch: int) -> Ask:
    kind = draw(st.sampled_from(sorted(TYPES)))
    default = draw(st.sampled_from([None, "55"]))
    column = Col(name, kind, [], default=f"'{default}'" if default else None, not_null=default is not None)
    column.batch = batch
    column.values = [(int(default) if column.is_number else default) if default else None] * ROWS
    place = draw(st.sampled_from([None, *model.columns]))
    before = place.name if place is not None else None
    model.columns.insert(model.columns.index(place) if place is not None else len(model.columns), column)
    made = sa.Column(name, TYPES[kind], server_default=default, nullable=default is None)
    where = {} if before is None else {"insert_before": before}
    return lambda b: b.add_column(made, **where)


def _drop(model: Model, column: Col) -> Ask:
    name = column.name
    model.columns.remove(column)
    model.rules = [rule for rule in model.rules if rule[2] != (name,)]
    model.indexes = [index for index in model.indexes if index[1] != (name,)]
    return lambda b: b.drop_column(name)


def _rename(model: Model, column: Col, new: str) -> Ask:
    old, column.name = column.name, new
    model.rules = [(kind, name, tuple(new if c == old else c for c in cols)) for kind, name, cols in model.rules]
    model.indexes = [(name, tuple(new if c == old else c for c in columns)) for name, columns in model.indexes]
    return lambda b: b.alter_column(old, new_column_name=new)


def _rule(draw: st.DrawFn, model: Model, column: Col, kind: str, name: str) -> Ask | None:
    columns = (column.name,)
    filled = [value for value in column.values if value is not None]
    if kind == "unique" and len(set(filled)) == len(filled):
        model.rules.append((kind, name, columns))
        return lambda b: b.create_unique_constraint(name, list(columns))
    if kind == "check":
        model.rules.append(("check", name, columns))
        return lambda b: b.create_check_constraint(name, f"{q(columns[0])} OR 1")
    if kind == "fk" and column.is_number and all(value <= ROWS for value in filled):
        model.rules.append((kind, name, columns))
        return lambda b: b.create_foreign_key(name, "owner", list(columns), ["id"], ondelete="CASCADE")
    named = [rule for rule in model.rules if rule[1]]
    if kind == "drop rule" and named:
        rule = draw(st.sampled_from(named))
        model.rules.remove(rule)
        return lambda b: b.drop_constraint(rule[1])
    return None


@st.composite
def batches(draw: st.DrawFn) -> tuple[Model, Model, list[list[Ask]]]:
    before = draw(tables())
    model = copy.deepcopy(before)
    asked = [
        [ask(draw, model, 10 * n + i) for i in range(draw(st.integers(1, 4)))] for n in range(draw(st.integers(1, 3)))
    ]
    return before, model, [[one for one in batch if one is not None] for batch in asked]


def facts(text: str) -> Any:
    return parse_table(text)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(batches(), st.booleans(), st.sampled_from(["auto", "always"]))
def test_random_batches_end_where_they_should(
    case: tuple[Model, Model, list[list[Ask]]], foreign_keys: bool, recreate: str
) -> None:
    before, after, asked = case
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "a.db", foreign_keys=foreign_keys).make(_setting(before))
        others = {name: text for name, text in bench.objects().items() if name in ("kid", "owner", "fired")}

        def script(batch: list[Ask]) -> Callable[[], None]:
            def run() -> None:
                with op.batch_alter_table("t", recreate=recreate) as given:
                    for one in batch:
                        one(given)

            return run

        bench.upgrade(*(script(batch) for batch in asked))
        assert facts(bench.text("t")) == facts(after.create()), bench.text("t")
        listed = ", ".join(q(column.name) for column in after.columns)
        expected = [tuple(column.values[row] for column in after.columns) for row in range(ROWS)]
        assert bench.rows(f"SELECT {listed} FROM t ORDER BY id") == expected
        assert bench.rows("SELECT * FROM kid") == [(1,), (2,)]
        assert {name: bench.text(name) for name in others} == others
        indexes = {row[0] for row in bench.rows("SELECT name FROM pragma_index_list('t') WHERE origin = 'c'")}
        assert indexes == {name for name, _ in after.indexes}


def _setting(model: Model) -> str:
    columns = ", ".join(q(column.name) for column in model.columns)
    rows = []
    for row in range(ROWS):
        values = [repr(c.values[row]) if c.values[row] is not None else "NULL" for c in model.columns]
        rows.append(f"({row + 1}, {', '.join(values)})")
    indexes = [f"CREATE INDEX {n} ON t ({', '.join(q(c) for c in cs)} DESC) WHERE id > 0;" for n, cs in model.indexes]
    return "".join(
        [
            "CREATE TABLE owner (id INTEGER PRIMARY KEY);",
            *(f"INSERT INTO owner VALUES ({number + 1});" for number in range(ROWS)),
            f"{model.create()};",
            "CREATE TABLE kid (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE); INSERT INTO kid VALUES (1), (2);",
            "CREATE TRIGGER fired AFTER DELETE ON t BEGIN DELETE FROM kid WHERE t_id = old.id; END;",
            *indexes,
            f"INSERT INTO t (id, {columns}) VALUES {', '.join(rows)};",
        ]
    )
