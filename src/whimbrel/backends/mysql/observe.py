"""Observes a migration's session on MariaDB and MySQL: how a table is changed, and what others can do meanwhile.

The server is asked: an empty clone of the table is changed in the same way, with the cheapest ALGORITHM and the weakest
LOCK first, until it does not refuse (MariaDB documentation, "InnoDB Online DDL Overview"; MySQL Reference Manual,
"Online DDL Operations"). Each change also takes an exclusive metadata lock for a moment, when it begins and ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends.generic import first_word
from whimbrel.backends.likeness import told_by_likeness
from whimbrel.backends.locks import row_of, rows_of
from whimbrel.backends.mysql.observe_queries import CHECKS, COLUMNS, INDEXES, KEYS, TABLES
from whimbrel.backends.observed import Blocks, Catalogue, Fact, Held, Identity, Observation, effects_between
from whimbrel.backends.observing import Watch, written_by
from whimbrel.backends.sessions import run_beside
from whimbrel.backends.statements import StatementKind, literal, names_in, usual_kind

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PROBE = "whimbrel_probe"
_NAME = r"(?:`(?:[^`]|``)+`|[\w$]+)"
_ALTER = re.compile(rf"\s*ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?({_NAME})\s+(.*)", re.I | re.S)
_CREATE_INDEX = re.compile(rf"(\s*CREATE\s+[\w\s]*?INDEX\s+.*?\sON\s+)({_NAME})(\s*\(.*)", re.I | re.S)
_DROP_INDEX = re.compile(rf"\s*DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?({_NAME})\s+ON\s+({_NAME})(.*)", re.I | re.S)
_RENAMED = re.compile(r"RENAME\s+(?!COLUMN\b|INDEX\b|KEY\b)", re.I)
_ASKED = re.compile(r",?\s*\b(ALGORITHM|LOCK)\s*=?\s*(\w+)", re.I)

# The cheapest first; of those before COPY, only INPLACE may write the table anew.
_WAYS = (
    ("INSTANT", ""),
    ("NOCOPY", "NONE"),
    ("NOCOPY", "SHARED"),
    ("INPLACE", "NONE"),
    ("INPLACE", "SHARED"),
    ("COPY", "NONE"),
    ("COPY", "SHARED"),
)


_NOT_OURS = ("whimbrel_", "alembic_version")


class MySQLWatch(Watch):
    """Looks at a session of MariaDB or MySQL."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        super().__init__(connection)
        self._catalogue: dict[Identity, Fact] | None = None
        self._old: frozenset[str] = frozenset()
        self._way: tuple[str, str, str] | None = None

    def begin(self) -> None:
        """Forget all."""
        self._catalogue = None

    def known(self) -> Catalogue:
        """Return the catalogue as it is known."""
        return dict(self._catalogue or {})

    def session(self) -> dict[str, str]:
        """Return the session's mode, and whether it looks at foreign keys."""
        mode, checks = row_of(self.connection, "SELECT @@SESSION.sql_mode, @@SESSION.foreign_key_checks")
        return {"sql_mode": mode, "foreign_key_checks": str(checks)}

    def before(self, statement: str) -> None:
        """Read the catalogue if it is not known, and try on a clone how a table would be changed."""
        if self._catalogue is None:
            self._catalogue = self._read("")
            self._old = frozenset(name for kind, name, *_ in self._catalogue if kind == "table")
        self._way = (
            self._tried(statement) if usual_kind(statement, first_word(statement)) is StatementKind.SCHEMA else None
        )

    def after(self, statement: str, seconds: float) -> Observation | None:
        """Return what the statement did."""
        before = self._catalogue or {}
        kind = usual_kind(statement, first_word(statement))
        written = written_by(statement, before)
        if kind is not StatementKind.SCHEMA:
            transaction = "" if kind is StatementKind.SESSION else "open"
            return Observation(statement, transaction=transaction, written=written, seconds=seconds)
        self._catalogue = now = self._refreshed(statement)
        effects = told_by_likeness(effects_between(before, now), before, now)
        table, algorithm, lock = self._way or ("", "", "")
        old = table in self._old
        rebuilt = algorithm == "COPY" or (algorithm == "INPLACE" and self._knows_nocopy)
        held = Held(table, f"LOCK={lock} (ALGORITHM={algorithm})", Blocks.WRITES)
        return Observation(
            statement,
            is_measured=bool(algorithm) or self._is_of_the_catalogue(statement),
            locks=(held,) if lock in ("SHARED", "EXCLUSIVE") and old else (),
            rewritten=(table,) if rebuilt and old else (),
            scanned=(table,)
            if old and not rebuilt and any(one.kind == "index" and one.is_made for one in effects)
            else (),
            written=written,
            way=f"{algorithm}, LOCK={lock}" if lock else algorithm,
            effects=effects,
            seconds=seconds,
        )

    def failed(self, statement: str, words: str) -> Observation:
        """Forget what was known."""
        self._catalogue = None
        return super().failed(statement, words)

    @property
    def _knows_nocopy(self) -> bool:
        return bool(getattr(self.connection.dialect, "is_mariadb", False))

    def _is_of_the_catalogue(self, statement: str) -> bool:
        """Tell whether a statement makes, drops or renames a whole object, for which no rows are read."""
        if any(one.match(statement) for one in (_CREATE_INDEX, _DROP_INDEX)):
            return False
        renamed = _ALTER.match(statement) and _RENAMED.match(_ALTER.match(statement)[2])  # type: ignore[index]
        return bool(renamed) or first_word(statement) in ("CREATE", "DROP", "RENAME", "TRUNCATE")

    def _tried(self, statement: str) -> tuple[str, str, str] | None:
        """Return the table, and the algorithm and the lock with which it is changed."""
        found = _split(statement)
        if found is None or _RENAMED.match(found[2]):
            return None
        table, write, rest = found
        asked = {word.upper(): value.upper() for word, value in _ASKED.findall(rest)}
        bare = _ASKED.sub("", rest).rstrip().rstrip(",")
        ways = [one for one in _WAYS if asked.get("ALGORITHM", "DEFAULT") in (one[0], "DEFAULT")]
        with self._clone(table, bare) as renamed:
            for algorithm, lock in ways:
                if renamed is not None and self._takes(write(renamed, algorithm, lock)):
                    return table, algorithm, asked.get("LOCK", lock).replace("DEFAULT", lock) or "NONE"
        return None

    @contextmanager
    def _clone(self, table: str, change: str) -> Iterator[str | None]:
        """Make an empty clone of a table for a while; give the change with the names that hold for it.

        It gives nothing where there can be no clone, as under LOCK TABLES. The foreign keys of a table are not
        cloned, and one that is to be dropped needs another name: the names are those of the schema.
        """
        if not self._takes(f"CREATE TABLE {_PROBE} LIKE `{table.replace('`', '``')}`"):
            yield None
            return
        try:
            for key in (self._catalogue or {}).values():
                dropped = rf"(\bDROP\s+(?:FOREIGN\s+KEY|CONSTRAINT)\s+)`?{re.escape(key.name)}`?(?!\w)"
                if (
                    key.kind == "constraint"
                    and key.table == table
                    and key.get("type") == "f"
                    and re.search(dropped, change)
                ):
                    self._takes(f"ALTER TABLE {_PROBE} ADD CONSTRAINT `whimbrel_{key.name}` {key.get('definition')}")
                    change = re.sub(dropped, rf"\1`whimbrel_{key.name}`", change)
            yield change
        finally:
            self._takes(f"DROP TABLE {_PROBE}")

    def _takes(self, statement: str) -> bool:
        """Run a statement of our own; tell whether the server did not refuse."""
        try:
            run_beside(self.connection, statement)
        except DBAPIError:
            return False
        return True

    def _refreshed(self, statement: str) -> dict[Identity, Fact]:
        """Read again what a statement names."""
        names = {*names_in(statement)}
        kept = {key: fact for key, fact in (self._catalogue or {}).items() if (fact.table or fact.name) not in names}
        listed = ", ".join(literal(one) for one in sorted(names))
        return {**kept, **self._read(f" AND {{}}table_name IN ({listed})")}

    def _read(self, only: str) -> dict[Identity, Fact]:
        found: dict[Identity, Fact] = {}
        for fact in _facts(lambda query: self._rows(query, only)):
            # A column that is kept in its place has a name of ours, and is gone for everybody else.
            if not any(one.startswith(_NOT_OURS) for one in (fact.table, fact.name)):
                found[fact.kind, fact.table, fact.name] = fact
        return {(key[0], key[2], "") if key[0] == "table" else key: fact for key, fact in found.items()}

    def _rows(self, query: str, only: str) -> list[Any]:
        alias = "t." if "FROM information_schema.table_constraints t" in query else "k." if "usage k" in query else ""
        same = " AND c.table_name = t.table_name" if self._knows_nocopy else ""
        return rows_of(self.connection, query.format(only=only.format(alias), same_table=same))


