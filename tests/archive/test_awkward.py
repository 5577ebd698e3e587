"""What is awkward to drop and to bring back: what depends on it, what it depends on, and long names."""

import pytest

from tests.archive.stage import fill, kept, lay_out_shop, rows, set_most
from tests.archive.test_tables import DROP_TYPE, ITEM, MAKE_TYPE
from tests.core.applications import written_application
from tests.core.repository import add_script, lay_out, tables
from tests.support.project import Project

COLOR = 'op.add_column("item", sa.Column("color", sa.Enum("red", "green", name="color", create_type=False)))'
only_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@only_postgresql
@pytest.mark.parametrize("most", [100, 1], ids=["copied", "in its place"])
def test_an_enum_goes_with_its_last_column_and_comes_back(project: Project, most: int) -> None:
    lay_out_shop(project, f'op.drop_column("item", "color")\n    {DROP_TYPE}', f"{MAKE_TYPE}\n    {COLOR}")
    set_most(project, most)
    full, schema = rows(project.database, "item"), project.database.schema()
    for _ in range(2):
        project.flask("upgrade")
        assert project.database.rows("SELECT to_regtype('public.color')") == [(None,)]
        project.flask("downgrade")
        assert rows(project.database, "item") == full
        assert project.database.schema() == schema
    assert project.database.rows("SELECT count(*) FROM pg_type WHERE typname LIKE '%color%'") == [(2,)]  # and its array


@only_postgresql
@pytest.mark.parametrize("most", [100, 1], ids=["copied", "in its place"])
def test_a_column_that_a_view_uses_is_refused_in_the_servers_words(project: Project, most: int) -> None:
    lay_out_shop(project, 'op.drop_column("item", "note")', "pass")
    set_most(project, most)
    project.database.execute("CREATE VIEW notes AS SELECT note FROM item")
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == 1
    assert "cannot drop column note of table item because other objects depend on it" in outcome.stderr
    assert kept(project.database) == []


@only_postgresql
def test_a_table_with_partitions_moves_with_them_and_comes_back(project: Project) -> None:
    make = """op.execute("CREATE TABLE event (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)")
    for year in (2025, 2026):
        bound = f"FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        op.execute(f"CREATE TABLE event_{year} PARTITION OF event FOR VALUES {bound}")"""
    lay_out(project)
    add_script(project, "a", None, make, "pass")
    add_script(project, "b", "a", 'op.drop_table("event")', make)
    project.flask("upgrade", "a")
    project.database.execute("INSERT INTO event VALUES (1, '2025-05-05'), (2, '2026-06-06')")
    project.flask("upgrade")
    assert tables(project.database) == {"alembic_version"}
    project.flask("downgrade")
    assert sorted(project.database.rows("SELECT id FROM event")) == [(1,), (2,)]
    assert kept(project.database) == []


@only_postgresql
def test_a_partition_goes_from_its_table_and_comes_back(project: Project) -> None:
    bounds = "FROM ('2026-01-01') TO ('2027-01-01')"
    make = f'op.execute("CREATE TABLE event_2026 PARTITION OF event FOR VALUES {bounds}")'
    lay_out(project)
    above = 'op.execute("CREATE TABLE event (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)")'
    add_script(project, "a", None, f"{above}\n    {make}", "pass")
    add_script(project, "b", "a", 'op.drop_table("event_2026")', make)
    project.flask("upgrade", "a")
    project.database.execute("INSERT INTO event VALUES (2, '2026-06-06')")
    for _ in range(2):
        project.flask("upgrade")
        assert project.database.rows("SELECT id FROM event") == []
        project.flask("downgrade")
        assert project.database.rows("SELECT id FROM event") == [(2,)]
    assert kept(project.database) == []


@only_postgresql
def test_a_published_column_is_copied_however_large_its_table(project: Project) -> None:
    lay_out_shop(project, 'op.drop_column("item", "note")', 'op.add_column("item", sa.Column("note", sa.Text))')
    set_most(project, 1)
    project.database.execute("CREATE PUBLICATION of_items FOR TABLE item")
    full = rows(project.database, "item")
    project.flask("upgrade")
    assert not [name for name in rows(project.database, "item")[0] if name.startswith("whimbrel_")]
    project.flask("downgrade")
    assert rows(project.database, "item") == full


