"""What scripts drop, kept until somebody lets it go, and put back by the opposite direction of the same revision."""

from whimbrel.archive.by_hand import ByHand, Item, Restored
from whimbrel.archive.keeper import Keeper, Policy
from whimbrel.archive.records import Entry, Form, Records, State
from whimbrel.archive.statements import emptied_by

__all__ = ["ByHand", "Entry", "Form", "Item", "Keeper", "Policy", "Records", "Restored", "State", "emptied_by"]
