"""Every name, argument and default that Flask-Migrate 4.1.0 offers is offered by ours: to the shell and to Python.

Both are asked by the same program, each in its own process.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dropin.sides import Side, Sides
from tests.support.databases import Database
from tests.support.peers import Peer
from tests.support.project import Project

ANY_NUMBER = -1  # click's word for it

COMMANDS = """
import json, click
from flask_migrate.cli import db

def described(command):
    context = click.Context(command)
    return {
        param.name: {
            "kind": param.param_type_name,
            "written": sorted(param.opts),
            "type": param.type.name,
            "takes": param.nargs,
            "repeats": bool(getattr(param, "multiple", False)),
            "is_flag": bool(getattr(param, "is_flag", False)),
            "required": param.required,
            "default": param.get_default(context),
        }
        for param in command.params
    }

found = {name: described(command) for name, command in db.commands.items()}
print(json.dumps(found | {"": described(db)}, default=str))
"""

SIGNATURES = """
import inspect, json
import flask_migrate
from flask_migrate import Migrate

def described(function):
    return [
        [name, parameter.kind.name, "required" if parameter.default is parameter.empty else repr(parameter.default)]
        for name, parameter in inspect.signature(function).parameters.items()
    ]

functions = (
    "list_templates init revision migrate edit merge upgrade downgrade show history heads branches current stamp check"
).split()
methods = ("__init__", "init_app", "configure", "call_configure_callbacks", "get_config")
found = {name: described(getattr(flask_migrate, name)) for name in functions}
found |= {f"Migrate.{name}": described(getattr(Migrate, name)) for name in methods}
found |= {"catch_errors": described(flask_migrate.catch_errors)}
print(json.dumps(found))
"""

STATE = """
import json, os, sys
sys.path.insert(0, os.getcwd())
from hello import app, db, migrate
import flask_migrate
from alembic.config import Config
from alembic.util import CommandError

migrate.configure(lambda config: config.set_main_option("asked", "yes") or config)
with app.app_context():
    state = app.extensions["migrate"]
    config = migrate.get_config(x_arg=["a=1", "b=2"], opts=["autogenerate"])
    elsewhere = migrate.get_config("elsewhere", "c=3")
    found = {
        "db": state.db is db,
        "directory": state.directory,
        "configure_args": state.configure_args,
        "migrate": state.migrate is migrate,
        "metadata": state.metadata is db.metadata,
        "Migrate": [migrate.db is db, migrate.directory, migrate.command],
        "is a Config": [isinstance(config, Config), isinstance(config, flask_migrate.Config)],
        "file": config.config_file_name,
        "location": config.get_main_option("script_location"),
        "callback": config.get_main_option("asked"),
        "cmd_opts": [config.cmd_opts.x, config.cmd_opts.autogenerate],
        "elsewhere": [elsewhere.config_file_name, elsewhere.cmd_opts.x, elsewhere.get_main_option("asked")],
        "group": [flask_migrate.cli.db is app.cli.commands["database"], "db" in app.cli.commands],
    }

@flask_migrate.catch_errors
def decorated(error=None):
    if error:
        raise error
    return "not handed on"

endings = [decorated()]
for error in (CommandError("no"), RuntimeError("no"), ValueError("no")):
    try:
        decorated(error)
    except (SystemExit, ValueError) as end:
        endings.append(repr(end))
print(json.dumps(found | {"catch_errors": endings}))
"""

FUNCTIONS = """
import os, sys
sys.path.insert(0, os.getcwd())
from hello import app
import flask_migrate

with app.app_context():
    for call in sys.argv[1:]:
        print("==", call, flush=True)
        eval("flask_migrate." + call)
        sys.stdout.flush()
