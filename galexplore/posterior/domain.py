"""Whether an image is of what a model has learnt from: inside, at the edge, or outside, where no answer is given.

Two things are asked of what the encoder has made of an image. How far is it from the galaxies that taught it, in
units of their own spread? And is it more like what is no galaxy: a star, a line across one band, an empty sky?
"""

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from galexplore.errors import InputError
from galexplore.files import DAMAGE, write_beside

#: The file of a model's folder that holds it.
FILE = "domain.npz"
INSIDE, EDGE, OUTSIDE = "inside", "at the edge", "outside"
#: What there is to tell apart, galaxies first, and what is said of the others.
GALAXY = "galaxy"
SAYINGS = {
    "star": "it looks like a star",
    "line": "a straight line crosses one band (a satellite trail or a bad column)",
    "empty": "no source is seen at the centre",
}
UNLIKE = "the image is unlike any of the training set"
UNUSUAL = "hardly any galaxy of the training set looks like this"
#: Columns that a table of embedded images gets.
DISTANCE, PROBABILITIES = "feature_distance", "prob_"
PARTS = 32  # principal components of the features that distances are measured in
#: Probability below which a galaxy is none. As many of each kind taught it, and the sky of galaxies has few of the
#: others: what may be either, as compact galaxies of many young stars may, is one.
SAFE = 0.3
SHARES = (0.99, 0.999)  # of ordinary galaxies that are nearer than the edge, and than half of the way outside
BEYOND = 2.0  # outside is so many times as far as all but one in a thousand
FILLED = (0.10, 0.50)  # share of the inner frame filled in, from which an answer is at the edge, and none is given
_FLOOR = 1e-3  # of the largest variance: a component that varies less is no direction to be unusual in


@dataclass(frozen=True)
class Validity:
    """What is said of one image.

    Attributes
    ----------
    state : "inside" | "at the edge" | "outside"
    reasons : tuple of str
        In words, the weightiest first; inside, what else of the image is to be known.
    widening : float
        By which intervals are to be multiplied at the edge; 1 inside.
    caveat : str
        What speaks against any physical reason of its oddness: a key of `galexplore.explore.caveats.BRIEFLY`, or "".
    """

    state: str = INSIDE
    reasons: tuple[str, ...] = ()
    widening: float = 1.0
    caveat: str = ""

    @property
    def sentence(self) -> str:
        """One sentence that stands above the answer."""
        why = "; ".join(self.reasons)
        if self.state == INSIDE:
            return f"Interpret with care: {why}." if why else "Inside the training distribution."
        if self.state == OUTSIDE:
            return f"Outside the training distribution, no answer is given: {why}."
        if self.widening < 1.05:
            return f"At the edge of the training distribution: {why}."
        return f"At the edge of the training distribution, intervals are {self.widening:.1f} times as wide: {why}."


@dataclass(frozen=True)
class Strange:
    """What is no galaxy, and galaxies of rare kinds: M images.

    Attributes
    ----------
    looks : ndarray (M,) of str
        What each is: "galaxy", or a key of `SAYINGS`.
    features : ndarray (M, F)
    pixels : DataFrame (M)
        As of `cutouts.artefacts.measure_artefacts`.
    pulls : ndarray (M, P)
        Errors of their answers over the calibrated sigma, NaN where not known.
    """

    looks: np.ndarray
    features: np.ndarray
    pixels: pd.DataFrame
    pulls: np.ndarray


