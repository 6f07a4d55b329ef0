import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from galexplore.cutouts.segment import OTHER, segment
from galexplore.images import SEEING_SPREAD
from galexplore.network.augment import augment, cut_edges, move, obscure, prepare_lesson
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse
from tests.network.test_vae import moments_angle

STILL = Training(turned=0.0, noisy=0.0, background=0.0, edge_masks=0.0)


def double(phi):
    return torch.tensor([[math.cos(2 * phi), math.sin(2 * phi)]])


@pytest.mark.parametrize("turned", [0.0, 1.0])
def test_the_angle_turns_along_with_the_picture(turned):
    phi, generator, seen = 0.7, torch.Generator().manual_seed(3), set()
    flux = torch.from_numpy(draw_ellipse(phi, size=4))[None]
    for _ in range(40):
        moved, vector, valid = move(flux, double(phi), torch.rand((1, 6), generator=generator), turned)
        angle = moments_angle(moved[0, 1].numpy())
        assert torch.allclose(vector, double(angle), atol=0.02)
        assert torch.isclose(moved.sum(), flux.sum(), rtol=1e-3)
        assert valid[..., 15:54, 15:54].all()
        seen.add(round(angle, 1))
    assert len(seen) <= 4 if turned == 0 else len(seen) > 15


def test_a_right_angle_keeps_every_pixel_as_it_was():
    flux = torch.randn(1, 3, 69, 69)
    u = torch.tensor([[0.9, 0.3, 0.7, 0.5, 0.5, 0.0]])  # not free: 90 degrees, no mirror, no shift
    moved, _, valid = move(flux, double(0.3), u, turned=0.5)
    assert valid.all()
    turns = [torch.rot90(flux, k, (2, 3)) for k in (1, 3)]
    assert any(torch.allclose(moved, turned, atol=1e-4) for turned in turns)


def test_a_shift_moves_by_pixels_and_says_what_was_lost():
    flux = torch.randn(1, 3, 69, 69)
    u = torch.tensor([[0.9, 0.0, 0.7, 0.99, 0.5, 0.0]])  # one pixel along the columns
    moved, _, valid = move(flux, double(0.3), u, turned=0.5)
    assert torch.allclose(moved[..., :-1], flux[..., 1:], atol=1e-4)
    assert not valid[..., -1].any() and valid[..., :-1].all()


def test_each_galaxy_gets_a_move_of_its_own():
    flux = torch.from_numpy(draw_ellipse(0.4))[None].repeat(16, 1, 1, 1)
    moved, vector, _ = augment(flux, double(0.4).repeat(16, 1), Training(), DECALS, torch.Generator().manual_seed(0))
    assert len({round(float(v), 3) for v in vector[:, 0]}) > 8
    assert len({round(float(m.std()), 6) for m in moved}) > 8


def test_unknown_angles_stay_unknown():
    flux = torch.from_numpy(draw_ellipse(0.4))[None]
    _, vector, _ = augment(flux, torch.full((1, 2), math.nan), Training(), DECALS, torch.Generator().manual_seed(0))
    assert vector.isnan().all()


def test_dust_that_is_left_in_dims_by_the_survey_s_law_and_is_said_by_the_last_number():
    flux, ebv, told = torch.ones(400, 3, 4, 4), torch.full((400,), 0.2), torch.ones(400, 7)
    told[:, -1] = 0.0
    recipe = Training(dusty=0.5, untold=0.5, untold_band=0.0, seeing_error=0.0, dust_error=0.0)
    generator = torch.Generator().manual_seed(0)
    seen, said = obscure(flux, told, ebv, recipe, DECALS, generator)
    dimmed, law = said[:, -1] == 1, 10 ** (-0.4 * 0.2 * torch.tensor(DECALS.extinction))
    assert 150 < dimmed.sum() < 250 and (seen[~dimmed] == 1).all()
    assert torch.allclose(seen[dimmed], law.view(3, 1, 1).expand(3, 4, 4))
    silent = (said[:, :-1] == 0).all(dim=1)
    assert 150 < silent.sum() < 250 and (said[~silent, :-1] == 1).all()
    assert 50 < (silent & dimmed).sum() < 150  # one does not follow from the other
    spread = obscure(flux, told, ebv, Training(dusty=0.0, dust_error=0.15), DECALS, generator)[0]
    error = -2.5 * torch.log10(spread[:, 0, 0, 0]) / DECALS.extinction[0]
    assert error.std() == pytest.approx(0.15 * 0.2, rel=0.15) and abs(error.mean()) < 0.006
    _, nobody = obscure(flux, told, torch.zeros(400), Training(dusty=1.0), DECALS, generator)
    assert (nobody[:, -1] == 0).all()  # of no known dust none is left in


def test_seeing_is_told_of_most_bands_with_an_error():
    flux, none, told = torch.ones(2000, 3, 4, 4), torch.zeros(2000), torch.ones(2000, 7)
    recipe = Training(untold=0.0, untold_band=0.1, seeing_error=0.06)
    _, said = obscure(flux, told, none, recipe, DECALS, torch.Generator().manual_seed(0))
    scaled, known = said[:, :3], said[:, 3:6].bool()
    assert known.float().mean() == pytest.approx(0.9, abs=0.02) and (scaled[~known] == 0).all()
    assert (~known).any(dim=1).float().mean() == pytest.approx(1 - 0.9**3, abs=0.03)  # each band by itself
    error = (scaled[known] - 1) * SEEING_SPREAD
    assert error.std() == pytest.approx(0.06, rel=0.1) and abs(error.mean()) < 0.005


