"""The likely cause of oddness: learnt from galaxies of which one property was moved."""

import json

import numpy as np
import pytest

from galexplore.atlas import causes
from galexplore.atlas.causes import Attribution, Causes, learn
from galexplore.latents import INTRINSIC

#: How four latents answer to each of four properties: the one that was moved is not always the one that moves most.
ANSWER = np.array([[1.0, 0.2, 0.1, -0.4], [0.1, 0.7, 0.2, 0.9], [0.0, -0.8, 0.6, -0.7], [0.1, 0.0, 0.0, 1.0]])


def move(n: int, seed: int):
    """Draw galaxies from a unit normal and move one property of each by 4 sigma, which all latents answer to."""
    generator = np.random.default_rng(seed)
    moved = generator.integers(0, 8, n)
    step = 4 * (2.0 * (moved % 2) - 1)
    intrinsic = generator.normal(size=(n, 4)) + step[:, None] * ANSWER[moved // 2]
    latents = np.column_stack([generator.uniform(0, np.pi, n), intrinsic])
    return intrinsic, latents, np.full((n, 5), 0.1), moved  # of a unit normal, the conditional z is the latent itself


@pytest.fixture(scope="module")
def lesson() -> Attribution:
    return learn(*move(4000, 0))


def test_it_names_the_cause_where_the_largest_deviation_misleads(lesson):
    z, latents, sigma, moved = move(2000, 1)
    causes = lesson.find(z, latents, sigma)
    assert (causes.first == moved // 2).mean() > 0.9 > 0.75 > (np.abs(z).argmax(axis=1) == moved // 2).mean()
    right = causes.first == moved // 2
    assert (causes.high[right] == (moved[right] % 2 == 1)).mean() > 0.99


def test_its_probabilities_are_how_often_it_is_right(lesson):
    z, latents, sigma, moved = move(20_000, 2)
    causes = lesson.find(z, latents, sigma)
    right = causes.first == moved // 2
    for low, high in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        these = (causes.share >= low) & (causes.share < high)
        assert -0.03 < right[these].mean() - causes.share[these].mean() < 0.1, "cautious rather than bold"


def test_the_angle_says_nothing_of_the_cause(lesson):
    z, latents, sigma, _ = move(50, 3)
    turned = latents.copy()
    turned[:, 0] = 0.3
    assert np.array_equal(lesson.find(z, latents, sigma).share, lesson.find(z, turned, sigma).share)


def test_chunked_is_one_shot(lesson, monkeypatch):
    z, latents, sigma, _ = move(101, 4)
    whole = lesson.find(z, latents, sigma)
    monkeypatch.setattr(causes, "_AT_ONCE", 7)
    parts = lesson.find(z, latents, sigma)
    assert np.array_equal(whole.first, parts.first) and np.allclose(whole.share, parts.share, rtol=1e-12)


def test_a_card_keeps_what_was_learnt(lesson):
    z, latents, sigma, _ = move(200, 5)
    again = Attribution.from_dict(json.loads(json.dumps(lesson.to_dict())))
    assert np.allclose(again.find(z, latents, sigma).share, lesson.find(z, latents, sigma).share, atol=0.01)


def test_a_cause_in_words():
    causes = Causes(np.array([2, 0]), np.array([True, False]), np.array([0.84, 0.6]))
    assert causes.say().tolist() == ["high SFR", "low redshift"]
    assert causes.to_dict(1) == {"property": INTRINSIC[0], "side": "low", "probability": 0.6}
