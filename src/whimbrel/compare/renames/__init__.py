"""Which drop beside an add may be a rename: ranked pairs with their evidence. Pure: values in, values out.

No rule on the schema alone tells a rename from a replacement, so nothing here decides; it ranks,
says why, and says what is worth a question.
"""

from .find import find_renames
from .model import (
    Answers,
    Candidate,
    Column,
    Enum,
    Kind,
    Pair,
    Ref,
    Renames,
    Rule,
    RuleKind,
    Side,
    Table,
)
from .weigh import WEIGHTS, Weights

__all__ = [
    "WEIGHTS",
    "Answers",
    "Candidate",
    "Column",
    "Enum",
    "Kind",
    "Pair",
    "Ref",
    "Renames",
    "Rule",
    "RuleKind",
    "Side",
    "Table",
    "Weights",
    "find_renames",
]
