import math

import numpy as np
import pytest
import torch

from galexplore.cutouts.stretch import stretch, unstretch
from galexplore.network.dihedral import DIHEDRAL, turn, turn_vector
from galexplore.network.layers import Decoder, arcsinh
from galexplore.network.losses import distance_correlation, distance_from_normal, partial_correlation
from galexplore.network.recipes import Network
from galexplore.network.trend import TAKEN
from galexplore.network.vae import CVAE
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse
from tests.network.test_train import TINY


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
    assert np.allclose(
        CVAE(Network(), DECALS).stretch(torch.from_numpy(flux)).numpy(), stretch(flux, DECALS), rtol=1e-5
    )
    assert np.allclose(unstretch(stretch(flux, DECALS), DECALS), flux, rtol=1e-4)


def test_physics_term_is_the_gaussian_likelihood_with_label_variance(monkeypatch):
    model = CVAE(Network(), DECALS).eval()
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
    model = CVAE(Network(), DECALS).eval()
    flux = torch.from_numpy(draw_ellipse(0.5))[None].repeat(3, 1, 1, 1)
    posterior = model.encode(flux)
    q = torch.distributions.Normal(posterior.mean[:, 3], (posterior.logvar[:, 3] / 2).exp())
    expected = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).mean()
    terms = model.loss(flux, torch.zeros(3, 3), torch.zeros(3, 3), torch.zeros(3, 2))
    assert torch.isclose(terms["kl"], expected, rtol=1e-4)


def test_chi2_of_pure_noise_is_the_sky_share_of_the_variance():
    """Sky noise alone, judged against empty sky, must give the ratio of sky to sky plus model variance."""
    model = CVAE(Network(), DECALS)
    sigma = model.knee / model.network.softening
    noise = torch.randn(64, 3, 69, 69, generator=torch.Generator().manual_seed(0)) * sigma
    sky = (1 / model.network.softening) ** 2
    expected = sky / (sky + model.network.model_error**2)
    assert abs(model.chi2(noise, torch.zeros_like(noise)).mean() / expected - 1) < 0.1


def test_reconstruction_gradient_reaches_the_free_latent_only():
    model = CVAE(Network(), DECALS).eval()
    flux = torch.from_numpy(draw_ellipse(0.5))[None].repeat(2, 1, 1, 1)
    terms = model.loss(flux, torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 2))
    terms["reconstruction"].backward()
    rows = model.head.weight.grad.abs().sum(dim=1)
    free = torch.tensor([5, 9])  # its mean and log variance among (vector 2, means 4, logvars 4)
    assert (rows[free] > 0).all()
    rows[free] = 0
    assert (rows == 0).all()


def test_physics_latents_enter_the_decoder_as_their_means_and_the_free_one_is_drawn():
    model = CVAE(Network(), DECALS)
    posterior = model.encode(torch.from_numpy(draw_ellipse(0.5))[None].repeat(2, 1, 1, 1))
    posterior = posterior._replace(vector=torch.tensor([[0.8, 0.0]]).repeat(4000, 1))
    posterior = posterior._replace(mean=torch.full((4000, 4), 0.7), logvar=torch.zeros(4000, 4))
    code = model.reparameterize(posterior)
    assert torch.allclose(code[:, :2], torch.tensor([1.0, 0.0]))
    assert (code[:, 2:5] == 0.7).all()
    assert abs(code[:, 5].mean() - 0.7) < 0.06 and abs(code[:, 5].std() - 1) < 0.05


def test_shapes_follow_the_network_config():
    network = Network(widths=(8, 12, 16, 20), brushes=(12, 8, 6, 4), hidden=32, n_free=3)
    model = CVAE(network, DECALS)
    posterior = model.encode(torch.zeros(2, 3, 69, 69))
    assert posterior.mean.shape == posterior.logvar.shape == (2, 6)
    assert model.features(torch.zeros(2, 3, 69, 69)).shape == (2, 32)
    assert model.decode(model.reparameterize(posterior)).shape == (2, 3, 69, 69)


