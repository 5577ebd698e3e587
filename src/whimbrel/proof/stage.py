"""``Stage``: scratch databases on which the real runner plays scripts, with the app's engines led there.

Nothing that is done here reaches the target: what wants to go elsewhere is held back, and noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from alembic.runtime.migration import RevisionStep
from sqlalchemy.exc import DBAPIError, IntegrityError

from whimbrel.backends import TroubleKind, backend_of_error
from whimbrel.backends.reflect import reflect
from whimbrel.backends.statements import StatementKind
from whimbrel.errors import ChangeRefused
from whimbrel.proof.ground import build
from whimbrel.proof.verdict import Finding
from whimbrel.run import Logs, Progress, Project, RunnerEnvironment, Work, muted
from whimbrel.run.observing import observer_of
from whimbrel.run.project import KEY
from whimbrel.scratch import Scratch, lease_outside, redirected
from whimbrel.scratch.leading import without_async
from whimbrel.scripts.script import line_in, words_of
from whimbrel.settings import Drops
from whimbrel.snapshot import Snapshot
from whimbrel.targets import sessions_of
from whimbrel.targets.direct import led_directly

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script
    from sqlalchemy import Connection

    from whimbrel.run.observing import Measured
    from whimbrel.scratch import Held, Lent
    from whimbrel.targets import Target

_BROKEN_RULES = (TroubleKind.NULL_VALUES, TroubleKind.DUPLICATE_VALUES)
# Nobody else has a scratch database, so what is waited for there is a busy server.
_PATIENT: dict[str, Any] = {"lock_timeout": 30.0, "lock_retry": 5.0, "lock_wait": 30.0, "statement_timeout": 0.0}

T = TypeVar("T")


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
        binds: The names of the databases that take part; the app's others get no connection meanwhile. All of them, if
            none are named.
        drops: What becomes of what scripts drop; what the app's setting says, if nothing is said.
    """

    def __init__(self, project: Project, binds: Sequence[str] | None = None, *, drops: Drops | None = None) -> None:
        """Lease nothing yet."""
        self._given = project
        self._binds = binds
        self._before: Mapping[str, Snapshot] = {}
        self._cleanup = ExitStack()
        self._lent: dict[str, Lent] = {}
        self._held: Held | None = None
        self.refused: tuple[str, ...] = ()
        self.drops = drops or project.settings.drops
        settings = replace(project.settings, journal_text=False, direct_url=(), drops=self.drops, **_PATIENT)
        self._project = replace(project, logs=Logs.THEIRS, settings=settings)
        project.config.attributes[KEY] = project

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
                takes_part = self._binds is None or one.name in self._binds
                ways[one.engine] = self._lease(one).scratch if takes_part else ways.get(one.engine)
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

    def on(self, bind: str, does: Callable[[Connection], T]) -> T:
        """Return what something makes of a connection to a scratch database, which is in autocommit."""

        def work() -> T:
            with lent.scratch.engine.connect() as connection:
                return does(connection.execution_options(isolation_level="AUTOCOMMIT"))

        lent = self._lent[bind]
        return lent.do(work)

    def real_names(self) -> dict[str, str]:
        """Return what the scratch databases stand for, where statements name them."""
        databases = {one.name: without_async(one.engine).url.database or "" for one in self._given.targets()}
        return {
            lent.scratch.name: databases[bind]
            for bind, lent in self._lent.items()
            if lent.scratch.kind.schemas_are_databases
        }

    def said(self, words: str) -> str:
        """Leave the scratch databases' own names out of what a server says."""
        for lent in self._lent.values():
            name = re.escape(lent.scratch.name)
            words = re.sub(rf"`{name}`\.|\b{name}\.", "", words) if name else words
        return words

    def snapshots(self) -> dict[str, Snapshot]:
        """Take the snapshots of all databases."""
        return {bind: self.on(bind, reflect) for bind in self._lent}

    def load(self, script: Script, module: ModuleType) -> None:
        """Have a script be a module that was made from another text than its file had so far."""
        for one in (script, self._project.scripts.get_revision(script.revision)):
            one.__dict__["module"] = module

    def upgrade(self, script: Script, found: list[Measured] | None = None) -> Failure | None:
        """Have a script's upgrade run.

        Args:
            script: The script.
            found: Where to put what is seen of its statements; they are not looked at if there is none.
        """
        return self._step(script, found, is_upgrade=True)

    def downgrade(self, script: Script, found: list[Measured] | None = None) -> Failure | None:
        """Have a script's downgrade run, as `upgrade` does."""
        return self._step(script, found, is_upgrade=False)

    def run(self, each: Callable[[Any, MigrationContext], Iterable[Any]], progress: Progress, **how: Any) -> None:
        """Have the runner run steps.

        Args:
            each: What says which, as `Work` takes it.
            progress: Is told what happens.
            **how: What else `Work` takes.
        """
        self._project.config.attributes[KEY] = self._project
        try:
            RunnerEnvironment(self._project, Work(each, changes=True, **how), progress).run()
        finally:
            self._project.config.attributes[KEY] = self._given

    def _lease(self, target: Target) -> Lent:
        self._lent[target.name] = self._cleanup.enter_context(lease_outside(target.engine, self._given.settings))
        return self._lent[target.name]

    def _clear(self) -> None:
        for one in self._lent.values():
            one.do(one.scratch.renew)

    def _build(self) -> None:
        refused: list[str] = []
        for bind, side in self._before.items():
            refused += self.on(bind, partial(build, side=side))
        self.refused = tuple(refused)

    def _step(self, script: Script, found: list[Measured] | None, *, is_upgrade: bool) -> Failure | None:
        scripts: Any = self._project.scripts
        own = scripts.get_revision(script.revision)
        parents = _parents(own, scripts)

        def each(heads: Any, context: MigrationContext) -> Iterator[Any]:
            if is_upgrade and not heads and parents:
                yield from scripts._stamp_revs(parents, heads)
            yield RevisionStep(scripts.revision_map, own, is_upgrade)

        observer = None if found is None else observer_of(found, (own.revision,))
        try:
            self.run(each, Progress(), observer=observer)
        except (Exception, SystemExit) as error:
            failure = _failure(error, own, bool(self.held_back))
            return replace(failure, finding=replace(failure.finding, words=self.said(failure.finding.words)))
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
        words = str(error) if type(error).__module__.startswith(("whimbrel", "alembic")) else words_of(error)
        is_refused = isinstance(error, ChangeRefused)  # for its rows, since it is done on empty tables
        return Failure(Finding(place, words.strip().partition("\n")[0]), is_refused, is_withheld, is_refused)
    backend = backend_of_error(error.orig)
    trouble = backend.trouble(error)
    statement = " ".join((error.statement or "").split())
    shown = f" [{statement[:160]}{'…' if len(statement) > 160 else ''}]" if statement else ""
    is_schema = backend.kind_of(statement) in (StatementKind.SCHEMA, StatementKind.ALONE)
    breaks = is_schema and (isinstance(error, IntegrityError) or trouble.kind in _BROKEN_RULES)
    return Failure(Finding(place, f"{trouble.words}{shown}"), breaks, is_withheld, is_schema)
