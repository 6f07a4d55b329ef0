"""What the pages say of oddness and of kinds, without a browser: one statement, mixed anomalies, matched controls."""

import json
import re
from collections import Counter

import numpy as np
import pytest

from galexplore.atlas.controls import BALANCED
from galexplore.atlas.kinds import SKY, mix_sky
from galexplore.bench.groups import measure_groups
from galexplore.explore.caveats import BRIEFLY
from galexplore.explore.comparison import compare, compare_two, conclude, count_told, list_differences, list_rows
from galexplore.explore.confusion import can_confuse, draw_quasars, draw_stars, measure_confusion
from galexplore.explore.labels import make_label, read_labels, recall_labels, tabulate, write_labels
from galexplore.explore.lessons import find_lesson, try_labels
from galexplore.explore.odd_groups import A_PAGE as A_PAGE_OF_GROUPS
from galexplore.explore.odd_groups import TILES, list_reasons
from galexplore.explore.residual import ARTEFACT, CONTAMINATED, STRUCTURE, describe_residual
from galexplore.explore.thumbnails import find_image
from pages._parts.groups import MEMBERS, SAID
from pages._parts.ranking import A_PAGE, say_reason
from tests.pages.driver import APP, check, go, words

pytestmark = pytest.mark.skipif(not APP.exists(), reason="no app")


def list_tiles(app) -> list[str]:
    return [b.key.removeprefix("odd-") for b in app.button if (b.key or "").startswith("odd-")]


def test_no_reason_fills_more_than_a_quarter_of_the_first_page_unless_asked(app, explorer):
    if "suspicion" not in explorer.table:
        pytest.skip("this model was made without measurements of the pixels")
    go(app, "anomalies")
    tiles = list_tiles(app)
    reasons = Counter(list_reasons(explorer, explorer.find_rows(tiles)))
    assert len(tiles) == A_PAGE and max(reasons.values()) <= A_PAGE // 4
    app.toggle(key="varied").set_value(False).run()
    check(app)
    order = explorer.ranking.sort()
    galaxies = order[(explorer.table["suspicion"].iloc[order] == "").to_numpy()]
    assert list_tiles(app) == explorer.table["id"].iloc[galaxies[:A_PAGE]].tolist(), "strictly by rank"


@pytest.fixture
def own_labels(monkeypatch, tmp_path):
    """Labels go to a folder of the test's own."""
    monkeypatch.setattr("galexplore.explore.labels.cache_folder", lambda: tmp_path)
    return lambda: read_labels(next((tmp_path / "labels").glob("*.jsonl")))


def list_rows_of_groups(app) -> dict[str, str]:
    """The first galaxy of each group that is on the page, and what its row says."""
    return {b.key.removeprefix("group-"): b.label for b in app.button if (b.key or "").startswith("group-")}


def list_members(app, leader: str) -> list[str]:
    start = f"odd-{leader}-"
    return [b.key.removeprefix(start) for b in app.button if (b.key or "").startswith(start)]


def test_a_group_is_a_row_that_opens_to_its_members_and_is_labelled_as_one(app, explorer, own_labels):
    go(app, "anomalies")
    app.button_group(key="odd-view").set_value("groups").run()
    check(app)
    rows, said = list_rows_of_groups(app), explorer.table.set_index("id")["statement"]
    assert len(rows) == A_PAGE_OF_GROUPS
    reasons = Counter(said[name] for name in rows)
    assert max(reasons.values()) <= A_PAGE_OF_GROUPS // 4, "no more than a quarter of a page for one reason"
    tiles = {name: list_members(app, name) for name in rows}
    largest = max(map(len, tiles.values())) / sum(map(len, tiles.values()))
    assert largest <= 0.25, "no group has more than a quarter of the page's tiles"
    leader = next(name for name in rows if len(tiles[name]) == TILES)
    assert tiles[leader][0] == leader and f"**{SAID.get(said[leader], said[leader])}**" in rows[leader]
    app.button(key=f"group-{leader}").click().run()
    check(app)
    members = list_members(app, leader)
    assert set(tiles[leader]) & set(members) and {said[name] for name in members} == {said[leader]}
    n = int(rows[leader].split(" · ")[1].replace(",", ""))
    assert len(members) == min(n, MEMBERS)
    app.button(key="all-group-4").click().run()
    check(app)
    kept = own_labels()
    assert len(kept) == n and set(kept["score"]) == {4} and set(members) <= set(kept["id"])
    assert f"{n:,} labelled" in list_rows_of_groups(app)[leader]


