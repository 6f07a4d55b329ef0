"""What is said of an odd galaxy never contradicts what is shown beside it."""

import numpy as np
import pytest

from galexplore.atlas.basis import BASIS, find_basis, from_basis, to_basis
from galexplore.atlas.causes import Causes
from galexplore.atlas.rarity import Mixture, Oddness, explain
from galexplore.atlas.statements import AMBIGUOUS, NOTHING, ORDINARY, TOLD, WITHHELD, state


def turn_plainly(mode: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return find_basis(covariance)


def make_mixture(seed: int = 0) -> Mixture:
    root = np.random.default_rng(seed).normal(size=(4, 4))
    return Mixture(np.ones(1), np.zeros((1, 4)), (root @ root.T + 0.3 * np.eye(4))[None], np.zeros((1, 4)))


def make_odd(deviation, split) -> Oddness:
    deviation, split = np.atleast_2d(deviation).astype(float), np.atleast_2d(split).astype(float)
    return Oddness(split.sum(axis=1), split, deviation)


def test_the_distance_is_the_same_in_every_basis_and_still_what_its_parts_sum_to():
    generator = np.random.default_rng(1)
    latents, sigma = generator.normal(size=(50, 4)) * 3, generator.uniform(0.1, 0.5, (50, 4))
    plain, turned = (explain(latents, sigma, make_mixture(), None, turn) for turn in (None, turn_plainly))
    assert turned.distance2 == pytest.approx(plain.distance2)
    assert turned.contributions.sum(axis=1) == pytest.approx(turned.distance2)
    assert np.allclose(from_basis(to_basis(latents)), latents)


def test_ssfr_is_held_against_galaxies_of_its_mass_and_redshift_alone():
    """The conditional by hand: the structure is not known to it, and is itself held against all three."""
    generator, mixture = np.random.default_rng(2), make_mixture(3)
    latents = generator.normal(size=(1, 4)) * 2
    turn = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, -1, 1, 0], [0, 0, 0, 1.0]])
    whole, value = turn @ mixture.covariance[0] @ turn.T, turn @ latents[0]
    odd = explain(latents, np.zeros((1, 4)), mixture, None, turn_plainly)
    for j, rest in ((2, [0, 1]), (0, [1, 2]), (3, [0, 1, 2])):
        gain = whole[j, rest] @ np.linalg.inv(whole[np.ix_(rest, rest)])
        width = np.sqrt(whole[j, j] - gain @ whole[rest, j])
        assert odd.conditional_z[0, j] == pytest.approx((value[j] - gain @ value[rest]) / width)


def test_a_burst_is_high_in_ssfr_and_no_lighter():
    """SFR and mass go together; a galaxy of the usual mass that forms stars fast deviates in sSFR alone."""
    covariance = np.diag([0.01, 0.25, 0.0, 1.0])
    covariance[1, 2] = covariance[2, 1] = 0.2
    covariance[2, 2] = 0.25
    odd = explain(
        np.array([[0.0, 0, 2, 0]]),
        np.zeros((1, 4)),
        Mixture(np.ones(1), np.zeros((1, 4)), covariance[None], np.zeros((1, 4))),
        None,
        turn_plainly,
    )
    assert np.abs(odd.conditional_z[0]).argmax() == BASIS.index("logssfr")
    assert state(odd, np.array([99.0])).say().startswith("sSFR 6.7 sigma above galaxies of its mass and redshift (")


def test_one_is_told_where_all_three_views_agree():
    probable = Causes(np.array([[0.01, 0.01, 0.97, 0.01]]), np.array([[0, 1, 1, 1]], bool))
    said = state(make_odd([-1, 1, 4.5, 0.5], [1, 1, 18, 0.5]), [99.0], probable)
    assert said.verdict[0] == TOLD and said.say() == "sSFR 4.5 sigma above galaxies of its mass and redshift (97 %)"
    assert said.quote(0) == "high sSFR, 4.5 sigma (97 %)" and said.brief().tolist() == ["high sSFR"]
    assert said.to_dict()["properties"] == [
        {"property": "logssfr", "side": "high", "sigma": 4.5, "probability": pytest.approx(0.97)}
    ]


def test_two_are_named_where_either_may_be():
    odd = make_odd([3.0, 0.2, 3.5, 0.1], [9, 0, 8, 0])
    said = state(odd, [99.0], Causes(np.array([[0.40, 0.03, 0.55, 0.02]]), np.ones((1, 4), bool)))
    assert said.verdict[0] == AMBIGUOUS and said.say() == "ambiguous: high sSFR (55 %) or high redshift (40 %)"


