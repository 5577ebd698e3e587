"""`flask db archive`, `restore`, `purge`: what is kept is listed, put back and let go by hand."""

import json

import pytest
from flask import current_app

from tests.archive.stage import kept, lay_out_shop, rows, set_most
from tests.core.applications import application
from tests.core.repository import tables
from tests.support.project import Project
from whimbrel import commands
from whimbrel.errors import LossUnconfirmed, NotKept

NO_NOTE = 'op.drop_column("item", "note")'


def test_a_column_is_listed_and_restored_without_its_revision(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "raise RuntimeError('no way back')")
    full = rows(project.database, "item")
    project.flask("upgrade")
    listed = project.flask("archive")
    assert "item.note  3 rows" in listed.stdout
    assert "by the upgrade of b" in listed.stdout
    assert "1 kept" in listed.stderr
    assert "Archive" in project.flask("status").stdout
    (one,) = json.loads(project.flask("archive", "--json").stdout)["databases"][0]["items"]
    assert (one["name"], one["rows"], one["state"]) == ("item.note", 3, "kept")

    project.database.execute("INSERT INTO item (id, name) VALUES (8, 'new')")
    assert "Restored item.note: 3 rows." in project.flask("restore", "item.note").stdout
    assert rows(project.database, "item")[:3] == full
    assert kept(project.database) == []
    assert project.flask("archive").stderr.endswith("Nothing is kept.\n")
    assert "Nothing is kept under the name item.note" in project.flask("restore", "item.note", check=False).stderr


def test_a_table_is_restored_where_none_is_and_where_one_is(project: Project) -> None:
    lay_out_shop(project, 'op.drop_table("item")', "pass")
    full = rows(project.database, "item")
    project.flask("upgrade")
    project.flask("restore", "item")
    assert rows(project.database, "item") == full
    project.database.execute("DROP TABLE item")
    project.flask("stamp", "a")
    assert kept(project.database) == []

    project.database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(40))")
    project.database.execute("INSERT INTO item (id, name) VALUES (1, 'old'), (2, 'more')")
    project.flask("upgrade")
    project.database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(40))")
    project.database.execute("INSERT INTO item (id, name) VALUES (1, 'young')")
    said = project.flask("restore", "item").stdout
    assert "Restored item: 1 row. 1 found no place" in said
    assert [one["name"] for one in rows(project.database, "item")] == ["young", "more"]


def test_a_value_of_today_is_not_overwritten(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "pass")
    project.flask("upgrade")
    project.database.execute("ALTER TABLE item ADD COLUMN note TEXT")
    project.database.execute("UPDATE item SET note = 'today'")
    outcome = project.flask("restore", "item.note", check=False)
    assert outcome.rc == 1
    assert "item.note holds values again" in outcome.stderr
    assert {one["note"] for one in rows(project.database, "item")} == {"today"}


def test_purge_lets_go_and_needs_a_yes(project: Project) -> None:
    lay_out_shop(project, f'{NO_NOTE}\n    op.drop_column("item", "sold")', "pass")
    project.flask("upgrade")
    refused = project.flask("purge", "item.note", check=False)
    assert refused.rc == 2
    assert len(kept(project.database)) == 2
    assert project.flask("purge", "--older-than", "1d", "--yes").stdout == "Nothing to purge.\n"
    assert project.flask("purge", "item.note", "--yes").stdout == "Purged 1.\n"
    assert [name for name in kept(project.database) if "note" in name] == []
    assert project.flask("purge", "--all", "--yes").stdout == "Purged 1.\n"
    assert kept(project.database) == []
    assert "item.note" not in tables(project.database)
    project.flask("downgrade")


def test_an_upgrade_lets_go_of_what_is_older_than_the_setting(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "pass")
    project.flask("upgrade")
    text = project.read("hello.py")
    project.write("hello.py", text.replace("db = ", 'app.config["MIGRATE_ARCHIVE_KEEP"] = "30d"\ndb = '))
    project.flask("upgrade")
    assert len(kept(project.database)) == 1
    project.database.execute("UPDATE whimbrel_archive SET since = '2020-01-01T00:00:00+00:00'")
    project.flask("upgrade")
    assert kept(project.database) == []


def test_a_column_in_its_place_is_restored_and_purged(project: Project) -> None:
    lay_out_shop(project, f'{NO_NOTE}\n    op.drop_column("item", "sold")', "pass")
    set_most(project, 2)
    notes = [one["note"] for one in rows(project.database, "item")]
    project.flask("upgrade")
    project.flask("restore", "item.note")
    assert [one["note"] for one in rows(project.database, "item")] == notes
    project.flask("purge", "--all", "--yes")
    assert not [name for name in rows(project.database, "item")[0] if name.startswith("whimbrel_")]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_from_python_a_refusal_is_an_error_of_its_own(project: Project) -> None:
    lay_out_shop(project, 'op.execute("DELETE FROM item")', "pass")
    with application(project, MIGRATE_CONFIRM_LOSS=True):
        opened = commands.open_project(current_app.extensions, current_app.config)
        with pytest.raises(NotKept):
            commands.restore(opened, "item.note")
        with pytest.raises(LossUnconfirmed):
            commands.upgrade(opened)
    assert len(rows(project.database, "item")) == 3
