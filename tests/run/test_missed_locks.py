"""A revision that misses a lock is rolled back, waits without hindering anybody, and is run again."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.core.repository import add_chain, add_script, lay_out, tables, versions
from tests.run.crowd import end, running
from tests.support.databases import BACKENDS, Database
from tests.support.project import Outcome, Project

SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]
ALTERS = 'op.add_column("made_by_a", sa.Column("more", sa.Integer))'


def configured(project: Project, **settings: float) -> None:
    """Set `MIGRATE_` settings in the app."""
    lines = "".join(f'app.config["MIGRATE_{name.upper()}"] = {value}\n' for name, value in settings.items())
    project.write("hello.py", project.read("hello.py").replace("db = ", f"{lines}db = ", 1))


def alters_next(project: Project) -> None:
    """Lay out a history whose next revision alters a table that is there."""
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", ALTERS)
    project.flask("upgrade", "a")


class Reader(threading.Thread):
    """A client that reads a table all the time, and notes its longest wait."""

    def __init__(self, database: Database, table: str) -> None:
        super().__init__(daemon=True)
        self.longest, self.reads, self._over = 0.0, 0, threading.Event()
        self._engine, self._query = sa.create_engine(database.url), sa.text(f"SELECT count(*) FROM {table}")

    def run(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self._over.is_set():
                began = time.monotonic()
                connection.execute(self._query).scalar()
                self.longest = max(self.longest, time.monotonic() - began)
                self.reads += 1
                time.sleep(0.005)
        self._engine.dispose()

    def stop(self) -> None:
        self._over.set()
        self.join(30)


@contextmanager
def read_by_another(database: Database, table: str) -> Iterator[sa.Connection]:
    """Have a client that has read a table, and leaves its transaction open."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
        yield connection


@contextmanager
def crowd_in(engine: sa.Engine, table: str) -> Iterator[None]:
    """Have clients that read a table in turn, so that one of them always has a lock on it."""
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            with engine.connect() as connection:
                connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
                time.sleep(0.3)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(4)]
    for place, one in enumerate(readers):
        one.start()
        time.sleep(0.07 * (place < 3))
    try:
        yield
    finally:
        over.set()
        for one in readers:
            one.join(30)
        engine.dispose()


def columns(project: Project, table: str) -> list[str]:
    """Return the names of a table's columns."""
    with sa.create_engine(project.database.url, poolclass=sa.NullPool).connect() as connection:
        return [one["name"] for one in sa.inspect(connection).get_columns(table)]


