"""Cards of a WCS as writers have them, mended where a library would misread them."""

import re

import astropy.units as u
from astropy.io import fits

from galexplore.cutouts.flux_units import is_bounded
from galexplore.cutouts.scales import is_celestial

#: Projections of IRAF that a WCS library does not know; over one galaxy their linear part is all that counts.
UNKNOWN_PROJECTIONS = ("TNX", "ZPX", "DSS", "TUV", "PLT")
_NUMBERS = re.compile(r"(CRVAL|CRPIX|CDELT|CROTA|EQUINOX|LONPOLE|LATPOLE|CD\d_|PC\d_|PV\d_|[AB]P?_\d|[AB]P?_ORDER)")
_UNITS = {"deg.": "deg", "degree": "deg", "degrees": "deg", "degs": "deg", "DEG": "deg", "Deg": "deg"}


def celestial_axes(header: fits.Header) -> list[int]:
    """FITS axes, counted from 1, that a header's WCS has on the sky."""
    return [i for i in range(1, 5) if is_celestial(header.get(f"CTYPE{i}", ""))]


def spell_types(header: fits.Header) -> str:
    """CTYPEs of the sky and the frame, as they are written."""
    types = [str(header[f"CTYPE{i}"]).strip()[:12] for i in celestial_axes(header)]
    return ", ".join([*types, *(str(header[k]).strip()[:8] for k in ("RADESYS",) if k in header)])


def mend_wcs(header: fits.Header) -> tuple[fits.Header, str]:
    """Write a WCS as the standard has it, and say what was assumed.

    Numbers that are written as text become numbers; types get their dashes and capitals, units their names; IRAF's
    projections become TAN; a polynomial of SCAMP's on TAN becomes TPV (Shupe et al. 2012); an alternate WCS stands in
    for a lacking one; a matrix with a place and without types is taken for one of RA and Dec.
    """
    header, assumed = header.copy(), list[str]()
    if not celestial_axes(header):
        assumed += _fill_types(header)
    for keyword in list(header):
        value = header[keyword]
        if isinstance(value, str) and _NUMBERS.match(keyword):
            try:
                header[keyword] = float(value.replace("D", "E"))
            except ValueError:
                del header[keyword]
    assumed += _mend_frame(header)
    for i in celestial_axes(header):
        assumed += _mend_type(header, i)
        unit = str(header.get(f"CUNIT{i}", "")).strip()
        if unit in _UNITS:
            header[f"CUNIT{i}"] = _UNITS[unit]
    for keyword in [k for k in header if _is_in_the_way(k, header)]:
        del header[keyword]
    return header, "; ".join(dict.fromkeys(assumed))


def _is_in_the_way(keyword: str, header: fits.Header) -> bool:
    """Whether a card only keeps a library from reading the first two axes: IRAF's, those of a third axis, odd units."""
    if keyword.startswith("CUNIT") and keyword[5:] in ("1", "2"):
        text = str(header[keyword]).strip()
        try:
            return not is_bounded(text) or u.Unit(text) is None
        except (ValueError, TypeError):
            return int(keyword[5:]) in celestial_axes(header)  # which are in degrees then
    flat = celestial_axes(header) == [1, 2]
    third = r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME)[3-9]|(PS|PV)[3-9]_\d+|(CD|PC)([3-9]_\d|\d_[3-9])|WCSAXES"
    return keyword.startswith("WAT") or (flat and re.fullmatch(third, keyword) is not None)


def _mend_frame(header: fits.Header) -> list[str]:
    """Mend the frame's name and a doubled linear part in place; say what was assumed."""
    if any(re.fullmatch(r"CD\d_\d", k) for k in header):  # a library would multiply both, or take neither
        for keyword in [k for k in header if re.fullmatch(r"PC\d_\d|CDELT[12]|CROTA\d", k)]:
            del header[keyword]
    axes = celestial_axes(header)
    if len(axes) == 2 and not any(re.fullmatch(r"(CD|PC)\d_\d", k) for k in header):
        turns = [header.get(f"CROTA{i}") for i in axes]
        if turns.count(None) == 1:  # one alone is meant for both, whatever axis it stands for
            header[f"CROTA{axes[turns.index(None)]}"] = turns[0] if turns[1] is None else turns[1]
    if "RADECSYS" in header:  # the old name
        header.set("RADESYS", header.get("RADESYS", header["RADECSYS"]))
        del header["RADECSYS"]
    if "RADESYS" not in header:
        return []
    frame = str(header["RADESYS"]).strip(" '\"").upper()
    header["RADESYS"] = {"J2000": "FK5", "FK5 2000": "FK5", "B1950": "FK4"}.get(frame, frame)
    if header["RADESYS"] not in ("ICRS", "FK5", "FK4", "FK4-NO-E", "GAPPT"):
        del header["RADESYS"]
        return [f"the frame {frame[:12]} is not known: assumed ICRS"]
    return []


def _mend_type(header: fits.Header, i: int) -> list[str]:
    """Mend CTYPEi in place; say what was assumed."""
    ctype = str(header[f"CTYPE{i}"]).strip().upper()
    parts = [p for p in ctype.split("-") if p]
    if len(parts) == 1:
        header[f"CTYPE{i}"] = parts[0]
        return []
    code, assumed = parts[1], list[str]()
    if code in UNKNOWN_PROJECTIONS:
        assumed, code = [f"assumed that the projection {code} is nearly TAN over one galaxy"], "TAN"
    elif code == "TAN" and len(parts) == 2 and any(re.fullmatch(r"PV(1_([05-9]|\d\d)|2_\d+)", k) for k in header):
        code = "TPV"
    header[f"CTYPE{i}"] = "-".join([parts[0].ljust(8 - len(code) - 1, "-"), code, *parts[2:]])
    return assumed


def _fill_types(header: fits.Header) -> list[str]:
    """Take an alternate WCS, or RA and Dec where a matrix and a place lack their types."""
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        if is_celestial(header.get(f"CTYPE1{letter}", "")):
            for keyword in [k for k in header if re.fullmatch(rf"[A-Z]+\d?(_\d+)?{letter}", k)]:
                header[keyword[:-1]] = header[keyword]
            return []
    bare = all(str(header.get(f"CTYPE{i}", "")).strip() == "" for i in (1, 2))
    if bare and all(k in header for k in ("CD1_1", "CD2_2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")):
        header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        return ["no CTYPE is given: assumed RA and Dec"]
    return []


def unused_turn(header: fits.Header) -> str:
    """Say that keywords which may tell where north is are not used without a WCS; empty where there are none."""
    keys = ("CROTA2", "CROTA1", "CD1_1", "CD1_2", "PC1_1", "ORIENTAT", "POSANG", "PA_APER", "ROTANGLE", "ROT_ANG")
    there = [f"{k} = {str(header[k])[:12]}" for k in keys if k in header]
    cdelt = header.get("CDELT1")
    if isinstance(cdelt, int | float) and cdelt > 0:
        there.append(f"CDELT1 = {cdelt:g}")
    return f"without a CTYPE of the sky {' and '.join(there)} is not used: assumed N up, E left" if there else ""
