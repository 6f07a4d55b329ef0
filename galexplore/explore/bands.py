"""Single-band files that belong together: one of each band of one galaxy, known by their names."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from galexplore.explore.verdicts import File, find_path, name_file
from galexplore.survey import Survey


def group_bands(files: Sequence[File], among: Iterable[int], survey: Survey) -> list[list[int]]:
    """Find sets of one folder, as many as there are bands, whose names are alike but for the band's letter.

    Returns
    -------
    list of list of int
        Places of the files, each set in their order.
    """
    band = re.compile(rf"(?<![^-_.\s])[{''.join(survey.bands)}](?![^-_.\s])", re.IGNORECASE)
    groups: dict[tuple[str, str], list[int]] = {}
    for i in among:
        name = name_file(files[i])
        letters = list(band.finditer(name))
        if letters:
            start, end = letters[-1].span()
            folder = os.path.dirname(find_path(files[i]))
            groups.setdefault((folder, f"{name[:start]}*{name[end:]}"), []).append(i)
    return [g for g in groups.values() if len(g) == len(survey.bands)]


def find_sets(files: Sequence[File], unread: Sequence[bool], survey: Survey, whole: bool) -> list[list[int]]:
    """Find sets of one file a band among those that could not be read alone.

    Parameters
    ----------
    unread : sequence of bool
    whole : bool
        Whether these are all the files there are: only then are those left over taken for one galaxy, if they are as
        many as the bands.
    """
    left = [i for i, bad in enumerate(unread) if bad]
    sets = group_bands(files, left, survey)
    left = [i for i in left if not any(i in g for g in sets)]
    return sets + ([left] if whole and len(left) == len(survey.bands) else [])


def cut_blocks(files: Sequence[File], size: int, survey: Survey) -> Iterator[list[File]]:
    """Cut a list into blocks of about `size` files that hold together what may be the bands of one galaxy."""
    groups = {i: g for g in group_bands(files, range(len(files)), survey) for i in g}
    block: list[File] = []
    for i, file in enumerate(files):
        group = groups.get(i, [i])
        if i == group[0]:  # the others of a group went with its first
            block += [files[j] for j in group] if len(group) > 1 else [file]
        if len(block) >= size:
            yield block
            block = []
    if block:
        yield block
