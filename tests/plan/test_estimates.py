"""How long a step takes follows from its work, the size of the table and how fast the server is."""

import pytest

from whimbrel.backends.observed import Blocks, Effect, Fact, Held, Observation
from whimbrel.backends.rates import WIDTH, Rates
from whimbrel.backends.writes import Write
from whimbrel.hazards import Case, Server, Size, text_of_script
from whimbrel.plan.estimates import Estimate, estimate, held_for

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
    return estimate(case_of(statement, **sizes), statement, rates).seconds


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
        (Observation("INSERT INTO people VALUES (1)", writes=(Write("UPDATE", "people"),), seconds=0.25), 0.25),
        (Observation("INSERT INTO new SELECT * FROM people", writes=(Write("INSERT", "new"),)), 100.0),
        (Observation('INSERT INTO new SELECT * FROM public."people"', writes=(Write("INSERT", "new"),)), 100.0),
        (
            Observation("INSERT INTO new SELECT * FROM people", writes=(Write("INSERT", "new"),), scanned=("people",)),
            100.0,
        ),
    ],
)
def test_each_kind_of_work_takes_its_time(statement: Observation, expected: float) -> None:
    assert seconds(statement, people=Size(10, 1000)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sql", "at_most"),
    [
        ("UPDATE people SET n = 1", False),
        ("UPDATE people SET n = (SELECT max(n) FROM teams WHERE n > 1)", False),
        ("UPDATE people SET n = 1 WHERE id = 7", True),
        ("DELETE FROM people", False),
        ("DELETE FROM people WHERE id = 7", True),
        ("INSERT INTO people SELECT * FROM teams", False),
        ("INSERT INTO people SELECT * FROM teams WHERE id < 5", True),
        ("INSERT INTO people VALUES (1)", False),
    ],
)
def test_rows_that_a_condition_chooses_may_be_fewer(sql: str, at_most: bool) -> None:
    statement = Observation(sql, writes=(Write("UPDATE", "people"),))
    sizes = {"people": Size(10, 1000), "teams": Size(10, 1000)}
    assert estimate(case_of(statement, **sizes), statement, RATES).at_most is at_most


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
    known = [Estimate(1.0), Estimate(2.0), Estimate(4.0, True)]
    assert list(held_for(case, known)) == [("people", "ACCESS EXCLUSIVE", Estimate(6.0, True))]
    some = [Estimate(None), Estimate(2.0), Estimate(None)]
    assert list(held_for(case, some)) == [("people", "ACCESS EXCLUSIVE", Estimate(None))]
