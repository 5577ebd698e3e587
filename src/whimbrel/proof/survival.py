"""What became of the values: which are still there, which go because the script drops them, and which are lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from whimbrel.proof.contents import Contents, Held, Line, alike
from whimbrel.proof.pairs import (
    Ends,
    Pair,
    Values,
    changed_words,
    counted,
    differing,
    filled,
    is_of_the_moment,
    key_of,
    lost_words,
    quoted,
    row_words,
    values_of,
)
from whimbrel.proof.retyped import is_spoilt
from whimbrel.proof.scope import fired
from whimbrel.proof.verdict import Finding
from whimbrel.snapshot import Enum, Key, Table

# More different values than these, all turned into one, are no two words for one thing.
_FEW = 2
# Which value comes into which column is left to the order of the columns.
_COPIES_BLINDLY = re.compile(r"\bINSERT\s+(?:\w+\s+){0,2}INTO\s+\S+\s+SELECT\s+(?:\w+\.)?\*", re.I)


@dataclass(slots=True)
class Survival:
    """What became of the values of a database on one way.

    Attributes:
        findings: What is lost.
        goes: What the script drops or rewrites, in words.
        gone: The columns that it drops, with their table's key; an empty name for a whole table.
        rewritten: The values of columns that it writes over.
        owed: Those of them whose values only look otherwise or are elsewhere: the way down has to bring them back.
        filled: The columns in which it writes over NULL.
        places: Where the rows of a table are now.
        stopped: The counters that it takes away.
        noting: The tables that triggers write and the script does not name: they may grow.
    """

    findings: list[Finding] = field(default_factory=list)
    goes: list[str] = field(default_factory=list)
    gone: set[tuple[Key, str]] = field(default_factory=set)
    rewritten: dict[tuple[Key, str], set[str | None]] = field(default_factory=dict)
    owed: set[tuple[Key, str]] = field(default_factory=set)
    filled: set[tuple[Key, str]] = field(default_factory=set)
    places: dict[Key, Key] = field(default_factory=dict)
    stopped: set[Key] = field(default_factory=set)
    noting: set[Key] = field(default_factory=set)


def survival(ends: Ends) -> Survival:
    """Find out what became of the values on the way up."""
    out = Survival()
    for key, held in ends.before.tables.items():
        place = _place_of(key, held, ends)
        if place is None:
            out.gone.add((key, ""))
            if held.lines:
                out.goes.append(f"table {key.name} ({counted(len(held.lines), 'row')})")
            continue
        out.places[key] = place
        _follow(Pair(key, place, held, ends.after.tables[place], ends), out)
    out.stopped = set(ends.before.positions) - set(ends.after.positions)
    out.noting = {key for key in fired(ends.old, ends.old.tables()) if key.name not in ends.about.text}
    _look_at_counters(ends, out, out)
    return out


def came_back(ends: Ends, above: Contents, up: Survival) -> Survival:
    """Find out whether the way down has brought back what was there before the way up, from the archive too.

    What the way up has written over need not come back, and nothing else is excused: not that the script writes.

    Args:
        ends: The beginning and the end of the way up and down.
        above: The contents between the two.
        up: What became of the values on the way up.
    """
    out = Survival()
    for key, held in ends.before.tables.items():
        there = ends.after.tables.get(key)
        if there is None or (ends.about.lets_go and (key, "") in up.gone):
            continue
        pair = Pair(key, key, held, there, ends)
        _rows(pair, {name: name for name in held.columns if name in there.columns}, out)
        if key not in up.noting:
            out.findings += _too_many(key, held, there, above.tables.get(up.places.get(key, key)))
        for name in held.columns:
            if name in there.columns and not (ends.about.lets_go and (key, name) in up.gone):
                _compare_back(pair, name, up, out)
    _look_at_counters(ends, up, out)
    return out


def same_again(first: Contents, again: Contents, up: Survival) -> tuple[Finding, ...]:
    """Say in what a second upgrade ends otherwise than the first: what is computed from itself is computed twice."""
    out = []
    for key, held in first.tables.items():
        there = again.tables.get(key)
        is_watched = (key, "") not in up.gone and key not in up.noting
        if there is not None and len(there.lines) != len(held.lines) and is_watched:
            words = f"{counted(len(held.lines), 'row')} after the first upgrade, {len(there.lines)} after the second"
            out.append(Finding(f"table {key.name}", words))
    for table, column in up.rewritten:
        place = up.places.get(table, table)
        if place in again.tables and place in first.tables:
            out += _computed_twice(first.tables[place], again.tables[place], place, column)
    return tuple(out)


def _computed_twice(first: Held, again: Held, place: Key, column: str) -> Iterator[Finding]:
    """Find numbers that another upgrade has changed once more; texts and times may be by chance or of the moment."""
    if column not in first.columns or column not in again.columns or not first.key or first.key != again.key:
        return
    second = {key_of(line, again, again.key): line for line in again.lines}
    at, to = first.columns.index(column), again.columns.index(column)
    for line in first.lines:
        other = second.get(key_of(line, first, first.key))
        one, two = line[at], other[to] if other is not None else None
        if one is not None and two is not None and _is_done_twice(one, two):
            words = (
                f"{quoted(one)} after the first upgrade, {quoted(two)} after the second, in {row_words(line, first)}"
            )
            yield Finding(f"column {place.name}.{column}", words)
            return


def _is_done_twice(one: str, two: str) -> bool:
    """Tell a number that has changed once more, and a text that has grown at one of its ends."""
    if _is_number(one) and _is_number(two):
        return not alike(one, two)
    return bool(one) and len(two) > len(one) and (two.startswith(one) or two.endswith(one))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _place_of(key: Key, held: Held, ends: Ends) -> Key | None:
    """Find a table at the other end: under its own name, else the one that has taken its rows."""
    if key in ends.after.tables:
        return key
    fresh = [other for other in ends.after.tables if other not in ends.before.tables]
    taken = {other: _taken(held, ends.after.tables[other]) for other in fresh}
    likely = [one for one in fresh if 2 * taken[one][0] >= len(held.lines) and 2 * taken[one][1] >= len(held.columns)]
    return max(likely, key=lambda one: (taken[one][1], taken[one][0], str(one)), default=None)


def _taken(held: Held, other: Held) -> tuple[int, int]:
    """Count the rows of a table that another one has as well, by the columns that both have; and these columns."""
    shared = [name for name in held.columns if name in other.columns]
    here, there = (Counter(key_of(line, one, shared) for line in one.lines) for one in (held, other))
    return (here & there).total(), len(shared)


def _follow(pair: Pair, out: Survival) -> None:
    """Follow the rows and columns of a table."""
    columns = {name: name for name in pair.before.columns if name in pair.after.columns}
    fresh = [name for name in pair.after.columns if name not in pair.before.columns]
    for name in pair.before.columns:
        if name not in columns and (moved := _moved(pair, name, fresh, columns)):
            columns[name] = moved
            fresh.remove(moved)
    _rows(pair, columns, out)
    for name in pair.before.columns:
        if name in columns:
            _compare(pair, name, columns[name], out)
        elif _is_computed(pair, name):
            out.rewritten[pair.key, name] = set(pair.before.column(name))
        else:
            out.gone.add((pair.key, name))
            count = sum(value is not None for value in pair.before.column(name))
            if count:
                out.goes.append(f"column {pair.key.name}.{name} ({counted(count, 'value')})")


def _is_computed(pair: Pair, name: str) -> bool:
    table = pair.ends.new.get(pair.place)
    column = table.column(name) if isinstance(table, Table) else None
    return column is not None


def _moved(pair: Pair, name: str, fresh: Iterable[str], columns: Mapping[str, str]) -> str:
    """Find the new column that has a column's values."""
    values = Counter(pair.before.column(name))
    if not set(values) - {None}:
        return ""
    for one in fresh:
        if Counter(pair.after.column(one)) == values:
            return one
    return ""


