"""Any CREATE TABLE that SQLite takes is read as SQLite itself understands it.

The texts are made at random, in all the spellings that people and tools use; what is read from them
is held against the pragmas. What no pragma tells (names of constraints, CHECK, collations,
deferrable keys) is held against what was put into the text.
"""

import os
import sqlite3
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whimbrel.backends.sqlite.parse import parse_index, parse_table
from whimbrel.snapshot import Table
from whimbrel.tokens import scan, unquoted, without_parentheses

EXAMPLES = int(os.environ.get("WHIMBREL_TEST_EXAMPLES", "400"))
NAMES = (
    "a",
    "B",
    "order",
    "x y",
    "it's",
    'say "hi"',
    "né",
    "check",
    "a,b",
    "(p)",
    "--c",
    "constraint",
    "_1",
    "primary key",
)
SPACES = (" ", "  ", "\n", "\t", " -- why, (so)\n", "/* ' */", " /* ) */ ")
TYPES = ("INTEGER", "TEXT", "VARCHAR(20)", "NUMERIC(10, 2)", "double precision", "UNSIGNED BIG INT", "", '"odd type"')
VALUES = (
    "1", "-1", "+2.5", "1e3", "'a'", "'it''s'", "'(,)'", "'-- no'", "NULL", "TRUE", "CURRENT_TIMESTAMP", "x'0a'",
    "(1)", "((2))", "('a' || 'b')", "(abs(-1) + 1)",
)  # fmt: skip
CONDITIONS = ("{} > 0", "{} <> ')'", "({} > 0) OR ({} < 9)", "length({}) < 5", "{} IN ('a', 'it''s, (b)')")
ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")


@dataclass
class Written:
    """A text and what was meant by it, as far as no pragma tells."""

    words: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    collations: dict[str, str] = field(default_factory=dict)
    deferred: int = 0
    auto: bool = False


