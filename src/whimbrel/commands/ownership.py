"""What belongs to this history, and may be dropped where the models no longer have it.

Two witnesses: the snapshot files, which hold whatever a `migrate` has wanted, and the scripts. A script's
word is enough for what Flask-Migrate and Alembic would have made of models: tables, and types of
`sqlalchemy.Enum`. Views, functions, triggers and the like that only a script's SQL makes were never in the
models; dropping them because the models do not have them would undo work that somebody did on purpose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whimbrel.snapshot import Key

# What a script alone may say to be ours; for all else a snapshot file must have had it.
_SCRIPTS_SUFFICE = {"table", "virtual_table", "enum"}
_GROUPS = {
    "virtual_table": "table",
    "materialized_view": "view",
    "procedure": "function",
    "aggregate": "function",
    "enum": "type",
    "domain": "type",
    "composite": "type",
    "range": "type",
}


def group_of(key: Key) -> str:
    """Return the group of kinds that share their names."""
    return _GROUPS.get(key.kind, key.kind)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a script makes, or takes away.

    Attributes:
        group: What it is; kinds that share their names are one group.
        schema: Where; None where the script does not say.
        made: Whether it is there afterwards.
    """

    group: str
    schema: str | None
    name: str
    made: bool


@dataclass(frozen=True, slots=True)
class Ownership:
    """What belongs to this history, of one database; asked with the keys of its snapshot.

    Attributes:
        ledger: The keys in the snapshot files.
        scripts: Gives the texts of the scripts, the oldest first; called when they are needed.
        named: What ``--ours`` says.
        bind: The database's name, where scripts have functions for each.
        default_schema: Where objects without a schema's name lie.
    """

    ledger: Collection[Key]
    scripts: Callable[[], Sequence[str]]
    named: frozenset[str] = frozenset()
    bind: str = ""
    default_schema: str = ""
    _read: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)

    def __contains__(self, key: object) -> bool:
        """Tell whether something may be dropped."""
        if not isinstance(key, Key):
            return False
        dotted = ".".join(word for word in (key.schema, key.name) if word)
        if self.named & {key.name, dotted, f"{key.name}.{key.part}", f"{dotted}.{key.part}"}:
            return True
        return self._in_ledger(key) or (key.kind in _SCRIPTS_SUFFICE and self.is_scripted(key))

    def is_scripted(self, key: Key) -> bool:
        """Tell whether a script of this history makes it, and none takes it away afterwards."""
        # Without regard to capitals: where a script does not quote a name, the server may have folded it.
        name = (key.part or key.name.partition("(")[0]).casefold()
        group = group_of(key)
        is_made = False
        for text in self._all_texts():
            if name in text.casefold():
                for event in self._events(text):
                    same = event.group == group and event.name.casefold() == name
                    if same and self._is_here(event.schema, key.schema):
                        is_made = event.made
        return is_made

    def _in_ledger(self, key: Key) -> bool:
        return key in self.ledger or any(
            (one.kind, one.name, one.part) == (key.kind, key.name, key.part) and self._is_here(one.schema, key.schema)
            for one in self.ledger
        )

    def _is_here(self, said: str | None, schema: str) -> bool:
        """Compare schemas; files of another kind of server, and scripts, leave out the usual one."""
        return schema in (said, "") or (not said and schema == self.default_schema)

    def _all_texts(self) -> list[str]:
        if not self._texts:
            self._texts.extend(self.scripts())
        return self._texts

    def _events(self, text: str) -> tuple[Event, ...]:
        if text not in self._read:
            self._read[text] = tuple(events_of(text, self.bind))
        return self._read[text]


def events_of(text: str, bind: str = "") -> Iterator[Event]:
    """Read what a script's upgrade makes and takes away, in the order in which it is written."""
    try:
        module = ast.parse(text)
    except SyntaxError:
        return
    constants = dict(_constants(module))
    for node in module.body:
        if not _is_elsewhere(node, bind):
            yield from _events(node, constants)


def _is_elsewhere(node: ast.stmt, bind: str) -> bool:
    """Tell whether a function is for the way back, or for another database."""
    if not isinstance(node, ast.FunctionDef):
        return False
    before, _, name = node.name.partition("_")
    return before == "downgrade" or (before == "upgrade" and bool(name) and name != bind)


