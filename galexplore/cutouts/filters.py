"""Which bands a file holds, by its keywords, the names of its parts, and its own name."""

import re
from collections.abc import Iterable

from astropy.io import fits

from galexplore.survey import Survey

#: Keywords that name one image's filter, the first that does so counts; HST has one a filter wheel.
FILTER_KEYWORDS = (
    *("BAND", "FILTER", "FILTER1", "FILTER2", "FILTER3", "FILTNAM", "FILTNAM1", "FILTERID", "INSFILTE", "FILTERS"),
    *("BANDPASS", "PHOTBAND", "FPA.FILTER", "FILT", "FLTRNM"),
)
LIST_KEYWORDS = ("BANDS", "FILTERS", "CHANNELS", "IMGBANDS")
_SURVEYS = r"(?:sdss|des|decam|decals|hsc|ps1?|panstarrs|lsst|cfht|megacam|kids|omegacam|legacysurvey|ls|bass|mzls)"
_PARTS = (
    "image|img|sci|data|flux|cutout|mask|msk|dq|maskbits|var|variance|err|error|sigma|rms|invvar|ivar|wgt|wht|weight"
)


def band_letter(text: object, survey: Survey) -> str:
    """Find the band's letter in a filter's name: "g", "G", "g DECam SDSS c0001", "HSC-R", "r'", "SCI_Z"; "" if none.

    Bands that the survey has not are named too, so that they can be dropped by name. A capital counts where it is all
    there is, or stands behind a survey's name: Johnson's R and I beside other words are other filters.
    """
    name = str(text or "").strip()
    letters = "".join(sorted({*"ugrizy", *survey.bands}))
    for pattern in (
        rf"^([{letters}])$",
        rf"^{_SURVEYS}[-_ .]*([{letters}])\d?$",
        rf"^(?:band|filter|{_PARTS})[-_ .]*([{letters}])$",
        rf"^([{letters}])[-_ .](?:band|filter|sdss|decam|{_PARTS})$",
        rf"^([{letters}])(?:'|p|\+|prime)$",
    ):
        if match := re.match(pattern, name, re.IGNORECASE):
            return match[1].lower()
    small = "".join(b + (b.upper() if b not in "ugrizy" else "") for b in letters)
    letter = re.search(rf"(?<![a-zA-Z])([{small}Y])(?![a-zA-Z])", name)
    return letter[1].lower() if letter else ""


def header_band(header: fits.Header, survey: Survey) -> tuple[str, str]:
    """Band that a header names, and the keyword; both empty where it names none."""
    for keyword in (*FILTER_KEYWORDS, "EXTNAME"):
        if letter := band_letter(header.get(keyword), survey):
            return letter, keyword
    return "", ""


def split_bands(text: object, survey: Survey) -> list[str]:
    """Split a list of bands: "grz", "GRZ", "g,r,z", "des-g des-r des-z"."""
    words = [w for w in re.split(r"[,;\s|/]+", str(text or "").strip(" []()'\"")) if w]
    if len(words) == 1 and re.fullmatch(r"[a-zA-Z]+", words[0]):
        return list(words[0].lower())
    return name_bands(words, survey)


def name_bands(words: Iterable[object], survey: Survey) -> list[str]:
    """Letters of several filters' names; "?" where one has none."""
    return [band_letter(str(w).strip(" '\""), survey) or "?" for w in words]


def list_bands(header: fits.Header, count: int, survey: Survey) -> tuple[list[str], str]:
    """Bands of a cube's planes as its header lists them, and the keyword; empty where it lists none.

    Parameters
    ----------
    header : Header
    count : int
        How many planes there are; numbered keywords are taken where there are as many.
    survey : Survey
    """
    for keyword in LIST_KEYWORDS:
        bands = split_bands(header.get(keyword), survey)
        if len(bands) > 1 and "?" not in bands:
            return bands, keyword
    for stem in ("BAND", "FILTER", "FILT", "CHAN", "PLANE", "BAND_", "FILTER_"):
        for first in (0, 1):
            keys = [f"{stem}{i}" for i in range(first, first + max(count, 10)) if f"{stem}{i}" in header]
            bands = [b for b in (band_letter(header[k], survey) for k in keys) if b]
            if len(bands) > 1 and len(bands) == len(keys) and keys[0] == f"{stem}{first}":
                return bands, f"{keys[0]} to {keys[-1]}"
    return [], ""


def named_band(name: str, survey: Survey) -> str:
    """Find the band in a file's name: the last lone letter between - _ . as in legacysurvey-0001m002-image-r.fits."""
    words = re.split(r"[-_.\s]", name)
    lone = [w for w in words if len(w) == 1]
    glued = [w[-1] for w in words if re.fullmatch(rf"{_SURVEYS}[a-zA-Z]", w, re.IGNORECASE)]
    return next((b for b in (band_letter(w, survey) for w in [*reversed(lone), *reversed(glued)]) if b), "")