def test_a_likely_cause_that_deviates_is_named_beside_what_deviates_more():
    """A compact starburst: no single property explains it, and the two that do are both told."""
    odd, high = make_odd([-0.3, -1.0, 2.6, -3.2], [0.1, 1, 6.8, 10.3]), np.array([[0, 1, 1, 0]], bool)
    said = state(odd, [99.0], Causes(np.array([[0.01, 0.10, 0.86, 0.03]]), high))
    assert said.verdict[0] == AMBIGUOUS and said.quote(0) == "high sSFR or compact"
    assert said.say() == "ambiguous: high sSFR (86 %) or compact (3 %), which deviates most"
    unsure = Causes(np.array([[0.01, 0.30, 0.66, 0.03]]), high)
    other_side = Causes(np.array([[0.01, 0.10, 0.86, 0.03]]), np.array([[0, 1, 1, 1]], bool))
    hardly = make_odd([-0.3, -1.0, 1.1, -3.2], [0.1, 1, 1.2, 10.3]), Causes(np.array([[0.01, 0.10, 0.86, 0.03]]), high)
    for case in ((odd, unsure), (odd, other_side), hardly):
        assert state(case[0], [99.0], case[1]).verdict[0] == WITHHELD


def test_a_property_is_told_alone_only_where_it_is_three_times_as_likely_as_all_others():
    odd, high = make_odd([0.2, 2.0, 3.0, 0.1], [0, 4, 9, 0]), np.ones((1, 4), bool)
    for share, verdict in ((0.76, TOLD), (0.74, AMBIGUOUS)):
        said = state(odd, [99.0], Causes(np.array([[0.01, 0.98 - share, share, 0.01]]), high))
        assert said.verdict[0] == verdict and said.named[0, 0] == BASIS.index("logssfr")


@pytest.mark.parametrize(
    ("deviation", "split", "share"),
    [
        ([4, 0, 1, 0], [16, 0, 1, 0], [0.02, 0.02, 0.94, 0.02]),  # the cause is another
        ([4, 0, 1, 0], [1, 0, 16, 0], [0.9, 0.04, 0.03, 0.03]),  # the split is another
        ([4, 0, 1, 0], [16, 0, 1, 0], [0.26, 0.25, 0.25, 0.24]),  # nobody knows
    ],
)
def test_nothing_is_named_where_the_views_disagree(deviation, split, share):
    said = state(make_odd(deviation, split), [99.0], Causes(np.array([share]), np.ones((1, 4), bool)))
    assert said.verdict[0] == WITHHELD and said.say() == NOTHING and said.to_dict()["properties"] == []


def test_structure_is_told_as_size_where_that_was_learnt():
    odd = make_odd([0.1, 0.2, 0.3, -3.0], [0, 0, 0, 9])
    learnt = state(odd, [99.0], Causes(np.array([[0.01, 0.01, 0.03, 0.95]]), np.zeros((1, 4), bool)))
    assert learnt.say() == "size 3.0 sigma below galaxies of its redshift, mass and sSFR (95 %)"
    assert learnt.quote(0) == "compact, 3.0 sigma (95 %)" and learnt.brief().tolist() == ["compact"]
    assert state(odd, [99.0]).brief().tolist() == ["low structure"], "a free latent by itself has no such sense"


def test_nothing_is_named_where_the_cause_would_be_on_the_other_side():
    probable = Causes(np.array([[0.97, 0.01, 0.01, 0.01]]), np.zeros((1, 4), bool))
    assert state(make_odd([4, 0, 0, 0], [16, 0, 0, 0]), [99.0], probable).verdict[0] == WITHHELD


def test_what_is_not_rare_has_no_reason():
    said = state(make_odd([1.3, 0, -0.4, 0], [2, 0, 0, 0]), [40.0])
    assert said.verdict[0] == ORDINARY and said.say() == "ordinary: no property deviates by more than 1.3 sigma"


def test_whatever_is_drawn_no_statement_contradicts_deviation_split_or_cause():
    generator = np.random.default_rng(5)
    n = 20_000
    share = generator.dirichlet(np.full(4, 0.5), n)
    odd = make_odd(generator.normal(size=(n, 4)) * 3, generator.normal(size=(n, 4)) * 4 + 3)
    high = generator.random((n, 4)) < 0.7 * (odd.conditional_z > 0) + 0.15
    said, rows = state(odd, np.full(n, 99.0), Causes(share, high)), np.arange(n)
    farthest, largest = np.abs(odd.conditional_z).argmax(axis=1), odd.contributions.argmax(axis=1)
    told, two = said.verdict == TOLD, said.verdict == AMBIGUOUS
    assert told.sum() > 100 and two.sum() > 200 and (said.verdict == WITHHELD).sum() > 200
    first = said.named[:, 0]
    for view in (farthest, largest, share.argmax(axis=1)):
        assert (first == view)[told].all()
        assert ((said.named == view[:, None]).any(axis=1))[two].all()
    for k in (0, 1):
        named = said.named[:, k] >= 0
        j = said.named[named, k]
        assert ((odd.conditional_z > 0) == high)[rows[named], j].all(), "on the side that is shown"
