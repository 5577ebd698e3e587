"""Whole objects other than tables: views, sequences, routines and events."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from whimbrel.backends.mysql.reflect_tables import named, quoted, triggers_by_table
from whimbrel.snapshot import Definition, Function, Procedure, Sequence, View, Whole, is_bookkeeping
from whimbrel.snapshot.tables import in_order
from whimbrel.tokens import scan, unquoted

if TYPE_CHECKING:
    from whimbrel.backends.mysql.reflect import Catalogue

_LARGEST = 2**63 - 2


def whole_objects(catalogue: "Catalogue") -> Iterator[Whole]:
    """Make everything that is no table."""
    for found in (*_views(catalogue), *_sequences(catalogue), *_routines(catalogue), *_events(catalogue)):
        if not is_bookkeeping(found.name):
            yield found


def _views(catalogue: "Catalogue") -> Iterator[View]:
    """Make all views; what one reads is known by the names in it, so that views on views come later."""
    triggers = triggers_by_table(catalogue)
    kinds = {row[0]: "view" if "VIEW" in row[1] else "table" for row in catalogue.tables}
    for name, text, check, security, algorithm in catalogue.views:
        options = [
            f"check option={check}" if check != "NONE" else "",
            f"security={security}" if security != "DEFINER" else "",
            f"algorithm={algorithm}" if algorithm != "UNDEFINED" else "",
        ]
        kept = tuple(option for option in options if option)
        query = catalogue.local(text)
        reads = {unquoted(word) for word in scan(query, "mysql").words if word.startswith("`")} & kinds.keys() - {name}
        needs = tuple(sorted(f"{kinds[read]} {read}" for read in reads))
        yield View("", name, query, options=kept, triggers=in_order(triggers[name]), needs=needs)


def _sequences(catalogue: "Catalogue") -> Iterator[Sequence]:
    for name, start, increment, minimum, maximum, cache, cycle in catalogue.sequences:
        low = None if minimum == (1 if increment > 0 else -_LARGEST - 1) else minimum
        high = None if maximum == (_LARGEST if increment > 0 else -1) else maximum
        yield Sequence("", name, "", start, increment, low, high, cache, bool(cycle))


def _routines(catalogue: "Catalogue") -> Iterator[Function | Procedure]:
    parameters = {
        name: [_parameter(row) for row in rows] for name, rows in groupby(catalogue.parameters, key=lambda row: row[0])
    }
    for row in catalogue.routines:
        specific, name, kind, returns, body, deterministic, access, security, comment = row
        head = [f"CREATE {kind} {named(name)}({', '.join(parameters.get(specific, []))})"]
        if kind == "FUNCTION":
            head.append(f"RETURNS {returns}")
        if deterministic == "YES":
            head.append("DETERMINISTIC")
        head.append(access)
        if security != "DEFINER":
            head.append(f"SQL SECURITY {security}")
        text = f"{' '.join(head)} {catalogue.local(catalogue.body(kind, name, body))}"
        type_ = Function if kind == "FUNCTION" else Procedure
        yield type_("", name, text, comment or None)


def _parameter(row: Any) -> str:
    _, mode, name, type_ = row
    way = f"{mode} " if mode not in (None, "IN") else ""
    return f"{way}{quoted(name)} {type_}"


def _events(catalogue: "Catalogue") -> Iterator[Definition]:
    for name, kind, at, every, unit, starts, ends, status, completion, body, comment in catalogue.events:
        when = f"AT '{at}'" if kind == "ONE TIME" else f"EVERY {every} {unit}"
        limits = "".join(f" {word} '{time}'" for word, time in (("STARTS", starts), ("ENDS", ends)) if time)
        state = "" if status == "ENABLED" else " DISABLE"
        head = f"CREATE EVENT {named(name)} ON SCHEDULE {when}{limits} ON COMPLETION {completion}{state}"
        text = f"{head} DO {catalogue.body('EVENT', name, body)}"
        yield Definition("", name, "event", text, comment or None)
