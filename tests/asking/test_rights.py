"""What an account may not do on a PostgreSQL server is done in another way, and comes to the same."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from tests.asking.stage import Models, Stage, all_of, table
from tests.scratch.accounts import plain_account
from whimbrel.errors import DifferencesFound

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def everything(*labels: str) -> Models:
    """Return models with a bit of all that names its schema in the server's texts."""

    def models(metadata: sa.MetaData) -> None:
        color = sa.Enum(*labels, name="color")
        number = sa.Sequence("number", start=5)
        sa.Table(
            "item",
            metadata,
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("color", color, server_default=labels[0]),
            sa.Column("colors", pg.ARRAY(color)),
            sa.Column("parent", sa.ForeignKey("item.id")),
            sa.Column("number", sa.Integer, number, server_default=number.next_value()),
            sa.Column("half", sa.Numeric(10, 2), sa.Computed("number / 2.0", persisted=True)),
            sa.Column("serial", sa.Integer, autoincrement=True, comment="it's of whimbrel_"),
            sa.Column("domain", pg.DOMAIN("positive", sa.Integer, check="VALUE > 0")),
            sa.UniqueConstraint("number", "half"),
            sa.CheckConstraint("color <> 'green' OR number > 0"),
            sa.Index("ix_item_lower", sa.text("(number + 1)"), postgresql_where=sa.text("color = 'red'")),
            pg.ExcludeConstraint(("number", "="), name="only_one", using="hash"),
            comment="items",
        )

    return models


@pytest.fixture
def owner(stage: Stage) -> Iterator[Stage]:
    """Lend a stage whose account owns its database, and may make no other."""
    with plain_account(stage.database) as account:
        yield replace(stage, database=account)


def test_a_schema_that_is_rolled_back_comes_to_the_same_as_a_database(owner: Stage, stage: Stage) -> None:
    owner.begin(everything("red", "green"))
    alone = owner.snapshot.read_text()
    owner.snapshot.unlink()
    with stage.project(everything("red", "green")) as project:
        from whimbrel import commands

        commands.snapshot(project)

    assert stage.snapshot.read_text() == alone
    assert "whimbrel_scratch" not in alone


def test_in_such_a_schema_all_differences_are_found(owner: Stage) -> None:
    owner.begin(everything("red", "green"))
    owner.snapshot.unlink()

    assert owner.check(everything("red", "green")).remarks == ()
    owner.database.execute("ALTER TABLE item DROP CONSTRAINT only_one")
    with pytest.raises(DifferencesFound, match="only_one"):
        owner.check(everything("red", "green"))
    written = owner.migrate(all_of(everything("red", "green", "blue"), table("post", sa.Column("name", sa.Text))))
    assert {"ADD VALUE", "only_one", "post"} <= {
        word for word in ("ADD VALUE", "only_one", "post", "whimbrel_scratch") if word in owner.scripts[-1].read_text()
    }
    assert "whimbrel_scratch" not in owner.scripts[-1].read_text()
    assert written.scripts


def test_models_that_name_a_schema_are_compared_by_alembic(owner: Stage) -> None:
    owner.database.execute("CREATE SCHEMA shop")

    written = owner_migrate(owner, table("item", schema="shop"))

    assert any("CREATEDB" in remark for remark in written.remarks)


def owner_migrate(owner: Stage, models: Models):
    from whimbrel import commands

    commands.init(str(owner.folder))
    return owner.migrate(models)
