"""What a person types, lists that are matched, links, filters, selections kept."""

import io
import math
import threading

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord

from galexplore.errors import InputError
from galexplore.explore import search, selections, services
from galexplore.survey import DECALS
from galexplore.tables import filters, match, positions
from tests.pieces import PIECES


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


RIGHT = (150.1, -0.5)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("10d41m04.9s 41d16m09s", (10.684694, 41.269167)),
        ("10°06′00″ −0°30′00″", (10.1, -0.5)),
        ("150d06m00s -00d30m00s", RIGHT),
        ("350d06'00\" +00d30'00\"", (350.1, 0.5)),
        ("10h00m24s -0d30m", None),
        ("10h00.4m -00d30m", RIGHT),
        ("10 00.4 -00 30.0", RIGHT),
        ("10.0066666667h -0.5d", RIGHT),
        ("2.61973920743 rad -0.00872664626 rad", RIGHT),
        ("ra=150.1 dec=-0.5", RIGHT),
        ("RA: 10:00:24, Dec: -00:30:00 (J2000)", RIGHT),
        ("dec=-0.5, ra=150.1", RIGHT),
        ("2MASX J10002400-0030000", RIGHT),
        ("2MASS J06495091-0737408", (102.462125, -7.628)),
        ("PSO J150.1000-00.5000", RIGHT),
        ("PSO J000.9480-11.4765", (0.948, -11.4765)),
        ("DESI J150.1000-00.5000", RIGHT),
        ("WISEA J100024.00-003000.0", RIGHT),
        ("GAMAJ100024.00-003000.0", RIGHT),
        ("IRAS J10004-0030", RIGHT),
    ],
)
def test_degrees_hours_radians_and_names_are_told_apart(text, right):
    position = positions.parse_position(text)
    if right is None:
        assert position is None or position == pytest.approx(RIGHT, abs=1e-6)
    else:
        assert position == pytest.approx(right, abs=1e-5)


@pytest.mark.parametrize(
    "link",
    [
        "https://www.legacysurvey.org/viewer?ra=10:00:24.0&dec=-00:30:00&layer=ls-dr10",
        "https://www.legacysurvey.org/viewer/?layer=ls-dr9&zoom=14&mark=150.1,-0.5",
        "legacysurvey.org/viewer?ra=150.1&dec=-0.5&zoom=13",
        "https://aladin.cds.unistra.fr/AladinLite/?target=150.1%20-0.5&fov=0.1",
        "https://aladin.cds.unistra.fr/AladinLite/?target=10%2000%2024.0-00%2030%2000&fov=0.1",
        "https://skyserver.sdss.org/dr18/VisualTools/explore/summary?ra=150.1&dec=-0.5",
        "https://skyserver.sdss.org/dr16/en/tools/chart/navi.aspx?ra=150.1&dec=-0.5&scale=0.2&opt=",
        "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=150.1d-0.5d&CooFrame=ICRS&Radius=10&Radius.unit=arcsec",
        "https://simbad.u-strasbg.fr/simbad/sim-coo?Coord=10+00+24+-00+30+00&CooFrame=FK5",
        "https://simbad.u-strasbg.fr/simbad/sim-id?Ident=2MASX+J10002400-0030000",
        "https://ned.ipac.caltech.edu/conesearch?in_csys=Equatorial&ra=150.1d&dec=-0.5d&radius=0.5",
        "https://ned.ipac.caltech.edu/cgi-bin/objsearch?in_csys=Equatorial&lon=10h00m24s&lat=-00d30m00s&radius=2",
        "https://sky.esa.int/esasky/?target=150.1%20-0.5&hips=DSS2+color&fov=0.1&cooframe=J2000&sci=true&lang=en",
        "https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos=150.1+-0.5&filter=color&filter=g",
        "https://sky.esa.int/?target=238.9567%2040.2919&cooframe=GAL&fov=1",
    ],
)
def test_links_of_the_services_carry_a_position(link):
    near = 0.01 if "GAL" in link else 1e-6
    right = tuple(map(float, _from_galactic())) if "GAL" in link else RIGHT
    assert positions.parse_position(link) == pytest.approx(right, abs=near)


def _from_galactic() -> tuple[float, float]:
    place = SkyCoord(238.9567, 40.2919, unit="deg", frame="galactic").icrs
    return place.ra.deg, place.dec.deg


def test_a_plus_in_a_link_is_north():
    for link in (
        "https://x.org/?pos=150.1%2B2.2",
        "https://x.org/?ra=150.1&dec=%2B2.2",
        "https://x.org/?ra=150.1&dec=+2.2",
    ):
        assert positions.parse_position(link) == pytest.approx((150.1, 2.2))
    assert positions.parse_position("https://x.org/?name=J100024.00+021200.0") == pytest.approx((150.1, 2.2))


@pytest.mark.parametrize(
    "text", ["150.1 -0.5 B1950", "FK4 10:00:24 -00:30:00", "-10:00:24 5:00:00", "140:07:40 -08:00:46"]
)
def test_what_would_be_another_place_is_refused(text):
    with pytest.raises(InputError):
        positions.parse_position(text)


def test_random_text_is_a_position_on_the_sky_none_or_a_sentence():
    random = np.random.default_rng(8)
    pieces = [*PIECES, "ra=", "dec=", "&", "?", "http://"]
    pieces += ["999", "1e9", ".", "PSO ", "\x00", "é", "%2B", "target=", "gal", "rad", "[", "\n"]
    for _ in range(3000):
        text = "".join(random.choice(pieces, random.integers(1, 14)))
        try:
            position = positions.parse_position(text)
        except InputError:
            continue
        assert position is None or (0 <= position[0] <= 360 and -90 <= position[1] <= 90), text


