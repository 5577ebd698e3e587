"""Whether an upgrade is what a plan has shown: the same scripts, from the same place, on the same objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whimbrel.commands.ahead import base_of
from whimbrel.commands.beginning import place_of
from whimbrel.errors import BadAnswer, PlanOutdated
from whimbrel.plan import FORMAT, Base

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

    def require(self, project: Project, heads: Any, context: MigrationContext, steps: Iterable[Any]) -> None:
        """Make sure that nothing has changed in a database that the plan stands on.

        Args:
            project: The app's migrations.
            heads: The revisions that the database is at.
            context: Alembic's context for it.
            steps: The steps that would be run.

        Raises:
            PlanOutdated: Something has.
        """
        scripts = tuple(one.revision for one in steps)
        now = base_of(place_of(heads, context), scripts, context)
        found = list(_differences(project, self, now))
        if found:
            more = f", and {len(found) - 5} more" if len(found) > 5 else ""
            raise PlanOutdated(
                f"The plan in {self.path} does not hold any more: {'; '.join(found[:5])}{more}.",
                why="What would run now is not what it has shown. Nothing was changed.",
                do=f"flask db plan {self.goal} --json > {self.path}   (and read it again)",
            )


def stored_plan(path: str) -> Stored:
    """Read the file that ``flask db plan --json`` has printed.

    Raises:
        BadAnswer: It is no plan.
    """
    try:
        told: dict[str, Any] = json.loads(Path(path).read_text("utf-8-sig"))
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']}")
        bases = [_base(one) for one in told["databases"]]
        return Stored(path, told["goal"], told["drops"], {one.bind: one for one in bases})
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, "it is not what flask db plan --json prints") from error


def _base(told: Mapping[str, Any]) -> Base:
    scripts = tuple((str(revision), str(checksum)) for revision, checksum in told["scripts"])
    return Base(**{**told, "heads": tuple(told["heads"]), "scripts": scripts})


def _differences(project: Project, plan: Stored, now: Base) -> Iterator[str]:
    before = plan.bases.get(now.bind)
    if before is None:
        yield f"it knows nothing of the database {now.bind or 'of the app'}"
        return
    where = f" of {now.bind}" if now.bind else ""
    if set(now.heads) != set(before.heads):
        yield f"the database{where} is at {_named(now.heads)}, and was at {_named(before.heads)}"
    ids, ids_now = ([one for one, _ in base.scripts] for base in (before, now))
    if ids != ids_now:
        yield f"it would run {_named(ids_now)}, and the plan has {_named(ids)}"
    yield from (f"script {one[0]} was edited" for one in now.scripts if one not in before.scripts and one[0] in ids)
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
    return ", ".join(revisions) or "nothing"


def _unreadable(path: str, why: str) -> BadAnswer:
    return BadAnswer(
        f"--plan {path}: {why}.",
        why="Only what a plan has shown is run that way. Nothing was changed.",
        do="flask db plan --json > plan.json",
    )
