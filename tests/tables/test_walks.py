"""Walks over the ways in which lists and tables are written: the same rows, or a refusal; never other positions."""

import bz2
import gzip
import io

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import Angle, SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from galexplore.errors import InputError
from galexplore.tables.catalogue import FORMATS, read, write
from galexplore.tables.match import match_list, read_list

RA, DEC = np.array([211.92038, 3.997244, 29.132519, 0.000125]), np.array([-8.012944, 16.595913, -0.762149, -89.5])
GALACTIC = SkyCoord(RA, DEC, unit="deg").galactic

#: Header names, and what the columns under them hold.
NAMES = {
    ("ra", "dec"): "degrees",
    ("RAJ2000", "DEJ2000"): "degrees",
    ("RA [deg]", "Dec [deg]"): "degrees",
    ("ALPHAWIN_J2000", "DELTAWIN_J2000"): "degrees",
    ("host_ra", "host_dec"): "degrees",
    ("ra_hours", "dec_deg"): "hours",
    ("RA (h)", "Dec (deg)"): "hours",
    ("RArad", "DErad"): "radians",
    ("ra_rad", "dec_rad"): "radians",
    ("RA", "DEC"): "sexagesimal",
    ("_RAJ2000", "_DEJ2000"): "letters",
    ("glon", "glat"): "galactic",
    ("RAh,RAm,RAs", "DE-,DEd,DEm,DEs"): "parts",
}
IDS = {
    "text": ["A", "B", "C", "D"],
    "zeros": ["0012", "1.10", "7", "100"],
    "long": ["1237648720693755918", "1237648720693755920", "39627785456093480", "5"],
    "none": None,
}


def write_columns(kind: str) -> list[list[str]]:
    ra, dec = Angle(RA, "deg"), Angle(DEC, "deg")
    if kind == "hours":
        return [[f"{x:.9f}" for x in RA / 15], [f"{x:.8f}" for x in DEC]]
    if kind == "radians":
        return [[f"{x:.10f}" for x in np.radians(RA)], [f"{x:.10f}" for x in np.radians(DEC)]]
    if kind == "galactic":
        return [[f"{x:.8f}" for x in GALACTIC.l.deg], [f"{x:.8f}" for x in GALACTIC.b.deg]]
    if kind in ("sexagesimal", "letters", "parts"):
        a, d = (":", ":") if kind != "letters" else ("hms", "dms")
        hms, dms = ra.to_string("hour", sep=a, precision=4), dec.to_string("deg", sep=d, precision=3, alwayssign=True)
        if kind != "parts":
            return [list(hms), list(dms)]
        parts = [x.split(":") for x in hms]
        signed = [(x[0], *x[1:].split(":")) for x in dms]
        return [list(c) for c in (*zip(*parts, strict=True), *zip(*signed, strict=True))]
    return [[f"{x:.8f}" for x in RA], [f"{x:.8f}" for x in DEC]]


COMMENTS = ("", "# made by hand\n", "# one\n#\n# two, three\n\n", "My galaxies of 2024\n", "#\n\n")
PACKS = (bytes, gzip.compress, bz2.compress)


