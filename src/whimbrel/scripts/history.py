"""``History``: Alembic's map of the revisions, at a cost that grows with their number and no faster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alembic.script.revision import RevisionMap


class History(RevisionMap):
    """How the revisions follow one another."""

    def _filter_into_branch_heads(self, targets: Iterable[Any]) -> set[Any]:
        """Return those of the targets that no other target follows.

        Alembic looks at all descendants of each; here the parents of the targets and of their ancestors are
        taken away, which is the same in a history without circles.
        """
        wanted = set(targets)
        followed = {
            parent
            for one in self._get_ancestor_nodes(wanted, include_dependencies=False)
            for parent in one._versioned_down_revisions
        }
        return {one for one in wanted if one.revision not in followed}

    def _detect_cycles(self, rev_map: Any, *found: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Raise Alembic's error for a circle; whether there is one is told by putting the revisions in order.

        Without a circle each revision can be reached from a head and from a base, so Alembic's walks find nothing.
        """
        waiting = {name: len(one._all_down_revisions) for name, one in rev_map.items()}
        ready = [name for name, number in waiting.items() if not number]
        done = 0
        while ready:
            done += 1
            for child in rev_map[ready.pop()]._all_nextrev:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        if done != len(rev_map):
            super()._detect_cycles(rev_map, *found)
