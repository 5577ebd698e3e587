"""Decides renames: takes flags and hints, finds what is open, asks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from whimbrel import compare as comparing
from whimbrel.commands.decisions import Decisions, Questioner, RenameQuestion, Reply, bad_answer
from whimbrel.commands.names import Names, missing, spoken
from whimbrel.commands.rename_sides import as_answers, side_of
from whimbrel.compare import renames as search
from whimbrel.compare.renames import Candidate, Pair, Ref, Renames, Side
from whimbrel.operations.renames import TEMPORARY
from whimbrel.snapshot import Enum, Key, Snapshot, Table

Models = Mapping[tuple[str, str], Any]
Rows = Callable[[Candidate], int | None]


@dataclass(frozen=True, slots=True)
class Sought:
    """Where renames are looked for.

    Attributes:
        found: What the database is.
        wanted: What it should be.
        models: The models' tables, for the hints in them.
        ours: What belongs to this history: another's table is no candidate, unless a flag or a hint says so.
        scripts: Gives the texts of the scripts, which tell a swap that is done from one to be done.
        texts: Enumerations of columns that hold text, as they were and as the models have them.
    """

    found: Snapshot
    wanted: Snapshot
    models: Models
    ours: Container[Key]
    texts: tuple[tuple[Enum, Enum], ...] = ()
    scripts: Callable[[], Sequence[str]] = tuple
    old: Names = field(init=False)
    new: Names = field(init=False)
    _sides: list[Side] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Index the names of both sides."""
        object.__setattr__(self, "old", Names(self.found, tuple(old for old, _ in self.texts)))
        object.__setattr__(self, "new", Names(self.wanted, tuple(new for _, new in self.texts)))

    def candidates(self, answers: search.Answers) -> Renames:
        """Search, given what is settled; where nothing vanished, or nothing is new, there is nothing to search for."""
        if not answers.decided and (_all_in(self.old, self.new) or _all_in(self.new, self.old)):
            return Renames()
        if not self._sides:
            self._sides.extend((side_of(self.old), side_of(self.new)))
        before, after = self._sides
        return search.find_renames(before, after, answers)


def _all_in(some: Names, others: Names) -> bool:
    """Tell whether the tables, columns and values of one side are on the other too."""
    return (
        some.tables.keys() <= others.tables.keys()
        and all(_columns(table) <= _columns(others.tables[name]) for name, table in some.tables.items())
        and all(
            set(one.labels) <= set(others.enums[name].labels)
            for name, one in some.enums.items()
            if name in others.enums
        )
    )


