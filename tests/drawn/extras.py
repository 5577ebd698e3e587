"""Views and triggers: drawn, edited, and taken along by the edits of their tables."""

from dataclasses import replace

from tests.drawn.draw import Draws
from tests.drawn.models import Models, Pair, Trigger, View


class Extras(Draws):
    """Draws views and triggers."""

    def models(self) -> Models:
        """Draw models, with a few of them."""
        models = super().models()
        for _ in range(2):
            models = self.with_extra(models) if self.often(4) else models
        return models

    def with_extra(self, models: Models, *, kind: type[View | Trigger] | None = None) -> Models:
        """Add a view or a trigger; PostgreSQL's triggers need a function, and its views are drawn elsewhere."""
        if self.server == "postgresql":
            return models
        table = self.one(models.tables)
        columns = [one.name for one in table.columns if one.name != "tag"]
        kind = kind or self.one([View, Trigger])
        taken = [one.name for one in models.extras]
        name = self.fresh(["seen", "All of it", "look"], taken)
        if kind is Trigger:
            made: View | Trigger = Trigger(name, table.name, (self.one(columns),), self.one(["INSERT", "UPDATE"]))
        else:
            made = View(name, table.name, tuple(self.some(columns, 3)), filtered=self.often(3))
        return replace(models, extras=(*models.extras, made))

    # edits

    def add_extra(self, pair: Pair) -> Pair:
        """Add a view or a trigger."""
        return replace(pair, after=self.with_extra(pair.after))

    def drop_extra(self, pair: Pair) -> Pair | None:
        """Drop one."""
        gone = self.maybe(pair.after.extras, 1)
        left = tuple(one for one in pair.after.extras if one is not gone)
        return replace(pair, after=replace(pair.after, extras=left)) if gone else None

    def alter_extra(self, pair: Pair) -> Pair | None:
        """Give one another text, under its name."""
        old = self.maybe(pair.after.extras, 1)
        if old is None:
            return None
        new = replace(self.with_extra(pair.after, kind=type(old)).extras[-1], name=old.name)
        extras = tuple(new if one is old else one for one in pair.after.extras)
        return replace(pair, after=replace(pair.after, extras=extras))


def fitted(models: Models) -> Models:
    """Leave of views and triggers what is about columns that are there."""
    tables = {one.name: {column.name for column in one.columns} for one in models.tables}
    left = []
    for one in models.extras:
        columns = tuple(name for name in one.columns if name in tables.get(one.table, ()))
        if columns:
            left.append(replace(one, columns=columns))
    return replace(models, extras=tuple(left))


def with_names(models: Models, table: str, new: str, old_column: str = "", new_column: str = "") -> Models:
    """Let views and triggers follow a table's new name, and a column's."""
    extras = tuple(
        replace(
            one, table=new, columns=tuple(new_column if name == old_column else name for name in one.columns)
        )
        if one.table == table else one
        for one in models.extras
    )  # fmt: skip
    return replace(models, extras=extras)
