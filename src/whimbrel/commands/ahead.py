"""What lies before a database: the scripts that are pending, and what in it they concern. It is only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from whimbrel.archive import State
from whimbrel.backends import backend_for
from whimbrel.commands.archives import records_of
from whimbrel.commands.beginning import Place, ask_each, place_of
from whimbrel.commands.foreseeing import Foreknown, foresee
from whimbrel.commands.known_heads import require_known_heads
from whimbrel.errors import Refused
from whimbrel.plan import Base
from whimbrel.proof import about_all, scope_of, text_of
from whimbrel.run import Project, bind_of, interruption_in
from whimbrel.scripts import proofs
from whimbrel.snapshot.text import digest
from whimbrel.targets import shown_url
from whimbrel.targets.direct import url_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies before one database.

    Attributes:
        place: Where it is.
        scripts: The scripts that are pending there, in order.
        known: What is in the tables that they may drop something of.
        base: What a plan stands on there.
        back: What the scripts will put back of what their downgrades have dropped, in words.
    """

    place: Place
    scripts: tuple[Script, ...]
    known: Foreknown
    base: Base
    back: tuple[str, ...] = ()


def look_ahead(project: Project, revision: str) -> dict[str, Ahead]:
    """Return what lies before each database, by bind.

    Args:
        project: The app's migrations.
        revision: Where an upgrade would go.

    Raises:
        DatabaseAhead: The scripts do not have the revisions that a database is at.
        Refused: A revision was interrupted.
    """
    return ask_each(project, partial(_ahead, project, revision))


def _ahead(project: Project, revision: str, heads: Any, context: MigrationContext) -> Ahead:
    require_known_heads(project, heads, context)
    _require_whole(context)
    assert context.connection is not None
    scripts = tuple(one.revision for one in project.scripts._upgrade_revs(revision, heads))
    place = place_of(heads, context)
    texts = [text_of(one.path) for one in scripts]
    known = foresee(context.connection, place.found, texts, project.settings.archive_copy)
    return Ahead(place, scripts, known, base_of(place, scripts, context), tuple(_back(scripts, context)))


def _require_whole(context: MigrationContext) -> None:
    """Refuse a database that is in the middle of a revision: what is left of it only its journal knows."""
    found = interruption_in(context)
    if found is not None:
        raise Refused(
            f"There is no plan while revision {found.revision} is interrupted.",
            why=f"Its {found.direction} has stopped after {found.done} statement(s), and the next command that runs "
            "scripts takes it up there. Nothing was changed.",
            do=f"flask db {found.direction} {found.revision if found.direction == 'upgrade' else ''}".rstrip()
            + "   (finishes it), then: flask db plan",
        )


def _back(scripts: Iterable[Script], context: MigrationContext) -> Iterator[str]:
    """Say what is kept of what the downgrades of some scripts have dropped."""
    pending = {one.revision for one in scripts}
    for one in records_of(context).read():
        if one.state is State.KEPT and one.direction == "downgrade" and one.revision in pending:
            yield f"Puts back {one.name}: {one.rows:,} row{'' if one.rows == 1 else 's'}, kept by the downgrade."


def base_of(place: Place, scripts: Sequence[Script], context: MigrationContext) -> Base:
    """Return what a plan for scripts stands on in a database.

    Args:
        place: Where the database is.
        scripts: The scripts.
        context: Alembic's context for it.
    """
    assert context.connection is not None
    scope = scope_of(place.found, about_all(text_of(one.path) for one in scripts))
    objects = {str(one.key): digest(one) for one in scope.side.objects if one.key not in scope.cut}
    server = backend_for(context.dialect.name).product(context.dialect)
    pending = tuple((one.revision, proofs.checksum_of(one.path)) for one in scripts)
    url, heads = shown_url(url_of(context.connection)), tuple(sorted(place.heads))
    version = f"{place.found.kind} {place.found.version}"
    return Base(bind_of(context), url, server, version, heads, pending, objects)