def _events(node: ast.AST, constants: Mapping[str, tuple[str, ...]]) -> Iterator[Event]:
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
        constants = {**constants, node.target.id: _texts(node.iter, constants)}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from events_in_sql(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield from events_in_sql("".join(str(one.value) for one in node.values if isinstance(one, ast.Constant)))
        return
    if isinstance(node, ast.Call):
        found = list(_called(node, constants))
        if found:
            yield from found
            if not found[-1].made:
                return
    for child in ast.iter_child_nodes(node):
        yield from _events(child, constants)


def _called(node: ast.Call, constants: Mapping[str, tuple[str, ...]]) -> Iterator[Event]:
    name = _name_of(node.func)
    options = {one.arg: one.value for one in node.keywords if one.arg}
    schema = next(iter(_texts(options.get("schema"), constants)), None)
    first = _texts(node.args[0] if node.args else options.get("table_name", options.get("old_table_name")), constants)
    if name in ("create_table", "drop_table"):
        yield from (Event("table", schema, one, name == "create_table") for one in first)
    elif name == "rename_table":
        second = _texts(node.args[1] if len(node.args) > 1 else options.get("new_table_name"), constants)
        yield from (Event("table", schema, one, False) for one in first)
        yield from (Event("table", schema, one, True) for one in second)
    elif name in ("Enum", "ENUM"):
        yield from (Event("type", schema, one, True) for one in _texts(options.get("name"), constants))
    elif name == "drop" and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        for one in _called(node.func.value, constants):
            yield Event(one.group, one.schema, one.name, False)


def _name_of(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _constants(module: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Read texts, and lists of texts, that have a name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            texts = _texts(node.value, {})
            if texts:
                yield node.targets[0].id, texts


def _texts(node: Any, constants: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if isinstance(node, ast.Constant):
        return (node.value,) if isinstance(node.value, str) else ()
    if isinstance(node, ast.Name):
        return constants.get(node.id, ())
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return tuple(text for one in node.elts for text in _texts(one, constants))
    if isinstance(node, ast.Call) and _name_of(node.func) == "quoted_name" and node.args:
        return _texts(node.args[0], constants)
    return ()


# SQL

_PART = r'(?:"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|[^\W\d][\w$]*)'
_NAME = rf"({_PART}(?:\s*\.\s*{_PART})?)"
_KIND = (
    r"(MATERIALIZED\s+VIEW|TABLE|VIEW|FUNCTION|PROCEDURE|AGGREGATE|TYPE|DOMAIN|SEQUENCE|TRIGGER|POLICY|RULE|"
    r"SCHEMA|EXTENSION|COLLATION|EVENT|STATISTICS)"
)
_BEFORE = (
    r"(?:(?:OR\s+REPLACE|UNLOGGED|VIRTUAL|FOREIGN|RECURSIVE|CONSTRAINT|ALGORITHM\s*=\s*\w+|DEFINER\s*=\s*\S+|"
    r"SQL\s+SECURITY\s+\w+)\s+)*"
)
_SQL = re.compile(
    rf"\bCREATE\s+{_BEFORE}{_KIND}\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}"
    rf"|\bDROP\s+{_KIND}\s+(?:IF\s+EXISTS\s+)?{_NAME}"
    rf"|\bALTER\s+(TABLE|VIEW|TYPE|SEQUENCE)\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_NAME}\s+RENAME\s+(?:TO|AS)\s+{_NAME}"
    rf"|\bRENAME\s+(TABLE)\s+{_NAME}\s+TO\s+{_NAME}",
    re.IGNORECASE,
)
_WORDS = {"materialized view": "view", "procedure": "function", "aggregate": "function", "domain": "type"}


def events_in_sql(text: str) -> Iterator[Event]:
    """Read what statements make and take away."""
    for match in _SQL.finditer(text):
        made, its_name, gone, gone_name, *renames = match.groups()
        if made:
            yield _event(made, its_name, True)
        elif gone:
            yield _event(gone, gone_name, False)
        else:
            kind, old, new = (one for one in renames if one)
            before = _event(kind, old, False)
            yield before
            after = _event(kind, new, True)
            yield Event(after.group, after.schema or before.schema, after.name, True)


def _event(kind: str, name: str, made: bool) -> Event:
    word = " ".join(kind.lower().split())
    parts = [_unquoted(one) for one in re.findall(_PART, name)]
    return Event(_WORDS.get(word, word), parts[0] if len(parts) > 1 else None, parts[-1], made)


def _unquoted(name: str) -> str:
    if name[0] == '"':
        return name[1:-1].replace('""', '"')
    return name[1:-1] if name[0] in "`[" else name


def listed(keys: Iterable[Key]) -> str:
    """Return keys as one line, by their kinds: ``view v, w; table celery_taskmeta``."""
    by_kind: dict[str, list[str]] = {}
    for key in keys:
        name = f"{key.name}.{key.part}" if key.part else key.name
        by_kind.setdefault(key.kind.replace("_", " "), []).append(name)
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_kind.items())
