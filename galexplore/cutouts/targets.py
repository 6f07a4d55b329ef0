"""The galaxy's own place, where a header names it beside the WCS."""

import math
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


def read_targets(header: fits.Header) -> Iterator[tuple[SkyCoord, str]]:
    """Read the galaxy's own place, and the keywords that hold it; where its unit is open, each way to read it.

    Sexagesimal right ascensions are hours; numbers are degrees unless the comment says hours, and hours come second.
    """
    for pair in TARGETS:
        if not all(k in header for k in pair):
            continue
        ra, dec = (header[k] for k in pair)
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


def _is_sexagesimal(text: str) -> bool:
    """Whether a right ascension is written in hours, minutes and seconds."""
    return (":" in text or " " in text.strip() or "h" in text) and "d" not in text
