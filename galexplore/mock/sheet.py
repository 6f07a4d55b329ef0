"""Contact sheets: simulated galaxies as the Legacy viewer would show them, and real ones beside them."""

from pathlib import Path

import numpy as np
from PIL import Image

from galexplore.config import SURVEY
from galexplore.mock import render
from galexplore.stretch import to_rgb


def draw_sheet(pictures, columns=8, side=160):
    """Lay pictures out in rows, north up.

    Parameters
    ----------
    pictures : list of arrays (3, h, w)
        Nanomaggies a native pixel; row 0 is south.
    columns : int
    side : int
        Of each picture, in pixels of the sheet.

    Returns
    -------
    PIL.Image
    """
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side))
    for k, picture in enumerate(pictures):
        tile = Image.fromarray(to_rgb(picture)[::-1]).resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(tile, (k % columns * side, k // columns * side))
    return sheet


def choose(catalogue, rows=8, columns=8):
    """Choose galaxies for a sheet: random ordinary ones, the larger half of them well resolved."""
    ordinary = catalogue[(catalogue["population"] == "ordinary") & (catalogue["mag_r"] < 20)]
    large = ordinary[ordinary["re_arcsec"] > 2.5]
    half = rows * columns // 2
    chosen = [large.sample(min(half, len(large)), random_state=1), ordinary.sample(half, random_state=2)]
    return [row for part in chosen for row in part.to_dict("records")]


def draw_mock(catalogue, rows=8, columns=8):
    """Draw a sheet of simulated galaxies from a catalogue."""
    return draw_sheet([render.render(row) for row in choose(catalogue, rows, columns)], columns)


def read_real(folder):
    """Read the real cutouts of a folder and cut the middle 33.5 arcsec of each.

    Returns
    -------
    list of arrays (3, n, n)
        At each file's own pixel scale; surface brightness is the same at any.
    """
    from galexplore import readers

    pictures = []
    for path in sorted((Path(folder) / "cutouts").iterdir()):
        if path.name.endswith("_psf.fits") or "bad_pixels" in path.name:
            continue
        cutout = readers.read(path)
        scale = cutout.pixel_scale or SURVEY.pixel_scale
        half = int(SURVEY.field / scale / 2)
        middle = np.array(cutout.flux.shape[1:]) // 2
        low, high = np.maximum(middle - half, 0), middle + half
        pictures.append(cutout.flux[:, low[0] : high[0], low[1] : high[1]])
    return pictures
