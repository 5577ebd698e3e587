"""Single changes of a model, as data: what was, what is wanted, what is to be found, and the ALTER that does it."""

from tests.compare.cases import columns, constraints, indexes, objects, tables
from tests.compare.cases.model import CASES, Case

__all__ = ["CASES", "Case", "columns", "constraints", "indexes", "objects", "tables"]
