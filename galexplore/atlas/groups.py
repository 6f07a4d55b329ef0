"""Odd galaxies in groups by the reason that is told of them and by likeness, and in an order that mixes the reasons."""

from collections.abc import Sequence

import numpy as np


def diversify(groups: Sequence[str], page: int, most: int) -> np.ndarray:
    """Order ranked galaxies (N) so that no page has more than `most` of one group, where there are enough others.

    Page by page the highest ranked that fit are taken; those that do not wait for the next page. Where too few others
    are left to fill a page, it is filled by rank.

    Parameters
    ----------
    groups : sequence of str (N)
        In the order of the ranking.
    page : int
        Galaxies on a page.
    most : int
        Of one group on a page.

    Returns
    -------
    ndarray (N,) of int
        Places in the ranking.
    """
    waiting, order = list(range(len(groups))), list[int]()
    while waiting:
        counts: dict[str, int] = {}
        taken, left = list[int](), list[int]()
        for place in waiting:
            seen = counts.get(groups[place], 0)
            if len(taken) < page and seen < most:
                counts[groups[place]] = seen + 1
                taken.append(place)
            else:
                left.append(place)
        missing = page - len(taken)
        taken, left = sorted(taken + left[:missing]), left[missing:]
        order += taken
        waiting = left
    return np.array(order, int)


def group(reasons: Sequence[str], points: np.ndarray, groups: int) -> np.ndarray:
    """Group ranked galaxies (N) by the reason that is told of each, and within a reason by likeness.

    Every reason has a group; what is left of `groups` goes, one by one, to the reason of the most galaxies, counted by
    the root of their number over the groups that it has. A reason is parted by Ward's criterion (1963).

    Parameters
    ----------
    reasons : sequence of str (N)
        In the order of the ranking.
    points : array (N, J)
        In which distance means unlikeness.
    groups : int
        As many in all, unless there are more reasons, or fewer galaxies.

    Returns
    -------
    ndarray (N,) of int
        The group of each, counted from 0 by the rank of its first member.
    """
    from sklearn.cluster import AgglomerativeClustering

    if not len(reasons):
        return np.empty(0, int)
    points = np.asarray(points, float)
    _, of, counts = np.unique(np.asarray(reasons, str), return_inverse=True, return_counts=True)
    parts = _share_out(counts, groups)
    group_of, first = np.empty(len(of), int), 0
    for k, n in enumerate(parts):
        rows = np.flatnonzero(of == k)
        inside = AgglomerativeClustering(int(n)).fit_predict(points[rows]) if n > 1 else np.zeros(len(rows), int)
        group_of[rows], first = first + inside, first + n
    _, leaders = np.unique(group_of, return_index=True)
    return np.argsort(np.argsort(leaders))[group_of]


def _share_out(counts: np.ndarray, groups: int) -> np.ndarray:
    """Share out groups among reasons of so many galaxies (K,): one to each, the others by the root of the numbers."""
    parts = np.ones(len(counts), int)
    while parts.sum() < min(groups, counts.sum()):
        parts[np.where(parts < counts, np.sqrt(counts) / parts, 0).argmax()] += 1
    return parts


def spread(points: np.ndarray, n: int) -> np.ndarray:
    """Choose n of points (N, J) that show how various they are: the first, then always the one farthest from those.

    Returns
    -------
    ndarray (min(n, N),) of int
        Their places, in the order in which they were chosen (Gonzalez 1985).
    """
    points = np.asarray(points, float)
    chosen, distance = [0][: len(points)], np.full(len(points), np.inf)
    while 0 < len(chosen) < min(n, len(points)):
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        distance[chosen] = -1
        chosen.append(int(distance.argmax()))
    return np.array(chosen[:n], int)
