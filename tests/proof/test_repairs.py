"""What the proof of a new script finds missing in it is put in, where we know how."""

from pathlib import Path

import pytest

from tests.asking.test_terminal import Session
from tests.core.test_binds import HELLO as TWO_DATABASES
from tests.support.databases import create_database
from tests.support.project import Outcome, Project

ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
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
Migrate(app, db{options})


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40))
{columns}
"""
PHONE = "    phone = db.Column(db.String(20))"


def write(project: Project, columns: str = "", *, before: str = "", options: str = "") -> None:
    project.write("hello.py", HELLO.format(columns=columns, before=before, options=options))


def started(project: Project) -> None:
    write(project)
    project.flask("init")
    project.flask("migrate", "-m", "first")
    project.flask("upgrade")


def migrated(project: Project, **how: object) -> tuple[Outcome, str]:
    """Write the next script; return what was said, and its text."""
    ended = project.flask("migrate", "-m", "second", "--proof", **how)
    print(ended.stdout)
    return ended, second(project).read_text("utf-8")


def second(project: Project) -> Path:
    return next(one for one in project.scripts() if "second" in one.name)


def runs(project: Project) -> None:
    """Run it on the real database: there, back and there again; the models are what is there then."""
    before = project.database.schema()
    project.flask("upgrade")
    project.flask("downgrade")
    assert project.database.schema() == before
    project.flask("upgrade")
    project.flask("check")


def with_code(project: Project, code: str) -> None:
    """Have the template put code behind the operations of each upgrade."""
    mako = project.read("migrations/script.py.mako")
    upgrades = '${upgrades if upgrades else "pass"}'
    assert upgrades in mako
    project.write("migrations/script.py.mako", mako.replace(upgrades, f"{upgrades}\n    {code}"))


def test_what_a_template_makes_and_nobody_takes_away_is_taken_away(project: Project) -> None:
    started(project)
    with_code(project, 'op.execute("CREATE VIEW names AS SELECT id, name FROM users")')
    write(project, PHONE)
    ended, text = migrated(project)
    assert f"Repaired: migrations/versions/{second(project).name}: 1 operation added to downgrade() (view names)" in (
        ended.stdout
    )
    assert "Proved: " in ended.stdout
    up, _, down = text.partition("def downgrade")
    assert "added by the proof" not in up
    assert "# added by the proof: without it the downgrade left view names" in down
    assert down.index("end Alembic commands") < down.index("DROP VIEW")
    runs(project)


# What loses a detail of an operation, as a package may that takes part in the comparison.
CARELESS = """
from alembic.autogenerate import comparators
from alembic.operations import ops


def all_of(container):
    for op in container.ops:
        yield from all_of(op) if hasattr(op, "ops") else [op]


@comparators.dispatch_for("schema")
def careless(context, upgrade, schemas):
    for op in all_of(upgrade):
        if isinstance(op, ops.CreateIndexOp):
            op.unique = False
        if isinstance(op, ops.AddColumnOp):
            op.column = sa.Column(op.column.name, op.column.type, nullable=op.column.nullable)
"""


def test_what_a_package_loses_of_an_operation_is_put_in(project: Project) -> None:
    started(project)
    kind = '    kind = db.Column(db.String(9), server_default="-")'
    write(project, f"    phone = db.Column(db.String(20), unique=True, index=True)\n{kind}", before=CARELESS)
    ended, text = migrated(project)
    name = f"Repaired: migrations/versions/{second(project).name}: "
    assert f"{name}3 operations added to upgrade() (column users.kind, index users.ix_users_phone)" in ended.stdout
    assert ended.stdout.count("Repaired: ") == 1, "the downgrade comes back by itself"
    assert "Proved: " in ended.stdout
    up = text.partition("def downgrade")[0].partition("# added by the proof")[2]
    assert up.startswith(": without it the upgrade ended with another column users.kind, index users.ix_users_phone\n")
    runs(project)


# Forgets indexes altogether.
FORGETFUL = """
from alembic.autogenerate import comparators
from alembic.operations import ops


def leave(container):
    for op in container.ops:
        if hasattr(op, "ops"):
            leave(op)
    container.ops[:] = [one for one in container.ops if not isinstance(one, ops.CreateIndexOp | ops.DropIndexOp)]


@comparators.dispatch_for("schema")
def forgetful(context, upgrade, schemas):
    reverse_into = upgrade.reverse_into
    leave(upgrade)
    upgrade.reverse_into = lambda downgrade: leave(reverse_into(downgrade)) or downgrade
