"""Why a statement works under a lock on PostgreSQL, and what to do instead.

Locks: PostgreSQL documentation, "ALTER TABLE" and "CREATE INDEX"; what can be said without a lock that others feel:
the same pages, under NOT VALID, USING INDEX and CONCURRENTLY.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whimbrel.hazards import advice
from whimbrel.hazards.advice import LATER, alone, call, columns, execute, listed, name, placed, steps
from whimbrel.hazards.causes import Cause, Told, first, uses_index, word

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact, Observation
    from whimbrel.hazards.case import Case

ALL = "PostgreSQL, all versions"


def _index(case: Case, seen: Observation) -> Told | None:
    made = [one for one in seen.effects if one.kind == "index" and one.is_made and case.is_old(one.fact.table)]
    if not made or word(seen, "ALTER"):
        return None
    index = made[0].fact
    return Told(f"builds index {index.name} on {index.table}", alone(concurrent_index(case, index)))


def concurrent_index(case: Case, index: Fact) -> str:
    """Return the line that builds an index beside the writers."""
    table, schema = placed(index.table)
    if index.get("partial") or index.get("method") not in ("", "btree") or "?" in index.get("columns"):
        definition = index.get("definition").replace(f" ON {index.get('schema')}.", " ON ", 0 if schema else 1)
        return execute(re.sub(r"^CREATE (UNIQUE )?INDEX ", r"CREATE \1INDEX CONCURRENTLY ", definition))
    unique = True if index.get("unique") else None
    return call(
        "create_index", index.name, table, columns(index), unique=unique, schema=schema, postgresql_concurrently=True
    )


def _reindex(case: Case, seen: Observation) -> Told | None:
    if not word(seen, "REINDEX"):
        return None
    text = " ".join(seen.sql.split())
    better = re.sub(
        r"^(REINDEX\s+(?:\([^)]*\)\s*)?(?:TABLE|INDEX|SCHEMA|DATABASE))\s", r"\1 CONCURRENTLY ", text, flags=re.I
    )
    return Told("builds indexes anew", alone(execute(better)))


def _foreign_key(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "f")
    if found is None or not found.fact.get("validated"):
        return None
    key = found.fact
    what = f"looks up every row of {key.table} in {key.get('parent')} for foreign key {key.name}"
    return Told(what, _not_valid(case, key))


def _check(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "c")
    if found is None or not found.fact.get("validated") or found.fact.get("domain"):
        return None
    return Told(f"reads every row of {found.fact.table} for CHECK {found.fact.name}", _not_valid(case, found.fact))


def _not_valid(case: Case, constraint: Fact) -> str:
    table, own = name(case.server, constraint.table), name(case.server, constraint.name)
    return steps(
        execute(f"ALTER TABLE {table} ADD CONSTRAINT {own} {constraint.get('definition')} NOT VALID"),
        LATER,
        execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {own}"),
    )


def _unique(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "u")
    if found is None or _is_of_new_columns(seen, found.fact):
        return None
    key = found.fact
    return Told(f"builds the index of unique constraint {key.name} on {key.table}", _using_index(case, key, "UNIQUE"))


def _using_index(case: Case, key: Fact, kind: str) -> str:
    table, schema = placed(key.table)
    index = call(
        "create_index", key.name, table, columns(key), unique=True, schema=schema, postgresql_concurrently=True
    )
    own = name(case.server, key.name)
    how = execute(f"ALTER TABLE {name(case.server, key.table)} ADD CONSTRAINT {own} {kind} USING INDEX {own}")
    return steps(alone(index), how)


def _primary_key(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "p")
    if found is None or uses_index(seen) or _is_of_new_columns(seen, found.fact):
        return None
    key = found.fact
    how = steps(f"# first, if they are not: {listed(columns(key))} NOT NULL", _using_index(case, key, "PRIMARY KEY"))
    return Told(f"builds the index of primary key {key.name} on {key.table}", how)


def _is_of_new_columns(seen: Observation, key: Fact) -> bool:
    """Tell whether a statement adds the columns of a key together with it, so that the key is not what costs."""
    added = {one.fact.name for one in seen.effects if one.kind == "column" and one.is_made}
    return bool(seen.rewritten) and set(columns(key)) <= added


def _primary_key_nullable(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "p")
    changed = [one for one in seen.effects if one.kind == "column" and one.change("not null") == ("", "true")]
    if found is None or not changed:
        return None
    names = [one.fact.name for one in changed]
    what = f"reads every row of {found.fact.table} since {listed(names)} may be NULL and becomes a primary key"
    return Told(what, steps(*(not_null_by_check(case, found.fact.table, one) for one in names)))


def _exclusion(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "x")
    if found is None:
        return None
    what = f"builds the index of exclusion constraint {found.fact.name} on {found.fact.table}"
    return Told(what, "no form of it lets others write meanwhile: add it while the table is small or nobody writes")


def _not_null(case: Case, seen: Observation) -> Told | None:
    changed = [one for one in seen.effects if one.kind == "column" and one.change("not null") == ("", "true")]
    if not changed:
        return None
    column = changed[0].fact
    what = f"reads every row of {column.table} to see that {column.name} has no NULL"
    return Told(what, not_null_by_check(case, column.table, column.name))


def not_null_by_check(case: Case, table: str, column: str) -> str:
    """Return how a column becomes NOT NULL without reading the table under a lock."""
    where, what = name(case.server, table), name(case.server, column)
    if case.server.is_at_least(18):
        own = name(case.server, f"{placed(table)[0]}_{column}_not_null")
        return steps(
            execute(f"ALTER TABLE {where} ADD CONSTRAINT {own} NOT NULL {what} NOT VALID"),
            LATER,
            execute(f"ALTER TABLE {where} VALIDATE CONSTRAINT {own}"),
        )
    own = name(case.server, f"{column}_not_null")
    bare, schema = placed(table)
    return steps(
        execute(f"ALTER TABLE {where} ADD CONSTRAINT {own} CHECK ({what} IS NOT NULL) NOT VALID"),
        LATER,
        execute(f"ALTER TABLE {where} VALIDATE CONSTRAINT {own}"),
        "# and in the one after that:",
        call("alter_column", bare, column, nullable=False, schema=schema),
        call("drop_constraint", f"{column}_not_null", bare, schema=schema),
    )


def _zones(case: Case, seen: Observation) -> Told | None:
    found = _retyped(seen)
    if found is None or not seen.rewritten:
        return None
    types = [one.removesuffix("out time zone") for one in found.change("type") or ()]
    if not all(one.startswith("timestamp") for one in types):
        return None
    column = found.fact
    what = f"writes {column.table} anew for {column.name}: {' → '.join(found.change('type') or ())}"
    return Told(what, steps(execute("SET LOCAL TimeZone = 'UTC'"), "# then, without USING: " + _alter(column)))


def _alter(column: Fact) -> str:
    table, schema = placed(column.table)
    return f'op.alter_column("{table}", "{column.name}", type_=…{f", schema={schema!r}" if schema else ""})'


def _type(case: Case, seen: Observation) -> Told | None:
    found = _retyped(seen)
    if found is None or not seen.rewritten:
        return None
    column, (old, new) = found.fact, found.change("type") or ("", "")
    table, schema = placed(column.table)
    what = f"writes {column.table} anew for {column.name}: {old} → {new}"
    return Told(
        what,
        steps(
            f'op.add_column("{table}", sa.Column("{column.name}_new", …){f", schema={schema!r}" if schema else ""})',
            "# then keep both in step with a trigger, fill the rows in portions, and in a later script let the new",
            "# column take the old one's name",
        ),
    )


def _retyped(seen: Observation) -> Effect | None:
    return first(seen, "column", lambda one: one.change("type") is not None)


def _type_and_checks(case: Case, seen: Observation) -> Told | None:
    found = _retyped(seen)
    if found is None or seen.rewritten:
        return None
    column = found.fact
    checks = [
        fact
        for fact in case.before.values()
        if fact.kind == "constraint" and fact.get("type") == "c" and column.name in columns(fact)
        and fact.table == column.table
    ]  # fmt: skip
    if not checks:
        return None
    table, schema = placed(column.table)
    return Told(
        f"reads every row of {column.table} since {column.name} has a CHECK and a new type",
        steps(
            *(call("drop_constraint", one.name, table, schema=schema) for one in checks),
            _alter(column),
            *(_not_valid(case, one) for one in checks),
        ),
    )


def _added(seen: Observation) -> Fact | None:
    found = first(seen, "column", lambda one: one.is_made)
    return found.fact if found and seen.rewritten else None


def _computed(case: Case, seen: Observation) -> Told | None:
    column = _added(seen)
    if column is None or column.get("generated") != "s":
        return None
    how = (
        "make it VIRTUAL: sa.Computed(…, persisted=False)"
        if case.server.is_at_least(18)
        else "a plain column that a trigger fills, and the rows that are there in portions"
    )
    return Told(f"writes {column.table} anew for the computed column {column.name}", how)


def _numbered(case: Case, seen: Observation) -> Told | None:
    column = _added(seen)
    if column is None or not (column.get("identity") or column.get("default").startswith("nextval(")):
        return None
    table, schema = placed(column.table)
    where = f", schema={schema!r}" if schema else ""
    sequence = name(case.server, f"{column.table}_{column.name}_seq")
    counts = f"sa.text(\"nextval('{table}_{column.name}_seq')\")"
    return Told(
        f"writes {column.table} anew to number its rows in {column.name}",
        steps(
            f'op.execute(sa.schema.CreateSequence(sa.Sequence("{table}_{column.name}_seq"{where})))',
            f'op.add_column("{table}", sa.Column("{column.name}", sa.BigInteger(), nullable=True){where})',
            f'op.alter_column("{table}", "{column.name}", server_default={counts}{where})',
            execute(f"ALTER SEQUENCE {sequence} OWNED BY {name(case.server, column.table, column.name)}"),
            "# then number the rows that are there in portions",
        ),
    )


def _volatile(case: Case, seen: Observation) -> Told | None:
    column = _added(seen)
    if column is None or not column.get("default"):
        return None
    table, schema = placed(column.table)
    where = f", schema={schema!r}" if schema else ""
    default = column.get("default").replace('"', '\\"')
    return Told(
        f"writes {column.table} anew: {column.get('default')} is another value for each row of {column.name}",
        steps(
            f'op.add_column("{table}", sa.Column("{column.name}", …, nullable=True){where})',
            f'op.alter_column("{table}", "{column.name}", server_default=sa.text("{default}"){where})',
            "# then give the rows that are there their values in portions",
        ),
    )


def _detached(case: Case, seen: Observation) -> Told | None:
    if not re.search(r"\b(ATTACH)\s+PARTITION\b", seen.sql, re.I):
        return None
    return Told(
        "reads every row of the new partition to see that it belongs there",
        "before: a CHECK on the table that says what the partition says, NOT VALID and then VALIDATE: it is not read",
    )


def _vacuum(case: Case, seen: Observation) -> Told | None:
    if not (word(seen, "CLUSTER") or word(seen, "VACUUM")):
        return None
    return Told(
        f"writes {listed(seen.rewritten)} anew to save space", "pg_repack, outside of any migration; or plain VACUUM"
    )


def _domain(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and bool(one.fact.get("domain")))
    if found is None:
        return None
    domain, own = name(case.server, found.fact.table), name(case.server, found.fact.name)
    what = f"reads every table that has a column of domain {found.fact.table} for CHECK {found.fact.name}"
    add = execute(f"ALTER DOMAIN {domain} ADD CONSTRAINT {own} {found.fact.get('definition')} NOT VALID")
    return Told(what, steps(add, LATER, execute(f"ALTER DOMAIN {domain} VALIDATE CONSTRAINT {own}")))


def _refresh(case: Case, seen: Observation) -> Told | None:
    if not word(seen, "REFRESH"):
        return None
    text = re.sub(
        r"(MATERIALIZED\s+VIEW)\s+(?!CONCURRENTLY)", r"\1 CONCURRENTLY ", " ".join(seen.sql.split()), flags=re.I
    )
    return Told("reads what the view is made of", steps("# the view needs a unique index", execute(text)))


def _logged(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "table", lambda one: one.change("persistence") is not None)
    if found is None:
        return None
    return Told(
        f"writes {found.fact.name} anew to make it {'un' if found.fact.get('persistence') == 'u' else ''}logged",
        advice.SMALL,
    )


CAUSES = (
    Cause("index-without-concurrently", "blocks-writes", ALL, _index),
    Cause("reindex-without-concurrently", "blocks-reads", "PostgreSQL 12 and later", _reindex),
    Cause("foreign-key-checked-at-once", "blocks-writes", ALL, _foreign_key),
    Cause("check-checked-at-once", "blocks-reads", ALL, _check),
    Cause("unique-built-at-once", "blocks-reads", ALL, _unique),
    Cause("primary-key-over-null", "blocks-reads", ALL, _primary_key_nullable),
    Cause("primary-key-built-at-once", "blocks-reads", ALL, _primary_key),
    Cause("exclusion-constraint", "blocks-reads", ALL, _exclusion),
    Cause("domain-constraint", "blocks-writes", ALL, _domain),
    Cause("timestamp-zone", "rewrites-table", ALL, _zones),
    Cause("type-rewrites", "rewrites-table", ALL, _type),
    Cause("type-with-check", "blocks-reads", ALL, _type_and_checks),
    Cause("not-null-scan", "blocks-reads", ALL, _not_null),
    Cause("computed-column", "rewrites-table", ALL, _computed),
    Cause("numbered-column", "rewrites-table", ALL, _numbered),
    Cause("volatile-default", "rewrites-table", ALL, _volatile),
    Cause("partition-attached", "blocks-reads", ALL, _detached),
    Cause("vacuum-full", "rewrites-table", ALL, _vacuum),
    Cause("view-refreshed", "rewrites-table", ALL, _refresh),
    Cause("logging-changed", "rewrites-table", ALL, _logged),
)
