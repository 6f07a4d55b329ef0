"""Positions of an old equinox are refused wherever a list says so, and those of J2000 are read whatever it says."""

import io

import numpy as np
import pytest
from astropy.coordinates import FK5, SkyCoord
from astropy.io import fits
from astropy.table import Table

from galexplore.errors import InputError
from galexplore.tables.catalogue import read
from galexplore.tables.lists import read_list

PLACES = SkyCoord([211.92038, 354.997244], [-8.012944, 16.595913], unit="deg")
ROWS = "ra,dec\n211.92038,-8.012944\n354.997244,16.595913\n"


def store(table: Table, format: str) -> bytes:
    stream: io.IOBase = io.BytesIO() if format == "fits" else io.StringIO()
    table.write(stream, format=format)
    value = stream.getvalue()
    return value if isinstance(value, bytes) else value.encode()


@pytest.mark.parametrize(
    "text",
    [
        "# equinox B1950\n" + ROWS,
        "# Equinox = 1950.0\n" + ROWS,
        "Positions (B1950)\n" + ROWS,
        "\\EQUINOX = 'B1950'\n|ra        |dec       |\n|double    |double    |\n 211.92038  -8.012944 \n",
        "ra,dec,equinox\n10,2,1950\n11,3,B1950.0\n",
        "ra\tdec\ndeg (B1950)\tdeg (B1950)\n1\t2\n2\t3\n",
        "coord (B1950)\n10 00 24 +02 12 00\n11 00 24 +02 12 00\n",
        "# FK4\n211.92038 -8.012944\n354.997244 16.595913\n",
    ],
)
def test_an_old_equinox_is_refused(text):
    with pytest.raises(InputError, match=r"equinox|ra and dec"):
        read_list(text.encode())


@pytest.mark.parametrize(
    "comment",
    ["# precessed from B1950 to J2000", "# ICRS, once FK4", "# the field of PKS B1950+11", "# made in 1950", ""],
)
def test_what_names_no_old_equinox_of_the_positions_is_read(comment):
    assert read_list(f"{comment}\n{ROWS}".encode())["ra"].tolist() == [211.92038, 354.997244]
    assert read_list(f"{comment}\nid\nA\n".encode())["id"].tolist() == ["A"]


@pytest.mark.parametrize("format", ["fits", "ascii.ecsv"])
def test_the_frame_that_astropy_writes_counts(format):
    for frame in ("fk4", FK5(equinox="J1975")):
        with pytest.raises(InputError, match="another equinox"):
            read_list(store(Table({"coord": PLACES.transform_to(frame)}), format))
    for frame in ("icrs", "fk5", "galactic"):
        wanted = read_list(store(Table({"coord": PLACES.transform_to(frame)}), format))
        np.testing.assert_allclose(wanted["ra"], PLACES.ra.deg, atol=1e-4)


def test_a_catalogue_of_an_old_equinox_or_with_signs_apart_is_refused_too():
    for text in ("# equinox B1950\n" + ROWS, "ra,DE-,dec\n1,-,2\n"):
        with pytest.raises(InputError, match=r"another equinox|minus of declinations"):
            read(io.BytesIO(text.encode()))
    assert len(read(io.BytesIO(f"# B1950 to J2000\n{ROWS}".encode()))) == 2


@pytest.mark.parametrize(("key", "value"), [("EQUINOX", 1950.0), ("RADESYS", "FK4"), ("RADECSYS", "FK4")])
def test_keywords_of_a_fits_table_count(key, value):
    hdu = fits.table_to_hdu(Table({"ra": PLACES.ra.deg, "dec": PLACES.dec.deg}))
    hdu.header[key] = value
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
    with pytest.raises(InputError, match="another equinox"):
        read_list(stream.getvalue())


def test_units_with_j2000_are_units_and_one_column_of_another_frame_is_refused():
    wanted = read_list(b"ra\tdec\ndeg (J2000)\tdeg (J2000)\n1.5\t2\n2.5\t3\n")
    assert wanted["ra"].tolist() == [1.5, 2.5]
    with pytest.raises(InputError, match="are galactic"):
        read_list(b"name,coord (galactic)\na,120.1 30.2\nb,121.1 31.2\n")


def test_numbers_with_a_point_are_no_bullets():
    assert read_list(b"150. 2.2\n151. 3.3\n152. 1.2\n")["ra"].tolist() == [150, 151, 152]
    assert read_list(b"1. A5\n2. B6\n")["id"].tolist() == ["A5", "B6"]


@pytest.mark.parametrize("word", ["prec", "sun", "corner", "min", "shift"])
def test_what_is_beside_a_position_is_none(word):
    with pytest.raises(InputError, match="neither"):
        read_list(f"ra_{word},dec_{word}\n1,2\n".encode())
