"""What a stored CREATE TABLE or CREATE INDEX says, as facts.

SQLite keeps the text as it was written. Here an inline constraint is lifted to the table, the
parentheses around a default and comments are dropped, and what a keyword implies is filled in, so
that two texts with the same meaning give the same facts. The grammar is that of
https://www.sqlite.org/lang_createtable.html (3.40); the texts come from SQLite, so they are
correct, and nothing here checks that.
"""

from dataclasses import dataclass, field, replace

from whimbrel.backends.parse import Reader, read_references
from whimbrel.snapshot import Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique, is_bookkeeping
from whimbrel.snapshot.tables import in_order
from whimbrel.tokens import scan, unquoted, without_parentheses

# The words that end a column's type.
_AFTER_TYPE = {
    "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES",
    "GENERATED", "AS", "",
}  # fmt: skip
_TABLE_RULES = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}
_ROWID = "INTEGER"


@dataclass(slots=True)
class _Draft:
    """A table while it is read."""

    name: str
    columns: list[Column] = field(default_factory=list)
    primary_key: PrimaryKey | None = None
    autoincrement: bool = False
    uniques: list[Unique] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    descending: bool = False


def parse_table(text: str) -> Table:
    """Read a stored CREATE TABLE."""
    reader = Reader(scan(text, "sqlite"))
    reader.take("CREATE")
    _ = reader.take("TEMP") or reader.take("TEMPORARY")
    reader.take("TABLE")
    reader.take("IF", "NOT", "EXISTS")
    draft = _Draft(reader.name())
    if reader.take("."):
        draft.name = reader.name()
    begin, end = reader.inside()
    inner = Reader(reader.words, begin, end)
    while inner.at < end:
        if inner.take(","):
            continue
        if inner.peek() in _TABLE_RULES and draft.columns:
            _read_table_rule(inner, draft)
        else:
            _read_column(inner, draft)
    _read_options(reader, draft)
    return _finished(draft)


def _read_options(reader: Reader, draft: _Draft) -> None:
    while reader.at < reader.end:
        if reader.take("WITHOUT", "ROWID"):
            draft.options.append("without rowid")
        elif reader.take("STRICT"):
            draft.options.append("strict")
        else:
            reader.at += 1


def _finished(draft: _Draft) -> Table:
    key = draft.primary_key
    columns = draft.columns
    if key is not None:
        alone = len(key.columns) == 1 and not draft.descending
        names = {name.lower() for name in key.columns}
        columns = [
            _as_key_column(column, draft, alone) if column.name.lower() in names else column for column in columns
        ]
    return Table(
        "",
        draft.name,
        in_order(column for column in columns if not is_bookkeeping(column.name)),
        key,
        _once(draft.uniques),
        in_order(draft.foreign_keys),
        in_order(draft.checks),
        options=tuple(sorted(draft.options)),
    )


def _once(uniques: list[Unique]) -> tuple[Unique, ...]:
    """Drop a UNIQUE that says again what another without a name says; SQLite makes one index of them."""
    return in_order(dict.fromkeys(uniques))


def _as_key_column(column: Column, draft: _Draft, alone: bool) -> Column:
    """Fill in what being in the primary key implies: the row's own number is never NULL."""
    is_rowid = alone and column.type.upper() == _ROWID and "without rowid" not in draft.options
    if is_rowid or "without rowid" in draft.options:
        column = replace(column, nullable=False)
    return replace(column, autoincrement=True) if draft.autoincrement else column


def _read_column(reader: Reader, draft: _Draft) -> None:
    name = reader.name()
    type_ = _read_type(reader)
    facts: dict[str, object] = {}
    options: list[str] = []
    rule = ""
    while reader.at < reader.end and reader.peek() != ",":
        if reader.take("CONSTRAINT"):
            rule = reader.name()
            continue
        if not _read_column_fact(reader, facts, options) and not _read_column_rule(reader, draft, name, rule):
            reader.at += 1
        rule = ""
    draft.columns.append(
        Column(name, type_, options=tuple(options), position=len(draft.columns) + 1, **facts)  # type: ignore[arg-type]
    )


def _read_type(reader: Reader) -> str:
    start = reader.at
    while reader.peek() not in _AFTER_TYPE and reader.peek() not in (",", "("):
        reader.at += 1
    words = [unquoted(word) for word in reader.words.words[start : reader.at]]
    if reader.peek() == "(" and words:
        begin, end = reader.inside()
        sizes = [reader.words.slice(*part) for part in reader.words.split(begin, end)]
        return f"{' '.join(words)}({', '.join(sizes)})"
    return " ".join(words)


