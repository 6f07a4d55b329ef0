"""Is it a galaxy at all? Three plain tests of the pixels, kept apart from how rare or how badly drawn a galaxy is."""

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from galexplore.survey import DECALS

#: What each suspicion is called in a sentence.
SUSPICIONS = {
    "line": "a straight line crosses one band: a satellite's trail or a bad column",
    "empty": "nothing stands out from the sky in the middle",
    "star": "as round and small as a star, and of a star's colours",
}
BRIEFLY = {"line": "a line in one band", "empty": "empty sky", "star": "like a star"}
#: Kinds of the simulated catalogue that are no galaxies.
NO_GALAXIES = ("Star", "Satellite Trail", "Bad Column", "Empty Sky")
#: Limits that tell the kinds apart; set on the simulated survey's labelled non-galaxies.
LINE, DEPTH = 2.2, 7.0
SIZE, ROUND, OFF_LOCUS, BRIGHT = 0.81, 0.10, 0.08, 100.0  # arcsec, ellipticity, magnitudes, sigma
CLIP = 6.0  # sigma: what a single pixel may add to a line
_STEP = 3  # degrees between directions: rows and columns must be among them
_REACH, _SHORTEST = 30, 50  # pixels from the middle, and of a line
_BATCH = 512

_Y, _X = np.mgrid[: DECALS.size, : DECALS.size] - (DECALS.size - 1) / 2
_RADIUS = np.hypot(_X, _Y) * DECALS.model_scale  # arcsec


@lru_cache(maxsize=1)
def _lines() -> csr_array:
    """List every long straight line over the frame: a matrix (lines, pixels) whose rows are means along a line."""
    along = np.arange(-DECALS.size, DECALS.size + 1)
    rows = []
    for angle in np.radians(np.arange(0, 180, _STEP)):
        for offset in range(-_REACH, _REACH + 1):
            x = np.rint(offset * np.cos(angle) - along * np.sin(angle)).astype(int) + DECALS.size // 2
            y = np.rint(offset * np.sin(angle) + along * np.cos(angle)).astype(int) + DECALS.size // 2
            inside = (x >= 0) & (x < DECALS.size) & (y >= 0) & (y < DECALS.size)
            pixels = np.unique(y[inside] * DECALS.size + x[inside])
            if len(pixels) >= _SHORTEST:
                rows.append(pixels)
    lengths = [len(r) for r in rows]
    values = np.repeat(1 / np.array(lengths, np.float32), lengths)
    start = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((values, np.concatenate(rows), start), shape=(len(rows), DECALS.size**2))


