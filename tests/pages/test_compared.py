"""The Atlas's comparison of a selection with others, raw and matched, without a browser."""

import numpy as np
import pytest

from galexplore.atlas.enrichment import compare_with_rest
from galexplore.explore.comparison import add_matched, find_controls, list_rows, write_auc
from pages._parts.summary import MATCHED, REST, summarise_selection
from tests.atlas.test_controls import make_table
from tests.pages.driver import APP, check, words

pytestmark = pytest.mark.skipif(not APP.exists(), reason="no app")


def test_raw_stands_beside_what_controls_leave_and_what_tells_best_either_way_comes_first():
    table, cases, pool = make_table(20_000)
    table = table.assign(id=np.arange(len(table)), lat_redshift=table["z"], lat_logmass=table["logmass"])
    columns = ["z", "logmass", "colour", "size"]
    raw = compare_with_rest(table, cases, columns)
    matching = find_controls(table, cases, pool)
    both = add_matched(raw, table, matching).set_index("column")
    assert both.loc["colour", "raw"] == pytest.approx(raw.set_index("column").loc["colour", "auc"])
    assert both.loc["colour", "raw_low"] > 0.6, "by its mass it is redder"
    assert both.loc["colour", "matched_low"] < 0.5 < both.loc["colour", "matched_high"], "and among its like it is not"
    assert both.loc["size", "matched_low"] > 0.7 and abs(both.loc["z", "matched"] - 0.5) < 0.1
    assert both.index[0] == "z" and both.loc["z", "raw"] < 0.1
    apart = (both[["raw", "matched"]] - 0.5).abs().max(axis=1)
    assert apart.is_monotonic_decreasing
    alone = find_controls(table.assign(z=table["z"] + 9 * (np.arange(len(table)) < 60)), cases, pool)
    none = add_matched(raw, table, alone)
    assert none["matched"].isna().all() and write_auc(none.iloc[0].to_dict(), "matched") == "–"


def compare_selected(app, ids: list[str]):
    app.session_state["aspect"] = "Compare with the rest"
    app.session_state["selection"] = ids
    app.run()
    check(app)
    return app


def test_a_selection_is_held_against_the_rest_raw_and_matched(app, explorer):
    rows = list_rows(explorer, "Red Spiral")
    compare_selected(app, explorer.table["id"].iloc[rows].tolist())
    said = words(app)
    assert "| AUC, raw | AUC, matched |" in said and f"These {len(rows):,} compared with the other" in said
    rest = np.setdiff1d(np.arange(len(explorer.table)), rows)
    summary = summarise_selection(explorer.digest, "test", "test", explorer.table, rows, rest)
    first = summary.differences.iloc[0].to_dict()
    assert write_auc(first, "raw").replace(" ", "\u00a0") in said
    assert write_auc(first, "matched").replace(" ", "\u00a0") in said
    assert f"{len(summary.matching.controls):,} controls" in said and "standardised mean differences" in said
    assert summary.matching.balanced or "Not balanced" in said
    assert not set(summary.matching.controls) & set(rows), "controls are of the rest"
    by = summary.differences.set_index("column")
    assert abs(by.loc["logmass", "matched"] - 0.5) < abs(by.loc["logmass", "raw"] - 0.5), "of their own mass"


def test_a_selection_is_held_against_a_named_subset_and_what_is_in_both_belongs_to_neither(app, explorer):
    table = explorer.table
    app.session_state["subsets"] = [("near", "z < 0.15 and population == 'ordinary'")]
    red = table.loc[(table["population"] == "ordinary") & (table["lat_logssfr"] < -11.5), "id"].tolist()
    compare_selected(app, red)
    choice = app.selectbox(key="compared-with")
    assert choice.value == REST and {"ordinary", "Green Pea", "subset near"} <= set(choice.options)
    choice.set_value("subset near").run()
    check(app)
    rows = explorer.find_rows(red)
    near = np.flatnonzero((table["z"] < 0.15) & (table["population"] == "ordinary"))
    both = np.intersect1d(rows, near)
    said = words(app)
    assert f"These {len(rows) - len(both):,} compared with the {len(near) - len(both):,} of subset near" in said
    assert f"({len(both):,} in both are left out)" in said and len(both)
    assert "| selected | subset near |" in said
    summary = summarise_selection(
        explorer.digest, "own", "near", table, np.setdiff1d(rows, both), np.setdiff1d(near, both)
    )
    assert summary.matching.cases.size <= MATCHED and set(summary.matching.controls) <= set(near) - set(both)
    assert write_auc(summary.differences.iloc[0].to_dict(), "matched").replace(" ", "\u00a0") in said
    app.session_state["subsets"] = []
    app.run()
    check(app)
    assert app.selectbox(key="compared-with").value == REST, "the subset is gone"


def test_a_selection_that_lies_within_the_other_leaves_nothing_to_compare(app, explorer):
    compare_selected(app, explorer.table["id"].iloc[list_rows(explorer, "Green Pea")].tolist())
    app.selectbox(key="compared-with").set_value("Green Pea").run()
    check(app)
    assert "too few remain" in words(app)
