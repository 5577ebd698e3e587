"""The best assignment: one old name to one new name so that the gains add up to the most.

Shortest augmenting paths with potentials, the Hungarian method in the form of Jonker and Volgenant
("A shortest augmenting path algorithm for dense and sparse linear assignment problems", Computing
38, 1987), in O(n³). Gains are integers, so that optimal means optimal, and names are taken in
sorted order, so that the order of the input changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

Edge = tuple[str, str]


def best_assignment(gains: Mapping[Edge, int]) -> dict[str, str]:
    """Return old name → new name with the greatest sum of gains; what gains nothing is left out."""
    useful = {edge: gain for edge, gain in gains.items() if gain > 0}
    chosen: dict[str, str] = {}
    for part in _parts(useful):
        olds = sorted({old for old, _ in part})
        news = sorted({new for _, new in part})
        table = [[useful.get((old, new), 0) for new in news] for old in olds]
        pairs = ((olds[i], news[j]) for i, j in _match(table))
        chosen.update((old, new) for old, new in pairs if (old, new) in useful)
    return chosen


def _parts(edges: Iterable[Edge]) -> list[list[Edge]]:
    """Split the edges into groups that share no name: each is a smaller problem of its own."""
    by_old: dict[str, list[Edge]] = defaultdict(list)
    by_new: dict[str, list[Edge]] = defaultdict(list)
    for edge in sorted(edges):
        by_old[edge[0]].append(edge)
        by_new[edge[1]].append(edge)
    parts: list[list[Edge]] = []
    seen: set[Edge] = set()
    for start in sorted(edges):
        if start in seen:
            continue
        part, todo = [], [start]
        seen.add(start)
        while todo:
            edge = todo.pop()
            part.append(edge)
            near = [e for e in (*by_old[edge[0]], *by_new[edge[1]]) if e not in seen]
            seen.update(near)
            todo.extend(near)
        parts.append(part)
    return parts


def _match(gains: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Match every row of the smaller side so that the gains add up to the most."""
    if len(gains) > len(gains[0]):
        turned = [list(column) for column in zip(*gains, strict=True)]
        return [(i, j) for j, i in _match(turned)]
    row_price = [-max(row) for row in gains]
    column_price = [0] * len(gains[0])
    row_of: list[int | None] = [None] * len(gains[0])
    for row in range(len(gains)):
        _augment(row, gains, row_price, column_price, row_of)
    return [(i, j) for j, i in enumerate(row_of) if i is not None]


def _augment(
    start: int,
    gains: Sequence[Sequence[int]],
    row_price: list[int],
    column_price: list[int],
    row_of: list[int | None],
) -> None:
    """Give row `start` a column along the cheapest path of reassignments, and keep the prices right."""
    distance: dict[int, int] = {}
    came_from: dict[int, int | None] = {}
    open_columns = set(range(len(column_price)))
    row, column, base = start, None, 0
    done: list[tuple[int, int]] = []
    while True:
        for j in open_columns:
            reach = base - gains[row][j] - row_price[row] - column_price[j]
            if j not in distance or reach < distance[j]:
                distance[j], came_from[j] = reach, column
        column = min(open_columns, key=lambda j: (distance[j], j))
        base = distance[column]
        taken = row_of[column]
        if taken is None:
            break
        open_columns.discard(column)
        done.append((column, taken))
        row = taken
    row_price[start] += base
    for j, i in done:
        row_price[i] += base - distance[j]
        column_price[j] -= base - distance[j]
    _walk_back(start, column, came_from, row_of)


def _walk_back(start: int, column: int, came_from: Mapping[int, int | None], row_of: list[int | None]) -> None:
    """Move each row on the path one column on, from the free column back to `start`."""
    here = column
    while (before := came_from[here]) is not None:
        row_of[here] = row_of[before]
        here = before
    row_of[here] = start