def test_every_kind_is_met_within_forty_groups(explorer):
    """All of them among the members; all but two at most among the images that stand for the groups."""
    if "suspicion" not in explorer.table:
        pytest.skip("this model was made without measurements of the pixels")
    measured = measure_groups(explorer)
    assert measured["groups"] == 40 and measured["kinds"] == sorted(set(explorer.kinds.index) - {"ordinary"})
    assert measured["missing"]["members"] == []
    assert len(measured["missing"]["tiles"]) <= 2 and measured["purity"] > measured["purity_one_group"]
    assert max(measured[name] for name in ("largest_share", "largest_reason", "largest_reason_ungrouped")) <= 0.25


def test_labels_of_a_group_are_undone_save_those_that_were_changed_since(app, explorer, own_labels):
    go(app, "anomalies")
    app.button_group(key="odd-view").set_value("groups").run()
    leader = min(list_rows_of_groups(app), key=lambda name: len(list_members(app, name)))
    app.button(key=f"group-{leader}").click().run()
    members = list_members(app, leader)
    app.button(key=f"odd-{leader}-{members[0]}").click().run()
    app.button(key="label-1").click().run()
    app.button(key="all-group-5").click().run()
    assert set(own_labels()["score"]) == {5} and len(own_labels()) > 1
    app.button(key=f"odd-{leader}-{members[1]}").click().run()
    app.button(key="label-0").click().run()
    n = len(own_labels())
    assert app.button(key="unlabel-group").label == f"Undo {n - 1:,} label{'s' * (n != 2)}"
    app.button(key="unlabel-group").click().run()
    check(app)
    assert dict(own_labels()[["id", "score"]].values) == {members[0]: 1, members[1]: 0}
    assert not [b for b in app.button if b.key == "unlabel-group"]


def test_a_lasso_is_labelled_as_one(app, explorer, own_labels):
    go(app, "atlas")
    ids = explorer.table["id"].iloc[:30].tolist()
    app.session_state["selection"] = ids
    app.run()
    app.button(key="all-selection-3").click().run()
    check(app)
    kept = own_labels()
    assert set(kept["id"]) == set(ids) and set(kept["score"]) == {3}
    app.button(key="unlabel-selection").click().run()
    check(app)
    assert own_labels().empty


TAUGHT = ("Green Pea", "Red Spiral")  # kinds that are labelled as wanted and as not


def test_what_was_learnt_is_told_and_tried(app, explorer, own_labels, tmp_path):
    go(app, "anomalies")
    table = explorer.table
    first = list_tiles(app)[0]
    kinds = {kind: [n for n in table["id"][table["population"] == kind] if n != first][:30] for kind in TAUGHT}
    app.button(key=f"odd-{first}").click().run()
    app.button(key="label-0").click().run()
    (file,) = (tmp_path / "labels").glob("*.jsonl")
    write_labels(file, [make_label(name, 5, catalogue=explorer.catalogue) for name in kinds[TAUGHT[0]]])
    write_labels(file, [make_label(name, 0, catalogue=explorer.catalogue) for name in kinds[TAUGHT[1]]])
    app.run()
    app.toggle(key="learn").set_value(True).run()
    check(app)
    labels = tabulate(recall_labels(file).labels)
    lesson = find_lesson(explorer.ranking, "rarity", labels, table)
    assert lesson.say() in words(app) and "**high sSFR**" in lesson.say() and "61 labels, 30 of them" in lesson.say()
    galaxies = (table["suspicion"] == "").to_numpy() if "suspicion" in table else None
    trial = try_labels(explorer.ranking, "rarity", labels, galaxies)
    assert trial["learnt"].iloc[-1] > trial["ranked"].iloc[0]
    assert "| inspected |" not in words(app), "it takes a moment: only on opening"
    app.session_state["lesson"] = True
    app.run()
    check(app)
    for words_of, column in (("with labels", "learnt"), ("without labels", "ranked")):
        assert f"| {words_of} | {' | '.join(f'{share:.0%}' for share in trial[column])} |" in words(app)


