"""Whatever a person makes of models: the change is found, runs, keeps the rows, is found no more, and goes back."""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings

from tests.drawn.edits import pairs
from tests.drawn.found import FOUND
from tests.drawn.found_again import AGAIN
from tests.drawn.models import Pair
from tests.drawn.rounds import DrawnRound, Unmakeable
from tests.support.databases import BACKENDS
from whimbrel.errors import CannotChange

SERVERS = [one for one in ("postgresql", "mariadb", "sqlite") if one in BACKENDS]
KNOWN = FOUND | AGAIN
LONG = int(os.environ.get("WHIMBREL_TEST_EXAMPLES", "60"))


def _goes(pair: Pair) -> None:
    assume(pair.before != pair.after)
    for edit in pair.edits:
        event(edit)
    one = DrawnRound(pair)
    try:
        one.run()
    except Unmakeable:
        event("unmakeable")
        assume(False)
    except CannotChange:
        event("refused, in words")
    except BaseException:
        print(one)
        raise


def _test(server: str, **how: object) -> Callable[[], None]:
    quiet = {"deadline": None, "database": None, "print_blob": True, "suppress_health_check": list(HealthCheck)}

    @given(pairs(server))
    @settings(**quiet, **how)  # type: ignore[arg-type]
    def goes(pair: Pair) -> None:
        _goes(pair)

    return goes  # type: ignore[return-value]


@pytest.mark.parametrize("server", SERVERS)
def test_a_few_pairs_of_models_go_all_the_way_and_back(server: str) -> None:
    _test(server, max_examples=15, derandomize=True, phases=[Phase.generate])()


@pytest.mark.parametrize("name", [name for name, pair in KNOWN.items() if pair.before.server in SERVERS])
def test_a_pair_that_once_went_wrong_goes_all_the_way_and_back(name: str) -> None:
    one = DrawnRound(KNOWN[name])
    try:
        one.run()
    finally:
        print(one)


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_many_pairs_of_models_go_all_the_way_and_back(server: str) -> None:
    _test(server, max_examples=LONG)()