def _columns(table: Table) -> set[str]:
    return {column.name for column in table.columns}


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the possible renames.

    Attributes:
        answers: Those that are renames.
        candidates: What may be a rename beside what flags and hints settle, before anybody was asked.
        open: Those that nobody could be asked about.
        flags: For each flag about renames why it cannot be used here; empty where it can.
    """

    answers: comparing.Answers
    candidates: tuple[Candidate, ...]
    open: tuple[Candidate, ...]
    flags: Mapping[str, str]


def decide(sought: Sought, decisions: Decisions, questioner: Questioner | None, rows: Rows) -> Decided:
    """Settle all renames that can be settled.

    Args:
        sought: Both sides.
        decisions: The flags.
        questioner: Asks a person; None where nothing is to be asked, as for a verb that only shows.
        rows: Counts the rows that hold what a drop would lose.
    """
    flags: dict[str, str] = {}
    sought = replace(sought, texts=written_as_text(sought, decisions))
    answers, told = settled(sought, decisions, flags)
    first = found = _search(sought, answers)
    flags |= {told[pair]: _passed_over(pair, sought) for pair in told.keys() - {one.pair for one in found.decided}}
    last: Pair | None = None
    asks = questioner is not None and decisions.mode == "ask"
    while found.assignment and (decisions.mode == "best" or asks):
        if decisions.mode == "best":
            answers = replace(answers, decided=answers.decided | {one.pair for one in found.assignment})
        elif questioner is not None:
            asked = _next(found.assignment, last)
            reply = questioner.rename(RenameQuestion(asked, lambda asked=asked: _sum(map(rows, asked))))  # type: ignore[misc]
            if reply is None:
                break
            last = asked[0].pair
            answers, alone = _take(reply, asked, answers)
            if alone:
                answers = _one_by_one(asked, answers, questioner, rows)
        found = sought.candidates(answers)
    open_ = found.assignment if asks else ()
    return Decided(as_answers(found.decided, sought.old, sought.new), first.candidates, open_, flags)


def settled(sought: Sought, decisions: Decisions, flags: dict[str, str]) -> tuple[search.Answers, dict[Pair, str]]:
    """Return what hints and flags settle, and which flag each pair is from.

    Args:
        sought: Both sides.
        decisions: The flags.
        flags: Takes each flag, and what is wrong with it.
    """
    told = dict(_flagged(sought, decisions, flags))
    flags |= dict.fromkeys(told.values(), "")
    hints = frozenset(_hinted(sought, {pair.new for pair in told}))
    apart = {ref for name in decisions.not_renames for ref in _apart(name, sought, flags)}
    apart |= {("table", Ref("", name)) for name in _of_others(sought)}
    return search.Answers(decided=frozenset(told) | hints, apart=frozenset(apart)), told


def _of_others(sought: Sought) -> Iterator[str]:
    for name, table in sought.old.tables.items():
        if name not in sought.new.tables and table.key not in sought.ours:
            yield name


def flag_of(pair: Pair) -> str:
    """Return the flag that says yes to a pair."""
    if pair.kind == "value":
        return f"--rename-value {shlex.quote(f'{spoken(pair, pair.old)}={pair.new.name}')}"
    return f"--rename {shlex.quote(f'{spoken(pair, pair.old)}={spoken(pair, pair.new)}')}"


def refusal_of(pair: Pair) -> str:
    """Return the flag that says that the old thing is no new one."""
    return f"--no-rename {shlex.quote(spoken(pair, pair.old))}"


# asking


def _next(assignment: Sequence[Candidate], last: Pair | None) -> tuple[Candidate, ...]:
    """Return what to ask next: first tables, then what was just said no to, the same pair in many tables at once."""
    first = assignment[0]
    if last is not None and first.pair.kind == last.kind:
        again = [one for one in assignment if one.pair.old == last.old] or [
            one for one in assignment if one.pair.new == last.new
        ]
        first = again[0] if again else first
    if first.pair.kind != "column":
        return (first,)
    return tuple(one for one in assignment if _words(one) == _words(first))


def _words(candidate: Candidate) -> tuple[str, str, str]:
    return candidate.pair.kind, candidate.pair.old.name, candidate.pair.new.name


def _take(reply: Reply, asked: Iterable[Candidate], answers: search.Answers) -> tuple[search.Answers, bool]:
    pairs = {one.pair for one in asked}
    if reply is Reply.YES:
        return replace(answers, decided=answers.decided | pairs), False
    if reply is Reply.NO:
        return replace(answers, refused=answers.refused | pairs), False
    if reply is Reply.NONE:
        return replace(answers, apart=answers.apart | {(one.kind, one.old) for one in pairs}), False
    return answers, True


def _one_by_one(
    asked: Iterable[Candidate], answers: search.Answers, questioner: Questioner, rows: Rows
) -> search.Answers:
    for one in asked:
        reply = questioner.rename(RenameQuestion((one,), lambda one=one: rows(one)))  # type: ignore[misc]
        answers, _ = _take(reply or Reply.NO, (one,), answers)
    return answers


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [one for one in counts if one is not None]
    return sum(known) if known else None


# flags and hints


def _search(sought: Sought, answers: search.Answers) -> Renames:
    try:
        return sought.candidates(answers)
    except ValueError as error:
        raise bad_answer("--rename", str(error)) from error


def _passed_over(pair: Pair, sought: Sought) -> str:
    """Say why the search makes nothing of a pair."""
    old, new = spoken(pair, pair.old), spoken(pair, pair.new)
    if pair.kind == "value":
        stays = (
            pair.old.name in sought.new.enums[pair.old.owner].labels if pair.old.owner in sought.new.enums else False
        )
    else:
        stays = old in sought.new.tables if pair.kind == "table" else old in set(sought.new.columns())
    return f"{old} stays in the models." if stays else f"{new} is in the database already, or not in the models."


def _flagged(sought: Sought, decisions: Decisions, flags: dict[str, str]) -> Iterator[tuple[Pair, str]]:
    moved = {old: new for old, new in decisions.renames if old in sought.old.tables and new in sought.new.tables}
    for old, new in decisions.renames:
        flag = f"--rename {old}={new}"
        if moved.get(old) == new:
            yield Pair("table", Ref("", old), Ref("", new)), flag
            continue
        before, after = _ends(old, new, moved, sought)
        if before is None or after is None:
            flags[flag] = _no_end(old, new, before, sought)
        else:
            yield Pair("column", before, after), flag
    yield from _flagged_values(sought, decisions, flags)


def _flagged_values(sought: Sought, decisions: Decisions, flags: dict[str, str]) -> Iterator[tuple[Pair, str]]:
    for owner, old, new in decisions.values:
        flag = f"--rename-value {owner}:{old}={new}"
        enums = _enums(owner, sought)
        labels = {label for enum in enums for label in sought.old.enums[enum].labels}
        if not enums:
            flags[flag] = f"the database has no enumeration type, and no column of one, {owner}."
        elif old not in labels:
            flags[flag] = missing(old, f"{owner} has", labels)
        for enum in enums:
            if old in sought.old.enums[enum].labels:
                yield Pair("value", Ref(enum, old), Ref(enum, new)), flag


def _enums(owner: str, sought: Sought) -> list[str]:
    """Find what is meant by a type or a column; where types have no names, the models name them."""
    enum = sought.old.enum(owner)
    if enum is not None:
        return [enum]
    typed = (sought.old.enum(name) for name, kind in _enum_columns(sought) if owner in _owners(name, kind))
    return list(dict.fromkeys(one for one in typed if one is not None))


def _enum_columns(sought: Sought) -> Iterator[tuple[str, Any]]:
    """Go over the models' columns of an enumeration, with their types."""
    for (schema, table), model in sought.models.items():
        for column in model.columns:
            if getattr(column.type, "enums", None):
                yield f"{sought.old.of(schema, table)}.{column.name}", column.type


