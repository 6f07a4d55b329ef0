"""The joint posterior against brute force: draws by the million, and sums over grids."""

import json

import numpy as np
import pytest
from scipy.integrate import trapezoid

from galexplore.errors import InputError
from galexplore.posterior.coordinates import PROPERTIES, straighten
from galexplore.posterior.joint import JointPosterior
from tests.posterior.joint import PRIOR, draw_posterior

QUANTITIES = (*PROPERTIES, "logssfr")


@pytest.fixture(scope="module")
def joint():
    return draw_posterior(3, prior=PRIOR)


@pytest.fixture(scope="module")
def draws(joint):
    """Half a million draws: ln z, log M, log SFR, made component by component, and not by the class's own sampler."""
    generator, parts = np.random.default_rng(1), []
    counts = generator.multinomial(500_000, joint.weights)
    for mean, covariance, n in zip(joint.means, joint.covariances, counts, strict=True):
        parts.append(generator.multivariate_normal(mean, covariance, n, method="cholesky"))
    return np.concatenate(parts)


def read(draws, of):
    """The quantity `of` of draws."""
    columns = dict(zip(PROPERTIES, (np.exp(draws[:, 0]), draws[:, 1], draws[:, 2]), strict=True))
    return columns[of] if of in columns else draws[:, 2] - draws[:, 1]


@pytest.mark.parametrize("of", QUANTITIES)
def test_moments_quantiles_and_intervals_are_those_of_draws(joint, draws, of):
    values, marginal = read(draws, of), joint.marginal(of)
    noise = values.std() / np.sqrt(len(values))
    assert marginal.mean == pytest.approx(values.mean(), abs=5 * noise)
    assert marginal.std == pytest.approx(values.std(), rel=0.01)
    for level in (0.025, 0.16, 0.5, 0.84, 0.975):
        assert np.mean(values < joint.quantile(level, of)) == pytest.approx(level, abs=0.003)
    low, high = joint.interval(0.95, of)
    assert np.mean((values > low) & (values < high)) == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize("of", QUANTITIES)
def test_a_density_sums_to_one_and_to_its_distribution(joint, of):
    low, high = joint.quantile([1e-7, 1 - 1e-7], of)
    x = np.linspace(low, high, 100_001)
    density = joint.pdf(x, of)
    assert trapezoid(density, x) == pytest.approx(1, abs=1e-4)
    middle = len(x) // 3
    assert trapezoid(density[:middle], x[:middle]) == pytest.approx(
        float(joint.marginal(of).cdf(x[middle - 1])), abs=1e-4
    )


def test_no_redshift_is_negative(joint):
    assert (joint.pdf([-0.1, 0.0]) == 0).all() and (joint.marginal().cdf([-0.1, 0.0]) == 0).all()
    assert (joint.sample(1000)[:, 0] > 0).all()
    assert np.isneginf(joint.log_pdf([-0.1, 10, 0]))


def test_its_own_sampler_draws_from_it(joint, draws):
    own = straighten(joint.sample(200_000, seed=4))
    assert own.mean(axis=0) == pytest.approx(draws.mean(axis=0), abs=0.01)
    assert np.cov(own.T) == pytest.approx(np.cov(draws.T), abs=0.01)
    assert np.array_equal(joint.sample(5, seed=2), joint.sample(5, seed=2))


def test_the_covariance_and_the_correlation_are_those_of_draws(joint, draws):
    assert joint.covariance == pytest.approx(np.cov(draws.T), abs=0.01)
    assert joint.correlation == pytest.approx(np.corrcoef(draws.T), abs=0.01)


