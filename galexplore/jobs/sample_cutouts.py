"""Cutouts to try the app with, which ship: simulated galaxies as a survey's server would send them."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from galexplore.atlas.kinds import KINDS
from galexplore.explore.bundle import to_fits
from galexplore.files import write_beside
from galexplore.mock.measure import add_labels, add_positions
from galexplore.mock.render import render
from galexplore.mock.rows import Report, Row, read_rows
from galexplore.mock.sample import draw_rare, draw_sample
from galexplore.survey import Survey

#: Of the draw; no galaxy of it is in the embedded catalogue, whose seed is 1.
SEED = 20260


def draw_samples(survey: Survey, progress: Report = lambda text: None) -> dict[str, pd.DataFrame]:
    """Draw a spiral that forms stars, bright and nearly face-on, and a middling Green Pea.

    Returns
    -------
    dict
        What a sample is called to its row of a catalogue (one row).

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    ImportError
        Without bagpipes and speclite.
    """
    usual = draw_sample(2000, [SEED, 0], "GAMA-like", survey, progress)
    discs = usual[(usual["kind"] == "main sequence") & (usual["elliptical"] < 0.5) & (usual["ba"] > 0.6)]
    discs = discs[discs["re_arcsec"].between(4, 6) & (discs["mag_r"] < 16.5)]
    peas = draw_rare(next(kind for kind in KINDS if kind.name == "Green Pea"), 11, SEED, survey)
    spiral, pea = discs.nlargest(1, "arm_strength"), peas.sort_values("mag_r").iloc[5:6]
    return {"spiral": spiral.assign(id="sample-spiral"), "green-pea": pea.assign(id="sample-green-pea")}


def write_samples(folder: Path, survey: Survey, progress: Report = lambda text: None) -> list[Path]:
    """Write the samples as Rice-compressed FITS cubes (`.fits.fz`) of native pixels; their paths.

    The headers say that they are simulated, the seeing of each band, and the true redshift, mass and SFR.

    Raises
    ------
    InputError, ImportError
        As `draw_samples`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in draw_samples(survey, progress).items():
        table = add_positions(add_labels(table, np.random.default_rng(SEED)), np.random.default_rng(SEED), survey)
        row = read_rows(table)[0]
        paths.append(folder / f"{name}.fits.fz")
        with write_beside(paths[-1]) as partial:
            partial.write_bytes(_write_sample(row, survey))
    return paths


def _write_sample(row: Row, survey: Survey) -> bytes:
    """Render a row and write it as a compressed FITS cube."""
    cards = {"OBJECT": (row["id"], "sample of galexplore"), "SIMULATE": (True, "simulated image, no real sky")}
    cards |= {
        f"HIERARCH PSF_FWHM_{b.upper()}": (float(row[f"psf_{b}"]), "FWHM of the PSF, arcsec") for b in survey.bands
    }
    truths = {"z": "redshift", "logmass": "log10 stellar mass [Msun]", "logsfr": "log10 SFR [Msun/yr]"}
    for column, said in truths.items():
        cards[f"HIERARCH TRUE_{column.upper()}"] = (round(float(row[f"{column}_true"]), 4), f"true {said}")
    plain = to_fits(render(row, survey), survey, row["ra"], row["dec"], cards)
    stream = BytesIO()
    with fits.open(BytesIO(plain)) as file:
        packed = fits.CompImageHDU(file[0].data, file[0].header, quantize_level=16, dither_seed=1)
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(stream)
    return stream.getvalue()
