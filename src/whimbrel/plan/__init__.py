"""What will be done to a database, as values made from what was seen on scratch: pure functions, no connection."""

from whimbrel.plan.locks import first_locks

__all__ = ["first_locks"]
