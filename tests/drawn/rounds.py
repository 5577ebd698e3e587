"""A pair of models, taken all the way: found, written, run, found no more, taken back, run again."""

import contextlib
import datetime
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_cmd_body
from alembic.runtime.migration import MigrationContext

from tests.compare.pictures import told
from tests.drawn.kinds import FAMILIES, literal
from tests.drawn.models import Col, Models, Pair, Tab, metadata_of, quoted
from tests.drawn.parts import column_before, kept_labels, table_before
from tests.drawn.pooled import pooled
from tests.operations.grounds import Ground
from tests.operations.rounds import Script
from whimbrel.backends.reflect import reflect
from whimbrel.commands.autogenerate import KEY, Comparator
from whimbrel.commands.decisions import CastQuestion, Decisions, FillQuestion, RenameQuestion, Reply
from whimbrel.commands.ownership import Ownership
from whimbrel.commands.remembered import Wanted
from whimbrel.commands.snapshots import Kept, owned_keys
from whimbrel.compare.changes import Comparison
from whimbrel.operations.rendering import write_faithfully
from whimbrel.snapshot import Snapshot
from whimbrel.snapshot.text import SnapshotFile

ROWS = 3
Row = dict[str, Any]
Held = dict[str, dict[int, Row]]


class Unmakeable(Exception):
    """The server itself refuses these models."""


@dataclass
class Person:
    """Somebody who answers whatever is asked, and is asked about no rename that was told already."""

    pair: Pair
    asked: set[str] = field(default_factory=set)

    def rename(self, question: RenameQuestion) -> Reply:
        return Reply.NONE

    def fill(self, question: FillQuestion) -> str:
        text = self._value(question.column)
        words = question.attempt(text)
        assert words is None, words
        return text

    def cast(self, question: CastQuestion) -> str:
        self.asked.add(question.column)
        text = self._value(question.column)
        words = question.attempt(text)
        assert words is None, (question, words)
        return text

    def _value(self, place: str) -> str:
        name, _, column = place.rpartition(".")
        models = self.pair.after
        table = models.table(name)
        col, was = table.column(column), column_before(self.pair, table, column)
        if was is not None and {was.kind, col.kind} == {"uuid", "uuid text"}:
            return f"replace({quoted(column, models.server)}, '-', '')"
        if was is not None and models.kind(col).family == "text" and not was.kind.startswith("enum"):
            # The text can be cast back.
            return literal(self.pair.before.kind(was).family, models.server, ROWS, was.kind)
        return value_in_sql(self.pair, models, col, ROWS)


def value_in_sql(pair: Pair, models: Models, col: Col, at: int) -> str:
    family = models.kind(col).family
    if family == "enum":
        labels = kept_labels(pair, col.kind.split(" ", 1)[1])
        return "'" + labels[at % len(labels)][1].replace("'", "''") + "'"
    return "'{}'" if family == "enums" else literal(family, models.server, at, col.kind)


def value_of(pair: Pair, col: Col, at: int) -> Any:
    """Return what a row has before the change."""
    family = pair.before.kind(col).family
    if family.startswith("enum"):
        labels = kept_labels(pair, col.kind.split(" ", 1)[1])
        label = labels[at % len(labels)][0]
        return label if family == "enum" else [label]
    return FAMILIES[family].value(at)


