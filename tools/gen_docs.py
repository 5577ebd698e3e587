"""The parts of the documentation that are made from the code.

A page holds a marker such as `<!-- made from the code: commands -->`. When MkDocs builds the
site it calls `on_page_markdown`, which puts the text there, so that these parts cannot grow old.
"""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

MARKER = re.compile(r"<!-- made from the code: ([a-z-]+) -->")
ENTRY = re.compile(r"^    ([\w*]+): (.+(?:\n {8}.+)*)", re.M)  # one name of a docstring's list


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill the markers of one page; the name is MkDocs' own."""
    return MARKER.sub(lambda found: PARTS[found[1]](), markdown)


# Commands --------------------------------------------------------------------------------------


def commands() -> str:
    """Describe the group's own options and every command of `flask db`."""
    return "\n".join(_commands())


def _commands() -> Iterator[str]:
    top = click.Context(click.Group("flask"), info_name="flask", auto_envvar_prefix="FLASK")
    db_group = importlib.import_module("whimbrel.cli").db
    group = click.Context(db_group, info_name="db", parent=top)
    yield "## Before any verb { #group }\n"
    yield from _usage_and_options(group)
    for name in sorted(db_group.list_commands(group)):
        yield f"\n## {name}\n"
        yield _reflow(db_group.commands[name].help or "") + "\n"
        yield from _usage_and_options(click.Context(db_group.commands[name], info_name=name, parent=group))


def _usage_and_options(context: click.Context) -> Iterator[str]:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    yield f"```text\n{context.command_path} {pieces}\n```\n"
    options = [each for each in context.command.params if isinstance(each, click.Option) and not each.hidden]
    if not options:
        return
    yield from _table(
        ("option", "meaning", "environment variable"),
        (
            (_declaration(each, context), _reflow(each.help or ""), f"`{_variable(each, context)}`")
            for each in options
        ),
    )


def _declaration(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{each}`" for each in [*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} `{option.make_metavar(context)}`"


def _variable(option: click.Option, context: click.Context) -> str:
    if option.envvar:
        return str(option.envvar)
    return f"{context.auto_envvar_prefix}_{(option.name or '').upper()}"


# Settings --------------------------------------------------------------------------------------


def settings() -> str:
    """Describe every setting: its default, and the docstring's words about it."""
    kind = importlib.import_module("whimbrel.settings").Settings
    said = dict(ENTRY.findall(inspect.getdoc(kind) or ""))
    return "\n".join(_setting(field, said[field.name]) for field in dataclasses.fields(kind))


def _setting(field: "dataclasses.Field[object]", said: str) -> str:
    name = f"MIGRATE_{field.name.upper()}"
    words = _reflow(_code(said)).removeprefix(f"`{name}`: ")
    return f"## {name}\n\nDefault: `{field.default!r}`\n\n{words[:1].upper()}{words[1:]}\n"


# Python functions ------------------------------------------------------------------------------


def api() -> str:
    """Show the signature and the docstring of every public function."""
    package = importlib.import_module("whimbrel")
    names = [each for each in package.__all__ if inspect.isfunction(getattr(package, each))]
    return "\n".join(_function(getattr(package, each)) for each in names)


def _function(function: Callable[..., object]) -> str:
    text = inspect.getdoc(function) or ""
    return f"### {function.__name__}\n\n```python\n{_signature(function)}\n```\n\n{_docstring(text)}\n"


def _signature(function: Callable[..., object]) -> str:
    signature = inspect.signature(function)
    short = f"{function.__name__}{signature}"
    if len(short) <= 90:
        return short
    parameters = "".join(f"    {each},\n" for each in signature.parameters.values())
    return f"{function.__name__}(\n{parameters})"


def _docstring(text: str) -> str:
    """Turn a Google docstring into paragraphs and lists."""
    opening, *sections = re.split(r"^(Args|Returns|Raises|Attributes):\n", text, flags=re.M)
    parts = [_reflow(_code(opening.strip()))]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        entries = ENTRY.findall(body) if title != "Returns" else []
        lines = [f"- `{name}`: {_reflow(_code(said))}" for name, said in entries]
        parts.append(f"**{title}:**\n\n" + ("\n".join(lines) or _reflow(_code(body))))
    return "\n\n".join(parts)


# Both ------------------------------------------------------------------------------------------


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = tuple(head)
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(each.replace("|", "\\|") for each in row) + " |"
    yield ""


def _reflow(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in text.replace("\b", "").split("\n\n"))


def _code(text: str) -> str:
    return text.replace("``", "`")


PARTS: dict[str, Callable[[], str]] = {"commands": commands, "settings": settings, "api": api}
