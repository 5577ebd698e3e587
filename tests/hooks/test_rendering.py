"""What a script names it imports, and it runs as it is written."""

import re
from collections.abc import Callable

import pytest

from tests.support.project import Project

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HELLO = """\
import os
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from whimbrel import Migrate
{before}
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
migrate = Migrate(app, db{options})


class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
{columns}
"""
TYPES = """\
import sqlalchemy as sa


class Money(sa.types.TypeDecorator):
    impl = sa.Numeric
    cache_ok = True

    def __init__(self, digits=12):
        super().__init__(precision=digits, scale=2)


class Loud(sa.types.TypeDecorator):
    impl = sa.String
    cache_ok = True


class Stars(sa.types.UserDefinedType):
    cache_ok = True

    def __init__(self, most=5):
        self.most = most

    def get_col_spec(self, **_):
        return f"VARCHAR({self.most})"
"""
IN_ONE_PROCESS = """\
import sys
from hello import app

for command in sys.argv[1:]:
    done = app.test_cli_runner().invoke(args=["db", *command.split()])
    if done.exit_code:
        sys.exit(f"{command}: {done.output} {done.exception!r}")
"""
Write = Callable[..., str]


def in_one_process(project: Project, *commands: str) -> None:
    """Run several `flask db` commands with the same models, faster than one process each."""
    project.run("-c", IN_ONE_PROCESS, *commands)


@pytest.fixture
def migrated(project: Project) -> Write:
    """Write an app, migrate and upgrade; return the script."""

    def migrate(*columns: str, before: str = "", options: str = "") -> str:
        lines = "\n".join(f"    {one}" for one in columns)
        project.write("hello.py", HELLO.format(before=before, options=options, columns=lines))
        project.write("shop_types.py", TYPES)
        project.write("shop_names.py", "from shop_types import *")
        in_one_process(project, "init", "migrate", "upgrade", "check")
        (script,) = project.scripts()
        return script.read_text()

    return migrate


@ON_SQLITE
def test_the_apps_own_types_run_as_written(migrated: Write) -> None:
    script = migrated(
        "loud = db.Column(shop_types.Loud(20))",
        "stars = db.Column(shop_types.Stars(3))",
        "price = db.Column(shop_types.Money(10))",
        'other = db.Column(shop_types.Loud(20).with_variant(sa.Text(), "postgresql"))',
        before="import shop_types",
    )
    assert "import shop_types\n" in script
    assert "sa.Column('loud', shop_types.Loud(length=20)" in script
    assert "shop_types.Stars(most=3)" in script
    assert "sa.Column('price', sa.Numeric(precision=10, scale=2)" in script  # its repr makes no such type
    assert "shop_types.Loud(length=20).with_variant(sa.Text(), 'postgresql')" in script


@ON_SQLITE
@pytest.mark.parametrize("prefix", ["shop_names.", "decimal."])
def test_the_apps_prefix_is_obeyed_where_it_leads_to_the_type(migrated: Write, prefix: str) -> None:
    script = migrated(
        "loud = db.Column(shop_types.Loud(20))",
        before="import shop_types",
        options=f', render_item=lambda kind, thing, context: context.imports.add("import shop_names") or False, '
        f'user_module_prefix="{prefix}"',
    )
    module = "shop_names" if prefix == "shop_names." else "shop_types"
    assert f"sa.Column('loud', {module}.Loud(length=20)" in script


@ON_SQLITE
def test_the_apps_own_rendering_comes_first(migrated: Write) -> None:
    script = migrated(
        "loud = db.Column(shop_types.Loud(20))",
        before="import shop_types\n"
        "def render(kind, thing, context):\n"
        "    if kind == 'type' and isinstance(thing, shop_types.Loud):\n"
        "        context.imports.add('from shop_types import Loud as Noisy')\n"
        "        return f'Noisy({thing.impl.length})'\n"
        "    return False",
        options=", render_item=render",
    )
    assert "from shop_types import Loud as Noisy" in script
    assert "Noisy(20)" in script


def test_sqlalchemy_utils_types_run_as_written(migrated: Write) -> None:
    pytest.importorskip("sqlalchemy_utils", reason="sqlalchemy-utils is not installed")
    script = migrated(
        "email = db.Column(su.EmailType())",
        "key = db.Column(su.UUIDType())",
        'kind = db.Column(su.ChoiceType([("a", "one"), ("b", "two")], impl=sa.String(1)))',
        "site = db.Column(su.URLType())",
        "tags = db.Column(su.ScalarListType())",
        before="import sqlalchemy_utils as su",
    )
    assert re.search(r"^import sqlalchemy_utils", script, re.MULTILINE)
    assert "sqlalchemy_utils.types.email.EmailType(length=255)" in script
