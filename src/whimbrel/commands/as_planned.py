"""Whether an upgrade is what a plan has shown: the same scripts, from the same place, on the same objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whimbrel.commands.ahead import base_of
from whimbrel.commands.beginning import ask_each, place_of
from whimbrel.errors import BadAnswer, PlanOutdated
from whimbrel.plan import FORMAT, Base, Plan
from whimbrel.run import bind_of, interruption_in

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from whimbrel.run import Project


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file says of a plan.

    Attributes:
        path: The file.
        goal: Where the upgrade goes.
        drops: What becomes of what scripts drop.
        bases: What it stands on, by bind.
    """

    path: str
    goal: str
    drops: str
    bases: Mapping[str, Base]

    def look(self, project: Project, goal: str) -> None:
        """Look at all databases before the first of several is changed.

        One in which a part was done is left for later: another replica may be at it, or it is taken up first.

        Args:
            project: The app's migrations.
            goal: Where to.

        Raises:
            PlanOutdated: Something has changed that the plan stands on.
        """

        def each(heads: Any, context: MigrationContext) -> None:
            base = self.bases.get(bind_of(context))
            left = self._left(project, heads, base)
            if interruption_in(context) is None and (base is None or len(left) in (0, len(base.scripts))):
                self.steps(project, heads, context, goal, ())

        if len(self.bases) > 1:
            ask_each(project, each)

    def steps(
        self, project: Project, heads: Any, context: MigrationContext, goal: str, applied: Sequence[str]
    ) -> Sequence[Any]:
        """Return the steps to be run in a database, which are those that the plan has; none if they were run before.

        Args:
            project: The app's migrations.
            heads: The revisions that the database is at.
            context: Alembic's context for it.
            goal: Where to.
            applied: What was run already, of the same command.

        Raises:
            PlanOutdated: Something has changed that the plan stands on.
        """
        base = self.bases.get(bind_of(context))
        done = base is not None and bool(base.scripts) and not self._left(project, heads, base)
        is_relative = goal.rpartition("@")[2].startswith("+")  # to the database as it was when the plan was made
        steps = () if done and is_relative else tuple(project.scripts._upgrade_revs(goal, heads))
        if steps or not done:
            self._require(project, heads, context, steps, applied)
        return steps

    def _left(self, project: Project, heads: Any, base: Base | None) -> set[str]:
        """Return the scripts of the plan that were not run yet: another replica may have been faster."""
        planned = {revision for revision, _ in base.scripts} if base is not None else set()
        walked = project.scripts.iterate_revisions(tuple(heads or ()), "base", implicit_base=True) if heads else ()
        return planned - {one.revision for one in walked}

    def _require(
        self, project: Project, heads: Any, context: MigrationContext, steps: Sequence[Any], applied: Sequence[str]
    ) -> None:
        scripts = tuple(one.revision for one in steps)
        now = base_of(place_of(heads, context), scripts, context)
        found = list(_differences(project, self, now))
        if found:
            more = f", and {len(found) - 5} more" if len(found) > 5 else ""
            raise PlanOutdated(
                f"The plan in {self.path} does not hold any more: {'; '.join(found[:5])}{more}.",
                why=f"What would run now is not what it has shown. {_before(applied)}",
                do=f"flask db plan {self.goal} --json > {self.path}   (and read it again)",
            )


def stored_plan(path: str) -> Stored:
    """Read the file that ``flask db plan --json`` has printed.

    Raises:
        BadAnswer: It is no plan, or not as it was printed.
    """
    try:
        told: dict[str, Any] = json.loads(Path(path).read_bytes())  # PowerShell writes UTF-16
        plan, digest = _plan(told) if told["format"] == FORMAT else (None, "")
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(path, "it is not what flask db plan --json prints") from error
    if plan is None:
        raise _unreadable(path, "another version of Whimbrel has printed it")
    if digest != plan.digest:
        raise _unreadable(path, "it is not as flask db plan --json has printed it")
    return Stored(path, plan.goal, plan.drops, {one.bind: one for one in plan.bases})


def _plan(told: Mapping[str, Any]) -> tuple[Plan, str]:
    """Read a plan, and the digest that was printed with it."""
    bases = tuple(map(_base, told["databases"]))
    return Plan(_word(told["goal"]), _word(told["drops"]), bases), _word(told["digest"])


def _base(told: Mapping[str, Any]) -> Base:
    scripts = tuple((_word(revision), _word(checksum)) for revision, checksum in told["scripts"])
    objects = {_word(name): _word(digest) for name, digest in told["objects"].items()}
    words = {key: _word(told[key]) for key in ("bind", "url", "server", "version")}
    return Base(**words, heads=tuple(map(_word, told["heads"])), scripts=scripts, objects=objects)


def _word(told: object) -> str:
    if not isinstance(told, str):
        raise TypeError
    return told


def _before(applied: Sequence[str]) -> str:
    if not applied:
        return "Nothing was changed."
    return f"{_named(applied)} {'was' if len(applied) == 1 else 'were'} run before that; nothing else was changed."


def _differences(project: Project, plan: Stored, now: Base) -> Iterator[str]:
    before = plan.bases.get(now.bind)
    if before is None:
        yield f"it knows nothing of the database {now.bind or 'of the app'}"
        return
    where = f" of {now.bind}" if now.bind else ""
    if now.version != before.version:
        yield f"the database{where} is on {now.server}, and was on {before.server}"
    if set(now.heads) != set(before.heads):
        yield f"the database{where} is at {_named(now.heads) or 'base'}, and was at {_named(before.heads) or 'base'}"
    ids, ids_now = ([one for one, _ in base.scripts] for base in (before, now))
    if ids != ids_now:
        yield f"it would run {_named(ids_now) or 'nothing'}, and the plan has {_named(ids) or 'nothing'}"
    yield from (f"script {one[0]} was edited" for one in now.scripts if one not in before.scripts and one[0] in ids)
    if ids == ids_now:  # other scripts name other objects
        yield from _differing(before.objects, now.objects, where)
    if project.settings.drops != plan.drops:
        yield f"MIGRATE_DROPS is {project.settings.drops}, and was {plan.drops}"


def _differing(before: Mapping[str, str], now: Mapping[str, str], where: str) -> Iterator[str]:
    """Name the objects that are not as they were."""
    for name in sorted(now.keys() | before.keys()):
        if name not in now:
            yield f"{name}{where} is gone"
        elif name not in before:
            yield f"{name}{where} is new"
        elif now[name] != before[name]:
            yield f"{name}{where} is not as it was"


def _named(revisions: Sequence[str]) -> str:
    return ", ".join(revisions)


def _unreadable(path: str, why: str) -> BadAnswer:
    return BadAnswer(
        f"--plan {path}: {why}.",
        why="Only what a plan has shown is run that way. Nothing was changed.",
        do="flask db plan --json > plan.json",
    )
