"""Values that are gone afterwards, or others than before; and what works only where the rows allow it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import alone, call, columns, execute, listed, name, placed, steps
from whimbrel.hazards.case import Case
from whimbrel.hazards.hazard import Hazard, Rule, Severity

if TYPE_CHECKING:
    from whimbrel.backends.observed import Fact, Observation

EVERYWHERE = "all servers"
MARIADB = ("mariadb", "mysql")


def has_rows(case: Case, table: str) -> Severity:
    """How bad it is where rows are lost or in the way: a note if there are none, a warning where that is not known."""
    rows = case.size(table).rows
    return Severity.WARNING if rows is None else Severity.ERROR if rows else Severity.NOTE


def _of_drop(case: Case, table: str) -> tuple[Severity, str]:
    """Return how bad a drop is, and what becomes of what is dropped."""
    if case.keeps_drops:
        return Severity.NOTE, "`flask db upgrade` keeps it in the archive; other ways to run the script do not."
    return has_rows(case, table), "Nothing keeps it: no downgrade brings it back."


def may_meet_rows(case: Case, table: str) -> Severity:
    """How bad it is where rows may be in the way."""
    return Severity.NOTE if case.size(table).rows == 0 else Severity.WARNING


def gone_tables(seen: Observation) -> set[str]:
    """Return the tables that a statement has dropped."""
    return {one.fact.name for one in seen.effects if one.kind == "table" and one.is_gone}


def _table(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("table"):
        table = effect.fact.name
        severity, kept = _of_drop(case, table)
        if effect.is_gone and case.is_old(table):
            yield case.hazard(
                rule,
                seen,
                severity,
                f"drops table {table}{case.size(table).words}",
                why=f"Its rows go with it, its triggers and its rights. {kept}",
                do=f"keep a copy ({_copy(case, table)}), and drop it a release after the code that used it",
                table=table,
            )


def _copy(case: Case, table: str) -> str:
    own, _ = placed(table)
    return f"CREATE TABLE {name(case.server, own + '_kept')} AS SELECT * FROM {name(case.server, table)}"


def _column(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column = effect.fact
        severity, kept = _of_drop(case, column.table)
        if (
            effect.is_gone
            and column.table not in gone_tables(seen)
            and case.is_old(column.table)
            and not column.get("generated")
        ):
            yield case.hazard(
                rule,
                seen,
                severity,
                f"drops column {column.table}.{column.name}{case.size(column.table).words}",
                why=f"Its values go with it, and the indexes and constraints that it is part of. {kept}",
                do="release code that does not use it, then drop it; if it is a rename: "
                + call("alter_column", placed(column.table)[0], column.name, new_column_name="…"),
                table=column.table,
            )


def _children(case: Case, rule: Rule) -> Iterator[Hazard]:
    if case.session.get("foreign_keys") != "1":
        return
    for seen, effect in case.effects("table"):
        table = effect.fact.name
        keys = [fact for fact in case.before.values() if fact.kind == "constraint" and fact.get("parent") == table]
        children = sorted({fact.table for fact in keys} - {table})
        if effect.is_gone and case.is_old(table) and children:
            yield case.hazard(
                rule,
                seen,
                max((has_rows(case, one) for one in children), key=list(Severity).index),
                f"deletes the rows of {table} first, and with them those of {listed(children)} that refer to them",
                why="DROP TABLE does so while foreign_keys is on: ON DELETE CASCADE deletes, SET NULL forgets.",
                do=f"op.batch_alter_table({table!r}) changes a table, and drops none",
                table=children[0],
            )


def _schema(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("schema"):
        if effect.is_gone:
            lost = sorted(gone_tables(seen))
            yield case.hazard(
                rule,
                seen,
                Severity.ERROR if lost else Severity.WARNING,
                f"drops schema {effect.fact.name}" + (f" with {listed(lost)}" if lost else ""),
                why="All that is in it goes with it.",
                do=execute(f"DROP SCHEMA {name(case.server, effect.fact.name)} RESTRICT"),
            )
    for seen in case.statements:
        if re.match(r"\s*DROP\s+(DATABASE|SCHEMA)\b", seen.sql, re.I) and not seen.effects and not seen.error:
            yield case.hazard(
                rule,
                seen,
                Severity.ERROR,
                "drops a database",
                why="All that is in it goes with it.",
                do="remove the statement: whoever drops a database does it by hand",
            )


def _truncated(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        named = [one.table for one in seen.writes_by("TRUNCATE")]
        if not named or seen.error:
            continue
        tables = [one for one in seen.rewritten or named if case.is_old(one)]
        further = [one for one in tables if one not in named]
        if tables:
            yield case.hazard(
                rule,
                seen,
                max((has_rows(case, one) for one in tables), key=list(Severity).index),
                f"empties {listed(tables)}",
                why=f"CASCADE takes {listed(further)} along, which the statement does not name."
                if further
                else "All rows go.",
                do=execute(f"TRUNCATE {', '.join(name(case.server, one) for one in tables)}"),
                table=tables[0],
            )


_PARTITIONS = re.compile(
    r"\s*ALTER\s+(?:\w+\s+)*?TABLE\s+(?:IF\s+EXISTS\s+)?`?([\w$]+)`?\s+"
    r"(DROP|TRUNCATE)\s+PARTITION\s+(?:IF\s+EXISTS\s+)?(.+)",
    re.I | re.S,
)


def _partitions(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        found = _PARTITIONS.match(seen.sql)
        if found is None or seen.error or not case.is_old(found[1]):
            continue
        table, parts = found[1], " ".join(found[3].split())
        which = f"partition {parts}" if parts.upper() != "ALL" else "all partitions"
        away = execute(f"ALTER TABLE {name(case.server, table)} EXCHANGE PARTITION {parts} WITH TABLE …")
        yield case.hazard(
            rule,
            seen,
            has_rows(case, table),
            f"{'drops' if found[2].upper() == 'DROP' else 'empties'} {which} of {table}{case.size(table).words}",
            why="The rows in it go with it, and nothing keeps them: no downgrade brings them back.",
            do=steps("# first, into a table that is like it, and keeps the rows", alone(away)),
            table=table,
        )


def _sequence(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("sequence"):
        if effect.is_gone and not effect.fact.get("owned"):
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"drops sequence {effect.fact.name}",
                why="The number that it stands at is lost: made again, it begins at 1, with numbers that are taken.",
                do=f"note its position first: SELECT last_value FROM {name(case.server, effect.fact.name)}",
            )


def _deleted(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        for one in seen.writes_by("DELETE"):
            if not case.is_old(one.table) or seen.error:
                continue
            yield case.hazard(
                rule,
                seen,
                has_rows(case, one.table) if one.is_whole else may_meet_rows(case, one.table),
                f"deletes {'all rows' if one.is_whole else 'rows'} of {one.table}{case.size(one.table).words}",
                why="No downgrade brings them back.",
                do=execute(_copy(case, one.table)) + "   # first",
                table=one.table,
            )


def _nulls(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column = effect.fact
        if effect.change("not null") != ("", "true") or not case.is_old(column.table) or column.get("generated"):
            continue
        if seen.effects and any(one.kind == "constraint" and one.fact.get("type") == "p" for one in seen.effects):
            continue
        where, own = name(case.server, column.table), name(case.server, column.name)
        if _is_filled(case, seen, column) or _is_checked(case, column):
            continue
        yield case.hazard(
            rule,
            seen,
            may_meet_rows(case, column.table),
            f"makes {column.table}.{column.name} NOT NULL, and fails if a row has no value there",
            why="On an empty database that cannot be seen.",
            do=execute(f"UPDATE {where} SET {own} = … WHERE {own} IS NULL"),
            table=column.table,
        )


def _is_filled(case: Case, seen: Observation, column: Fact) -> bool:
    """Tell whether an earlier statement gives the rows without a value one."""
    earlier = case.statements[: case.statements.index(seen)]
    return any(
        column.table in [write.table for write in one.writes_by("UPDATE")]
        and re.search(rf"\b{re.escape(column.name)}\b", one.sql)
        for one in earlier
    )


def _is_checked(case: Case, column: Fact) -> bool:
    """Tell whether a CHECK says already that there is no NULL."""
    found = [fact for fact in case.before.values() if fact.kind == "constraint" and fact.table == column.table]
    wanted = f"{column.name} is not null"
    return any(fact.get("validated") and wanted in fact.get("definition").lower().replace('"', "") for fact in found)


def _required(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column = effect.fact
        given = column.get("default") or column.get("identity") or column.get("generated")
        if not effect.is_made or not column.get("not null") or given or not case.is_old(column.table):
            continue
        implicit = case.server.kind in MARIADB
        table, schema = placed(column.table)
        yield case.hazard(
            rule,
            seen,
            may_meet_rows(case, column.table),
            f"adds {column.table}.{column.name} NOT NULL without a default",
            name="changes-data" if implicit else rule.effect,
            why="The rows that are there get a value that nobody chose: 0, '' or 0000-00-00."
            if implicit
            else "Rows that are there have no value for it, and the server refuses; it also refuses the rows that "
            "the code which runs now inserts.",
            do=steps(
                f'op.add_column("{table}", sa.Column("{column.name}", …, nullable=True))',
                "# fill the rows, then in a later script",
                call("alter_column", table, column.name, nullable=False, schema=schema),
            ),
            table=column.table,
        )


def _unique(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("index"):
        index = effect.fact
        if not index.get("unique") or not case.is_old(index.table) or effect.is_gone:
            continue
        if not (effect.is_made or effect.change("unique") == ("", "true")):
            continue
        keys = columns(index)
        shown, where = ", ".join(name(case.server, one) for one in keys), name(case.server, index.table)
        new = all(_is_new(case, index.table, one) for one in keys)
        if index.get("primary") or new:
            continue
        yield case.hazard(
            rule,
            seen,
            may_meet_rows(case, index.table),
            f"makes {listed(keys)} of {index.table} unique, and fails if two rows have the same",
            why="On an empty database that cannot be seen.",
            do=f"first: SELECT {shown}, count(*) FROM {where} GROUP BY {shown} HAVING count(*) > 1",
            table=index.table,
        )


def _is_new(case: Case, table: str, column: str) -> bool:
    return column not in {fact.name for fact in case.columns_of(table)}


def _rules(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("constraint"):
        key = effect.fact
        if not effect.is_made or key.get("type") not in ("c", "f") or key.get("domain") or not key.get("validated"):
            continue
        if not case.is_old(key.table) or (columns(key) and all(_is_new(case, key.table, one) for one in columns(key))):
            continue
        if any(one.change("partition of") and one.fact.name == key.table for one in seen.effects):
            continue  # DETACH … CONCURRENTLY leaves the partition's bounds as a CHECK: its rows keep it
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"fails if a row of {key.table} breaks {key.name}: {key.get('definition')}",
            why="On an empty database that cannot be seen.",
            do=f"count these rows in production first{_orphans(case, key)}",
            table=key.table,
        )


def _orphans(case: Case, key: Fact) -> str:
    if key.get("type") != "f" or len(columns(key)) != 1:
        return ""
    (column,) = columns(key)
    where = name(case.server, key.table)
    return (
        f": SELECT count(*) FROM {where} WHERE {name(case.server, column)} NOT IN (SELECT … FROM {key.get('parent')})"
    )


_LENGTH = re.compile(
    r"^(?:character varying|character|varchar|char|numeric|decimal|bit|bit varying|varbinary)\((\d+)(?:,\s*(\d+))?\)"
)
_RANKS = ("tinyint", "smallint", "mediumint", "int", "integer", "bigint")


def _narrower(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        pair, column = effect.change("type"), effect.fact
        if pair is None or not case.is_old(column.table) or not is_narrower(*pair):
            continue
        yield case.hazard(
            rule,
            seen,
            may_meet_rows(case, column.table),
            f"narrows {column.table}.{column.name}: {pair[0]} → {pair[1]}",
            why="Values that do not fit stop it, are cut or rounded: that depends on the server and its mode.",
            do="look for such values in production first; keep the old column until the new one has been seen to hold",
            table=column.table,
        )


def is_narrower(old: str, new: str) -> bool:
    """Tell whether a type holds less than another one."""
    before, after = _LENGTH.match(old), _LENGTH.match(new)
    kinds = [one.partition("(")[0] for one in (old, new)]
    if after and (before is None or kinds[0] != kinds[1]):
        return before is None and kinds[0] in (
            "text",
            "character varying",
            "longtext",
            "mediumtext",
            "numeric",
        )
    if before and after:
        whole = int(after[1]) - int(after[2] or 0) < int(before[1]) - int(before[2] or 0)
        return whole or int(after[2] or 0) < int(before[2] or 0) or int(after[1]) < int(before[1])
    places = [_RANKS.index(word) for one in (old, new) if (word := one.split("(")[0].split()[0]) in _RANKS]
    return len(places) == 2 and places[1] < places[0]


RULES: tuple[Rule, ...] = (
    Rule("table-dropped", "loses-data", (), EVERYWHERE, _table),
    Rule("children-deleted", "loses-data", ("sqlite",), "SQLite, all versions", _children),
    Rule("column-dropped", "loses-data", (), EVERYWHERE, _column),
    Rule("schema-dropped", "loses-data", (), EVERYWHERE, _schema),
    Rule("table-emptied", "loses-data", (), EVERYWHERE, _truncated),
    Rule("partition-dropped", "loses-data", MARIADB, "MariaDB, MySQL", _partitions),
    Rule("sequence-dropped", "loses-data", ("postgresql", "mariadb"), "PostgreSQL, MariaDB", _sequence),
    Rule("rows-deleted", "loses-data", (), EVERYWHERE, _deleted),
    Rule("nulls-in-the-way", "may-fail", (), EVERYWHERE, _nulls),
    Rule("required-column", "may-fail", (), EVERYWHERE, _required),
    Rule("duplicates-in-the-way", "may-fail", (), EVERYWHERE, _unique),
    Rule("rows-in-the-way", "may-fail", (), EVERYWHERE, _rules),
    Rule("type-narrowed", "may-fail", (), EVERYWHERE, _narrower),
)
