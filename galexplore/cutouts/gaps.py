"""Pixels that hold no measurement although they hold a number: fill values of many writers become NaN."""

import numpy as np
from astropy.io import fits
from scipy import ndimage
from scipy.stats import median_abs_deviation

#: No image of a galaxy holds this much light in a pixel, in any unit: BIG of SWarp and SExtractor is 1e30.
IMPOSSIBLE = 1e20
#: What writers put where there is no data: SDSS and IRAF -9999 and -99, GIS -32768, catalogues 99.
FILLS = (-99.0, -999.0, -9999.0, -99999.0, -32768.0, -32767.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 65535.0)
#: Header keywords with which a floating-point image names its fill value.
FILL_KEYWORDS = ("BLANK", "NODATA", "FILLVAL", "BADVAL", "PADVAL", "MISSVAL")
GAP = 9  # connected pixels of the very same value that count as a gap: a measured sky is never constant
FAR = 20.0  # sigma from the rest: what a lone fill value must stand off
REPEATED = 0.01  # of the pixels: so few measured ones are equal to a neighbour where values are not rounded
SPIKE = 100.0  # times the brightest of all pixels' neighbourhoods: no telescope's image of a star is so sharp


def mark_gaps(image: np.ndarray, header: fits.Header | None = None) -> np.ndarray:
    """Turn fill values into NaN.

    Those are whatever is not finite or beyond 1e20; the header's own; -99, -9999 and the like where they stand off
    from all other values; connected exact zeros; connected pixels of the very lowest or highest value, where that is
    far from the sky and from all others; connected pixels of any one value, where no others are alike; and single
    pixels a hundred times brighter than any neighbourhood.

    Parameters
    ----------
    image : ndarray (H, W)
    header : Header, optional

    Returns
    -------
    float32 ndarray (H, W)
        A copy.
    """
    image = np.array(image, np.float64)
    image[~(np.abs(image) < IMPOSSIBLE)] = np.nan
    for keyword in FILL_KEYWORDS:
        value = header.get(keyword) if header is not None else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            image[image == value] = np.nan
    for _ in range(4):  # several fills may stand in one image, the widest first
        value = _find_fill(image)
        if value is None:
            break
        image[image == value] = np.nan
    image[_blocks(image == 0)] = np.nan
    image[_plateaus(image)] = np.nan
    image[_spikes(image)] = np.nan
    return image.astype(np.float32)


def _blocks(equal: np.ndarray) -> np.ndarray:
    """Keep of a mask (H, W) the connected parts of at least `GAP` pixels."""
    label, n = ndimage.label(equal)
    if not n:
        return equal
    large = np.bincount(label.ravel()) >= GAP
    large[0] = False
    return large[label]


def _find_fill(image: np.ndarray) -> float | None:
    """Find the lowest or highest value, if it is a fill value; None where it may be a measurement."""
    finite = image[np.isfinite(image)]
    if not finite.size:
        return None
    for value in (finite.min(), finite.max(), *FILLS):
        rest = finite[finite != value]
        if rest.size in (0, finite.size) or rest.size < GAP or value == 0:
            continue
        middle = np.median(rest)
        sigma = median_abs_deviation(rest, scale="normal") or np.diff(np.unique(rest)).min(initial=np.inf)  # rounded
        nearest = np.abs(rest - value).min()
        listed = value in FILLS
        if listed and nearest > FAR * sigma and (value < 0 or _blocks(image == value).any()):
            return float(value)
        constant = abs(value - middle) > FAR * sigma and nearest > 0.5 * abs(value)
        if constant and _blocks(image == value).any():
            return float(value)
    return None


def _plateaus(image: np.ndarray) -> np.ndarray:
    """Find connected pixels (H, W) of one value in an image whose other values are hardly ever alike."""
    alike = np.zeros(image.shape, bool)
    across, down = image[:, 1:] == image[:, :-1], image[1:] == image[:-1]
    alike[:, 1:] |= across
    alike[:, :-1] |= across
    alike[1:] |= down
    alike[:-1] |= down
    flat = _blocks(alike)
    rest = alike & ~flat
    measured = np.isfinite(image) & ~flat
    if not flat.any() or rest.sum() > REPEATED * max(measured.sum(), 1) or measured.sum() < measured.size / 10:
        return np.zeros(image.shape, bool)
    return flat


def _spikes(image: np.ndarray) -> np.ndarray:
    """Find single pixels (H, W) far beyond every neighbourhood's middle."""
    size = np.where(np.isfinite(image), np.abs(image), 0)
    if not size.any() or size.max() < SPIKE * np.percentile(size, 99):
        return np.zeros(image.shape, bool)
    smooth = ndimage.median_filter(size, 3, mode="nearest").max()
    return (size > SPIKE * smooth) & (smooth > 0)


def fill_gaps(model: np.ndarray) -> np.ndarray:
    """Fill gaps from the point-symmetric pixel, galaxies being nearly so, and where that is missing too with sky."""
    opposite = np.nan_to_num(model[:, ::-1, ::-1], nan=0.0)
    return np.where(np.isfinite(model), model, opposite).astype(np.float32)
