"""Matched controls: against brute force, against what is known of the draws, and where none are to be had."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from galexplore.atlas.controls import BALANCED, CALIPER, balance_controls, compare_matched, compare_sets, match_controls
from galexplore.atlas.enrichment import measure_auc


def make_table(n: int = 4000, rare: int = 60, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A kind that is near and massive; its colour follows from its mass alone, its size is its own."""
    generator = np.random.default_rng(seed)
    near = np.arange(n) < rare
    z = np.where(near, generator.normal(0.06, 0.01, n), generator.uniform(0.01, 0.8, n))
    mass = np.where(near, generator.normal(10.8, 0.2, n), generator.normal(10.2, 0.6, n))
    table = pd.DataFrame({"z": z, "logmass": mass, "colour": mass + generator.normal(0, 0.3, n)})
    table["size"] = generator.normal(0, 1, n) + 1.5 * near
    return table, np.flatnonzero(near), np.flatnonzero(~near)


def test_each_control_is_used_once_lies_within_reach_and_balances():
    table, cases, pool = make_table(20_000)
    found = match_controls(table, cases, pool, ("z", "logmass"), ratio=2)
    assert len(set(found.controls)) == len(found.controls) and not set(found.controls) & set(cases)
    assert found.alone + len(found.cases) == len(cases) and len(found.controls) <= 2 * len(found.cases)
    assert found.balanced and (found.balance["smd_raw"].abs() > 0.8).all()
    scale = table.loc[cases, ["z", "logmass"]].std().to_numpy()
    ours, theirs = (table.loc[rows, ["z", "logmass"]].to_numpy() / scale for rows in (found.cases, found.controls))
    gaps = np.linalg.norm(theirs[:, None] - ours, axis=2).min(axis=1)
    assert gaps.max() <= CALIPER + 1e-9


def test_of_one_case_it_is_the_nearest_of_all():
    table, cases, pool = make_table()
    one = cases[:1]
    found = match_controls(table, one, pool, ("z", "logmass"), ratio=1, caliper=np.inf)
    values = table[["z", "logmass"]].to_numpy()
    assert found.controls[0] == pool[np.linalg.norm(values[pool] - values[one], axis=1).argmin()]


def test_a_full_pool_is_drawn_on_and_nobody_is_served_twice():
    """Two cases at one place, two controls at hand: each gets one, however the nearer is wanted by both."""
    table = pd.DataFrame({"z": [0.10, 0.10, 0.101, 0.11, 0.9], "logmass": 10.0})
    found = match_controls(table, np.array([0, 1]), np.array([2, 3, 4]), ("z", "logmass"), ratio=1, caliper=1.0)
    assert sorted(found.controls) == [2, 3] and found.alone == 0
    crowd = match_controls(table, np.array([0, 1]), np.array([2, 4]), ("z", "logmass"), ratio=1, caliper=0.1)
    assert crowd.controls.tolist() == [2] and crowd.alone == 1


def test_what_is_not_known_is_neither_case_nor_control_and_nothing_is_no_error():
    table, cases, pool = make_table()
    table.loc[cases[:5], "logmass"] = np.nan
    table.loc[pool, "z"] = np.where(np.arange(len(pool)) % 2, table.loc[pool, "z"], np.nan)
    found = match_controls(table, cases, pool, ("z", "logmass"))
    assert not set(found.cases) & set(cases[:5]) and table.loc[found.controls, "z"].notna().all()
    none = match_controls(table.assign(z=np.nan), cases, pool, ("z", "logmass"))
    assert not len(none.controls) and not len(none.cases) and not none.balanced
    alone = compare_matched(table, cases, pool, none, ["size"])
    assert alone["matched"].isna().all() and alone["raw"].notna().all(), "raw all the same"


def test_what_goes_with_mass_alone_is_gone_against_controls_and_what_is_their_own_stays():
    table, cases, pool = make_table(20_000)
    found = match_controls(table, cases, pool, ("z", "logmass"))
    rows = compare_matched(table, cases, pool, found, ["colour", "size", "z"]).set_index("column")
    assert rows.loc["colour", "raw"] > 0.7 and abs(rows.loc["colour", "matched"] - 0.5) < 0.12
    assert rows.loc["colour", "matched_low"] < 0.5 < rows.loc["colour", "matched_high"]
    assert rows.loc["size", "matched_low"] > 0.7 and rows.index[0] == "size", "what tells them apart best comes first"
    assert rows.loc["z", "raw"] < 0.1 and abs(rows.loc["z", "matched"] - 0.5) < 0.1


