"""What stands on a function, an extension or a name in a text: PostgreSQL notes a part of it only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import alone, execute, listed, name, placed, steps
from whimbrel.hazards.case import Case
from whimbrel.hazards.hazard import Hazard, Rule, Severity
from whimbrel.tokens import is_literal, scan, unquoted

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact, Observation

SERVERS, POSTGRESQL = ("postgresql",), "PostgreSQL, all versions"
# What a function has worked out once, and what is not worked out again when it changes.
_STORED = ("index", "CHECK", "computed column", "materialized view")


def _function_in_use(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in _functions(case):
        users, callers = _users(case, effect.fact), _callers(case, effect.fact.name)
        if effect.is_gone or not users + callers:
            continue
        stored = [one for one in users if one.get("kind") in _STORED]
        shown = listed([*(_called(one) for one in users), *(f"function {one}" for one in callers)])
        why = (
            f"What {listed(map(_called, stored))} {'keep' if len(stored) > 1 else 'keeps'} was worked out by the old "
            "body, and the server does not work it out anew."
            if stored
            else "What uses it does something else from then on."
        )
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING if stored else Severity.NOTE,
            f"changes function {effect.fact.name}, which {shown} {'use' if len(users + callers) > 1 else 'uses'}",
            why=why,
            do=steps(*(_anew(case, one) for one in stored)) if stored else _ANOTHER,
            table=next((one.table for one in stored), ""),
        )


_ANOTHER = "a new function under another name, and the old one until nobody calls it"


def _functions(case: Case) -> Iterator[tuple[Observation, Effect]]:
    """Yield the functions that were there when the script began, and that go or do something else."""
    known = {_signature(fact) for fact in case.before.values() if fact.kind == "function"}
    for seen, effect in case.effects("function"):
        if (effect.is_gone or effect.change("body")) and effect.was and _signature(effect.was) in known:
            yield seen, effect


def _signature(function: Fact) -> str:
    return f"{function.name}({function.get('arguments')})"


def _users(case: Case, function: Fact) -> list[Fact]:
    own = _signature(function)
    return [fact for fact in case.before.values() if fact.kind == "use" and fact.get("of") == own]


def _called(use: Fact) -> str:
    kind = use.get("kind")
    if kind in ("default", "computed column"):
        return f"{'the default of' if kind == 'default' else 'computed column'} {use.table}.{use.name}"
    return f"{kind} {use.name}{f' of {use.table}' if use.table else ''}"


def _anew(case: Case, use: Fact) -> str:
    """Return how something is worked out again."""
    own, table, kind = name(case.server, use.name), name(case.server, use.table), use.get("kind")
    if kind == "index":
        _, schema = placed(use.table)
        return alone(
            execute(f"REINDEX INDEX CONCURRENTLY {name(case.server, *([schema] if schema else []), use.name)}")
        )
    if kind == "computed column":
        return execute(f"UPDATE {table} SET {own} = DEFAULT") + "   # in portions"
    if kind == "materialized view":
        return execute(f"REFRESH MATERIALIZED VIEW {own}")
    again = f"ALTER TABLE {table} DROP CONSTRAINT {own}, ADD CONSTRAINT {own} {_definition(case, use)} NOT VALID"
    return steps(
        execute(again),
        "# in the next script, which is a transaction of its own:",
        execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {own}"),
    )


def _definition(case: Case, use: Fact) -> str:
    found = (fact for fact in case.before.values() if (fact.kind, fact.name) == ("constraint", use.name))
    return next((fact.get("definition") for fact in found if fact.table == use.table), "CHECK (…)")


def _function_changed(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in _functions(case):
        if not effect.is_gone and (_users(case, effect.fact) or _callers(case, effect.fact.name)):
            continue  # that is said
        yield case.hazard(
            rule,
            seen,
            Severity.NOTE,
            f"{'drops' if effect.is_gone else 'changes'} function {effect.fact.name}",
            why="The server does not know which queries and other functions count on what it did.",
            do=_ANOTHER,
        )


def _named_in_code(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("table", "view", "materialized view", "sequence", "column", "enum", "function"):
        fact = effect.was
        if fact is None or not (effect.is_gone or effect.renamed_from) or not _is_known(case, fact):
            continue
        code = _naming_column(case, fact) if fact.kind == "column" else _callers(case, fact.name, _names_of(fact.kind))
        texts = [f"function {one}" for one in code] + _late_defaults(case, fact)
        if not texts or _comes_back(case, effect) or (fact.kind == "column" and _goes_with_table(seen, fact)):
            continue
        yield replace(
            case.hazard(
                rule,
                seen,
                Severity.WARNING,
                f"{'drops' if effect.is_gone else 'renames'} {fact.kind} {f'{fact.table}.' if fact.table else ''}"
                f"{fact.name}, which {listed(texts)} {'name' if len(texts) > 1 else 'names'} in a text",
                why="Of names in a text the server knows nothing: it refuses nothing, and the next call fails.",
                do="first CREATE OR REPLACE what names it" if code else "first set a default without it",
                table=fact.table or (fact.name if fact.kind == "table" else ""),
            ),
            is_measured=False,
        )


def _is_known(case: Case, fact: Fact) -> bool:
    return any((one.kind, one.table, one.name) == (fact.kind, fact.table, fact.name) for one in case.before.values())


def _goes_with_table(seen: Observation, column: Fact) -> bool:
    return any(one.kind == "table" and one.is_gone and one.fact.name == column.table for one in seen.effects)


def _comes_back(case: Case, effect: Effect) -> bool:
    """Tell whether something of the same name is there when the script is done."""
    was = effect.was
    assert was is not None
    later = [one for _, one in case.effects(*_SAME_NAMES if was.kind in _SAME_NAMES else (was.kind,))]
    made = {(one.now.table, one.now.name) for one in later if one.now and (one.is_made or one.renamed_from)}
    return (was.table, was.name) in made


_SAME_NAMES = ("table", "view", "materialized view", "foreign table", "sequence")


def _names_of(kind: str) -> Callable[[list[str], int], bool]:
    """Return what tells whether a word is the name of a thing of a kind."""
    if kind == "function":
        return lambda words, at: words[at + 1 : at + 2] == ["("]
    return lambda words, at: words[at + 1 : at + 2] != ["("]


def _callers(
    case: Case,
    wanted: str,
    is_one: Callable[[list[str], int], bool] = lambda words, at: words[at + 1 : at + 2] == ["("],
) -> list[str]:
    """Return the functions that stay as they are and that have a name in their text."""
    own, _ = placed(wanted)
    found = []
    for fact in _code(case):
        words = _words(fact.get("text"))
        if fact.name != wanted and any(one == own and is_one(words, at) for at, one in enumerate(words)):
            found.append(fact.name)
    return found


def _naming_column(case: Case, column: Fact) -> list[str]:
    """Return the functions that name a column together with its table, or that are the table's triggers."""
    table, _ = placed(column.table)
    on_table = {fact.get("of") for fact in case.before.values() if fact.kind == "use" and fact.table == column.table}
    found = []
    for fact in _code(case):
        words = _words(fact.get("text"))
        rows = [words[at - 2] for at, one in enumerate(words) if one == column.name and words[at - 1 : at] == ["."]]
        is_of_trigger = fact.get("of") in on_table and {"new", "old"} & set(rows)
        if (column.name in words and table in words) or is_of_trigger:
            found.append(fact.name)
    return found


