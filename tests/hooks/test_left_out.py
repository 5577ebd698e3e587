"""A comparator of Alembic's that ``env.py`` leaves out is one aspect that nobody is to hear of."""

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage


def item(kind: sa.types.TypeEngine[str], default: str, comment: str, *, ruled: bool) -> Models:
    def models(metadata: sa.MetaData) -> None:
        rules = [sa.UniqueConstraint("b", name="uq_b"), sa.CheckConstraint("b > 0", name="ck_b")] if ruled else []
        sa.Table(
            "item",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", kind, server_default=default, nullable=not ruled, comment=comment),
            sa.Column("b", sa.Integer),
            *rules,
            comment=comment,
        )

    return models


BEFORE = item(sa.String(20), "x", "old", ruled=False)
AFTER = item(sa.String(40), "y", "new", ruled=True)
ALL = {
    "types": {"item.a: type"},
    "defaults": {"item.a: default"},
    "comments": {"item: comment", "item.a: comment"},
    "constraints": {"item.a: nullable", "uq_b", "ck_b"},
}


def found(stage: Stage) -> set[str]:
    lines = stage.diff(AFTER).databases[0].changes
    aspects = {f"{line.name}: {one.name}" for line in lines for one in line.aspects}
    return aspects | {rule for rule in ("uq_b", "ck_b") for line in lines if rule in line.name}


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("plugin", ALL)
def test_what_a_comparator_is_for_is_left_as_it_is(stage: Stage, plugin: str) -> None:
    stage.begin(BEFORE)
    everything = set.union(*ALL.values())
    assert found(stage) == everything

    stage.options["autogenerate_plugins"] = ["alembic.autogenerate.*", f"~alembic.autogenerate.{plugin}"]
    assert found(stage) == everything - ALL[plugin]
    stage.migrate(AFTER)
    stage.upgrade(AFTER)

    assert not stage.diff(AFTER).count
    stage.options.clear()
    assert found(stage) == ALL[plugin]


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_what_is_left_out_goes_with_its_column(stage: Stage) -> None:
    def models(*names: str) -> Models:
        def made(metadata: sa.MetaData) -> None:
            columns = [sa.Column(name, sa.ForeignKey("item.id", name=f"fk_{name}")) for name in names]
            sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)

        return made

    stage.begin(models("a", "b"))
    stage.options["autogenerate_plugins"] = ["alembic.autogenerate.*", "~alembic.autogenerate.constraints"]
    stage.migrate(models("a"))
    stage.upgrade(models("a"))

    assert not stage.diff(models("a")).count
