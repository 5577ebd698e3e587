"""Questions about rows: what a column that becomes NOT NULL gets, and how a value becomes one of another type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, column
from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.backends.trials import Cast, Trials, trials_for
from whimbrel.commands.decisions import CastQuestion, Decisions, FillQuestion, Leave, Questioner
from whimbrel.commands.names import Names
from whimbrel.commands.rows import count_rows, locks_let_go
from whimbrel.commands.undecided import OpenCast, OpenFill
from whimbrel.compare.changes import Added, Altered, Change, Comparison, Renamed
from whimbrel.snapshot import Column, Domain, Enum, Key, Snapshot, Table, Whole

Place = tuple[str, str, str]

# So many of the values that cannot be cast are shown, and looked for in tables of up to so many rows.
_SHOWN = 5
_LOOKED_THROUGH = 200_000


@dataclass(frozen=True, slots=True)
class Settled:
    """The answers.

    Attributes:
        comparison: What differs, without the NOT NULL that somebody puts off.
        fills: For each column that has to be NOT NULL, the SQL expression for rows without a value.
        casts: For each type change, how old values become new ones, where it was told.
        defaulted: The new columns whose fill is the model's default, which nobody was asked about.
        open: What nobody could be asked about.
        put_off: The columns that stay nullable for now.
    """

    comparison: Comparison
    fills: Mapping[Place, str] = field(default_factory=dict)
    casts: Mapping[Place, str] = field(default_factory=dict)
    defaulted: frozenset[Place] = frozenset()
    open: tuple[OpenFill | OpenCast, ...] = ()
    put_off: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows as they are, for a comparison that speaks of them by their new names.

    Attributes:
        connection: To the database.
        found: What it is.
        comparison: What differs.
        wanted: What it is to be.
        elsewhere: What is only to be made, by others than us.
        names: The names of the found side.
        trials: What its server can say of values.
    """

    connection: Connection
    found: Snapshot
    comparison: Comparison
    wanted: Snapshot
    elsewhere: frozenset[Key] = frozenset()
    names: Names = field(init=False)
    trials: Trials = field(init=False)
    _tables: dict[tuple[str, str], Key] = field(init=False)
    _columns: dict[Place, str] = field(init=False)

    def __post_init__(self) -> None:
        """Find out how things are called now."""
        renamed = [one for one in self.comparison.changes if isinstance(one, Renamed)]
        tables = {one.to.owner: one.key for one in renamed if one.key.kind == "table"}
        columns = {(*one.to.owner, one.to.part): one.key.part for one in renamed if one.key.kind == "column"}
        object.__setattr__(self, "names", Names(self.found))
        object.__setattr__(self, "trials", trials_for(self.found, self.wanted))
        object.__setattr__(self, "_tables", tables)
        object.__setattr__(self, "_columns", columns)

    def table(self, key: Key) -> Table | None:
        """Return the table that a changed column is in, as it is."""
        now = self._tables.get(key.owner, Key("table", key.schema, key.name))
        return self.found.table(now.name, now.schema)

    def column(self, key: Key) -> str:
        """Return what a column is called now."""
        return self._columns.get((*key.owner, key.part), key.part)

    def without_value(self, key: Key, *, is_new: bool) -> int:
        """Count the rows that have no value for a column; all of them where it is new."""
        table = self.table(key)
        if table is None:
            return 0
        condition = None if is_new else column(self.column(key)).is_(None)
        return count_rows(self.connection, table.key, self.names, condition) or 0

    def types(self) -> tuple[Whole, ...]:
        """List the types that are made or changed."""
        return tuple(
            one
            for one in self.wanted.objects
            if isinstance(one, Enum | Domain) and self.found.by_key.get(one.key) != one
        )

    def refused(self, statement: str) -> str | None:
        """Run a query; return the server's words if it fails."""
        try:
            with locks_let_go(self.connection):
                self._run(statement)
        except DBAPIError as error:
            return backend_for(self.connection.dialect.name).trouble(error).words
        return None

    def refused_cast(self, cast: Cast) -> str | None:
        """Try a cast; return the server's words if it fails."""
        try:
            with locks_let_go(self.connection):
                try:
                    ready = self.trials.prepared(self.connection, cast)
                except DBAPIError:  # without the right to make temporary types nobody can tell
                    return None
                statement = self.trials.cast(ready)
                return self.trials.words(self._run(statement)) if statement is not None else None
        except DBAPIError as error:
            return backend_for(self.connection.dialect.name).trouble(error).words

    def failing(self, cast: Cast) -> tuple[tuple[str, int], ...]:
        """Return values that cannot be cast, as far as the server tells."""
        rows = count_rows(self.connection, cast.table, self.names)
        if rows is None or rows > _LOOKED_THROUGH:
            return ()
        try:
            with locks_let_go(self.connection):
                return self.trials.failing(self.connection, self.trials.prepared(self.connection, cast), _SHOWN)
        except DBAPIError:  # without the right to make temporary functions
            return ()

    def _run(self, statement: str) -> Sequence[Any]:
        return self.connection.exec_driver_sql(statement, execution_options={"no_parameters": True}).fetchall()


