"""Scripts with which nothing is wrong, and scripts that are wrong in a way found in the wild."""

from tests.proof.corpus import (
    broken_data,
    broken_hidden,
    broken_objects,
    broken_returns,
    broken_schema,
    broken_ways,
    broken_wild,
    broken_wrong,
    good,
    good_data,
    good_moves,
    good_servers,
    good_shapes,
    good_tools,
    good_ways,
)
from tests.proof.corpus.model import CASES, Case

__all__ = [
    "CASES",
    "Case",
    "broken_data",
    "broken_hidden",
    "broken_objects",
    "broken_returns",
    "broken_schema",
    "broken_ways",
    "broken_wild",
    "broken_wrong",
    "good",
    "good_data",
    "good_moves",
    "good_servers",
    "good_shapes",
    "good_tools",
    "good_ways",
]
