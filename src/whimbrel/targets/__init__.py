"""Which databases there are: the engines and metadata behind ``db``, bind by bind.

Nothing here opens a connection, and importing it loads no SQLAlchemy.
"""

from whimbrel.targets.database import EngineLike, MetadataLike, PlainDatabase, database_of, engines_of, sessions_of
from whimbrel.targets.legacy import metadata_seen, old_calls_answered
from whimbrel.targets.target import Target, shown_url, targets_of

__all__ = [
    "EngineLike",
    "MetadataLike",
    "PlainDatabase",
    "Target",
    "database_of",
    "engines_of",
    "metadata_seen",
    "old_calls_answered",
    "sessions_of",
    "shown_url",
    "targets_of",
]
