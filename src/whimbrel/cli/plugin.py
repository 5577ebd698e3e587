"""What Flask finds under ``db`` before it loads the app.

Flask looks for a command among the installed packages first and then in the app. Without this entry
a missing ``Migrate(app, db)``, or an error while the app is imported, ends as "No such command 'db'".
It hands over to the app's own group of that name, whoever made it.
"""

from __future__ import annotations

import traceback
from typing import Any

import click
from flask import Flask
from flask.cli import NoAppException, ScriptInfo

from whimbrel.cli import show
from whimbrel.cli.group import db, running


class Plugin(click.Command):
    """Stands for the app's command group until the app is loaded."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Load the app and go on with its own group."""
        info = parent.find_object(ScriptInfo) if parent is not None else None
        group: click.Command = db
        if parent is not None and info is not None:
            with running(), show.errors(parent):
                group = _group_of(info, info_name or "db", args)
        return group.make_context(info_name, args, parent, **extra)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the group's own line for ``flask --help``."""
        return db.get_short_help_str(limit)


plugin = Plugin("db", help=db.help)


def _group_of(info: ScriptInfo, name: str, args: list[str]) -> click.Command:
    app = _load(info, args)
    if app is None:
        return db
    group = app.cli.commands.get(name)
    state = app.extensions.get("migrate")
    if group is None:
        raise _no_group(state, name)
    verb = next((arg for arg in args if arg in db.commands), None)
    if state is None and group is not db and verb is not None and verb not in getattr(group, "commands", {}):
        raise _no_group(state, name)
    ours = getattr(getattr(state, "migrate", None), "command", None) == name
    if ours and group is not db and verb is not None and verb not in getattr(group, "commands", {}):
        raise _group_taken(group, name)
    if getattr(group.callback, "__module__", "").startswith("flask_migrate"):
        show.installation()
    return group


def _load(info: ScriptInfo, args: list[str]) -> Flask | None:
    """Return the app; None where only help is wanted and there is none."""
    try:
        return info.load_app()
    except Exception as error:
        if args in (["--help"], []):
            return None
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> Exception:
    from whimbrel.commands.troubles import explain_setup
    from whimbrel.errors import AppUnavailable

    error = _import_error_in_app(error) or error
    known = explain_setup(error)
    if known is not None:
        return known
    if isinstance(error, NoAppException):
        lines = [line for line in error.format_message().splitlines() if line.strip()]
        reason = lines[0] if len(lines) == 1 else f"{lines[0].rstrip(':')} {lines[-1]}"
        return AppUnavailable(
            f"No Flask app: {reason}",
            why="The migrations belong to an app, and `flask` did not find it. Nothing was changed.",
            do="flask --app MODULE db …   (or set FLASK_APP; see that `flask --app MODULE routes` works)",
        )
    frame = traceback.extract_tb(error.__traceback__)[-1]
    file, line = frame.filename, frame.lineno
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
    return AppUnavailable(
        f"The Flask app cannot be loaded: {type(error).__name__}: {error}",
        why=f"It is raised at {file}, line {line}. Nothing was changed.",
        do="flask --debug db …   (shows where it comes from)",
    )


def _import_error_in_app(error: Exception) -> ImportError | None:
    """Return the error of an import in the app, which Flask makes a text of; it is still the context.

    Where the app itself is what cannot be imported, Flask's own text says so.
    """
    cause = error.__context__
    if not isinstance(error, NoAppException) or not isinstance(cause, ImportError):
        return None
    within = cause.__traceback__ is not None and cause.__traceback__.tb_next is not None
    return cause if within else None


def _no_group(state: Any, name: str) -> Exception:
    from whimbrel.commands.project import no_database, no_extension
    from whimbrel.errors import ExtensionMissing

    if state is None:
        return no_extension()
    other = getattr(getattr(state, "migrate", None), "command", None)
    if other is None or other == name:
        return no_database()
    return ExtensionMissing(
        f"This app's migrations are under another name: flask {other}",
        why=f"Migrate(app, db, command={other!r}). Nothing was changed.",
        do=f"flask {other} …",
    )


def _group_taken(group: click.Command, name: str) -> Exception:
    from whimbrel.errors import GroupTaken

    owner = getattr(group.callback, "__module__", None) or "another extension"
    return GroupTaken(
        f"The command group {name!r} is not Whimbrel's: {owner} has registered it after Migrate(app, db).",
        why="Two extensions cannot share a name, and the later one wins. Nothing was changed.",
        do='Migrate(app, db, command="migrations"), then: flask migrations upgrade',
    )