"""
DOING = ("init()", "migrate(message='one', rev_id='a1')", "upgrade()", "revision(None, 'two', rev_id='b2')")
ASKING = (
    "heads()",
    "heads(None, True, True)",
    "current(verbose=True)",
    "history()",
    "history(None, 'a1:b2', True, True)",
    "show()",
    "show(revision='a1')",
    "branches()",
    "list_templates()",
    "upgrade(sql=True)",
    "upgrade('migrations', 'a1:b2', True, 'tag')",
    "downgrade(sql=True)",
    "stamp(sql=True, revision='b2')",
)

HELLO = """
import pathlib
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)
migrate = Migrate(directory="first", compare_type=False, include_schemas=True)
migrate.init_app(
    app, db, pathlib.Path("scripts"), command="database", render_as_batch=False, compare_server_default=True
)
"""


@pytest.fixture
def nowhere(tmp_path: Path) -> Project:
    """Make a project that is never connected to its database."""
    return Project(tmp_path, Database("sqlite", "sqlite://"))


def test_every_command_has_every_option_of_flask_migrate(nowhere: Project, flask_migrate: Peer) -> None:
    ours, theirs = ask_both(nowhere, flask_migrate, COMMANDS)
    missing = {
        f"{command} {name}": (parameter, ours.get(command, {}).get(name))
        for command, parameters in theirs.items()
        for name, parameter in parameters.items()
        if not covers(ours.get(command, {}).get(name), parameter)
    }
    assert missing == {}
    assert len(theirs) == 16  # fifteen commands and the group itself


def test_every_function_takes_what_flask_migrates_takes(nowhere: Project, flask_migrate: Peer) -> None:
    ours, theirs = ask_both(nowhere, flask_migrate, SIGNATURES)
    different = {
        name: (parameters, ours[name]) for name, parameters in theirs.items() if not extends(ours[name], parameters)
    }
    assert different == {}


def test_what_an_application_finds_in_the_extension_is_the_same(nowhere: Project, flask_migrate: Peer) -> None:
    nowhere.write("hello.py", HELLO)
    ours, theirs = ask_both(nowhere, flask_migrate, STATE)
    assert ours == theirs
    assert theirs["directory"] == "scripts"
    assert theirs["cmd_opts"] == [["a=1", "b=2"], True]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_functions_print_what_flask_migrates_print(sides: Sides) -> None:
    def session(side: Side) -> list[str]:
        side.run("-c", FUNCTIONS, *DOING)
        printed = side.neutral(side.run("-c", FUNCTIONS, *ASKING).stdout).splitlines()
        own_choices = ("Create Date:", "Path:")
        return [line for line in printed if not line.strip().startswith(own_choices)]

    ours, theirs = (session(side) for side in sides)
    assert ours == theirs
    assert "a1 -> b2 (head), two" in theirs
    assert "CREATE TABLE roles (" in theirs


def ask_both(project: Project, peer: Peer, program: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        json.loads(project.run("-c", program).stdout),
        json.loads(peer.run(project, "-c", program).stdout),
    )


def covers(ours: dict[str, Any] | None, theirs: dict[str, Any]) -> bool:
    """Tell whether everything that can be written for theirs means the same for ours."""
    if ours is None:
        return False
    return (
        set(theirs["written"]) <= set(ours["written"])
        and ours["type"] in (theirs["type"], "text")
        and all(ours[key] == theirs[key] for key in ("kind", "repeats", "is_flag", "required"))
        # Where ours takes several, its command puts the default in; the SQL of `stamp` shows that it does.
        and (ours["takes"] == ANY_NUMBER or all(ours[key] == theirs[key] for key in ("takes", "default")))
    )


def extends(ours: list[list[str]], theirs: list[list[str]]) -> bool:
    """Tell whether any call of theirs is a call of ours: the same order first, then only what may be left out."""
    more = ours[len(theirs) :] if ours[: len(theirs)] == theirs else None
    if theirs and theirs[-1][1] == "VAR_KEYWORD":
        named, kept = theirs[:-1], [one for one in ours if one[1] != "VAR_KEYWORD"]
        more = kept[len(named) :] if kept[: len(named)] == named and theirs[-1] in ours else None
    return more is not None and all(default != "required" or kind.startswith("VAR_") for _, kind, default in more)
