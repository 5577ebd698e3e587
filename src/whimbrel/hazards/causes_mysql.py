"""Why MariaDB and MySQL copy a table, or keep its writers waiting, and what to do instead.

MariaDB documentation, "InnoDB Online DDL Operations with the …"; MySQL Reference Manual, "Online DDL Operations".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whimbrel.hazards import advice
from whimbrel.hazards.advice import execute, name, placed, steps
from whimbrel.hazards.causes import Cause, Told, first, word

if TYPE_CHECKING:
    from whimbrel.backends.observed import Fact, Observation
    from whimbrel.hazards.case import Case

BOTH = "MariaDB, MySQL"
_ASKED = re.compile(r",?\s*\b(?:ALGORITHM\s*=?\s*COPY|LOCK\s*=?\s*(?:SHARED|EXCLUSIVE))\b", re.I)


def _asked(case: Case, seen: Observation) -> Told | None:
    if not _ASKED.search(seen.sql):
        return None
    better = _ASKED.sub("", " ".join(seen.sql.split()))
    if word(seen, "ALTER"):
        better = re.sub(r"(\bTABLE\s+\S+)\s*,\s*", r"\1 ", better, count=1, flags=re.I) + ","
    return Told("asks for a copy of the table, or for a lock that writers wait for", execute(f"{better} LOCK=NONE"))


def _foreign_key(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "f")
    if found is None:
        return None
    key = found.fact
    return Told(
        f"copies {key.table} to look up its rows in {key.get('parent')} for foreign key {key.name}",
        steps(
            "# first look that there are no orphans: the server will not",
            execute("SET foreign_key_checks = 0"),
            execute(" ".join(seen.sql.split())),
            execute("SET foreign_key_checks = 1"),
        ),
    )


def _check(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "constraint", lambda one: one.is_made and one.fact.get("type") == "c")
    if found is None:
        return None
    how = (
        execute(f"{' '.join(seen.sql.split())} NOT ENFORCED")
        if case.server.kind == "mysql"
        else "keep the rule in the code, or add it while nobody writes; gh-ost copies beside the writers"
    )
    return Told(f"copies {found.fact.table} to look at every row for CHECK {found.fact.name}", how)


def values_of(text: str) -> tuple[str, list[str]]:
    """Return whether a type is an enum or a set, and its values."""
    found = re.match(r"(enum|set)\((.*)\)", text, re.I | re.S)
    return (found[1].lower(), re.findall(r"'((?:[^']|'')*)'", found[2])) if found else ("", [])


def _of_values(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "column", lambda one: one.change("type") is not None)
    if found is None:
        return None
    (kind, old), (other, new) = (values_of(one) for one in found.change("type") or ("", ""))
    if not kind or kind != other:
        return None
    column = found.fact
    table, _ = placed(column.table)
    how = "takes values away" if set(old) - set(new) else "puts values between those that are there"
    wanted = ", ".join(f'"{one}"' for one in [*old, *(one for one in new if one not in old)])
    say = kind.upper() if kind == "set" else "Enum"
    return Told(
        f"copies {column.table} since {column.name} {how}: {', '.join(old)} → {', '.join(new)}",
        f'op.alter_column("{table}", "{column.name}", type_=sa.{say}({wanted}), existing_type=…)   # at the end',
    )


def _length(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "column", lambda one: one.change("type") is not None)
    if found is None:
        return None
    sizes = [re.match(r"varchar\((\d+)\)", one) for one in found.change("type") or ()]
    if not all(sizes) or int(sizes[1][1]) < int(sizes[0][1]):  # type: ignore[index]
        return None
    column: Fact = found.fact
    width = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "latin1": 1, "ascii": 1}.get(column.get("charset"), 4)
    table, _ = placed(column.table)
    return Told(
        f"copies {column.table} since {column.name} grows beyond 255 bytes ({255 // width} characters of "
        f"{column.get('charset')})",
        f'op.alter_column("{table}", "{column.name}", type_=sa.String({255 // width}), existing_type=…)',
    )


def _type(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "column", lambda one: one.change("type") is not None)
    if found is None:
        return None
    column, (old, new) = found.fact, found.change("type") or ("", "")
    table, _ = placed(column.table)
    return Told(
        f"copies {column.table} for {column.name}: {old} → {new}",
        steps(
            f'op.add_column("{table}", sa.Column("{column.name}_new", …))',
            "# then keep both in step with triggers, fill the rows in portions, and in a later script let the new",
            "# column take the old one's name; or gh-ost, pt-online-schema-change",
        ),
    )


def _added(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "column", lambda one: one.is_made)
    if found is None:
        return None
    column = found.fact
    table, _ = placed(column.table)
    if column.get("generated"):
        what, how = (
            f"the computed column {column.name}",
            f'sa.Column("{column.name}", …, sa.Computed(…, persisted=False))',
        )
    elif column.get("identity"):
        what, how = f"to number its rows in {column.name}", "a new table with the numbers, or a quiet hour"
    else:
        what = f"{column.name}: {column.get('default')} is another value for each row"
        how = steps(
            f'op.add_column("{table}", sa.Column("{column.name}", …, nullable=True))',
            "# then give the rows that are there their values in portions, and set the default last",
        )
    return Told(f"writes {column.table} anew for {what}", how)


def _index(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "index", lambda one: one.is_made and one.fact.get("method") in ("fulltext", "spatial"))
    if found is None:
        return None
    index = found.fact
    return Told(f"builds {index.get('method')} index {index.name} on {index.table}", advice.SMALL)


def _primary_key(case: Case, seen: Observation) -> Told | None:
    found = first(seen, "index", lambda one: bool(one.fact.get("primary")))
    if found is None or not found.is_gone:
        return None
    table = name(case.server, found.fact.table)
    return Told(
        f"copies {found.fact.table}, which is stored by its primary key",
        execute(f"ALTER TABLE {table} DROP PRIMARY KEY, ADD PRIMARY KEY (…)")
        + "   # in one statement it is done in place",
    )


def _partitions(case: Case, seen: Observation) -> Told | None:
    moved = first(seen, "partition", lambda one: True)
    of_parts = re.search(r"\bPARTITION(?:ING)?\b", seen.sql, re.I)
    if (
        not of_parts
        or not seen.rewritten
        or (moved is None and not re.search(r"\b(?:REBUILD|OPTIMIZE)\b", seen.sql, re.I))
    ):
        return None
    (table, *_) = seen.rewritten
    return Told(
        f"copies the rows of the partitions of {table} that it changes",
        "add and split partitions while they have no rows; gh-ost partitions a table beside its writers",
    )


CAUSES = (
    Cause("copy-asked-for", "rewrites-table", BOTH, _asked),
    Cause("foreign-key-copies", "rewrites-table", BOTH, _foreign_key),
    Cause("check-copies", "rewrites-table", BOTH, _check),
    Cause("values-reordered", "rewrites-table", BOTH, _of_values),
    Cause("varchar-beyond-255-bytes", "rewrites-table", BOTH, _length),
    Cause("type-copies", "rewrites-table", BOTH, _type),
    Cause("column-copies", "rewrites-table", BOTH, _added),
    Cause("partitions-copied", "rewrites-table", BOTH, _partitions),
    Cause("fulltext-index", "rewrites-table", BOTH, _index),
    Cause("primary-key-dropped", "rewrites-table", BOTH, _primary_key),
)