def blocked_for_a_while(project: Project, table: str, read: str = "made_by_a") -> tuple[int, Outcome, Reader]:
    """Upgrade while another client is in the way at a table; return its number, the end, and a reader of one."""
    reader = Reader(project.database, read)
    with read_by_another(project.database, table) as blocker:
        who = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}[project.database.kind]
        number = int(blocker.exec_driver_sql(who).scalar_one())
        reader.start()
        with running(project, "upgrade") as process:
            time.sleep(6)
            blocker.rollback()
            outcome = end(process)
    reader.stop()
    return number, outcome, reader


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_a_blocker_is_named_and_other_clients_hardly_notice(project: Project) -> None:
    alters_next(project)
    configured(project, lock_timeout=1)
    number, outcome, reader = blocked_for_a_while(project, "made_by_a")
    assert outcome.rc == 0, outcome.stderr
    assert versions(project.database) == ["b"]
    assert "Waiting for a lock: ALTER TABLE" in outcome.stderr
    named = {"postgresql": f"held by pid {number} (user ", "mariadb": f"held by connection {number} (user "}
    assert named[project.database.kind] in outcome.stderr
    if project.database.kind == "mariadb":
        named_so = (
            rf"held by connection {number} \(user \S+ from \S+, in {sa.make_url(project.database.url).database}\), "
        )
        assert re.search(
            rf"{named_so}(may have|has) a lock on the table, idle for \d+ s, its transaction", outcome.stderr
        )
    ended = {"postgresql": f"pg_terminate_backend({number})", "mariadb": f"KILL {number}"}
    assert ended[project.database.kind] in outcome.stderr
    assert reader.reads > 20
    assert reader.longest < 1.5


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_first_table_is_not_held_while_the_second_is_blocked(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    both = f'{ALTERS}\n    op.add_column("made_by_b", sa.Column("more", sa.Integer))'
    add_script(project, "c", "b", both)
    project.flask("upgrade", "b")
    configured(project, lock_timeout=1)
    _, outcome, reader = blocked_for_a_while(project, "made_by_b")
    assert outcome.rc == 0
    assert versions(project.database) == ["c"]
    assert reader.longest < 1.5


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_locks_that_a_proof_has_seen_are_taken_together_and_without_waiting(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    add_script(project, "c", "b", "\n    ".join([ALTERS, ALTERS.replace("made_by_a", "made_by_b")]))
    project.flask("upgrade", "b")
    project.flask("prove", check=False)  # its downgrade is empty
    assert "made_by_a=ACCESS_EXCLUSIVE,made_by_b=ACCESS_EXCLUSIVE" in project.read("migrations/snapshot/proofs.txt")
    # A lock that cannot be had is not queued for: nobody waits behind it, not even for MIGRATE_LOCK_TIMEOUT.
    configured(project, lock_timeout=5)
    _, outcome, reader = blocked_for_a_while(project, "made_by_b", "made_by_b")
    assert outcome.rc == 0, outcome.stderr
    assert "LOCK TABLE" in outcome.stderr
    assert "more" in columns(project, "made_by_b")
    assert reader.longest < 1


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_table_that_is_never_free_is_waited_for_in_the_end(project: Project) -> None:
    alters_next(project)
    project.flask("prove", check=False)
    engine = sa.create_engine(project.database.url)
    with crowd_in(engine, "made_by_a"), running(project, "upgrade") as process:
        outcome = end(process)
    assert outcome.rc == 0, outcome.stderr
    assert outcome.stderr.count("LOCK TABLE") >= 3
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_proof_of_another_text_locks_nothing(project: Project) -> None:
    alters_next(project)
    project.flask("prove", check=False)
    (script,) = [one for one in project.scripts() if "b" in one.stem]
    script.write_text(script.read_text("utf-8") + "\n# edited\n", "utf-8")
    _, outcome, _ = blocked_for_a_while(project, "made_by_a")
    assert outcome.rc == 0, outcome.stderr
    assert "LOCK TABLE" not in outcome.stderr


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_patience_ends(project: Project) -> None:
    alters_next(project)
    configured(project, lock_timeout=1, lock_retry=2)
    with read_by_another(project.database, "made_by_a"):
        outcome = project.flask("upgrade", check=False)
    assert outcome.rc == 1
    assert "It waited 1 s for a lock, again and again for 2 s." in outcome.stderr
    assert "The database is at a." in outcome.stderr
    assert versions(project.database) == ["a"]
    project.flask("upgrade")
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_that_another_process_writes_to_is_waited_for(project: Project) -> None:
    alters_next(project)
    engine = sa.create_engine(project.database.url)
    with engine.connect() as writer:
        writer.exec_driver_sql("INSERT INTO made_by_a VALUES (1)")
        with running(project, "upgrade") as process:
            time.sleep(8)
            writer.commit()
            outcome = end(process)
    engine.dispose()
    assert outcome.rc == 0, outcome.stderr
    assert "Waiting for a lock" in outcome.stderr
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_an_option_wins_over_the_setting(project: Project) -> None:
    alters_next(project)
    configured(project, lock_timeout=30, lock_retry=0)
    with read_by_another(project.database, "made_by_a"):
        outcome = project.flask("upgrade", "--lock-timeout", "1", check=False, timeout=25)
    assert outcome.rc == 1
    assert "It waited 1 s for a lock" in outcome.stderr


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_one_transaction_around_all_revisions_is_an_option_too(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", "raise ValueError")
    assert project.flask("upgrade", "--atomic", check=False).rc == 1
    assert versions(project.database) == []
    assert project.flask("upgrade", check=False).rc == 1
    assert versions(project.database) == ["a"]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_all_revisions_are_tried_again_where_they_are_one_transaction(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a", "b")
    add_script(project, "c", "b", 'op.execute("INSERT INTO made_by_b VALUES (1)")')
    add_script(project, "d", "c", ALTERS)
    project.flask("upgrade", "b")
    configured(project, lock_timeout=1)
    engine = sa.create_engine(project.database.url, poolclass=sa.NullPool)
    with engine.connect() as blocker:
        blocker.exec_driver_sql("INSERT INTO made_by_a VALUES (1)")
        with running(project, "upgrade", "--atomic") as process:
            time.sleep(8)
            blocker.commit()
            outcome = end(process)
    assert outcome.rc == 0, outcome.stderr
    assert "Rolled back, so that nobody waits behind it" in outcome.stderr
    assert project.database.rows("SELECT id FROM made_by_b") == [(1,)]
    assert versions(project.database) == ["d"]


@pytest.mark.parametrize("option", ["--lock-timeout", "--statement-timeout"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_limit_that_is_no_number_of_seconds_is_refused(project: Project, option: str) -> None:
    lay_out(project)
    assert project.flask("upgrade", option, "-1", check=False).rc == 2
    assert project.flask("upgrade", option, "soon", check=False).rc == 2


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_write_ahead_logging_is_kept(project: Project) -> None:
    lay_out(project)
    add_chain(project, "a")
    add_script(project, "b", "a", 'op.alter_column("made_by_a", "id", new_column_name="key")')
    project.flask("upgrade", "a")
    project.database.execute("PRAGMA journal_mode = WAL")
    project.flask("upgrade")
    assert project.database.rows("PRAGMA journal_mode") == [("wal",)]
    assert versions(project.database) == ["b"]


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_a_statement_may_be_limited(project: Project) -> None:
    lay_out(project)
    sleep = {"postgresql": "SELECT pg_sleep(20)", "mariadb": "SELECT SLEEP(20) FROM t"}[project.database.kind]
    add_script(
        project,
        "t",
        upgrade='op.create_table("t", sa.Column("n", sa.Integer))\n    op.execute("INSERT INTO t VALUES (1)")',
    )
    add_script(project, "a", "t", f'op.execute("{sleep}")')
    project.flask("upgrade", "t")
    began = time.monotonic()
    outcome = project.flask("upgrade", "--statement-timeout", "1", check=False)
    assert time.monotonic() - began < 12
    assert outcome.rc == 1
    assert versions(project.database) == ["t"]
    assert "t" in tables(project.database)
