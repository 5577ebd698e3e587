"""Scripts as data: what was before, what goes up and down, and what a proof has to say of them."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

ALL = ("sqlite", "postgresql", "mariadb")

# The schema that a case begins with, unless it brings its own; T is `op.create_table` or, for the models, `sa.Table`.
GROUND = """\
T("roles",
  sa.Column("id", sa.Integer, primary_key=True),
  sa.Column("name", sa.String(64), nullable=False),
  sa.UniqueConstraint("name", name="uq_roles_name"))
T("users",
  sa.Column("id", sa.Integer, primary_key=True),
  sa.Column("username", sa.String(64), nullable=False),
  sa.Column("email", sa.String(120)),
  sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
  sa.Column("role_id", sa.Integer),
  sa.Column("created", sa.DateTime),
  sa.Column("bio", sa.Text),
  sa.Column("score", sa.Numeric(10, 2)),
  sa.UniqueConstraint("username", name="uq_users_username"),
  sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_users_role"),
  sa.Index("ix_users_email", "email"))
T("orders",
  sa.Column("id", sa.Integer, primary_key=True),
  sa.Column("user_id", sa.Integer, nullable=False),
  sa.Column("state", sa.Enum("new", "paid", "sent", name="order_state"), nullable=False),
  sa.Column("total", sa.Integer, nullable=False, server_default="0"),
  sa.Column("note", sa.String(50), server_default="none"),
  sa.CheckConstraint("total >= 0", name="ck_orders_total"),
  sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user"))
"""

SCRIPT = '''\
"""{name}"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, mysql

revision = {revision!r}
down_revision = {after!r}
{top}

def upgrade():
{up}


def downgrade():
{down}
'''


@dataclass(frozen=True, slots=True)
class Case:
    """A script.

    Attributes:
        name: What it does, or what is wrong with it.
        up: The body of its upgrade.
        down: The body of its downgrade.
        refuted: The claims that are refuted, each with words that are in a finding; nothing: none is.
        on: The kinds of server that it is for.
        before: The schema before, in place of the usual one; statements that the usual one is followed by, if it
            begins with a plus sign.
        models: What is replaced in the text of the schema before, to be what the models want.
        top: What else stands in the script.
        says: Words that are in a remark or in what goes.
        aside: Words of what is not shown with rows that the rules before allow.
    """

    name: str
    up: str
    down: str
    refuted: tuple[tuple[str, str], ...] = ()
    on: tuple[str, ...] = ALL
    before: str = ""
    models: Sequence[tuple[str, str]] | None = None
    top: str = ""
    says: tuple[str, ...] = ()
    aside: str = ""

    @property
    def ground(self) -> str:
        """The text of the schema before."""
        if self.before.startswith("+"):
            return GROUND + textwrap.dedent(self.before[1:]).strip() + "\n"
        return textwrap.dedent(self.before) or GROUND

    @property
    def wanted(self) -> str | None:
        """The text of what the models want."""
        if self.models is None:
            return None
        text = self.ground
        for old, new in self.models:
            assert old in text, old
            text = text.replace(old, new)
        return text

    def scripts(self) -> dict[str, str]:
        """The script that makes the schema before, and the one to be proved."""
        ground = "T = op.create_table\n" + self.ground
        return {
            "a": _script(f"before {self.name}", "a", None, ground, "pass"),
            "b": _script(self.name, "b", "a", self.up, self.down, self.top),
        }


def _script(name: str, revision: str, after: str | None, up: str, down: str, top: str = "") -> str:
    up, down = (textwrap.indent(textwrap.dedent(body).strip() or "pass", "    ") for body in (up, down))
    return SCRIPT.format(name=name, revision=revision, after=after, up=up, down=down, top=textwrap.dedent(top))


@dataclass(slots=True)
class Cases:
    """All cases, as they are written down."""

    all: list[Case] = field(default_factory=list)

    def good(self, name: str, up: str, down: str, **more: object) -> None:
        """Write down a script with which nothing is wrong."""
        self.all.append(Case(name, up, down, **more))  # type: ignore[arg-type]

    def broken(self, name: str, up: str, down: str, claim: str, words: str, **more: object) -> None:
        """Write down a script that is wrong, with the claim that it breaks."""
        self.all.append(Case(name, up, down, ((claim, words),), **more))  # type: ignore[arg-type]


CASES = Cases()
