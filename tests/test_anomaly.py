from itertools import permutations

import numpy as np

from galexplore.anomaly import explain, fit_population, name_reason, percentile


def random_case(m=6, j=4):
    generator = np.random.default_rng(1)
    root = generator.normal(size=(j, j))
    covariance = root @ root.T + 0.3 * np.eye(j)
    centre = generator.normal(size=j)
    return generator.normal(size=(m, j)) * 3, generator.uniform(0.1, 0.5, (m, j)), centre, covariance


def test_closed_form_is_the_brute_force_shapley_value():
    """Average over all orders of letting in one property at a time, the others held at the centre."""
    latents, sigma, centre, covariance = random_case()
    odd = explain(latents, sigma, centre, covariance)
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
    odd = explain(*random_case())
    assert np.allclose(odd.contributions.sum(axis=1), odd.distance2)


def test_conditional_z_is_the_gaussian_conditional():
    latents, sigma, centre, covariance = random_case()
    odd = explain(latents, sigma, centre, covariance)
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
        explain(latents, sigma * 30, centre, covariance).distance2
        < explain(latents, sigma, centre, covariance).distance2
    )


def test_outliers_do_not_move_the_population():
    generator = np.random.default_rng(0)
    usual = generator.normal(size=(2000, 4))
    odd = generator.normal(8, 0.1, size=(200, 4))
    centre, covariance = fit_population(np.concatenate([usual, odd]))
    assert np.all(np.abs(centre) < 0.2)
    assert np.allclose(np.diag(covariance), 1, atol=0.25)


def test_percentile_counts_what_lies_below():
    assert np.allclose(percentile(np.array([0.5, 2.5, 99]), np.array([1.0, 2, 3, 4])), [0, 50, 100])


def test_the_reason_names_the_most_deviant_property_and_its_side():
    assert name_reason([0.1, -0.5, 3.42, 1]) == "SFR 3.4 sigma high for its redshift, mass and free latent"
    assert name_reason([-2.0, 0, 0, 1]).startswith("redshift 2.0 sigma low for its mass, SFR")
