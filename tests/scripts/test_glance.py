"""What is told of a migrations folder at a glance is what Alembic tells of it, or nothing."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import alembic
import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from hypothesis import given, settings

from tests.scripts.test_history import CHAIN, Node, histories, script_text, write
from whimbrel.scripts.glance import heads_at_a_glance


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield tmp_path_factory.mktemp("glance")
    sys.dont_write_bytecode = kept


def pending(folder: Path, rows: frozenset[str]) -> list[str] | None:
    """Return what Alembic would run; None where it refuses."""
    scripts = ScriptDirectory(folder)
    try:
        return [step.revision.revision for step in scripts._upgrade_revs("heads", tuple(rows))]
    except CommandError:
        return None


def is_plain(history: dict[str, Node]) -> bool:
    """Tell whether each script follows or needs earlier ones, by their ids."""
    names = list(history)
    return all({*node.parents, *node.needs} <= set(names[: names.index(name)]) for name, node in history.items())


@pytest.mark.skipif(
    alembic.__version__.startswith("1.18."), reason="This Alembic's own sorting does not end on some of them."
)
@settings(max_examples=100, deadline=None)
@given(histories())
def test_a_database_is_held_to_be_at_head_only_if_alembic_would_run_nothing(
    folder: Path, history: dict[str, Node]
) -> None:
    write(folder, history)
    heads = heads_at_a_glance(folder)
    if heads is None:
        assert not is_plain(history)
        return
    assert pending(folder, heads) == []
    for head in heads:
        assert pending(folder, heads - {head}) != []


def test_a_chain_has_one_head(folder: Path) -> None:
    write(folder, {name: Node(node.parents, (), node.labels) for name, node in CHAIN.items()})
    assert heads_at_a_glance(folder) == {"c000"}


def no_literal(folder: Path) -> None:
    text = script_text("d000", Node(("a000",), (), ()))
    (folder / "versions" / "d000.py").write_text(text.replace("revision = 'd000'", "revision = 'd' + '000'"))


def ini(line: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "alembic.ini").write_text(f"[alembic]\n{line}\n") and None


def toml(folder: Path) -> None:
    (folder.parent / "pyproject.toml").write_text('[tool.alembic]\nversion_locations = ["more"]\n')


@pytest.mark.parametrize(
    "changed", [no_literal, ini("version_locations = more"), ini("recursive_version_locations = true"), toml]
)
def test_nothing_is_told_of_a_folder_that_only_alembic_understands(
    tmp_path: Path, changed: Callable[[Path], None]
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    write(folder, {"a000": Node((), (), ())})
    ini("# version_locations = more")(folder)
    assert heads_at_a_glance(folder) is not None
    changed(folder)
    assert heads_at_a_glance(folder) is None
