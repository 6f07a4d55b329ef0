"""The density head: what it learns, how it is kept, and what it refuses."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import multivariate_normal

from galexplore.errors import InputError
from galexplore.latents import MEANS, SIGMAS
from galexplore.network.density_head import DensityHead
from galexplore.network.fit_density import Fitting, Labelled, fit_density, log_likelihood
from galexplore.posterior.coordinates import straighten
from galexplore.posterior.density import Density, list_inputs
from galexplore.posterior.joint import FILE, JointPosterior

QUICK = Fitting(components=(1, 2), hidden=16, epochs=10, batch=100, learning_rate=0.03)
MIXED = np.array([[0.3, 0.0, 0.0], [0.2, 0.1, 0.0], [0.0, 0.3, 0.4]])  # root of the covariance of all that is not seen


def simulate(n: int, seed: int) -> pd.DataFrame:
    """Galaxies whose latents are their true values but for one correlated Gaussian error."""
    generator = np.random.default_rng(seed)
    seen = generator.normal([-1.5, 10.2, 0.0], [0.5, 0.6, 0.8], (n, 3))
    truth = seen + generator.normal(size=(n, 3)) @ MIXED.T
    table = pd.DataFrame(dict.fromkeys(SIGMAS, np.full(n, 0.1)))
    values = (np.exp(seen[:, 0]), seen[:, 1], seen[:, 2], generator.normal(size=n))
    table = table.assign(**dict(zip(MEANS[1:], values, strict=True)), mag_aperture=generator.uniform(17, 22, n))
    errors = {"z_err": 1e-4, "logmass_err": 0.1, "logsfr_err": 0.2}
    noise = generator.normal(size=(n, 3)) * [0, 0.1, 0.2]
    labels = dict(zip(("z", "logmass", "logsfr"), (np.exp(truth[:, 0]), *(truth + noise).T[1:]), strict=True))
    return table.assign(**labels, **errors)


@pytest.fixture(scope="module")
def fitted():
    torch.manual_seed(0)
    taught, validation = (Labelled.gather(simulate(n, seed)) for n, seed in ((2000, 1), (600, 2)))
    return fit_density(taught, validation, QUICK)


def test_it_learns_the_errors_with_their_correlations_and_not_those_of_the_labels(fitted):
    density, likelihoods = fitted
    assert set(likelihoods) == {1, 2}
    table = simulate(500, 3)
    joint = density.infer(table)
    expected = MIXED @ MIXED.T
    assert np.median(joint.covariance, axis=0) == pytest.approx(expected, abs=0.035)
    middle = (joint.weights[..., None] * joint.means).sum(axis=1)
    assert np.median(np.abs(middle - straighten(np.stack([table[c] for c in MEANS[1:4]], axis=1))), axis=0).max() < 0.1


def test_the_likelihood_is_that_of_a_mixture_with_the_labels_errors_and_leaves_out_what_is_not_known():
    factor = torch.tensor([[[[0.5, 0, 0], [0.2, 0.7, 0], [0.1, -0.3, 0.9]]]]).expand(1, 2, 3, 3)
    mean = torch.tensor([[[0.0, 0.0, 0.0], [1.0, 1.0, -1.0]]])
    weight, errors = torch.tensor([[0.3, 0.7]]), torch.tensor([[0.1, 0.2, 0.3]])
    covariance = (factor[0, 0] @ factor[0, 0].T).numpy() + np.diag([0.01, 0.04, 0.09])

    def expect(target, keep):
        parts = [
            w * multivariate_normal(m[keep], covariance[np.ix_(keep, keep)]).pdf(np.array(target)[keep])
            for w, m in zip((0.3, 0.7), mean[0].numpy(), strict=True)
        ]
        return np.log(sum(parts))

    for target, keep in (([0.2, -0.1, 0.4], [0, 1, 2]), ([0.2, np.nan, 0.4], [0, 2]), ([np.nan, np.nan, 0.4], [2])):
        found = log_likelihood((weight.log(), mean, factor), torch.tensor([target], dtype=torch.float32), errors)
        assert float(found) == pytest.approx(expect(target, keep), abs=1e-4)


def test_a_galaxy_is_answered_alone_as_among_others_and_the_faint_without_brightness_too(fitted):
    density, table = fitted[0], simulate(50, 4)
    many = density.infer(table)
    assert density.infer(table.iloc[7:8]).means[0] == pytest.approx(many.means[7], abs=1e-5)
    assert many.weights.sum(axis=1) == pytest.approx(1) and many.prior is not None
    assert np.isfinite(density.infer_raw(table.assign(mag_aperture=np.nan)).means).all()
    assert np.isfinite(density.infer_raw(table.assign(lat_redshift=-0.01)).mean).all()


def test_the_head_says_without_torch_what_it_said_with_it(fitted):
    density, table = fitted[0], simulate(40, 8)
    head = DensityHead(11, len(density.head["net.4.bias"]) // 10, QUICK.hidden).eval()
    head.load_state_dict({name: torch.from_numpy(value) for name, value in density.head.items()})
    with torch.no_grad():
        log_weight, mean, factor = head(torch.from_numpy(list_inputs(table).astype(np.float32)))
    told, std = density.infer_raw(table), density.head["target_std"]
    assert told.weights == pytest.approx(log_weight.exp().numpy(), abs=1e-5)
    assert told.means == pytest.approx(mean.numpy() * std + density.head["target_mean"], abs=1e-4)
    factor = factor.numpy() * std[:, None]
    assert told.covariances == pytest.approx(factor @ np.swapaxes(factor, -1, -2), abs=1e-4)


def test_it_is_kept_with_its_prior_and_its_calibration(fitted, tmp_path):
    density, table = fitted[0], simulate(20, 5)
    scaled = replace(density.recalibration, log_scale=density.recalibration.log_scale + 0.3)
    whole = replace(density, recalibration=scaled)
    whole.save(tmp_path / FILE, "abc")
    again = Density.load(tmp_path / FILE, "abc")
    assert again.infer(table).covariances == pytest.approx(whole.infer(table).covariances)
    assert again.prior.means == pytest.approx(density.prior.means)
    assert again.infer(table).prior is again.prior


def test_one_of_other_weights_or_a_damaged_one_is_refused(fitted, tmp_path):
    path = tmp_path / FILE
    fitted[0].save(path, "abc")
    with pytest.raises(InputError, match="fitted to other weights; fit it anew"):
        Density.load(path, "abd")
    whole = path.read_bytes()
    for damaged in (b"", b"no tensors at all", whole[:200], whole[:-50]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="damaged or another version's"):
            Density.load(path, "abc")


def test_galaxies_of_which_some_labels_are_known_teach_those(fitted):
    table = simulate(900, 6)
    some = table.assign(logsfr=np.where(np.arange(900) < 300, table["logsfr"], np.nan))
    some["z"] = np.where(np.arange(900) < 800, some["z"], -0.001)  # a redshift of noise is none
    some["logmass"] = np.where(np.arange(900) < 850, some["logmass"], np.nan)
    labelled = Labelled.gather(some)
    assert labelled.count == 300
    density, _ = fit_density(labelled, labelled, replace(QUICK, components=(1,), epochs=2))
    assert len(labelled.to_tensors(DensityHead(11, 1, QUICK.hidden))[0]) == 850
    assert np.isfinite(density.infer(table).mean).all() and isinstance(density.prior, JointPosterior)
