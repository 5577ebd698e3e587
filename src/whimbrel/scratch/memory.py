"""Scratch databases of SQLite: in memory, shared by the connections of this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from whimbrel.backends.sqlite.scratch import OLDEST, SQLiteScratch
from whimbrel.errors import Reason, ScratchUnavailable
from whimbrel.scratch.leading import Lead
from whimbrel.scratch.scratch import Scratch, new_name

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@contextmanager
def leased_in_memory(engine: Engine) -> Iterator[Scratch]:
    """Lend a database in memory that has the functions and collations of the app's engine."""
    library = getattr(engine.dialect.dbapi, "sqlite_version_info", OLDEST)
    if library < OLDEST:
        raise ScratchUnavailable(
            f"There is no scratch database with SQLite {'.'.join(map(str, library))}.",
            reason=Reason.SERVER_REFUSES,
            why="Databases in memory that several connections share need SQLite 3.36. Nothing was changed.",
            do="use a Python that comes with a newer SQLite",
        )
    scratch = MemoryScratch(engine)
    try:
        scratch.open()
        yield scratch
    finally:
        scratch.close()


class MemoryScratch(Scratch):
    """A database in memory. It lives as long as one connection to it, so one is held."""

    def __init__(self, engine: Engine) -> None:
        """Choose its name."""
        super().__init__(new_name(int(time.time())), SQLiteScratch)
        self._app = engine
        self._generation = 0
        self._leads: list[Lead] = []
        self._held: Connection | None = None

    def open(self) -> None:
        """Make it, and hold it."""
        self.engine = self.lead(self._app)
        self._holder = self.lead(self._app)
        self._held = self._holder.connect()

    def lead_for(self, engine: Engine) -> Lead:
        """Return the way from an engine of the app's to this database."""
        lead = Lead(engine.url, kind=SQLiteScratch, each=self._move_attached)
        self._leads.append(self._point(lead))
        return lead

    def renew(self) -> None:
        """Go on with another database: one that a forgotten connection holds does not get empty."""
        self._generation += 1
        for lead in self._leads:
            self._point(lead)
        if self._held is not None:
            self._held.close()
        self.let_go()
        self._held = self._holder.connect()

    def close(self) -> None:
        """Let it go."""
        if self._held is not None:
            self._held.close()
        self.let_go()

    def _point(self, lead: Lead) -> Lead:
        lead.database = self._database
        lead.there = SQLiteScratch.place(lead.home, self._database)
        return lead

    @property
    def _database(self) -> str:
        return f"{self.name}_{self._generation}"

    def _move_attached(self, cursor: Any) -> None:
        SQLiteScratch.move_attached(cursor, self._database)
