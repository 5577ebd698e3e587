"""What becomes of the rows is asked where a change needs to know, and tried before it is written."""

import pytest
import sqlalchemy as sa

from tests.asking.stage import Person, Stage, table
from tests.support.databases import Database
from whimbrel.commands.decisions import FillQuestion, Leave
from whimbrel.errors import UndecidedCast, UndecidedFill

PLAIN = table("users", sa.Column("name", sa.String(50)))
REQUIRED = table("users", sa.Column("name", sa.String(50)), sa.Column("email", sa.String(100), nullable=False))
DEFAULTED = table(
    "users", sa.Column("name", sa.String(50)), sa.Column("email", sa.String(100), nullable=False, default="it's")
)
STRICTER = table("users", sa.Column("name", sa.String(50), nullable=False))


def with_rows(stage: Stage) -> None:
    stage.begin(PLAIN)
    stage.database.execute("INSERT INTO users (id, name) VALUES (1, 'Ada'), (2, NULL)")


def emails(stage: Stage) -> list[object]:
    return [value for (value,) in stage.database.rows("SELECT email FROM users ORDER BY id")]


def test_a_new_required_column_needs_a_value_for_the_rows(stage: Stage) -> None:
    with_rows(stage)
    with pytest.raises(UndecidedFill, match=r"users.email is new and NOT NULL: 2 rows have no value") as caught:
        stage.migrate(REQUIRED)
    assert '--fill users.email="EXPRESSION"' in caught.value.do

    stage.migrate(REQUIRED, fill=["users.email=lower(coalesce(name, 'nobody'))"])
    stage.upgrade(REQUIRED)

    assert emails(stage) == ["ada", "nobody"]
    assert not stage.diff(REQUIRED).count


def test_a_person_is_offered_the_default_of_the_model(stage: Stage) -> None:
    with_rows(stage)
    person = Person(["'x'"])

    stage.migrate(DEFAULTED, person)
    stage.upgrade(DEFAULTED)

    assert person.asked == [("users.email", 2, "'it''s'")]
    assert emails(stage) == ["x", "x"]


