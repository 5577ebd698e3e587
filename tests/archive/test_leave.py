"""`flask db leave`: plain Flask-Migrate finds nothing of ours, and migrates on."""

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.archive.stage import kept, lay_out_shop, rows
from tests.core.repository import add_script, lay_out, versions
from tests.support.databases import Database, create_database
from tests.support.peers import peer
from tests.support.project import Project

NO_NOTE = 'op.drop_column("item", "note")'
NO_ITEM = 'op.drop_table("item")'


def ours(database: Database) -> list[str]:
    """Name all that is ours in a database, in every schema: tables, columns, schemas."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    inspector = sa.inspect(engine)
    schemas = inspector.get_schema_names() if database.kind == "postgresql" else [inspector.default_schema_name]
    tables = {(schema, name) for schema in schemas for name in inspector.get_table_names(schema=schema)}
    columns = {
        f"{table}.{one['name']}"
        for schema, table in tables
        if schema != "information_schema"
        for one in inspector.get_columns(table, schema=schema)
    }
    types = [name for (name,) in database.rows("SELECT typname FROM pg_type")] if database.kind == "postgresql" else []
    names = [*(str(one) for one in schemas), *(name for _, name in tables), *columns, *types]
    return sorted(name for name in names if "whimbrel" in name)


def written_by_us(project: Project) -> list[str]:
    """Name the files of the migrations folder that are ours, or that need us."""
    files = [path for path in (project.path / "migrations").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sorted(path.name for path in files if "whimbrel" in path.name or "whimbrel" in path.read_text("utf-8"))


def flask_migrate_takes_over(project: Project) -> None:
    """Change the app as the closing lines say."""
    text = project.read("hello.py")
    project.write("hello.py", text.replace("from whimbrel import", "from flask_migrate import"))


def add_column(project: Project, name: str) -> None:
    text = project.read("hello.py")
    project.write("hello.py", text + f"    {name} = db.Column(db.String(20))\n")


def test_after_leaving_flask_migrate_finds_nothing_and_migrates_on(project: Project) -> None:
    lay_out(project)
    for step in ("one", "two"):
        project.flask("migrate", "-m", step)
        project.flask("upgrade")
        add_column(project, step)
    project.flask("migrate", "-m", "three")
    project.flask("upgrade")
    assert ours(project.database)
    assert written_by_us(project)

    refused = project.flask("leave", check=False)
    assert (refused.rc, "whimbrel_revision  (3 rows)" in refused.stdout) == (2, True)
    assert ours(project.database)
    said = project.flask("leave", "--yes")
    assert "Nothing of Whimbrel's is left." in said.stdout
    assert "from flask_migrate import Migrate" in said.stderr
    assert ours(project.database) == []
    assert written_by_us(project) == []
    assert not (project.path / "migrations/snapshot").exists()
    assert project.flask("leave").stdout == "Nothing of Whimbrel's is left.\n"

    flask_migrate_takes_over(project)
    theirs = peer("4.1.0")
    head = versions(project.database)
    theirs.flask(project, "check")
    add_column(project, "later")
    theirs.flask(project, "migrate", "-m", "theirs")
    theirs.flask(project, "upgrade")
    theirs.flask(project, "check")
    theirs.flask(project, "downgrade")
    assert versions(project.database) == head
    theirs.flask(project, "downgrade", "base")
    theirs.flask(project, "upgrade")
    assert ours(project.database) == []


def test_what_is_kept_is_not_left_without_a_word(project: Project) -> None:
    lay_out_shop(project, NO_NOTE, "pass")
    project.flask("upgrade")
    before = ours(project.database)
    refused = project.flask("leave", "--yes", check=False)
    assert refused.rc == 1
    assert "item.note (3 rows) is kept." in refused.stderr
    assert "--export FOLDER" in refused.stderr
    assert ours(project.database) == before
    project.flask("leave", "--purge", "--yes")
    assert ours(project.database) == []
