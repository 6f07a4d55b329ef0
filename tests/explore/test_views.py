"""A view's expressions, ends and named subsets: kept, sent by an address, and brought back as Python that runs."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.explore import selections, subsets
from galexplore.explore.link import AtlasState, read_state
from galexplore.explore.snippets import list_conditions, write_python
from galexplore.places import ROOT
from galexplore.tables.expressions import keep_where
from galexplore.tables.filters import keep_rows

needs_model = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)
TABLE = pd.DataFrame({"z": [0.1, 0.2, 0.3, np.nan], "my col": [1, 2, 3, 4], "population": ["a", "b", "a'b", "a"]})


@pytest.fixture(scope="module")
def explorer():
    from galexplore.explore.models import load

    return load()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr("galexplore.explore.selections.cache_folder", lambda: tmp_path)


@pytest.mark.parametrize("name", ["z", "sqrt", "and", "pi", "blue", "1st", "a b", "", "__import__", "x" * 31, "é"])
def test_names_that_would_be_misread_are_refused(name):
    with pytest.raises(InputError):
        subsets.check_name(name, TABLE, ["blue"])
    assert subsets.check_name("low_2", TABLE, ["blue"]) == "low_2"


def test_subsets_travel_as_text_as_far_as_they_fit():
    named = (("low", "z < 0.2"), ("b", "population == 'b'"), ("both", "low and not b"), ("mine", "@0123456789ab"))
    assert subsets.read_subsets(subsets.write_subsets(named), TABLE) == (named, [])
    long = tuple((f"s{i}", "z < " + "1" * 300) for i in range(9))
    back, refused = subsets.read_subsets(subsets.write_subsets(long), TABLE)
    assert back == long[: len(back)] and 0 < len(back) < 9 and not refused
    text = "low=z < 0.2\nz=z < 1\nbad=zz < 1\nlate=later\nmine=@../../etc\nfine=low"
    assert subsets.read_subsets(text, TABLE) == ((("low", "z < 0.2"), ("fine", "low")), ["z", "bad", "late", "mine"])


def test_what_is_defined_by_a_forgotten_subset_goes_too():
    named = (("low", "z < 0.2"), ("b", "z > 1"), ("both", "low and b"), ("more", "not both"), ("mine", "@0123456789ab"))
    assert subsets.forget_subset(named, "low") == (named[1], named[4])
    assert subsets.forget_subset(named, "mine") == named[:4]


def test_filters_as_conditions_keep_the_same_rows():
    state = AtlasState(limits={"z": (0.1, 0.2), "my col": (1, 3)}, left_out=("b", "a'b"), where="z < 0.15")
    keep = np.logical_and.reduce([keep_where(condition, TABLE) for condition in list_conditions(state)])
    expected = keep_rows(TABLE, state.limits, state.left_out) & (TABLE["z"] < 0.15).to_numpy()
    assert np.array_equal(keep, expected) and keep.sum() == 1


@needs_model
def test_a_rich_view_travels_through_the_address(explorer):
    state = AtlasState("mag_g - mag_r", "log10(re_arcsec)", "mag_r * 2", where="low and mag_r < 19", contours=True)
    from dataclasses import replace

    state = replace(state, x_low=1.5, x_high=-0.5, y_high=1.0, subsets=(("low", "lat_redshift < 0.2"),))
    assert read_state(state.to_params(), explorer) == (state, [])
    bad = {"x": "mag_g -", "where": "low", "xlim": "1~1", "ylim": "nan~2", "subsets": "mag_r=z < 1"}
    assert read_state(bad, explorer) == (AtlasState(), ["x", "subsets", "where", "xlim", "ylim"])


@needs_model
def test_where_gives_the_rows_of_the_table(explorer):
    table = explorer.table
    kept = explorer.where("lat_redshift < 0.1 and population == 'Red Spiral'")
    expected = table[(table["lat_redshift"] < 0.1) & (table["population"] == "Red Spiral")]
    assert kept["id"].tolist() == expected["id"].tolist() and len(kept)


@needs_model
def test_a_view_as_python_runs_as_it_is(explorer, tmp_path):
    """In a process of its own, from code alone: shown, selected and plotted are what the page shows."""
    table = explorer.table
    mine = table["id"].iloc[:300].tolist()
    named = (("low", "lat_redshift < 0.2"), ("mine", subsets.keep_selection(explorer, mine)))
    state = AtlasState(
        "mag_g - mag_r", "log10(re_arcsec)", limits={"mag_r": (17.0, 19.5)}, left_out=("Merger",),
        where="low and not mine", y_low=0.1, contours=True, subsets=named,
    )  # fmt: skip
    ids = table["id"].iloc[100:900].tolist()
    code = write_python(explorer, state, ids, ids[0], 'g - r against "size"')
    code += "\nimport json\nprint(json.dumps([shown['id'].tolist(), selected['id'].tolist()]))\n"
    code += "print(json.dumps([figure.layout.yaxis.range[0], figure.layout.xaxis.title.text]))\n"
    (tmp_path / "view.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "view.py"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout
    shown, selected = json.loads(said.splitlines()[-2])
    keep = table["mag_r"].between(17, 19.5) & (table["population"] != "Merger") & (table["lat_redshift"] < 0.2)
    keep &= ~table["id"].isin(mine)
    assert shown == table["id"][keep].tolist() and len(shown) > 1000
    assert selected == [i for i in shown if i in set(ids)] and selected
    assert json.loads(said.splitlines()[-1]) == [0.1, "mag_g - mag_r"]
    assert (tmp_path / "selected.csv").exists() and (tmp_path / "view.html").stat().st_size > 100_000


@needs_model
def test_a_lasso_is_written_as_such_where_it_still_holds(explorer):
    from galexplore.figures import find_inside

    table, box = explorer.table, {"box": [{"x": [0.05, 0.1], "y": [9.5, 10.0], "xref": "x"}]}
    inside = find_inside(table["lat_redshift"].to_numpy(), table["lat_logmass"].to_numpy(), box)
    ids = table["id"][inside].tolist()
    code = write_python(explorer, AtlasState(), ids, None, "A view", box)
    assert "find_inside" in code and "b85decode" not in code and "0.05" in code
    other = write_python(explorer, AtlasState(), ids[1:], None, "A view", box)
    assert "find_inside" not in other and "b85decode" in other, "it holds one more than is selected"
    few = write_python(explorer, AtlasState(), ids[:3], None, "A view")
    assert repr(ids[:3]) in few
    assert selections.find_damaged()[0] == 0, "nothing is kept on disk for it"


@needs_model
def test_the_ranking_and_the_kinds_as_python_run_as_they_are(explorer, monkeypatch, capsys):
    import galexplore as gx
    from galexplore.explore.page_snippets import write_kinds, write_ranking

    monkeypatch.setattr(gx, "load", lambda name: explorer, raising=False)
    table, names = explorer.table, {}
    kinds = [kind for kind in explorer.kinds.index if kind != "Merger"]
    labels = pd.DataFrame({"id": table["id"].iloc[:3], "score": [5.0, 0.0, 2.0]})
    exec(write_ranking(explorer, "both", kinds, labels=labels), names)
    order = explorer.ranking.sort("both", labels)
    keep = ((table["population"] != "Merger") & (table["suspicion"] == "")).to_numpy()
    assert names["order"].tolist() == order[keep[order]].tolist()
    assert table["id"].iloc[names["order"][0]] in capsys.readouterr().out
    exec(write_ranking(explorer, "rarity", list(explorer.kinds.index), varied=2400), names)
    assert len(names["order"]) == 2400 and "isin" not in write_ranking(explorer, "rarity", list(explorer.kinds.index))
    exec(write_ranking(explorer, "rarity", list(explorer.kinds.index), "groups"), names)
    assert names["group"].reason in capsys.readouterr().out
    exec(write_kinds(explorer, ["Green Pea"]), names)
    assert names["scores"].recall["kind"].tolist() == ["Green Pea"] and "Green Pea" in capsys.readouterr().out


@needs_model
def test_one_galaxy_as_python_runs_as_it_is(explorer, tmp_path, monkeypatch, capsys):
    import galexplore as gx
    from galexplore.explore.galaxy_snippets import write_galaxy, write_latents, write_location
    from tests.served import write_cutout

    monkeypatch.setattr(gx, "load", lambda name: explorer, raising=False)
    monkeypatch.chdir(tmp_path)
    name, names = explorer.table["id"].iloc[40], {}
    exec(write_galaxy(explorer, name), names)
    assert names["row"]["id"] == name and names["image"].shape == names["model"].shape
    latents = explorer.atlas.latents[3]
    exec(write_latents(explorer, latents), names)
    assert np.allclose(names["model"], explorer.decode(latents[None])[0], atol=1e-5)
    write_cutout(tmp_path / "mine.fits")
    location = explorer.locate(gx.read(tmp_path / "mine.fits"), redshift=0.05, redshift_error=0.001)
    exec(write_location(explorer, location), names)
    assert np.allclose(names["location"].latents, location.latents) and names["location"].given == location.given
    assert "mine.fits" in write_location(explorer, location) and str(tmp_path) not in write_location(explorer, location)
    capsys.readouterr()
