"""Whatever the comparison is shown to find goes all the way, and back."""

import datetime
from collections.abc import Mapping
from typing import Any

import pytest

from tests.compare.cases import CASES, Case
from tests.operations.grounds import postgresql_version
from tests.operations.rounds import Change, Round
from tests.support.databases import BACKENDS

RED = {"item": [{"x": "red"}, {"x": "red"}]}
# Rows for what values made up by type would not fit.
ROWS: Mapping[str, Any] = {
    "type string to uuid": {"item": [{"x": "00000000-0000-0000-0000-00000000000a"}, {"x": None}]},
    "type bit": {"item": [{"x": None}]},
    "enum value drop": RED,
    "enum undecided rename": RED,
    "enum from string": RED,
    "check of an enum": RED,
    "enum with quotes": {"item": [{"x": "a"}]},
    "enum array": {"item": []},
    "domain check": {"item": [{"x": 5}, {"x": None}]},
    "partition attached": {"ev": []},
    "partitioning of a table": {"ev": [{"at": datetime.date(2024, 2, 29)}]},
    "partitioned table grown": {"ev": []},
}

EACH = [
    pytest.param(case, kind, id=f"{kind}-{case.id.replace(' ', '_')}")
    for case in CASES
    for kind in case.servers
    if kind in BACKENDS and kind in ("sqlite", "postgresql")
]
pytestmark = pytest.mark.sweep


@pytest.mark.parametrize(("case", "kind"), EACH)
def test_a_change_that_is_found_is_made_and_unmade(case: Case, kind: str) -> None:
    change = Change(
        case.id,
        case.servers,
        case.before,
        case.after,
        rows=ROWS.get(case.id, {}),
        lost=_dropped(case, kind),
        prepare=case.prepare,
    )
    if kind == "postgresql" and case.since > postgresql_version():
        pytest.skip(f"PostgreSQL {case.since} can do it.")
    round_ = Round(change, kind)
    try:
        round_.begins()
        round_.comes_back(round_.goes())
    finally:
        print(round_)


def _dropped(case: Case, kind: str) -> frozenset[str]:
    """Name the columns and tables that the case says to be removed."""
    lines = [line.split(" ", 2)[1:] for line in case.expected[kind] if line.startswith("- ")]
    return frozenset(name for of, name in lines if of in ("column", "table"))
