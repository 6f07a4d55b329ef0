from itertools import permutations

import numpy as np
import pytest

from galexplore.atlas.rarity import Mixture, explain, fit_mixture, percentile, score_oddness


def random_case(m=6, j=4):
    generator = np.random.default_rng(1)
    root = generator.normal(size=(j, j))
    covariance = root @ root.T + 0.3 * np.eye(j)
    centre = generator.normal(size=j)
    return generator.normal(size=(m, j)) * 3, generator.uniform(0.1, 0.5, (m, j)), centre, covariance


def one_mode(centre, covariance, noise=0.0):
    return Mixture(np.ones(1), centre[None], covariance[None], np.full((1, len(centre)), noise))


def test_closed_form_is_the_brute_force_shapley_value():
    """Average over all orders of letting in one property at a time, the others held at the centre."""
    latents, sigma, centre, covariance = random_case()
    odd = explain(latents, sigma, one_mode(centre, covariance))
    for latent, own, split in zip(latents, sigma, odd.contributions, strict=True):
        precision = np.linalg.inv(covariance + np.diag(own**2))

        def worth(chosen, latent=latent, precision=precision):
            d = np.where(np.isin(np.arange(4), list(chosen)), latent - centre, 0)
            return d @ precision @ d

        shapley, orders = np.zeros(4), list(permutations(range(4)))
        for order in orders:
            for i, j in enumerate(order):
                shapley[j] += (worth(order[: i + 1]) - worth(order[:i])) / len(orders)
        assert np.allclose(split, shapley)


def test_reasons_sum_to_the_distance():
    latents, sigma, centre, covariance = random_case()
    odd = explain(latents, sigma, one_mode(centre, covariance))
    assert np.allclose(odd.contributions.sum(axis=1), odd.distance2)


def test_conditional_z_is_the_gaussian_conditional():
    latents, sigma, centre, covariance = random_case()
    odd = explain(latents, sigma, one_mode(centre, covariance))
    whole = covariance + np.diag(sigma[0] ** 2)
    for j in range(4):
        rest = [i for i in range(4) if i != j]
        gain = whole[j, rest] @ np.linalg.inv(whole[np.ix_(rest, rest)])
        mean = centre[j] + gain @ (latents[0, rest] - centre[rest])
        variance = whole[j, j] - gain @ whole[rest, j]
        assert np.isclose(odd.conditional_z[0, j], (latents[0, j] - mean) / np.sqrt(variance))


def test_a_noisy_galaxy_is_not_rare():
    latents, sigma, centre, covariance = random_case()
    assert np.all(
        explain(latents, sigma * 30, one_mode(centre, covariance)).distance2
        < explain(latents, sigma, one_mode(centre, covariance)).distance2
    )


def test_outliers_do_not_move_the_population():
    generator = np.random.default_rng(0)
    usual = generator.normal(size=(2000, 4))
    odd = generator.normal(8, 0.1, size=(200, 4))
    every = np.concatenate([usual, odd])
    found = fit_mixture(every, np.full_like(every, 0.1))
    assert np.all(np.abs(found.centre) < 0.2)
    assert np.allclose(np.diag(found.covariance[0]), 1, atol=0.25)


