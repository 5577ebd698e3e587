"""The ground that the other tests stand on does what they take for granted."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import Database, create_database
from tests.support.project import Project, tutorial
from tools.servers import enabled_backends

ROLES = "CREATE TABLE roles (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(64), CONSTRAINT uq_n UNIQUE (name))"

# One difference each; a schema text that misses one could call a wrong downgrade right.
DIFFERENCES = {
    "column": "ALTER TABLE roles ADD COLUMN extra INTEGER",
    "default": "ALTER TABLE roles ADD COLUMN extra INTEGER DEFAULT 7",
    "not null": "ALTER TABLE roles ADD COLUMN extra INTEGER DEFAULT 7 NOT NULL",
    "index": "CREATE INDEX ix_n ON roles (name)",
    "unique index": "CREATE UNIQUE INDEX ix_n ON roles (name)",
    "table": "CREATE TABLE extra (id INTEGER)",
    "check": "CREATE TABLE extra (id INTEGER CHECK (id > 0))",
    "other check": "CREATE TABLE extra (id INTEGER CHECK (id > 1))",
    "foreign key": "CREATE TABLE extra (id INTEGER, FOREIGN KEY (id) REFERENCES roles (id))",
    "cascade": "CREATE TABLE extra (id INTEGER, FOREIGN KEY (id) REFERENCES roles (id) ON DELETE CASCADE)",
    "view": "CREATE VIEW extra AS SELECT name FROM roles",
    "other view": "CREATE VIEW extra AS SELECT id FROM roles",
}


def test_each_database_is_empty_and_takes_statements(database: Database) -> None:
    assert "roles" not in database.schema()
    database.execute(ROLES, "INSERT INTO roles VALUES (1, '100% :name')")
    assert database.rows("SELECT id, name FROM roles WHERE name LIKE '100%'") == [(1, "100% :name")]


def test_two_databases_of_a_kind_do_not_see_each_other(database: Database, tmp_path: Path) -> None:
    other = create_database(database.kind, tmp_path)
    try:
        database.execute(ROLES)
        assert "roles" in database.schema()
        assert "roles" not in other.schema()
    finally:
        other.drop()


def test_a_schema_text_shows_every_difference(database: Database, tmp_path: Path) -> None:
    database.execute(ROLES)
    seen = {"none": database.schema()}
    for name, statement in DIFFERENCES.items():
        other = create_database(database.kind, tmp_path)
        other.execute(ROLES, statement)
        seen[name] = other.schema()
        other.drop()
    same = [(a, b) for a in seen for b in seen if a < b and seen[a] == seen[b]]
    assert same == []


def test_a_schema_text_leaves_out_bookkeeping_and_the_order_of_columns(database: Database, tmp_path: Path) -> None:
    other = create_database(database.kind, tmp_path)
    try:
        database.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
        other.execute(
            "CREATE TABLE t (b INTEGER, a INTEGER)",
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
            "CREATE TABLE whimbrel_journal (id INTEGER NOT NULL PRIMARY KEY)",
        )
        assert other.schema() == database.schema()
    finally:
        other.drop()


def test_a_dropped_database_is_gone_though_someone_is_in_it(backend: str, tmp_path: Path) -> None:
    made = create_database(backend, tmp_path)
    made.execute(ROLES)
    someone = sa.create_engine(made.url).connect()
    someone.exec_driver_sql("SELECT * FROM roles").all()
    made.drop()
    someone.invalidate()
    if backend == "sqlite":
        assert list(tmp_path.glob("*.db*")) == []
    else:
        with pytest.raises(Exception, match=r"(?i)does not exist|unknown database"):
            made.rows("SELECT 1")


def test_a_projects_process_runs_the_tutorials_application(project: Project) -> None:
    tutorial(project, "flask_migrate")
    project.run("-c", "from hello import app, db; app.app_context().push(); db.create_all()")
    assert {"roles", "users"} <= set(project.database.schema().replace(".", " ").replace(":", " ").split())


def test_a_projects_failure_shows_both_streams_and_an_input_is_read(project: Project) -> None:
    fails = ("-c", "import sys; print('said'); print('cried', file=sys.stderr); sys.exit(int(input()))")
    with pytest.raises(AssertionError, match=r"(?s)ended with 3\n.*said.*cried"):
        project.run(*fails, input="3\n")
    assert project.run(*fails, input="2\n", check=False).rc == 2
    assert "EOFError" in project.run(*fails, check=False).stderr


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("sqlite", "postgresql", "mariadb")),
        ({"WHIMBREL_TEST_MYSQL_URL": "mysql://x"}, ("sqlite", "postgresql", "mariadb", "mysql")),
        ({"WHIMBREL_TEST_BACKENDS": "mariadb, sqlite"}, ("sqlite", "mariadb")),
        ({"WHIMBREL_TEST_BACKENDS": " "}, ("sqlite", "postgresql", "mariadb")),
    ],
)
def test_all_backends_take_part_unless_narrowed(environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert enabled_backends(environ) == expected


@pytest.mark.parametrize("named", ["postgres", "mysql", "sqlite,oracle"])
def test_a_backend_that_cannot_take_part_is_refused(named: str) -> None:
    with pytest.raises(ValueError, match="WHIMBREL_TEST_BACKENDS names"):
        enabled_backends({"WHIMBREL_TEST_BACKENDS": named})
