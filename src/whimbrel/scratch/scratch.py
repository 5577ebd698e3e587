"""``Scratch``: an empty database like the target, for as long as its lease lasts."""

from __future__ import annotations

import re
import secrets
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from whimbrel.scratch.leading import Lead, led_engine, led_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine, Pool

    from whimbrel.scratch.servers import Kind

PREFIX = "whimbrel_scratch_"
PATTERN = rf"^{PREFIX}[0-9]+_[0-9a-f]{{8}}(_[0-9]+)?$"


def new_name(clock: int) -> str:
    """Return a name for a scratch database that tells when it was made, by the server's clock."""
    return f"{PREFIX}{clock}_{secrets.token_hex(4)}"


def is_ours(name: str) -> bool:
    """Tell whether a name is one that only scratch databases have."""
    return re.fullmatch(PATTERN, name) is not None


class Scratch:
    """An empty database like the target. Made by `lease`; gone when the lease ends.

    Attributes:
        engine: Connects to it, with the app's own options and "connect" listeners.
        name: Its name on its server.
        kind: What answers for this kind of database.
        schema: The schema to build in, where it is no database of its own but a schema in a
            transaction that is rolled back; empty for a database.
        notes: What could not be made like the target, in words.
    """

    engine: Engine

    def __init__(self, name: str, kind: type[Kind], notes: tuple[str, ...] = ()) -> None:
        """Keep what is known before there is a connection."""
        self.name = name
        self.kind = kind
        self.schema = ""
        self.notes = notes
        self._pools: list[weakref.ref[Pool]] = []
        self._renewals: list[Callable[[], None]] = []

    @property
    def can_lead(self) -> bool:
        """Whether other engines can be led to it."""
        return True

    def lead_for(self, engine: Engine) -> Lead:
        """Return the way from an engine of the app's to this database."""
        raise NotImplementedError

    def lead(self, engine: Engine) -> Engine:
        """Make an engine to this database with the options and listeners of an engine of the app's."""
        made = led_engine(engine, self.lead_for(engine))
        self.follow(made.pool)
        return made

    def lead_pool(self, engine: Engine, lead: Lead) -> Pool:
        """Make a pool of connections to this database, for an engine of the app's."""
        pool = led_pool(engine, lead)
        self.follow(pool)
        return pool

    def follow(self, pool: Pool) -> None:
        """Have a pool emptied when connections to this database lose their use."""
        self._pools.append(weakref.ref(pool))

    def before_renewal(self, call: Callable[[], None]) -> None:
        """Have something called when connections to this database lose their use."""
        self._renewals.append(call)

    def renew(self) -> None:
        """Make it empty again. Connections to it are of no use afterwards."""
        raise NotImplementedError

    def schema_map(self, schemas: set[str]) -> Mapping[str | None, str | None]:
        """Return which schemas are called otherwise here, so that nothing is made outside of scratch."""
        return {}

    def let_go(self) -> None:
        """Close the idle connections to it; those in use are closed by whoever uses them."""
        for call in self._renewals:
            call()
        self._renewals.clear()
        for reference in self._pools:
            pool = reference()
            if pool is not None:
                with suppress(Exception):
                    pool.dispose()
