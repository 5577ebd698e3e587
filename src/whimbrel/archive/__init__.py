"""What scripts drop, kept until somebody lets it go, and put back by the opposite direction of the same revision."""

from whimbrel.archive.keeper import Keeper, Policy
from whimbrel.archive.records import Entry, Form, Records, State

__all__ = ["Entry", "Form", "Keeper", "Policy", "Records", "State"]
