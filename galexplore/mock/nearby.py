"""The mock held against bright galaxies that the deep sample lacks: massive red ones, and star-forming discs nearby."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from galexplore.cutouts.conventions import PSFSIZE
from galexplore.mock.comparisons import LIMITS, find_beyond, read_table
from galexplore.mock.render import render_clean
from galexplore.mock.rows import read_rows
from galexplore.mock.sample import draw_sample
from galexplore.survey import Survey

APERTURE = 3.0  # arcsec: radius within which the real galaxies' light is summed
MASSIVE, NEAR = 10.8, 0.02  # log mass of the mock's red ones; redshift within which they are compared
LEAST, MOST = 20, 40  # of the mock's that one is compared with: without so many it is left out, and no more are drawn
FORMING = -11.0  # log sSFR above which a galaxy forms stars


def compare_massive(folder: Path, survey: Survey, n: int = 12000, seed: int = 5) -> list[dict[str, Any]]:
    """Compare colours of real massive galaxies with the mock's passive ones, within 3 arcsec and without dust.

    The light of both is summed in pictures, the mock's drawn through the real one's seeing.

    Parameters
    ----------
    folder : Path
        Holds `completed/truth.csv` and the pictures that it names, FITS (B, H, W).

    Returns
    -------
    list of dict
        Of each real galaxy `z`, its colours, the medians of the mock's of its redshift, and their scatter, by which one
        galaxy may lie off the median; those that have none there are left out. None at all where the folder has no such
        pictures.
    """
    if not (folder / "completed").is_dir():
        return []
    truth = read_table(folder / "completed", "truth.csv")
    mock = draw_sample(n, [seed, 0], "GAMA-like", survey, lambda text: None)
    mock = mock[(mock["kind"] == "quiescent") & (mock["logmass_true"] > MASSIVE)]
    rows = []
    for real in truth.sort_values("z").to_dict("records"):
        alike = mock[(mock["z_true"] - real["z"]).abs() < NEAR].head(MOST)
        if len(alike) < LEAST:
            continue
        seen = measure(fits.getdata(folder / "completed" / real["name"]), survey)
        seen -= np.array(survey.extinction) * real["ebv"]
        sky = {f"psf_{b}": real[f"psf_fwhm_{b}"] / PSFSIZE for b in survey.bands} | {"offset_x": 0.0, "offset_y": 0.0}
        drawn = [measure(render_clean(one, survey, neighbours=False), survey) for one in read_rows(alike.assign(**sky))]
        ours, row = -np.diff(drawn, axis=1), {"name": real["name"], "z": real["z"], "mock": len(alike)}
        for name, colour, mocked in zip(name_colours(survey), -np.diff(seen), ours.T, strict=True):
            low, middle, high = np.percentile(mocked, [16, 50, 84])
            row[name] = {"real": float(colour), "mock": float(middle), "error": float((high - low) / 2)}
        rows.append(row)
    return rows


def compare_discs(folder: Path, survey: Survey, n: int = 6000, seed: int = 6) -> list[dict[str, Any]]:
    """Compare colours of star-forming galaxies nearby with those of the Siena Galaxy Atlas, by mass.

    The atlas is limited by diameter, and its magnitudes hold the dust of our own Galaxy.
    """
    real = read_table(folder / "tables", "sga_gswlc_nearby_grz_mass_sfr.csv")
    real = real[real["LOGSFRSED"] - real["LOGMSTAR"] > FORMING]
    mock = draw_sample(n, [seed, 0], "nearby", survey, lambda text: None)
    mock = mock[(mock["logsfr_true"] - mock["logmass_true"] > FORMING) & (mock["mag_r"] < 16.5)]
    rows = []
    for low in (9.0, 9.5, 10.0, 10.5):
        ours = mock[mock["logmass_true"].between(low, low + 0.5)]
        theirs = real[real["LOGMSTAR"].between(low, low + 0.5)]
        row: dict[str, Any] = {"logmass": [low, low + 0.5], "real": len(theirs), "mock": len(ours)}
        for name in name_colours(survey):
            one, other = name.split("-")
            colour = theirs[f"{one.upper()}_COG_PARAMS_MTOT"] - theirs[f"{other.upper()}_COG_PARAMS_MTOT"]
            mocked = (ours[f"mag_{one}"] - ours[f"mag_{other}"]).median()
            error = 1.2533 * float(colour.std()) / len(theirs) ** 0.5  # of a median
            row[name] = {"real": float(colour.median()), "mock": float(mocked), "error": error}
        rows.append(row)
    return rows


def name_colours(survey: Survey) -> list[str]:
    """Name the colours between neighbouring bands."""
    return [f"{one}-{other}" for one, other in zip(survey.bands, survey.bands[1:], strict=False)]


def measure(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Magnitudes (B,) of the light (B, H, W) within `APERTURE` of the middle, in the survey's native pixels."""
    y, x = (np.arange(side) - (side - 1) / 2 for side in flux.shape[1:])
    inside = np.hypot(y[:, None], x) * survey.pixel_scale < APERTURE
    return survey.zero_point - 2.5 * np.log10(flux[:, inside].sum(axis=1))


def pool(draws: list[list[dict[str, Any]]], survey: Survey) -> list[dict[str, Any]]:
    """Put several draws of the mock together: the mean of their colours, and their scatter in the error of each gap."""
    pooled = []
    for i, first in enumerate(draws[0]):
        same = [draw[i] for draw in draws if len(draw) == len(draws[0])]
        row = dict(first)
        for name in name_colours(survey):
            colours = np.array([one[name]["mock"] for one in same])
            scatter = float(colours.std(ddof=1)) if len(colours) > 1 else 0.0
            error = float(np.hypot(np.mean([one[name]["error"] for one in same]), scatter))
            row[name] = first[name] | {"mock": float(colours.mean()), "error": error}
        pooled.append(row)
    return pooled


def summarise(rows: list[dict[str, Any]], survey: Survey) -> dict[str, float]:
    """Median over rows of the mock's colour less the real one's, mag."""
    names = name_colours(survey)
    gaps = {name: [row[name]["mock"] - row[name]["real"] for row in rows] for name in names}
    return {name: float(np.median(gaps[name])) for name in names if rows}


def count_beyond(rows: list[dict[str, Any]], survey: Survey) -> dict[str, int]:
    """Count the rows whose colour lies beyond its limit and beyond twice its error."""
    return {name: int(find_beyond(rows, name, LIMITS["g-r"]).sum()) for name in name_colours(survey)}
