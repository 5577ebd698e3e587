"""Score the rename search on a file of real revisions, beside the rule that Django has.

    python tools/score_renames.py renames.json [--folds] [--each]

The file is a list of revisions: `before` and `after` are the tables touched, `renames` the pairs that
were renames, `copies` those where the new column was filled from the old one, `not_renames` the rest
that could be taken for renames. Nothing of it is kept here. Columns of the table: true pairs offered, true
pairs ranked first, revisions asked about in which nothing was renamed or copied, and all questions to a
person who answers each of them rightly.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from whimbrel.compare.renames import (
    WEIGHTS,
    Answers,
    Column,
    Pair,
    Ref,
    Renames,
    Rule,
    Side,
    Table,
    Weights,
    find_renames,
)

FOLDS = 5
FACTORS = (0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Case:
    """One revision with what became of its names."""

    project: str
    revision: str
    before: Side
    after: Side
    renames: frozenset[Pair]
    copies: frozenset[Pair]


@dataclass(frozen=True, slots=True)
class Score:
    """What a rule did on some revisions."""

    renames: int = 0
    offered: int = 0
    first: int = 0
    quiet_wanted: int = 0
    asked: int = 0
    questions: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Score)))

    def row(self, name: str) -> str:
        """Return the line of the table."""
        return (
            f"{name:<34} {self.offered:>4}/{self.renames:<4} {self.first:>4}/{self.renames:<4} "
            f"{self.asked:>4}/{self.quiet_wanted:<4} {self.questions or '-':>6}"
        )


HEAD = f"{'':<34} {'offered':>9} {'first':>9} {'asked':>9} {'questions':>9}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--each", action="store_true", help="what falls short, revision by revision")
    parser.add_argument("--folds", action="store_true", help="choose the weights on four fifths (minutes)")
    options = parser.parse_args()
    cases = [read_case(item) for item in json.loads(options.file.read_text())]
    print(HEAD)
    print(score_all(cases, WEIGHTS).row("whimbrel"))
    print(sum((score_django(case) for case in cases), Score()).row("Django's rule"))
    for how in HARDER:
        print(score_all([harder(case, how) for case in cases], WEIGHTS).row(f"whimbrel, {how}"))
    for name in ("place", "keys", "names", "type", "rules", "stayed"):
        print(score_all(cases, replace(WEIGHTS, **{name: 0.0})).row(f"whimbrel without {name}"))
    if options.folds:
        print_folds(cases)
    if options.each:
        print_each(cases)


# Reading the file


def read_case(item: Mapping[str, Any]) -> Case:
    """Bring one item of the file into our form."""
    return Case(
        item["project"],
        item["revision"],
        Side(tuple(read_table(name, table) for name, table in item["before"].items())),
        Side(tuple(read_table(name, table) for name, table in item["after"].items())),
        frozenset(read_pair(pair) for pair in item["renames"]),
        frozenset(read_pair(pair) for pair in item["copies"]),
    )


def read_pair(words: Sequence[str]) -> Pair:
    """Read `["table", old, new]` or `["column", old_table, new_table, old, new]`."""
    if words[0] == "table":
        return Pair("table", Ref("", words[1]), Ref("", words[2]))
    return Pair("column", Ref(words[1], words[3]), Ref(words[2], words[4]))


def read_table(key: str, table: Mapping[str, Any]) -> Table:
    """Read one table."""
    schema, _, name = key.rpartition(".")
    columns = (Column(c["name"], c["type"], c["nullable"], c["default"]) for c in table["columns"])
    return Table(name, tuple(columns), tuple(read_rules(table)), schema)


def read_rules(table: Mapping[str, Any]) -> Iterable[Rule]:
    """Read a table's constraints and indexes."""
    if key := table["pk"]:
        yield Rule("primary key", key["name"], tuple(key["columns"]))
    for fk in table["fks"]:
        there = fk["ref_table"], tuple(fk["ref_columns"])
        yield Rule("foreign key", fk["name"], tuple(fk["columns"]), *there, options=fk["ondelete"] + fk["onupdate"])
    for unique in table["uniques"]:
        yield Rule("unique", unique["name"], tuple(unique["columns"]))
    for index in table["indexes"]:
        text = re.sub(r"^.*? USING ", "", index["definition"])
        yield Rule("index", index["name"], text=text, options="unique" if index["unique"] else "")
    for check in table["checks"]:
        yield Rule("check", check["name"], text=check["expr"])


