"""The likely cause of oddness: learnt from galaxies of which one property was moved."""

import json

import numpy as np
import pytest

from galexplore.atlas import causes
from galexplore.atlas.causes import Attribution, learn
from galexplore.atlas.rarity import Oddness

#: How four latents answer to each of four properties: the one that was moved is not always the one that moves most.
ANSWER = np.array([[1.0, 0.2, 0.1, -0.4], [0.1, 0.7, 0.2, 0.9], [0.0, -0.8, 0.6, -0.7], [0.1, 0.0, 0.0, 1.0]])


def move(n: int, seed: int):
    """Draw galaxies from a unit normal and move one property of each by 4 sigma, which all latents answer to."""
    generator = np.random.default_rng(seed)
    moved = generator.integers(0, 8, n)
    step = 4 * (2.0 * (moved % 2) - 1)
    intrinsic = generator.normal(size=(n, 4)) + step[:, None] * ANSWER[moved // 2]
    latents = np.column_stack([generator.uniform(0, np.pi, n), intrinsic])
    # Of a unit normal, the conditional z is the latent itself, and the split its square.
    odd = Oddness((intrinsic**2).sum(axis=1), intrinsic**2, intrinsic)
    return odd, latents, np.full((n, 5), 0.1), moved


@pytest.fixture(scope="module")
def lesson() -> Attribution:
    return learn(*move(4000, 0), np.eye(4)[None])


def test_it_names_the_cause_where_the_largest_deviation_misleads(lesson):
    odd, latents, sigma, moved = move(2000, 1)
    probable = lesson.find(odd, latents, sigma)
    first = probable.share.argmax(axis=1)
    assert (first == moved // 2).mean() > 0.9
    assert (np.abs(odd.conditional_z).argmax(axis=1) == moved // 2).mean() < 0.75
    right = first == moved // 2
    assert (probable.high[right, first[right]] == (moved[right] % 2 == 1)).mean() > 0.99


def test_its_probabilities_are_how_often_it_is_right(lesson):
    odd, latents, sigma, moved = move(20_000, 2)
    share = lesson.find(odd, latents, sigma).share
    assert np.allclose(share.sum(axis=1), 1)
    right, best = share.argmax(axis=1) == moved // 2, share.max(axis=1)
    for low, high in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        these = (best >= low) & (best < high)
        assert -0.03 < right[these].mean() - best[these].mean() < 0.1, "cautious rather than bold"


def test_the_angle_says_nothing_of_the_cause(lesson):
    odd, latents, sigma, _ = move(50, 3)
    turned = latents.copy()
    turned[:, 0] = 0.3
    assert np.array_equal(lesson.find(odd, latents, sigma).share, lesson.find(odd, turned, sigma).share)


def test_chunked_is_one_shot(lesson, monkeypatch):
    asked = move(101, 4)[:3]
    whole = lesson.find(*asked)
    monkeypatch.setattr(causes, "_AT_ONCE", 7)
    parts = lesson.find(*asked)
    assert np.array_equal(whole.high, parts.high) and np.allclose(whole.share, parts.share, rtol=1e-12)


def test_a_card_keeps_what_was_learnt(lesson):
    asked = move(200, 5)[:3]
    again = Attribution.from_dict(json.loads(json.dumps(lesson.to_dict())))
    assert again is not None and np.allclose(again.find(*asked).share, lesson.find(*asked).share, atol=0.01)


def test_what_another_version_learnt_is_not_used(lesson):
    lists = lesson.to_dict()
    assert Attribution.from_dict({name: value for name, value in lists.items() if name != "directions"}) is None


def test_a_cause_that_no_lesson_showed_is_never_told():
    odd, latents, sigma, moved = move(1500, 6)
    some = moved != 0
    odd = Oddness(*(part[some] for part in (odd.distance2, odd.contributions, odd.conditional_z)))
    lesson = learn(odd, latents[some], sigma[some], moved[some], np.eye(4)[None])
    probable = lesson.find(odd, latents[some], sigma[some])
    assert lesson.weight.shape == (8, 152) and probable.high[:, 0].all(), "low redshift was never seen"
