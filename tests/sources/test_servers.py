"""Cutouts and names from servers, held against a stand-in on loopback that plays every fault of theirs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from galexplore.cutouts.audit import prepare
from galexplore.errors import InputError
from galexplore.sources import coverage, footprint, servers
from galexplore.sources.footprint import NORTH, explain_outside, find_cell, find_latitude, parse_coverage, read_coverage
from galexplore.sources.servers import LAYERS, OutsideError, fetch_cutout, fetch_picture, list_query
from galexplore.sources.sesame import UnknownNameError, check_name, resolve
from galexplore.sources.sky_pictures import fetch_sky_picture, is_blank
from galexplore.sources.stand_in.faults import FAULTS
from galexplore.sources.stand_in.files import write_jpeg
from galexplore.sources.transport import NetworkError, ServerError, Session, open_session
from galexplore.survey import BASS_MZLS, DECALS
from tests.sources.answering import Passing, Scripted

PLACE = (150.1, 2.2)
EMPTY = (272.0, -12.0)  # 4 degrees from the plane
GAP = (69.0, 19.3)  # 18 degrees from it, behind the clouds of Taurus
THIN = (216.1, -45.1)  # 15 degrees from it: the stand-in has nothing, and the map says "maybe"


def count(server, service: str) -> int:
    return sum(asked.startswith(service) for asked in server.asked)


def test_a_cutout_comes_with_all_that_belongs_to_it(server, session):
    fetched = fetch_cutout(session, *PLACE, DECALS, name="mine")
    cutout = fetched.cutout
    assert fetched.layer == "ls-dr11" and cutout.kind == "ls-dr11 cutout" and cutout.name == "mine"
    assert cutout.flux.shape == (3, 128, 128) and cutout.invvar.shape == (3, 128, 128)
    assert cutout.ra == pytest.approx(PLACE[0], abs=1e-5) and cutout.dec == pytest.approx(PLACE[1], abs=1e-5)
    assert cutout.seeing == pytest.approx(server.sky.widths(*PLACE), rel=0.03)
    row = server.sky.find_row(*PLACE)
    assert cutout.invvar[1] == pytest.approx(1 / row["noise_r"] ** 2, rel=1e-3)
    checks = {c.check: c for c in prepare(cutout, DECALS).checks}
    assert not [c for c in checks.values() if c.status == "refused"]
    assert "PSF" in checks["seeing"].detail and "removed" in checks["dust"].detail
    assert [a.partition(" ")[0] for a in server.asked] == ["fits-cutout", "coadd-psf"]
    for parameter in ("invvar=", "maskbits=", "pixscale=0.262", "size=128", "bands=grz", "ra=150.100000"):
        assert parameter in server.asked[0]


def test_pixels_and_psf_are_asked_for_together_where_somebody_waits(server, session):
    usual = fetch_cutout(Session(stand_in=server.origin, clock=Passing()), *PLACE, DECALS)
    server.asked.clear()
    server.hold()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fetch_cutout, session, *PLACE, DECALS, at_once=True)
        while len(server.asked) < 2:  # neither is answered, and both are asked for
            assert not asked.done()
        server.release()
        fetched = asked.result(20)
    assert sorted(a.partition(" ")[0] for a in server.asked) == ["coadd-psf", "fits-cutout"]
    assert np.array_equal(fetched.cutout.flux, usual.cutout.flux) and fetched.cutout.seeing == usual.cutout.seeing


def test_a_psf_is_measured_once(session, monkeypatch):
    measured, measure = [], servers.measure_width
    monkeypatch.setattr(servers, "measure_width", lambda *a: measured.append(1) or measure(*a))
    assert all(fetch_cutout(session, *PLACE, DECALS).cutout.seeing) and len(measured) == len(DECALS.bands)


def test_it_is_fetched_once(server, session):
    first, again = (fetch_cutout(session, *PLACE, DECALS).cutout for _ in range(2))
    assert np.array_equal(first.flux, again.flux) and len(server.asked) == 2


def test_older_layers_stand_in_for_the_newest(server, session):
    server.layers = LAYERS[1:]  # the newest is not there
    assert fetch_picture(session, *PLACE, DECALS).layer == "ls-dr10"
    assert fetch_cutout(session, *PLACE, DECALS).layer == "ls-dr10"
    server.layers = LAYERS[2:]
    assert fetch_cutout(session, 151.1, 2.2, DECALS).layer == "ls-dr9"
    server.layers = ()
    with pytest.raises(ServerError, match="answers with errors") as caught:
        fetch_cutout(session, 152.1, 2.2, DECALS)
    assert not isinstance(caught.value, OutsideError)


def test_real_cutouts_are_served_where_this_machine_has_them(server, session, real):
    from galexplore.cutouts.readers import read

    path = real / "cutouts" / "decals_dr5_J094651.41-010228.6_0.262arcsec.fits"
    theirs = read(path)
    fetched = fetch_cutout(session, theirs.ra, theirs.dec, DECALS, layer="ls-dr10")
    middle = theirs.flux[:, 112 - 63 : 112 + 65, 112 - 63 : 112 + 65], theirs.flux[:, 48:176, 48:176]
    assert any(np.allclose(fetched.cutout.flux, m) for m in middle)
    assert fetch_cutout(session, 59.1067, -30.4847, DECALS).layer == "ls-dr10"  # of a brick, with its own weights


def test_what_lies_outside_costs_no_request(server, session):
    for place, why in (((150.0, 40.0), "BASS"), (EMPTY, "plane of our Galaxy"), (GAP, "no images in g, r and z")):
        for fetch in (fetch_cutout, fetch_picture):
            with pytest.raises(OutsideError, match=why):
                fetch(session, *place, DECALS)
    assert not server.asked


def test_a_model_of_the_north_answers_the_north_alone(server, session):
    """What is refused goes by the survey of the model that asks."""
    beyond = ((150.0, 2.2), "Dark Energy Camera"), ((10.7, 41.3), "north of our Galaxy"), ((30.0, 88.0), "north of our")
    for place, why in (*beyond, ((300.0, 35.0), "plane of our Galaxy")):
        for fetch in (fetch_cutout, fetch_picture):
            with pytest.raises(OutsideError, match=f"outside the survey: .*{why}"):
                fetch(session, *place, BASS_MZLS)
    assert not server.asked
    fetched = fetch_cutout(session, 180.0, 50.0, BASS_MZLS)
    assert fetched.cutout.flux.shape == (3, 128, 128) and all(fetched.cutout.seeing)
    prepared = prepare(fetched.cutout, BASS_MZLS)
    assert prepared.flux.shape == BASS_MZLS.shape and np.isfinite(prepared.flux).all()
    assert fetch_picture(session, 180.0, 50.0, BASS_MZLS).layer == fetched.layer == LAYERS[0]
    with pytest.raises(OutsideError, match="BASS"):
        fetch_cutout(session, 180.0, 50.0, DECALS)
    assert not explain_outside(180.0, NORTH + 0.001, BASS_MZLS) and explain_outside(180.0, NORTH, BASS_MZLS)


def test_what_the_table_does_not_know_is_told_by_the_picture(server, session):
    """Off the footprint FITS is an error 500, which is not asked for again and again."""
    assert not explain_outside(*THIN)
    with pytest.raises(OutsideError, match="no layer"):
        fetch_cutout(session, *THIN, DECALS)
    assert count(server, "fits-cutout") == count(server, "jpeg-cutout") == 3
    with pytest.raises(OutsideError, match="no layer"):
        fetch_picture(session, *THIN, DECALS)


def test_the_footprint_says_outside_of_no_region_that_was_imaged(real):
    import pandas as pd

    table = pd.read_csv(real / "tables" / "dr10_south_regions_psf_depth_ebv.csv")
    latitudes = [find_latitude(*p) for p in zip(table["ra_center_deg"], table["dec_center_deg"], strict=True)]
    assert min(map(abs, latitudes)) > 13
    south = table[table["dec_center_deg"] < NORTH]
    assert not [1 for p in zip(south["ra_center_deg"], south["dec_center_deg"], strict=True) if explain_outside(*p)]


def test_the_map_is_read_as_mocpy_reads_it():
    import astropy.units as u
    from mocpy import MOC

    order, covered = read_coverage()
    theirs = MOC.from_string(Path(footprint.__file__).with_suffix(".moc").read_text())
    assert theirs.max_order == order and set(theirs.to_order(order).flatten().tolist()) == covered
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, 20_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000)))
    ours = [find_cell(*p, order) in covered for p in zip(ra, dec, strict=True)]
    assert (ours == theirs.contains_lonlat(ra * u.deg, dec * u.deg)).all()
    assert 0.7 < theirs.sky_fraction < 0.8


def test_a_map_is_made_of_two_tables_and_covers_what_was_imaged_in_all_bands(tmp_path):
    regions, pointings, out = (tmp_path / name for name in ("regions.csv", "pointings.csv", "out.moc"))
    regions.write_text("ra_center_deg,dec_center_deg,n_bricks\n70.0,19.0,3\n")
    given = "TILEID,RA,DEC,desg,desr,desz\n1,280.0,-20.0,True,True,True\n2,300.0,-20.0,True,False,True\n"
    pointings.write_text(given)
    tables = [str(regions), str(pointings)]
    coverage.main([*tables, str(out)])
    order, covered = parse_coverage(out.read_text())
    inside = [(70.0, 19.0), (73.0, 19.0), (280.0, -20.0), (280.0, -18.5), (189.0, 26.0), (13.0, -27.0)]
    assert order == 5 and all(find_cell(*place, order) in covered for place in inside)
    assert not any(find_cell(*place, order) in covered for place in ((300.0, -20.0), (290.0, -20.0), (90.0, 0.0)))
    for name, why in (("desr", "no column r or desr"), ("RA", "no columns ra and dec")):
        pointings.write_text(given.replace(name, "other"))
        with pytest.raises(InputError, match=why):
            coverage.main([*tables, str(out)])
    for bad, why in (([], "two tables"), ([str(regions), str(tmp_path / "none.csv")], "cannot be read")):
        with pytest.raises(InputError, match=why):
            coverage.main(bad)


def test_cells_are_those_of_astropy_healpix():
    import astropy.units as u
    from astropy_healpix import HEALPix

    rng = np.random.default_rng(5)
    places = np.concatenate([rng.uniform([0, -90], [360, 90], (3000, 2)), [[0, 90], [0, -90], [359.999, 41.8]]])
    for order in (0, 1, 5, 9):
        theirs = HEALPix(1 << order, "nested").lonlat_to_healpix(*(places.T * u.deg))
        assert [find_cell(*p, order) for p in places] == list(theirs)


def test_latitudes_are_those_of_astropy():
    from astropy.coordinates import SkyCoord

    places = np.random.default_rng(1).uniform([0, -90], [360, 90], (50, 2))
    theirs = SkyCoord(*places.T, unit="deg").galactic.b.deg
    assert [find_latitude(*p) for p in places] == pytest.approx(theirs, abs=1e-4)


#: Faults after which a good answer comes, and what is said where none does.
PASSING = ["429", "429 with Retry-After", "503", "truncated body"]
LASTING = {
    "429": "busy or broken .429",
    "503": "busy or broken .503",
    "truncated body": "closes the connection",
    "truncated file": "cannot be used",
    "HTML with status 200": "a web page",
    "empty body": "something else",
    "endless body": "more than 10 MB",
    "oversize": "more than 10 MB",
    "redirect elsewhere": "not asked",
    "redirect to a private address": "not asked",
    "redirect to a file": "not asked",
    "wrong position": "5.0″ from the one",
    "other size": "64 x 64 pixels where 128",
    "429 for an hour": "asks to wait 3600 s",
}


@pytest.mark.parametrize("fault", PASSING)
def test_faults_that_pass_are_outlived(server, session, fault):
    server.plan("fits-cutout", fault)
    assert fetch_cutout(session, *PLACE, DECALS).cutout.flux.shape == (3, 128, 128)
    assert count(server, "fits-cutout") == 2


@pytest.mark.parametrize("fault", LASTING)
def test_each_fault_gets_its_sentence_and_nothing_of_it_is_kept(server, session, fault):
    server.plan("fits-cutout", *[fault] * 6)
    with pytest.raises(InputError, match=LASTING[fault]) as caught:
        fetch_cutout(session, *PLACE, DECALS)
    assert "\n" not in str(caught.value) and not isinstance(caught.value, OutsideError)
    server._plan.clear()
    assert fetch_cutout(session, *PLACE, DECALS).layer == "ls-dr11"


def test_an_error_500_of_a_place_that_has_a_picture_is_asked_again(server, session):
    server.plan("fits-cutout", "500", "")
    assert fetch_cutout(session, *PLACE, DECALS).layer == "ls-dr11"
    assert count(server, "jpeg-cutout") == 1 and count(server, "fits-cutout") == 2


def test_blank_bands_are_no_image(server, session):
    server.plan("fits-cutout", "blank image", "blank image", "blank image")
    with pytest.raises(OutsideError, match="g, r and z images"):
        fetch_cutout(session, *PLACE, DECALS)


def test_slow_bytes_are_given_up(server):
    session = Session(stand_in=server.origin)
    server.plan("sesame", "slow bytes")
    with pytest.raises(ServerError, match="too slowly"):
        session.fetch("https://cds.unistra.fr/cgi-bin/nph-sesame/-oI/SNV?m104", seconds=1.0)


def test_without_weights_or_a_psf_the_answer_is_only_wider(server, session):
    server.plan("fits-cutout", "no weights")
    server.plan("coadd-psf", "HTML with status 200")
    cutout = fetch_cutout(session, *PLACE, DECALS).cutout
    assert cutout.invvar is None and cutout.seeing == ()
    assert prepare(cutout, DECALS).flux.shape == DECALS.shape


@pytest.mark.parametrize("fault", ["HTML with status 200", "truncated file", "empty body", "404", "500"])
def test_pictures_are_looked_at_too(server, session, fault):
    server.plan("jpeg-cutout", *[fault] * 3)
    with pytest.raises(ServerError):
        fetch_picture(session, *PLACE, DECALS)
    server._plan.clear()
    picture = fetch_picture(session, *PLACE, DECALS)
    assert (
        not is_blank(picture.data)
        and not picture.only_shows
        and picture.layer == "ls-dr11"
        and "simulated" in picture.credit
    )


def test_blank_pictures_are_of_the_next_layer(server, session):
    server.plan("jpeg-cutout", "blank image")
    assert fetch_picture(session, *PLACE, DECALS).layer == "ls-dr10"


def test_the_picture_of_last_resort_only_shows(server, session):
    picture = fetch_sky_picture(session, 150.0, 40.0, DECALS)
    assert picture.only_shows and "simulated" in picture.credit, "no survey is credited for what is none of its"


def test_the_viewer_clips_in_silence_and_is_found_out(server, session):
    from dataclasses import replace

    with pytest.raises(InputError, match="at most 3000"):
        fetch_cutout(session, *PLACE, replace(DECALS, native_size=3001))
    query = list_query(*PLACE, DECALS, "ls-dr10") | {"size": "3200", "bands": "r"}
    body = server.reply("fits-cutout", "&".join(f"{k}={v}" for k, v in query.items())).body
    assert b"NAXIS1  =                 3000" in body[:2880]
    with pytest.raises(InputError, match="no server is known"):
        fetch_cutout(session, *PLACE, replace(DECALS, layer=""))


def test_bricks_come_in_an_hdu_a_band(server):
    from galexplore.cutouts.readers import read

    query = "ra=150.1&dec=2.2&layer=ls-dr10&size=128&subimage"
    cutout = read(server.reply("fits-cutout", query).body, survey=DECALS)
    assert cutout.flux.shape == (3, 128, 128) and cutout.invvar is not None


def test_names_are_resolved_once(server, session):
    for text in ("NGC 4565", "NGC  4565"):
        found = resolve(session, text)
        assert found.ra == pytest.approx(189.0866, abs=1e-4) and found.dec == pytest.approx(25.9877, abs=1e-4)
        assert found.name == "NGC  4565" and found.kind == "Sy2" and found.by == "Simbad" and found.rounding < 0.01
    assert server.asked == ["sesame NGC+4565"]
    assert resolve(session, "NGC1365").dec == pytest.approx(-36.1404, abs=1e-4)


def test_positions_to_a_minute_of_arc_say_so(session):
    assert resolve(session, "ACO S 999").rounding == pytest.approx(36)


def test_unknown_names_are_not_kept(server, session):
    for _ in range(2):
        with pytest.raises(UnknownNameError, match="neither SIMBAD nor NED nor VizieR"):
            resolve(session, "NGC 99999")
    assert count(server, "sesame") == 2


@pytest.mark.parametrize("text", ["", "12345", "a" * 61, "M31\x00", "„“"])
def test_what_is_no_name_is_not_asked_for(server, session, text):
    with pytest.raises(InputError):
        resolve(session, text)
    assert not server.asked


def test_a_name_cannot_leave_its_place_in_the_address(server, session):
    with pytest.raises(UnknownNameError):
        resolve(session, "M31&x=../../?#y")
    assert server.asked == ["sesame M31%26x%3D..%2F..%2F%3F%23y"]
    assert check_name("  NGC \n 4565 ") == "NGC 4565"


def test_answers_as_sesame_gave_them():
    """Recorded: of 2024 with an error ellipse, of VizieR alone, and of NED."""
    recorded = """# ngc3642\t#Q2779348
