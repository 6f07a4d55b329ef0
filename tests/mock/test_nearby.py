"""The mock's bright galaxies beside real ones, and bins of several draws put together."""

import json

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.mock import nearby
from galexplore.mock.check import add_up
from galexplore.mock.comparisons import LIMITS, pool_bins, read_table, summarise_bins
from galexplore.survey import DECALS


def make_bin(gap, real=100, scatter=0.1, low=0.1):
    one = {"real": 1.0, "mock": 1.0 + gap, "real scatter": scatter, "mock scatter": scatter}
    return {"z": [low, low + 0.1], "logmass": [10, 10.5], "real": real, "mock": 1000} | {n: dict(one) for n in LIMITS}


def test_several_draws_give_the_mean_and_say_how_well_it_is_known():
    draws = [[make_bin(gap), make_bin(0.0, low=0.5)] for gap in (0.05, 0.07, 0.09)]
    (pooled, other) = pool_bins(draws)
    assert pooled["g-r"]["mock"] == pytest.approx(1.07)
    assert pooled["g-r"]["error"] == pytest.approx(np.hypot(1.2533 * 0.1 / 10, 0.02))
    assert other["z"] == [0.5, 0.6]
    assert len(pool_bins([draws[0], draws[1][:1]])) == 1  # a bin that one draw lacks


def test_beyond_is_what_neither_the_limit_nor_its_own_error_covers():
    far, unsure, near = make_bin(0.2), make_bin(0.2, real=4, scatter=0.4, low=0.3), make_bin(0.05, low=0.5)
    summary = summarise_bins(pool_bins([[far, unsure, near]] * 2))
    assert summary["bins beyond the limit"] == dict.fromkeys(LIMITS, 1)
    assert summary["share beyond"] == pytest.approx(1 / 3)
    assert summary["largest difference"]["g-r"] == pytest.approx(0.2)


def test_colours_of_bright_galaxies_are_judged_over_the_draws_as_the_bins_are():
    def make(gap, error):
        return {"z": 0.1, "mock": 30} | {c: {"real": 1.0, "mock": 1.0 + gap, "error": error} for c in ("g-r", "r-z")}

    pooled = nearby.pool([[make(gap, 0.03), make(0.15, 0.1), make(0.01, 0.001)] for gap in (0.1, 0.12)], DECALS)
    assert pooled[0]["g-r"]["mock"] == pytest.approx(1.11)
    assert pooled[0]["g-r"]["error"] == pytest.approx(np.hypot(0.03, np.std([0.1, 0.12], ddof=1)))
    assert nearby.count_beyond(pooled, DECALS) == {"g-r": 1, "r-z": 1}, "one is unsure, one is near"
    assert nearby.count_beyond([], DECALS) == {"g-r": 0, "r-z": 0}
    measured = {"massive": pooled, "discs": [], "bins": [make_bin(0.0)]}
    summary = add_up(measured | {"summary": summarise_bins(pool_bins([[make_bin(0.0)]] * 2))}, DECALS)
    assert summary["share beyond"] == pytest.approx(2 / (3 + 6)) and summary["bins beyond the limit"]["discs"] == {
        "g-r": 0,
        "r-z": 0,
    }


def test_light_is_summed_within_the_aperture_alone():
    flux = np.zeros((3, 51, 51))
    flux[:, 25, 25], flux[:, 25, 25 + 13] = 100.0, 1e6  # 13 pixels are 3.4 arcsec
    assert nearby.measure(flux, DECALS) == pytest.approx(22.5 - 5.0)


def test_a_folder_without_pictures_has_none_to_compare(tmp_path):
    assert nearby.compare_massive(tmp_path, DECALS) == [] and nearby.summarise([], DECALS) == {}
    with pytest.raises(InputError, match="tables/missing"):
        read_table(tmp_path / "tables", "missing.csv")


def test_massive_and_nearby_galaxies_have_the_colours_of_real_ones(real):
    rows = [nearby.compare_massive(real, DECALS, n=3000), nearby.compare_discs(real, DECALS, n=1500)]
    assert json.loads(json.dumps(rows)) == rows, "the check writes them"
    massive, discs = (nearby.summarise(part, DECALS) for part in rows)
    assert abs(massive["g-r"]) < 0.06 and abs(massive["r-z"]) < 0.06
    assert abs(discs["g-r"]) < 0.06 and abs(discs["r-z"]) < 0.08
