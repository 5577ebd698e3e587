"""PostgreSQL."""

from whimbrel.backends.postgresql.server import PostgreSQL

__all__ = ["PostgreSQL"]
