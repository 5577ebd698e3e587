"""Draws models that a server can make, and parts of them that suit what is there."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.drawn.kinds import FAMILIES, kinds_on
from tests.drawn.models import Check, Col, Enumeration, Fk, Index, Models, Tab, Unique, families_of

T = TypeVar("T")
TABLES = ["item", "owner", "order", "Tag", "two words", "a_b", "user"]
COLUMNS = ["a", "b", "name", "size", "Camel", "with space", "group", "é", "end", "x1", "desc"]
LABELS = ["red", "green", "dark blue", "it's", "A", "b:c", "50%"]
COMMENTS = [None, "what it is", "it's 100% a:b", "two\nlines"]
# What a STRICT table may have.
STRICT_KINDS = ("integer", "text", "binary", "real")
# The column that tells rows apart: no edit touches it.
TAG = Col("tag", "integer", nullable=False)


def is_strict(table: Tab) -> bool:
    """Tell a table that takes few types."""
    return bool(dict(table.options).get("sqlite_strict"))


class Draws:
    """Draws from what hypothesis gives."""

    def __init__(self, draw: st.DrawFn, server: str) -> None:
        self.draw = draw
        self.server = server

    def one(self, some: Sequence[T]) -> T:
        return self.draw(st.sampled_from(some))

    def maybe(self, some: Sequence[T], often: int = 3) -> T | None:
        """Draw one in one of so many cases."""
        return self.one(some) if some and self.often(often) else None

    def often(self, one_in: int) -> bool:
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    def some(self, some: Sequence[T], most: int) -> list[T]:
        return self.draw(st.lists(st.sampled_from(some), min_size=1, max_size=most, unique=True)) if some else []

    def fresh(self, names: Sequence[str], taken: Sequence[str]) -> str:
        """Draw a name that no other has, in any case of its letters."""
        low = {one.lower() for one in taken}
        free = [one for one in names if one.lower() not in low]
        return self.one(free) if free else next(f"n{at}" for at in range(99) if f"n{at}" not in low)

    def comment(self) -> str | None:
        return None if self.server == "sqlite" else self.one(COMMENTS)

    def conflict(self) -> str | None:
        """Draw what SQLite does with rows that break a rule."""
        return self.one(["REPLACE", "FAIL", "IGNORE"]) if self.server == "sqlite" and self.often(6) else None

    # whole models

    def models(self) -> Models:
        models = Models(self.server, convention=self.often(4))
        for _ in range(self.draw(st.integers(0, 2))):
            models = replace(models, enums=(*models.enums, self.enum(models)))
        for _ in range(self.draw(st.integers(1, 3))):
            models = models.with_table(self.table(models))
        for table in models.tables:
            for _ in range(self.draw(st.integers(0, 1))):
                models = self.with_fk(models, table.name)
        return models

    def enum(self, models: Models) -> Enumeration:
        name = self.fresh(["color", "Mood", "level"], [one.name for one in models.enums])
        labels = self.draw(st.lists(st.sampled_from(LABELS), min_size=2, max_size=4, unique=True))
        return Enumeration(name, tuple(labels), self.one(["native", "native", "varchar", "checked"]))

    def table(self, models: Models) -> Tab:
        name = self.fresh(TABLES, [one.name for one in models.tables])
        pk = Col("id", self.one(["integer", "integer", "integer", "bigint", "string20", "uuid", "smallint"]), False)
        if self.server != "sqlite" and pk.kind in ("integer", "bigint") and self.often(4):
            pk = replace(pk, identity=self.identity()) if self.server == "postgresql" else pk
        columns, key = [pk, TAG], self.one([("id",), ("id",), ("id",), ("id", "tag"), ("tag", "id")])
        if key != ("id",):
            columns[0] = replace(pk, identity=None)
        table = Tab(name, tuple(columns), key, comment=self.comment())
        table = replace(table, options=self.options(table, convention=models.convention))
        if self.often(4):
            table = replace(table, key_name=f"{name}_key")
        if not dict(table.options).get("sqlite_autoincrement"):
            table = replace(table, key_conflict=self.conflict())
        for _ in range(self.draw(st.integers(1, 4))):
            table = replace(table, columns=(*table.columns, self.column(models, table)))
        for _ in range(self.draw(st.integers(0, 3))):
            table = self.with_rule(models, table)
        return table

    def identity(self) -> tuple[tuple[str, Any], ...]:
        return self.one([(), (("always", True),), (("start", 100), ("increment", 10)), (("cycle", True),)])

    def options(self, table: Tab, *, convention: bool = False) -> tuple[tuple[str, Any], ...]:
        if self.server == "mariadb":
            latin = () if table.column(table.key[0]).kind == "string20" else (("mysql_charset", "latin1"),)
            packed = (("mysql_row_format", "COMPRESSED"),)
            return self.one(
                [(), (), latin, packed, (*packed, ("mysql_key_block_size", "8")), (("mysql_stats_persistent", "1"),)]
            )
        if self.server == "sqlite":
            if self.often(4) and all(one.computed is None and one.kind in STRICT_KINDS for one in table.columns):
                return self.one([(("sqlite_strict", True),), (("sqlite_strict", True), ("sqlite_with_rowid", False))])
            if not convention and self.often(4):
                return (("sqlite_with_rowid", False),)
            counts = (
                not convention and not table.key_name and table.key == ("id",) and table.columns[0].kind == "integer"
            )
            return self.one([(), (), (("sqlite_autoincrement", True),)]) if counts else ()
        return self.one([(), (), (), (("postgresql_with", {"fillfactor": 70}),)])

    # columns

    def column(self, models: Models, table: Tab, name: str = "") -> Col:
        name = name or self.fresh(COLUMNS, [one.name for one in table.columns])
        kinds = kinds_on(self.server) if not is_strict(table) else list(STRICT_KINDS)
        for enum in models.enums if not is_strict(table) else ():
            if enum.style == "checked" and any(one.kind == f"enum {enum.name}" for one in table.columns):
                continue  # two constraints of one name
            kinds += [f"enum {enum.name}"] * 4
            if self.server == "postgresql" and enum.style == "native":
                kinds += [f"enums {enum.name}"]
        col = Col(name, self.one(kinds), nullable=self.draw(st.booleans()), comment=self.comment())
        col = replace(col, default=self.default(models, col) if self.often(2) else None, conflict=self.conflict())
        if self.often(5) and not is_strict(table):
            computed = self.computed(models, table, col)
            col = computed or col
        if self.server == "mariadb" and col.kind in ("timestamp", "datetime") and self.often(3):
            col = replace(col, on_update=True, default=None)
        return col

    def default(self, models: Models, col: Col) -> Any:
        kind = models.kind(col)
        if kind.family == "enum":
            return self.one(models.enum(col.kind.split(" ", 1)[1]).labels)
        if kind.family == "enums":
            return "{}"
        choices = FAMILIES[kind.family].defaults
        if "latin" in col.kind or col.kind == "cidr":
            choices = ()
        if self.server == "mariadb" and col.kind.startswith("datetime6"):
            choices = ()
        return self.one(choices) if choices else None

    def computed(self, models: Models, table: Tab, col: Col) -> Col | None:
        """Make a column a generated one, where a column is there to make it of."""
        sources = [
            (one, expression)
            for one in table.columns
            if one.computed is None and one.name != "id" and one.identity is None
            and not any(one.name in fk.columns for fk in table.fks) and models.kind(one).family in ("int", "text")
            for expression in families_of(models, one).expressions
        ]  # fmt: skip
        if not sources:
            return None
        source, expression = self.one(sources)
        kind = "bigint" if models.kind(source).family == "int" else "string50"
        stored = True if self.server == "postgresql" else self.draw(st.booleans())
        return replace(col, kind=kind, computed=(expression, source.name), stored=stored, default=None, nullable=True)

    # rules

    def with_rule(self, models: Models, table: Tab) -> Tab:
        """Add a unique constraint, a CHECK or an index."""
        make: Callable[[Models, Tab], Tab] = self.one([self._unique, self._check, self._index, self._index])
        return make(models, table)

    def name(self, table: Tab, prefix: str) -> str | None:
        """Draw a name for a rule, or none."""
        rules = [*table.uniques, *table.checks, *table.indexes, *table.fks]
        taken = {one.name for one in rules}
        name = next(f"{prefix}_{table.name}_{at}" for at in range(99) if f"{prefix}_{table.name}_{at}" not in taken)
        return self.one([None, name, name])

    def in_keys(self, models: Models, table: Tab) -> list[str]:
        return [
            one.name
            for one in table.columns
            if one.computed is None
            and (kind := models.kind(one)).in_keys
            and not FAMILIES[kind.family].is_few
            and not one.on_update
        ]

    def distinct(self, models: Models, table: Tab) -> list[str]:
        """List the columns that have another value in each row, where they have one."""
        return self.in_keys(models, table)

    def _unique(self, models: Models, table: Tab) -> Tab:
        known = {frozenset(one.columns) for one in table.uniques} | {frozenset(table.key)}
        columns = tuple(self.some(self.distinct(models, table), 2))
        if not columns or frozenset(columns) in known:
            return table
        name = self.name(table, "uq")
        if name is None and any(one.name is None and one.columns[0] == columns[0] for one in table.uniques):
            name = (
                f"uq_{table.name}_of_{len(table.uniques)}"  # MariaDB would number them in the order in which they come
            )
        made = Unique(columns, name, self.server == "postgresql" and self.often(4), self.conflict())
        return replace(table, uniques=(*table.uniques, made))

    def _check(self, models: Models, table: Tab) -> Tab:
        choices = [
            (rule, one.name)
            for one in table.columns
            if one.computed is None and models.kind(one).family in FAMILIES
            for rule in (*families_of(models, one).rules, "{0} IS NOT NULL OR 1 = 1")
            if (rule, one.name) not in {(check.text, check.column) for check in table.checks}
        ]
        if self.server == "mariadb":  # it has no CHECK on what numbers by itself
            choices = [one for one in choices if one[1] not in table.key]
        if not choices:
            return table
        text, column = self.one(choices)
        name = self.name(table, "ck")
        taken = self.server != "postgresql" and any(one.name is None for one in table.checks)
        if name is None and (models.convention or taken):
            # A convention needs one, and the server numbers several without one in the order in which they come.
            name = f"of_{len(table.checks)}"
        return replace(table, checks=(*table.checks, Check(text, column, name)))

    def _index(self, models: Models, table: Tab) -> Tab:
        columns = self.in_keys(models, table)
        parts: list[tuple[str, str]] = [(name, self.one(["", "", "DESC"])) for name in self.some(columns, 3)]
        name = self.name(table, "ix")
        options, unique = (), False
        if not parts:
            return table
        if self.server != "mariadb" and self.often(4):
            texts = [one for one in table.columns if models.kind(one).family == "text"]
            parts += [(self.one(texts).name, self.one(FAMILIES["text"].expressions))] if texts else []
            name = f"ix_{table.name}_of_{len(table.indexes)}"
        if self.server == "mariadb" and self.often(4):
            parts, unique, options = self._by_words(models, table, parts)
            name = f"ix_{table.name}_by_{len(table.indexes)}"
        where = self._where(table)
        if self.often(4) and not options:
            unique = parts[0][0] in self.distinct(models, table) and not any(how for _, how in parts if how != "DESC")
        if self.server == "postgresql" and self.often(4):
            parts, unique, options = self._by_method(models, table, parts)
            name = f"ix_{table.name}_by_{len(table.indexes)}"
        if name is None:
            name = f"ix_{table.name}_on_{'_'.join(column for column, _ in parts)}"
        if any(one.name == name for one in table.indexes) or parts in [list(one.parts) for one in table.indexes]:
            return table
        return replace(table, indexes=(*table.indexes, Index(name, tuple(parts), unique, where, options)))

    def _where(self, table: Tab) -> tuple[str, str] | None:
        if self.server == "mariadb" or not self.often(4):
            return None
        return self.one(["{0} IS NOT NULL", "{0} IS NOT NULL AND 'a:b' <> '50%'"]), self.one(table.columns).name

    def _by_words(self, models: Models, table: Tab, parts: Any) -> tuple[Any, bool, Any]:
        """Draw what only MariaDB has: an index on the beginning of a text, or on its words."""
        texts = [one.name for one in table.columns if models.kind(one).family == "text" and one.computed is None]
        if not texts:
            return parts, False, ()
        column = self.one(texts)
        if self.often(2):
            return [(column, "")], False, (("mysql_prefix", "FULLTEXT"),)
        return [(column, "")], False, (("mysql_length", {column: 3}),)

    def _by_method(self, models: Models, table: Tab, parts: Any) -> tuple[Any, bool, Any]:
        special = [one.name for one in table.columns if one.kind in ("jsonb", "ints", "texts", "words")]
        if special and self.often(2):
            return [(self.one(special), "")], False, (("postgresql_using", "gin"),)
        if self.often(2):
            return [(parts[0][0], "")], False, (("postgresql_using", "hash"),)
        plain = [one for one in parts if one[1] in ("", "DESC")]
        return plain, plain[0][0] in self.distinct(models, table), (("postgresql_include", [TAG.name]),)

    def with_fk(self, models: Models, name: str) -> Models:
        """Add a column, or several, that point to the key of a table."""
        table, target = models.table(name), self.one(models.tables)
        if any(target.column(part).kind == "string20" for part in target.key) and any(
            dict(one.options).get("mysql_charset") for one in (table, target)
        ):
            return models  # keys of two character sets
        if is_strict(table) and any(target.column(part).kind not in STRICT_KINDS for part in target.key):
            return models
        taken = [one.name for one in table.columns]
        columns, made = [], []
        nullable = self.draw(st.booleans()) or self.has_no_rows(target)
        for part in target.key:
            there = target.column(part)
            column = self.fresh([f"{target.name}_{part}", "parent", "up"], [*taken, *columns])
            columns.append(column)
            made.append(Col(column, there.kind, nullable))
        fk = Fk(tuple(columns), target.name, target.key, self.name(table, "fk"), self.fk_options(nullable=nullable))
        if self._is_late(models, name, target.name) and fk.name is None:
            fk = replace(fk, name=f"fk_{name}_to_{target.name}_{len(table.fks)}")
        return models.with_table(replace(table, columns=(*table.columns, *made), fks=(*table.fks, fk)))

    def has_no_rows(self, table: Tab) -> bool:
        """Tell a table that nothing can point to yet."""
        return False

    def _is_late(self, models: Models, table: str, target: str) -> bool:
        names = [one.name for one in models.tables]
        return names.index(target) > names.index(table)

    def fk_options(self, *, nullable: bool) -> tuple[tuple[str, Any], ...]:
        out: list[tuple[str, Any]] = []
        actions = ["CASCADE", "RESTRICT", *(["SET NULL"] if nullable else [])]
        if self.often(2):
            out.append(("ondelete", self.one(actions)))
        if self.often(4):
            out.append(("onupdate", self.one(["CASCADE", "RESTRICT"])))
        if self.server != "mariadb" and self.often(4):
            out += [("deferrable", True), *([("initially", "DEFERRED")] if self.often(2) else [])]
        return tuple(out)
