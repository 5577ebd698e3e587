"""With poor rights nothing is worse than it was: what needs no right works, and what needs one says which."""

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.core.applications import application
from tests.core.repository import add_chain, add_script, lay_out, picture, versions
from tests.run.crowd import end, running, until
from tests.run.test_missed_locks import ALTERS, configured, read_by_another
from tests.run.test_one_at_a_time import HOLDS, let_go
from tests.scratch.accounts import as_root, plain_account
from tests.support.databases import BACKENDS, Database
from tests.support.project import Outcome, Project
from whimbrel import commands, status, upgrade
from whimbrel.errors import DropRefused, RevisionFailed

SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]
DATA = 'op.execute("INSERT INTO made_by_a VALUES (1)")'


def laid_out(project: Project) -> None:
    """Write two scripts, the second of which writes rows only, and run the first without leaving a journal."""
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", DATA, "pass")
    with application(project):
        upgrade(revision="a")
    project.database.execute("DROP TABLE whimbrel_revision", "DROP TABLE whimbrel_statement")


def asked_everything(project: Project, database: Database, at: str) -> None:
    """Ask all that can be asked, as an account that may only read."""
    with application(Project(project.path, database)) as app:
        opened = commands.open_project(app.extensions, app.config)
        assert [line.split()[0] for line in commands.current(opened)] == [at]
        assert sum("(current)" in line for line in commands.history(opened, indicate_current=True)) == 1
        (found,) = status().databases
        assert found.current == (at,)
        assert (found.runner, found.interrupted) == (None, None)
        assert [len(one.runs) for one in commands.applied(opened)] == [int(at == "b")]
        if at == "b":
            commands.check(opened)
            assert commands.wait(opened, 1) == ("b",)


def is_one_error(outcome: Outcome, words: str, advice: str) -> None:
    assert outcome.rc == 1
    assert outcome.stderr.count("Error: ") == 1
    assert words in outcome.stderr
    assert "WARNI" not in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "It was rolled back. The database is at a." in outcome.stderr
    assert advice in outcome.stderr