def two_kinds(n=4000):
    """Two tight kinds six apart in the first property."""
    generator = np.random.default_rng(3)
    latents = generator.normal(size=(n, 4)) * 0.5
    latents[: n // 4, 0] += 6
    return latents, np.full((n, 4), 0.2)


def test_what_lies_between_two_kinds_is_rare_and_each_kind_is_not():
    latents, sigma = two_kinds()
    two, one = fit_mixture(latents, sigma, 2), fit_mixture(latents, sigma, 1)
    between = np.array([[3.0, 0, 0, 0]])
    ranks = [
        percentile(explain(between, sigma[:1], p).distance2, np.sort(explain(latents, sigma, p).distance2))
        for p in (one, two)
    ]
    assert ranks[0] < 95 and ranks[1] == 100
    assert np.median(explain(latents[:1000], sigma[:1000], two).distance2) < 5
    assert sorted(np.round(two.weight, 1)) == [0.2, 0.8]


def test_a_galaxy_is_held_against_its_own_mode():
    latents, sigma = two_kinds()
    mixture = fit_mixture(latents, sigma, 2)
    for at in (0.2, 5.5):
        mode, _ = mixture.choose(np.array([at, 0, 0, 0]), sigma[0])
        assert mode[0] == np.argmin(np.abs(mixture.centre[:, 0] - at))


def test_usual_errors_are_not_counted_twice():
    """The covariance of what is inferred already holds the usual error; only what exceeds it is added."""
    latents, _, centre, covariance = random_case()
    mixture = one_mode(centre, covariance, noise=0.04)
    _, same = mixture.choose(latents, np.full(latents.shape, 0.2))
    _, more = mixture.choose(latents, np.full(latents.shape, 0.5))
    assert np.allclose(same, covariance) and np.allclose(more - covariance, 0.21 * np.eye(4))


def test_errors_that_hang_together_explain_a_deviation_along_them():
    """Two properties that are wrong together: both high is no news, one high and the other low is."""
    mixture, sigma = one_mode(np.zeros(4), np.eye(4)), np.full((2, 4), 2.0)
    latents = np.array([[2.0, 2, 0, 0], [2.0, -2, 0, 0]])
    correlation = np.tile(np.eye(4), (2, 1, 1))
    correlation[:, 0, 1] = correlation[:, 1, 0] = 0.9
    alone, together = (explain(latents, sigma, mixture, own).distance2 for own in (None, correlation))
    assert together[0] < alone[0] < together[1]
    whole = np.eye(4) + 4 * correlation[0]
    assert together[0] == pytest.approx(latents[0] @ np.linalg.solve(whole, latents[0]))


def test_percentile_counts_what_lies_below():
    assert np.allclose(percentile(np.array([0.5, 2.5, 99]), np.array([1.0, 2, 3, 4])), [0, 50, 100])


def test_reference_samples_are_sorted_once(monkeypatch):
    """Percentiles by the atlas are those of the plain formula, and the reference is not sorted at each call."""
    from galexplore.atlas import atlas

    latents, sigma, centre, covariance = random_case()
    five = np.column_stack([np.zeros(len(latents)), latents])
    kinds = np.where(np.arange(len(latents)) % 5 == 0, "Green Pea", "ordinary")
    chi2 = np.random.default_rng(5).uniform(0.5, 2, len(latents))
    errors = np.column_stack([np.ones(len(sigma)), sigma])
    place, names = np.zeros((len(latents), 2)), np.arange(len(latents)).astype(str)
    made = atlas.Atlas(names, kinds, five, errors, place, chi2, centre, covariance, np.ones(4))
    ordinary, distance2 = kinds == "ordinary", made.oddness.distance2
    calls, sort = [], np.sort
    monkeypatch.setattr(np, "sort", lambda *a, **k: calls.append(1) or sort(*a, **k))
    for value in (0.3, 4.0, 1e9):
        assert made.rarity_percentile(value) == pytest.approx(100 * np.mean(distance2[ordinary] < value))
        assert made.chi2_percentile(value) == pytest.approx(100 * np.mean(chi2[ordinary] < value))
    assert len(calls) == 2, "once for each of the two"


def test_scores_are_ranks_over_the_number_of_galaxies():
    scores = score_oddness(np.array([1.0, 9.0, 4.0, 2.0]), np.array([0.5, 0.9, 2.0, 1.0]))
    assert scores["rarity"].tolist() == [0.25, 1.0, 0.75, 0.5] and scores["reconstruction"].tolist() == [
        0.25,
        0.5,
        1,
        0.75,
    ]
    assert scores["both"].argmax() == 2


def test_the_usual_galaxies_are_found_on_any_scale():
    latents = np.random.default_rng(3).multivariate_normal([1, 2, 3], [[1, 0.5, 0], [0.5, 2, 0.3], [0, 0.3, 1]], 300)
    scale, sigma = np.array([1e-9, 1.0, 1e-5]), np.full((300, 3), 0.1)
    large, small = fit_mixture(latents, sigma), fit_mixture(latents * scale, sigma * scale)
    assert np.allclose(small.centre, large.centre * scale, rtol=1e-6)
    assert np.allclose(small.covariance, large.covariance * np.outer(scale, scale), rtol=1e-6)
