"""The commands of ``flask db``; each is one call and one way to show its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from flask import current_app, g
from flask.cli import with_appcontext

from whimbrel.cli import show as out
from whimbrel.cli import show_diff, show_runs
from whimbrel.cli.answers import answer_options, given, scratch_option, taken_from
from whimbrel.cli.ask import questioner
from whimbrel.cli.consent import Person, checksum_option
from whimbrel.cli.group import db
from whimbrel.cli.options import (
    Revision,
    Text,
    branch_label_option,
    directory_option,
    message_option,
    new_revision_options,
    rev_id_option,
    run_options,
    sql_option,
    tag_option,
    verbose_option,
    was_given,
    x_arg_option,
)

if TYPE_CHECKING:
    from whimbrel.run import Project


def project(directory: str | None, x_arg: Sequence[str] = (), opts: Sequence[str] = ()) -> Project:
    """Return the project that a command works on."""
    from whimbrel.commands import open_project
    from whimbrel.run import Logs

    folder = directory or g.directory
    return open_project(current_app.extensions, current_app.config, folder, x_arg=x_arg, opts=opts, logs=Logs.OURS)


@db.command()
@with_appcontext
def list_templates() -> None:
    """List the templates for `init`."""
    from whimbrel import commands

    lines = commands.list_templates()
    click.echo("\n".join(lines))
    click.echo(out.count(lines[1:], "template"), err=True)


@db.command()
@directory_option
@click.option("--multidb", is_flag=True, help="Migrate all binds, not only the default database")
@click.option("-t", "--template", default=None, help="The name of a template, or the path of your own (default: flask)")
@click.option("--package", is_flag=True, help="Put empty __init__.py files into the new folders")
@with_appcontext
def init(directory: str | None, multidb: bool, template: str | None, package: bool) -> None:
    """Make the migrations folder (once for a project)."""
    from whimbrel import commands
    from whimbrel.commands.project import state_of

    state = state_of(current_app.extensions)
    out.created(
        commands.init(
            directory or g.directory or state.directory,
            multidb=multidb,
            template=template,
            package=package,
            configure=state.migrate.call_configure_callbacks,
        )
    )


@db.command()
@directory_option
@message_option()
@click.option(
    "--autogenerate",
    is_flag=True,
    help="Fill the script with what brings the database to the models",
)
@new_revision_options
@answer_options
@with_appcontext
def revision(directory: str | None, message: str | None, autogenerate: bool, **arguments: Any) -> None:
    """Write a new, empty migration script."""
    from whimbrel import commands

    if not autogenerate and (answers := given(arguments)):
        raise click.UsageError(f"{', '.join(answers)}: only with --autogenerate, since an empty script asks nothing.")
    answered = _answered(arguments)
    if autogenerate:
        opened = commands.limited(
            project(directory, opts=["autogenerate"]), proof=False
        )  # only `migrate` proves at once
        out.compared(commands.migrate(opened, message, **answered, **_new_revision(arguments)))
    else:
        out.written(commands.revision(project(directory), message, **_new_revision(arguments)))


@db.command()
@directory_option
@message_option()
@new_revision_options
@answer_options
@x_arg_option
@click.option(
    "--proof/--no-proof", default=None, help="Prove the script on a scratch database (default: MIGRATE_PROOF)"
)
@with_appcontext
def migrate(
    directory: str | None, message: str | None, x_arg: tuple[str, ...], proof: bool | None, **arguments: Any
) -> None:
    """Write a script that brings the database to the models."""
    from whimbrel import commands

    opened = commands.limited(project(directory, x_arg, ["autogenerate"]), proof=proof)
    answered = _answered(arguments)
    out.compared(commands.migrate(opened, message, **answered, **_new_revision(arguments)))


@db.command()
@directory_option
@click.argument("revision", type=Revision(), default="head")
@with_appcontext
def edit(directory: str | None, revision: str) -> None:
    """Open a script in the editor."""
    from whimbrel import commands

    click.echo(out.count(commands.edit(project(directory), revision), "file") + " opened.")


@db.command()
@directory_option
@message_option("What is joined, in a few words")
@branch_label_option
@rev_id_option
@click.option("--splice", is_flag=True, help="Allow revisions to be merged that are no heads")
@click.argument("revisions", type=Revision(), nargs=-1)
@with_appcontext
def merge(directory: str | None, message: str | None, revisions: tuple[str, ...], **arguments: Any) -> None:
    """Write a script that joins branches."""
    from whimbrel import commands

    out.written(commands.merge(project(directory), revisions, message, **arguments))


@db.command()
@directory_option
@sql_option
@tag_option
@x_arg_option
@run_options
@click.option(
    "--plan", type=Text(), metavar="FILE", help="Do what a plan (`flask db plan --json`) has shown, or refuse"
)
@click.argument("revision", type=Revision(), default="head")
@with_appcontext
def upgrade(
    directory: str | None,
    sql: bool,
    tag: str | None,
    x_arg: tuple[str, ...],
    plan: str | None,
    revision: str,
    **limits: Any,
) -> None:
    """Apply revisions up to one."""
    from whimbrel import commands

    if sql and plan is not None:
        raise click.UsageError("--sql asks no database, and a plan is for one. Its SQL: flask db plan --sql")
    opened = commands.limited(project(directory, x_arg), **limits)
    goal = revision if plan is None or was_given("revision") else None  # else the plan's own
    out.moved(commands.upgrade(opened, goal, sql=sql, tag=tag, plan=plan), "Applied", sql)


@db.command()
@directory_option
@sql_option
@tag_option
@x_arg_option
@run_options
@click.option(
    "--from-journal",
    is_flag=True,
    help="Revert revisions whose scripts are gone by the texts that the database has recorded; without REVISION, all",
)
@checksum_option
@click.argument("revision", type=Revision(), default="-1")
@with_appcontext
def downgrade(
    directory: str | None,
    sql: bool,
    tag: str | None,
    x_arg: tuple[str, ...],
    from_journal: bool,
    checksum: tuple[str, ...],
    revision: str,
    **limits: Any,
) -> None:
    """Revert revisions down to one."""
    from whimbrel import commands

    opened = commands.limited(project(directory, x_arg), **limits)
    if not from_journal:
        if checksum:
            raise click.UsageError("--checksum: only with --from-journal.")
        out.moved(commands.downgrade(opened, revision, sql=sql, tag=tag), "Reverted", sql)
        return
    if sql:
        raise click.UsageError("--from-journal: not with --sql, since the journal is in the database.")
    goal = revision if was_given("revision") else None
    out.moved(commands.downgrade_from_journal(opened, goal, Person(checksum), tag=tag), "Reverted", sql)


@db.command()
@directory_option
@click.option("--done/--redo", default=None, help="Whether the statement that was running took effect")
@with_appcontext
def resume(directory: str | None, done: bool | None) -> None:
    """Say whether an interrupted statement took effect, where nothing else tells."""
    from whimbrel import commands

    if done is None:
        raise click.UsageError("Either --done (it took effect) or --redo (it did not).")
    out.resumed(commands.resume(project(directory), done=done), done)


@db.command()
@directory_option
@click.option("--timeout", type=click.FloatRange(0), help="For how long, in seconds (default: MIGRATE_LOCK_WAIT)")
@with_appcontext
def wait(directory: str | None, timeout: float | None) -> None:
    """Wait until the database is at head, and change nothing."""
    from whimbrel import commands

    click.echo(f"Up to date at {', '.join(commands.wait(project(directory), timeout)) or 'base'}.")


@db.command()
@directory_option
@click.argument("revision", type=Revision(), default="head")
@with_appcontext
def show(directory: str | None, revision: str) -> None:
    """Describe a revision."""
    from whimbrel import commands

    opened = project(directory)
    lines = commands.show(opened, revision)
    out.lines(opened, lines, out.count(lines, "revision"))


@db.command()
@directory_option
@click.option("-r", "--rev-range", default=None, help="Only these: [start]:[end]")
@verbose_option
@click.option("-i", "--indicate-current", is_flag=True, help="Mark where the database is")
@click.option("--applied", is_flag=True, help="What was run, when and by whom, as the databases' journals have it")
@click.option("--json", "as_json", is_flag=True, help="With --applied: print it as JSON")
@with_appcontext
def history(
    directory: str | None, rev_range: str | None, verbose: bool, indicate_current: bool, applied: bool, as_json: bool
) -> None:
    """List the revisions, the newest first."""
    from whimbrel import commands

    opened = project(directory)
    if applied:
        if rev_range is not None or indicate_current:
            raise click.UsageError(
                "--applied lists what was run, all of it: without --rev-range and --indicate-current."
            )
        show_runs.applied(commands.applied(opened), verbose, as_json)
        return
    if as_json:
        raise click.UsageError("--json: only with --applied.")
    lines = commands.history(opened, rev_range, verbose, indicate_current)
    out.lines(opened, lines, out.count(lines, "revision"))


@db.command()
@directory_option
@verbose_option
@click.option("--resolve-dependencies", is_flag=True, help="Leave out heads that another revision depends on")
@with_appcontext
def heads(directory: str | None, verbose: bool, resolve_dependencies: bool) -> None:
    """List the heads of the history."""
    from whimbrel import commands

    opened = project(directory)
    lines = commands.heads(opened, verbose, resolve_dependencies)
    out.lines(opened, lines, out.count(lines, "head"))


@db.command()
@directory_option
@verbose_option
@with_appcontext
def branches(directory: str | None, verbose: bool) -> None:
    """List the revisions from which the history branches."""
    from whimbrel import commands

    opened = project(directory)
    lines = commands.branches(opened, verbose)
    out.lines(opened, lines, out.count(lines, "branch point"))


@db.command()
@directory_option
@verbose_option
@click.option(
    "-c",
    "--check-heads",
    is_flag=True,
    help="End with an error if the database is not at all heads",
)
@with_appcontext
def current(directory: str | None, verbose: bool, check_heads: bool) -> None:
    """List the revisions that the databases are at."""
    from whimbrel import commands

    opened = project(directory)
    lines = commands.current(opened, verbose, check_heads)
    at_head = all("(head)" in line for line in lines if not line.startswith("Current revision(s)"))
    closing = "At head." if at_head else "Not at head. Next: flask db upgrade"
    if any(line.endswith("(ahead)") for line in lines):
        closing = "Ahead of this code."
    out.lines(opened, lines, closing if lines else "At base: no revision is applied.")


@db.command()
@directory_option
@sql_option
@tag_option
@click.option("--purge", is_flag=True, help="Empty the version table first")
@click.argument("revision", type=Revision(), nargs=-1)
@with_appcontext
def stamp(directory: str | None, sql: bool, tag: str | None, revision: tuple[str, ...], purge: bool) -> None:
    """Write revisions into the version table without running them."""
    from whimbrel import commands

    opened = project(directory)
    agreement = None if sql or revision == ("base",) else commands.agreement(opened)
    if agreement is not None:
        show_diff.agreed(agreement)
    out.stamped(commands.stamp(opened, revision or "head", sql=sql, tag=tag, purge=purge), sql)


@db.command()
@directory_option
@scratch_option
@click.option("--proved", is_flag=True, help="Say instead whether each script is proved as it is now; asks no database")
@with_appcontext
def check(directory: str | None, scratch: bool, proved: bool) -> None:
    """Say whether models and database agree."""
    from whimbrel import commands

    opened = project(directory)
    if proved:
        click.echo(f"Proved as they are: {commands.check_proofs(opened)} scripts.")
        return
    agreed = commands.check(opened, scratch=scratch)
    for line in agreed.lines:
        opened.config.print_stdout(line)
    out.remarks(agreed.remarks)


@db.command()
@directory_option
@sql_option
@with_appcontext
def ensure_version(directory: str | None, sql: bool) -> None:
    """Make the version table if there is none."""
    from whimbrel import commands

    commands.ensure_version(project(directory), sql=sql)
    click.echo("Wrote the SQL of the version table." if sql else "The version table is there.", err=sql)


def _answered(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take out of a command's arguments what answers questions, and who is asked the others."""
    return {"questioner": questioner(arguments.pop("no_input")), "decisions": taken_from(arguments)}


def _new_revision(arguments: dict[str, Any]) -> dict[str, Any]:
    """Alembic wants None where no dependency is named."""
    return {**arguments, "depends_on": list(arguments["depends_on"]) or None}