"""


def test_what_is_put_into_the_upgrade_is_taken_back_where_nothing_else_does_it(project: Project) -> None:
    started(project)
    write(project, PHONE, before=FORGETFUL)
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("db.String(40)", "db.String(40), index=True"))
    ended, text = migrated(project)
    for function in ("upgrade", "downgrade"):
        assert f"1 operation added to {function}() (index users.ix_users_name)" in ended.stdout
    assert "Proved: " in ended.stdout
    down = text.partition("def downgrade")[2]
    takes_back = down.index("# added by the proof: takes back what it has added to the upgrade")
    assert takes_back < down.index("drop_index") < down.index("drop_column")
    runs(project)


LOSSY = """
class Short(sa.types.TypeDecorator):
    impl = sa.String
    cache_ok = True


def lossy(kind, thing, context):
    return "sa.String(10)" if kind == "type" and isinstance(thing, Short) else False
"""


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_what_the_rendering_of_a_type_loses_is_put_in_as_the_server_has_it(project: Project) -> None:
    started(project)
    write(project, "    phone = db.Column(Short(20))", before=LOSSY, options=", render_item=lossy")
    ended, text = migrated(project)
    assert "1 operation added to upgrade() (column users.phone)" in ended.stdout
    assert "type_=sa.VARCHAR(length=20)" in text.replace("mysql.", "sa.")
    assert "Proved: " in ended.stdout
    runs(project)


# Each of these takes something out of a script, or puts it otherwise, on purpose.
HOOK = """
from alembic.operations import ops


def all_of(container):
    for op in container.ops:
        yield from all_of(op) if hasattr(op, "ops") else [op]


def leave(container, *kinds):
    for op in container.ops:
        if hasattr(op, "ops"):
            leave(op, *kinds)
    container.ops[:] = [one for one in container.ops if not isinstance(one, kinds)]


def no_indexes(context, revision, directives):
    for script in directives:
        leave(script.upgrade_ops, ops.CreateIndexOp)
        leave(script.downgrade_ops, ops.DropIndexOp)


def no_way_back(context, revision, directives):
    for script in directives:
        leave(script.downgrade_ops, ops.DropIndexOp, ops.DropColumnOp)
        script.downgrade_ops.ops.append(ops.ExecuteSQLOp("SELECT 1"))


def longer(context, revision, directives):
    for script in directives:
        for op in all_of(script.upgrade_ops):
            if isinstance(op, ops.AddColumnOp):
                op.column.type = sa.String(60)


def with_a_view(context, revision, directives):
    for script in [one for one in directives if one.upgrade_ops.ops]:
        script.upgrade_ops.ops.append(ops.ExecuteSQLOp("CREATE VIEW names AS SELECT id, name FROM users"))
"""


@pytest.mark.parametrize(
    ("hook", "difference"),
    [
        ("no_indexes", "index users.ix_users_phone: is missing"),
        ("no_way_back", "column users.phone: is there and should not be"),
        ("longer", "column users.phone: type is "),
    ],
)
def test_what_a_hook_takes_out_or_changes_is_listed_and_stays_so(project: Project, hook: str, difference: str) -> None:
    started(project)
    columns = "    phone = db.Column(db.String(20), index=True)"
    write(project, columns, before=HOOK, options=f", process_revision_directives={hook}")
    ended, text = migrated(project)
    assert difference in ended.stdout
    assert "Refuted: " in ended.stdout
    assert "Repaired" not in ended.stdout
    assert "added by the proof" not in text


def test_what_a_hook_only_adds_is_taken_away_by_the_way_back(project: Project) -> None:
    started(project)
    write(project, PHONE, before=HOOK, options=", process_revision_directives=with_a_view")
    ended, _ = migrated(project)
    assert "1 operation added to downgrade() (view names)" in ended.stdout
    assert "Proved: " in ended.stdout
    runs(project)


@ONCE
def test_what_an_answer_puts_off_stays_so(project: Project) -> None:
    started(project)
    project.database.execute("INSERT INTO users (id) VALUES (1)")
    with_code(project, 'op.execute("CREATE VIEW names AS SELECT id, name FROM users")')
    write(project)
    hello = project.read("hello.py")
    project.write("hello.py", hello.replace("db.String(40)", "db.String(50), nullable=False"))
    session = Session(project, "-m", "second", "--proof")
    session.answer("or nullable? ", "nullable")
    _, said = session.end()
    assert "1 operation added to downgrade() (view names)" in said
    assert "added to upgrade()" not in said
    assert "column users.name: nullable is on, should be off" in said


@ONCE
def test_what_the_template_leaves_out_stays_so(project: Project) -> None:
    started(project)
    mako = project.read("migrations/script.py.mako").replace('${downgrades if downgrades else "pass"}', "pass")
    project.write("migrations/script.py.mako", mako)
    write(project, PHONE)
    ended, text = migrated(project)
    assert "column users.phone: is there and should not be" in ended.stdout
    assert "added by the proof" not in text


ALL_STRINGS = """
def lossy(kind, thing, context):
    return "sa.String(10)" if kind == "type" and isinstance(thing, sa.String) else False
