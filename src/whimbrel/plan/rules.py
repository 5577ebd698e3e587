"""Indexes and constraints in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whimbrel.hazards.advice import columns, listed
from whimbrel.hazards.compatibility import RULE_KINDS
from whimbrel.plan.phrase import Phrase, Scene, changes, kind_of, of_columns, plain
from whimbrel.tokens import scan, unquoted

if TYPE_CHECKING:
    from whimbrel.backends.observed import Effect, Fact

_USUAL = ("", "btree")


def of_index(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to an index."""
    index = effect.fact
    name = f"{index.name} of {index.table}"
    if index.get("primary") and (effect.is_made or effect.is_gone or effect.change("columns")):
        yield from () if _is_said_of_columns(scene, effect) else (_primary_key(effect),)
    elif index.name.startswith("unique (") and (effect.is_made or effect.is_gone):
        yield _unnamed(effect)
    elif effect.is_made:
        yield _built(scene, index)
    elif effect.is_gone:
        yield Phrase(f"removes index {name} ({of_columns(index)})", "removes", "index", index.name)
    elif effect.renamed_from:
        yield _renamed("index", effect)
    elif effect.change("valid"):
        yield changes("index", index.name, f"makes index {name} {'' if index.get('valid') else 'in'}valid")
    elif effect.was is not None and not scene.is_the_same(effect.was, index):
        now = f"{'unique, ' if index.get('unique') else ''}on {_parts(scene, index)}"
        yield changes("index", index.name, f"makes index {name} another one: {now}")


def _unnamed(effect: Effect) -> Phrase:
    """Tell of a unique constraint that SQLite knows by its index alone."""
    index, kind = effect.fact, RULE_KINDS["u"]
    on = f"{index.table} ({of_columns(index)})"
    if effect.is_gone:
        return Phrase(f"removes {kind} of {on}", "removes", f"{kind} of", on)
    return Phrase(f"adds {kind}: {_unique(index)}", "adds", f"{kind} on", on)


def _unique(fact: Fact) -> str:
    return f"no two rows of {fact.table} may have the same {listed(columns(fact))}"


def _is_said_of_columns(scene: Scene, effect: Effect) -> bool:
    """Tell whether a primary key is told by its columns, as SQLite has it, or is another one only by their names."""
    if any(one.change("key") for one in scene.of("column")):
        return True
    return effect.was is not None and effect.now is not None and scene.is_the_same(effect.was, effect.now)


def _built(scene: Scene, index: Fact) -> Phrase:
    method = "" if index.get("method") in _USUAL else f"{index.get('method')} "
    kind = f"{'unique ' if index.get('unique') else ''}{method}index"
    says = f"builds {kind} {index.name} on {index.table} {_parts(scene, index)}"
    if not index.get("valid"):
        says += "; it is not used yet"
    return Phrase(says, "builds", "index", index.name)


def _parts(scene: Scene, index: Fact) -> str:
    """Return what an index is on, in brackets, and for which rows."""
    words = scan(index.get("definition"), scene.server)
    if "(" not in words.words:
        return f"({of_columns(index)})" + (", for some rows" if index.get("partial") else "")
    begin = words.words.index("(")
    end = words.closing(begin)
    inner = ", ".join(plain(words.slice(*one), scene.server) for one in words.split(begin + 1, end))
    rest = words.capitals[end + 1 :]
    where = end + 1 + rest.index("WHERE") if "WHERE" in rest else len(words.words)
    text = f"({inner})"
    if "INCLUDE" in rest:
        start = end + 1 + rest.index("INCLUDE") + 1
        text += f", with {words.slice(start + 1, words.closing(start))} beside it"
    if where < len(words.words):
        text += f", for rows where {plain(words.slice(where + 1, len(words.words)), scene.server)}"
    return text


