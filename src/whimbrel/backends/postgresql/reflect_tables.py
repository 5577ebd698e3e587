"""Tables, views and their parts, made from the rows of the catalogue queries."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from whimbrel.backends.parse import Reader, read_constraint
from whimbrel.snapshot import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    MaterializedView,
    Numbering,
    Policy,
    PrimaryKey,
    Table,
    Trigger,
    Unique,
    View,
    is_bookkeeping,
)
from whimbrel.snapshot.tables import in_order
from whimbrel.tokens import scan

if TYPE_CHECKING:
    from whimbrel.backends.postgresql.reflect import Catalogue

_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}
_IDENTITY = {"a": "always", "d": "by default"}
_BITS = {"smallint": 16, "integer": 32, "bigint": 64}
_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_FIRING = {"D": "disabled", "R": "replica", "A": "always"}
_REPLICA = {"n": "nothing", "f": "full", "i": "index"}

# Most indexes are this plain, and need no reading word by word.
_PLAIN_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX .* USING (\w+) \(([\w, ]+)\)\Z", re.DOTALL)

Parts = dict[int, list[Any]]


def tables_and_views(catalogue: "Catalogue") -> Iterator[Table | View | MaterializedView]:
    """Make all relations that hold or show rows."""
    columns = _columns(catalogue)
    constraints = _constraints(catalogue)
    indexes = _indexes(catalogue)
    triggers = _triggers(catalogue)
    policies = _policies(catalogue)
    needs = _needs(catalogue)
    for row in catalogue.relations:
        oid, schema, name, kind = row[:4]
        if is_bookkeeping(name) or kind == "f":
            continue
        comment = catalogue.comment("pg_class", oid)
        if kind == "v":
            yield View(
                schema,
                name,
                row[13],
                comment,
                _sorted(row[8] or ()),
                by_name(triggers[oid]),
                needs=needs[oid],
            )
        elif kind == "m":
            options = _storage_options(row)
            yield MaterializedView(schema, name, row[13], comment, options, by_name(indexes[oid]), needs=needs[oid])
        else:
            found = constraints[oid]
            keys = of(PrimaryKey, found)
            yield Table(
                schema,
                name,
                by_name(columns[oid]),
                keys[0] if keys else None,
                of(Unique, found),
                of(ForeignKey, found),
                of(Check, found),
                of(Exclusion, found),
                by_name(indexes[oid]),
                by_name(triggers[oid]),
                by_name(policies[oid]),
                comment,
                _storage_options(row),
                row[11] or "",
                f"{row[14][0]} {row[12]}" if row[12] else "",
                inherits=() if row[12] else tuple(row[14] or ()),
            )


def of(kind: type[Any], parts: Iterable[Any]) -> tuple[Any, ...]:
    """Choose the parts of one kind, sorted by name."""
    return by_name(part for part in parts if type(part) is kind)


def by_name(parts: Iterable[Any]) -> tuple[Any, ...]:
    """Sort parts by name, leaving our own out."""
    return in_order(part for part in parts if not is_bookkeeping(part.name))


def _sorted(options: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(options))


def _storage_options(row: Any) -> tuple[str, ...]:
    options: list[str] = list(row[8] or ())
    if row[4] == "u":
        options.append("unlogged")
    if row[5]:
        options.append("row level security")
    if row[6]:
        options.append("forced row level security")
    if row[7] in _REPLICA and row[3] != "m":
        options.append(f"replica identity={_REPLICA[row[7]]}")
    if row[9] not in (None, "heap"):
        options.append(f"access method={row[9]}")
    if row[10]:
        options.append(f"tablespace={row[10]}")
    return _sorted(options)


def _columns(catalogue: "Catalogue") -> Parts:
    owned = owned_sequences(catalogue)
    inherited = _inherited(catalogue)
    out: Parts = defaultdict(list)
    for row in catalogue.columns:
        if (row[0], row[1]) in inherited:
            continue
        table, position, name, type_, not_null, expression, identity, generated, collation = row[:9]
        default, numbering = None if generated else expression, None
        sequence = owned.get((table, position))
        if sequence is not None and is_numbering(row, sequence):
            default, numbering = None, _numbering(sequence)
        out[table].append(
            Column(
                name,
                type_,
                not not_null,
                default,
                expression if generated else None,
                generated == "s",
                _IDENTITY.get(identity, ""),
                numbering,
                False,
                None,
                collation or "",
                catalogue.comment("pg_class", table, position),
                _column_options(row) if any(row[9:12]) or row[12] is not None else (),
                position,
            )
        )
    return out


def _inherited(catalogue: "Catalogue") -> set[tuple[int, int]]:
    """Find the columns that say nothing but what a parent table says of them."""
    parents = {row[0]: row[15] for row in catalogue.relations if row[15]}
    if not parents:
        return set()
    facts = defaultdict(set)
    for row in catalogue.columns:
        facts[row[0]].add(_facts(row))
    return {
        (row[0], row[1])
        for row in catalogue.columns
        if any(_facts(row) in facts[parent] for parent in parents.get(row[0], ()))
    }


def _facts(row: Any) -> str:
    return repr(row[2:])


def _column_options(row: Any) -> tuple[str, ...]:
    options: list[str] = list(row[11] or ())
    if row[9]:
        options.append(f"storage={_STORAGE[row[9]]}")
    if row[12] is not None:
        options.append(f"statistics={row[12]}")
    if row[10] in _COMPRESSION:
        options.append(f"compression={_COMPRESSION[row[10]]}")
    return _sorted(options)


def owned_sequences(catalogue: "Catalogue") -> dict[tuple[int, int], Any]:
    """Find the sequences of serial and identity columns by table and position."""
    return {(row[11], row[12]): row for row in catalogue.sequences if row[11] is not None}


def is_numbering(column: Any, sequence: Any) -> bool:
    """Tell whether a sequence that a column owns is wholly that column's affair."""
    return bool(column[6]) or column[5] == nextval(sequence)


