"""alembic_utils, alembic-postgresql-enum and GeoAlchemy2 do their work beside ours, each thing once."""

from collections.abc import Callable
from importlib.util import find_spec

import pytest
import sqlalchemy as sa

from tests.hooks.test_rendering import HELLO, in_one_process
from tests.support.project import Project

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
Written = Callable[..., str]


def needs(package: str) -> None:
    """Skip the test without a package; importing it here would have it change other tests of this process."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


@pytest.fixture
def written(project: Project) -> Written:
    """Write an app and bring the database to it, there and back; return the script."""

    def write(*columns: str, before: str, options: str = "") -> str:
        lines = "\n".join(columns)
        project.write("hello.py", HELLO.format(before=before, options=options, columns=lines))
        old = set(project.scripts())
        begin = [] if old else ["init"]
        there_and_back = ("migrate --renames never --allow-many-drops", "upgrade", "downgrade", "upgrade", "check")
        in_one_process(project, *begin, *there_and_back)
        (script,) = set(project.scripts()) - old
        return script.read_text()

    return write


ENUM = "import alembic_postgresql_enum"


def test_enumerations_are_left_to_the_package_that_makes_them(written: Written, project: Project) -> None:
    needs("alembic_postgresql_enum")
    script = written(
        '    mood = db.Column(sa.Enum("sad", "glad", name="mood"))', "    word = db.Column(sa.String(9))", before=ENUM
    )
    assert script.count("sa.Enum('sad', 'glad', name='mood').create") == 1
    assert "CREATE TYPE" not in script
    project.database.execute("INSERT INTO item (word) VALUES ('a')")

    script = written(
        '    mood = db.Column(sa.Enum("sad", "glad", "mad", name="mood"))',
        '    word = db.Column(sa.Enum("a", "b", name="letter"))',
        before=ENUM,
    )
    assert "op.add_enum_value(" in script
    assert "ALTER TYPE" not in script
    assert project.database.rows("SELECT word FROM item") == [("a",)]

    script = written('    mood = db.Column(sa.Enum("sad", "glad", "mad", name="mood"))', before=ENUM)
    assert "DROP TYPE" not in script
    assert "letter" not in project.database.schema()


ENTITIES = """
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities

stamp = PGFunction("public", "stamp()", "returns trigger language plpgsql as $$ begin return new; end $$")
big = PGView("public", "big", "select id, n from more where n > 10")
insert = "before insert on more for each row execute function stamp()"
stamped = PGTrigger("public", "stamped", insert, on_entity="public.more")
register_entities([{}])
"""
MORE = "\n\nclass More(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    n = db.Column(db.{})\n"


def test_registered_entities_are_left_to_the_package_that_knows_them(written: Written, project: Project) -> None:
    needs("alembic_utils")
    written(MORE.format("Integer"), before="")
    script = written(MORE.format("Integer"), before=ENTITIES.format("stamp, big, stamped"))
    assert script.partition("def downgrade")[0].count("op.create_entity(") == 3
    assert project.flask("migrate").stdout.startswith("No changes")
    assert "left alone" not in project.flask("check").stderr

    # A view stands on a column that changes: ours takes it away and puts it back, and it is dropped by nobody.
    script = written(MORE.format("BigInteger"), before=ENTITIES.format("stamp, big, stamped"))
    assert "entity" not in script

    script = written(before=ENTITIES.format("stamp"))
    assert script.partition("def downgrade")[0].count("op.drop_entity(") == 2
    assert "DROP VIEW" not in script
    assert "DROP TRIGGER" not in script
    assert "big" not in project.database.schema()


PLACES = (
    '    at = db.Column(Geometry("POINT", srid=4326))',
    '    at = db.Column(Geometry("POINT", srid=4326))\n    area = db.Column(Geometry("POLYGON", srid=4326))'
    + MORE.replace("db.{}", 'Geometry("LINESTRING")'),
    '    area = db.Column(Geometry("POLYGON", srid=4326))',
)
HELPERS = "include_object=ah.include_object, render_item=ah.render_item, process_revision_directives=ah.writer"


@pytest.mark.parametrize("options", ["", f", {HELPERS}"], ids=["without its helpers", "with its helpers"])
def test_places_get_their_index_once_and_keep_their_tables(written: Written, project: Project, options: str) -> None:
    needs("geoalchemy2")
    try:
        project.database.execute("CREATE EXTENSION postgis")
    except sa.exc.DBAPIError:
        pytest.skip("This server has no PostGIS.")
    before = "from geoalchemy2 import Geometry, alembic_helpers as ah"

    for place in PLACES:
        script = written(place, before=before, options=options)
        assert "spatial_ref_sys" not in script
        assert "_spatial_index_reflected" not in script
    indexes = project.database.rows("SELECT indexname FROM pg_indexes WHERE tablename IN ('item', 'more')")
    assert {name for (name,) in indexes} == {"item_pkey", "idx_item_area"}
    assert project.database.rows("SELECT count(*) > 0 FROM spatial_ref_sys") == [(True,)]
