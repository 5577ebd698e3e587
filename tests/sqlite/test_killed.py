"""A process that is killed between any two statements of a rebuild leaves the old table."""

import os
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op

from tests.sqlite.bench import Bench
from tests.sqlite.test_torture import ROWS, TORTURE


def script() -> None:
    with op.batch_alter_table("item") as batch_op:
        batch_op.drop_column("spare")
        batch_op.alter_column("note", new_column_name="remark")
        batch_op.create_unique_constraint("uq_a", ["a"])
    op.execute("UPDATE item SET b = b")


def _die_at(bench: Bench, statement: int) -> int:
    """Run the script in a process of its own that kills itself; give back the signal that ended it."""
    child = os.fork()
    if not child:
        seen = []

        def count(*_: object) -> None:
            seen.append(1)
            if len(seen) == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(bench.engine, "before_cursor_execute", count)
        try:
            bench.upgrade(script)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.parametrize("foreign_keys", [False, True], ids=["fk off", "fk on"])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_kill_between_any_two_statements_leaves_the_old_table(tmp_path: Path, mode: str, foreign_keys: bool) -> None:
    bench = Bench(tmp_path / "a.db", foreign_keys=foreign_keys).make(f"PRAGMA journal_mode = {mode};" + TORTURE)
    before, rows = bench.objects(), bench.rows(ROWS)
    statement = 1
    while _die_at(bench, statement) == signal.SIGKILL:
        bench.sound()
        assert bench.objects() == before
        assert bench.rows(ROWS) == rows
        statement += 1
    assert statement > 30
    assert "remark" in bench.text("item")
    assert bench.rows("SELECT * FROM child") == [(1, 1), (2, 1), (3, 3)]
    assert bench.rows("PRAGMA journal_mode") == [(mode,)]
