"""Positions whose hours, minutes, seconds and signs stand in columns of their own: all of them count, or none."""

import io

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.tables.catalogue import read
from galexplore.tables.degrees import add_parts, to_icrs
from galexplore.tables.lists import read_list
from galexplore.tables.meanings import Meaning
from galexplore.tables.pairs import parse_positions
from galexplore.tables.positions import parse_position
from galexplore.tables.roles import find_roles


@pytest.mark.parametrize(
    "names",
    [
        "RAh,RAm,RAs,DEd,DEm,DEs",
        "ra_hour,ra_min,ra_sec,dec_deg,dec_min,dec_sec",
        "RA (hours),RA (minutes),RA (seconds),Dec (degrees),Dec (minutes),Dec (seconds)",
    ],
)
def test_all_parts_count(names):
    wanted = read_list(f"{names}\n14,07,40.891,-00,00,46.6\n".encode())
    np.testing.assert_allclose(wanted[["ra", "dec"]].to_numpy(), [[211.9203792, -46.6 / 3600]], atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "RAh RAm RAs DE- DEd DEm\n14 07 40.9 - 08 00.78\n",
        "RAh RAm DEd DEm\n14 07.68 -08 00.78\n",
        "RAh,DEd,DEm,DEs\n14.128,-08,00,46.6\n",
        "RAdeg,DE-,DEd,DEm,DEs\n211.92,-,08,00,46.6\n",
        "ra_d,ra_m,ra_s,dec_d,dec_m,dec_s\n211,55,13.37,-08,00,46.6\n",
    ],
)
def test_hours_or_degrees_without_their_minutes_are_refused(text):
    with pytest.raises(InputError, match="stand in parts"):
        read_list(text.encode())


def test_hours_of_parts_are_no_position_by_their_ucd_either():
    ucds = {"RAh": "pos.eq.ra", "RAm": "pos.eq.ra", "DEd": "pos.eq.dec", "DEm": "pos.eq.dec"}
    assert find_roles({name: Meaning("", ucd) for name, ucd in ucds.items()}).pair is None


@pytest.mark.parametrize("name", ["dec_sign", "DE-"])
def test_a_minus_in_a_column_of_its_own_is_not_lost(name):
    with pytest.raises(InputError, match="minus of declinations"):
        read_list(f"ra,{name},dec\n1,-,2\n3,+,4\n".encode())
    assert read_list(f"ra,{name},dec\n1,+,2\n3,+,4\n".encode())["dec"].tolist() == [2, 4]
    assert read_list(f"ra,{name},dec\n1,-,-2\n3,+,4\n".encode())["dec"].tolist() == [-2, 4]


@pytest.mark.parametrize("name", ["NS", "N/S", "hemisphere"])
@pytest.mark.parametrize("south", ["S", "s", "South"])
def test_a_hemisphere_in_a_column_of_its_own_is_not_lost(name, south):
    with pytest.raises(InputError, match="minus of declinations"):
        read_list(f"ra,dec,{name}\n1,2,{south}\n3,4,N\n".encode())
    assert read_list(f"ra,dec,{name}\n1,2,N\n3,4,N\n".encode())["dec"].tolist() == [2, 4]
    parts = f"RAh,RAm,RAs,{name},DEd,DEm,DEs\n14,07,40.891,{south},08,00,46.6\n"
    assert read_list(parts.encode())["dec"].tolist() == pytest.approx([-(8 + 46.6 / 3600)])


def test_decimal_degrees_beside_incomplete_parts_are_taken():
    wanted = read_list(b"RAdeg,DEdeg,RAh,RAm,DEd,DEm\n211.92,-8.01,14,07,-08,00\n")
    assert wanted[["ra", "dec"]].to_numpy().tolist() == [[211.92, -8.01]]


PARTS = "RAh,RAm,RAs,{},DEd,DEm,DEs\n"


