"""``ScratchUnavailable``: why there is no scratch database, as an error that carries the cure."""

from __future__ import annotations

from enum import Enum

from whimbrel.errors import WhimbrelError


class Reason(Enum):
    """Why there is no scratch database."""

    NO_RIGHT = "no right"  # the account may not make databases
    NOT_REACHABLE = "not reachable"  # made, but a pooler or proxy does not know it
    OWN_CREATOR = "own creator"  # the engine connects by a function of the app's
    WRONG_SERVER = "wrong server"  # MIGRATE_SCRATCH_URL names a server of another kind or major version
    SERVER_REFUSES = "server refuses"  # anything else, in the server's words
    UNKNOWN_KIND = "unknown kind"  # nothing is known of this kind of database
    NOT_ASKED_FOR = "not asked for"  # the command only asks, and makes nothing on the target's server


class ScratchUnavailable(WhimbrelError):
    """There is no scratch database; the target was not changed.

    Attributes:
        reason: Which of the known reasons it is.
        missing_right: The statement that gives the account what it lacks; empty for other reasons.
    """

    def __init__(self, what: str, *, reason: Reason, why: str = "", do: str = "", missing_right: str = "") -> None:
        """Keep the three texts and the reason."""
        super().__init__(what, why=why, do=do)
        self.reason = reason
        self.missing_right = missing_right


class BuildFailed(WhimbrelError):
    """The models cannot be built on an empty database; the target was not changed."""


class Withheld(WhimbrelError):
    """Code that runs for scratch wanted a connection that does not lead to scratch."""
