"""Statements come into a function of a script, and all else stays letter for letter."""

from pathlib import Path

import pytest

from whimbrel.scripts import amending

SCRIPT = '''\
"""A script."""
from alembic import op
import sqlalchemy as sa

revision = "a"


def upgrade():
    """Go up."""
    # ### begin ###
    with op.batch_alter_table("t") as batch_op:
        batch_op.drop_column("x")
        # inside

    # ### end ###

# nobody's
def downgrade(): op.execute("x")
'''


def test_the_end_is_behind_what_is_noted_there() -> None:
    text = amending.with_ending(SCRIPT, "upgrade", ["# why", "op.one()"])
    assert text == SCRIPT.replace("    # ### end ###\n", "    # ### end ###\n    # why\n    op.one()\n")


def test_the_beginning_is_behind_the_docstring_and_before_what_is_noted_there() -> None:
    text = amending.with_beginning(SCRIPT, "upgrade", ["op.one()"])
    assert text == SCRIPT.replace("    # ### begin ###\n", "    op.one()\n    # ### begin ###\n")


def test_the_ends_of_lines_and_tabs_are_kept() -> None:
    windows = SCRIPT.replace("    ", "\t").replace("\n", "\r\n")
    text = amending.with_ending(windows, "upgrade", ["op.one()"])
    assert text == windows.replace("\t# ### end ###\r\n", "\t# ### end ###\r\n\top.one()\r\n")


def test_a_line_end_that_only_unicode_knows_moves_nothing() -> None:
    strange = SCRIPT.replace('"""A script."""', '"""A \u2028 \x0c \x85 script."""')
    text = amending.with_ending(strange, "upgrade", ["op.one()"])
    assert text == strange.replace("    # ### end ###\n", "    # ### end ###\n    op.one()\n")


def test_a_last_line_may_have_no_end() -> None:
    text = amending.with_ending("def upgrade():\n    pass", "upgrade", ["op.one()"])
    assert text == "def upgrade():\n    pass\n    op.one()\n"


@pytest.mark.parametrize("put", [amending.with_beginning, amending.with_ending])
def test_a_function_in_one_line_takes_nothing(put: object) -> None:
    assert callable(put)
    assert put(SCRIPT, "downgrade", ["op.one()"]) is None


def test_only_what_is_not_imported_is_imported() -> None:
    more = ["import sqlalchemy as sa", "from sqlalchemy.dialects import postgresql"]
    text = amending.with_imports(SCRIPT, more)
    assert text == SCRIPT.replace("as sa\n", "as sa\nfrom sqlalchemy.dialects import postgresql\n")
    assert amending.with_imports(SCRIPT, more[:1]) == SCRIPT


@pytest.mark.parametrize(
    ("functions", "bind", "name"),
    [
        (["upgrade()"], "", "upgrade"),
        (["upgrade()"], "audit", None),
        (["upgrade(engine_name)", "upgrade_()", "upgrade_audit_log()"], "", "upgrade_"),
        (["upgrade(engine_name)", "upgrade_()", "upgrade_audit_log()"], "audit-log", "upgrade_audit_log"),
        (["upgrade(engine_name)"], "", None),
    ],
)
def test_each_database_has_a_function(functions: list[str], bind: str, name: str | None) -> None:
    text = "".join(f"def {one}:\n    pass\n" for one in functions)
    assert amending.function_for(text, "upgrade", bind) == name


def test_a_file_is_replaced_as_a_whole_and_keeps_its_rights(tmp_path: Path) -> None:
    file, link = tmp_path / "a.py", tmp_path / "link.py"
    file.write_text("x = 1\n")
    file.chmod(0o640)
    link.symlink_to(file)
    amending.write(link, "x = 2\r\n")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, link.is_symlink()) == (b"x = 2\r\n", 0o640, True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.py", "link.py"]
