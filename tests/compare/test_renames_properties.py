"""What holds for every schema: invented ones, by hypothesis."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from whimbrel.compare.renames import (
    Answers,
    Column,
    Enum,
    Pair,
    Ref,
    Renames,
    Rule,
    Side,
    Table,
    find_renames,
)
from whimbrel.compare.renames.assign import best_assignment
from whimbrel.compare.renames.chains import best_with_chains

calm = settings(deadline=None, max_examples=150, database=None)

WORDS = st.sampled_from(["a", "b", "user", "user_name", "username", "owner_id", "note", "notes", "state"])
TYPES = st.sampled_from(["integer", "varchar(20)", "text", "uuid", "date", "mood"])
DEFAULTS = st.sampled_from([None, "0", "'x'"])
COLUMNS = st.builds(Column, WORDS, TYPES, st.booleans(), DEFAULTS)
OLD, NEW = ["p", "q", "r", "s"], ["p", "q", "t", "u"]


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=5, unique_by=lambda column: column.name))
    names = st.sampled_from([column.name for column in columns])
    rules = (
        Rule("index", f"ix_{name}_{draw(st.integers(0, 9))}", (draw(names),)),
        Rule("foreign key", f"fk_{name}", (draw(names),), draw(st.sampled_from(OLD + NEW)), ("a",)),
    )
    return Table(name, tuple(columns), rules)


@st.composite
def sides(draw: st.DrawFn, names: list[str]) -> Side:
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
    values = draw(st.lists(WORDS, unique=True, max_size=5))
    return Side(tuple(draw(tables(name)) for name in chosen), (Enum("mood", tuple(values)),))


def mixed(side: Side, seed: int) -> Side:
    chance = random.Random(seed)
    listed = [replace(t, rules=tuple(chance.sample(t.rules, len(t.rules)))) for t in side.tables]
    return Side(tuple(chance.sample(listed, len(listed))), side.enums)


def pairs(found: Renames) -> list[Pair]:
    return [candidate.pair for candidate in found.assignment]


@calm
@given(st.dictionaries(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), st.integers(-5, 30)))
def test_the_assignment_is_as_good_as_the_best_of_all(gains: dict[tuple[str, str], int]) -> None:
    chosen = best_assignment(gains)
    best = max(
        sum(max(gains.get(pair, 0), 0) for pair in zip("abcde", news, strict=True)) for news in permutations("abcde")
    )
    assert sum(gains[pair] for pair in chosen.items()) == best
    assert all(gains[pair] > 0 for pair in chosen.items())
    assert len(set(chosen.values())) == len(chosen)


@calm
@given(
    st.dictionaries(st.tuples(st.sampled_from("abkl"), st.sampled_from("xykl")), st.integers(1, 30)),
    st.dictionaries(st.sampled_from("kl"), st.integers(0, 30)),
)
def test_a_chain_begins_at_a_name_that_vanished_and_ends_at_one_that_appeared(
    gains: dict[tuple[str, str], int], itself: dict[str, int]
) -> None:
    usable = {
        edge: gain
        for edge, gain in gains.items()
        if edge[0] != edge[1] and all(end in "abxy" or end in itself for end in edge)
    }
    moved = best_with_chains(usable, itself)
    assert set(moved) & set("kl") == set(moved.values()) & set("kl")
    for start in moved:
        steps, name = 0, start
        while name in moved:
            name, steps = moved[name], steps + 1
            assert steps <= len(moved), "a ring"


@calm
@given(sides(OLD), sides(NEW))
def test_one_old_name_goes_to_one_new_name_and_never_to_itself(before: Side, after: Side) -> None:
    found = find_renames(before, after)
    assert len({pair.old for pair in pairs(found)}) == len(pairs(found)) == len({p.new for p in pairs(found)})
    renamed = {pair.old.name: pair.new.name for pair in pairs(found) if pair.kind == "table"}
    for candidate in found.candidates:
        pair = candidate.pair
        assert 0 <= candidate.score <= 1
        assert pair.old.name != pair.new.name
        assert pair.kind != "column" or pair.new.owner == renamed.get(pair.old.owner, pair.old.owner)
    assert all(candidate.offered and candidate in found.candidates for candidate in found.assignment)


@calm
@given(sides(OLD), sides(NEW), st.integers(0, 99))
def test_the_order_of_tables_and_rules_changes_nothing(before: Side, after: Side, seed: int) -> None:
    assert find_renames(mixed(before, seed), mixed(after, seed + 1)) == find_renames(before, after)


@calm
@given(sides(OLD), sides(NEW))
def test_saying_no_to_everything_comes_to_an_end_and_no_refused_pair_comes_back(before: Side, after: Side) -> None:
    refused: set[Pair] = set()
    while found := pairs(find_renames(before, after, Answers(refused=frozenset(refused)))):
        assert refused.isdisjoint(found)
        refused.add(found[0])
    assert len(refused) < 500


@calm
@given(sides(OLD), sides(NEW), st.data())
def test_a_decided_pair_stays_and_its_names_are_in_no_other(before: Side, after: Side, data: st.DataObject) -> None:
    first = find_renames(before, after)
    tables_first = frozenset(pair for pair in pairs(first) if pair.kind == "table")
    offered = [c.pair for c in first.candidates if c.pair not in tables_first and not both_sided(c.pair, first)]
    assume(offered)
    pair = data.draw(st.sampled_from(offered))
    decided = {pair} if pair.kind == "table" else {pair, *tables_first}
    found = find_renames(before, after, Answers(frozenset(decided)))
    assert decided <= {candidate.pair for candidate in found.decided}
    others = [candidate.pair for candidate in found.candidates]
    assert all(pair.old != other.old and pair.new != other.new for other in others)


def both_sided(pair: Pair, found: Renames) -> bool:
    """Tell whether the pair is part of a chain, which one answer alone does not decide."""
    taken = [(c.pair.old.name, c.pair.new.name) for c in found.assignment if c.pair.kind == pair.kind]
    return any(pair.old.name == new or pair.new.name == old for old, new in taken)


@calm
@given(tables("t"), st.data())
def test_a_column_renamed_alone_in_its_place_is_always_found(table: Table, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(table.columns))
    columns = tuple(replace(c, name="zzz") if c is column else c for c in table.columns)
    rules = tuple(replace(r, columns=tuple("zzz" if n == column.name else n for n in r.columns)) for r in table.rules)
    found = find_renames(Side((table,)), Side((replace(table, columns=columns, rules=rules),)))
    assert pairs(found) == [Pair("column", Ref("t", column.name), Ref("t", "zzz"))]


@calm
@given(st.lists(tables("t"), min_size=1, max_size=4), st.data())
def test_a_table_renamed_alone_is_always_found(made: list[Table], data: st.DataObject) -> None:
    before = [replace(table, name=f"t{i}") for i, table in enumerate(made)]
    one = data.draw(st.sampled_from(before))
    after = [replace(table, name="zzz") if table is one else table for table in before]
    found = find_renames(Side(tuple(before)), Side(tuple(after)))
    assert pairs(found) == [Pair("table", Ref("", one.name), Ref("", "zzz"))]
