"""Lists and tables of every kind that astronomers send: read rightly, or refused in a sentence."""

import bz2
import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from galexplore.errors import InputError
from galexplore.tables.catalogue import read
from galexplore.tables.match import match_list, read_list

RA, DEC = np.array([211.92038, 354.997244, 29.132519]), np.array([-8.012944, 16.595913, -0.762149])
IDS = ["A", "B", "C"]
ATLAS = pd.DataFrame({"id": [*IDS, "1", "2", "3"], "ra": [*RA, 10.0, 20, 30], "dec": [*DEC, 1.0, 2, 3]})
HMS = ["14:07:40.891", "23:39:59.339", "01:56:31.805"]
DMS = ["-08:00:46.60", "+16:35:45.29", "-00:45:43.74"]


def stored(table: Table, format: str) -> bytes:
    if format == "ascii.ecsv":
        text = io.StringIO()
        table.write(text, format=format)
        return text.getvalue().encode()
    if format == "parquet":
        with tempfile.TemporaryDirectory() as folder:
            table.write(f"{folder}/t.parquet")
            return Path(folder, "t.parquet").read_bytes()
    stream = io.BytesIO()
    table.write(stream, format=format)
    return stream.getvalue()


def check(data: bytes, near: float = 1e-5) -> pd.DataFrame:
    wanted = read_list(data)
    np.testing.assert_allclose(wanted[["ra", "dec"]].to_numpy(), np.c_[RA, DEC], atol=near)
    assert sorted(ATLAS["id"].iloc[match_list(ATLAS, wanted, 2).rows]) == IDS
    return wanted


def lines(head: str, cells: list[list[str]], part: str = ",") -> bytes:
    return "\n".join([head, *(part.join(row) for row in zip(*cells, strict=True)), ""]).encode()


N = [[str(x) for x in RA], [str(x) for x in DEC]]
SEX = [HMS, DMS]


def pad(width: int) -> list[list[str]]:
    return [[cell.ljust(width) for cell in column] for column in N]


@pytest.mark.parametrize(
    "data",
    [
        lines("ra,dec", SEX),
        lines("RAJ2000,DEJ2000", [[x.replace(":", " ") for x in c] for c in SEX]),
        lines("ra;dec", SEX, ";"),
        lines("RA\tDec", SEX, "\t"),
        lines("ra dec", SEX, " "),
        lines("RA,Dec", [[f"{h[:2]}h{h[3:5]}m{h[6:]}s" for h in HMS], [f"{d[:3]}d{d[4:6]}m{d[7:]}s" for d in DMS]]),
        lines("ra,dec", [["211d55m13.368s", "354°59′50.078″", "029d07m57.068s"], DMS]),
        lines("ra,dec", [HMS, [d.replace("-", "−") for d in DMS]]),
        lines("name,coordinates", [IDS, [f"{h} {d}" for h, d in zip(*SEX, strict=True)]]),
        lines("", [[f"{h} {d}" for h, d in zip(*SEX, strict=True)]]).lstrip(),
        stored(Table({"RA": HMS, "DEC": DMS}), "fits"),
        stored(Table({"ra": HMS, "dec": DMS}), "votable"),
    ],
)
def test_sexagesimal_positions(data):
    check(data, 2e-5)


def test_an_angle_that_cannot_be_told_is_refused_and_a_bad_row_is_said():
    for data, says in (
        (lines("ra,dec", [["140:07:40", "11:00:00", "1:00:00"], DMS]), "past 24 hours"),
        (lines("ra [deg],dec", SEX), "says degrees"),
        (lines("ra,dec", [["x", "y", "z"], DMS]), "None of the positions"),
        (lines("RA_B1950,DE_B1950", N), "B1950"),
        (lines("a_ra,a_dec,b_ra,b_dec", N + N), "several positions"),
    ):
        with pytest.raises(InputError, match=says):
            read_list(data)
    wanted = read_list(lines("ra,dec", [HMS, [DMS[0], "abc", "-00:75:00"]]))
    assert np.isfinite(wanted["dec"]).tolist() == [True, False, False]
    assert "2 positions could not be read (row 2, 3)" in match_list(ATLAS, wanted, 2).said
    assert "off the sky" in match_list(ATLAS, read_list(b"ra,dec\n211.92038,-8.012944\n3,95\n"), 2).said


