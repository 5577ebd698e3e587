"""``Scripts``: Alembic's script directory, which says where a broken script is broken."""

from __future__ import annotations

import datetime
import os
import traceback
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError, to_tuple, warn

from whimbrel.errors import BrokenHistory, BrokenScript, DuplicateRevision
from whimbrel.scripts.config import Config


class Scripts(ScriptDirectory):
    """The scripts of a migrations folder."""

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
        _require_what_is_named(seen)

    def _script_paths(self) -> Iterator[Path]:
        known: set[Path] = set()
        for folder in self._version_locations:
            if not folder.exists():
                continue
            for path in Script._list_py_dir(self, folder):
                real = path.resolve()
                if real in known:
                    warn(f"File {real} loaded twice! ignoring. Please ensure version_locations is unique.")
                    continue
                known.add(real)
                yield real

    def _load(self, path: Path) -> Script | None:
        try:
            return Script._from_path(self, path)
        except RevisionError as error:
            raise _circle(path, error) from error
        except Exception as error:
            raise _broken(path, error) from error

    def _rev_path(
        self, path: str | os.PathLike[str], rev_id: str, message: str | None, create_date: datetime.datetime
    ) -> Path:
        """Return the file for a new script, in letters that the file system's encoding has."""
        try:
            os.fsencode(message or "")
        except UnicodeEncodeError:
            message = unicodedata.normalize("NFKD", message or "").encode("ascii", "ignore").decode()
        return super()._rev_path(path, rev_id, message, create_date)


def scripts_of(config: Config) -> Scripts:
    """Return the scripts that a configuration names."""
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
    )


def _require_what_is_named(scripts: Mapping[str, Script]) -> None:
    """Make sure that parents and dependencies exist; a dependency may be named by a branch label."""
    labels = {label for script in scripts.values() for label in script.branch_labels}
    for script in scripts.values():
        for parent in script._versioned_down_revisions:
            if parent not in scripts:
                raise _orphan(script, parent)
        for needed in to_tuple(script.dependencies, default=()):
            if needed not in scripts and needed not in labels:
                raise _unmet(script, needed)


def line_in(path: str | Path, error: BaseException) -> int | None:
    """Return the line of a file at which an error arose: the innermost one of that file."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == Path(path):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def shown_path(path: str | Path) -> str:
    """Return a path as a person here would type it: relative to the current folder if below it."""
    full = Path(path)
    try:
        return str(full.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(full)


def _broken(path: Path, error: Exception) -> BrokenScript:
    line = line_in(path, error)
    place = shown_path(path) + (f", line {line}" if line else "")
    detail = error.msg if isinstance(error, SyntaxError) else str(error)
    words = detail if isinstance(error, CommandError) else f"{type(error).__name__}: {detail}"
    return BrokenScript(
        f"{place}: {words}",
        why="The script cannot be imported, so the history cannot be read. Nothing was changed.",
        do=f"edit {place}",
    )


def _orphan(script: Script, parent: str) -> BrokenHistory:
    return BrokenHistory(
        f"Revision {script.revision} follows {parent}, and no script has that id.",
        why=f"It is named in {shown_path(script.path)}. Without it the history has a gap. Nothing was changed.",
        do=f"bring back the script of {parent} (git log --all -- migrations), or correct `down_revision`",
    )


def _unmet(script: Script, needed: str) -> BrokenHistory:
    return BrokenHistory(
        f"Revision {script.revision} depends on {needed}, and no script has that id.",
        why=f"It is named in {shown_path(script.path)}. Nothing was changed.",
        do=f"bring back the script of {needed} (git log --all -- migrations), or correct `depends_on`",
    )


def _circle(path: Path, error: RevisionError) -> BrokenHistory:
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
