"""Scripts that stop half-way, do not come back, or are refused: what is wrong with how they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from whimbrel.backends.generic import first_word
from whimbrel.backends.statements import StatementKind, names_in, usual_kind
from whimbrel.hazards.advice import LATER, alone, execute, listed, name
from whimbrel.hazards.case import Case, refusal
from whimbrel.hazards.hazard import Hazard, Rule, Severity
from whimbrel.tokens import statements_in

if TYPE_CHECKING:
    from whimbrel.backends.observed import Observation

Find = Callable[[Case, Rule], Iterator[Hazard]]
EVERYWHERE, POSTGRESQL = "all servers", "PostgreSQL, all versions"


def _refused(pattern: str, why: str, do: str) -> Find:
    """Return what finds statements that the server refuses with certain words."""

    def find(case: Case, rule: Rule) -> Iterator[Hazard]:
        for seen in _refused_for_good(case):
            if re.search(pattern, seen.error):
                yield _fails(case, rule, seen, why, do)

    return find


def _refused_for_good(case: Case) -> Iterator[Observation]:
    """Yield the statement at which a script stops; of what fails before, the script has thought itself."""
    if case.is_whole:
        return
    for place, seen in enumerate(case.statements):
        later = [first_word(one.sql) for one in case.statements[place + 1 :]]
        if seen.error and all(word in ("ROLLBACK", "RELEASE") for word in later):
            yield seen


def _fails(case: Case, rule: Rule, seen: Observation, why: str, do: str) -> Hazard:
    return case.hazard(rule, seen, Severity.ERROR, f"is refused: {refusal(seen)}".rstrip("."), why=why, do=do)


_IN_TRANSACTION = "cannot run inside a transaction block"
_NEW_VALUE = "unsafe use of new value"
_PENDING = "pending trigger events"
_VIEW = "used by a view or rule"
_KNOWN = "|".join((_IN_TRANSACTION, _NEW_VALUE, _PENDING, _VIEW))


def _any_other(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in _refused_for_good(case):
        if not re.search(_KNOWN, seen.error):
            why = "It was run on an empty database that the scripts before it have made."
            yield _fails(case, rule, seen, why, f"edit {case.path}, line {seen.line}")


def _control(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        word = first_word(seen.sql).rstrip(";")
        further = statements_in(seen.sql, case.server.kind)[1:] if case.server.kind == "postgresql" else ()
        inner = next((one for one in map(first_word, further) if one in _CONTROL), "")
        is_part = re.match(r"\s*ROLLBACK\s+TO\b", seen.sql, re.I)  # of a SAVEPOINT
        if inner or (not is_part and word in _CONTROL):
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"says {inner or word} itself",
                why="Whoever runs the script begins and ends its transaction; what stands before a COMMIT stays, "
                "whatever comes after it.",
                do="remove it; what has to be outside of the transaction goes into:\n" + alone("…"),
            )


_CONTROL = ("BEGIN", "START", "COMMIT", "ROLLBACK", "END", "ABORT")


def _kept_invalid(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        text = " ".join(seen.sql.split())
        if re.match(r"CREATE (UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS\b", text, re.I):
            yield case.hazard(
                rule,
                seen,
                Severity.WARNING,
                "takes an invalid index for the one that it should build",
                why="A broken build leaves an index that serves no query; IF NOT EXISTS finds it, and is content.",
                do=alone(execute(re.sub(r"IF NOT EXISTS ", "", text, flags=re.I)))
                + "\n# the runner drops what a broken build has left",
            )


def _left_invalid(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        if re.match(r"\s*CREATE\s+UNIQUE\s+INDEX\s+CONCURRENTLY\b", seen.sql, re.I):
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                "leaves an invalid index if two rows have the same",
                why="CONCURRENTLY cannot be rolled back. An invalid index slows writers, and keeps no duplicates out.",
                do="look for duplicates first; the next upgrade drops the index and builds it anew",
            )


def _in_pieces(case: Case, rule: Rule) -> Iterator[Hazard]:
    changing = [
        one for one in case.statements if usual_kind(one.sql, first_word(one.sql)) in _CHANGES and not one.error
    ]
    transactions = {one.transaction or f"alone {place}" for place, one in enumerate(changing)}
    if len(transactions) > 1:
        first_alone = next((one for one in changing if not one.transaction), changing[-1])
        yield case.hazard(
            rule,
            first_alone,
            Severity.NOTE,
            f"is {len(transactions)} transactions, and may stop between them",
            why="What is committed stays. The runner's journal knows how far it was, and the next upgrade goes on; "
            "without it the script cannot be run again.",
            do="one script for each statement that has to run alone",
        )


_CHANGES = (StatementKind.SCHEMA, StatementKind.DATA, StatementKind.ALONE)


def _data_before_schema(case: Case, rule: Rule) -> Iterator[Hazard]:
    written: Observation | None = None
    for seen in case.statements:
        kind = usual_kind(seen.sql, first_word(seen.sql))
        if kind is StatementKind.SCHEMA and written is not None and case.is_old(written.written):
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"commits the rows of {written.written} that line {written.line} has changed",
                why="The server commits before each change of the schema. If this one fails, the rows stay changed; "
                "the runner's journal goes on from there.",
                do="two scripts: the rows, and the schema",
                table=written.written,
            )
            return
        written = seen if kind is StatementKind.DATA and seen.written else written


def _several_changes(case: Case, rule: Rule) -> Iterator[Hazard]:
    changes = [one for one in case.statements if usual_kind(one.sql, first_word(one.sql)) is StatementKind.SCHEMA]
    if len(changes) > 1:
        yield case.hazard(
            rule,
            changes[1],
            Severity.NOTE,
            f"is {len(changes)} changes of the schema, each of which is committed by itself",
            why="If the second fails, there is no way back from the first. The runner's journal goes on from there.",
            do="one script for each",
        )


def _long_name(most: int) -> Find:
    def find(case: Case, rule: Rule) -> Iterator[Hazard]:
        for seen in case.statements:
            long = [one for one in names_in(seen.sql) if len(one.encode()) > most]
            made = {effect.fact.name for effect in seen.effects if effect.is_made or effect.renamed_from}
            cut = [one for one in long if one.encode()[:most].decode("utf-8", "ignore") in made]
            if cut:
                yield case.hazard(
                    rule,
                    seen,
                    Severity.WARNING,
                    f"cuts the name {cut[0]} to {most} bytes",
                    why="Whoever asks for the whole name finds it by chance only; two such names may become one.",
                    do=f"a name of at most {most} bytes",
                )

    return find


def _no_way_back(case: Case, rule: Rule) -> Iterator[Hazard]:
    changed = [one for one in case.statements if one.effects or one.written]
    if not changed or case.text.downgrade == "full":
        return
    words = {
        "none": "has no downgrade()",
        "empty": "has a downgrade() that does nothing",
        "raises": "refuses to be undone",
    }
    why = "flask db downgrade would say that it has undone it, and leave everything as it is."
    yield _at(
        case,
        rule,
        case.text.downgrade_line,
        Severity.NOTE if case.text.downgrade == "raises" else Severity.WARNING,
        words[case.text.downgrade],
        why if case.text.downgrade == "empty" else "There is no way back from this script.",
        'write it, or say that there is none: raise NotImplementedError("…")',
    )


def _at(case: Case, rule: Rule, line: int, severity: Severity, what: str, why: str, do: str) -> Hazard:
    """Make a hazard of a line of the script."""
    return replace(case.hazard(rule, None, severity, what, why=why, do=do), line=line)


def _value_stays(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("enum value"):
        if effect.is_made and re.search(r"\bADD\s+VALUE\b", seen.sql, re.I):
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"adds {effect.fact.name!r} to {effect.fact.table}, which cannot be taken out again",
                why="PostgreSQL has no statement that removes a value of an enumeration.",
                do="a downgrade that makes the type anew, moves the columns over, and drops the old one",
            )


def _own_code(case: Case, rule: Rule) -> Iterator[Hazard]:
    for module, line in case.text.imports:
        yield _at(
            case,
            rule,
            line,
            Severity.NOTE if "type" in module.rpartition(".")[2] else Severity.WARNING,
            f"imports {module}",
            "The script will run with the code of another day: a model has other columns then, or is gone.",
            'a table of the script\'s own: sa.table("…", sa.column("id"), …)',
        )


def _value_used(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in _refused_for_good(case):
        if re.search(_NEW_VALUE, seen.error):
            yield _fails(
                case,
                rule,
                seen,
                "A value that a transaction adds to an enumeration can be used when it has committed.",
                alone('op.execute("ALTER TYPE … ADD VALUE …")') + "\n# and the rest in the next script",
            )


def _alone_fails(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in _refused_for_good(case):
        if re.search(_IN_TRANSACTION, seen.error):
            yield _fails(
                case,
                rule,
                seen,
                "CONCURRENTLY is several transactions, and cannot be a part of one.",
                alone(execute(" ".join(seen.sql.split()))),
            )


def _unfinished(case: Case, rule: Rule) -> Iterator[Hazard]:
    last = {(effect.kind, effect.fact.table, effect.fact.name): effect.fact for _, effect in case.effects(*_FINISHED)}
    for seen, effect in case.effects(*_FINISHED):
        fact, key = effect.fact, _FINISHED[effect.kind]
        now = last[effect.kind, fact.table, fact.name]
        if not effect.is_made or now.get(key):
            continue
        where, own = name(case.server, fact.table), name(case.server, fact.name)
        if effect.kind == "constraint":
            why = "New rows are checked, those that are there are not."
            do = f"{LATER}\n" + execute(f"ALTER TABLE {where} VALIDATE CONSTRAINT {own}")
        elif seen.error:
            why = "Its build was broken off: it serves no query, slows writers, and keeps no duplicates out."
            do = alone(execute(f"DROP INDEX CONCURRENTLY {own}"))
        else:
            why = "It serves no query until each partition has an index of its own that is attached to it."
            do = execute(f"ALTER INDEX {own} ATTACH PARTITION …")
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"leaves {effect.kind} {fact.name} of {fact.table} not valid",
            why=why,
            do=do,
            table=fact.table,
        )


# What is valid or not, and what the catalogue says of it.
_FINISHED = {"constraint": "validated", "index": "valid"}


def _stopped(case: Case, rule: Rule) -> Iterator[Hazard]:
    if case.stopped is not None:
        words, line = case.stopped
        why = "What it would have done was not seen."
        do = "let the script do without the rows that it looks for"
        yield _at(case, rule, line, Severity.WARNING, words.rstrip("."), why, do)


def _not_joined(case: Case, rule: Rule) -> Iterator[Hazard]:
    if case.beside:
        yield case.hazard(
            rule,
            None,
            Severity.WARNING,
            f"stands beside {listed(case.beside)}, and no script joins them",
            why="`flask db upgrade` refuses a history with several heads, wherever it is deployed.",
            do="flask db merge heads",
        )


def _not_measured(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen in case.statements:
        if not seen.is_measured and not seen.locks and not seen.error and first_word(seen.sql) not in _QUIET:
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                "was not measured",
                why="The server shows nothing of what such a statement does.",
                do="read it, and accept it in the script: # whimbrel: accept not-measured because …",
            )


_QUIET = ("SELECT", "SET", "SHOW", "INSERT", "UPDATE", "DELETE", "PRAGMA", "VALUES", "WITH")

RULES: tuple[Rule, ...] = (
    Rule("concurrently-in-transaction", "fails", ("postgresql",), POSTGRESQL, _alone_fails),
    Rule("enum-value-used-at-once", "fails", ("postgresql",), POSTGRESQL, _value_used),
    Rule(
        "trigger-events-pending",
        "fails",
        ("postgresql",),
        POSTGRESQL,
        _refused(
            _PENDING,
            "Rows were written whose deferred checks wait for the end of the transaction; until then the table "
            "cannot be altered.",
            'op.execute("SET CONSTRAINTS ALL IMMEDIATE")   # before the ALTER',
        ),
    ),
    Rule(
        "column-in-view",
        "fails",
        ("postgresql",),
        POSTGRESQL,
        _refused(
            _VIEW,
            "A view holds the types of its columns.",
            'op.execute("DROP VIEW …")   # before, and CREATE VIEW after it',
        ),
    ),
    Rule("refused", "fails", (), EVERYWHERE, _any_other),
    Rule("own-transaction", "stops-part-way", (), EVERYWHERE, _control),
    Rule("invalid-index-kept", "stops-part-way", ("postgresql",), POSTGRESQL, _kept_invalid),
    Rule("invalid-index-left", "stops-part-way", ("postgresql",), POSTGRESQL, _left_invalid),
    Rule("several-transactions", "stops-part-way", ("postgresql",), POSTGRESQL, _in_pieces),
    Rule("rows-before-schema", "stops-part-way", ("mariadb", "mysql"), "MariaDB, MySQL", _data_before_schema),
    Rule("several-changes", "stops-part-way", ("mariadb", "mysql"), "MariaDB, MySQL", _several_changes),
    Rule("name-cut", "breaks-old-code", ("postgresql",), POSTGRESQL, _long_name(63)),
    Rule("not-validated", "drops-guard", ("postgresql",), POSTGRESQL, _unfinished),
    Rule("no-downgrade", "cannot-undo", (), EVERYWHERE, _no_way_back),
    Rule("enum-value-stays", "cannot-undo", ("postgresql",), POSTGRESQL, _value_stays),
    Rule("own-code-imported", "depends-on-code", (), EVERYWHERE, _own_code),
    Rule("stopped", "not-measured", (), EVERYWHERE, _stopped),
    Rule("history-not-joined", "fails", (), EVERYWHERE, _not_joined),
    Rule("unseen", "not-measured", (), EVERYWHERE, _not_measured),
)
