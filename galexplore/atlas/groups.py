"""Ranked galaxies in an order that mixes groups: no page shows one kind of oddness alone."""

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