def _owners(column: str, kind: Any) -> tuple[str, ...]:
    """Return what a person may call the enumeration of a column: the column, its type, both."""
    return (column, kind.name, f"{column.rpartition('.')[0]}.{kind.name}") if kind.name else (column,)


def written_as_text(sought: Sought, decisions: Decisions) -> tuple[tuple[Enum, Enum], ...]:
    """Find the enumerations that the database holds as text, and of which flags rename a value."""
    out = []
    for name, kind in _enum_columns(sought):
        ref = sought.old.column(name)
        if ref is None or sought.old.enum(name) is not None:
            continue
        told = {new: old for owner, old, new in decisions.values if owner in _owners(name, kind)}
        told = {new: old for new, old in told.items() if new in kind.enums and old not in kind.enums}
        table = sought.old.tables[ref.owner]
        after = Enum(table.schema, f"{table.name}.{ref.name}", tuple(kind.enums))
        if told:
            out.append((replace(after, labels=tuple(told.get(one, one) for one in after.labels)), after))
    return tuple(out)


def _ends(old: str, new: str, moved: Mapping[str, str], sought: Sought) -> tuple[Ref | None, Ref | None]:
    """Find both columns; a table that is renamed too may be called by either name, a column of it by its own."""
    back = {after: before for before, after in moved.items()}
    before = sought.old.column(old) or sought.old.column(_with_table(old, back))
    after = sought.new.column(new) or sought.new.column(_with_table(new, moved))
    if after is None and before is not None and "." not in new:
        after = sought.new.column(f"{moved.get(before.owner, before.owner)}.{new}")
    return before, after


def _with_table(column: str, tables: Mapping[str, str]) -> str:
    table, _, name = column.rpartition(".")
    return f"{tables.get(table, table)}.{name}"


def _no_end(old: str, new: str, before: Ref | None, sought: Sought) -> str:
    if before is None and old not in sought.old.tables:
        return missing(old, "the database has", [*sought.old.tables, *sought.old.columns()])
    return missing(new, "the models have", [*sought.new.tables, *sought.new.columns()])


def _hinted(sought: Sought, taken: set[Ref]) -> Iterator[Pair]:
    """Read ``info={"renamed_from": …}`` of the models; a hint whose old name is gone is done already."""
    before = sought.old.tables
    models = {sought.new.of(*owner): model for owner, model in sought.models.items()}
    moved = {new: str(model.info["renamed_from"]) for new, model in models.items() if "renamed_from" in model.info}
    moved = {
        new: old
        for new, old in moved.items()
        if old in before and (new not in before or _is_exchange(new, moved, lambda word: _is_said(word, sought)))
    }
    for new, old in moved.items():
        if Ref("", new) not in taken:
            yield Pair("table", Ref("", old), Ref("", new))
    for new, model in models.items():
        owner = moved.get(new, new)
        if owner in before:
            hints = _hints(before[owner], model, lambda word, table=new: _is_said(word, sought, table))  # type: ignore[misc]
            hinted = ((Ref(owner, old), Ref(new, column)) for column, old in hints)
            yield from (Pair("column", old, column) for old, column in hinted if column not in taken)


def _is_exchange(new: str, hints: Mapping[str, str], is_said: Callable[[str], bool]) -> bool:
    """Tell whether a name that is there goes on to another one, by a hint too; a swap is made only once."""
    if new not in hints.values():
        return False
    ring = [new]
    while (old := hints.get(ring[-1])) is not None and old not in ring:
        ring.append(old)
    return old is None or not any(is_said(TEMPORARY + name.rpartition(".")[2]) for name in ring)


def _is_said(word: str, sought: Sought, table: str = "") -> bool:
    """Tell whether a script says a word, and a table's name."""
    name = table.rpartition(".")[2]
    return any(re.search(rf"\b{re.escape(word)}\b", text) and name in text for text in sought.scripts())


def _hints(table: Table, model: Any, is_said: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Yield new and old names of columns."""
    hints = {column.name: column.info["renamed_from"] for column in model.columns if "renamed_from" in column.info}
    for column, old in hints.items():
        is_open = table.column(column) is None or _is_exchange(column, hints, is_said)  # else it is done
        if table.column(old) is not None and is_open:
            yield column, old


def _apart(name: str, sought: Sought, flags: dict[str, str]) -> Iterator[tuple[Any, Ref]]:
    flag = f"--no-rename {name}"
    flags[flag] = missing(name, "neither the database nor the models have", [*sought.old.tables, *sought.old.columns()])
    for names in (sought.old, sought.new):
        for kind, ref in (("column", names.column(name)), ("value", names.value(name))):
            if ref is not None:
                flags[flag] = ""
                yield kind, ref
        if name in names.tables:
            flags[flag] = ""
            yield "table", Ref("", name)
