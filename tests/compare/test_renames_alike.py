"""Likeness of names, closeness of types, sameness of places."""

from __future__ import annotations

import pytest

from whimbrel.compare.renames.names import Rarity, likeness
from whimbrel.compare.renames.place import order_kept, sameness, spots
from whimbrel.compare.renames.types import Closeness, closeness

NOTHING_RARE = Rarity(())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user_name", "username"),
        ("userName", "user_name"),
        ("HTTPStatus", "http_status"),
        ("name", "full_name"),
        ("desc", "description"),
        ("qty", "quantity"),
        ("addr", "address"),
        ("category", "categories"),
        ("box", "boxes"),
        ("recieved_at", "received_at"),
        ("colour", "color"),
        ("dob", "date_of_birth"),
        ("owner_ref", "ref_owner"),
        ("address1", "address_1"),
        ("mail", "email"),
    ],
)
def test_names_that_a_person_finds_alike_are_alike(old: str, new: str) -> None:
    assert likeness(old, new, NOTHING_RARE) > 0.5
    assert likeness(new, old, NOTHING_RARE) == likeness(old, new, NOTHING_RARE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("name", "label"), ("email", "phone"), ("a", "b"), ("data", "meta"), ("", "x"), ("_", "__")],
)
def test_names_with_nothing_in_common_are_not(old: str, new: str) -> None:
    assert likeness(old, new, NOTHING_RARE) < 0.2


def test_only_the_same_name_is_wholly_alike() -> None:
    assert likeness("name", "name", NOTHING_RARE) == 1.0
    assert max(likeness(*pair, NOTHING_RARE) for pair in [("a_b", "ab"), ("x_y", "y_x"), ("item", "items")]) < 1.0


def test_a_word_that_many_siblings_share_says_little() -> None:
    many = Rarity(["owner_id", "object_id", *(f"{letter}_id" for letter in "abcdefgh")])
    assert likeness("owner_id", "object_id", many) < likeness("owner_id", "object_id", NOTHING_RARE) / 1.5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("VARCHAR(50)", "varchar( 50 )", Closeness.SAME),
        ("character varying(50)", "text", Closeness.KIN),
        ("int(11)", "bigint(20)", Closeness.KIN),
        ("timestamp without time zone", "timestamp with time zone", Closeness.KIN),
        ("public.citext", "text", Closeness.KIN),
        ("mood", "public.state", Closeness.KIN),
        ("tinyint(1)", "boolean", Closeness.KIN),
        ("integer", "numeric(10,2)", Closeness.CASTABLE),
        ("uuid", "text", Closeness.CASTABLE),
        ("text", "mood", Closeness.CASTABLE),
        ("text", "uuid", Closeness.FAR),
        ("date", "boolean", Closeness.FAR),
        ("text", "text[]", Closeness.FAR),
        ("text[]", "varchar(5)[]", Closeness.KIN),
        ("", "integer", Closeness.FAR),
    ],
)
def test_types_are_as_close_as_a_cast(old: str, new: str, expected: Closeness) -> None:
    assert closeness(old, new) is expected


@pytest.mark.parametrize(
    ("old", "new", "moved", "expected"),
    [
        ("a x b", "a y b", "x y", 1.0),
        ("a x b", "z a y b", "x y", 1.0),
        ("d a x b", "a y b", "x y", 1.0),
        ("a x", "a b y", "x y", 1.0),
        ("a x b c", "a y c b", "x y", 0.5),
        ("a x b c", "a b c y", "x y", 0.0),
        ("a x p b", "a y q b", "p q", 1.0),
        ("a x p b", "a y q b", "x q", 0.5),
        ("x", "y", "x y", 1.0),
    ],
)
def test_a_place_is_seen_from_the_siblings_that_stayed(old: str, new: str, moved: str, expected: float) -> None:
    olds, news = old.split(), new.split()
    stayed = set(olds) & set(news)
    before, after = moved.split()
    assert sameness(spots(olds, stayed)[before], spots(news, stayed)[after]) == expected


def test_the_order_of_siblings_is_trusted_as_far_as_it_was_kept() -> None:
    assert order_kept("abcd", "abcd") == 1.0
    assert order_kept("abcd", "dcba") == 0.0
    assert order_kept("abc", "abxc") == 0.5
    assert order_kept("a", "a") == order_kept("", "") == 1.0
