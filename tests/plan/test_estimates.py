"""How long a step takes follows from its work, the size of the table and how fast the server is."""

import pytest

from whimbrel.backends.observed import Blocks, Effect, Fact, Held, Observation
from whimbrel.backends.rates import WIDTH, Rates
from whimbrel.backends.writes import Write
from whimbrel.hazards import Case, Server, Size, text_of_script
from whimbrel.plan.estimates import held_for, seconds_of

RATES = Rates(scan=1000.0, index=100.0, write=10.0, rewrite=50.0)
TABLES = {
    ("t",): Fact("table", "people"),
    ("i",): Fact("index", "ix_people", "people"),
    ("g",): Fact("table", "teams"),
}


def case_of(*statements: Observation, **sizes: Size) -> Case:
    text = text_of_script("", "script.py")
    return Case("a", "script.py", text, statements, TABLES, Server("postgresql", (15,)), sizes)


def seconds(statement: Observation, rates: Rates | None = RATES, **sizes: Size) -> float | None:
    return seconds_of(case_of(statement, **sizes), statement, rates)


INDEX = (Effect(None, Fact("index", "ix", "people")),)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (Observation("SELECT", scanned=("people",)), 1.0),
        (Observation("CREATE INDEX", scanned=("people",), effects=INDEX), 10.0),
        (Observation("UPDATE", writes=(Write("UPDATE", "people"),)), 100.0),
        (Observation("UPDATE", writes=(Write("UPDATE", "people"),), scanned=("people",)), 100.0),
        (Observation("ALTER", rewritten=("people",)), 20.0 + 10.0),
        (Observation("ALTER", rewritten=("people",), seconds=2.0), 32.0),
        (Observation("ALTER", seconds=0.5), 0.5),
        (Observation("INSERT", writes=(Write("INSERT", "new"),)), 0.0),
    ],
)
def test_each_kind_of_work_takes_its_time(statement: Observation, expected: float) -> None:
    assert seconds(statement, people=Size(10, 1000)) == pytest.approx(expected)


def test_where_only_the_rows_are_known_they_are_taken_to_be_as_wide_as_ours() -> None:
    assert seconds(Observation("SELECT", scanned=("people",)), people=Size(1000)) == pytest.approx(WIDTH)


def test_where_a_size_or_the_rates_are_not_known_no_time_is_told() -> None:
    scan = Observation("SELECT", scanned=("people", "teams"))
    assert seconds(scan, people=Size(10, 1000), teams=Size()) is None
    assert seconds(scan, None, people=Size(10, 1000), teams=Size(1, 1)) is None
    assert seconds(scan, None, people=Size(0, 0), teams=Size(0, 0)) == 0.0


def test_others_wait_from_the_statement_that_takes_the_lock_to_the_last_one_under_it() -> None:
    def held(table: str, mode: str, blocks: Blocks) -> Held:
        return Held(table, mode, blocks)

    first = Observation("1", locks=(held("people", "SHARE", Blocks.WRITES),))
    second = Observation(
        "2",
        locks=(held("people", "ACCESS EXCLUSIVE", Blocks.EVERYTHING), held("teams", "ROW SHARE", Blocks.NOTHING)),
    )
    case = case_of(Observation("0"), first, second, people=Size(1, 1))
    assert list(held_for(case, [1.0, 2.0, 4.0])) == [("people", "ACCESS EXCLUSIVE", 6.0)]
    assert list(held_for(case, [None, 2.0, None])) == [("people", "ACCESS EXCLUSIVE", None)]
