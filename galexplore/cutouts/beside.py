"""npy arrays read within bounds, and what stands beside an image in an npz: bands, unit, zero point, scale, place."""

import json
import math
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from astropy.io import fits

from galexplore.cutouts.filters import name_bands, split_bands
from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED, bare_name
from galexplore.survey import Survey

MAX_TEXT = 100_000  # bytes of text beside an image
MAX_VALUES = 16  # numbers in an array that says something of an image
_BANDS = re.compile(
    r"^(image_)?(bands?|filters?|channels?|passbands?|filts?|flt|colou?rs)(_?(names?|order|list|requested))?$"
)
_SCALES = re.compile(r"^(pix(el)?_?(scale|size)(_arcsec)?|pixscale_arcsec|arcsec_per_pix(el)?|plate_?scale)$")
_UNITS = re.compile(r"^(b?units?|(flux|image|data)_?units?)$")
_ZEROS = re.compile(
    r"^(ab_?)?(mag_?|phot_?)?(zero_?points?|zps?|zpts?|mag_?zero(_?point)?s?|magzpt|magzero)(_?ab)?$", re.IGNORECASE
)
_SEEING = re.compile(r"^(psf_?size|psf_?fwhm|seeing|fwhm)$")
_TIMES = ("exptime", "exposure_time", "exp_time")
#: Plain values of small arrays, by name in small letters without meta_.
Values = dict[str, Any]


@dataclass(frozen=True)
class Beside:
    """What a file says of an array: bands and the key that names them, all else as a header, and what is unreadable."""

    bands: tuple[str, ...] = ()
    bands_key: str = ""
    header: fits.Header = field(default_factory=fits.Header)
    unread: str = ""


NOTHING_BESIDE = Beside()


def read_npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read what an npy header promises: shape, Fortran order, type."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise InputError("the array's npy version is not known here; save it anew with numpy.save")


def read_npy(stream: IO[bytes]) -> np.ndarray:
    """Read one npy array after a look at what its header promises; never unpickles."""
    shape, fortran, dtype = read_npy_header(stream)
    if dtype.hasobject:
        raise InputError("the array holds pickled Python objects, which are never opened; save plain numbers")
    if dtype.kind not in "fiub":
        raise InputError(f"the array's type is {dtype}; real numbers are needed")
    size = math.prod(shape) * dtype.itemsize
    if not 0 < size <= MAX_UNPACKED:
        raise InputError(f"the array's shape is {shape}: empty or larger than {MAX_UNPACKED // 10**6} MB")
    raw = stream.read(size)
    if len(raw) < size:
        raise InputError(f"the array is cut short: {len(raw):,} of {size:,} bytes are there")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")


def read_beside(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], survey: Survey) -> Beside:
    """Read what stands beside an image, under its usual names with or without meta_, in JSON, or in FITS cards."""
    values, pickled = _read_values(archive, members)
    header = fits.Header()
    for text in (v for v in values.values() if isinstance(v, str)):
        header.update(_read_cards(text))
    bands, key = _find_bands(values, survey)
    _put_scale(header, values)
    _put_units(header, values, bands or survey.bands)
    _put_seeing(header, values, bands or survey.bands)
    for name in _TIMES:
        if _number(values.get(name)) is not None:
            header["EXPTIME"] = _number(values[name])
    for name in ("dereddened", "deredden"):
        if values.get(name):
            header["DEREDDEN"] = str(values[name])[:20]
    if _number(values.get("ebv")) is not None:
        header["EBV"] = _number(values["ebv"])
    ra, dec = _number(values.get("ra")), _number(values.get("dec"))
    if ra is not None and dec is not None:
        header["RA_OBJ"], header["DEC_OBJ"] = ra, dec
        _put_matrix(header, values.get("cd"), (ra, dec))
    unread = [k for k in pickled if _BANDS.match(k) or re.match(r"meta|info|header|attrs", k)]
    if not bands:
        unread += [k for k, v in values.items() if _BANDS.match(k) and k not in unread and v != []]
    said = f"its array {unread[0]} holds {'pickled objects' if unread[0] in pickled else 'no bands'}" if unread else ""
    return Beside(bands, key, header, said)