@pytest.mark.parametrize("sign", ["", "2.5", "4.0"])
@pytest.mark.parametrize("column", ["ns", "sign"])
@pytest.mark.parametrize("degrees", ["-08", "−08", "-8"])
def test_a_minus_of_the_degrees_counts_beside_a_column_of_signs_that_says_nothing(sign, column, degrees):
    """`ns` may be a Sersic index; a column of signs may be empty."""
    text = PARTS.format(column) + f"14,07,40.891,{sign},{degrees},00,46.6\n" + f"14,07,40.891,{sign},08,00,46.6\n"
    for reader in (read_list, read):
        assert reader(text.encode())["dec"].tolist() == pytest.approx([-8.0129444, 8.0129444], abs=1e-6)


def test_degrees_that_are_the_number_nought_have_a_sign_only_by_the_column_of_signs():
    frame = pd.DataFrame({"RAh": [14] * 3, "RAm": [7] * 3, "RAs": [0.0] * 3, "DE-": ["-", "+", ""]})
    frame = frame.assign(DEd=0, DEm=30, DEs=0.0)
    _, dec = add_parts(frame, tuple(frame))
    np.testing.assert_allclose(dec, [-0.5, 0.5, np.nan])


@pytest.mark.parametrize("zero", ["00", "0"])
@pytest.mark.parametrize("reader", [read_list, read])
def test_minus_nought_as_text_keeps_its_sign_in_lists_and_catalogues(reader, zero):
    text = "id,RAh,RAm,RAs,DEd,DEm,DEs\nA,14,07,40.891,-{0},30,00\nB,14,07,40.891,{0},30,00\n"
    assert reader(text.format(zero).encode())["dec"].tolist() == [-0.5, 0.5]


@pytest.mark.parametrize("cell", ["x", "61"])
def test_parts_of_a_catalogue_that_cannot_be_read_are_refused_and_empty_ones_unknown(cell):
    head = "id,RAh,RAm,RAs,DEd,DEm,DEs\nA,14,07,40.891,-08,00,46.6\n"
    with pytest.raises(InputError, match=rf"row 2.*14 {cell} 40.891 -08 00 46.6"):
        read(f"{head}B,14,{cell},40.891,-08,00,46.6\n".encode())
    frame = read(f"{head}B,,,,,,\n".encode())
    assert np.isnan(frame["dec"]).tolist() == [False, True]
    with pytest.raises(InputError, match="sign"):
        table = pd.DataFrame({n: [1, 2] for n in ("RAh", "RAm", "RAs")} | {n: [0, 2] for n in ("DEd", "DEm", "DEs")})
        stream = io.BytesIO()
        table.to_parquet(stream)
        read(stream.getvalue())


def test_longitudes_of_a_catalogue_that_cannot_be_read_are_refused_and_leave_no_latitude_behind():
    good = "id,glon,glat\nA,10.0,20.0\n"
    for row in ("B,x,20.0", "B,10.0,y", "B,10.0,95.0"):
        with pytest.raises(InputError, match="the column gl"):
            read(f"{good}{row}\n".encode())
    frame = read(f"{good}B,,20.0\n".encode())
    assert np.isfinite(frame["dec"]).tolist() == np.isfinite(frame["ra"]).tolist() == [True, False]
    ra, dec = to_icrs(np.array([np.nan, 10.0]), np.array([20.0, 95.0]), "galactic")
    assert np.isnan([ra, dec]).all()


def test_a_declination_marked_as_hours_is_none():
    with pytest.raises(InputError, match="be read"):
        read_list(b"ra,dec\n10h00m24s,+1h30m00s\n")
    with pytest.raises(InputError, match="where degrees"):
        read(b"ra,dec\n10h00m24s,+1h30m00s\n")
    with pytest.raises(InputError, match=r"declination.*hours"):
        parse_position("10h00m24s +1h30m00s")
    with pytest.raises(InputError, match=r"declination.*hours"):
        parse_position("10h00m +1h30m")
    ra, dec = parse_positions(pd.Series(["10h00m24s +1h30m00s", "10h00m24s +1d30m00s"]))
    np.testing.assert_allclose([ra, dec], [[np.nan, 150.1], [np.nan, 1.5]])
