"""What the pages show of kinds: what each is and who found it, its images, its rates of confusion, and k-NN shares."""

import re
from functools import partial

import pytest

from galexplore.atlas.kinds import define_kind, mix_sky
from galexplore.atlas.likeness import resemble
from galexplore.explore.comparison import list_rows
from galexplore.explore.confusion import can_confuse, measure_confusion
from pages._parts import confused
from pages._parts.shares import MIXES, write_share
from tests.pages.driver import APP, check, go, words

pytestmark = pytest.mark.skipif(not APP.exists(), reason="no app")


@pytest.mark.parametrize("kind", ["Green Pea", "Red Spiral", "Merger"])
def test_a_kind_is_defined_named_after_who_found_it_and_shown_in_twelve_images(app, explorer, kind):
    go(app, "populations")
    app.button_group(key="kinds-compared").set_value([kind]).run()
    check(app)
    told, members = words(app), set(explorer.table["id"].iloc[list_rows(explorer, kind)])
    assert re.search(r"\((\w+ (et al\.|& \w+) \d{4})\)", define_kind(kind)), "who described it, and when"
    assert told.count(define_kind(kind)) == 2, "above the plots, and beside its images"
    said = explorer.table["statement"].iloc[list_rows(explorer, kind)].value_counts(normalize=True)
    assert f"Most frequent statements: *{said.index[0]}* {said.iloc[0]:.0%}, *{said.index[1]}* " in told
    shown = [b.key.removeprefix("kind-") for b in app.button if (b.key or "").startswith("kind-")]
    assert len(shown) == len(set(shown)) == 12 and set(shown) <= members
    pictures = {re.search(r"base64,([^ ]+) ", b.label)[1] for b in app.button if b.key in {f"kind-{n}" for n in shown}}
    assert len(pictures) == 12, "each its own"


def test_rates_of_confusion_are_shown_where_they_are_asked_for(app, explorer, monkeypatch):
    if not can_confuse(explorer):
        pytest.skip("this atlas's galaxies are not drawn")
    monkeypatch.setattr(confused, "measure_confusion", partial(measure_confusion, n=5))
    confused.run_confusion.clear()
    go(app, "populations")
    assert "classified as a star" not in words(app), "it takes a moment: only on opening"
    app.session_state["confused"] = True
    app.run()
    check(app)
    told, rates = words(app), measure_confusion(explorer, ["Green Pea", "Red Spiral"], 5)
    for row, name in zip(rates.to_dict("records"), ("Green Pea", "Red Spiral", "Stars", "Quasars"), strict=True):
        cells = [confused.write_rate(row[column], 5) for column in rates if column not in ("of", "n")]
        assert re.search(rf"{name} \| 5 \| {re.escape(' | '.join(cells))} \|", told), name
    confused.run_confusion.clear()


def test_shares_of_kinds_are_named_as_such_and_change_with_the_mix_that_is_assumed(app, explorer):
    go(app, "locate")
    app.button(key="try-Green Pea").click().run()
    check(app)
    latents = app.session_state["upload"]["verdicts"][0].location.explanation.latents
    first = {}
    for mix, prior in (("sky", mix_sky(explorer.kinds.index)), ("atlas", None)):
        app.selectbox(key="shares-mix").set_value(mix).run()
        check(app)
        assert f"k-NN share, k = 50, weighted by the kinds' relative frequencies: {MIXES[mix]}" in words(app)
        kinds = resemble(explorer.atlas, latents, 50, prior=prior)
        first[mix] = kinds.set_index("population")
        for row in kinds.head(5).to_dict("records"):
            share = f"**{write_share(row['low'])} to {write_share(row['high'])}** | {row['neighbours']} |"
            assert f"{row['population']} | {share}" in words(app)
    pea = [first[mix].loc["Green Pea", "probability"] for mix in ("sky", "atlas")]
    assert pea[0] < pea[1], "rarer on the sky than in the atlas"
    app.selectbox(key="shares-mix").set_value("own").run()
    check(app)
    assert MIXES["own"] in words(app) and "not a classification" in words(app)
    assert write_share(1.0) == "99.9 %" and write_share(0.0003) == "0.03 %", "nothing is ordinary for certain"