def test_the_joint_density_is_per_unit_of_redshift_and_sums_over_what_is_not_known(joint):
    mass, sfr = np.meshgrid(np.linspace(7, 13, 400), np.linspace(-6, 6, 400), indexing="ij")
    at = np.stack([np.full_like(mass, 0.15), mass, sfr], axis=-1)
    density = np.exp(joint.log_pdf(at.reshape(-1, 3)).reshape(mass.shape))
    summed = trapezoid(trapezoid(density, sfr[0], axis=1), mass[:, 0])
    assert summed == pytest.approx(float(joint.pdf(0.15)), rel=1e-3)
    assert np.exp(joint.log_pdf([0.15, np.nan, np.nan])) == pytest.approx(summed, rel=1e-3)


@pytest.mark.parametrize("error", [0.0, 0.01])
def test_given_a_redshift_it_is_what_draws_weighed_by_its_likelihood_say(joint, draws, error):
    at = 0.11
    told = joint.given(redshift=at, error=error)
    width = (error or 0.001) / at  # there are no draws at exactly one redshift: a narrow window stands for it
    weight = np.exp(-0.5 * ((draws[:, 0] - np.log(at)) / width) ** 2)
    effective = weight.sum() ** 2 / (weight**2).sum()
    for of in ("logmass", "logsfr", "logssfr"):
        values = read(draws, of)
        mean = np.average(values, weights=weight)
        spread = np.sqrt(np.average((values - mean) ** 2, weights=weight))
        assert float(told.marginal(of).mean) == pytest.approx(mean, abs=5 * spread / np.sqrt(effective))
        assert float(told.marginal(of).std) == pytest.approx(spread, rel=0.05)
        assert abs(mean - values.mean()) > 10 * spread / np.sqrt(effective), "it tells something"
    if not error:
        assert told.interval(0.95) == pytest.approx((at, at), rel=1e-6)
        assert told.sample(10)[:, 0] == pytest.approx(at)
        with pytest.raises(InputError, match="no density"):
            told.pdf(at)


def test_told_one_thing_after_another_it_does_not_matter_which_came_first(joint):
    told, other = joint.given(redshift=0.11, error=0.01), joint.given(logmass=10.0, error=0.1)
    both, same = told.given(logmass=10.0, error=0.1), other.given(redshift=0.11, error=0.01)
    assert both.quantile([0.1, 0.9], "logsfr") == pytest.approx(same.quantile([0.1, 0.9], "logsfr"))


def test_a_vague_measurement_says_nothing(joint):
    told = joint.given(logmass=9.0, error=1e4)
    assert told.quantile([0.1, 0.5, 0.9]) == pytest.approx(joint.quantile([0.1, 0.5, 0.9]), rel=1e-6)


def test_a_redshift_far_from_the_image_is_taken_all_the_same(joint):
    told = joint.given(redshift=3.0)
    assert np.isfinite(told.mean).all() and told.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({"redshift": 0.0}, "positive number"),
        ({"redshift": np.nan}, "positive number"),
        ({"redshift": -0.1}, "positive number"),
        ({"logmass": np.inf}, "finite number"),
        ({"redshift": 0.1, "error": -1.0}, "error of a known redshift"),
        ({"redshift": 0.1, "error": np.nan}, "error of a known redshift"),
        ({}, "Give one of"),
        ({"redshift": 0.1, "logmass": 10.0}, "Give one of"),
    ],
)
def test_what_cannot_be_a_measurement_is_refused(joint, what, says):
    with pytest.raises(InputError, match=says):
        joint.given(**what)


def test_what_is_not_known_of_it_is_refused(joint):
    with pytest.raises(InputError, match="says nothing of 'size'"):
        joint.interval(0.68, "size")
    with pytest.raises(InputError, match=r"between 0 and 1, such as 0\.68"):
        joint.interval(68)
    with pytest.raises(InputError, match="between 0 and 1"):
        joint.quantile([0.0, 0.5])


