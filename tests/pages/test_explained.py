"""What the pages say of oddness and of kinds, without a browser: one statement, mixed anomalies, matched controls."""

from collections import Counter

import numpy as np
import pytest

from galexplore.atlas.kinds import SKY, mix_sky
from galexplore.explore.comparison import compare, compare_two, conclude, count_told, list_rows
from pages._parts.ranking import A_PAGE, say_reason
from tests.pages.driver import APP, check, go, words

pytestmark = pytest.mark.skipif(not APP.exists(), reason="no app")


def list_tiles(app) -> list[str]:
    return [b.key.removeprefix("odd-") for b in app.button if (b.key or "").startswith("odd-")]


def test_no_reason_fills_more_than_a_quarter_of_the_first_page_unless_asked(app, explorer):
    if "suspicion" not in explorer.table:
        pytest.skip("this model was made without measurements of the pixels")
    go(app, "anomalies")
    said = explorer.table.set_index("id")["statement"]
    tiles = list_tiles(app)
    assert len(tiles) == A_PAGE and max(Counter(said[tiles]).values()) <= A_PAGE // 4
    app.toggle(key="varied").set_value(False).run()
    check(app)
    order = explorer.ranking.sort()
    galaxies = order[(explorer.table["suspicion"].iloc[order] == "").to_numpy()]
    assert list_tiles(app) == explorer.table["id"].iloc[galaxies[:A_PAGE]].tolist(), "strictly by rank"


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
    assert f"Of {len(rows)}, **{n} ({n / len(rows):.0%})** are told *high sSFR*" in told
    assert "among its controls" in told
    app.selectbox(key="matched-other").set_value("Red Spiral").run()
    check(app)
    pair = compare_two(explorer, rows, list_rows(explorer, "Red Spiral")).set_index("column")
    assert f"**{pair.loc['lat_redshift', 'auc']:.2f} (" in words(app)


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
