"""The verbs: values in, values out. Nothing here prints, asks or knows Flask.

A verb is imported at its first use: the comparison is most of the code, and ``current`` has no use for it.
No module here may have the name of a verb, since importing it would hide the verb.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whimbrel.commands.archives import Archive, archive, purge, restore, to_purge
    from whimbrel.commands.asking import branches, current, heads, history, show
    from whimbrel.commands.checking import Agreed, check, check_proofs
    from whimbrel.commands.decisions import Decisions, Nobody, Questioner, decisions_from
    from whimbrel.commands.differences import Difference, diff
    from whimbrel.commands.files import Created, edit, init, list_templates
    from whimbrel.commands.keeping import Snapshots, snapshot
    from whimbrel.commands.moving import Moved, downgrade, ensure_version, stamp, upgrade
    from whimbrel.commands.overview import DatabaseStatus, Status, status
    from whimbrel.commands.project import limited, open_project
    from whimbrel.commands.proving import Proved, prove
    from whimbrel.commands.records import Applied, applied
    from whimbrel.commands.resuming import Resumed, resume
    from whimbrel.commands.standing_by import wait
    from whimbrel.commands.writing import Written, merge, migrate, revision

_HOMES = {
    "archives": ("Archive", "archive", "purge", "restore", "to_purge"),
    "asking": ("branches", "current", "heads", "history", "show"),
    "checking": ("Agreed", "check", "check_proofs"),
    "decisions": ("Decisions", "Nobody", "Questioner", "decisions_from"),
    "differences": ("Difference", "diff"),
    "files": ("Created", "edit", "init", "list_templates"),
    "keeping": ("Snapshots", "snapshot"),
    "moving": ("Moved", "downgrade", "ensure_version", "stamp", "upgrade"),
    "overview": ("DatabaseStatus", "Status", "status"),
    "project": ("limited", "open_project"),
    "proving": ("Proved", "prove"),
    "records": ("Applied", "applied"),
    "resuming": ("Resumed", "resume"),
    "standing_by": ("wait",),
    "writing": ("Written", "merge", "migrate", "revision"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Agreed",
    "Applied",
    "Archive",
    "Created",
    "DatabaseStatus",
    "Decisions",
    "Difference",
    "Moved",
    "Nobody",
    "Proved",
    "Questioner",
    "Resumed",
    "Snapshots",
    "Status",
    "Written",
    "applied",
    "archive",
    "branches",
    "check",
    "check_proofs",
    "current",
    "decisions_from",
    "diff",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "limited",
    "list_templates",
    "merge",
    "migrate",
    "open_project",
    "prove",
    "purge",
    "restore",
    "resume",
    "revision",
    "show",
    "snapshot",
    "stamp",
    "status",
    "to_purge",
    "upgrade",
    "wait",
]

if not TYPE_CHECKING:  # a type checker would take any name for one of these

    def __getattr__(name: str) -> Any:
        """Import a verb, or a value that it gives, at its first use."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