def test_the_auc_is_that_of_mann_and_whitney_and_its_interval_covers():
    generator = np.random.default_rng(1)
    table = pd.DataFrame({"x": generator.normal(size=300), "none": np.nan})
    ours, theirs = np.arange(100), np.arange(100, 300)
    row = compare_sets(table, ours, theirs, ["x", "none"])
    u = mannwhitneyu(table["x"][ours], table["x"][theirs]).statistic
    assert row["column"].tolist() == ["x"] and row["auc"][0] == pytest.approx(u / (100 * 200))
    covered = 0
    for seed in range(200):
        x = np.random.default_rng(seed).normal(size=90)
        x[:30] += 0.5
        row = compare_sets(pd.DataFrame({"x": x}), np.arange(30), np.arange(30, 90), ["x"]).iloc[0]
        covered += row["low"] <= 0.6382 <= row["high"]  # Phi(0.5 / sqrt 2)
    assert covered >= 180


def make_edge(n: int = 6000, rare: int = 150) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A kind at the near edge of its survey, where others grow fewer towards it, as nearby galaxies do."""
    generator = np.random.default_rng(3)
    z = np.r_[generator.normal(0.05, 0.02, rare), 0.02 + 0.8 * np.sqrt(generator.uniform(0, 1, n))]
    table = pd.DataFrame({"z": z, "logmass": generator.normal(10.5, 0.4, n + rare)})
    return table, np.arange(rare), np.arange(rare, n + rare)


def test_controls_of_a_case_count_one_together_and_balance_what_counting_each_would_not():
    table, cases, pool = make_edge()
    found = match_controls(table, cases, pool, ("z", "logmass"))
    assert found.weight.sum() == pytest.approx(len(found.cases)) and found.weight.max() == 1
    shares = np.bincount(np.round(1 / found.weight).astype(int))
    assert shares[1] and shares[3], "some have one control, some three"
    ours, theirs = (table["z"].to_numpy()[rows] for rows in (found.cases, found.controls))
    each = abs(ours.mean() - theirs.mean()) / np.sqrt((ours.var() + theirs.var()) / 2)
    weighed = abs(found.balance.set_index("column").loc["z", "smd_matched"])
    assert each > BALANCED > weighed


def test_a_narrower_caliper_balances_at_the_price_of_those_without_a_like():
    """All of the pool lies on one side of the cases: within a wide caliper the means cannot agree."""
    generator = np.random.default_rng(4)
    table = pd.DataFrame({"z": np.r_[generator.uniform(0, 1, 200), generator.uniform(0.35, 1.6, 4000)]})
    cases, pool = np.arange(200), np.arange(200, 4200)
    wide = match_controls(table, cases, pool, ("z",), caliper=1.0)
    found = balance_controls(table, cases, pool, ("z",))
    assert not wide.balanced and found.balanced
    assert found.alone > wide.alone and found.alone + len(found.cases) == 200
    lost = np.setdiff1d(cases, found.cases)
    assert (table["z"].to_numpy()[lost] < 0.36).all(), "those that are left out have no like"


def test_the_widest_caliper_that_balances_is_taken_and_none_where_nothing_does():
    table, cases, pool = make_table(20_000)
    assert balance_controls(table, cases, pool, ("z", "logmass")).caliper == CALIPER
    apart = table.assign(z=np.where(table.index < 60, 5.0, table["z"]))
    none = balance_controls(apart, cases, pool, ("z", "logmass"))
    assert not len(none.cases) and none.alone == 60 and not none.balanced and none.imbalance == np.inf


def test_a_weight_counts_as_so_many_copies():
    generator = np.random.default_rng(5)
    ours, rest = generator.normal(1, 1, 40).round(1), generator.normal(0, 1, 30).round(1)
    times = generator.integers(1, 4, 30)
    plain = np.mean([np.mean((x > rest_) + 0.5 * (x == rest_)) for x in ours for rest_ in [np.repeat(rest, times)]])
    auc, error = measure_auc(ours, rest, times)
    assert auc == pytest.approx(plain) and measure_auc(ours, np.repeat(rest, times))[0] == pytest.approx(plain)
    assert error > measure_auc(ours, np.repeat(rest, times))[1], "copies are no new galaxies"
    assert measure_auc(ours, rest, np.full(30, 0.5)) == pytest.approx(measure_auc(ours, rest))