#=Si=Simbad, all IDs (via url):    1    41ms
%@ 503952
%I.0 NGC 3642
%C.0 LIN
%J 170.57458768232000 +59.07452101151000 = 11:22:17.90 +59:04:28.2
%J.E [0.2819 0.3347 90] A 2020yCat.1350....0G

#====Done (2024-Feb-15,11:26:16z)====
"""
    vizier = (
        "# NGC 3642\t#Q22523677\n#=V=VizieR (local):    1\n%J 170.56 +59.08 = 11:22.2     +59:05\n%I.0 {NGC} 3642\n"
    )
    clock = Passing()
    session = Session(
        adapter=Scripted((200, {}, recorded.encode()), (200, {}, vizier.encode()), clock=clock), clock=clock
    )
    exact, rough = resolve(session, "NGC 3642"), resolve(session, "NGC 3642")
    assert (exact.ra, exact.dec, exact.by, exact.kind) == (170.57458768232, 59.07452101151, "Simbad", "LIN")
    assert rough.rounding == pytest.approx(36) and rough.by == "VizieR"
    session = Session(adapter=Scripted((200, {}, b"<html>Down</html>"), clock=clock), clock=clock)
    with pytest.raises(ServerError, match="cannot be read"):
        resolve(session, "NGC 3642")


def test_without_a_network_nothing_that_was_fetched_is_lost(server, session, tmp_path):
    fetch_cutout(session, *PLACE, DECALS)
    resolve(session, "M104")
    off = Session(stand_in=server.origin, clock=Passing(), folder=tmp_path / "answers", off=True)
    assert fetch_cutout(off, *PLACE, DECALS).layer == "ls-dr11" and resolve(off, "M104").name == "M 104"
    with pytest.raises(NetworkError, match="switched off"):
        fetch_cutout(off, 10.0, 2.0, DECALS)


def test_the_stand_in_plays_only_faults_that_there_are(server):
    with pytest.raises(ValueError):
        server.plan("fits-cutout", "no such fault")
    with pytest.raises(ValueError):
        server.plan("no such service", "500")
    assert set(LASTING) | set(PASSING) | {"404", "500", "slow bytes"} >= set(FAULTS)


def test_answers_can_be_held_back(server, session):
    server.hold()
    answered = threading.Event()
    asking = threading.Thread(target=lambda: (resolve(session, "M 104"), answered.set()))
    asking.start()
    while not server.asked:
        pass
    assert not answered.wait(0.2)
    server.release()
    asking.join(20)
    assert answered.is_set() and len(server.asked) == 1


def test_the_app_asks_the_stand_in_that_it_is_given(server, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_OFFLINE", "0")
    monkeypatch.setenv("GALEXPLORE_DEMO_SKY", server.origin)
    assert open_session().stand_in == server.origin
    monkeypatch.setenv("GALEXPLORE_DEMO_SKY", "http://192.168.0.1:81")
    with pytest.raises(InputError, match="stand-in"):
        open_session()


def test_the_survey_is_credited_for_its_own_pictures():
    jpeg = write_jpeg(np.random.default_rng(1).normal(0, 0.1, (3, 64, 64)), 64)
    session = Session(adapter=Scripted((200, {"Content-Length": str(len(jpeg))}, jpeg)), clock=Passing())
    assert fetch_picture(session, *PLACE, DECALS).credit == "Legacy Surveys / D. Lang (Perimeter Institute), ls-dr11"
    assert "Digitized Sky Survey" in fetch_sky_picture(session, *PLACE, DECALS).credit
