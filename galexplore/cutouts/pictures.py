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
ROUNDING = 0.13  # levels: what is lost where a picture is kept in 16-bit floats
SKY = 0.02  # in pictures scaled to 0..1 the sky is drawn brighter than this


def is_picture(array: np.ndarray) -> bool:
    """Tell three planes of a picture by their levels, or by values of 0 to 1 with a grey sky.

    A measured sky is never so even, and goes below zero.

    Parameters
    ----------
    array : ndarray
        Of any shape; NaN counts as nothing.
    """
    values = np.asarray(array)
    values = values[np.isfinite(values)].astype(np.float64)
    if values.size < LEVELS or values.min() < -1 or len(np.unique(values[:100_000])) < LEVELS:
        return False
    if _scaling(values) is not None:
        return True
    return bool(values.min() > SKY / 2 and np.median(values) > SKY and 0.9 < values.max() <= 1)


def _scaling(values: np.ndarray) -> tuple[float, float] | None:
    """Offset and factor that make whole numbers of 0 to 255 of a picture's values; None where nothing does.

    Pictures come as bytes, as 16 bits (257 times as much), from 0 to 1, and from -1 to 1.
    """
    low, high = values.min(), values.max()
    if low >= 0 and 255 < high <= 65535 and np.all(values % 257 == 0):
        return 0.0, 1 / 257
    if low >= 0 and 1 < high <= 255:
        return (0.0, 1.0) if np.all(values == np.rint(values)) else None
    for offset, factor, fits in ((0.0, 255.0, low >= 0 and 0.1 < high <= 1), (1.0, 127.5, low < -0.5 and high <= 1)):
        steps = (values + offset) * factor
        if fits and np.abs(steps - np.rint(steps)).max() < ROUNDING:
            return offset, factor
    return None


def to_eight_bits(array: np.ndarray) -> np.ndarray:
    """Bring a picture's values to whole numbers of 0 to 255."""
    values = np.nan_to_num(np.asarray(array, np.float64), nan=0.0)
    offset, factor = _scaling(values) or (0.0, 255.0 if values.max() <= 1 else 1.0)
    return np.rint((values + offset) * factor).clip(0, 255).astype(np.uint8)


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
