"""Dropping scratch databases: ours at the end of the lease, and what a killed process left behind.

Only names of the one fixed form are ever dropped.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, cast

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from whimbrel.scratch.scratch import PATTERN, PREFIX, is_ours
from whimbrel.scratch.servers import kind_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from whimbrel.scratch.servers import Likeness

log = logging.getLogger("whimbrel.scratch")

OLD = 3600  # seconds; no command holds a lease for so long without a session in its database


class Renewable(Protocol):
    """A connection that can be made anew."""

    connection: Connection

    def again(self) -> Connection:
        """Connect anew."""
        ...


def reap(connection: Connection, older_than: int = OLD) -> tuple[str, ...]:
    """Drop what killed processes left: scratch databases that are old and that nobody is connected to.

    Costs one catalogue query where there is nothing to drop, and takes away five at most, so that no
    command waits long for what others left.

    Args:
        connection: To the server, in autocommit.
        older_than: The age in seconds, by the server's clock, from which a database counts as left behind.

    Returns:
        The names of the databases that were dropped.
    """
    kind = cast("type[Likeness]", kind_of(connection.dialect.name))
    dropped = []
    for name in kind.leftovers(connection, PREFIX, PATTERN, older_than):
        if not is_ours(name):
            continue
        with suppress(DBAPIError):  # somebody was faster, or has just connected
            kind.drop_unused(connection, name)
            dropped.append(name)
    return tuple(dropped)


def drop(control: Renewable, like: Likeness, name: str) -> None:
    """Drop a scratch database at the end of its lease, also if the wait for it is interrupted once."""
    if not is_ours(name):
        raise ValueError(f"{name} is not the name of a scratch database.")
    try:
        like.drop(control.connection, name)
    except SQLAlchemyError:  # also a connection that an interrupted CREATE has broken
        _drop_again(control, like, name)
    except BaseException:  # Ctrl-C, or a cancelled task: the database must go all the same
        _drop_again(control, like, name)
        raise


def _drop_again(control: Renewable, like: Likeness, name: str) -> None:
    try:
        like.drop(control.again(), name)
    except SQLAlchemyError as error:
        log.warning("The scratch database %s stays until a later command removes it: %s", name, error)
