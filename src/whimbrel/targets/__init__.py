"""Which databases there are: the engines and metadata behind ``db``, bind by bind.

Nothing here opens a connection, and importing it loads no SQLAlchemy.
"""

from whimbrel.targets.database import EngineLike, MetadataLike, PlainDatabase, database_of
from whimbrel.targets.target import Target, targets_of

__all__ = ["EngineLike", "MetadataLike", "PlainDatabase", "Target", "database_of", "targets_of"]