@settings(max_examples=120, deadline=None)
@given(
    names=st.sampled_from(sorted(NAMES)),
    part=st.sampled_from([",", ";", "\t", " ", "   ", "|", ", "]),
    ids=st.sampled_from(sorted(IDS)),
    id_name=st.sampled_from(["id", "objid", "Name", "TARGETID", "galaxy", "recno"]),
    id_last=st.booleans(),
    comment=st.sampled_from(COMMENTS),
    mark=st.sampled_from(["", "\ufeff"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    pack=st.sampled_from(PACKS),
    more=st.lists(st.sampled_from(["z", "e_RA", "mag_r", "note"]), unique=True, max_size=2),
    comments_between=st.booleans(),
)
def test_a_list_written_in_any_way_gives_its_rows_or_is_refused(
    names, part, ids, id_name, id_last, comment, mark, end, pack, more, comments_between
):
    heads, columns = ",".join(names).split(","), write_columns(NAMES[names])
    extra = [[f"0.{i}{len(name)}" for i in range(4)] for name in more]
    if IDS[ids]:
        at = len(heads) if id_last else 0
        heads, columns = [*heads[:at], id_name, *heads[at:]], [*columns[:at], IDS[ids], *columns[at:]]
    heads, columns = heads + more, columns + extra
    rows = [part.join(row) for row in zip(*columns, strict=True)]
    if comments_between:
        rows.insert(2, "# an intermezzo")
    text = mark + comment + "\n".join([part.join(heads), *rows, ""])
    try:
        wanted = read_list(pack(text.replace("\n", end).encode()))
    except InputError as error:
        assert "\n" not in str(error)
        assert part not in (",", "\t") or id_name == "recno", f"{error}: {text}"  # the plainest lists are never refused
        return
    if IDS[ids] and id_name != "recno":
        assert wanted["id"].tolist() == IDS[ids], text
    near = SkyCoord(wanted["ra"], wanted["dec"], unit="deg").separation(SkyCoord(RA, DEC, unit="deg")).arcsec
    assert (near < 0.01).all(), text
    atlas = pd.DataFrame({"id": list("wxyz"), "ra": RA, "dec": DEC})
    assert match_list(atlas, wanted, 1.0).rows.tolist() == [0, 1, 2, 3]


TEXTS = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=8).map(str.strip)
FORMULAS = st.tuples(st.sampled_from(["=", "+", "-", "@", "'=", "''@", "#", "-1.5", "+2"]), TEXTS).map("".join)


@settings(max_examples=60, deadline=None)
@given(
    format=st.sampled_from(FORMATS),
    ids=st.lists(FORMULAS | TEXTS.filter(bool), min_size=1, max_size=6, unique=True),
    data=st.data(),
)
def test_a_table_comes_back_as_it_was_written(format, ids, data):
    ids = [i.strip() for i in ids]
    numbers = st.floats(-180, 180, allow_nan=False).map(lambda x: x if abs(x) not in (99, 999, 9999) else 0.5)
    n = len(ids)
    frame = pd.DataFrame({"id": ids, "ra": data.draw(st.lists(st.floats(0, 359), min_size=n, max_size=n))})
    frame["dec"] = data.draw(st.lists(st.floats(-90, 90).filter(lambda x: x != -99), min_size=n, max_size=n))
    frame["lat_free"] = data.draw(st.lists(numbers, min_size=n, max_size=n))
    stream = io.BytesIO()
    write(frame, stream, format)
    again = read(stream.getvalue())
    assert again["id"].tolist() == ids
    for name in ("ra", "dec", "lat_free"):
        np.testing.assert_allclose(again[name], frame[name], rtol=1e-12, atol=1e-12)


def test_no_cell_of_a_csv_is_a_formula():
    texts = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "'=1", "plain", "-1.5", "a=b"]
    frame = pd.DataFrame({"id": texts, "lat_free": np.linspace(-1.5, 3, len(texts))})
    stream = io.BytesIO()
    write(frame, stream, "csv")
    cells = pd.read_csv(io.BytesIO(stream.getvalue()), dtype=str, keep_default_na=False)
    assert not cells["id"].str.match(r"[=+@\t\r]|-(?!1\.5$)").any()
    assert cells["lat_free"][0] == "-1.5" and cells["id"].tolist()[7:] == ["plain", "-1.5", "a=b"]
    assert read(stream.getvalue())["id"].tolist() == texts


@pytest.mark.parametrize("frame", ["galactic", "barycentricmeanecliptic"])
@pytest.mark.parametrize("names", [("glon", "glat"), ("GLON [deg]", "GLAT [deg]"), ("l_deg", "b_deg")])
def test_coordinates_of_other_frames_are_turned_and_it_is_said(frame, names):
    place = SkyCoord(RA, DEC, unit="deg").transform_to(frame)
    if frame != "galactic":
        names = ("ecl_lon", "ecl_lat") if names[0] == "glon" else ("ELON", "ELAT")
    lon, lat = (place.l, place.b) if frame == "galactic" else (place.lon, place.lat)
    text = "\n".join([",".join(names), *(f"{a:.9f},{b:.9f}" for a, b in zip(lon.deg, lat.deg, strict=True))])
    wanted = read_list(text.encode())
    near = SkyCoord(wanted["ra"], wanted["dec"], unit="deg").separation(SkyCoord(RA, DEC, unit="deg")).arcsec
    assert (near < 0.001).all() and "turned into ICRS" in wanted.attrs["notes"][0]
    assert read(text.encode())["dec"].tolist() == pytest.approx(DEC, abs=1e-6)
    with pytest.raises(InputError, match="neither"):
        read_list(b"l,b\n1,2\n")
