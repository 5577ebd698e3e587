"""``Case``: what is known of one script when it is judged: what was seen, its text, the server, and sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from whimbrel.backends.observed import Blocks, Catalogue, Effect, Fact, Held, Observation
from whimbrel.hazards.hazard import Hazard, Severity

if TYPE_CHECKING:
    from whimbrel.hazards.hazard import Rule
    from whimbrel.hazards.text import ScriptText

# Reading 10,000 rows takes a server a few milliseconds, and writing them anew less than a blink of an eye;
# with a million it is seconds, in which everybody waits.
FEW_ROWS, MANY_ROWS = 10_000, 1_000_000
MANY_BYTES = 1 << 30

MEANING = {
    Blocks.EVERYTHING: "nobody else can read or write it",
    Blocks.WRITES: "others can read it, and not write it",
    Blocks.NOTHING: "others can read and write it",
}


@dataclass(frozen=True, slots=True)
class Server:
    """The server that a script is judged for.

    Attributes:
        kind: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
        version: Its version; empty if it is not known.
    """

    kind: str
    version: tuple[int, ...] = ()

    def is_at_least(self, *version: int) -> bool:
        """Tell whether it is of a version or later; one that is not known is none."""
        return bool(self.version) and self.version >= version


@dataclass(frozen=True, slots=True)
class Size:
    """How large a table is; None where that is not known."""

    rows: int | None = None
    bytes: int | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is to work on all of it while others wait."""
        if self.rows is None and self.bytes is None:
            return Severity.WARNING
        if (self.rows or 0) >= MANY_ROWS or (self.bytes or 0) >= MANY_BYTES:
            return Severity.ERROR
        return Severity.NOTE if (self.rows or 0) < FEW_ROWS else Severity.WARNING

    @property
    def words(self) -> str:
        """Its size in brackets; nothing where it is not known."""
        if self.rows is None:
            return ""
        amount = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        return f" ({amount}, {in_units(self.bytes)})" if self.bytes is not None else f" ({amount})"


@dataclass(frozen=True, eq=False)
class Case:
    """One script, and all that is known of what it does.

    Attributes:
        revision: Its id.
        path: Its file.
        text: What its text says.
        statements: What was seen of each statement, in order.
        before: The catalogue when it began.
        server: The server that it is judged for.
        sizes: The sizes of the target's tables; empty if they are not known.
        lock_timeout: How long a statement waits for a lock, in seconds; 0 for ever.
        session: What the server says of the session.
        beside: The scripts that follow the same one and that no script has joined with it.
        stopped: Why it was not seen to its end, and at which line, where its statements do not show it.
        keeps_drops: Whether the runner keeps what it drops.
        knows_all_sizes: Whether a table that `sizes` lacks is not there; else its size is not known.
        bind: The name of the database in the app; empty for the default one.
        statement_timeout: How long a statement may run, in seconds; 0 for ever.
        is_whole: Whether it is known to have run to its end, whatever failed in between.
    """

    revision: str
    path: str
    text: ScriptText
    statements: tuple[Observation, ...]
    before: Catalogue
    server: Server
    sizes: Mapping[str, Size] = field(default_factory=dict)
    lock_timeout: float = 2.0
    session: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    stopped: tuple[str, int] | None = None
    keeps_drops: bool = True
    knows_all_sizes: bool = True
    bind: str = ""
    statement_timeout: float = 0.0
    is_whole: bool = False

    def hazard(self, rule: Rule, seen: Observation | None, severity: Severity, what: str, **more: str) -> Hazard:
        """Make a hazard of a rule.

        Args:
            rule: What was looked for.
            seen: The statement; None where it is the script as a whole.
            severity: How bad it is.
            what: What happens.
            **more: Further texts: ``why``, ``do``, ``table``, and ``name`` where it is not the rule's own.
        """
        size = self.size(more.get("table", ""))
        given: dict[str, Any] = {"name": rule.effect, "holds_for": rule.holds_for, **more}
        return Hazard(
            rule=rule.name,
            severity=severity,
            what=what,
            is_measured=seen.is_measured if seen else True,
            revision=self.revision,
            path=self.path,
            line=seen.line if seen else 0,
            sql=seen.sql if seen else "",
            rows=size.rows,
            bytes=size.bytes,
            **given,
        )

    @cached_property
    def tables_before(self) -> frozenset[str]:
        """The tables that were there when the script began."""
        return frozenset(fact.name for fact in self.before.values() if fact.kind in ("table", "materialized view"))

    @cached_property
    def views_before(self) -> frozenset[str]:
        """The materialized views that were there when the script began."""
        return frozenset(fact.name for fact in self.before.values() if fact.kind == "materialized view")

    def size(self, table: str) -> Size:
        """Return how large a table is in the target; what it lacks is empty there."""
        if not self.sizes:
            return Size()
        return self.sizes.get(self._first_name(table), Size(0, 0) if self.knows_all_sizes else Size())

    def is_old(self, table: str) -> bool:
        """Tell whether a table was there when the script began, whatever it was called then."""
        return self._first_name(table) in self.tables_before

    def _first_name(self, table: str) -> str:
        """Return what a table was called when the script began; who takes an old one's name takes its place."""
        return table if table in self.tables_before else self._first_names.get(table, table)

    @cached_property
    def _first_names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for _, effect in self.effects("table"):
            if effect.renamed_from:
                names[effect.fact.name] = names.get(effect.renamed_from, effect.renamed_from)
        return names

    def effects(self, *kinds: str) -> Iterator[tuple[Observation, Effect]]:
        """Yield what the statements did to objects of some kinds."""
        for seen in self.statements:
            yield from ((seen, effect) for effect in seen.effects if effect.kind in kinds)

    def held_before(self, place: int) -> dict[str, Held]:
        """Return the locks that hinder others and that a statement finds taken by its transaction."""
        seen = self.statements[place]
        return {table: held for table, held in seen.blocked().items() if not held.is_new}

    def columns_of(self, table: str) -> list[Fact]:
        """Return the columns that a table had when the script began."""
        name = self._first_name(table)
        return [fact for fact in self.before.values() if fact.kind == "column" and fact.table == name]


def in_units(size: int | None) -> str:
    """Write a number of bytes as a person says it."""
    amount, units = float(size or 0), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "bytes" or amount >= 10 else f"{amount:.1f} {units[0]}"


def lock_words(held: Held, size: Size) -> str:
    """Say what a lock means, by its name and its table."""
    if held.index:
        return f"{held.mode} on index {held.index} of {held.table}{size.words}: queries of the table wait"
    return f"{held.mode} on {held.on or held.table + size.words}: {MEANING[held.blocks]}"


def refusal(seen: Observation) -> str:
    """Say why the server has refused a statement, in its own words."""
    text = re.sub(r"""^\(\d+, (["'])(.*)\1\)$""", r"\2", seen.error.strip(), flags=re.S)
    text = text.replace("\\'", "'")
    words = next((line for line in text.splitlines() if line.strip()), text)
    return re.sub(r"^\([^)]*\)\s*", "", words)
