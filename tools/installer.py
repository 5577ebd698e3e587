"""pip, as one of our environments has it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.debian import NotToBeHadError

CHECKOUT = Path(__file__).resolve().parents[1]


class Pip:
    """The pip of one environment; `program` names another one to run in it."""

    def __init__(self, folder: Path, *program: str) -> None:
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self._program = program or ("-m", "pip")

    def install(self, *what: str, environ: Mapping[str, str] | None = None) -> None:
        """Install what is named in pip's own words, with variables on top of ours.

        Raises:
            NotToBeHadError: pip could not; what it says about it has been shown.
        """
        command = [str(self.python), *self._program, "-qq", "--disable-pip-version-check", "install", *what]
        ours = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            command, cwd=CHECKOUT, env=ours | dict(environ or {}), stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            names = " ".join(word for word in what if not word.startswith("--"))
            raise NotToBeHadError(f"pip could not install {names}; its own words stand above.")