def _rows(pair: Pair, columns: Mapping[str, str], out: Survival) -> None:
    """Find rows that are gone."""
    matched = pair.matched(columns)
    if matched is not None:
        there = {id(line) for line, _ in matched}
        lost = [line for line in pair.before.lines if id(line) not in there]
    else:
        lost = _lost_lines(pair, columns)
    lost = [line for line in lost if not _has_gone_over(pair, line)] if lost else lost
    if not lost:
        doubled = 0 if pair.before.key else _doubled(pair, columns)
        if doubled > _FEW:
            out.findings.append(
                Finding(f"table {pair.name}", f"{counted(doubled, 'row')} more that were there already")
            )
        return
    words = (
        f"{len(lost)} of {counted(len(pair.before.lines), 'row')} are gone, such as {row_words(lost[0], pair.before)}"
    )
    if pair.ends.about.says_drop:
        out.goes.append(f"table {pair.name}: {words}")
    else:
        out.findings.append(Finding(f"table {pair.name}", words, is_loss=True))


def _has_gone_over(pair: Pair, line: Line) -> bool:
    """Tell whether a row is in a table that was not there before, by its key and all that this table has of it."""
    for key, held in pair.ends.after.tables.items():
        shared = [name for name in pair.before.columns if name in held.columns]
        if key in pair.ends.before.tables or not pair.before.key or not {*pair.before.key} < {*shared}:
            continue
        mark = key_of(line, pair.before, shared)
        if any(key_of(one, held, shared) == mark for one in held.lines):
            return True
    return False