def _code(case: Case) -> list[Fact]:
    changed = {_signature(effect.was) for _, effect in _functions(case) if effect.was}
    return [fact for fact in case.before.values() if fact.kind == "code" and fact.get("of") not in changed]


@lru_cache(maxsize=256)  # several effects of a script ask for those of one function
def _words(text: str) -> list[str]:
    """Return the names in a text as PostgreSQL reads them: in small letters, unless they are quoted."""
    found = scan(text, "postgresql").words
    return [unquoted(one) if one.startswith('"') else one.lower() for one in found if not is_literal(one)]


def _late_defaults(case: Case, sequence: Fact) -> list[str]:
    """Return the columns whose default looks a sequence up by a text, when it is used."""
    if sequence.kind != "sequence":
        return []
    columns = [fact for fact in case.before.values() if fact.kind == "column" and "::text" in fact.get("default")]
    named = [one for one in columns if sequence.name in re.findall(r"'([^']+)'::text", one.get("default"))]
    return [f"the default of {one.table}.{one.name}" for one in named]


def _extension(case: Case, rule: Rule) -> Iterator[Hazard]:
    for seen, effect in case.effects("extension"):
        pair = effect.change("version")
        if pair is None and not effect.is_gone:
            continue
        own = effect.fact.name
        lost = _lost_with(case, seen)
        what = f"brings extension {own} from {pair[0]} to {pair[1]}" if pair else f"drops extension {own}"
        members = next(
            (one.get("names") for one in case.before.values() if (one.kind, one.name) == ("members", own)), ""
        )
        callers = [] if pair else list(dict.fromkeys(one for name_ in members.split() for one in _callers(case, name_)))
        why = "Functions, types and operators of the extension change or go, and with them what is made of them."
        if callers:
            why += f" Function {listed(callers)} {'call' if len(callers) > 1 else 'calls'} one of them, by its text."
        yield case.hazard(
            rule,
            seen,
            Severity.WARNING,
            what + (f", and with it {listed(lost)}" if lost else ""),
            why=why,
            do="read its release notes; try it on a copy of production's schema"
            if pair
            else execute(f"DROP EXTENSION {name(case.server, own)} RESTRICT") + "   # refuses while something uses it",
        )


