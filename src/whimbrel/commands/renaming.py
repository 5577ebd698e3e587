"""Decides renames: finds candidates, takes flags and hints, asks what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from whimbrel import compare as comparing
from whimbrel.backends.ddl import ddl_for
from whimbrel.commands.decisions import Decisions, Questioner, bad_answer
from whimbrel.compare import renames as search
from whimbrel.compare.answers import ColumnRename, TableRename, ValueRename
from whimbrel.compare.renames import Candidate, Pair, Ref, Renames, Side
from whimbrel.errors import UndecidedRenames
from whimbrel.snapshot import Enum, ForeignKey, Index, Key, PrimaryKey, Snapshot, Table

Models = Mapping[tuple[str, str], Any]


@dataclass(frozen=True, slots=True)
class Sought:
    """Where renames are looked for.

    Attributes:
        found: What the database is, without what is not ours.
        wanted: What it should be.
        models: The models' tables, for the hints in them.
    """

    found: Snapshot
    wanted: Snapshot
    models: Models

    def candidates(self, answers: search.Answers) -> Renames:
        """Search, given what is settled."""
        return search.find_renames(_side(self.found), _side(self.wanted), answers)


def decide(
    sought: Sought, decisions: Decisions, questioner: Questioner, rows: Callable[[Candidate], int | None]
) -> comparing.Answers:
    """Settle all renames.

    Raises:
        UndecidedRenames: Some are open and nobody can be asked.
        BadAnswer: A flag names what is not there.
    """
    answers = settled(sought, decisions)
    while True:
        found = sought.candidates(answers)
        if not found.assignment:
            return _as_answers(found.decided, sought)
        if decisions.mode == "best":
            decided = answers.decided | {one.pair for one in found.assignment}
            answers = replace(answers, decided=frozenset(decided))
            continue
        answers = _ask(found, answers, questioner, rows)


def settled(sought: Sought, decisions: Decisions) -> search.Answers:
    """Return what hints and flags settle."""
    flags = frozenset(_flagged(sought, decisions))
    hints = frozenset(_hinted(sought, {pair.new for pair in flags}))
    apart = {pair for name in decisions.not_renames for pair in _apart(name, sought)}
    if decisions.mode == "never":
        taken = {ref for pair in flags | hints for ref in (pair.old, pair.new)}
        apart |= {one for one in _all_open(sought) if one[1] not in taken}
    return search.Answers(decided=flags | hints, apart=frozenset(apart))


def _ask(
    found: Renames, answers: search.Answers, questioner: Questioner, rows: Callable[[Candidate], int | None]
) -> search.Answers:
    first = found.assignment[0]
    reply = questioner.rename(first, rows(first))
    if reply is None:
        raise _undecided(found, rows)
    if reply:
        return replace(answers, decided=answers.decided | {first.pair})
    return replace(answers, refused=answers.refused | {first.pair})


def _undecided(found: Renames, rows: Callable[[Candidate], int | None]) -> UndecidedRenames:
    lines = [f"{flag_of(one.pair)}   ({', '.join(one.evidence[:3])}{_at_stake(rows(one))})" for one in found.assignment]
    count = len(lines)
    return UndecidedRenames(
        f"{count} possible rename{'s are' if count > 1 else ' is'} undecided: "
        + ", ".join(f"{spoken(one.pair.old)} → {spoken(one.pair.new)}" for one in found.assignment)
        + ".",
        why="What vanishes beside what appears may be a rename, which keeps the data, or not, which drops it. "
        "Nothing was written, and the database was not changed.",
        do="flask db migrate with, for each of them, one of the two:\n        "
        + "\n        ".join(
            f"{line}\n        {_refusal(one.pair)}" for line, one in zip(lines, found.assignment, strict=True)
        ),
    )


def flag_of(pair: Pair) -> str:
    """Return the flag that says yes to a pair."""
    if pair.kind == "value":
        return f"--rename-value {pair.old.owner}:{pair.old.name}={pair.new.name}"
    return f"--rename {spoken(pair.old)}={spoken(pair.new)}"


def _refusal(pair: Pair) -> str:
    return f"--no-rename {spoken(pair.old)}"


def spoken(ref: Ref) -> str:
    """Return a name as a person would type it."""
    return f"{ref.owner}.{ref.name}" if ref.owner else ref.name


def _at_stake(rows: int | None) -> str:
    return "" if rows is None else f"; {rows:,} rows"


# flags and hints


def _flagged(sought: Sought, decisions: Decisions) -> Iterator[Pair]:
    old_names, new_names = _names(sought.found), _names(sought.wanted)
    for old, new in decisions.renames:
        if old in old_names and new in new_names:
            yield Pair("table", Ref("", old), Ref("", new))
            continue
        before, after = _column(old, old_names), _column(new, new_names)
        if before is None or after is None:
            missing = old if old not in old_names and before is None else new
            raise bad_answer("--rename", f"{old}={new}", f"There is no {missing!r}.")
        yield Pair("column", before, after)
    for owner, old, new in decisions.values:
        for name in _enums(owner, sought):
            yield Pair("value", Ref(name, old), Ref(name, new))


def _hinted(sought: Sought, taken: set[Ref]) -> Iterator[Pair]:
    """Read ``info={"renamed_from": …}`` of the models; a hint whose old name is gone is done already."""
    before = _names(sought.found)
    models = {_named(sought.wanted, schema, name): model for (schema, name), model in sought.models.items()}
    moved = {new: str(model.info["renamed_from"]) for new, model in models.items() if "renamed_from" in model.info}
    moved = {new: old for new, old in moved.items() if old in before and new not in before}
    for new, old in moved.items():
        if Ref("", new) not in taken:
            yield Pair("table", Ref("", old), Ref("", new))
    for new, model in models.items():
        table = before.get(moved.get(new, new))
        if table is not None:
            yield from (pair for pair in _hinted_columns(sought, table, new, model) if pair.new not in taken)


def _hinted_columns(sought: Sought, table: Table, new: str, model: Any) -> Iterator[Pair]:
    hints = {column.name: column.info["renamed_from"] for column in model.columns if "renamed_from" in column.info}
    for column, old in hints.items():
        is_open = table.column(column) is None or column in hints.values()  # else it is done, or part of a swap
        if table.column(old) is not None and is_open:
            yield Pair("column", Ref(_key(sought.found, table), old), Ref(new, column))


def _apart(name: str, sought: Sought) -> Iterator[tuple[Any, Ref]]:
    for side in (sought.found, sought.wanted):
        names = _names(side)
        if name in names:
            yield "table", Ref("", name)
        column = _column(name, names)
        if column is not None:
            yield "column", column


def _all_open(sought: Sought) -> Iterator[tuple[Any, Ref]]:
    found = sought.candidates(search.Answers())
    for one in found.candidates:
        yield one.pair.kind, one.pair.old
        yield one.pair.kind, one.pair.new


def _column(text: str, names: Mapping[str, Table]) -> Ref | None:
    table, _, column = text.rpartition(".")
    found = names.get(table)
    return Ref(table, column) if found is not None and found.column(column) is not None else None


def _enums(owner: str, sought: Sought) -> list[str]:
    """Return an enum's name, also where it is told by a column that has it; a column's own is named by the column."""
    own = {one.name for one in _own_enums(sought.found)}
    typed = {
        f"{_named(sought.found, schema, table)}.{column.name}"
        for (schema, table), model in sought.models.items()
        for column in model.columns
        if getattr(column.type, "name", None) == owner
    }
    return [owner] if owner in own else sorted(own & typed) or [_enum(owner, sought)]


def _enum(owner: str, sought: Sought) -> str:
    enums = {_named(sought.found, one.schema, one.name) for one in sought.found.objects if isinstance(one, Enum)}
    if owner in enums:
        return owner
    column = _column(owner, _names(sought.found))
    table = _names(sought.found).get(column.owner) if column else None
    kind = table.column(column.name).type if table and column else ""  # type: ignore[union-attr]
    for one in sought.found.objects:
        if isinstance(one, Enum) and kind.removesuffix("[]") in (f"{one.schema}.{one.name}", one.name):
            return _named(sought.found, one.schema, one.name)
    raise bad_answer("--rename-value", owner, f"There is no enum type, and no column of one, {owner!r}.")


# adapters


def _names(side: Snapshot) -> dict[str, Table]:
    return {_key(side, table): table for table in side.tables()}


def _key(side: Snapshot, table: Table) -> str:
    return _named(side, table.schema, table.name)


def _named(side: Snapshot, schema: str, name: str) -> str:
    return name if schema in ("", side.default_schema) else f"{schema}.{name}"


def _side(side: Snapshot) -> Side:
    enums = tuple(
        search.Enum(_named(side, one.schema, one.name), one.labels) for one in side.objects if isinstance(one, Enum)
    )
    enums += tuple(_own_enums(side))
    return Side(tuple(_table(side, one) for one in side.tables() if not one.partition_of), enums)


def _own_enums(side: Snapshot) -> Iterator[search.Enum]:
    """Go over the enumerations that are a column's own type."""
    ddl = ddl_for(side.kind, side.default_schema)
    for table in side.tables():
        for column in table.columns_in_order():
            if labels := ddl.labels(column.type):
                yield search.Enum(f"{_key(side, table)}.{column.name}", labels)