def test_a_galaxy_that_was_looked_at_is_marked_and_its_one_statement_told(app, explorer):
    go(app, "anomalies")
    name = list_tiles(app)[0]
    assert "seen" not in words(app) and "visibility" not in app.button(key=f"odd-{name}").label
    app.button(key=f"odd-{name}").click().run()
    check(app)
    place = int(explorer.find_rows([name])[0])
    sentence = explorer.explain_at(place).sentence.replace(" sigma", "\u00a0σ").replace(" %", "\u00a0%")
    assert f"**What makes it odd:** {sentence}" in words(app)
    assert "Likely cause" not in words(app) and "Largest deviation" not in words(app), "no rival sentence"
    app.run()
    assert "1 seen" in words(app) and "visibility" in app.button(key=f"odd-{name}").label


def test_strange_looks_are_told_by_what_the_residual_shows(app, explorer):
    """A caveat first; else another source, an artefact or odd structure, and where it lies."""
    go(app, "anomalies")
    app.button_group(key="rank").set_value("reconstruction").run()
    check(app)
    for name in list_tiles(app):
        place = int(explorer.find_rows([name])[0])
        image = find_image(explorer, name)
        model = explorer.decode(explorer.atlas.latents[[place]])[0]
        look = describe_residual(image, model, explorer.survey).brief()
        said = BRIEFLY.get(str(explorer.caveats[place]), "") or look
        assert say_reason(said) in app.button(key=f"odd-{name}").label
        assert said.split(",")[0] in {*BRIEFLY.values(), ARTEFACT, CONTAMINATED, STRUCTURE}


def test_kinds_stand_beside_their_controls(app, explorer):
    go(app, "populations")
    told = words(app)
    rows = list_rows(explorer, "Green Pea")
    comparison = compare(explorer, rows)
    assert (
        conclude(comparison, "Green Pea galaxies") in told
        and "AUC, matched" in told
        and "standardised mean diff" in told
    )
    n = count_told(explorer, rows, "high sSFR")
    assert f"Of {len(rows)}, **{n} ({n / len(rows):.0%})** have the statement *high sSFR*" in told
    assert "among its controls" in told
    differences = list_differences(comparison, "r")
    assert f"Compared with matched controls they are (AUC): {differences}." in told
    for said in ("more compact in kpc", "higher in inferred sSFR (", "brighter in r than in the adjacent bands"):
        assert said in differences, "a Green Pea's compactness, sSFR and line are told"
    app.selectbox(key="matched-other").set_value("Red Spiral").run()
    check(app)
    pair = compare_two(explorer, rows, list_rows(explorer, "Red Spiral"))
    raw = pair.table.set_index("column").loc["lat_redshift", "raw"]
    assert f"**{raw:.2f} (" in words(app) and pair.matching.alone == len(rows), "none of their mass and redshift"
    written = re.sub(r"data:image\S+", "", words(app))  # the letters of a picture spell anything
    assert "cannot" not in written and "nan" not in written


def test_any_two_sets_are_held_against_each_other_raw_and_matched(app, explorer):
    """A subset that has a name against the selection: what is in both belongs to neither."""
    table = explorer.table
    go(app, "populations")
    app.session_state["subsets"] = [("near", "z < 0.15 and population == 'ordinary'")]
    red = table.loc[(table["population"] == "ordinary") & (table["lat_logssfr"] < -11.5), "id"].tolist()
    app.session_state["selection"] = red
    app.run()
    app.button_group(key="matched-set").set_value("subset near").run()
    app.selectbox(key="matched-other").set_value("the selection").run()
    check(app)
    near = np.flatnonzero((table["z"] < 0.15) & (table["population"] == "ordinary"))
    pair = compare_two(explorer, near, explorer.find_rows(red))
    assert not set(pair.matching.cases) & set(pair.matching.controls) and len(pair.matching.controls)
    row = pair.table.set_index("column").loc["lat_logssfr"]
    assert row["raw"] > 0.5 and f"**{row['raw']:.2f} (" in words(app) and f"| {row['matched']:.2f} (" in words(app)