def settle(rows: Rows, models: Mapping[tuple[str, str], Any], decisions: Decisions, questioner: Questioner) -> Settled:
    """Settle what becomes of the rows.

    Args:
        rows: The rows as they are.
        models: The models' tables, for their defaults.
        decisions: The flags.
        questioner: Asks a person.
    """
    fills: dict[Place, str] = {}
    casts: dict[Place, str] = {}
    open_: list[OpenFill | OpenCast] = []
    put_off: set[Key] = set()
    defaulted: set[Place] = set()
    for change in rows.comparison.changes:
        place = (change.key.schema, change.key.name, change.key.part)
        for answers, answer in _answers(rows, change, models.get(change.key.owner), decisions, questioner):
            if isinstance(answer, OpenFill) and answer.is_new and answer.offer is not None:
                fills[place] = answer.offer  # what the app itself gives each row that it adds
                defaulted.add(place)
            elif isinstance(answer, OpenFill | OpenCast):
                open_.append(answer)
            elif answer is Leave.NULLABLE:
                put_off.add(change.key)
            elif answer is not None:
                (fills if answers == "fill" else casts)[place] = answer
    changes = tuple(one for change in rows.comparison.changes for one in _without_not_null(change, put_off))
    return Settled(
        replace(rows.comparison, changes=changes), fills, casts, frozenset(defaulted), tuple(open_), frozenset(put_off)
    )


def _answers(
    rows: Rows, change: Change, model: Any, decisions: Decisions, questioner: Questioner
) -> Iterator[tuple[str, str | Leave | OpenFill | OpenCast | None]]:
    if isinstance(change, Added | Altered) and _needs_fill(change):
        yield "fill", _fill(rows, change, model, decisions, questioner)
    if isinstance(change, Altered) and isinstance(change.wanted, Column) and "type" in change.aspects:
        if change.wanted.generated is not None:
            return  # its values are computed anew, whatever they were
        yield "cast", _cast(rows, change, decisions, questioner)


def _needs_fill(change: Change) -> bool:
    if isinstance(change, Added) and isinstance(change.wanted, Column):
        new = change.wanted
        return not (new.nullable or new.default or new.generated or new.numbering or new.autoincrement)
    return (
        isinstance(change, Altered)
        and isinstance(change.wanted, Column)
        and "nullable" in change.aspects
        and not change.wanted.nullable
    )


