"""Changes → what a script says: Alembic's own operations where it has one, else the server's own text.

Every operation knows its way back, so that the downgrade returns exactly where the upgrade started.
"""

from whimbrel.operations.plan import operations_for
from whimbrel.operations.sides import Sides, present_tables, sides_of

__all__ = ["Sides", "operations_for", "present_tables", "sides_of"]
