"""The errors that Whimbrel raises, as one family on one page.

Every error says three things: what happened, in the user's own names and numbers; why, and whether
the database was changed; what to do, as a command or a line to edit. All of them are Alembic's
``CommandError`` too, so that ``except CommandError`` in existing code goes on to work.

    WhimbrelError
    ├── SetupError                the app or its settings
    │   ├── AppUnavailable        the Flask app cannot be loaded
    │   ├── ExtensionMissing      no Migrate(app, db) in the app
    │   ├── GroupTaken            another extension has the name of the command group
    │   ├── BadSetting            a MIGRATE_ setting has an unusable value
    │   ├── BadDatabaseUrl        not a URL, or an unknown kind of database
    │   ├── DriverMissing         the driver for the database is not installed
    │   └── ModelsMissing         no model is imported
    ├── RepositoryError           the migrations folder and its scripts
    │   ├── RepositoryMissing     no migrations folder
    │   ├── RepositoryExists      `init` into a folder that is in use
    │   ├── TemplateUnknown       no such template
    │   ├── FolderUnwritable      the file system refuses to write
    │   ├── BrokenEnvironment     env.py itself fails
    │   ├── BrokenScript          a script cannot be imported
    │   ├── DuplicateRevision     two scripts with one id
    │   ├── BrokenHistory         a parent is missing, or scripts form a circle
    │   ├── MultipleHeads         one head was asked for, there are several
    │   ├── RevisionUnknown       no script has this id
    │   └── RevisionTooLong       an id that the version table cannot hold
    ├── ConnectionFailed          no connection to the database
    ├── DatabaseAhead             the database has a revision that the scripts do not have
    │   ├── DatabaseDiverged      it has one of another branch, and lacks some of these scripts
    │   ├── ForeignHistory        it has the history of another project
    │   └── RevisionLost          nothing is known of the revision that it is at
    ├── Unconfirmed               a script that is not here is run only after a yes
    ├── NotUpToDate               revisions are pending
    ├── Undecided                 a question is open and nobody can be asked
    │   ├── UndecidedRenames      what vanishes may be what appears
    │   ├── UndecidedFill         rows have no value for a NOT NULL column
    │   └── UndecidedCast         values cannot become ones of the new type
    ├── CannotChange              a change that the server cannot do without losing rows
    ├── BadAnswer                 a flag answers what was not asked (exit code 2)
    ├── ManyDrops                 the models would drop all tables, or most of them
    ├── ScratchUnavailable        no scratch database can be had
    ├── BuildFailed               the models cannot be built on an empty database
    ├── ReplayFailed              the history cannot be run on an empty database
    ├── LintTargetDiffers         `lint`: no database of the kind that it is to judge for
    ├── OtherDatabaseUnreadable   `lint --against`: the other database cannot be read
    ├── Withheld                  what runs for scratch wanted a connection to elsewhere
    ├── DifferencesFound          `check`: models and database differ
    ├── PlanOutdated              what a plan stands on has changed
    ├── Unproved                  `check --proved`: scripts without a proof that holds
    ├── NotAtHead                 `current --check-heads`, `wait`, an app's start
    ├── RunnerBusy                another runner has the database, and went on having it
    ├── LeaseLost                 the lock that keeps other runners away was lost between revisions
    ├── Interrupted               Ctrl-C; the database is at a revision's end
    ├── RevisionFailed            a revision failed; the database is at a revision's end
    ├── ChangeRefused             a change of a table would lose what nobody asked to lose
    ├── LossUnconfirmed           rows would go for good, and MIGRATE_CONFIRM_LOSS is on
    ├── NotKept                   `restore`, `purge`: nothing of that name is kept
    ├── CannotLeave               `leave`: something is kept, or a revision is unfinished
    ├── DropRefused               what a script drops cannot be kept here
    ├── TablesWithoutHistory      a table that a revision creates is there already
    ├── StoppedPartWay            a revision failed and a part of it stays (exit code 3)
    │   ├── CannotTell            an interrupted statement may have taken effect or not
    │   ├── ScriptChanged         the script of an interrupted revision was changed before where it stopped
    │   └── NotResumable          an interrupted revision cannot be taken up
    └── Refused                   anything else that Alembic refuses, in its own words
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from alembic.util import AutogenerateDiffsDetected, CommandError, DatabaseNotAtHead

if TYPE_CHECKING:
    from alembic.autogenerate import RevisionContext


class WhimbrelError(CommandError):
    """The base of the family.

    Attributes:
        what: What happened, one sentence.
        why: The reason, and whether the database was changed.
        do: What to do about it, as a command or a line to edit.
        exit_code: The exit code of a command that ends with this error.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", do: str = "") -> None:
        """Keep the three texts; ``str()`` of the error is the first one."""
        Exception.__init__(self, what)
        self.what = what
        self.why = why
        self.do = do


class SetupError(WhimbrelError):
    """The app or its settings do not allow the command."""


class AppUnavailable(SetupError):
    """The Flask app cannot be found, or importing it fails."""


class ExtensionMissing(SetupError):
    """The app has no ``Migrate(app, db)``, or was given no database."""


class GroupTaken(SetupError):
    """Another extension has registered a command group of the same name."""


class BadSetting(SetupError):
    """A ``MIGRATE_`` setting has a value that cannot be used."""


class BadDatabaseUrl(SetupError):
    """The database URL is not a URL, or names an unknown kind of database."""


class DriverMissing(SetupError):
    """The Python package that talks to the database is not installed."""


class ModelsMissing(SetupError):
    """No model is imported, so the models say nothing about the database."""


