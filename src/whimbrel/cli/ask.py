"""Asks a person: the questions of a comparison, on a terminal."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from whimbrel.commands.decisions import (
        CastQuestion,
        FillQuestion,
        Leave,
        Questioner,
        RenameQuestion,
        Reply,
    )


def questioner(no_input: bool) -> Questioner:
    """Return who is asked: a person where there is a terminal, else nobody."""
    from whimbrel.commands.decisions import Nobody

    return Nobody() if no_input or not is_terminal() else Terminal()


def is_terminal() -> bool:
    """Tell whether a person can be asked: stdin and stderr are terminals, and this is no CI."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


class Terminal:
    """Asks on stderr, so that stdout can go into a file, and reads from stdin."""

    def rename(self, question: RenameQuestion) -> Reply | None:
        """Ask whether a pair is a rename."""
        from whimbrel.commands.decisions import Reply

        replies = {"y": Reply.YES, "yes": Reply.YES, "n": Reply.NO, "no": Reply.NO, "none": Reply.NONE, "0": Reply.NONE}
        choices = "y/n/none/?"
        if len(question.candidates) > 1:
            replies |= {"e": Reply.EACH, "each": Reply.EACH}
            choices = "y/n/none/each/?"
        _say_pair(question)
        while True:
            word = read(f"Renamed? [{choices}] ").lower()
            if word in replies:
                return replies[word]
            _say(_RENAME_HELP)

    def fill(self, question: FillQuestion) -> str | Leave | None:
        """Ask for the value of rows that have none."""
        from whimbrel.commands.decisions import Leave
        from whimbrel.commands.rows import in_words

        what = "is new and NOT NULL" if question.is_new else "becomes NOT NULL"
        has = "has" if question.rows == 1 else "have"
        _say(f"\n{question.column} {what}: {in_words(question.rows)} {has} no value for it.")
        offer = "" if question.offer is None else f", or Enter for the model's default {question.offer}"
        last = ""
        while True:
            word = read(f"Their value, as SQL{offer}, or nullable? ") or (question.offer or "")
            if word.lower() == "nullable":
                return Leave.NULLABLE
            if word in ("", "?"):
                _say(_FILL_HELP)
                continue
            words = None if word == last else question.attempt(word)
            if words is None:
                return word
            last = word
            _say(f"The server says: {words}. Correct it, or say the same again to take it all the same.")

    def cast(self, question: CastQuestion) -> str | None:
        """Ask for the expression that turns old values into new ones."""
        from whimbrel.commands.undecided import failing_in_words

        failing = failing_in_words(question.failing)
        _say(f"\n{question.column} cannot become {question.new} by itself: {question.reason.rstrip('.')}.{failing}")
        while True:
            word = read(f"Its new value, as SQL of the old one ({question.old})? ")
            if word in ("", "?"):
                _say(_CAST_HELP)
                continue
            words = question.attempt(word)
            if words is None:
                return word
            _say(f"The server says: {words}.")


_RENAME_HELP = """\
  y     it is the same under a new name: it is renamed, and the data stays
  n     it is not; if another new name is likely, that one is asked about next
  none  it is gone, and is none of the new ones: it is dropped
  each  (where the same two names are in several tables) ask for each table by itself
  Ctrl-C ends the command; nothing is written then"""
_FILL_HELP = """\
  an SQL expression, which may use other columns of the row: '' or 0 or now() or lower(name)
  nullable  the column is left nullable for now; the next `flask db migrate` asks again
  Ctrl-C ends the command; nothing is written then"""
_CAST_HELP = """\
  an SQL expression of the new type, such as NULLIF(age, '')::integer
  Ctrl-C ends the command; nothing is written then"""


def _say_pair(question: RenameQuestion) -> None:
    from whimbrel.commands.names import spoken
    from whimbrel.commands.rows import in_words

    first = question.candidates[0]
    pair = first.pair
    if len(question.candidates) > 1:
        tables = ", ".join(one.pair.new.owner for one in question.candidates)
        _say(f"\n{pair.old.name} is gone, {pair.new.name} is new, in {len(question.candidates)} tables: {tables}.")
    else:
        kind = {"value": "the value ", "table": "the table "}.get(pair.kind, "")
        _say(f"\n{kind}{spoken(pair, pair.old)} is gone, {spoken(pair, pair.new)} is new.".lstrip(" "))
    for label, words in (("for:     ", first.evidence), ("against: ", first.against)):
        if words:
            _say(f"  {label}{'; '.join(words)}")
    rows = question.rows()
    if rows is not None:
        _say(f"  at stake: {in_words(rows)} {'has' if rows == 1 else 'have'} it")


def _say(text: str) -> None:
    click.echo(text, err=True)


def read(prompt: str) -> str:
    """Read a line; Ctrl-C and the end of input end the command."""
    click.echo(prompt, nl=False, err=True)
    with _interruptible():
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            line = ""
    if not line:
        click.echo(err=True)
        raise click.Abort
    return line.strip()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C through: while an event loop runs (async drivers), asyncio keeps it to itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