def test_a_long_text_is_no_position_and_no_part_of_one():
    assert positions.parse_position("https://x.org/?ra=150.1&" + "x" * 2000 + "&dec=-0.5") is None
    for hostile in ("ra=" * 600, "1 " * 900, "J1" * 900, "-" * 1900, "1" * 1900, "ra=1 " * 390):
        positions.parse_position(hostile)


def test_a_targetid_or_objid_of_the_atlas_is_found(table):
    ids = [39627835576420141, 39627835576420142, 3, 4, 5]
    frame = table.assign(TARGETID=ids, objid=["1237648720693755918", "b", "c", "d", "e"])
    for text in ("39627835576420142", "TARGETID 39627835576420142", "TARGETID=39627835576420142"):
        assert search.find(frame, text).id == "B2"
    link = "https://skyserver.sdss.org/dr18/VisualTools/explore/summary?id=1237648720693755918"
    assert search.find(frame, link).id == "A1"
    assert (
        search.find(frame, "https://www.legacysurvey.org/viewer/desi-spectrum/edr/targetid39627835576420141").id == "A1"
    )
    assert search.find(frame, "39627835576420143").id is None


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
    assert search.find(table, "0.0080 0.0").id == "B2" and search.find(table, "0.0000 0.0", simulated=True).id == "A1"
    assert search.find(table, "0.0080 0.0", simulated=True).id is None, "a simulated one lies next to no real place"
    far = search.find(table, "200 -10")
    assert far.id and not far.near and "away" in far.said
    assert search.find(table, "0.0 89.9").id == "E5", "near the pole RA means little"


def test_ids_are_found_in_any_case_and_misses_get_a_hint(table):
    assert search.find(table, " d4 ").id == "D4"
    miss = search.find(table, "nobody")
    assert miss.id is None and "This atlas has no galaxy" in miss.said
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


def test_a_selection_is_of_one_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path))
    ids = ["M000001", "# M2"]
    name, bare = selections.keep(ids, "c0ffee00"), selections.keep(ids)
    assert name != bare and selections.recall(name, "c0ffee00") == ids == selections.recall(bare)
    for kept, whose in ((name, "deadbeef"), (name, ""), (bare, "c0ffee00")):
        with pytest.raises(InputError, match="another catalogue"):
            selections.recall(kept, whose)
    assert selections.recall(selections.keep([], "c0ffee00"), "c0ffee00") == []


def test_old_selections_make_room(monkeypatch, tmp_path):
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(selections, "MOST", 3)
    names = [selections.keep([str(i)]) for i in range(6)]
    assert len(list((tmp_path / "selections").iterdir())) == 3 and selections.recall(names[-1]) == ["5"]


def test_a_word_before_a_number_is_part_of_a_name(table):
    frame = table.assign(id=["4565", "31", "17", "5", "6"], name=["x", "NGC 17", "y", "w", "v"])
    assert search.find(frame, "NGC 4565").id is None and search.find(frame, "M 31").id is None
    assert search.find(frame, "id 4565").id == "4565" and search.find(frame, "NGC 17").id == "31"
    link = "https://www.legacysurvey.org/viewer?ra=150.1&dec=2.2&id=17"
    assert search.find(frame, link).id == "5", "the id is of another catalogue, the position is not"


def _shake(work, threads=8):
    """Run work(thread) in threads at once; return what they raised."""
    raised, start = [], threading.Barrier(threads)

    def run(thread):
        start.wait()
        try:
            work(thread)
        except Exception as error:
            raised.append(error)

    running = [threading.Thread(target=run, args=(k,)) for k in range(threads)]
    [t.start() for t in running]
    [t.join() for t in running]
    return raised


@pytest.mark.parametrize("most", [1000, 5])
def test_threads_that_keep_selections_do_not_disturb_each_other(monkeypatch, tmp_path, most):
    """The same and others, below and over the cap: none raises, and what stands at the end is whole."""
    monkeypatch.setattr(selections, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(selections, "MOST", most)

    def work(thread):
        for i in range(40):
            ids = [f"M{j}" for j in range(i % 8 + 1)] if i % 2 else [f"{thread}-{i}"]
            name = selections.keep(ids)
            if most > 500:
                assert selections.recall(name) == ids

    assert not _shake(work)
    count, damaged = selections.find_damaged()
    assert not damaged and 0 < count <= most + 8 and not list((tmp_path / "selections").glob(".*"))


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_a_damaged_selection_is_written_anew_when_it_is_kept_again(monkeypatch, tmp_path, damage):
    monkeypatch.setattr(selections, "cache_folder", lambda: tmp_path)
    ids = [f"M{i}" for i in range(200)]
    name = selections.keep(ids)
    path = tmp_path / "selections" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes({"cut": data[:-9], "flipped": data, "emptied": b""}[damage])
    with pytest.raises(InputError, match="not known here"):
        selections.recall(name)
    assert selections.find_damaged() == (1, [path])
    assert selections.keep(ids) == name and selections.recall(name) == ids


def test_a_selection_that_the_disk_does_not_take_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(selections, "cache_folder", lambda: tmp_path)
    (tmp_path / "selections").write_bytes(b"in its place")
    with pytest.raises(InputError, match="cannot be stored on disk"):
        selections.keep(["M1"])
