"""A history of ten revisions that carry data along, with a branch and a merge, and what it comes to at any point.

    r01 - r02 - r03 - r04 - r05 - a06 - m07 - r08 - r09
                              `-- b06 --'

`SCRIPTS` say what is done; `tables_at` says, independently of them, what must be there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PARENTS: Mapping[str, tuple[str, ...]] = {
    "r01": (),
    "r02": ("r01",),
    "r03": ("r02",),
    "r04": ("r03",),
    "r05": ("r04",),
    "a06": ("r05",),
    "b06": ("r05",),
    "m07": ("a06", "b06"),
    "r08": ("m07",),
    "r09": ("r08",),
}

APPLICATION = """\
import os

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
migrate = Migrate(app, db)
"""

# Rows from nothing: bulk_insert.
R01 = """
def upgrade():
    accounts = op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("full_name", sa.String(80)),
        sa.Column("email", sa.String(80)),
        sa.Column("plan", sa.String(20)),
    )
    op.bulk_insert(accounts, [
        {"id": 1, "full_name": "Ada Lovelace", "email": "Ada@Example.org", "plan": "gold"},
        {"id": 2, "full_name": "Łucja Nowak", "email": "lucja@example.org", "plan": "free"},
        {"id": 3, "full_name": "Grace Hopper", "email": "GRACE@example.org", "plan": "gold"},
    ])


def downgrade():
    op.drop_table("accounts")
"""

R02 = """
def upgrade():
    orders = op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id", name="fk_orders_accounts")),
        sa.Column("cents", sa.Integer),
        sa.Column("state", sa.String(20)),
    )
    op.bulk_insert(orders, [
        {"id": 10, "account_id": 1, "cents": 1250, "state": "paid"},
        {"id": 11, "account_id": 1, "cents": 2250, "state": "cancelled"},
        {"id": 12, "account_id": 2, "cents": 200, "state": "paid"},
        {"id": 13, "account_id": 3, "cents": 999, "state": "cancelled"},
    ])


def downgrade():
    op.drop_table("orders")
"""

# An UPDATE that depends on the rows of the revision before.
R03 = """
def upgrade():
    op.add_column("accounts", sa.Column("balance", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE accounts SET balance = "
        "COALESCE((SELECT SUM(cents) FROM orders WHERE orders.account_id = accounts.id), 0)"
    )


def downgrade():
    op.drop_column("accounts", "balance")
"""

# A column moves into two, row by row in Python.
R04 = """
accounts = sa.table("accounts", *map(sa.column, ("id", "full_name", "first_name", "last_name")))


def upgrade():
    op.add_column("accounts", sa.Column("first_name", sa.String(40)))
    op.add_column("accounts", sa.Column("last_name", sa.String(40)))
    connection = op.get_bind()
    for id, full_name in connection.execute(sa.select(accounts.c.id, accounts.c.full_name)).all():
        first, last = full_name.split(" ")
        connection.execute(accounts.update().where(accounts.c.id == id).values(first_name=first, last_name=last))
    op.drop_column("accounts", "full_name")


def downgrade():
    op.add_column("accounts", sa.Column("full_name", sa.String(80)))
    connection = op.get_bind()
    for id, *names in connection.execute(sa.select(accounts.c.id, accounts.c.first_name, accounts.c.last_name)).all():
        connection.execute(accounts.update().where(accounts.c.id == id).values(full_name=" ".join(names)))
    op.drop_column("accounts", "first_name")
    op.drop_column("accounts", "last_name")
"""

# A table is split.
R05 = """
def upgrade():
    op.create_table(
        "emails",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id", name="fk_emails_accounts"),
                  primary_key=True, autoincrement=False),
        sa.Column("address", sa.String(80)),
    )
    op.execute("INSERT INTO emails (account_id, address) SELECT id, email FROM accounts")
    op.drop_column("accounts", "email")


def downgrade():
    op.add_column("accounts", sa.Column("email", sa.String(80)))
    op.execute(
        "UPDATE accounts SET email = (SELECT address FROM emails WHERE emails.account_id = accounts.id)"
    )
    op.drop_table("emails")
"""

A06 = """
def upgrade():
    plans = op.create_table(
        "plans",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(20)),
    )
    op.add_column("accounts", sa.Column("plan_id", sa.Integer))
    names = op.get_bind().execute(sa.text("SELECT DISTINCT plan FROM accounts ORDER BY plan")).scalars().all()
    op.bulk_insert(plans, [{"id": number, "name": name} for number, name in enumerate(names, start=1)])
    op.execute("UPDATE accounts SET plan_id = (SELECT plans.id FROM plans WHERE plans.name = accounts.plan)")
    op.drop_column("accounts", "plan")


def downgrade():
    op.add_column("accounts", sa.Column("plan", sa.String(20)))
    op.execute("UPDATE accounts SET plan = (SELECT plans.name FROM plans WHERE plans.id = accounts.plan_id)")
    op.drop_column("accounts", "plan_id")
    op.drop_table("plans")
"""

B06 = """
def upgrade():
    op.add_column("orders", sa.Column("euros", sa.Numeric(10, 2)))
    op.execute("UPDATE orders SET euros = cents / 100.0")
    op.drop_column("orders", "cents")


def downgrade():
    op.add_column("orders", sa.Column("cents", sa.Integer))
    op.execute("UPDATE orders SET cents = ROUND(euros * 100)")
    op.drop_column("orders", "euros")
