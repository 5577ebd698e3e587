"""Repositories that a test writes by itself, so that it starts in the state that it is about."""

from pathlib import Path

import sqlalchemy as sa

from tests.support.databases import Database
from tests.support.project import Project, tutorial
from whimbrel import commands

SCRIPT = '''\
"""{message}"""

from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {after!r}
branch_labels = None
depends_on = None


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


def lay_out(project: Project, import_name: str = "whimbrel") -> None:
    """Write the tutorial's app and a new repository without scripts."""
    tutorial(project, import_name)
    commands.init(str(project.path / "migrations"))


def add_script(
    project: Project,
    revision: str,
    after: str | tuple[str, ...] | None = None,
    upgrade: str | None = None,
    downgrade: str | None = None,
) -> Path:
    """Write a script; what is not said makes and drops the table `made_by_REVISION`."""
    table = f"made_by_{revision}"
    create = f'op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True))'
    return project.write(
        f"migrations/versions/{revision}.py",
        SCRIPT.format(
            message=f"make {revision}",
            revision=revision,
            after=after,
            upgrade=upgrade or create,
            downgrade=downgrade or f'op.drop_table("{table}")',
        ),
    )


def add_chain(project: Project, *revisions: str) -> None:
    """Write scripts that follow one another."""
    for after, revision in zip((None, *revisions), revisions, strict=False):
        add_script(project, revision, after)


def pretend_to_be_at(database: Database, *revisions: str) -> None:
    """Write the version table as Alembic makes it."""
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    for revision in revisions:
        database.execute(f"INSERT INTO alembic_version VALUES ('{revision}')")


def versions(database: Database) -> list[str]:
    """Read the revisions that the database says it is at."""
    if "alembic_version" not in tables(database):
        return []
    return [name for (name,) in database.rows("SELECT version_num FROM alembic_version ORDER BY 1")]


def tables(database: Database) -> set[str]:
    """Name all tables, that of the versions too, but not the journal's."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    return {name for name in sa.inspect(engine).get_table_names() if not name.startswith("whimbrel_")}


def picture(database: Database) -> str:
    """Write down the schema and every row, those of the version table too."""
    rows = (f"{name}: {row}\n" for name in tables(database) for row in database.rows(f"SELECT * FROM {name}"))
    return database.schema() + "".join(sorted(rows))
