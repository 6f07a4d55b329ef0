"""Which pixels are the galaxy's own: held against flooding pixel by pixel, and against scenes that are known."""

import numpy as np
import pytest
from scipy import ndimage

from galexplore.cutouts import segment as segmenting
from galexplore.cutouts.segment import OTHER, OWN, SKY, label_sources, segment
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse

NOISE = np.asarray(DECALS.model_noise)[:, None, None]


def flood(height: np.ndarray) -> np.ndarray:
    """Sources of a picture (S, S) by its definition: the water falls, and pixels rise from it one by one."""
    source, peak = -np.ones(height.shape, int), {}
    for place in np.argsort(-height, axis=None, kind="stable"):
        y, x = divmod(int(place), height.shape[1])
        level = height[y, x]
        if level <= segmenting.DETECTED:
            break
        near = [(j, i) for j in range(max(0, y - 1), y + 2) for i in range(max(0, x - 1), x + 2)]
        near = [n for n in near if n[1] < height.shape[1] and n[0] < height.shape[0] and source[n] >= 0]
        if not near:
            source[y, x], peak[int(place)] = place, level
            continue
        mine = source[max(near, key=lambda n: height[n])]
        source[y, x] = mine
        for other in sorted({int(source[n]) for n in near} - {int(mine)}, key=lambda k: -peak[k]):
            low, high = sorted((int(mine), other), key=lambda k: peak[k])
            if peak[low] - level < max(segmenting.PROMINENT, segmenting.CONTRAST * level):
                source[source == low] = high
                mine = high if mine == low else mine
    for one, level in peak.items():
        source[(source == one) & (level <= segmenting.PROMINENT)] = -1
    return source


@pytest.mark.parametrize("seed", range(6))
def test_sources_are_those_that_flooding_pixel_by_pixel_finds(seed):
    generator = np.random.default_rng(seed)
    scenes = ndimage.gaussian_filter(generator.normal(size=(4, 33, 33)), (0, 1.2, 1.2)) * 12
    for scene in scenes:
        for _ in range(6):
            y, x, size = generator.uniform(0, 33), generator.uniform(0, 33), generator.uniform(1, 5)
            away = np.hypot(*(np.mgrid[:33, :33] - np.array([y, x])[:, None, None]))
            scene += generator.uniform(5, 80) * np.exp(-0.5 * (away / size) ** 2)
    found = label_sources(scenes)
    assert len(np.unique(found)) > 8
    for scene, labels in zip(scenes, found, strict=True):
        same = flood(scene)
        assert ((labels >= 0) == (same >= 0)).all()
        pairs = {(a, b) for a, b in zip(labels.ravel(), same.ravel(), strict=True)}
        assert len(pairs) == len(np.unique(labels)) == len(np.unique(same)), "one is a renaming of the other"


def place(flux: float, x: float, y: float, size: float = 1.3) -> np.ndarray:
    """A source of so many nanomaggies a band, x and y pixels from the middle."""
    away = np.hypot(*(np.mgrid[:69, :69] - 34 - np.array([y, x])[:, None, None]))
    spot = np.exp(-0.5 * (away / size) ** 2)
    return (flux * spot / spot.sum() * np.ones((3, 1, 1))).astype(np.float32)


@pytest.fixture
def scene():
    """A galaxy, its neighbours at known places, one of them on its flank, and the sky's noise."""
    galaxy = draw_ellipse(0.6, size=4.0, total=60.0)
    others = place(20, 9, 3) + place(40, -20, 14) + place(200, 25, -28, 1.6)
    return galaxy, others, np.random.default_rng(2).normal(size=(3, 69, 69)) * NOISE


def test_light_goes_to_whom_it_comes_from(scene):
    galaxy, others, noise = scene
    (parts,) = segment((galaxy + others + noise)[None], DECALS)
    assert others[:, parts == OTHER].sum() > 0.97 * others.sum()
    assert galaxy[:, parts == OTHER].sum() < 0.04 * galaxy.sum()
    assert galaxy[:, parts == OWN].sum() > 0.9 * galaxy.sum()
    assert (parts == SKY).mean() > 0.5


def test_noise_alone_is_sky_but_for_the_core(scene):
    (parts,) = segment(scene[2][None], DECALS)
    assert (parts == OTHER).mean() < 0.01 and 0 < (parts == OWN).sum() < 40
    assert parts[34, 34] == OWN


def test_clumps_of_a_galaxy_stay_with_it(scene):
    galaxy = draw_ellipse(0.6, size=8.0, total=300.0)
    clumpy = galaxy + place(1.5, 4, 3) + place(1.5, -5, -2)
    (parts,) = segment((clumpy + scene[2])[None], DECALS)
    assert (parts == OTHER).mean() < 0.02


def test_neither_the_sky_s_level_nor_its_depth_nor_turning_changes_what_is_whose(scene):
    galaxy, others, noise = scene
    seen = galaxy + others + noise
    (parts,) = segment(seen[None], DECALS)
    (lifted,) = segment((seen + 2 * NOISE)[None].astype(np.float32), DECALS)
    assert (lifted == parts).mean() > 0.999
    assert (segment(np.rot90(seen, axes=(1, 2))[None], DECALS)[0] == np.rot90(parts)).all()
    (deep,) = segment((10 * (galaxy + others + noise))[None], DECALS)
    assert (deep == parts).mean() > 0.999


def test_pictures_are_parted_one_by_one(scene):
    galaxy, others, noise = scene
    seen = np.stack([galaxy + noise, galaxy + others + noise, noise, np.zeros_like(noise)]).astype(np.float32)
    together = segment(seen, DECALS)
    assert together.dtype == np.uint8
    for one, parts in zip(seen, together, strict=True):
        assert (segment(one[None], DECALS)[0] == parts).all()
    assert segment(seen[:0], DECALS).shape == (0, 69, 69)
