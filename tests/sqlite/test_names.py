"""Constraints without a name are found by what scripts call them; what is not clear is refused."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op

from tests.sqlite.bench import Bench
from tests.sqlite.test_ways import batch
from whimbrel.backends.sqlite.alter_names import find_rule
from whimbrel.backends.sqlite.text import TableText
from whimbrel.errors import ChangeRefused

TABLE = """CREATE TABLE item (
  id INTEGER NOT NULL, email VARCHAR UNIQUE, user_id INTEGER, owner_id INTEGER, size INTEGER, kind TEXT,
  PRIMARY KEY (id),
  UNIQUE (user_id, kind),
  CONSTRAINT "Named" CHECK (size > 1),
  CHECK (kind IN ('a', 'b')),
  FOREIGN KEY(user_id) REFERENCES user (id),
  FOREIGN KEY(owner_id) REFERENCES user (id) ON DELETE CASCADE
)"""
CONVENTION = {
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
ODD = {"fk": "%(referred_table_name)s_of_%(column_0_N_label)s"}
FOUND = {
    ("fk_item_user_id_user", "foreign key"): ("user_id",),
    ("item_owner_id_fkey", "foreign key"): ("owner_id",),
    ("fk_owner_id", ""): ("owner_id",),
    ("user_of_item_owner_id", "foreign key"): ("owner_id",),
    ("uq_item_email", "unique"): ("email",),
    ("item_email_key", "unique"): ("email",),
    ("uq_item_user_id_kind", "unique"): ("user_id", "kind"),
    ("whatever", "primary key"): ("id",),
    (None, "primary key"): ("id",),
    ("named", "check"): (),
    ("ck_item_kind", "check"): (),
}


@pytest.mark.parametrize(("name", "kind"), FOUND)
def test_a_constraint_is_found_by_its_name_a_convention_or_its_columns(name: str | None, kind: str) -> None:
    _, clause = find_rule(TableText.of(TABLE), name, kind, [CONVENTION, ODD])
    assert clause.columns == FOUND[name, kind]
    assert clause.kind == (kind or "foreign key")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (None, "foreign key"),
        (None, ""),
        ("fk_item", "foreign key"),
        ("fk_user", "foreign key"),
        ("uq_item_size", "unique"),
    ],
)
def test_a_name_that_fits_none_or_several_is_refused_with_the_choices(name: str | None, kind: str) -> None:
    with pytest.raises(ChangeRefused, match="It has:"):
        find_rule(TableText.of(TABLE), name, kind, [CONVENTION])


@pytest.mark.parametrize("naming", [None, CONVENTION], ids=["models without", "models with"])
def test_names_that_flask_migrate_writes_are_dropped_and_made(tmp_path: Path, naming: dict[str, str] | None) -> None:
    bench = Bench(tmp_path / "a.db", naming=naming).make(f"CREATE TABLE user (id INTEGER PRIMARY KEY); {TABLE};")

    def script() -> None:
        with op.batch_alter_table("item", schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f("fk_item_user_id_user"), type_="foreignkey")
            batch_op.drop_constraint("uq_item_email", type_="unique")
            batch_op.create_foreign_key(batch_op.f("fk_item_user_id_owner"), "user", ["user_id"], ["id"])

    bench.upgrade(script)
    text = bench.text("item")
    assert "email VARCHAR, user_id" in text
    assert "FOREIGN KEY(user_id) REFERENCES user (id),\n  CONSTRAINT" not in text
    assert "CONSTRAINT fk_item_user_id_owner FOREIGN KEY(user_id) REFERENCES user (id)" in text
    assert "FOREIGN KEY(owner_id) REFERENCES user (id) ON DELETE CASCADE" in text


def test_a_batchs_own_convention_names_what_to_drop(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(f"CREATE TABLE user (id INTEGER PRIMARY KEY); {TABLE};")
    bench.upgrade(
        batch(lambda b: b.drop_constraint("user_of_item_owner_id", type_="foreignkey"), "item", naming_convention=ODD)
    )
    assert "owner_id) REFERENCES" not in bench.text("item")


def test_the_check_of_a_boolean_or_enum_goes_and_comes_with_the_type(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a.db").make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, on_ BOOLEAN, mood VARCHAR(5), CHECK (on_ IN (0, 1)), "
        "CONSTRAINT moods CHECK (mood IN ('good', 'bad')));"
    )
    moods = sa.Enum("good", "bad", name="moods", create_constraint=True)
    more = sa.Enum("good", "bad", "so so", name="moods", create_constraint=True)

    def script(b: object) -> None:
        b.alter_column("on_", existing_type=sa.Boolean(create_constraint=True), type_=sa.Integer())
        b.alter_column("mood", existing_type=moods, type_=more)

    bench.upgrade(batch(script))
    text = bench.text("t")
    assert "on_ IN (" not in text
    assert text.count("moods") == 1
    assert "CONSTRAINT moods CHECK (mood IN ('good', 'bad', 'so so'))" in text
