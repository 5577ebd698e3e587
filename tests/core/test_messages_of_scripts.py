"""One clear error for a migrations folder, its scripts and its history that do not allow a command."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from tests.core.complaints import Situation, assert_ends_in_its_error, complaint, on_backends
from tests.core.repository import add_chain, add_script, lay_out, picture, pretend_to_be_at, versions
from tests.support.databases import BACKENDS
from tests.support.project import Project, tutorial
from whimbrel.errors import (
    BrokenEnvironment,
    BrokenHistory,
    BrokenScript,
    DifferencesFound,
    DuplicateRevision,
    FolderUnwritable,
    MultipleHeads,
    NotAtHead,
    NotUpToDate,
    Refused,
    RepositoryExists,
    RepositoryMissing,
    RevisionLost,
    RevisionTooLong,
    RevisionUnknown,
    TemplateUnknown,
)

# SQLite takes ids of any length.
LIMITING = [kind for kind in BACKENDS if kind != "sqlite"]
TOO_LONG = "a_name_that_says_everything_about_it"


def chain(*revisions: str, edit: Callable[[Project], Any] = lambda project: None) -> Callable[[Project], Any]:
    """Return what writes a chain of scripts and then changes something about it."""

    def arrange(project: Project) -> None:
        lay_out(project)
        add_chain(project, *revisions)
        edit(project)

    return arrange


def at(*revisions: str, scripts: tuple[str, ...] = ("a", "b")) -> Callable[[Project], Any]:
    """Return what makes a database that says it is at some revisions of a chain of scripts."""
    return chain(*scripts, edit=lambda project: pretend_to_be_at(project.database, *revisions))


def without_folder(project: Project) -> None:
    tutorial(project)


def file_in_place_of_versions(project: Project) -> None:
    lay_out(project)
    shutil.rmtree(project.path / "migrations" / "versions", ignore_errors=True)
    project.write("migrations/versions", "")


def two_heads(project: Project) -> None:
    chain("a", "b")(project)
    add_script(project, "c", "a")


def circle(project: Project) -> None:
    chain("a")(project)
    add_script(project, "b", "c")
    add_script(project, "c", "b")


def broken(old: str, new: str) -> Callable[[Project], Any]:
    def edit(project: Project) -> None:
        text = project.read("migrations/versions/b.py")
        assert old in text
        project.write("migrations/versions/b.py", text.replace(old, new))

    return chain("a", "b", edit=edit)


def _label(project: Project, name: str) -> None:
    path = f"migrations/versions/{name}.py"
    project.write(path, project.read(path).replace("branch_labels = None", "branch_labels = 'shop'"))


def environment(text: str) -> Callable[[Project], Any]:
    return chain("a", edit=lambda project: project.write("migrations/env.py", text))


FOLDERS = (
    *(
        Situation(
            f"no folder for {command}",
            RepositoryMissing,
            without_folder,
            (command,),
            what=("'migrations'",),
            do=("flask db init", "-d FOLDER"),
        )
        for command in ("migrate", "upgrade", "status")
    ),
    Situation("no such folder", RepositoryMissing, chain(), ("-d", "größe", "upgrade"), what=("'größe'",)),
    Situation("init twice", RepositoryExists, chain(), ("init",), what=("migrations already exists",)),
    Situation(
        "init into a file",
        RepositoryExists,
        lambda project: (tutorial(project), project.write("migrations", "")),
        ("init",),
        what=("migrations already exists",),
    ),
    Situation(
        "init below a file",
        FolderUnwritable,
        without_folder,
        ("-d", "hello.py/migrations", "init"),
        what=("hello.py",),
        do=("-d FOLDER",),
    ),
    Situation(
        "a script into a file",
        FolderUnwritable,
        file_in_place_of_versions,
        ("revision", "-m", "x"),
        what=("migrations/versions",),
    ),
    Situation(
        "no such template",
        TemplateUnknown,
        without_folder,
        ("init", "-t", "nosuch"),
        what=("'nosuch'",),
        why=("aioflask, .*flask-multidb",),
        do=("list-templates",),
    ),
    Situation("no template there", TemplateUnknown, without_folder, ("init", "-t", "./nosuch"), what=("nosuch",)),
    *(
        Situation(
            f"an environment that {claim}",
            BrokenEnvironment,
            environment(text),
            what=(rf"migrations/env\.py, line {line}: {name}",),
            do=(rf"migrations/env\.py, line {line}",),
        )
        for claim, text, line, name in (
            ("raises", "x = 1\nx.nothing()\n", 2, "AttributeError"),
            ("is no Python", "def f(:\n", 1, "SyntaxError"),
            ("imports what is not there", "\n\nimport nosuchmodule\n", 3, "ModuleNotFoundError"),
        )
    ),
)

SCRIPTS = (
    *(
        Situation(
            f"a script with {claim}",
            BrokenScript,
            broken(old, new),
            (command,),
            what=(rf"migrations/versions/b\.py, line {line}: {name}",),
            do=(rf"edit migrations/versions/b\.py, line {line}",),
            backends=BACKENDS if command == "upgrade" else ("sqlite",),
        )
        for claim, command, old, new, line, name in (
            ("a syntax error", "upgrade", "def upgrade():", "def upgrade(:", 12, "SyntaxError"),
            (
                "an import error",
                "upgrade",
                "import sqlalchemy as sa",
                "import sqlalchemyy as sa",
                4,
                "ModuleNotFoundError",
            ),
            ("an error in its header", "history", "depends_on = None", "depends_on = nothing", 9, "NameError"),
        )
    ),
    Situation(
        "a script that is not UTF-8",
        BrokenScript,
        chain("a", edit=lambda project: (project.path / "migrations/versions/b.py").write_bytes(b"# gr\xf6\xdfe\n")),
        what=(r"migrations/versions/b\.py",),
    ),
    Situation(
        "a script without an id",
        BrokenScript,
        chain("a", edit=lambda project: project.write("migrations/versions/b.py", "")),
        what=(r"migrations/versions/b\.py", "down_revision"),
    ),
    Situation(
        "a label that two scripts have",
        Refused,
        chain("a", "b", edit=lambda project: [_label(project, name) for name in ("a", "b")]),
        what=("shop", "already used"),
    ),
    Situation(
        "two scripts with one id",
        DuplicateRevision,
        chain("a", edit=lambda project: add_script(project, "a").rename(project.path / "migrations/versions/x.py")
              and add_script(project, "a")),
        what=("Revision a ", r"versions/a\.py", r"versions/x\.py"),
    ),
    Situation(
        "a parent that is missing",
        BrokenHistory,
        chain("a", edit=lambda project: add_script(project, "c", "b")),
        what=("c follows b",),
        why=(r"migrations/versions/c\.py",),
        do=("bring back the script of b",),
    ),
    Situation("a script that follows itself", BrokenHistory, broken("'a'", "'b'"), what=(r"b\.py",)),
    Situation("a circle of scripts", BrokenHistory, circle, do=("down_revision",)),
    Situation(
        "a dependency that is missing",
        BrokenHistory,
        broken("depends_on = None", "depends_on = 'nosuch'"),
        what=("nosuch",),
        do=("depends_on",),
    ),
    *(
        Situation(
            f"two heads at {command[0]}",
            MultipleHeads,
            two_heads,
            command,
            why=(r"b \(migrations/versions/b\.py\)", r"c \(migrations/versions/c\.py\)"),
            do=("flask db merge heads",),
        )
        for command in (("upgrade",), ("migrate", "-m", "x"), ("revision", "-m", "x"), ("upgrade", "head", "--sql"))
    ),
    *(
        Situation(f"an unknown id at {command[0]}", RevisionUnknown, at("a"), command, what=("zzz",), do=("history",))
        for command in (
            ("upgrade", "zzz"), ("show", "zzz"), ("stamp", "zzz"), ("edit", "zzz"), ("revision", "--head", "zzz"),
            ("merge", "a", "zzz"), ("history", "-r", "zzz:"),
        )
    ),
)  # fmt: skip

DATABASES = (
    *(
        Situation(
            f"a database ahead at {command[0]}",
            RevisionLost,
            at("zzz"),
            command,
            what=("'zzz'", "no script here has it"),
            do=("bring back the script", "flask db stamp --purge head"),
            backends=BACKENDS if command == ("upgrade",) else BACKENDS[:1],
        )
        for command in (("upgrade",), ("downgrade",), ("migrate",), ("check",), ("current",), ("stamp", "a"))
    ),
    *(
        Situation(
            f"pending revisions at {command[0]}",
            NotUpToDate,
            at("a", scripts=("a", "b", "c")),
            command,
            why=("at a", "2 of the revisions are pending: b, c"),
            do=("flask db upgrade",),
        )
        for command in (("migrate", "-m", "x"), ("check",))
    ),
    Situation(
        "models that differ at check",
        DifferencesFound,
        chain(),
        ("check",),
        what=("New upgrade operations detected", "add_table"),
        why=("create roles, users",),
        do=("flask db migrate",),
        backends=BACKENDS,
    ),
    Situation(
        "a database behind at current",
        NotAtHead,
        at("a"),
        ("current", "--check-heads"),
        what=("not on all head revisions",),
        do=("flask db upgrade",),
    ),
    *(
        Situation(
            f"an id too long at {command[0]}",
            RevisionTooLong,
            two_heads,
            (*command, "--rev-id", TOO_LONG),
            what=(TOO_LONG, str(len(TOO_LONG))),
            why=("32",),
            do=(f"--rev-id {TOO_LONG[:32]}",),
            backends=BACKENDS if command[0] == "merge" else BACKENDS[:1],
        )
        for command in (("revision", "--head", "b"), ("merge", "heads"))
    ),
)

REFUSALS = tuple(
    Situation(f"refused: {' '.join(command)}", Refused, at("a"), command, what=(what,))
    for command, what in (
        (("downgrade", "--", "-5"), "-5"),
        (("upgrade", "a:b"), "Range revision not allowed"),
        (("downgrade", "--sql", "a"), "requires <fromrev>:<torev>"),
        (("history", "-r", "a"), "requires"),
        (("merge", "heads"), "nothing to merge"),
        (("migrate", "--sql"), "does not make any sense"),
        (("revision", "--sql"), "does not make any sense"),
        (("stamp", "--sql", "a:b", "b:a"), "single starting revision"),
    )
)

SITUATIONS = (*FOLDERS, *SCRIPTS, *DATABASES, *REFUSALS)


@pytest.mark.parametrize(("situation", "backend"), on_backends(*SITUATIONS), indirect=["backend"])
def test_what_is_wrong_with_the_scripts_is_said(project: Project, situation: Situation) -> None:
    assert_ends_in_its_error(project, situation)


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_scripts_that_git_did_not_keep_a_folder_for_are_written(project: Project) -> None:
    lay_out(project)
    (project.path / "migrations" / "versions").rmdir()
    assert project.flask("current").stdout == ""
    project.flask("migrate", "-m", "first")
    assert len(project.scripts()) == 1


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_refused_script_is_not_written(project: Project) -> None:
    at("a")(project)
    for command in (("migrate",), ("revision", "--head", "zzz"), ("revision", "--rev-id", TOO_LONG)):
        assert project.flask(*command, check=False).rc == 1
    assert [script.name for script in project.scripts()] == ["a.py", "b.py"]


@pytest.mark.parametrize("backend", LIMITING, indirect=True)
def test_a_wide_column_lets_a_long_id_through(project: Project) -> None:
    chain("a")(project)
    project.database.execute("CREATE TABLE alembic_version (version_num VARCHAR(200) NOT NULL PRIMARY KEY)")
    project.flask("revision", "--rev-id", TOO_LONG)
    project.flask("upgrade")
    assert versions(project.database) == [TOO_LONG]


def test_an_old_column_is_widened_for_a_long_id(project: Project) -> None:
    chain("a", TOO_LONG)(project)
    pretend_to_be_at(project.database, "a")
    project.flask("upgrade")
    assert versions(project.database) == [TOO_LONG]
    project.flask("downgrade")
    assert versions(project.database) == ["a"]


def test_a_new_column_is_made_for_a_long_id(project: Project) -> None:
    chain("a", TOO_LONG)(project)
    assert "VARCHAR(36)" in project.flask("upgrade", "--sql").stdout
    project.flask("upgrade")
    assert versions(project.database) == [TOO_LONG]


@pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
def test_a_folder_without_the_right_to_write_is_named(project: Project) -> None:
    lay_out(project)
    folder = project.path / "migrations" / "versions"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o500)
    try:
        if _may_write(folder):
            pytest.skip("This account may write anywhere.")
        said = complaint(project.flask("migrate", check=False))
    finally:
        folder.chmod(0o700)
    assert "migrations/versions" in said.what
    assert picture(project.database) == ""


def _may_write(folder: Any) -> bool:
    try:
        (folder / "probe").touch()
    except OSError:
        return False
    (folder / "probe").unlink()
    return True
