"""Who wrote a file, and what that writer's fluxes and zero points mean: one table, with its sources."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from astropy.io import fits


@dataclass(frozen=True)
class Writer:
    """A survey or a pipeline that writes images.

    Attributes
    ----------
    name : str
    per : str
        Its maggies are those of a "native" pixel of the survey at any sampling, or of a "pixel" of the image.
    normalised : bool
        Whether counts are scaled to the zero point whatever EXPTIME says.
    wrote : callable
        Whether a header is of its writing.
    source : str
    """

    name: str
    per: str
    normalised: bool
    wrote: Callable[[fits.Header], bool]
    source: str


def _words(header: fits.Header) -> str:
    keys = ("PIPELINE", "TILENAME", "EUPSPROD", "SOFTNAME", "ORIGIN", "SURVEY", "PROJECT", "PROGRAM")
    return " ".join(str(header.get(k, "")) for k in keys)


def _is_viewer(header: fits.Header) -> bool:
    survey = str(header.get("SURVEY", "")).lower()
    names = ("decals", "legacysurvey", "legacy survey", "ls-dr", "mzls", "bass", "dels", "des dr")
    native = "BUNIT" in header and "native pixel" in str(header.comments["BUNIT"]).lower()
    return native or any(n in survey for n in names)


#: The first that wrote a file counts.
WRITERS = (
    Writer(
        "the Legacy Survey's viewer and this program",
        "native",
        True,
        _is_viewer,
        "legacysurvey.org/viewer: cutouts are the coadds' surface brightness, interpolated; zero point 22.5",
    ),
    Writer(
        "the SDSS",
        "pixel",
        True,
        lambda h: "NMGY" in h or "CAMCOL" in h or "sdss" in str(h.get("ORIGIN", "")).lower(),
        "data.sdss.org/datamodel, frame: nanomaggies a pixel of 0.396 arcsec",
    ),
    Writer(
        "DES data management",
        "pixel",
        True,
        lambda h: bool(re.search(r"multiepoch|\bDES\d|MEPipeline|\bDELVE", _words(h))),
        "Morganson et al. 2018, section 6: coadds have zero point 30, whatever the comment says of seconds",
    ),
    Writer(
        "the pipelines of HSC and Rubin",
        "pixel",
        True,
        lambda h: "FLUXMAG0" in h or "LSST BUTLER DATAID BAND" in h,
        "Bosch et al. 2018: FLUXMAG0 is the count of magnitude zero; pipelines.lsst.io: calibrated images are in nJy",
    ),
    Writer(
        "MegaPipe",
        "pixel",
        True,
        lambda h: "megapipe" in _words(h).lower() or "unions" in _words(h).lower(),
        "Gwyn 2008: stacks have zero point 30",
    ),
)
_UNKNOWN = Writer("", "pixel", False, lambda h: True, "")


def find_writer(header: fits.Header) -> Writer:
    """Tell who wrote a file; its name is empty where nothing says so."""
    return next((w for w in WRITERS if w.wrote(header)), _UNKNOWN)


#: Keywords of a zero point, the first that is there counts, and of what it is: the "image" as it stands by the
#: writer's own definition, one "second", or "" where only EXPTIME and the comment can tell. SWarp, NOAO and DES
#: (MAGZERO), SExtractor and GALFIT (MAGZPT), ESO phase 3 and MegaPipe (PHOTZP: MAG = -2.5 log(data) + PHOTZP),
#: Astro-WISE and Euclid (MAGZEROP), Pan-STARRS (FPA.ZP: m = FPA.ZP + 2.5 log(EXPTIME) - 2.5 log(value); Waters et al.
#: 2020), IRAF's apphot (ZMAG), SkyMapper (ZPAPPROX), and those of home-made stacks.
ZERO_POINTS = {
    **dict.fromkeys(("MAGZERO", "MAGZPT", "PHOTZPT", "MAGZP", "ZP", "ZPT", "ZEROPT", "ZEROPNT", "ZEROPOIN"), ""),
    **dict.fromkeys(("PHOTZP", "MAGZEROP", "ZPAPPROX"), "image"),
    **dict.fromkeys(("ABZP", "ABMAGZP", "MAG_ZP", "MAG0", "ZPAB", "ZP_AB", "ZPMAG", "MZP", "SXMGZPT", "SEXMGZPT"), ""),
    **dict.fromkeys(("ZEROPOINT", "ZMAG", "MAG_ZPT", "ABZPT", "PHOTZPAV", "ZPOINT", "PHOT_ZP", "ZP_PHOT"), ""),
    **dict.fromkeys(("MAG_ZERO", "ZEROPOINT_AB", "ESO QC ZP", "PHOT ZP"), ""),
    "FPA.ZP": "second",
}
_LIKE_ZERO_POINT = re.compile(r"(^|[_ .-])[A-Z]?ZP|ZPT|ZPOINT|ZERO[_ ]?P|MAG_?Z|ZMAG")
_UNLIKE = re.compile(r"ERR|SIG|RMS|STD|DISP|UNC|SYS|REF|CAT|NUM|STAR|SRC|FLAG|VER|DATE|COL|NAME|PROV|NOBS|SCAT|TYPE")


def unlisted_zero_points(header: fits.Header) -> list[str]:
    """Keywords that look like a zero point's and are in no list."""
    known = set(ZERO_POINTS)
    return [k for k in header if k not in known and _LIKE_ZERO_POINT.search(k) and not _UNLIKE.search(k)]


