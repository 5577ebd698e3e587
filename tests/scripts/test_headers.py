"""The header that is read from a script's text is the one that importing the script gives."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from whimbrel.scripts import Scripts
from whimbrel.scripts.header import read_header
from whimbrel.scripts.script import ReadScript

DOC = '"""make a\n\nRevision ID: a\nRevises: \nCreate Date: 2026-01-01 00:00:00\n\n"""\n'
IMPORTS = "from alembic import op\nimport sqlalchemy as sa\n\n"
HEADER = (
    "# revision identifiers, used by Alembic.\n"
    "revision = 'a'\ndown_revision = 'b'\nbranch_labels = None\ndepends_on = None\n"
)
BODY = "\n\ndef upgrade():\n    op.execute('x')\n\n\ndef downgrade():\n    pass\n"
PLAIN = DOC + IMPORTS + HEADER + BODY


def typed(text: str) -> str:
    """Return a script with the annotations of Alembic's newer templates."""
    hint = "Union[str, Sequence[str], None]"
    text = text.replace("revision = 'a'", "revision: str = 'a'").replace(
        "down_revision = ", f"down_revision: {hint} = "
    )
    return text.replace("from alembic", "from typing import Sequence, Union\n\nfrom alembic", 1)


AT_A_GLANCE = {
    "as the template writes it": PLAIN,
    "with annotations": typed(PLAIN),
    "the header before the imports": DOC + HEADER + IMPORTS + BODY,
    "double quotes": PLAIN.replace("'", '"'),
    "several parents": PLAIN.replace("= 'b'", "= ('b', 'c')"),
    "a list of parents": PLAIN.replace("= 'b'", "= ['b', 'c']"),
    "one parent in parentheses": PLAIN.replace("= 'b'", "= ('b')"),
    "a tuple of one": PLAIN.replace("= 'b'", "= ('b',)"),
    "labels and dependencies": PLAIN.replace("labels = None", "labels = ('x', 'y')").replace("on = None", "on = 'z'"),
    "the first of all": PLAIN.replace("= 'b'", "= None"),
    "comments behind": PLAIN.replace("= 'b'", "= 'b'  # the one before"),
    "no docstring": IMPORTS + HEADER + BODY,
    "an empty docstring": '""""""\n' + IMPORTS + HEADER + BODY,
    "no labels, no dependencies": PLAIN.replace("branch_labels = None\ndepends_on = None\n", ""),
    "line ends of Windows": PLAIN.replace("\n", "\r\n"),
    "line ends of the first Macs": PLAIN.replace("\n", "\r"),
    "quotes and other letters in the docstring": PLAIN.replace("make a", 'größe "x" 日本'),
    "an indented docstring": PLAIN.replace("Revises", "  Revises"),
    "only indented lines in the docstring": '"""x\n    y\n    z\n"""\n' + IMPORTS + HEADER + BODY,
    "a comment above all": "# ours\n\n" + PLAIN,
}

BY_SYNTAX = {
    "an id over two lines": PLAIN.replace("= 'b'", "= (\n    'b',\n    'c',\n)"),
    "texts put together": PLAIN.replace("= 'b'", "= 'b' 'c'"),
    "an escape": PLAIN.replace("= 'b'", "= '\\x62'"),
    "a raw docstring": "r" + PLAIN.replace("make a", "make \\d"),
    "an escape in the docstring": PLAIN.replace("make a", "make \\t\\N{BULLET} a"),
    "another order": PLAIN.replace("revision = 'a'\ndown_revision = 'b'", "down_revision = 'b'\nrevision = 'a'"),
    "an import over lines": PLAIN.replace("import sqlalchemy as sa", "from os import (\n    path,\n    sep,\n)"),
    "a constant between": PLAIN.replace("down_revision =", "schema = 'x'\ndown_revision ="),
    "a table of that name": PLAIN.replace("op.execute('x')", "op.drop_table('revision')"),
    "its name in a comment": PLAIN.replace("op.execute('x')", "pass  # see revision b"),
    "a byte order mark": "\ufeff" + PLAIN,
    "a single-quoted docstring": "'make a'\n" + IMPORTS + HEADER + BODY,
    "one line with semicolons": DOC + "revision = 'a'; down_revision = 'b'\n",
    "another encoding": "# coding: latin-1\n" + PLAIN.replace("revision = 'a'", "revision = 'größe'"),
    "no line end": DOC + "revision = 'a'\ndown_revision = 'b'",
}

