"""Units of flux as writers spell them, read by astropy."""

import re

import astropy.units as u

_COUNTS = re.compile(
    r"^(analog.*|counts?|cts?|adus?|dns?|electrons?|el|e-?|photo-?electrons?|photons?|ph|cps|eps|data ?numbers?|"
    r"(relative |uncalibrated |instrumental )?flux|uncalib(rated)?|gain calibrated counts|arbitrary)$"
)
_SECOND = re.compile(
    r"/\s*\(?(s|sec|secs|second|seconds)\b|\b(cps|eps)\b|\b(s|sec)\s*\*?\*?\^?\(?-1|per sec|"
    r"\b1(\.0)? ?(s|sec|second)\b|exptime ?= ?1(\.0*)? ?(s|sec|seconds?)?(\b|$)|a second|one second"
)
LONGEST = 70  # letters of a unit: those of a FITS card
#: What says that there is no unit.
SILENT = ("none", "unitless", "dimensionless", "n/a", "na", "unknown", "null", "undefined", "-", "?", "1")
_SPELLINGS = (  # of writers, to astropy's; in lower case
    (r"\((ab|ab mag.*|ab system)\)", ""),
    (r"(1e-0?9|1\.0?e-0?9|10\s*(\*\*|\^)?\s*\(?-9\)?)\s*\*?\s*(maggie?s?|maggys?|mgys?|maggies)\b", "nmgy"),
    (r"nano[- ]?mag+(ies?|y|ys)\b|nanomg+y\b|n[- ]?mag+(y|ies?)\b|nmgys?\b", "nmgy"),
    (r"\bmicro[- ]?mag+(y|ies?)\b|\bumgy\b", "umgy"),
    (r"\bmag+(gy|gies|y|ies)\b|\bmgys?\b", "mgy"),
    (r"\b(micro[- ]?jansky?s?|micro[- ]?jy|[uµμ]jansky?s?|mu[- ]?jy|[uµμ]jy)\b", "uJy"),
    (r"\b(nano[- ]?jansky?s?|nano[- ]?jy|njansky?s?|njy)\b", "nJy"),
    (r"\b(milli[- ]?jansky?s?|milli[- ]?jy)\b", "mJy"),
    (r"\b(mega[- ]?jansky?s?|mega[- ]?jy)\b", "MJy"),
    (r"\b(jansk(y|ys|ies)|jy)\b", "Jy"),
    (r"\bpixels?\b|\bpix\b|\bpx\b", "pix"),
    (
        r"\b(square|sq)[. ]*(arcsec(ond)?s?|\")|\barcsec(ond)?s?\s*(\^|\*\*)?\s*2|\barcsec\s*\(2\)|\bas\s*(\^|\*\*)?2",
        "arcsec2",
    ),
    (r"\bsteradians?\b|\bster\b", "sr"),
    (r"\bergs?\b", "erg"),
    (r"\bhz\b", "Hz"),
    (r"\bper\b", "/"),
)


def clean_unit(text: object) -> str:
    """Give a unit as it stands in a header without blanks around; empty where it says that there is none."""
    unit = str(text).strip()
    return "" if unit.lower() in SILENT else unit


def spell_unit(unit: str) -> str:
    """Respell a unit as astropy has it, without regard to case but for m (milli) and M (mega) before Jy."""
    text = unit.strip().strip("'\"[]").strip()
    if re.match(r"mJy\b", text):
        text = "milliJy" + text[3:]
    elif re.match(r"MJy\b|MJY\b", text):
        text = "megaJy" + text[3:]
    text = text.lower()
    for pattern, plain in _SPELLINGS:
        text = re.sub(pattern, plain, text)
    return re.sub(r"\s*/\s*", "/", text).strip()


def is_bounded(unit: str) -> bool:
    """Whether a unit is short and has no power that would take for ever to compute, such as 10**9999999999."""
    return len(unit) <= LONGEST and not re.search(r"(\*\*|\^|[a-z)])\s*\(?[-+]?\d{3,}", unit, re.IGNORECASE)


def read_unit(unit: str) -> tuple[float, str] | None:
    """Nanomaggies in a flux unit of one, and per what: "pixel" or "arcsec2"; None where it is no flux."""
    if not is_bounded(unit):
        return None
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


def is_maggies(unit: str) -> bool:
    """Whether a unit is one of maggies, as the optical surveys have it."""
    return "mgy" in spell_unit(unit)


def read_counts(unit: str) -> str:
    """Say whether a unit is one of counts: "second", "total", or "" where it is none."""
    text = unit.strip().strip("'\"[]").strip().lower().replace("per ", "/")
    bare = re.sub(r"/\s*(pix(el)?s?|px)\b", "", text)
    bare = re.sub(r"\s*(/\s*\(?(s|sec|secs|second|seconds)\)?|[ *.]?(s|sec)\s*(\*\*|\^)?\s*\(?-1\)?)\s*$", "", bare)
    bare = re.sub(r"\s*\(.*\)$", "", bare)
    if not _COUNTS.match(bare.strip()):
        return ""
    return "second" if is_of_second(text) else "total"


def is_of_second(text: str) -> bool:
    """Whether a unit or a comment speaks of one second."""
    return bool(_SECOND.search(text.lower()))