def _too_many(key: Key, held: Held, there: Held, above: Held | None) -> Iterator[Finding]:
    """Find rows that the way down has put in beside those that were there."""
    most = max(len(held.lines), len(above.lines) if above is not None else 0)
    if len(there.lines) > most:
        yield Finding(
            f"table {key.name}", f"{counted(len(there.lines), 'row')} after the downgrade, {len(held.lines)} before"
        )


def _doubled(pair: Pair, columns: Mapping[str, str]) -> int:
    """Count the rows that are there more often than before, the same in everything."""
    known = Counter(key_of(line, pair.before, list(columns)) for line in pair.before.lines)
    now = Counter(pair.after.lines)
    marks = {line: key_of(line, pair.after, list(columns.values())) for line in now}
    return sum(count - known[marks[line]] for line, count in now.items() if 0 < known[marks[line]] < count)


def _lost_lines(pair: Pair, columns: Mapping[str, str]) -> list[Line]:
    """Compare rows by their number: nothing tells which is which."""
    missing = len(pair.before.lines) - len(pair.after.lines)
    return list(pair.before.lines[:missing]) if missing > 0 else []


def _compare(pair: Pair, old: str, new: str, out: Survival) -> None:
    """Compare the values of a column at both ends of the way up."""
    pairs = list(values_of(pair, old, new))
    lost, changed = differing(pairs, pair.has_type(old, new))
    if filled(pairs):
        out.filled.add((pair.key, old))
    name = f"column {pair.name}.{new}"
    written = {one[0] for one in (*lost, *changed)}
    is_copied_blindly = bool(_COPIES_BLINDLY.search(pair.ends.about.text))
    if written and not is_copied_blindly and _has_moved(pair, old, new):
        out.goes.append(f"{name} has other values: its own are in another column now")
        _write_over(pair, old, written, out)
        return
    if lost and not pair.ends.about.says_drop and not _is_elsewhere(pair, [one[0] for one in lost]):
        out.findings.append(Finding(name, lost_words(pairs, lost)))
        return
    if not changed:
        return
    if is_spoilt(pair, old, new, changed) or (is_copied_blindly and _has_moved(pair, old, new)):
        out.findings.append(Finding(name, changed_words(pairs, changed), is_loss=True))
        return
    if _is_touched(pair, new, changed) or _is_meant(pair, old, new, changed):
        _write_over(pair, old, written, out)
        out.goes.append(f"{name} is rewritten ({counted(len(changed), 'value')})")
        return
    out.findings.append(Finding(name, changed_words(pairs, changed)))


def _write_over(pair: Pair, name: str, written: set[str | None], out: Survival) -> None:
    """Note values that are others now; where the script writes no rows, its downgrade owes them."""
    out.rewritten[pair.key, name] = written
    if not pair.ends.about.writes:
        out.owed.add((pair.key, name))