@pytest.mark.parametrize("kind", ["noise", "published"])
def test_either_stretch_is_the_numpy_one_and_inverts(kind):
    flux = np.random.default_rng(0).lognormal(-4, 1, (2, 3, 69, 69)).clip(max=0.5).astype(np.float32)
    model = CVAE(Network(stretch=kind), DECALS)
    u = model.stretch(torch.from_numpy(flux))
    assert np.allclose(u.numpy(), stretch(flux, DECALS, kind), rtol=1e-5)
    assert np.allclose(model.unstretch(u).numpy(), flux, rtol=2e-3)
    assert np.allclose(unstretch(u.numpy(), DECALS, kind), flux, rtol=2e-3)


def test_chi2_weighs_by_the_slope_of_either_stretch():
    """A residual of one sigma of sky is one, whatever the brightness, where no model error is allowed for."""
    sigma = torch.tensor(DECALS.model_noise).view(3, 1, 1)
    for kind in ("noise", "published"):
        model = CVAE(Network(stretch=kind, model_error=0.0), DECALS)
        flux = 3.0 * sigma * torch.ones(1, 3, 69, 69)
        drawn = model.stretch(flux + 0.01 * sigma)
        assert float(model.chi2(flux, drawn)) == pytest.approx(1e-4, rel=0.05)


def test_fast_arcsinh_is_arcsinh():
    x = torch.cat([torch.logspace(-8, 6, 400), -torch.logspace(-8, 6, 400), torch.zeros(1)])
    assert torch.allclose(arcsinh(x).double(), torch.asinh(x.double()), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("phi", [0.3, 1.2, 2.9])
def test_the_decoder_turns_an_upright_galaxy_to_its_angle(phi):
    y, x = torch.meshgrid(*2 * [1.2 * (torch.arange(81) - 40)], indexing="ij")
    upright = torch.exp(-0.5 * ((x / 3) ** 2 + (y / 9) ** 2)).expand(1, 3, 81, 81)
    code = torch.tensor([[math.cos(2 * phi), math.sin(2 * phi)]])
    drawn = Decoder(Network(), DECALS).rotate(upright, code)
    assert moments_angle(drawn[0, 1].numpy()) == pytest.approx(phi, abs=2e-3)
    assert float(drawn[0, 1, 34, 34]) == pytest.approx(1.0)


def test_a_decoded_galaxy_is_symmetric_and_turns_with_its_angle():
    model = CVAE(Network(), DECALS).eval()
    with torch.inference_mode():
        upright, lying = model.decode(torch.tensor([[1.0, 0, 0.3, 0.1, -0.2, 0.5], [-1.0, 0, 0.3, 0.1, -0.2, 0.5]]))
    assert torch.allclose(upright, upright.flip(-1), atol=1e-4)
    assert torch.allclose(upright, upright.flip(-2), atol=1e-4)
    assert torch.allclose(lying, torch.rot90(upright, 1, (1, 2)), atol=1e-4)


def test_a_neighbour_does_not_enter_the_photometry():
    model = CVAE(Network(), DECALS)
    flux = torch.from_numpy(draw_ellipse(0.5, size=3))[None]
    crowded = flux.clone()
    crowded[..., 50:56, 12:18] += 0.5
    measured, disturbed = (
        model.photometer.measure_apertures(*model.photometer.clean(flux)),
        model.photometer.measure_apertures(*model.photometer.clean(crowded)),
    )
    assert torch.allclose(measured, disturbed, atol=0.02)


def test_aperture_fluxes_are_asinh_magnitudes_in_units_of_their_noise():
    model = CVAE(Network(), DECALS)
    sigma = torch.tensor(DECALS.model_noise).view(3, 1, 1)
    noise = torch.randn(400, 3, 69, 69, generator=torch.Generator().manual_seed(0)) * sigma
    measured = model.photometer.measure_apertures(*model.photometer.clean(noise))[:, :27]
    assert float(torch.sinh(measured).mul(3).std()) == pytest.approx(1.0, abs=0.1)


def test_the_sky_s_level_does_not_enter_the_photometry_and_is_told():
    model = CVAE(Network(), DECALS)
    sigma = torch.tensor(DECALS.model_noise).view(3, 1, 1)
    flux = torch.from_numpy(draw_ellipse(0.5, size=3)).repeat(64, 1, 1, 1)
    flux = flux + sigma * torch.randn(flux.shape, generator=torch.Generator().manual_seed(0))
    level = sigma * torch.tensor([0.5, -0.3, 1.0]).view(3, 1, 1)
    lifted = flux + level
    lifted[:, :, 2:10, 2:10] += 1.0  # a neighbour is no sky
    lifted[:, :, :, 60:] = 0  # and neither is what was not observed
    plain, moved = (
        model.photometer.measure_apertures(*model.photometer.clean(flux)),
        model.photometer.measure_apertures(*model.photometer.clean(lifted)),
    )
    told = model.photometer.level(lifted) - model.photometer.level(flux)
    assert torch.allclose(told.mean(dim=0), level, atol=0.01 * float(sigma.max()), rtol=0.05)
    narrow = [i for i in range(45) if i % 9 < 6]  # wider apertures reach the missing edge
    assert float((plain - moved)[:, narrow].mean(dim=0).abs().max()) < 0.03
    assert torch.allclose(moved[:, 45:], torch.asinh(10 * model.photometer.level(lifted) / sigma).flatten(1), atol=1e-4)


def test_a_galaxy_counts_by_the_root_of_its_variance():
    model = CVAE(Network(), DECALS).eval()
    flux = torch.from_numpy(np.stack([draw_ellipse(0.5, size) for size in (3, 5, 9)]))
    labels, errors = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)), torch.full((3, 3), 0.3)
    errors[2] = 2.0
    mean, variance = model.encode(flux).mean[:, :3], model.encode(flux).logvar[:, :3].exp() + errors**2
    term = 0.5 * ((labels - mean) ** 2 / variance + variance.log())
    weight = variance**0.5 / (variance**0.5).mean(dim=0)
    for voice, expected in ((0.0, term), (0.5, term * weight)):
        found = model.loss(flux, labels, errors, torch.zeros(3, 2), voice=voice)["physics"]
        assert torch.isclose(found, expected.mean(dim=0).sum(), rtol=1e-4)


