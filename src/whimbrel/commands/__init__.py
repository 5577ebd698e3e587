"""The verbs: values in, values out. Nothing here prints, asks or knows Flask."""

from whimbrel.commands.asking import Agreed, branches, check, current, heads, history, show
from whimbrel.commands.decisions import Decisions, Nobody, Questioner, decisions_from
from whimbrel.commands.diff import Difference, diff
from whimbrel.commands.files import Created, edit, init, list_templates
from whimbrel.commands.keeping import Snapshots, snapshot
from whimbrel.commands.moving import Moved, downgrade, ensure_version, stamp, upgrade
from whimbrel.commands.project import open_project
from whimbrel.commands.status import DatabaseStatus, Status, status
from whimbrel.commands.writing import Written, merge, migrate, revision

__all__ = [
    "Agreed",
    "Created",
    "DatabaseStatus",
    "Decisions",
    "Difference",
    "Moved",
    "Nobody",
    "Questioner",
    "Snapshots",
    "Status",
    "Written",
    "branches",
    "check",
    "current",
    "decisions_from",
    "diff",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "migrate",
    "open_project",
    "revision",
    "show",
    "snapshot",
    "stamp",
    "status",
    "upgrade",
]
