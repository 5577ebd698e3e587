"""Columns in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import columns, listed
from whimbrel.hazards.causes_mysql import values_of
from whimbrel.plan.phrase import Phrase, Scene, changes, kind_of, phrase, plain, quoted

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact


USUAL = "the usual one"


def of_column(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a column."""
    column = effect.fact
    name = f"{column.table}.{column.name}"
    if effect.is_made:
        yield phrase("adds", "column", name, f" ({_shape(scene, column)})")
    elif effect.is_gone:
        yield phrase("removes", "column", name, f"{_along(scene, column)}{_fate(scene, column)}")
    else:
        if effect.renamed_from:
            old = f"{column.table}.{effect.renamed_from}"
            yield phrase("renames", "column", f"{old} to {column.name}", "; its values stay")
        yield from (changes("column", name, one) for one in _changed(scene, effect, name))


def _shape(scene: Scene, column: Fact) -> str:
    """Say what a new column is."""
    default, computed = column.get("default"), column.get("expression") or column.get("default")
    parts = [column.get("type") or "of any type"]
    if column.get("generated"):
        parts.append("computed by the database" + (f": {plain(computed, scene.server)}" if computed else ""))
    elif _is_numbered(column):
        parts.append("numbered by the database")
    elif column.get("key"):
        parts.append("part of the primary key")
    else:
        parts.append("must have a value" if column.get("not null") else "may be empty")
        parts += [f"default {plain(default, scene.server)}"] if default else []
    return ", ".join(parts)


def _is_numbered(column: Fact) -> bool:
    return bool(column.get("identity") and not column.get("key")) or column.get("default").startswith("nextval(")


def _along(scene: Scene, column: Fact) -> str:
    """Name the indexes and constraints that go with a column."""
    rules = [one for one in scene.of("constraint") if goes_with_column(scene, one) and one.fact.table == column.table]
    own = {one.fact.get("index") for one in rules if one.fact.get("type") in ("p", "u", "x")}
    indexes = [one for one in scene.of("index") if goes_with_column(scene, one) and one.fact.table == column.table]
    names = [f"{one.kind} {one.fact.name}" for one in indexes if one.fact.name not in own]
    names += [f"{kind_of(one.fact)} {one.fact.name}" for one in rules]
    return f", and with it {listed(names)}" if names else ""


def goes_with_column(scene: Scene, effect: Effect) -> bool:
    """Tell whether an index or a constraint goes because a column of it does."""
    if not effect.is_gone or effect.kind not in ("index", "constraint"):
        return False
    dropped = {one.fact.name for one in scene.of("column") if one.is_gone and one.fact.table == effect.fact.table}
    return bool(dropped & set(columns(effect.fact)))


def _fate(scene: Scene, column: Fact) -> str:
    """Say what becomes of a column's values."""
    if column.get("generated") or not scene.case.is_old(column.table):
        return ""
    return f"; its values are {scene.fate}"


def _changed(scene: Scene, effect: Effect, name: str) -> Iterator[str]:
    """Say what of a column is another than before."""
    if (pair := effect.change("type")) and scene.renamed.get(pair[0]) != pair[1]:
        yield from _type(name, *pair)
    if (pair := effect.change("not null")) and not _is_of_key(scene, effect):
        yield f"requires a value in {name}" if pair[1] else f"lets {name} be empty"
    yield from _given(scene, effect, name)
    if pair := effect.change("key"):
        yield f"makes {name} a part of the primary key" if pair[1] else f"takes {name} out of the primary key"
    if pair := effect.change("comment"):
        yield comment(f"column {name}", pair[1])
    if effect.change("rights"):
        yield f"changes who may use {name}"
    yield from _of_text(effect, name)


def _given(scene: Scene, effect: Effect, name: str) -> Iterator[str]:
    """Say what of the values that the database gives by itself is another than before."""
    if pair := effect.change("generated"):
        yield f"lets the database compute {name}" if pair[1] else f"makes {name} an ordinary column; its values stay"
    elif (pair := effect.change("expression")) and all(pair):
        yield f"changes how the database computes {name}: {plain(pair[1], scene.server)}"
    was, now = (one is not None and _is_numbered(one) for one in (effect.was, effect.now))
    if was != now:
        yield f"{'lets' if now else 'no longer lets'} the database number {name}"
    elif effect.change("identity") == ("a", "d"):
        yield f"lets the database number {name} only where no value is given"
    elif effect.change("identity") == ("d", "a"):
        yield f"lets the database number {name} always, and takes no value that is given"
    elif (pair := effect.change("default")) and not effect.change("generated"):
        yield _default(scene, effect, name, pair)


def _of_text(effect: Effect, name: str) -> Iterator[str]:
    """Say how texts are kept and compared, where that is another than before."""
    if (pair := effect.change("collation")) and not effect.change("type"):
        yield f"changes the collation of {name} from {pair[0] or USUAL} to {pair[1] or USUAL}"
    elif (pair := effect.change("charset")) and all(pair):
        yield f"changes the character set of {name} from {pair[0]} to {pair[1]}"


def _default(scene: Scene, effect: Effect, name: str, pair: tuple[str, str]) -> str:
    old, new = (plain(one, scene.server) for one in pair)
    if effect.fact.get("generated") and new:
        return f"changes how the database computes {name}: {new}"
    if not old:
        return f"gives {name} the default {new}"
    return f"changes the default of {name} from {old} to {new}" if new else f"takes the default {old} from {name}"


def _type(name: str, old: str, new: str) -> Iterator[str]:
    (kind, before), (other, after) = values_of(old), values_of(new)
    if not kind or kind != other:
        yield f"changes {name} from {old or 'any type'} to {new or 'any type'}"
        return
    added, taken = ([one for one in each if one not in rest] for each, rest in ((after, before), (before, after)))
    if added:
        late = "" if after[-len(added) :] == added else ", not at the end"
        yield f"adds {_values(added)} to {name}{late}"
    if taken:
        yield f"takes {_values(taken)} from {name}"
    if not added and not taken:
        yield f"puts the values of {name} into another order: {', '.join(after)}"


def _values(values: list[str]) -> str:
    return f"value{'s' if len(values) > 1 else ''} {listed(map(quoted, values))}"


def _is_of_key(scene: Scene, effect: Effect) -> bool:
    """Tell whether a column is required because it is part of a primary key that the statement makes, or no longer."""
    if effect.change("key"):
        return True
    keys = [one.fact for one in scene.of("constraint", "index") if one.is_made]
    return any(
        key.table == effect.fact.table
        and effect.fact.name in columns(key)
        and (key.get("type") == "p" or key.get("primary"))
        for key in keys
    )


def comment(of: str, text: str) -> str:
    """Tell of a comment."""
    return f"sets the comment of {of}: {quoted(text)}" if text else f"removes the comment of {of}"
