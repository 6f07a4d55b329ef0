"""Is it a galaxy at all, and alone? Plain tests of the pixels, kept apart from how rare or how badly drawn it is."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import convolve
from scipy.sparse import csr_array

from galexplore.cutouts.blends import measure_blend
from galexplore.errors import InputError
from galexplore.files import DAMAGE, write_beside
from galexplore.survey import Survey

#: The file of a model's folder that holds the measurements of its galaxies' images.
FILE = "pixels.npz"
#: What there may be instead of a galaxy: a line across one band, an empty sky, a star.
SUSPICIONS = ("line", "empty", "star")
#: Limits that tell the kinds apart; set on the simulated survey's labelled non-galaxies.
LINE, DEPTH = 2.2, 7.0
SIZE, ROUND, OFF_LOCUS, BRIGHT = 0.88, 0.10, 0.08, 100.0  # arcsec, ellipticity, magnitudes, sigma
LOCUS = ("g", "r", "z")  # the bands of the stars' colours
CONTAMINATED = 0.45  # of the light of its middle: a neighbour that may make it look like another galaxy
CLIP = 6.0  # sigma: what a single pixel may add to a line
_STEP = 3  # degrees between directions: rows and columns must be among them
_REACH, _SHORTEST = 0.43, 0.72  # of the frame's side: how far from the middle, and how long
_BATCH = 512
_MIDDLE, _SPOT, _NEAR = (
    1.7,
    1.3,
    (1.5, 4.0),
)  # arcsec: the galaxy's light, a neighbour's, and where that is sought


def _grid(survey: Survey) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row and column (S, S) of each pixel from the middle, and its distance from there in arcsec."""
    y, x = np.mgrid[: survey.size, : survey.size] - (survey.size - 1) / 2
    return y, x, np.hypot(x, y) * survey.model_scale


@lru_cache(maxsize=4)
def _lines(size: int) -> csr_array:
    """List every long straight line over a frame: a matrix (lines, pixels) whose rows are means along a line."""
    along, reach, shortest = np.arange(-size, size + 1), round(_REACH * size), round(_SHORTEST * size)
    rows = []
    for angle in np.radians(np.arange(0, 180, _STEP)):
        for offset in range(-reach, reach + 1):
            x = np.rint(offset * np.cos(angle) - along * np.sin(angle)).astype(int) + size // 2
            y = np.rint(offset * np.sin(angle) + along * np.cos(angle)).astype(int) + size // 2
            inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
            pixels = np.unique(y[inside] * size + x[inside])
            if len(pixels) >= shortest:
                rows.append(pixels)
    lengths = [len(r) for r in rows]
    values = np.repeat(1 / np.array(lengths, np.float32), lengths)
    start = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((values, np.concatenate(rows), start), shape=(len(rows), size**2))


def measure_artefacts(flux: np.ndarray, survey: Survey) -> pd.DataFrame:
    """Measure what tells galaxies from what is none.

    Parameters
    ----------
    flux : array (N, B, S, S)
        Nanomaggies per native pixel.
    survey : Survey

    Returns
    -------
    DataFrame
        `line` [sigma]: the largest mean along a straight line of one band, beyond what the same line has in another,
        each pixel clipped at 6 sigma of the sky. `depth` [sigma]: signal to noise within 2 arcsec in the best band.
        `size` [arcsec]: rms radius within 2.5 arcsec; `ellipticity` there. `off_locus` [mag]: r - z less that of stars
        of the same g - r; NaN where the survey lacks one of these bands. `contamination`: light of the brightest spot
        within 4 arcsec beyond what lies opposite to it, over that of the middle. `blend`: as of `measure_blend`.
    """
    if not len(flux):  # the columns of any, all the same
        return _measure_batch(np.zeros((1, *survey.shape), np.float32), survey).iloc[:0]
    parts = [_measure_batch(np.asarray(flux[i : i + _BATCH], np.float32), survey) for i in range(0, len(flux), _BATCH)]
    return pd.concat(parts, ignore_index=True)


def _measure_batch(flux: np.ndarray, survey: Survey) -> pd.DataFrame:
    noise = np.asarray(survey.model_noise, np.float32)[:, None, None]
    sigma = flux / noise
    columns = {"line": _find_line(sigma)}
    core = _grid(survey)[2] < 2
    columns["depth"] = sigma[..., core].sum(axis=-1).max(axis=1) / np.sqrt(core.sum())
    columns |= _measure_shape((sigma / noise).sum(axis=1), survey)
    columns["off_locus"] = np.full(len(flux), np.nan, np.float32)
    if set(LOCUS) <= set(survey.bands):
        bright = np.maximum(flux[..., core].sum(axis=-1), 1e-6)
        g, r, z = -2.5 * np.log10(bright[:, [survey.index(b) for b in LOCUS]]).T
        columns["off_locus"] = _leave_locus(g - r, r - z)
    columns["contamination"] = _measure_contamination(flux, noise, survey)
    columns["blend"] = measure_blend(flux, survey)
    return pd.DataFrame(columns)


