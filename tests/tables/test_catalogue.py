"""Tables: every format brings back what went in; ids exact, the unknown NaN."""

import io
import json

import astropy.units as u
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import votable
from astropy.table import Table

from galexplore.errors import InputError
from galexplore.tables.catalogue import FORMATS, choose_format, read, write
from galexplore.tables.columns import COLUMNS, fill_population, set_aside
from galexplore.tables.contract import validate


@pytest.fixture
def table():
    """Five galaxies with everything that goes wrong: 64-bit ids, leading zeros, "NA", blanks, and 17 digits."""
    frame = pd.DataFrame(
        {
            "id": ["9007199254740993", "0012", "NA", "nan", "J0946-0102 #2"],
            "ra": [0.1, 200.12345678901234, 359.99999999999, 0.0, 1 / 3],
            "dec": [-0.5, 1.0, 89.9, -2.0, -1e-12],
            "z": [0.02, np.nan, 0.3, 0.9, 0.11],
            "logmass": [10.1, 9.0, np.nan, 11.2, 8.7],
            "phi": [0.1, 3.1, 1.5, np.nan, 0.0],
            "lat_free": np.array([0.1, -2.0, 0.3, np.nan, 1.0], "f4"),
            "population": ["ordinary", "green pea", "", "red spiral", 'mine, "quoted"'],
            "objid": ["1237648720693755918", "1", "2", "3", "4"],
            "n": [1, 2, 3, 4, 5],
            "kept": [True, False, True, True, False],
        }
    )
    frame.attrs = {"model": "default", "sha256": "ab" * 32, "seeds": [1, 2], "note": "é" * 200}
    return frame


def stored(frame, format):
    """The bytes of a table."""
    stream = io.BytesIO()
    write(frame, stream, format)
    return stream.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_round_trip(table, format, tmp_path):
    data = stored(table, format)
    path = tmp_path / f"table.{format}"
    write(table, path)
    for back in (read(data), read(data, format), read(io.BytesIO(data)), read(path)):
        assert list(back) == list(table)
        for name in ("id", "population"):
            assert back[name].tolist() == table[name].tolist(), name
        for name in ("ra", "dec", "z", "logmass", "phi"):
            assert np.array_equal(back[name], table[name], equal_nan=True), name
        assert np.allclose(back["lat_free"], table["lat_free"], equal_nan=True, rtol=1e-6)
        assert back["objid"].astype(str).tolist() == table["objid"].tolist()
        assert back["n"].tolist() == table["n"].tolist() and back["kept"].tolist() == table["kept"].tolist()
        assert back.attrs == ({} if format == "csv" else table.attrs)
        validate(back)


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_table(table, format):
    back = read(stored(table.iloc[:0], format))
    assert list(back) == list(table) and len(back) == 0


def test_units_and_ucds_are_where_other_tools_look(table):
    as_fits = Table.read(io.BytesIO(stored(table, "fits")), format="fits", unit_parse_strict="silent")
    assert as_fits["ra"].unit == u.deg and as_fits["phi"].unit == u.rad
    assert as_fits.meta["TUCD2"] == "pos.eq.ra;meta.main" and "ICRS" in as_fits.meta["TCOMM2"]
    fields = votable.parse(io.BytesIO(stored(table, "votable"))).get_first_table().fields
    assert (fields[1].name, fields[1].ucd, str(fields[1].unit)) == ("ra", "pos.eq.ra;meta.main", "deg")
    schema = pq.read_schema(io.BytesIO(stored(table, "parquet")))
    assert schema.field("ra").metadata[b"unit"] == b"deg" and schema.field("logmass").metadata[b"unit"] == b"dex"
    assert json.loads(schema.metadata[b"provenance"]) == table.attrs
    ecsv = Table.read(stored(table, "ecsv").decode(), format="ascii.ecsv")
    assert ecsv["dec"].unit == u.deg and ecsv["z"].description == "Redshift"
    assert pd.read_parquet(io.BytesIO(stored(table, "parquet")))["id"].tolist() == table["id"].tolist()


