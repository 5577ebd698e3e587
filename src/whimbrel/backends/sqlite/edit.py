"""Changes of a CREATE TABLE's text: each takes a text in pieces and returns another.

Nothing here asks a database. What is not asked for stays as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from whimbrel.backends.sqlite.text import Clause, Item, TableText, column_words, named_in
from whimbrel.tokens import scan, unquoted


def quoted(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def named(table: TableText, name: str) -> TableText:
    """Give the table another name; what stands before it becomes what SQLite stores there."""
    words = scan(table.head, "sqlite")
    return _read(replace(table, head=f"CREATE TABLE {quoted(name)}{table.head[words.ends[-2] :]}"))


def as_stored(table: TableText) -> TableText:
    """Write a CREATE TABLE as SQLite stores it: no IF NOT EXISTS, no schema, nothing behind it.

    SQLite adds columns at a place that it counts from the name on, with `CREATE TABLE ` before it.
    """
    words = scan(table.head, "sqlite")
    tail = scan(table.tail, "sqlite")
    end = tail.ends[-2] if tail.words[-1] == ";" else tail.ends[-1]
    return _read(replace(table, head=f"CREATE TABLE {table.head[words.starts[-2] :]}", tail=table.tail[:end]))


def with_column(table: TableText, spec: str, before: str | None = None) -> TableText:
    """Add a column: last, or before another."""
    columns = len(table.columns)
    place = columns
    if before is not None:
        place = next((at for at, item in enumerate(table.columns) if item.name.lower() == before.lower()), columns)
    return _inserted(table, spec, place)


def with_rule(table: TableText, spec: str) -> TableText:
    """Add a constraint of the table behind all others."""
    return _inserted(table, spec, len(table.items))


def without(table: TableText, items: Iterable[Item]) -> TableText:
    """Take items out, with the comments that belong to them."""
    gone = [id(item) for item in items]
    return _read(replace(table, items=tuple(item for item in table.items if id(item) not in gone)))


def without_rules(table: TableText, unwanted: Callable[[Item, Clause], bool]) -> TableText:
    """Take out the constraints that a predicate picks, on columns and of the table."""
    kept = []
    for item in table.items:
        gone = [clause for clause in item.clauses if unwanted(item, clause)]
        if gone and not item.is_column:
            continue
        for clause in reversed(gone):
            item = _cleared(item, clause)  # noqa: PLW2901
        kept.append(item)
    return _read(replace(table, items=tuple(kept)))


def without_column(table: TableText, name: str) -> TableText:
    """Take a column out, with the rules that are about it alone."""
    item = _column(table, name)
    low = name.lower()
    others = {other.lower() for other in table.names} - {low}

    def alone(_: Item, clause: Clause) -> bool:
        if clause.columns:
            return [column.lower() for column in clause.columns] == [low]
        about = clause.kind == "check" and named_in(clause.value, {low})
        return about and not named_in(clause.value, others)

    rest = without(table, [item])
    return without_rules(rest, alone)


def with_clause(table: TableText, name: str, kind: str, spec: str) -> TableText:
    """Set a part of a column's definition; empty takes it out.

    Args:
        table: the table.
        name: the column's.
        kind: `type`, `not null`, `default`, `collate`, `generated`.
        spec: the whole clause.
    """
    item = _column(table, name)
    old = item.clause(kind)
    if kind == "not null" and spec and old is not None:
        return table
    if old is not None:
        item = _cleared(item, old) if not spec else _put(item, old.start, old.end, spec)
    elif spec:
        if kind == "not null" and (explicit := item.clause("null")) is not None:
            item = _put(item, explicit.start, explicit.end, spec)
        else:
            item = _added(item, kind, spec)
    return _changed(table, item)


def renamed_column(table: TableText, old: str, new: str, spelled: str = "") -> TableText:
    """Give a column another name wherever the table's own text says it.

    Args:
        table: the table.
        old: the name so far.
        new: the name from now on.
        spelled: how it is written; without it, in quotes.
    """
    new = spelled or quoted(new)
    items = []
    for item in table.items:
        body = item.body
        spans = [(clause.start, clause.end, clause) for clause in item.clauses]
        for start, end, clause in reversed(spans):
            body = body[:start] + _renamed_in(body[start:end], clause, table.name, old, new) + body[end:]
        if item.is_column and item.name.lower() == old.lower():
            first = scan(body, "sqlite")
            body = new + body[first.ends[0] :]
        items.append(replace(item, body=body))
    return _read(replace(table, items=tuple(items)))


def renamed_in_list(text: str, old: str, new: str) -> str:
    """Give a column another name in the list of a key or an index."""
    return _in_lists(text, old, quoted(new), both=True)


def reordered(table: TableText, names: Sequence[str]) -> TableText:
    """Put the columns in another order."""
    by_name = {item.name: item for item in table.columns}
    rules = tuple(item for item in table.items if not item.is_column)
    return _read(replace(table, items=(*(by_name[name] for name in names), *rules)))


def with_options(table: TableText, options: Iterable[str]) -> TableText:
    """Set what stands behind the closing parenthesis: STRICT, WITHOUT ROWID."""
    cut = table.tail.rindex(")") if not table.options else scan(table.tail, "sqlite").starts[0]
    listed = ", ".join(sorted(options))
    return _read(replace(table, tail=f"{table.tail[: cut + 1]}{' ' + listed if listed else ''}"))


def without_comments(table: TableText) -> TableText:
    """Take all comments out; SQLite's DROP COLUMN takes a comma in one for the comma between columns."""
    text = str(table)
    words = scan(text, "sqlite")
    out = [words.words[0]]
    for at in range(1, len(words.words)):
        gap = text[words.ends[at - 1] : words.starts[at]]
        out += [" " if gap.strip() else gap, words.words[at]]
    return TableText.of("".join(out))


