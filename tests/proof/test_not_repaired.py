"""What is missing on purpose is listed and stays so, as does what no repair makes better."""

import pytest

from tests.asking.test_terminal import Session
from tests.proof.repairs import PHONE, migrated, runs, second, started, with_code, write
from tests.support.project import Project

ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

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
    assert "users.name stays nullable for now, as the script says." in said
    assert "Refuted" not in said
    assert "users.name stays nullable for now, as the script says." in project.flask("prove").stdout


def test_what_an_option_puts_off_stays_so_until_it_is_not(project: Project) -> None:
    started(project)
    project.flask("upgrade")
    project.database.execute("INSERT INTO users (id) VALUES (1)")
    write(project, "    phone = db.Column(db.String(20), nullable=False)")
    ended, text = migrated(project, "--fill", "users.phone=nullable")
    assert "Proved: " in ended.stdout
    assert "    # whimbrel: users.phone stays nullable for now\n" in text
    assert "Proved: " in project.flask("prove").stdout
    second(project).write_text(text.replace("users.phone stays", "users.name stays"), "utf-8")
    refuted = project.flask("prove", check=False)
    assert refuted.rc == 1
    assert "column users.phone: nullable is " in refuted.stdout
    second(project).write_text(text, "utf-8")
    project.flask("upgrade")
    ended = project.flask("migrate", "-m", "third", "--proof", "--fill", "users.phone='0'")
    assert "Proved: " in ended.stdout
    project.flask("upgrade")
    project.flask("check")


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
    project.flask("migrate", "-m", "second")
    (script,) = [one for one in project.scripts() if "second" in one.name]
    without = script.read_text("utf-8").partition("def upgrade")[2]
    script.unlink()
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
