"""What a pixel's value means: the unit and the zero points of a header, by the convention of whoever wrote the file."""

import math
import re
from dataclasses import dataclass, replace

from astropy.io import fits

from galexplore.cutouts.conventions import ZERO_POINTS, Writer, find_vega, find_writer, unlisted_zero_points
from galexplore.cutouts.flux_units import clean_unit, is_maggies, is_of_second, read_counts, read_unit
from galexplore.survey import Survey

LOWEST, HIGHEST = -60.0, 45.0  # what a zero point may be: -48.6 is that of erg/s/cm2/Hz, -99 is none
AGREE = 0.02  # mag: unit and zero point that differ by more contradict each other


@dataclass(frozen=True)
class Calibration:
    """What one band's value of one is.

    Attributes
    ----------
    nanomaggies : float
        So many nanomaggies...
    per : str
        ...per "native" pixel of the survey at any sampling, "pixel" of the image as it was written, or "arcsec2".
    said, where : str
        Keyword and value that say so, and the HDU; empty where the file is silent.
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
    where: str = ""

    def factor(self, scale: float, survey: Survey) -> float:
        """Turn values into the survey's flux per native pixel; `scale` in arcsec a pixel of the cutout."""
        area = {"native": 1.0, "pixel": (survey.pixel_scale / (self.pixel_scale or scale)) ** 2}
        return self.nanomaggies * area.get(self.per, survey.pixel_scale**2) / survey.to_nanomaggies


@dataclass(frozen=True)
class _Band:
    """A header, and which band or plane of it is asked for."""

    header: fits.Header
    letter: str
    plane: tuple[int, int] | None

    def keys(self, keyword: str) -> list[str]:
        """Spell a keyword for this band alone, by letter or number, then for all."""
        keys = []
        if self.letter:
            b = self.letter.upper()
            keys = [f"{keyword}_{b}", f"{keyword}{b}", f"{b}_{keyword}"]
        if self.plane:
            k, count = self.plane
            for form in (f"{keyword}{{}}", f"{keyword}_{{}}"):
                for first in (0, 1):
                    if all(form.format(first + i) in self.header for i in range(count)):
                        keys.append(form.format(first + k))
        return [key for key in (*keys, keyword) if key in self.header]

    def number(self, keyword: str) -> tuple[float, str] | None:
        """Read a number and the keyword that holds it: bare, with a unit behind, or one of a list."""
        for key in self.keys(keyword):
            value = _number(self.header[key], self.plane)
            if value is not None:
                return value, key
        return None

    def value(self, keyword: str) -> float | None:
        """Read a number."""
        read = self.number(keyword)
        return None if read is None else read[0]

    def text(self, keyword: str) -> str:
        """Read a text; empty where there is none, or it says that there is none."""
        return next((text for k in self.keys(keyword) if (text := clean_unit(self.header[k]))), "")


def _number(value: object, plane: tuple[int, int] | None) -> float | None:
    if isinstance(value, bool):
        return None
    words = [w for w in re.split(r"[,;\s]+", str(value).strip(" []()")) if w]
    try:
        numbers = [float(words[0])] if len(words) == 2 and words[1].lower().startswith("mag") else [*map(float, words)]
    except ValueError:
        return None
    if plane and len(numbers) == plane[1]:
        numbers = [numbers[plane[0]]]
    return numbers[0] if len(numbers) == 1 and math.isfinite(numbers[0]) else None


def calibrate(
    header: fits.Header,
    survey: Survey,
    band: str = "",
    scale: float | None = None,
    plane: tuple[int, int] | None = None,
) -> Calibration | None:
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
    plane : (int, int), optional
        Which plane of how many, counted from 0, for keywords such as MAGZERO1.
    """
    if "BSOFTEN" in header and "BOFFSET" in header:  # Magnier et al. 2020, section 3: stacks of Pan-STARRS
        needed = "give linear fluxes: BOFFSET + 2 BSOFTEN sinh(value / 1.0857)"
        refusal = f"the pixels are asinh magnitudes of a kind (BSOFTEN, BOFFSET), as Pan-STARRS stores them; {needed}"
        return Calibration(said="BSOFTEN, BOFFSET", refusal=refusal)
    made = _read_calibration(_Band(header, band, plane), find_writer(header), survey, scale)
    return None if made is None else replace(made, pixel_scale=scale)


def _read_calibration(asked: _Band, writer: Writer, survey: Survey, scale: float | None) -> Calibration | None:
    """Hold the unit against the zero point, and read what one of them says alone."""
    unit = next((t for k in ("BUNIT", "UNITS", "UNIT") if (t := asked.text(k))), "")
    flux = read_unit(unit) if unit else None
    counts, zero = read_counts(unit), _zero_point(asked)
    made = None
    if flux is not None:
        made = _of_unit(flux, unit, writer, survey, scale)
        known = zero.nanomaggies if zero is not None and not zero.refusal and flux[1] == "pixel" else flux[0]
        if zero is not None and abs(2.5 * math.log10(known / flux[0])) > AGREE:
            refusal = f"the unit {unit!r} and the zero point {zero.said} contradict each other; correct the header"
            made = replace(made, refusal=refusal)
    elif unit and not counts:
        needed = f"nanomaggies are needed (AB zero point {survey.zero_point:g})"
        made = Calibration(said=f"BUNIT = {unit}", refusal=f"the flux unit is {unit[:40]!r}; {needed}")
    elif zero is not None:
        made = _of_counts(zero, unit, counts, asked, writer)
        made = _as_written(made, writer, survey, scale)
    elif unit:
        needed = f"nanomaggies are needed, or a zero point such as MAGZERO (AB; {survey.zero_point:g} for nanomaggies)"
        made = Calibration(said=f"BUNIT = {unit}", refusal=f"the flux unit is {unit[:40]!r}; {needed}")
    elif unread := next((k for k in ZERO_POINTS if k in asked.header), ""):
        text = str(asked.header[unread]).strip()[:40]
        made = Calibration(assumed=f"assumed nanomaggies, for {unread} = {text} is no zero point that can be read")
    return made


def _differs(scale: float | None, survey: Survey) -> bool:
    return bool(scale and abs(scale / survey.pixel_scale - 1) > 0.01)


def _as_written(made: Calibration, writer: Writer, survey: Survey, scale: float | None) -> Calibration:
    """Take the viewer's flux for that of a native pixel, and say where that is not sure."""
    if writer.per != "native" or made.per != "pixel":
        return made
    sure = "" if not _differs(scale, survey) else f"assumed the flux of a native pixel, as of {writer.name}"
    return replace(made, per="native", assumed="; ".join(filter(None, (made.assumed, sure))))


