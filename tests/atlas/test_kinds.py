import pandas as pd

from galexplore.atlas.kinds import KINDS, NOT_GALAXIES, count_suspected


def test_kinds_are_named_once_and_apart():
    assert len({kind.name for kind in KINDS}) == len({kind.prefix for kind in KINDS}) == len(KINDS)
    assert NOT_GALAXIES == ("Star", "Satellite Trail", "Bad Column", "Empty Sky")


def test_suspects_are_counted_by_kind():
    table = pd.DataFrame(
        {"population": ["ordinary", "ordinary", "Star", "Star"], "suspicion": ["", "line", "star", "star"]}
    )
    assert count_suspected(table) == {"ordinary": (1, 2), "Star": (2, 2)}
