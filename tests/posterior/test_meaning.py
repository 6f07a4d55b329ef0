"""What the free latent leaks and follows, on tables where both are known; and magnitudes of pixels."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from galexplore.cutouts.photometry import FAINTEST, measure_magnitude
from galexplore.posterior.meaning import add_looks, measure_leakage, relate_free
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse


@pytest.fixture
def table():
    generator, n = np.random.default_rng(0), 3000
    frame = pd.DataFrame({"lat_free": generator.normal(size=n)})
    for latent, column in {"redshift": "z", "logmass": "logmass", "logsfr": "logsfr"}.items():
        frame[f"lat_{latent}"] = generator.normal(size=n)
        frame[column] = frame[f"lat_{latent}"] + generator.normal(size=n)
    frame["logmass"] += np.cos(2 * frame["lat_free"])  # no straight line would find it
    return frame.assign(re_arcsec=np.exp(-frame["lat_free"]) + 0.1 * generator.normal(size=n))


def test_a_leak_is_found_where_there_is_one(table):
    found = measure_leakage(table, 50)
    rest = (table["logmass"] - table["lat_logmass"]).to_numpy()
    true = np.var(np.cos(2 * table["lat_free"])) / np.var(rest)
    assert found["logmass"][0] == pytest.approx(true, abs=0.05) and found["logmass"][1] < 0.05
    assert abs(found["redshift"][0]) < 0.02 and abs(found["logsfr"][0]) < 0.02


def test_the_rank_correlation_is_spearmans(table):
    found = relate_free(table, DECALS, 50)
    assert next(iter(found)) == "size"
    assert found["size"][0] == pytest.approx(spearmanr(table["lat_free"], table["re_arcsec"]).statistic)


def make_light(n: float, bulge: float) -> pd.DataFrame:
    light = {f"flux_{p}_{b}": [f] for p, f in (("bulge", bulge), ("disc", 1 - bulge), ("young", 0.0)) for b in "grz"}
    return pd.DataFrame(light | {"bulge_n": [n], "bulge_re": [1.0], "disc_re": [1.0], "bulge_fraction": [bulge]})


def test_concentration_is_that_of_the_textbook_profiles():
    disc, bulge = (add_looks(make_light(n, share), DECALS)["concentration"][0] for n, share in ((1.0, 0.0), (4.0, 1.0)))
    assert disc == pytest.approx(2.75, abs=0.1)  # an exponential one
    assert bulge == pytest.approx(5.2, abs=0.2)  # de Vaucouleurs
    assert "concentration" not in add_looks(pd.DataFrame({"z": [0.1]}), DECALS)


def test_a_colour_gradient_is_positive_where_the_middle_is_redder():
    light = make_light(2.0, 0.5)
    light["flux_bulge_g"] /= 2
    assert add_looks(light, DECALS)["colour_gradient"][0] == pytest.approx(-2.5 * np.log10(0.5))


def test_a_magnitude_is_the_sum_within_five_arcsec():
    flux = draw_ellipse(0.3, size=2.0, total=60.0)  # nanomaggies a native pixel, summed over model pixels
    total = 60.0 * (DECALS.model_scale / DECALS.pixel_scale) ** 2
    assert measure_magnitude(flux, DECALS) == pytest.approx(22.5 - 2.5 * np.log10(total), abs=0.01)
    both = measure_magnitude(np.stack([flux, flux * 100]), DECALS)
    assert both == pytest.approx(measure_magnitude(flux, DECALS) - np.array([0, 5]))
    assert measure_magnitude(-flux, DECALS) == FAINTEST
