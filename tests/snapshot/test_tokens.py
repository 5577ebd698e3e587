"""Texts are cut into words without a grammar, by each server's own lexical rules."""

import pytest

from whimbrel.tokens import replaced, scan, statements_in, unquoted, without_comments, without_parentheses

CUT = (
    ("sqlite", "a<=b -- c\n/* d */'it''s'", ["a", "<=", "b", "'it''s'"]),
    ("sqlite", '"a ""b"" c" [d e] `f``g`', ['"a ""b"" c"', "[d e]", "`f``g`"]),
    ("sqlite", "x'0A' 1.5e-3 .5 a->>'$.b'", ["x'0A'", "1.5e-3", ".5", "a", "->>", "'$.b'"]),
    ("sqlite", "'-- no' '/* no */'", ["'-- no'", "'/* no */'"]),
    ("postgresql", "$x$ it's $x$ $$a$$ E'\\'' a::text", ["$x$ it's $x$", "$$a$$", "E'\\''", "a", "::", "text"]),
    ("postgresql", "ARRAY['a'::b]", ["ARRAY", "[", "'a'", "::", "b", "]"]),
    ("mariadb", "`a` # why\n'it\\'s' _utf8mb4'x'", ["`a`", "'it\\'s'", "_utf8mb4'x'"]),
)


@pytest.mark.parametrize(("kind", "text", "words"), CUT)
def test_a_text_is_cut_as_its_server_would(kind: str, text: str, words: list[str]) -> None:
    assert scan(text, kind).words == words


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("(a)", "a"),
        ("((a))", "a"),
        ("(a) + (b)", "(a) + (b)"),
        ("(')')", "')'"),
        ("a", "a"),
        ("((a) + (b))", "(a) + (b)"),
    ],
)
def test_only_parentheses_around_everything_are_dropped(text: str, bare: str) -> None:
    assert without_parentheses(text, "sqlite") == bare


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("(a > 0)", "(b > 0)"),
        ("a(a)", "a(b)"),
        ("x::a", "x::a"),
        ("s.a + a.c", "s.a + a.c"),
        ("'a' || \"a\"", "'a' || b"),
        ("abc", "abc"),
    ],
)
def test_a_column_is_renamed_and_nothing_that_only_looks_like_it(text: str, after: str) -> None:
    assert replaced(text, "postgresql", {"a": "b"}) == after


def test_names_are_swapped_in_one_go() -> None:
    assert replaced("a > b", "postgresql", {"a": "b", "b": "a"}) == "b > a"


@pytest.mark.parametrize(("word", "name"), [('"a""b"', 'a"b'), ("`a``b`", "a`b"), ("[a b]", "a b"), ("a", "a")])
def test_a_name_is_taken_out_of_its_quotes(word: str, name: str) -> None:
    assert unquoted(word) == name


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("a; b;", ("a", "b")),
        (";; a -- ;\n;", ("a",)),
        ("a 'x;y' (b; c); $$d; e$$", ("a 'x;y' (b; c)", "$$d; e$$")),
        (
            "create function f() returns int begin atomic select 1; select case when a then 1 end; end; b",
            ("create function f() returns int begin atomic select 1; select case when a then 1 end; end", "b"),
        ),
        ("begin; a; end", ("begin", "a", "end")),
        ("", ()),
    ],
)
def test_a_text_is_cut_at_the_semicolons_that_end_a_statement(text: str, statements: tuple[str, ...]) -> None:
    assert statements_in(text, "postgresql") == statements


@pytest.mark.parametrize(
    ("kind", "text", "bare"),
    [
        ("postgresql", "a /* b */ '-- c' -- d", "a   '-- c'  "),
        ("mariadb", "# a\nb /*!50100 c */", " \nb /*!50100 c */"),
        ("sqlite", "a -- b\nc", "a  \nc"),
        ("oracle", "a -- b", "a -- b"),
    ],
)
def test_comments_are_left_out_but_for_those_that_a_server_obeys(kind: str, text: str, bare: str) -> None:
    assert without_comments(text, kind) == bare