def harder(case: Case, how: str) -> Case:
    """Return the case with less to go by, as a model may well have it."""
    renamed = {pair.new for pair in case.renames}
    tables = tuple(replace(table, columns=tuple(HARDER[how](table, renamed))) for table in case.after.tables)
    return replace(case, after=Side(tables))


def by_name(table: Table, _: Set[Ref]) -> list[Column]:
    """Sort the wanted columns, as if a model's order had nothing to do with the table's."""
    return sorted(table.columns, key=lambda column: column.name)


def at_the_end(table: Table, renamed: Set[Ref]) -> list[Column]:
    """Move the renamed columns behind all others, where a column that is only new would stand."""
    return sorted(table.columns, key=lambda column: Ref(table.key, column.name) in renamed)


def otherwise(table: Table, renamed: Set[Ref]) -> list[Column]:
    """Change nullability and type of the renamed columns as well."""
    other = {"uuid": "text", "integer": "bigint", "boolean": "integer", "json": "jsonb"}
    return [
        replace(column, nullable=not column.nullable, type=other.get(column.type, "text"))
        if Ref(table.key, column.name) in renamed
        else column
        for column in table.columns
    ]


HARDER = {"order by name": by_name, "renamed at the end": at_the_end, "type, null changed too": otherwise}


# Scoring


def score_all(cases: Iterable[Case], weights: Weights) -> Score:
    """Score our search on the cases."""
    return sum((score_case(case, weights) for case in cases), Score())


def score_case(case: Case, weights: Weights) -> Score:
    """Score our search on one case."""
    found = find_renames(case.before, case.after, weights=weights)
    offered = {c.pair for c in found.candidates if c.offered}
    quiet = not case.renames and not case.copies
    return Score(
        renames=len(case.renames),
        offered=len(case.renames & offered),
        first=len(case.renames & firsts([c.pair for c in found.candidates if c.offered])),
        quiet_wanted=quiet,
        asked=quiet and bool(offered),
        questions=count_questions(case, found) if weights is WEIGHTS else 0,
    )


def firsts(ranked: Sequence[Pair]) -> set[Pair]:
    """Return the pairs before which no other with the same old or the same new name is ranked."""
    seen: set[tuple[str, Ref, str]] = set()
    found: set[Pair] = set()
    for pair in ranked:
        ends = {("old", pair.old, pair.new.owner), ("new", pair.new, pair.old.owner)}
        if seen.isdisjoint(ends):
            found.add(pair)
        seen |= ends
    return found


def count_questions(case: Case, found: Renames) -> int:
    """Count the questions to a person who answers them all, and rightly."""
    answers, count = Answers(), 0
    while found.assignment:
        pair = found.assignment[0].pair
        count += 1
        if pair in case.renames | case.copies:
            answers = replace(answers, decided=answers.decided | {pair})
        else:
            answers = replace(answers, refused=answers.refused | {pair})
        found = find_renames(case.before, case.after, answers)
    return count


# A fifth of the projects left out


def print_folds(cases: Sequence[Case]) -> None:
    """Choose the weights on four fifths of the projects and score them on the fifth, five times."""
    projects = sorted({case.project for case in cases})
    total = Score()
    for fold in range(FOLDS):
        left_out = set(projects[fold::FOLDS])
        weights = choose([case for case in cases if case.project not in left_out])
        score = score_all([case for case in cases if case.project in left_out], weights)
        total += score
        print(score.row(f"left out: fifth {fold + 1}"))
        print(
            "   ",
            {f.name: getattr(weights, f.name) for f in fields(weights) if f.name not in ("prior", "kept")},
        )
    print(total.row("left out, together"))


def choose(cases: Sequence[Case]) -> Weights:
    """Improve the weights one at a time on these cases, from our own, by what falls short."""
    best, least = WEIGHTS, loss(score_all(cases, WEIGHTS))
    for _ in range(2):
        for name in ("type", "rules", "place", "keys", "names", "stayed", "body", "offered"):
            start = getattr(WEIGHTS, name)
            for factor in FACTORS:
                tried = replace(best, **{name: start * factor})
                short = loss(score_all(cases, tried))
                if short < least:
                    best, least = tried, short
    return best


