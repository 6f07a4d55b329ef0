"""Orders of an atlas's galaxies by how odd they are, which learn from a person's labels."""

from functools import cached_property

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galexplore.atlas.rarity import score_oddness
from galexplore.explore.labels import SCORES

#: Of the prediction: spread and reach of what galaxies alike share, spread of the trust in the ranking, error of a
#: score. Chosen on the simulated survey: 25 labels at the top and five of one kind bring 59 of 75 Green Peas, none of
#: whom was there before, into the first hundred.
ALIKE, WIDTH, TRUST, NOISE = 0.5, 0.5, 0.3, 0.15
#: Labels that are learnt from, the last ones; and covariances in memory at a time.
MOST_LABELS, _AT_ONCE = 3_000, 4_000_000


class Ranking:
    """Orders of the galaxies (N) of a table by how odd they are.

    Parameters
    ----------
    table : DataFrame
        `id`, `distance2`, `chi2`.
    points : array (N, J)
        Intrinsic latents in units of the ordinary galaxies' spread (`Atlas.points`).

    Attributes
    ----------
    ids : Index (N,)
        Of the galaxies, in the table's order.
    """

    def __init__(self, table: pd.DataFrame, points: np.ndarray):
        # As objects: those of pandas's own strings are converted, all of them, at every look-up.
        self.ids, self._points = pd.Index(table["id"].to_numpy(object), dtype=object), points
        self._scores = score_oddness(table["distance2"].to_numpy(), table["chi2"].to_numpy())

    @cached_property
    def _rarest(self) -> np.ndarray:
        return self.sort()

    def sort_rows(self, rows: np.ndarray) -> np.ndarray:
        """Sort places (M,) in the table, the rarest first; the whole table is sorted only once."""
        wanted = np.zeros(len(self.ids), bool)
        wanted[rows] = True
        return self._rarest[wanted[self._rarest]]

    def sort(self, by: str = "rarity", labels: pd.DataFrame | None = None) -> np.ndarray:
        """Places (N,) in the table, oddest first: by "rarity", "reconstruction" (chi2) or "both" (see `score_oddness`).

        Where a person's labels are given (`id`, `score`), the ranking learns from them (`rerank`).
        """
        odd = self._scores[by]
        if labels is not None:
            odd = self.predict(by, *locate_labels(self.ids, labels))
        return np.argsort(-odd, kind="stable")

    def score(self, by: str) -> np.ndarray:
        """How interesting each galaxy (N,) is taken to be before any label, from 0 to 1 (see `score_oddness`)."""
        return self._scores[by]

    def predict(self, by: str, places: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Predict a person's score / 5 of each galaxy (N,), from scores (L,) of those at places (L,): see `rerank`."""
        return rerank(self._points, self._scores[by], places, scores)

    def measure_reach(self, places: np.ndarray) -> np.ndarray:
        """How near each galaxy (N,) is to one of those at places (L,): from 1, the same, to 0, unlike all of them."""
        if not len(places):
            return np.zeros(len(self.ids))
        distance, _ = cKDTree(self._points[places[-MOST_LABELS:]]).query(self._points)
        return np.exp(-0.5 * (distance / WIDTH) ** 2)


def locate_labels(ids: pd.Index, labels: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Places (L,) of a person's scored labels among ids, and the scores (L,); those of none here are left out."""
    scored = labels.dropna(subset="score")
    places = ids.get_indexer(pd.Index(scored["id"].to_numpy(object)))
    return places[places >= 0], scored["score"].to_numpy(float)[places >= 0]


def rerank(points: np.ndarray, rank: np.ndarray, labelled: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Predict a person's score of every galaxy from those given so far: a ranking that learns.

    Gaussian-process regression (Rasmussen & Williams 2006, eq. 2.38) of score / 5, whose prior mean is the rank. Two
    terms are learnt: what galaxies alike in their latents have in common, k = 0.5^2 exp(-d^2 / 2 0.5^2), and how far
    the rank itself is to be trusted, k = 0.3^2 (1 + r r'). Without labels the ranking stays; a single 5 brings a
    galaxy's likes forward, and scores of 0 and 1 at the top of the ranking bring the whole top down. It serves as the
    active learning of Lochner & Bassett (2021, arXiv:2010.11202) does.

    Parameters
    ----------
    points : array (N, J)
        Intrinsic latents in units of the ordinary galaxies' spread (`Atlas.points`).
    rank : array (N,)
        How interesting each is taken to be without labels, from 0 to 1.
    labelled : int array (L,)
        Rows that were labelled; of more than 3,000 the last ones count.
    scores : array (L,)
        0 to 5.

    Returns
    -------
    ndarray (N,)
        Predicted score / 5.
    """
    points, rank, labelled = np.asarray(points, float), np.asarray(rank, float), np.asarray(labelled, int)
    labelled, scores = labelled[-MOST_LABELS:], np.asarray(scores, float)[-MOST_LABELS:]
    if not len(labelled):
        return rank.copy()
    known = points[labelled], rank[labelled]
    covariance = _alike(*known, *known) + NOISE**2 * np.eye(len(labelled))
    weight = np.linalg.solve(covariance, scores / max(SCORES) - rank[labelled])
    step = max(1, _AT_ONCE // len(labelled))
    parts = [slice(i, i + step) for i in range(0, len(rank), step)]
    return rank + np.concatenate([_alike(points[p], rank[p], *known) @ weight for p in parts])


def _alike(points: np.ndarray, rank: np.ndarray, others: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Prior covariance (N, L) of the scores of two lots of galaxies."""
    distance2 = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    near = np.exp(-0.5 * np.maximum(distance2, 0) / WIDTH**2)
    return ALIKE**2 * near + TRUST**2 * (1 + rank[:, None] * ranks)
