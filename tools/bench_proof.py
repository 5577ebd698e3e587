"""How long proofs take: `flask db migrate` with and without one, beside a plain migrate, upgrade and downgrade.

    .venv/bin/python -m tools.bench_proof [--sizes 100,1000] [--rounds 5] [URL ...]

A schema of so many tables, each with two indexes, two foreign keys and a unique constraint; one column of one table is
new. Each round runs all the commands in turn, as processes of their own. Each URL names a server, on which a database
is made and dropped; SQLite, if there is none. The bars: a proof takes less than 2 s more than writing the script for
100 tables, and less than 4 s for 1,000.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

APP = """
import os

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from whimbrel import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_URL"]
db = SQLAlchemy(app)
Migrate(app, db)
SIZE, CHANGED = int(os.environ["BENCH_SIZE"]), os.environ["BENCH_CHANGED"] == "1"

for i in range(SIZE):
    columns = [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("code", sa.String(20)),
        sa.Column("amount", sa.Integer, server_default="0"),
        sa.Column("price", sa.Numeric(12, 2)),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("made", sa.DateTime, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("big", sa.BigInteger),
        sa.Column("a_id", sa.ForeignKey(f"table_{max(i - 1, 0):04d}.id", name=f"fk_{i}_a")),
        sa.Column("b_id", sa.ForeignKey(f"table_{i // 2:04d}.id", name=f"fk_{i}_b", ondelete="CASCADE")),
    ]
    if CHANGED and i == SIZE // 2:
        columns.append(sa.Column("extra", sa.Integer, index=True))
    rules = [
        sa.Index(f"ix_{i}_name", "name"),
        sa.Index(f"ix_{i}_code", "code", "amount"),
        sa.UniqueConstraint("code", "big", name=f"uq_{i}"),
    ]
    sa.Table(f"table_{i:04d}", db.metadata, *columns, *rules)
"""
NAME = "whimbrel_bench"
BARS = {100: 2.0, 1000: 4.0}


class Bench:
    """An app with so many tables, on a database."""

    def __init__(self, folder: Path, url: str, size: int) -> None:
        """Write the app."""
        self._folder, self._url, self._size = folder, url, size
        (folder / "app.py").write_text(APP, encoding="utf-8")

    def flask(self, *words: str, changed: bool = True) -> float:
        """Run a command, and return the seconds that it took."""
        own = {
            "FLASK_APP": "app",
            "BENCH_URL": self._url,
            "BENCH_SIZE": str(self._size),
            "BENCH_CHANGED": "01"[changed],
        }
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "flask", "db", *words],
            cwd=self._folder,
            env={**os.environ, **own},
            check=True,
            capture_output=True,
            timeout=600,
        )
        return time.perf_counter() - began

    def prepare(self) -> None:
        """Bring the database to the tables without the new column."""
        self.flask("init", changed=False)
        self.flask("migrate", "-m", "all tables", "--no-proof", changed=False)
        self.flask("upgrade", changed=False)

    def round(self) -> tuple[float, float, float]:
        """Return the seconds of a migrate without a proof, of one with a proof, and of an upgrade and a downgrade."""
        plain = self.flask("migrate", "-m", "extra", "--no-proof")
        self._forget()
        proved = self.flask("migrate", "-m", "extra", "--proof")
        run = self.flask("upgrade") + self.flask("downgrade")
        self._forget()
        return plain, proved, run

    def _forget(self) -> None:
        for one in (self._folder / "migrations" / "versions").glob("*_extra*.py"):
            one.unlink()


@contextmanager
def database(url: str) -> Iterator[str]:
    """Make a database on a server, and drop it afterwards."""
    server = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {NAME}"))
        connection.execute(sa.text(f"CREATE DATABASE {NAME}"))
    try:
        yield server.url.set(database=NAME).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {NAME}"))


def main() -> None:
    """Measure, and print a line for each size and database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("urls", nargs="*")
    given = parser.parse_args()
    for url in given.urls or [""]:
        for size in (int(one) for one in given.sizes.split(",")):
            with tempfile.TemporaryDirectory(prefix=NAME) as folder, ExitStack() as cleanup:
                place = cleanup.enter_context(database(url)) if url else f"sqlite:///{folder}/app.sqlite"
                bench = Bench(Path(folder), place, size)
                bench.prepare()
                _tell(url, size, [bench.round() for _ in range(given.rounds)])


def _tell(url: str, size: int, rounds: list[tuple[float, float, float]]) -> None:
    plain, proved, run = (statistics.median(column) for column in zip(*rounds, strict=True))
    more = statistics.median(b - a for a, b, _ in rounds)
    least = min(b - a for a, b, _ in rounds)
    bar = f", the bar is {BARS[size]:g}" if size in BARS else ""
    print(
        f"{sa.make_url(url).get_backend_name() if url else 'sqlite'}, {size:,} tables, {len(rounds)} rounds: "
        f"migrate {plain:.2f} s, with a proof {proved:.2f} s: {more:.2f} s more (at least {least:.2f}{bar}); "
        f"plain migrate, upgrade and downgrade {plain + run:.2f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
