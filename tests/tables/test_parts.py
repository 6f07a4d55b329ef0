"""Positions whose hours, minutes, seconds and signs stand in columns of their own: all of them count, or none."""

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.tables.lists import read_list
from galexplore.tables.meanings import Meaning
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
