"""What the free latent leaks and follows, on tables where both are known; and magnitudes of pixels."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from galexplore.cutouts.photometry import FAINTEST, measure_magnitude
from galexplore.latents import LABELLED, MEANS
from galexplore.posterior.meaning import (
    add_looks,
    describe_free,
    measure_leakage,
    measure_told,
    name_free,
    relate_free,
)
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


@pytest.fixture
def structured(table):
    """A free latent that is size at given mass and nothing else: size rises with mass, mass with redshift."""
    generator, n = np.random.default_rng(1), len(table)
    z = generator.normal(size=n)
    mass = 0.7 * z + generator.normal(size=n)
    size = 0.9 * mass + 0.6 * table["lat_free"] + 0.3 * generator.normal(size=n)
    looks = {
        "re_arcsec": np.exp(size),
        "neighbour_flux": generator.exponential(size=n),
        "psf_r": generator.normal(size=n),
    }
    labels = {"z": z, "logmass": mass, "logsfr": generator.normal(size=n)}
    inferred = {f"lat_{k}": labels[v] + 0.1 * generator.normal(size=n) for k, v in LABELLED.items()}
    return table.assign(**labels, **looks, **inferred, mag_r=generator.normal(size=n))


def test_the_partial_rank_correlation_is_that_of_the_inverse_correlation_matrix(structured):
    """Of the ranks, r = -P_ij / sqrt(P_ii P_jj) with P the inverse of their correlation matrix (Whittaker 1990)."""
    found, plain = (relate_free(structured, DECALS, 20, given=given) for given in (True, False))
    for look, column in {"size": "re_arcsec", "neighbours' flux": "neighbour_flux", "seeing": "psf_r"}.items():
        ranks = structured[["lat_free", column, "z", "logmass", "logsfr"]].rank()
        inverse = np.linalg.inv(np.corrcoef(ranks.T))
        assert found[look][0] == pytest.approx(-inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1]), abs=1e-6)
    assert next(iter(found)) == "size" and found["size"][0] > 0.8 > plain["size"][0] + 0.2
    assert not {"redshift", "stellar mass", "star-formation rate"} & set(found), "what is given is not asked"
    assert "stellar mass" in plain and "r magnitude" in found


def test_galaxies_without_labels_have_no_say_where_these_are_given(structured):
    some = structured.assign(logsfr=np.nan, z=np.where(np.arange(len(structured)) % 2, np.nan, structured["z"]))
    found = relate_free(some, DECALS, 20, given=True)
    halved = relate_free(structured[::2].assign(logsfr=np.nan), DECALS, 20, given=True)
    assert found["size"][0] == pytest.approx(halved["size"][0])


def test_trees_tell_what_redshift_mass_and_sfr_know_of_the_free_latent(structured):
    assert measure_told(structured, 20)[0] < 0.02
    told = structured.assign(lat_free=np.cos(2 * structured["lat_logmass"]) + structured["lat_free"])
    share = np.var(np.cos(2 * told["lat_logmass"])) / np.var(told["lat_free"])
    assert measure_told(told, 20)[0] == pytest.approx(share, abs=0.05)
    assert measure_told(structured[:10]) == []


@pytest.mark.parametrize(
    "partial, name",
    [
        ({"size": 0.7, "concentration": -0.4}, "structure: compact to extended"),
        ({"size": -0.7, "concentration": 0.4}, "structure: extended to compact"),
        ({"size": 0.5, "bulge fraction": -0.6}, "structure: bulge to disc"),
        ({"inclination": 0.55, "r magnitude": 0.9}, "structure: face-on to edge-on"),
        ({"size": 0.49}, ""),
        ({"size": 0.6, "neighbours' flux": -0.65}, ""),
        ({"size": 0.6, "seeing": 0.65}, ""),
        ({"dust attenuation": 0.9}, ""),
        ({}, ""),
    ],
)
def test_the_free_latent_is_named_by_the_structure_that_it_follows_most(partial, name):
    assert name_free({k: [v, 0.01] for k, v in partial.items()}) == name


def test_the_galaxy_s_own_is_told_from_light_of_neighbours(structured):
    found = describe_free(structured, DECALS, 20)
    assert found["name"] == "structure: compact to extended"
    assert found["holds"] == {"neighbours": True, "structure": True, "told": True}
    light = structured["neighbour_flux"] + 0.1 * structured["lat_free"]
    alien = describe_free(structured.assign(lat_free=light), DECALS, 20)
    assert alien["holds"] == {"neighbours": False, "structure": False, "told": True} and alien["name"] == ""
    repeats = describe_free(structured.assign(lat_free=structured["lat_logmass"] ** 2), DECALS, 20)
    assert not repeats["holds"]["told"]
    json.dumps(found)
    unknown = describe_free(structured[["lat_free", *MEANS[1:4], *LABELLED.values()]], DECALS, 20)
    assert unknown["name"] == "" and set(unknown["holds"]) == {"told"}, "what nobody knows is not judged"