@only_postgresql
def test_numbers_go_on_where_they_were(project: Project) -> None:
    make = 'op.create_table("tag", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))'
    lay_out_shop(project, 'op.drop_table("tag")', make)
    project.database.execute("CREATE TABLE tag (id serial PRIMARY KEY, name text)")
    project.database.execute("INSERT INTO tag (name) VALUES ('a'), ('b'), ('c')")
    project.database.execute("DELETE FROM tag WHERE id = 3")
    project.flask("upgrade")
    project.flask("downgrade")
    project.database.execute("INSERT INTO tag (name) VALUES ('d')")
    assert project.database.rows("SELECT max(id) FROM tag") == [(4,)]


@only_postgresql
def test_a_schema_goes_with_what_was_in_it_and_comes_back(project: Project) -> None:
    make = """op.execute("CREATE SCHEMA stock")
    op.create_table("shelf", sa.Column("id", sa.Integer, primary_key=True), schema="stock")"""
    lay_out(project)
    add_script(project, "a", None, make, "pass")
    drop = 'op.drop_table("shelf", schema="stock")\n    op.execute("DROP SCHEMA stock")'
    add_script(project, "b", "a", drop, make)
    add_script(project, "c", "a", 'op.execute("DROP SCHEMA stock CASCADE")', make)
    for revision in ("b", "c"):
        project.flask("upgrade", "a")
        project.database.execute("DELETE FROM stock.shelf")
        project.database.execute("INSERT INTO stock.shelf VALUES (7)")
        project.flask("upgrade", revision)
        project.flask("downgrade", "a")
        assert project.database.rows("SELECT id FROM stock.shelf") == [(7,)]


@only_postgresql
def test_triggers_do_not_take_the_return_for_a_change(project: Project) -> None:
    lay_out_shop(project, 'op.drop_column("item", "note")', 'op.add_column("item", sa.Column("note", sa.Text))')
    project.database.execute(
        "CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.price := 0; RETURN NEW; END $$"
    )
    project.database.execute("CREATE TRIGGER counts BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION counted()")
    full, schema = rows(project.database, "item"), project.database.schema()
    project.flask("upgrade")
    project.flask("downgrade")
    assert rows(project.database, "item") == full
    assert project.database.schema() == schema


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_time_of_the_last_change_stays_as_it_was(project: Project) -> None:
    lay_out_shop(project, 'op.drop_column("item", "note")', 'op.add_column("item", sa.Column("note", sa.Text))')
    project.database.execute(
        "ALTER TABLE item ADD COLUMN changed TIMESTAMP NOT NULL DEFAULT '2001-01-01 00:00:00' "
        "ON UPDATE CURRENT_TIMESTAMP"
    )
    full = rows(project.database, "item")
    project.flask("upgrade")
    project.flask("downgrade")
    assert rows(project.database, "item") == full


def test_names_as_long_as_the_server_takes_are_kept(project: Project) -> None:
    table, column = "t" * 60, "c" * 60
    make = f"""op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("{column}", sa.String(20), unique=True))"""
    lay_out(project)
    add_script(project, "a", None, make, "pass")
    drop, add = f'batch.drop_column("{column}")', f'batch.add_column(sa.Column("{column}", sa.String(20)))'
    inside = f'with op.batch_alter_table("{table}") as batch:\n        '
    add_script(project, "b", "a", inside + drop, inside + add)
    bare = f'op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True))'
    add_script(project, "c", "b", f'op.drop_table("{table}")', bare)
    project.flask("upgrade", "a")
    project.database.execute(f"INSERT INTO {table} (id, {column}) VALUES (1, 'x')")
    project.flask("upgrade")
    project.flask("downgrade", "a")
    assert rows(project.database, table) == [{"id": 1, column: "x"}]


def test_what_is_kept_does_not_hinder_drop_all(project: Project) -> None:
    lay_out_shop(project, 'op.drop_table("item")', ITEM)
    project.write(
        "hello.py",
        project.read("hello.py")
        + """

class Maker(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    color = db.Column(db.Enum("red", "green", name="color"))
""",
    )
    project.flask("upgrade")
    with written_application(project) as db:
        db.drop_all()
    assert "maker" not in tables(project.database)
    if project.database.kind == "postgresql":
        assert project.database.rows("SELECT count(*) FROM pg_type WHERE typname = 'color'") == [(0,)]


