"""Whole objects other than tables and views: types, sequences, routines, schemas, extensions."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.backends.parse import read_constraint
from whimbrel.backends.postgresql.reflect_tables import by_name, commented, is_numbering, limits
from whimbrel.snapshot import (
    Check,
    Definition,
    Domain,
    Enum,
    Extension,
    Function,
    Procedure,
    Schema,
    Sequence,
    Whole,
    is_bookkeeping,
)

if TYPE_CHECKING:
    from whimbrel.backends.postgresql.reflect import Catalogue

_CATALOGUES = {"rule": "pg_rewrite", "statistics": "pg_statistic_ext", "collation": "pg_collation"}


def whole_objects(catalogue: "Catalogue") -> Iterator[Whole]:
    """Make everything that is no table and no view."""
    for found in _everything(catalogue):
        if not is_bookkeeping(found.name):
            yield found


def _everything(catalogue: "Catalogue") -> Iterator[Whole]:
    for oid, name in catalogue.schemas:
        yield Schema("", name, catalogue.comment("pg_namespace", oid))
    for oid, schema, name, version in catalogue.extensions:
        yield Extension(schema, name, catalogue.comment("pg_extension", oid), version)
    yield from _types(catalogue)
    yield from _sequences(catalogue)
    yield from _routines(catalogue)
    for kind, oid, schema, name, text in catalogue.definitions:
        yield Definition(schema, name, kind, text, catalogue.comment(_CATALOGUES[kind], oid))


def _types(catalogue: "Catalogue") -> Iterator[Whole]:
    checks = _domain_checks(catalogue)
    for row in catalogue.types:
        oid, schema, name, kind, labels, base, not_null, default, collation, fields, subtype = row
        comment = catalogue.comment("pg_type", oid)
        if kind == "e":
            yield Enum(schema, name, tuple(labels), comment)
        elif kind == "d":
            yield Domain(schema, name, base, not not_null, default, collation or "", by_name(checks[oid]), comment)
        elif kind == "c":
            yield Definition(schema, name, "composite", f"({', '.join(fields)})", comment)
        else:
            yield Definition(schema, name, "range", f"(subtype = {subtype})", comment)


def _domain_checks(catalogue: "Catalogue") -> dict[int, list[Check]]:
    out: dict[int, list[Check]] = defaultdict(list)
    for oid, table, domain, name, _, text, *_ in catalogue.constraints:
        if not table and domain:
            check = read_constraint(name, text, "")
            out[domain].append(commented(check, catalogue.comment("pg_constraint", oid)))
    return out


def _sequences(catalogue: "Catalogue") -> Iterator[Sequence]:
    owners = {row[0]: f"{row[1]}.{row[2]}" for row in catalogue.relations}
    columns = {(row[0], row[1]): row for row in catalogue.columns} if catalogue.sequences else {}
    for row in catalogue.sequences:
        oid, schema, name = row[:3]
        owned_by = ""
        if row[11] is not None:
            column = columns.get((row[11], row[12]))
            if column is None or is_numbering(column, row):
                continue
            owned_by = f"{owners[row[11]]}.{column[2]}"
        options = ("unlogged",) if row[13] == "u" else ()
        yield Sequence(
            schema,
            name,
            *limits(row[4:11]),
            owned_by,
            catalogue.comment("pg_class", oid),
            options,
        )


def _routines(catalogue: "Catalogue") -> Iterator[Whole]:
    for oid, schema, name, arguments, kind, text in catalogue.routines:
        comment = catalogue.comment("pg_proc", oid)
        called = f"{name}({arguments})"
        if kind == "p":
            yield Procedure(schema, called, text, comment)
        elif kind == "a":
            yield Definition(schema, called, "aggregate", text, comment)
        else:
            yield Function(schema, called, text, comment)
