"""The stand-in's files: FITS cutouts, images of stars and pictures, in the form of the Legacy Surveys' viewer."""

from io import BytesIO

import numpy as np
from astropy.io import fits
from PIL import Image

from galexplore.cutouts.colour import to_rgb
from galexplore.survey import DECALS

LARGEST = 3000  # pixels a side, to which the viewer clips in silence
_PSF = 63  # pixels a side of an image of a star
_ALL_MASKED = {"g": 5, "r": 6, "z": 7}  # bits of the survey's mask: no exposure of a band is good


def write_cutout(
    flux: np.ndarray,
    invvar: np.ndarray | None,
    mask: np.ndarray | None,
    place: tuple[float, float],
    bands: str,
    layer: str,
    scale: float,
) -> bytes:
    """Write flux (B, H, W) with inverse variance and mask (H, W), each in an HDU, north up and east left.

    Parameters
    ----------
    place : (float, float)
        ICRS degrees of the middle.
    scale : float
        Arcsec a pixel.
    """
    header = _describe(flux.shape, place, layer, scale)
    header["BANDS"] = bands
    header.update({f"BAND{i}": b for i, b in enumerate(bands)})
    planes = {"IMAGE": flux, "INVVAR": invvar}
    hdus: list[fits.PrimaryHDU | fits.ImageHDU] = []
    for kind, pixels in (*planes.items(), ("MASKBITS", mask)):
        if pixels is not None:
            header["IMAGETYP"] = kind
            data = pixels[0] if pixels.ndim == 3 and len(pixels) == 1 else pixels
            hdus.append((fits.ImageHDU if hdus else fits.PrimaryHDU)(data, header.copy()))
    return _write(hdus)


def write_subimage(flux: np.ndarray, invvar: np.ndarray, place: tuple[float, float], layer: str) -> bytes:
    """Write bands unresampled, an HDU each for image and inverse variance, as `subimage` asks for."""
    hdus: list[fits.PrimaryHDU | fits.ImageHDU] = [fits.PrimaryHDU()]
    hdus[0].header.update({"SURVEY": "stand-in", "VERSION": layer, "IMAGETYP": "image"})
    for band, image, weight in zip("grz", flux, invvar, strict=True):
        for kind, pixels in (("image", image), ("invvar", weight)):
            header = _describe(flux.shape, place, layer, DECALS.pixel_scale)
            header.update({"IMAGETYP": kind, "BAND": band, "BRICK": "0000p000"})
            hdus.append(fits.ImageHDU(pixels, header))
    return _write(hdus)


def _describe(shape: tuple[int, ...], place: tuple[float, float], layer: str, scale: float) -> fits.Header:
    """Write what the header of an image (..., H, W) says of its place and layer."""
    header = fits.Header({"SURVEY": "stand-in", "VERSION": layer, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    header.update(
        {"CRVAL1": place[0], "CRVAL2": place[1], "CRPIX1": (shape[-1] + 1) / 2, "CRPIX2": (shape[-2] + 1) / 2}
    )
    header.update({"CD1_1": -scale / 3600, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": scale / 3600})
    header.update({"IMAGEW": shape[-1], "IMAGEH": shape[-2]})
    return header


def mask_gaps(invvar: np.ndarray) -> np.ndarray:
    """Mark pixels (H, W), int16, that weigh nothing in a band."""
    bits = [((w == 0) << _ALL_MASKED[b]) for b, w in zip("grz", invvar, strict=True)]
    return np.asarray(np.bitwise_or.reduce(bits), np.int16)


def write_psf(widths: tuple[float, float, float], bands: str) -> bytes:
    """Write the image of a star of FWHM `widths` [arcsec] in each band, an HDU each."""
    y, x = np.mgrid[:_PSF, :_PSF] - (_PSF - 1) / 2
    hdus: list[fits.PrimaryHDU | fits.ImageHDU] = []
    for band in bands:
        sigma = widths["grz".index(band)] / 2.3548 / DECALS.pixel_scale
        star = np.exp(-0.5 * (x**2 + y**2) / sigma**2)
        header = fits.Header({"BAND": band}) if hdus else fits.Header({"BANDS": bands, "BAND": band})
        hdus.append((fits.ImageHDU if hdus else fits.PrimaryHDU)((star / star.sum()).astype(np.float32), header))
    return _write(hdus)


def write_jpeg(flux: np.ndarray | None, size: int) -> bytes:
    """Write a picture in the viewer's colours; a blank one where there is no flux."""
    colours = np.full((size, size, 3), 32, np.uint8) if flux is None else to_rgb(flux, DECALS)[::-1]
    stream = BytesIO()
    Image.fromarray(np.ascontiguousarray(colours)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _write(hdus: list) -> bytes:
    stream = BytesIO()
    fits.HDUList(hdus).writeto(stream)
    return stream.getvalue()
