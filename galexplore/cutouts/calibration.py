"""What a pixel's value means: the unit and the zero points of a header, by the convention of whoever wrote the file."""

import math
import re
from dataclasses import dataclass, replace

import astropy.units as u
from astropy.io import fits

from galexplore.survey import Survey

#: Zero points that belong to the image as it stands. SWarp and DES (MAGZERO), SExtractor and GALFIT (MAGZPT), CFHT and
#: MegaPipe (PHOTZP), NOAO (MAGZP, PHOTZPT), PanSTARRS (FPA.ZP), home-made stacks (ZP, ZEROPT and the like).
ZERO_POINTS = (
    *("MAGZERO", "MAGZPT", "PHOTZP", "PHOTZPT", "MAGZP", "ZP", "ZPT", "ZEROPT", "ZEROPNT", "ZEROPOIN", "ABZP"),
    *("ABMAGZP", "MAG_ZP", "MAG0", "ZPAB", "ZP_AB", "ZPMAG", "MZP", "SXMGZPT", "SEXMGZPT", "ZEROPOINT", "FPA.ZP"),
)
FAINTEST, BRIGHTEST = 10.0, 45.0  # what a zero point may be: those of STMAG (-21.1) are none of a count's
AGREE = 0.02  # mag: unit and zero point that differ by more contradict each other
_COUNTS = re.compile(r"^(counts?|cts?|adus?|dn|electrons?|e-?|photo-?electrons?|cps|eps|data ?numbers?)$")
_SECOND = re.compile(r"/\s*(s|sec|secs|second|seconds)\b|\b(cps|eps)\b|\b(s|sec)\s*\*?\*?\^?\(?-1|per sec")
_SPELLINGS = (  # of writers, to astropy's; in lower case
    (r"nano[- ]?mag+(ies|y|ys)\b|nanomg+y\b|n[- ]?mag+(y|ies)\b|nmgys?\b", "nmgy"),
    (r"\bmicro[- ]?mag+(y|ies)\b|\bumgy\b", "umgy"),
    (r"\bmag+(gy|gies|y|ies)\b|\bmgys?\b", "mgy"),
    (r"\b(micro[- ]?jansky?s?|micro[- ]?jy|[uµμ]jansky?s?|[uµμ]jy)\b", "uJy"),
    (r"\b(nano[- ]?jansky?s?|nano[- ]?jy|njansky?s?|njy)\b", "nJy"),
    (r"\b(milli[- ]?jansky?s?|milli[- ]?jy)\b", "mJy"),
    (r"\b(mega[- ]?jansky?s?|mega[- ]?jy)\b", "MJy"),
    (r"\b(jansk(y|ys|ies)|jy)\b", "Jy"),
    (r"\bpixels?\b|\bpix\b|\bpx\b", "pix"),
    (r"\b(square|sq)[. ]*(arcsec(ond)?s?|\")|\barcsec(ond)?s?\s*(\^|\*\*)?\s*2|\barcsec\s*\(2\)", "arcsec2"),
    (r"\bsteradians?\b|\bster\b", "sr"),
    (r"\bper\b", "/"),
)


@dataclass(frozen=True)
class Calibration:
    """What one band's value of one is.

    Attributes
    ----------
    nanomaggies : float
        So many nanomaggies...
    per : str
        ...per "native" pixel of the survey at any sampling, "pixel" of the image as it was written, or "arcsec2".
    said : str
        Keyword and value that say so; empty where the file is silent.
    assumed : str
        What was assumed; empty where nothing was.
    refusal : str
        Why the value cannot be understood; empty where it can.
    pixel_scale : float or None
        Arcsec a pixel as it was written; None for that of the cutout.
    """

    nanomaggies: float = 1.0
    per: str = "native"
    said: str = ""
    assumed: str = ""
    refusal: str = ""
    pixel_scale: float | None = None

    def factor(self, scale: float, survey: Survey) -> float:
        """Turn values into the survey's flux per native pixel; `scale` in arcsec a pixel of the cutout."""
        area = {"native": 1.0, "pixel": (survey.pixel_scale / (self.pixel_scale or scale)) ** 2}
        return self.nanomaggies * area.get(self.per, survey.pixel_scale**2) / survey.to_nanomaggies


