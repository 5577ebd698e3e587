"""What the code that runs now does not expect: names that are gone, values, rights and rules that changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.backends.generic import first_word
from whimbrel.hazards.advice import call, columns, execute, listed, name, placed, steps
from whimbrel.hazards.case import Case
from whimbrel.hazards.hazard import Hazard, Rule, Severity
from whimbrel.hazards.loss import gone_tables

if TYPE_CHECKING:
    from whimbrel.backends.observed import Fact

EVERYWHERE, POSTGRESQL = "all servers", "PostgreSQL, all versions"
OLD_CODE = "While the new code is rolled out, and after a roll-back, code runs that "


def _column_renamed(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column, old = effect.fact, effect.renamed_from
        if not old or not case.is_old(column.table):
            continue
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING,
            f"renames {column.table}.{old} to {column.name}",
            why=f"{OLD_CODE}asks for {old}.",
            do=f'keep the name in the database and rename in the model: {column.name} = mapped_column("{old}", …); '
            "or add the new column, write both, and drop the old one in a later release",
            table=column.table,
        )


def _table_renamed(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("table"):
        new, old = effect.fact.name, effect.renamed_from
        if not old or old not in case.tables_before or _has_view(case, old):
            continue
        view = f"CREATE VIEW {name(case.server, old)} AS SELECT * FROM {name(case.server, new)}"
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING,
            f"renames table {old} to {new}",
            why=f"{OLD_CODE}asks for {old}.",
            do=steps("# in the same script; it can be dropped with the next release", execute(view)),
            table=new,
        )


def _has_view(case: Case, table: str) -> bool:
    return any(effect.is_made and effect.fact.name == table for _, effect in case.effects("view"))


def _schema_renamed(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("schema"):
        if effect.renamed_from:
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"renames schema {effect.renamed_from} to {effect.fact.name}",
                why=f"{OLD_CODE}asks for {effect.renamed_from}.",
                do="make the new schema, move the tables one by one, and leave a view under each old name",
            )


def _value_renamed(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("enum value"):
        if effect.renamed_from:
            old, new, kind = effect.renamed_from, effect.fact.name, effect.fact.table
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"renames value {old!r} of {kind} to {new!r}",
                why=f"{OLD_CODE}writes {old!r}, and meets {new!r}.",
                do=execute(f"ALTER TYPE {name(case.server, kind)} ADD VALUE '{new}' AFTER '{old}'")
                + "\n# then accept both, move the rows, and stop writing the old one",
            )


def _gone(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column", "table"):
        fact = effect.fact
        table = fact.table or fact.name
        if not effect.is_gone or not case.is_old(table) or (fact.kind == "column" and table in gone_tables(seen)):
            continue
        what = f"{fact.kind} {table}.{fact.name}" if fact.kind == "column" else f"table {table}"
        if fact.kind == "table" and (now := columns_of_successor(case, table)) is not None:
            missing = [one.name for one in case.columns_of(table) if one.name not in now]
            if not missing:
                continue  # it is made again, with all that the code knows
            what = f"table {table}, and makes it again without {listed(missing)}"
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING,
            f"drops {what}",
            why=f"{OLD_CODE}reads and writes it: SQLAlchemy names every column of a model in its SELECT.",
            do="first release code without it (the attribute with deferred=True, or out of the model), then drop it",
            table=table,
        )


def columns_of_successor(case: Case, table: str) -> set[str] | None:
    """Return the columns of what has a table's name when the script is done, if that is another one; else None."""
    called = [one for _, one in case.effects("table") if one.now and one.now.name == table]
    if not called or not (called[-1].is_made or called[-1].renamed_from):
        return None
    names = {table, called[-1].renamed_from}
    made = [one for _, one in case.effects("column") if one.fact.table in names and one.was is None]
    return {one.fact.name for one in made}


def _nullable(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column = effect.fact
        if effect.change("not null") != ("true", "") or not case.is_old(column.table):
            continue
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"lets {column.table}.{column.name} be NULL",
            why=f"{OLD_CODE}takes it for granted that there is a value.",
            do="first release code that can read NULL there",
            table=column.table,
        )


def _json(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column = effect.fact
        if column.get("type") == "json" and (effect.is_made or effect.change("type")):
            table, _ = placed(column.table)
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING if case.is_old(column.table) else Severity.NOTE,
                f"makes {column.table}.{column.name} json",
                why="json has no equality: SELECT DISTINCT and UNION over the table's columns fail from then on.",
                do=f'op.add_column("{table}", sa.Column("{column.name}", sa.dialects.postgresql.JSONB()))',
                table=column.table,
            )


def _default(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        pair, column = effect.change("default"), effect.fact
        if pair is None or not case.is_old(column.table) or effect.change("type") or not pair[0]:
            continue
        now = pair[1] or "none"
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING if not pair[1] and column.get("not null") else Severity.NOTE,
            f"changes the default of {column.table}.{column.name}: {pair[0]} → {now}",
            why=f"{OLD_CODE}leaves the column out of its INSERT, and counts on {pair[0]}.",
            do="first release code that writes the value itself",
            table=column.table,
        )


def _replica(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("table"):
        if effect.change("replica identity"):
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"changes how rows of {effect.fact.name} are known to replicas",
                why="Who follows the table by logical replication gets other keys with an UPDATE or DELETE.",
                do="ask whoever reads the replication stream, before it runs",
                table=effect.fact.name,
            )


def _guard(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("constraint"):
        key = effect.fact
        if not effect.is_gone or key.table in gone_tables(seen) or not case.is_old(key.table) or _replaced(case, key):
            continue
        if key.get("type") not in ("f", "c", "u", "p", "x") or set(columns(key)) & _gone_columns(case, key.table):
            continue
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"drops {RULE_KINDS[key.get('type')]} {key.name} of {key.table}",
            why="From then on rows can be written that it would have refused, and the downgrade may fail at them.",
            do="be sure that the code keeps the rule, or that it is no rule any more",
            table=key.table,
        )


