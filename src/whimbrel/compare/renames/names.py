"""How alike two names are, by their words; no list of words, only how words are shortened.

A name is taken apart at underscores, at other signs, at digits and at camel humps. Two words are
alike when they are equal but for a plural's ending, when one abbreviates the other (its beginning,
or some of its letters in order: `qty` in `quantity`), or when few letters differ. A word that many
sibling names share, as `id` in a table of keys, says little, so it counts for little.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_PLURAL_ES = ("sses", "xes", "ches", "shes", "zes")
_NO_PLURAL = ("ss", "us", "is")


class Rarity:
    """How much each word counts among the names of one family (a table's columns, all tables)."""

    def __init__(self, names: Iterable[str]) -> None:
        """Count the words of the family; a name on both sides counts once."""
        self._count = Counter(word for name in set(names) for word in set(_stems(name)))

    def weight(self, word: str, pair: tuple[str, str]) -> float:
        """Return 1 for a word that no other name has, less the more names have it."""
        own = sum(word in _stems(name) for name in set(pair))
        others = max(self._count[word] - own, 0)
        return 1 / math.log2(2 + others)


def likeness(old: str, new: str, rarity: Rarity) -> float:
    """Return how alike two names are: 0 for nothing in common, 1 for the same name.

    The words are paired one to one, the most alike first, and weighed by how rare they are (Dice's
    coefficient); what is one word on one side may be several on the other (`username`, `user_name`).
    """
    if old == new:
        return 1.0
    joined = "".join(_words(old)), "".join(_words(new))
    if not all(joined):
        return 0.0
    if joined[0] == joined[1]:
        return 0.97
    by_words = min(_by_words(old, new, rarity), 0.95)
    if min(len(_words(old)), len(_words(new))) > 1:
        return by_words
    return max(by_words, 0.9 * word_likeness(*joined), _by_initials(_words(old), _words(new)))


@lru_cache(maxsize=65536)
def word_likeness(one: str, other: str) -> float:
    """Return how alike two lower-case words are."""
    if one == other:
        return 1.0
    if _stem(one) == _stem(other):
        return 0.95
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    return max(_by_shortening(short, long), _by_letters(short, long))


def _by_words(old: str, new: str, rarity: Rarity) -> float:
    pair = (old, new)
    lefts = [(word, rarity.weight(_stem(word), pair)) for word in _words(old)]
    rights = [(word, rarity.weight(_stem(word), pair)) for word in _words(new)]
    total = sum(weight for _, weight in lefts) + sum(weight for _, weight in rights)
    found = sorted(
        (-word_likeness(left, right), abs(i - j), i, j)
        for i, (left, _) in enumerate(lefts)
        for j, (right, _) in enumerate(rights)
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    shared = 0.0
    for negative, _, i, j in found:
        if i not in used_left and j not in used_right:
            used_left.add(i)
            used_right.add(j)
            shared -= negative * (lefts[i][1] + rights[j][1])
    return shared / total


def _by_initials(old: tuple[str, ...], new: tuple[str, ...]) -> float:
    """Tell whether one name is the other's initials: `dob`, `date_of_birth`."""
    few, many = sorted((old, new), key=len)
    spelt = len(few) == 1 and len(many) > 1 and few[0] == "".join(word[0] for word in many)
    return 0.75 if spelt else 0.0


def _by_shortening(short: str, long: str) -> float:
    if len(short) < 2:
        return 0.0
    if long.startswith(short):
        return 0.8 if len(short) > 2 else 0.5
    if len(short) > 2 and long.endswith(short):
        return 0.7
    letters = iter(long)
    if len(short) > 2 and short[0] == long[0] and all(letter in letters for letter in short):
        return 0.6
    return 0.0


def _by_letters(short: str, long: str) -> float:
    """Compare letters: few of them wrong, or a long common beginning."""
    same = 1 - _distance(short, long) / len(long)
    if len(long) > 4 and same >= 0.7:
        return same
    start = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    return 0.8 * start / len(long) if start > 3 else 0.0


def _distance(one: str, other: str) -> int:
    """Count the letters to add, drop, change or exchange with a neighbour.

    Optimal string alignment: Levenshtein's distance with exchanges of neighbours (Damerau 1964).
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            steps = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        before, last = last, row
    return last[-1]


@lru_cache(maxsize=65536)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(_HUMP.sub(" ", name)))


@lru_cache(maxsize=65536)
def _stems(name: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in _words(name))


def _stem(word: str) -> str:
    """Take an English plural's ending off."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(_PLURAL_ES):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(_NO_PLURAL):
        return word[:-1]
    return word
