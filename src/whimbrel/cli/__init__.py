"""The command line: parse, call, show. It is imported by every process of the app, so it stays light."""

from whimbrel.cli import archives as _archives  # noqa: F401  (adds the commands to the group)
from whimbrel.cli import comparing as _comparing  # noqa: F401  (adds the commands to the group)
from whimbrel.cli import judging as _judging  # noqa: F401
from whimbrel.cli import leaving as _leaving  # noqa: F401  (adds the commands to the group)
from whimbrel.cli import planning as _planning  # noqa: F401
from whimbrel.cli import proofs as _proofs  # noqa: F401
from whimbrel.cli import states as _states  # noqa: F401
from whimbrel.cli.group import db
from whimbrel.cli.plugin import plugin
from whimbrel.cli.verbs import project as _project  # noqa: F401  (adds the commands to the group)

__all__ = ["db", "plugin"]