def test_without_a_key_a_column_stays_in_its_place(project: Project) -> None:
    lay_out(project)
    make = 'op.create_table("log", sa.Column("line", sa.String(20)), sa.Column("level", sa.Integer, nullable=False))'
    add_script(project, "a", None, make, "pass")
    add_script(project, "b", "a", 'op.drop_column("log", "level")',
        'op.add_column("log", sa.Column("level", sa.Integer, nullable=False, server_default="0"))')  # fmt: skip
    project.flask("upgrade", "a")
    project.database.execute("INSERT INTO log VALUES ('a', 1), ('a', 2), ('b', 2)")
    project.flask("upgrade")
    project.database.execute("INSERT INTO log (line) VALUES ('c')")
    project.flask("downgrade")
    assert sorted(project.database.rows("SELECT line, level FROM log")) == [("a", 1), ("a", 2), ("b", 2), ("c", 0)]


@pytest.mark.parametrize("how", ["setting", "script", "argument", "testing"])
def test_a_drop_for_good_is_said_and_recorded(project: Project, how: str) -> None:
    lay_out_shop(project, 'op.drop_column("item", "note")\n    op.drop_table("maker")', "pass")
    project.database.execute("UPDATE item SET maker_id = NULL")
    if project.database.kind != "sqlite":
        drop = "FOREIGN KEY" if project.database.kind == "mariadb" else "CONSTRAINT"
        project.database.execute(f"ALTER TABLE item DROP {drop} fk_item_maker")
    text = project.read("hello.py")
    lines = {"setting": 'app.config["MIGRATE_DROPS"] = "drop"\n', "testing": "app.testing = True\n"}
    text = text.replace("db = ", lines.get(how, "") + "db = ")
    text = text.replace("Migrate(app, db", 'Migrate(app, db, drops="drop"') if how == "argument" else text
    project.write("hello.py", text)
    if how == "script":
        script = project.path / "migrations/versions/b.py"
        script.write_text(script.read_text().replace("depends_on = None", 'depends_on = None\ndrops = "drop"'))
    outcome = project.flask("upgrade")
    assert "drop of item.note: 3 rows for good" in outcome.stderr
    assert "drop of maker: 2 rows for good" in outcome.stderr
    assert kept(project.database) == []
    assert "drop of maker: for good" in project.flask("history", "--applied", "--verbose").stdout


@pytest.mark.parametrize("statement", ["DELETE FROM item WHERE id > 1", "TRUNCATE TABLE item"])
def test_rows_that_a_script_deletes_are_counted(project: Project, statement: str) -> None:
    if project.database.kind == "sqlite" and statement.startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE.")
    lay_out_shop(project, f'op.execute("{statement}")', "pass")
    outcome = project.flask("upgrade")
    assert f"{statement.partition(' ')[0]} of item: {2 if 'WHERE' in statement else 3} rows for good" in outcome.stderr


def test_a_fixture_that_goes_down_and_up_again_and_again(project: Project) -> None:
    lay_out(project)
    add_script(project, "a", None, f'op.create_table("maker", sa.Column("id", sa.Integer, primary_key=True), '
        f'sa.Column("name", sa.String(40)))\n    {ITEM.replace(", create_type=False", "")}',
        f'op.drop_table("item")\n    op.drop_table("maker")\n    {DROP_TYPE}')  # fmt: skip
    add_script(project, "b", "a", 'op.drop_column("item", "note")', 'op.add_column("item", sa.Column("note", sa.Text))')
    for _ in range(4):
        project.flask("upgrade", "a")
        assert rows(project.database, "item") == []
        fill(project.database)
        project.flask("upgrade")
        project.flask("downgrade", "base")
    assert tables(project.database) == {"alembic_version"}


