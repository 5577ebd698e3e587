"""SQLite keeps what is dropped beside it, under names of ours; a table is renamed in the catalogue, pages untouched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from whimbrel.backends.keeping import VALUE, Held, Keeping, Kept, Place, Standing
from whimbrel.backends.statements import literal

if TYPE_CHECKING:
    from whimbrel.backends.sqlite.alter_stored import Stored

_KEYS = """
SELECT l.origin = 'pk', l.name, i.name FROM pragma_index_list({name}) AS l, pragma_index_info(l.name) AS i
WHERE l."unique" AND NOT l.partial ORDER BY l.origin <> 'pk', l.seq, i.seqno
"""


class SQLiteKeeping(Keeping):
    """The archive of SQLite."""

    keeps = True
    passing_over = "INSERT OR IGNORE", ""
    longest = 200

    def standing(self, name: str, schema: str, most: int) -> Standing | None:
        """Ask its pragmas; a virtual table, or one of an attached database, is not kept."""
        found = self._stored(name) if schema in ("", "main") else None
        if found is None or not found.text.lstrip()[:12].upper().startswith("CREATE TABLE"):
            return None
        columns = f'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo({literal(found.name)})'
        info = self.rows_of(columns)
        own_keys = [row[0] for row in sorted(info, key=lambda row: row[3]) if row[3]]
        held = tuple(
            Held(column, type_, not (not_null or key), hidden in (2, 3))
            for column, type_, not_null, key, hidden in info
            if hidden != 1
        )
        never_null = {one.name for one in held if not one.nullable}
        indexes: dict[str, list[str | None]] = {}
        for _, index, column in self.rows_of(_KEYS.format(name=literal(found.name))):
            indexes.setdefault(index, []).append(column)
        unique = [tuple(one for one in names if one) for names in indexes.values() if set(names) <= never_null]
        keys: list[tuple[str, ...]] = [tuple(own_keys), *unique] if own_keys else unique
        counted = f"SELECT count(*) FROM (SELECT 1 FROM main.{self.quote(found.name)} LIMIT {most + 1:d})"
        return Standing("", found.name, held, tuple(keys), self.rows_of(counted)[0][0])

    def taken(self, place: Place) -> str:
        """Ask the catalogue."""
        return f"SELECT count(*) FROM main.sqlite_master WHERE lower(name) = lower({literal(place.name)})"

    def making(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Make it with the key as it is, which the index serves then, and without a type for the value, which stays.

        An index serves a comparison only where affinity and collation are the same (SQLite documentation,
        "Datatypes In SQLite", section 4.2).
        """
        columns = f"{', '.join(self._defined(table, one) for one in key)}, {VALUE}, PRIMARY KEY ({self.listed(key)})"
        return (f"CREATE TABLE {self.at(place)} ({columns}) WITHOUT ROWID",)

    def _defined(self, table: Standing, name: str) -> str:
        held, found = table.column(name), self._stored(table.name)
        item = found.pieces.column(name) if found is not None else None
        collation = item.value("collate") if item is not None else ""
        words = [self.quote(name), held.type if held is not None else "", f"COLLATE {collation}" if collation else ""]
        return " ".join(word for word in words if word)

    def filling(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Copy it; nobody else can write in a transaction that writes."""
        copied = f"SELECT {self.listed(key)}, {self.quote(column.name)} FROM {self.named(table)}"
        return (f"INSERT INTO {self.at(place)} {copied}",)

    def returning(self, table: Standing, column: Held, kept: Kept) -> tuple[str, ...]:
        """Write them, beside the table's own triggers."""
        own = self.named(table)
        update = (
            f"UPDATE {own} SET {self.quote(column.name)} = "
            f"(SELECT {VALUE} FROM {self.at(kept.place)} AS kept WHERE {self.matching(table, kept)}) "
            f"WHERE EXISTS (SELECT 1 FROM {self.at(kept.place)} AS kept WHERE {self.matching(table, kept)})"
        )
        return self.quietly(table, update)

    def quietly(self, table: Standing, update: str) -> tuple[str, ...]:
        """Drop the triggers, and make them again."""
        found = self._stored(table.name)
        triggers = found.triggers if found is not None else {}
        return (*(f"DROP TRIGGER main.{self.quote(one)}" for one in triggers), update, *triggers.values())

    def value_of(self, table: Standing, kept: Kept, otherwise: str) -> str:
        """Return a kept column's value as an expression over the rows of its table."""
        rows = f"FROM {self.at(kept.place)} AS kept WHERE {self.matching(table, kept)}"
        return f"CASE WHEN EXISTS (SELECT 1 {rows}) THEN (SELECT {VALUE} {rows}) ELSE {otherwise} END"

    def setting_aside(self, table: Standing, column: Held, statement: str, name: str) -> tuple[str, ...]:
        """Change the table's text at once."""
        from whimbrel.backends.sqlite.alter import reshape
        from whimbrel.backends.sqlite.alter_aside import set_aside
        from whimbrel.backends.sqlite.edit import with_column, without_column

        found = self._stored(table.name)
        if found is not None:
            free = without_column(found.pieces, column.name)
            type_ = f"{self.quote(name)} {column.type}".rstrip()
            now = set_aside(self.connection, found, column.name, name)
            kept = {one.lower(): one for one in now.pieces.names}
            reshape(self.connection, now, str(with_column(free, type_, None)), kept=kept)
        return ()

    def stowing(self, table: Standing, place: Place) -> tuple[str, ...]:
        """Give it another name in the catalogue: what refers to it goes on saying the old one, as after a drop."""
        from whimbrel.backends.sqlite.rebuild import retire

        found = self._stored(table.name)
        if found is None:
            return ()
        self.run(*(f"DROP INDEX main.{self.quote(one)}" for one in found.indexes))
        self.run(*(f"DROP TRIGGER main.{self.quote(one)}" for one in found.triggers))
        retire(self.connection, found, place.name)
        return ()

    def unpacking(self, table: Standing, kept: Kept, condition: str = "") -> tuple[str, ...]:
        """Copy the rows back, and go on counting where AUTOINCREMENT stopped."""
        names = self.shared(table, kept)
        where = f" WHERE {condition}" if condition else ""
        insert = (
            f"INSERT INTO {self.named(table)} ({self.listed(names)}) "
            f"SELECT {self.listed(names, 'kept.')} FROM {self.at(kept.place)} AS kept{where}"
        )
        if not self._counts():
            return (insert,) if names else ()
        last = f"(SELECT max(seq) FROM main.sqlite_sequence WHERE name = {literal(kept.place.name)})"
        own = literal(table.name)
        counts = f"UPDATE main.sqlite_sequence SET seq = max(seq, coalesce({last}, 0)) WHERE name = {own}"
        return (insert, counts) if names else ()

    def emptying(self, table: Standing) -> tuple[str, ...]:
        """Forget what AUTOINCREMENT has given."""
        delete = super().emptying(table)
        forget = f"DELETE FROM main.sqlite_sequence WHERE name = {literal(table.name)}"
        return (*delete, forget) if self._counts() else delete

    def _counts(self) -> bool:
        return bool(self.rows_of("SELECT count(*) FROM main.sqlite_master WHERE name = 'sqlite_sequence'")[0][0])

    def stored(self, homes: Collection[str]) -> dict[Place, int | None]:
        """Read the catalogue; sizes are told by an extension only that many builds do not have."""
        query = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB 'whimbrel_[0-9]*_*'"
        return {Place(row[0]): None for row in self.rows_of(query)}

    def referring(self, table: Standing) -> set[tuple[str, str]]:
        """Read the foreign keys of all tables."""
        name = f"lower({literal(table.name)})"
        query = (
            'SELECT lower(m.name), lower(f."from") FROM main.sqlite_master AS m, pragma_foreign_key_list(m.name) AS f '
            f"WHERE m.type = 'table' AND lower(f.\"table\") = {name} AND lower(m.name) <> {name}"
        )
        return {(row[0], row[1]) for row in self.rows_of(query)}

    def orphans(self, table: Standing) -> tuple[str, ...]:
        """Read its foreign keys from its text."""
        query = (
            'SELECT id, "table", "from", coalesce("to", \'\') FROM '
            f"pragma_foreign_key_list({literal(table.name)}) ORDER BY id, seq"
        )
        found: dict[int, list[tuple[str, str, str]]] = {}
        for number, parent, column, referred in self.rows_of(query):
            if parent.lower() != table.name.lower():
                found.setdefault(number, []).append((parent, column, referred))
        return tuple(self._has_parent(pairs) for pairs in found.values())

    def _stored(self, name: str) -> Stored | None:
        from whimbrel.backends.sqlite.alter_stored import stored  # which knows the grammar of CREATE TABLE

        return stored(self.connection, name)

    def _has_parent(self, pairs: list[tuple[str, str, str]]) -> str:
        parent = pairs[0][0]
        standing = self.standing(parent, "", 0)
        key = standing.keys[0] if standing is not None and standing.keys else ()
        nulls = " OR ".join(f"kept.{self.quote(column)} IS NULL" for _, column, _ in pairs)
        same = " AND ".join(
            f"parent.{self.quote(other or key[at])} = kept.{self.quote(column)}"
            for at, (_, column, other) in enumerate(pairs)
            if other or at < len(key)
        )
        there = f"EXISTS (SELECT 1 FROM main.{self.quote(parent)} AS parent WHERE {same or '1'})"
        return f"({nulls} OR {there})" if standing is not None else f"({nulls})"