def counting(table: TableText) -> TableText:
    """Let the row's own number never be given twice: AUTOINCREMENT."""
    key = next((clause for _, clause in table.rules() if clause.kind == "primary key"), None)
    if key is None or len(key.columns) != 1 or "AUTOINCREMENT" in key.value:
        return table
    rest = without_rules(table, lambda _, clause: clause is key)
    label = f"CONSTRAINT {quoted(key.name)} " if key.name else ""
    return _changed(rest, _added(_column(rest, key.columns[0]), "key", f"{label}PRIMARY KEY AUTOINCREMENT"))


def counting_no_more(table: TableText) -> TableText:
    """Let numbers be given again: the key without AUTOINCREMENT, where SQLAlchemy writes it."""
    key = next((clause for _, clause in table.rules() if clause.kind == "primary key"), None)
    if key is None or "AUTOINCREMENT" not in key.value:
        return table
    label = f"CONSTRAINT {quoted(key.name)} " if key.name else ""
    columns = ", ".join(quoted(name) for name in key.columns)
    return with_rule(without_rules(table, lambda _, clause: clause is key), f"{label}PRIMARY KEY ({columns})")


def not_counting(table: TableText, name: str) -> TableText:
    """Take AUTOINCREMENT off a column."""
    key = _column(table, name).clause("primary key")
    if key is None or "AUTOINCREMENT" not in key.value:
        return table
    item = _column(table, name)
    words = scan(item.body[: key.end], "sqlite")
    at = words.starts[-1]
    return _changed(table, _put(item, len(item.body[:at].rstrip()), key.end, ""))


def _column(table: TableText, name: str) -> Item:
    item = table.column(name)
    if item is None:
        raise KeyError(name)
    return item


def _changed(table: TableText, item: Item) -> TableText:
    low = item.name.lower()
    return _read(
        replace(table, items=tuple(item if old.name.lower() == low and old.is_column else old for old in table.items))
    )


def _read(table: TableText) -> TableText:
    return TableText.of(str(table))


def _inserted(table: TableText, spec: str, place: int) -> TableText:
    near = table.items[max(place - 1, 0)].lead
    space = near[len(near.rstrip()) :] or " "
    item = Item(space, spec)
    return _read(replace(table, items=(*table.items[:place], item, *table.items[place:])))


def _cleared(item: Item, clause: Clause) -> Item:
    """Take a clause out, and the space before it; a comment that ends with the line keeps its line's end."""
    before = item.body[: clause.start]
    kept = before.rstrip()
    if "--" in kept[kept.rfind("\n") + 1 :] and scan(before, "sqlite").ends[-1] < len(kept):
        kept += "\n"
    return replace(item, body=f"{kept}{item.body[clause.end :]}")


def _put(item: Item, start: int, end: int, spec: str) -> Item:
    return replace(item, body=f"{item.body[:start]}{spec}{item.body[end:]}")


def _added(item: Item, kind: str, spec: str) -> Item:
    """Put a clause where SQLAlchemy writes it: type, collation, default, NOT NULL, the rest."""
    order = ["type", "collate", "default", "not null"]
    before = order[: order.index(kind)] if kind in order else [*order]
    at = max((clause.end for clause in item.clauses if clause.kind in before), default=0)
    at = at or scan(item.body, "sqlite").ends[0]
    return _put(item, at, at, f" {spec}")


def _renamed_in(text: str, clause: Clause, table: str, old: str, new: str) -> str:
    if clause.kind in ("check", "generated"):
        return _in_expression(text, old, new)
    if clause.kind in ("unique", "primary key", "foreign key"):
        own = clause.reference is not None and clause.reference.table.lower() == table.lower()
        return _in_lists(text, old, new, both=own)
    return text


def _in_expression(text: str, old: str, new: str) -> str:
    words = scan(text, "sqlite")
    out, last = [], 0
    skipped = _name_of_rule(words.words)
    for at in column_words(words):
        if at > skipped and unquoted(words.words[at]).lower() == old.lower():
            out += [text[last : words.starts[at]], new]
            last = words.ends[at]
    return "".join([*out, text[last:]])


def _in_lists(text: str, old: str, new: str, *, both: bool) -> str:
    """Rename in a key's columns; in those that a foreign key points to only where it points to its own table."""
    words = scan(text, "sqlite")
    out, last, foreign, depth = [], 0, False, 0
    for at, word in enumerate(words.words):
        foreign = foreign or (word.upper() == "REFERENCES" and depth == 0)
        depth += (word == "(") - (word == ")")
        starts = depth == 1 and words.words[at - 1] in ("(", ",")
        if starts and (both or not foreign) and unquoted(word).lower() == old.lower():
            out += [text[last : words.starts[at]], new]
            last = words.ends[at]
    return "".join([*out, text[last:]])


def _name_of_rule(words: list[str]) -> int:
    return 1 if words and words[0].upper() == "CONSTRAINT" else -1
