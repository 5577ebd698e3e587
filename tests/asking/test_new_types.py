"""A cast to a type that the same script makes or changes is tried with that type, made for the trial alone."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from tests.asking.stage import Models, Stage, table
from tests.scratch.accounts import plain_account
from whimbrel.errors import UndecidedCast

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

WORDS = table("item", sa.Column("color", sa.String(20)), sa.Column("size", sa.Integer))


def colored(*labels: str) -> Models:
    return table("item", sa.Column("color", sa.Enum(*labels, name="color")), sa.Column("size", sa.Integer))


def restricted_to(**columns: pg.DOMAIN) -> Models:
    """Return models with columns of domains, which SQLAlchemy 2.0.0 copies without their rules."""
    usual = {"color": sa.String(20), "size": sa.Integer()}
    return table(
        "item", *(lambda name=name, kind=kind: sa.Column(name, kind) for name, kind in (usual | columns).items())
    )


def begin(stage: Stage, *rows: tuple[str, int], models: Models = WORDS) -> None:
    stage.begin(models)
    for number, (color, size) in enumerate(rows):
        stage.database.execute(f"INSERT INTO item (id, color, size) VALUES ({number}, '{color}', {size})")


def found(stage: Stage, column: str) -> list[object]:
    return [value for (value,) in stage.database.rows(f"SELECT {column}::text FROM item ORDER BY id")]


def test_values_that_a_new_enumeration_has_raise_no_question(stage: Stage) -> None:
    begin(stage, ("red", 1), ("blue", 2))

    stage.migrate(colored("red", "blue"))
    stage.upgrade(colored("red", "blue"))

    assert found(stage, "color") == ["red", "blue"]
    assert not stage.diff(colored("red", "blue")).count


@pytest.mark.parametrize(
    "expression",
    [
        "nullif(lower(color), 'grey')::color",
        "CASE WHEN color <> 'public.color' THEN nullif(lower(color), 'grey')::public.\"color\" END",
    ],
)
def test_an_expression_is_tried_with_a_new_enumeration(stage: Stage, expression: str) -> None:
    begin(stage, ("Red", 1), ("grey", 2), ("grey", 3))
    before = stage.database.schema()

    with pytest.raises(UndecidedCast, match=r"'grey' \(2 rows\), 'Red' \(1 row\)") as caught:
        stage.migrate(colored("red", "blue"))
    assert '--using item.color="EXPRESSION"' in caught.value.do
    assert 'invalid input value for enum color: "Red"' in str(caught.value)
    with pytest.raises(UndecidedCast, match=r"Not possible for: 'Red' \(1 row\)"):
        stage.migrate(colored("red", "blue"), using=["item.color=nullif(color, 'grey')"])

    stage.migrate(colored("red", "blue"), using=[f"item.color={expression}"])
    assert stage.database.schema() == before
    stage.upgrade(colored("red", "blue"))
    assert found(stage, "color") == ["red", None, None]
    stage.downgrade(WORDS)

    assert stage.database.schema() == before
    assert found(stage, "color") == ["red", None, None]


def test_an_array_of_a_new_enumeration_is_tried(stage: Stage) -> None:
    begin(stage, ("red", 1), ("grey", 2))
    after = table(
        "item", sa.Column("color", pg.ARRAY(sa.Enum("red", "blue", name="color"))), sa.Column("size", sa.Integer)
    )

    with pytest.raises(UndecidedCast, match=r"Not possible for: 'grey' \(1 row\)"):
        stage.migrate(after)
    stage.migrate(after, using=["item.color=ARRAY[nullif(color, 'grey')]::color[]"])
    stage.upgrade(after)

    assert found(stage, "color") == ["{red}", "{NULL}"]


def test_the_labels_that_an_enumeration_gets_count(stage: Stage) -> None:
    """The other column, which has the enumeration already, can be compared with the values meanwhile."""

    def models(kind: sa.types.TypeEngine[object], *labels: str) -> Models:
        other = sa.Column("other", sa.Enum(*labels, name="color"))
        return table("item", sa.Column("color", kind), sa.Column("size", sa.Integer), other)

    begin(stage, ("pink", 1), ("Lime", 2), models=models(sa.String(20), "red", "green"))
    stage.database.execute("UPDATE item SET other = 'red'")
    labels = ("red", "pink", "lime")
    after = models(sa.Enum(*labels, name="color"), *labels)

    with pytest.raises(UndecidedCast, match=r"Not possible for: 'Lime' \(1 row\)"):
        stage.migrate(after, renames="never")
    expression = "CASE WHEN lower(color)::color <> other THEN lower(color)::color END"
    stage.migrate(after, using=[f"item.color={expression}"], renames="never")
    stage.upgrade(after)

    assert found(stage, "color") == ["pink", "lime"]
    assert not stage.diff(after).count


def test_an_enumeration_beside_a_cast_to_another_type_does_not_count(stage: Stage) -> None:
    def models(kind: sa.types.TypeEngine[object], *labels: str) -> Models:
        return table("item", sa.Column("color", sa.Enum(*labels, name="color")), sa.Column("size", kind))

    begin(stage, ("red", 1), ("red", 2), models=models(sa.Float(), "red", "green"))
    after = models(sa.String(30), "red", "lime")

    stage.migrate(after, renames="never")
    stage.upgrade(after)

    assert found(stage, "size") == ["1", "2"]


def test_the_rules_of_a_new_domain_count(stage: Stage) -> None:
    begin(stage, ("red", 1), ("red", -2))
    after = restricted_to(size=pg.DOMAIN("positive", sa.Integer, check="VALUE > 0", constraint_name="is_positive"))

    with pytest.raises(UndecidedCast, match=r"is_positive.*Not possible for: '-2' \(1 row\)"):
        stage.migrate(after)
    stage.migrate(after, using=["item.size=abs(size)"])
    stage.upgrade(after)

    assert found(stage, "size") == ["1", "2"]
    assert not stage.diff(after).count


def test_a_new_domain_over_a_new_enumeration_is_tried(stage: Stage) -> None:
    def after(metadata: sa.MetaData) -> None:
        """SQLAlchemy would make the domain first."""
        sa.event.listen(metadata, "before_create", sa.DDL("CREATE TYPE color AS ENUM ('red', 'blue')"))
        color = pg.ENUM("red", "blue", name="color", create_type=False)
        warm = pg.DOMAIN("warm", color, check="VALUE <> 'blue'::color", constraint_name="is_warm")
        restricted_to(color=warm)(metadata)

    begin(stage, ("red", 1), ("blue", 2))

    with pytest.raises(UndecidedCast, match=r"is_warm.*Not possible for: 'blue' \(1 row\)"):
        stage.migrate(after)
    stage.migrate(after, using=["item.color=nullif(color, 'blue')"])
    stage.upgrade(after)

    assert found(stage, "color") == ["red", None]
    stage.downgrade(WORDS)
    assert stage.database.rows("SELECT count(*) FROM pg_type WHERE typname IN ('color', 'warm')") == [(0,)]


def test_values_that_a_domain_would_cut_are_named_with_their_rows(stage: Stage) -> None:
    begin(stage, ("red", 1), ("bluish", 2))
    after = restricted_to(color=pg.DOMAIN("code", sa.String(4)))

    with pytest.raises(UndecidedCast, match=r"1 row does not have its length.*Not possible for: 'bluish' \(1 row\)"):
        stage.migrate(after)
    with pytest.raises(UndecidedCast, match=r"1 row does not have its length, such as 'BLUISH'"):
        stage.migrate(after, using=["item.color=upper(color)"])
    stage.migrate(after, using=["item.color=left(color, 4)"])
    stage.upgrade(after)

    assert found(stage, "color") == ["red", "blui"]


@pytest.fixture
def restricted(stage: Stage) -> Iterator[Stage]:
    """Lend a stage whose account may make no temporary objects."""
    with plain_account(stage.database) as account:
        yield replace(stage, database=account)


def test_where_no_type_can_be_made_for_a_trial_the_upgrade_itself_tells(restricted: Stage, stage: Stage) -> None:
    begin(restricted, ("grey", 1))
    ((name, owner),) = restricted.database.rows("SELECT current_database(), current_user")
    stage.database.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC, "{owner}"')

    restricted.migrate(colored("red", "blue"))

    assert "color::" in restricted.scripts[-1].read_text()
