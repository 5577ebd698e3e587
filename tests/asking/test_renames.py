"""Possible renames are decided by a flag, a hint or a person, and by nothing else."""

import re
import shlex

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Person, Stage, all_of, table
from whimbrel.commands.decisions import Reply
from whimbrel.errors import BadAnswer, UndecidedRenames

BEFORE = table("users", sa.Column("name", sa.String(50)), sa.Column("email", sa.String(100)))
AFTER = table("users", sa.Column("full_name", sa.String(50)), sa.Column("email", sa.String(100)))


def with_rows(stage: Stage, models: Models = BEFORE) -> None:
    stage.begin(models)
    stage.database.execute("INSERT INTO users (id, name, email) VALUES (1, 'Ada', 'a@x'), (2, NULL, 'b@x')")


def names(stage: Stage, column: str, of: str = "users") -> list[tuple[object, ...]]:
    return stage.database.rows(f"SELECT {column} FROM {of} ORDER BY id")


def test_where_nobody_can_be_asked_nothing_is_written(stage: Stage) -> None:
    with_rows(stage)
    scripts, snapshot = stage.scripts, stage.snapshot.read_bytes()

    with pytest.raises(UndecidedRenames, match=r"users\.name → users\.full_name") as caught:
        stage.migrate(AFTER)

    assert "1 row" in caught.value.do  # the one that has a name
    assert stage.scripts == scripts
    assert stage.snapshot.read_bytes() == snapshot


@pytest.mark.parametrize("option", ["rename", "no-rename"])
def test_either_flag_of_the_error_settles_it(stage: Stage, option: str) -> None:
    with_rows(stage)
    with pytest.raises(UndecidedRenames) as caught:
        stage.migrate(AFTER)
    flag = re.search(rf"--{option} (\S+)", caught.value.do)
    assert flag is not None

    stage.migrate(AFTER, **{option.replace("-", "_"): shlex.split(flag[1])})
    stage.upgrade(AFTER)

    assert names(stage, "full_name") == ([("Ada",), (None,)] if option == "rename" else [(None,), (None,)])
    assert not stage.diff(AFTER).count


def test_best_takes_the_best_pair_and_never_takes_none(stage: Stage) -> None:
    with_rows(stage)

    assert [line.sign for line in stage.diff(AFTER, renames="best").databases[0].changes] == [">"]
    assert {line.sign for line in stage.diff(AFTER, renames="never").databases[0].changes} == {"+", "-"}

    stage.migrate(AFTER, renames="never")
    stage.upgrade(AFTER)

    assert names(stage, "full_name") == [(None,), (None,)]


def test_a_person_who_says_yes_keeps_the_values(stage: Stage) -> None:
    with_rows(stage)
    person = Person([Reply.YES])

    stage.migrate(AFTER, person)
    stage.upgrade(AFTER)

    assert person.asked == [(["name → full_name"], 1)]
    assert names(stage, "full_name") == [("Ada",), (None,)]


def test_after_a_no_the_next_best_name_is_asked_about(stage: Stage) -> None:
    with_rows(stage)
    after = table(
        "users",
        sa.Column("full_name", sa.String(50)),
        sa.Column("nick_name", sa.String(50)),
        sa.Column("email", sa.String(100)),
    )
    person = Person([Reply.NO, Reply.YES])

    stage.migrate(after, person)
    stage.upgrade(after)

    assert [pair for pairs, _ in person.asked for pair in pairs] == ["name → full_name", "name → nick_name"]
    assert names(stage, "nick_name") == [("Ada",), (None,)]


def test_none_ends_the_questions_about_a_name(stage: Stage) -> None:
    with_rows(stage)
    after = table(
        "users",
        sa.Column("full_name", sa.String(50)),
        sa.Column("nick_name", sa.String(50)),
        sa.Column("email", sa.String(100)),
    )
    person = Person([Reply.NONE])

    stage.migrate(after, person)

    assert len(person.asked) == 1
    assert {line.sign for line in stage.diff(after).databases[0].changes} == {"+", "-"}


