"""``Scripts``: Alembic's script directory, which knows the history without running the scripts.

The header of each script is read from its text at the start of a command, so that what is known is always what
is in the files; a script is imported when somebody needs what it holds (see ``script.py``).
"""

from __future__ import annotations

import datetime
import os
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import to_tuple, warn

from whimbrel.errors import BrokenHistory, DuplicateRevision
from whimbrel.scripts.config import Config
from whimbrel.scripts.header import is_source, read_header
from whimbrel.scripts.history import History
from whimbrel.scripts.script import ReadScript, broken, shown_path


class Scripts(ScriptDirectory):
    """The scripts of a migrations folder.

    Args:
        beside: Further folders, for this command only; new scripts are never written there.
    """

    def __init__(self, *args: Any, beside: tuple[Path, ...] = (), **kwargs: Any) -> None:
        """Take what Alembic's script directory takes."""
        super().__init__(*args, **kwargs)
        self._beside = beside
        self.revision_map = History(self._load_revisions)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the scripts lie."""
        return tuple(map(Path, self._version_locations))

    def revisions(self) -> Iterator[Script]:
        """Yield all scripts, in no particular order and some twice; faster than ``walk_revisions``."""
        with self._catch_revision_errors():
            known = self.revision_map._revision_map.values()
        yield from (cast(Script, one) for one in known if one is not None)

    def _load_revisions(self) -> Iterator[Script]:
        """Yield the scripts, in the order of their folders and names.

        Raises:
            BrokenScript: One cannot be imported.
            DuplicateRevision: Two have the same id.
            BrokenHistory: A parent or dependency is missing, or a script is its own.
        """
        seen: dict[str, Script] = {}
        for path in self._script_paths():
            script = self._load(path)
            if script is None:
                continue
            twin = seen.setdefault(script.revision, script)
            if twin is not script:
                raise _duplicate(script, twin)
            yield script
        _require_what_is_named(seen, self.folders)

    def _script_paths(self) -> Iterator[str]:
        known: set[str] = set()
        for folder in (*self.folders, *self._beside):
            for real in self._real_paths(folder):
                if real in known:
                    warn(f"File {real} loaded twice! ignoring. Please ensure version_locations is unique.")
                    continue
                known.add(real)
                yield real

    def _real_paths(self, folder: Path) -> Iterator[str]:
        """Yield the files of a folder as Alembic does, links followed."""
        if not folder.exists():
            return
        if self.sourceless or self.recursive_version_locations:
            yield from (os.path.realpath(path) for path in Script._list_py_dir(self, folder))
            return
        # For all but links the real path is known from the folder's; asking for each costs more than reading it.
        try:
            with os.scandir(os.path.realpath(folder)) as found:
                files = sorted((one.name, one.path, one.is_symlink()) for one in found if not one.is_dir())
        except OSError:
            return
        yield from (os.path.realpath(path) if is_link else path for _, path, is_link in files)

    def _load(self, path: str) -> Script | None:
        try:
            header = read_header(path) if is_source(path) else None
            return Script._from_path(self, path) if header is None else ReadScript(header, path)
        except RevisionError as error:
            raise _circle(path, error) from error
        except Exception as error:
            raise broken(path, error, "have a place in the history") from error

    def _rev_path(
        self, path: str | os.PathLike[str], rev_id: str, message: str | None, create_date: datetime.datetime
    ) -> Path:
        """Return the file for a new script, in letters that the file system's encoding has."""
        try:
            os.fsencode(message or "")
        except UnicodeEncodeError:
            message = unicodedata.normalize("NFKD", message or "").encode("ascii", "ignore").decode()
        return super()._rev_path(path, rev_id, message, create_date)


def scripts_of(config: Config, beside: tuple[Path, ...] = ()) -> Scripts:
    """Return the scripts that a configuration names, with those of further folders."""
    plain = ScriptDirectory.from_config(config)
    return Scripts(
        plain.dir,
        file_template=plain.file_template,
        truncate_slug_length=plain.truncate_slug_length,
        version_locations=plain.version_locations,
        sourceless=plain.sourceless,
        output_encoding=plain.output_encoding,
        timezone=plain.timezone,
        hooks=plain.hooks,
        recursive_version_locations=plain.recursive_version_locations,
        messaging_opts=plain.messaging_opts,
        beside=beside,
    )


def _require_what_is_named(scripts: Mapping[str, Script], folders: tuple[Path, ...]) -> None:
    """Make sure that parents and dependencies exist; a dependency may be named by a branch label."""
    labels = {label for script in scripts.values() for label in script.branch_labels}
    for script in scripts.values():
        for parent in script._versioned_down_revisions:
            if parent not in scripts:
                raise _orphan(script, parent, folders)
        for needed in to_tuple(script.dependencies, default=()):
            if needed not in scripts and needed not in labels:
                raise _unmet(script, needed, folders)


def _orphan(script: Script, parent: str, folders: tuple[Path, ...]) -> BrokenHistory:
    return BrokenHistory(
        f"Revision {script.revision} follows {parent}, and no script has that id.",
        why=f"It is named in {shown_path(script.path)}. Without it the history has a gap. Nothing was changed.",
        do=_brought_back(parent, "down_revision", folders),
    )


def _unmet(script: Script, needed: str, folders: tuple[Path, ...]) -> BrokenHistory:
    return BrokenHistory(
        f"Revision {script.revision} depends on {needed}, and no script has that id.",
        why=f"It is named in {shown_path(script.path)}. Nothing was changed.",
        do=_brought_back(needed, "depends_on", folders),
    )


def _brought_back(revision: str, name: str, folders: tuple[Path, ...]) -> str:
    from whimbrel.scripts.git import command_for  # a command whose history has no gap does without

    command = command_for(folders, revision) or command_for(folders, revision, "--all")
    if command:
        return f"{command}   (brings the script back); or correct `{name}`"
    return f"bring back the script of {revision} (git log --all -- migrations), or correct `{name}`"


def _circle(path: str, error: RevisionError) -> BrokenHistory:
    return BrokenHistory(
        f"{shown_path(path)}: {error}",
        why="A script that follows itself has no place in the history. Nothing was changed.",
        do=f"correct `down_revision` in {shown_path(path)}",
    )


def _duplicate(script: Script, twin: Script) -> DuplicateRevision:
    first, second = shown_path(twin.path), shown_path(script.path)
    return DuplicateRevision(
        f"Revision {script.revision} is in two files: {first} and {second}.",
        why="Only one of them could be run, and nothing says which. Nothing was changed.",
        do=f"give one of them another `revision = …`, or remove it: {second}",
    )