def _read_column_fact(reader: Reader, facts: dict[str, object], options: list[str]) -> bool:
    """Read what stays with the column; tell whether there was such a thing."""
    if reader.take("NOT", "NULL"):
        facts["nullable"] = False
        options += [f"not null {conflict}" for conflict in _read_conflict(reader)]
    elif reader.take("NULL"):
        _read_conflict(reader)
    elif reader.take("DEFAULT"):
        facts["default"] = _read_default(reader)
    elif reader.take("COLLATE"):
        facts["collation"] = reader.name()
    elif reader.take("AS") or reader.take("GENERATED", "ALWAYS", "AS"):
        facts["generated"] = reader.text()
        facts["stored"] = reader.take("STORED")
        reader.take("VIRTUAL")
    else:
        return False
    return True


def _read_default(reader: Reader) -> str:
    if reader.peek() == "(":
        return without_parentheses(reader.text(), "sqlite")
    start = reader.at
    reader.at += 2 if reader.peek() in ("+", "-") else 1
    text = reader.words.slice(start, reader.at)
    if text[0] == '"':  # a string in the wrong quotes, which SQLite forgives
        return "'" + unquoted(text).replace("'", "''") + "'"
    return text


def _read_column_rule(reader: Reader, draft: _Draft, column: str, name: str) -> bool:
    """Read a constraint written on a column and lift it to the table; tell whether there was one."""
    if reader.take("PRIMARY", "KEY"):
        draft.descending = reader.take("DESC")
        reader.take("ASC")
        options = [*(["parts (DESC)"] if draft.descending else []), *_read_conflict(reader)]
        draft.autoincrement = reader.take("AUTOINCREMENT")
        draft.primary_key = PrimaryKey(name, (column,), options=tuple(options))
    elif reader.take("UNIQUE"):
        draft.uniques.append(Unique(name, (column,), options=_read_conflict(reader)))
    elif reader.take("CHECK"):
        draft.checks.append(_read_check(reader, name))
    elif reader.take("REFERENCES"):
        draft.foreign_keys.append(read_references(reader, name, (column,), ""))
    else:
        return False
    return True


def _read_table_rule(reader: Reader, draft: _Draft) -> None:
    name = reader.name() if reader.take("CONSTRAINT") else ""
    if reader.take("PRIMARY", "KEY"):
        columns, options = _read_parts(reader, draft)
        draft.primary_key = PrimaryKey(name, columns, options=options + _read_conflict(reader))
    elif reader.take("UNIQUE"):
        columns, options = _read_parts(reader, draft)
        draft.uniques.append(Unique(name, columns, options=options + _read_conflict(reader)))
    elif reader.take("CHECK"):
        draft.checks.append(_read_check(reader, name))
    elif reader.take("FOREIGN", "KEY"):
        columns = reader.names()
        reader.take("REFERENCES")
        draft.foreign_keys.append(read_references(reader, name, columns, ""))
    else:
        reader.at += 1


def _read_parts(reader: Reader, draft: _Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the columns of a key; a collation or order that one of them has is kept as an option."""
    begin, end = reader.inside()
    words = reader.words
    if words.words[end - 1].upper() == "AUTOINCREMENT":
        draft.autoincrement = True
        end -= 1
    parts = words.split(begin, end)
    columns = tuple(unquoted(words.words[start]) for start, _ in parts)
    tails = [_tail(words.words[start + 1 : stop]) for start, stop in parts]
    return columns, (f"parts ({', '.join(tails)})",) if any(tails) else ()


def _tail(words: list[str]) -> str:
    kept = words[:-1] if words and words[-1].upper() == "ASC" else words
    return " ".join(unquoted(word).upper() for word in kept)


def _read_check(reader: Reader, name: str) -> Check:
    text = without_parentheses(reader.text(), "sqlite")
    return Check(name, text, options=_read_conflict(reader))


def _read_conflict(reader: Reader) -> tuple[str, ...]:
    if not reader.take("ON", "CONFLICT"):
        return ()
    action = reader.name().lower()
    return () if action == "abort" else (f"on conflict {action}",)


def parse_index(text: str) -> tuple[str, Index]:
    """Read a stored CREATE INDEX; return its table's name and its facts."""
    reader = Reader(scan(text, "sqlite"))
    reader.take("CREATE")
    unique = reader.take("UNIQUE")
    reader.take("INDEX")
    reader.take("IF", "NOT", "EXISTS")
    name = reader.name()
    if reader.take("."):
        name = reader.name()
    reader.take("ON")
    table = reader.name()
    words = reader.words
    parts = tuple(words.slice(*part) for part in words.split(*reader.inside()))
    where = without_parentheses(reader.rest(), "sqlite") if reader.take("WHERE") else None
    return table, Index(name, parts, unique, where=where)