def calibrate(header: fits.Header, survey: Survey, band: str = "", scale: float | None = None) -> Calibration | None:
    """Read a band's calibration off its header; None where the file says nothing at all.

    Unit and zero point that contradict each other are refused, and so are counts without a zero point.

    Parameters
    ----------
    header : Header
        With what it inherits.
    survey : Survey
    band : str
        For keywords of one band alone, such as MAGZERO_G or ZP_R.
    scale : float, optional
        Arcsec a pixel as the band was written.
    """
    if "BSOFTEN" in header and "BOFFSET" in header:  # Magnier et al. 2020, section 3: stacks of Pan-STARRS
        needed = "give linear fluxes: BOFFSET + 2 BSOFTEN sinh(value / 1.0857)"
        refusal = f"the pixels are asinh magnitudes of a kind (BSOFTEN, BOFFSET), as Pan-STARRS stores them; {needed}"
        return Calibration(said="BSOFTEN, BOFFSET", refusal=refusal)
    unit = _text(header, "BUNIT", band) or _text(header, "UNITS", band) or _text(header, "UNIT", band)
    flux = read_unit(unit) if unit else None
    counts = read_counts(unit)
    zero = _zero_point(header, band)
    made = None
    if flux is not None:
        made = _of_unit(flux, unit, header, survey, scale)
        if zero is not None and flux[1] == "pixel" and abs(2.5 * math.log10(zero.nanomaggies / flux[0])) > AGREE:
            refusal = f"the unit {unit!r} and the zero point {zero.said} contradict each other; correct the header"
            made = replace(made, refusal=refusal)
    elif unit and not counts:
        needed = f"nanomaggies are needed (AB zero point {survey.zero_point:g})"
        made = Calibration(said=f"BUNIT = {unit}", refusal=f"the flux unit is {unit[:40]!r}; {needed}")
    elif zero is not None:
        made = _of_counts(zero, unit, counts, header, band)
    elif unit:
        needed = f"nanomaggies are needed, or a zero point such as MAGZERO (AB; {survey.zero_point:g} for nanomaggies)"
        made = Calibration(said=f"BUNIT = {unit}", refusal=f"the flux unit is {unit[:40]!r}; {needed}")
    return None if made is None else replace(made, pixel_scale=scale)


def spell_unit(unit: str) -> str:
    """Respell a unit as astropy has it, without regard to case but for m (milli) and M (mega) before Jy."""
    text = unit.strip().strip("'\"")
    if re.match(r"mJy(?!\s*(/|\*|per)?\s*(sr|ster))", text) or re.match(r"mJy\b", text):
        text = "milliJy" + text[3:]
    elif re.match(r"MJy\b|MJY\b", text):
        text = "megaJy" + text[3:]
    text = text.lower()
    for pattern, plain in _SPELLINGS:
        text = re.sub(pattern, plain, text)
    return re.sub(r"\s*/\s*", "/", text)


def read_unit(unit: str) -> tuple[float, str] | None:
    """Nanomaggies in a flux unit of one, and per what: "pixel" or "arcsec2"; None where it is no flux."""
    ab = u.zero_point_flux(3631 * u.Jy)
    for text in (spell_unit(unit), unit.strip()):
        try:
            parsed = u.Unit(text)
            if not isinstance(parsed, u.UnitBase):  # a magnitude is no flux a pixel
                continue
            for area, per in ((1, "pixel"), (1 * u.pix, "pixel"), (1 * u.arcsec**2, "arcsec2")):
                flux = 1 * parsed * area
                if flux.unit.is_equivalent(u.nmgy, ab):
                    return float(flux.to_value(u.nmgy, ab)), per
        except (ValueError, TypeError):
            continue
    return None


def read_counts(unit: str) -> str:
    """Say whether a unit is one of counts: "second", "total", or "" where it is none."""
    text = unit.strip().lower().replace("per ", "/")
    bare = re.sub(r"/\s*(pix(el)?s?|px)\b", "", text)
    bare = re.sub(r"\s*(/\s*\(?(s|sec|secs|second|seconds)\)?|[ *.]?(s|sec)\s*(\*\*|\^)?\s*\(?-1\)?)\s*$", "", bare)
    if not _COUNTS.match(bare.strip()):
        return ""
    return "second" if _SECOND.search(text) else "total"


def is_viewer(header: fits.Header) -> bool:
    """Tell the Legacy viewer's cutouts and this program's own: nanomaggies per native pixel at any sampling.

    Source: legacysurvey.org/viewer, whose cutouts are the coadds' surface brightness interpolated.
    """
    survey = str(header.get("SURVEY", "")).lower()
    names = ("decals", "legacysurvey", "legacy survey", "ls-dr", "mzls", "bass", "dels", "des dr")
    native = "BUNIT" in header and "native pixel" in str(header.comments["BUNIT"]).lower()
    return native or any(n in survey for n in names)


def is_sdss(header: fits.Header) -> bool:
    """Tell frames of the SDSS: nanomaggies a pixel of 0.396 arcsec (data.sdss.org/datamodel, frame files)."""
    return "NMGY" in header or "CAMCOL" in header or "sdss" in str(header.get("ORIGIN", "")).lower()


