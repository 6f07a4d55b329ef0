"""Which bands a file holds, by its keywords, the names of its parts, and its own name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from astropy.io import fits

from galexplore.survey import Survey

#: Keywords that name one image's filter, the first that does so counts; HST has one a filter wheel.
FILTER_KEYWORDS = (
    *("BAND", "FILTER", "FILTER1", "FILTER2", "FILTER3", "FILTER4", "FILTNAM", "FILTNAM1", "FILTNAME", "FILTERID"),
    *(
        "FILTER_ID",
        "FILTER01",
        "INSFILTE",
        "FILTERS",
        "BANDPASS",
        "PASSBAND",
        "PHOTBAND",
        "BANDNAME",
        "FILTBAND",
        "FILT",
        "FILT1",
    ),
    *("PHYSFILT", "FILTERNAME", "FILTERCO", "FILTERCODE", "FLTRNM", "FLTR", "FPA.FILTER", "FPA.FILTERID", "COLOR"),
    *("LSST BUTLER DATAID BAND", "ESO INS FILT1 NAME", "ESO INS FILT NAME", "BANDLABEL"),
)
LIST_KEYWORDS = ("BANDS", "FILTERS", "CHANNELS", "IMGBANDS", "COLORS", "BANDLIST")
#: Stems of keywords that name planes by number: BAND1, FILTER_2, CHAN01.
_STEMS = (
    *("BAND", "FILTER", "FILT", "FILTNAM", "CHAN", "CHANNEL", "PLANE", "SLICE", "LAYER", "FILTNM", "COLOR"),
    *("FILTERID", "BANDID"),
)
_SURVEYS = (
    r"(?:sdss|sloan|des|decam|decals|delve|hsc|ps1?|panstarrs|lsst|lsstcam|rubin|cfht|megacam|megaprime|mega|kids|vst|"
    r"omegacam|legacysurvey|legacy|ls|bass|mzls|ztf|skymapper|unions|subaru|gmos|lcogt|acs|desi)"
)
_PARTS = (
    "image|img|sci|data|flux|cutout|mask|msk|dq|maskbits|var|variance|err|error|sigma|rms|invvar|ivar|wgt|wht|weight"
)


@dataclass(frozen=True)
class BandName:
    """A band's letter, or "" where none is named; the keyword that says so, and its text."""

    letter: str = ""
    keyword: str = ""
    text: str = ""

    @property
    def said(self) -> str:
        """Keyword and text in a sentence: "FILTER = HSC-R"."""
        return f"{self.keyword} = {self.text}" if self.text else self.keyword


def letters_of(survey: Survey) -> str:
    """Letters that name bands: those of the usual filters and the survey's own."""
    return "".join(sorted({*"ugrizy", *survey.bands}))


def band_letter(text: object, survey: Survey) -> str:
    """Find the band's letter in a filter's name: "g", "G", "g DECam SDSS c0001", "HSC-R", "r'", "SCI_Z"; "" if none.

    Bands that the survey has not are named too, so that they can be dropped by name. A capital counts where it is all
    there is, or stands behind a survey's name: Johnson's R and I beside other words are other filters.
    """
    name = str(text if text is not None else "").strip()
    letters = letters_of(survey)
    for pattern in (
        rf"^([{letters}])$",
        rf"^{_SURVEYS}[-_ .]*([{letters}])\d?$",
        rf"^([{letters}])[-_ .]?{_SURVEYS}$",
        rf"^(?:band|filter|{_PARTS})[-_ .]*([{letters}])$",
        rf"^([{letters}])[-_ .]?(?:band|filter|{_PARTS})$",
        rf"^([{letters}])(?:'|p|p1|\+|prime)$",
        rf"^([{letters}])_g03\d\d$",  # GMOS at Gemini
        rf"^w-s-([{letters}])\+$",  # the Sloan filters of Suprime-Cam
        r"^z([gri])$",  # FILTERCODE of the ZTF
        r"^(z)_?s$",  # the short z of LCOGT and MuSCAT
    ):
        if match := re.match(pattern, name, re.IGNORECASE):
            return match[1].lower()
    small = "".join(b + (b.upper() if b not in "ugrizy" else "") for b in letters)
    alone = {m.lower() for m in re.findall(rf"(?<![a-zA-Z])([{small}Y])(?![a-zA-Z])", name)}
    return alone.pop() if len(alone) == 1 else ""


def header_band(header: fits.Header, survey: Survey) -> BandName:
    """Band that a header names, by which keyword and how; empty where it names none."""
    for keyword in FILTER_KEYWORDS:
        if letter := band_letter(header.get(keyword), survey):
            return BandName(letter, keyword, _shorten(header[keyword]))
    return extension_band(header.get("EXTNAME"), survey)


def extension_band(name: object, survey: Survey) -> BandName:
    """Band that an extension's name tells, whatever stands before or behind the letter: "COADD_G", "R-STACK"."""
    text = str(name or "").strip()
    letter = band_letter(text, survey)
    if not letter:
        words = re.split(r"[-_. ]+", text)
        lone = [w for w in (words[-1], words[0]) if len(words) > 1 and len(w) == 1]
        letter = next((w.lower() for w in lone if w.lower() in letters_of(survey)), "")
    return BandName(letter, "EXTNAME", _shorten(text)) if letter else BandName()


