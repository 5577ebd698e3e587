"""What a script says of itself is read from its text."""

import pytest

from whimbrel.proof.script import about

WRITES = [
    "UPDATE users SET name = ''",
    "UPDATE users AS u SET name = ''",
    "update users u join roles r on r.id = u.role_id set u.name = r.name",
    "UPDATE users u, roles r SET u.name = r.name",
    "UPDATE OR IGNORE users SET name = ''",
    "INSERT INTO roles (name) VALUES ('a')",
    "INSERT IGNORE INTO roles SELECT * FROM olds",
    "INSERT OR REPLACE INTO roles SELECT * FROM olds",
    "REPLACE INTO roles SELECT * FROM olds",
    "DELETE FROM users",
    "DELETE u FROM users u LEFT JOIN orders o ON o.user_id = u.id",
    "DELETE u, o FROM users u JOIN orders o ON o.user_id = u.id",
    "TRUNCATE users",
]
WRITES_NOT = [
    "ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id) ON UPDATE CASCADE ON DELETE SET NULL",
    "ALTER TABLE users ADD FOREIGN KEY (role_id) REFERENCES roles (id) ON UPDATE SET NULL",
    "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW SET NEW.name = ''",
    "CREATE TRIGGER t BEFORE UPDATE OF name ON users FOR EACH ROW SET NEW.name = ''",
    "ALTER TABLE posts MODIFY seen TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, ALTER n SET DEFAULT 1",
    "SELECT id FROM users FOR UPDATE",
    "DROP TABLE users",
]


@pytest.mark.parametrize(
    ("statement", "writes"), [*((one, True) for one in WRITES), *((one, False) for one in WRITES_NOT)]
)
def test_a_statement_that_writes_rows_is_told_from_one_that_names_the_words(statement: str, writes: bool) -> None:
    assert about(f"def upgrade():\n    op.execute({statement!r})\n").writes is writes
