"""MariaDB and MySQL keep what is dropped beside it, under names of ours: a database is no schema to hide in.

Nothing here is undone by a rollback, so the copy of a column and its drop are one under LOCK TABLES. What a plain
drop would do is told by the same statement on an empty clone (MariaDB documentation, "CREATE TABLE … LIKE").
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from whimbrel.backends.keeping import VALUE, Held, Keeping, Kept, Place, Standing
from whimbrel.backends.statements import literal

_WITHOUT_MODES = "SET @whimbrel_mode = @@SESSION.sql_mode, SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"
_WITH_MODES = "SET SESSION sql_mode = @whimbrel_mode"
_PROBE = "whimbrel_probe"
_HERE = "table_schema = coalesce(nullif({schema}, ''), database()) AND table_name = {name}"
_TABLE = (
    f"SELECT table_schema, table_name, auto_increment FROM information_schema.tables WHERE {_HERE} AND engine <> ''"
)
_COLUMNS = f"""
SELECT column_name, column_type, is_nullable, extra, collation_name, character_set_name FROM information_schema.columns
WHERE {_HERE} ORDER BY ordinal_position
"""
_INDEXES = f"""
SELECT index_name, non_unique, column_name, sub_part, nullable FROM information_schema.statistics
WHERE {_HERE} ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index
"""
_FOREIGN_KEYS = """
SELECT constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = {schema} AND table_name = {name} AND referenced_table_name IS NOT NULL
ORDER BY constraint_name, ordinal_position
"""
_REFERRED = """
SELECT table_name, column_name FROM information_schema.key_column_usage
WHERE referenced_table_schema = {schema} AND referenced_table_name = {name} AND table_name <> {name}
"""


class MySQLKeeping(Keeping):
    """The archive of MariaDB and MySQL."""

    keeps = True
    passing_over = "INSERT IGNORE", ""
    longest = 64
    locks = True

    def standing(self, name: str, schema: str, most: int) -> Standing | None:
        """Ask information_schema."""
        asked = {"name": literal(name), "schema": literal(schema)}
        found = self.rows_of(_TABLE.format(**asked))
        if not found:
            return None
        home, own, _ = found[0]
        columns = tuple(
            Held(column, _typed(type_, charset, collation), nullable == "YES", _is_computed(extra))
            for column, type_, nullable, extra, collation, charset in self.rows_of(_COLUMNS.format(**asked))
        )
        # Before MariaDB 10.5 and MySQL 8.0 there is no cheaper limit than a subquery's.
        counted = f"SELECT count(*) FROM (SELECT 1 FROM {self.at(Place(own, home))} LIMIT {most + 1:d}) AS counted"
        rows = int(self.rows_of(counted)[0][0])
        return Standing(home, own, columns, _keys(self.rows_of(_INDEXES.format(**asked))), rows)

    def taken(self, place: Place) -> str:
        """Ask information_schema."""
        here = _HERE.format(schema=literal(place.schema), name=literal(place.name))
        return f"SELECT count(*) FROM information_schema.tables WHERE {here}"

    def making(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Make it with the key, without which each value would be looked for in all rows."""
        copied = f"{self._copied(table, column, key)} LIMIT 0"
        return (f"CREATE TABLE {self.at(place)} (PRIMARY KEY ({self.listed(key)})) AS {copied}",)

    def filling(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Be alone with both tables until the column is dropped."""
        archive = self.at(place)
        return (
            f"LOCK TABLES {self.named(table)} WRITE, {archive} WRITE",
            f"DELETE FROM {archive}",
            _WITHOUT_MODES,
            f"INSERT INTO {archive} {self._copied(table, column, key)}",
            _WITH_MODES,
        )

    def released(self) -> tuple[str, ...]:
        """Let the tables go."""
        return ("UNLOCK TABLES",)

    def _copied(self, table: Standing, column: Held, key: Sequence[str]) -> str:
        return f"SELECT {self.listed(key)}, {self.quote(column.name)} AS {VALUE} FROM {self.named(table)}"

    def position(self, table: Standing, column: Held) -> int | None:
        """Ask for the table's next number, where the column is the numbered one."""
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        numbered = {row[0] for row in self.rows_of(_COLUMNS.format(**asked)) if "auto_increment" in row[3].lower()}
        if column.name not in numbered:
            return None
        return int(self.rows_of(f"SELECT coalesce(max({self.quote(column.name)}), 0) FROM {self.named(table)}")[0][0])

    def returning(self, table: Standing, column: Held, kept: Kept) -> tuple[str, ...]:
        """Write them, without a new time for columns that say ON UPDATE."""
        own, name = self.named(table), self.quote(column.name)
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        timed = [row[0] for row in self.rows_of(_COLUMNS.format(**asked)) if "on update" in row[3].lower()]
        held = "".join(f", {own}.{self.quote(one)} = {own}.{self.quote(one)}" for one in timed if one != column.name)
        update = (
            f"UPDATE {own} JOIN {self.at(kept.place)} AS kept ON {self.matching(table, kept)} "
            f"SET {own}.{name} = kept.{VALUE}{held}"
        )
        return _WITHOUT_MODES, update, _WITH_MODES

    def left_over(self, table: Standing, kept: Kept) -> tuple[str, str]:
        """Say it as MariaDB wants a DELETE with an alias."""
        query, delete = super().left_over(table, kept)
        return query, delete.replace("DELETE FROM", "DELETE kept FROM", 1)

    def forbidding_null(self, table: Standing, column: Held, definition: str) -> str:
        """Say the column again as the script does."""
        return f"ALTER TABLE {self.named(table)} MODIFY COLUMN {self.quote(column.name)} {definition}"

    def setting_aside(self, table: Standing, column: Held, statement: str, name: str) -> tuple[str, ...]:
        """Ask an empty clone; then rename the column where nobody sees it, at once and without touching a row."""
        own, quoted, probe = self.named(table), self.quote(column.name), self.at(Place(_PROBE, table.schema))
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        if any(column.name in (row[1], row[4]) for row in self.rows_of(_FOREIGN_KEYS.format(**asked))):
            self.connection.exec_driver_sql(statement)  # which the server refuses, and says why
        made = self.rows_of(f"SHOW CREATE TABLE {own}")[0][1]
        changes = self._taken_along(table, quoted, probe) if made.count(quoted) > 1 else []
        new = f"CHANGE COLUMN {quoted} {self.quote(name)} {column.type} {_born_without(column)} INVISIBLE"
        return (f"ALTER TABLE {own} {', '.join([*changes, new])}",)

    def _taken_along(self, table: Standing, quoted: str, probe: str) -> list[str]:
        """Return what becomes of the indexes if a column is dropped; an empty clone tells, or refuses the drop."""
        before = self._indexes(table.name, table.schema)
        self.run(f"DROP TABLE IF EXISTS {probe}", f"CREATE TABLE {probe} LIKE {self.named(table)}")
        try:
            self.run(f"ALTER TABLE {probe} DROP COLUMN {quoted}")
            after = self._indexes("whimbrel_probe", table.schema)
        finally:
            self.run(f"DROP TABLE {probe}")
        gone = [f"DROP INDEX {self.quote(index)}" for index, parts in before.items() if after.get(index) != parts]
        return gone + [f"ADD {after[index]}" for index, parts in before.items() if after.get(index, parts) != parts]

    def _indexes(self, name: str, schema: str) -> dict[str, str]:
        """Return what makes each index of a table, by its name."""
        asked = {"name": literal(name), "schema": literal(schema)}
        parts: dict[str, list[str]] = {}
        unique: dict[str, bool] = {}
        for index, non_unique, column, length, _ in self.rows_of(_INDEXES.format(**asked)):
            unique[index] = not int(non_unique)
            parts.setdefault(index, []).append(f"{self.quote(column)}{f'({length})' if length else ''}")
        return {
            index: f"PRIMARY KEY ({', '.join(columns)})"
            if index == "PRIMARY"
            else f"{'UNIQUE ' if unique[index] else ''}INDEX {self.quote(index)} ({', '.join(columns)})"
            for index, columns in parts.items()
        }

    def taking_back(
        self, table: Standing, aside: Held, name: str, definition: str, kept: Kept
    ) -> tuple[str, ...] | None:
        """Say the column as the script does; the server converts what there is to convert."""
        change = f"CHANGE COLUMN {self.quote(aside.name)} {self.quote(name)} {definition}"
        return (f"ALTER TABLE {self.named(table)} {change}",)

    def ask(self, table: Standing, statement: str) -> bool:
        """Ask for the foreign keys of others, the one thing that hinders a drop."""
        if not self.rows_of("SELECT @@SESSION.foreign_key_checks")[0][0]:
            return True
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        return not self.rows_of(_REFERRED.format(**asked))

    def stowing(self, table: Standing, place: Place) -> tuple[str, ...]:
        """Rename it first, which is atomic; then free it of its foreign keys, whose names are the database's."""
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        goal = self.at(place)
        out = [f"RENAME TABLE {self.named(table)} TO {goal}"]
        names = dict.fromkeys(row[0] for row in self.rows_of(_FOREIGN_KEYS.format(**asked)))
        if names:
            now = (_renamed_with(name, table.name, place.name) for name in names)
            drops = ", ".join(f"DROP FOREIGN KEY {self.quote(name)}" for name in now)
            out.append(f"ALTER TABLE {goal} {drops}")
        triggers = (
            "SELECT trigger_name FROM information_schema.triggers "
            f"WHERE event_object_schema = {asked['schema']} AND event_object_table = {asked['name']}"
        )
        schema = self.quote(place.schema)
        return (*out, *(f"DROP TRIGGER {schema}.{self.quote(row[0])}" for row in self.rows_of(triggers)))

    def unpacking(self, table: Standing, kept: Kept, condition: str = "") -> tuple[str, ...]:
        """Copy the rows back as they were, and go on counting where it stopped."""
        names = self.shared(table, kept)
        where = f" WHERE {condition}" if condition else ""
        insert = (
            f"INSERT INTO {self.named(table)} ({self.listed(names)}) "
            f"SELECT {self.listed(names, 'kept.')} FROM {self.at(kept.place)} AS kept{where}"
        )
        asked = {"name": literal(kept.place.name), "schema": literal(kept.place.schema)}
        found = self.rows_of(_TABLE.format(**asked))
        following = found[0][2] if found else None
        on = [f"ALTER TABLE {self.named(table)} AUTO_INCREMENT = {following:d}"] if following else []
        return (_WITHOUT_MODES, insert, _WITH_MODES, *on) if names else ()

    def emptying(self, table: Standing) -> tuple[str, ...]:
        """Set the counter, which a DELETE leaves where it is, to the least that the server takes."""
        return (*super().emptying(table), f"ALTER TABLE {self.named(table)} AUTO_INCREMENT = 1")

    def stored(self, homes: Collection[str]) -> dict[Place, int | None]:
        """Ask information_schema, whose sizes are estimates."""
        beside = ", ".join(literal(one) for one in homes if one)
        here = f"database(){', ' if beside else ''}{beside}"
        query = (
            "SELECT table_schema, table_name, data_length + index_length FROM information_schema.tables "
            f"WHERE table_schema IN ({here}) AND table_name REGEXP '^whimbrel_[0-9]+_'"
        )
        return {Place(name, schema): int(size or 0) for schema, name, size in self.rows_of(query)}

    def places_of(self, name: str, homes: Collection[str]) -> tuple[Place, ...]:
        """Ask information_schema for the databases that are named, and the one that is in use."""
        beside = ", ".join(["database()", *(literal(one) for one in homes if one)])
        query = (
            "SELECT table_schema FROM information_schema.tables "
            f"WHERE table_schema IN ({beside}) AND table_name = {literal(name)}"
        )
        return tuple(Place(name, row[0]) for row in self.rows_of(query))

    def as_text(self, column: Held) -> str:
        """Leave it to the server; a FLOAT says all its digits as a DOUBLE only, and some drivers make bits a number."""
        name, word = self.quote(column.name), column.type.partition("(")[0].split()[0].lower()
        if word == "float":
            return f"CAST({name} + 0e0 AS CHAR)"
        if word in _BINARY:
            return f"UNHEX(HEX({name}))"
        return f"CAST({name} AS CHAR)"

    def remains(self) -> tuple[str, ...]:
        """Return the clone that a drop is tried on, if a crash has left it."""
        return (f"table {_PROBE}",) if self.is_taken(Place(_PROBE)) else ()

    def dismantle(self) -> None:
        """Drop the clone."""
        if self.is_taken(Place(_PROBE)):
            self.run(f"DROP TABLE {self.quote(_PROBE)}")

    def unstowing(self, place: Place, goal: Place) -> tuple[str, ...]:
        """Rename it."""
        return (f"RENAME TABLE {self.at(place)} TO {self.at(goal)}",)

    def referring(self, table: Standing) -> set[tuple[str, str]]:
        """Ask information_schema for the foreign keys of others."""
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        return {(str(row[0]).lower(), str(row[1]).lower()) for row in self.rows_of(_REFERRED.format(**asked))}

    def orphans(self, table: Standing) -> tuple[str, ...]:
        """Ask information_schema for its foreign keys."""
        asked = {"name": literal(table.name), "schema": literal(table.schema)}
        found: dict[str, list[tuple[str, str, str, str]]] = {}
        for name, column, schema, parent, referred in self.rows_of(_FOREIGN_KEYS.format(**asked)):
            if parent != table.name:
                found.setdefault(name, []).append((column, schema, parent, referred))
        out = []
        for pairs in found.values():
            nulls = " OR ".join(f"kept.{self.quote(column)} IS NULL" for column, *_ in pairs)
            same = " AND ".join(f"parent.{self.quote(other)} = kept.{self.quote(one)}" for one, _, _, other in pairs)
            parent = self.at(Place(pairs[0][2], pairs[0][1]))
            out.append(f"({nulls} OR EXISTS (SELECT 1 FROM {parent} AS parent WHERE {same}))")
        return tuple(out)


def _renamed_with(name: str, old: str, new: str) -> str:
    """Return what a foreign key is called after its table was renamed: InnoDB renames those that it has named itself.

    MySQL 8.0 Reference Manual, "RENAME TABLE Statement": names such as ``table_ibfk_1`` follow the table.
    """
    generated = f"{old}_ibfk_"
    return f"{new}_ibfk_{name.removeprefix(generated)}" if name.startswith(generated) else name


def _born_without(column: Held) -> str:
    """Say what rows get in a column that was set aside: NULL, or a filler where making it nullable would copy all.

    MariaDB documentation, "Instant ADD COLUMN for InnoDB" and "ALTER TABLE": a default and a name change at once.
    """
    if column.nullable:
        return "NULL DEFAULT NULL"
    word = column.type.partition("(")[0].split()[0].lower()
    filler = _FILLERS.get(word)
    return "NULL DEFAULT NULL" if filler is None else f"NOT NULL DEFAULT {filler}"


_BINARY = {
    *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit"),
    *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"),
    *("geometrycollection", "vector"),
}
_FILLERS = {
    **dict.fromkeys(["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"], "0"),
    **dict.fromkeys(["char", "varchar", "binary", "varbinary"], "''"),
    "date": "'1970-01-01'",
    "datetime": "'1970-01-01 00:00:01'",
    "time": "'00:00:00'",
}


def _typed(type_: str, charset: str | None, collation: str | None) -> str:
    return f"{type_} CHARACTER SET {charset} COLLATE {collation}" if collation else type_


def _is_computed(extra: str) -> bool:
    """Tell a computed column; MySQL says DEFAULT_GENERATED of a default that is an expression."""
    return any(word in ("VIRTUAL", "STORED", "PERSISTENT") for word in extra.upper().split())


def _keys(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    indexes: dict[str, list[Sequence[object]]] = {}
    for row in rows:
        indexes.setdefault(str(row[0]), []).append(row)
    return tuple(
        tuple(str(part[2]) for part in parts)
        for parts in indexes.values()
        if all(not part[1] and part[2] is not None and part[3] is None and part[4] != "YES" for part in parts)
    )
