"""The HDUs of a FITS file: walked without touching any data, each with what it inherits from the primary one."""

import math
from io import BytesIO

from astropy.io import fits

from galexplore.cutouts.conventions import OF_ONE_IMAGE, ZERO_POINTS
from galexplore.cutouts.cutout import MAX_SIDE, check_side
from galexplore.cutouts.flux_units import read_unit
from galexplore.errors import InputError
from galexplore.survey import Survey

MAX_HDUS = 100
_BLOCK = 2880
_WCS = (
    "CTYPE",
    "CRVAL",
    "CRPIX",
    "CD1_",
    "CD2_",
    "PC1_",
    "PC2_",
    "CDELT",
    "CROTA",
    "CUNIT",
    "PV",
    "LONPOLE",
    "LATPOLE",
)
_OWN = ("XTENSION", "SIMPLE", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "BSCALE", "BZERO", "EXTNAME", "EXTVER")
_ROLES = ("EXTTYPE", "IMAGETYP", "HDUCLAS", "DES_EXT", "IMTYPE", "CHECKSUM", "DATASUM", "BLANK", "INHERIT")


def inherit(own: fits.Header, primary: fits.Header, single: bool = True) -> fits.Header:
    """Fill in from the primary header what an extension does not say itself.

    Not its name, role and structure, nor a second WCS beside the extension's own, nor a zero point beside its own unit
    of flux, nor, unless it is the file's `single` image, a seeing that names no band. An extension with INHERIT = F
    takes nothing (FITS standard 4.0, appendix K).
    """
    if own is primary or own.get("INHERIT") is False:
        return own
    merged, located = own.copy(), "CTYPE1" in own or "CD1_1" in own
    calibrated = read_unit(str(own.get("BUNIT", ""))) is not None if own.get("BUNIT") else False
    for card in primary.cards:
        keyword = card.keyword
        if not keyword or keyword in own or keyword in ("COMMENT", "HISTORY", "END"):
            continue
        if keyword.startswith((*_OWN, *_ROLES)):
            continue
        if (located and keyword.startswith(_WCS)) or (calibrated and keyword in ZERO_POINTS):
            continue
        if keyword in OF_ONE_IMAGE and not single:
            continue
        merged[keyword if len(keyword) <= 8 else f"HIERARCH {keyword}"] = (card.value, card.comment)
    merged.extend([card for card in primary.cards if card.keyword in ("COMMENT", "HISTORY")], end=True)
    return merged


def name_hdu(header: fits.Header, number: int) -> str:
    """Name an HDU in a sentence: "HDU 1 (SCI)"."""
    name = "".join(c for c in str(header.get("EXTNAME", "")).strip() if c.isprintable())[:20]
    return f"HDU {number} ({name})" if name else f"HDU {number}"


def axes_of(header: fits.Header, survey: Survey) -> list[int]:
    """Return the lengths of an image's axes, also of a compressed one; refuse impossible ones."""
    z = "Z" if header.get("ZIMAGE") else ""
    count = header.get(f"{z}NAXIS", 0)
    if not isinstance(count, int) or not 0 <= count <= 4:
        raise InputError(
            f"the FITS header promises {str(count)[:20]} axes; an image of {survey.count_word} bands has three"
        )
    axes = [header.get(f"{z}NAXIS{i + 1}", -1) for i in range(count)]
    if any(not isinstance(n, int) or n < 0 for n in axes):
        raise InputError("the FITS header does not give the image's size")
    return axes


def image_headers(data: bytes, survey: Survey) -> dict[int, fits.Header]:
    """Walk the headers, without touching any data, and return those of images that are whole and of bearable size."""
    images, start, number = {}, 0, 0
    while start < len(data) and (start == 0 or data.startswith(b"XTENSION", start)):
        stream = BytesIO(data)
        stream.seek(start)
        try:
            header = fits.Header.fromfile(stream)
        except (OSError, EOFError, ValueError) as error:
            raise InputError("the FITS file is cut short or damaged: a header has no end") from error
        image = bool(header.get("ZIMAGE")) or str(header.get("XTENSION", "IMAGE")).strip() == "IMAGE"
        axes = axes_of(header, survey)
        if image and len(axes) > 1 and 0 not in axes:
            check_side(*axes)
            check_side(*(header.get(f"ZTILE{i}", 1) for i in range(1, 5)))
            if math.prod(axes) > 8 * MAX_SIDE**2:
                raise InputError(f"the image of {' x '.join(map(str, axes))} pixels is too large; cut out the galaxy")
            images[number] = header
        size = _data_bytes(header)
        start = stream.tell() + size
        if size < 0 or number > MAX_HDUS:
            raise InputError("the FITS file is damaged: its headers make no sense")
        if start > len(data):
            raise InputError(f"the FITS file is cut short: {len(data):,} bytes are there of at least {start:,}")
        start = -(-start // _BLOCK) * _BLOCK
        number += 1
    return images


def _data_bytes(header: fits.Header) -> int:
    """Count the bytes of an HDU's data as they lie in the file (FITS standard 4.0, equation 2)."""
    axes = [header[f"NAXIS{i + 1}"] for i in range(header["NAXIS"])]
    values = (math.prod(axes) if axes else 0) + header.get("PCOUNT", 0)
    return values * header.get("GCOUNT", 1) * abs(header["BITPIX"]) // 8