def _fill(
    rows: Rows, change: Added | Altered, model: Any, decisions: Decisions, questioner: Questioner
) -> str | Leave | OpenFill | None:
    key = change.key
    name = rows.names.of_key(key)
    given = _given(decisions.fills, key, name)
    if given is not None:
        return Leave.NULLABLE if given.lower() == Leave.NULLABLE.value else given
    is_new = isinstance(change, Added)
    empty = rows.without_value(key, is_new=is_new)
    offer = _offer(model, key.part, rows.connection)
    if empty == 0:
        # Another database may have rows where this one has none.
        return offer if is_new else None
    table = rows.table(key)
    source = rows.trials.ddl.qualified(table.schema, table.name) if table is not None else ""

    def attempt(expression: str) -> str | None:
        return rows.refused(rows.trials.expression(source, expression))

    reply = questioner.fill(FillQuestion(name, empty, offer, is_new, attempt))
    return OpenFill(name, empty, offer, is_new) if reply is None else reply


def _cast(rows: Rows, change: Altered, decisions: Decisions, questioner: Questioner) -> str | OpenCast | None:
    key, old, new = change.key, change.found, change.wanted
    assert isinstance(old, Column)
    assert isinstance(new, Column)
    name = rows.names.of_key(key)
    given = _given(decisions.casts, key, name)
    given = given and rows.trials.ddl.told_cast(given, new.type)
    table = rows.table(key)
    if table is None or _is_made_by_others(new, rows) or _has_renamed_values(key, rows.comparison):
        return given
    was = rows.column(key)
    others = tuple(one for one in table.columns if one.name != was)
    cast = Cast(table.key, replace(old, name=was), key.part, new.type, given or "", new.options, others, rows.types())
    reason = rows.refused_cast(cast)
    if reason is None:
        return given
    failing = rows.failing(cast)

    def attempt(expression: str) -> str | None:
        return rows.refused_cast(replace(cast, expression=rows.trials.ddl.told_cast(expression, new.type)))

    reply = questioner.cast(CastQuestion(name, old.type, new.type, reason, failing, attempt))
    if reply is None:
        return OpenCast(name, old.type, new.type, reason, failing, given)
    return rows.trials.ddl.told_cast(reply, new.type)


def _is_made_by_others(new: Column, rows: Rows) -> bool:
    """Tell whether the type itself is only to be made, in a way that no trial can follow."""
    added = (one.key for one in rows.comparison.changes if isinstance(one, Added))
    if any(key.kind == "extension" for key in (*added, *rows.elsewhere)):
        statement = rows.trials.type(new.type)
        if statement is not None and rows.refused(statement) is not None:
            return True
    made = [key for key in rows.elsewhere if key.kind in ("enum", "domain")]
    return any(f"{one.schema}.{one.name}" in new.type.replace('"', "") for one in made)


def _has_renamed_values(key: Key, comparison: Comparison) -> bool:
    """Tell a column whose own enumeration has values that are renamed first."""
    return any(one.key.kind == "enum" and one.key.name == f"{key.name}.{key.part}" for one in comparison.changes)


def _given(answers: Mapping[str, str], key: Key, name: str) -> str | None:
    return answers.get(name) or answers.get(f"{key.name}.{key.part}")


def _without_not_null(change: Change, put_off: set[Key]) -> Iterator[Change]:
    """Let a column be nullable for now; the next comparison finds it again."""
    if change.key not in put_off or not isinstance(change, Added | Altered) or not isinstance(change.wanted, Column):
        yield change
    elif isinstance(change, Added):
        yield replace(change, wanted=replace(change.wanted, nullable=True))
    elif change.aspects != ("nullable",):
        aspects = tuple(one for one in change.aspects if one != "nullable")
        yield replace(change, wanted=replace(change.wanted, nullable=True), aspects=aspects)


def _offer(table: Any, name: str, connection: Connection) -> str | None:
    """Return the model's scalar default as SQL."""
    found = next((one for one in table.columns if one.name == name), None) if table is not None else None
    default = found.default if found is not None else None
    if found is None or default is None or not default.is_scalar:
        return None
    processor = found.type.dialect_impl(connection.dialect).literal_processor(connection.dialect)
    return processor(default.arg) if processor is not None else repr(default.arg)