MANY = ("item", "post", "note")


def dated(column: str) -> Models:
    return all_of(*(table(name, sa.Column(column, sa.DateTime), sa.Column(f"{name}_text", sa.Text)) for name in MANY))


def test_the_same_pair_in_many_tables_is_one_question(stage: Stage) -> None:
    stage.begin(dated("created"))
    person = Person([Reply.YES])

    stage.migrate(dated("created_at"), person)
    stage.upgrade(dated("created_at"))

    assert person.asked == [(["created → created_at"] * 3, 0)]
    assert not stage.diff(dated("created_at")).count


def test_the_same_pair_can_be_answered_for_each_table(stage: Stage) -> None:
    stage.begin(dated("created"))
    person = Person([Reply.EACH, Reply.YES, Reply.NONE, Reply.NONE])

    stage.migrate(dated("created_at"), person)

    text = stage.scripts[-1].read_text()
    assert text.count("drop_column") == 2 + 2  # both ways
    assert len(person.asked) == 4


def test_a_renamed_table_and_a_column_in_it_are_told_by_flags(stage: Stage) -> None:
    with_rows(stage)
    after = table("people", sa.Column("full_name", sa.String(50)), sa.Column("email", sa.String(100)))

    stage.migrate(after, rename=["users=people", "users.name=people.full_name"])
    stage.upgrade(after)

    assert names(stage, "full_name", "people") == [("Ada",), (None,)]
    assert not stage.diff(after).count


def test_a_column_of_a_renamed_table_may_be_told_with_either_name_or_none(stage: Stage) -> None:
    with_rows(stage)
    after = table("people", sa.Column("full_name", sa.String(50)), sa.Column("email", sa.String(100)))

    for pair in ("users.name=users.full_name", "people.name=people.full_name", "users.name=full_name"):
        lines = stage.diff(after, rename=["users=people", pair]).databases[0].changes
        assert [(line.sign, line.to) for line in lines if line.kind == "column"] == [(">", "people.full_name")], pair


def test_a_hint_in_the_model_decides_and_may_stay(stage: Stage) -> None:
    with_rows(stage)
    hinted = table(
        "users",
        sa.Column("full_name", sa.String(50), info={"renamed_from": "name"}),
        sa.Column("email", sa.String(100)),
    )

    stage.migrate(hinted)
    stage.upgrade(hinted)

    assert names(stage, "full_name") == [("Ada",), (None,)]
    assert not stage.migrate(hinted).scripts


def test_two_hints_say_a_swap(stage: Stage) -> None:
    with_rows(stage)
    swapped = table(
        "users",
        sa.Column("name", sa.String(100), info={"renamed_from": "email"}),
        sa.Column("email", sa.String(50), info={"renamed_from": "name"}),
    )

    lines = stage.diff(swapped).databases[0].changes

    assert {(line.name, line.to) for line in lines if line.sign == ">"} == {
        ("users.name", "users.email"),
        ("users.email", "users.name"),
    }


def test_a_column_may_take_the_name_of_one_that_goes(stage: Stage) -> None:
    with_rows(stage)
    wanted = table("users", sa.Column("email", sa.String(50)))

    stage.migrate(wanted, rename=["users.name=users.email"])
    stage.upgrade(wanted)

    assert names(stage, "email") == [("Ada",), (None,)]
    assert not stage.migrate(wanted).scripts


