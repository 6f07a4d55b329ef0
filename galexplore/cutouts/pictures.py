"""Eight-bit colour pictures, in files and in arrays: told by their values, and turned back into rough fluxes."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from galexplore.cutouts.colour import from_rgb, to_rgb
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.survey import Survey

BLANK = 100  # connected pixels of the very same black: no sky is so even
LEVELS = 8  # a picture has more different values than these
STRETCH = "the Legacy viewer's stretch"
SKY = 0.02  # in pictures scaled to 0..1 the sky is drawn brighter than this


def is_picture(array: np.ndarray) -> bool:
    """Tell three planes of a picture: whole numbers of 0 to 255, those over 255, or values of 0 to 1 with a grey sky.

    A measured sky is never so even, and goes below zero.

    Parameters
    ----------
    array : ndarray
        Of any shape; NaN counts as nothing.
    """
    values = np.asarray(array, np.float64)
    values = values[np.isfinite(values)]
    if values.size < LEVELS or values.min() < 0 or values.max() > 255 or len(np.unique(values[:100_000])) < LEVELS:
        return False
    if values.max() > 1:
        return bool(np.all(values == np.rint(values)))
    steps = values * 255
    if values.max() > 0.1 and np.abs(steps - np.rint(steps)).max() < 2e-3:
        return True
    return bool(values.min() > SKY / 2 and np.median(values) > SKY and values.max() > 0.9)


def to_eight_bits(array: np.ndarray) -> np.ndarray:
    """Bring a picture's values to whole numbers of 0 to 255."""
    values = np.nan_to_num(np.asarray(array, np.float64), nan=0.0)
    return np.rint(values * (255 if values.max() <= 1 else 1)).astype(np.uint8)


def invert(colours: np.ndarray, survey: Survey) -> np.ndarray:
    """Turn colours (H, W, 3) of eight bits into fluxes (B, H, W), NaN where nothing was drawn."""
    flux = from_rgb(colours, survey)
    empty = int(to_rgb(np.zeros((len(survey.bands), 1, 1)), survey).max())
    for value in (0, empty):  # outside the footprint the viewer draws black, or the colour of zero flux
        label, _ = ndimage.label((colours == value).all(axis=2))
        blank = np.bincount(label.ravel()) >= BLANK
        blank[0] = False
        flux[:, blank[label]] = np.nan
    return flux


def clipped(colours: np.ndarray, survey: Survey) -> np.ndarray:
    """Which pixels (B, H, W) of a picture (H, W, 3) are clipped at the top of the eight bits."""
    planes = [survey.rgb.index(b) for b in survey.bands]
    return np.moveaxis(colours[..., planes] >= 254, -1, 0)


def read_colours(cutout: Cutout, named: str, survey: Survey) -> Cutout:
    """Read a cutout whose planes are a picture's: red first unless its bands are named.

    Parameters
    ----------
    cutout : Cutout
        As if it held fluxes.
    named : str
        The bands of its planes, where the file names them; empty where it does not.
    survey : Survey

    Raises
    ------
    InputError
        Where the survey has bands that a picture does not show.
    """
    planes = to_eight_bits(cutout.flux)
    if named and len(planes) == 3 and survey.has_pictures:
        planes = planes[[named.index(b) for b in survey.rgb]]
        order = "bands as the file names them"
    else:
        order = f"assumed red, green and blue are {', '.join(survey.rgb)}"
    colours = np.moveaxis(planes, 0, -1)
    sentence = f"the values are those of an eight-bit picture: {order}, in {STRETCH}, assumed; fluxes are approximate"
    notes = [n for n in cutout.notes if n.check != "bands"]
    return replace(
        cutout,
        flux=invert(colours, survey),
        approximate=True,
        kind=f"{cutout.kind} of a picture",
        saturated=clipped(colours, survey),
        calibration=(),
        unit="",
        notes=(Check("bands", "fixed", sentence), *notes),
    )
