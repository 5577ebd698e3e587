"""What is installed: Whimbrel alone, or Flask-Migrate beside it.

Both packages offer the module ``flask_migrate``, and pip lets either write and remove those files.
"""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path


def other_flask_migrate() -> str:
    """Return the version of Flask-Migrate that is installed beside Whimbrel; empty if none is."""
    try:
        return metadata.version("flask-migrate")
    except metadata.PackageNotFoundError:
        return ""


def flask_migrate_file() -> Path:
    """Return the file that ``import flask_migrate`` finds."""
    spec = find_spec("flask_migrate")
    return Path(spec.origin if spec is not None and spec.origin else "")


def is_ours(module_file: Path) -> bool:
    """Tell whether a ``flask_migrate`` is Whimbrel's."""
    return module_file.is_file() and "whimbrel" in module_file.read_text("utf-8")


def warning_for_both() -> str:
    """Return what to say where both are installed; empty where Whimbrel is alone."""
    version = other_flask_migrate()
    if not version:
        return ""
    name = "Whimbrel's" if is_ours(flask_migrate_file()) else f"Flask-Migrate {version}'s"
    return (
        f"Warning: Flask-Migrate {version} is installed beside Whimbrel, and both write the module flask_migrate; "
        f"the one imported is {name}.\n"
        "  Do:   pip uninstall flask-migrate\n"
        "        pip install --force-reinstall --no-deps whimbrel"
    )