def test_where_nobody_can_be_asked_the_rows_get_the_default_of_the_model(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with_rows(stage)

    with caplog.at_level("INFO"):
        stage.migrate(DEFAULTED)
    stage.upgrade(DEFAULTED)

    assert emails(stage) == ["it's", "it's"]
    assert "The rows that are there get the model's default, 'it''s'" in caplog.messages
    assert "# The rows that are there get the model's default for users.email." in stage.scripts[-1].read_text()
    assert not stage.diff(DEFAULTED).count


def test_a_default_does_not_decide_what_becomes_of_nulls_that_are_there(stage: Stage) -> None:
    with_rows(stage)
    after = table("users", sa.Column("name", sa.String(50), nullable=False, default="it's"))

    with pytest.raises(UndecidedFill) as caught:
        stage.migrate(after)

    assert """--fill users.name="'it''s'\"""" in caught.value.do


def test_a_column_may_stay_nullable_for_now(stage: Stage) -> None:
    with_rows(stage)

    stage.migrate(REQUIRED, Person([Leave.NULLABLE]))
    stage.upgrade(REQUIRED)

    assert emails(stage) == [None, None]
    assert [(line.sign, line.name) for line in stage.diff(REQUIRED).databases[0].changes] == [("~", "users.email")]


def test_nulls_under_a_column_that_becomes_required_are_filled(stage: Stage) -> None:
    with_rows(stage)
    with pytest.raises(UndecidedFill, match=r"users.name cannot become NOT NULL: 1 row has no value"):
        stage.migrate(STRICTER)

    stage.migrate(STRICTER, fill=["users.name='?'"])
    stage.upgrade(STRICTER)

    assert stage.database.rows("SELECT name FROM users ORDER BY id") == [("Ada",), ("?",)]


def test_a_renamed_column_is_counted_under_its_old_name(stage: Stage) -> None:
    with_rows(stage)
    after = table("people", sa.Column("title", sa.String(50), nullable=False))

    with pytest.raises(UndecidedFill, match=r"people.title cannot become NOT NULL: 1 row"):
        stage.migrate(after, rename=["users=people", "users.name=title"])


def test_what_a_person_types_can_be_tried(stage: Stage) -> None:
    with_rows(stage)
    tried: list[str | None] = []

    class Trying(Person):
        def fill(self, question: FillQuestion) -> str:
            tried.extend((question.attempt("nonsense("), question.attempt("upper(name)")))
            return "upper(name)"

    stage.migrate(REQUIRED, Trying([]), fill=[])

    assert tried[0]
    assert tried[1] is None


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_no_table_is_locked_while_a_person_thinks(stage: Stage) -> None:
    with_rows(stage)
    waits = {"postgresql": "SET lock_timeout = '2s'", "mariadb": "SET lock_wait_timeout = 2"}[stage.database.kind]

    class Slow(Person):
        def fill(self, question: FillQuestion) -> str:
            question.attempt("'x'")
            engine = sa.create_engine(stage.database.url, poolclass=sa.NullPool)
            with engine.begin() as other:
                other.exec_driver_sql(waits)
                other.exec_driver_sql("ALTER TABLE users ADD COLUMN meanwhile INTEGER")
            return "'x'"

    stage.migrate(REQUIRED, Slow([]))

    assert stage.database.rows("SELECT meanwhile FROM users") == [(None,), (None,)]


AGES = table("users", sa.Column("age", sa.String(20)))
NUMBERS = table("users", sa.Column("age", sa.Integer))


def with_ages(database: Database, *ages: str) -> None:
    for number, age in enumerate(ages):
        database.execute(f"INSERT INTO users (id, age) VALUES ({number}, '{age}')")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
class TestCasts:
    def test_values_that_cannot_be_cast_are_named_with_their_rows(self, stage: Stage) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "12", "old", "old", "")

        with pytest.raises(UndecidedCast, match=r"'old' \(2 rows\), '' \(1 row\)") as caught:
            stage.migrate(NUMBERS)

        assert '--using users.age="EXPRESSION"' in caught.value.do

    def test_values_that_can_be_cast_raise_no_question(self, stage: Stage) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "12", "7")

        stage.migrate(NUMBERS)
        stage.upgrade(NUMBERS)

        assert stage.database.rows("SELECT age FROM users ORDER BY id") == [(12,), (7,)]

    def test_an_expression_is_tried_on_the_rows(self, stage: Stage) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "12", "old", "")
        scripts = stage.scripts

        with pytest.raises(UndecidedCast, match=r"by nullif.*Not possible for: '' \(1 row\)"):
            stage.migrate(NUMBERS, using=["users.age=nullif(age, 'old')::integer"])
        assert stage.scripts == scripts

        stage.migrate(NUMBERS, using=["users.age=substring(age from '[0-9]+')::integer"])
        stage.upgrade(NUMBERS)

        assert stage.database.rows("SELECT age FROM users ORDER BY id") == [(12,), (None,), (None,)]

    @pytest.mark.parametrize(
        "expression", ["nullif(age, 'old')", "nullif(age, 'old')::numeric(5, 1)", "nullif(age, 'old')::text"]
    )
    def test_an_expression_need_not_name_the_type(self, stage: Stage, expression: str) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "12", "old")

        stage.migrate(NUMBERS, using=[f"users.age={expression}"])
        stage.upgrade(NUMBERS)

        assert stage.database.rows("SELECT age FROM users ORDER BY id") == [(12,), (None,)]

    def test_a_renamed_column_is_cast_by_its_new_name(self, stage: Stage) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "12", "old")
        after = table("people", sa.Column("years", sa.Integer))
        renames = ["users=people", "users.age=people.years"]

        with pytest.raises(UndecidedCast, match=r"'old' \(1 row\)"):
            stage.migrate(after, rename=renames)
        stage.migrate(after, rename=renames, using=["people.years=nullif(years, 'old')::integer"])
        stage.upgrade(after)

        assert stage.database.rows("SELECT years FROM people ORDER BY id") == [(12,), (None,)]

    @pytest.mark.parametrize("kind", [sa.String(4), sa.CHAR(4)], ids=["varchar", "char"])
    def test_values_that_would_be_cut_are_named_with_their_rows(self, stage: Stage, kind: sa.String) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "12", "ancient", "old    ")
        shorter = table("users", sa.Column("age", kind))

        with pytest.raises(UndecidedCast, match=r"'ancient' \(1 row\)\."):
            stage.migrate(shorter)
        with pytest.raises(UndecidedCast, match=r"1 row does not have its length, such as 'ancient!'"):
            stage.migrate(shorter, using=["users.age=rtrim(age) || '!'"])
        stage.migrate(shorter, using=["users.age=left(age, 4)"])
        stage.upgrade(shorter)

        found = stage.database.rows("SELECT rtrim(age) FROM users ORDER BY id")
        assert found == [("12",), ("anci",), ("old",)]

    def test_a_trial_leaves_nothing_behind(self, stage: Stage) -> None:
        stage.begin(AGES)
        with_ages(stage.database, "old")
        before = stage.database.schema()

        with pytest.raises(UndecidedCast):
            stage.migrate(NUMBERS)

        assert stage.database.schema() == before
        assert stage.database.rows("SELECT count(*) FROM pg_proc WHERE proname LIKE 'whimbrel%'") == [(0,)]
