"""MariaDB and MySQL."""

from whimbrel.backends.mysql.server import MySQL

__all__ = ["MySQL"]