def unread_bands(header: fits.Header, survey: Survey) -> str:
    """Name the keywords that name a filter which is not known here: "FILTER = F606W"; empty where there are none."""
    texts = {k: _shorten(header[k]) for k in (*LIST_KEYWORDS, *FILTER_KEYWORDS) if isinstance(header.get(k), str)}
    return " and ".join(f"{k} = {t}" for k, t in texts.items() if t and not band_letter(t, survey))


def _shorten(text: object) -> str:
    return "".join(c for c in str(text).strip() if c.isprintable())[:40]


def split_bands(text: object, survey: Survey) -> list[str]:
    """Split a list of bands: "grz", "GRZ", "g,r,z", "z:r:g", "des-g des-r des-z", "DECam z, DECam r"."""
    bare = str(text if text is not None else "").strip(" []()'\"")
    for separator in (r"[,;|]", r"\s", r"[:/+]", r"[-_]"):
        words = [w.strip(" '\"") for w in re.split(separator, bare)]
        words = [w for w in words if w]
        bands = name_bands(words, survey)
        if len(words) > 1 and (separator == r"[,;|]" or "?" not in bands):
            return bands
    if re.fullmatch(rf"[{letters_of(survey)}]+", bare, re.IGNORECASE):
        return list(bare.lower())
    return ["?"] if bare else []


def name_bands(words: Iterable[object], survey: Survey) -> list[str]:
    """Letters of several filters' names; "?" where one has none."""
    return [band_letter(str(w).strip(" '\""), survey) or "?" for w in words]


def list_bands(header: fits.Header, count: int, survey: Survey) -> tuple[list[str], str]:
    """Bands of a cube's planes as its header lists them, and the keyword with its text; empty where it lists none.

    Parameters
    ----------
    header : Header
    count : int
        How many planes there are; a keyword that usually names a single filter, and numbered ones, are taken where
        they name as many.
    survey : Survey
    """
    axis = ("CNAME3",) if str(header.get("CTYPE3", "")).upper().startswith(("BAND", "FILTER")) else ()
    for keyword in (*LIST_KEYWORDS, *axis, *FILTER_KEYWORDS, "EXTNAME"):
        bands = split_bands(header.get(keyword), survey)
        if len(bands) > 1 and "?" not in bands and (keyword in LIST_KEYWORDS or len(bands) == count):
            return bands, f"{keyword} = {_shorten(header[keyword])}"
    return _list_numbered(header, count, survey)


def _list_numbered(header: fits.Header, count: int, survey: Survey) -> tuple[list[str], str]:
    """Bands by numbered keywords, or the order in which a spectral third axis runs."""
    for stem in _STEMS:
        for form in (f"{stem}{{}}", f"{stem}_{{}}", f"{stem}{{:02d}}"):
            for first in (0, 1):
                keys = [k for i in range(first, first + max(count, 10)) if (k := form.format(i)) in header]
                bands = [b for b in (band_letter(header[k], survey) for k in keys) if b]
                if len(bands) > 1 and len(bands) == len(keys) and keys[0] == form.format(first):
                    return bands, f"{keys[0]} to {keys[-1]} = {', '.join(_shorten(header[k]) for k in keys)}"
    return [], ""


def run_spectrum(header: fits.Header) -> tuple[int, str]:
    """Tell which way a cube's third axis runs, 1 to longer wavelengths and -1 to shorter; 0 where nothing says so."""
    kind = str(header.get("CTYPE3", "")).strip().upper()[:4]
    sense = {"WAVE": 1, "AWAV": 1, "FREQ": -1, "ENER": -1, "WAVN": -1}.get(kind, 0)
    step = header.get("CD3_3", header.get("CDELT3"))
    if not sense or not isinstance(step, int | float) or step == 0 or ("PC3_3" in header and header["PC3_3"] != 1):
        return 0, ""
    return (sense if step > 0 else -sense), f"CTYPE3 = {kind}, step {step:g}"


def named_band(name: str, survey: Survey) -> str:
    """Find the band in a file's name: the last lone letter between - _ . as in legacysurvey-0001m002-image-r.fits."""
    words = re.split(r"[-_.\s()+\[\]]", name)
    lone = [w for w in words if len(w) == 1]
    glued = [w[-1] for w in words if re.fullmatch(rf"{_SURVEYS}[a-zA-Z]", w, re.IGNORECASE)]
    band = [w[0] for w in words if re.fullmatch(r"[a-zA-Z]band", w, re.IGNORECASE)]
    return next((b for b in (band_letter(w, survey) for w in [*reversed(lone), *glued, *band]) if b), "")


def differing_bands(names: Sequence[str], survey: Survey) -> list[str]:
    """Bands of names that differ in one letter alone, each band once: "m51g.fits", "m51r.fits", "m51z.fits".

    Returns
    -------
    list of str
        A letter each; empty where the names differ otherwise.
    """
    spelt = [n.lower() for n in names]
    before = _count_alike(spelt)
    after = _count_alike([n[before:][::-1] for n in spelt])
    letters = [n[before : len(n) - after] for n in spelt]
    alone = all(len(w) == 1 and w in letters_of(survey) for w in letters)
    return letters if alone and len(set(letters)) == len(letters) > 1 else []


def _count_alike(texts: Sequence[str]) -> int:
    """How many letters at their beginning texts have in common."""
    count = 0
    for letters in zip(*texts, strict=False):
        if len(set(letters)) > 1:
            break
        count += 1
    return count


def lacking_bands(named: Iterable[str], survey: Survey) -> list[str]:
    """Bands of the survey that are not among those named."""
    return [b for b in survey.bands if b not in set(named)]