def test_distance_from_normal_is_the_wasserstein_distance():
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(4000, 1, generator=generator)
    assert float(distance_from_normal(sample)) < 0.01
    # Between two normals it is (difference of means)^2 + (difference of spreads)^2.
    assert float(distance_from_normal(2 * sample + 3)) == pytest.approx(9 + 1, rel=0.06)


def test_distance_correlation_is_its_definition():
    """Szekely & Rizzo 2014, equations 2.1 and 2.2, entry by entry."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(7, k, generator=generator) for k in (1, 3))

    def centre(x):
        d = [[math.dist(p, q) for q in x.tolist()] for p in x.tolist()]
        n, rows = len(d), [sum(row) for row in d]
        return [
            [i != j and d[i][j] - (rows[i] + rows[j]) / (n - 2) + sum(rows) / (n - 1) / (n - 2) for j in range(n)]
            for i in range(n)
        ]

    def product(u, v):
        return sum(x * y for one, other in zip(u, v, strict=True) for x, y in zip(one, other, strict=True))

    u, v = centre(a), centre(b)
    expected = product(u, v) / math.sqrt(product(u, u) * product(v, v))
    assert float(distance_correlation(a, b)) == pytest.approx(expected, abs=1e-5)


def test_distance_correlation_sees_what_a_correlation_does_not():
    generator = torch.Generator().manual_seed(1)
    draws = torch.randn(200, 128, 2, 1, generator=generator)
    apart = torch.stack([distance_correlation(d[:, 0], d[:, 1]) for d in draws])
    assert abs(float(apart.mean())) < 0.003
    x = draws[0, :, 0]
    assert abs(np.corrcoef(x[:, 0], x[:, 0] ** 2)[0, 1]) < 0.3
    assert float(distance_correlation(x, x**2)) > 0.15
    assert float(distance_correlation(x, 3 - 2 * x)) == pytest.approx(1, abs=1e-4)


def test_partial_correlation_is_what_a_quadratic_leaves():
    """Against residuals of scikit-learn's polynomial regression; unknown values do not count."""
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import PolynomialFeatures

    generator = np.random.default_rng(0)
    given, own, noise = generator.normal(size=(300, 3)), generator.normal(size=300), generator.normal(size=(2, 300))
    bent = given[:, 0] * given[:, 1] - given[:, 2] ** 2
    a, b = own + 4 * bent + noise[0], own - 3 * bent + 2 * given[:, 0] + noise[1]
    b[:40] = np.nan
    known = np.isfinite(b)
    design = PolynomialFeatures(2).fit_transform(given[known])
    rest = [x[known] - LinearRegression().fit(design, x[known]).predict(design) for x in (a, b)]
    found = float(partial_correlation(*(torch.tensor(x) for x in (a, b, given))))
    assert found == pytest.approx(np.corrcoef(*rest)[0, 1], abs=1e-5)
    assert abs(found - 0.5) < 0.12, "half of what is left of either is its own"
    assert np.corrcoef(a[known], b[known])[0, 1] < 0, "while the whole falls where the other rises"
    few = torch.full((300,), torch.nan).index_fill(0, torch.arange(15), 1.0)
    assert partial_correlation(torch.tensor(a), few, torch.tensor(given)) == 0, "too few to say"


