"""What a person types, lists that are matched, links, filters, selections kept."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord

from galexplore.errors import InputError
from galexplore.explore import search, selections, services
from galexplore.survey import DECALS
from galexplore.tables import filters, match, positions


@pytest.fixture
def table() -> pd.DataFrame:
    """Five galaxies, one on either side of RA 0, one near the pole."""
    places = [(359.9999, 0.0), (0.0002, 0.0), (150.1, -0.5), (150.1, 2.2), (10.0, 89.9)]
    frame = pd.DataFrame(places, columns=["ra", "dec"])
    return frame.assign(id=["A1", "B2", "C3", "D4", "E5"], population=["ordinary"] * 4 + ["Green Pea"])


@pytest.mark.parametrize(
    ("text", "ra", "dec"),
    [
        ("150.1 -0.5", 150.1, -0.5),
        ("150.1, -0.5", 150.1, -0.5),
        ("RA 150.1 Dec -0.5", 150.1, -0.5),
        ("150.1d -0.5d", 150.1, -0.5),
        ("10:00:24 -00:30:00", 150.1, -0.5),
        ("10 00 24 −00 30 00", 150.1, -0.5),
        ("10h00m24s -00d30m00s", 150.1, -0.5),
        ("10:00:24.0, +02:12:00.0", 150.1, 2.2),
        ("-10 5", 350.0, 5.0),
        ("SDSS J100024.00-003000.0", 150.1, -0.5),
        ("J1000-0030", 150.0, -0.5),
        ("https://www.legacysurvey.org/viewer?ra=150.1&dec=-0.5&layer=ls-dr10&zoom=16", 150.1, -0.5),
        ("ra=150.1&dec=+2.2", 150.1, 2.2),
    ],
)
def test_positions_are_read_as_they_are_written(text, ra, dec):
    assert positions.parse_position(text) == pytest.approx((ra, dec), abs=1e-9)


def test_a_sign_before_zero_degrees_counts():
    random = np.random.default_rng(4)
    for _ in range(50):
        place = SkyCoord(random.uniform(0, 360), random.uniform(-0.99, 0.99), unit="deg")
        text = place.to_string("hmsdms", sep=":", precision=6)
        assert positions.parse_position(text) == pytest.approx((place.ra.deg, place.dec.deg), abs=1e-7), text


@pytest.mark.parametrize("text", ["150 95", "400 2", "10:75:00 00:00:00", "J996060-0030", "ra=12&dec=99"])
def test_what_lies_off_the_sky_is_said_in_one_sentence(text):
    with pytest.raises(InputError) as refusal:
        positions.parse_position(text)
    assert str(refusal.value).endswith("given.") and "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["M000123", "", "galaxy", "12", "<script>", "1 2 3", "J12", "ra=x&dec=y", "nan nan"])
def test_what_is_no_position_is_none(text):
    assert positions.parse_position(text) is None


def test_separations_are_those_of_the_sphere():
    random = np.random.default_rng(1)
    ra, dec = random.uniform(0, 360, 200), np.degrees(np.arcsin(random.uniform(-1, 1, 200)))
    theirs = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(359.99, 0.1, unit="deg")).arcsec
    assert np.allclose(positions.separate(ra, dec, 359.99, 0.1), theirs, rtol=1e-9)


def test_the_nearest_is_found_across_the_wrap_with_its_separation(table):
    found = search.find(table, "0.0000 0.0")
    assert found.id == "A1" and found.near and "0.36″" in found.said
    far = search.find(table, "200 -10")
    assert far.id and not far.near and "away" in far.said
    assert search.find(table, "0.0 89.9").id == "E5", "near the pole RA means little"


def test_ids_are_found_in_any_case_and_misses_get_a_hint(table):
    assert search.find(table, " d4 ").id == "D4"
    miss = search.find(table, "nobody")
    assert miss.id is None and "No galaxy here is called" in miss.said
    assert "150 95" not in search.find(table, "150 95").said and "declination" in search.find(table, "150 95").said
    assert search.find(table.drop(columns=["ra", "dec"]), "150 2").id is None


def test_a_list_is_matched_by_id_else_by_position(table):
    by_id = match.match_list(table, match.read_list(b"objid\nC3\nZ9\n"), 2)
    assert table["id"].iloc[by_id.rows].tolist() == ["C3"] and "1 of 2" in by_id.said
    text = b"RA_deg,Dec_deg\n360.0001,0.0\n150.1003,2.2\n150.2,2.2\n,3\n"
    wanted = match.read_list(text)
    by_place = match.match_list(table, wanted, 1.2)
    assert set(table["id"].iloc[by_place.rows]) == {"B2", "D4"} and "1.2″" in by_place.said
    assert "None" in match.match_list(table, match.read_list(b"id\nX\n"), 2).said


def test_bare_ids_and_other_formats_are_read():
    assert match.read_list(b"C3\nD4\n")["id"].tolist() == ["C3", "D4"]
    stream = io.BytesIO()
    pd.DataFrame({"ra": [1.0], "dec": [2.0]}).to_parquet(stream)
    assert match.read_list(stream.getvalue()).columns.tolist() == ["ra", "dec"]


@pytest.mark.parametrize(
    "data",
    [b"", b"a,b\n1,2\n", b"PAR1 is no table", b"<xml>", b"SIMPLE  =", b"id\n" + b"x\n" * (match.MOST_ROWS + 1)],
)
def test_a_bad_list_is_refused_in_one_sentence(data):
    with pytest.raises(InputError) as refusal:
        match.read_list(data)
    assert "\n" not in str(refusal.value)


def test_a_large_parquet_is_refused_before_it_is_unpacked(monkeypatch):
    stream = io.BytesIO()
    pd.DataFrame({"id": ["x"] * (match.MOST_ROWS + 1)}).to_parquet(stream)
    monkeypatch.setattr("galexplore.tables.catalogue.read", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(InputError, match="rows"):
        match.read_list(stream.getvalue())


def test_filters_keep_what_lies_within_and_travel_as_text(table):
    frame = table.assign(mag_r=[17.0, 18.0, math.nan, 20.0, 21.0])
    mask = filters.keep_rows(frame, {"mag_r": (17.5, 20.5)}, ["Green Pea"])
    assert mask.tolist() == [False, True, False, True, False]
    assert filters.keep_rows(frame, {}) is None
    limits = {"mag_r": (17.5, 20.5), "dec": (-1.0, 1e-3)}
    assert filters.read_limits(filters.write_limits(limits), frame.columns) == (limits, [])
    for bad in ("mag_r:2~1", "nobody:1~2", "mag_r:nan~2", "mag_r", "mag_r:1~1e999", "mag_r:1.1.1~2"):
        assert filters.read_limits(bad, frame.columns) == ({}, [bad])


def test_links_carry_the_sign_of_the_declination():
    found = services.link_services(150.1, 2.2, DECALS)
    assert "2.200000" in found["SIMBAD"] and "%2B2.2" in found["SIMBAD"] and "%2B2.2" in found["NED"]
    assert "-0.500000" in services.link_services(150.1, -0.5, DECALS)["NED"] and all(
        a.startswith("https://") for a in found.values()
    )


def test_a_selection_comes_back_under_its_hash(monkeypatch, tmp_path):
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path))
    ids = ["GP-001", "1237648720693755918"]
    name = selections.keep(ids)
    assert selections.recall(name) == ids and selections.keep(ids) == name and selections.keep(ids[::-1]) != name
    for bad in ("../../etc", "0" * 12, "", "ABCDEFABCDEF", name + "0"):
        with pytest.raises(InputError):
            selections.recall(bad)
    (tmp_path / "selections" / name).write_bytes(b"tampered with")
    with pytest.raises(InputError):
        selections.recall(name)


def test_old_selections_make_room(monkeypatch, tmp_path):
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(selections, "MOST", 3)
    names = [selections.keep([str(i)]) for i in range(6)]
    assert len(list((tmp_path / "selections").iterdir())) == 3 and selections.recall(names[-1]) == ["5"]