"""


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_a_repair_that_is_none_is_taken_back(project: Project) -> None:
    started(project)
    write(project, PHONE, before=ALL_STRINGS, options=", render_item=lossy")
    plain = project.flask("migrate", "-m", "second")
    (script,) = [one for one in project.scripts() if "second" in one.name]
    without = script.read_text("utf-8").partition("def upgrade")[2]
    script.unlink()
    assert "Proved" not in plain.stdout
    ended, text = migrated(project)
    assert text.partition("def upgrade")[2] == without
    assert "Repaired" not in ended.stdout
    assert "column users.phone: type is " in ended.stdout
    assert not list((project.path / "migrations/versions").glob(".*")), "nothing is left of the attempt"


def test_values_that_are_lost_are_listed_only(project: Project) -> None:
    started(project)
    with_code(project, "op.execute(\"UPDATE users SET name = 'x'\")")
    write(project, PHONE)
    ended, text = migrated(project)
    assert "refuted: every value is still there" in ended.stdout
    assert "Repaired" not in ended.stdout
    assert "added by the proof" not in text


def test_each_database_has_its_own_repairs(project: Project, tmp_path: Path) -> None:
    audit = create_database("sqlite", tmp_path)
    project.write("hello.py", TWO_DATABASES)
    env = {"AUDIT_URL": audit.url}
    project.flask("init", "--multidb", env=env)
    project.flask("migrate", "-m", "first", env=env)
    project.flask("upgrade", env=env)
    mako = project.read("migrations/script.py.mako")
    code = """    % if name == "audit":
    op.execute("CREATE VIEW seen AS SELECT id FROM events")
    % endif
"""
    upgrades = '    ${context.get("%s_upgrades" % name, "pass")}\n'
    assert upgrades in mako
    project.write("migrations/script.py.mako", mako.replace(upgrades, upgrades + code))
    what = TWO_DATABASES.replace("\n\n\nclass Event", "\n    name = db.Column(db.String(9))\n\n\nclass Event")
    project.write("hello.py", what + "    what = db.Column(db.String(20))\n")
    ended, text = migrated(project, env=env)
    assert "1 operation added to downgrade_audit() (view seen)" in ended.stdout
    assert "Proved: " in ended.stdout
    assert text.count("added by the proof") == 1
    before = audit.schema()
    project.flask("upgrade", env=env)
    project.flask("downgrade", env=env)
    assert audit.schema() == before


@ONCE
def test_the_apps_own_formatter_sees_what_is_put_in(project: Project) -> None:
    started(project)
    with_code(project, 'op.execute("CREATE VIEW names AS SELECT id, name FROM users")')
    ini = project.read("migrations/alembic.ini")
    hook = "hooks = shout\nshout.type = shout\n"
    project.write("migrations/alembic.ini", f"{ini}\n[post_write_hooks]\n{hook}")
    shout = """
from pathlib import Path
from alembic.script import write_hooks


@write_hooks.register("shout")
def shout(path, options):
    text = Path(path).read_text()
    Path(path).write_text(text.replace("VIEW", "VIEW   "))
"""
    write(project, PHONE, before=shout)
    ended, text = migrated(project)
    assert "Repaired" in ended.stdout
    assert "DROP VIEW    names" in text
    assert text.count("VIEW   ") == 2


@ONCE
def test_a_name_of_two_lines_stays_in_its_comment(project: Project) -> None:
    started(project)
    with_code(project, "op.execute(\"CREATE VIEW 'odd\\nraise SystemExit' AS SELECT 1 AS x\")")
    write(project, PHONE)
    ended, text = migrated(project)
    assert "Repaired" in ended.stdout
    assert "left view odd?raise SystemExit\n" in text
    runs(project)