def loss(score: Score) -> int:
    """Weigh a rename not offered, one not ranked first, and a needless question."""
    return 10 * (score.renames - score.offered) + 10 * (score.renames - score.first) + score.asked


# Django's rule (django/db/migrations/autodetector.py), from its description


def score_django(case: Case) -> Score:
    """Score the rule: equal definitions and nothing else, by name, the first that the person accepts."""
    asked: list[Pair] = []
    tables = django_tables(case, asked)
    for old, new in sorted(tables.items(), key=lambda pair: pair[1].key):
        django_columns(old, new, case, asked)
    quiet = not case.renames and not case.copies
    truly = case.renames & set(asked)
    return Score(len(case.renames), len(truly), len(truly & firsts(asked)), quiet, quiet and bool(asked), len(asked))


def django_tables(case: Case, asked: list[Pair]) -> dict[Table, Table]:
    """Ask for each added table about each removed one with the same columns but for their names."""
    olds = {table.key: table for table in case.before.tables}
    news = {table.key: table for table in case.after.tables}
    same = {olds[key]: news[key] for key in olds.keys() & news.keys()}
    gone, come = sorted(olds.keys() - news.keys()), sorted(news.keys() - olds.keys())
    for new in come:
        for old in gone:
            if django_shape(olds[old]) != django_shape(news[new]):
                continue
            pair = Pair("table", Ref("", old), Ref("", new))
            asked.append(pair)
            if pair in case.renames:
                same[olds[old]] = news[new]
                gone.remove(old)
                break
    return same


def django_columns(old: Table, new: Table, case: Case, asked: list[Pair]) -> None:
    """Ask for each added column about each removed one with the same definition."""
    lefts, rights = {c.name: c for c in old.columns}, {c.name: c for c in new.columns}
    renamed = {p.old.name: p.new.name for p in case.renames if p.kind == "table"}
    gone, come = sorted(lefts.keys() - rights.keys()), sorted(rights.keys() - lefts.keys())
    for name in come:
        for candidate in gone:
            before = django_field(old, lefts[candidate])
            target = renamed.get(before[-1], before[-1])
            if (*before[:-1], target) != django_field(new, rights[name]):
                continue
            pair = Pair("column", Ref(old.key, candidate), Ref(new.key, name))
            asked.append(pair)
            if pair in case.renames:
                gone.remove(candidate)
                break


def django_shape(table: Table) -> list[tuple[Any, ...]]:
    """Return a table's fields in the order of their names, without names and without targets."""
    return [django_field(table, column)[:-1] for column in sorted(table.columns, key=lambda c: c.name)]


def django_field(table: Table, column: Column) -> tuple[Any, ...]:
    """Return what a field's definition is to Django, the target of its foreign key last."""
    alone = {(rule.kind, rule.options) for rule in table.rules if rule.columns == (column.name,)}
    target = next((r.ref_table for r in table.rules if r.kind == "foreign key" and r.columns == (column.name,)), "")
    default = "nextval" if (column.default or "").startswith("nextval") else column.default
    indexed = any(rule.text == f"btree ({column.name})" for rule in table.rules if rule.kind == "index")
    return (column.type, column.nullable, default, frozenset(alone), indexed, target)


def print_each(cases: Iterable[Case]) -> None:
    """Print what was missed, and what was asked where nothing was renamed."""
    for case in cases:
        found = find_renames(case.before, case.after)
        offered = [c for c in found.candidates if c.offered]
        leading = firsts([c.pair for c in offered])
        for pair in sorted(case.renames - leading):
            print(
                "MISSED" if pair not in {c.pair for c in offered} else "NOT FIRST",
                case.project,
                case.revision,
                pair,
            )
        if not case.renames and not case.copies:
            print("asked" if offered else "quiet", case.project, case.revision)
        for c in found.candidates[:6]:
            truth = "R" if c.pair in case.renames else "C" if c.pair in case.copies else "-"
            names = f"{c.pair.old.owner}.{c.pair.old.name} → {c.pair.new.owner}.{c.pair.new.name}"
            print(f"   {truth} {'?' if c.offered else ' '} {c.score:.2f} {names}")
            print("     +", "; ".join(c.evidence))
            print("     -", "; ".join(c.against))


if __name__ == "__main__":
    main()
