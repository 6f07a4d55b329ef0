"""Header, address, Atlas and card: what they say and keep, without a browser."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from galexplore.explore import selections
from galexplore.places import ROOT
from tests.pages.driver import APP, check, find_plots, go, say_passed, words

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """Selections of the tests are kept apart from a person's own; rendered pictures are shared."""
    monkeypatch.setattr("galexplore.explore.selections.cache_folder", lambda: tmp_path)


def open_link(app, **params) -> AppTest:
    """Open a link in a fresh session."""
    fresh = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in params.items():
        fresh.query_params[name] = value
    fresh.run()
    check(fresh)
    return fresh


def test_a_link_restores_axes_colour_filters_kinds_object_and_selection(app, explorer):
    ids = explorer.table["id"].iloc[[4, 8, 15]].tolist()
    told = {"x": "lat_free", "y": "mag_r", "colour": "split", "filter": "lat_redshift:0.05~0.3", "kinds": "Green Pea"}
    fresh = open_link(app, **told, object=ids[1], sel=selections.keep(ids, explorer.catalogue))
    assert f"### {ids[1]}" in words(fresh) and "**3** selected" in words(fresh)
    figure = json.loads(find_plots(fresh)[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Free latent"
    assert figure["data"][0]["marker"]["colorbar"]["ticktext"]
    assert "Red Spiral" not in [t.get("name") for t in figure["data"]]
    assert say_passed(explorer.table, explorer.table["lat_redshift"].between(0.05, 0.3)) in words(fresh)
    for name, value in told.items():
        assert fresh.query_params[name] in (value, [value])
    go(fresh, "anomalies")
    name = selections.keep(ids, explorer.catalogue)
    assert fresh.query_params["sel"] in (name, [name]), "the address goes along"
    assert fresh.query_params["data"] in (explorer.catalogue, [explorer.catalogue])


def test_a_link_of_another_catalogue_is_told_and_not_applied(app, explorer):
    ids = explorer.table["id"].iloc[[4, 8]].tolist()
    other = open_link(app, data="c0ffee00", object=ids[0], sel=selections.keep(ids, "c0ffee00"), x="lat_free")
    assert "another catalogue" in other.warning[0].value and ids[0] in other.warning[0].value
    assert f"### {ids[0]}" not in words(other) and "selected" in words(other) and "**2** selected" not in words(other)
    old = open_link(app, sel=selections.keep(ids))  # of a version that did not say
    assert "another catalogue" in old.warning[0].value and "**2** selected" not in words(old)


def test_a_broken_link_says_so_and_shows_the_rest(app):
    bad = {"x": "<b>", "filter": "nobody:1~2", "object": "<script>", "sel": "../../x", "atlas": "elsewhere"}
    fresh = open_link(app, **bad)
    told = " ".join(w.value for w in fresh.warning)
    assert (
        "atlas is not installed here" in told
        and "malformed" in told
        and "This atlas has no galaxy" in told
        and "x, filter" in told
    )
    assert len(find_plots(fresh)) == 2
    fresh.run()
    assert not fresh.warning, "said once"


def test_an_unknown_selection_is_left_out_with_a_sentence(app):
    fresh = open_link(app, sel="0123456789ab")
    assert "not known here" in fresh.warning[0].value and "nothing selected" in words(fresh)


def test_a_position_finds_the_galaxy_that_lies_there_and_no_simulated_one_elsewhere(app, explorer):
    row = explorer.table.iloc[30]
    app.run()
    app.text_input(key="object").set_value(f"{row['ra']:.6f} {row['dec'] + 0.0005:.6f}").run()
    check(app)
    assert f"### {row['id']}" in words(app) and "is 1.8" in words(app).replace("\\", "")
    app.text_input(key="object").set_value("10:00:00 +85:00:00").run()
    check(app)
    assert "Its galaxies are simulated" in words(app) and f"### {row['id']}" in words(app)
    assert not [b for b in app.button if b.key == "open-nearest"], "no simulated galaxy is next to a real place"


def test_the_galaxys_own_page_teaches_when_empty(app, explorer):
    go(app, "galaxy")
    assert "No galaxy opened" in words(app)
    app.session_state["opened"] = explorer.table["id"].iloc[2]
    app.run()
    check(app)
    told = words(app)
    assert f"### {explorer.table['id'].iloc[2]}" in told and "Matched twins" in told and "pull" in told
    assert "no object at this position on the real sky" in told
    app.button_group(key="band").set_value("g").run()
    check(app)
    app.toggle(key="inverted").set_value(True).run()
    check(app)


def find_list_box(app):
    """Find the box for a list of one's own."""
    return next(box for box in app.file_uploader if box.key.startswith("list-"))


def test_a_list_is_marked_on_both_plots_and_can_be_selected(app, explorer):
    ids = explorer.table["id"].iloc[[1, 2, 3]].tolist()
    app.run()
    find_list_box(app).set_value(("mine.csv", ("id\n" + "\n".join([*ids, "nobody"])).encode(), "text/csv")).run()
    check(app)
    assert "3 of 4 found by their ids" in words(app).replace("\\", "")
    for chart in find_plots(app):
        stars = [t for t in json.loads(chart.proto.spec)["data"] if t.get("name") == "your list"]
        assert sorted(stars[0]["customdata"]) == sorted(ids)
    app.button(key="select-list").click().run()
    check(app)
    assert "**3** selected" in words(app)


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"PAR1PAR1"])
def test_a_bad_list_gets_one_sentence(app, data):
    app.run()
    find_list_box(app).set_value(("<b>mine.csv", data, "text/csv")).run()
    check(app)
    assert len(app.error) == 1 and "<b>" not in app.error[0].value


