"""Locks and the work under them: what keeps the users of the database waiting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.backends.observed import Blocks
from whimbrel.hazards import advice
from whimbrel.hazards.advice import alone, call, execute, listed, name, placed, steps
from whimbrel.hazards.burdens import Burden, burdens_of
from whimbrel.hazards.case import Case, lock_words
from whimbrel.hazards.causes import Cause, first
from whimbrel.hazards.causes_mysql import BOTH
from whimbrel.hazards.causes_mysql import CAUSES as MYSQL
from whimbrel.hazards.causes_postgresql import ALL
from whimbrel.hazards.causes_postgresql import CAUSES as OF_POSTGRESQL
from whimbrel.hazards.causes_sqlite import CAUSES as SQLITE
from whimbrel.hazards.hazard import Hazard, Rule, Severity

if TYPE_CHECKING:
    from whimbrel.backends.observed import Held, Observation

POSTGRESQL = ("postgresql",)
MARIADB = ("mariadb", "mysql")
SHORT = "It is short, but has to be had: who waits for it holds up others."
MANY_LOCKS = 1_000  # a server as it comes has room for 6,400, shared by all sessions


def _told(burden: Burden) -> tuple[Cause, str, str] | None:
    for cause in CAUSES_OF.get(burden.case.server.kind, ()):
        if (told := cause.tell(burden.case, burden.seen)) is not None:
            return cause, told.what, told.do
    return None


def of_cause(case: Case, rule: Rule) -> Iterator[Hazard]:
    """Find the statements that a cause is for, and that hold locks of their own meanwhile."""
    for burden in burdens_of(case):
        told = _told(burden)
        if told is not None and told[0].name == rule.name and burden.is_its_own:
            yield _hazard(case, rule, burden, told[1], told[2])


def _hazard(case: Case, rule: Rule, burden: Burden, what: str, do: str) -> Hazard:
    size = case.size(burden.table).words
    return case.hazard(
        rule,
        burden.seen,
        burden.severity,
        f"{what}{size}".replace(f"{size}{size}", size),
        name=burden.effect,
        why=burden.why,
        do=do,
        table=burden.table,
    )


def _any_other(case: Case, rule: Rule) -> Iterator[Hazard]:
    for burden in burdens_of(case):
        if burden.is_its_own and _told(burden) is None and burden.effect == rule.effect:
            yield _hazard(case, rule, burden, f"{_work(burden)} while others wait", advice.SMALL)


def _work(burden: Burden) -> str:
    """Say what a statement does that no cause is known for."""
    if burden.rewrites:
        return f"writes {listed(burden.worked)} anew"
    if burden.seen.written in burden.worked:
        return f"writes rows of {burden.seen.written}"
    return f"reads {listed(burden.worked)}"


def _under_lock(case: Case, rule: Rule) -> Iterator[Hazard]:
    for burden in burdens_of(case):
        if burden.is_its_own:
            continue
        told = _told(burden)
        what = told[1] if told else _work(burden)
        locked = [table for table, held in burden.held.items() if not held.is_new]
        first_line = next((one.line for one in case.statements if set(locked) & set(one.blocked())), 0)
        where = f"line {first_line}" if first_line else "an earlier statement"
        do = (
            f"put this statement into a script of its own, after this one: the lock on {listed(locked)} is from {where}"
        )
        if told:
            do += f"\n# there:\n{told[2]}"
        yield _hazard(case, rule, burden, f"{what} while the transaction still holds a lock on {listed(locked)}", do)


def _other_table(case: Case, rule: Rule) -> Iterator[Hazard]:
    busy = {id(one.seen) for one in burdens_of(case)}
    for seen in case.statements:
        keys = [one for one in seen.effects if one.kind == "constraint" and one.fact.get("type") == "f"]
        if id(seen) in busy or not keys:
            continue
        own = {one.fact.table for one in keys}
        brief = {one.table: one for one in seen.locks if one.is_brief and one.blocks}
        for table, held in {**brief, **seen.blocked()}.items():
            if table not in own and held.is_new and case.is_old(table):
                yield _on_parent(case, rule, seen, held, listed(sorted(own)))


def _on_parent(case: Case, rule: Rule, seen: Observation, held: Held, own: str) -> Hazard:
    effect = "blocks-reads" if held.blocks is Blocks.EVERYTHING else "blocks-writes"
    return case.hazard(
        rule,
        seen,
        Severity.NOTE,
        f"locks {held.table} too, to which a foreign key of {own} leads",
        name=effect,
        why=f"{lock_words(held, case.size(held.table))}. {SHORT}",
        do=f"run it while {held.table} is little used, in a script of its own",
        table=held.table,
    )


def _one_after_another(case: Case, rule: Rule) -> Iterator[Hazard]:
    for place, seen in enumerate(case.statements):
        held = [table for table in case.held_before(place) if case.is_old(table)]
        new = [one for table, one in seen.blocked().items() if one.is_new and case.is_old(table) and table not in held]
        if held and new:
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"waits for a lock on {new[0].table} while it holds one on {listed(held)}",
                why=f"While it waits, for up to {case.lock_timeout:g} s, nobody gets at {listed(held)}.",
                do=f"a script for {listed(held)}, and one for {new[0].table}",
                table=new[0].table,
            )
            return


def _no_timeout(case: Case, rule: Rule) -> Iterator[Hazard]:
    if case.lock_timeout or any("lock_timeout" in one.sql.lower() for one in case.statements):
        return
    for seen in case.statements:
        held = [one for table, one in seen.blocked().items() if case.is_old(table)]
        if held:
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"waits for a lock on {held[0].table} without end",
                why=f"{lock_words(held[0], case.size(held[0].table))}. While it waits, every later query of the table "
                "waits behind it. MIGRATE_LOCK_TIMEOUT is 0.",
                do='app.config["MIGRATE_LOCK_TIMEOUT"] = 2',
                table=held[0].table,
            )
            return


def _no_limit(case: Case, rule: Rule) -> Iterator[Hazard]:
    if case.statement_timeout or any("statement_timeout" in one.sql.lower() for one in case.statements):
        return
    for burden in burdens_of(case):
        if burden.severity is Severity.ERROR:
            yield case.hazard(
                rule,
                burden.seen,
                Severity.NOTE,
                f"works on {burden.table}{case.size(burden.table).words} without a limit",
                why=f"{burden.why} Nothing ends it if it takes longer than others can wait. MIGRATE_STATEMENT_TIMEOUT "
                "is 0.",
                do=execute("SET LOCAL statement_timeout = '60s'"),
                table=burden.table,
            )
            return


def _index_dropped(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("index"):
        index = effect.fact
        held = seen.blocked().get(index.table)
        if not effect.is_gone or held is None or not case.is_old(index.table):
            continue
        if re.match(r"DROP\s+INDEX\b", seen.sql, re.I):
            table, schema = placed(index.table)
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"locks {index.table} to drop index {index.name}",
                why=f"{lock_words(held, case.size(index.table))}. {SHORT}",
                do=alone(call("drop_index", index.name, table, schema=schema, postgresql_concurrently=True)),
                table=index.table,
            )


def _partition_detached(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("table"):
        pair = effect.change("partition of")
        if pair is None or pair[1] or not seen.transaction:
            continue
        table, part = name(case.server, pair[0]), name(case.server, effect.fact.name)
        held = seen.blocked().get(pair[0])
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE if held is None else Severity.WARNING,
            f"locks {pair[0]} and all of its queries to detach {effect.fact.name}",
            why=lock_words(held, case.size(pair[0])) + "." if held else "",
            do=alone(execute(f"ALTER TABLE {table} DETACH PARTITION {part} CONCURRENTLY"))
            if case.server.is_at_least(14)
            else advice.SMALL,
            table=pair[0],
        )


def _beside_others(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        if re.match(r"\s*(CREATE|DROP|REINDEX)\b.*\bCONCURRENTLY\b", seen.sql, re.I | re.S):
            tables = [one.table for one in seen.locks if case.is_old(one.table)]
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                "waits until every transaction has ended that began before it, in all tables",
                why="CONCURRENTLY lets others read and write meanwhile; it takes two scans, and a forgotten "
                "transaction holds it up for ever.",
                do="run it while no report or dump runs: SELECT pid, xact_start, query FROM pg_stat_activity",
                table=tables[0] if tables else "",
            )


def _scans_beside_others(case: Case, rule: Rule) -> Iterator[Hazard]:
    busy = {id(one.seen) for one in burdens_of(case)}
    for seen in case.statements:
        found = first(seen, "constraint", lambda one: one.change("validated") == ("", "true"))
        if found and id(seen) not in busy and found.fact.table in seen.scanned:
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"reads every row of {found.fact.table}{case.size(found.fact.table).words} for {found.fact.name}",
                why="Others can read and write meanwhile; it costs time and disk.",
                do="run it while little else is going on",
                table=found.fact.table,
            )


def _all_rows(case: Case, rule: Rule) -> Iterator[Hazard]:
    busy = {id(one.seen) for one in burdens_of(case)}
    for seen in case.statements:
        if id(seen) in busy:
            continue
        changed = [one for one in seen.writes_by("UPDATE", "DELETE", "") if case.is_old(one.table)]
        for table in dict.fromkeys(one.table for one in changed if one.is_whole or one.table in seen.scanned):
            size = case.size(table)
            yield case.hazard(
                rule,
                seen,
                size.severity,
                f"changes the rows of {table}{size.words} in one statement",
                why="Each row that it has changed is locked until the script's transaction ends: who would write it "
                "waits.",
                do="portions of a few thousand rows by the primary key, each in a transaction of its own\n"
                "# with op.get_context().autocommit_block(): … WHERE id BETWEEN :first AND :last",
                table=table,
            )


def _domain_made(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("constraint"):
        rule_of, made = effect.fact, [one.fact.name for one in seen.effects if one.kind == "domain" and one.is_made]
        if effect.is_made and rule_of.get("domain") and rule_of.table in made:
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"makes domain {rule_of.table} with {rule_of.name}",
                why="To have another CHECK later, every table with a column of the domain is read, and nobody can "
                "write it meanwhile.",
                do="the CHECK on the column: sa.CheckConstraint(…)",
            )


def _many_locks(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        if seen.lock_count >= MANY_LOCKS:
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"holds {seen.lock_count:,} locks in one transaction",
                why='All sessions share the room for them: beyond it the server says "out of shared memory".',
                do="several scripts, or max_locks_per_transaction = 256 on the server",
            )
            return


def _twice(case: Case, rule: Rule) -> Iterator[Hazard]:
    seen_before: dict[str, Observation] = {}
    for seen in case.statements:
        for table in seen.rewritten:
            if table in seen_before and case.is_old(table) and seen_before[table] is not seen:
                yield case.hazard(
                    rule,
                    seen,
                    case.size(table).severity,
                    f"writes {table}{case.size(table).words} anew once more, after line {seen_before[table].line}",
                    why="Each ALTER TABLE that changes the rows goes over all of them.",
                    do=execute(f"ALTER TABLE {name(case.server, table)} …, …"),
                    table=table,
                )
            seen_before.setdefault(table, seen)


def _beside_writers(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        if seen.rewritten and not seen.blocked():
            table = seen.rewritten[0]
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"writes {table}{case.size(table).words} anew, beside those who use it ({seen.way})",
                why="It takes its time and its room on the disk, and replicas come to a halt for as long.",
                do="a quiet hour",
                table=table,
            )


def _corrupt(case: Case, rule: Rule) -> Iterator[Hazard]:
    if not case.server.version or not (14,) <= case.server.version < (14, 4):
        return
    for seen, effect in case.effects("index"):
        if not effect.is_gone and "CONCURRENTLY" in seen.sql.upper():
            yield case.hazard(
                rule,
                seen,
                Severity.ERROR,
                f"index {effect.fact.name} may lack rows",
                why="PostgreSQL 14.0 to 14.3 build indexes CONCURRENTLY that miss rows (release notes of 14.4).",
                do="bring the server to 14.4 or later first",
                table=effect.fact.table,
            )


def _type_and_not_null(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        retyped = [one for one in seen.effects if one.kind == "column" and one.change("type")]
        both = [one for one in retyped if one.change("not null") == ("", "true")]
        for effect in both:
            table, schema = placed(effect.fact.table)
            then = call("alter_column", table, effect.fact.name, nullable=False, schema=schema)
            yield case.hazard(
                rule,
                seen,
                case.size(effect.fact.table).severity,
                f"changes the type of {effect.fact.table}.{effect.fact.name} and makes it NOT NULL in one statement",
                why="One failing row undoes both, and both are under one lock.",
                do=steps("# the type first; in the next script:", then),
                table=effect.fact.table,
            )


CAUSES_OF = {"postgresql": OF_POSTGRESQL, "mariadb": MYSQL, "mysql": MYSQL, "sqlite": SQLITE}


def _rules_of(causes: tuple[Cause, ...], *servers: str) -> Iterator[Rule]:
    for cause in causes:
        yield Rule(cause.name, cause.effect, servers, cause.holds_for, of_cause)


RULES: tuple[Rule, ...] = (
    *_rules_of(OF_POSTGRESQL, "postgresql"),
    *_rules_of(MYSQL, *MARIADB),
    *_rules_of(SQLITE, "sqlite"),
    Rule("work-under-lock", "blocks-reads", POSTGRESQL, ALL, _under_lock),
    Rule("rewrite", "rewrites-table", (), "all servers", _any_other),
    Rule("scan-under-lock", "blocks-reads", (), "all servers", _any_other),
    Rule("work-while-writers-wait", "blocks-writes", (), "all servers", _any_other),
    Rule("other-table-locked", "blocks-reads", POSTGRESQL, ALL, _other_table),
    Rule("other-table-locked", "blocks-writes", MARIADB, BOTH, _other_table),
    Rule("locks-one-after-another", "waits-for-others", POSTGRESQL, ALL, _one_after_another),
    Rule("no-lock-timeout", "waits-for-others", POSTGRESQL, ALL, _no_timeout),
    Rule("no-statement-timeout", "waits-for-others", POSTGRESQL, ALL, _no_limit),
    Rule("index-dropped-without-concurrently", "blocks-reads", POSTGRESQL, ALL, _index_dropped),
    Rule("partition-detached", "blocks-reads", POSTGRESQL, "PostgreSQL 14 and later", _partition_detached),
    Rule("waits-for-old-transactions", "waits-for-others", POSTGRESQL, ALL, _beside_others),
    Rule("constraint-validated", "scans-table", POSTGRESQL, ALL, _scans_beside_others),
    Rule("all-rows-at-once", "scans-table", (), "all servers", _all_rows),
    Rule("domain-with-check", "blocks-writes", POSTGRESQL, ALL, _domain_made),
    Rule("many-locks", "may-fail", POSTGRESQL, ALL, _many_locks),
    Rule("rewritten-twice", "rewrites-table", (), "all servers", _twice),
    Rule("rewritten-in-place", "rewrites-table", MARIADB, BOTH, _beside_writers),
    Rule("index-may-lack-rows", "changes-data", POSTGRESQL, "PostgreSQL 14.0 to 14.3", _corrupt),
    Rule("type-and-not-null", "may-fail", POSTGRESQL, ALL, _type_and_not_null),
)