RULE_KINDS = {
    "f": "foreign key",
    "c": "CHECK",
    "u": "unique constraint",
    "p": "primary key",
    "x": "exclusion constraint",
}


def _gone_columns(case: Case, table: str) -> set[str]:
    return {one.fact.name for _, one in case.effects("column") if one.is_gone and one.fact.table == table}


def _replaced(case: Case, key: Fact) -> bool:
    same = [one.fact for _, one in case.effects("constraint") if one.is_made and one.fact.table == key.table]
    return any(one.get("type") == key.get("type") and one.get("columns") == key.get("columns") for one in same)


def _index_dropped(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("index"):
        index = effect.fact
        if not effect.is_gone or not case.is_old(index.table) or index.table in gone_tables(seen):
            continue
        if set(columns(index)) & _gone_columns(case, index.table) or _covered(case, index):
            continue
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"drops index {index.name} ({index.get('columns')}) of {index.table}{case.size(index.table).words}",
            why="Queries that went by it read the whole table from then on.",
            do=_hide(case, index),
            table=index.table,
        )


def _hide(case: Case, index: Fact) -> str:
    if case.server.kind == "mariadb":
        return (
            execute(f"ALTER TABLE {name(case.server, index.table)} ALTER INDEX {name(case.server, index.name)} IGNORED")
            + "   # for a while first"
        )
    if case.server.kind == "mysql":
        return (
            execute(
                f"ALTER TABLE {name(case.server, index.table)} ALTER INDEX {name(case.server, index.name)} INVISIBLE"
            )
            + "   # for a while first"
        )
    if case.server.kind == "postgresql":
        return (
            f"SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '{index.name}'   -- first, in production"
        )
    return "build the index that takes its place first"


def _covered(case: Case, index: Fact) -> bool:
    """Tell whether another index begins with the same columns when the script is done."""
    gone = {one.fact.name for _, one in case.effects("index") if one.is_gone}
    made = [one.fact for _, one in case.effects("index") if not one.is_gone]
    others = [fact for fact in (*case.before.values(), *made) if fact.kind == "index" and fact.table == index.table]
    wanted = columns(index)
    return any(columns(one)[: len(wanted)] == wanted for one in others if one.name not in gone)


def _key_without_index(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("constraint"):
        key = effect.fact
        if not effect.is_made or key.get("type") != "f" or _covered(case, key):
            continue
        table, schema = placed(key.table)
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"foreign key {key.name} of {key.table} has no index on {key.get('columns')}",
            why=f"Each DELETE of a row of {key.get('parent')} reads all of {key.table}.",
            do=call("create_index", f"ix_{table}_{'_'.join(columns(key))}", table, columns(key), schema=schema),
            table=key.table,
        )


def _statistics(case: Case, rule: Rule) -> Iterator[Hazard]:
    analyzed = " ".join(one.sql for one in case.statements if first_word(one.sql) in ("ANALYZE", "VACUUM"))
    for seen, effect in case.effects("column"):
        column = effect.fact
        if (
            effect.change("type")
            and seen.rewritten
            and case.is_old(column.table)
            and not re.search(rf"\b{re.escape(column.table)}\b", analyzed)
        ):
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"takes the statistics of {column.table}.{column.name} away",
                why="Until the table is analyzed the server plans queries over the column blindly.",
                do=execute(f"ANALYZE {name(case.server, column.table)}") + "   # it reads a sample only",
                table=column.table,
            )


def _unplaced(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("enum value"):
        adds = re.search(r"\bADD\s+VALUE\b", seen.sql, re.I)
        if effect.is_made and adds and not re.search(r"\b(BEFORE|AFTER)\b", seen.sql, re.I):
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"puts {effect.fact.name!r} at the end of {effect.fact.table}",
                why="ORDER BY and < go by the order of the values, and it cannot be changed later.",
                do=execute(
                    f"ALTER TYPE {name(case.server, effect.fact.table)} ADD VALUE '{effect.fact.name}' AFTER '…'"
                ),
            )


RULES: tuple[Rule, ...] = (
    Rule("column-renamed", "breaks-old-code", (), EVERYWHERE, _column_renamed),
    Rule("table-renamed", "breaks-old-code", (), EVERYWHERE, _table_renamed),
    Rule("schema-renamed", "breaks-old-code", ("postgresql",), POSTGRESQL, _schema_renamed),
    Rule("enum-value-renamed", "breaks-old-code", ("postgresql",), POSTGRESQL, _value_renamed),
    Rule("used-by-old-code", "breaks-old-code", (), EVERYWHERE, _gone),
    Rule("null-allowed", "breaks-old-code", (), EVERYWHERE, _nullable),
    Rule("json-column", "breaks-old-code", ("postgresql",), POSTGRESQL, _json),
    Rule("default-changed", "breaks-old-code", (), EVERYWHERE, _default),
    Rule("replica-identity", "breaks-old-code", ("postgresql",), POSTGRESQL, _replica),
    Rule("guard-dropped", "drops-guard", (), EVERYWHERE, _guard),
    Rule("index-dropped", "slows-queries", (), EVERYWHERE, _index_dropped),
    Rule("key-without-index", "slows-queries", ("postgresql", "sqlite"), "PostgreSQL, SQLite", _key_without_index),
    Rule("statistics-lost", "slows-queries", ("postgresql",), POSTGRESQL, _statistics),
    Rule("enum-value-at-end", "breaks-old-code", ("postgresql",), POSTGRESQL, _unplaced),
)
