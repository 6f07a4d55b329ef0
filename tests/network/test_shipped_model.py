"""What the shipped model must do: its physics latents draw the galaxy, and it reads extremes as what they are."""

import numpy as np
import pytest
import torch

import galexplore as gx
from galexplore.latents import LATENTS
from galexplore.survey import DECALS


@pytest.fixture(scope="module")
def explorer():
    return gx.load()


def describe(flux):
    """Extent [pixels], r flux and g - z of decoded galaxies (N, 3, 69, 69), within 8 arcsec of the middle.

    The extent is the root of the area that stands out of the sky noise in r: what an eye takes for the galaxy's size.
    """
    y, x = np.mgrid[:69, :69] - 34.0
    near = np.hypot(x, y) * DECALS.model_scale < 8
    sky = np.asarray(DECALS.model_noise)[:, None, None]
    light = np.maximum(flux - 0.5 * sky, 0) * near
    total = light.sum(axis=(2, 3))
    extent = np.sqrt((flux[:, 1] > 2 * sky[1]).sum(axis=(1, 2)))
    return extent, total[:, 1], -2.5 * np.log10(total[:, 0] / total[:, 2])


def move(explorer, name, values, **fixed):
    """Decode the middle of the ordinary galaxies with one latent moved."""
    usual = np.median(explorer.atlas.latents[explorer.atlas.population == "ordinary"], axis=0)
    latents = np.repeat(usual[None], len(values), axis=0)
    for key, value in fixed.items():
        latents[:, LATENTS.index(key)] = value
    latents[:, LATENTS.index(name)] = values
    return describe(explorer.decode(latents))


def test_redshift_alone_makes_a_galaxy_smaller_fainter_and_redder(explorer):
    size, flux, colour = move(explorer, "redshift", [0.06, 0.12, 0.2, 0.3])
    assert (np.diff(size) < 0).all()
    assert (np.diff(flux) < 0).all() and flux[0] > 5 * flux[-1]
    assert colour[-1] > colour[0] + 0.2


def test_redshift_does_so_for_galaxies_as_they_come(explorer):
    """A tenth more in redshift, of ordinary galaxies nearer than 0.35, everything else kept."""
    table = explorer.table[(explorer.table["population"] == "ordinary") & (explorer.table["lat_redshift"] < 0.35)]
    latents = table[[f"lat_{name}" for name in LATENTS]].to_numpy(float)[:200]
    moved = latents.copy()
    moved[:, 1] += 0.1
    (size, flux, colour), (smaller, fainter, redder) = (describe(explorer.decode(x)) for x in (latents, moved))
    assert (fainter < flux).mean() > 0.95
    assert (smaller < size).mean() > 0.75
    assert (redder > colour).mean() > 0.85


def test_mass_alone_makes_it_brighter_and_redder(explorer):
    _, flux, colour = move(explorer, "logmass", [9.5, 10.0, 10.5, 11.0], redshift=0.1)
    assert (np.diff(flux) > 0).all() and flux[-1] > 5 * flux[0]
    assert (np.diff(colour) > 0).all()


def test_star_formation_alone_makes_it_bluer(explorer):
    _, _, colour = move(explorer, "logsfr", [-0.5, 0.0, 0.5, 1.0], redshift=0.1, logmass=9.8)
    assert (np.diff(colour) < 0).all() and colour[-1] < colour[0] - 0.3


def test_orientation_turns_and_changes_nothing_else(explorer):
    size, flux, colour = move(explorer, "phi", [0.0, 0.5, 1.0, 1.5], redshift=0.06)
    for kept in (size, flux):
        assert np.ptp(kept) < 0.05 * kept.mean()
    assert np.ptp(colour) < 0.02


def test_the_free_latent_is_near_a_unit_normal_and_changes_the_looks(explorer):
    free = explorer.atlas.latents[explorer.atlas.population == "ordinary", 4]
    assert abs(free.mean()) < 0.3 and 0.7 < free.std() < 1.3
    assert (np.abs(free) > 4).mean() < 2e-3


def test_the_free_latent_goes_with_none_of_the_physics(explorer):
    ordinary = explorer.atlas.latents[explorer.atlas.population == "ordinary"]
    assert np.abs(np.corrcoef(ordinary[:, 1:].T)[3, :3]).max() < 0.05
    size, _, _ = move(explorer, "free", [-1.5, 0.0, 1.5], redshift=0.1)
    assert np.ptp(size) > 0.15 * size.mean()


def test_pictures_have_no_checkerboard(explorer):
    """In the decoded galaxy, neighbouring pixels do not alternate: the finest scale holds next to no power."""
    latents = explorer.atlas.latents[explorer.atlas.population == "ordinary"][:64]
    drawn = explorer.embedder.model.stretch(torch.from_numpy(explorer.decode(latents))).numpy()[:, 1]
    alternating = np.abs((drawn * (-1.0) ** np.add.outer(np.arange(69), np.arange(69))).mean(axis=(1, 2)))
    assert alternating.max() < 0.01 * drawn.max()


def test_green_peas_are_read_as_the_starbursts_they_are(explorer):
    table = explorer.table[explorer.table["population"] == "Green Pea"]
    assert abs(np.median(table["lat_logsfr"] - table["logsfr_true"])) < 0.4
    assert abs(np.median(table["lat_logmass"] - table["logmass_true"])) < 0.4
    assert abs(np.median(table["lat_redshift"] - table["z_true"])) < 0.12


def test_the_card_tells_the_recipe_and_its_extra_galaxies(explorer):
    card = explorer.card
    assert card["n_train"] == card["training"]["extra"] + (explorer.table["split"] == "train").sum()
    terms = {"reconstruction", "physics", "orientation", "kl", "aggregate", "dependence", "contamination"}
    assert terms | {"score"} <= card["history"][0].keys()
