"""Readers of tables, lists, positions, links and names, with whole inputs of each to be mutated."""

import bz2
import gzip
from io import BytesIO, StringIO

import numpy as np
import pandas as pd
from astropy.io import fits, votable
from astropy.table import MaskedColumn, Table

from galexplore.bench.fuzz import Reader
from galexplore.explore import search
from galexplore.tables import catalogue
from galexplore.tables.designations import read_designation
from galexplore.tables.filters import read_limits
from galexplore.tables.match import match_list, read_list
from galexplore.tables.positions import parse_position

_ATLAS = pd.DataFrame({"id": ["A", "B", "C"], "ra": [211.92038, 354.997244, 29.132519], "dec": [-8.0, 16.6, -0.76]})


def make_list_readers() -> dict[str, Reader]:
    """Give the readers by name."""
    return {
        "lists of text": Reader(_make_texts, _match),
        "lists, packed": Reader(lambda: [gzip.compress(_make_texts()[0]), bz2.compress(_make_texts()[1])], _match),
        "lists, FITS": Reader(lambda: [_store("fits"), _make_arrays()], _match),
        "lists, VOTable": Reader(lambda: [_store("tabledata"), _store("binary2")], _match),
        "lists, ECSV": Reader(lambda: [_store("ecsv")], _match),
        "lists, Parquet": Reader(lambda: [_store("parquet")], _match),
        "tables of text": Reader(_make_texts, catalogue.read),
        "tables, binary": Reader(lambda: [_store(f) for f in ("fits", "tabledata", "ecsv", "parquet")], catalogue.read),
        "positions": Reader(_make_positions, lambda data: parse_position(_decode(data))),
        "links": Reader(_make_links, lambda data: search.find(_ATLAS, _decode(data))),
        "names": Reader(_make_names, lambda data: read_designation(_decode(data))),
        "filters": Reader(_make_filters, lambda data: read_limits(_decode(data), ("lat_redshift", "mag_r"))),
    }


def _match(data: bytes) -> object:
    return match_list(_ATLAS, read_list(data), 2.0)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _make_table() -> Table:
    rng = np.random.default_rng(0)
    table = Table({"id": [f"J{i:03d}" for i in range(40)], "ra": rng.uniform(0, 360, 40)})
    table["dec"] = MaskedColumn(rng.uniform(-90, 90, 40), mask=[i == 3 for i in range(40)])
    table["z"], table["n"] = rng.uniform(0, 1, 40), np.arange(40, dtype="int16")
    table["ra"].unit = table["dec"].unit = "deg"
    return table


def _store(format: str) -> bytes:
    table, stream, text = _make_table(), BytesIO(), StringIO()
    if format == "fits":
        table.write(stream, format="fits")
    elif format == "parquet":
        table.to_pandas().to_parquet(stream)
    elif format == "ecsv":
        table.write(text, format="ascii.ecsv")
        return text.getvalue().encode()
    else:
        votable.from_table(table).to_xml(stream, tabledata_format=format)
    return stream.getvalue()


def _make_arrays() -> bytes:
    """FITS with scaled, unsigned and variable-length columns, in the second of two tables."""
    lengths = [np.arange(i % 4, dtype="f8") for i in range(12)] + [None]
    columns = [
        fits.Column("NAME", "8A", array=np.array(["a b"] * 12)),
        fits.Column("RA", "J", array=np.arange(12) * 10, unit="deg"),
        fits.Column("DEC", "1E", array=np.arange(12) - 6.0, unit="deg"),
        fits.Column("NUMBER", "I", array=np.arange(12), null=3),
        fits.Column("FLUX", "PD()", array=np.array(lengths, object)[:-1]),
    ]
    stream, header = BytesIO(), fits.BinTableHDU.from_columns([fits.Column("CARD", "80A", array=["SIMPLE"])])
    table = fits.BinTableHDU.from_columns(columns)
    table.header["TSCAL2"], table.header["TZERO2"] = 0.5, 3.0
    fits.HDUList([fits.PrimaryHDU(), header, table]).writeto(stream)
    return stream.getvalue()


_CDS = """Byte-by-byte Description of file: table1.txt
--------------------------------------------------------------------------------
   Bytes Format Units  Label Explanations
--------------------------------------------------------------------------------
   1-  4 A4     ---    Name  Name
   6- 15 F10.6  deg    RAdeg ?=-9.0 Right ascension
  17- 26 F10.6  deg    DEdeg Declination
--------------------------------------------------------------------------------
"""