def _table(side: Snapshot, table: Table) -> search.Table:
    columns = tuple(
        search.Column(one.name, one.type, one.nullable, one.default, one.comment) for one in table.columns_in_order()
    )
    rules = tuple(_rule(side, table, part) for part in table.parts() if part.KIND in _RULES)
    schema = "" if table.schema in ("", side.default_schema) else table.schema
    return search.Table(table.name, columns, rules, schema)


_RULES = {
    "primary_key": "primary key",
    "foreign_key": "foreign key",
    "unique": "unique",
    "check": "check",
    "exclusion": "exclusion",
    "index": "index",
}


def _rule(side: Snapshot, table: Table, part: Any) -> search.Rule:
    kind: Any = _RULES[part.KIND]
    if isinstance(part, ForeignKey):
        options = " ".join(word for word in (part.on_update, part.on_delete, part.deferrable) if word)
        return search.Rule(
            kind, part.name, part.columns, _named(side, part.schema, part.table), part.target, "", options
        )
    if isinstance(part, Index):
        text = f"{part.method} {' '.join(part.include)} {part.where or ''}"
        return search.Rule(kind, part.name, part.parts, text=text, options="unique" if part.unique else "")
    if isinstance(part, PrimaryKey):
        return search.Rule(kind, part.name, part.columns)
    return search.Rule(kind, part.name, getattr(part, "columns", ()), text=getattr(part, "text", ""))


def _as_answers(decided: Iterable[Candidate], sought: Sought) -> comparing.Answers:
    tables: list[TableRename] = []
    columns: list[ColumnRename] = []
    values: list[ValueRename] = []
    for one in decided:
        old, new = one.pair.old, one.pair.new
        if one.pair.kind == "table":
            tables.append(TableRename(_table_key(sought.found, old.name), _table_key(sought.wanted, new.name)))
        elif one.pair.kind == "column":
            columns.append(ColumnRename(_table_key(sought.wanted, new.owner), old.name, new.name))
        elif one.pair.kind == "value":
            values.append(ValueRename(_enum_key(sought.found, old.owner), old.name, new.name))
    return comparing.Answers(tuple(tables), tuple(columns), tuple(values))


def _table_key(side: Snapshot, name: str) -> Key:
    return _names(side)[name].key


def _enum_key(side: Snapshot, name: str) -> Key:
    keys = (one.key for one in side.objects if isinstance(one, Enum) and _named(side, one.schema, one.name) == name)
    return next(keys, Key("enum", "", name))
