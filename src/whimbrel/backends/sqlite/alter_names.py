"""Which constraint of a stored text a script means.

Most constraints of SQLite databases have no name, but scripts drop them by one: that of a naming
convention, of another server, their own text, or none at all. What is not clear is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError

from whimbrel.backends.sqlite.text import Clause, Item, TableText, column_words, same_words
from whimbrel.errors import ChangeRefused
from whimbrel.tokens import scan, unquoted

Rule = tuple[Item, Clause]
Convention = Mapping[str, str]


def find_rule(table: TableText, name: str | None, kind: str, conventions: Iterable[Convention]) -> Rule:
    """Find the constraint that a script names.

    Args:
        table: the table's text.
        name: the name in the script; nothing where the script has none.
        kind: `check`, `foreign key`, `primary key`, `unique`; empty where the script does not say.
        conventions: naming conventions that the name may come from.

    Raises:
        ChangeRefused: none fits, or several do.
    """
    rules = list(table.rules())
    if name is not None and (found := _by_name(rules, name, kind)) is not None:
        return found
    unnamed = [(item, clause) for item, clause in rules if not clause.name and clause.kind == (kind or clause.kind)]
    if name is None or kind == "primary key":
        fitting = unnamed if kind else []
    else:
        fitting = [(item, clause) for item, clause in unnamed if same_words(item.body[clause.start : clause.end], name)]
        fitting = fitting or [rule for rule in unnamed if _has_conventional_name(table, rule, name, conventions)]
        fitting = fitting or _longest(table, unnamed, name)
    if len(fitting) != 1:
        raise _not_found(table, name, kind, rules)
    return fitting[0]


def columns_of(table: TableText, clause: Clause) -> tuple[str, ...]:
    """List the columns that a constraint is about."""
    if clause.kind != "check":
        return clause.columns
    words = scan(clause.value, "sqlite")
    said = dict.fromkeys(unquoted(words.words[at]).lower() for at in column_words(words))
    return tuple(name for name in table.names if name.lower() in said)


def _by_name(rules: list[Rule], name: str, kind: str) -> Rule | None:
    same = [rule for rule in rules if rule[1].name.lower() == name.lower()]
    exact = [rule for rule in same if rule[1].name == name and rule[1].kind == (kind or rule[1].kind)]
    return next(iter([*exact, *same]), None)


def _has_conventional_name(table: TableText, rule: Rule, name: str, conventions: Iterable[Convention]) -> bool:
    return any(_conventional_name(table, rule[1], convention) == name for convention in conventions)


def _conventional_name(table: TableText, clause: Clause, convention: Convention) -> str | None:
    columns: list[Any] = [sa.Column(column) for column in table.names]
    own = sa.Table(table.name, sa.MetaData(naming_convention=dict(convention)), *columns)
    names = [own.c[column].name for column in table.names if column.lower() in {c.lower() for c in clause.columns}]
    try:
        constraint = _constraint(clause, names)
        own.append_constraint(constraint)
    except InvalidRequestError:
        return None  # the convention asks for a name to start from
    return constraint.name if isinstance(constraint.name, str) else None


def _constraint(clause: Clause, names: list[str]) -> sa.Constraint:
    if clause.kind == "unique":
        return sa.UniqueConstraint(*names)
    if clause.kind == "primary key":
        return sa.PrimaryKeyConstraint(*names)
    if clause.reference is not None:
        target = clause.reference.target or tuple("id" for _ in names)
        return sa.ForeignKeyConstraint(names, [f"{clause.reference.table}.{column}" for column in target])
    return sa.CheckConstraint(sa.text(clause.value))


def _longest(table: TableText, rules: list[Rule], name: str) -> list[Rule]:
    """Pick the constraint whose columns, all of them, make up most of the name."""
    said = f"_{name.lower()}_"
    best: list[Rule] = []
    most = 0
    for item, clause in rules:
        columns = columns_of(table, clause)
        if not columns or not all(f"_{column.lower()}_" in said for column in columns):
            continue
        length = sum(len(column) + 1 for column in columns)
        if clause.reference is not None and f"_{clause.reference.table.lower()}_" in said:
            length += 1
        if length > most:
            best, most = [], length
        if length == most:
            best.append((item, clause))
    return best


def _not_found(table: TableText, name: str | None, kind: str, rules: list[Rule]) -> ChangeRefused:
    listed = [
        f"{clause.name or 'unnamed'}: {' '.join(item.body[clause.start : clause.end].split())}"
        for item, clause in rules
        if clause.kind == (kind or clause.kind)
    ]
    what = f"{kind or 'constraint'} {name}" if name else f"{kind or 'constraint'} to drop"
    lines = "".join(f"\n        {line}" for line in listed)
    return ChangeRefused(
        f"{table.name} has no {what}; no other one fits that name alone. It has:{lines or ' none'}",
        do="name the one that is meant as the table does, or by its columns: fk_<table>_<column>_<referred table>",
    )
