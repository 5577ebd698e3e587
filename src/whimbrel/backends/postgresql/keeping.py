"""PostgreSQL keeps dropped tables in a schema of its own; moving one there changes the catalogue only.

What the archive holds must hinder nobody: it depends on no type, function or sequence that a script, or
``db.drop_all()``, may drop afterwards, and refers to no other table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from zlib import crc32

from whimbrel.backends.keeping import AT_A_TIME, VALUE, Held, Keeping, Kept, Place, Standing
from whimbrel.backends.postgresql.keeping_queries import (
    ARCHIVE,
    ARCHIVE_RIGHT,
    COLUMNS,
    DEFINED,
    DETACHING,
    FOREIGN_KEYS,
    KEYS,
    MORE_THAN_A_TYPE,
    NAMED,
    NAMES,
    PARTITIONS,
    REFERRING,
    RULES,
    STOWED,
    TABLE,
    TAKEN_ALONG,
    TYPES,
    USERS,
)
from whimbrel.backends.statements import literal
from whimbrel.bookkeeping import OURS
from whimbrel.tokens import scan


class PostgreSQLKeeping(Keeping):
    """The archive of PostgreSQL."""

    keeps = True
    passing_over = "INSERT", " ON CONFLICT DO NOTHING"

    def may_hold_rows(self, name: str, schema: str) -> bool:
        """Ask the catalogue first: an error would end the transaction."""
        asked = literal(self.at(Place(name, schema)))
        is_there = self.rows_of(f"SELECT to_regclass({asked}) IS NOT NULL")[0][0]
        return is_there and super().may_hold_rows(name, schema)

    def standing(self, name: str, schema: str, most: int) -> Standing | None:
        """Ask the catalogue."""
        asked = literal(self.at(Place(name, schema)))
        found = self.rows_of(TABLE.format(name=asked))
        if not found:
            return None
        home, own, is_whole, published, is_parted = found[0]
        columns = tuple(
            Held(column, type_, not not_null, generated, own_type)
            for column, type_, not_null, generated, own_type in self.rows_of(COLUMNS.format(name=asked))
        )
        keys = tuple(tuple(names) for _, names in self.rows_of(KEYS.format(name=asked)))
        counted = f"SELECT count(*) FROM (SELECT 1 FROM {self.at(Place(own, home))} LIMIT {most + 1:d}) AS counted"
        return Standing(home, own, columns, keys, self.rows_of(counted)[0][0], published, is_whole, is_parted)

    def home(self, schema: str) -> tuple[Place, tuple[str, ...]]:
        """Return the schema for it, or names with a prefix where none may be made."""
        may, is_new = self.rows_of(ARCHIVE_RIGHT)[0]
        if not may:
            return self.beside(schema), ()
        return Place(OURS, ARCHIVE), (f"CREATE SCHEMA {ARCHIVE}",) if is_new else ()

    def taken(self, place: Place) -> str:
        """Ask the catalogue."""
        return f"SELECT to_regclass({literal(self.at(place))}) IS NOT NULL"

    def in_schema(self, schema: str) -> tuple[str, ...]:
        """Return the names of the tables in a schema, partitions left out."""
        query = (
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            f"AND relnamespace = to_regnamespace({literal(self.quote(schema))}) ORDER BY relname"
        )
        return tuple(row[0] for row in self.rows_of(query))

    def making(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Make it of the column's type, or of text where that type may go."""
        return (f"CREATE TABLE {self.at(place)} AS {self._copied(table, column, key)} WITH NO DATA",)

    def filling(self, table: Standing, column: Held, key: Sequence[str], place: Place) -> tuple[str, ...]:
        """Lock first: between a copy and the lock of the drop, others could write."""
        lock = f"LOCK TABLE {self.named(table)} IN ACCESS EXCLUSIVE MODE"
        return lock, f"INSERT INTO {self.at(place)} {self._copied(table, column, key)}"

    def _copied(self, table: Standing, column: Held, key: Sequence[str]) -> str:
        cast = "" if column.own_type else "::text"
        value = f"{self.quote(column.name)}{cast} AS {VALUE}"
        return f"SELECT {self.listed(key)}, {value} FROM {self.named(table)}"

    def position(self, table: Standing, column: Held) -> int | None:
        """Ask the column's own sequence."""
        query = f"SELECT {self._sequence(table, column)}"
        sequence = self.rows_of(query)[0][0]
        return None if sequence is None else int(self.rows_of(f"SELECT last_value FROM {sequence}")[0][0])

    def _sequence(self, table: Standing, column: Held) -> str:
        return f"pg_get_serial_sequence({literal(self.named(table))}, {literal(column.name)})"

    def returning(self, table: Standing, column: Held, kept: Kept) -> tuple[str, ...]:
        """Write them beside the table's own triggers, which would take it for a change."""
        own, name = self.named(table), self.quote(column.name)
        update = (
            f"UPDATE {own} SET {name} = {self._as(VALUE, kept.type, column)} FROM {self.at(kept.place)} AS kept "
            f"WHERE {self.matching(table, kept)}"
        )
        return self.quietly(table, update)

    def quietly(self, table: Standing, update: str) -> tuple[str, ...]:
        """Switch the triggers off, and on again as they were."""
        own = self.named(table)
        query = (
            "SELECT quote_ident(tgname), tgenabled FROM pg_trigger "
            f"WHERE tgrelid = to_regclass({literal(own)}) AND NOT tgisinternal AND tgenabled <> 'D'"
        )
        how = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}
        triggers = self.rows_of(query)
        off = [f"ALTER TABLE {own} DISABLE TRIGGER {trigger}" for trigger, _ in triggers]
        on = [f"ALTER TABLE {own} {how[state]} TRIGGER {trigger}" for trigger, state in triggers]
        return (*off, update, *on)

    def _as(self, name: str, had: str, column: Held) -> str:
        """Return a kept value as a column takes it; texts are assigned, so that none is cut."""
        value = f"kept.{self.quote(name)}"
        if had == column.type or column.type.startswith(("character", "text")):
            return value
        return f"{value}::text::{column.type}"

    def forbidding_null(self, table: Standing, column: Held, definition: str) -> str:
        """Set it by name."""
        return f"ALTER TABLE {self.named(table)} ALTER COLUMN {self.quote(column.name)} SET NOT NULL"

    def renumbering(self, table: Standing, column: Held, position: int) -> tuple[str, ...]:
        """Go on after the greater of both numbers."""
        name, own = self.quote(column.name), self.named(table)
        sequence = self._sequence(table, column)
        if self.rows_of(f"SELECT {sequence}")[0][0] is None:
            return ()
        return (f"SELECT setval({sequence}, greatest({position:d}, (SELECT coalesce(max({name}), 1) FROM {own})))",)

    def setting_aside(self, table: Standing, column: Held, statement: str, name: str) -> tuple[str, ...]:
        """Ask by the drop itself, which is then taken back; drop what it would take along, and rename the column."""
        own, quoted = self.named(table), self.quote(column.name)
        along = TAKEN_ALONG.format(name=literal(own))
        before = [row[0] for row in self.rows_of(along)]
        self.run("SAVEPOINT whimbrel_ask")
        self.connection.exec_driver_sql(statement)
        after = {row[0] for row in self.rows_of(along)}
        self.run("ROLLBACK TO SAVEPOINT whimbrel_ask", "RELEASE SAVEPOINT whimbrel_ask")
        alter = f"ALTER TABLE {own} ALTER COLUMN {quoted}"
        sequence = self.rows_of(f"SELECT {self._sequence(table, column)}")[0][0]
        return (
            *(one for one in before if one not in after),
            f"{alter} DROP IDENTITY IF EXISTS",
            f"{alter} DROP DEFAULT",
            *([f"DROP SEQUENCE IF EXISTS {sequence}"] if sequence is not None else []),
            f"{alter} DROP NOT NULL",
            f"ALTER TABLE {own} RENAME COLUMN {quoted} TO {self.quote(name)}",
        )

    def taking_back(
        self, table: Standing, aside: Held, name: str, definition: str, kept: Kept
    ) -> tuple[str, ...] | None:
        """Rename it back, and give it the default that the definition says."""
        if MORE_THAN_A_TYPE & set(scan(definition, "postgresql").capitals):
            return None
        own, probe = self.named(table), self.at(Place("whimbrel_probe", table.schema))
        asked = [
            DEFINED.format(name=literal(where), column=literal(column))
            for where, column in ((own, aside.name), (probe, name))
        ]
        there = self.rows_of(asked[0])[0]
        self.run("SAVEPOINT whimbrel_ask")
        self.connection.exec_driver_sql(f"CREATE TABLE {probe} ({self.quote(name)} {definition})")
        wanted = self.rows_of(asked[1])[0]
        self.run("ROLLBACK TO SAVEPOINT whimbrel_ask", "RELEASE SAVEPOINT whimbrel_ask")
        if tuple(there)[:2] != tuple(wanted)[:2]:
            return None
        quoted = self.quote(name)
        out = [f"ALTER TABLE {own} RENAME COLUMN {self.quote(aside.name)} TO {quoted}"]
        if wanted[2] is not None:
            out.append(f"ALTER TABLE {own} ALTER COLUMN {quoted} SET DEFAULT {wanted[2]}")
        return tuple(out)

    def copying_over(self, table: Standing, column: Held, kept: Kept) -> tuple[str, ...]:
        """Convert the values, beside the table's own triggers."""
        own, aside = self.named(table), table.column(kept.place.name)
        value = self._as(kept.place.name, aside.type if aside is not None else "", column).replace("kept.", "", 1)
        update = f"UPDATE {own} SET {self.quote(column.name)} = {value}"
        return (*self.quietly(table, update), *self.removing(table, kept.place.name))

    def removing(self, table: Standing, name: str) -> tuple[str, ...]:
        """Drop the type with it that was taken out of its way."""
        held = table.column(name)
        own = held.type if held is not None and held.type.startswith(f"{ARCHIVE}.") else ""
        drop = [f"DROP TYPE IF EXISTS {own.removesuffix('[]')}"] if own else []
        return (*super().removing(table, name), *drop)

    def freeing(self, type_: str, schema: str, number: int) -> tuple[str, ...]:
        """Move it into the archive, if nothing else uses it."""
        name = self.at(Place(type_, schema))
        users = self.rows_of(USERS.format(name=literal(name)))
        if not users or any(not row[0].startswith(OURS) for row in users):
            return ()
        place, first = self.home(schema)
        if not place.schema:
            return ()
        new = self.quote(f"{OURS}{number}_{type_}"[: self.longest])
        moved = f"ALTER TYPE {self.quote(ARCHIVE)}.{self.quote(type_)} RENAME TO {new}"
        return (*first, f"ALTER TYPE {name} SET SCHEMA {ARCHIVE}", moved)

    def ask(self, table: Standing, statement: str) -> bool:
        """Drop it, and take that back."""
        self.run("SAVEPOINT whimbrel_ask")
        self.connection.exec_driver_sql(statement)
        self.run("ROLLBACK TO SAVEPOINT whimbrel_ask", "RELEASE SAVEPOINT whimbrel_ask")
        return True

    def stowing(self, table: Standing, place: Place) -> tuple[str, ...]:
        """Move it with its partitions, free of what could hinder others; its rows stay where they are."""
        asked = literal(self.named(table))
        out = [row[0] for row in self.rows_of(DETACHING.format(name=asked))]  # or its rows would still be its parent's
        parts = [Place(name, schema) for schema, name in self.rows_of(PARTITIONS.format(name=asked))]
        for at, part in enumerate([Place(table.name, table.schema), *parts]):
            name = literal(self.at(part))
            out += [row[0] for row in self.rows_of(RULES.format(name=name))]
            suffix = f"_{at}" if at else ""
            whose = place.name[: self.longest - 8]
            for number, (kind, held) in enumerate(self.rows_of(NAMES.format(name=name))):
                new = self.quote(f"{whose}{suffix}_{number}")
                out.append(f"ALTER {kind} {self.at(Place(held, part.schema))} RENAME TO {new}")
            goal = Place(f"{whose}{suffix}" if at else place.name, place.schema)
            out += self._moved(part, goal)
            if not at:
                out += self._freed(table, goal)
        return tuple(out)

    def _moved(self, part: Place, goal: Place) -> list[str]:
        out = [f"ALTER TABLE {self.at(part)} RENAME TO {self.quote(goal.name)}"]
        if goal.schema != part.schema:
            out.append(f"ALTER TABLE {self.at(Place(goal.name, part.schema))} SET SCHEMA {self.quote(goal.schema)}")
        return out

    def _freed(self, table: Standing, goal: Place) -> list[str]:
        """Return what makes texts of the values whose types may go."""
        others = [self.quote(one.name) for one in table.columns if not one.own_type]
        changes = ", ".join(f"ALTER COLUMN {name} TYPE text USING {name}::text" for name in others)
        return [f"ALTER TABLE {self.at(goal)} {changes}"] if changes else []

    def copying(self, table: Standing, place: Place) -> tuple[str, ...]:
        """Copy a whole table, with texts for the values whose types may go."""
        values = ", ".join(
            self.quote(one.name) if one.own_type else f"{self.quote(one.name)}::text AS {self.quote(one.name)}"
            for one in table.columns
        )
        lock = f"LOCK TABLE {self.named(table)} IN ACCESS EXCLUSIVE MODE"
        return lock, f"CREATE TABLE {self.at(place)} AS SELECT {values} FROM {self.named(table)}"

    def unpacking(self, table: Standing, kept: Kept, condition: str = "") -> tuple[str, ...]:
        """Copy the rows back, numbers that the server gives included."""
        names = self.shared(table, kept)
        types = dict(zip((one.lower() for one in kept.columns), kept.types, strict=False))
        values = ", ".join(
            self._as(one, types.get(one.lower(), ""), held) for one in names if (held := table.column(one)) is not None
        )
        where = f" WHERE {condition}" if condition else ""
        insert = (
            f"INSERT INTO {self.named(table)} ({self.listed(names)}) OVERRIDING SYSTEM VALUE "
            f"SELECT {values} FROM {self.at(kept.place)} AS kept{where}"
        )
        return (insert, *self._counted_on(table, kept, names)) if names else ()

    def _counted_on(self, table: Standing, kept: Kept, names: Sequence[str]) -> list[str]:
        """Let sequences go on where they stopped; a copied table has none, and goes on after its greatest number."""
        out = []
        for name in names:
            own = f"pg_get_serial_sequence({literal(self.named(table))}, {literal(name)})"
            old = f"pg_get_serial_sequence({literal(self.at(kept.place))}, {literal(name)})"
            new, before = self.rows_of(f"SELECT {own}, {old}")[0]
            if new is not None and before is not None:
                out.append(f"SELECT setval({literal(new)}, last_value, is_called) FROM {before}")
            if new is not None:  # the script may have put in more rows than were kept
                last = f"(SELECT last_value FROM {new})" if before is not None else "0"
                rows = f"FROM {self.named(table)} HAVING max({self.quote(name)}) > {last}"
                out.append(f"SELECT setval({literal(new)}, max({self.quote(name)})) {rows}")
        return out

    def emptying(self, table: Standing) -> tuple[str, ...]:
        """Set the sequences, which a DELETE leaves where they are, to their starts."""
        query = (
            "SELECT s.seqrelid::regclass::text, s.seqstart FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid "
            "WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass "
            f"AND d.deptype IN ('a', 'i') AND d.refobjid = {literal(self.named(table))}::regclass"
        )
        found = [f"SELECT setval({literal(name)}, {start:d}, false)" for name, start in self.rows_of(query)]
        return (*super().emptying(table), *found)

    def stored(self, homes: Collection[str]) -> dict[Place, int | None]:
        """Ask the catalogue for tables with their indexes."""
        beside = ", ".join(literal(one) for one in homes) or "NULL"
        query = (
            "SELECT n.nspname, c.relname, pg_total_relation_size(c.oid) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND "
            f"(n.nspname = '{ARCHIVE}' OR (n.nspname IN ({beside}) AND c.relname ~ '^whimbrel_[0-9]+_'))"
        )
        return {Place(name, schema): int(size) for schema, name, size in self.rows_of(query)}

    def places_of(self, name: str, homes: Collection[str]) -> tuple[Place, ...]:
        """Ask the catalogue for all schemas: what they keep lies in one."""
        return tuple(Place(name, row[0]) for row in self.rows_of(NAMED.format(name=literal(name))))

    def as_text(self, column: Held) -> str:
        """Have the server say it, as COPY would."""
        return f"{self.quote(column.name)}::text"

    def streamed(self, query: str) -> Iterator[Any]:
        """Fetch by a cursor in the server: those of some drivers stay open, and the table could not be dropped.

        Its name is another one for each query: asyncpg remembers what columns a statement has.
        """
        name = f"whimbrel_{crc32(query.encode()):x}"
        self.run(f"DECLARE {name} NO SCROLL CURSOR WITH HOLD FOR {query}")
        while rows := self.rows_of(f"FETCH {AT_A_TIME} FROM {name}"):
            yield from rows
        self.run(f"CLOSE {name}")

    def remains(self) -> tuple[str, ...]:
        """Return the schema."""
        is_there = self.rows_of(f"SELECT to_regnamespace('{ARCHIVE}') IS NOT NULL")[0][0]
        return (f"schema {ARCHIVE}",) if is_there else ()

    def dismantle(self) -> None:
        """Drop the schema; a type in it that a column uses which was put back goes where that column is."""
        if not self.remains() or self.rows_of(STOWED):
            return
        for name, home in self.rows_of(TYPES):
            own, plain = self.at(Place(name, ARCHIVE)), name.removeprefix(OURS).partition("_")[2]
            if home is None:
                self.run(f"DROP TYPE {own}")
                continue
            self.run(f"ALTER TYPE {own} SET SCHEMA {self.quote(home)}")
            is_free = self.rows_of(f"SELECT to_regtype({literal(self.at(Place(plain, home)))}) IS NULL")[0][0]
            if is_free:
                self.run(f"ALTER TYPE {self.at(Place(name, home))} RENAME TO {self.quote(plain)}")
        self.run(f"DROP SCHEMA {ARCHIVE}")

    def adding(self, table: Standing, name: str, types: Sequence[str]) -> str:
        """Add it of its own type, or of the one that it was kept as."""
        known = [one for one in types if self.rows_of(f"SELECT to_regtype({literal(one.partition('(')[0])})")[0][0]]
        return super().adding(table, name, [*known, "text"])

    def unstowing(self, place: Place, goal: Place) -> tuple[str, ...]:
        """Move it back, its indexes and sequences under names that no later drop will want."""
        moved = self.at(Place(place.name, goal.schema))
        there = [f"ALTER TABLE {self.at(place)} SET SCHEMA {self.quote(goal.schema)}"]
        found = enumerate(self.rows_of(NAMES.format(name=literal(self.at(place)))))
        free = {held: (kind, f"{goal.name[: self.longest - 8]}_{number}") for number, (kind, held) in found}
        named = [
            f"ALTER {kind} {self.at(Place(held, place.schema))} RENAME TO {self.quote(new)}"
            for held, (kind, new) in free.items()
            if not self.is_taken(Place(new, goal.schema))
        ]
        return (
            *named,
            *(there if place.schema != goal.schema else []),
            f"ALTER TABLE {moved} RENAME TO {self.quote(goal.name)}",
        )

    def referring(self, table: Standing) -> set[tuple[str, str]]:
        """Ask the catalogue for the foreign keys of others."""
        return {(row[0], row[1]) for row in self.rows_of(REFERRING.format(name=literal(self.named(table))))}

    def comparable(self, table: Standing, name: str) -> str:
        """Compare texts: some types have no equality."""
        return f"{self.quote(name)}::text"

    def letting_go(self, place: Place) -> tuple[str, ...]:
        """Drop it with its partitions."""
        return (f"DROP TABLE {self.at(place)} CASCADE",)

    def orphans(self, table: Standing) -> tuple[str, ...]:
        """Ask the catalogue for its foreign keys."""
        out = []
        for parent, _, columns, referred in self.rows_of(FOREIGN_KEYS.format(name=literal(self.named(table)))):
            nulls = " OR ".join(f"kept.{self.quote(one)} IS NULL" for one in columns)
            pairs = " AND ".join(
                f"parent.{self.quote(other)} = kept.{self.quote(one)}"
                for one, other in zip(columns, referred, strict=True)
            )
            out.append(f"({nulls} OR EXISTS (SELECT 1 FROM {parent} AS parent WHERE {pairs}))")
        return tuple(out)
