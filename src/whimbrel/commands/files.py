"""The verbs about files: init, list-templates, edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command, util
from alembic.util import open_in_editor

from whimbrel.commands.troubles import explained
from whimbrel.errors import Refused, RepositoryExists, TemplateUnknown
from whimbrel.run import Progress, Project, RunnerEnvironment, Work
from whimbrel.scripts import Config, templates_folder
from whimbrel.scripts.script import shown_path


@dataclass(frozen=True, slots=True)
class Created:
    """What ``init`` has made.

    Attributes:
        directory: The migrations folder.
        files: The files in it.
    """

    directory: str
    files: tuple[str, ...]


def list_templates() -> tuple[str, ...]:
    """List the templates for ``init``, in the lines that Flask-Migrate prints."""
    lines = ["Available templates:\n"]
    for folder in sorted(templates_folder().iterdir()):
        if (folder / "README").is_file():
            synopsis = (folder / "README").read_text("utf-8").splitlines()[0].strip()
            lines.append(f"{folder.name} - {synopsis}")
    return tuple(lines)


def init(
    directory: str,
    *,
    multidb: bool = False,
    template: str | None = None,
    package: bool = False,
    configure: Callable[[Config], Config] = lambda config: config,
) -> Created:
    """Make a migrations folder.

    Args:
        directory: The folder.
        multidb: Migrate all binds, not only the default database.
        template: The name of a template, or the path of one.
        package: Put empty ``__init__.py`` files into the folder.
        configure: The app's hooks for the Alembic configuration.

    Raises:
        RepositoryExists: The folder is in use.
        TemplateUnknown: There is no such template.
        FolderUnwritable: The folder cannot be made.
    """
    folder, name = _template(template, multidb)
    config = Config(template_directory=None if folder is None else str(folder))
    config.set_main_option("script_location", directory.replace("%", "%%"))
    config.config_file_name = str(Path(directory) / "alembic.ini")
    config = configure(config)
    _require_template(folder or templates_folder(), name)
    _require_unused(directory)
    before = set(Path(directory).rglob("*"))
    with explained(), _quietly(config):
        command.init(config, directory, template=name, package=package)
    made = sorted(set(Path(directory).rglob("*")) - before)
    return Created(directory, tuple(shown_path(path) for path in made if path.is_file()))


def edit(project: Project, revision: str = "current") -> tuple[str, ...]:
    """Open scripts in the editor; ``current`` is the database's own revision."""
    if revision != "current":
        with explained(project):
            return _edit(project, revision)
    opened: list[str] = []

    def each(heads: Any, context: Any) -> Iterable[Any]:
        if not heads:
            raise Refused(
                "No current revisions",
                why="The database is at base: no script has been applied to it. Nothing was changed.",
                do="flask db edit head",
            )
        opened.extend(_edit(project, heads))
        return ()

    with explained(project):
        RunnerEnvironment(project, Work(each, options={"dont_mutate": True}), Progress()).run()
    return tuple(opened)


def _edit(project: Project, revision: Any) -> tuple[str, ...]:
    scripts = project.scripts.get_revisions(revision)
    if not scripts:
        raise Refused(
            f"No revision files indicated by symbol '{revision}'",
            why="The history is empty. Nothing was changed.",
            do='flask db migrate -m "initial migration"',
        )
    for script in scripts:
        open_in_editor(script.path)
    return tuple(shown_path(script.path) for script in scripts)


def _template(template: str | None, multidb: bool) -> tuple[Path | None, str]:
    """Return the folder of a template, if it is a path, and its name."""
    if template is None:
        return None, "flask-multidb" if multidb else "flask"
    path = Path(template.rstrip("/\\"))
    if "/" in template or "\\" in template:
        return path.parent, path.name
    return None, template


def _require_template(folder: Path, name: str) -> None:
    if (folder / name).is_dir():
        return
    known = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    raise TemplateUnknown(
        f"No such template {str(folder / name)!r}." if folder != templates_folder() else f"No such template {name!r}.",
        why=f"There are: {', '.join(known) or 'none'}. Nothing was written.",
        do="flask db list-templates   (a template of your own is named by its path, with a slash)",
    )


def _require_unused(directory: str) -> None:
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RepositoryExists(
            f"Directory {directory} already exists and is not empty.",
            why="`init` is done once for a project; the folder belongs into version control. Nothing was written.",
            do='flask db migrate -m "what changed"',
        )


class _quietly:  # noqa: N801
    """Alembic reports each file on stdout in its own way; our report comes from the caller."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __enter__(self) -> None:
        self.config.__dict__["messaging_opts"] = util.immutabledict({"quiet": True})

    def __exit__(self, *error: object) -> None:
        self.config.__dict__.pop("messaging_opts", None)
