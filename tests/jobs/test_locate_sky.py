"""A list on the sky: read in every form, cancelled and resumed, nothing asked twice, nothing lost."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.explore.models import list_models, load
from galexplore.jobs.locate_sky import MOST, SkyList, Target, find_targets, keep_targets, read_targets
from galexplore.jobs.make_atlas import make_atlas
from galexplore.sources.servers import OutsideError, SkyCutout
from galexplore.sources.transport import NetworkError, ServerError, Session
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse
from tests.jobs.conftest import make_place


@pytest.fixture(scope="module")
def explorer():
    return load()


def make_fetch(troubles=None, gate=None, begun=None, vary=False):
    """Draw a galaxy for each target, but where there is trouble; note who was asked for."""
    asked = []

    def fetch(session, target, explorer):
        if gate:
            begun.set()
            gate.wait(20)
        asked.append(target.name)
        if trouble := (troubles or {}).get(target.name):
            raise trouble
        i = int(target.name[1:])
        flux = draw_ellipse(0.3 + 0.1 * (i % 30), 4 + i % 5, 0.5, 40 + 10 * i) if vary else draw_ellipse(0.3, 5.0)
        cutout = Cutout(flux, DECALS.model_scale, "grz", ra=150.0, dec=-2.0, orientation=(1, 0.0))
        return SkyCutout(cutout, "ls-dr10")

    return fetch, asked


def make_targets(n: int) -> list[Target]:
    return [Target(f"T{i}", f"{150 + i} -2.0") for i in range(n)]


@pytest.mark.parametrize(
    ("text", "names", "sought"),
    [
        ("NGC 4565\nM 104\n", ["NGC 4565", "M 104"], ["NGC 4565", "M 104"]),
        ("150.1 2.2\n09:46:51.4 -01:02:28.6\n", ["150.1 2.2", "09:46:51.4 -01:02:28.6"], None),
        ("NGC 4565\n150.1 -2.2\n", ["NGC 4565", "150.1 -2.2"], None),
        ("NGC 4565\nM 104\nM 31\n150.1 2.2", ["NGC 4565", "M 104", "M 31", "150.1 2.2"], None),
        ("name ra dec\nA 150.1 2.2\n", ["A"], ["150.100000 +2.200000"]),
        ("RA_J2000,DE_J2000\n150.1,2.2\n", ["150.100000 +2.200000"], None),
        ("name,ra,dec\nA,150.1,2.2\nB,151,-0.5\n", ["A", "B"], ["150.100000 +2.200000", "151.000000 -0.500000"]),
        ("\ufeff# mine\nM 31\n\nM 31\n", ["M 31", "M 31 (2)"], None),
    ],
)
def test_lists_are_read_in_every_form(text, names, sought):
    targets = read_targets(text.encode())
    assert [t.name for t in targets] == names
    assert sought is None or [t.sought for t in targets] == sought


def test_lists_have_a_limit():
    for n in (0, MOST + 1):
        with pytest.raises(InputError, match="1 to 500"):
            read_targets("".join(f"NGC {i}\n" for i in range(n)).encode() or b" ")
    assert len(read_targets("".join(f"{i % 360}.5 1.0\n" for i in range(MOST)).encode())) == MOST


def test_all_are_located_each_with_its_own_trouble(explorer):
    troubles = {
        "T1": OutsideError("outside the survey: no layer"),
        "T2": ServerError("is busy"),
        "T3": ZeroDivisionError(),
    }
    fetch, asked = make_fetch(troubles)
    listed = SkyList(make_targets(6), explorer, Session(off=True), fetch)
    listed.start()
    listed.wait()
    assert listed.finished and sorted(asked) == [f"T{i}" for i in range(6)]
    assert [v.name for v in listed.verdicts] == [f"T{i}" for i in range(6)]
    table = listed.tabulate()
    assert table["detail"].iloc[1:3].tolist() == ["outside the survey: no layer", "is busy"]
    assert listed.passing == 2
    assert table["layer"].tolist() == ["ls-dr10", "", "", "", "ls-dr10", "ls-dr10"]
    assert table["ra"].iloc[0] == 150 and np.isnan(table["ra"].iloc[1]) and np.isfinite(table["lat_redshift"].iloc[4])
    troubles.clear()
    listed.start()
    listed.wait()
    assert sorted(asked[6:]) == ["T2", "T3"]  # what is outside stays so, and what was located is not asked for again
    assert [bool(v.embedded) for v in listed.verdicts] == [True, False, True, True, True, True]


def test_cancelled_and_resumed_nothing_is_fetched_twice(explorer):
    gate, begun = threading.Event(), threading.Event()
    fetch, asked = make_fetch(gate=gate, begun=begun)
    listed = SkyList(make_targets(12), explorer, Session(off=True), fetch)
    listed.start()
    begun.wait(20)
    assert not listed.stopping
    listed.cancel()
    assert listed.stopping and listed.running
    gate.set()
    listed.wait()
    assert not listed.stopping and 0 < listed.done < 12 and not listed.finished and not listed.running
    listed.start()
    listed.start()  # a second click changes nothing
    listed.wait()
    assert listed.finished and len(asked) == len(set(asked)) == 12


def test_without_a_network_it_stops_and_says_so_once(explorer):
    troubles = {f"T{i}": NetworkError("no network") for i in range(3, 12)}
    fetch, asked = make_fetch(troubles)
    listed = SkyList(make_targets(12), explorer, Session(off=True), fetch)
    listed.start()
    listed.wait()
    assert listed.trouble == "no network" and listed.done <= 3 and len(asked) < 12
    troubles.clear()
    listed.start()
    listed.wait()
    assert listed.finished and not listed.trouble and all(v.embedded for v in listed.verdicts)


def test_a_list_is_found_again_after_the_program(tmp_path):
    path = tmp_path / "lists" / "mine.json"
    assert find_targets(path) == []
    keep_targets(make_targets(3), path)
    assert find_targets(path) == make_targets(3)
    for damaged in ('{"a": 1}', "[[1, 2]]", "", "[", str([["T", "x"]] * 501).replace("'", '"')):
        path.write_text(damaged)
        assert find_targets(path) == []


def test_a_finished_list_becomes_an_atlas_of_its_own(explorer, tmp_path, monkeypatch):
    make_place(monkeypatch, tmp_path)
    fetch, _ = make_fetch({"T1": OutsideError("outside")}, vary=True)
    listed = SkyList(make_targets(22), explorer, Session(off=True), fetch)
    listed.start()
    listed.wait()
    made = make_atlas("mine", listed.verdicts)
    own = load("mine")
    assert len(own.table) == 21 and "T1" not in set(own.table["id"]) and not own.simulated
    assert made["sha256"] == explorer.card["sha256"] and own.images.get(["T0"]).shape == (1, *DECALS.shape)
    located = next(v for v in listed.verdicts if v.name == "T5").embedded.row
    row = own.table.set_index("id").loc["T5"]
    assert row["lat_redshift"] == pytest.approx(located["lat_redshift"], rel=0.2) and row["ra"] == 150
    assert own.posteriors is not None, "what the model says of each goes with it"
    with pytest.raises(InputError, match="There is a model"):
        make_atlas("mine", listed.verdicts)
    with pytest.raises(InputError, match="20 galaxies at least; 4 were"):
        make_atlas("other", listed.verdicts[:5])
    same = [replace(listed.verdicts[0], name=f"S{i}") for i in range(20)]
    with pytest.raises(InputError, match="too much alike"):
        make_atlas("other", same)
    assert list_models() == ["default", "mine"]
