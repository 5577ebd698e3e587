"""``Stage``: scratch databases on which the real runner plays a script, with the app's engines led there.

Nothing that is done here reaches the target: what wants to go elsewhere is held back, and noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy.exc import DBAPIError, IntegrityError

from whimbrel.backends import TroubleKind, backend_of_error
from whimbrel.backends.reflect import reflect
from whimbrel.backends.statements import StatementKind
from whimbrel.errors import ChangeRefused, Reason, ScratchUnavailable
from whimbrel.proof.ground import build
from whimbrel.proof.verdict import Finding
from whimbrel.run import Logs, Progress, Project, RunnerEnvironment, Work, muted
from whimbrel.run.project import KEY
from whimbrel.scratch import Scratch, lease, redirected
from whimbrel.scripts.script import line_in
from whimbrel.snapshot import Snapshot
from whimbrel.targets import sessions_of
from whimbrel.targets.direct import led_directly

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script
    from sqlalchemy import Connection

    from whimbrel.targets import Target

_BROKEN_RULES = (TroubleKind.NULL_VALUES, TroubleKind.DUPLICATE_VALUES)
_PATIENCE = 5.0  # seconds; nobody else has a scratch database


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a script did not run.

    Attributes:
        finding: The error in words.
        breaks_rules: Whether a change of the schema failed at a rule for rows, not at the script's own data.
        is_withheld: Whether it wanted to go elsewhere than to scratch.
        is_schema: Whether it was a change of the schema that failed.
    """

    finding: Finding
    breaks_rules: bool = False
    is_withheld: bool = False
    is_schema: bool = False


class Stage:
    """A thing with a life: from the lease of its scratch databases to their end.

    Args:
        project: The app's migrations.
        binds: The names of the databases that take part; the app's others get no connection meanwhile.
    """

    def __init__(self, project: Project, binds: Sequence[str]) -> None:
        """Lease nothing yet."""
        self._given = project
        self._binds = binds
        self._before: Mapping[str, Snapshot] = {}
        self._cleanup = ExitStack()
        self._scratch: dict[str, Scratch] = {}
        self._held: Any = None
        self.refused: tuple[str, ...] = ()
        settings = replace(
            project.settings, lock_retry=_PATIENCE, lock_wait=_PATIENCE, journal_text=False, direct_url=()
        )
        self._project = replace(project, logs=Logs.THEIRS, settings=settings)
        project.config.attributes[KEY] = project

    @property
    def drops(self) -> str:
        """What becomes of what scripts drop."""
        return self._given.settings.drops

    @property
    def held_back(self) -> tuple[str, ...]:
        """What wanted to go elsewhere, in words."""
        return tuple(self._held.back) if self._held is not None else ()

    def __enter__(self) -> Stage:
        """Lease the databases, and lead the app's engines to them.

        Raises:
            ScratchUnavailable: There is no scratch database, and why.
        """
        try:
            self._cleanup.enter_context(led_directly(self._given.database, self._given.settings.direct_url))
            ways: dict[Any, Scratch | None] = {}
            for one in self._given.targets():
                ways[one.engine] = self._lease(one) if one.name in self._binds else ways.get(one.engine)
            self._held = self._cleanup.enter_context(redirected(ways, sessions_of(self._given.database)))
            self._cleanup.enter_context(muted())
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Give everything back."""
        self._cleanup.close()
        self._given.config.attributes[KEY] = self._given

    def prepare(self, before: Mapping[str, Snapshot]) -> None:
        """Make schemas, in place of what is there."""
        if self._before:
            self._clear()
        self._before = before
        self._build()

    def renew(self) -> None:
        """Begin anew, with empty tables."""
        self._clear()
        self._build()

    @contextmanager
    def connection(self, bind: str) -> Iterator[Connection]:
        """Lend a connection to a scratch database, in autocommit."""
        with self._scratch[bind].engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def snapshots(self) -> dict[str, Snapshot]:
        """Take the snapshots of all databases."""
        found = {}
        for bind in self._scratch:
            with self.connection(bind) as connection:
                found[bind] = reflect(connection)
        return found

    def upgrade(self, script: Script) -> Failure | None:
        """Have a script's upgrade run."""
        return self._run(script, is_upgrade=True)

    def downgrade(self, script: Script) -> Failure | None:
        """Have a script's downgrade run."""
        return self._run(script, is_upgrade=False)

    def _lease(self, target: Target) -> Scratch:
        if hasattr(target.engine, "sync_engine"):
            raise ScratchUnavailable(
                "The app's driver is asynchronous, and scripts are proved with others only.",
                reason=Reason.UNKNOWN_KIND,
                why="Its connections belong to the event loop that an env.py begins and ends. Nothing was changed.",
                do="nothing: the script can be used as ever (without --proof no more is said of it)",
            )
        self._scratch[target.name] = self._cleanup.enter_context(lease(target.engine, self._given.settings))
        return self._scratch[target.name]

    def _clear(self) -> None:
        for scratch in self._scratch.values():
            scratch.renew()

    def _build(self) -> None:
        refused: list[str] = []
        for bind, side in self._before.items():
            with self.connection(bind) as connection:
                refused += build(connection, side)
        self.refused = tuple(refused)

    def _run(self, script: Script, *, is_upgrade: bool) -> Failure | None:
        scripts: Any = self._project.scripts
        own = scripts.get_revision(script.revision)
        parents = _parents(own, scripts)

        def each(heads: Any, context: MigrationContext) -> Iterator[Any]:
            if is_upgrade and not heads and parents:
                yield from scripts._stamp_revs(parents, heads)
            yield RevisionStep(scripts.revision_map, own, is_upgrade)

        progress = Progress()
        self._project.config.attributes[KEY] = self._project
        try:
            RunnerEnvironment(self._project, Work(each, changes=True), progress).run()
        except (Exception, SystemExit) as error:
            return _failure(error, own, bool(self.held_back))
        return None


def _parents(script: Any, scripts: Any) -> tuple[str, ...]:
    """Return the heads of a database to which a script comes next."""
    named = dict.fromkeys((*script._versioned_down_revisions, *script._resolved_dependencies))
    above = {
        one.revision
        for name in named
        for one in scripts.revision_map.iterate_revisions(name, "base", select_for_downgrade=False)
        if one.revision != name
    } if len(named) > 1 else set()  # fmt: skip
    return tuple(one for one in named if one not in above)


def _failure(error: BaseException, script: Any, is_withheld: bool) -> Failure:
    """Say why a script failed."""
    line = line_in(script.path, error)
    place = f"{Path(script.path).name}, line {line}" if line else ""
    if not isinstance(error, DBAPIError):
        words = (
            str(error)
            if type(error).__module__.startswith(("whimbrel", "alembic"))
            else f"{type(error).__name__}: {error}"
        )
        is_refused = isinstance(error, ChangeRefused)  # for its rows, since it is done on empty tables
        return Failure(Finding(place, words.strip().partition("\n")[0]), is_refused, is_withheld, is_refused)
    backend = backend_of_error(error.orig)
    trouble = backend.trouble(error)
    statement = " ".join((error.statement or "").split())
    shown = f" [{statement[:160]}{'…' if len(statement) > 160 else ''}]" if statement else ""
    is_schema = backend.kind_of(statement) in (StatementKind.SCHEMA, StatementKind.ALONE)
    breaks = is_schema and (isinstance(error, IntegrityError) or trouble.kind in _BROKEN_RULES)
    return Failure(Finding(place, f"{trouble.words}{shown}"), breaks, is_withheld, is_schema)