def test_another_prior_weighs_as_draws_weighed_by_the_ratio_do(joint, draws):
    def prior(values):
        return np.exp(-0.5 * ((values[..., 1] - 10.4) / 0.4) ** 2 - values[..., 2] / 2)

    changed = joint.reweighted(prior)
    physical = np.column_stack([np.exp(draws[:, 0]), draws[:, 1:]])
    ratio = np.log(prior(physical)) - PRIOR.log_pdf(physical)
    weight = np.exp(ratio - ratio.max())
    for of in QUANTITIES:
        values = read(draws, of)
        assert float(changed.marginal(of).mean) == pytest.approx(
            np.average(values, weights=weight), abs=0.05 * values.std()
        )
    assert abs(float(changed.marginal("logmass").mean - joint.marginal("logmass").mean)) > 0.05, "it did something"


def test_the_trainings_own_prior_changes_nothing(joint):
    same = joint.reweighted(lambda values: np.exp(PRIOR.log_pdf(values)))
    assert same.mean == pytest.approx(joint.mean) and same.covariance == pytest.approx(joint.covariance)


def test_a_prior_that_cannot_be_one_is_refused(joint):
    with pytest.raises(InputError, match="finite and not negative"):
        joint.reweighted(lambda values: -values[..., 0])
    with pytest.raises(InputError, match="no density where"):
        joint.reweighted(lambda values: np.zeros(values.shape[:-1]))
    with pytest.raises(InputError, match="not known"):
        draw_posterior(0).reweighted(lambda values: values[..., 0])


def test_the_region_of_highest_density_is_the_smallest_and_may_be_in_two_parts():
    far = JointPosterior(
        np.array([0.5, 0.5]), np.array([[-2, 10, -2.0], [-2, 10, 2.0]]), np.tile(0.04 * np.eye(3), (2, 1, 1))
    )
    parts = far.highest_density(0.68, "logsfr")
    assert len(parts) == 2 and parts[0] == pytest.approx((-2.2, -1.8), abs=0.01)
    held = sum(far.marginal("logsfr").cdf(high) - far.marginal("logsfr").cdf(low) for low, high in parts)
    assert held == pytest.approx(0.6827, abs=0.01) or held == pytest.approx(0.68, abs=0.005)
    low, high = far.interval(0.68, "logsfr")
    assert sum(b - a for a, b in parts) < high - low


def test_many_galaxies_are_answered_as_each_alone():
    many = draw_posterior(5, (4,))
    z = np.array([0.1, 0.15, 0.2, 0.3])
    told, labels = many.given(redshift=z, error=0.01), np.column_stack([z, np.full(4, 10.0), np.zeros(4)])
    for i in range(4):
        alone = many[i]
        assert many.quantile([0.16, 0.84], "logssfr")[i] == pytest.approx(alone.quantile([0.16, 0.84], "logssfr"))
        assert told.mean[i] == pytest.approx(alone.given(redshift=z[i], error=0.01).mean)
        assert many.log_pdf(labels)[i] == pytest.approx(float(alone.log_pdf(labels[i])))
        assert many.marginal().cdf(z)[i] == pytest.approx(float(alone.marginal().cdf(z[i])))
        assert many.correlation[i] == pytest.approx(alone.correlation)


def test_labels_scatter_by_their_errors(joint, draws):
    errors = np.array([0.01, 0.2, 0.3])
    blurred = joint.blurred(np.array([0.15, 10, 0]), errors)
    noise = np.random.default_rng(0).normal(size=draws.shape) * errors / [0.15, 1, 1]
    assert blurred.covariance == pytest.approx(np.cov((draws + noise).T), abs=0.01)
    unknown = joint.blurred(np.array([np.nan, 10, 0]), np.array([0.01, np.nan, 0.3]))
    assert unknown.covariance[0, 0] == pytest.approx(joint.covariance[0, 0])
    assert unknown.covariance[1, 1] == pytest.approx(joint.covariance[1, 1])


def test_json_holds_all_of_it(joint):
    said = json.loads(json.dumps(joint.to_dict()))
    assert said["coordinates"] == ["ln(redshift)", "logmass", "logsfr"]
    again = JointPosterior(*(np.array(said[k]) for k in ("weights", "means", "covariances")))
    assert again.mean == pytest.approx(joint.mean)
