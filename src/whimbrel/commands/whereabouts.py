"""Where a database is that is at a revision which no script here has, and the way out, in words.

The rule: what is said comes from the scripts' headers, the journal and git; nothing is run to know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from whimbrel.errors import DatabaseAhead, DatabaseDiverged, ForeignHistory, RevisionLost
from whimbrel.journal import Past
from whimbrel.run import Project
from whimbrel.scripts.git import command_for
from whimbrel.scripts.lineage import Standing, lineage_of, seen_to_follow
from whimbrel.visible import visible


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one database is.

    Attributes:
        heads: The revisions that it says it is at.
        standing: Where that is, as the scripts here see it.
        gone: The revisions that it has and no script here is, each before those that it follows.
        gaps: Those of them of which it is not known what they follow.
        reached: The scripts here that it has, as far as that is known.
        bases: The last ones of them.
        ran: The last upgrade to each revision, as the journal has it.
        wanted: The heads of the scripts here.
    """

    heads: tuple[str, ...]
    standing: Standing
    gone: tuple[str, ...]
    gaps: tuple[str, ...]
    reached: frozenset[str]
    bases: tuple[str, ...]
    ran: Mapping[str, Past]
    wanted: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Those of the heads that no script here has."""
        return tuple(one for one in self.heads if one in self.gone)

    @property
    def is_recorded(self) -> bool:
        """Whether all that is gone can be reverted by its recorded text."""
        return not self.gaps and all(one in self.ran and self.ran[one].text is not None for one in self.gone)


@dataclass(frozen=True, slots=True)
class Words:
    """What to say of it: what it is, what it means, what to do."""

    what: str
    why: str
    do: str


def whereabouts(
    project: Project, heads: Any, past: tuple[Past, ...], further: Mapping[str, str] | None = None
) -> Whereabouts:
    """Tell where a database is.

    Args:
        project: The app's migrations.
        heads: The revisions that the database says it is at.
        past: What was run there, the first one first, with texts.
        further: Texts of scripts that neither are here nor were recorded, by revision.
    """
    ran = {one.revision: one for one in past if one.direction == "upgrade"}
    texts = {name: one.text for name, one in ran.items() if one.text is not None}
    lineage = lineage_of(project.scripts, {**(further or {}), **texts}, seen_to_follow(_upgrades(past)))
    at = tuple(sorted(heads or ()))
    ever = {name for one in past for name in (*one.revision.split(", "), *one.heads)}
    return Whereabouts(
        heads=at,
        standing=lineage.standing(at, ever),
        gone=lineage.gone(at),
        gaps=lineage.gaps(at),
        reached=lineage.reached(at),
        bases=lineage.bases(at),
        ran=ran,
        wanted=tuple(sorted(lineage.heads)),
    )


def error_of(project: Project, found: Whereabouts) -> DatabaseAhead:
    """Return the error for a database that is at a revision which no script here has."""
    kinds = {
        Standing.DIVERGED: DatabaseDiverged,
        Standing.FOREIGN: ForeignHistory,
        Standing.LOST: RevisionLost,
    }
    words = words_of(project, found)
    names = ", ".join(found.unknown)
    return kinds.get(found.standing, DatabaseAhead)(
        f"Can't locate revision identified by '{names}': the database is at it, and no script here has it.",
        why=f"{words.what} {words.why} Nothing was changed.",
        do=words.do,
    )


def words_of(project: Project, found: Whereabouts) -> Words:
    """Return what to say of a database that is at a revision which no script here has."""
    return _WORDS[found.standing](project, found)


def _upgrades(past: tuple[Past, ...]) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    before: frozenset[str] = frozenset()
    for one in past:
        after = frozenset(one.heads)
        if one.direction == "upgrade":
            yield one.revision, before, after
        before = after


def _ahead(project: Project, found: Whereabouts) -> Words:
    many = f"{len(found.gone)} revisions" if len(found.gone) > 1 else "1 revision"
    back = "flask db downgrade --from-journal   (reverts what is not here, by the recorded scripts); or: "
    return Words(
        f"The database is ahead of this code by {many}: {_listed(found, found.gone)}.",
        "Newer code has migrated it, or scripts were removed here.",
        f"{_by_git(project, found)}{back if found.is_recorded else ''}deploy the newer code; or let this code work "
        'with the newer schema: MIGRATE_IF_AHEAD = "ok"',
    )


def _diverged(project: Project, found: Whereabouts) -> Words:
    base, wanted = ", ".join(found.bases), ", ".join(found.wanted)
    can = "flask db goto-branch   (reverts what is not here down to what both have, then applies what is here)"
    return Words(
        f"The database is on another branch: it has {_listed(found, found.gone)}, the scripts here go from {base} "
        f"to {wanted}.",
        "It was migrated by other scripts, as after a switch of branches, or one was removed and written anew.",
        can if found.is_recorded else f"{can}; or switch back, and there: flask db downgrade {base}",
    )


def _foreign(project: Project, found: Whereabouts) -> Words:
    return Words(
        f"The database has another history: it is at {_listed(found, found.unknown)}, and none of the revisions that "
        "its journal knows is here.",
        "Another project has migrated it, or the migrations folder was made anew.",
        "correct the database URL; or, where two projects share a database, give this one a version table of its own: "
        'Migrate(app, db, version_table="alembic_version_here"); or bring back the folder that belongs to it',
    )


def _lost(project: Project, found: Whereabouts) -> Words:
    names = ", ".join(found.unknown)
    known = ", ".join(found.bases) or "the right one"
    rest = (
        "bring back the script (git log --all -- migrations), or deploy the newer code; or, if the tables are those "
        f"of a certain revision ({known}?): flask db stamp --purge REVISION   (`check` tells whether they are); or, "
        "if the database never held anything: flask db stamp --purge head"
    )
    return Words(
        f"The database is at {names}, which no script here has.",
        "The script was removed, or another version of the code or another project has migrated this database; "
        "no record in it tells which.",
        _by_git(project, found) + rest,
    )


def _by_git(project: Project, found: Whereabouts) -> str:
    """Return the way out that git offers: for scripts that were deleted here, and for those of another branch."""
    folders, some = project.scripts.folders, found.gone[:5]
    deleted = list(takewhile(bool, (command_for(folders, one) for one in reversed(some))))
    if len(deleted) == len(found.gone):
        return f"{' && '.join(deleted)}   (brings the scripts back); or: "
    if any(command_for(folders, one, "--all") for one in some):
        return "flask db goto-branch   (takes back what this branch does not have); or: "
    return ""


def _listed(found: Whereabouts, names: tuple[str, ...]) -> str:
    return ", ".join(_named(found, one) for one in names)


def _named(found: Whereabouts, name: str) -> str:
    message = found.ran[name].message if name in found.ran else ""
    return visible(f"{name} ({message})" if message else name)


_WORDS = {
    Standing.AHEAD: _ahead,
    Standing.DIVERGED: _diverged,
    Standing.FOREIGN: _foreign,
    Standing.LOST: _lost,
}