class RepositoryError(WhimbrelError):
    """The migrations folder or its scripts do not allow the command."""


class RepositoryMissing(RepositoryError):
    """There is no migrations folder."""


class RepositoryExists(RepositoryError):
    """``init`` was asked to write into a folder that is in use."""


class TemplateUnknown(RepositoryError):
    """The template named for ``init`` does not exist."""


class FolderUnwritable(RepositoryError):
    """The file system refuses to write the file."""


class BrokenEnvironment(RepositoryError):
    """``env.py`` fails by itself: it is too old for the installed packages, or was edited."""


class BrokenScript(RepositoryError):
    """A script cannot be imported: a syntax error, or an error while it runs."""


class DuplicateRevision(RepositoryError):
    """Two scripts have the same revision id."""


class BrokenHistory(RepositoryError):
    """A script names a parent that is missing, or scripts form a circle."""


class MultipleHeads(RepositoryError):
    """One head is needed, and the history has several."""


class RevisionUnknown(RepositoryError):
    """No script has the revision id that was asked for."""


class RevisionTooLong(RepositoryError):
    """The revision id does not fit the version table's column."""


class ConnectionFailed(WhimbrelError):
    """The server cannot be reached, or refuses the connection."""


class DatabaseAhead(WhimbrelError):
    """The database is at a revision that the scripts do not have."""


class DatabaseDiverged(DatabaseAhead):
    """The database has revisions of another branch, and lacks some of the scripts that are here."""


class ForeignHistory(DatabaseAhead):
    """The database has the history of another project."""


class RevisionLost(DatabaseAhead):
    """The database is at a revision of which neither a script nor a record tells anything."""


class Unconfirmed(WhimbrelError):
    """A script that is not in the folder would be run, and nobody has agreed to its text."""


class NotUpToDate(WhimbrelError):
    """Revisions are pending that must be applied first."""


class Undecided(WhimbrelError):
    """A question is open, and there is no terminal to ask a person."""


class UndecidedRenames(Undecided):
    """What vanishes beside what appears may be a rename."""


class UndecidedFill(Undecided):
    """Rows have no value for a column that becomes NOT NULL."""


class UndecidedCast(Undecided):
    """Values that are there cannot become ones of the new type."""


class CannotChange(WhimbrelError):
    """A change of the models that the server cannot carry out without losing rows."""


class BadAnswer(WhimbrelError):
    """A flag names what is not there, or cannot be read."""

    exit_code = 2


class ManyDrops(WhimbrelError):
    """The models would drop all tables, or more than half of them: probably some are not imported."""


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


class ReplayFailed(WhimbrelError):
    """An earlier script cannot be run on an empty database; the target was not touched."""


class LintTargetDiffers(WhimbrelError):
    """``MIGRATE_LINT_TARGET`` names a kind of database that the app has none of here."""


class OtherDatabaseUnreadable(WhimbrelError):
    """The database that ``lint --against`` names cannot be read."""


class Withheld(WhimbrelError):
    """Code that runs for scratch wanted a connection that does not lead to scratch."""


class DifferencesFound(WhimbrelError, AutogenerateDiffsDetected):
    """``check``: the models and the database differ.

    It is Alembic's ``AutogenerateDiffsDetected`` as well, with its ``diffs`` and ``revision_context``.
    """

    def __init__(self, what: str, *, why: str, do: str, revision_context: RevisionContext, diffs: list[Any]) -> None:
        """Keep the three texts, and what Alembic found."""
        WhimbrelError.__init__(self, what, why=why, do=do)
        self.revision_context = revision_context
        self.diffs = diffs


class PlanOutdated(WhimbrelError):
    """What a plan stands on is not as it was when the plan was made; nothing was run."""


class Unproved(WhimbrelError):
    """``check --proved``: scripts have no proof, were edited since, or do not do what they should."""


class NotAtHead(WhimbrelError, DatabaseNotAtHead):
    """``current --check-heads``, ``wait``, or an app that starts: the database is not at the heads."""


class RunnerBusy(WhimbrelError):
    """Another runner has the target, and waiting for it took too long; nothing was changed."""


class LeaseLost(WhimbrelError):
    """The lock that keeps other runners away was lost; the database is at a revision's end."""


class Interrupted(WhimbrelError):
    """A person stopped the run; the database is at a revision's end."""


class RevisionFailed(WhimbrelError):
    """A revision failed and was undone: the database is at a revision's end."""


class ChangeRefused(WhimbrelError):
    """A change of a table would lose or break what nobody asked to lose or break."""


class LossUnconfirmed(WhimbrelError):
    """A script removes rows for good, and the setting says that this must be said in the script."""


class NotKept(WhimbrelError):
    """Nothing is kept under a name, or it has no place to go back to."""


class CannotLeave(WhimbrelError):
    """Something would be lost with what ``leave`` removes, and nobody has said that it may."""


class DropRefused(ChangeRefused):
    """A script drops what holds values, and nothing can be kept in this database."""


class TablesWithoutHistory(RevisionFailed):
    """A table that a revision creates is there already, without a record of it."""


class StoppedPartWay(WhimbrelError):
    """A revision failed on a server that keeps a part of it."""

    exit_code = 3


class CannotTell(StoppedPartWay):
    """A statement was interrupted, and the catalogue does not tell whether it took effect."""


class ScriptChanged(StoppedPartWay):
    """The script of an interrupted revision says something else than what was carried out."""


class NotResumable(StoppedPartWay):
    """An interrupted revision cannot be taken up where it stopped."""


class Refused(WhimbrelError):
    """Alembic refuses the command; the text is its own."""
