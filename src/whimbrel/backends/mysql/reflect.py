"""A whole MariaDB or MySQL database as a snapshot, in a fixed number of queries on `information_schema`."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection

from whimbrel.backends.mysql import reflect_queries as queries
from whimbrel.backends.mysql.reflect_objects import whole_objects
from whimbrel.backends.mysql.reflect_tables import tables
from whimbrel.snapshot import Snapshot, snapshot_of

_BEFORE_LITERALS = re.compile(r"""[^'"\\]*""")


class Catalogue:
    """The answers to the queries, without the name of the database in them."""

    def __init__(self, connection: Connection) -> None:
        """Run all queries."""

        def ask(statement: str) -> list[Any]:
            if not statement:
                return []
            how = {"no_parameters": True}
            rows: list[Any] = list(connection.exec_driver_sql(statement, execution_options=how).all())
            has_bytes = any(isinstance(value, bytes) for row in rows[:1] for value in row)
            return [tuple(_text(value) for value in row) for row in rows] if has_bytes else rows

        ((version, database, collation),) = ask(queries.SETTINGS)
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
        self.server = queries.Server("mariadb" in version.lower(), numbers)
        self.database = database
        self.collation = collation
        self.tables = ask(queries.TABLES)
        self.columns = ask(queries.COLUMNS)
        self.indexes = ask(self.server.indexes())
        self.foreign_key_columns = ask(queries.FOREIGN_KEY_COLUMNS)
        self.foreign_key_rules = ask(queries.FOREIGN_KEY_RULES)
        self.checks = ask(self.server.checks())
        self.partitions = ask(queries.PARTITIONS)
        self.triggers = ask(queries.TRIGGERS)
        self.views = ask(self.server.views())
        self.routines = ask(queries.ROUTINES)
        self.parameters = ask(queries.PARAMETERS)
        self.events = ask(queries.EVENTS)
        names = [row[0] for row in self.tables if row[1] == "SEQUENCE"]
        self.sequences = ask(self.server.sequences(names))
        self._texts = {key: str(ask(queries.text_of(*key))[0][queries.TEXT[key[0]]]) for key in self._shortened()}

    def _shortened(self) -> Iterator[tuple[str, str]]:
        """Name what has a backslash in its body: `information_schema` leaves out every second one."""
        bodies = [("TRIGGER", row[0], row[4]) for row in self.triggers]
        bodies += [(row[2], row[1], row[4]) for row in self.routines]
        bodies += [("EVENT", row[0], row[9]) for row in self.events]
        yield from ((kind, name) for kind, name, body in bodies if body and "\\" in body)

    def body(self, kind: str, name: str, body: str | None) -> str:
        """Return the body of a trigger, routine or event as it was written."""
        beginning = _BEFORE_LITERALS.match(body or "")
        text = self._texts.get((kind, name), "")
        start = text.find(beginning[0]) if beginning and beginning[0].strip() else -1
        return text[start:] if start >= 0 else body or ""

    def local(self, text: str) -> str:
        """Take the name of the database out of a text that the server qualified."""
        return text.replace(f"`{self.database}`.", "")

    def expression(self, text: str) -> str:
        """Write an expression so that it can be executed: MySQL puts backslashes before its quotes."""
        return self.local(text if self.server.is_mariadb else re.sub(r"\\(.)", r"\1", text))


def reflect(connection: Connection) -> Snapshot:
    """Take the snapshot of the database that a connection is on."""
    catalogue = Catalogue(connection)
    kind = "mariadb" if catalogue.server.is_mariadb else "mysql"
    version = ".".join(str(number) for number in catalogue.server.version[:2])
    return snapshot_of(kind, version, [*tables(catalogue), *whole_objects(catalogue)])


def _text(value: Any) -> Any:
    """Read as text what MySQL 8 gives back as bytes in some columns."""
    return value.decode() if isinstance(value, bytes) else value