def of_constraint(scene: Scene, effect: Effect) -> Iterator[Phrase]:
    """Tell what is done to a constraint."""
    rule = effect.fact
    kind, name = kind_of(rule), called(rule)
    if rule.get("type") == "p" and (effect.is_made or effect.is_gone):
        yield _primary_key(effect)
    elif effect.is_made:
        yield Phrase(_added(scene, rule), "adds", kind, name)
    elif effect.is_gone:
        yield Phrase(f"removes {kind}{_name(rule)} of {rule.table}{_where(rule)}", "removes", kind, name)
    elif effect.renamed_from:
        yield _renamed(kind, effect)
    elif effect.change("validated"):
        yield changes(kind, name, f"looks whether the rows of {rule.table} keep {kind} {rule.name}")
    elif effect.was is not None and not scene.is_the_same(effect.was, rule):
        yield changes(kind, name, f"makes {kind}{_name(rule)} of {rule.table} another one: {_says(scene, rule)}")


def _renamed(kind: str, effect: Effect) -> Phrase:
    old, fact = effect.renamed_from, effect.fact
    return Phrase(f"renames {kind} {old} of {fact.table} to {fact.name}", "renames", kind, f"{old} to {fact.name}")


def called(rule: Fact) -> str:
    """Return a constraint's name for a list of names; one that has none goes by its table."""
    return f"on {rule.table} {rule.name}" if rule.name.startswith("(") else rule.name


def _name(rule: Fact) -> str:
    return "" if rule.name.startswith("(") else f" {rule.name}"


def _where(rule: Fact) -> str:
    return f" {rule.name}" if rule.name.startswith("(") else ""


def _added(scene: Scene, rule: Fact) -> str:
    kind = kind_of(rule)
    place = f" to {'domain ' if rule.get('domain') else ''}{rule.table}" if rule.get("type") in ("c", "x") else ""
    late = "" if rule.get("validated") else "; rows that are there are not looked at"
    return f"adds {kind}{_name(rule)}{place}: {_says(scene, rule)}{late}"


def _says(scene: Scene, rule: Fact) -> str:
    """Say what a constraint demands."""
    if rule.get("type") == "f":
        return _refers(scene, rule)
    if rule.get("type") == "u":
        return _unique(rule)
    text = re.sub(r"\s+NOT VALID$", "", rule.get("definition"))
    return plain(re.sub(r"^CHECK\s*", "", text), scene.server)


def _refers(scene: Scene, rule: Fact) -> str:
    own, parent = columns(rule), rule.get("parent")
    theirs = _referred(scene, rule)
    left = f"each {rule.table}.{own[0]}" if len(own) == 1 else f"{listed(own)} of each row of {rule.table}"
    right = f"{parent}.{theirs[0]}" if len(theirs) == 1 else f"{parent} ({', '.join(theirs)})" if theirs else parent
    return f"{left} must exist in {right}{_on_delete(rule, own)}"


def _referred(scene: Scene, rule: Fact) -> list[str]:
    """Return the columns that a foreign key leads to, from its text."""
    words = scan(rule.get("definition"), scene.server)
    if "REFERENCES" not in words.capitals:
        return []
    rest = words.words[words.capitals.index("REFERENCES") :]
    if "(" not in rest or ")" not in rest:
        return []
    return [unquoted(one) for one in rest[rest.index("(") + 1 : rest.index(")", rest.index("("))] if one != ","]


def _on_delete(rule: Fact, own: list[str]) -> str:
    found = re.search(r"\bON DELETE (CASCADE|SET NULL|SET DEFAULT)\b", rule.get("definition"), re.I)
    if found is None:
        return ""
    then = {
        "CASCADE": f"the row of {rule.table} goes too",
        "SET NULL": f"{listed(own)} become{'s' if len(own) == 1 else ''} empty",
        "SET DEFAULT": f"{listed(own)} get{'s' if len(own) == 1 else ''} the default",
    }
    return f"; if that goes, {then[found[1].upper()]}"


def _primary_key(effect: Effect) -> Phrase:
    key = effect.fact
    if effect.is_gone:
        says = f"removes the primary key of {key.table} ({of_columns(key)})"
        return Phrase(says, "removes", "the primary key of", key.table)
    says = f"makes {listed(columns(key))} the primary key of {key.table}"
    if effect.was is not None:
        return changes("the primary key of", key.table, f"{says}, in place of {listed(columns(effect.was))}")
    return Phrase(says, "adds", "the primary key of", key.table)
