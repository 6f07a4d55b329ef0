"""The scene's galaxy written to files, and the files' names."""

import bz2
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import fits

from galexplore.bench.scene_hdus import make_beside, make_image
from galexplore.bench.scenes import EXTENSION_NAMES, FIELD, FILTER_NAMES, FLUXES, LISTS, NOISE, Convention, draw_band
from galexplore.bench.sky_headers import SKY, wcs_header
from galexplore.survey import DECALS

AWAY = (5.0, -6.0)  # arcsec east and north that the target lies off the frame's middle where a keyword names it
NO_WCS = ("CDELT", "PIXSCALE", "asked")
_LAYOUTS_OF_ONE = ("cube", "cube in an extension", "cube, bands last")


@dataclass(frozen=True)
class Written:
    """Files of one galaxy, their names, and the pixel scale that its owner has to give, if any."""

    files: list[bytes]
    names: list[str]
    pixel_scale: float | None


@dataclass
class _Band:
    letter: str
    pixels: np.ndarray
    header: fits.Header
    noise: float


def write(how: Convention) -> Written:
    """Write the galaxy by a convention."""
    bands = [_draw(how, band, k) for k, band in enumerate(how.bands)]
    if how.layout in ("npz", "npz, an array a band"):
        return Written([_save_npz(how, bands)], ["galaxy.npz"], None if how.where == "primary" else how.scale)
    asked = how.scale if how.form == "asked" else None
    if how.layout == "files":
        kept = [b for b in bands if b.letter in DECALS.bands]
        files = [_pack(_save([*_single(how, b)]), how.packed) for b in kept]
        return Written(files, [f"galaxy-{b.letter}.fits" for b in kept], asked)
    hdus = _cube(how, bands) if how.layout in _LAYOUTS_OF_ONE else _extensions(how, bands)
    return Written([_pack(_save(hdus), how.packed)], ["galaxy.fits"], asked)


def is_possible(how: Convention) -> bool:
    """Whether a convention can be written: not all values go together."""
    square = how.stretch == 1 and not how.swapped
    linear = how.projection == "TAN" and square and how.parity == 1 and how.turned == 0 and how.frame == "ICRS"
    crota = square and how.projection not in ("LONPOLE", "TAN-SIP")
    flat = how.layout.startswith("npz") or how.layout in _LAYOUTS_OF_ONE
    cards = FLUXES[how.flux].cards
    return (
        (how.form not in NO_WCS or (linear and not how.target and not how.odd_band))
        and (how.form != "CROTA" or crota)
        and (how.layout in _LAYOUTS_OF_ONE or not FLUXES[how.flux].numbered)
        and not (how.other_flux and FLUXES[how.other_flux].numbered)
        and (not how.layout.startswith("npz") or (how.form == "asked" and not how.packed))
        and not (flat and (how.other_flux or how.odd_band))
        and not (how.projection == "CAR" and how.frame != "galactic")
        and not (how.packed == "fz" and how.layout in ("cube, bands last",))
        and not ("SURVEY" in cards and how.other_flux)
        and not (how.stretch != 1 and FLUXES[how.flux].per == "pixel" and how.other_flux)
    )


def _header(how: Convention, k: int, shape: tuple[int, int], middle: Any) -> fits.Header:
    """Place a band on the sky; the second one otherwise where a band is to lie otherwise."""
    if how.form in NO_WCS:
        return fits.Header()
    odd = how.odd_band and k == 1
    return wcs_header(
        shape,
        how.scale,
        form=how.form,
        frame=how.frame,
        projection=how.projection,
        turned=how.turned + 90 * odd,
        parity=how.parity * (-1 if odd else 1),
        stretch=how.stretch,
        swapped=how.swapped,
        middle=middle,
    )


def _draw(how: Convention, band: str, k: int) -> _Band:
    shape = (round(FIELD / how.scale / how.stretch) + 7, round(FIELD / how.scale))
    away = AWAY if how.target else (0.0, 0.0)
    middle = SKY.spherical_offsets_by(-away[0] * u.arcsec, -away[1] * u.arcsec)
    header = _header(how, k, shape, middle)
    drawn = header or wcs_header(shape, how.scale)
    flux = FLUXES[how.other_flux or how.flux] if k == 1 else FLUXES[how.flux]
    value = flux.values(how.scale * np.sqrt(how.stretch))
    if how.projection == "TNX":  # which no WCS library knows: its linear part
        drawn = fits.Header(drawn, copy=True)
        drawn["CTYPE1"], drawn["CTYPE2"] = (str(drawn[f"CTYPE{i}"]).replace("TNX", "TAN") for i in (1, 2))
    pixels = draw_band(band, drawn, shape) * value
    for keyword, card in flux.cards.items():
        if flux.numbered and keyword.startswith(("MAGZERO", "ZP")):
            header.update({f"{keyword}{i}": card for i in range(1, len(how.bands) + 1)})
        else:
            header[keyword] = card
    _add_scale(how, header)
    _add_target(how, header)
    return _Band(band, pixels, header, NOISE[band] * value)


def _add_scale(how: Convention, header: fits.Header) -> None:
    if how.form == "CDELT":
        header.update({"CDELT1": -how.scale / 3600, "CDELT2": how.scale / 3600})
    elif how.form == "PIXSCALE" or how.scale_keyword:
        keyword = how.scale_keyword if how.scale_keyword in ("PIXSCALE", "SECPIX") else "PIXSCALE"
        wrong = how.scale_keyword == "wrong PIXSCALE" and how.form not in NO_WCS
        if how.form in ("PIXSCALE", *(("CD", "PC", "CROTA"))) and how.stretch == 1:
            header[keyword] = 0.55 if wrong else how.scale


