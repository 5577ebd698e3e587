"""Proofs: what a script does to a schema and its rows is tried on scratch, by the runner that the target will see."""

from whimbrel.proof.differences import differences
from whimbrel.proof.proving import Start, Subject, lay_ground, prove, scope_of, unreached
from whimbrel.proof.rows import Recipe
from whimbrel.proof.scope import Scope
from whimbrel.proof.script import About, about, about_all, text_of
from whimbrel.proof.stage import Stage
from whimbrel.proof.verdict import Check, Claim, Finding, Verdict
from whimbrel.scripts.proofs import Outcome

__all__ = [
    "About",
    "Check",
    "Claim",
    "Finding",
    "Outcome",
    "Recipe",
    "Scope",
    "Stage",
    "Start",
    "Subject",
    "Verdict",
    "about",
    "about_all",
    "differences",
    "lay_ground",
    "prove",
    "scope_of",
    "text_of",
    "unreached",
]
