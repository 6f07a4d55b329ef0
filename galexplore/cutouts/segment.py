"""Which pixels are the galaxy's own: a picture parted into its sources, real ones and simulated ones alike.

Every pixel above the sky climbs to the peak uphill of it, and a peak that stands out little from the saddle to a higher
one is part of that one (the persistence of topology; a watershed whose basins are merged). The source in the middle is
the galaxy; whatever else stands out is another's.
"""

from functools import lru_cache

import numpy as np
from scipy import ndimage

from galexplore.survey import Survey

#: What a pixel is: of the sky, of the galaxy in the middle, of another source.
SKY, OWN, OTHER = 0, 1, 2

KERNEL = 1.0  # model pixels: sigma of the Gaussian over which pixels are summed, about the seeing's
DETECTED = 2.0  # sigma of the smoothed sky above which a pixel belongs to a source
PROMINENT = 5.0  # sigma by which a peak stands above its saddle that is a source of its own,
CONTRAST = 0.2  # and share of the saddle's height: arms and clumps of a bright galaxy are no neighbours
GROWN = 2  # pixels of the sky about a source that are taken for its wings
CORE = 1.5  # arcsec from the middle, within which the sky is the galaxy's, that it has pixels even where none is seen
_OUTER = 0.22  # of the frame's side: from there outwards the sky's level and noise are read
_BATCH = 256


def segment(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Part pictures into the galaxy in the middle, other sources and the sky.

    Parameters
    ----------
    flux : array (N, B, S, S)
        Nanomaggies per native pixel, without gaps.
    survey : Survey

    Returns
    -------
    uint8 array (N, S, S)
        `SKY`, `OWN` or `OTHER` of each pixel.
    """
    parts = [_segment_batch(detect(flux[i : i + _BATCH], survey), survey) for i in range(0, len(flux), _BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, survey.size, survey.size), np.uint8)


def detect(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Sum the bands, weighed by their noise, over the seeing: (N, S, S), in sigma of each picture's own sky.

    The level of the sky is the median of the outer pixels, its noise their lower half's: sources are on the other side.
    """
    noise = np.asarray(survey.model_noise, np.float32)
    weight = (1 / noise**2 / np.sqrt((1 / noise**2).sum())).astype(np.float32)
    summed = np.einsum("nbij,b->nij", np.asarray(flux, np.float32), weight)
    summed = ndimage.gaussian_filter(summed, (0, KERNEL, KERNEL), mode="nearest", truncate=3)
    low, level = np.quantile(summed[:, _rings(survey)[0]], (0.159, 0.5), axis=1).astype(np.float32)[:, :, None, None]
    return (summed - level) / np.maximum(level - low, 0.05)  # of a sky that was typical it would be about a third


@lru_cache(maxsize=4)
def _rings(survey: Survey) -> tuple[np.ndarray, np.ndarray]:
    """Tell the outer pixels (S, S), whose sky is measured, and the core."""
    at = np.arange(survey.size) - (survey.size - 1) / 2
    radius = np.hypot(at[:, None], at)
    return radius > _OUTER * survey.size, radius * survey.model_scale < CORE


def _segment_batch(significance: np.ndarray, survey: Survey) -> np.ndarray:
    """Part pictures whose pixels' significance (N, S, S) is known."""
    source = label_sources(significance)
    middle = survey.size // 2
    own = (source == source[:, middle, middle][:, None, None]) & (source >= 0)
    other, core = (source >= 0) & ~own, _rings(survey)[1]
    disc = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), GROWN)[None]
    return np.select(
        [own | (core & ~other), other, ndimage.binary_dilation(other, disc), ndimage.binary_dilation(own, disc)],
        [OWN, OTHER, OTHER, OWN],
        SKY,
    ).astype(np.uint8)


def label_sources(significance: np.ndarray) -> np.ndarray:
    """Label the pixels of pictures (N, S, S) by the place of their source's peak among all pixels; -1 where sky.

    A peak makes a source where it stands above the sky by `PROMINENT`, and above the saddle to any higher peak by that
    and by `CONTRAST` of the saddle's height; else its pixels belong to the higher peak, or to the sky.
    """
    padded = np.pad(significance, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    height, wide, labels = padded.ravel(), padded.shape[2], np.full(padded.size, -1)
    at = np.flatnonzero(height > DETECTED)
    labels[at] = np.arange(len(at))
    around = at[:, None] + [0, -wide - 1, -wide, 1 - wide, -1, 1, wide - 1, wide, wide + 1]
    if len(at):
        peak = labels[around[np.arange(len(at)), height[around].argmax(axis=1)]]
        while (peak != peak[peak]).any():
            peak = peak[peak]
        peak = _merge(peak, height[at], labels[around[:, 5:]])
        labels[at] = np.where(height[at[peak]] > PROMINENT, at[peak], -1)
    return labels.reshape(padded.shape)[:, 1:-1, 1:-1]


def _merge(peak: np.ndarray, height: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Give pixels whose peak stands out too little to the higher one across the saddle, the highest saddle first.

    Parameters
    ----------
    peak : int array (K,)
        The pixel uphill of each.
    height : array (K,)
    following : int array (K, 4)
        The pixels beside each that come after it, -1 where there is none.

    Returns
    -------
    int array (K,)
    """
    pixel, side = np.nonzero(following >= 0)
    pairs = np.stack([pixel, following[pixel, side]])
    pairs = pairs[:, peak[pairs[0]] != peak[pairs[1]]]
    saddle, peaks = height[pairs].min(axis=0), np.sort(peak[pairs], axis=0)
    downwards = np.lexsort([-height[peaks].max(axis=0), -saddle])
    saddle, peaks = saddle[downwards], peaks[:, downwards]
    first = np.sort(np.unique(peaks[0] * len(peak) + peaks[1], return_index=True)[1])  # the highest pass of each pair
    parent = list(range(len(peak)))

    def climb(one: int) -> int:
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    for a, b, level in zip(*peaks[:, first].tolist(), saddle[first].tolist(), strict=True):
        low, high = sorted((climb(a), climb(b)), key=height.__getitem__)
        if height[low] - level < max(PROMINENT, CONTRAST * level):
            parent[low] = high
    return np.array([climb(one) for one in peak.tolist()])
