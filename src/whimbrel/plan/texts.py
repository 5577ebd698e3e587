"""Statements of which the catalogue tells nothing: what is known of them by their text alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from whimbrel.backends.generic import first_word
from whimbrel.hazards.advice import listed
from whimbrel.plan.columns import comment
from whimbrel.plan.phrase import Phrase, Scene, changes, cut, phrase, plain
from whimbrel.plan.rows import of_rows
from whimbrel.tokens import scan, unquoted

_ONE = r'(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|[^\s"`\[(;,.]+)'
_QUOTED = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]'
_NAME = rf"({_ONE}(?:\.{_ONE})*)"
# The kinds that each server's catalogue of what was seen holds: of the others only the text tells.
_IN_ALL = frozenset({"table", "view", "index", "sequence"})
_SEEN = {
    "postgresql": _IN_ALL
    | {"materialized view", "function", "procedure", "trigger", "schema", "extension", "policy", "domain"},
    "sqlite": _IN_ALL | {"trigger"},
}
_KINDS = (
    r"MATERIALIZED\s+VIEW|EVENT\s+TRIGGER|TEXT\s+SEARCH\s+\w+|OPERATOR\s+CLASS|OPERATOR\s+FAMILY|TABLE|VIEW|INDEX|SEQUENCE"
    r"|TRIGGER|FUNCTION|PROCEDURE|EVENT|ROLE|USER|GROUP|TYPE|DOMAIN|AGGREGATE|RULE|PUBLICATION|SUBSCRIPTION|STATISTICS"
    r"|COLLATION|CONVERSION|LANGUAGE|SERVER|SCHEMA|DATABASE|EXTENSION|TABLESPACE|POLICY|PACKAGE"
)
_BEFORE_KIND = (
    r"TEMP|TEMPORARY|LOCAL|GLOBAL|UNIQUE|CONSTRAINT|RECURSIVE|UNLOGGED|VIRTUAL|FOREIGN|TRUSTED|PROCEDURAL|AGGREGATE"
    r"|DEFINER\s*=\s*\S+|SQL\s+SECURITY\s+\w+|ALGORITHM\s*=\s*\w+"
)


def of_text(scene: Scene) -> tuple[Phrase, ...]:
    """Tell what a statement does that has changed nothing of the catalogue."""
    parts = parts_of(scene)
    return tuple(one for part in parts for one in of_rows(scene, part) or (_by_form(scene, part),))


def rows_beside(scene: Scene) -> tuple[Phrase, ...]:
    """Tell which rows are written by a text that holds several statements."""
    parts = parts_of(scene)
    if len(parts) == 1:
        return ()
    return tuple(one for part in parts for one in of_rows(scene, part))


def parts_of(scene: Scene) -> list[str]:
    """Cut a text into its statements; the body of a routine is no statement."""
    sql = scene.seen.sql
    if re.match(r"\s*CREATE\b.*?\b(TRIGGER|FUNCTION|PROCEDURE|EVENT|PACKAGE)\b", sql, re.I | re.S):
        return [sql]
    words = scan(sql, scene.server)
    ends = [place for place, word in enumerate(words.words) if word == ";"] + [len(words.words)]
    starts = [0, *(place + 1 for place in ends)]
    found = [words.slice(start, end) for start, end in zip(starts, ends, strict=False)]
    return [one for one in found if one] or [sql]


def _by_form(scene: Scene, text: str) -> Phrase:
    for pattern, tell in _FORMS:
        if found := re.match(rf"\s*{pattern}", text, re.I | re.S):
            told = tell(scene, found)
            if told is not None:
                return told
    if scene.seen.way == "rebuild":
        return Phrase(f"builds table {listed(scene.seen.rewritten)} again; nothing of it is another than before")
    if calls := scene.seen.calls:
        return Phrase(f"calls function{'s' if len(calls) > 1 else ''} {listed(calls)}")
    if scene.seen.scanned and first_word(text) in ("SELECT", "WITH", "VALUES"):
        return Phrase(f"reads rows of {listed(scene.seen.scanned)}")
    return Phrase(f"runs: {cut(text, 80)}; no change in the schema is seen")


def _bare(name: str) -> str:
    return re.sub(_QUOTED, lambda found: unquoted(found[0]), name)


def _lower(words: str) -> str:
    return " ".join(words.lower().split())


def _comment(scene: Scene, found: re.Match[str]) -> Phrase:
    kind, name, table, text = _lower(found[1]), _bare(found[2]), found[3], found[4].strip().rstrip(";")
    of = f"{kind} {name}" + (f" of {_bare(table)}" if table else "")
    return changes(kind, name, comment(of, "" if text.upper() == "NULL" else _unquoted(text)))


def _table_comment(scene: Scene, found: re.Match[str]) -> Phrase:
    return changes("table", _bare(found[1]), comment(f"table {_bare(found[1])}", _unquoted(found[2])))


def _unquoted(text: str) -> str:
    return text.strip()[1:-1].replace("''", "'") if text.strip().endswith("'") else text


def _setting(scene: Scene, found: re.Match[str]) -> Phrase:
    until = {"LOCAL": "the transaction", "GLOBAL": "the whole server", "PERSIST": "the whole server"}
    scope = until.get((found[1] or found[2] or "").upper(), "the session")
    return Phrase(f"sets {_bare(found[3])} to {cut(found[4].rstrip('; '))} for {scope}")


def _set_sequence(scene: Scene, found: re.Match[str]) -> Phrase:
    name, value = _bare(found[1]), re.sub(r"\s*,\s*(true|false|[01])$", "", found[2], flags=re.I)
    return changes("sequence", name, f"sets sequence {name} to {cut(plain(value, scene.server))}")


def _created(scene: Scene, found: re.Match[str]) -> Phrase | None:
    kind, name = _lower(found["kind"]), _bare(found["name"])
    is_seen = kind in _SEEN.get(scene.server, _IN_ALL)
    on = _on(kind, found["rest"])
    if re.search(r"\bTEMP", found["before"] or "", re.I):
        return Phrase(f"creates a temporary {kind} {name}")
    if found["replace"]:
        return phrase("replaces", kind, name) if is_seen else phrase("creates", kind, name, f"{on}, or replaces it")
    if found["exists"]:
        there = Phrase(f"finds {kind} {name} there, and leaves it as it is")
        return there if is_seen else phrase("creates", kind, name, f"{on}, if it is not there")
    return phrase("creates", kind, name, on)


def _dropped(scene: Scene, found: re.Match[str]) -> Phrase | None:
    kind, name = _lower(found["kind"]), _bare(found["name"])
    on = _on(kind, found["rest"])
    if not found["exists"]:
        return phrase("removes", kind, name, on)
    if kind in _SEEN.get(scene.server, _IN_ALL):
        return Phrase(f"finds no {kind} {name} to remove")
    return phrase("removes", kind, name, f"{on}, if it is there")


def _altered(scene: Scene, found: re.Match[str]) -> Phrase | None:
    kind, name = _lower(found["kind"]), _bare(found["name"])
    if kind == "view":
        return phrase("replaces", kind, name)
    return None if kind in _SEEN.get(scene.server, _IN_ALL) else phrase("changes", kind, name)


def _on(kind: str, rest: str) -> str:
    word = {"trigger": "ON", "policy": "ON", "rule": "TO"}.get(kind)
    found = re.search(rf"\b{word}\s+{_NAME}", rest, re.I) if word else None
    return f" on {_bare(found[1])}" if found else ""


def _says(text: str) -> Callable[[Scene, re.Match[str]], Phrase]:
    """Say a fixed sentence, with a name of the statement in it."""
    return lambda scene, found: Phrase(text.format(*(_bare(one or "") for one in found.groups())))


def _of_table(text: str) -> Callable[[Scene, re.Match[str]], Phrase]:
    """Say a fixed sentence of a table, or of all."""
    return lambda scene, found: Phrase(text.format(_bare(found[1]) if found[1] else "all tables"))


def _rights(verb: str) -> Callable[[Scene, re.Match[str]], Phrase]:
    return lambda scene, found: Phrase(f"{verb} rights: {cut(found[0], 80)}", "changes", "rights", "")


_WHOLE = (
    rf"(?:(?P<before>{_BEFORE_KIND})\s+)*(?P<kind>{_KINDS})\s+(?:CONCURRENTLY\s+)?"
    rf"(?P<exists>IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<name>{_ONE}(?:\.{_ONE})*)(?P<rest>.*)"
)
_COMMENT = (
    rf"COMMENT\s+ON\s+(MATERIALIZED\s+VIEW|FOREIGN\s+TABLE|EVENT\s+TRIGGER|\w+)\s+{_NAME}(?:\s*\([^)]*\))?"
    rf"(?:\s+ON\s+{_NAME})?\s+IS\s+(.*)"
)
_FORMS: tuple[tuple[str, Callable[[Scene, re.Match[str]], Phrase | None]], ...] = (
    (_COMMENT, _comment),
    (
        rf"ALTER\s+TABLE\s+{_NAME}\s+TRUNCATE\s+PARTITION\s+{_NAME}",
        _says("removes all rows from partition {1} of {0}"),
    ),
    (rf"ALTER\s+TABLE\s+{_NAME}\s+COMMENT\s*=?\s*('(?:[^']|'')*')\s*;?$", _table_comment),
    (rf"SET\s+(?:SESSION\s+|LOCAL\s+)?ROLE\s+{_NAME}", _says("acts as role {0}")),
    (rf"SET\s+NAMES\s+'?{_NAME}", _says("sets the character set of the session to {0}")),
    (r"SET\s+(@\w+)\s*:?=", _says("sets variable {0}")),
    (r"SET\s+(?:(SESSION|LOCAL|GLOBAL|PERSIST)\s+|@@(\w+)\.|@@)?([\w.]+)\s*(?::?=|\bTO\b)\s*(.+)", _setting),
    (rf"RESET\s+{_NAME}", _says("sets {0} back to what it usually is")),
    (rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?{_WHOLE}", _created),
    (rf"DROP\s+{_WHOLE}", _dropped),
    (rf"ALTER\s+{_WHOLE}", _altered),
    (r"GRANT\b.*", _rights("gives")),
    (r"REVOKE\b.*", _rights("takes")),
    (rf"REFRESH\s+MATERIALIZED\s+VIEW\s+(?:CONCURRENTLY\s+)?{_NAME}", _says("fills materialized view {0} anew")),
    (rf"ANALYZE(?:\s+(?:VERBOSE|TABLE))?(?:\s+{_NAME})?", _of_table("brings the statistics of {0} up to date")),
    (
        rf"VACUUM(?:\s*\([^)]*\)|\s+(?:FULL|FREEZE|VERBOSE|ANALYZE))*(?:\s+{_NAME})?",
        _of_table("clears {0} of what rows have left behind"),
    ),
    (rf"OPTIMIZE\s+TABLE\s+{_NAME}", _of_table("clears {0} of what rows have left behind")),
    (rf"CLUSTER(?:\s+{_NAME})?", _of_table("puts the rows of {0} into the order of an index")),
    (rf"REINDEX\s+(?:\([^)]*\)\s*)?INDEX\s+(?:CONCURRENTLY\s+)?{_NAME}", _says("builds index {0} anew")),
    (rf"REINDEX\s+(?:\([^)]*\)\s*)?(\w+)\s+(?:CONCURRENTLY\s+)?{_NAME}", _says("builds the indexes of {1} anew")),
    (rf"LOCK\s+(?:TABLES?\s+)?(?:ONLY\s+)?{_NAME}", _says("locks {0}")),
    (r"UNLOCK\s+TABLES", _says("lets go of the locks on tables")),
    (r"SELECT\s+(?:pg_catalog\.)?setval\s*\(\s*'?([^',]+)'?(?:::\w+)?\s*,\s*(.+)\)\s*;?\s*$", _set_sequence),
    (r"SELECT\s+(?:pg_catalog\.)?set_config\s*\(\s*'([^']+)'\s*,\s*(.+?)\s*,\s*\w+\s*\)", _says("sets {0} to {1}")),
    (rf"CALL\s+{_NAME}", _says("calls procedure {0}")),
    (r"(?:BEGIN|START\s+TRANSACTION)\b", _says("begins a transaction")),
    (r"(?:COMMIT|END)\b", _says("ends the transaction, and keeps what was done")),
    (rf"ROLLBACK\s+(?:TRANSACTION\s+|WORK\s+)?TO\s+(?:SAVEPOINT\s+)?{_NAME}", _says("undoes all since savepoint {0}")),
    (r"(?:ROLLBACK|ABORT)\b", _says("ends the transaction, and undoes what was done in it")),
    (rf"SAVEPOINT\s+{_NAME}", _says("sets savepoint {0}")),
    (rf"RELEASE\s+(?:SAVEPOINT\s+)?{_NAME}", _says("lets go of savepoint {0}")),
)