def _read_values(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> tuple[Values, list[str]]:
    """Read every small array of text or numbers, and what JSON texts hold; the names of what is pickled."""
    values, pickled = Values(), list[str]()
    for name, member in members.items():
        key = bare_name(name).lower().removeprefix("meta_")
        with archive.open(member) as stream:
            shape, _, dtype = read_npy_header(stream)
            count = math.prod(shape)
            if dtype.hasobject:
                pickled.append(key)
            elif dtype.kind in "SU" and 0 < dtype.itemsize * count <= MAX_TEXT:
                raw = np.frombuffer(stream.read(dtype.itemsize * count), dtype).ravel().tolist()
                words = [w.decode("latin-1") if isinstance(w, bytes) else str(w) for w in raw]
                values.setdefault(key, words[0] if len(words) == 1 else words)
            elif dtype.kind in "fiub" and 0 < count <= MAX_VALUES:
                numbers = np.frombuffer(stream.read(dtype.itemsize * count), dtype).ravel()
                values.setdefault(key, [float(v) for v in numbers] if len(numbers) > 1 else float(numbers[0]))
    for text in [v for v in values.values() if isinstance(v, str) and v.lstrip().startswith("{")]:
        try:
            for key, value in json.loads(text).items():
                values.setdefault(str(key).lower(), value)
        except (ValueError, AttributeError, RecursionError):
            continue
    return values, pickled


def _read_cards(text: str) -> fits.Header:
    """Read a text of FITS cards; empty where it is none."""
    if not re.match(r"[A-Z][A-Z0-9_-]{0,7} *= ", text) or len(text) < 40:
        return fits.Header()
    try:
        header = fits.Header.fromstring(text, sep="\n" if "\n" in text else "")
        return fits.Header([c for c in header.cards if c.keyword and not c.keyword.startswith(("NAXIS", "COMMENT"))])
    except (ValueError, TypeError, OSError):
        return fits.Header()


def _find_bands(values: Values, survey: Survey) -> tuple[tuple[str, ...], str]:
    """Find the array that names the bands: one of the usual names, else any whose words all are bands."""
    usual = [k for k in values if _BANDS.match(k)]
    for key in (*usual, *(k for k in values if k not in usual)):
        value = values[key]
        words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        if not words or not all(isinstance(w, str) for w in words):
            continue
        listed = split_bands(words[0], survey) if len(words) == 1 else name_bands(words, survey)
        if len(listed) > 1 and "?" in listed and key in usual:
            raise InputError(f"the npz names its bands {', '.join(words)[:60]}; {survey.band_words} are needed")
        if len(listed) > 1 and "?" not in listed and (key in usual or set(survey.bands) <= set(listed)):
            return tuple(listed), key
    return (), ""


def _numbers(value: Any) -> list[float]:
    """Finite numbers of a value; empty where it is none."""
    values = value if isinstance(value, list) else [value]
    good = all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values)
    return [float(v) for v in values] if values and good else []


def _number(value: Any) -> float | None:
    """One number, or several that are equal."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    numbers = _numbers(value)
    return numbers[0] if len(set(numbers)) == 1 else None


def _put_scale(header: fits.Header, values: Values) -> None:
    """Note the pixel scale as a header would."""
    for key, value in values.items():
        number = _number(value)
        if _SCALES.match(key) or (key == "scale" and number is not None and 0.01 < number < 10 and number != 1):
            sides = _numbers(value)
            if number is not None or isinstance(value, str):
                header["PIXSCALE"] = value[:60] if isinstance(value, str) else number
            elif len(sides) == 2:
                header["PIXSCAL1"], header["PIXSCAL2"] = sides
        elif key == "cdelt" and (sides := _numbers(value))[:1]:
            header["CDELT1"], header["CDELT2"] = -abs(sides[0]), abs(sides[-1])


def _put_units(header: fits.Header, values: Values, bands: Sequence[str]) -> None:
    """Note units and zero points, one or one a band, as a header would."""
    for key, value in values.items():
        if _UNITS.match(key):
            for keyword, word in _share(value, bands, "BUNIT", str):
                header[keyword] = word[:60]
        elif _ZEROS.match(key):
            for keyword, number in _share(_numbers(value), bands, "MAGZERO", float):
                header[keyword] = number
        else:
            stem, _, band = key.rpartition("_")
            if band in bands and _ZEROS.match(stem) and _number(value) is not None:
                header[f"MAGZERO_{band.upper()}"] = _number(value)


def _put_seeing(header: fits.Header, values: Values, bands: Sequence[str]) -> None:
    """Note the seeing [arcsec], one a band or of one band each, as a header would."""
    for key, value in values.items():
        stem, _, band = key.rpartition("_")
        if _SEEING.match(key):
            for name, number in _share(_numbers(value), bands, _spell(key), float):
                header[name] = (number, "arcsec")
        elif (_SEEING.match(stem) or stem == "psf") and band in bands and _number(value) is not None:
            header[f"{_spell(stem)}_{band.upper()}"] = (_number(value), "arcsec")


def _spell(key: str) -> str:
    """Spell an array's name as the keyword of a header."""
    return {"psf": "PSFSIZE", "psf_size": "PSFSIZE"}.get(key, key.upper())


def _share(value: Any, bands: Sequence[str], keyword: str, kind: type) -> Iterator[tuple[str, Any]]:
    """Give one value to all bands, or one to each."""
    values = value if isinstance(value, list) else [value]
    if len(values) == 1 and isinstance(values[0], kind):
        yield keyword, values[0]
    elif len(values) == len(bands):
        yield from ((f"{keyword}_{b.upper()}", v) for b, v in zip(bands, values, strict=True) if isinstance(v, kind))


def _put_matrix(header: fits.Header, cd: Any, place: tuple[float, float]) -> None:
    """Note a matrix [deg a pixel] that stands alone, about the image's middle; its CRPIX comes with the image."""
    numbers = _numbers(cd)
    if len(numbers) == 4 and "CTYPE1" not in header:
        header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        header["CRVAL1"], header["CRVAL2"] = place
        header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = numbers