def test_the_columns_are_described():
    for name, column in COLUMNS.items():
        assert column.description and column.ucd, name
        u.Unit(column.unit)
        assert column.dtype in ("str", "float64")
    for label in ("z", "logmass", "logsfr", "phi"):
        assert f"{label}_err" in COLUMNS and f"{label}_true" in COLUMNS
    for latent in ("phi", "redshift", "logmass", "logsfr", "free"):
        assert f"lat_{latent}" in COLUMNS and f"lat_{latent}_sigma" in COLUMNS


def test_sentinels_and_blanks_become_nan():
    back = read(b"ID,RA,Dec,logmass,logsfr,other\n1,10,-00.5,-99,-999.0,-99\n2,11,1,,nan,5\n3,12,2,10.5,0.1,6\n")
    assert list(back) == ["id", "ra", "dec", "logmass", "logsfr", "other"]
    assert back["id"].tolist() == ["1", "2", "3"] and back["dec"].tolist() == [-0.5, 1, 2]
    assert np.isnan(back["logmass"][:2]).all() and np.isnan(back["logsfr"][:2]).all()
    assert back["other"].tolist() == [-99, 5, 6]


def test_ids_are_never_rounded():
    big = 9007199254740993
    for format in ("fits", "votable", "parquet"):
        stream = io.BytesIO()
        frame = pd.DataFrame({"id": np.array([big, 7]), "z": [0.1, 0.2]})
        if format == "parquet":
            frame.to_parquet(stream)
        else:
            Table.from_pandas(frame).write(stream, format=format)
        assert read(stream.getvalue())["id"].tolist() == [str(big), "7"]
    assert read(f"id,objid,z\n{big},{big},0.1\n7,,0.2\n".encode())["objid"].tolist() == [str(big), ""]
    with pytest.raises(InputError, match="column id holds floating-point"):
        read(stored(pd.DataFrame({"id": [1.0, 2.0]}), "parquet"))


def test_csv_is_plain(table):
    lines = stored(table, "csv").decode().splitlines()
    assert lines[0] == ",".join(table) and lines[1].startswith("9007199254740993,0.1,-0.5")
    assert read(b"# a comment\n#another\nid,name\n1,NGC#7\n")["name"].tolist() == ["NGC#7"]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("id", "0012", "column id must name every row"),
        ("id", "", "column id must name every row"),
        ("ra", 360.5, "column ra holds 360.5"),
        ("dec", -91, "column dec holds -91"),
        ("z", -99, "column z holds -99"),
        ("logmass", np.inf, "column logmass holds inf"),
        ("phi", 170.0, "column phi holds 170"),
    ],
)
def test_validate_names_the_column(table, column, value, says):
    validate(table)
    table.loc[0, column] = value
    with pytest.raises(InputError, match=says):
        validate(table)


def test_validate_wants_numbers_ids_and_text(table):
    with pytest.raises(InputError, match="no column id"):
        validate(table.drop(columns="id"))
    with pytest.raises(InputError, match="column ra must hold numbers"):
        validate(table.assign(ra="10h"))
    with pytest.raises(InputError, match="column id must hold text"):
        validate(table.assign(id=range(5)))
    with pytest.raises(InputError, match="column z holds -5"):  # the first in the table's order
        validate(table.assign(z=-5.0, logmass=-5.0))


def test_columns_that_others_will_be_called_as_are_set_aside():
    frame = pd.DataFrame({"id": ["A"], "chi2": [1.0], "chi2_catalogue": [2.0], "z": [0.1]})
    kept = set_aside(frame, ["chi2", "gap"])
    assert list(kept) == ["id", "chi2_catalogue_", "chi2_catalogue", "z"] and kept["chi2_catalogue_"][0] == 1


def test_who_is_not_told_of_is_ordinary():
    frame = pd.DataFrame({"id": ["A", "B"], "population": ["", "Merger"]})
    assert fill_population(frame)["population"].tolist() == ["ordinary", "Merger"]
    assert fill_population(frame[["id"]])["population"].tolist() == ["ordinary"] * 2


def test_a_repeated_id_is_named(table):
    with pytest.raises(InputError, match="'0012' stands twice"):
        validate(table.assign(id=["a", "0012", "b", "0012", "c"]))


