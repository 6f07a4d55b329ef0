"""Lists copied out of other programs and messages: read as what they are, or refused with the reason."""

import io

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from galexplore.errors import InputError
from galexplore.tables import votable as votables
from galexplore.tables.match import match_list, read_list
from galexplore.tables.pasted import unfold
from galexplore.tables.positions import parse_position

RA, DEC = np.array([211.92038, 354.997244, 29.132519]), np.array([-8.012944, 16.595913, -0.762149])
HMS, DMS = ["14:07:40.891", "23:39:59.339", "01:56:31.805"], ["-08:00:46.60", "+16:35:45.29", "-00:45:43.74"]
IDS = ["M01", "M02", "M03"]
ATLAS = pd.DataFrame({"id": IDS, "ra": RA, "dec": DEC})
PAIRS = [f"{a} {d}" for a, d in zip(RA, DEC, strict=True)]
HMSDMS = [f"{h} {d}" for h, d in zip(HMS, DMS, strict=True)]
COMMAS = [pair.replace(" ", ", ") for pair in PAIRS]


def match(data: bytes | str) -> str:
    result = match_list(ATLAS, read_list(data.encode() if isinstance(data, str) else data), 2)
    assert result.rows.tolist() == [0, 1, 2], result.said
    return result.said


def rows(head: str, lines: list[str]) -> str:
    return "\n".join([head, *lines, ""])


def count(lines: list[str], start: int = 1, quote: str = "") -> list[str]:
    return [f"{quote}{i}{quote} {line}" for i, line in enumerate(lines, start)]


WIDE = [
    f"{h.replace(':', ' '):12} {d.replace(':', ' '):12} N {i}" for i, (h, d) in enumerate(zip(HMS, DMS, strict=True))
]
UNITS = "{:12} {:12} {}\n{:12} {:12} {}\n------------ ------------ ----"


@pytest.mark.parametrize(
    "text",
    [
        rows('"ra" "dec"', count(PAIRS, quote='"')),  # R
        rows('"id" "ra" "dec"', count([f'"{i}" {p}' for i, p in zip(IDS, PAIRS, strict=True)], quote='"')),
        rows("ra\tdec", [line.replace(" ", "\t") for line in count(PAIRS)]),
        ATLAS.to_string(),  # pandas
        ATLAS[["id"]].to_string(),
        rows(UNITS.format("RAJ2000", "DEJ2000", "Name", '"h:m:s"', '"d:m:s"', ""), WIDE),  # VizieR
        rows(UNITS.replace(":12", "").format("RAJ2000", "DEJ2000", "Name", '"h:m:s"', '"d:m:s"', ""), WIDE),
        rows("#1:  identifier\tcoord1 (ICRS,J2000)", [f"{i}\tN\t{p}" for i, p in enumerate(HMSDMS)]),  # SIMBAD
        "fk5\n" + rows("", [f'circle({p},5")' for p in COMMAS]),
        rows("# Region file format: DS9\nglobal color=red", [f"icrs; point({p}) # point=x text={{a}}" for p in COMMAS]),
        rows("fk5", [f"ellipse({p.replace(' ', ',')},5,3,20)" for p in HMSDMS]),
        ", ".join(PAIRS),
        "\n".join(f"({p})" for p in COMMAS),
        "[" + ", ".join(f"({p})" for p in COMMAS) + "]",
        ",".join(IDS),
        " ".join(IDS),
        ";".join(IDS),
        str(IDS),
        str(tuple(IDS)),
        "M01, M02,\nM03",
        "M01 M02\nM03 M01",
        rows("#  id  ra  dec", [f"  {i}  {p}" for i, p in zip(IDS, PAIRS, strict=True)]),
        rows("ra (arcmin),dec (arcmin)", [f"{a * 60:.6f},{d * 60:.6f}" for a, d in zip(RA, DEC, strict=True)]),
        "\n".join(f"- {i}" for i in IDS),
        "\n".join(f"{k}. {i}" for k, i in enumerate(IDS, 1)),
        "\n".join(f"{i}  # nice" for i in IDS),
        rows("RAhms,DEdms", [p.replace(" ", ",") for p in HMSDMS]),
        rows("hmsdms,mag", [f"{p},18" for p in HMSDMS]),
    ],
)  # fmt: skip
def test_copied_lists_are_read(text):
    match(text)