def test_controls_lie_beside_their_kind_on_both_plots(app, explorer):
    go(app, "populations")

    def list_controls() -> list[dict[str, set[str]]]:
        plots = [json.loads(c.proto.spec) for c in app.get("plotly_chart") if c.key in ("kinds-latents", "kinds-map")]
        return [
            {t["name"]: set(t["customdata"]) for t in plot["data"] if t.get("name", "").startswith("control of")}
            for plot in plots
        ]

    matched = compare(explorer, list_rows(explorer, "Green Pea")).matching
    ids = set(explorer.table["id"].iloc[matched.controls])
    shown = list_controls()
    assert len(shown) == 2 and all(plot["control of Green Pea"] == ids for plot in shown)
    app.toggle(key="kinds-controls").set_value(False).run()
    check(app)
    assert list_controls() == [{}, {}]


def test_kinds_are_balanced_against_their_controls_and_those_left_out_are_counted(explorer):
    for kind in ("Red Spiral", "Green Pea", "Merger"):
        rows = list_rows(explorer, kind)
        matching = compare(explorer, rows).matching
        assert matching.balanced and (matching.balance["smd_matched"].abs() < BALANCED).all(), kind
        assert len(matching.cases) + matching.alone == len(rows) and len(matching.cases) > len(rows) / 2


def test_stars_and_quasars_are_held_against_the_kinds(explorer):
    if not can_confuse(explorer):
        pytest.skip("this atlas's galaxies are not drawn")
    rates = measure_confusion(explorer, ["Green Pea", "Red Spiral"], 12).set_index("of")
    assert rates.index.tolist() == ["Green Pea", "Red Spiral", "Star", "Quasar"]
    assert rates.loc["Star", "star"] > 0.5 > rates.loc["Red Spiral", "star"], "most stars are told, few galaxies are"
    called = rates[["called Green Pea", "called Red Spiral"]]
    assert called.loc[["Green Pea", "Red Spiral"]].isna().all(axis=None)
    whole = rates[["star", "outside"]].sum(axis=1) + called.fillna(0).sum(axis=1)
    assert whole.between(0, 1 + 1e-9).all() and called.loc["Quasar", "called Red Spiral"] < 0.5
    quasars = draw_quasars(explorer, 12, 3)
    shine = quasars["core"] * 10 ** (-0.4 * quasars[f"mag_{explorer.survey.reference}"])
    assert (shine >= 10 ** (-0.4 * 20.0) * 0.999).all() and (quasars["core"] >= 10**0.7).all()
    assert draw_stars(explorer, 12, 3)["seed"].nunique() == 12, "another star each"


def test_a_comparison_takes_its_controls_from_ordinary_galaxies_and_says_what_is_left(explorer):
    rows = list_rows(explorer, "Red Spiral")
    comparison = compare(explorer, rows)
    matching, table = comparison.matching, explorer.table
    assert (table["population"].iloc[matching.controls] == "ordinary").all()
    gaps = matching.balance
    assert (gaps["smd_matched"].abs() < gaps["smd_raw"].abs()).all() and gaps["smd_matched"].abs().max() < 0.5
    assert len(matching.cases) + matching.alone == len(rows)
    assert comparison.by == ("z", "logmass") and len(comparison.table) >= 8
    near = comparison.table.set_index("column").loc["lat_redshift"]
    assert abs(near["raw"] - 0.5) > abs(near["matched"] - 0.5), "what is nearness alone is taken out"
    brighter = compare(explorer, rows, magnitude=True)
    assert len(brighter.by) == 3 and np.isfinite(brighter.matching.balance["smd_matched"]).all()


def test_shares_of_the_sky_are_a_mix():
    mix = mix_sky(["ordinary", "Star", "Green Pea", "kind of my own"])
    assert sum(mix.values()) == pytest.approx(1) and mix["Star"] == SKY["Star"] and "kind of my own" not in mix
    assert mix_sky(["ordinary", "kind of my own"]) == {}


def test_words_are_bold_and_numbers_are_not():
    assert say_reason("high sSFR, 4.5 sigma (97 %)") == "**high sSFR**, 4.5\u00a0σ (97\u00a0%)"
    assert say_reason("empty sky") == "**empty sky**"
