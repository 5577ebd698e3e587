"""Killed, or cut off, before and after each statement that drops or puts back: nothing is lost, nothing is twice."""

from itertools import product

import pytest

from tests.archive.stage import SHOP, UNSHOP, fill, kept, rows
from tests.archive.test_tables import DROP_TYPE, ITEM, MAKE_TYPE, TAGS
from tests.core.repository import add_script, lay_out, tables, versions
from tests.journal.test_crash import BREAKS
from tests.support.project import Project

OURS_TOO = BREAKS.replace(' and "whimbrel_" not in statement', "")
SCRIPTS = {
    "a column and a table": (
        f"""op.drop_column("item", "note")
    op.drop_table("item")
    {DROP_TYPE}""",
        f"""{MAKE_TYPE}
    {ITEM.replace('sa.Column("note", sa.Text), ', "")}
    op.add_column("item", sa.Column("note", sa.Text))""",
    ),
    "a table that the script fills": (
        TAGS.replace('"tag"', '"label"')
        + '\n    op.execute("INSERT INTO label (id, name) SELECT id, name FROM maker")',
        'op.drop_table("label")',
    ),
    "a column in its place": (
        'op.drop_column("item", "sold")',
        'op.add_column("item", sa.Column("sold", sa.DateTime))',
    ),
}


def state(project: Project, revision: str) -> object:
    assert versions(project.database) == [revision]
    found = {"item", "maker", "label"} & tables(project.database)
    schema = [line for line in project.database.schema().splitlines() if "whimbrel_" not in line]
    held = {name: [_without_aside(one) for one in rows(project.database, name)] for name in found}
    return schema, held


def _without_aside(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if not name.startswith("whimbrel_")}


CASES = [
    pytest.param(
        *(kind, name, how),
        id=f"{kind}-{how.replace(':', '_')}-{name}",
        marks=() if (kind, name, how) == ("mariadb", "a column in its place", "kill:after") else pytest.mark.slow,
    )
    for kind, name, how in product(
        ("sqlite", "postgresql", "mariadb"), SCRIPTS, ("kill:before", "kill:after", "cut:before", "cut:after")
    )
    if not (kind == "sqlite" and how.startswith("cut"))
]


@pytest.mark.parametrize(("backend", "name", "how"), CASES, indirect=["backend"])
def test_what_is_dropped_and_put_back_survives_a_break_at_any_statement(project: Project, name: str, how: str) -> None:
    lay_out(project)
    project.write("breaks.py", OURS_TOO)
    most = 'app.config["MIGRATE_ARCHIVE_COPY"] = 2\ndb = ' if "place" in name else "db = "
    project.write("hello.py", "import breaks\n" + project.read("hello.py").replace("db = ", most))
    add_script(project, "a", None, SHOP, UNSHOP)
    add_script(project, "b", "a", *SCRIPTS[name])
    project.flask("upgrade", "a")
    fill(project.database)
    before = state(project, "a")
    project.flask("upgrade")
    after = state(project, "b")
    project.flask("downgrade")
    assert state(project, "a") == before

    at, whole = 0, 0
    while whole < 2:
        at += 1
        up = project.flask("upgrade", env={"BREAK": f"{how}:{at}"}, check=False)
        project.flask("upgrade")
        assert state(project, "b") == after, (at, up.stderr)
        down = project.flask("downgrade", env={"BREAK": f"{how}:{at}"}, check=False)
        if down.rc != 0 and versions(project.database) == ["b"]:
            project.flask("downgrade")
        project.flask("upgrade", "a") if versions(project.database) == [] else None
        assert state(project, "a") == before, (at, down.stderr)
        whole = whole + 1 if up.rc == down.rc == 0 else 0
    assert at > 4
    project.flask("upgrade")  # lets go of what a broken run had put back and not dropped any more
    project.flask("downgrade")
    assert len(kept(project.database)) == ("fills" in name)  # that one is dropped by the way back
