"""What MkDocs calls when it builds the site.

A page holds a marker such as `<!-- made from the code: commands -->`; the text is put there from the
code, so that these parts cannot grow old. A page that would fetch anything from elsewhere is refused.
"""

import dataclasses
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

MARKER = re.compile(r"<!-- made from the code: ([a-z-]+) -->")
FETCHES = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']?((?:https?:)?//[^\"' >]+)")
ENTRY = re.compile(r"^    ([\w*]+): (.+(?:\n {8}.+)*)", re.M)  # one name of a docstring's list


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill the markers of one page; the name is MkDocs' own."""
    return MARKER.sub(lambda found: PARTS[found[1]](), markdown)


def on_post_page(output: str, **_: Any) -> str:
    """Refuse a page that loads something from another host; the name is MkDocs' own."""
    if found := FETCHES.search(output):
        raise ValueError(f"The page would fetch {found[1]}: the site fetches nothing from elsewhere.")
    return output


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
    for each in context.command.params:
        if isinstance(each, click.Argument) and isinstance(each.default, str):
            yield f"`{each.human_readable_name}` is `{each.default}` if not given.\n"
    options = [each for each in context.command.params if isinstance(each, click.Option) and not each.hidden]
    if not options:
        return
    yield from _table(
        ("option", "meaning", "environment variable"),
        ((_declaration(each), _reflow(each.help or ""), f"`{_variable(each, context)}`") for each in options),
    )


def _declaration(option: click.Option) -> str:
    names = ", ".join(f"`{each}`" for each in [*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} `{option.metavar or option.type.name.upper()}`"


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


# Errors ----------------------------------------------------------------------------------------


def error_tree() -> str:
    """Show the drawing of the family from its docstring."""
    text = inspect.getdoc(importlib.import_module("whimbrel.errors")) or ""
    drawing = text[text.index("    WhimbrelError") :]
    return f"```text\n{textwrap.dedent(drawing).rstrip()}\n```\n"


# Hazards ---------------------------------------------------------------------------------------


def hazards() -> str:
    """List what a script may do to others, each with its page."""
    effects = importlib.import_module("whimbrel.hazards").EFFECTS
    return "\n".join(f"| [{name}](hazards/{name}.md) | {words} |" for name, words in effects.items())


# Python functions ------------------------------------------------------------------------------


def migrate() -> str:
    """Show how the extension is made, and its methods."""
    extension = importlib.import_module("whimbrel").Migrate
    methods = (getattr(extension, each) for each in ("init_app", "configure", "get_config"))
    return "\n".join([_entry(extension), *(_entry(each) for each in methods)])


def functions() -> str:
    """Show every public function."""
    package = importlib.import_module("whimbrel")
    public = (getattr(package, each) for each in package.__all__)
    return "\n".join(f"### {each.__name__}\n\n{_entry(each)}" for each in public if inspect.isfunction(each))


def _entry(thing: Callable[..., object]) -> str:
    return f"```python\n{_signature(thing)}\n```\n\n{_docstring(inspect.getdoc(thing) or '')}\n"


def _signature(thing: Callable[..., object]) -> str:
    """Write the signature without types, one parameter a line where it is long."""
    parameters = [str(each.replace(annotation=inspect.Parameter.empty)) for each in _parameters(thing)]
    keyword_only = [each.kind is inspect.Parameter.KEYWORD_ONLY for each in _parameters(thing)]
    if any(keyword_only):
        parameters.insert(keyword_only.index(True), "*")
    short = f"{thing.__name__}({', '.join(parameters)})"
    if len(short) <= 90:
        return short
    return f"{thing.__name__}(\n" + "".join(f"    {each},\n" for each in parameters) + ")"


def _parameters(thing: Callable[..., object]) -> list[inspect.Parameter]:
    return [each for each in inspect.signature(thing).parameters.values() if each.name != "self"]


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
    """Make one line of each paragraph; a name such as `__init__.py` is no bold text."""
    paragraphs = text.replace("\b", "").replace("__", r"\_\_").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _code(text: str) -> str:
    return text.replace("``", "`")


PARTS: dict[str, Callable[[], str]] = {
    "error-tree": error_tree,
    "hazards": hazards,
    "commands": commands,
    "settings": settings,
    "migrate": migrate,
    "functions": functions,
}
