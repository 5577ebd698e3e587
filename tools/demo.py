"""Play the tutorial on SQLite with real `flask` processes, and show the rows at each step.

It works in a fresh folder of the temporary directory, which it removes at the end (`--keep` leaves
it). It ends with exit code 0 only if the rows are what they should be at every step.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing
from pathlib import Path

HELLO = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///data.sqlite"

db = SQLAlchemy(app)
migrate = Migrate(app, db)


class Role(db.Model):
    __tablename__ = "roles"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(64), unique=True)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(64), unique=True, index=True)
    role_id = db.Column(db.Integer, db.ForeignKey("roles.id"))
"""
LAST_LINE = HELLO.splitlines()[-1]
EMAIL = "    email = db.Column(db.String(120))"
CONTACT = EMAIL.replace("email", "contact")

Rows = list[tuple[object, ...]]


class DemoError(Exception):
    """A command failed, or the rows are not what they should be."""


class Demo:
    """The tutorial's folder, and what a person does in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hello = folder / "hello.py"
        self.step = 0
        dropped = ("FLASK_", "SQLALCHEMY_")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        self.environment |= {"FLASK_APP": "hello", "PYTHONIOENCODING": "utf-8"}

    def say(self, title: str, text: str = "") -> None:
        """Begin a step."""
        self.step += 1
        print(f"\n{self.step}. {title}\n{'-' * (len(title) + 3)}")
        if text:
            print(textwrap.fill(text, 96))

    def flask(self, *arguments: str) -> None:
        """Run a command of `flask` in a process of its own and show what it prints."""
        shown = " ".join(f'"{each}"' if " " in each else each for each in arguments)
        print(f"\n  $ flask {shown}")
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        for line in done.stdout.replace(str(self.folder) + os.sep, "").splitlines():
            if "[alembic.runtime.plugins]" not in line:
                print(f"  {line}")
        if done.returncode:
            raise DemoError(f"`flask {shown}` ended with exit code {done.returncode}")

    def change_model(self, old: str, new: str) -> None:
        """Edit hello.py and show the lines that changed, as `diff` would."""
        before = self.hello.read_text(encoding="utf-8")
        self.hello.write_text(before.replace(old, new), encoding="utf-8")
        print("\n  hello.py, class User:")
        for sign, mine, others in ("-", old, new), ("+", new, old):
            for line in mine.splitlines():
                if line not in others.splitlines():
                    print(f"  {sign} {line}")

    def sql(self, *statements: str) -> None:
        """Write rows, as the running app would."""
        print()
        with closing(sqlite3.connect(self.folder / "instance" / "data.sqlite")) as database, database:
            for statement in statements:
                print(f"  sql> {statement}")
                database.execute(statement)

    def rows(self, columns: tuple[str, ...], expected: Rows) -> None:
        """Show the table, and make sure that it holds what it should."""
        with closing(sqlite3.connect(self.folder / "instance" / "data.sqlite")) as database:
            cursor = database.execute("select * from users order by id")
            found_columns, found = tuple(each[0] for each in cursor.description), cursor.fetchall()
        print("\n  sql> select * from users\n")
        print(textwrap.indent(as_table(found_columns, found), "    "))
        if (found_columns, found) != (columns, expected):
            raise DemoError(f"users should hold {columns} {expected}, but holds {found_columns} {found}")


def as_table(columns: tuple[str, ...], rows: Rows) -> str:
    """Draw rows as a small table of text."""
    cells = [columns, *(tuple("-" if each is None else str(each) for each in row) for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def play(demo: Demo) -> None:
    """The tutorial, from `init` to a rename and back."""
    first = ("id", "username", "role_id")
    people: Rows = [(1, "alice", 1), (2, "bob", 2), (3, "chen", 2)]

    demo.say("An app with two models", "hello.py; `from whimbrel import Migrate` is the same class.")
    demo.hello.write_text(HELLO, encoding="utf-8")
    print("\n" + textwrap.indent(HELLO.rstrip(), "  "))

    demo.say("The first migration")
    demo.flask("db", "init")
    demo.flask("db", "migrate", "-m", "initial migration")
    demo.flask("db", "upgrade")
    demo.sql(
        "insert into roles (name) values ('admin'), ('user')",
        "insert into users (username, role_id) values ('alice', 1), ('bob', 2), ('chen', 2)",
    )
    demo.rows(first, people)

    demo.say("A new column", "The models change. The table follows, and its rows stay.")
    demo.change_model(LAST_LINE, f"{LAST_LINE}\n{EMAIL}")
    demo.flask("db", "migrate", "-m", "users have an email")
    demo.flask("db", "upgrade")
    demo.rows((*first, "email"), [(*row, None) for row in people])
    demo.sql("update users set email = username || '@example.com'")
    with_email: Rows = [(*row, f"{row[1]}@example.com") for row in people]
    demo.rows((*first, "email"), with_email)

    demo.say(
        "A column gets another name",
        "Whether that is a rename, only a person knows. At a terminal `flask db migrate` asks; "
        "here the answer is a flag.",
    )
    demo.change_model(EMAIL, CONTACT)
    demo.flask("db", "migrate", "--rename", "users.email=users.contact")
    demo.flask("db", "upgrade")
    demo.rows((*first, "contact"), with_email)

    demo.say("And back", "Each downgrade undoes one revision. The first undoes the rename.")
    demo.flask("db", "downgrade")
    demo.rows((*first, "email"), with_email)
    print("\n  The second removes the column. Its values are kept, for the day when it comes back.")
    demo.flask("db", "downgrade")
    demo.rows(first, people)
    demo.flask("db", "history")

    look_ahead(demo)
    demo.rows(first, people)


def look_ahead(demo: Demo) -> None:
    """What will be done, before it is done."""
    demo.say("A proof", "Each script was proved when it was written. Here are all of them, one after the other.")
    demo.flask("db", "prove", "base:head")

    demo.say("A plan", "What the next upgrade will do, before it does it. The database is only read.")
    demo.flask("db", "plan")


def main() -> int:
    """Play the demo in a fresh folder; return the exit code."""
    folder = Path(tempfile.mkdtemp(prefix="whimbrel-demo-")).resolve()
    print(f"The tutorial on SQLite, in a fresh folder: {folder}")
    print("The output is real; only Alembic's log lines about its own plugins are left out.")
    try:
        play(Demo(folder))
    except DemoError as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    finally:
        if "--keep" not in sys.argv[1:]:
            shutil.rmtree(folder, ignore_errors=True)
    print("\nEvery row was where it should be, at every step.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
