"""Scratch databases: made like the target, and always dropped."""

from whimbrel.scratch.build import Built, Only, build
from whimbrel.scratch.digest import REST, Digests, digests
from whimbrel.scratch.gate import lifted
from whimbrel.scratch.inside import fits_inside
from whimbrel.scratch.lease import Lent, lease, lease_outside
from whimbrel.scratch.leftovers import reap
from whimbrel.scratch.redirect import Held, redirected, refused
from whimbrel.scratch.scratch import Scratch
from whimbrel.scratch.seeds import Missing, Seed, Seeds, Unseeded, no_seeds

__all__ = [
    "REST",
    "Built",
    "Digests",
    "Held",
    "Lent",
    "Missing",
    "Only",
    "Scratch",
    "Seed",
    "Seeds",
    "Unseeded",
    "build",
    "digests",
    "fits_inside",
    "lease",
    "lease_outside",
    "lifted",
    "no_seeds",
    "reap",
    "redirected",
    "refused",
]
