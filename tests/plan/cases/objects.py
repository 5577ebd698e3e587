"""Types, sequences, views, and code that the server keeps."""

from tests.plan.cases.words import LITE, MY, PG, case

case(
    "an enum and its values",
    "op.execute(\"CREATE TYPE mood AS ENUM ('sad', 'happy')\")\n"
    "op.execute(\"ALTER TYPE mood ADD VALUE 'fine' BEFORE 'happy'\")\n"
    "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'low'\")\n"
    'op.execute("ALTER TYPE mood RENAME TO feeling")\n'
    'op.execute("DROP TYPE feeling")',
    "creates enum mood ('sad', 'happy')",
    "adds value 'fine' to enum mood, before 'happy'",
    "renames value 'sad' of enum mood to 'low'",
    "renames enum mood to feeling",
    "removes enum feeling",
    on=PG,
)
case(
    "a sequence",
    'op.execute("CREATE SEQUENCE numbers")\nop.execute("DROP SEQUENCE numbers")',
    "creates sequence numbers",
    "removes sequence numbers",
    on=("postgresql", "mariadb"),
)
case(
    "a sequence and its column",
    'op.execute("CREATE SEQUENCE ages OWNED BY users.age")\n'
    'op.execute("ALTER SEQUENCE numbers OWNED BY users.age")\n'
    'op.execute("ALTER SEQUENCE numbers OWNED BY NONE")',
    "creates sequence ages",
    "ties sequence numbers to a column",
    "unties sequence numbers from its column",
    on=PG,
    before="CREATE SEQUENCE numbers",
)
case(
    "a view",
    'op.execute("CREATE VIEW adults AS SELECT id FROM users WHERE age > 17")\nop.execute("DROP VIEW adults")',
    "creates view adults",
    "removes view adults",
    manner="instantly",
)
case(
    "a view that becomes another one",
    'op.execute("CREATE OR REPLACE VIEW adults AS SELECT id FROM users WHERE age > 20")',
    "replaces view adults",
    on=("postgresql", "mariadb"),
    before="CREATE VIEW adults AS SELECT id FROM users WHERE age > 17",
)
case(
    "a materialized view",
    'op.execute("CREATE MATERIALIZED VIEW ages AS SELECT age, count(*) FROM users GROUP BY age")\n'
    'op.execute("REFRESH MATERIALIZED VIEW ages")',
    "creates materialized view ages",
    "fills materialized view ages anew",
    on=PG,
)
case(
    "a function and a trigger",
    'op.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")\n'
    'op.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()")\n'
    'op.execute("ALTER TABLE users DISABLE TRIGGER t")\n'
    'op.execute("CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$")\n'
    'op.execute("DROP FUNCTION f() CASCADE")',
    "creates function f",
    "creates trigger t on users",
    "turns trigger t of users off",
    "changes function f",
    "removes function f",
    "removes trigger t of users",
    on=PG,
)
case(
    "a trigger on MariaDB",
    'op.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SET NEW.age = 1")\nop.execute("DROP TRIGGER t")',
    "creates trigger t on users",
    "removes trigger t",
    on=MY,
)
case(
    "a trigger on SQLite",
    'op.execute("CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET age = 1; END")',
    "creates trigger t on users",
    on=LITE,
)
case(
    "a schema with a table",
    'op.execute("CREATE SCHEMA shop")\nop.execute("CREATE TABLE shop.items (id int)")\n'
    'op.execute("DROP SCHEMA shop CASCADE")',
    "creates schema shop",
    "creates table shop.items (id)",
    "removes schema shop with table shop.items",
    on=PG,
)
case(
    "kinds that no catalogue here has",
    'op.execute("CREATE PUBLICATION news FOR TABLE users")\nop.execute("CREATE TYPE pair AS (a int, b int)")',
    "creates publication news",
    "creates type pair",
    on=PG,
)
case(
    "a type that moves",
    'op.execute("ALTER TYPE mood SET SCHEMA shop")',
    "moves enum mood to schema shop",
    on=PG,
    before="CREATE SCHEMA shop;\nCREATE TYPE mood AS ENUM ('a');\nALTER TABLE users ADD mood mood",
)
case(
    "a view that becomes another one, on MariaDB",
    'op.execute("ALTER VIEW adults AS SELECT name FROM users")',
    "replaces view adults",
    on=MY,
    before="CREATE VIEW adults AS SELECT id FROM users",
)
case(
    "routines on MariaDB",
    'op.execute("CREATE PROCEDURE one() SELECT 1")\nop.execute("DROP PROCEDURE IF EXISTS one")',
    "creates procedure one",
    "removes procedure one, if it is there",
    on=MY,
)
case(
    "an extension",
    'op.execute("CREATE EXTENSION hstore")\nop.execute("DROP EXTENSION hstore")',
    "installs extension hstore (1.8)",
    "removes extension hstore",
    on=PG,
)
case(
    "a domain and its rule",
    'op.execute("CREATE DOMAIN positive AS int")\n'
    'op.execute("ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0)")',
    "creates domain positive",
    "adds check above to domain positive: VALUE > 0",
    on=PG,
)
case(
    "a rule of the server",
    'op.execute("CREATE RULE quiet AS ON DELETE TO users DO INSTEAD NOTHING")',
    "creates rule quiet on users",
    on=PG,
)
