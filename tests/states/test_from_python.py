"""What an app's own code meets: an error of its own for each state, under the one that there always was."""

import pytest

from tests.core.applications import application
from tests.core.repository import versions
from tests.states.stage import begin, remove, write_script
from tests.support.databases import BACKENDS
from tests.support.project import Project
from whimbrel import commands, status, upgrade
from whimbrel.commands.findings import State
from whimbrel.errors import DatabaseAhead, DatabaseDiverged, ForeignHistory, RevisionLost, Unconfirmed

pytestmark = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)


@pytest.mark.parametrize(
    ("here", "error", "state"),
    [
        ({"a": None}, DatabaseAhead, State.AHEAD),
        ({"a": None, "c": "a"}, DatabaseDiverged, State.DIVERGED),
        ({"x": None}, ForeignHistory, State.FOREIGN),
    ],
    ids=["ahead", "diverged", "foreign"],
)
def test_each_state_has_its_error(
    project: Project, here: dict[str, str | None], error: type[DatabaseAhead], state: State
) -> None:
    begin(project, "a", "b")
    remove(project, "a", "b")
    for revision, after in here.items():
        write_script(project, revision, after)
    with application(project):
        assert [one.name for one in status().findings] == [state]
        with pytest.raises(DatabaseAhead) as caught:
            upgrade()
    assert type(caught.value) is error
    assert caught.value.exit_code == 1
    assert "Nothing was changed." in caught.value.why


def test_without_a_record_the_revision_is_lost(project: Project) -> None:
    begin(project, "a", "b")
    project.database.execute("DROP TABLE whimbrel_revision", "DROP TABLE whimbrel_statement")
    remove(project, "b")
    with application(project), pytest.raises(RevisionLost):
        upgrade()


class Refuses:
    """Somebody who reads the texts and says no."""

    def agrees(self, scripts: object) -> bool:
        return False


def test_a_recorded_script_is_not_run_without_a_yes(project: Project) -> None:
    begin(project, "a", "b")
    remove(project, "b")
    with application(project) as app:
        opened = commands.open_project(app.extensions, app.config)
        with pytest.raises(Unconfirmed):
            commands.downgrade_from_journal(opened, None, Refuses())
    assert versions(project.database) == ["b"]
