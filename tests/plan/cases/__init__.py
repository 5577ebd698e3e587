"""Scripts, with what is told of them."""

from tests.plan.cases import columns, constraints, indexes, objects, rows, tables, texts
from tests.plan.cases.words import CASES, Words

__all__ = ["CASES", "Words", "columns", "constraints", "indexes", "objects", "rows", "tables", "texts"]
