"""Statements that write rows."""

from tests.plan.cases.words import MY, PG, case

case(
    "rows that come",
    'op.bulk_insert(sa.table("roles", sa.column("id")), [{"id": 1}, {"id": 2}])',
    "adds rows to roles",
    manner="row by row",
)
case(
    "rows that are copied",
    'op.execute("INSERT INTO roles (id, name) SELECT id, name FROM users WHERE age > 17")',
    "copies rows of users into roles",
)
case(
    "rows that change",
    "op.execute(\"UPDATE users SET email = lower(email), name = 'x' WHERE id = 7\")",
    "changes email and name in rows of users",
)
case(
    "all rows that change",
    'op.execute("UPDATE users SET age = 1")',
    "changes age in all rows of users",
    on=PG,
    manner="reads all rows of users and writes those that change",
)
case(
    "rows that go",
    'op.execute("DELETE FROM orders WHERE id = 3")\nop.execute("DELETE FROM orders")',
    "removes rows from orders",
    "removes all rows from orders",
)
case(
    "a table that is emptied",
    'op.execute("TRUNCATE TABLE orders")',
    "removes all rows from orders",
    on=("postgresql", "mariadb"),
    manner="instantly",
)
case(
    "rows that come or change",
    'op.execute("INSERT INTO roles (id) VALUES (1) ON CONFLICT DO NOTHING")\n'
    'op.execute("INSERT INTO roles (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = excluded.name")',
    "adds rows to roles, where they are not there yet",
    "adds rows to roles, and changes those that are there",
    on=("postgresql", "sqlite"),
)
case(
    "rows that come or change, on MariaDB",
    'op.execute("INSERT IGNORE INTO roles (id) VALUES (1)")\n'
    "op.execute(\"INSERT INTO roles (id) VALUES (1) ON DUPLICATE KEY UPDATE name = 'a'\")\n"
    'op.execute("REPLACE INTO roles (id) VALUES (1)")\n'
    'op.execute("UPDATE users JOIN roles ON roles.id = users.role_id SET users.name = roles.name")\n'
    'op.execute("DELETE users FROM users JOIN roles ON roles.id = users.role_id")',
    "adds rows to roles, where they are not there yet",
    "adds rows to roles, and changes those that are there",
    "adds rows to roles, and changes those that are there",
    "changes name in rows of users",
    "removes rows from users",
    on=MY,
)
case(
    "rows of a statement that begins with WITH",
    'op.execute("WITH old AS (SELECT id FROM users WHERE age > 9) DELETE FROM users WHERE id IN (SELECT id FROM old)")',
    "removes rows from users",
    on=("postgresql", "sqlite"),
)
case(
    "several statements in one text",
    "op.execute(\"ALTER TABLE users ADD COLUMN a text; UPDATE users SET a = 'x; y' WHERE id = 1\")",
    "adds column users.a (text, may be empty)",
    "changes a in rows of users",
    on=PG,
)
case(
    "many tables at once",
    """
op.execute("DO $$ BEGIN FOR i IN 1..9 LOOP EXECUTE 'CREATE TABLE t' || i || ' (id int)'; END LOOP; END $$")
""",
    "creates 9 tables: t1, t2, t3, t4, t5 and 4 more",
    on=PG,
)
case(
    "rows that go from one table to another in one statement",
    'op.execute("WITH gone AS (DELETE FROM orders RETURNING id) INSERT INTO roles (id) SELECT id FROM gone")',
    "removes all rows from orders",
    "copies rows of orders into roles",
    on=PG,
)
case(
    "words that only look like tables",
    "op.execute(\"INSERT INTO roles VALUES (5, 'SELECT FROM x; DELETE FROM y') -- FROM z\")",
    "adds rows to roles",
)
case(
    "rows that are merged",
    'op.execute("MERGE INTO roles r USING users u ON r.id = u.id WHEN MATCHED THEN UPDATE SET name = u.name")',
    "adds, changes or removes rows of roles",
    on=PG,
)
case(
    "a partition that is emptied, on MariaDB",
    'op.execute("ALTER TABLE events TRUNCATE PARTITION p0")',
    "removes all rows from partition p0 of events",
    on=MY,
    before="CREATE TABLE events (id int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10))",
)