def in_unit(unit: str) -> tuple[np.ndarray, np.ndarray]:
    return (RA / 15, DEC) if unit == "h" else (np.radians(RA), np.radians(DEC))


@pytest.mark.parametrize("format", ["fits", "votable", "ascii.ecsv", "parquet"])
@pytest.mark.parametrize("unit", ["h", "rad"])
def test_the_unit_of_a_column_counts(format, unit):
    ra, dec = in_unit(unit)
    table = Table({"ra": ra, "dec": dec})
    table["ra"].unit, table["dec"].unit = ("hourangle" if unit == "h" else "rad"), ("deg" if unit == "h" else "rad")
    if format == "fits":
        hdu = fits.table_to_hdu(Table({"ra": ra, "dec": dec}))
        hdu.header["TUNIT1"], hdu.header["TUNIT2"] = ("HOURS", "DEGREES") if unit == "h" else ("RADIANS", "Radians")
        stream = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
        data = stream.getvalue()
    else:
        data = stored(table, format)
    check(data, 1e-9)
    np.testing.assert_allclose(read(data)[["ra", "dec"]].to_numpy(float), np.c_[RA, DEC], atol=1e-9)


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        ("ra_hours,dec_deg", "h"),
        ("RA [h],Dec [deg]", "h"),
        ("ra_rad,dec_rad", "rad"),
        ("RA (radians),DEC (radians)", "rad"),
    ],
)
def test_the_unit_in_a_name_counts(head, unit):
    ra, dec = in_unit(unit)
    check(lines(head, [list(map(repr, map(float, ra))), list(map(repr, map(float, dec)))]))


def test_the_description_and_the_values_count_where_no_unit_stands():
    ra, dec = in_unit("h")
    table = Table({"ra": ra, "dec": dec})
    table["ra"].description, table["dec"].description = "Right ascension in decimal hours", "Declination in degrees"
    check(stored(table, "votable"), 1e-9)
    for unit in ("h", "rad"):
        ra, dec = in_unit(unit)
        wanted = read_list(lines("ra,dec", [list(map(repr, map(float, ra))), list(map(repr, map(float, dec)))]))
        matched = match_list(ATLAS, wanted, 2)
        assert sorted(ATLAS["id"].iloc[matched.rows]) == IDS and "does not say their unit" in matched.said
    with pytest.raises(InputError, match="unit of the column ra is pc"):
        table["ra"].unit = "pc"
        read_list(stored(table, "votable"))


@pytest.mark.parametrize("names", [("ra", "dec"), ("RA", "DEC"), ("ALPHAWIN_J2000", "DELTAWIN_J2000")])
@pytest.mark.parametrize("kind", ["cell", "variable"])
def test_columns_of_one_element_arrays(names, kind):
    if kind == "cell":
        table = Table({n: v.reshape(-1, 1) for n, v in zip(names, (RA, DEC), strict=True)})
        data = stored(table, "fits")
    else:
        columns = [
            fits.Column(n, "PD()", array=np.array([np.array([x]) for x in v] + [None], object)[:-1])
            for n, v in zip(names, (RA, DEC), strict=True)
        ]
        stream = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(stream)
        data = stream.getvalue()
    check(data)
    np.testing.assert_allclose(read(data)["dec"], DEC)


