"""The log lines of a comparison: Alembic's own where it has one for a change, under its loggers' names."""

from __future__ import annotations

import logging
from typing import Any

from whimbrel.compare.changes import Added, Altered, Comparison, Renamed
from whimbrel.operations import Sides
from whimbrel.snapshot import Column, ForeignKey, Index, Table, Unique

_HOME = "alembic.autogenerate.compare"
tables = logging.getLogger(f"{_HOME}.tables")
constraints = logging.getLogger(f"{_HOME}.constraints")
types = logging.getLogger(f"{_HOME}.types")
defaults = logging.getLogger(f"{_HOME}.server_defaults")
comments = logging.getLogger(f"{_HOME}.comments")


def report(comparison: Comparison, context: Any, sides: Sides) -> None:
    """Log what was found: new tables in the order of the models, then the rest."""
    fresh = {one.key.owner for one in comparison.changes if isinstance(one, Added) and isinstance(one.wanted, Table)}
    default = sides.found.default_schema
    for table in context.sorted_tables:
        if (table.schema or default, table.name) in fresh:
            _new_table(table)
    for one in comparison.changes:
        if not (isinstance(one, Added) and isinstance(one.wanted, Table) and one.key.owner in sides.models):
            _change(one, sides)


def _new_table(table: Any) -> None:
    tables.info("Detected added table %r", f"{table.schema}.{table.name}" if table.schema else table.name)
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        names = tuple(getattr(one, "name", None) or str(one) for one in index.expressions)
        constraints.info("Detected added index %r on '%s'", str(index.name), names)


def _change(one: Any, sides: Sides) -> None:
    if isinstance(one, Renamed):
        name = _name(one.key, sides)
        tables.info("Detected renamed %s %r to %r", _kind(one), name, one.to.part or one.to.name)
    elif isinstance(one, Altered):
        _altered(one, sides)
    else:
        thing = one.wanted if isinstance(one, Added) else one.found
        _came_or_went("added" if isinstance(one, Added) else "removed", one, thing, sides)


def _came_or_went(verb: str, one: Any, thing: Any, sides: Sides) -> None:
    table = one.key.name
    if isinstance(thing, Index):
        where = ("on '%s'", thing.parts) if verb == "added" else ("on %r", table)
        constraints.info(f"Detected {verb} index %r {where[0]}", thing.name, where[1])
    elif isinstance(thing, Unique):
        where = ("on '%s'", thing.columns) if verb == "added" else ("on %r", table)
        constraints.info(f"Detected {verb} unique constraint %r {where[0]}", thing.name or None, where[1])
    elif isinstance(thing, ForeignKey):
        schema = sides.schema(one.key.schema)
        names = (", ".join(thing.columns), ", ".join(thing.target), f"{schema}." if schema else "", table)
        constraints.info(f"Detected {verb} foreign key (%s)(%s) on table %s%s", *names)
    elif isinstance(thing, Column):
        tables.info(f"Detected {verb} column '%s'", _name(one.key, sides))
        place = (one.key.schema, one.key.name, one.key.part)
        if place in sides.defaulted:
            tables.info("The rows that are there get the model's default, %s", sides.fills[place])
    else:
        tables.info(f"Detected {verb} {_kind(one)} %r", _name(one.key, sides))


def _altered(one: Altered, sides: Sides) -> None:
    name, key = _name(one.key, sides), one.key
    if not isinstance(one.wanted, Column) or not isinstance(one.found, Column):
        tables.info("Detected changed %s %r: %s", _kind(one), name, ", ".join(one.aspects))
        return
    old = sides.present_column(key.schema, key.name, key.part)
    new = sides.model_column(key.schema, key.name, key.part)
    for aspect in one.aspects:
        if aspect == "type" and old is not None and new is not None:
            types.info("Detected type change from %r to %r on '%s'", old.type, new.type, name)
        elif aspect == "nullable":
            constraints.info("Detected %s on column '%s'", "NULL" if one.wanted.nullable else "NOT NULL", name)
        elif aspect == "comment":
            comments.info("Detected column comment '%s'", name)
        elif aspect == "default":
            defaults.info("Detected server default on column '%s'", name)
        else:
            tables.info("Detected changed column '%s': %s", name, aspect)


def _kind(one: Any) -> str:
    return str(one.key.kind.replace("_", " "))


def _name(key: Any, sides: Sides) -> str:
    return ".".join(word for word in (sides.schema(key.schema), key.name, key.part) if word)