class DrawnRound:
    """One pair on its server; the steps are to be taken in their order."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.server = pair.before.server
        self.target, self.ideal = pooled(self.server, "target"), pooled(self.server, "ideal")
        self.person = Person(pair)
        self.scripts: list[Script] = []

    def run(self) -> None:
        """Go all the way."""
        before, after = metadata_of(self.pair.before), metadata_of(self.pair.after)
        wanted_after, schema_after = self._wanted(after)
        wanted_before, schema_before = self._wanted(before)
        first = self._written(before, self.target.emptied(), wanted_before, None)
        first.run(self.target, first.upgrade, before)
        self._stands(schema_before)
        self._is_settled(before, wanted_before)
        fill(self.target, self.pair, before)
        rows = held(self.target, self.pair.before)

        script = self._written(after, self.target, wanted_after, self.person)
        script.run(self.target, script.upgrade, after)
        self._stands(schema_after)
        self._is_settled(after, wanted_after)
        self._is_kept(rows, held(self.target, self.pair.after))
        script.run(self.target, script.downgrade, after)
        self._stands(schema_before)
        self._is_back(rows, held(self.target, self.pair.before))
        script.run(self.target, script.upgrade, after)
        self._stands(schema_after)

    def _wanted(self, metadata: sa.MetaData) -> tuple[Snapshot, str]:
        try:
            self.ideal.emptied().build(metadata)
        except sa.exc.DBAPIError as error:
            raise Unmakeable(str(error.orig)) from error
        return self.ideal.picture(), self.ideal.schema()

    def _stands(self, schema: str) -> None:
        """Compare schemas; what differs is the message."""
        here = self.target.schema()
        lines = difflib.unified_diff(schema.splitlines(), here.splitlines(), "wanted", "is there", lineterm="", n=0)
        assert here == schema, "\n".join(lines)

    def _is_settled(self, metadata: sa.MetaData, wanted: Snapshot) -> None:
        again = self._written(metadata, self.target, wanted, None)
        assert told(again.comparison.changes) == []
        self.scripts.pop()

    def _written(self, metadata: sa.MetaData, target: Ground, wanted: Snapshot, person: Person | None) -> Script:
        told_ = Decisions(mode="never", many_drops=True)
        if person is not None:
            told_ = Decisions(self.pair.renames, _values(self.pair), mode="never", many_drops=True)
        script = written(target, metadata, wanted, told_, person)
        self.scripts.append(script)
        return script

    def __str__(self) -> str:
        return "\n".join(f"{one.upgrade}\n---- back\n{one.downgrade}\n====" for one in self.scripts)

    # rows

    def _is_kept(self, before: Held, after: Held) -> None:
        for table, old, pairs in self._common():
            for tag, row in before[old.name].items():
                now = after[table.name][tag]
                for col, was in pairs:
                    self._same(row[was.name], now[col.name], was, col, table)

    def _is_back(self, before: Held, now: Held) -> None:
        for table, old, pairs in self._common():
            for tag, row in before[old.name].items():
                for col, was in pairs:
                    if self.pair.before.kind(was).family != "enum":
                        self._same(row[was.name], now[old.name][tag][was.name], was, col, table)

    def _common(self) -> Iterator[tuple[Tab, Tab, list[tuple[Col, Col]]]]:
        """Go over the tables that stay, with their columns that stay."""
        for table in self.pair.after.tables:
            old = table_before(self.pair, table)
            if old is None:
                continue
            found = [(col, column_before(self.pair, table, col.name)) for col in table.columns]
            yield (
                table,
                old,
                [(col, was) for col, was in found if was is not None and not (col.computed or was.computed)],
            )

    def _same(self, old: Any, new: Any, was: Col, col: Col, table: Tab) -> None:
        place = f"{table.name}.{col.name}"
        if place in self.person.asked:
            return
        if old is None:
            assert new is None or (was.nullable and not col.nullable), place
        elif was.kind.startswith("enum "):
            names = dict(kept_labels(self.pair, was.kind.split(" ", 1)[1]))
            assert new == names[old], place
        elif was.kind.startswith("enums "):
            names = dict(kept_labels(self.pair, was.kind.split(" ", 1)[1]))
            assert new == old or any(label in new for label in names.values()), place
        elif was.kind == col.kind:
            assert old == new, place
        else:
            assert _alike(old, new), (place, old, new)


def _values(pair: Pair) -> tuple[tuple[str, str, str], ...]:
    """Say renamed labels; on MariaDB they are those of a column."""
    if pair.before.server == "postgresql":
        return pair.values
    return tuple(
        (f"{table.name}.{col.name}", old, new)
        for enum, old, new in pair.values
        for table in pair.before.tables
        for col in table.columns
        if col.kind == f"enum {enum}" and pair.before.server == "mariadb" and _keeps_type(pair, table, col)
    )


def _keeps_type(pair: Pair, table: Tab, col: Col) -> bool:
    """Tell whether a column is still of its type; a generated one is not."""
    return any(
        table_before(pair, after) == table and column_before(pair, after, one.name) == col and one.kind == col.kind
        for after in pair.after.tables
        for one in after.columns
    )


def _alike(old: Any, new: Any) -> bool:
    """Tell whether a value may be another one, cast."""
    if new is None:
        return False
    if isinstance(old, datetime.date) and isinstance(new, datetime.date | str):
        return str(old)[:10] == str(new)[:10]
    with contextlib.suppress(ValueError, TypeError):
        return float(old) == float(new)
    return True


def fill(target: Ground, pair: Pair, metadata: sa.MetaData) -> None:
    """Put rows into all tables; keys that point somewhere point to the row of the same number."""
    off = {"postgresql": "SET LOCAL session_replication_role = replica", "mariadb": "SET FOREIGN_KEY_CHECKS = 0"}
    with target.engine.begin() as connection:
        sa.event.listen(connection, "before_cursor_execute", _overriding, retval=True)
        if target.kind in off:
            connection.exec_driver_sql(off[target.kind])
        for table in pair.before.tables:
            for at in range(1, ROWS + 1):
                connection.execute(metadata.tables[table.name].insert().values(_row(pair, table, at)))


def _overriding(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    if connection.dialect.name == "postgresql" and statement.startswith("INSERT"):
        statement = statement.replace(" VALUES (", " OVERRIDING SYSTEM VALUE VALUES (", 1)
    return statement, parameters


def _row(pair: Pair, table: Tab, at: int) -> Row:
    return {
        col.name: sa.null() if col.nullable and at == ROWS else value_of(pair, col, at)
        for col in table.columns
        if col.computed is None
    }


def held(target: Ground, models: Models) -> Held:
    """Read the rows as the driver gives them, by their tag."""
    with target.engine.connect() as connection:
        quote: Callable[[str], str] = connection.dialect.identifier_preparer.quote
        return {
            table.name: {
                row["tag"]: dict(row)
                for row in connection.exec_driver_sql(f"SELECT * FROM {quote(table.name)}").mappings()
            }
            for table in models.tables
        }


def written(
    target: Ground, metadata: sa.MetaData, wanted: Snapshot, decisions: Decisions, person: Person | None
) -> Script:
    """Write the script that makes a database what the models want."""

    @contextlib.contextmanager
    def on_scratch(*_: Any) -> Iterator[Wanted]:
        yield Wanted(wanted, wanted)

    def files(_: str, found: Snapshot) -> Kept:
        return Kept(Path(), "", SnapshotFile(found.kind, found.version, ()), frozenset())

    def owned(_: str, found: Snapshot, kept: Kept) -> Ownership:
        return Ownership({key for whole in found.objects for key in owned_keys(whole)}, list)

    who = {} if person is None else {"questioner": person}
    comparator = Comparator(on_scratch, files, owned, decisions, **who)  # type: ignore[arg-type]
    with target.engine.connect() as connection:
        options = {"target_metadata": metadata, KEY: comparator, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        write_faithfully(context)
        script = produce_migrations(context, metadata)
        assert comparator.open == []
        unused = {flag: why for flag, why in comparator.flags.items() if why}
        assert not unused
        how = {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "render_as_batch": True}
        writing = AutogenContext(context, opts=context.opts | how | {"user_module_prefix": None})
        upgrade, downgrade = (_render_cmd_body(ops, writing) for ops in (script.upgrade_ops, script.downgrade_ops))
    (seen,) = comparator.seen.values()
    return Script(seen.comparison, upgrade, downgrade, frozenset(writing.imports))


__all__ = ["Comparison", "DrawnRound", "Unmakeable", "reflect"]