def _compare_back(pair: Pair, name: str, up: Survival, out: Survival) -> None:
    """Compare the values of a column before the way up and after the way down."""
    is_owed = (pair.key, name) in up.owed
    excused = set() if is_owed else up.rewritten.get((pair.key, name), set())
    pairs = list(values_of(pair, name, name))
    differ = differing(pairs, pair.has_type(name, name))
    lost, changed = ([one for one in many if one[0] not in excused] for many in differ)
    arisen = [] if (pair.key, name) in up.filled | up.gone else filled(pairs)
    if _is_touched(pair, name, [*changed, *arisen]) or (is_owed and pair.ends.about.says_drop):
        return
    place = f"column {pair.name}.{name}"
    if lost and not pair.ends.about.says_drop:
        out.findings.append(Finding(place, lost_words(pairs, lost)))
    elif changed or arisen:
        out.findings.append(Finding(place, changed_words(pairs, changed or arisen)))


def _is_touched(pair: Pair, name: str, changed: Sequence[Values]) -> bool:
    """Tell a column that says when its row was written, by itself: the script does not name it."""
    columns = pair.columns_at(name, name)
    is_its_own = name not in pair.ends.about.text or any(one is not None and one.on_update for one in columns)
    return bool(changed) and is_its_own and all(is_of_the_moment(after) for _, after, _ in changed)


def _has_moved(pair: Pair, old: str, new: str) -> bool:
    """Tell whether all values of a column have come into another one, as where two columns exchange their names."""
    values = Counter(pair.before.column(old))
    others = (name for name in pair.after.columns if name != new and Counter(pair.after.column(name)) == values)
    return len(values) > 1 and any(
        name not in pair.before.columns or Counter(pair.before.column(name)) != values for name in others
    )


def _is_meant(pair: Pair, old: str, new: str, changed: Sequence[Values]) -> bool:
    """Tell a change of values that the script asks for from one that happens to them."""
    olds, news = {before for before, _, _ in changed}, {after for _, after, _ in changed}
    if len(news) == 1 and len(olds) > _FEW:
        return False
    is_retyped = not pair.has_type(old, new)
    return pair.ends.about.writes or is_retyped or _is_relabelled(pair.ends, {one[:2] for one in changed})


def _is_relabelled(ends: Ends, changed: set[tuple[str | None, str | None]]) -> bool:
    """Tell values that have other names now since their type calls them otherwise."""
    olds, news = {before for before, _ in changed}, {after for _, after in changed}
    known = [one.labels for one in ends.old.objects if isinstance(one, Enum)]
    labels = [one.labels for one in ends.new.objects if isinstance(one, Enum) and one.labels not in known]
    return len(changed) == len(olds) == len(news) and any(news <= set(one) for one in labels)


def _is_elsewhere(pair: Pair, values: Sequence[str | None]) -> bool:
    """Tell whether values are in a column that was not there before."""
    wanted = {one for one in values if one is not None}
    for key, held in pair.ends.after.tables.items():
        known = pair.ends.before.tables.get(key)
        for name in held.columns:
            if (known is None or name not in known.columns) and wanted <= set(held.column(name)):
                return True
    return False


def _look_at_counters(ends: Ends, up: Survival, out: Survival) -> None:
    """Find counters that would give numbers again that are taken, or were given."""
    for key, now in ends.after.positions.items():
        table = Key("table", key.schema, key.name)
        if (table, key.part) in up.gone or (table, "") in up.gone:
            continue
        before = None if key in up.stopped else ends.before.positions.get(key)
        highest = _highest(key, ends.after)
        name = f"{key.kind} {key.name}{'.' if key.part else ''}{key.part}"
        if before is not None and now < before:
            words = f"would give {now + 1} next; {before} was given already"
            is_said = bool(key.part) and ends.about.counts and highest <= now
            if is_said:
                out.goes.append(f"{name} {words}")
            else:
                out.findings.append(Finding(name, words))
        elif before is None and highest > now:
            out.findings.append(Finding(name, f"would give {now + 1} next; there are rows up to {highest}"))


def _highest(key: Key, side: Contents) -> int:
    held = side.tables.get(Key("table", key.schema, key.name))
    if held is None or key.part not in held.columns:
        return 0
    return max((int(one) for one in held.column(key.part) if one is not None and one.lstrip("-").isdigit()), default=0)
