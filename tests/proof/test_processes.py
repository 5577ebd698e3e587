"""Proofs beside one another, and killed ones: nothing is left behind, and no proof loses what another has noted."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.core.repository import add_script, lay_out, tables
from tests.run.crowd import end, running, start, until
from tests.scratch.accounts import as_root
from tests.scratch.support import exists
from tests.support.databases import BACKENDS, server_url
from tests.support.project import Project
from whimbrel.scratch.scratch import PREFIX
from whimbrel.scripts.proofs import Record, file_of, read

SERVERS = [kind for kind in BACKENDS if kind != "sqlite"]
WHERE = {"postgresql": "SELECT current_database()", "mariadb": "SELECT database()", "sqlite": "SELECT 'memory'"}

# Says where it is played, and goes on when it is let.
SAYS_WHERE = """import os, time
    with open("seen", "a") as file:
        file.write(op.get_bind().exec_driver_sql("{where}").scalar_one() + "\\n")
    while os.path.exists("held"):
        time.sleep(0.02)
    """
ADD, DROP = 'op.add_column("made_by_a", sa.Column("{0}", sa.Integer))', 'op.drop_column("made_by_a", "{0}")'

# Notes as many proofs as it is told, one after the other.
WRITER = """
import sys
from pathlib import Path
from whimbrel.scripts.proofs import Outcome, Record, checksum_of, write
folder, script, name, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
for at in range(count):
    write(folder, [Record(f"{name}{at}", "sqlite", Outcome.SHOWN, checksum_of(script))])
"""


def lay_out_held(project: Project) -> None:
    """Write a script that is in the database, one that says where it is proved and waits there, and more of them."""
    lay_out(project)
    for name, before in (("c", "b"), ("d", "c"), ("e", "d")):
        add_script(project, name, before, ADD.format(name), "pass" if name == "d" else DROP.format(name))
    add_script(project, "head", "e")  # what the models want is asked of the head only
    add_script(project, "a")
    add_script(
        project, "b", "a", SAYS_WHERE.format(where=WHERE[project.database.kind]) + ADD.format("b"), DROP.format("b")
    )
    project.flask("upgrade", "a")


def seen(project: Project) -> list[str]:
    return sorted(set(project.read("seen").split()))


def aged(kind: str, name: str) -> str:
    """Give a scratch database the name that it had if it were older, once the server knows that its client is dead."""
    _, _, rest = name.partition(PREFIX)
    clock, _, mark = rest.partition("_")
    old = f"{PREFIX}{int(clock) - 4000}_{mark}"
    for _ in range(100):
        try:
            if kind == "postgresql":
                as_root(kind, f'ALTER DATABASE "{name}" RENAME TO "{old}"')
            else:
                _move(name, old)
        except sa.exc.DBAPIError:
            time.sleep(0.1)
        else:
            return old
    raise AssertionError(f"{name} is in use.")


def _move(name: str, old: str) -> None:
    query = sa.text("SELECT table_name FROM information_schema.tables WHERE table_schema = :name")
    engine = sa.create_engine(server_url("mariadb"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = connection.scalars(query, {"name": name}).all()
    moves = [f"RENAME TABLE `{name}`.`{one}` TO `{old}`.`{one}`" for one in names]
    assert moves
    as_root("mariadb", f"CREATE DATABASE `{old}`", *moves, f"DROP DATABASE `{name}`")


@pytest.mark.parametrize("backend", SERVERS, indirect=True)
def test_what_a_killed_proof_leaves_is_taken_away_by_the_next_one(project: Project) -> None:
    lay_out_held(project)
    project.flask("prove", "a")
    noted, schema = read(project.path / "migrations"), project.database.schema()
    project.write("held", "")
    with running(project, "prove", "b") as killed:
        until((project.path / "seen").exists)
        until(lambda: "\n" in project.read("seen"))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    (left,) = seen(project)
    assert exists(project.database.kind, left)
    assert read(project.path / "migrations") == noted
    old = aged(project.database.kind, left)
    (project.path / "held").unlink()
    assert "1 script: 1 shown." in project.flask("prove", "b").stdout
    assert not [name for name in (*seen(project), old) if exists(project.database.kind, name)]
    assert (project.database.schema(), tables(project.database)) == (schema, {"alembic_version", "made_by_a"})
    assert [one.revision for one in read(project.path / "migrations")] == ["a", "b"]


def test_proofs_side_by_side_end_as_alone_and_lose_nothing_of_one_another(project: Project) -> None:
    lay_out_held(project)
    schema = project.database.schema()
    outcomes = {name: start(project, "prove", name) for name in "abcde"}
    ended = {name: end(process) for name, process in outcomes.items()}
    assert {name: one.rc for name, one in ended.items()} == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 0}, ended
    assert "column made_by_a.d: is there and should not be" in ended["d"].stdout
    noted = {one.revision: one.outcome.value for one in read(project.path / "migrations")}
    assert noted == {"a": "shown", "b": "shown", "c": "shown", "d": "refuted", "e": "shown"}
    assert project.database.schema() == schema
    assert project.database.kind == "sqlite" or not [one for one in seen(project) if exists(project.database.kind, one)]
    assert [one.name for one in (project.path / "migrations/snapshot").iterdir() if "proofs" in one.name] == [
        "proofs.txt"
    ]


def test_many_who_note_their_proofs_at_once_lose_no_line_and_show_no_half_of_one(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("", "utf-8")
    count, names = 30, "pqrst"
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(script)]
    writers = [subprocess.Popen([*command, name, str(count)]) for name in names]
    known: set[Record] = set()
    while any(one.poll() is None for one in writers):
        if file_of(tmp_path).exists():
            assert file_of(tmp_path).read_text("utf-8").endswith("\n")
            now = set(read(tmp_path))
            assert known <= now
            known = now
    assert [one.returncode for one in writers] == [0] * len(names)
    assert {one.revision for one in read(tmp_path)} == {f"{name}{at}" for name in names for at in range(count)}
    assert [one.name for one in (tmp_path / "snapshot").iterdir()] == ["proofs.txt"]