@dataclass(frozen=True)
class Domain:
    """Where a model's galaxies lie among its encoder's features (F), and what tells them from what is none.

    Attributes
    ----------
    centre : ndarray (F,)
    axes : ndarray (F, K)
        Features to K whitened components.
    spread : float
        Root mean square of what the components leave of an ordinary galaxy.
    limits : ndarray (2,)
        Distance beyond which an image is at the edge, and outside.
    widening : float
        Intervals at the edge over those inside, as measured on galaxies there.
    kinds : ndarray (C,) of str
        What is told apart, "galaxy" first; it alone where nothing else was taught.
    mean, std : ndarray (D,)
        Of the descriptors.
    weight, bias : ndarray (C, D), (C,)
        Of a softmax regression on them.
    """

    centre: np.ndarray
    axes: np.ndarray
    spread: float
    limits: np.ndarray
    widening: float
    kinds: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    def save(self, path: Path) -> None:
        """Write an npz without pickles, beside and renamed."""
        arrays: dict[str, Any] = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        small: dict[str, Any] = {k: a.astype(np.float32) if a.dtype == float else a for k, a in arrays.items()}
        with write_beside(path) as partial:
            np.savez_compressed(partial, **small)

    @classmethod
    def load(cls, path: Path) -> "Domain":
        """Read what `save` wrote; raises `InputError` where it is damaged."""
        try:
            with np.load(path, allow_pickle=False) as file:
                values = {f.name: file[f.name] for f in fields(cls)}
            return cls(**values | {name: float(values[name]) for name in ("spread", "widening")})
        except DAMAGE as error:
            raise InputError(f"The training distribution of {path.parent.name!r} ({FILE}) is damaged.") from error

    def measure(self, features: np.ndarray, pixels: pd.DataFrame) -> pd.DataFrame:
        """Measure images by their features (N, F) and by `cutouts.artefacts.measure_artefacts`.

        Returns
        -------
        DataFrame
            `feature_distance`, dimensionless, about 1 for ordinary galaxies; where kinds were taught, `prob_<kind>` of
            each, which sum to one.
        """
        parts, distance = self._project(features)
        table = pd.DataFrame({DISTANCE: distance})
        if len(self.kinds) > 1:
            told = (describe(parts, distance, pixels) - self.mean) / self.std
            chances = softmax(told @ self.weight.T + self.bias, axis=1)
            table = table.assign(**{f"{PROBABILITIES}{k}": chances[:, i] for i, k in enumerate(self.kinds)})
        return table

    def _project(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whitened components (N, K) and the distance (N,): both root mean squares, of these and of what they leave."""
        return project(features, self.centre, self.axes, self.spread, self._back)

    @cached_property
    def _back(self) -> np.ndarray:
        """Whitened components to features (K, F): to reckon it costs more than many a look at it."""
        return np.linalg.pinv(self.axes)

    def judge(self, row: dict[str, float], filled: float) -> Validity:
        """Judge one image.

        Parameters
        ----------
        row : dict
            What `measure` says of it.
        filled : float
            Share of the inner frame that was filled in.
        """
        none = {k: row.get(f"{PROBABILITIES}{k}", 0.0) for k in map(str, self.kinds) if k != GALAXY}
        outside, edge = list[str](), list[str]()
        if sum(none.values()) > 1 - SAFE:
            outside.append(SAYINGS[max(none, key=lambda k: none[k])])
        for value, (near, far), reasons in (
            (row[DISTANCE], self.limits, (UNUSUAL, UNLIKE)),
            (filled, FILLED, (f"{filled:.0%} of the central region has no data and is filled in",) * 2),
        ):
            if value > near:
                (outside if value > far else edge).append(reasons[int(value > far)])
        if outside:
            return Validity(OUTSIDE, (*outside, *edge))
        return Validity(EDGE, tuple(edge), self.widening) if edge else Validity()


def describe(parts: np.ndarray, distance: np.ndarray, pixels: pd.DataFrame) -> np.ndarray:
    """Descriptors (N, D) by which kinds are told apart: components, their squares, and what the pixels show."""
    shown = np.column_stack(
        [
            np.log(np.maximum(distance, 1e-3)),
            np.clip(pixels["line"], 0, 6),
            np.arcsinh(pixels["depth"]),
            np.log(pixels["size"].clip(lower=0.1)),
            pixels["ellipticity"],
            pixels["off_locus"].clip(-1, 1).fillna(1.0),
        ]
    ).astype(float)
    off = shown[:, 5]
    bent = np.column_stack([shown[:, 1:5] ** 2, np.abs(off), shown[:, 3] * np.abs(off), shown[:, 2] * shown[:, 3]])
    calm = np.clip(parts, -6, 6)
    return np.nan_to_num(np.concatenate([calm, calm**2, shown, bent], axis=1))


def project(
    features: np.ndarray, centre: np.ndarray, axes: np.ndarray, spread: float, back: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Whitened components (N, K) of features (N, F), and their distance (N,); `back` is the axes' pseudo-inverse."""
    off = np.asarray(features, float) - centre
    parts = off @ axes
    along = parts @ (np.linalg.pinv(axes) if back is None else back)
    rest = np.sqrt(((off - along) ** 2).mean(axis=1)) / spread
    return parts, np.sqrt(0.5 * (parts**2).mean(axis=1) + 0.5 * rest**2)


def fit(
    features: np.ndarray,
    pixels: pd.DataFrame,
    held_out: np.ndarray,
    pulls: np.ndarray,
    strange: Strange | None = None,
    seed: int = 0,
) -> Domain:
    """Learn where galaxies lie, and what tells them from what is none.

    Parameters
    ----------
    features : array (N, F)
        Of ordinary galaxies.
    pixels : DataFrame (N)
        Their measurements.
    held_out : bool array (N,)
        Galaxies that only set the limits.
    pulls : array (N, P)
        Errors of their answers over the calibrated sigma, NaN where not known.
    strange : Strange, optional
        What tells galaxies from the rest, and how wrong answers are about galaxies that none was taught by.
    seed : int
    """
    taught = features[~held_out].astype(float)
    centre = taught.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(taught.T))
    chosen = np.argsort(values)[::-1][:PARTS]
    chosen = chosen[values[chosen] > _FLOOR * values.max()]
    axes = vectors[:, chosen] / np.sqrt(values[chosen])
    off = taught - centre
    rest = off - (off @ axes) @ np.linalg.pinv(axes)
    spread = float(max(np.sqrt((rest**2).mean()), 1e-6))
    parts, distance = project(features, centre, axes, spread)
    near, far = np.quantile(distance[held_out], SHARES)
    usual, unusual = pulls[held_out & (distance <= near)], [pulls[held_out & (distance > near)]]
    kinds, mean, weight = [GALAXY], np.zeros(2 * len(chosen) + 13), np.zeros((1, 2 * len(chosen) + 13))
    std, bias = np.ones_like(mean), np.zeros(1)
    if strange is not None:
        others, away = project(strange.features, centre, axes, spread)
        unusual.append(strange.pulls[(strange.looks == GALAXY) & (away > near)])
        kinds += [k for k in SAYINGS if (strange.looks == k).any()]
        of_usual = describe(parts[~held_out], distance[~held_out], pixels[~held_out])
        told = np.concatenate([of_usual, describe(others, away, strange.pixels)])
        mean, std = told.mean(axis=0), np.maximum(told.std(axis=0), 1e-6)
        kind = np.append(np.zeros(len(of_usual), int), [kinds.index(look) for look in strange.looks])
        weight, bias = _regress((told - mean) / std, kind, seed)
    return Domain(
        centre, axes, spread, np.array([near, BEYOND * far]), _widen(usual, np.concatenate(unusual)),
        np.array(kinds), mean, std, weight, bias,
    )  # fmt: skip


def _regress(told: np.ndarray, kind: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fit a softmax regression; what is rare counts as it is drawn."""
    from sklearn.linear_model import LogisticRegression

    pupil = LogisticRegression(C=0.3, max_iter=2000, random_state=seed).fit(told, kind)
    if len(pupil.classes_) == 2:  # sklearn gives the second one's odds alone
        return np.vstack([np.zeros_like(pupil.coef_), pupil.coef_]), np.append(0.0, pupil.intercept_)
    return pupil.coef_, pupil.intercept_


def _widen(inside: np.ndarray, edge: np.ndarray, level: float = 0.6827) -> float:
    """Factor by which intervals at the edge are to be widened for the coverage that they have inside."""
    factors = []
    for usual, unusual in zip(inside.T, edge.T, strict=True):
        usual, unusual = (np.abs(p[np.isfinite(p)]) for p in (usual, unusual))
        if len(unusual) >= 20 and len(usual) >= 20:
            factors.append(np.quantile(unusual, level) / np.quantile(usual, level))
    return float(np.clip(max(factors, default=1.5), 1.0, 5.0))