def test_parquet_with_its_index_and_arrays_of_one():
    frame = pd.DataFrame({"ra": RA, "dec": DEC}, index=pd.Index(IDS, name="id"))
    stream = io.BytesIO()
    frame.to_parquet(stream)
    assert check(stream.getvalue())["id"].tolist() == IDS and read(stream.getvalue())["id"].tolist() == IDS
    stream = io.BytesIO()
    pd.DataFrame({"ra": [[x] for x in RA], "dec": [[x] for x in DEC]}).to_parquet(stream)
    check(stream.getvalue())
    stream = io.BytesIO()
    big = 9007199254740993
    pd.DataFrame({"id": pd.array([big, None, 7], "Int64"), "z": [0.1, 0.2, 0.3]}).to_parquet(stream)
    assert read_list(stream.getvalue())["id"].tolist() == [str(big), "", "7"]
    assert read(stream.getvalue())["id"].tolist() == [str(big), "", "7"]


SEXTRACTOR = """#   1 NUMBER       Running number
#   2 ALPHA_J2000  Right ascension [deg]
#   3 DELTA_J2000  Declination [deg]"""
IPAC = "\\fixlen = T\n| ra        |dec         |\n| double    |double      |\n| deg       |deg         |"
VIZIER = "#\n#   VizieR Astronomical Server\n#Table\tJ_ApJ_1:\n#Column\t_RAJ2000\t(F11.6)\tRight ascension\n\n"


@pytest.mark.parametrize(
    "data",
    [
        lines(VIZIER + "_RAJ2000\t_DEJ2000\tz\ndeg\tdeg\t \n------\t------\t---", [*N, ["0.1"] * 3], "\t"),
        lines(VIZIER + 'recno;RAJ2000;DEJ2000\n;"h:m:s";"d:m:s"\n---;-----;----', [["1", "2", "3"], *SEX], ";"),
        lines("ra,dec\ndeg,deg", N),
        b"ra,dec\n211.920380,-8.012944\n# second run\n354.997244,16.595913\n29.132519,-0.762149\n",
        lines("# of my paper\n# ra dec", N, " "),
        lines("#ra,dec", N),
        lines("\ufeffra,dec", N),
        "\ufeffra,dec\r\n".encode("utf-16-le") + "\r\n".join(map(",".join, zip(*N, strict=True))).encode("utf-16-le"),
        lines("RAdeg        DEdeg        name\n------------ ------------ -----", [*pad(12), ["a b", "c", ""]], " "),
        lines("galaxy        ra         dec       ", [["NGC 224    ", "NGC 5128   ", "M 31       "], *pad(11)], " "),
        lines("| n | ra | dec |\n|---|----|-----|", [["| a ", "| b ", "| c "], N[0], [x + " |" for x in N[1]]], "|"),
        lines("ra\tdec\n10N\t10N", N, "\t"),
        lines("ra , dec ,", [[x + " " for x in N[0]], [x + "," for x in N[1]]]),
        lines("ra;dec", [[x.replace(".", ",") for x in c] for c in N], ";"),
        lines("RA_1,DEC_1,RA_2,DEC_2", [*N, ["1", "2", "3"], ["1", "2", "3"]]),
        lines("e_ra,host_ra,host_dec,pm_ra,pm_dec", [["1"] * 3, *N, ["1"] * 3, ["1"] * 3]),
        lines("", N).lstrip(),
        lines("", [IDS, *N], " ").lstrip(),
        lines("", [["150.1"] * 0, []]) + lines("id,ra,dec", [["x", '"y, z"', "w"], *N]).lstrip(),
        lines(SEXTRACTOR, [["1", "2", "3"], *N], " "),
        lines(IPAC, [[" " + x for x in pad(11)[0]], pad(12)[1]], " "),
    ],
)  # fmt: skip
def test_text_of_any_layout(data):
    check(data, 2e-5)