class Writer:
    """Writes one CREATE TABLE, deciding everything by drawing."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.out = Written()
        self.key_taken = False
        self.numbered = 0

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def say(self, text: str) -> None:
        """Write keywords, in some case."""
        self.out.words += [self.pick(word, word.lower(), word.title()) for word in text.split()]

    def name(self, name: str) -> str:
        """Write an identifier, in some quotes."""
        quoted = [f'"{name.replace(chr(34), chr(34) * 2)}"', f"`{name}`", f"[{name}]"]
        if name in ("a", "B", "né", "_1"):
            quoted.append(name)
        word = str(self.pick(*quoted))
        self.out.words.append(word)
        return word

    def write(self) -> None:
        self.say("CREATE TABLE")
        if self.maybe():
            self.say("IF NOT EXISTS")
        self.name("t")
        self.out.words.append("(")
        columns = self.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique_by=str.lower))
        plain = [self.column(name, first=at == 0, before=columns[:at]) for at, name in enumerate(columns)]
        usable = [name for name, is_plain in zip(columns, plain, strict=True) if is_plain]
        for _ in range(self.pick(0, 0, 1, 2)):
            if usable:
                self.table_rule(usable)
        self.out.words.append(")")
        if self.key_taken and not self.out.auto and self.maybe():
            self.say("WITHOUT ROWID")

    def column(self, name: str, first: bool, before: list[str]) -> bool:
        """Write a column; tell whether it is none that is generated."""
        if not first:
            self.out.words.append(",")
        self.name(name)
        type_ = self.pick(*TYPES)
        if type_:
            self.out.words += scan(self.pick(type_, type_.lower()), "sqlite").words
        rules = self.draw(
            st.lists(
                st.sampled_from(("null", "default", "unique", "check", "collate", "references")),
                max_size=4,
                unique=True,
            )
        )
        if before and not rules and self.maybe() and type_:
            return self.generated(before)
        if not self.key_taken and self.maybe():
            self.key(type_)
        for rule in rules:
            getattr(self, rule)(name)
        return True

    def constraint(self) -> None:
        if self.maybe():
            self.numbered += 1
            self.say("CONSTRAINT")
            self.name(f"c{self.numbered}")
            self.out.constraints.append(f"c{self.numbered}")

    def key(self, type_: str) -> None:
        self.constraint()
        self.key_taken = True
        self.say("PRIMARY KEY")
        if type_ == "INTEGER" and self.maybe():
            self.say("AUTOINCREMENT")
            self.out.auto = True

    def generated(self, before: list[str]) -> bool:
        if self.maybe():
            # One word: with a comment inside, SQLite 3.40 takes half of it for the type.
            self.out.words.append("GENERATED ALWAYS")
        self.say("AS")
        self.out.words += ["(", "("]
        self.name(before[0])
        self.out.words += ["||", "')'", ")", ")"]
        self.say(self.pick("", "STORED", "VIRTUAL"))
        return False

    def null(self, _: str) -> None:
        self.say(self.pick("NOT NULL", "NULL", "NOT NULL ON CONFLICT FAIL"))

    def default(self, _: str) -> None:
        self.say("DEFAULT")
        self.out.words += scan(self.pick(*VALUES), "sqlite").words

    def unique(self, _: str) -> None:
        self.constraint()
        self.say("UNIQUE")
        self.say(self.pick("", "ON CONFLICT REPLACE"))

    def check(self, name: str) -> None:
        self.constraint()
        self.say("CHECK")
        self.out.words.append("(")
        start = len(self.out.words)
        for word in scan(self.pick(*CONDITIONS).replace("{}", "\x00"), "sqlite").words:
            if word == "\x00":
                self.name(name)
            else:
                self.out.words.append(word)
        self.out.checks.append(meaning(" ".join(self.out.words[start:])))
        self.out.words.append(")")

    def collate(self, name: str) -> None:
        self.say("COLLATE")
        self.out.words.append("NOCASE")
        self.out.collations[name] = "NOCASE"

    def references(self, _: str) -> None:
        self.constraint()
        self.reference()

    def reference(self, count: int = 1) -> None:
        self.say("REFERENCES")
        self.name("par ent")
        if count > 1 or self.maybe():
            self.listed(["k"] if count == 1 else ["k", "l"])
        for event in ("DELETE", "UPDATE"):
            if self.maybe():
                self.say(f"ON {event} {self.pick(*ACTIONS)}")
        deferrable = self.pick(
            "", "DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE", "DEFERRABLE INITIALLY IMMEDIATE", "DEFERRABLE"
        )
        self.say(deferrable)
        self.out.deferred += deferrable.startswith("DEFERRABLE")

    def listed(self, names: list[str]) -> None:
        self.out.words.append("(")
        for at, name in enumerate(names):
            self.out.words += [","] if at else []
            self.name(name)
        self.out.words.append(")")

    def table_rule(self, usable: list[str]) -> None:
        self.out.words.append(",")
        columns = self.draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2, unique=True))
        kind = self.pick("unique", "check", "foreign", *(() if self.key_taken else ("key",)))
        if kind == "check":
            self.check(columns[0])
            return
        self.constraint()
        self.say({"unique": "UNIQUE", "foreign": "FOREIGN KEY", "key": "PRIMARY KEY"}[kind])
        self.listed(columns)
        if kind == "foreign":
            self.reference(len(columns))
        self.key_taken = self.key_taken or kind == "key"


@st.composite
def create_tables(draw: Any) -> tuple[str, Written]:
    writer = Writer(draw)
    writer.write()
    text = writer.out.words[0]
    for before, word in zip(writer.out.words, writer.out.words[1:], strict=False):
        glued = word in "(),||" or before in "(),||"
        text += (draw(st.sampled_from(("", *SPACES))) if glued else draw(st.sampled_from(SPACES))) + word
    return text, writer.out


def meaning(text: str) -> str:
    """Write an expression so that only what matters is left."""
    bare = without_parentheses(" ".join(scan(text, "sqlite").words), "sqlite")
    words = scan(bare, "sqlite").words
    return " ".join(word if word.endswith("'") else unquoted(word).lower() for word in words)


def pragma(connection: sqlite3.Connection, name: str, of: str) -> list[sqlite3.Row]:
    connection.row_factory = sqlite3.Row
    return connection.execute(f"SELECT * FROM pragma_{name}(?)", (of,)).fetchall()


@settings(max_examples=EXAMPLES, deadline=None)
@given(create_tables())
def test_a_stored_text_says_what_the_pragmas_say(made: tuple[str, Written]) -> None:
    text, written = made
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE "par ent" (k INTEGER PRIMARY KEY, l INT)')
    connection.execute(text)
    (stored,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 't' AND type = 'table'").fetchone()
    table = parse_table(stored)
    assert table.name == "t"
    assert_columns(connection, table)
    assert_keys(connection, table)
    assert_foreign_keys(connection, table)
    assert sorted(meaning(check.text) for check in table.checks) == sorted(written.checks)
    assert {each.name: each.collation for each in table.columns if each.collation} == written.collations
    assert sum(bool(fk.deferrable) for fk in table.foreign_keys) == written.deferred
    named = [part.name for part in table.parts() if part.KIND != "column" and part.name]
    assert sorted(named) == sorted(written.constraints)
    assert any(column.autoincrement for column in table.columns) == written.auto
    connection.close()


def assert_columns(connection: sqlite3.Connection, table: Table) -> None:
    rows = pragma(connection, "table_xinfo", "t")
    without_rowid = "without rowid" in table.options
    keys = [row["name"] for row in rows if row["pk"]]
    assert [column.name for column in table.columns_in_order()] == [row["name"] for row in rows]
    for row, column in zip(rows, table.columns_in_order(), strict=True):
        squeezed = meaning(row["type"]).replace(" ", "")
        assert meaning(column.type).replace(" ", "") == squeezed
        is_rowid = keys == [row["name"]] and squeezed == "integer" and not without_rowid
        assert column.nullable == (not row["notnull"] and not is_rowid)
        assert meaning(column.default or "") == meaning(row["dflt_value"] or "")
        assert (column.generated is not None, column.stored) == (row["hidden"] in (2, 3), row["hidden"] == 3)


def assert_keys(connection: sqlite3.Connection, table: Table) -> None:
    numbered = sorted((row["pk"], row["name"]) for row in pragma(connection, "table_xinfo", "t") if row["pk"])
    assert list(table.primary_key.columns if table.primary_key else ()) == [name for _, name in numbered]
    indexes = [row["name"] for row in pragma(connection, "index_list", "t") if row["origin"] == "u"]
    unique = {tuple(row["name"] for row in pragma(connection, "index_info", name)) for name in indexes}
    # SQLite makes no second index for what the primary key says already.
    key = table.primary_key.columns if table.primary_key else ()
    assert {found.columns for found in table.uniques} - {key} == unique - {key}


def assert_foreign_keys(connection: sqlite3.Connection, table: Table) -> None:
    found: dict[int, list[sqlite3.Row]] = {}
    for row in pragma(connection, "foreign_key_list", "t"):
        found.setdefault(row["id"], []).append(row)
    told = []
    for rows in found.values():
        ordered = sorted(rows, key=lambda row: int(row["seq"]))
        target = tuple(row["to"] for row in ordered if row["to"] is not None)
        columns = tuple(row["from"] for row in ordered)
        told.append((columns, rows[0]["table"], target, rows[0]["on_update"], rows[0]["on_delete"]))
    read = [
        (fk.columns, fk.table, fk.target, fk.on_update or "NO ACTION", fk.on_delete or "NO ACTION")
        for fk in table.foreign_keys
    ]
    assert sorted(read) == sorted(told)


@pytest.mark.parametrize(
    ("text", "parts", "where"),
    [
        ("CREATE INDEX i ON t (a)", ("a",), None),
        (
            'create unique index if not exists "i" on `t`(a collate nocase desc,lower( "b" ))where (a>0)',
            ("a collate nocase desc", 'lower( "b" )'),
            "a>0",
        ),
        ("CREATE INDEX [i] ON [t] (a /* , */, b) WHERE a = '(' AND b = ')'", ("a", "b"), "a = '(' AND b = ')'"),
    ],
)
def test_a_stored_index_is_read(text: str, parts: tuple[str, ...], where: str | None) -> None:
    table, index = parse_index(text)
    assert (table, index.name, index.parts, index.where) == ("t", "i", parts, where)
    assert index.unique == ("unique" in text)


@pytest.mark.parametrize(
    ("inside", "after"),
    [
        ("id INTEGER, a INT, PRIMARY KEY (id) UNIQUE (a) CHECK (a > 0)", ""),
        ("id INTEGER PRIMARY KEY, a INT UNIQUE, CHECK (a > 0)", " /* so */"),
        ("id INTEGER NOT NULL CONSTRAINT p PRIMARY KEY ASC, a INT CONSTRAINT u UNIQUE CONSTRAINT c CHECK (a > 0)", ""),
    ],
)
def test_commas_between_constraints_are_as_needless_as_in_sqlite(inside: str, after: str) -> None:
    text = f"CREATE TABLE t ({inside}){after}"
    sqlite3.connect(":memory:").execute(text)
    table = parse_table(text)
    assert table.primary_key is not None
    assert table.primary_key.columns == ("id",)
    assert [found.columns for found in table.uniques] == [("a",)]
    assert [found.text for found in table.checks] == ["a > 0"]
