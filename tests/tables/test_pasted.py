"""Positions as people paste them: read as what they are, or refused, never another place."""

import math

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import Angle, SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from galexplore.errors import InputError
from galexplore.tables.pairs import parse_positions
from galexplore.tables.positions import parse_position, separate
from tests.pieces import PIECES

NORTH, SOUTH = (150.1, 2.2), (150.1, -0.5)
_PLACE = SkyCoord(236.57, 42.13, unit="deg", frame="galactic").icrs
GALACTIC = (float(_PLACE.ra.deg), float(_PLACE.dec.deg))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("<SkyCoord (ICRS): (ra, dec) in deg\n    (150.1, 2.2)>", NORTH),
        ("SkyCoord(150.1, 2.2, unit='deg')", NORTH),
        ("SkyCoord(ra=150.1*u.deg, dec=2.2*u.deg)", NORTH),
        ("SkyCoord('10h00m24s +02d12m00s')", NORTH),
        ("(ra, dec) = (150.1, 2.2)", NORTH),
        ("RAJ2000=150.1 DEJ2000=2.2", NORTH),
        ("RA (deg) = 150.1, Dec (deg) = 2.2", NORTH),
        ("RA (h) = 10.00666666667, Dec (deg) = 2.2", NORTH),
        ("Dec 2.2, RA 150.1", NORTH),
        ("ra=2.61973920 rad dec=0.03839724 rad", NORTH),
        ("150.1+2.2", NORTH),
        ("150.1 - 0.5", SOUTH),
        ("1.501000E+02 2.200000E+00", NORTH),
        ("150,1; 2,2", NORTH),
        ("10:00:24,0 -00:30:00,0", SOUTH),
        ("150.1 | 2.2", NORTH),
        ("{150.1, 2.2}", NORTH),
        ('fk5;circle(150.1,2.2,5")', NORTH),
        ('circle(10:00:24.0,+02:12:00,5")', NORTH),
        ("CIRCLE ICRS 150.1 2.2 0.01", NORTH),
        ("10ʰ00ᵐ24ˢ −00°30′00″", SOUTH),
        ("10h00m24s.0 -00d30m00s.0", SOUTH),
        ("10:00:24.0 +02:12:00 J2000 z=0.5", NORTH),
        ("100024.00+021200.0", NORTH),
        ("SDSS 100024.00+021200.0", NORTH),
        ("2MASX 10002400+0212000", NORTH),
        ("SDSS J10:00:24.00+02:12:00.0", NORTH),
        ("LEGACY 150.1000+02.2000", NORTH),
        ("legacysurvey.org/viewer#150.1,2.2", NORTH),
        ("https://vizier.cds.unistra.fr/viz-bin/VizieR-4?-c=150.1+%2B2.2&-c.rs=2", NORTH),
        ("https://irsa.ipac.caltech.edu/applications/wise/?locstr=10h00m24s+2d12m00s", NORTH),
        ("galactic 236.57 42.13", GALACTIC),
    ],
)  # fmt: skip
def test_copied_positions_are_read(text, right):
    assert parse_position(text) == pytest.approx(right, abs=2e-6)


@pytest.mark.parametrize(
    "text",
    [
        "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=10+00+24.0+%2B02+12+00&CooFrame=FK4&CooEqui=1950",
        "http://ned.ipac.caltech.edu/cgi-bin/objsearch?in_csys=Equatorial&in_equinox=B1950.0&lon=10h00m24s&lat=2d12m",
        "https://ned.ipac.caltech.edu/cgi-bin/nph-objsearch?lon=150.1&lat=2.2&in_equinox=B1950.0",
        "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=150.1+2.2&CooFrame=Ecl",
        "http://ned.ipac.caltech.edu/cgi-bin/objsearch?in_csys=SuperGalactic&lon=150.1&lat=2.2",
        "B1950 10:00:24 +02:12:00",
        "<SkyCoord (FK4: equinox=B1950.000): (ra, dec) in deg (150.1, 2.2)>",
        "SDSS J100024.00 +02 12 00.0",
        "150:06:00 -00:30:00",
        "SkyCoord('10 00 24 +02 12 00', unit=(u.hourangle, u.deg))",
        "8485-1901",
        "150.1 2.2 0.05",
        "NGC 4565",
    ],
)  # fmt: skip
def test_what_is_another_frame_or_no_position_is_no_place(text):
    try:
        position = parse_position(text)
    except InputError:
        return
    assert position is None or position == pytest.approx(NORTH, abs=1e-6)