@contextlib.contextmanager
def reading(database: Database) -> Iterator[Database]:
    """Lend the database to somebody who may only read it."""
    if database.kind == "sqlite":
        url = f"sqlite:///file:{sa.make_url(database.url).database}?mode=ro&uri=true"
        yield Database("sqlite", url)
        return
    with plain_account(database) as account:
        assert account.kind == "postgresql"
        name = sa.make_url(account.url).username
        as_root("postgresql", f"ALTER ROLE {name} SET default_transaction_read_only = on")
        database.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        database.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {name}")
        yield account


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"], indirect=True)
def test_who_may_only_read_asks_all_and_gets_one_error(project: Project) -> None:
    laid_out(project)
    before = picture(project.database)
    with reading(project.database) as reader:
        asked_everything(project, reader, "a")
        outcome = project.flask("upgrade", env={"DATABASE_URL": reader.url}, check=False)
        primary = {"postgresql": "name the primary server", "sqlite": "a URL with mode=ro only reads"}
        is_one_error(outcome, "Revision b (make b) failed: ", primary[project.database.kind])
        assert picture(project.database) == before
        project.flask("upgrade")
        asked_everything(project, reader, "b")
        with application(Project(project.path, reader)):
            assert upgrade().applied == ()


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_rows_are_written_by_an_account_that_may_write_no_journal(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", DATA, "pass")
    project.flask("upgrade", "a")
    with plain_account(project.database) as account:
        made_poor(project.database, account, "made_by_a", "alembic_version")
        outcome = project.flask("upgrade", env={"DATABASE_URL": account.url})
        assert outcome.stderr.count("The journal's tables cannot be made or written here (") == 1
        assert versions(project.database) == ["b"]
        assert project.flask("upgrade", env={"DATABASE_URL": account.url}).stderr.count("WARNI") == 0
        with application(Project(project.path, account)):
            (found,) = status().databases
            assert (found.current, found.interrupted) == (("b",), None)
    assert project.database.rows("SELECT id FROM made_by_a") == [(1,)]


def made_poor(database: Database, account: Database, *tables: str) -> None:
    """Leave an account the rows of some tables."""
    name = sa.make_url(account.url).username
    rights = "SELECT, INSERT, UPDATE, DELETE"
    if database.kind == "postgresql":
        owner = sa.make_url(database.url).username
        as_root("postgresql", f"ALTER DATABASE {sa.make_url(database.url).database} OWNER TO {owner}")
        database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        database.execute(*(f"GRANT {rights} ON {table} TO {name}" for table in tables))
        return
    here = sa.make_url(database.url).database
    database.execute(f"REVOKE ALL ON `{here}`.* FROM '{name}'@'%'")
    database.execute(*(f"GRANT {rights} ON `{here}`.{table} TO '{name}'@'%'" for table in tables))


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_nothing_is_dropped_where_nothing_can_be_kept(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", 'op.drop_table("made_by_a")', "pass")
    project.flask("upgrade", "a")
    project.database.execute("INSERT INTO made_by_a VALUES (1)")
    with plain_account(project.database) as account:
        name = sa.make_url(account.url).username
        made_poor(project.database, account, "alembic_version", "made_by_a")
        grants = {"postgresql": f"GRANT {name} TO CURRENT_USER", "mariadb": "SELECT 1"}
        more = {"postgresql": f"ALTER TABLE made_by_a OWNER TO {name}"}
        here = sa.make_url(project.database.url).database
        more["mariadb"] = f"GRANT ALTER, DROP ON `{here}`.made_by_a TO '{name}'@'%'"
        project.database.execute(grants[project.database.kind], more[project.database.kind])
        with application(Project(project.path, account)), pytest.raises(RevisionFailed) as caught:
            upgrade()
        assert isinstance(caught.value.__cause__, DropRefused)
        assert "nothing can be kept here" in caught.value.what
        assert project.database.rows("SELECT id FROM made_by_a") == [(1,)]
        with application(Project(project.path, account), migrate={"drops": "drop"}):
            upgrade()
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_a_right_that_is_missing_is_named(project: Project) -> None:
    laid_out(project)
    with plain_account(project.database) as account:
        made_poor(project.database, account, "alembic_version")
        with application(Project(project.path, account)), pytest.raises(RevisionFailed) as caught:
            upgrade()
    assert "made_by_a" in caught.value.what
    assert "GRANT …" in caught.value.do
    assert versions(project.database) == ["a"]


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_who_runs_is_told_to_an_account_that_may_not_see_others(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", upgrade=HOLDS)
    with plain_account(project.database) as account:
        if project.database.kind == "postgresql":
            name = sa.make_url(account.url).username
            project.database.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {name}")
        with running(project, "upgrade") as first:
            until((project.path / "begun").exists)
            with application(Project(project.path, account)):
                (found,) = status().databases
            let_go(project)
            assert end(first).rc == 0
    assert found.runner is not None
    hidden = {"postgresql": "pid ", "mariadb": ", of another account"}
    assert hidden[project.database.kind] in found.runner.words


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_a_blocker_that_may_not_be_seen_is_waited_for(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", ALTERS)
    configured(project, lock_timeout=1)
    with plain_account(project.database) as account:
        env = {"DATABASE_URL": account.url}
        project.flask("upgrade", "a", env=env)
        with read_by_another(project.database, "made_by_a") as blocker, running(project, "upgrade", env=env) as process:
            time.sleep(4)
            blocker.rollback()
            outcome = end(process)
    assert outcome.rc == 0, outcome.stderr
    assert "Waiting for a lock: ALTER TABLE" in outcome.stderr
    assert "None" not in outcome.stderr


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_one_connection_is_enough(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    with plain_account(project.database) as account:
        as_root("postgresql", f"ALTER ROLE {sa.make_url(account.url).username} CONNECTION LIMIT 1")
        outcome = project.flask("upgrade", env={"DATABASE_URL": account.url})
        assert "Applied 2 revisions" in outcome.stdout
        assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_in_memory_is_upgraded_and_asked(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    memory = {"SQLALCHEMY_DATABASE_URI": "sqlite://", "SQLALCHEMY_ENGINE_OPTIONS": {}}
    with application(project, **memory) as app:
        assert upgrade().applied == ("a", "b")
        (found,) = status().databases
        assert (found.current, found.tables, found.runner) == (("b",), 2, None)
        opened = commands.open_project(app.extensions, app.config)
        assert [len(one.runs) for one in commands.applied(opened)] == [2]
        app.extensions["sqlalchemy"].engine.dispose()


def obey_modes() -> None:
    """Give up, before a program begins, what lets root write everywhere: its files are then like anybody's.

    Linux, capabilities(7): a program gets none that is not in the bounding set (PR_CAPBSET_DROP is 24).
    """
    if os.getuid() == 0:
        dropped = [ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) for capability in (1, 2)]  # CAP_DAC_…
        if any(dropped):
            os._exit(99)


def with_modes(project: Project, *arguments: str) -> Outcome:
    """Run `flask db` as somebody for whom the modes of files count."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", *arguments],
        cwd=project.path,
        env=project.environment(),
        preexec_fn=obey_modes,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode == 99:
        pytest.skip("Root writes everywhere here.")
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="There root is asked to be less in another way.")
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_or_folder_that_may_not_be_written_can_be_read(project: Project, what: str) -> None:
    laid_out(project)
    before = picture(project.database)
    file = Path(sa.make_url(project.database.url).database or "")
    closed = file if what == "file" else file.parent
    mode = closed.stat().st_mode
    closed.chmod(mode & 0o555)
    try:
        assert with_modes(project, "current").stdout == "a\n"
        assert with_modes(project, "status", "--json").rc == 0
        assert with_modes(project, "upgrade", "a").stdout == "Up to date at a.\n"
        is_one_error(with_modes(project, "upgrade"), "Revision b (make b) failed: ", "this account")
    finally:
        closed.chmod(mode)
    assert picture(project.database) == before


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_where_no_lock_file_can_be_made_revisions_run_all_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    laid_out(project)
    file = sa.make_url(project.database.url).database
    folder = Path(f"{file}.whimbrel-lock")
    folder.mkdir()  # it cannot be opened as a file
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with application(project):
        assert status().databases[0].runner is None
        assert upgrade().applied == ("b",)
    folder.rmdir()