def _lost_with(case: Case, seen: Observation) -> list[str]:
    """Return what others know and what goes with an extension."""
    gone = [one.fact for one in seen.effects if one.is_gone and one.kind not in ("extension", "enum value")]
    whole = {one.name for one in gone if not one.table}
    kept = [one for one in gone if one.table not in whole and _is_known(case, one)]
    return [f"{one.kind} {f'{one.table}.' if one.kind == 'column' else ''}{one.name}" for one in kept]


_NEXT = re.compile(r"nextval\('(?P<name>(?:[^']|'')+)'::regclass\)")


def _without_owner(case: Case, rule: Rule) -> Iterator[Hazard]:
    owned = {fact.name: bool(fact.get("owned")) for fact in case.before.values() if fact.kind == "sequence"}
    owned |= {effect.fact.name: bool(effect.fact.get("owned")) for _, effect in case.effects("sequence")}
    for seen, effect in case.effects("column"):
        column, found = effect.fact, _NEXT.match(effect.fact.get("default"))
        is_given = effect.is_made or (effect.change("default") and not effect.is_gone)
        sequence = ".".join(map(unquoted, re.findall(r'"[^"]+"|[^".]+', found["name"]))) if found else ""
        if is_given and owned.get(sequence) is False:
            yield case.hazard(
                rule,
                seen,
                Severity.NOTE,
                f"numbers {column.table}.{column.name} by sequence {sequence}, which no column owns",
                why="It stays when the column or the table goes, and TRUNCATE … RESTART IDENTITY does not set it back.",
                do=execute(
                    f"ALTER SEQUENCE {name(case.server, sequence)} OWNED BY "
                    f"{name(case.server, column.table, column.name)}"
                ),
                table=column.table,
            )


RULES: tuple[Rule, ...] = (
    Rule("extension-changed", "breaks-old-code", SERVERS, POSTGRESQL, _extension),
    Rule("function-changed", "breaks-old-code", SERVERS, POSTGRESQL, _function_changed),
    Rule("function-in-use", "breaks-old-code", SERVERS, POSTGRESQL, _function_in_use),
    Rule("named-in-a-function", "breaks-old-code", SERVERS, POSTGRESQL, _named_in_code),
    Rule("sequence-without-owner", "cannot-undo", SERVERS, POSTGRESQL, _without_owner),
)
