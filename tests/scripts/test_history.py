"""The history that is made of headers is the one that Alembic makes of imported scripts."""

import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alembic
import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.core.repository import SCRIPT
from whimbrel.scripts import Scripts


@dataclass(frozen=True)
class Node:
    """A script of a generated history.

    Attributes:
        parents: What it follows.
        needs: What it depends on: ids or labels.
        labels: Its branch labels.
    """

    parents: tuple[str, ...]
    needs: tuple[str, ...]
    labels: tuple[str, ...]


@st.composite
def histories(draw: Any) -> dict[str, Node]:
    """Draw a history: mostly without circles, the files in another order than the revisions."""
    names = draw(
        st.permutations([f"{letter}000" for letter in "abcdefgh"]).map(lambda all_: all_[: draw(st.integers(1, 8))])
    )
    history: dict[str, Node] = {}
    for place, name in enumerate(names):
        others = names if draw(st.integers(0, 15)) == 0 else names[:place]
        known = [*others, *(label for node in history.values() for label in node.labels)]
        parents = draw(st.lists(st.sampled_from(others), unique=True, max_size=3)) if others else []
        needs = draw(st.lists(st.sampled_from(known), unique=True, max_size=2)) if known else []
        labels = (f"on_{name}",) if draw(st.integers(0, 3)) == 0 else ()
        history[name] = Node(tuple(parents), tuple(needs), labels)
    return history


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield tmp_path_factory.mktemp("history")
    sys.dont_write_bytecode = kept


def script_text(name: str, node: Node) -> str:
    parents = None if not node.parents else node.parents[0] if len(node.parents) == 1 else node.parents
    text = SCRIPT.format(message=f"make {name}", revision=name, after=parents, upgrade="pass", downgrade="pass")
    text = text.replace("branch_labels = None", f"branch_labels = {node.labels or None!r}")
    return text.replace("depends_on = None", f"depends_on = {node.needs or None!r}")


def write(folder: Path, history: dict[str, Node]) -> None:
    shutil.rmtree(folder / "versions", ignore_errors=True)
    (folder / "versions").mkdir()
    for name, node in history.items():
        (folder / "versions" / f"{name}.py").write_text(script_text(name, node))


def told(script: Any) -> tuple[Any, ...]:
    return (
        script.revision,
        script.doc,
        script.path,
        sorted(script.nextrev),
        sorted(script._all_nextrev),
        sorted(script.branch_labels),
        sorted(script._normalized_down_revisions),
        script.cmd_format(False, include_parents=True, include_doc=True),
    )


def answer(scripts: Any, ask: Callable[[Any], Any]) -> Any:
    """Return what a directory says; an error without our path before it, and its ids (Alembic's come in any order)."""
    try:
        return ask(scripts)
    except CommandError as error:
        return " ".join(sorted(re.sub(r"^\S+\.py: ", "", str(error)).replace(",", "").split()))


def assert_both_say(folder: Path, ask: Callable[[Any], Any], **options: Any) -> Any:
    """Ask Alembic's directory and ours, and return what both say."""
    expected = answer(ScriptDirectory(folder, **options), ask)
    assert answer(Scripts(folder, **options), ask) == expected
    return expected


def everything(scripts: Any) -> Any:
    return (
        list(map(told, scripts.walk_revisions())),
        scripts.get_heads(),
        scripts.revision_map._real_heads,
        scripts.get_bases(),
    )


@contextlib.contextmanager
def ends() -> Iterator[None]:
    """Pass over a history on which Alembic's own sorting does not end: one with a circle that it overlooks."""

    def give_up(*_: object) -> None:
        reject()

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(5)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(
    alembic.__version__.startswith("1.18."), reason="This Alembic's own sorting does not end on many of them."
)
@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_a_generated_history_is_the_one_that_alembic_loads(
    folder: Path, history: dict[str, Node], data: st.DataObject
) -> None:
    write(folder, history)
    with ends():
        said = assert_both_say(folder, everything)
    if isinstance(said, str):
        return
    current = tuple(data.draw(st.lists(st.sampled_from(sorted(history)), unique=True, max_size=3)))
    assert_both_say(folder, lambda scripts: sorted(map(told, scripts.get_all_current(current))))
    assert_both_say(folder, lambda scripts: [str(step) for step in scripts._upgrade_revs("heads", current)])
    assert_both_say(folder, lambda scripts: [str(step) for step in scripts._downgrade_revs("base", current)])
    some = data.draw(st.lists(st.sampled_from(sorted(history)), unique=True))
    assert_both_say(
        folder,
        lambda scripts: sorted(
            one.revision
            for one in scripts.revision_map._filter_into_branch_heads([scripts.get_revision(name) for name in some])
        ),
    )