def test_what_cannot_be_read_or_written(table, tmp_path):
    for data in (b"", b"PAR1 nonsense", b"SIMPLE  =  nonsense", b"<VOTABLE>", b"# %ECSV 1.0\n# nonsense"):
        with pytest.raises(InputError, match="could not be read"):
            read(data)
    with pytest.raises(InputError, match="no readable table gone"):
        read(tmp_path / "gone.csv")
    for target, format in ((tmp_path / "a.xlsx", None), (io.BytesIO(), None), (io.BytesIO(), "pickle")):
        with pytest.raises(InputError, match=r"no table format|no suffix"):
            write(table, target, format)
    with pytest.raises(InputError, match="no table format"):
        read(b"id\n1\n", "pickle")
    before = table.copy()
    stored(table, "fits")
    pd.testing.assert_frame_equal(table, before)


def test_real_tables(real):
    for path in sorted((real / "tables").glob("*.csv")):
        frame = read(path)
        assert len(frame) > 50
        for name in set(frame) & set(COLUMNS):
            if COLUMNS[name].dtype != "str":
                assert not frame[name].isin([-99, -999]).any()


MAGNITUDES = {"g": [19.2, 20.1, 18.0], "r": [18.1, 19.0, 17.2], "z": [17.3, 18.2, 16.9]}
REDSHIFTS = [0.05, 0.31, 0.112]


@pytest.mark.parametrize(
    ("columns", "redshift", "kept"),
    [
        ({"ID": ["a", "b", "c"], "RA": [1.0, 2, 3], "DEC": [0.0, 1, 2], "Z": REDSHIFTS}, "z", None),  # DESI, GAMA
        ({"TARGETID": [1, 2, 3], "Z": REDSHIFTS, "ZERR": [1e-4] * 3, "FLUX_G": [1.0, 2, 3]}, "z", None),  # DESI
        ({"objid": [1, 2, 3], "Z": REDSHIFTS, "mag_r": [18.1, 19.0, 17.2]}, "z", None),
        ({"id": ["a", "b", "c"], "G": MAGNITUDES["g"], "R": MAGNITUDES["r"], "Z": MAGNITUDES["z"]}, None, "Z"),
        (
            {"name": ["a", "b", "c"], "MAG_G": MAGNITUDES["g"], "MAG_R": MAGNITUDES["r"], "Z": MAGNITUDES["z"]},
            None,
            "Z",
        ),
        ({"id": ["a", "b", "c"], "g": MAGNITUDES["g"], "r": MAGNITUDES["r"], "Z": [-99.0, 18.2, 16.9]}, None, "Z"),
        ({"id": ["a", "b", "c"], "G": [3.1, 4, 5], "R": [6.0, 7, 8], "Z": [9.0, 8, 7]}, None, "Z"),  # fluxes
        ({"objID": [1, 2, 3], "u": [20.0, 21, 19], **MAGNITUDES, "redshift": REDSHIFTS}, None, "mag_z"),  # CasJobs
        ({"id": ["a", "b", "c"], "g": MAGNITUDES["g"], "r": MAGNITUDES["r"], "z": REDSHIFTS}, "z", None),
        ({"id": ["a", "b", "c"], "z": REDSHIFTS, "mag_z": MAGNITUDES["z"]}, "z", "mag_z"),
        ({"id": ["a", "b", "c"], "z": REDSHIFTS, "Z": MAGNITUDES["z"], "R": MAGNITUDES["r"]}, "z", "Z"),
    ],
)
def test_a_magnitude_in_z_is_no_redshift(columns, redshift, kept):
    back = read(pd.DataFrame(columns).to_csv(index=False).encode(), "csv")
    assert ("z" in back) == (redshift == "z")
    if redshift:
        assert back["z"].tolist() == REDSHIFTS
    if kept:
        assert back[kept].iloc[1:].tolist() == [v for v in columns.get(kept, columns.get("z"))][1:]


def test_the_format_of_a_path_is_known_before_it_is_written():
    assert [choose_format(f"x.{s}") for s in ("parquet", "fit", "vot", "ecsv", "CSV")] == [
        "parquet",
        "fits",
        "votable",
        "ecsv",
        "csv",
    ]
    with pytest.raises(InputError, match="xlsx is no table format"):
        choose_format("x.xlsx")