def test_a_table_of_the_cds():
    head = """Title: A table
Authors: Nobody
Table: 1
================================================================================
Byte-by-byte Description of file: table1.txt
--------------------------------------------------------------------------------
   Bytes Format Units  Label Explanations
--------------------------------------------------------------------------------
   1-  7 A7     ---    Name  Name
   9- 10 I2     h      RAh   Hour of right ascension
  12- 13 I2     min    RAm   Minute of right ascension
  15- 20 F6.3   s      RAs   Second of right ascension
      22 A1     ---    DE-   Sign of declination
  23- 24 I2     deg    DEd   Degree of declination
  26- 27 I2     arcmin DEm   Arcminute of declination
  29- 33 F5.2   arcsec DEs   Arcsecond of declination
--------------------------------------------------------------------------------
"""
    rows = [f"NGC 00{i} {h.replace(':', ' ')} {d.replace(':', ' ')}" for i, (h, d) in enumerate(zip(*SEX, strict=True))]
    data = (head + "\n".join(rows) + "\n").encode()
    assert check(data, 2e-5)["id"].tolist() == ["NGC 000", "NGC 001", "NGC 002"]
    assert read(data)["dec"].tolist() == pytest.approx(DEC, abs=2e-5)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda d: gzip.compress(gzip.compress(d))])
@pytest.mark.parametrize("format", ["csv", "fits", "votable", "ascii.ecsv", "parquet"])
def test_packed_tables(pack, format):
    table = Table({"ra": RA, "dec": DEC})
    data = pack(lines("ra,dec", N) if format == "csv" else stored(table, format))
    check(data)
    np.testing.assert_allclose(read(data)["ra"], RA)
    with pytest.raises(InputError):
        read_list(data[:-9])


def test_a_bomb_and_what_is_no_table_are_refused():
    for data, says in (
        (gzip.compress(b"0" * 101_000_000, 1), "unfolds"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        (b'{"ra": 1}', "JSON"),
        (b"PK\x03\x04\0\0\0", "no table"),
        (b"# only\n# comments\n", "empty"),
        (b"ra,dec\n1,2,3\n", "3 or more fields"),
        (b"ra,dec,ra\n1,2,3\n4,5,6,7,8\n", "fields"),
        (b'<?xml version="1.0"?><VOTABLE version="1.4"><RESOURCE type="results"><INFO name="QUERY_STATUS" '
         b'value="ERROR">Timed out</INFO></RESOURCE></VOTABLE>', "service's error"),
        (b"index,row\n1,1\n2,2\n", "running numbers"),
        (b"a,b\n1,2\n", "neither a column id"),
        (b"1,2,3,4\n5,6,7,8\n", "no header"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=says) as refusal:
            read_list(data)
        assert "\n" not in str(refusal.value)
    whole = stored(Table({"ra": np.arange(2000.0), "dec": np.zeros(2000)}), "fits")
    with pytest.raises(InputError, match="cut off"):
        read_list(whole[:-6000])
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(np.zeros((4, 4)))]).writeto(stream)
    with pytest.raises(InputError, match="no table"):
        read_list(stream.getvalue())


def test_names_by_ucd_first():
    table = Table({"ra": [1.0, 2, 3], "dec": [1.0, 2, 3], "alpha": RA, "beta": DEC, "e_RA": [9.0] * 3})
    for name, ucd in (
        ("alpha", "pos.eq.ra;meta.main"),
        ("beta", "pos.eq.dec;meta.main"),
        ("e_RA", "stat.error;pos.eq.ra"),
    ):
        table[name].meta["ucd"] = ucd
    check(stored(table, "votable"))
    hdu = fits.table_to_hdu(table)
    hdu.header["TUCD3"], hdu.header["TUCD4"] = "pos.eq.ra;meta.main", "POS_EQ_DEC_MAIN"
    hdu.header["TUCD3"] = "POS_EQ_RA_MAIN"
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
    check(stream.getvalue())