def sexagesimal(degrees: float, hours: bool, sep: str, digits: int) -> str:
    unit = "hour" if hours else "deg"
    return Angle(degrees, "deg").to_string(unit, sep=sep, precision=digits, alwayssign=not hours, pad=True)


#: Ways to write a position, and to how many arcsec each is exact.
WAYS = {
    "degrees": (lambda a, d: f"{a:.6f} {d:+.6f}", 0.01),
    "degrees, comma": (lambda a, d: f"({a:.6f}, {d:.6f})", 0.01),
    "degrees, glued": (lambda a, d: f"{a:.6f}{d:+.6f}", 0.01),
    "degrees, marked": (lambda a, d: f"{a:.6f}d {d:.6f}d", 0.01),
    "exponents": (lambda a, d: f"{a:.9e} {d:.9e}", 0.01),
    "radians": (lambda a, d: f"{math.radians(a):.9f} rad {math.radians(d):.9f} rad", 0.01),
    "decimal hours": (lambda a, d: f"{a / 15:.8f}h {d:.6f}", 0.01),
    "keys": (lambda a, d: f"dec={d:.6f} ra={a:.6f}", 0.01),
    "colons": (lambda a, d: f"{sexagesimal(a, True, ':', 3)} {sexagesimal(d, False, ':', 2)}", 0.1),
    "blanks": (lambda a, d: f"{sexagesimal(a, True, ' ', 3)} {sexagesimal(d, False, ' ', 2)}", 0.1),
    "letters": (lambda a, d: f"{sexagesimal(a, True, 'hms', 3)} {sexagesimal(d, False, 'dms', 2)}", 0.1),
    "degrees, minutes": (lambda a, d: f"{sexagesimal(a, False, 'dms', 2)[1:]} {sexagesimal(d, False, 'dms', 2)}", 0.1),
    "printed": (lambda a, d: f"<SkyCoord (ICRS): (ra, dec) in deg ({a:.6f}, {d:.6f})>", 0.01),
    "region": (lambda a, d: f'fk5;circle({a:.6f},{d:.6f},5")', 0.01),
    "name": (lambda a, d: f"SDSS J{sexagesimal(a, True, '', 2)}{sexagesimal(d, False, '', 1)}", 1.0),
    "decimal name": (lambda a, d: f"PSO J{a:08.4f}{d:+08.4f}", 0.5),
    "link": (lambda a, d: f"https://www.legacysurvey.org/viewer?ra={a:.6f}&dec={d:.6f}&layer=ls-dr10", 0.01),
    "SIMBAD": (lambda a, d: f"https://simbad.org/sim-coo?Coord={a:.6f}d{d:+.6f}d".replace("+", "%2B"), 0.01),
}  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(WAYS)), st.floats(0, 359.9999), st.floats(-89.99, 89.99))
def test_a_position_written_in_any_way_comes_back_or_is_refused(way, ra, dec):
    write, exact = WAYS[way]
    text = write(ra, dec)
    try:
        position = parse_position(text)
    except InputError:
        position = None
    if position is None:  # e-05 is past what is read as an exponent, and 60 seconds are nobody's
        assert way == "exponents" or "60" in text, text
        return
    assert float(separate([position[0]], [position[1]], ra, dec)[0]) < exact, text


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join), min_size=1, max_size=20))
def test_many_positions_are_read_as_each_alone(texts):
    ra, dec = parse_positions(pd.Series(texts))
    for text, a, d in zip(texts, ra, dec, strict=True):
        try:
            alone = parse_position(text) or (np.nan, np.nan)
        except InputError:
            alone = (np.nan, np.nan)
        np.testing.assert_allclose((a, d), alone, atol=1e-9, err_msg=text)