def test_added_noise_stays_below_what_the_recipe_says():
    recipe = Training(turned=0.0, noisy=1.0, noise=0.7, background=0.0, edge_masks=0.0)
    flux = torch.zeros(64, 3, 69, 69)
    noisy, _, _ = augment(flux, double(0.0).repeat(64, 1), recipe, DECALS, torch.Generator().manual_seed(0))
    level = noisy[..., 2:-2, 2:-2].std(dim=(2, 3)) / torch.tensor(DECALS.model_noise)
    assert level.max() < 0.75
    assert level.mean() == pytest.approx(0.35, abs=0.06)


def test_nothing_asked_for_leaves_the_picture_but_for_right_angles():
    flux = torch.rand(8, 3, 69, 69)
    moved, _, valid = augment(flux, double(0.0).repeat(8, 1), STILL, DECALS, torch.Generator().manual_seed(0))
    inner = moved[..., 2:-2, 2:-2]
    assert valid[..., 2:-2, 2:-2].all()
    # Bilinear weights of exactly 0 and 1: every value is one of the old ones.
    old = flux[0, 0].flatten().sort().values
    at = torch.searchsorted(old, inner[0, 0].flatten()).clamp(1, len(old) - 1)
    gap = torch.minimum((old[at] - inner[0, 0].flatten()).abs(), (old[at - 1] - inner[0, 0].flatten()).abs())
    assert gap.max() < 1e-4


def test_masked_edges_leave_the_middle():
    frames = cut_edges(torch.rand((200, 9), generator=torch.Generator().manual_seed(0)), 1.0, 69)
    assert frames.shape == (200, 1, 69, 69)
    assert frames[..., 20:49, 20:49].all()
    assert (frames.mean(dim=(1, 2, 3)) < 1).float().mean() > 0.8
    assert cut_edges(torch.rand(50, 9), 0.0, 69).all()


@pytest.mark.parametrize("turned", [0.0, 1.0])
def test_masks_and_targets_go_where_the_picture_goes(sky, turned):
    """A neighbour of known place is masked where it has come to lie; without it the target is the picture."""
    frame, flux = sky[0].iloc[:32].assign(ebv=0.3), np.zeros((32, 3, 69, 69), np.float32)
    flux[:, :, 30:39, 32:37] = 2.0
    crowded = flux.copy()
    crowded[:, :, 50:56, 12:18] = 3.0
    sample = Sample.gather(frame, crowded, DECALS, alone=flux)
    other = np.packbits((crowded != flux)[:, 0].reshape(32, -1), axis=1)
    recipe = replace(STILL, turned=turned, edge_masks=0.5, dusty=0.5)
    lesson = prepare_lesson(
        replace(sample, others=torch.from_numpy(other)), torch.arange(32), recipe, DECALS, torch.Generator()
    )
    neighbour = (lesson.flux - lesson.target)[:, :1]
    assert neighbour.sum() > 32 * 36 * 1.5 and (neighbour.flatten(1).sum(dim=1) > 0).all()
    assert (neighbour * lesson.judged).abs().max() < 0.05, "of its light no more than the interpolation's dregs count"
    assert (lesson.judged <= lesson.valid).all()
    lost = lesson.valid.sum(dim=(1, 2, 3)) - lesson.judged.sum(dim=(1, 2, 3))
    assert (lost > 0).float().mean() > 0.9 and lost.max() <= (36 if turned == 0 else 8 * 8), (
        "and of the rest hardly a pixel is lost"
    )
    dimmed = lesson.told[:, -1] == 1
    assert 0 < dimmed.sum() < 32
    brightest = lesson.target.flatten(2).max(dim=2).values[dimmed]
    law = 2.0 * 10 ** (-0.4 * 0.3 * torch.tensor(DECALS.extinction))
    assert torch.allclose(brightest, law.expand_as(brightest), rtol=1e-3), "the target lies behind the same dust"


def test_targets_are_given_no_noise_and_no_sky(sky):
    frame, flux = sky[0].iloc[:16], np.zeros((16, 3, 69, 69), np.float32)
    sample, recipe = Sample.gather(frame, flux, DECALS, alone=flux), Training(noisy=1.0, background=0.1)
    lesson = prepare_lesson(sample, torch.arange(16), recipe, DECALS, torch.Generator().manual_seed(0))
    assert (lesson.target == 0).all() and (lesson.flux.flatten(1).std(dim=1) > 0).all()


def test_whatever_is_no_mask_is_judged_where_the_frame_has_data(sky):
    sample = Sample.gather(sky[0][:16], sky[1][:16], DECALS)
    lesson = prepare_lesson(sample, torch.arange(16), Training(), DECALS, torch.Generator().manual_seed(0))
    assert (lesson.judged == lesson.valid).all() and lesson.target is lesson.flux


def test_the_masks_of_a_sample_are_those_of_its_pictures(sky):
    flux = sky[1][:12].copy()
    flux[:, :, 50:56, 12:18] += 3.0
    sample = Sample.gather(sky[0][:12], flux, DECALS).find_others(DECALS)
    expected = segment(flux.astype(np.float16), DECALS) == OTHER
    assert expected.any(axis=(1, 2)).all() and sample.others.shape == (12, 596)
    rows = torch.tensor([7, 0, 3])
    assert (sample.masks(rows)[:, 0].numpy() == expected[[7, 0, 3]]).all()
