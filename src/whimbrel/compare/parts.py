"""The parts of a table: those of one kind on both sides, put beside each other."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from whimbrel.backends.reflect import Likeness
from whimbrel.compare.changes import Added, Altered, Change, Removed, Renamed
from whimbrel.snapshot import Column, Index, Key, Part, PrimaryKey
from whimbrel.snapshot.tables import part_label

# Fields that hold a text, by what kind of text it is.
_EXPRESSIONS = ("default", "generated", "on_update", "where", "using", "check")
_CONDITIONS = {"check", "exclusion"}
_QUERIES = {"trigger", "view", "materialized_view", "rule"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where parts are compared: the object they belong to, on the wanted side."""

    schema: str
    name: str
    likeness: Likeness

    def key(self, part: Part) -> Key:
        """Return the key of a part."""
        return Key(part.KIND, self.schema, self.name, part_label(part))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A part with what it means: canonical, and without its name."""

    part: Any
    meaning: Any
    is_unnamed: bool


def aspects_of(found: Any, wanted: Any, *leave: str) -> tuple[str, ...]:
    """Name the fields in which two values differ."""
    return tuple(
        each.name
        for each in fields(found)
        if each.compare and each.name not in leave and getattr(found, each.name) != getattr(wanted, each.name)
    )


def canonical(value: Any, likeness: Likeness) -> Any:
    """Write all texts in a part or object in the form in which they can be compared."""
    changed: dict[str, Any] = {}
    kind = getattr(value, "kind", value.KIND)
    if kind in _QUERIES:
        changed["text"] = likeness.query(value.text)
    elif kind in _CONDITIONS:
        changed["text"] = likeness.expression(value.text)
    for name in _EXPRESSIONS:
        text = getattr(value, name, None)
        if isinstance(text, str):
            changed[name] = likeness.expression(text)
    if isinstance(getattr(value, "type", None), str):
        changed["type"] = likeness.type(value.type)
    if isinstance(value, Index):
        changed["parts"] = tuple(likeness.expression(part) for part in value.parts)
    return replace(value, **changed) if changed else value


def compare_columns(place: Place, found: tuple[Column, ...], wanted: tuple[Column, ...]) -> Iterator[Change]:
    """Compare columns; they are matched by name alone."""
    before = {column.name: column for column in found}
    after = {column.name: column for column in wanted}
    for name in before.keys() - after.keys():
        yield Removed(place.key(before[name]), before[name])
    for name in after.keys() - before.keys():
        yield Added(place.key(after[name]), after[name])
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            yield from _compare_column(place, before[name], after[name])


def _compare_column(place: Place, found: Column, wanted: Column) -> Iterator[Change]:
    before, after = (_numbered_alike(place, column) for column in (found, wanted))
    old, new = before.numbering, after.numbering
    if old and new and old.sequence != new.sequence:
        # Only the name: the sequence is renamed, and nothing is said of the column.
        assert found.numbering is not None
        assert wanted.numbering is not None
        keys = (Key("sequence", place.schema, each.sequence) for each in (found.numbering, wanted.numbering))
        yield Renamed(*keys)
        before = replace(before, numbering=replace(old, sequence=new.sequence))
    aspects = aspects_of(canonical(before, place.likeness), canonical(after, place.likeness))
    if aspects:
        yield Altered(place.key(wanted), found, wanted, aspects)


def _numbered_alike(place: Place, column: Column) -> Column:
    """Leave out the name of a sequence that the server chose."""
    numbering = column.numbering
    if numbering is None or not place.likeness.is_server_name(place.name, column, numbering.sequence):
        return column
    return replace(column, numbering=replace(numbering, sequence=""))


def compare_parts(place: Place, found: tuple[Any, ...], wanted: tuple[Any, ...]) -> Iterator[Change]:
    """Compare the parts of one kind.

    What has the same name and means the same is the same; then, among those that the model left
    unnamed, what means the same, whatever the server called it. Only then is the same name with
    another meaning an alteration, and the same meaning under another name a rename.
    """
    if found == wanted:
        return
    before = [_seen(place, part) for part in found]
    after = [_seen(place, part) for part in wanted]
    for same in (_same, _same_unnamed):
        _drop_pairs(before, after, same)
    for old, new in _drop_pairs(before, after, _same_name):
        yield _altered(place, old, new)
    for old, new in _drop_pairs(before, after, _same_meaning):
        yield Renamed(place.key(old.part), place.key(new.part))
    for old, new in _drop_pairs(before, after, _same_columns):
        yield _altered(place, old, new)
    for old in before:
        yield Removed(place.key(old.part), old.part)
    for new in after:
        yield Added(place.key(new.part), new.part)


def compare_primary_keys(place: Place, found: PrimaryKey | None, wanted: PrimaryKey | None) -> Iterator[Change]:
    """Compare primary keys: a table has one at most, so they are the same one whatever they are called."""
    if found is None or wanted is None:
        if found is not None:
            yield Removed(place.key(found), found)
        if wanted is not None:
            yield Added(place.key(wanted), wanted)
        return
    old, new = _seen(place, found), _seen(place, wanted)
    aspects = aspects_of(old.meaning, new.meaning)
    if aspects:
        yield Altered(place.key(wanted), found, wanted, aspects)
    is_made_again = bool(set(aspects) - {"comment"})  # under its new name
    if found.name != wanted.name and not (old.is_unnamed and new.is_unnamed) and not is_made_again:
        yield Renamed(place.key(found), place.key(wanted))


def _seen(place: Place, part: Any) -> _Seen:
    unnamed = not part.name or place.likeness.is_server_name(place.name, part, part.name)
    return _Seen(part, replace(canonical(part, place.likeness), name=""), unnamed)


def _altered(place: Place, old: _Seen, new: _Seen) -> Altered:
    aspects = aspects_of(old.meaning, new.meaning)
    return Altered(place.key(new.part), old.part, new.part, aspects)


def _drop_pairs(before: list[_Seen], after: list[_Seen], are_pair: Any) -> list[tuple[_Seen, _Seen]]:
    """Take out of both lists what belongs together."""
    pairs = []
    for old in list(before):
        new = next((each for each in after if are_pair(old, each)), None)
        if new is not None:
            before.remove(old)
            after.remove(new)
            pairs.append((old, new))
    return pairs


def _same(old: _Seen, new: _Seen) -> bool:
    return bool(old.part.name == new.part.name and old.meaning == new.meaning)


def _same_unnamed(old: _Seen, new: _Seen) -> bool:
    return bool(old.is_unnamed and new.is_unnamed and old.meaning == new.meaning)


def _same_name(old: _Seen, new: _Seen) -> bool:
    return bool(old.part.name and old.part.name == new.part.name)


def _same_meaning(old: _Seen, new: _Seen) -> bool:
    return bool(old.meaning == new.meaning)


def _same_columns(old: _Seen, new: _Seen) -> bool:
    """Match what has no name on either side by the columns that it is on."""
    columns = getattr(old.part, "columns", None)
    return bool(old.is_unnamed and new.is_unnamed and columns and columns == new.part.columns)
