"""Flags that name what is not there; with several databases a flag has to fit one of them."""

from __future__ import annotations

from collections.abc import Mapping

from whimbrel.commands.decisions import Decisions, bad_answer
from whimbrel.commands.names import Names, missing


def misused(decisions: Decisions, found: Names, wanted: Names) -> dict[str, str]:
    """Return for each flag about columns and other objects why it cannot be used; empty where it can."""
    flags: dict[str, str] = {}
    for option, answers in (("--fill", decisions.fills), ("--using", decisions.casts)):
        for name in answers:
            is_there = wanted.column(name) is not None or _without_schema(name, wanted)
            flags[f"{option} {name}=…"] = "" if is_there else missing(name, "the models have", wanted.columns())
    named = {word for one in found.side.objects for word in (one.name, one.name.partition("(")[0])}
    named |= {part.name for one in found.side.objects for part in one.parts() if part.KIND in ("trigger", "policy")}
    for name in decisions.ours:
        is_there = name in named or name.rpartition(".")[2] in named
        flags[f"--ours {name}"] = "" if is_there else missing(name, "the database has", named)
    return flags


def merge(flags: dict[str, str], here: Mapping[str, str]) -> None:
    """Add what one database says of the flags."""
    for flag, why in here.items():
        flags[flag] = flags.get(flag, why) and why


def refuse_misused(flags: Mapping[str, str]) -> None:
    """Refuse flags that fit no database.

    Raises:
        BadAnswer: There is one.
    """
    for flag, why in flags.items():
        if why:
            raise bad_answer(flag, why)


def _without_schema(name: str, names: Names) -> bool:
    """Tell whether a column is meant whose table is in another schema than the usual one."""
    return any(column.endswith(f".{name}") for column in names.columns())
