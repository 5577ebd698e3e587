"""The words of advice: lines to paste into a script, with the names that it has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from whimbrel.backends.ddl import ddl_for

if TYPE_CHECKING:
    from whimbrel.backends.observed import Fact
    from whimbrel.hazards.case import Server

LATER = "# in the next script, which is a transaction of its own:"


def name(server: Server, *names: str) -> str:
    """Write a name as the server's SQL does; one with a schema has a dot."""
    ddl = ddl_for(server.kind)
    return ".".join(ddl.name(part) for one in names for part in one.split("."))


def execute(statement: str) -> str:
    """Return the line of a script that runs a statement."""
    quote = "'" if '"' in statement and "'" not in statement else '"'
    if quote == '"' and '"' in statement:
        return f'op.execute("""{statement}""")'
    return f"op.execute({quote}{statement}{quote})"


def alone(*lines: str) -> str:
    """Return lines that run outside of the script's transaction."""
    return "\n".join(["with op.get_context().autocommit_block():", *(f"    {line}" for line in lines)])


def steps(*lines: str) -> str:
    """Return lines, one under the other."""
    return "\n".join(lines)


def call(function: str, *arguments: object, **options: object) -> str:
    """Return a call of an operation; options that are None are left out."""
    given = [*(_shown(one) for one in arguments)]
    given += [f"{key}={_shown(value)}" for key, value in options.items() if value is not None]
    return f"op.{function}({', '.join(given)})"


def placed(table: str) -> tuple[str, str | None]:
    """Split a table's name from its schema; None where it needs none."""
    schema, dot, own = table.rpartition(".")
    return own, schema if dot else None


def columns(fact: Fact) -> list[str]:
    """Return the columns of an index or a constraint."""
    return [one for one in fact.get("columns").split(", ") if one]


def listed(names: Iterable[str]) -> str:
    """List names in a sentence."""
    given = list(names)
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} and {given[-1]}" if given else ""


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() and not {'"', "\\"} & set(value) else repr(value)
    return str(value)


SMALL = "do it while the table is small, or while nobody uses it"
