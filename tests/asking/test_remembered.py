"""Where the snapshot file has the models, nothing is built; where it has not, asking makes nothing on the server."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage, all_of, table
from tests.core.accounts import drop_account, make_account
from tests.scratch.support import Citext
from whimbrel.errors import DifferencesFound

ITEM = table("item", sa.Column("a", sa.Integer), lambda: sa.CheckConstraint("a > 0", name="positive"))
MORE = table("item", sa.Column("a", sa.Integer), lambda: sa.CheckConstraint("a > 1", name="positive"))


def and_view(models: Models, columns: str = "id") -> Models:
    def with_view(metadata: sa.MetaData) -> None:
        models(metadata)
        sa.event.listen(metadata, "after_create", sa.DDL(f"CREATE VIEW report AS SELECT {columns} FROM item"))

    return with_view


def and_index(models: Models) -> Models:
    def with_index(metadata: sa.MetaData) -> None:
        models(metadata)
        sa.event.listen(metadata, "after_create", sa.DDL("CREATE INDEX by_event ON item (a)"))

    return with_index


@pytest.fixture
def powerless(stage: Stage) -> Iterator[Stage]:
    """Lend a stage whose account may make no database and no schema; its database is at the models."""
    stage.begin(ITEM)
    account = make_account(stage.database)
    if stage.database.kind == "postgresql":
        url = sa.make_url(account.url)
        stage.database.execute(f"ALTER TABLE item OWNER TO {url.username}")
        stage.database.execute(f"GRANT ALL ON alembic_version TO {url.username}")
        stage.database.execute(f"ALTER DATABASE {url.database} OWNER TO CURRENT_USER")
    yield replace(stage, database=account)
    stage.database.drop()
    drop_account(account)


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
class TestOnAServer:
    def test_a_question_is_answered_from_the_file_without_any_right(self, powerless: Stage) -> None:
        agreed = powerless.check(ITEM, scratch=False)

        assert agreed.lines == ("No new upgrade operations detected.",)
        assert agreed.remarks == ()

    def test_without_the_right_and_the_file_alembic_compares_and_what_is_missing_is_said(
        self, powerless: Stage
    ) -> None:
        powerless.snapshot.unlink()

        written = powerless.migrate(ITEM)

        assert not written.scripts
        assert not powerless.snapshot.exists()
        assert "Compared by Alembic" in written.remarks[0]
        assert "GRANT" in written.remarks[0] or "CREATEDB" in written.remarks[0]

    def test_what_alembic_does_not_see_is_found_by_the_file(self, stage: Stage) -> None:
        stage.begin(ITEM)
        stage.database.execute("ALTER TABLE item DROP CONSTRAINT positive")

        with pytest.raises(DifferencesFound, match="positive"):
            stage.check(ITEM, scratch=False)

    def test_models_that_changed_are_built_only_if_that_is_allowed(self, stage: Stage) -> None:
        stage.begin(ITEM)

        assert any("--scratch" in remark for remark in stage.check(MORE, scratch=False).remarks)
        with pytest.raises(DifferencesFound):
            stage.check(MORE, scratch=True)

    def test_a_view_of_an_event_is_remembered_while_the_event_is_the_same(self, stage: Stage) -> None:
        stage.begin(and_view(ITEM))

        assert stage.check(and_view(ITEM), scratch=False).remarks == ()
        assert stage.check(and_view(ITEM, "id, a"), scratch=False).remarks

    def test_a_file_of_another_major_version_is_not_believed(self, stage: Stage) -> None:
        stage.begin(ITEM)
        first, _, rest = stage.snapshot.read_text().partition("\n")
        stage.snapshot.write_text(f"{first.rpartition(' ')[0]} 9.6\n{rest}")

        assert stage.check(ITEM, scratch=False).remarks

    def test_a_file_with_a_broken_object_is_not_believed(self, stage: Stage) -> None:
        stage.begin(ITEM)
        stage.snapshot.write_text(stage.snapshot.read_text().replace("column a ", "column b "))

        assert any("Compared by Alembic" in remark for remark in stage.check(ITEM, scratch=False).remarks)


def test_models_without_a_table_that_the_file_has_need_no_scratch(stage: Stage) -> None:
    stage.begin(all_of(ITEM, table("post", sa.Column("b", sa.Text))))

    with pytest.raises(DifferencesFound, match="post"):
        stage.check(ITEM, scratch=False)


def test_what_an_event_does_to_a_table_is_remembered_as_long_as_there_is_the_event(stage: Stage) -> None:
    stage.begin(and_index(ITEM))
    if stage.database.kind != "sqlite":  # where asking may always build
        assert stage.check(and_index(ITEM), scratch=False).remarks == ()

    stage.migrate(ITEM)
    stage.upgrade(ITEM)

    assert "by_event" not in stage.snapshot.read_text()
    assert not stage.diff(ITEM).count
    assert [line.sign for line in stage.diff(and_index(ITEM)).databases[0].changes] == ["+"]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_types_are_remembered_one_by_one(stage: Stage) -> None:
    def colored(*values: str) -> Models:
        return table("item", lambda: sa.Column("color", sa.Enum(*values, name="color")))

    stage.begin(colored("red", "green"))

    assert stage.check(colored("red", "green"), scratch=False).remarks == ()
    assert stage.check(colored("red", "lime"), scratch=False).remarks


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_only_scripts_make_is_no_part_of_the_file(stage: Stage) -> None:
    stage.database.execute(
        "CREATE EXTENSION citext", "CREATE FUNCTION by_hand() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    models = table("item", sa.Column("name", Citext()))
    stage.begin(models)

    assert "citext" in stage.snapshot.read_text()  # the column's type
    assert "extension" not in stage.snapshot.read_text()
    assert "by_hand" not in stage.snapshot.read_text()
    assert not stage.diff(models).count
    assert {line.sign for line in stage.diff(table("item", sa.Column("name", sa.Text))).databases[0].changes} == {"~"}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_type_that_models_use_and_do_not_make_stays_whether_built_or_remembered(stage: Stage) -> None:
    from sqlalchemy.dialects.postgresql import ENUM

    stage.database.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
    models = table("item", sa.Column("mood", ENUM("good", "bad", name="mood", create_type=False)))
    stage.begin(models)

    assert not stage.migrate(models).scripts
    assert stage.check(models, scratch=False).remarks == ()
    more = all_of(models, table("post", sa.Column("b", sa.Text)))
    assert {line.sign for line in stage.diff(more).databases[0].changes} == {"+"}
