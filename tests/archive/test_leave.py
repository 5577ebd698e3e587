"""`flask db leave`: plain Flask-Migrate finds nothing of ours, and migrates on; what is kept is not lost by it."""

import csv
import io
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.archive.stage import SHOP, UNSHOP, fill, lay_out_shop, rows
from tests.archive.test_crash import OURS_TOO
from tests.core.applications import application
from tests.core.repository import add_script, lay_out, versions
from tests.support.databases import Database
from tests.support.peers import peer
from tests.support.project import Project
from whimbrel import commands
from whimbrel.errors import CannotLeave

NO_NOTE = 'op.drop_column("item", "note")'


def ours(database: Database) -> list[str]:
    """Name all that is ours in a database, in every schema: tables, columns, schemas, types."""
    inspector = sa.inspect(sa.create_engine(database.url, poolclass=sa.NullPool))
    is_postgresql = database.kind == "postgresql"
    schemas = inspector.get_schema_names() if is_postgresql else [inspector.default_schema_name]
    tables = [(one, name) for one in schemas for name in inspector.get_table_names(schema=one) if one[0] != "i"]
    columns = [str(one["name"]) for schema, name in tables for one in inspector.get_columns(name, schema=schema)]
    types = [str(name) for (name,) in database.rows("SELECT typname FROM pg_type")] if is_postgresql else []
    names = [*map(str, schemas), *(name for _, name in tables), *columns, *types]
    return sorted(name for name in names if "whimbrel" in name)


