"""The verbs: values in, values out. Nothing here prints, asks or knows Flask.

A verb is imported at its first use: the comparison is most of the code, and ``current`` has no use for it.
No module here may have the name of a verb, since importing it would hide the verb.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whimbrel.commands.agreeing import Agreement, agreement
    from whimbrel.commands.archives import Archive, archive, purge, restore, to_purge
    from whimbrel.commands.asking import branches, current, heads, history, show
    from whimbrel.commands.branching import Went, goto_branch
    from whimbrel.commands.checking import Agreed, check
    from whimbrel.commands.decisions import Decisions, Nobody, Questioner, decisions_from
    from whimbrel.commands.differences import Difference, diff
    from whimbrel.commands.explaining import Explanation, explain
    from whimbrel.commands.files import Created, edit, init, list_templates
    from whimbrel.commands.findings import Finding
    from whimbrel.commands.keeping import Snapshots, snapshot
    from whimbrel.commands.leaving import Choice, Left, Ours, leave, require_way, to_leave
    from whimbrel.commands.linting import Linted, lint
    from whimbrel.commands.moving import Moved, downgrade, ensure_version, stamp, upgrade
    from whimbrel.commands.overview import DatabaseStatus, Status, status
    from whimbrel.commands.planning import plan
    from whimbrel.commands.project import limited, open_project
    from whimbrel.commands.proved import check_proofs
    from whimbrel.commands.proving import Proved, prove
    from whimbrel.commands.recalled import Reader, Recalled
    from whimbrel.commands.records import Applied, applied
    from whimbrel.commands.resuming import Resumed, resume
    from whimbrel.commands.reverting import downgrade_from_journal
    from whimbrel.commands.standing_by import wait
    from whimbrel.commands.writing import Written, merge, migrate, revision

_HOMES = {
    "agreeing": ("Agreement", "agreement"),
    "archives": ("Archive", "archive", "purge", "restore", "to_purge"),
    "asking": ("branches", "current", "heads", "history", "show"),
    "branching": ("Went", "goto_branch"),
    "checking": ("Agreed", "check"),
    "decisions": ("Decisions", "Nobody", "Questioner", "decisions_from"),
    "differences": ("Difference", "diff"),
    "explaining": ("Explanation", "explain"),
    "files": ("Created", "edit", "init", "list_templates"),
    "findings": ("Finding",),
    "keeping": ("Snapshots", "snapshot"),
    "leaving": ("Choice", "Left", "Ours", "leave", "require_way", "to_leave"),
    "linting": ("Linted", "lint"),
    "moving": ("Moved", "downgrade", "ensure_version", "stamp", "upgrade"),
    "planning": ("plan",),
    "overview": ("DatabaseStatus", "Status", "status"),
    "project": ("limited", "open_project"),
    "proved": ("check_proofs",),
    "proving": ("Proved", "prove"),
    "records": ("Applied", "applied"),
    "recalled": ("Reader", "Recalled"),
    "resuming": ("Resumed", "resume"),
    "reverting": ("downgrade_from_journal",),
    "standing_by": ("wait",),
    "writing": ("Written", "merge", "migrate", "revision"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Agreed",
    "Agreement",
    "Applied",
    "Archive",
    "Choice",
    "Created",
    "DatabaseStatus",
    "Decisions",
    "Difference",
    "Explanation",
    "Finding",
    "Left",
    "Linted",
    "Moved",
    "Nobody",
    "Ours",
    "Proved",
    "Questioner",
    "Reader",
    "Recalled",
    "Resumed",
    "Snapshots",
    "Status",
    "Went",
    "Written",
    "agreement",
    "applied",
    "archive",
    "branches",
    "check",
    "check_proofs",
    "current",
    "decisions_from",
    "diff",
    "downgrade",
    "downgrade_from_journal",
    "edit",
    "ensure_version",
    "explain",
    "goto_branch",
    "heads",
    "history",
    "init",
    "leave",
    "limited",
    "lint",
    "list_templates",
    "merge",
    "migrate",
    "open_project",
    "plan",
    "prove",
    "purge",
    "require_way",
    "restore",
    "resume",
    "revision",
    "show",
    "snapshot",
    "stamp",
    "status",
    "to_leave",
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
