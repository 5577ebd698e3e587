"""What a proof begins on is made from a snapshot, and is the same in everything."""

from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import BACKENDS, create_database
from whimbrel.backends.reflect import reflect
from whimbrel.proof.ground import build

MADE = {
    "sqlite": """
        CREATE TABLE t (id INTEGER CONSTRAINT pk_t PRIMARY KEY ON CONFLICT FAIL AUTOINCREMENT,
            x TEXT NOT NULL ON CONFLICT IGNORE);
        CREATE TABLE u (a INTEGER, b TEXT COLLATE NOCASE, c INTEGER UNIQUE ON CONFLICT REPLACE,
            CONSTRAINT pk_u PRIMARY KEY (a DESC, b COLLATE RTRIM) ON CONFLICT ROLLBACK, CHECK (c > 0)) WITHOUT ROWID;
        CREATE TABLE v (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id)
            ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
        CREATE INDEX ix_v ON v (up DESC) WHERE up > 3""",
    "postgresql": """
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 2),
            m mood NOT NULL DEFAULT 'ok',
            x text COLLATE "C", y integer GENERATED ALWAYS AS (length(x)) STORED, UNIQUE (x), PRIMARY KEY (id));
        CREATE TABLE u (id serial, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE u_old PARTITION OF u FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE v (t_id integer REFERENCES t ON DELETE SET NULL DEFERRABLE, CHECK (t_id > 0) NO INHERIT);
        CREATE INDEX ix_v ON v USING hash (t_id);
        CREATE VIEW w AS SELECT id, x FROM t""",
    "mariadb": """
        CREATE TABLE t (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
            x VARCHAR(20) CHARACTER SET latin1 DEFAULT 'a b' COMMENT 'x',
            y INT AS (id + 1) VIRTUAL, e ENUM('a','b') NOT NULL, UNIQUE KEY uq (x(5))) COMMENT 'it';
        CREATE TABLE v (t_id INT UNSIGNED, seen TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP,
            CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t (id) ON DELETE CASCADE, CONSTRAINT ck CHECK (t_id > 0));
        CREATE VIEW w AS SELECT id, x FROM t""",
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_a_schema_made_from_a_snapshot_gives_that_snapshot(backend: str, tmp_path: Path) -> None:
    with ExitStack() as cleanup:
        ends = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            database = create_database(backend, tmp_path / name)
            cleanup.callback(database.drop)
            engine = sa.create_engine(database.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
            ends.append(cleanup.enter_context(engine.connect()))
        for statement in MADE[backend].split(";\n"):
            ends[0].exec_driver_sql(statement)
        side = reflect(ends[0])
        assert build(ends[1], side) == ()
        assert reflect(ends[1]) == side
