"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

# the place of this script in the history
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade(engine_name):
    globals()[f"upgrade_{engine_name}".replace("-", "_")]()


def downgrade(engine_name):
    globals()[f"downgrade_{engine_name}".replace("-", "_")]()

<%
    from flask import current_app
    state = current_app.extensions["migrate"]
    known = state.configure_args.get("engine") or getattr(state.db, "engines", None) or getattr(
        state.db, "async_engines", None)
    bind_names = getattr(state.db, "bind_names", lambda: [])
    names = list(known) if isinstance(known, dict) else bind_names()
    names = ["", *(name for name in names if name not in (None, "", "default"))]
%>
% for name in names:

def upgrade_${name.replace("-", "_")}():
    ${context.get("%s_upgrades" % name, "pass")}


def downgrade_${name.replace("-", "_")}():
    ${context.get("%s_downgrades" % name, "pass")}

% endfor
