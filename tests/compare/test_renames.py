"""What the search finds in small schemas, written as a person would read them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from whimbrel.compare.renames import (
    Answers,
    Candidate,
    Column,
    Kind,
    Pair,
    Ref,
    Renames,
    Rule,
    RuleKind,
    Side,
    Table,
    find_renames,
)


def table(name: str, columns: str, *rules: Rule, schema: str = "") -> Table:
    """Make a table of columns such as `id integer!, name text` (! for NOT NULL, = for a default)."""
    return Table(name, tuple(column(text) for text in columns.split(", ")), rules, schema)


def column(text: str) -> Column:
    text, _, default = text.partition("=")
    name, _, type_ = text.partition(" ")
    return Column(name, type_.rstrip("!"), not type_.endswith("!"), default or None)


def columns_of(owner: str, old: str, new: str, to: str = "") -> Pair:
    return Pair("column", Ref(owner, old), Ref(to or owner, new))


def tables_of(old: str, new: str) -> Pair:
    return Pair("table", Ref("", old), Ref("", new))


def search(
    before: Table | tuple[Table, ...], after: Table | tuple[Table, ...], answers: Answers | None = None
) -> Renames:
    return find_renames(side(before), side(after), answers or Answers())


def side(tables: Table | tuple[Table, ...]) -> Side:
    return Side(tables if isinstance(tables, tuple) else (tables,))


def assigned(found: Renames) -> set[Pair]:
    return {candidate.pair for candidate in found.assignment}


def offered(found: Renames) -> set[Pair]:
    return {candidate.pair for candidate in found.candidates if candidate.offered}


def the(found: Renames, pair: Pair) -> Candidate:
    return next(candidate for candidate in found.candidates if candidate.pair == pair)


PEOPLE = table("people", "id integer!, email varchar(50), name varchar(50), born date")
RENAMED = table("people", "id integer!, email varchar(50), full_name varchar(50), born date")


@dataclass(frozen=True)
class Evidence:
    """One phrase that must be said of people.name → people.full_name, for it or against it."""

    claim: str
    phrase: str
    before: Table = PEOPLE
    after: Table = RENAMED
    against: bool = False


def ruled(kind: RuleKind, *columns: str, **more: object) -> tuple[Table, Table]:
    """Return both sides, with a rule over the column under its old and its new name."""
    old = Rule(kind, "old", columns, **more)  # type: ignore[arg-type]
    names = tuple("full_name" if name == "name" else name for name in columns)
    new = replace(old, name="new", columns=names, text=old.text.replace("name", "full_name"))
    return replace(PEOPLE, rules=(old,)), replace(RENAMED, rules=(new,))


def with_column(text: str, comment: str | None = None) -> Table:
    first, second, _, last = PEOPLE.columns
    return replace(PEOPLE, columns=(first, second, replace(column(text), comment=comment), last))


def changed(claim: str, phrase: str, new: str, old: str = "name varchar(50)") -> Evidence:
    return Evidence(claim, phrase, with_column(old), with_column(new), against=True)


EVIDENCE = [
    Evidence("the type stays", "same type varchar(50)"),
    Evidence("the place stays", "same place (3rd of 4)"),
    Evidence("words are shared", "names alike: name → full_name"),
    Evidence("the siblings stay", "3 of 3 other columns stay"),
    Evidence("the type grows", "kindred types: varchar(50) → text", after=with_column("full_name text")),
    Evidence(
        "the default stays, casts aside",
        "same default 'x'",
        with_column("name text='x'::text"),
        with_column("full_name text='x'"),
    ),
    Evidence(
        "the comment stays",
        "same comment",
        with_column("name text", "as printed"),
        with_column("full_name text", "as printed"),
    ),
    Evidence("the key stays", "still in the primary key", *ruled("primary key", "id", "name")),
    Evidence("the unique constraint stays", "unique as before", *ruled("unique", "name", "born")),
    Evidence("the index stays", "indexed as before", *ruled("index", text="btree (lower(name), born)")),
    Evidence("the CHECK stays", "same CHECK", *ruled("check", text="length(name) > 2")),
    Evidence("the exclusion stays", "same exclusion", *ruled("exclusion", text="gist (name WITH =)")),
    Evidence(
        "the foreign key stays",
        "foreign key to users stays",
        *ruled("foreign key", "name", ref_table="users", ref_columns=("login",)),
    ),
    Evidence(
        "the place is seen from a neighbour",
        "same place (after email)",
        after=replace(RENAMED, columns=(*RENAMED.columns, column("died date"))),
    ),
    Evidence(
        "the place changes",
        "other place (3rd of 4 → 4th of 4)",
        after=replace(RENAMED, columns=tuple(RENAMED.columns[i] for i in (0, 1, 3, 2))),
        against=True,
    ),
    Evidence(
        "an index comes",
        "newly indexed",
        after=replace(RENAMED, rules=(Rule("index", "i", ("full_name",)),)),
        against=True,
    ),
    changed("a cast is needed", "type to be cast: integer → text", "full_name text", "name integer"),
    changed("the type is another", "unrelated types: varchar(50) → uuid", "full_name uuid"),
    changed("NOT NULL comes", "becomes NOT NULL", "full_name varchar(50)!"),
    changed("NOT NULL goes", "becomes nullable", "full_name varchar(50)", "name varchar(50)!"),
    changed("the default changes", "other default (none → 'x')", "full_name varchar(50)='x'"),
]


@pytest.mark.parametrize("case", EVIDENCE, ids=lambda case: case.claim)
def test_the_evidence_is_said_in_words(case: Evidence) -> None:
    found = the(search(case.before, case.after), columns_of("people", "name", "full_name"))
    assert case.phrase in " | ".join(found.against if case.against else found.evidence)
    assert case.phrase not in " | ".join(found.evidence if case.against else found.against)


def test_a_foreign_key_from_another_table_is_evidence() -> None:
    before, after = (
        table("orders", "who varchar(50)", Rule("foreign key", "f", ("who",), "people", (name,)))
        for name in ("name", "full_name")
    )
    found = search((PEOPLE, before), (RENAMED, after))
    assert "foreign key from orders stays" in the(found, columns_of("people", "name", "full_name")).evidence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("price integer", "amount numeric(10,2)!"),
        ("age integer", "age_years text"),
        ("active boolean=true", "archived boolean=false"),
        ("name varchar(20)", "title text"),
        ("desc text", "description jsonb"),
    ],
)
def test_a_rename_with_another_change_is_still_offered(old: str, new: str) -> None:
    found = search(with_column(old), with_column(new))
    assert assigned(found) == {columns_of("people", column(old).name, column(new).name)}


def test_nothing_alike_is_not_worth_a_question() -> None:
    before = table("people", "id integer!, notes text, email text, born date")
    after = table(
        "people",
        "id integer!, email text, born date, team_id uuid!",
        Rule("foreign key", "f", ("team_id",), "teams"),
    )
    assert offered(search(before, after)) == set()


def test_two_columns_of_one_type_are_paired_by_name_and_place_not_by_the_alphabet() -> None:
    before = table("t", "id integer, first_line text, town text")
    after = table("t", "id integer, street text, city_town text")
    assert assigned(search(before, after)) == {
        columns_of("t", "first_line", "street"),
        columns_of("t", "town", "city_town"),
    }


def test_the_best_overall_may_leave_a_pair_its_second_best() -> None:
    before = table("t", "id integer, user_name text, user_name_long text")
    after = table("t", "id integer, user_name_short text, user_name_longer text")
    assert assigned(search(before, after)) == {
        columns_of("t", "user_name", "user_name_short"),
        columns_of("t", "user_name_long", "user_name_longer"),
    }


def test_a_no_makes_room_for_the_next_best() -> None:
    before = table("t", "id integer, name text")
    after = table("t", "id integer, full_name text, label text")
    first, second = columns_of("t", "name", "full_name"), columns_of("t", "name", "label")
    assert assigned(search(before, after)) == {first}
    assert assigned(search(before, after, Answers(refused=frozenset({first})))) == {second}
    assert search(before, after, Answers(refused=frozenset({first, second}))).candidates == ()


def test_what_stands_apart_takes_part_in_no_rename() -> None:
    before, after = table("t", "id integer, name text"), table("t", "id integer, full_name text, label text")
    old: frozenset[tuple[Kind, Ref]] = frozenset({("column", Ref("t", "name"))})
    new: frozenset[tuple[Kind, Ref]] = frozenset({("column", Ref("t", "full_name"))})
    assert search(before, after, Answers(apart=old)).candidates == ()
    assert assigned(search(before, after, Answers(apart=new))) == {columns_of("t", "name", "label")}


def test_a_column_in_another_table_is_no_rename() -> None:
    before = (table("a", "id integer, note text"), table("b", "id integer"))
    after = (table("a", "id integer"), table("b", "id integer, note text"))
    assert search(before, after).candidates == ()


# Tables

ITEM = table("item", "id integer!, name text, qty integer, owner_id integer", Rule("primary key", "item_pkey", ("id",)))


def renamed(name: str, columns: str, **more: str) -> Table:
    return table(name, columns, Rule("primary key", f"{name}_pkey", ("id",)), **more)


def test_a_table_and_a_column_in_it_are_both_found_and_the_key_follows() -> None:
    found = search(ITEM, renamed("product", "id integer!, name text, quantity integer, owner_id integer"))
    assert assigned(found) == {
        tables_of("item", "product"),
        columns_of("item", "qty", "quantity", to="product"),
    }
    assert {c.pair for c in found.sure} == {
        Pair("primary key", Ref("item", "item_pkey"), Ref("product", "product_pkey"))
    }
    assert found.candidates[0].pair.kind == "table"


def test_without_the_table_its_columns_are_no_candidates() -> None:
    after = renamed("product", "id integer!, name text, quantity integer, owner_id integer")
    found = search(ITEM, after, Answers(refused=frozenset({tables_of("item", "product")})))
    assert (found.candidates, found.sure) == ((), ())


def test_a_decided_column_says_that_its_table_was_renamed() -> None:
    after = renamed("wares", "id integer!, label uuid")
    pair = columns_of("item", "name", "label", to="wares")
    found = search(ITEM, after, Answers(decided=frozenset({pair})))
    assert {c.pair for c in found.decided} == {tables_of("item", "wares"), pair}


def test_a_table_moved_to_another_schema_is_found() -> None:
    assert assigned(search(ITEM, replace(ITEM, schema="other"))) == {tables_of("item", "other.item")}


def test_tables_are_told_apart_by_their_rare_columns() -> None:
    before = (
        table("cat", "id integer, created date, fur text"),
        table("fish", "id integer, created date, fins integer"),
    )
    after = (
        table("x", "id integer, created date, fins integer"),
        table("y", "id integer, created date, fur text"),
    )
    assert assigned(search(before, after)) == {tables_of("cat", "y"), tables_of("fish", "x")}


def test_foreign_keys_lead_from_a_renamed_table_to_its_columns() -> None:
    def sides(spec: str, to_spec: str, to_user: str) -> tuple[Table, Table]:
        first = Rule("foreign key", "f", (to_spec,), spec, ("id",))
        second = Rule("foreign key", "g", (to_user,), "user", ("id",))
        doc = f"id integer, {min(to_spec, to_user)} integer, {max(to_spec, to_user)} integer"
        return table(spec, "id integer, body text"), table("doc", doc, first, second)

    assert assigned(search(sides("spec", "a_id", "b_id"), sides("plan", "w_id", "v_id"))) == {
        tables_of("spec", "plan"),
        columns_of("doc", "a_id", "w_id"),
        columns_of("doc", "b_id", "v_id"),
    }


# Chains and swaps


def test_a_chain_of_columns_is_found() -> None:
    found = search(table("t", "id integer, a date, b text"), table("t", "id integer, b date, c text"))
    assert assigned(found) == {columns_of("t", "a", "b"), columns_of("t", "b", "c")}


def test_a_chain_of_tables_is_found() -> None:
    one, two = "id integer, p text, q text, r text", "id integer, x text, y uuid, z date"
    found = search((table("a", one), table("b", two)), (table("b", one), table("c", two)))
    assert {tables_of("a", "b"), tables_of("b", "c")} <= assigned(found)


def test_a_column_that_only_changes_its_type_is_not_taken_for_another() -> None:
    found = search(table("t", "id integer, a date, b text"), table("t", "id integer, b uuid, c date"))
    assert assigned(found) == {columns_of("t", "a", "c")}
    assert not any("b" in (c.pair.old.name, c.pair.new.name) for c in found.candidates)


def test_a_swap_is_never_proposed() -> None:
    assert search(table("t", "a date, b text"), table("t", "b date, a text")).candidates == ()
    with_others = search(table("t", "a date, b text, x uuid"), table("t", "b date, a text, y json"))
    assert assigned(with_others) == set()


def test_two_hints_say_a_swap_and_one_alone_is_passed_over() -> None:
    sides = table("t", "a date, b text"), table("t", "b date, a text")
    there, back = columns_of("t", "a", "b"), columns_of("t", "b", "a")
    assert {c.pair for c in search(*sides, Answers(frozenset({there, back}))).decided} == {there, back}
    assert search(*sides, Answers(frozenset({there}))) == Renames()


def test_a_hint_whose_rename_is_done_is_passed_over() -> None:
    now = table("t", "id integer, full_name text")
    assert search(now, now, Answers(frozenset({columns_of("t", "name", "full_name")}))) == Renames()


def test_a_decided_pair_is_taken_against_all_evidence_and_frees_the_rest() -> None:
    before = table("t", "id integer, name text, code uuid")
    after = table("t", "id integer, full_name text, label text")
    pair = columns_of("t", "code", "full_name")
    found = search(before, after, Answers(frozenset({pair})))
    assert [c.pair for c in found.decided] == [pair]
    assert assigned(found) == {columns_of("t", "name", "label")}


def test_one_name_in_two_decided_pairs_is_an_error() -> None:
    before, after = table("t", "id integer, a text"), table("t", "id integer, b text, c text")
    pairs = frozenset({columns_of("t", "a", "b"), columns_of("t", "a", "c")})
    with pytest.raises(ValueError, match="The old column a is in two renames"):
        search(before, after, Answers(pairs))
