"""How far an answer depends on how the image lies; an ellipse that holds what it says."""

import numpy as np
import pytest

from galexplore.explore.scatter import SHIFTS, make_ellipse, measure_scatter, shift_image
from galexplore.images import Observed
from galexplore.network.embed import Embedder
from galexplore.network.recipes import Network
from galexplore.network.vae import CVAE
from galexplore.survey import DECALS


class Listener:
    """An encoder whose answers are known: the middle pixel and its neighbours, scattered over eight orientations."""

    def __init__(self, gain, twist):
        self.gain, self.twist = np.asarray(gain, float), np.asarray(twist, float)
        self.told = None

    def encode_orientations(self, flux, observed=None):
        self.told = observed
        pixel = flux[:, 0, 34, 34]
        spread = np.linspace(-1, 1, 8)
        answer = pixel[None, :, None] * self.gain + spread[:, None, None] * self.twist
        answer[..., 0] %= np.pi
        return answer


def ramp() -> np.ndarray:
    """Brightness that falls by 1 a column and by 3 a row, so that each shift gives another middle pixel."""
    y, x = np.mgrid[:69, :69] - 34.0
    return np.broadcast_to(x + 3 * y, (3, 69, 69))


def test_a_shift_moves_the_image_whole():
    image = ramp()
    assert (shift_image(image, 0, 0) == image).all()
    moved = shift_image(image, 1, -1)
    assert (moved[:, 1:, :-1] == image[:, :-1, 1:]).all() and moved.shape == image.shape


def test_scatter_is_the_closed_form():
    gain, twist = [0.01, 0.1, 0.2, -0.3, 0], [0.02, 0.3, 0.2, 0.1, 0.4]
    sigma = np.array([0.5, 1.0, 1.0, 1.0, 0.0])
    found = measure_scatter(Listener(gain, twist), ramp(), sigma)
    pixels = np.array([-c - 3 * r for r, c in SHIFTS], float)
    assert found.shifts == pytest.approx(np.abs(gain) * pixels.std())
    spread = np.linspace(-1, 1, 8).std()
    assert found.flips == pytest.approx(np.abs(twist) * spread)
    assert found.covariance[1, 1] == pytest.approx(1 + (0.1 * pixels.std()) ** 2), "sigma holds the flips already"
    expected = 0.3 * 0.2 * spread**2 + 0.1 * 0.2 * pixels.var()
    assert found.covariance[1, 2] == pytest.approx(expected)
    assert found.covariance[4, 4] == pytest.approx(0, abs=1e-9), "no more than sigma says"
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12


def test_each_shift_is_told_of_the_same_observing():
    listener, observed = Listener([0.0] * 5, [0.0] * 5), Observed(np.array([[1.5, 1.3, 1.1]]), np.array([True]))
    measure_scatter(listener, ramp(), np.full(5, 0.1), observed)
    assert listener.told.seeing.tolist() == [[1.5, 1.3, 1.1]] * len(SHIFTS) and listener.told.dusty.all()
    measure_scatter(listener, ramp(), np.full(5, 0.1))
    assert listener.told is None


def test_angles_scatter_on_their_circle():
    """Directions on both sides of north are close together, not pi apart."""
    found = measure_scatter(Listener([0, 0, 0, 0, 0], [0.05, 0, 0, 0, 0]), ramp(), np.full(5, 0.1))
    assert found.flips[0] == pytest.approx(0.05 * np.linspace(-1, 1, 8).std(), rel=1e-6)


def test_draws_follow_the_covariance():
    found = measure_scatter(Listener([0, 0.1, 0.2, 0, 0], [0, 0.3, 0.3, 0, 0]), ramp(), np.full(5, 0.5))
    drawn = found.draw(np.arange(5.0), 40_000)
    assert np.allclose(np.cov(drawn.T), found.covariance, atol=0.03) and np.allclose(drawn.mean(0), range(5), atol=0.02)


def test_the_ellipse_holds_the_share_it_says():
    covariance = np.array([[2.0, 0.9], [0.9, 0.7]])
    outline = make_ellipse(covariance, 2.448)
    inverse = np.linalg.inv(covariance)
    assert np.einsum("ni,ij,nj->n", outline, inverse, outline) == pytest.approx(np.full(73, 2.448**2))
    drawn = np.random.default_rng(0).multivariate_normal([0, 0], covariance, 50_000)
    inside = np.einsum("ni,ij,nj->n", drawn, inverse, drawn) < 2.448**2
    assert inside.mean() == pytest.approx(0.95, abs=0.005)


def test_the_mean_over_orientations_is_the_answer():
    """A network of random weights, which knows nothing of symmetry."""
    import torch

    torch.manual_seed(0)
    embedder = Embedder(CVAE(Network(), DECALS))
    flux = np.random.default_rng(4).normal(size=(2, 3, 69, 69)).astype(np.float32) * np.asarray(DECALS.model_noise)[0]
    answers, answer = embedder.encode_orientations(flux), embedder.embed(flux)
    assert answers.shape == (8, 2, 5)
    assert answers.mean(axis=0)[:, 1:] == pytest.approx(answer.iloc[:, 1:5].to_numpy(), abs=1e-5)
    assert answers[:, 0, 1].std() > 1e-6, "each orientation answers by itself"
