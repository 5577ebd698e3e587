"""What other packages write in a script is theirs: a proof says nothing against it, and nothing is put in."""

import pytest

from tests.hooks.test_packages import ENTITIES, ENUM, MORE, needs
from tests.hooks.test_rendering import HELLO
from tests.support.project import Project

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
MOODS = '    mood = db.Column(sa.Enum("sad", "glad", name="mood"))'
MORE_MOODS = '    mood = db.Column(sa.Enum("sad", "glad", "mad", name="mood"))'
LETTERS = '    word = db.Column(sa.Enum("a", "b", name="letter"))'


def proved(project: Project, columns: str, before: str) -> str:
    """Bring the models and the database to some columns; return what was said of the script's proof."""
    project.write("hello.py", HELLO.format(before=before, options="", columns=columns))
    if not project.scripts():
        project.flask("init")
    said = project.flask("migrate", "--proof", "--renames", "never").stdout
    project.flask("upgrade")
    return said


def test_enumerations_that_another_package_makes_changes_and_drops_are_no_difference(project: Project) -> None:
    needs("alembic_postgresql_enum")
    for columns in (MOODS, f"{MORE_MOODS}\n{LETTERS}", MORE_MOODS):
        said = proved(project, columns, ENUM)
        assert "Proved: " in said
        assert "Repaired" not in said


def test_entities_that_another_package_makes_and_replaces_are_no_difference(project: Project) -> None:
    needs("alembic_utils")
    entities = ENTITIES.format("stamp, big, stamped")
    replaced = entities.replace("n > 10", "n > 20").replace("before insert", "before update")
    for before in ("", entities, replaced):
        said = proved(project, MORE.format("Integer"), before)
        assert "Proved: " in said
        assert "Repaired" not in said
