"""The difference of two tables' R^2, with the error of the difference."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from galexplore.posterior.lag import measure_lag


@pytest.fixture
def answers():
    """Labels and answers to them, and worse answers of which half share the first's errors."""
    generator, n = np.random.default_rng(4), 400
    table = pd.DataFrame({"id": [f"G{i}" for i in range(n)], "z": generator.uniform(0, 0.5, n)})
    table["logmass"], table["logsfr"] = generator.normal(10, 0.5, n), np.nan
    error = generator.normal(size=(n, 2))
    for i, (latent, label) in enumerate((("redshift", "z"), ("logmass", "logmass"))):
        table[f"lat_{latent}"] = table[label] + 0.1 * error[:, i]
    table["lat_logsfr"] = 0.0
    worse = table.copy()
    worse["lat_redshift"] += 0.03 * generator.normal(size=n)
    return table, worse


def test_it_is_the_difference_of_both_scores_and_zero_of_equal_answers(answers):
    better, worse = answers
    lag = measure_lag(better, worse.sample(frac=1, random_state=1))
    expected = r2_score(better["z"], better["lat_redshift"]) - r2_score(worse["z"], worse["lat_redshift"])
    assert set(lag) == {"redshift", "logmass"}, "no label of SFR is known"
    assert lag["redshift"][0] == pytest.approx(expected) and lag["logmass"] == [0, 0]
    assert measure_lag(worse, better)["redshift"][0] == pytest.approx(-expected)


def test_its_error_is_that_of_the_difference_not_of_both_scores(answers):
    better, worse = answers
    generator, drawn = np.random.default_rng(9), []
    for _ in range(400):
        rows = generator.integers(0, len(better), len(better))
        one, other = better.iloc[rows], worse.iloc[rows]
        drawn.append([r2_score(t["z"], t["lat_redshift"]) for t in (one, other)])
    apart, both = np.std(np.subtract(*np.transpose(drawn))), np.std(drawn, axis=0)
    assert measure_lag(better, worse)["redshift"][1] == pytest.approx(apart, rel=0.2)
    assert apart < 0.7 * np.hypot(*both)


def test_galaxies_that_either_lacks_do_not_count(answers):
    better, worse = answers
    some = worse.iloc[:300].copy()
    some.loc[some.index[:50], "lat_redshift"] = np.nan
    kept = measure_lag(better.iloc[50:300], worse.iloc[50:300])["redshift"][0]
    assert measure_lag(better, some)["redshift"][0] == pytest.approx(kept)
