"""The journal's tables, and all that is asked of them.

They lie beside the version table, where an account that may migrate has the right to make them. Their names begin
with ``whimbrel_``.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.exc import DBAPIError

from whimbrel.journal.entries import Entry, Past, Record, State, Unfinished, answer_from

if TYPE_CHECKING:
    from sqlalchemy import Connection

_Text = sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")
_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Tables:
    """The journal's tables in one place.

    Args:
        schema: Where they lie; None for the place where names without a schema lead.
        history: The name of the version table, which tells the histories of one database apart.
    """

    def __init__(self, schema: str | None, history: str) -> None:
        """Describe them."""
        self._history = history
        self._compiled: dict[str, Any] = {}  # by what it does; each revision does it again
        metadata = sa.MetaData(schema=schema)
        unicode: dict[str, Any] = {"mysql_charset": "utf8mb4", "mariadb_charset": "utf8mb4"}
        self.revision = sa.Table(
            "whimbrel_revision",
            metadata,
            sa.Column("id", _Number, sa.Identity(), primary_key=True),
            sa.Column("history", sa.String(200), nullable=False),
            sa.Column("revision", sa.String(200), nullable=False),
            sa.Column("direction", sa.String(20), nullable=False),
            sa.Column("heads", _Text, nullable=False),
            sa.Column("message", _Text, nullable=False),
            sa.Column("checksum", sa.String(64), nullable=False),
            sa.Column("text", _Text),
            sa.Column("statements", _Text, nullable=False),
            sa.Column("started", sa.String(40), nullable=False),
            sa.Column("seconds", sa.Float, nullable=False),
            sa.Column("account", sa.String(200), nullable=False),
            sa.Column("host", sa.String(255), nullable=False),
            sa.Column("pid", _Number, nullable=False),
            sa.Column("versions", _Text, nullable=False),
            **unicode,
        )
        self.statement = sa.Table(
            "whimbrel_statement",
            metadata,
            sa.Column("id", _Number, sa.Identity(), primary_key=True),
            sa.Column("history", sa.String(200), nullable=False),
            sa.Column("revision", sa.String(200), nullable=False),
            sa.Column("direction", sa.String(20), nullable=False),
            sa.Column("checksum", sa.String(64), nullable=False),
            sa.Column("number", sa.Integer, nullable=False),
            sa.Column("state", sa.String(10), nullable=False),
            sa.Column("sql", _Text, nullable=False),
            sa.Column("temporary", sa.Integer, nullable=False),
            sa.Column("fingerprint", sa.String(64), nullable=False),
            sa.Column("answer", _Text, nullable=False),
            **unicode,
        )

    def exist(self, connection: Connection) -> bool:
        """Tell whether they are there."""
        there: bool = connection.dialect.has_table(connection, self.statement.name, schema=self.statement.schema)
        return there

    def rows(self, connection: Connection) -> dict[str, int]:
        """Return how many rows of this history each of them has that is there."""
        has, found = connection.dialect.has_table, {}
        for table in (self.revision, self.statement):
            if has(connection, table.name, schema=table.schema):
                ours = table.c.history == self._history
                found[table.name] = connection.scalar(sa.select(sa.func.count()).where(ours)) or 0
        return found

    def leave(self, connection: Connection) -> None:
        """Remove the rows of this history, and the tables with the last ones."""
        found = self.rows(connection)
        for table in (self.statement, self.revision):
            if table.name not in found:
                continue
            connection.execute(table.delete().where(table.c.history == self._history))
            if not connection.scalar(sa.select(sa.func.count()).select_from(table)):
                connection.execute(sa.schema.DropTable(table))

    def create(self, connection: Connection) -> None:
        """Make them."""
        for table in (self.revision, self.statement):
            create = sa.schema.CreateTable(table, if_not_exists=True)
            _execute(connection, str(create.compile(dialect=connection.dialect)))

    def require_rights(self, connection: Connection) -> None:
        """Make sure that this account may do with them what is going to be done.

        Raises:
            DBAPIError: It may not.
        """
        nothing: Any = sa.literal_column("1 = 0")
        asked: list[Any] = [self.statement.delete().where(nothing)]
        for table in (self.revision, self.statement):
            columns = [column for column in table.c if column.name != "id"]
            names = [column.name for column in columns]
            asked.append(table.insert().from_select(names, sa.select(*columns).where(nothing)))
        for one in asked:
            _execute(connection, str(one.compile(dialect=connection.dialect)))

    def write(
        self, connection: Connection, entries: Iterable[Entry], revision: str, direction: str, checksum: str
    ) -> None:
        """Add entries of the running revision; a later one of the same number counts."""
        fixed = {"history": self._history, "revision": revision, "direction": direction, "checksum": checksum}
        rows = [{**fixed, **_row(entry)} for entry in entries]
        if rows:
            self._run(connection, "write", self.statement.insert().inline, *rows)

    def read(self, connection: Connection) -> tuple[Unfinished | None, list[Entry]]:
        """Return the unfinished revision, if there is one, with its entries."""
        table = self.statement
        query = table.select().where(table.c.history == self._history).order_by(table.c.id)
        rows = connection.execute(query).all()
        if not rows:
            return None, []
        entries = list({row.number: _entry(row) for row in rows}.values())
        begun = next((one.sql for one in entries if one.state is State.BEGUN), "")
        done = sum(one.state is State.DONE for one in entries)
        last = rows[-1]
        return Unfinished(last.revision, last.direction, last.checksum, done, begun), entries

    def records(self, connection: Connection) -> tuple[Record, ...]:
        """Return the finished revisions, the last one first."""
        table = self.revision
        query = table.select().where(table.c.history == self._history).order_by(table.c.id.desc())
        return tuple(_record(row) for row in connection.execute(query))

    def outline(self, connection: Connection) -> tuple[Past, ...]:
        """Return the last run of each revision, the earliest of them first, without heads and texts."""
        of = self.revision.c
        query = sa.select(of.revision, of.direction, of.checksum).where(self._is_last(of.revision)).order_by(of.id)
        return tuple(Past(*row) for row in connection.execute(query))

    def texts(self, connection: Connection) -> tuple[Past, ...]:
        """Return all that was run, the first one first, with the text of each revision's last run in a direction."""
        of = self.revision.c
        last = self._is_last(of.revision, of.direction)
        text = sa.case((last, of.text))
        query = sa.select(of.revision, of.direction, of.checksum, of.heads, text.label("text"), of.message)
        rows = connection.execute(query.where(of.history == self._history).order_by(of.id))
        return tuple(Past(*one[:3], tuple(json.loads(one.heads)), one.text, one.message) for one in rows)

    def _is_last(self, *columns: Any) -> Any:
        """Return the condition that a record is the last one of its kind; a test suite leaves thousands."""
        of = self.revision.c
        return of.id.in_(sa.select(sa.func.max(of.id)).where(of.history == self._history).group_by(*columns))

    def forget(self, connection: Connection) -> None:
        """Remove the entries of the unfinished revision."""
        delete = self.statement.delete().where(self.statement.c.history == sa.bindparam("of"))
        self._run(connection, "forget", lambda: delete, {"of": self._history})

    def finish(self, connection: Connection, record: Record) -> None:
        """Add a finished revision."""
        values = {
            "history": self._history,
            "revision": record.revision,
            "direction": record.direction,
            "heads": json.dumps(record.heads),
            "message": record.message,
            "checksum": record.checksum,
            "text": record.text,
            "statements": json.dumps(record.statements, ensure_ascii=False),
            "started": record.started.isoformat(),
            "seconds": record.seconds,
            "account": record.account[:200],
            "host": record.host,
            "pid": record.pid,
            "versions": json.dumps(record.versions),
        }
        self._run(connection, "finish", self.revision.insert().inline, values)

    def _run(self, connection: Connection, what: str, make: Callable[[], Any], *rows: dict[str, Any]) -> None:
        """Run a statement with its values, for each of several rows."""
        compiled = self._compiled.get(what)
        if compiled is None:
            compiled = make().compile(dialect=connection.dialect, column_keys=list(rows[0]))
            self._compiled[what] = compiled
        given = [compiled.construct_params(values) for values in rows]
        if compiled.positional:
            given = [[values[name] for name in compiled.positiontup] for values in given]
        _execute(connection, compiled.string, *given)


