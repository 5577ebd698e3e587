"""Changes beyond one fact go all the way, and back."""

import pytest

from tests.operations.further_changes import CHANGES
from tests.operations.rounds import Change, Round
from tests.support.databases import BACKENDS

pytestmark = pytest.mark.sweep

EACH = [
    pytest.param(one, kind, id=f"{kind}-{one.id.replace(' ', '_')}")
    for one in CHANGES
    for kind in one.on
    if kind in BACKENDS
]


@pytest.mark.parametrize(("change", "kind"), EACH)
def test_a_change_goes_all_the_way_and_back(change: Change, kind: str) -> None:
    round_ = Round(change, kind)
    try:
        round_.begins()
        round_.comes_back(round_.goes())
    finally:
        print(round_)
