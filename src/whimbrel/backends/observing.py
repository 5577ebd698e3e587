"""``Watch``: what a server's observer is asked around each statement of a revision, with the answers for any server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimbrel.backends.observed import Catalogue, Observation

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Watch:
    """Looks at one connection while revisions run. These answers hold for a server that nothing is known of.

    Args:
        connection: The migration's connection, to a scratch database.
    """

    def __init__(self, connection: Connection) -> None:
        """Know the connection; nothing is asked yet."""
        self.connection = connection

    def begin(self) -> None:
        """Hear that a script begins: what is there now is what others know."""

    def forget(self) -> None:
        """Hear that a transaction, or a part of it, was begun or ended: what is known may not be so any more."""

    def before(self, statement: str) -> None:
        """Look at what is there before a statement runs."""

    def parts(self, statement: str) -> tuple[str, ...]:
        """Return the statements that a text holds, if they may be sent one by one; else the text."""
        return (statement,)

    def known(self) -> Catalogue:
        """Return the catalogue as it was before the statement."""
        return {}

    def session(self) -> dict[str, str]:
        """Return what the effect of a statement may depend on beside the catalogue."""
        return {}

    def after(self, statement: str, seconds: float) -> Observation | None:
        """Return what a statement did, in its transaction; None where it is still in the middle of something."""
        return Observation(statement, is_measured=False, seconds=seconds)

    def failed(self, statement: str, words: str) -> Observation:
        """Return what is known of a statement that the server refused."""
        return Observation(statement, is_measured=False, error=words)
