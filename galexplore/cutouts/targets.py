"""The galaxy's own place, where a header names it beside the WCS."""

import math
import re
from collections.abc import Iterator

import astropy.units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.io import fits

#: Keywords that name the galaxy's own place, not the telescope's.
TARGETS = (
    *(("RA_OBJ", "DEC_OBJ"), ("RA_TARG", "DEC_TARG"), ("OBJRA", "OBJDEC"), ("OBJ_RA", "OBJ_DEC")),
    *(("TARGRA", "TARGDEC"), ("TARG_RA", "TARG_DEC"), ("RATARG", "DECTARG"), ("RAOBJ", "DECOBJ")),
    *(("TARGETRA", "TARGETDE"), ("RA_TARGE", "DEC_TARG"), ("OBJCTRA", "OBJCTDEC"), ("RA_SRC", "DEC_SRC")),
    *(("RA_GAL", "DEC_GAL"), ("GAL_RA", "GAL_DEC"), ("CUTRA", "CUTDEC"), ("RA_TARGET", "DEC_TARGET")),
    *(("TARGET_RA", "TARGET_DEC"), ("SRC_RA", "SRC_DEC"), ("RASRC", "DECSRC"), ("GALRA", "GALDEC")),
)


#: Words of further keywords that name the galaxy's place, and of those that name something else's.
_OURS = re.compile(r"OBJ|TARG|TRG|SRC|SOURCE|CUT|GAL|HOST|INPUT|CAT|J2000")
_OTHERS = re.compile(r"TEL|CEN|POINT|FIELD|BORE|PLATE|GUIDE|ROT|TILE|BRICK|OFF|ERR|PM|VEL|SIG")


def _list_pairs(header: fits.Header) -> Iterator[tuple[str, str]]:
    """List pairs of keywords that may hold the galaxy's place: those of `TARGETS`, then others of like names."""
    listed = [p for p in TARGETS if all(k in header for k in p)]
    yield from listed
    for keyword in dict.fromkeys(header):
        bare = re.sub(r"[-. ]", "_", keyword)
        if not re.search(r"(^|_)RA|RA(_|$|J2000)", bare) or not _OURS.search(bare) or _OTHERS.search(bare):
            continue
        at = [m.start() for m in re.finditer("RA", keyword)]
        others = [f"{keyword[:i]}{name}{keyword[i + 2 :]}" for i in at for name in ("DEC", "DE", "DECL")]
        dec = next((k for k in (*others, *(o[:8] for o in others)) if k in header and k != keyword), None)
        if dec is not None and (keyword, dec) not in listed:
            yield keyword, dec
    eso = ("ESO TEL TARG ALPHA", "ESO TEL TARG DELTA")
    if all(k in header for k in eso):
        yield eso


def read_targets(header: fits.Header) -> Iterator[tuple[SkyCoord, str]]:
    """Read the galaxy's own place, and the keywords that hold it; where its unit is open, each way to read it.

    Sexagesimal right ascensions are hours; numbers are degrees unless the comment says hours, and hours come second.
    ESO writes HHMMSS.s and DDMMSS.s as numbers.
    """
    for pair in _list_pairs(header):
        ra, dec = (header[k] for k in pair)
        if pair[0].startswith("ESO "):
            ra, dec = _spell_eso(ra), _spell_eso(dec)
        comment = str(header.comments[pair[0]]).lower()
        hours = "hour" in comment or "[h]" in comment or "hms" in comment
        units = [u.hourangle] if hours or (isinstance(ra, str) and _is_sexagesimal(ra)) else [u.deg, u.hourangle]
        for unit in units:
            try:
                sky = SkyCoord(Angle(ra, unit), Angle(dec if not isinstance(dec, str) else dec.strip(), u.deg))
            except (ValueError, TypeError, u.UnitsError):
                continue
            if math.isfinite(sky.ra.deg) and math.isfinite(sky.dec.deg):
                yield sky, f"{pair[0]} and {pair[1]}"


def _spell_eso(value: object) -> str:
    """Write ESO's 100024.5 as 10:00:24.5."""
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    whole = abs(number)
    sign = "-" if number < 0 else ""
    return f"{sign}{int(whole // 10000):02d}:{int(whole % 10000 // 100):02d}:{whole % 100:07.4f}"


def _is_sexagesimal(text: str) -> bool:
    """Whether a right ascension is written in hours, minutes and seconds."""
    return (":" in text or " " in text.strip() or "h" in text) and "d" not in text