def _measure_contamination(flux: np.ndarray, noise: np.ndarray, survey: Survey) -> np.ndarray:
    """Light (N,) of the brightest spot near the middle beyond what lies opposite to it, over the middle's own.

    What a turn by pi takes away is the galaxy (as of the asymmetry of Conselice 2003); what it leaves is a neighbour, a
    companion, or an arm that has no other. The noise of the middle is counted as light, so that nothing faint is
    contaminated by noise.
    """
    weight = 1 / noise**2 / (1 / noise**2).sum(axis=0)
    light, radius = (flux * weight).sum(axis=1), _grid(survey)[2]
    middle, near = radius < _MIDDLE, (radius > _NEAR[0]) & (radius < _NEAR[1])
    error = 1 / np.sqrt((1 / noise**2).sum())
    reach = int(_SPOT / survey.model_scale) + 1
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    spot = (np.hypot(row, column) * survey.model_scale <= _SPOT).astype(np.float32)
    excess = convolve(light - light[:, ::-1, ::-1], spot[None], mode="constant")
    own = light[:, middle].sum(axis=1) + 5 * error * np.sqrt(middle.sum())
    return excess[:, near].max(axis=1, initial=0) / np.maximum(own, 5 * error)


def _find_line(sigma: np.ndarray) -> np.ndarray:
    """Find the strongest line (N,) that one band has and the others have not; 0 where there is no other."""
    n, bands, size, _ = sigma.shape
    if bands == 1:
        return np.zeros(n, np.float32)
    clipped = np.clip(sigma, -CLIP, CLIP).reshape(-1, size**2)
    means = np.abs((_lines(size) @ clipped.T).T.reshape(n, bands, -1))
    means.sort(axis=1)
    return (means[:, -1] - means[:, -2]).max(axis=1)


def _measure_shape(weighted: np.ndarray, survey: Survey) -> dict[str, np.ndarray]:
    """Rms radius [arcsec] and ellipticity of the light (N, S, S) within 2.5 arcsec."""
    row, column, radius = _grid(survey)
    light = np.where(radius < 2.5, np.maximum(weighted, 0), 0)
    light = light / np.maximum(light.sum(axis=(1, 2), keepdims=True), 1e-9)

    def mean(of: np.ndarray) -> np.ndarray:
        return (light * of).sum(axis=(1, 2))

    x, y = mean(column), mean(row)
    xx, yy, xy = mean(column**2) - x**2, mean(row**2) - y**2, mean(column * row) - x * y
    total = np.maximum(xx + yy, 1e-9)
    return {"size": np.sqrt(total / 2) * survey.model_scale, "ellipticity": np.hypot(xx - yy, 2 * xy) / total}


def _leave_locus(gr: np.ndarray, rz: np.ndarray) -> np.ndarray:
    """Magnitudes by which r - z differs from that of main-sequence stars of the same g - r.

    A parabola up to g - r = 1.2; the M dwarfs beyond share one g - r and differ in r - z, from 0.75 to 1.65.
    """
    return rz - np.where(gr < 1.2, 0.4 * gr + 0.15 * gr**2, np.clip(rz, 0.75, 1.65))


def suspect(measured: pd.DataFrame) -> np.ndarray:
    """Name what each may be instead of a galaxy: one of `SUSPICIONS`, or "" where nothing speaks against a galaxy.

    A star and a galaxy too small to resolve look alike; the colours tell most of them apart, not all. Without g, r and
    z nothing is taken for a star.
    """
    m = measured
    point = (m["size"] < SIZE) & (m["ellipticity"] < ROUND) & (m["depth"] > BRIGHT)
    star = point & (m["off_locus"].abs() < OFF_LOCUS)
    return np.select([m["line"] > LINE, m["depth"] < DEPTH, star], ["line", "empty", "star"], "")


def fingerprint(catalogue: pd.DataFrame, survey: Survey) -> str:
    """Hash of what a catalogue's images are of: another draw of the same ids has other pixels."""
    named = [c for c in ("id", "ra", "dec", "seed", *(f"mag_{b}" for b in survey.bands)) if c in catalogue]
    hashes = pd.util.hash_pandas_object(catalogue[named], index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes()).hexdigest()[:16]


def save(path: Path, catalogue: pd.DataFrame, measured: pd.DataFrame, survey: Survey) -> None:
    """Write the measurements of a catalogue's images, row by row, as an npz without pickles, 16 bits each."""
    arrays: dict[str, Any] = {"catalogue": fingerprint(catalogue, survey)}
    for name, column in measured.items():
        arrays[str(name)] = column.to_numpy(np.float32).clip(-6e4, 6e4).astype(np.float16)
    with write_beside(path) as partial:
        np.savez_compressed(partial, **arrays)


def load(path: Path, catalogue: pd.DataFrame, survey: Survey) -> pd.DataFrame | None:
    """Read what `save` wrote; None where there is none, or it belongs to another catalogue.

    Raises
    ------
    InputError
        Where it is damaged.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            if "catalogue" not in file.files or str(file["catalogue"]) != fingerprint(catalogue, survey):
                return None
            return pd.DataFrame({name: file[name].astype(np.float32) for name in file.files if name != "catalogue"})
    except DAMAGE as error:
        raise InputError(f"The measurements of pixels in {path.name!r} are damaged; restore the file.") from error
