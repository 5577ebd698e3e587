"""Environments of the project's own: made once, made again when what they hold is to be different.

`python -m tools.environment FOLDER [--group NAME]... [--drivers] [--constraint FILE]` leaves an environment in
which Whimbrel is installed as it stands here, with the dependency groups of `pyproject.toml`.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import debian, mysqlclient
from tools.debian import NotToBeHadError
from tools.installer import Pip
from tools.servers import enabled_backends

CHECKOUT = Path(__file__).resolve().parents[1]
# What stands in these tables is what an environment is made of.
TABLES = ("build-system", "project", "dependency-groups")


def main() -> int:
    """Make an environment what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tools.environment", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--group", action="append", default=[], dest="groups")
    parser.add_argument("--drivers", action="store_true", help="also those of the databases that take part")
    parser.add_argument("--constraint", type=Path)
    asked = parser.parse_args()
    try:
        groups = asked.groups + (_driver_groups() if asked.drivers else [])
        provide(CHECKOUT / asked.folder, groups, asked.constraint)
    except (NotToBeHadError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def provide(folder: Path, groups: Sequence[str], constraint: Path | None) -> None:
    """Make the environment, unless it is there already and holds just this.

    Raises:
        NotToBeHadError: something could not be installed.
    """
    stamp = folder / "whimbrel.json"
    wanted = _contents(folder, groups, constraint)
    there = json.loads(stamp.read_text(encoding="utf-8")) if stamp.is_file() else {}
    if there == wanted:
        return
    print(f"Making {folder.name}: Whimbrel, {', '.join(groups)} ...", file=sys.stderr, flush=True)
    if any(there.get(key) != wanted[key] for key in ("folder", "python")):
        _make_empty(folder)
    stamp.unlink(missing_ok=True)
    pip = Pip(folder)
    pip.install("--upgrade", "pip>=25.1")  # the first that knows dependency groups
    options = [f"--constraint={constraint}"] if constraint else []
    if "drivers-mariadb" in groups:
        mysqlclient.install(pip, *options)
    pip.install("--editable", ".", *(f"--group={group}" for group in groups), *options)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")


def _contents(folder: Path, groups: Sequence[str], constraint: Path | None) -> dict[str, Any]:
    """Say what the environment is to hold; equal values mean equal environments."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "folder": str(folder),  # an environment does not survive being moved
        "python": sys.version,
        "groups": list(groups),
        "constraint": constraint.read_text(encoding="utf-8") if constraint else "",
        "project": {table: project[table] for table in TABLES},
    }


def _driver_groups() -> list[str]:
    kinds = enabled_backends(os.environ)
    return sorted({f"drivers-{'mariadb' if kind == 'mysql' else kind}" for kind in kinds})


def _make_empty(folder: Path) -> None:
    """Make an environment with nothing but pip in it."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        place = folder
        if os.pathsep in str(folder):
            # venv refuses such a path, because it cannot stand on PATH; by way of a link it does not see it.
            (Path(temporary) / "checkout").symlink_to(folder.parent)
            place = Path(temporary) / "checkout" / folder.name
        # Debian keeps the module that venv takes pip from in a package of its own.
        own_pip = importlib.util.find_spec("ensurepip") is not None
        options = [] if own_pip else ["--without-pip"]
        subprocess.run([sys.executable, "-m", "venv", *options, str(place)], check=True)
    if not own_pip:
        wheels = debian.provide(["python3-pip-whl"]).glob("usr/share/python-wheels/pip-*.whl")
        Pip(folder, str(next(wheels) / "pip")).install("pip")  # a wheel can be run as it is


if __name__ == "__main__":
    sys.exit(main())
