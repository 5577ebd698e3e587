"""Values that MariaDB and MySQL change although nobody asked them to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import execute, listed, name, placed, steps
from whimbrel.hazards.case import Case
from whimbrel.hazards.causes_mysql import BOTH, values_of
from whimbrel.hazards.hazard import Hazard, Rule, Severity
from whimbrel.hazards.loss import may_meet_rows

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact, Observation

SERVERS = ("mariadb", "mysql")


def _one_value(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        column = effect.fact
        random = re.search(r"\brand\s*\(", column.get("default"), re.I)
        if effect.is_made and random and seen.way.startswith("INSTANT") and case.is_old(column.table):
            table, _ = placed(column.table)
            where, own = name(case.server, column.table), name(case.server, column.name)
            yield case.hazard(
                rule,
                seen,
                may_meet_rows(case, column.table),
                f"gives all rows of {column.table} the same {column.name}",
                why=f"INSTANT works {column.get('default')} out once, for all rows that are there.",
                do=steps(
                    f'op.add_column("{table}", sa.Column("{column.name}", …, nullable=True))',
                    execute(f"UPDATE {where} SET {own} = {column.get('default')}"),
                ),
                table=column.table,
            )


def _attributes(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        if effect.was is None or effect.now is None or not re.search(r"\b(MODIFY|CHANGE)\b", seen.sql, re.I):
            continue
        lost = _lost(seen, effect.was, effect.now)
        if lost and case.is_old(effect.fact.table):
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"takes {listed(lost)} away from {effect.fact.table}.{effect.fact.name}",
                why="MODIFY and CHANGE drop whatever of a column they do not repeat.",
                do="say it again: op.alter_column(…, existing_type=…, existing_server_default=…, existing_comment=…, "
                "existing_nullable=…)",
                table=effect.fact.table,
            )


def _lost(seen: Observation, was: Fact, now: Fact) -> list[str]:
    lost = [f"{key} {was.get(key)!r}" for key in ("default", "comment") if was.get(key) and not now.get(key)]
    if "unsigned" in was.get("type") and was.get("type").split("(")[0] == now.get("type").split("(")[0]:
        lost += [] if "unsigned" in now.get("type") else ["UNSIGNED"]
    if was.get("not null") and not now.get("not null") and not re.search(r"\bNULL\b", seen.sql, re.I):
        lost.append("NOT NULL")
    return lost


def _taken_away(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        (kind, old), (other, new) = (values_of(one) for one in effect.change("type") or ("", ""))
        gone = [one for one in old if one not in new]
        if kind and kind == other and gone:
            column = effect.fact
            yield case.hazard(
                rule,
                seen,
                may_meet_rows(case, column.table),
                f"takes {listed(gone)} away from {column.table}.{column.name}",
                why="Rows that have it stop the change in strict mode, and get '' without it.",
                do=execute(
                    f"UPDATE {name(case.server, column.table)} SET {name(case.server, column.name)} = … WHERE "
                    f"{name(case.server, column.name)} = '{gone[0]}'"
                )
                + "   # first",
                table=column.table,
            )


def _crosses(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("column"):
        (kind, old), (other, new) = (values_of(one) for one in effect.change("type") or ("", ""))
        if kind and kind == other and _width(kind, old) != _width(kind, new):
            column = effect.fact
            yield case.hazard(
                rule,
                seen,
                case.size(column.table).severity,
                f"brings {column.table}.{column.name} from {len(old)} values to {len(new)}, which take "
                f"{_width(kind, new)} bytes in place of {_width(kind, old)}",
                why="So all rows are written anew, though the values were put at the end.",
                do="a table of its own for the values, with a foreign key",
                table=column.table,
            )


def _width(kind: str, values: list[str]) -> int:
    if kind == "enum":
        return 1 if len(values) < 256 else 2
    bytes_ = (len(values) + 7) // 8
    return bytes_ if bytes_ <= 4 else 8


def _not_strict(case: Case, rule: Rule) -> Iterator[Hazard]:
    mode = case.session.get("sql_mode", "STRICT_TRANS_TABLES")
    for seen in case.statements:
        mode = seen.session.get("sql_mode", mode)
        for effect in seen.effects if "STRICT_" not in mode else ():
            if effect.kind != "column" or not _may_change(effect) or not case.is_old(effect.fact.table):
                continue
            yield case.hazard(
                rule,
                seen,
                may_meet_rows(case, effect.fact.table),
                f"changes values of {effect.fact.table}.{effect.fact.name} that do not fit, and says nothing",
                why=f"sql_mode is {mode or 'empty'}, not strict: NULL becomes 0 or '', what is too long is cut.",
                do=execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')"),
                table=effect.fact.table,
            )


def _may_change(effect: Effect) -> bool:
    return effect.change("type") is not None or effect.change("not null") == ("", "true")


RULES: tuple[Rule, ...] = (
    Rule("one-random-value", "changes-data", SERVERS, "MariaDB", _one_value),
    Rule("attributes-lost", "changes-data", SERVERS, BOTH, _attributes),
    Rule("value-taken-away", "may-fail", SERVERS, BOTH, _taken_away),
    Rule("values-need-more-room", "rewrites-table", SERVERS, BOTH, _crosses),
    Rule("mode-not-strict", "changes-data", SERVERS, BOTH, _not_strict),
)