ONLY_BY_IMPORT = {
    "set twice": PLAIN + "\nrevision = 'b2'\n",
    "set in a condition": PLAIN + "\nif True:\n    down_revision = 'c'\n",
    "computed": PLAIN.replace("= 'b'", "= 'b' + 'c'"),
    "a name for a name": PLAIN.replace("= 'b'", "= revision + '1'"),
    "formatted": PLAIN.replace("= 'b'", "= f'b{1}'"),
    "added to": PLAIN + "\ndown_revision += 'c'\n",
    "in a loop": PLAIN + "\nfor down_revision in ('c', 'd'):\n    pass\n",
    "unpacked": PLAIN.replace("revision = 'a'\ndown_revision = 'b'", "revision, down_revision = 'a', 'b'"),
    "several at once": PLAIN.replace("branch_labels = None\ndepends_on = None", "branch_labels = depends_on = 'x'"),
    "through globals": PLAIN + "\nglobals()['down_revision'] = 'c'\n",
    "through globals, hidden": PLAIN + "\nglobals()['down_' + 'revi' + 'sion'] = 'c'\n",
    "through exec": PLAIN + "\nexec('down_revi' + 'sion = \"c\"')\n",
    "through a function": PLAIN + "\ndef f():\n    global down_revision\n    down_revision = 'c'\n\n\nf()\n",
    "taken away": PLAIN + "\ndel depends_on\n",
    "a function": PLAIN + "\ndef depends_on():\n    pass\n",
    "an import": PLAIN + "\nfrom os import sep as branch_labels\n",
    "an import, alone": PLAIN.replace("branch_labels = None\n", "").replace("import op", "import op as branch_labels"),
    "everything of another module": PLAIN + "\nfrom os.path import *\n",
    "the docstring set": PLAIN + "\n__doc__ = 'other'\n",
    "the docstring set in between": DOC + IMPORTS + "__doc__ = 'other'\n" + HEADER,
    "asked for what is missing": HEADER[:75] + "\ndef __getattr__(name):\n    return ('x',)\n",
    "a walrus": PLAIN + "\nprint(down_revision := 'c', end='')\n",
    "a handler": PLAIN + "\ntry:\n    1 / 0\nexcept ZeroDivisionError as depends_on:\n    pass\n",
    "a capture": PLAIN + "\nmatch 'q':\n    case branch_labels:\n        pass\n",
    "a header in a text": '"""x"""\nx = """\n' + HEADER + '"""\nrevision = "q"\n' + "down_revision = eval('None')\n",
    "a header in a call": "dict(\n" + HEADER.replace("\n", ",\n").replace("Alembic.,", "Alembic.") + ")\n",
    "no parent": PLAIN.replace("down_revision = 'b'\n", ""),
    "no id": PLAIN.replace("revision = 'a'\n", "", 1),
    "a number": PLAIN.replace("'a'", "1"),
    "nothing": "",
}