def test_a_selection_is_summed_up_against_the_rest(app, explorer):
    peas = explorer.table["id"][explorer.table["population"] == "Green Pea"].tolist()
    app.session_state["selection"] = peas
    app.session_state["aspect"] = "Compare with the rest"
    app.run()
    check(app)
    told = words(app)
    assert f"These {len(peas):,} compared with" in told and "odds ratio" in told
    line = next(line for line in told.splitlines() if "Green Pea |" in line)
    assert f"| {len(peas):,} | {len(peas):,} | **" in line, "all of them are inside, and enriched"


def test_a_filter_that_nothing_passes_says_what_to_do(app):
    fresh = open_link(app, filter="lat_redshift:0.1~0.10001,mag_r:10~10.0001")
    assert "No galaxy passes the filter" in fresh.info[0].value and not find_plots(fresh)
    fresh.button(key="filter-none").click().run()
    check(fresh)
    assert len(find_plots(fresh)) == 2


def find_names(app) -> dict[str, tuple[float, float]]:
    """Find the names that are written over the map, and where."""
    notes = json.loads(find_plots(app)[1].proto.spec)["layout"].get("annotations", [])
    return {note["text"]: (note["x"], note["y"]) for note in notes}


def test_a_region_is_named_where_the_filter_leaves_its_galaxies(app, explorer):
    app.run()
    every, usual = find_names(app), explorer.table[explorer.table["population"] == "ordinary"]
    near = {
        name: usual.iloc[np.argsort(np.hypot(usual["umap_x"] - x, usual["umap_y"] - y).to_numpy())[:100]]
        for name, (x, y) in every.items()
    }
    limit = min(float(rows["lat_redshift"].quantile(0.8)) for rows in near.values())  # of the nearest region
    app.session_state["where"] = f"lat_redshift < {limit}"
    app.run()
    check(app)
    shares = {name: (rows["lat_redshift"] < limit).mean() for name, rows in near.items()}
    left = find_names(app)
    empty, kept = [n for n, s in shares.items() if s == 0], [n for n, s in shares.items() if s > 0.5]
    assert empty and kept and not set(left) & set(empty), "no name stands where no galaxy is left"
    assert set(kept) <= set(left) and all(left[name] == every[name] for name in left), "the others stay where they are"
    app.session_state["where"], app.session_state["left-out"] = "", ["ordinary"]
    app.run()
    check(app)
    assert every and not find_names(app), "of the rare kinds no region is named"


def test_artefacts_are_not_counted_as_galaxies(app, explorer):
    table = explorer.table
    stars, usual = (table["id"][table["population"] == kind].tolist() for kind in ("Star", "ordinary"))
    for ids, said in (
        (usual[:3] + stars[:2], "3 galaxies and 2 artefacts"),
        (usual[:1], "1 galaxy"),
        (stars[:1], "1 artefact"),
    ):
        app.session_state["selection"] = ids
        app.run()
        check(app)
        assert f"**{len(ids)}** selected" in words(app) and f"**{said}**, with units" in words(app)
        app.text_input(key="subset-name").set_value(f"n{len(ids)}").run()
        app.button(key="name-selection").click().run()
        check(app)
        assert f"{said}: a selection" in words(app)
        app.button(key=f"forget-n{len(ids)}").click().run()


def test_the_lasso_of_a_linked_plot_counts_every_galaxy(app, explorer):
    x, y = (explorer.table[c].to_numpy() for c in ("lat_redshift", "lat_logmass"))
    corners = {"x": [0.1, 0.2, 0.3, 0.15], "y": [10, 9.7, 10.5, 11]}
    app.session_state["latents-0"] = {"selection": {"points": [], "box": [], "lasso": [corners]}}
    app.run()
    check(app)
    from galexplore.figures import find_inside

    n = find_inside(x, y, {"lasso": [corners]}).sum()
    assert n > 100 and f"**{n:,}** selected" in words(app)


def test_a_lasso_agrees_with_brute_force():
    from galexplore.figures import find_inside

    random = np.random.default_rng(8)
    x, y = random.uniform(0, 1, (2, 3000))
    px, py = random.uniform(0, 1, (2, 40))
    odd = np.zeros(3000, bool)
    for i in range(40):
        x0, y0, x1, y1 = px[i], py[i], px[i - 1], py[i - 1]
        odd ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    assert np.array_equal(find_inside(x, y, {"lasso": [{"x": px.tolist(), "y": py.tolist()}]}), odd)
