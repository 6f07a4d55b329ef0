"""What of the free latents goes with redshift, mass and SFR, and is taken off."""

import numpy as np
import pytest
import torch

from galexplore.network.recipes import Network
from galexplore.network.trend import Trend
from galexplore.network.vae import CVAE
from galexplore.survey import DECALS


@pytest.fixture(scope="module")
def curved() -> tuple[torch.Tensor, torch.Tensor]:
    """Latents (3000, 3) that go together as those of galaxies do, and a free one that bends with them."""
    random = torch.Generator().manual_seed(1)
    known = torch.randn(3000, 3, generator=random)
    known[:, 1] = 0.8 * known[:, 0] + 0.6 * known[:, 1]
    z, mass, sfr = known.T
    free = 0.7 * z**2 - 0.7 * mass * sfr + torch.sin(mass) + 0.5 * torch.randn(3000, generator=random)
    return known, free[:, None]


def test_nothing_is_taken_off_before_it_is_fitted(curved):
    assert (Trend(8, 1)(curved[0]) == 0).all()


def test_curves_are_taken_off_and_what_is_left_is_told_by_nothing(curved):
    known, free = curved
    trend = Trend(32, 1)
    trend.fit(known[:2000], free[:2000])
    left = (free - trend(known))[2000:, 0]
    assert float(left.var()) < 2 * 0.5**2, "little more than its own scatter"
    plane = torch.cat([known, torch.ones(3000, 1)], dim=1)
    flat = free - plane @ torch.linalg.lstsq(plane, free).solution
    assert float(flat[2000:].var()) > 3 * float(left.var()), "a plane would leave most of it"


def test_a_share_of_the_trend_is_that_share(curved):
    whole, part = Trend(32, 1), Trend(32, 1)
    whole.fit(*curved)
    part.fit(*curved, 0.9)
    assert torch.allclose(part(curved[0]), 0.9 * whole(curved[0]), atol=1e-5)


def test_far_from_all_that_it_was_fitted_to_the_plane_is_left(curved):
    trend = Trend(32, 1)
    trend.fit(*curved)
    far = torch.tensor([[20.0, -20.0, 20.0], [30.0, -30.0, 30.0], [40.0, -40.0, 40.0]])
    one, two, three = trend(far)[:, 0].tolist()
    assert two - one == pytest.approx(three - two, rel=1e-3, abs=1e-3)


def test_a_latent_that_never_varies_tells_nothing(curved):
    known = curved[0].clone()
    known[:, 2] = 0
    trend = Trend(16, 1)
    trend.fit(known, curved[1])
    moved = known.clone()
    moved[:, 2] = 3
    assert torch.allclose(trend(moved), trend(known))


def test_few_galaxies_are_fitted_too():
    trend = Trend(32, 2)
    trend.fit(torch.randn(12, 3), torch.randn(12, 2))
    assert trend(torch.randn(5, 3)).isfinite().all()


def test_set_apart_twice_leaves_pictures_as_they_are_and_a_tenth_of_the_trend():
    torch.manual_seed(0)
    model = CVAE(Network(), DECALS).eval()
    features = torch.randn(4000, model.network.hidden)
    with torch.inference_mode():
        model.head.weight[2:6] *= 10
        model.head.weight[5] += 0.8 * model.head.weight[2]
        before = model.name(features)
        code = torch.cat([before.vector, before.mean], dim=1)[:50]
        drawn = model.decode(code)
        for _ in range(2):
            now = model.name(features)
            model.set_apart(now.mean, now.logvar)
        after = model.name(features)
        again = model.decode(torch.cat([after.vector, after.mean], dim=1)[:50])
    assert torch.allclose(again, drawn, atol=1e-3)
    assert torch.allclose(after.mean[:, :3], before.mean[:, :3])
    slope = np.polyfit(before.mean[:, 0].numpy(), before.mean[:, 3].numpy(), 1)[0]
    left = np.polyfit(after.mean[:, 0].numpy(), after.mean[:, 3].numpy(), 1)[0]
    scale = float(after.mean[:, 3].std() / (before.mean[:, 3] - model.trend(before.mean[:, :3])[:, 0]).std())
    assert abs(slope) > 0.3 and abs(left) < 0.2 * abs(slope) * max(scale, 1.0)
