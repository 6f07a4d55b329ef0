"""The pages Populations and Model, in every state, without a browser; and the figures they show."""

import json

import numpy as np
import pandas as pd
import pytest

from galexplore import figures
from galexplore.atlas.recovery import classify, recover
from galexplore.latents import LABELLED
from galexplore.posterior.metrics import collect
from tests.pages.driver import APP, check, go, words

pytestmark = pytest.mark.skipif(not APP.exists(), reason="no app")


def titles(app) -> list[str]:
    return [json.loads(c.proto.spec)["layout"]["title"]["text"] for c in app.get("plotly_chart")]


def test_populations_shows_where_kinds_lie_and_how_they_are_found(app):
    go(app, "populations")
    told = words(app)
    assert "Recall at a false-positive rate of 7 %" in told and "Green Pea" in told and "More like these" in told
    assert "Select galaxies with a lasso" in told, "the empty state says what to do"
    assert len(titles(app)) == 6


def test_more_like_the_selected_are_shown_and_can_be_selected(app, explorer):
    peas = explorer.table.loc[explorer.table["population"] == "Green Pea", "id"].tolist()
    app.session_state["selection"] = peas[:10]
    go(app, "populations")
    told = words(app)
    assert "The 48 galaxies nearest to the examples" in told
    assert app.radio(key="alike-to").options == ["the 10 selected"]
    app.button(key="select-alike").click().run()
    check(app)
    assert len(app.session_state["selection"]) == 48 and not set(app.session_state["selection"]) & set(peas[:10])


def test_ids_of_another_atlas_are_refused_in_a_sentence(app):
    app.session_state["opened"] = None
    app.session_state["selection"] = ["nobody"]
    go(app, "populations")
    assert "None of these ids is in the atlas" in words(app)


def test_no_kind_chosen_says_what_to_do(app):
    go(app, "populations")
    app.button_group(key="kinds-compared").set_value([]).run()
    check(app)
    assert "No kind chosen" in words(app)


def test_the_model_page_tells_scores_limits_and_how_to_cite(app, explorer):
    go(app, "model")
    told = words(app)
    value, _ = explorer.card["metrics"]["redshift"]["r2"]
    assert f"{value:.4f}"[:5] in told and "±" in told
    assert "Limitations" in told and "simulated" in told and explorer.card["sha256"] in told
    assert "eprint = {2312.16687}" in app.code[0].value and app.code[0].language == "bibtex"
    assert all(w in told for w in ("Kroupa", "100 Myr", "H₀ = 70", "Intended use"))
    assert f"of the **{explorer.card['metrics']['split']} split**" in told
    assert len(app.get("image")) or len(app.get("imgs"))


def make_table(n=2000) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"phi": generator.uniform(0, 3, n), "ba": generator.uniform(0.2, 1, n)})
    table["lat_phi"], table["lat_phi_sigma"], table["phi_err"] = table["phi"], 0.1, 0.1
    for latent, column in LABELLED.items():
        table[column], table[f"{column}_err"] = generator.normal(0.5, 0.3, n), 0.0
        table[f"lat_{latent}"], table[f"lat_{latent}_sigma"] = table[column] + 0.1 * generator.normal(size=n), 0.1
    return table


def test_the_model_page_tells_how_honest_the_joint_posterior_is(app, explorer):
    go(app, "model")
    joint = explorer.card["metrics"]["joint"]
    share, allowed = 100 * joint["coverage"]["logmass_given"]["68"][0], 100 * joint["uniform"]["tarp"]["limit"]
    line = next(text for text in words(app).split("\n") if "log stellar mass, given the redshift" in text)
    assert f"{share:.2f} ±" in line
    assert f"| {allowed:.1f} % |" in next(text for text in words(app).split("\n") if "TARP" in text)
    assert "nats above three independent Gaussians" in words(app)


def test_an_honest_model_has_a_flat_pit_and_a_biased_one_has_not():
    table, plain = make_table(), {n: {"scale68": 1.0, "scale95": 2.0} for n in ("phi", *LABELLED, "free")}
    heights = [t.y for t in figures.plot_pit(collect(table, plain), "PIT").data if t.type == "bar"]
    assert len(heights) == 3 and all(np.abs(h - 1).max() < 0.5 for h in heights)
    table["lat_logmass"] += 0.3
    mass = [t.y for t in figures.plot_pit(collect(table, plain), "PIT").data if t.type == "bar"][1]
    assert mass[:5].mean() > 3 and mass[-5:].mean() < 0.2, "labels fall below what is inferred too high"


def test_truth_is_drawn_with_the_line_of_equality():
    plain = {n: {"scale68": 1.0, "scale95": 2.0} for n in ("phi", *LABELLED, "free")}
    figure = figures.plot_truth(collect(make_table(), plain), "Truth")
    lines = [t for t in figure.data if t.type == "scatter" and t.mode == "lines"]
    assert len(lines) == 3 and all(tuple(t.x) == tuple(t.y) for t in lines)


def test_the_confusion_is_drawn_with_truth_down_and_answers_across():
    generator = np.random.default_rng(1)
    points, population = generator.normal(size=(900, 4)), np.full(900, "ordinary", dtype="<U12")
    population[:60], points[:60, 0] = "Red Spiral", points[:60, 0] + 8
    found = classify(points, population, ("Red Spiral",), normals=300, draws=1)
    heat = figures.plot_confusion(found.confusion, "Confusion").data[0]
    at = np.array(heat.z)[heat.y.index("true Red Spiral"), heat.x.index("predicted Red Spiral")]
    assert at > 0.95
    curve = figures.plot_recovery({"Red Spiral": {"rarity": recover(points[:, 0], population == "Red Spiral")}}, "R")
    assert [t.name for t in curve.data if t.name] == ["Red Spiral, rarity", "at random"]
