"""Enum values, and indexes and constraints that have only another name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from whimbrel.compare.renames import Column, Enum, Pair, Ref, Rule, RuleKind, Side, Table, find_renames


def people(name: str, *rules: Rule) -> Side:
    """Return a side whose only table has a column of this name, and these rules."""
    columns = (Column("id", "integer"), Column(name, "text"), Column("born", "date"))
    return Side((Table("people", columns, rules),))


def colors(values: str) -> Side:
    return Side(enums=(Enum("color", tuple(values.split())),))


def sure(before: Side, after: Side) -> list[Pair]:
    return [candidate.pair for candidate in find_renames(before, after).sure]


def of_people(kind: RuleKind, old: str, new: str) -> Pair:
    return Pair(kind, Ref("people", old), Ref("people", new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("red green blue", "red lime blue", {("green", "lime")}),
        ("ACTIVE GONE", "active gone", {("ACTIVE", "active"), ("GONE", "gone")}),
        ("cancelled open", "open canceled", {("cancelled", "canceled")}),
        ("red green blue", "red blue purple", set()),
        ("red green", "green red", set()),
        ("red green", "red green blue", set()),
    ],
)
def test_enum_values_are_paired_by_place_and_name(old: str, new: str, expected: set[tuple[str, str]]) -> None:
    found = find_renames(colors(old), colors(new))
    assert {(c.pair.kind, c.pair.old.owner) for c in found.assignment} <= {("value", "color")}
    assert {(c.pair.old.name, c.pair.new.name) for c in found.assignment} == expected


@pytest.mark.parametrize(
    "old",
    [
        Rule("index", "old", ("name", "born")),
        Rule("index", "old", text="btree (lower(name)) WHERE born <> 'name'"),
        Rule("unique", "old", ("name",)),
        Rule("check", "old", text="name <> 'name'"),
        Rule("foreign key", "old", ("name",), "people", ("name",)),
        Rule("exclusion", "old", ("name",), text="gist (name WITH =)"),
    ],
    ids=lambda rule: f"{rule.kind} {rule.text}",
)
def test_the_same_definition_under_another_name_is_a_sure_rename_and_no_question(old: Rule) -> None:
    found = find_renames(people("name", old), people("name", replace(old, name="new")))
    assert [(c.pair, c.score, c.offered) for c in found.sure] == [(of_people(old.kind, "old", "new"), 1.0, False)]
    assert found.candidates == ()


def test_an_index_follows_its_renamed_column_but_not_into_literals() -> None:
    old = people("name", Rule("index", "ix", text="btree (name) WHERE (name <> 'name'::text)"))
    new = Rule("index", "ix_full", text="btree (full_name) WHERE (full_name <> 'name'::text)")
    other = replace(new, text=new.text.replace("'name'", "'full_name'"))
    assert sure(old, people("full_name", new)) == [of_people("index", "ix", "ix_full")]
    assert sure(old, people("full_name", other)) == []


def test_a_foreign_key_follows_the_column_that_it_refers_to() -> None:
    def both(name: str, key: str) -> Side:
        orders = Table("orders", (Column("who", "text"),), (Rule("foreign key", key, ("who",), "people", (name,)),))
        return Side((*people(name).tables, orders))

    assert sure(both("name", "fk_a"), both("full_name", "fk_b")) == [
        Pair("foreign key", Ref("orders", "fk_a"), Ref("orders", "fk_b"))
    ]


@pytest.mark.parametrize(
    "new",
    [
        Rule("index", "new", ("name",), options="unique"),
        Rule("index", "new", ("name", "born")),
        Rule("unique", "new", ("name",)),
    ],
    ids=lambda rule: f"{rule.kind} {rule.columns} {rule.options}",
)
def test_another_definition_is_no_rename_of_an_index(new: Rule) -> None:
    assert sure(people("name", Rule("index", "old", ("name",))), people("name", new)) == []


def test_of_two_equal_indexes_one_is_renamed_once() -> None:
    before = people("name", Rule("index", "b", ("name",)), Rule("index", "a", ("name",)))
    assert sure(before, people("name", Rule("index", "c", ("name",)))) == [of_people("index", "a", "c")]


def test_an_index_that_kept_its_name_is_no_rename_of_its_twin() -> None:
    old, twin = Rule("index", "a", ("name",)), Rule("index", "b", ("name",))
    assert sure(people("name", old), people("name", old, twin)) == []