BUT_NOT_RUN = {
    "no Python": PLAIN.replace("def upgrade():", "def upgrade(:"),
    "an error at its import": PLAIN + "\nx.nothing()\n",
    "its own parent": PLAIN.replace("= 'b'", "= 'a'"),
    "its own dependency": PLAIN.replace("on = None", "on = 'a'"),
    "an id with a sign in it": PLAIN.replace("'a'", "'a@b'"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # Python takes a file of the same second and size for the one that it has compiled; these are one file's versions.
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    path = tmp_path_factory.mktemp("headers")
    (path / "versions").mkdir()
    yield path
    sys.dont_write_bytecode = kept


def write(folder: Path, text: str, name: str = "s_a.py") -> Path:
    path = folder / "versions" / name
    path.write_bytes(text.encode("latin-1" if "latin-1" in text else "utf-8"))
    return path


def told(script: Any) -> str:
    """Write down all that is known of a script without running it."""
    names = ("revision", "down_revision", "branch_labels", "dependencies", "doc", "longdoc", "path")
    return re.sub(" at 0x[0-9a-f]+", "", repr([getattr(script, name) for name in names]))


def as_alembic(folder: Path, path: Path) -> str | Exception:
    try:
        script = Script._from_path(ScriptDirectory(folder), path)
    except Exception as error:
        return error
    return told(script)


def assert_the_same(folder: Path, path: Path) -> None:
    """Hold what we read of a script against what Alembic finds by importing it."""
    expected = as_alembic(folder, path)
    if not isinstance(expected, Exception):
        script = Scripts(folder)._load(str(path))
        assert told(script) == expected
        assert script.module.__file__ == str(path)
        return
    with pytest.raises(CommandError) as caught:
        Scripts(folder)._load(str(path)).module  # noqa: B018
    assert str(getattr(expected, "msg", expected)) in str(caught.value)


@pytest.mark.parametrize("text", [*AT_A_GLANCE.values(), *BY_SYNTAX.values()], ids=[*AT_A_GLANCE, *BY_SYNTAX])
def test_a_header_that_can_be_read_is_read_and_is_the_one_of_the_module(folder: Path, text: str) -> None:
    path = write(folder, text)
    assert isinstance(Scripts(folder)._load(str(path)), ReadScript)
    assert_the_same(folder, path)


@pytest.mark.parametrize("text", ONLY_BY_IMPORT.values(), ids=ONLY_BY_IMPORT)
def test_a_header_that_only_the_import_tells_is_left_to_it(folder: Path, text: str) -> None:
    path = write(folder, text)
    assert read_header(str(path)) is None
    assert_the_same(folder, path)


@pytest.mark.parametrize("text", BUT_NOT_RUN.values(), ids=BUT_NOT_RUN)
def test_what_is_wrong_behind_a_header_is_said_in_the_same_words_when_the_script_is_needed(
    folder: Path, text: str
) -> None:
    path = write(folder, text)
    assert read_header(str(path)) is not None
    assert isinstance(as_alembic(folder, path), Exception)
    assert_the_same(folder, path)


def test_a_script_of_the_oldest_kind_has_its_id_from_its_name(folder: Path) -> None:
    path = write(folder, PLAIN.replace("revision = 'a'\n", "", 1), "abc123.py")
    assert_the_same(folder, path)
    assert Scripts(folder)._load(str(path)).revision == "abc123"


FRAGMENTS = (
    *HEADER.splitlines(),
    "revision = 'c'",
    "down_revision = ('b', 'c')",
    "down_revision: str = 'd'",
    "depends_on: str",
    "branch_labels = ['l']",
    "",
    "# revision = 'q'",
    "x = '''",
    "'''",
    '"""',
    "(",
    ")",
    "import os",
    "from os.path import *",
    "from os import sep as revision, path",
    "if 1:",
    "    down_revision = 'e'",
    "def upgrade():",
    "    revision = 'local'",
    "    global revision",
    "upgrade()",
    "del revision",
    "exec('depends' '_on = 5')",
    "try: pass",
    "except Exception as revision: pass",
    "\\",
    "\t",
    "\x0c",
    "x = '\\",
    "; revision = 'z'",
    "class down_revision: pass",
    "raise ValueError",
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["", DOC, DOC + IMPORTS, "'x'\n"]),
    st.lists(st.sampled_from(FRAGMENTS), max_size=5),
    st.lists(st.sampled_from(FRAGMENTS), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@example(DOC, ["x = '''"], ["'''"], "\n")
@example(DOC, ["if 1:"], [], "\n")
@example("", ["\\"], [], "\n")
def test_whatever_stands_around_a_header_the_same_is_known(
    folder: Path, start: str, before: list[str], after: list[str], line_end: str
) -> None:
    lines = [*start.splitlines(), *before, *HEADER.splitlines(), *after, ""]
    assert_the_same(folder, write(folder, line_end.join(lines)))
