"""The coverage map that ships (`footprint`), made of published tables.

    python -m galexplore.sources.coverage REGIONS.csv POINTINGS.csv [OUT.moc]

REGIONS has a row for each region of the survey's bricks that was imaged, with its centre in `ra_center_deg` and
`dec_center_deg`, or in `ra` and `dec`, ICRS degrees; the survey's own list of bricks serves, too (DR10's is
`survey-bricks-dr10-south.fits.gz` of https://www.legacysurvey.org/dr10/files, written as CSV). POINTINGS has a row for
each field of the Dark Energy Camera, `RA` and `Dec`, and in a column a band (`desg`, `desr`, `desz`, or `g`, `r`, `z`)
whether an image of it is in the archive. That which the map was made of is T. Cabrera's, of 2023, of the NOIRLab
Astro Data Archive: https://github.com/tomas-cabrera/DECam_coverage, `agglomerative_dendrogram/
tiling_coverage.clustered.csv`. It needs mocpy (`pip install mocpy`), which nothing else does.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.files import write_whole

MAP = Path(__file__).with_name("footprint.moc")
BANDS = ("g", "r", "z")
#: How far [deg] what was imaged may reach: from a region's centre, the regions lying degrees apart; from a pointing,
#: whose camera sees 1.1; and from the Galaxy's poles, as its plane alone is in doubt.
REGION, POINTING, CAP = 5.0, 2.6, 60.0
ORDER = 5  # HEALPix order of the map: cells of 1.8 degrees, so that it is small
_FINE = 8  # that it is reckoned at
_POLES = ((192.85948, 27.12825), (12.85948, -27.12825))  # of the Galaxy, ICRS


def make_map(regions: pd.DataFrame, pointings: pd.DataFrame) -> str:
    """Make the map of where images in all bands may be.

    Parameters
    ----------
    regions, pointings : DataFrame
        As of the module's top: places [deg] of imaged regions, and of pointings with a truth value for each band.

    Returns
    -------
    str
        The map in the IVOA's ASCII form (MOC 2.0), as `footprint.read_coverage` reads it.

    Raises
    ------
    InputError
        Where a column is missing, or a place is none.
    ImportError
        Without mocpy.
    """
    fields = [_find_places(pointings[_find_band(pointings, band)], "pointings") for band in BANDS]
    imaged = _draw_discs(fields[0], POINTING)
    for places in fields[1:]:
        imaged = imaged.intersection(_draw_discs(places, POINTING))
    covered = imaged.union(_draw_discs(_find_places(regions, "regions"), REGION))
    covered = covered.union(_draw_discs(np.array(_POLES), CAP))
    return str(covered.degrade_to_order(ORDER).serialize("str")).strip() + "\n"


def _find_places(frame: pd.DataFrame, what: str) -> np.ndarray:
    """Find the positions (N, 2) [deg] of a table."""
    names = {str(c).lower().removesuffix("_center_deg"): c for c in frame}
    if not {"ra", "dec"} <= set(names):
        raise InputError(f"the table of {what} has no columns ra and dec; it has {', '.join(map(str, frame.columns))}")
    places = frame[[names["ra"], names["dec"]]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if not len(places) or not (np.isfinite(places).all() and (np.abs(places[:, 1]) <= 90).all()):
        raise InputError(f"the table of {what} has no positions, or some that are none; ICRS degrees are read")
    return places


def _find_band(frame: pd.DataFrame, band: str) -> np.ndarray:
    """Mark the pointings (N,) of which there is an image of a band."""
    for name in (f"des{band}", band):
        if name in frame:
            return frame[name].astype(str).str.lower().isin(("true", "1", "1.0", "t")).to_numpy()
    raise InputError(f"the table of pointings has no column {band} or des{band}, which says whether it was imaged")


def _draw_discs(places: np.ndarray, radius: float) -> Any:
    """Draw the map of discs [deg] about positions (N, 2)."""
    try:
        import astropy.units as u
        from mocpy import MOC
    except ImportError as error:
        raise ImportError("a coverage map is made by mocpy: pip install mocpy") from error
    if not len(places):
        return MOC.new_empty(_FINE)
    lon, lat = places.T * u.deg
    return MOC.from_cones(lon, lat, radius=radius * u.deg, max_depth=_FINE, union_strategy="large_cones")


def main(arguments: Sequence[str]) -> None:
    """Make the map of two tables, and write it where it ships from, or elsewhere."""
    if not 2 <= len(arguments) <= 3:
        raise InputError("give two tables: python -m galexplore.sources.coverage REGIONS.csv POINTINGS.csv [OUT.moc]")
    try:
        regions, pointings = (pd.read_csv(path) for path in arguments[:2])
    except (OSError, ValueError) as error:
        raise InputError(f"a table cannot be read: {error}") from error
    write_whole(Path(arguments[2]) if len(arguments) == 3 else MAP, make_map(regions, pointings))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (InputError, ImportError) as error:
        sys.exit(str(error))