@pytest.mark.parametrize(
    "text",
    [
        "id ra dec # note\nA 1 2 x\n",
        "NGC 224",
        "ra1,dec1",
        "SDSS J100024.00+021200.0",
        "10 24, 11 25",
        "name,note\nM31,Obj #3\n",
        "g1 r2",
        "150.1, 2.2",
        "-1.5 2.5\n-2.5 3.5\n",
    ],
)
def test_what_is_no_pasted_list_stays(text):
    assert unfold(text) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("circle(211.9,-8.0,5)\n", "not given in icrs"),
        ("image\ncircle(211.9,-8.0,5)\n", "not given in icrs"),
        ("b1950\ncircle(211.9,-8.0,5)\n", "not given in icrs"),
        ("fk5\ncircle(1,2,5)\ngalactic\ncircle(1,2,5)\n", "not given in icrs"),
        ("fk5\npolygon(1,2,3,4,5,6)\n", "no circle"),
        ("PK\x03\x04 and so on", "spreadsheet"),
        ("id,ra,dec\n1,,\n2,,\n3,,\n", "running numbers"),
        ("ra (h),dec (h)\n10.5,2.5\n11.5,3.5\n", "declinations are not given in"),
        ("a1 14:07:40.9 -08:00:46.6 18.1\nb2 15:07:40.9 -08:00:46.6 18.2\n", "no header"),
        ("name ra dec\nM 1 10.5 2.5\nM 2 11.5 3.5 4\n", "."),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(text, says):
    with pytest.raises(InputError, match=says):
        read_list(text.encode())


def test_regions_in_galactic_coordinates_are_turned_and_others_left_out():
    wanted = read_list(b"galactic\ncircle(120.0,-30.0,5)\n-circle(1,2,3)\nline(1,2,3,4)\n")
    assert len(wanted) == 1 and abs(wanted["dec"].iloc[0] - 32.7) < 1
    assert any("2 of the regions" in note for note in wanted.attrs["notes"])
    named = read_list(b"fk5\npoint(1.5,2.5) # text={M01}\npoint(2.5,3.5)\n")
    assert named["id"].tolist() == ["M01", ""] and not named.attrs["assumed"]


def test_decimals_beside_sexagesimal_positions_are_read_where_they_are_clear():
    mixed = rows("ra,dec", [f"{HMS[0]},{DMS[0]}", *(p.replace(" ", ",") for p in PAIRS[1:])])
    match(mixed)
    wanted = read_list(rows("ra,dec", [f"{HMS[0]},{DMS[0]}", "10.5,2.5"]).encode())
    assert np.isnan(wanted["ra"].iloc[1]) and wanted["dec"].iloc[1] == 2.5
    assert any("hours or degrees (row 2)" in note for note in wanted.attrs["notes"])


def test_positions_that_cannot_be_read_are_said_beside_ids_too():
    said = match(rows("id,ra,dec", [f"{i},x,y" for i in IDS]))
    assert "3 positions could not be read" in said


def test_hours_in_a_column_of_degrees_are_said():
    many = pd.DataFrame({"id": list("abcde"), "ra": np.arange(5) * 60.0 + 30, "dec": np.arange(5.0)})
    text = "\n".join(["ra_deg,dec_deg", *(f"{a / 15},{d}" for a, d in zip(many["ra"], many["dec"], strict=True))])
    result = match_list(many, read_list(text.encode()), 2)
    assert not len(result.rows) and "in hours 5 would be" in result.said


def to_bytes(table: Table, format: str = "fits") -> bytes:
    stream = io.BytesIO()
    table.write(stream, format=format)
    return stream.getvalue()


@pytest.mark.parametrize("format", ["fits", "votable"])
def test_positions_of_two_numbers_in_a_cell_and_in_milliarcseconds(format):
    match(to_bytes(Table({"radec": np.c_[RA, DEC]}), format))
    with pytest.raises(InputError, match="in radians"):
        read_list(to_bytes(Table({"radec": np.radians(np.c_[RA, DEC]) * u.rad}), format))
    with pytest.raises(InputError, match="several values"):
        read_list(to_bytes(Table({"pos": np.c_[RA, DEC]}), format))
    hdu = fits.table_to_hdu(Table({"ra": RA * 3.6e6, "dec": DEC * 3.6e6}))
    hdu.header["TUNIT1"] = hdu.header["TUNIT2"] = "mas"
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
    match(stream.getvalue())


@pytest.mark.parametrize("format", ["tabledata", "binary", "binary2"])
def test_of_a_votable_only_the_columns_that_are_needed_count_in_full(format, monkeypatch):
    table = Table({"z": RA, "ra": RA, "m": RA, "dec": DEC, "n": DEC})
    table["ra"].meta["ucd"], table["dec"].meta["ucd"] = "pos.eq.ra;src", "pos.eq.dec;src"
    stream = io.BytesIO()
    table.write(stream, format="votable", tabledata_format=format)
    data = stream.getvalue().replace(b'name="ra"', b'name="a"').replace(b'name="dec"', b'name="b"')
    match(data)
    monkeypatch.setattr(
        votables, "_MOST_CELLS", 14
    )  # 15 to 19 cells, by an estimate, of which three in five count as half
    match(data)
    monkeypatch.setattr(votables, "_MOST_CELLS", 10)
    with pytest.raises(InputError, match="up to 10 cells"):
        read_list(data)


def test_midnight_is_twenty_four_hours():
    assert parse_position("24:00:00 -00:30:00") == (0, -0.5)
    with pytest.raises(InputError, match="past 24 hours"):
        parse_position("24:00:01 -00:30:00")
