"""Maps for the eye: many dimensions drawn in two, and how far such a drawing may be trusted."""

import numpy as np
from scipy.spatial import cKDTree

from galexplore.atlas.recipe import AtlasConfig

#: Points whose whole ranking of neighbours is looked at for the trustworthiness: its error is then below 0.005.
_RANKED = 1500


def weigh_positions(position: np.ndarray, distance: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Mean (M, 2) of positions (N, 2) of each point's neighbours `index` (M, k), weighed by 1 / distance^2."""
    weight = 1 / np.maximum(distance, 1e-9) ** 2
    return (position[index] * (weight / weight.sum(axis=1, keepdims=True))[..., None]).sum(axis=1)


def draw_components(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw points (N, J) along their first two principal components.

    Returns
    -------
    position : float32 ndarray (N, 2)
        Each component's largest coefficient is positive, so that the same points are always drawn alike.
    share : ndarray (2,)
        Of the variance that each component holds.
    """
    centred = points - points.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(axes[:2]).argmax(axis=1)
    turned = axes[:2] * np.sign(axes[[0, 1], largest])[:, None]
    return (centred @ turned.T).astype(np.float32), values[:2] ** 2 / max((values**2).sum(), 1e-300)


def draw_map(points: np.ndarray, fitted: np.ndarray, config: AtlasConfig, verbose: bool = False) -> np.ndarray:
    """Draw points (N, J) on a map (N, 2), float32, by a seeded UMAP of those that are `fitted` (N,).

    The others are placed at the weighted mean position of their nearest fitted points, and so shape nothing. Where it
    is `verbose`, it tells its progress in percent on standard error.
    """
    import umap  # takes many seconds: only where an atlas is fitted

    usual = points[fitted]
    neighbours = min(config.n_neighbors, len(usual) - 1)
    seeded = {"random_state": config.seed, "n_jobs": 1}
    reducer = umap.UMAP(n_neighbors=neighbours, min_dist=config.min_dist, **seeded, verbose=verbose)
    position = np.empty((len(points), 2), np.float32)
    position[fitted] = reducer.fit_transform(usual)
    if not fitted.all():
        k = np.arange(1, min(config.placement, len(usual)) + 1)
        distance, index = cKDTree(usual).query(points[~fitted], k=k)
        position[~fitted] = weigh_positions(position[fitted], distance, index)
    return position


def judge_map(points: np.ndarray, position: np.ndarray, config: AtlasConfig) -> tuple[np.ndarray, dict[str, float]]:
    """Say how far a map keeps neighbours together.

    Parameters
    ----------
    points : array (N, J)
    position : array (N, 2)

    Returns
    -------
    preservation : float32 ndarray (N,)
        Share of each point's k nearest points that are among its k nearest on the map.
    summary : dict
        `neighbours` (k), `preservation` (mean) and `trustworthiness`.
    """
    k = min(config.judged, len(points) - 1)
    near, drawn = (_find_others(place, k) for place in (points, position))
    kept = (near[:, :, None] == drawn[:, None, :]).any(axis=2).mean(axis=1)
    trust = find_trustworthiness(points, drawn, config.seed)
    summary = {"neighbours": k, "preservation": round(float(kept.mean()), 4), "trustworthiness": round(trust, 4)}
    return kept.astype(np.float32), summary


def _find_others(place: np.ndarray, k: int) -> np.ndarray:
    """Find the indices (N, k) of the k points nearest to each, itself left out even where others share its place."""
    index = cKDTree(place).query(place, k=np.arange(1, k + 2))[1]
    itself = index == np.arange(len(place))[:, None]
    itself[~itself.any(axis=1), -1] = True  # so many share its place that it was not found: drop the farthest
    return index[~itself].reshape(len(place), k)


def find_trustworthiness(points: np.ndarray, drawn: np.ndarray, seed: int = 0) -> float:
    """Trustworthiness of a map (Venna & Kaski 2001): 1 where all neighbours on it are true neighbours.

    T = 1 - 2 / (n k (2N - 3k - 1)) sum (r - k) over the points' k neighbours `drawn` (N, k) whose rank r among all N
    true neighbours exceeds k; over n points drawn at random where there are more than 1,500.
    """
    n, k = drawn.shape
    rows = np.arange(n)
    if n > _RANKED:
        rows = np.sort(np.random.default_rng(seed).choice(n, _RANKED, replace=False))
    beyond = 0.0
    for i in rows:
        square = ((points - points[i]) ** 2).sum(axis=1)
        square[i] = -1  # itself has rank 0
        order = np.sort(square)
        rank = np.searchsorted(order, square[drawn[i]])
        beyond += np.maximum(rank - k, 0).sum()
    return float(1 - 2 / (len(rows) * k * (2 * n - 3 * k - 1)) * beyond)
