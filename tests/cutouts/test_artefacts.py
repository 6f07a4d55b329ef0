"""Is it a galaxy at all? Synthetic trails, columns, stars and skies among synthetic galaxies."""

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.cutouts import artefacts
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse

NOISE = np.asarray(DECALS.model_noise)[:, None, None]


def make_sky(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(3, 69, 69)) * NOISE


def make_galaxies() -> np.ndarray:
    """Large and small, round and edge-on, at every angle; redder than the stars."""
    shapes = [(size, ba, phi) for size in (2.5, 5, 9) for ba in (0.15, 0.5, 1) for phi in np.linspace(0, 3, 7)]
    return np.stack([draw_ellipse(p, s, b, 60 * s) + make_sky(i) for i, (s, b, p) in enumerate(shapes)])


def make_star(gr: float, rz: float, flux: float = 60) -> np.ndarray:
    colours = 10 ** (0.4 * np.array([-gr, 0, rz]))
    return draw_ellipse(0, 1.15, 1, 1)[1] * flux * colours[:, None, None] + make_sky(5)


def suspect(flux) -> list[str]:
    return artefacts.suspect(artefacts.measure_artefacts(np.atleast_1d(flux).reshape(-1, 3, 69, 69), DECALS)).tolist()


def test_galaxies_are_left_alone():
    assert set(suspect(make_galaxies())) == {""}


def test_an_empty_sky_is_empty():
    assert suspect(make_sky()) == ["empty"]


@pytest.mark.parametrize("band", [0, 1, 2])
@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1, 1.57, 2.6])
def test_a_trail_is_found_at_any_angle_and_in_any_band(band, angle):
    y, x = np.mgrid[:69, :69] - 34
    away = x * np.cos(angle) + y * np.sin(angle) - 11
    galaxy = draw_ellipse(1.0, 5) + make_sky()
    assert suspect(galaxy) == [""]
    galaxy[band] += 25 * NOISE[band] * np.exp(-0.5 * (away / 1.2) ** 2)
    assert suspect(galaxy) == ["line"]


def test_half_a_bad_column_is_found():
    galaxy = draw_ellipse(1.0, 4) + make_sky()
    galaxy[1, 34:, 50] = -20 * NOISE[1]
    assert suspect(galaxy) == ["line"]


def test_a_star_by_its_shape_and_its_colours():
    assert suspect(make_star(0.6, 0.294)) == ["star"] and suspect(make_star(1.4, 1.2)) == ["star"]
    assert suspect(make_star(0.6, -0.3)) == [""], "a Green Pea's colours are no star's"
    assert suspect(make_star(0.6, 0.7)) == [""]


def test_the_strongest_line_agrees_with_brute_force():
    """Along rows and columns, where a line is simply a row or a column of pixels."""
    flux = make_sky(9)
    flux[2, 20] += 5 * NOISE[2, 0]
    sigma = np.clip(flux / NOISE, -6, 6)
    rows, columns = np.abs(sigma.mean(axis=2)), np.abs(sigma.mean(axis=1))
    best = max(np.diff(np.sort(m, axis=0)[1:], axis=0).max() for m in (rows, columns))
    assert artefacts.measure_artefacts(flux[None], DECALS)["line"].iloc[0] == pytest.approx(best, rel=0.02)


def test_shape_of_a_gaussian():
    measured = artefacts.measure_artefacts((draw_ellipse(0.3, 2.0, 1.0, 500) + 0 * NOISE)[None], DECALS).iloc[0]
    assert measured["size"] == pytest.approx(2 * DECALS.model_scale, rel=0.1) and measured["ellipticity"] < 0.01
    flat = artefacts.measure_artefacts(draw_ellipse(0.3, 2.0, 0.5, 500)[None], DECALS).iloc[0]
    assert flat["ellipticity"] == pytest.approx((1 - 0.25) / (1 + 0.25), rel=0.15)


def test_measurements_are_kept_for_their_own_catalogue_only(tmp_path):
    catalogue = pd.DataFrame({"id": list("abcde"), "seed": range(5), "z": 0.1})
    measured = artefacts.measure_artefacts(make_galaxies()[:5], DECALS)
    artefacts.save(tmp_path / "pixels.npz", catalogue, measured, DECALS)
    again = artefacts.load(tmp_path / "pixels.npz", catalogue.assign(z=0.2), DECALS)
    assert np.allclose(again, measured, rtol=2e-3, atol=1e-3)
    assert artefacts.load(tmp_path / "pixels.npz", catalogue.assign(seed=7), DECALS) is None, "the same ids drawn anew"
    assert artefacts.load(tmp_path / "pixels.npz", catalogue[::-1], DECALS) is None
    assert artefacts.load(tmp_path / "nothing.npz", catalogue, DECALS) is None


def test_the_simulated_surveys_non_galaxies_are_found():
    """Recall and false alarms on whatever catalogue stands beside the model."""
    from galexplore.explore.models import load

    table = load().table
    if "suspicion" not in table:
        pytest.skip("this model was made without measurements of the pixels")
    junk = table["population"].isin(NOT_GALAXIES)
    found = table["suspicion"] != ""
    assert found[junk].mean() > 0.9
    assert found[table["population"] == "ordinary"].mean() < 0.02


def test_of_no_image_there_are_the_columns_of_any():
    none, one = (artefacts.measure_artefacts(np.zeros((n, 3, 69, 69), np.float32), DECALS) for n in (0, 1))
    assert not len(none) and list(none) == list(one) and none.dtypes.equals(one.dtypes)
