"""``compare_type`` and ``compare_server_default`` have the last word, each about its own aspect alone."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage, table

ON_TWO = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
BEFORE = table("item", sa.Column("a", sa.String(20), server_default="x"), sa.Column("b", sa.Integer))
AFTER = table("item", sa.Column("a", sa.String(40), server_default="y", nullable=False), sa.Column("b", sa.BigInteger))


def aspects(stage: Stage, models: Models) -> dict[str, set[str]]:
    changes = stage.diff(models).databases[0].changes
    return {line.name: {one.name for one in line.aspects} for line in changes}


@pytest.fixture
def begun(stage: Stage) -> Stage:
    stage.begin(BEFORE)
    return stage


@ON_TWO
def test_all_is_compared_where_nothing_is_said(begun: Stage) -> None:
    assert aspects(begun, AFTER) == {"item.a": {"type", "default", "nullable"}, "item.b": {"type"}}


@pytest.mark.parametrize("said", [False, lambda *_: False])
def test_no_type_has_changed_where_the_app_says_so(begun: Stage, said: Any) -> None:
    begun.options["compare_type"] = said
    begun.migrate(AFTER)
    begun.upgrade(AFTER)

    assert aspects(begun, AFTER) == {}
    types = {one["name"]: one["type"] for one in columns(begun)}
    assert types["a"].length == 20
    assert not isinstance(types["b"], sa.BigInteger)


@pytest.mark.parametrize("said", [False, lambda *_: False])
def test_no_default_has_changed_where_the_app_says_so(begun: Stage, said: Any) -> None:
    begun.options["compare_server_default"] = said
    begun.migrate(AFTER)
    begun.upgrade(AFTER)

    assert aspects(begun, AFTER) == {}
    (found,) = (one for one in columns(begun) if one["name"] == "a")
    assert "x" in found["default"]
    assert found["type"].length == 40


@ON_TWO
@pytest.mark.parametrize("option", ["compare_type", "compare_server_default"])
def test_nothing_said_leaves_it_to_us(begun: Stage, option: str) -> None:
    begun.options[option] = lambda *_: None
    assert aspects(begun, AFTER) == {"item.a": {"type", "default", "nullable"}, "item.b": {"type"}}


def test_the_functions_are_called_as_by_alembic(begun: Stage) -> None:
    types: dict[str, Any] = {}
    defaults: dict[str, Any] = {}

    def compare_type(context: Any, inspected: Any, model: Any, inspected_type: Any, model_type: Any) -> None:
        assert context.dialect.name
        types[model.name] = (inspected, inspected_type, model_type)

    def compare_default(
        context: Any, inspected: Any, model: Any, inspected_default: Any, model_default: Any, rendered: Any
    ) -> None:
        defaults[model.name] = (inspected, inspected_default, model_default, rendered)

    begun.options.update(compare_type=compare_type, compare_server_default=compare_default)
    aspects(begun, AFTER)

    inspected, before, after = types["a"]
    assert (inspected.table.name, before.length, after.length) == ("item", 20, 40)
    assert types.keys() == {"id", "a", "b"}
    inspected, before, after, rendered = defaults["a"]
    assert inspected.server_default is not None
    assert before.startswith("'x'")
    assert (after.arg, rendered) == ("y", "y")
    assert defaults.keys() == {"a"}


def test_the_app_may_insist_on_a_difference(begun: Stage) -> None:
    begun.options["compare_type"] = lambda context, inspected, model, *_: model.name == "b" or None

    (written,) = begun.migrate(BEFORE).scripts
    assert "alter_column('b'" in (begun.folder / "versions" / written.path).read_text()
    begun.upgrade(BEFORE)


@ON_TWO
def test_a_renamed_column_is_shown_with_what_it_was(begun: Stage) -> None:
    seen: list[tuple[str, str]] = []
    says: Callable[..., None] = lambda context, old, new, *_: seen.append((old.name, new.name))  # noqa: E731
    begun.options["compare_type"] = says

    begun.diff(
        table("item", sa.Column("title", sa.String(40)), sa.Column("b", sa.Integer)), rename=["item.a=item.title"]
    )

    assert ("a", "title") in seen


def columns(stage: Stage) -> Any:
    engine = sa.create_engine(stage.database.url, poolclass=sa.NullPool)
    return sa.inspect(engine).get_columns("item")
