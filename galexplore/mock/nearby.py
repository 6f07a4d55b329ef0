"""The mock held against bright galaxies that the deep sample lacks: massive red ones, and star-forming discs nearby."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from galexplore.mock.comparisons import read_table
from galexplore.mock.sample import draw_sample
from galexplore.survey import Survey

APERTURE = 3.0  # arcsec: radius within which the real galaxies' light is summed
MASSIVE, NEAR = 10.8, 0.02  # log mass of the mock's red ones; redshift within which they are compared
FORMING = -11.0  # log sSFR above which a galaxy forms stars


def compare_massive(folder: Path, survey: Survey, n: int = 12000, seed: int = 5) -> list[dict[str, Any]]:
    """Compare colours of real massive galaxies, within 3 arcsec and without dust, with the mock's passive ones.

    Parameters
    ----------
    folder : Path
        Holds `completed/truth.csv` and the pictures that it names, FITS (B, H, W).

    Returns
    -------
    list of dict
        Of each real galaxy `z`, its colours, and the medians of the mock's of its redshift; those that have none there
        are left out. None at all where the folder has no such pictures.
    """
    if not (folder / "completed").is_dir():
        return []
    truth = read_table(folder / "completed", "truth.csv")
    mock = draw_sample(n, [seed, 0], "GAMA-like", survey, lambda text: None)
    mock = mock[(mock["kind"] == "quiescent") & (mock["logmass_true"] > MASSIVE)]
    rows = []
    for real in truth.sort_values("z").to_dict("records"):
        alike = mock[(mock["z_true"] - real["z"]).abs() < NEAR]
        if len(alike) < 20:
            continue
        magnitude = measure(fits.getdata(folder / "completed" / real["name"]), survey)
        magnitude -= np.array(survey.extinction) * real["ebv"]
        row = {"name": real["name"], "z": real["z"], "mock": len(alike)}
        for i, name in enumerate(name_colours(survey)):
            one, other = (f"mag_{b}" for b in name.split("-"))
            seen, mocked = magnitude[i] - magnitude[i + 1], (alike[one] - alike[other]).median()
            row[name] = {"real": float(seen), "mock": float(mocked)}
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
            row[name] = {"real": float(colour.median()), "mock": float(mocked)}
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


def summarise(rows: list[dict[str, Any]], survey: Survey) -> dict[str, float]:
    """Median over rows of the mock's colour less the real one's, mag."""
    names = name_colours(survey)
    gaps = {name: [row[name]["mock"] - row[name]["real"] for row in rows] for name in names}
    return {name: float(np.median(gaps[name])) for name in names if rows}
