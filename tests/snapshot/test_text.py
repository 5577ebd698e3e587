"""The text form: it says everything, tells what was changed in it, and survives a merge."""

import dataclasses
from typing import Any

import pytest

from whimbrel.snapshot import (
    Check,
    Column,
    Definition,
    Domain,
    Enum,
    Exclusion,
    Extension,
    ForeignKey,
    Function,
    Index,
    Key,
    MaterializedView,
    Numbering,
    Policy,
    PrimaryKey,
    Procedure,
    Schema,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
    snapshot_of,
)
from whimbrel.snapshot.text import digest, read, write

ODD = "odd \"name\" `x` = 'é'\n\u2028# text=1"


def filled(kind: type[Any], /, **given: Any) -> Any:
    """Make a value with every field other than as usual."""
    samples = {"str": ODD, "str | None": ODD, "bool": True, "int": 7, "int | None": 7, "tuple[str, ...]": (ODD, "b")}
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        name = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        sample = samples.get(name if name in samples else str(field.type))
        if field.name not in given and sample is not None:
            values[field.name] = (not field.default) if sample is True else sample
    return kind(**values | given)


COLUMN = filled(Column, numbering=filled(Numbering), position=1)
TABLE = filled(
    Table,
    columns=(COLUMN, Column("plain", "int", position=2)),
    primary_key=filled(PrimaryKey),
    uniques=(filled(Unique),),
    foreign_keys=(filled(ForeignKey),),
    checks=(Check("", "a"), Check("", "b"), filled(Check)),
    exclusions=(filled(Exclusion),),
    indexes=(filled(Index),),
    triggers=(filled(Trigger),),
    policies=(filled(Policy),),
)
WHOLES = (
    TABLE,
    filled(Schema, schema=""),
    filled(Extension),
    filled(Enum),
    filled(Domain, checks=(filled(Check),)),
    filled(Sequence),
    filled(View, triggers=(filled(Trigger),)),
    filled(MaterializedView, indexes=(filled(Index),)),
    filled(Function),
    filled(Procedure),
    filled(Definition, kind="composite"),
    Table("", "small", (Column("id", "INTEGER"),)),
)
SNAPSHOT = snapshot_of("postgresql", "15", WHOLES)


@pytest.mark.parametrize("whole", WHOLES, ids=lambda whole: type(whole).__name__)
def test_every_field_of_every_object_is_read_back(whole: Any) -> None:
    file = read(write(snapshot_of("postgresql", "15", [whole])))
    assert (file.kind, file.version, file.broken) == ("postgresql", "15", 0)
    assert [entry.whole for entry in file.entries] == [whole]


@pytest.mark.parametrize("whole", WHOLES, ids=lambda whole: type(whole).__name__)
def test_no_field_that_counts_can_change_without_the_digest(whole: Any) -> None:
    before = digest(whole)
    for field in dataclasses.fields(whole):
        value = getattr(whole, field.name)
        if field.compare and isinstance(value, str):
            assert digest(dataclasses.replace(whole, **{field.name: value + "x"})) != before, field.name


def test_one_object_is_one_line_whatever_is_in_it() -> None:
    lines = write(SNAPSHOT).split("\n")
    parts = sum(1 + len(list(whole.parts())) for whole in WHOLES)
    assert len(lines) == 1 + parts + 1
    assert lines[-1] == ""


def test_the_place_of_a_column_is_kept_and_changes_no_digest() -> None:
    one = Table("", "t", (Column("a", "int", position=1), Column("b", "int", position=2)))
    two = Table("", "t", (Column("a", "int", position=2), Column("b", "int", position=1)))
    assert digest(one) == digest(two)
    (entry,) = read(write(snapshot_of("sqlite", "3", [two]))).entries
    assert [column.name for column in entry.whole.columns_in_order()] == ["b", "a"]  # type: ignore[union-attr]


def test_the_digest_of_the_statements_comes_back() -> None:
    key = Key("table", "", "small")
    file = read(write(SNAPSHOT, {key: "0123456789abcdef"}))
    assert {entry.whole.key: entry.ddl for entry in file.entries if entry.ddl} == {key: "0123456789abcdef"}


def test_an_object_changed_by_hand_is_not_read_and_the_others_are() -> None:
    text = write(SNAPSHOT).replace('table small column id type="INTEGER"', 'table small column id type="TEXT"')
    file = read(text)
    assert file.broken == 1
    assert len(file.entries) == len(WHOLES) - 1


@pytest.mark.parametrize("gone", ["table small column id", "table small text="])
def test_an_object_that_lost_a_line_is_not_read(gone: str) -> None:
    lines = [line for line in write(SNAPSHOT).split("\n") if not line.startswith(gone)]
    assert read("\n".join(lines)).broken == 1


def test_a_conflict_left_in_the_file_costs_only_the_object_that_it_is_about() -> None:
    ours = write(snapshot_of("sqlite", "3", [Table("", "a"), Table("", "t", (Column("x", "int"),))]))
    theirs = write(snapshot_of("sqlite", "3", [Table("", "a"), Table("", "t", (Column("y", "int"),))]))
    both = f"{ours}<<<<<<< HEAD\n=======\n{theirs.partition(chr(10))[2]}>>>>>>> branch\n"
    found = [entry.whole.name for entry in read(both.replace("table a text", "table b text", 0)).entries]
    assert "t" not in found


def test_lines_that_a_merge_put_in_another_order_are_read() -> None:
    first, *lines = write(SNAPSHOT).rstrip("\n").split("\n")
    file = read("\n".join([first, *reversed(lines)]))
    assert file.broken == 0
    assert file.snapshot() == SNAPSHOT


@pytest.mark.parametrize("first", ["", "# whimbrel snapshot 99 postgresql 15", "table t text=1"])
def test_a_file_of_another_format_is_not_read(first: str) -> None:
    assert read(f"{first}\n{write(SNAPSHOT).partition(chr(10))[2]}").entries == ()


def test_a_line_reads_like_what_it_says() -> None:
    table = Table("public", "item", (Column("id", "integer", nullable=False),), PrimaryKey("item_pkey", ("id",)))
    assert write(snapshot_of("postgresql", "15", [table])).split("\n")[2:4] == [
        'table public.item column id type="integer" nullable=false',
        'table public.item primary_key item_pkey columns=["id"]',
    ]
