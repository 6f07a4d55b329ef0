"""HDUs of the scene's galaxy: pixels of any type, and what may stand beside them."""

from typing import Any

import numpy as np
from astropy.io import fits

from galexplore.bench.scenes import Convention


def store(how: Convention, pixels: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Fill a strip with what marks gaps, and bring pixels to their type; cards of the scaling."""
    pixels = pixels.copy()
    if how.fill is not None:
        pixels[..., :8, :] = how.fill
    if how.pixels in ("f4", "f8"):
        return pixels.astype(f">{how.pixels}"), {}
    pixels[~(np.abs(pixels) < 1e20)] = np.nan
    low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    bits = 30 if how.pixels == "i4" else 15
    step = (high - low) / (2**bits - 1)
    whole = np.rint((pixels - low) / step)
    blank = -(2**bits)
    cards: dict[str, Any] = {"BSCALE": step, "BZERO": low}
    if how.pixels == "BLANK" or not np.isfinite(whole).all():
        whole, cards = np.where(np.isfinite(whole), whole, blank), cards | {"BLANK": blank}
    return whole.astype(">i4" if bits == 30 else ">i2"), cards


def make_image(how: Convention, pixels: np.ndarray, header: fits.Header, name: str = "", first: bool = False) -> Any:
    """Make an HDU of pixels; scaled integers keep their BSCALE and BZERO."""
    stored, cards = store(how, pixels)
    kind = fits.PrimaryHDU if first else fits.ImageHDU
    if how.packed == "fz" and not first:
        made = fits.CompImageHDU(
            pixels.astype("f4"), header, name=name or None, compression_type="GZIP_2", quantize_level=0
        )
        return made
    made = kind(stored, header)
    made.header.update(cards)
    if cards:
        made = kind(stored, made.header, do_not_scale_image_data=True)
        made.header.update(cards)
    if name:
        made.header["EXTNAME"] = name
    return made


def make_beside(how: Convention, noise: np.ndarray | float, shape: tuple[int, ...], suffix: str) -> list[Any]:
    """Make weights, errors, masks, models and PSFs, as the convention has them."""
    one = np.ones(shape, "f4") * np.float32(noise)
    mask = np.zeros(shape, "i2")
    mask[..., 20:23, 20:23] = 1
    weight = 1 / one**2
    weight[..., 30:33, 20:23] = 0
    psf = np.full((*shape[:-2], 31, 31), 1 / 31**2, "f4")
    made = {
        "invvar": weight,
        "variance": one**2,
        "error": one,
        "mask": mask,
        "psf": psf,
        "model": one * 7,
    }
    names = {"invvar": "INVVAR", "variance": "VARIANCE", "error": "ERR", "mask": "MASK", "psf": "PSF", "model": "MODEL"}
    wanted = list(made) if how.beside == "all" else [how.beside] if how.beside else []
    return [fits.ImageHDU(made[w], name=names[w] + suffix) for w in wanted]