def test_the_free_latent_alone_answers_for_the_size():
    model, generator = CVAE(Network(), DECALS).eval(), torch.Generator().manual_seed(0)
    flux, size = 0.05 * torch.randn(32, 3, 69, 69, generator=generator), torch.randn(32, generator=generator)
    known = (torch.zeros(32, 3), torch.zeros(32, 3), torch.zeros(32, 2))
    assert "structure" not in model.loss(flux, *known)
    term = model.loss(flux, *known, size=size)["structure"]
    mean = model.encode(flux).mean
    expected = 1 - partial_correlation(mean[:, 3], size, mean[:, :3])
    assert float(term.detach()) == pytest.approx(float(expected.detach()), abs=1e-4)
    term.backward()
    rows = model.head.weight.grad.abs().sum(dim=1)
    assert rows[5] > 0 and (rows[torch.arange(10) != 5] == 0).all()


def test_the_free_latent_alone_answers_for_its_dependence():
    model = CVAE(Network(), DECALS).eval()
    flux = 0.05 * torch.randn(8, 3, 69, 69, generator=torch.Generator().manual_seed(0))
    model.loss(flux, torch.zeros(8, 3), torch.zeros(8, 3), torch.zeros(8, 2))["dependence"].backward()
    rows = model.head.weight.grad.abs().sum(dim=1)
    assert rows[5] > 0 and (rows[torch.arange(10) != 5] == 0).all()


def test_the_free_latent_alone_answers_for_the_light_of_other_sources():
    model, generator = CVAE(Network(), DECALS).eval(), torch.Generator().manual_seed(0)
    alone = 0.05 * torch.randn(64, 3, 69, 69, generator=generator)
    light = torch.rand(64, generator=generator) ** 4
    flux = alone.clone()
    flux[:, :, 60, 60] += 100 * light[:, None]
    known = (torch.zeros(64, 3), torch.zeros(64, 3), torch.zeros(64, 2))
    assert "contamination" not in model.loss(flux, *known)
    assert (model.weigh_others(flux, alone)[:, 0].argsort() == light.argsort()).all()
    assert model.weigh_others(alone, alone).abs().max() == 0
    term = model.loss(flux, *known, target=alone)["contamination"]
    expected = distance_correlation(model.encode(flux).mean[:, 3:], model.weigh_others(flux, alone))
    assert float(term.detach()) == pytest.approx(float(expected.detach()), abs=1e-5)
    term.backward()
    rows = model.head.weight.grad.abs().sum(dim=1)
    assert rows[5] > 0 and (rows[torch.arange(10) != 5] == 0).all()