@pytest.mark.parametrize(
    "names",
    ["RAdeg DEdeg", "_RAJ2000 _DEJ2000", "ALPHAWIN_J2000 DELTAWIN_J2000", "TARGET_RA TARGET_DEC", "ra_1 dec_1",
     "raMean decMean", "coord_ra coord_dec", "RA decl", "RA_ICRS DE_ICRS", "RightAscension Declination",
     "plug_ra plug_dec", "s_ra s_dec",     "alpha delta", "hostRA hostDEC", "sdss.ra sdss.dec"],
)  # fmt: skip
def test_names_of_the_field(names):
    check(lines(names.replace(" ", ","), N))
    check(lines(names.replace(" ", " [deg],") + " [deg]", N))
    assert read(lines(names.replace(" ", ","), N))["ra"].tolist() == RA.tolist()


def test_of_several_tables_the_one_with_positions():
    stream = io.BytesIO()
    head = fits.BinTableHDU.from_columns(
        [fits.Column("Field Header Card", "80A", array=["SIMPLE"])], name="LDAC_IMHEAD"
    )
    objects = fits.table_to_hdu(Table({"NUMBER": [1, 2, 3], "ALPHA_J2000": RA, "DELTA_J2000": DEC}))
    fits.HDUList([fits.PrimaryHDU(), head, objects]).writeto(stream)
    check(stream.getvalue())


def test_masked_values_and_sentinels_are_unknown():
    table = Table({"ra": MaskedColumn(RA, mask=[False, True, False]), "dec": DEC})
    for format in ("votable", "ascii.ecsv", "fits"):
        assert np.isnan(read_list(stored(table, format))["ra"]).tolist() == [False, True, False]
    wanted = read_list(b"ra,dec\n-99,-99\n211.92038,-8.012944\n,\nnull,--\n1e30,1e30\n-9999.0,-9999.0\n")
    assert np.isfinite(wanted["ra"]).tolist() == [False, True, False, False, False, False]
    assert match_list(ATLAS, wanted, 2).rows.tolist() == [0]


def test_ids_stay_text_to_the_last_zero():
    assert read_list(b"id\n0012\n1.10\n1237648720693755918\n")["id"].tolist() == ["0012", "1.10", "1237648720693755918"]
    assert read_list(b"objid,ra,dec\n00120,1,2\n0.50,3,4\n")["id"].tolist() == ["00120", "0.50"]
    assert read_list(b"1237648720693755910\n1237648720693755920\n")["id"].tolist()[0] == "1237648720693755910"
    assert read_list(b"NGC 224\nNGC 5128\n")["id"].tolist() == ["NGC 224", "NGC 5128"]
    assert read(b"specobj,z\n00120,0.1\n7,0.2\n")["specobj"].tolist() == ["00120", "7"]
    table = Table({"id": ["0012", "1.10"], "n": [1, 2]})
    for format in ("fits", "votable", "ascii.ecsv"):
        assert read_list(stored(table, format))["id"].tolist() == ["0012", "1.10"]
    with pytest.raises(InputError, match="lost digits"):
        read_list(b"id\n1.2376487206937559e18\n")


@pytest.mark.parametrize(
    "data",
    [b"150.1,-0.5,0.3\n1.2,-0.6,0.3\n", b"1 150.1 -0.5\n2 150.2 -0.6\n", b"1,5,-3,2\n", b"ra dec z\n1 2 .3\n4 5\n"],
)  # fmt: skip
def test_numbers_that_nobody_can_tell_apart_are_no_positions(data):
    with pytest.raises(InputError):
        read_list(data)


def test_names_before_bare_positions():
    for data in (b"NGC 224 00 42 44.33 +41 16 07.5\n", b"M31,10.684708,41.26875\n", b"NGC 224 10.684708 41.26875\n"):
        wanted = read_list(data)
        assert wanted["id"][0] in ("NGC 224", "M31") and wanted["ra"][0] == pytest.approx(10.684708, abs=1e-5)
    assert read_list(b"id\n").empty