CHAIN = {"a000": Node((), (), ()), "b000": Node(("a000",), (), ("shop",)), "c000": Node(("b000",), ("shop",), ())}


@pytest.mark.parametrize(
    "history",
    [
        {"a000": Node(("b000",), (), ()), "b000": Node(("a000",), (), ())},
        {**CHAIN, "d000": Node(("e000",), (), ()), "e000": Node(("d000",), (), ())},
        {"a000": Node((), ("c000",), ()), "b000": Node(("a000",), (), ()), "c000": Node(("b000",), (), ())},
        {**CHAIN, "d000": Node((), (), ("shop",))},
    ],
    ids=["a circle", "a circle aside", "a circle of dependencies", "a label twice"],
)
def test_a_history_that_cannot_be_is_refused_in_alembics_words(folder: Path, history: dict[str, Node]) -> None:
    write(folder, history)
    assert isinstance(assert_both_say(folder, everything), str)


def test_files_that_are_no_scripts_are_passed_over(folder: Path) -> None:
    write(folder, CHAIN)
    for name in ("__init__.py", ".#a000.py", "README", "a000.py~", "d000.pyc", "d000.PY"):
        (folder / "versions" / name).write_text("no Python")
    (folder / "versions" / "folder.py").mkdir()
    assert len(assert_both_say(folder, everything)[0]) == len(CHAIN)


def test_several_folders_and_folders_below_are_read_in_alembics_order(folder: Path) -> None:
    write(folder, CHAIN)
    for below in ("versions/z", "versions/a/b", "more"):
        shutil.rmtree(folder / below, ignore_errors=True)
        (folder / below).mkdir(parents=True)
        name = below.replace("/", "_")
        (folder / below / f"{name}.py").write_text(script_text(name, Node((), (), ())))
    both = [folder / "more", folder / "versions"]
    for recursive, number in ((False, 4), (True, 6)):
        said = assert_both_say(folder, everything, version_locations=both, recursive_version_locations=recursive)
        assert len(said[0]) == number


def test_a_script_reached_twice_counts_once_with_alembics_warning(folder: Path) -> None:
    write(folder, CHAIN)
    (folder / "versions" / "z.py").symlink_to(folder / "versions" / "a000.py")
    with pytest.warns(UserWarning, match=r"a000\.py loaded twice"):
        said = assert_both_say(folder, everything)
    assert [path for *_, path in (one[:3] for one in said[0])][-1] == str((folder / "versions" / "a000.py").resolve())


def test_compiled_scripts_without_a_source_are_read_where_that_is_allowed(folder: Path) -> None:
    import py_compile

    write(folder, CHAIN)
    source = folder / "versions" / "b000.py"
    py_compile.compile(str(source), str(source) + "c")
    source.unlink()
    assert len(assert_both_say(folder, everything, sourceless=True)[0]) == len(CHAIN)


def test_an_edit_is_seen_even_if_neither_time_nor_size_tell(folder: Path) -> None:
    write(folder, CHAIN)
    path = folder / "versions" / "c000.py"
    before = path.stat()
    assert Scripts(folder).get_heads() == ["c000"]
    path.write_text(path.read_text().replace("revision = 'c000'", "revision = 'd000'"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert Scripts(folder).get_heads() == ["d000"]


def imported(scripts: Scripts) -> set[str]:
    return {one.revision for one in scripts.revisions() if "module" in vars(one)}


def test_what_lists_the_history_imports_no_script(folder: Path) -> None:
    write(folder, CHAIN)
    scripts = Scripts(folder)
    everything(scripts)
    assert [one.log_entry for one in scripts.walk_revisions()]
    assert {one.revision for one in scripts.get_all_current(("c000",))} == {"c000"}
    assert imported(scripts) == set()


def test_all_scripts_of_an_upgrade_are_imported_before_the_first_runs_and_no_others(folder: Path) -> None:
    write(folder, CHAIN)
    scripts = Scripts(folder)
    scripts._upgrade_revs("heads", "a000")
    assert imported(scripts) == {"b000", "c000"}


def test_a_script_is_a_module_to_whoever_asks_for_it(folder: Path) -> None:
    write(folder, CHAIN)
    script = Scripts(folder).get_revision("b000")
    assert script.module.revision == "b000"
    assert script.module is script.module
    assert callable(script.module.upgrade)
    assert script.longdoc == (script.module.__doc__ or "").strip()