@dataclass(frozen=True)
class SeeingKeyword:
    """A keyword of a star's FWHM, alone or with a band's letter.

    Attributes
    ----------
    keyword : str
    unit : str
        Where the comment is silent; "" for none.
    source : str
    over : float
        What it says over the width at half maximum.
    """

    keyword: str
    unit: str
    source: str
    over: float = 1.0


#: The Legacy Surveys' PSFSIZE over the width at half maximum. It is that of the Gaussian whose noise-equivalent area is
#: the PSF's: sqrt(5 ln 2 / (2^(1/3) - 1) / 8) for a Moffat of beta = 3. The coadds' PSF at 03h56m25.6s -30d29m05s is
#: 1.04, 0.92 and 0.90 arcsec wide at half maximum in g, r, z and 1.37, 1.25 and 1.25 by that area, where PSFSIZE of the
#: fields about it is 1.13 to 1.27 in r.
PSFSIZE = 1.2910


#: Keywords of the seeing, the first that can be used counts. The pipelines of HSC and Rubin write none.
SEEING = (
    SeeingKeyword("PSFSIZE", "arcsec", "legacysurvey.org, catalogues and bricks: psfsize_g", PSFSIZE),
    SeeingKeyword("PSF_FWHM", "arcsec", "ESO science data products standard: arcsec"),
    SeeingKeyword("PSFFWHM", "", "home-made stacks: the comment must say"),
    SeeingKeyword("PSF FWHM", "", "home-made stacks: the comment must say"),
    SeeingKeyword("SEEING", "", "NOIRLab's pipelines in arcsec, CASU and ZTF in pixels, each by the comment"),
    SeeingKeyword("FWHM", "", "DES data management and CASU in pixels, others in arcsec, each by the comment"),
    SeeingKeyword("CHIP.SEEING", "pixel", "Pan-STARRS: pixels of the warped image"),
)
#: The same without a band: those are of the one image in whose header they stand.
OF_ONE_IMAGE = frozenset(s.keyword for s in SEEING)


def find_vega(header: fits.Header, keyword: str = "") -> str:
    """Name what says that a zero point is in the Vega system; empty where nothing does.

    ESO's phase 3 standard has PHOTSYS for it.
    """
    for key in ("PHOTSYS", "MAGSYS", "ZPSYS", "PHOTSYST", "ZP_SYS"):
        if "vega" in str(header.get(key, "")).lower():
            return f"{key} = {str(header[key]).strip()[:20]}"
    comment = str(header.comments[keyword]) if keyword in header else ""
    return f"the comment of {keyword}" if re.search(r"\bvega\b", comment, re.IGNORECASE) else ""
