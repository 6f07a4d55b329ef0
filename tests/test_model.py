import math

import numpy as np
import pytest
import torch
from conftest import draw_ellipse

from galexplore.config import Network
from galexplore.model import CVAE, DIHEDRAL, turn, turn_vector
from galexplore.stretch import stretch, unstretch


def moments_angle(image):
    """Position angle [rad, E of N, mod pi] from the second moments of one band, drawn north up, east left."""
    y, x = np.mgrid[:69, :69]
    y, x = (c - (image * c).sum() / image.sum() for c in (y, x))
    q = [(image * a * b).sum() for a, b in ((x, x), (y, y), (x, y))]
    return math.atan2(-2 * q[2], q[1] - q[0]) / 2 % math.pi


@pytest.mark.parametrize("move", DIHEDRAL)
@pytest.mark.parametrize("phi", [0.3, 1.2, 2.9])
def test_turning_the_image_turns_the_vector_as_moments_say(move, phi):
    image = draw_ellipse(phi)
    assert math.isclose(moments_angle(image[1]), phi, abs_tol=1e-3)
    turned = turn(torch.from_numpy(image), move)[1].numpy()
    vector = turn_vector(torch.tensor([math.cos(2 * phi), math.sin(2 * phi)]), move)
    expected = moments_angle(turned)
    assert np.allclose(vector, [math.cos(2 * expected), math.sin(2 * expected)], atol=1e-3)


def test_each_vector_move_undoes_itself():
    vector = torch.randn(5, 2)
    for move in DIHEDRAL:
        assert torch.equal(turn_vector(turn_vector(vector, move), move), vector)


def test_network_stretch_is_the_numpy_one_and_inverts():
    flux = np.random.default_rng(0).lognormal(-4, 3, (2, 3, 69, 69)).astype(np.float32)
    assert np.allclose(CVAE().stretch(torch.from_numpy(flux)).numpy(), stretch(flux), rtol=1e-5)
    assert np.allclose(unstretch(stretch(flux)), flux, rtol=1e-4)


def test_physics_term_is_the_gaussian_likelihood_with_label_variance(monkeypatch):
    model = CVAE().eval()
    model.label_mean.copy_(torch.tensor([0.3, 10.0, 0.0]))
    model.label_std.copy_(torch.tensor([0.2, 0.5, 0.8]))
    flux = torch.from_numpy(draw_ellipse(1.0))[None].repeat(4, 1, 1, 1)
    labels = torch.tensor([[0.1, 9.5, 0.4]]).repeat(4, 1)
    labels[0, 2] = math.nan  # unknown: must not enter
    errors = torch.tensor([[0.05, 0.2, 0.3]]).repeat(4, 1)
    posterior = model.encode(flux)
    terms = model.loss(flux, labels, errors, torch.zeros(4, 2))
    expected = 0.0
    for j in range(3):
        mean = posterior.mean[1, j] * model.label_std[j] + model.label_mean[j]
        scale = torch.sqrt(posterior.logvar[1, j].exp() * model.label_std[j] ** 2 + errors[1, j] ** 2)
        log_density = torch.distributions.Normal(mean, scale).log_prob(labels[1, j])
        expected += -log_density - math.log(math.sqrt(2 * math.pi)) - torch.log(model.label_std[j])
    assert torch.isclose(terms["physics"], expected, rtol=1e-4)
    assert all(torch.isfinite(t) for t in terms.values())


def test_kl_is_that_of_torch_distributions():
    model = CVAE().eval()
    flux = torch.from_numpy(draw_ellipse(0.5))[None].repeat(3, 1, 1, 1)
    posterior = model.encode(flux)
    q = torch.distributions.Normal(posterior.mean[:, 3], (posterior.logvar[:, 3] / 2).exp())
    expected = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).mean()
    terms = model.loss(flux, torch.zeros(3, 3), torch.zeros(3, 3), torch.zeros(3, 2))
    assert torch.isclose(terms["kl"], expected, rtol=1e-4)


def test_chi2_of_pure_noise_is_the_sky_share_of_the_variance():
    """Sky noise alone, judged against empty sky, must give the ratio of sky to sky plus model variance."""
    model = CVAE()
    sigma = model.knee / model.network.softening
    noise = torch.randn(64, 3, 69, 69, generator=torch.Generator().manual_seed(0)) * sigma
    sky = (1 / model.network.softening) ** 2
    expected = sky / (sky + model.network.model_error**2)
    assert abs(model.chi2(noise, torch.zeros_like(noise)).mean() / expected - 1) < 0.1


def test_reconstruction_gradient_reaches_the_free_latent_only():
    model = CVAE().eval()
    flux = torch.from_numpy(draw_ellipse(0.5))[None].repeat(2, 1, 1, 1)
    terms = model.loss(flux, torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 2))
    terms["reconstruction"].backward()
    rows = model.head.weight.grad.abs().sum(dim=1)
    free = torch.tensor([5, 9])  # its mean and log variance among (vector 2, means 4, logvars 4)
    assert (rows[free] > 0).all()
    rows[free] = 0
    assert (rows == 0).all()


def test_angle_is_drawn_on_its_circle():
    model = CVAE()
    posterior = model.encode(torch.from_numpy(draw_ellipse(0.5))[None].repeat(2, 1, 1, 1))
    posterior = posterior._replace(vector=torch.tensor([[0.8, 0.0]]).repeat(4000, 1))
    posterior = posterior._replace(mean=torch.zeros(4000, 4), logvar=torch.zeros(4000, 4))
    code = model.reparameterize(posterior)
    assert torch.allclose(code[:, :2].norm(dim=1), torch.ones(4000), atol=1e-5)
    assert abs(code[:, 0].mean() - 0.8) < 0.03  # the wrapped normal's mean resultant length is |vector|


def test_shapes_follow_the_network_config():
    model = CVAE(Network(widths=(8, 12, 16, 20), hidden=32))
    posterior = model.encode(torch.zeros(2, 3, 69, 69))
    assert posterior.mean.shape == (2, 4)
    assert model.decode(model.reparameterize(posterior)).shape == (2, 3, 69, 69)