def test_a_running_number_is_no_id_and_disagreement_is_said():
    wanted = read_list(lines("id,ra,dec", [["1", "2", "3"], *N]))
    matched = match_list(ATLAS, wanted, 2)
    assert ATLAS["id"].iloc[matched.rows].tolist() == IDS
    assert len(matched.disagreements) == 3 and "Row 1: 1 lies" in matched.said and "3 of 3" in matched.said
    same = match_list(ATLAS, read_list(lines("id,ra,dec", [IDS, *N])), 2)
    assert "3 of 3 found by their ids." == same.said and not same.disagreements
    mixed = read_list(lines("id,ra,dec", [["A", "zz", "C"], [*N[0][:2], ""], [*N[1][:2], ""]]))
    matched = match_list(ATLAS, mixed, 2)
    assert ATLAS["id"].iloc[matched.rows].tolist() == IDS and "2 of 3 found by their ids, 1 more within" in matched.said
    unknown = ATLAS.assign(ra=[np.nan] * 6, dec=[np.nan] * 6)
    assert len(match_list(unknown, wanted, 2).rows) == 3  # nothing to disagree with


def test_a_catalogue_with_text_for_numbers_is_refused_in_a_sentence():
    for data in (b"id,ra,dec\na,abc,1\nb,2,2\n", b"id,z\na,0.1:\nb,0.2\n"):
        with pytest.raises(InputError, match=r"where .* belong"):
            read(data)
    frame = read(lines("id,RAJ2000,DEJ2000", [IDS, *SEX]))
    assert frame["ra"].tolist() == pytest.approx(RA, abs=2e-5) and frame["id"].tolist() == IDS


def test_hostile_lists_are_bounded():
    stream = io.BytesIO()
    text = ["x" * 10_000] * 11_000
    pd.DataFrame({"id": text, "ra": 1.0}).to_parquet(stream)
    with pytest.raises(InputError, match="unfold"):
        read_list(stream.getvalue())
    stream = io.BytesIO()
    pd.DataFrame({"note": text, "ra": 1.0, "dec": 2.0}).to_parquet(stream)
    assert len(read_list(stream.getvalue())) == 11_000  # what is not needed is not unpacked
    with pytest.raises(InputError, match="empty"):
        read_list(b"#\n" * 900_000)
    with pytest.raises(InputError, match="lines"):
        read_list(b"#\n" * 1_100_000)
    with pytest.raises(InputError, match="columns"):
        read_list(b",".join(b"c%d" % i for i in range(30_000)) + b"\n" + b"1," * 29_999 + b"1\n")
    wide = b"ra,dec," + b",".join(b"c%d" % i for i in range(4_000)) + b"\n" + b"1," * 4_001 + b"1\n"
    assert len(read_list(wide)) == 1


def test_no_damage_ends_in_anything_but_a_sentence():
    random = np.random.default_rng(3)
    table = Table({"id": IDS, "ra": RA, "dec": DEC})
    seeds = [
        lines("id,ra,dec", [IDS, *N]),
        lines("ra dec", SEX, " "),
        lines(VIZIER + "_RAJ2000\t_DEJ2000\ndeg\tdeg", N, "\t"),
    ]
    seeds += [stored(table, f) for f in ("fits", "votable", "ascii.ecsv", "parquet")]
    seeds += [gzip.compress(seeds[0])]
    for data in seeds:
        for _ in range(5 if data.startswith(b"PAR1") else 60):  # each parquet table takes a process
            hurt = bytearray(data)
            for _ in range(random.integers(1, 6)):
                at = int(random.integers(len(hurt) or 1))
                hurt = hurt or bytearray(b" ")
                what = random.integers(4)
                if what == 0:
                    hurt[at] = random.integers(256)
                elif what == 1:
                    del hurt[at : at + int(random.integers(1, 30))]
                elif what == 2:
                    hurt[at:at] = random.choice([b",", b"\n", b'"', b"#", b"\t", b"\0", b"-", b" ", b"1e400", b"|"])
                else:
                    del hurt[max(at, 1) :]
            for reader in (read_list, read):
                try:
                    reader(bytes(hurt))
                except InputError as error:
                    assert "\n" not in str(error)
