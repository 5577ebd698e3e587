"""A percent sign in a default is what the models say, whether or not the driver wants it written twice."""

import sqlalchemy as sa

from tests.asking.stage import Stage, table


def test_two_percent_signs_of_a_default_stay_two(stage: Stage) -> None:
    stage.begin(table("item"))
    default = sa.literal_column("'50%% of 7%'")
    wanted = table("item", lambda: sa.Column("share", sa.String(20), server_default=default))

    stage.migrate(wanted)
    stage.upgrade(wanted)
    stage.database.execute("INSERT INTO item (id) VALUES (1)")

    assert stage.database.rows("SELECT share FROM item") == [("50%% of 7%",)]
    assert not stage.migrate(wanted).scripts