def files_of_ours(project: Project) -> list[str]:
    """Name the files of the migrations folder that are ours, or that need us."""
    files = [path for path in (project.path / "migrations").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sorted(path.name for path in files if "whimbrel" in path.name + path.read_text("utf-8"))


def hand_over(project: Project) -> None:
    """Change the app as the closing lines say."""
    text = project.read("hello.py")
    project.write("hello.py", text.replace("from whimbrel import", "from flask_migrate import"))


def add_column(project: Project, name: str) -> None:
    project.write("hello.py", project.read("hello.py") + f"    {name} = db.Column(db.String(20))\n")


def migrates_on_with_flask_migrate(project: Project) -> None:
    """Claim that Flask-Migrate sees no difference, and that its next script goes up and down, and all of them do."""
    hand_over(project)
    theirs, head = peer("4.1.0"), versions(project.database)
    theirs.call(project, "check()")
    add_column(project, "later")
    there_and_back = ("migrate(message='theirs')", "upgrade()", "check()", "downgrade()")
    theirs.call(project, *there_and_back)
    assert versions(project.database) == head
    theirs.call(project, "downgrade(revision='base')", "upgrade()", "check()")
    assert ours(project.database) == []


def test_after_leaving_flask_migrate_finds_nothing_and_migrates_on(project: Project) -> None:
    lay_out(project)
    for step in ("one", "two"):
        project.flask("migrate", "-m", step)
        project.flask("upgrade")
        add_column(project, step)
    assert ours(project.database)
    assert files_of_ours(project)

    refused = project.flask("leave", check=False)
    assert refused.rc == 2
    assert "drop table whimbrel_revision  (2 rows)" in refused.stdout
    assert "write migrations/env.py without Whimbrel" in refused.stdout
    assert ours(project.database)
    said = project.flask("leave", "--yes")
    assert said.stdout.endswith("Nothing of Whimbrel's is left.\n")
    assert "from whimbrel import Migrate   ->   from flask_migrate import Migrate" in said.stderr
    assert (ours(project.database), files_of_ours(project)) == ([], [])
    assert not (project.path / "migrations/snapshot").exists()
    assert project.flask("leave").stdout == "Nothing of Whimbrel's is left.\n"

    project.write("hello.py", project.read("hello.py").replace("    two =", "    # two ="))
    migrates_on_with_flask_migrate(project)


def test_what_is_kept_stays_until_somebody_says_what_becomes_of_it(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "pass")
    project.flask("upgrade")
    before = ours(project.database)
    refused = project.flask("leave", "--yes", check=False)
    assert refused.rc == 1
    assert "item.note (3 rows) is kept." in refused.stderr
    assert "--restore" in refused.stderr
    assert ours(project.database) == before
    said = project.flask("leave", "--purge", "--yes").stdout
    assert said.endswith("Nothing of Whimbrel's is left, and 1 of what was kept is gone for good.\n")
    assert ours(project.database) == []


def test_what_fits_is_put_back_and_the_rest_needs_a_further_word(project: Project, tmp_path: Path) -> None:
    lay_out_shop(project, f'{NO_NOTE}\n    op.drop_table("item")\n    op.drop_table("maker")', "pass")
    full = {name: rows(project.database, name) for name in ("item", "maker")}
    project.flask("upgrade")
    project.flask("leave", "--restore", "--yes")
    assert {name: rows(project.database, name) for name in ("item", "maker")} == full
    assert ours(project.database) == []

    project.flask("stamp", "a")
    project.flask("upgrade")
    make = "CREATE TABLE maker (id INTEGER PRIMARY KEY, name VARCHAR(40))"
    project.database.execute(make, "INSERT INTO maker (id, name) VALUES (1, 'new')")
    refused = project.flask("leave", "--restore", "--yes", check=False)
    assert refused.rc == 1
    assert "Not all can be put back: maker (1 row)." in refused.stderr
    assert "3 put back; nothing was dropped." in refused.stderr
    project.flask("leave", "--restore", "--export", str(tmp_path / "out"), "--yes")
    assert [one["name"] for one in rows(project.database, "maker")] == ["new", "Žižka"]
    assert ["1", "Anna"] in read_csv(tmp_path / "out/maker.3.csv")
    assert ours(project.database) == []


def read_csv(path: Path) -> list[list[str]]:
    return sorted(csv.reader(io.StringIO(path.read_text("utf-8"))), key=lambda row: (row[0].isdigit(), row))


PHOTO = {"sqlite": "X'00ff'", "postgresql": r"'\x00ff'", "mariadb": "X'00ff'", "mysql": "X'00ff'"}


def test_an_export_tells_null_text_and_bytes_apart(project: Project, tmp_path: Path) -> None:
    lay_out(project)
    photo = 'op.add_column("item", sa.Column("photo", sa.LargeBinary))'
    add_script(project, "a", None, f"{SHOP}\n    {photo}", UNSHOP)
    add_script(project, "b", "a", f'{NO_NOTE}\n    op.drop_column("item", "photo")\n    op.drop_table("item")', "pass")
    project.flask("upgrade", "a")
    fill(project.database)
    project.database.execute(f"UPDATE item SET photo = {PHOTO[project.database.kind]} WHERE id = 1")
    project.flask("upgrade")
    said = project.flask("leave", "--export", str(tmp_path / "out"), "--yes").stdout
    assert said.endswith("Nothing of Whimbrel's is left.\n")
    notes, photos, items = (tmp_path / f"out/{name}.csv" for name in ("item.note.1", "item.photo.2", "item.3"))
    assert sorted(notes.read_text("utf-8").splitlines()) == [
        '"1","it\'s ""blue"""', '"2",', '"3",""', '"id","note"',
    ]  # fmt: skip
    said_bytes = r'"\x00ff"' if project.database.kind == "postgresql" else r"\x00ff"
    assert f'"1",{said_bytes}' in photos.read_text("utf-8").splitlines()
    table = read_csv(items)
    assert table[0] == ["id", "name", "price", "sold", "color", "maker_id"]
    assert [row[1] for row in table[1:]] == ["cup", "jug", "pot"]
    assert [float(row[2] or -1) for row in table[1:]] == [3.5, -1, 12]
    assert [row[3][:19] for row in table[1:]] == ["2026-01-31 23:59:59", "", "1999-12-31 00:00:00"]
    index = read_csv(tmp_path / "out/index.csv")
    assert sorted(row[:5] for row in index if row[0] != "file") == [
        ["item.3.csv", "", "item", "table", "3"],
        ["item.note.1.csv", "", "item.note", "column", "3"],
        ["item.photo.2.csv", "", "item.photo", "column", "3"],
    ]
    assert ours(project.database) == []


def test_columns_in_their_place_are_exported_with_their_key(project: Project, tmp_path: Path) -> None:
    lay_out_shop(project, f'{NO_NOTE}\n    op.drop_column("item", "color")', "pass")
    text = project.read("hello.py")
    project.write("hello.py", text.replace("db = ", 'app.config["MIGRATE_ARCHIVE_COPY"] = 2\ndb = '))
    project.flask("upgrade")
    project.flask("leave", "--export", str(tmp_path / "out"), "--yes")
    assert read_csv(tmp_path / "out/item.color.2.csv") == [["id", "color"], ["1", "red"], ["2", ""], ["3", "green"]]
    assert ours(project.database) == []


def test_a_type_that_is_put_back_leaves_the_archive(project: Project) -> None:
    drop_type = 'sa.Enum(name="color").drop(op.get_bind())' if project.database.kind == "postgresql" else ""
    lay_out_shop(project, f'op.drop_column("item", "color")\n    {drop_type}', "pass")
    text = project.read("hello.py")
    project.write("hello.py", text.replace("db = ", 'app.config["MIGRATE_ARCHIVE_COPY"] = 2\ndb = '))
    colors = [one["color"] for one in rows(project.database, "item")]
    project.flask("upgrade")
    project.flask("leave", "--restore", "--yes")
    assert [one["color"] for one in rows(project.database, "item")] == colors
    assert ours(project.database) == []
    if project.database.kind == "postgresql":
        assert project.database.rows("SELECT 'red'::color::text") == [("red",)]


def test_another_history_of_the_database_keeps_what_is_its_own(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "pass")
    project.flask("upgrade")
    other = project.read("hello.py").replace("Migrate(app, db)", 'Migrate(app, db, version_table="their_version")')
    project.write("other.py", other)
    theirs = {"FLASK_APP": "other"}
    project.flask("stamp", "a", env=theirs)
    project.database.execute("ALTER TABLE item ADD COLUMN note VARCHAR(20)", "UPDATE item SET note = 'theirs'")
    project.flask("upgrade", env=theirs)
    for app in ("hello", "other"):
        assert project.flask("archive", env={"FLASK_APP": app}).stdout.count("\n") == 1
    project.flask("leave", "--purge", "--yes", "--keep-files")
    assert "item.note  3 rows" in project.flask("archive", env=theirs).stdout
    project.flask("restore", "item.note", env=theirs)
    assert {one["note"] for one in rows(project.database, "item")} == {"theirs"}
    project.flask("leave", "--yes", env=theirs)
    assert ours(project.database) == []


def test_what_was_dropped_after_the_question_is_not_let_go(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "pass")
    with application(project) as app:
        opened = commands.open_project(app.extensions, app.config)
        shown = commands.to_leave(opened)
        project.flask("upgrade")
        with pytest.raises(CannotLeave, match=r"item\.note \(3 rows\) is kept\.") as refused:
            commands.leave(opened, shown, commands.Choice(purges=True))
    assert refused.value.why == "It was dropped while this command ran, and is kept still."
    assert "item.note  3 rows" in project.flask("archive").stdout


# Of one case each seventh statement in the usual run, and all of all in the long one.
CASES = [
    pytest.param(kind, how, each, id=f"{kind}-{how.replace(':', '_')}", marks=pytest.mark.slow if each == 1 else ())
    for kind, how, each in [
        ("mariadb", "kill:after", 7),
        *((*case, 1) for case in product(("sqlite", "postgresql", "mariadb"), ("kill:before", "kill:after"))),
    ]
]


@pytest.mark.parametrize(("backend", "how", "each"), CASES, indirect=["backend"])
def test_said_again_after_a_kill_it_comes_to_its_end(project: Project, tmp_path: Path, how: str, each: int) -> None:
    lay_out_shop(project, f'{NO_NOTE}\n    op.drop_table("item")', UNSHOP.replace("op.drop_table", "str"))
    project.write("breaks.py", OURS_TOO)
    project.write("hello.py", "import breaks\n" + project.read("hello.py"))
    at, whole = 0, False
    while not whole:
        at += each
        project.flask("upgrade")
        command = ("leave", "--export", str(tmp_path / str(at)), "--yes")
        whole = project.flask(*command, env={"BREAK": f"{how}:{at}"}, check=False).rc == 0
        project.flask(*command, check=False)
        assert ours(project.database) == [], at
        (notes, *_), (items, *_) = (
            sorted((tmp_path / str(at)).glob(f"{name}.?.csv")) for name in ("item.note", "item")
        )
        assert len(read_csv(notes)) == len(read_csv(items)) == 4, at
        types = ["DROP TYPE color"] if project.database.kind == "postgresql" else []
        project.database.execute("DROP TABLE maker", *types)
        project.flask("stamp", "base")
        project.flask("upgrade", "a")
        fill(project.database)
    assert at > 5
