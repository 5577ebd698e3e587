"""How a table gets from one text to another: decided here, from the two texts, and done elsewhere.

What SQLite can do by itself is left to it (https://www.sqlite.org/lang_altertable.html); rules that lie in
no b-tree are edited in the stored text; for everything else the table is built again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from whimbrel.backends.sqlite.edit import without_rules
from whimbrel.backends.sqlite.text import KEYS, Clause, Item, TableText, named_in, same_words
from whimbrel.tokens import scan

# A table is written anew by each DROP COLUMN, but once by a rebuild.
MOST_DROPS = 2
_LITERAL = re.compile(r"[+-]?\s*(\d|\.\d|'|[xX]'|NULL\b|TRUE\b|FALSE\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """What to do with a table.

    Attributes:
        rebuild: why it must be built again; empty where it need not.
        first: the text to edit it to before columns are dropped; nothing where it may stay.
        drops: columns for DROP COLUMN, those that others are computed from last.
        adds: definitions for ADD COLUMN.
        required: columns that are added NOT NULL and have no value for rows.
        not_null: columns that existed and become NOT NULL.
        checks: conditions that are new, and whether they are about new columns alone.
        defaults: columns whose default changes, with the old one.
        keys_out: whether a foreign key is new on values that exist.
    """

    rebuild: str = ""
    first: TableText | None = None
    drops: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    not_null: tuple[str, ...] = ()
    checks: tuple[tuple[str, bool], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    keys_out: bool = False


def choose(found: TableText, wanted: TableText, kept: Mapping[str, str]) -> Way:
    """Choose the cheapest way from one text to the other.

    Args:
        found: what the table is, its kept columns named as wanted.
        wanted: what it becomes.
        kept: the columns of `wanted` that stay, small letters, and what they are called in `found`.
    """
    reason = _why_rebuild(found, wanted, kept)
    if reason:
        return Way(rebuild=reason)
    staying = {name.lower() for name in kept.values()}
    drops = [item for item in found.columns if item.name.lower() not in staying]
    adds = [item for item in wanted.columns if item.name.lower() not in kept]
    gone = {item.name.lower() for item in drops}
    first = without_rules(found, lambda item, clause: bool(gone) and _hinders_drop(item, clause, gone))
    pairs = [(item, found.column(kept[item.name.lower()])) for item in wanted.columns if item.name.lower() in kept]
    both = [(new, old) for new, old in pairs if old is not None]
    return Way(
        first=first if str(first) != str(found) else None,
        drops=tuple(item.name for item in _computed_first(drops)),
        adds=tuple(_definition(item) for item in adds),
        required=tuple(item.name for item in adds if _is_required(item)),
        not_null=tuple(new.name for new, old in both if new.clause("not null") and not old.clause("not null")),
        checks=_new_checks(found, wanted, {item.name.lower() for item in adds}),
        defaults=tuple(
            (new.name, old.value("default"))
            for new, old in both
            if not same_words(new.value("default"), old.value("default"))
        ),
        keys_out=_has_new_keys_out(found, wanted, adds),
    )


def affinity(type_: str) -> str:
    """Return a declared type's affinity (https://www.sqlite.org/datatype3.html, 3.1)."""
    upper = type_.upper()
    if "INT" in upper:
        return "INTEGER"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not upper or "BLOB" in upper:
        return "BLOB"
    if any(part in upper for part in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def row_number(table: TableText) -> str:
    """Return the column that is the row's own number; empty where there is none."""
    for item, clause in table.rules():
        if clause.kind == "primary key" and len(clause.columns) == 1:
            column = table.column(clause.columns[0])
            descending = item.is_column and "DESC" in clause.value
            if column is not None and column.value("type").upper() == "INTEGER" and not descending:
                return "" if "WITHOUT ROWID" in table.options else column.name
    return ""


def counts_on(table: TableText) -> bool:
    """Tell whether the table says AUTOINCREMENT."""
    return any("AUTOINCREMENT" in clause.value for _, clause in table.rules() if clause.kind == "primary key")


def is_literal_default(default: str) -> bool:
    """Tell a default that ADD COLUMN gives to rows that exist: a literal, no expression."""
    return _LITERAL.match(default) is not None


def _why_rebuild(found: TableText, wanted: TableText, kept: Mapping[str, str]) -> str:
    if found.options != wanted.options:
        return "the table's options change"
    if _keys(found) != _keys(wanted):
        return "a key changes"
    staying = [name.lower() for name in kept.values()]
    order = [name.lower() for name in found.names if name.lower() in staying]
    asked = [name.lower() for name in wanted.names]
    if [kept[name].lower() if name in kept else "" for name in asked] != order + [""] * (len(asked) - len(order)):
        return "the order of columns changes"
    if len(found.columns) - len(order) > MOST_DROPS:
        return "many columns go"
    for item in wanted.columns:
        old = found.column(kept.get(item.name.lower(), ""))
        reason = _why_rebuild_for_new(item) if old is None else _why_rebuild_for(old, item, wanted)
        if reason:
            return f"{item.name}: {reason}"
    return ""


def _why_rebuild_for_new(item: Item) -> str:
    if item.value("generated").endswith(" STORED"):
        return "its computed values are to be stored"
    default = item.value("default")
    if default and not is_literal_default(default):
        return "its default is an expression"
    return ""


def _why_rebuild_for(old: Item, new: Item, wanted: TableText) -> str:
    before, after = old.value("type"), new.value("type")
    if affinity(before) != affinity(after):
        return "values are stored in another way"
    if old.value("collate").lower() != new.value("collate").lower():
        return "it is sorted in another way"
    if not same_words(old.value("generated"), new.value("generated")):
        return "it is computed in another way"
    if same_words(before, after):
        return ""
    in_key = any(
        new.name.lower() == name.lower()
        for _, clause in wanted.rules()
        if clause.kind == "primary key"
        for name in clause.columns
    )
    if in_key or old.clause("generated") or "STRICT" in wanted.options:
        return "its type decides how it is stored"
    return ""


def _keys(table: TableText) -> list[tuple[str, ...]]:
    """List what b-trees are made from, in the order in which SQLite makes and numbers them."""
    return [(clause.kind, *_key_words(item, clause)) for item, clause in table.rules() if clause.kind in KEYS]


def _key_words(item: Item, clause: Clause) -> list[str]:
    if item.is_column:
        return [item.name.lower(), *clause.value.split()]
    words = scan(item.body, "sqlite")
    begin = words.words.index("(")
    listed = words.slice(begin + 1, words.closing(begin)).lower()
    plain = len(clause.columns) == 1 and listed.strip('"`[]') == clause.columns[0].lower()
    return [clause.columns[0].lower() if plain else listed, *clause.value.split()]


def _hinders_drop(item: Item, clause: Clause, gone: set[str]) -> bool:
    """Tell a rule that SQLite would refuse DROP COLUMN for: foreign keys and other columns' CHECKs."""
    if clause.kind == "foreign key":
        own = clause.reference is not None and item.is_column and item.name.lower() in gone
        return own or any(column.lower() in gone for column in clause.columns)
    if clause.kind != "check":
        return False
    return item.name.lower() not in gone and named_in(clause.value, gone)


def _computed_first(drops: list[Item]) -> list[Item]:
    return sorted(drops, key=lambda item: item.clause("generated") is None)


def _definition(item: Item) -> str:
    """Write a column for ADD COLUMN: without its foreign key, which comes by the edit."""
    keys = [clause for clause in item.clauses if clause.kind == "foreign key"]
    body = item.body
    for clause in reversed(keys):
        body = f"{body[: clause.start].rstrip()}{body[clause.end :]}"
    return body


def _is_required(item: Item) -> bool:
    has_value = item.clause("generated") or item.value("default").upper() not in ("", "NULL")
    return bool(item.clause("not null")) and not has_value


def _new_checks(found: TableText, wanted: TableText, added: set[str]) -> tuple[tuple[str, bool], ...]:
    known = [clause.value for _, clause in found.rules() if clause.kind == "check"]
    others = {name.lower() for name in wanted.names} - added
    return tuple(
        (_condition(item, clause), not named_in(clause.value, others))
        for item, clause in wanted.rules()
        if clause.kind == "check" and not any(same_words(clause.value, value) for value in known)
    )


def _condition(item: Item, clause: Clause) -> str:
    words = scan(item.body[clause.start : clause.end], "sqlite")
    begin = words.words.index("(")
    return words.slice(begin + 1, words.closing(begin))


def _has_new_keys_out(found: TableText, wanted: TableText, adds: list[Item]) -> bool:
    empty = {item.name.lower() for item in adds if not item.clause("default") and not item.clause("generated")}
    known = [clause.reference for _, clause in found.rules() if clause.kind == "foreign key"]
    return any(
        clause.reference not in known and not empty.issuperset(column.lower() for column in clause.columns)
        for _, clause in wanted.rules()
        if clause.kind == "foreign key"
    )
