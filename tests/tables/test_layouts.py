"""Lists as people and archives lay them out, each of a kind that was once misread."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from galexplore.errors import InputError
from galexplore.tables.catalogue import read
from galexplore.tables.match import match_list, read_list

RA, DEC = np.array([211.92038, 354.997244, 29.132519]), np.array([-8.012944, 16.595913, -0.762149])
HMS, DMS = ["14:07:40.891", "23:39:59.339", "01:56:31.805"], ["-08:00:46.60", "+16:35:45.29", "-00:45:43.74"]
ATLAS = pd.DataFrame({"id": ["A", "B", "C"], "ra": RA, "dec": DEC})
PAIRS = [f"{a} {d}" for a, d in zip(RA, DEC, strict=True)]
BLANKS = [f"{h} {d}".replace(":", " ") for h, d in zip(HMS, DMS, strict=True)]
NAMES = [f"SDSS J{h.replace(':', '')}{d.replace(':', '')}" for h, d in zip(HMS, DMS, strict=True)]


def matched(data: bytes | str) -> str:
    result = match_list(ATLAS, read_list(data.encode() if isinstance(data, str) else data), 2)
    assert result.rows.tolist() == [0, 1, 2], result.said
    return result.said


def rows(head: str, lines: list[str], foot: str = "") -> str:
    return "\n".join([head, *lines, foot])


CARDS = "#(1) ID\n#(2) RA\n#(3) DEC"


@pytest.mark.parametrize(
    "text",
    [
        rows("name   ra   dec", [f"a   {x}".replace(" -", "   -").replace(" +", "   +") for x in BLANKS]),
        rows("name   ra   dec", [f"a   {h}   {d}" for h, d in zip(HMS, DMS, strict=True)]),
        rows("name RA DEC", [f"gal1 {x}" for x in BLANKS]),
        rows("My galaxies of 2024\nra,dec", [p.replace(" ", ",") for p in PAIRS]),
        rows("Table 1. Ours\n\nra\tdec", [p.replace(" ", "\t") for p in PAIRS]),
        rows("sep=;\nra;dec", [p.replace(" ", ";") for p in PAIRS]),
        rows("! made by IDL\nra,dec", [p.replace(" ", ",") for p in PAIRS]),
        rows("ra dec", [f"{a:.9E} {d:.9E}".replace("E", "D") for a, d in zip(RA, DEC, strict=True)]),
        "\n".join(f"{a:.18e} {d:.18e}" for a, d in zip(RA, DEC, strict=True)),
        rows("+---+---+\n| ra | dec |\n+---+---+", [f"| {p.replace(' ', ' | ')} |" for p in PAIRS], "+---+---+\n"),
        rows("===== =====\nra    dec\n===== =====", PAIRS, "===== =====\n"),
        rows("#|identifier|coord1 (ICRS,J2000)\n-|---|---", [f"{i}|x|{p}" for i, p in enumerate(BLANKS)]),
        rows(CARDS, [f"a {p}" for p in PAIRS]),
        rows("# column 1: RA (deg)\n# column 2: DEC (deg)", PAIRS),
        rows("# id x ra dec f", [f"  0  1.5 {p} 3.3" for p in PAIRS]),
        rows("|ra        |dec       |\n|double    |double    |", [f" {p.replace(' ', '   ')}" for p in PAIRS]),
        rows("RAh,RAm,RAs,DEd,DEm,DEs", [b.replace(" ", ",") for b in BLANKS]),
        rows("RA_H RA_M RA_S DEC_D DEC_M DEC_S", BLANKS),
        rows("dRA,dDEC,ra,dec", ["0.1,0.1," + p.replace(" ", ",") for p in PAIRS]),
        rows("name", NAMES),
        rows("designation,mag", [f"{n},1.5" for n in NAMES]),
        rows("ra,dec", [f'="{p}"'.replace(" ", '",="') for p in PAIRS]),
        rows("al2000;de2000", [f"{a / 15:.8f};{d}" for a, d in zip(RA, DEC, strict=True)]),
        rows("RA [J2000],Dec [J2000]", [p.replace(" ", ",") for p in PAIRS]),
    ],
)  # fmt: skip
def test_layouts_of_the_field(text):
    matched(text)


@pytest.mark.parametrize(
    "text",
    [
        *(rows("", [f"{n} {p} 18.1" for p in PAIRS]).lstrip() for n in ("gal1", "NGC 1", "a b")),
        rows("", [f"gal1 {b} 18" for b in BLANKS]).lstrip(),
        rows("", ["gal1 14 07 40 08 00 46 18"]).lstrip(),
        rows("id ra dec z", ["a 1 2 3"] * 40 + ["b 5 6", "c 7 8 9"]),
        "\\begin{tabular}{cc}\nra & dec \\\\\n1 & 2 \\\\\n\\end{tabular}\n",
        "ra,dec\n-14:07:40,5\n",
        "dRA,dDEC\n1,2\n",
        "number\n1\n2\n3\n",
        "objid,mag\n1,18\n2,19\n3,20\n",
        "1\n2\n3\n",
        "My galaxies\nid RA (h) Dec (deg)\na 10.5 2.5\nb 11.5 3.5\n",
    ],
)
def test_what_nobody_can_tell_is_refused(text):
    with pytest.raises(InputError) as refusal:
        read_list(text.encode())
    assert "\n" not in str(refusal.value)


def test_a_late_number_that_is_longer_is_not_cut():
    head = "name        ra    dec"
    text = rows(
        head,
        ["NGC 1       9.5   1.5", "NGC 2 A     8.5   2.5", *["M1          7.5   3.5"] * 40, "NGC 12 B  123.5   3.5"],
    )
    wanted = read_list(text.encode())
    assert wanted["ra"].iloc[-1] == 123.5 and wanted["id"].iloc[-1] == "NGC 12 B"


def test_the_unit_that_fits_is_said_and_disagreement_is_measured_with_it():
    said = matched(rows("id,ra,dec", [f"{i},{a / 15:.8f},{d}" for i, a, d in zip("ABC", RA, DEC, strict=True)]))
    assert "taken as hours" in said and "lies" not in said
    low = ATLAS.assign(ra=RA / 20)
    text = rows("ra,dec", [f"{a}:{b}:{c:.2f},{d}" for a, b, c, d in zip(*_split(RA / 20), DEC, strict=True)])
    result = match_list(low, read_list(text.encode()), 2)
    assert result.rows.tolist() == [0, 1, 2] and "degrees, minutes and seconds" in result.said
    off = match_list(ATLAS, read_list(b"ra_hours,dec\n211.9,5\n1,2\n"), 2).said
    assert "right ascensions go from 0 to 360" in off and "declinations" not in off


def _split(degrees: np.ndarray) -> tuple[np.ndarray, ...]:
    minutes = degrees % 1 * 60
    return degrees.astype(int), minutes.astype(int), minutes % 1 * 60


def test_of_two_ids_the_running_number_is_none():
    assert match_list(ATLAS, read_list(b"id,name\n1,A\n2,B\n3,c\n"), 2).rows.tolist() == [0, 1, 2]


def to_bytes(hdu: fits.BinTableHDU) -> bytes:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
    return stream.getvalue()


def test_fits_tables_with_objects_arrays_and_frames_in_units():
    both = Table({"coord": SkyCoord(RA, DEC, unit="deg"), "z": [0.1, 0.2, 0.3]})
    stream = io.BytesIO()
    both.write(stream, format="fits")
    matched(stream.getvalue())
    assert read(stream.getvalue())["dec"].tolist() == pytest.approx(DEC)
    for unit in ("deg (J2000)", "Degrees J2000", "angle[deg]", "Degree(s)"):
        hdu = fits.table_to_hdu(Table({"RA": RA, "DEC": DEC}))
        hdu.header["TUNIT1"] = hdu.header["TUNIT2"] = unit
        matched(to_bytes(hdu))
    matched(to_bytes(fits.table_to_hdu(Table({"ra": RA * 3600 * u.arcsec, "dec": DEC * 60 * u.arcmin}))))
    with pytest.raises(InputError, match="several values"):
        read_list(to_bytes(fits.table_to_hdu(Table({"pos": np.c_[RA, DEC]}))))


def test_cells_that_all_point_to_the_same_bytes_are_refused():
    cells = np.array([np.arange(1000.0), *[np.zeros(1)] * 2000, None], object)[:-1]
    hdu = fits.BinTableHDU.from_columns(
        [fits.Column("RA", "PD()", array=cells), fits.Column("DEC", "D", array=np.zeros(2001))]
    )
    data = bytearray(to_bytes(hdu))
    start = data.index(b"END" + b" " * 77, 2880) // 2880 * 2880 + 2880
    for i in range(2001):
        data[start + 16 * i : start + 16 * i + 8] = (1000).to_bytes(4, "big") + (0).to_bytes(4, "big")
    for reader in (read_list, read):
        with pytest.raises(InputError, match="more than the whole file"):
            reader(bytes(data))


@pytest.mark.parametrize("reader", [read_list, read])
@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_one_long_text_in_every_row_is_refused_before_it_is_written_out(reader, size):
    cells = pa.DictionaryArray.from_arrays(pa.array(np.zeros(200_000, "int32")), pa.array(["x" * size]))
    stream = io.BytesIO()
    pq.write_table(pa.table({"id": cells}), stream, compression="zstd", store_schema=False)
    assert len(stream.getvalue()) < 20_000
    with pytest.raises(InputError, match="unfold to more"):
        reader(stream.getvalue())


def test_headers_and_lines_longer_than_any_are_refused():
    for data, says in (
        (b"," * 3_000_000, "1,000,000 characters"),
        (b"ra  dec\n1 " + b" " * 3_000_000 + b"2\n", "1,000,000 characters"),
        (
            b"# %ECSV 1.0\n# ---\n# datatype:\n" + b"# - {name: a, datatype: int64}\n" * 9000 + b"a\n1\n",
            "200,000 characters",
        ),
    ):
        with pytest.raises(InputError, match=says):
            read_list(data)


def test_positions_of_an_old_equinox_in_a_votable_are_refused():
    table = Table({"ra": RA, "dec": DEC})
    stream = io.BytesIO()
    table.write(stream, format="votable")
    text = stream.getvalue().decode()
    system = '<COOSYS ID="J" system="eq_FK4" equinox="B1950"/>'
    text = text.replace("<TABLE", system + "<TABLE", 1).replace('name="ra"', 'name="ra" ref="J"')
    with pytest.raises(InputError, match="B1950"):
        read_list(text.encode())


def test_an_open_file_that_cannot_be_read_is_said():
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError("broken")

    with pytest.raises(InputError, match="no readable table in what was given"):
        read(Broken())
