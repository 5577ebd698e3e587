"""What it takes to have a server of one kind: a value, acted upon by the keeper."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools import debian

USER = "whimbrel"
# A per cent sign, so that whoever lets a URL pass through an ini file finds out at once.
PASSWORD = "50%tide"
PASSWORD_IN_URL = "50%25tide"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One server: the commands, the files that they read, and how to tell that it is ready."""

    url: str
    files: Mapping[str, str]
    initialise: Sequence[str]
    serve: Sequence[str]
    is_ready: Callable[[], bool]
    accounts: Sequence[str] = ("nobody",)
    stdin: bytes = b""
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Programs:
    """The program of a server, and the tree that it was installed or unpacked into."""

    server: Path
    root: Path = debian.INSTALLED

    def environ(self) -> dict[str, str]:
        """Return the variables that let it find its libraries."""
        folders = debian.library_folders(self.root)
        return {"LD_LIBRARY_PATH": ":".join(map(str, folders))} if folders else {}


def newest(candidates: Iterable[Path], needed: tuple[int, int], root: Path) -> Programs | None:
    """Choose the server of the highest version among the programs that exist, if it is new enough."""
    found: dict[tuple[int, ...], Programs] = {}
    for candidate in candidates:
        programs = Programs(candidate.resolve(), root)
        if candidate.is_file() and (version := _version(programs)) >= needed:
            found.setdefault(version, programs)
    return found[max(found)] if found else None


def on_path(name: str) -> list[Path]:
    """Find a program where commands are looked for, and where only root looks for them."""
    found = [shutil.which(name), shutil.which(name, path="/usr/sbin:/usr/libexec:/usr/local/sbin")]
    return [Path(program) for program in found if program]


def _version(programs: Programs) -> tuple[int, ...]:
    said = subprocess.run(
        [programs.server, "--version"], env=programs.environ(), capture_output=True, text=True, check=False
    )
    match = re.search(r"(\d+)\.(\d+)", said.stdout)
    return tuple(map(int, match.groups())) if match else ()