def measure(flux: np.ndarray) -> pd.DataFrame:
    """Measure what tells galaxies from what is none.

    Parameters
    ----------
    flux : array (N, 3, 69, 69)
        Nanomaggies per native pixel.

    Returns
    -------
    DataFrame
        `line` [sigma]: the largest mean along a straight line of one band, beyond what the same line has in another,
        each pixel clipped at 6 sigma of the sky. `depth` [sigma]: signal to noise within 2 arcsec in the best band.
        `size` [arcsec]: rms radius within 2.5 arcsec; `ellipticity` there. `off_locus` [mag]: r - z less that of stars
        of the same g - r.
    """
    parts = [_measure(np.asarray(flux[i : i + _BATCH], np.float32)) for i in range(0, len(flux), _BATCH)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _measure(flux: np.ndarray) -> pd.DataFrame:
    noise = np.asarray(DECALS.model_noise, np.float32)[:, None, None]
    sigma = flux / noise
    columns = {"line": _find_line(sigma)}
    core = _RADIUS < 2
    columns["depth"] = sigma[..., core].sum(axis=-1).max(axis=1) / np.sqrt(core.sum())
    columns |= _measure_shape((sigma / noise).sum(axis=1))
    bright = np.maximum(flux[..., core].sum(axis=-1), 1e-6)
    g, r, z = -2.5 * np.log10(bright).T
    columns["off_locus"] = _leave_locus(g - r, r - z)
    return pd.DataFrame(columns)


def _find_line(sigma: np.ndarray) -> np.ndarray:
    """Find the strongest line (N,) that one band has and the two others have not."""
    clipped = np.clip(sigma, -CLIP, CLIP).reshape(-1, DECALS.size**2)
    means = np.abs((_lines() @ clipped.T).T.reshape(len(sigma), 3, -1))
    means.sort(axis=1)
    return (means[:, 2] - means[:, 1]).max(axis=1)


def _measure_shape(weighted: np.ndarray) -> dict[str, np.ndarray]:
    """Rms radius [arcsec] and ellipticity of the light (N, 69, 69) within 2.5 arcsec."""
    light = np.where(_RADIUS < 2.5, np.maximum(weighted, 0), 0)
    light = light / np.maximum(light.sum(axis=(1, 2), keepdims=True), 1e-9)

    def mean(of):
        return (light * of).sum(axis=(1, 2))

    x, y = mean(_X), mean(_Y)
    xx, yy, xy = mean(_X**2) - x**2, mean(_Y**2) - y**2, mean(_X * _Y) - x * y
    total = np.maximum(xx + yy, 1e-9)
    return {"size": np.sqrt(total / 2) * DECALS.model_scale, "ellipticity": np.hypot(xx - yy, 2 * xy) / total}


def _leave_locus(gr: np.ndarray, rz: np.ndarray) -> np.ndarray:
    """Magnitudes by which r - z differs from that of main-sequence stars of the same g - r.

    A parabola up to g - r = 1.2; the M dwarfs beyond share one g - r and differ in r - z, from 0.75 to 1.65.
    """
    return rz - np.where(gr < 1.2, 0.4 * gr + 0.15 * gr**2, np.clip(rz, 0.75, 1.65))


def suspect(measured: pd.DataFrame) -> np.ndarray:
    """Name what each may be instead of a galaxy: a key of `SUSPICIONS`, or "" where nothing speaks against a galaxy.

    A star and a galaxy too small to resolve look alike; the colours tell most of them apart, not all.
    """
    m = measured
    point = (m["size"] < SIZE) & (m["ellipticity"] < ROUND) & (m["depth"] > BRIGHT)
    star = point & (m["off_locus"].abs() < OFF_LOCUS)
    return np.select([m["line"] > LINE, m["depth"] < DEPTH, star], ["line", "empty", "star"], "")


def count_found(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Count what is suspected among the galaxies and non-galaxies of a labelled catalogue.

    Parameters
    ----------
    table : DataFrame
        `population`, `suspicion`.

    Returns
    -------
    dict
        Population to (suspected, all).
    """
    grouped = (table["suspicion"] != "").groupby(table["population"], sort=False)
    return {kind: (int(found.sum()), len(found)) for kind, found in grouped}


def fingerprint(catalogue: pd.DataFrame) -> str:
    """Hash of what a catalogue's images are of: another draw of the same ids has other pixels."""
    named = [c for c in ("id", "ra", "dec", "seed", "mag_g", "mag_r", "mag_z") if c in catalogue]
    hashes = pd.util.hash_pandas_object(catalogue[named], index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes()).hexdigest()[:16]


def save(path: Path, catalogue: pd.DataFrame, measured: pd.DataFrame) -> None:
    """Write the measurements of a catalogue's images, row by row, as an npz without pickles, 16 bits each."""
    columns = {name: measured[name].to_numpy(np.float32).clip(-6e4, 6e4).astype(np.float16) for name in measured}
    np.savez_compressed(path, catalogue=fingerprint(catalogue), **columns)


def load(path: Path, catalogue: pd.DataFrame) -> pd.DataFrame | None:
    """Read what `save` wrote; None where there is none, or it belongs to another catalogue."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        if "catalogue" not in file.files or str(file["catalogue"]) != fingerprint(catalogue):
            return None
        return pd.DataFrame({name: file[name].astype(np.float32) for name in file.files if name != "catalogue"})
