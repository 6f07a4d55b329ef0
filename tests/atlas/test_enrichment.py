"""A selection against the rest: every answer against a count by hand or a formula of its own."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom, mannwhitneyu

from galexplore.atlas.enrichment import compare_with_rest, measure_enrichment


def make_table(n=400, seed=2) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"id": np.arange(n).astype(str)})
    table["population"] = generator.choice(["ordinary", "Green Pea", "Red Spiral"], n, p=[0.8, 0.1, 0.1])
    return table.assign(size=generator.normal(size=n), colour=generator.normal(size=n))


def test_enrichment_counts_and_gives_the_odds_ratio_of_the_table():
    table = make_table()
    peas = table.loc[table["population"] == "Green Pea", "id"]
    selected = [*peas[:20], *table.loc[table["population"] == "ordinary", "id"][:30]]
    enriched = measure_enrichment(table, selected)
    assert enriched["population"].tolist() == ["Green Pea", "Red Spiral"], "the surely enriched kind first"
    pea, spiral = enriched.iloc[0], enriched.iloc[1]
    a, b, c = 20, 30, len(peas) - 20
    d = len(table) - a - b - c
    assert (pea["inside"], pea["total"]) == (20, len(peas))
    assert pea["odds_ratio"] == pytest.approx((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    assert pea["low"] < pea["odds_ratio"] < pea["high"] and pea["low"] > 1
    assert spiral["inside"] == 0 and np.isfinite(spiral["high"]) and spiral["low"] > 0


def test_enrichment_p_is_the_sum_of_what_is_as_unlikely():
    table = make_table()
    table.index = table.index[::-1] + 7  # an index of its own must not matter
    selected = table["id"][:60]
    row = measure_enrichment(table, selected).set_index("population").loc["Red Spiral"]
    total = int((table["population"] == "Red Spiral").sum())
    chances = hypergeom.pmf(np.arange(total + 1), len(table), total, 60)
    at = chances[int(row["inside"])]
    assert row["p"] == pytest.approx(chances[chances <= at * (1 + 1e-9)].sum())


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Draw selections in which a kind's odds are three times as high as elsewhere."""
    generator, covered = np.random.default_rng(5), 0
    table = pd.DataFrame({"id": np.arange(2000).astype(str)})
    for _ in range(200):
        inside = generator.random(2000) < 0.3
        chance = np.where(inside, 0.3 / 1.3, 0.1 / 1.1)
        table["population"] = np.where(generator.random(2000) < chance, "Red Spiral", "ordinary")
        row = measure_enrichment(table, table["id"][inside]).iloc[0]
        covered += row["low"] <= 3 <= row["high"]
    assert 0.90 <= covered / 200 <= 0.99


def test_what_differs_most_comes_first_and_auc_is_mann_whitneys():
    table = make_table()
    selected = table["id"][:80]
    table.loc[:79, "colour"] += 1.5
    differences = compare_with_rest(table, selected, ["size", "colour"])
    assert differences["column"].tolist() == ["colour", "size"]
    ours, rest = table["colour"][:80], table["colour"][80:]
    assert differences["auc"][0] == pytest.approx(mannwhitneyu(ours, rest).statistic / (len(ours) * len(rest)))
    assert differences["selected"][0] == pytest.approx(ours.median())
    mad = (rest - rest.median()).abs().median() / NormalDist().inv_cdf(0.75)
    assert differences["effect"][0] == pytest.approx((ours.median() - rest.median()) / mad)
    assert abs(differences["auc"][1] - 0.5) < 3 * differences["auc_error"][1]


def test_comparing_everything_nothing_or_a_constant_is_answered():
    table = make_table().assign(flat=1.0, empty=np.nan)
    assert compare_with_rest(table, [], ["size"]).empty and compare_with_rest(table, table["id"], ["size"]).empty
    differences = compare_with_rest(table, table["id"][:9], ["flat", "empty"])
    assert differences["column"].tolist() == ["flat"] and differences["effect"][0] == 0 and differences["auc"][0] == 0.5
