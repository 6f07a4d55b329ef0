"""A simulated galaxy of the embedded catalogue, written as the survey's server would serve it."""

from pathlib import Path

import pandas as pd
from astropy.io import fits

from galexplore.mock.render import render
from galexplore.places import DATA
from galexplore.survey import DECALS
from galexplore.tables import catalogue


def write_cutout(path: Path) -> pd.Series:
    """Write a bright ordinary galaxy to a FITS cube; return its row."""
    frame = catalogue.read(DATA)
    row = frame[(frame["population"] == "ordinary") & (frame["mag_r"] < 18)].iloc[0]
    header = fits.Header({"BANDS": "grz", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0})
    step, middle = DECALS.pixel_scale / 3600, (DECALS.native_size + 1) / 2
    header.update({"CRPIX1": middle, "CRPIX2": middle, "CD1_1": -step, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": step})
    fits.PrimaryHDU(render(row, DECALS), header).writeto(path)
    return row
