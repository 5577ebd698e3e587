"""Observes a migration's session on MariaDB and MySQL: how a table is changed, and what others can do meanwhile.

The server is asked, with an empty clone of the table (MariaDB documentation, "InnoDB Online DDL Overview"; MySQL
Reference Manual, "Online DDL Operations"). Each change also takes an exclusive metadata lock for a moment, when it
begins and ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from whimbrel.backends.generic import first_word
from whimbrel.backends.likeness import renamed_in, told_by_likeness
from whimbrel.backends.locks import row_of, rows_of
from whimbrel.backends.mysql.clones import Tried, tried
from whimbrel.backends.mysql.observe_queries import CHECKS, COLUMNS, INDEXES, KEYS, PARTITIONS, TABLES
from whimbrel.backends.mysql.partitions import tried_partitions
from whimbrel.backends.mysql.statements import is_of_whole_objects
from whimbrel.backends.observed import Blocks, Catalogue, Effect, Fact, Held, Identity, Observation, effects_between
from whimbrel.backends.observing import Watch
from whimbrel.backends.statements import StatementKind, called_in, literal, names_in, usual_kind
from whimbrel.backends.writes import writes_in

if TYPE_CHECKING:
    from sqlalchemy import Connection


_NOT_OURS = ("whimbrel_", "alembic_version")


class MySQLWatch(Watch):
    """Looks at a session of MariaDB or MySQL."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        super().__init__(connection)
        self._catalogue: dict[Identity, Fact] | None = None
        self._old: frozenset[str] = frozenset()
        self._tried: Tried | None = None

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
        is_schema = usual_kind(statement, first_word(statement)) is StatementKind.SCHEMA
        self._tried = None
        if is_schema:
            self._tried = tried_partitions(self.connection, statement) or tried(
                self.connection, self._catalogue, statement
            )

    def after(self, statement: str, seconds: float) -> Observation | None:
        """Return what the statement did."""
        before = self._catalogue or {}
        kind = usual_kind(statement, first_word(statement))
        writes = writes_in(statement, "mysql", before)
        if kind is not StatementKind.SCHEMA:
            if kind is StatementKind.SESSION:
                return Observation(statement, seconds=seconds, session=self.session())
            calls = self._calls(statement)
            return Observation(statement, transaction="open", writes=writes, seconds=seconds, calls=calls)
        self._catalogue = now = self._refreshed(statement)
        effects = told_by_likeness(effects_between(before, now), before, now, renamed_in(statement, "mysql"))
        way = self._tried or Tried("")
        table, algorithm, lock = way.table, way.algorithm, way.lock
        old = table in self._old
        rebuilt = way.rewrites or algorithm == "COPY" or (algorithm == "INPLACE" and self._knows_nocopy)
        others = (one for one in way.others if one.table in self._old)
        held = Held(table, f"LOCK={lock} (ALGORITHM={algorithm})", Blocks.WRITES)
        return Observation(
            statement,
            is_measured=way.is_seen or is_of_whole_objects(statement, first_word(statement)),
            locks=(*((held,) if lock in ("SHARED", "EXCLUSIVE") and old else ()), *others),
            rewritten=(table,) if rebuilt and old else (),
            scanned=(table,) if old and not rebuilt and _makes_an_index(effects) else way.reads,
            writes=writes,
            way=f"{algorithm}, LOCK={lock}" if lock else algorithm,
            effects=effects,
            seconds=seconds,
        )

    def _calls(self, statement: str) -> tuple[str, ...]:
        """Return the functions of a question that may do more than answer it: stored ones, and those of sequences."""
        names = called_in(statement, "mysql", first_word(statement))
        listed = ", ".join(literal(one) for one in names)
        query = (
            "SELECT LOWER(routine_name) FROM information_schema.routines WHERE routine_schema = DATABASE() "
            f"AND routine_type = 'FUNCTION' AND LOWER(routine_name) IN ({listed})"
        )
        stored = {name for (name,) in rows_of(self.connection, query)} if names else set()
        return tuple(one for one in names if one in stored or one in ("setval", "nextval"))

    def failed(self, statement: str, words: str) -> Observation:
        """Forget what was known."""
        self._catalogue = None
        return super().failed(statement, words)

    @property
    def _knows_nocopy(self) -> bool:
        return bool(getattr(self.connection.dialect, "is_mariadb", False))

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


def _makes_an_index(effects: tuple[Effect, ...]) -> bool:
    return any(one.kind == "index" and one.is_made for one in effects)


def _facts(rows: Callable[[str], list[Any]]) -> Iterable[Fact]:
    tables: set[str] = set()
    for name, kind, _, collation in rows(TABLES):
        word = "table" if "TABLE" in kind else "sequence" if kind == "SEQUENCE" else "view"
        tables |= {name} if word == "table" else set()
        yield Fact(word, name, "", {"collation": collation} if collation else {})
    for table, name, type_, nullable, default, extra, comment, charset, collation, computed in rows(COLUMNS):
        if table not in tables:
            continue  # a view's
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
    for table, name, method, parts, values in rows(PARTITIONS):
        yield Fact("partition", name, table, {"method": method, "by": parts, "values": values})
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
