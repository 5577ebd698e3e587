"""What is ours and what is not, and the order of changes."""

import itertools
import random

from tests.compare.pictures import told
from whimbrel.compare import compare
from whimbrel.snapshot import (
    Check,
    Column,
    Definition,
    Index,
    Key,
    Policy,
    Snapshot,
    Table,
    Trigger,
    Unique,
    View,
    snapshot_of,
)

ID = Column("id", "integer", nullable=False)


def postgresql(*objects: object) -> Snapshot:
    return snapshot_of("postgresql", "15", objects, "public")  # type: ignore[arg-type]


def test_a_table_that_this_history_never_made_is_reported_and_not_removed() -> None:
    found = postgresql(Table("public", "spatial_ref_sys", (ID,)), View("public", "v", "SELECT 1"))
    result = compare(found, postgresql(), ours=())
    assert result.changes == ()
    assert result.not_ours == (Key("table", "public", "spatial_ref_sys"), Key("view", "public", "v"))


def test_what_this_history_made_is_removed() -> None:
    found = postgresql(Table("public", "t", (ID,)), View("public", "v", "SELECT 1"))
    result = compare(found, postgresql(), ours={Key("view", "public", "v")})
    assert told(result.changes) == ["- view public.v"]
    assert result.not_ours == (Key("table", "public", "t"),)


def test_columns_constraints_and_indexes_of_a_known_table_are_compared_whoever_made_them() -> None:
    found = Table(
        "public", "t", (ID, Column("x", "integer")), uniques=(Unique("u", ("id",)),), checks=(Check("c", "x > 0"),),
        indexes=(Index("i", ("x",)),),
    )  # fmt: skip
    changes = compare(postgresql(found), postgresql(Table("public", "t", (ID,))), ours=()).changes
    assert told(changes) == ["- check public.t.c", "- column public.t.x", "- index public.t.i", "- unique public.t.u"]


def test_triggers_and_policies_of_a_known_table_are_removed_only_if_ours() -> None:
    found = Table("public", "t", (ID,), triggers=(Trigger("tr", "CREATE …"),), policies=(Policy("p"),))
    result = compare(
        postgresql(found), postgresql(Table("public", "t", (ID,))), ours={Key("policy", "public", "t", "p")}
    )
    assert told(result.changes) == ["- policy public.t.p"]
    assert result.not_ours == (Key("trigger", "public", "t", "tr"),)


def test_the_order_of_changes_does_not_depend_on_the_order_of_anything() -> None:
    tables = [Table("public", name, (ID,)) for name in "dbca"]
    wanted = [Definition("public", "r", "rule", "…"), *tables]
    orders = set()
    for objects in itertools.islice(itertools.permutations(wanted), 0, None, 17):
        shuffled = list(objects)
        random.Random(len(orders)).shuffle(shuffled)
        orders.add(tuple(str(change.key) for change in compare(postgresql(), postgresql(*shuffled), ours=()).changes))
    assert len(orders) == 1


def test_a_table_that_is_equal_in_all_but_the_place_of_columns_is_equal() -> None:
    one = Table("public", "t", (Column("a", "int", position=1), Column("b", "int", position=2)))
    two = Table("public", "t", (Column("a", "int", position=2), Column("b", "int", position=1)))
    assert one == two
    assert [column.name for column in two.columns_in_order()] == ["b", "a"]