"""

# A merge that does something, with what came over one of its branches.
M07 = """
GOLD = "(SELECT plans.id FROM plans WHERE plans.name = 'gold')"


def upgrade():
    op.execute("UPDATE accounts SET balance = balance + 1000 WHERE plan_id = " + GOLD)


def downgrade():
    op.execute("UPDATE accounts SET balance = balance - 1000 WHERE plan_id = " + GOLD)
"""

# Rows move into another table, and a sum is taken of those that stay.
R08 = """
def upgrade():
    op.create_table(
        "cancelled",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("euros", sa.Numeric(10, 2)),
    )
    op.create_table(
        "totals",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("orders", sa.Integer),
        sa.Column("euros", sa.Numeric(10, 2)),
    )
    op.execute(
        "INSERT INTO cancelled (id, account_id, euros) "
        "SELECT id, account_id, euros FROM orders WHERE state = 'cancelled'"
    )
    op.execute("DELETE FROM orders WHERE state = 'cancelled'")
    op.execute(
        "INSERT INTO totals (account_id, orders, euros) "
        "SELECT account_id, COUNT(*), SUM(euros) FROM orders GROUP BY account_id"
    )
    op.create_index("ix_totals_euros", "totals", ["euros"])


def downgrade():
    op.drop_table("totals")
    op.execute(
        "INSERT INTO orders (id, account_id, euros, state) "
        "SELECT id, account_id, euros, 'cancelled' FROM cancelled"
    )
    op.drop_table("cancelled")
"""

R09 = """
def upgrade():
    op.add_column("emails", sa.Column("given", sa.String(80)))
    op.execute("UPDATE emails SET given = address")
    op.execute("UPDATE emails SET address = LOWER(given)")


def downgrade():
    op.execute("UPDATE emails SET address = given")
    op.drop_column("emails", "given")
"""

SCRIPTS = {
    "r01": R01, "r02": R02, "r03": R03, "r04": R04, "r05": R05,
    "a06": A06, "b06": B06, "m07": M07, "r08": R08, "r09": R09,
}  # fmt: skip


def source(revision: str) -> str:
    """Write a revision's script."""
    parents = PARENTS[revision]
    down = parents[0] if len(parents) == 1 else parents or None
    return (
        f'"""{revision}"""\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f"revision = {revision!r}\ndown_revision = {down!r}\nbranch_labels = None\ndepends_on = None\n"
        + SCRIPTS[revision]
    )


@dataclass(frozen=True, slots=True)
class Table:
    """What a table must hold: rows by columns, in the order of their key, which comes first."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def tables_at(applied: Iterable[str]) -> dict[str, Table]:
    """Say which tables there are, and what they hold, when these revisions are applied."""
    applied = set(applied)
    tables = {}
    if "r01" in applied:
        tables["accounts"] = _accounts(applied)
    if "r02" in applied:
        tables["orders"] = _orders(applied)
    if "r05" in applied:
        tables["emails"] = _emails(applied)
    if "a06" in applied:
        tables["plans"] = Table(("id", "name"), ((1, "free"), (2, "gold")))
    if "r08" in applied:
        tables["cancelled"] = Table(("id", "account_id", "euros"), ((11, 1, 22.5), (13, 3, 9.99)))
        tables["totals"] = Table(("account_id", "orders", "euros"), ((1, 1, 12.5), (2, 1, 2.0)))
    return tables


def _accounts(applied: set[str]) -> Table:
    facts: dict[str, tuple[Any, ...]] = {"id": (1, 2, 3)}
    if "r04" in applied:
        facts |= {"first_name": ("Ada", "Łucja", "Grace"), "last_name": ("Lovelace", "Nowak", "Hopper")}
    else:
        facts["full_name"] = ("Ada Lovelace", "Łucja Nowak", "Grace Hopper")
    if "r05" not in applied:
        facts["email"] = ("Ada@Example.org", "lucja@example.org", "GRACE@example.org")
    facts |= {"plan_id": (2, 1, 2)} if "a06" in applied else {"plan": ("gold", "free", "gold")}
    if "r03" in applied:
        facts["balance"] = (4500, 200, 1999) if "m07" in applied else (3500, 200, 999)
    return _table(facts)


def _orders(applied: set[str]) -> Table:
    facts: dict[str, tuple[Any, ...]] = {
        "id": (10, 11, 12, 13),
        "account_id": (1, 1, 2, 3),
        "state": ("paid", "cancelled", "paid", "cancelled"),
    }
    facts |= {"euros": (12.5, 22.5, 2.0, 9.99)} if "b06" in applied else {"cents": (1250, 2250, 200, 999)}
    if "r08" in applied:
        facts = {name: (values[0], values[2]) for name, values in facts.items()}
    return _table(facts)


def _emails(applied: set[str]) -> Table:
    given = ("Ada@Example.org", "lucja@example.org", "GRACE@example.org")
    facts: dict[str, tuple[Any, ...]] = {"account_id": (1, 2, 3), "address": given}
    if "r09" in applied:
        facts |= {"address": ("ada@example.org", "lucja@example.org", "grace@example.org"), "given": given}
    return _table(facts)


def _table(facts: Mapping[str, tuple[Any, ...]]) -> Table:
    return Table(tuple(facts), tuple(zip(*facts.values(), strict=True)))