def _execute(connection: Connection, statement: str, *rows: Any) -> None:
    """Run a statement beside SQLAlchemy: who listens to the app's statements hears nothing of the journal's.

    Args:
        connection: Where to run it.
        statement: Its text, as the driver takes it.
        *rows: Its values; several of them go to the driver together.

    Raises:
        DBAPIError: The server refuses it.
    """
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    try:
        if len(rows) > 1:
            cursor.executemany(statement, rows)
        else:
            cursor.execute(statement, *rows)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statement, None, error) from error
    finally:
        cursor.close()


def _record(row: Any) -> Record:
    return Record(
        revision=row.revision,
        direction=row.direction,
        heads=tuple(json.loads(row.heads)),
        message=row.message,
        checksum=row.checksum,
        text=row.text,
        statements=tuple(json.loads(row.statements)),
        started=datetime.datetime.fromisoformat(row.started),
        seconds=row.seconds,
        account=row.account,
        host=row.host,
        pid=row.pid,
        versions=json.loads(row.versions),
    )


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "state": entry.state.value,
        "sql": entry.sql,
        "temporary": int(entry.temporary),
        "fingerprint": entry.fingerprint,
        "answer": entry.answer.stored(),
    }


def _entry(row: Any) -> Entry:
    answer = answer_from(row.answer)
    return Entry(row.number, State(row.state), row.sql, bool(row.temporary), row.fingerprint, answer)
