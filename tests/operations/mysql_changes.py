"""Changes of models for MariaDB and MySQL, as data."""

from tests.operations.mysql_changes_columns import COLUMNS
from tests.operations.mysql_changes_keys import KEYS
from tests.operations.mysql_changes_renames import RENAMES
from tests.operations.mysql_changes_tables import TABLES

CHANGES = [*COLUMNS, *RENAMES, *KEYS, *TABLES]
