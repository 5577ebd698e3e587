"""Constraints and indexes with another name and the same definition: surely renames.

Their definitions are compared with the columns and tables by their new names, so an index over a
renamed column is the same index. Nothing is lost by being wrong: what is renamed is the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from .links import renamed_text
from .model import Candidate, Pair, Ref, Rule, Table

Definition = tuple[str, tuple[str, ...], str, tuple[str, ...], tuple[str, ...], str]
_SAME: Mapping[str, str] = {}


def sure_renames(
    old: Table, new: Table, tables: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]
) -> list[Candidate]:
    """Return the constraints and indexes of a table that have only another name.

    Args:
        old: The table as it is.
        new: The same table as it is wanted.
        tables: Old key → new key, for all tables on both sides.
        columns: For each old table's key, old column → new column, where they differ.
    """
    kept = {(r.kind, r.name) for r in old.rules} & {(r.kind, r.name) for r in new.rules}
    waiting: dict[Definition, list[Rule]] = defaultdict(list)
    for rule in _named(new.rules, kept):
        waiting[_definition(rule, _SAME, {}, _SAME)].append(rule)
    found: list[Candidate] = []
    for rule in _named(old.rules, kept):
        ours = columns.get(old.key, _SAME)
        same = waiting[_definition(rule, ours, tables, columns.get(rule.ref_table, _SAME))]
        if same:
            pair = Pair(rule.kind, Ref(old.key, rule.name), Ref(new.key, same.pop(0).name))
            found.append(Candidate(pair, 1.0, ("same definition",)))
    return found


def _named(rules: Iterable[Rule], kept: Collection[tuple[str, str]]) -> list[Rule]:
    """Return the rules that did not keep their names, in an order that the input has no part in."""
    loose = [rule for rule in rules if rule.name and (rule.kind, rule.name) not in kept]
    return sorted(loose, key=lambda rule: (rule.kind, rule.name))


def _definition(
    rule: Rule, ours: Mapping[str, str], tables: Mapping[str, str], theirs: Mapping[str, str]
) -> Definition:
    return (
        rule.kind,
        tuple(ours.get(column, column) for column in rule.columns),
        tables.get(rule.ref_table, rule.ref_table),
        tuple(theirs.get(column, column) for column in rule.ref_columns),
        renamed_text(rule.text, ours),
        rule.options,
    )
