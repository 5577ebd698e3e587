"""The snapshot files say what the models want, line by line, and nothing else changes them."""

import pytest
import sqlalchemy as sa

from tests.asking.stage import Stage, all_of, table
from whimbrel import commands
from whimbrel.commands.keeping import Snapshots

ITEM = table("item", sa.Column("a", sa.Integer))
POST = table("post", sa.Column("b", sa.Text))
WIDER = table("item", sa.Column("a", sa.Integer), sa.Column("c", sa.Text))


def snapshot(stage: Stage, models: object = ITEM) -> Snapshots:
    with stage.project(models) as project:  # type: ignore[arg-type]
        return commands.snapshot(project)


def lines_of(stage: Stage, name: str) -> list[str]:
    return [line for line in stage.snapshot.read_text().splitlines() if f"{name} " in line]


def test_migrate_writes_what_the_models_want(stage: Stage) -> None:
    stage.begin(ITEM)

    first, *lines = stage.snapshot.read_text().splitlines()

    assert first.startswith(f"# whimbrel snapshot 1 {stage.database.kind} ")
    assert all("item" in line for line in lines)


def test_only_the_lines_of_a_changed_object_change(stage: Stage) -> None:
    stage.begin(all_of(ITEM, POST))
    before = lines_of(stage, "post")

    stage.migrate(all_of(WIDER, POST))

    assert lines_of(stage, "post") == before
    assert any(" c " in line for line in lines_of(stage, "item"))


def test_a_file_that_is_right_is_left_as_it_is(stage: Stage) -> None:
    stage.begin(ITEM)
    before = stage.snapshot.stat()

    assert stage.migrate(ITEM).snapshots == ()
    assert snapshot(stage).written == ()
    assert stage.snapshot.stat().st_mtime_ns == before.st_mtime_ns


def test_migrate_brings_back_a_file_that_is_missing(stage: Stage) -> None:
    stage.begin(ITEM)
    before = stage.snapshot.read_bytes()
    stage.snapshot.unlink()

    assert len(stage.migrate(ITEM).snapshots) == 1
    assert stage.snapshot.read_bytes() == before


def test_each_object_has_the_digest_of_its_statements(stage: Stage) -> None:
    stage.begin(all_of(ITEM, POST))

    heads = [line for line in stage.snapshot.read_text().splitlines() if " text=" in line]

    assert len(heads) == 2
    assert all(" ddl=" in line for line in heads)
    assert len({line.split(" ddl=")[1].split()[0] for line in heads}) == 2


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("column a ", "column A ", "1 object that was edited"),
        ("\ntable", "\n<<<<<<< HEAD\ntable", "1 line of something else"),
        ("# whimbrel snapshot 1 ", "# whimbrel snapshot 99 ", "first line"),
    ],
)
def test_what_cannot_be_read_is_said_and_written_anew(stage: Stage, old: str, new: str, word: str) -> None:
    stage.begin(ITEM)
    right = stage.snapshot.read_text()
    stage.snapshot.write_text(right.replace(old, new, 1))

    done = snapshot(stage)

    assert [word in remark for remark in done.remarks] == [True]
    assert stage.snapshot.read_text() == right


def test_asking_writes_no_file(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.snapshot.unlink()

    stage.diff(WIDER)
    stage.check(ITEM)

    assert not stage.snapshot.exists()


def test_a_snapshot_can_be_taken_before_the_database_is_up_to_date(stage: Stage) -> None:
    stage.begin(ITEM)
    stage.migrate(WIDER)
    right = stage.snapshot.read_bytes()
    stage.snapshot.unlink()

    assert len(snapshot(stage, WIDER).written) == 1
    assert stage.snapshot.read_bytes() == right
