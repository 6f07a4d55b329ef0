"""Whether an image is of what a model has learnt: inside, at the edge, outside."""

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.posterior.domain import EDGE, INSIDE, OUTSIDE, SAYINGS, Domain, Strange, fit


def pixels_of(n: int, rng: np.random.Generator, **values: float) -> pd.DataFrame:
    """Make measurements of pixels about given values."""
    usual = {"line": 0.8, "depth": 100.0, "size": 1.1, "ellipticity": 0.3, "off_locus": 0.4} | values
    return pd.DataFrame({k: v + 0.02 * abs(v) * rng.standard_normal(n) for k, v in usual.items()})


@pytest.fixture(scope="module")
def domain() -> Domain:
    """Learn from 3,000 galaxies of ten features, of which those far out err twice as much, and from stars and lines."""
    rng = np.random.default_rng(1)
    features = rng.standard_normal((3000, 10)) * np.geomspace(3, 0.3, 10)
    held_out = np.arange(3000) % 2 == 0
    far = (features / np.geomspace(3, 0.3, 10)).std(axis=1)
    pulls = rng.standard_normal((3000, 3)) * np.where(far > np.quantile(far, 0.98), 2.0, 1.0)[:, None]
    seen = pd.concat([pixels_of(300, rng, size=0.7), pixels_of(300, rng, line=4.0), pixels_of(100, rng, size=0.9)])
    strange = Strange(
        np.repeat(["star", "line", "galaxy"], [300, 300, 100]),
        rng.standard_normal((700, 10)) * np.geomspace(3, 0.3, 10),
        seen.reset_index(drop=True),
        np.full((700, 3), np.nan),
    )
    return fit(features, pixels_of(3000, rng), held_out, pulls, strange)


def judge(domain: Domain, features: np.ndarray, filled: float = 0.0, **values: float) -> str:
    """State of one image."""
    seen = pixels_of(1, np.random.default_rng(2), **values)
    row = domain.measure(features[None], seen).iloc[0].to_dict()
    return domain.judge(row, filled).state


def test_galaxies_like_those_it_learnt_from_are_inside(domain: Domain) -> None:
    rng = np.random.default_rng(3)
    features = rng.standard_normal((2000, 10)) * np.geomspace(3, 0.3, 10)
    rows = domain.measure(features, pixels_of(2000, rng)).to_dict("records")
    states = [domain.judge(row, 0.0).state for row in rows]
    assert states.count(OUTSIDE) <= 2 and 0.97 < states.count(INSIDE) / 2000 < 0.998


def test_far_features_are_outside_and_less_far_ones_at_the_edge(domain: Domain) -> None:
    step = np.geomspace(3, 0.3, 10)
    assert judge(domain, 0 * step) == INSIDE
    assert judge(domain, 2.2 * step) == EDGE
    assert judge(domain, 12 * step) == OUTSIDE
    rest = np.zeros(10)
    rest[-1] = 40.0  # along the direction in which galaxies vary least
    assert judge(domain, rest) == OUTSIDE


def test_what_is_no_galaxy_is_outside_with_its_reason(domain: Domain) -> None:
    assert judge(domain, np.zeros(10), size=0.7) == OUTSIDE
    assert judge(domain, np.zeros(10), size=0.9) == INSIDE, "a rare kind of galaxy is one"
    seen = pixels_of(1, np.random.default_rng(5), line=4.0)
    said = domain.judge(domain.measure(np.zeros((1, 10)), seen).iloc[0].to_dict(), 0.0)
    assert said.state == OUTSIDE and said.reasons == (SAYINGS["line"],) and SAYINGS["line"] in said.sentence


def test_a_frame_half_of_which_is_filled_in_has_no_answer(domain: Domain) -> None:
    assert [judge(domain, np.zeros(10), filled=f) for f in (0.05, 0.2, 0.6)] == [INSIDE, EDGE, OUTSIDE]


def test_intervals_at_the_edge_are_as_much_wider_as_errors_are(domain: Domain) -> None:
    assert 1.3 < domain.widening < 3.5
    row = domain.measure(np.zeros((1, 10)), pixels_of(1, np.random.default_rng(2))).iloc[0].to_dict()
    assert domain.judge(row, 0.2).widening == domain.widening and domain.judge(row, 0.0).widening == 1


def test_probabilities_sum_to_one_and_a_file_says_the_same(domain: Domain, tmp_path) -> None:
    domain.save(tmp_path / "domain.npz")
    rng = np.random.default_rng(4)
    features, seen = rng.standard_normal((50, 10)), pixels_of(50, rng)
    once, again = (d.measure(features, seen) for d in (domain, Domain.load(tmp_path / "domain.npz")))
    np.testing.assert_allclose(once, again, rtol=1e-3, atol=1e-4)
    assert np.allclose(once.filter(like="prob_").sum(axis=1), 1)
    (tmp_path / "domain.npz").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="damaged"):
        Domain.load(tmp_path / "domain.npz")


def test_without_other_kinds_distance_alone_decides() -> None:
    rng = np.random.default_rng(6)
    features, seen = rng.standard_normal((400, 4)), pixels_of(400, rng)
    alone = fit(features, seen, np.arange(400) % 2 == 0, np.full((400, 3), np.nan))
    assert list(alone.measure(features, seen)) == ["feature_distance"]
    assert judge(alone, np.zeros(4), line=5.0) == INSIDE and judge(alone, np.full(4, 30.0)) == OUTSIDE