def _of_unit(
    flux: tuple[float, str], unit: str, header: fits.Header, survey: Survey, scale: float | None
) -> Calibration:
    value, per = flux
    said, assumed = f"BUNIT = {unit}", ""
    maggies = "mgy" in spell_unit(unit)
    if per == "pixel" and maggies and is_viewer(header):
        per = "native"
    elif per == "pixel" and maggies and not is_sdss(header) and scale and abs(scale / survey.pixel_scale - 1) > 0.01:
        assumed = f'assumed nanomaggies a pixel of the image ({scale:.3f}"), for no survey is named that means others'
    return Calibration(value, per, said, assumed)


def _of_counts(zero: Calibration, unit: str, counts: str, header: fits.Header, band: str) -> Calibration:
    """Calibrate counts by a zero point, which may be that of a count or that of a count a second."""
    said = f"{zero.said}{f', BUNIT = {unit}' if unit else ''}"
    seconds = _number(header, "EXPTIME", band) or _number(header, "TEXPTIME", band)
    second, zero = zero.per == "second", replace(zero, per="pixel", said=said)
    if counts == "second" or seconds == 1:
        return zero
    if not seconds or seconds <= 0:
        return replace(zero, assumed="assumed counts a second, for no EXPTIME is given") if second else zero
    if second:
        silent = "" if counts else "assumed counts of the whole exposure, for no unit is given"
        each = zero.nanomaggies / seconds
        return replace(zero, nanomaggies=each, said=f"{said}, EXPTIME = {seconds:g}", assumed=silent)
    if _is_normalised(header):
        return zero
    sentence = f"assumed the zero point of the image as it stands, not of one second (EXPTIME = {seconds:g})"
    return replace(zero, assumed=sentence)


def _is_normalised(header: fits.Header) -> bool:
    """Tell coadds whose counts are scaled to their zero point whatever EXPTIME says.

    DES data management (Morganson et al. 2018, section 6: coadds have zero point 30), the HSC pipeline (FLUXMAG0) and
    MegaPipe (Gwyn 2008: zero point 30 of the stack).
    """
    words = " ".join(str(header.get(k, "")) for k in ("PIPELINE", "TILENAME", "EUPSPROD", "SOFTNAME", "ORIGIN"))
    return bool(re.search(r"multiepoch|\bDES\d|MEPipeline|megapipe", words)) or "FLUXMAG0" in header


def _zero_point(header: fits.Header, band: str) -> Calibration | None:
    """Read what one count is; `per` is "second" where the header says that it is a count a second."""
    value = _number(header, "FLUXMAG0", band)
    if value and value > 0:  # HSC and LSST pipelines: counts of magnitude zero
        return Calibration(1e9 / value, "pixel", f"FLUXMAG0 = {value:g}")
    flam, pivot = _number(header, "PHOTFLAM", band), _number(header, "PHOTPLAM", band)
    if flam and pivot and flam > 0 and pivot > 0:  # HST: erg/s/cm2/A of an electron a second (ACS Data Handbook 5.1)
        zero = -2.5 * math.log10(flam) - 5 * math.log10(pivot) - 2.408
        return Calibration(_count(zero), "second", f"PHOTFLAM = {flam:g}, PHOTPLAM = {pivot:g}")
    fnu = _number(header, "PHOTFNU", band)
    if fnu and fnu > 0:  # HST: Jy of a count a second (WFC3 and NICMOS Data Handbooks)
        return Calibration(fnu / 3631e-9, "second", f"PHOTFNU = {fnu:g}")
    for keyword in ZERO_POINTS:
        for key in _keys(keyword, band):
            value = _number(header, key, "")
            if value is not None and FAINTEST < value < BRIGHTEST:
                per = "second" if _of_second(header, key) else "pixel"
                return Calibration(_count(value), per, f"{key} = {value:g}")
    return None


def _of_second(header: fits.Header, key: str) -> bool:
    """Whether the card's comment says that a zero point is one second's; that of DES says so and is not."""
    return bool(_SECOND.search(str(header.comments[key]).lower())) and not _is_normalised(header)


def _count(zero_point: float) -> float:
    """Nanomaggies of one count."""
    return 10 ** (0.4 * (22.5 - zero_point))


def _keys(keyword: str, band: str) -> tuple[str, ...]:
    return (f"{keyword}_{band.upper()}", f"{keyword}{band.upper()}", keyword) if band else (keyword,)


def _number(header: fits.Header, keyword: str, band: str) -> float | None:
    for key in _keys(keyword, band):
        try:
            value = float(header[key])
        except (KeyError, ValueError, TypeError):
            continue
        if math.isfinite(value) and not isinstance(header[key], bool):
            return value
    return None


def _text(header: fits.Header, keyword: str, band: str) -> str:
    return next((t for k in _keys(keyword, band) if (t := str(header.get(k, "")).strip())), "")