def test_a_swap_told_by_hints_is_made_once(stage: Stage) -> None:
    stage.begin(table("users", sa.Column("name", sa.String(50)), sa.Column("email", sa.String(50))))
    stage.database.execute("INSERT INTO users (id, name, email) VALUES (1, 'Ada', 'a@b')")
    swapped = table(
        "users",
        sa.Column("name", sa.String(50), info={"renamed_from": "email"}),
        sa.Column("email", sa.String(50), info={"renamed_from": "name"}),
    )

    stage.migrate(swapped)
    stage.upgrade(swapped)

    assert names(stage, "email") == [("Ada",)]
    assert not stage.migrate(swapped).scripts


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"rename": ["users.nmae=users.full_name"]}, "there is users.name"),
        ({"rename": ["users.name=users.ful_name"]}, "there is users.full_name"),
        ({"rename": ["users.id=users.email"]}, "users.id stays in the models"),
        ({"rename": ["users.name"]}, "form OLD=NEW"),
        ({"rename": ["users.name=users.full_name", "users.name=users.other"]}, "no users.other"),
        ({"no_rename": ["users.nmae"]}, "there is users.name"),
        ({"rename_value": ["users.name:a=b"]}, "no enumeration type"),
        ({"rename_value": ["users.name=b"]}, "form TABLE.COLUMN:OLD=NEW"),
        ({"fill": ["users.mail=''"]}, "there is users.email"),
        ({"using": ["users.mail=''"]}, "there is users.email"),
        ({"ours": ["reports"]}, "the database has no reports"),
    ],
)
def test_a_flag_that_fits_nothing_is_refused_with_what_may_be_meant(
    stage: Stage, flags: dict[str, list[str]], why: str
) -> None:
    with_rows(stage)
    scripts = stage.scripts

    with pytest.raises(BadAnswer, match=why):
        stage.migrate(AFTER, **flags)

    assert stage.scripts == scripts


def test_one_old_name_cannot_become_two(stage: Stage) -> None:
    with_rows(stage)
    after = table(
        "users", sa.Column("one", sa.String(50)), sa.Column("two", sa.String(50)), sa.Column("email", sa.String(100))
    )

    with pytest.raises(BadAnswer, match="is in two renames"):
        stage.migrate(after, rename=["users.name=users.one", "users.name=users.two"])


COLORS = sa.Enum("red", "green", name="color")


def colored(*values: str) -> Models:
    return table("item", lambda: sa.Column("color", sa.Enum(*values, name="color")))


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
class TestOnPostgresql:
    def test_a_renamed_value_is_asked_about_with_the_rows_that_have_it(self, stage: Stage) -> None:
        stage.begin(colored("red", "green"))
        stage.database.execute("INSERT INTO item (id, color) VALUES (1, 'green'), (2, 'red')")
        person = Person([Reply.YES])

        stage.migrate(colored("red", "lime"), person)
        stage.upgrade(colored("red", "lime"))

        assert person.asked == [(["green → lime"], 1)]
        assert names(stage, "color", "item") == [("lime",), ("red",)]

    @pytest.mark.parametrize("owner", ["item.color", "color"])
    def test_a_renamed_value_is_told_by_its_column_or_its_type(self, stage: Stage, owner: str) -> None:
        stage.begin(colored("red", "green"))

        lines = stage.diff(colored("red", "lime"), rename_value=[f"{owner}:green=lime"]).databases[0].changes

        assert [(line.sign, line.name, line.to) for line in lines] == [(">", "color:green", "color:lime")]

    def test_no_rename_settles_a_value_too(self, stage: Stage) -> None:
        stage.begin(colored("red", "green"))
        with pytest.raises(UndecidedRenames) as caught:
            stage.migrate(colored("red", "lime"))
        flag = re.search(r"--no-rename (\S+)", caught.value.do)
        assert flag is not None

        assert not stage.diff(colored("red", "lime"), no_rename=[flag[1]]).databases[0].candidates

    def test_a_table_moves_to_another_schema(self, stage: Stage) -> None:
        stage.begin(table("item", sa.Column("a", sa.Text)))
        stage.database.execute("CREATE SCHEMA other", "INSERT INTO item (id, a) VALUES (1, 'x')")
        after = table("item", sa.Column("a", sa.Text), schema="other")

        stage.migrate(after, rename=["item=other.item"])
        stage.upgrade(after)

        assert names(stage, "a", "other.item") == [("x",)]
        assert not stage.diff(after).count
