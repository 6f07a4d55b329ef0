import numpy as np
import pandas as pd
import pytest

from galexplore.images import TYPICAL_SEEING, Observed, count_told
from galexplore.survey import DECALS


def test_nothing_known_is_all_zeros_and_a_typical_seeing_differs_from_it():
    nothing = Observed.nothing(2, 3)
    assert nothing.tell().shape == (2, count_told(3)) and (nothing.tell() == 0).all()
    typical = Observed(np.full((1, 3), TYPICAL_SEEING), np.array([False])).tell()[0]
    assert typical.tolist() == [0, 0, 0, 1, 1, 1, 0]


def test_each_band_is_told_by_itself_and_what_is_no_seeing_is_unknown():
    frame = pd.DataFrame({"psf_g": [1.2, np.nan, -1.0, 0.0], "psf_r": [1.5] * 4, "psf_z": ["", "1.1", None, "x"]})
    told = Observed.read(frame, DECALS).tell()
    assert told[:, 3:6].tolist() == [[1, 1, 0], [0, 1, 1], [0, 1, 0], [0, 1, 0]]
    assert told[0, 1] > 0 > told[0, 0] and (told[:, :3][told[:, 3:6] == 0] == 0).all()
    assert np.isfinite(told).all() and (told[:, 6] == 0).all()


def test_a_catalogue_without_seeing_knows_none():
    assert (Observed.read(pd.DataFrame(index=range(3)), DECALS).tell() == 0).all()
    assert len(Observed.read(pd.DataFrame({"psf_g": []}), DECALS)) == 0


def test_beyond_what_can_be_learnt_it_is_as_far_as_that():
    far = Observed(np.array([[1e-3, 1e6, 1.35]]), np.array([True])).tell()[0]
    assert far[:3].tolist() == pytest.approx([-4, 4, 0]) and far[6] == 1


def test_some_rows_keep_what_is_theirs():
    both = Observed(np.arange(1.0, 7).reshape(2, 3), np.array([False, True]))
    assert np.array_equal(both[np.array([1, 1])].tell(), np.repeat(both.tell()[1:], 2, axis=0))
    assert np.array_equal(both[:1].tell(), both.tell()[:1])