def nextval(sequence: Any) -> str:
    """Write the default of a serial column."""
    return f"nextval('{sequence[3].replace(chr(39), chr(39) * 2)}'::regclass)"


def _numbering(sequence: Any) -> Numbering:
    return Numbering(sequence[2], *limits(sequence[4:11]))


def limits(row: Any) -> tuple[str, int, int, int | None, int | None, int, bool]:
    """Leave out the limits of a sequence that its type has by itself."""
    type_, start, increment, minimum, maximum, cache, cycle = row
    largest = 2 ** (_BITS[type_] - 1) - 1
    lowest, highest = (1, largest) if increment > 0 else (-largest - 1, -1)
    low = None if minimum == lowest else minimum
    high = None if maximum == highest else maximum
    return type_, start, increment, low, high, cache, cycle


def _constraints(catalogue: "Catalogue") -> Parts:
    out: Parts = defaultdict(list)
    for oid, table, _, name, _, text, parameters, tablespace in catalogue.constraints:
        if not table:
            continue
        options: list[str] = list(parameters or ())
        if tablespace:
            options.append(f"tablespace={tablespace}")
        found = read_constraint(name, text, "", options)
        out[table].append(commented(found, catalogue.comment("pg_constraint", oid)))
    return out


def commented(part: Any, comment: str | None) -> Any:
    """Put a comment on a part that was read from its text."""
    if comment is not None:
        object.__setattr__(part, "comment", comment)
    return part


def _indexes(catalogue: "Catalogue") -> Parts:
    out: Parts = defaultdict(list)
    for oid, table, name, text, is_valid, is_clustered, is_replica, tablespace in catalogue.indexes:
        marks = [
            None if is_valid else "invalid",
            "clustered" if is_clustered else None,
            "replica identity" if is_replica else None,
            f"tablespace={tablespace}" if tablespace else None,
        ]
        index = read_index(name, text, [mark for mark in marks if mark])
        out[table].append(commented(index, catalogue.comment("pg_class", oid)))
    return out


def read_index(name: str, text: str, marks: list[str]) -> Index:
    """Read what `pg_get_indexdef` gives back: CREATE [UNIQUE] INDEX … USING method (…) …."""
    if plain := _PLAIN_INDEX.match(text):
        return Index(name, tuple(plain[3].split(", ")), bool(plain[1]), plain[2], options=_sorted(marks))
    reader = Reader(scan(text, "postgresql"))
    reader.take("CREATE")
    unique = reader.take("UNIQUE")
    while not reader.take("USING"):
        reader.at += 1
    method = reader.name()
    words = reader.words
    parts = tuple(words.slice(*part) for part in words.split(*reader.inside()))
    include = reader.names() if reader.take("INCLUDE") else ()
    nulls_not_distinct = reader.take("NULLS", "NOT", "DISTINCT")
    options = list(marks)
    if reader.take("WITH"):
        options += [words.slice(*part).replace("'", "") for part in words.split(*reader.inside())]
    where = None
    if reader.take("WHERE"):
        where = reader.text() if reader.peek() == "(" and words.closing(reader.at) == reader.end - 1 else reader.rest()
    return Index(name, parts, unique, method, include, nulls_not_distinct, where, options=_sorted(options))


def _triggers(catalogue: "Catalogue") -> Parts:
    out: Parts = defaultdict(list)
    for oid, table, name, text, firing in catalogue.triggers:
        options = (_FIRING[firing],) if firing in _FIRING else ()
        out[table].append(Trigger(name, text, catalogue.comment("pg_trigger", oid), options))
    return out


def _policies(catalogue: "Catalogue") -> Parts:
    out: Parts = defaultdict(list)
    for oid, table, name, command, permissive, roles, using, check in catalogue.policies:
        comment = catalogue.comment("pg_policy", oid)
        out[table].append(Policy(name, _COMMANDS[command], permissive, tuple(roles), using, check, comment))
    return out


def _needs(catalogue: "Catalogue") -> dict[int, tuple[str, ...]]:
    out: dict[int, list[str]] = defaultdict(list)
    for view, kind, schema, name, column in catalogue.needs:
        if schema not in ("pg_catalog", "information_schema"):
            out[view].append(f"{kind} {schema}.{name}" + (f".{column}" if column else ""))
    return defaultdict(tuple, {view: _sorted(found) for view, found in out.items()})
