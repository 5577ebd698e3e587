"""Edits of models, as a person makes them: each returns what the models are then, with what is to be said of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.drawn.draw import COLUMNS, LABELS, STRICT_KINDS, TABLES, TAG, is_strict
from tests.drawn.extras import Extras, fitted, with_names
from tests.drawn.kinds import KINDS, fits, kinds_on
from tests.drawn.models import Col, Index, Models, Pair, Tab
from tests.drawn.parts import (
    column_before,
    exchanged,
    labels_kept,
    needs_values,
    new_table,
    table_before,
    with_changed,
    with_column_renamed,
    with_enum,
    without,
    without_column,
)

# Among these families every value that is drawn can be cast, by the server or by an answer.
_TOWARDS = {
    "int": ("int", "number", "text"),
    "number": ("number", "int", "text"),
    "text": ("text", "int"),
    "date": ("date", "moment", "text"),
    "moment": ("moment", "date", "text"),
    "bool": ("bool", "int"),
    "json": ("json", "text"),
    "uuid": ("uuid", "text"),
}


@st.composite
def pairs(draw: st.DrawFn, server: str) -> Pair:
    """Draw models, and the same after some edits."""
    edits = Edits(draw, server)
    before = edits.models()
    pair = Pair(before, before)
    for _ in range(draw(st.integers(1, 5))):
        pair = edits.edited(pair)
    return pair


class Edits(Extras):
    """Draws edits."""

    pair: Pair | None = None

    def edited(self, pair: Pair) -> Pair:
        self.pair = pair
        every: list[Callable[[Pair], Pair | None]] = [
            self.add_column, self.drop_column, self.rename_column, self.retype, self.retype, self.nullability,
            self.default_of, self.comment_on, self.generate, self.add_rule, self.drop_rule, self.alter_rule,
            self.add_fk, self.alter_fk, self.key, self.add_table, self.drop_table, self.rename_table,
            self.table_comment, self.labels, self.labels, self.style, self.own, self.retype_key, self.options_of,
            self.add_extra, self.drop_extra, self.alter_extra,
            *([self.enumerate_] if self.server == "postgresql" else []),
        ]  # fmt: skip
        edit = self.one(every)
        made = edit(pair)
        return replace(made, edits=(*pair.edits, edit.__name__)) if made is not None else pair

    def distinct(self, models: Models, table: Tab) -> list[str]:
        """List the columns that have another value in each row: not those that get theirs by the change."""
        names = self.in_keys(models, table)
        if self.pair is None or (table_before(self.pair, table) is None):
            return names
        return [one for one in names if column_before(self.pair, table, one) is not None]

    def has_no_rows(self, table: Tab) -> bool:
        """Tell a new table."""
        return self.pair is not None and table_before(self.pair, table) is None

    # tables

    def options_of(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        if any(KINDS[table.column(name).kind].family == "text" for fk in table.fks for name in fk.columns):
            return None
        options = self.options(table, convention=pair.after.convention)
        return replace(pair, after=pair.after.with_table(replace(table, options=options)))

    def retype_key(self, pair: Pair) -> Pair | None:
        """Give a key another type, and whatever points to it too."""
        table = self.one(pair.after.tables)
        col = table.column(table.key[0])
        if len(table.key) > 1 or col == TAG or col.name == "tag" or col.kind.startswith("enum"):
            return None
        family = KINDS[col.kind].family
        kinds = [one for one in kinds_on(self.server, in_keys=True) if KINDS[one].family == family]
        new = self.one([one for one in kinds if "latin" not in one and "bin" not in one])
        after = pair.after.with_table(with_changed(table, col, replace(col, kind=new)))
        for other, fk in after.pointing_at(table.name):
            now = after.table(other.name)
            if fk.columns[0] in now.key:
                return None
            there = now.column(fk.columns[0])
            after = after.with_table(with_changed(now, there, replace(there, kind=new)))
        return replace(pair, after=after)

    def add_table(self, pair: Pair) -> Pair:
        table = self.table(pair.after)
        if any(one.name == table.name for one in pair.before.tables):
            return pair
        after = pair.after.with_table(table)
        return replace(pair, after=self.with_fk(after, table.name) if self.often(2) else after)

    def drop_table(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        if len(pair.after.tables) == 1 or new_table(pair, table.name) is not None:
            return None
        was = table_before(pair, table)
        if was is not None and any(
            one.name != was.name and any(table_before(pair, now) is one for now in pair.after.tables)
            for one, _ in pair.before.pointing_at(was.name)
        ):
            return None  # its rows do not come back, and others would point to them again
        after = pair.after
        pair = replace(pair, renames=tuple(one for one in pair.renames if one[1].split(".")[0] != table.name))
        for other, fk in after.pointing_at(table.name):
            now = after.table(other.name)
            after = after.with_table(replace(now, fks=tuple(one for one in now.fks if one != fk)))
        tables = tuple(one for one in after.tables if one.name != table.name)
        return replace(pair, after=fitted(replace(after, tables=tables)))

    def rename_table(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        if not any(one.name == table.name for one in pair.before.tables) or new_table(pair, table.name):
            return None
        names = [one.name for models in (pair.before, pair.after) for one in models.tables]
        new = self.fresh(TABLES, names)
        after = pair.after.with_table(replace(table, name=new), table.name)
        tables = tuple(
            replace(one, fks=tuple(replace(fk, table=new) if fk.table == table.name else fk for fk in one.fks))
            for one in after.tables
        )
        moved = tuple((old, f"{new}.{to.split('.', 1)[1]}" if to.startswith(f"{table.name}.") else to)
                      for old, to in pair.renames)  # fmt: skip
        after = with_names(replace(after, tables=tables), table.name, new)
        return replace(pair, after=after, renames=(*moved, (table.name, new)))

    def table_comment(self, pair: Pair) -> Pair:
        table = self.one(pair.after.tables)
        return replace(pair, after=pair.after.with_table(replace(table, comment=self.comment())))

    def key(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        old = table_before(pair, table)
        if pair.after.pointing_at(table.name) or old is None:
            return None
        names = [
            name
            for name in self.in_keys(pair.after, table)
            if not table.column(name).nullable and column_before(pair, table, name) is not None
            and not column_before(pair, table, name).nullable  # type: ignore[union-attr]
        ]  # fmt: skip
        key = tuple(self.some(names, 2))
        if not key or any(frozenset(key) == frozenset(one.columns) for one in table.uniques):
            return None
        columns = tuple(replace(one, identity=None) for one in table.columns)
        return replace(pair, after=pair.after.with_table(replace(table, key=key, columns=columns)))

    # columns

    def add_column(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        old = table_before(pair, table)
        taken = [one.name for one in (*table.columns, *(old.columns if old else ()))]
        col = self.column(pair.after, table, self.fresh(COLUMNS, taken))
        return replace(pair, after=pair.after.with_table(replace(table, columns=(*table.columns, col))))

    def drop_column(self, pair: Pair) -> Pair | None:
        table, col = self._free(pair)
        was = column_before(pair, table, col.name) if col is not None else None
        if col is None or was is None or needs_values(pair, table, was):
            return None
        renames = tuple(one for one in pair.renames if one[1] != f"{table.name}.{col.name}")
        after = fitted(pair.after.with_table(without_column(table, col.name)))
        return replace(pair, after=after, renames=renames)

    def rename_column(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        old = table_before(pair, table)
        cols = [one for one in table.columns if one.name != TAG.name and column_before(pair, table, one.name)]
        if old is None or not cols:
            return None
        col = self.one(cols)
        if dict(table.options).get("sqlite_with_rowid") is False and any(
            col.name in table.key and col.name in one.columns for one in table.uniques
        ):
            return None  # SQLite itself cannot (3.40: "no such column")
        taken = [one.name for one in (*table.columns, *old.columns)]
        new = self.fresh(COLUMNS, taken)
        was = column_before(pair, table, col.name)
        assert was is not None
        after = with_names(with_column_renamed(pair.after, table, col.name, new), table.name, table.name, col.name, new)
        first = (f"{old.name}.{was.name}", f"{table.name}.{new}")
        renames = tuple(one for one in pair.renames if one[0] != first[0])
        return replace(pair, after=after, renames=(*renames, first))

    def retype(self, pair: Pair) -> Pair | None:
        table, col = self._free(pair)
        was = column_before(pair, table, col.name) if col is not None else None
        if self.server == "mariadb" and col is not None and col.kind.startswith("uuid"):
            return None  # it writes one in 36 characters, where SQLAlchemy's CHAR has 32
        if col is None or was is None or col.computed or col.identity or col.kind.startswith("enum"):
            return None
        uses = [of for of, name in table.used() if name == col.name]
        family = KINDS[col.kind].family
        if was.kind.startswith("enum") or KINDS[was.kind].family != family:
            return None
        free = _TOWARDS.get(family, (family,)) if not uses else (family,)
        if any(dict(getattr(of, "options", ())).keys() & {"mysql_length", "mysql_prefix"} for of in uses):
            return None  # an index on the beginning of a text is on no number
        in_keys = any(not hasattr(of, "text") for of in uses)
        known = STRICT_KINDS if is_strict(table) else kinds_on(self.server)
        kinds = [one for one in known if KINDS[one].family in free]
        kinds = [one for one in kinds if fits(family, one)]
        new = self.one([one for one in kinds if KINDS[one].in_keys or not in_keys or one == col.kind])
        changed = replace(col, kind=new, on_update=False)
        keeps = KINDS[new].family == family and not col.on_update and "latin" not in new and "unsigned" not in new
        if not keeps:
            changed = replace(changed, default=self.default(pair.after, changed) if self.often(2) else None)
        return replace(pair, after=pair.after.with_table(with_changed(table, col, changed)))

    def nullability(self, pair: Pair) -> Pair | None:
        table, col = self._free(pair)
        if col is None or col.computed or col.identity or any(col.name in fk.columns for fk in table.fks):
            return None
        return replace(
            pair, after=pair.after.with_table(with_changed(table, col, replace(col, nullable=not col.nullable)))
        )

    def default_of(self, pair: Pair) -> Pair | None:
        table, col = self._free(pair)
        if col is None or col.computed or col.identity or col.on_update:
            return None
        default = self.default(pair.after, col) if self.often(2) else None
        return replace(pair, after=pair.after.with_table(with_changed(table, col, replace(col, default=default))))

    def comment_on(self, pair: Pair) -> Pair:
        table = self.one(pair.after.tables)
        col = self.one(table.columns)
        changed = replace(col, comment=self.comment())
        return replace(pair, after=pair.after.with_table(with_changed(table, col, changed)))

    def generate(self, pair: Pair) -> Pair | None:
        """Make a column a generated one, or another one, or none."""
        table, col = self._free(pair)
        if is_strict(table) or col is None or any(name == col.name for _, name in table.used()):
            return None
        if col.identity or col.on_update:
            return None
        if col.computed and self.often(2):
            changed: Col | None = replace(col, computed=None)
        else:
            others = replace(table, columns=tuple(one for one in table.columns if one.name != col.name))
            changed = self.computed(pair.after, others, col)
        if changed is None:
            return None
        return replace(pair, after=pair.after.with_table(with_changed(table, col, changed)))

    def own(self, pair: Pair) -> Pair | None:
        """Change what only one server has."""
        table, col = self._free(pair, even_keys=True)
        if col is None:
            return None
        if self.server == "postgresql" and col.kind in ("integer", "bigint") and table.key == (col.name,):
            identity = None if col.identity is not None else self.identity()
            return replace(pair, after=pair.after.with_table(with_changed(table, col, replace(col, identity=identity))))
        if self.server == "sqlite" and self.often(2) and not dict(table.options).get("sqlite_autoincrement"):
            return replace(pair, after=pair.after.with_table(replace(table, key_conflict=self.conflict())))
        if self.server == "sqlite" and not col.computed:
            return replace(
                pair, after=pair.after.with_table(with_changed(table, col, replace(col, conflict=self.conflict())))
            )
        if self.server == "mariadb" and col.kind in ("timestamp", "datetime") and not col.computed:
            changed = replace(col, on_update=not col.on_update, default=None)
            return replace(pair, after=pair.after.with_table(with_changed(table, col, changed)))
        return None

    def enumerate_(self, pair: Pair) -> Pair | None:
        """Make a text an enumeration, or an enumeration a text."""
        table, col = self._free(pair)
        if col is None or any(name == col.name for _, name in table.used()) or col.computed:
            return None
        if col.kind.startswith("enum "):
            kind = self.one(["text", "string20", "string50", "citext"])
        elif pair.after.kind(col).family == "text" and col.kind != "char" and pair.after.enums:
            enum = self.one([*pair.after.enums])
            was = column_before(pair, table, col.name)
            if enum.style == "checked" or (was is not None and was.kind == "char"):
                return None  # the rows would not fit, there or back
            kind = f"enum {enum.name}"
        else:
            return None
        changed = replace(col, kind=kind)
        changed = replace(changed, default=self.default(pair.after, changed) if self.often(2) else None)
        return replace(pair, after=pair.after.with_table(with_changed(table, col, changed)))

    def _free(self, pair: Pair, *, even_keys: bool = False) -> tuple[Tab, Col | None]:
        """Draw a column that no key needs as it is."""
        table = self.one(pair.after.tables)
        pointed = {name for _, fk in pair.after.pointing_at(table.name) for name in fk.target}
        keys = set() if even_keys else set(table.key)
        own = {name for fk in table.fks for name in fk.columns}
        cols = [one for one in table.columns if one != TAG and one.name != "tag"
                and one.name not in keys | pointed | own]  # fmt: skip
        return table, (self.one(cols) if cols else None)

    # rules

    def add_rule(self, pair: Pair) -> Pair:
        table = self.one(pair.after.tables)
        return replace(pair, after=pair.after.with_table(self.with_rule(pair.after, table)))

    def drop_rule(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        rules = [*table.uniques, *table.checks, *table.indexes, *table.fks]
        return replace(pair, after=pair.after.with_table(without(table, self.one(rules)))) if rules else None

    def alter_rule(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        rules = [*table.uniques, *table.checks, *table.indexes]
        if not rules:
            return None
        rule = self.one(rules)
        named = f"{rule.name}_2" if rule.name else f"named_{table.name}"
        if any(one.name == named for one in (*rules, *table.fks)):
            return None
        changed: Any = replace(rule, name=named)
        if isinstance(rule, Index) and self.often(2):
            changed = replace(rule, parts=tuple(reversed(rule.parts)))
            if changed == rule and not rule.options and all(how in ("", "DESC") for _, how in rule.parts):
                changed = replace(rule, unique=not rule.unique)
        return replace(pair, after=pair.after.with_table(exchanged(table, rule, changed)))

    def add_fk(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        return replace(pair, after=self.with_fk(pair.after, table.name))

    def alter_fk(self, pair: Pair) -> Pair | None:
        table = self.one(pair.after.tables)
        if not table.fks:
            return None
        fk = self.one(table.fks)
        nullable = all(table.column(name).nullable for name in fk.columns)
        changed = replace(fk, options=self.fk_options(nullable=nullable))
        return replace(pair, after=pair.after.with_table(exchanged(table, fk, changed)))

    # enumerations

    def labels(self, pair: Pair) -> Pair | None:
        if not pair.after.enums:
            return None
        enum = self.one(pair.after.enums)
        before = next((one for one in pair.before.enums if one.name == enum.name), None)
        how = self.one(["add", "insert", "remove", "reorder", *(["rename"] if self.server != "sqlite" else [])])
        labels, values = list(enum.labels), pair.values
        new = self.fresh(LABELS, [*labels, *(before.labels if before else ())])
        if how in ("add", "insert"):
            labels.insert(len(labels) if how == "add" else self.draw(st.integers(0, len(labels))), new)
        elif how == "reorder":
            labels = self.draw(st.permutations(labels))
        else:
            label = self.one(labels)
            kept = labels_kept(pair, enum.name)
            if before is None or (how == "remove" and len([one for one in kept if one[1] != label]) < 1):
                return None
            if how == "remove":
                labels.remove(label)
                values = tuple(one for one in values if one[::2] != (enum.name, label))
            elif enum.style == "native" and before.style == "native" and label in dict(kept) and not values:
                labels[labels.index(label)] = new
                values = (*values, (enum.name, label, new))
            else:
                return None
        if len(labels) < 2:
            return None
        after = with_enum(pair.after, enum, replace(enum, labels=tuple(labels)), dict([one[1:] for one in values]))
        return replace(pair, after=after, values=values)

    def style(self, pair: Pair) -> Pair | None:
        if not pair.after.enums or pair.values:
            return None
        enum = self.one(pair.after.enums)
        arrays = any(one.kind == f"enums {enum.name}" for table in pair.after.tables for one in table.columns)
        often = any([one.kind for one in table.columns].count(f"enum {enum.name}") > 1 for table in pair.after.tables)
        styles = [one for one in ("native", "varchar", "checked") if one != enum.style]
        styles = [one for one in styles if one != "checked" or not often]
        return None if arrays else replace(pair, after=with_enum(
            pair.after, enum, replace(enum, style=self.one(styles)), {}))  # fmt: skip
