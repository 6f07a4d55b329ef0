"""What is told of the seeing reaches the convolutions: nothing as made, each galaxy by itself once it is learnt."""

import numpy as np
import pytest
import torch
from torch import nn

from galexplore.images import Observed
from galexplore.network.embed import FEW, Embedder
from galexplore.network.layers import Modulation
from galexplore.network.recipes import Network
from galexplore.network.vae import CVAE
from galexplore.survey import DECALS
from tests.network.test_train import TINY

FLUX = 0.01 * torch.randn(FEW + 3, *DECALS.shape, generator=torch.Generator().manual_seed(3))
TOLD = torch.randn(len(FLUX), 7, generator=torch.Generator().manual_seed(4))


def make_network(learnt: float) -> CVAE:
    """An untaught network, whose modulation has learnt numbers of a given size."""
    torch.manual_seed(0)
    model = CVAE(TINY, DECALS).eval()
    torch.manual_seed(1)
    nn.init.normal_(model.modulation.say.weight, std=learnt)
    return model


def test_as_made_it_changes_nothing():
    factors = Modulation(7, 16, (3, 5))(TOLD)
    assert [scale.shape[1] for scale, _ in factors] == [3, 5]
    assert all((scale == 1).all() and (shift == 0).all() for scale, shift in factors)
    model = make_network(0.0)
    assert torch.equal(model.shapes(FLUX, TOLD), model.trunk(model.stretch(FLUX)))


def test_what_is_told_changes_what_the_convolutions_see_of_that_galaxy_alone():
    model = make_network(0.3)
    told, silent = TOLD.clone(), model.shapes(FLUX)
    assert torch.equal(silent, model.shapes(FLUX, torch.zeros_like(TOLD)))
    told[1:] = 0
    seen = model.shapes(FLUX, told)
    assert torch.allclose(seen[1:], silent[1:], atol=1e-6)
    assert not torch.allclose(seen[0], silent[0], atol=1e-3)


def test_its_first_step_is_learnt_from_what_was_told():
    model = make_network(0.0)
    model.shapes(FLUX, TOLD).sum().backward()
    assert model.modulation.say.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("count", [FEW, FEW + 3])
def test_all_eight_looks_are_told_the_same(count):
    embedder = Embedder(make_network(0.3))
    seeing = np.exp(0.2 * TOLD[:count, :3].numpy())
    observed = Observed(seeing, np.zeros(count, bool))
    one_by_one = np.concatenate(
        [embedder.encode_orientations(FLUX[i : i + 1].numpy(), observed[slice(i, i + 1)]) for i in range(count)], axis=1
    )
    assert np.allclose(embedder.encode_orientations(FLUX[:count].numpy(), observed), one_by_one, rtol=1e-4, atol=1e-4)


def test_a_network_of_a_card_that_does_not_say_has_none():
    assert CVAE(Network.read({"stem": 12, "told": True}), DECALS).modulation is None
    assert CVAE(Network(told=False), DECALS).modulation is None
