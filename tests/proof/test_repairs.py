"""What the proof of a new script finds missing in it is put in, where we know how."""

from pathlib import Path

import pytest

from tests.core.test_binds import HELLO as TWO_DATABASES
from tests.proof.repairs import PHONE, migrated, runs, second, started, with_code, write
from tests.support.databases import create_database
from tests.support.project import Project
from whimbrel.scripts.proofs import checksum_of

ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


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
    kept = project.read("migrations/snapshot/proofs.txt")
    assert f" shown {checksum_of(second(project))}" in kept, "it is the repaired text that is proved"
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


def with_formatter(project: Project, name: str) -> None:
    ini = project.read("migrations/alembic.ini")
    project.write("migrations/alembic.ini", f"{ini}\n[post_write_hooks]\nhooks = {name}\n{name}.type = {name}\n")


@ONCE
def test_the_apps_own_formatter_sees_what_is_put_in(project: Project) -> None:
    started(project)
    with_code(project, 'op.execute("CREATE VIEW names AS SELECT id, name FROM users")')
    with_formatter(project, "shout")
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


@ONCE
def test_a_repair_that_fails_leaves_the_script_as_it_was_written(project: Project) -> None:
    started(project)
    with_code(project, 'op.execute("CREATE VIEW names AS SELECT id, name FROM users")')
    with_formatter(project, "strict")
    strict = """
from pathlib import Path
from alembic.script import write_hooks


@write_hooks.register("strict")
def strict(path, options):
    if "DROP VIEW" in Path(path).read_text():
        raise ValueError("no views")
"""
    write(project, PHONE, before=strict)
    ended, text = migrated(project)
    assert "view names: is there and should not be" in ended.stdout
    assert "It could not be repaired: ValueError: no views" in ended.stdout
    assert "Repaired: " not in ended.stdout
    assert "added by the proof" not in text