@pytest.mark.parametrize(
    "statement",
    ['op.execute("DELETE FROM item WHERE id > 1")', 'op.execute(sa.table("item", sa.column("id")).delete())'],
)
def test_where_loss_must_be_confirmed_nothing_runs_before_it_is(project: Project, statement: str) -> None:
    lay_out_shop(project, f'op.add_column("maker", sa.Column("more", sa.Integer))\n    {statement}', "pass")
    text = project.read("hello.py")
    project.write("hello.py", text.replace("db = ", 'app.config["MIGRATE_CONFIRM_LOSS"] = True\ndb = '))
    schema = project.database.schema()
    outcome = project.flask("upgrade", check=False)
    assert outcome.rc == 1
    assert "Revision b removes rows for good" in outcome.stderr
    assert "migrations/versions/b.py, line 14" in outcome.stderr
    assert project.database.schema() == schema

    script = project.path / "migrations/versions/b.py"
    script.write_text(script.read_text().replace("depends_on = None", 'depends_on = None\ndrops = "drop"'))
    project.flask("upgrade")
    assert len(rows(project.database, "item")) < 3


def test_written_sql_drops_for_good_and_that_is_said(project: Project) -> None:
    batch = 'with op.batch_alter_table("item", recreate="never") as batch:\n        batch.drop_column("sold")'
    lay_out_shop(project, f'op.drop_column("item", "note")\n    {batch}\n    op.drop_table("item")', "pass")
    outcome = project.flask("upgrade", "--sql", "a:b")
    assert "The SQL drops 3 column(s) or table(s): whoever runs it, it is for good." in outcome.stderr
    assert "whimbrel" not in outcome.stdout


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_a_batch_that_builds_the_table_anew_keeps_the_column(project: Project) -> None:
    inside = 'with op.batch_alter_table("maker", recreate="always") as batch:\n        batch.'
    lay_out_shop(
        project,
        f'op.drop_constraint("fk_item_maker", "item", type_="foreignkey")\n    {inside}drop_column("name")',
        f'{inside}add_column(sa.Column("name", sa.String(40)))',
    )
    full = rows(project.database, "maker")
    project.flask("upgrade")
    assert len(kept(project.database)) == 1
    project.flask("downgrade")
    assert rows(project.database, "maker") == full
    assert kept(project.database) == []


def test_a_foreign_key_that_the_server_has_named_is_no_hindrance(project: Project) -> None:
    make = """op.create_table("part", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("maker_id", sa.Integer, sa.ForeignKey("maker.id")))"""
    lay_out_shop(project, 'op.drop_table("part")', make)
    project.database.execute(
        "CREATE TABLE part (id INTEGER PRIMARY KEY, maker_id INTEGER, FOREIGN KEY (maker_id) REFERENCES maker (id))"
    )
    project.database.execute("INSERT INTO part VALUES (5, 2)")
    for _ in range(2):
        project.flask("upgrade")
        project.flask("downgrade")
    assert project.database.rows("SELECT id, maker_id FROM part") == [(5, 2)]


@pytest.mark.parametrize(
    "key", ["sa.Integer", 'sa.String(20, collation="NOCASE")', "sa.Numeric(10, 2)", "sa.DateTime"], ids=str
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_many_values_are_put_back_by_an_index(project: Project, key: str) -> None:
    lay_out(project)
    make = f"""op.create_table("big", sa.Column("id", {key}, primary_key=True), sa.Column("note", sa.String(80)))"""
    add_script(project, "a", None, make, "pass")
    drop, add = 'op.drop_column("big", "note")', 'op.add_column("big", sa.Column("note", sa.String(80)))'
    add_script(project, "b", "a", drop, add)
    project.flask("upgrade", "a")
    value = "datetime('2001-01-01', n || ' seconds')" if "Date" in key else "n"
    numbers = "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 30000)"
    project.database.execute(f"INSERT INTO big {numbers} SELECT {value}, 'note ' || n FROM c")
    full = project.database.rows("SELECT * FROM big ORDER BY id")
    project.flask("upgrade")
    project.flask("downgrade", timeout=30)
    assert project.database.rows("SELECT * FROM big ORDER BY id") == full


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_a_column_that_is_there_already_keeps_its_values(project: Project) -> None:
    add = 'op.execute("ALTER TABLE item ADD COLUMN IF NOT EXISTS note TEXT")'
    lay_out_shop(project, 'op.drop_column("item", "note")', add)
    project.flask("upgrade")
    project.database.execute("ALTER TABLE item ADD COLUMN note TEXT")
    project.database.execute("UPDATE item SET note = 'by hand'")
    project.flask("downgrade")
    assert {one["note"] for one in rows(project.database, "item")} == {"by hand"}
    assert len(kept(project.database)) == 1
