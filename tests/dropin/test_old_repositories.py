"""A repository made by a release of Flask-Migrate goes on with ours, and back, and neither side notices."""

import pytest

from tests.dropin.repository import ROWS, add_column, files_of, listed, make_repository, revision_of, users
from tests.support.databases import BACKENDS
from tests.support.peers import RELEASES, Peer
from tests.support.project import Project

GOES_ON = [
    pytest.param(backend, release, marks=[] if release == "4.1.0" or backend == BACKENDS[0] else pytest.mark.slow)
    for backend in BACKENDS
    for release in RELEASES
]
RETURNS = [
    pytest.param(backend, release, marks=[] if release == "4.1.0" else pytest.mark.slow)
    for backend in BACKENDS
    for release in RELEASES
]


@pytest.mark.parametrize(("backend", "release"), GOES_ON, indirect=True)
def test_a_repository_goes_on_with_its_files_untouched(project: Project, release: Peer) -> None:
    make_repository(project, release)
    repository = files_of(project)
    first, second = (revision_of(project, message) for message in ("initial migration", "add about"))

    assert listed(project.flask("history")) == [second, first]
    assert project.flask("current").stdout.split() == [second, "(head)"]
    assert "Running upgrade" not in project.flask("upgrade").stderr
    project.flask("check")
    before = project.database.schema()

    add_column(project, "email")
    project.flask("migrate", "-m", "add email")
    upgraded = project.flask("upgrade")
    assert f"Running upgrade {second} -> {revision_of(project, 'add email')}, add email" in upgraded.stderr
    assert users(project, "id, username, role_id, email") == [(*row, None) for row in ROWS]

    project.flask("downgrade")
    assert project.database.schema() == before
    assert project.database.rows("SELECT version_num FROM alembic_version") == [(second,)]
    assert users(project) == ROWS
    assert {name: files_of(project)[name] for name in repository} == repository


@pytest.mark.parametrize(("backend", "release"), RETURNS, indirect=True)
def test_the_release_goes_on_where_ours_left_off(project: Project, release: Peer) -> None:
    make_repository(project, release)
    add_column(project, "email")
    project.flask("migrate", "-m", "add email")
    project.flask("upgrade")
    with_email = project.database.schema()
    second, third = (revision_of(project, message) for message in ("add about", "add email"))

    assert listed(release.flask(project, "history"))[0] == third
    assert "Running upgrade" not in release.flask(project, "upgrade").stderr
    release.flask(project, "downgrade")
    assert users(project) == ROWS
    upgraded = release.flask(project, "upgrade")
    assert f"Running upgrade {second} -> {third}" in upgraded.stderr
    assert project.database.schema() == with_email
    assert users(project, "id, username, role_id, email") == [(*row, None) for row in ROWS]
