"""Runs the migrations of all binds. `flask db` calls it; the work is done in the package.

Options of Alembic (include_object, naming, …) go to Migrate(app, db, …) or to the call below.
"""

from alembic import context
from whimbrel import run_environment

run_environment(context, binds=True)