def _make_texts() -> list[bytes]:
    sexagesimal = [(f"J{i:02d}", f"{i:02d}:{i}:24.{i}", f"-{i:02d}:00:4{i % 10}.5") for i in range(1, 20)]
    decimal = [(f"J{i:02d}", f"{i}.5", f"-{i}.25") for i in range(1, 20)]
    texts = [
        "id,ra,dec\n" + "\n".join(map(",".join, decimal)),
        "id;ra;dec\n" + "\n".join(map(";".join, sexagesimal)),
        "# a comment\nname ra dec\n" + "\n".join(map(" ".join, sexagesimal)),
        "#\n_RAJ2000\t_DEJ2000\tName\ndeg\tdeg\t\n-----\t-----\t----\n"
        + "\n".join("\t".join(row[::-1]) for row in decimal),
        "name          ra         dec\n" + "\n".join(f"NGC {a[1:]:8s}  {b:10s} {c}" for a, b, c in decimal),
        "| n | ra | dec |\n|---|----|-----|\n" + "\n".join(f"| {' | '.join(row)} |" for row in decimal),
        _CDS + "\n".join(f"{a:4s} {float(b):10.6f} {float(c):10.6f}" for a, b, c in decimal),
        "# 1 NUMBER n\n# 2 ALPHA_J2000 a [deg]\n# 3 DELTA_J2000 d [deg]\n" + "\n".join(map(" ".join, decimal)),
        "|id  |ra     |dec    |\n|char|double |double |\n|    |deg    |deg    |\n"
        + "\n".join(f" {a:4s} {b:7s} {c:7s}" for a, b, c in decimal),
        "RAh,RAm,RAs,DE-,DEd,DEm,DEs\n1,2,3.5,-,0,30,15\n10,20,30.5,+,10,20,5\n",
        "glon,glat\n266.4,-28.9\n10.5,5.25\n",
        "\n".join(" ".join(row[1:]) for row in sexagesimal),
        "\n".join(row[0] for row in decimal),
        "name,coordinates\n" + "\n".join(f"{a},{b} {c}" for a, b, c in sexagesimal),
    ]
    return [(text + "\n").encode() for text in texts]


def _make_positions() -> list[bytes]:
    texts = ["150.1 -0.5", "10:00:24.0 -00:30:00", "10d41m04.9s +41d16m09s", "10h00m24s −00°30′00″", "150.1d, +2.2d"]
    texts += [
        "ra=150.1 dec=-0.5",
        "RA (h) = 10.0, Dec = 5",
        "2.62 rad 0.03 rad",
        "1.501e+02 2.2e+00",
        "gal 266.4 -28.9",
    ]
    texts += ["<SkyCoord (ICRS): (ra, dec) in deg (150.1, 2.2)>", "SkyCoord(ra=150.1*u.deg, dec=2.2*u.deg)"]
    return [t.encode() for t in (*texts, "fk5;circle(150.1,2.2,5)", "150,1; 2,2", "10 00 24,5 +02 12 00 J2000")]


def _make_links() -> list[bytes]:
    return [
        b"https://www.legacysurvey.org/viewer?ra=150.1&dec=-0.5&layer=ls-dr10&zoom=16&mark=150.1,2.2",
        b"https://aladin.cds.unistra.fr/AladinLite/?target=10%2000%2024.0-00%2030%2000&fov=0.1",
        b"https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=150.1d-0.5d&CooFrame=ICRS&Radius=10",
        b"https://sky.esa.int/?target=238.9567%2040.2919&cooframe=GAL&fov=1",
        b"https://ned.ipac.caltech.edu/conesearch?in_csys=Equatorial&ra=150.1d&dec=-0.5d&in_equinox=J2000",
        b"https://www.legacysurvey.org/viewer/desi-spectrum/edr/targetid39627785456093480",
        b"legacysurvey.org/viewer#150.1,2.2",
    ]


def _make_names() -> list[bytes]:
    names = ["SDSS J100024.00-003000.0", "2MASX J10002400-0030000", "PSO J150.1000-00.5000", "J1000-0030"]
    return [n.encode() for n in (*names, "J10:00:24.0-00:30:00", "IRAS J10004-0030", "2MASX 10002400+0212000")]


def _make_filters() -> list[bytes]:
    return [b"lat_redshift:0.05~0.1,mag_r:17~19", b"mag_r:-1e3~2.5e+1"]
