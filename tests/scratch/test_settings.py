"""`MIGRATE_SCRATCH_URL` is one URL or several, and a bad one is not shown."""

import pytest

from whimbrel.errors import BadSetting
from whimbrel.settings import settings_from


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgresql://a@b/c", ("postgresql://a@b/c",)),
        (["postgresql://a@b/c", "mysql://a@b/c"], ("postgresql://a@b/c", "mysql://a@b/c")),
        ("", ()),
        (None, ()),
    ],
)
def test_it_is_one_url_or_several(given: object, read: tuple[str, ...]) -> None:
    assert settings_from({"MIGRATE_SCRATCH_URL": given}).scratch_url == read


@pytest.mark.parametrize("given", ["user:secret@host", ["postgresql://a@b/c", 7]])
def test_what_is_no_url_is_refused_without_being_shown(given: object) -> None:
    with pytest.raises(BadSetting) as caught:
        settings_from({"MIGRATE_SCRATCH_URL": given})
    assert "secret" not in caught.value.what + caught.value.why + caught.value.do
