"""What `migrate` writes for each change of the catalogue of changes is proved, on each kind of server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from tests.compare.cases import CASES, Case
from tests.operations.grounds import Ground, ground, postgresql_version
from tests.proof.test_corpus import shown
from tests.support.databases import BACKENDS
from whimbrel import Migrate, commands
from whimbrel.commands import Decisions, open_project
from whimbrel.proof import Claim, Outcome
from whimbrel.run import Logs

pytestmark = pytest.mark.slow

# What `migrate` cannot write yet.
NOT_WRITTEN = {("mariadb", "index ignored")}
EACH = [
    pytest.param(case, kind, id=f"{kind}-{case.id.replace(' ', '_')}")
    for case in CASES
    for kind in case.servers
    if kind in BACKENDS
]


@pytest.mark.parametrize(("case", "kind"), EACH)
def test_what_migrate_writes_is_proved(case: Case, kind: str, tmp_path: Path) -> None:
    if kind == "postgresql" and case.since > postgresql_version():
        pytest.skip(f"PostgreSQL {case.since} can do it.")
    target = ground(kind, "proved").emptied().build(case.before(kind), case.prepare)
    for _ in app_of(target, case, tmp_path / "migrations"):
        opened = open_project(current_app.extensions, current_app.config, logs=Logs.OURS)
        written = commands.migrate(opened, "change", decisions=Decisions(mode="best", many_drops=True))
    if not written.scripts:
        return
    assert written.proved is not None
    (verdict,) = written.proved.verdicts
    if (kind, case.id) in NOT_WRITTEN:
        assert {one.claim for one in verdict.checks if one.outcome is Outcome.REFUTED} == {Claim.REACHES}
    else:
        assert verdict.outcome is Outcome.SHOWN, shown(verdict)


def app_of(target: Ground, case: Case, directory: Path) -> Iterator[Flask]:
    """Enter the context of an app with the models after the change."""
    commands.init(str(directory))
    app = Flask("shop")
    app.config["MIGRATE_PROOF"] = True
    engine = sa.create_engine(target.database.url, poolclass=sa.NullPool)
    Migrate(app, metadata=case.after(target.kind), engine=engine, directory=directory)
    with app.app_context():
        yield app
