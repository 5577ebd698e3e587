"""Models that would drop most of a database are not believed."""

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage, all_of, table
from whimbrel.errors import DifferencesFound, ManyDrops, ModelsMissing

NAMES = ("apple", "bread", "cider", "dough", "eggs", "flour")


def models_of(*names: str) -> Models:
    return all_of(*(table(name, sa.Column(f"{name}_{name}", sa.Integer)) for name in names))


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ((), "No models are imported"),
        (("new",), "all 6 tables"),
        (NAMES[:2], "4 of 6 tables: cider, dough, eggs, flour"),
    ],
)
def test_models_that_drop_all_or_most_tables_are_refused(stage: Stage, kept: tuple[str, ...], words: str) -> None:
    stage.begin(models_of(*NAMES))
    scripts, snapshot = stage.scripts, stage.snapshot.read_bytes()

    with pytest.raises(ManyDrops if kept else ModelsMissing, match=words) as caught:
        stage.migrate(models_of(*kept), renames="never")

    assert "import" in caught.value.do
    assert (stage.scripts, stage.snapshot.read_bytes()) == (scripts, snapshot)


@pytest.mark.parametrize("kept", [NAMES[:3], ("apple", "bread", "cider", "new")])
def test_half_of_six_tables_may_go(stage: Stage, kept: tuple[str, ...]) -> None:
    stage.begin(models_of(*NAMES))

    assert stage.migrate(models_of(*kept), renames="never").scripts


def test_two_of_three_tables_may_go(stage: Stage) -> None:
    stage.begin(models_of(*NAMES[:3]))

    assert stage.migrate(models_of("apple"), renames="never").scripts


def test_a_flag_insists(stage: Stage) -> None:
    stage.begin(models_of(*NAMES))

    stage.migrate(models_of("new"), renames="never", allow_many_drops=True)
    stage.upgrade(models_of("new"))

    assert not stage.diff(models_of("new")).count


def test_asking_shows_what_migrate_would_refuse(stage: Stage) -> None:
    stage.begin(models_of(*NAMES))

    assert stage.diff(models_of("apple")).count == 5
    with pytest.raises(DifferencesFound):
        stage.check(models_of("apple"))


def test_renamed_tables_are_not_dropped_ones(stage: Stage) -> None:
    stage.begin(models_of("apple"))
    pear = table("pear", sa.Column("apple_apple", sa.Integer))

    assert stage.migrate(pear, rename=["apple=pear"]).scripts