def _of_unit(flux: tuple[float, str], unit: str, writer: Writer, survey: Survey, scale: float | None) -> Calibration:
    value, per = flux
    made = Calibration(value, per, f"BUNIT = {unit}")
    if per != "pixel" or not is_maggies(unit):
        return _as_written(made, writer, survey, scale)
    if writer.per == "native":
        return replace(made, per="native")
    if not writer.name and _differs(scale, survey):
        sentence = f'assumed nanomaggies a pixel of the image ({scale:.3f}"), for no survey that means others is named'
        return replace(made, assumed=sentence)
    return made


def _of_counts(zero: Calibration, unit: str, counts: str, asked: _Band, writer: Writer) -> Calibration:
    """Calibrate counts by a zero point, which may be that of a count or that of a count a second."""
    said = f"{zero.said}{f', BUNIT = {unit}' if unit else ''}"
    seconds = next((t for k in ("EXPTIME", "TEXPTIME", "EXPOSURE", "EXP_TIME") if (t := asked.value(k))), None)
    of, zero = zero.per, replace(zero, per="pixel", said=said)
    second = of == "second" and not writer.normalised
    if counts == "second" or seconds == 1:
        return zero
    if not seconds or seconds <= 0:
        return replace(zero, assumed="assumed counts a second, for no exposure time is given") if second else zero
    if second:
        silent = "" if counts or "FPA.ZP" in said else "assumed counts of the whole exposure, for no unit is given"
        each = zero.nanomaggies / seconds
        return replace(zero, nanomaggies=each, said=f"{said}, EXPTIME = {seconds:g}", assumed=silent or zero.assumed)
    if of == "image" or writer.normalised:
        return zero
    sentence = f"assumed the zero point of the image as it stands, not of one second (EXPTIME = {seconds:g})"
    return replace(zero, assumed="; ".join(filter(None, (zero.assumed, sentence))))


def _zero_point(asked: _Band) -> Calibration | None:
    """Read what one count is; `per` is "second" or "image" where the header says that it is of one."""
    value = asked.value("FLUXMAG0")
    if value and value > 0:  # HSC and LSST pipelines: counts of magnitude zero
        return Calibration(1e9 / value, "image", f"FLUXMAG0 = {value:g}")
    flam, pivot = asked.value("PHOTFLAM"), asked.value("PHOTPLAM")
    if flam and pivot and flam > 0 and pivot > 0:  # HST: erg/s/cm2/A of an electron a second (ACS Data Handbook 5.1)
        zero = -2.5 * math.log10(flam) - 5 * math.log10(pivot) - 2.408
        return Calibration(_count(zero), "second", f"PHOTFLAM = {flam:g}, PHOTPLAM = {pivot:g}")
    fnu = asked.value("PHOTFNU")
    if fnu and fnu > 0:  # HST: Jy of a count a second (WFC3 and NICMOS Data Handbooks)
        return Calibration(fnu / 3631e-9, "second", f"PHOTFNU = {fnu:g}")
    listed = [k for k in ZERO_POINTS if not (k == "PHOTZPT" and flam)]  # beside PHOTFLAM it is that of STMAG
    for keywords, silent in ((listed, False), (unlisted_zero_points(asked.header), True)):
        read = [(*r, k) for k in keywords if (r := asked.number(k)) and LOWEST < r[0] < HIGHEST]
        for value, key, keyword in sorted(read, key=lambda r: r[0] == 0):  # zero may mean that none was set
            said = f"{key} = {value:g}"
            if vega := find_vega(asked.header, key):
                refusal = f"the zero point {said} is in the Vega system ({vega}); one in the AB system is needed"
                return Calibration(said=said, refusal=refusal)
            per = ZERO_POINTS.get(keyword, "") or ("second" if _of_second(asked.header, key) else "")
            assumed = f"assumed that {key} is the zero point" if silent else ""
            return Calibration(_count(value), per, said, assumed)
    return None


def _of_second(header: fits.Header, key: str) -> bool:
    """Whether the card's comment says that a zero point is one second's."""
    return is_of_second(str(header.comments[key]))


def _count(zero_point: float) -> float:
    """Nanomaggies of one count."""
    return 10 ** (0.4 * (22.5 - zero_point))
