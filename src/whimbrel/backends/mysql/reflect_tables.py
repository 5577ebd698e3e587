"""Tables and their parts, made from the rows of `information_schema`."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MARIADB, RESERVED_WORDS_MYSQL

from whimbrel.snapshot import Check, Column, ForeignKey, Index, PrimaryKey, Table, Trigger, is_bookkeeping
from whimbrel.snapshot.tables import in_order
from whimbrel.tokens import is_plain, scan, unquoted, without_parentheses

if TYPE_CHECKING:
    from whimbrel.backends.mysql.reflect import Catalogue

Parts = dict[str, list[Any]]
KEYWORDS = frozenset(word.upper() for word in RESERVED_WORDS_MARIADB | RESERVED_WORDS_MYSQL)
_ON_UPDATE = re.compile(r"on update (\S+)", re.IGNORECASE)
_QUIET_ACTIONS = ("RESTRICT", "NO ACTION")
_NUMBER_OR_CALL = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?\Z|(CURRENT_TIMESTAMP|b'|x')", re.IGNORECASE)


def tables(catalogue: "Catalogue") -> Iterator[Table]:
    """Make all tables."""
    collations = {row[0]: row[3] for row in catalogue.tables}
    checks, column_checks = _checks(catalogue)
    columns = _columns(catalogue, collations, column_checks)
    indexes = _indexes(catalogue)
    foreign_keys = _foreign_keys(catalogue)
    triggers = triggers_by_table(catalogue)
    partitions = _partitions(catalogue)
    for name, kind, engine, collation, options, comment in catalogue.tables:
        if is_bookkeeping(name) or "VIEW" in kind or kind == "SEQUENCE":
            continue
        found = indexes[name]
        keys = [index for index in found if type(index) is PrimaryKey]
        by, parts = partitions.get(name, ("", ()))
        yield Table(
            "",
            name,
            _kept(columns[name]),
            keys[0] if keys else None,
            (),
            _kept(foreign_keys[name]),
            _kept(checks[name]),
            (),
            _kept(index for index in found if type(index) is Index),
            _kept(triggers[name]),
            comment=comment or None,
            options=_options(kind, engine, collation if collation != catalogue.collation else "", options),
            partition_by=by,
            partitions=parts,
        )


def _kept(parts: Any) -> tuple[Any, ...]:
    return in_order(part for part in parts if not is_bookkeeping(part.name))


def _options(kind: str, engine: str, collation: str, given: str) -> tuple[str, ...]:
    options = re.findall(r"[`\w]+=(?:'[^']*'|\S+)", given or "")
    if engine == "Aria":  # it says so of every table
        options = [one for one in options if one != "transactional=1"]
    options.append(f"engine={engine}")
    if collation:
        options.append(f"collate={collation}")
    if kind == "SYSTEM VERSIONED":
        options.append("system versioned")
    return tuple(sorted(options))


def _columns(catalogue: "Catalogue", collations: dict[str, str], checks: dict[tuple[str, str], str]) -> Parts:
    out: Parts = defaultdict(list)
    for row in catalogue.columns:
        table, name, position, _, nullable, type_, collation, extra, comment, generated = row
        marks = extra.lower()
        on_update = _ON_UPDATE.search(extra) if "on update" in marks else None
        options = [mark for mark in ("invisible", "without system versioning") if mark in marks]
        options += [f"check {checks[table, name]}"] if (table, name) in checks else []
        out[table].append(
            Column(
                name,
                type_,
                nullable == "YES",
                None if generated else _default(catalogue, row),
                catalogue.expression(generated) if generated else None,
                "stored" in marks or "persistent" in marks,
                "",
                None,
                "auto_increment" in marks,
                on_update[1] if on_update else None,
                collation if collation and collation != collations[table] else "",
                comment or None,
                tuple(options),
                position,
            )
        )
    return out


def _default(catalogue: "Catalogue", row: Any) -> str | None:
    """Write the default as an expression: MariaDB gives one, MySQL the bare value of a literal."""
    default, type_, extra = row[3], row[5], row[7]
    if default is None or (catalogue.server.is_mariadb and default == "NULL"):
        return None
    text = str(default)
    if catalogue.server.is_mariadb:
        return catalogue.expression(text)
    if "DEFAULT_GENERATED" in extra:
        return catalogue.expression(text)
    if _NUMBER_OR_CALL.match(text) and "char" not in type_:
        return text
    return "'" + text.replace("'", "''") + "'"


def _indexes(catalogue: "Catalogue") -> Parts:
    out: Parts = defaultdict(list)
    hiding = "ignored" if catalogue.server.is_mariadb else "invisible"  # each server's own word
    for (table, name), rows in groupby(catalogue.indexes, key=lambda row: (row[0], row[1])):
        lines = list(rows)
        if name == "PRIMARY":
            out[table].append(PrimaryKey("", tuple(_part(catalogue, line) for line in lines)))
            continue
        _, _, non_unique, _, _, _, method, comment, _, hidden = lines[0]
        method = method.lower()
        out[table].append(
            Index(
                name,
                tuple(_part(catalogue, line) for line in lines),
                not int(non_unique),
                "" if method == "btree" else method,
                comment=comment or None,
                options=(hiding,) if hidden == "YES" else (),
            )
        )
    return out


def _part(catalogue: "Catalogue", row: Any) -> str:
    column, order, length, method, expression = row[3], row[4], row[5], row[6], row[8]
    text = f"({catalogue.expression(expression)})" if expression else quoted(column)
    if length is not None and method != "SPATIAL":
        text += f"({length})"
    return f"{text} DESC" if order == "D" else text


def quoted(name: str) -> str:
    """Quote a name that is more than a plain word."""
    return name if is_plain(name) else "`" + name.replace("`", "``") + "`"


def named(name: str) -> str:
    """Quote a name in a statement, where a keyword would be taken for one."""
    return f"`{name}`" if name.upper() in KEYWORDS else quoted(name)


def _foreign_keys(catalogue: "Catalogue") -> Parts:
    rules = {(row[0], row[1]): row[2:] for row in catalogue.foreign_key_rules}
    out: Parts = defaultdict(list)
    for (table, name), rows in groupby(catalogue.foreign_key_columns, key=lambda row: (row[0], row[1])):
        lines = list(rows)
        on_update, on_delete, match = rules[table, name]
        schema, target = lines[0][3:5]
        out[table].append(
            ForeignKey(
                name,
                tuple(line[2] for line in lines),
                "" if schema == catalogue.database else schema,
                target,
                tuple(line[5] for line in lines),
                "" if on_update in _QUIET_ACTIONS else on_update,
                "" if on_delete in _QUIET_ACTIONS else on_delete,
                "" if match == "NONE" else match,
            )
        )
    return out


def _checks(catalogue: "Catalogue") -> tuple[Parts, dict[tuple[str, str], str]]:
    """Make all CHECKs; one on a column is part of what the column is: whoever changes the column says it again."""
    out: Parts = defaultdict(list)
    on_columns = {}
    columns = {(row[0], row[1]) for row in catalogue.columns}
    for table, name, text, level, enforced in catalogue.checks:
        condition = without_parentheses(catalogue.expression(text), "mysql")
        if level == "Column":
            on_columns[table, _checked_column(table, name, condition, columns)] = condition
        else:
            out[table].append(Check(name, condition, options=("not enforced",) if enforced == "NO" else ()))
    return out, on_columns


def _checked_column(table: str, name: str, condition: str, columns: set[tuple[str, str]]) -> str:
    """Find the column of a CHECK on a column: it is named like it, until the column is renamed."""
    words = [unquoted(word) for word in scan(condition, "mysql").words if word.startswith("`")]
    mentioned = [word for word in words if (table, word) in columns]
    return name if name in mentioned or not mentioned else mentioned[0]


def triggers_by_table(catalogue: "Catalogue") -> Parts:
    """Make all triggers; the order among those of one event is that of their names."""
    out: Parts = defaultdict(list)
    for name, table, timing, event, body in catalogue.triggers:
        head = f"CREATE TRIGGER {named(name)} {timing} {event} ON {named(table)} FOR EACH ROW"
        text = f"{head} {catalogue.body('TRIGGER', name, body)}"
        out[table].append(Trigger(name, text))
    return out


def _partitions(catalogue: "Catalogue") -> dict[str, tuple[str, tuple[str, ...]]]:
    out = {}
    for table, rows in groupby(catalogue.partitions, key=lambda row: row[0]):
        lines = list(rows)
        _, _, method, expression, _, _, sub_method, sub_expression = lines[0]
        parts = tuple(dict.fromkeys(_partition(line) for line in lines))
        by = f"{method} ({expression or ''})"
        if sub_method:
            by += f" / {sub_method} ({sub_expression or ''}) {len(lines) // len(parts)}"
        out[table] = by, parts
    return out


def _partition(row: Any) -> str:
    name, method, values = row[1], row[2], row[4]
    if method.startswith("RANGE"):
        return f"{name} VALUES LESS THAN {values if values == 'MAXVALUE' else f'({values})'}"
    if method.startswith("LIST"):
        return f"{name} VALUES IN ({values})"
    return str(name)