def _add_target(how: Convention, header: fits.Header) -> None:
    if how.target == "sexagesimal":
        header["RA_OBJ"], header["DEC_OBJ"] = SKY.ra.to_string("hour", sep=":"), SKY.dec.to_string(sep=":")
    elif how.target:
        keys = {"RA_TARG": ("RA_TARG", "DEC_TARG"), "OBJRA": ("OBJRA", "OBJDEC")}[how.target]
        header[keys[0]], header[keys[1]] = SKY.ra.deg, SKY.dec.deg


def _share(how: Convention, cards: dict[str, Any], own: fits.Header, primary: fits.Header) -> None:
    """Put cards where the convention has them."""
    for keyword, card in cards.items():
        (primary if how.where == "primary" else own)[keyword] = card
    if how.inherit is not None and (how.inherit or how.where != "primary"):
        own["INHERIT"] = how.inherit


def _cube(how: Convention, bands: Sequence[_Band]) -> list[Any]:
    pixels, header, primary = np.stack([b.pixels for b in bands]), bands[0].header.copy(), fits.Header()
    first = how.layout != "cube in an extension" and how.packed != "fz"
    listed = LISTS[how.listed](how.bands)
    if first:
        header.update(listed)
    else:
        _share(how, listed, header, primary)
    if how.third_axis and "CTYPE1" in header and how.layout != "cube, bands last":
        header["WCSAXES"] = 3
        header["CTYPE3"], header["CRVAL3"], header["CRPIX3"] = how.third_axis, 1.0, 1.0
        header["CD3_3" if how.form == "CD" else "CDELT3"] = 1.0
    if how.layout == "cube, bands last":
        pixels = np.moveaxis(pixels, 0, -1)
    image = make_image(how, pixels, header, EXTENSION_NAMES.get(how.extension, "") * (how.extension == "sci"), first)
    noise = np.array([b.noise for b in bands])[:, None, None]
    others = make_beside(how, noise, np.stack([b.pixels for b in bands]).shape, "")
    if first:
        return [image, *others]
    return [fits.PrimaryHDU(header=primary), *((*others, image) if how.before else (image, *others))]


def _named(how: Convention, band: _Band) -> tuple[dict[str, Any], str]:
    """Cards that name a band, and the extension's name."""
    name = FILTER_NAMES[how.filter_name].format(b=band.letter, B=band.letter.upper())
    extension = EXTENSION_NAMES[how.extension].format(b=band.letter, B=band.letter.upper())
    return {how.filter_keyword: name}, extension


def _extensions(how: Convention, bands: Sequence[_Band]) -> list[Any]:
    primary, made = fits.Header(), list[Any]()
    for band in bands:
        cards, name = _named(how, band)
        header = band.header.copy()
        header.update(cards)
        image = make_image(how, band.pixels, header, name)
        others = make_beside(how, band.noise, band.pixels.shape, f"_{band.letter.upper()}")
        made += [*others, image] if how.before else [image, *others]
    return [fits.PrimaryHDU(header=primary), *made]


def _single(how: Convention, band: _Band) -> list[Any]:
    cards, name = _named(how, band)
    header, primary = band.header.copy(), fits.Header()
    others = make_beside(how, band.noise, band.pixels.shape, "")
    if how.where == "extension" and not how.before and how.packed != "fz":
        header.update(cards)
        return [make_image(how, band.pixels, header, name, first=True), *others]
    _share(how, cards, header, primary)
    image = make_image(how, band.pixels, header, name)
    return [fits.PrimaryHDU(header=primary), *((*others, image) if how.before else (image, *others))]


def _save_npz(how: Convention, bands: Sequence[_Band]) -> bytes:
    """Save an npz: plain values beside the image, or all that is said as a text of FITS cards."""
    header, pixels = bands[0].header, np.stack([b.pixels for b in bands])
    if how.layout == "npz":
        arrays: dict[str, Any] = {"image": (np.moveaxis(pixels, 0, -1) if how.before else pixels).astype("f4")}
        arrays["bands" if how.inherit is None else "band_names"] = list(how.bands) if how.swapped else how.bands
    else:
        arrays = {f"image_{b.letter}" if how.before else b.letter: b.pixels.astype("f4") for b in bands}
    if how.where == "primary":
        card = fits.Header({"PIXSCALE": how.scale})
        card.update(header)
        arrays["header"] = card.tostring(sep="\n" if how.before else "")
    else:
        names = {"BUNIT": "unit", "EXPTIME": "exptime", "MAGZPT": "zero_point", "ZP": "zp", "ZEROPT": "zpt"}
        names |= {"MAGZP": "magzp", "MAGZEROP": "zeropoint"}
        arrays |= {names[k]: header[k] for k in header if k in names}
        arrays |= {"pixel_scale": how.scale}
    if how.beside in ("invvar", "mask"):
        weight = np.ones_like(pixels) / np.array([b.noise for b in bands])[:, None, None] ** 2
        weight[..., 20:23, 20:23] = 0
        beside = {"ivar": weight} if how.beside == "invvar" else {"mask": (weight == 0).astype("u1")}
        arrays |= beside if how.layout == "npz" else {}
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _save(hdus: Sequence[Any]) -> bytes:
    stream = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(stream, output_verify="silentfix")
    return stream.getvalue()


def _pack(data: bytes, how: str) -> bytes:
    if how == "gz":
        return gzip.compress(data, 1)
    return bz2.compress(data, 1) if how == "bz2" else data