@pytest.mark.parametrize("n_free", [1, 2])
def test_setting_the_free_latents_apart_leaves_the_pictures_and_the_rest_as_they_are(n_free):
    torch.manual_seed(0)
    model = CVAE(Network(n_free=n_free), DECALS).eval()
    flux = 0.05 * torch.randn(300, 3, 69, 69)
    with torch.inference_mode():
        # Spread and mix what an untrained network says, so that there is something to take apart.
        model.head.weight[2:5] *= 30
        model.head.weight[5 : 5 + n_free] *= 30
        model.head.weight[5 : 5 + n_free] += 0.7 * model.head.weight[2:3]
        before = model.encode(flux)
        drawn = model.decode(torch.cat([before.vector, before.mean], dim=1))
        model.set_apart(before.mean, before.logvar)
        after = model.encode(flux)
        again = model.decode(torch.cat([after.vector, after.mean], dim=1))
    assert torch.allclose(again, drawn, atol=1e-4)
    assert torch.allclose(after.mean[:, :3], before.mean[:, :3]) and torch.allclose(after.vector, before.vector)
    spread = after.mean[:, 3:].var(dim=0) + after.logvar[:, 3:].exp().mean(dim=0)
    assert spread.numpy() == pytest.approx(1, abs=1e-3)
    ratio = before.logvar[:, 3:].exp().sqrt() / after.logvar[:, 3:].exp().sqrt()
    assert ratio.std(dim=0).max() < 1e-3 * ratio.mean(), "sigma is scaled as the latent is"
    was, left = (np.cov(posterior.mean.T.numpy())[3:, :3] for posterior in (before, after))
    tenth = left * ratio.mean(dim=0).numpy()[:, None]
    assert tenth == pytest.approx((1 - TAKEN) * was, abs=2e-3 * np.abs(was).max()), "nine tenths are taken off"


def teach_reconstruction(model, flux, **answered):
    """The reconstruction's term, and its gradient by all that is trained."""
    known = (torch.zeros(len(flux), 3), torch.zeros(len(flux), 3), torch.zeros(len(flux), 2))
    torch.manual_seed(0)
    model.zero_grad()
    loss = model.loss(flux, *known, **answered)["reconstruction"]
    loss.backward()
    return loss.item(), [p.grad.clone() for p in model.parameters() if p.grad is not None]


def test_pixels_that_are_not_judged_teach_nothing():
    model = CVAE(TINY, DECALS).eval()
    flux = torch.from_numpy(np.stack([draw_ellipse(0.5), draw_ellipse(1.5, 3.0)]))
    judged = torch.ones(2, 1, 69, 69)
    judged[:, :, 50:60, 10:20] = 0
    target = flux.clone().requires_grad_()
    loss, teaches = teach_reconstruction(model, flux, target=target, judged=judged)
    assert (target.grad[:, :, 50:60, 10:20] == 0).all()
    assert (target.grad[:, :, 20:50, 20:50] != 0).float().mean() > 0.99
    crowded = flux.clone()
    crowded[:, :, 50:60, 10:20] += 5.0
    same, taught = teach_reconstruction(model, flux, target=crowded, judged=judged)
    other, astray = teach_reconstruction(model, flux, target=crowded)
    assert same == loss and all(torch.equal(a, b) for a, b in zip(teaches, taught, strict=True))
    assert other > 1.5 * loss and not all(torch.equal(a, b) for a, b in zip(teaches, astray, strict=True))


def test_the_encoder_sees_what_the_reconstruction_need_not_draw():
    """A mask is for the loss alone: labels are learnt from whole pictures."""
    model = CVAE(TINY, DECALS).eval()
    flux = torch.from_numpy(np.stack([draw_ellipse(0.5), draw_ellipse(1.5, 3.0)]))
    labels, errors, vector = torch.ones(2, 3), torch.ones(2, 3), torch.zeros(2, 2)
    judged = torch.zeros(2, 1, 69, 69)
    plain, masked = model.loss(flux, labels, errors, vector), model.loss(flux, labels, errors, vector, judged=judged)
    assert plain["physics"] == masked["physics"] and plain["kl"] == masked["kl"]
    assert masked["reconstruction"] == 0 < plain["reconstruction"]
