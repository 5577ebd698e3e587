"""The stage, as where questions are asked."""

from tests.asking.conftest import stage

__all__ = ["stage"]