def _split(statement: str) -> tuple[str, Callable[[str, str, str], str], str] | None:
    """Return the table that a statement changes, what writes the statement for the clone, and its rest."""
    if altered := _ALTER.match(statement):

        def alter(rest: str, algorithm: str, lock: str) -> str:
            return f"ALTER TABLE {_PROBE} {rest}, ALGORITHM={algorithm}" + (f", LOCK={lock}" if lock else "")

        return _unquoted(altered[1]), alter, altered[2].replace("%%", "%")
    if dropped := _DROP_INDEX.match(statement):  # MariaDB knows no ALGORITHM there
        return _split(f"ALTER TABLE {dropped[2]} DROP INDEX {dropped[1]}{dropped[3]}")
    indexed = _CREATE_INDEX.match(statement)
    if indexed is None:
        return None
    head = indexed[1]

    def index(rest: str, algorithm: str, lock: str) -> str:
        return f"{head}{_PROBE}{rest} ALGORITHM={algorithm}" + (f" LOCK={lock}" if lock else "")

    return _unquoted(indexed[2]), index, indexed[3].replace("%%", "%")


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _facts(rows: Callable[[str], list[Any]]) -> Iterable[Fact]:
    for name, kind, _, collation in rows(TABLES):
        word = "table" if "TABLE" in kind else "sequence" if kind == "SEQUENCE" else "view"
        yield Fact(word, name, "", {"collation": collation} if collation else {})
    for table, name, type_, nullable, default, extra, comment, charset, collation, computed in rows(COLUMNS):
        says = _of_column(type_, nullable, default, extra, comment, charset)
        more = {"collation": collation, "expression": computed}
        yield Fact("column", name, table, says | {key: value for key, value in more.items() if value})
    for table, name, shared, method, parts in rows(INDEXES):
        says = {"columns": parts or "?", "method": method.lower(), "valid": "true"}
        says |= {} if int(shared) else {"unique": "true"}
        yield Fact("index", name, table, says | ({"primary": "true"} if name == "PRIMARY" else {}))
    for table, name, parent, parts, others, action in rows(KEYS):
        own, theirs = (", ".join(f"`{one}`" for one in text.split(", ")) for text in (parts, others))
        text = f"FOREIGN KEY ({own}) REFERENCES `{parent}` ({theirs})"
        text += "" if action in ("RESTRICT", "NO ACTION") else f" ON DELETE {action}"
        says = {"type": "f", "parent": parent, "columns": parts, "definition": text, "validated": "true"}
        yield Fact("constraint", name, table, says)
    for table, name, clause in rows(CHECKS):
        yield Fact("constraint", name, table, {"type": "c", "definition": f"CHECK ({clause})", "validated": "true"})


def _of_column(type_: str, nullable: str, default: Any, extra: str, comment: str, charset: str) -> dict[str, str]:
    told = str(default) if default is not None and str(default) != "NULL" else ""
    says = {
        "type": type_,
        "not null": "true" if nullable == "NO" else "",
        "default": told,
        "identity": "a" if "auto_increment" in extra else "",
        "generated": "s" if "STORED" in extra else "v" if "VIRTUAL" in extra else "",
        "comment": comment,
        "charset": charset,
    }
    return {key: value for key, value in says.items() if value}
