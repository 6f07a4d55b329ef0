"""The fitted reference: latents of the catalogue, its map, its population, its neighbours."""

import os
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galexplore.anomaly import Oddness, explain, fit_population, percentile
from galexplore.config import INTRINSIC, LATENTS, AtlasConfig
from galexplore.cutout import InputError

#: Where the intrinsic latents stand among the five.
_AT = [LATENTS.index(name) for name in INTRINSIC]


@dataclass(frozen=True)
class Atlas:
    """N galaxies in latent space, and the population fitted to the ordinary ones among them.

    Attributes
    ----------
    id, population : ndarray (N,) of str
    latents, sigma : ndarray (N, 5)
        In the order of `config.LATENTS`, physical units.
    position : ndarray (N, 2)
        On the map; dimensionless.
    chi2 : ndarray (N,)
        Reconstruction chi2 a pixel.
    centre, covariance : ndarray (4,), (4, 4)
        Robust moments of the ordinary galaxies' intrinsic latents.
    scale : ndarray (4,)
        What one unit of latent distance means: the ordinary galaxies' robust spread in each intrinsic latent.
    """

    id: np.ndarray
    population: np.ndarray
    latents: np.ndarray
    sigma: np.ndarray
    position: np.ndarray
    chi2: np.ndarray
    centre: np.ndarray
    covariance: np.ndarray
    scale: np.ndarray
    placement: int = AtlasConfig.placement

    def save(self, path: Path) -> None:
        """Write an npz without pickles; to a temporary name first."""
        partial = path.with_name("partial.npz")
        np.savez_compressed(partial, **{f.name: getattr(self, f.name) for f in fields(self)})
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> "Atlas":
        """Read what `save` wrote; raises `InputError` where there is none."""
        if not path.exists():
            raise InputError(f"No atlas stands in {path.parent.name!r}; make one with: galexplore train")
        with np.load(path, allow_pickle=False) as file:
            return cls(**{f.name: file[f.name] for f in fields(cls)[:-1]}, placement=int(file["placement"]))

    @cached_property
    def ordinary(self) -> np.ndarray:
        """Mask (N,) of the galaxies that define what is usual."""
        return self.population == "ordinary"

    @cached_property
    def points(self) -> np.ndarray:
        """Intrinsic latents (N, 4) in units of the population's spread: where distances are measured."""
        return self.latents[:, _AT] / self.scale

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points)

    def neighbours(self, latents: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the k nearest atlas galaxies in the intrinsic latents, exactly.

        Parameters
        ----------
        latents : array (M, 5)

        Returns
        -------
        distance : ndarray (M, k)
            In units of the population's robust spread.
        index : ndarray (M, k) of int
        """
        query = np.atleast_2d(latents)[:, _AT] / self.scale
        distance, index = self._tree.query(query, k=np.arange(1, min(k, len(self.id)) + 1))
        return distance, index

    def place(self, latents: np.ndarray) -> np.ndarray:
        """Put newcomers (M, 5) on the map: the distance-weighted mean position (M, 2) of their nearest galaxies.

        Deterministic, and the same alone or in a batch, which UMAP's own transform is not. An atlas galaxy lands on
        itself.
        """
        return _weighted_mean(self.position, *self.neighbours(latents, self.placement))

    def explain(self, latents: np.ndarray, sigma: np.ndarray) -> Oddness:
        """Rarity of galaxies (M, 5) against the ordinary population, with reasons in the order of `INTRINSIC`."""
        return explain(np.atleast_2d(latents)[:, _AT], np.atleast_2d(sigma)[:, _AT], self.centre, self.covariance)

    @cached_property
    def oddness(self) -> Oddness:
        """`explain` of the atlas's own galaxies."""
        return self.explain(self.latents, self.sigma)

    def rarity_percentile(self, distance2: np.ndarray) -> np.ndarray:
        """Percentage of ordinary galaxies that are less rare."""
        return percentile(distance2, self.oddness.distance2[self.ordinary])

    def chi2_percentile(self, chi2: np.ndarray) -> np.ndarray:
        """Percentage of ordinary galaxies that are better reconstructed."""
        return percentile(chi2, self.chi2[self.ordinary])


def _weighted_mean(position: np.ndarray, distance: np.ndarray, index: np.ndarray) -> np.ndarray:
    weight = 1 / np.maximum(distance, 1e-9) ** 2
    return (position[index] * (weight / weight.sum(axis=1, keepdims=True))[..., None]).sum(axis=1)


def build(table: pd.DataFrame, config: AtlasConfig = AtlasConfig()) -> Atlas:  # noqa: B008 (frozen)
    """Fit the population and the map to a catalogue joined with its latents.

    The map is a UMAP (McInnes et al. 2018, arXiv:1802.03426) of the ordinary galaxies' intrinsic latents in units of
    their spread, seeded; every other kind is placed on it as any newcomer would be.

    Parameters
    ----------
    table : DataFrame
        Columns `id`, `population`, `chi2`, `lat_<name>` and `lat_<name>_sigma`.
    """
    import umap  # takes many seconds: only where an atlas is fitted

    latents = table[[f"lat_{name}" for name in LATENTS]].to_numpy(float)
    ordinary = (table["population"] == "ordinary").to_numpy()
    usual = latents[ordinary][:, _AT]
    scale = 1.4826 * np.median(np.abs(usual - np.median(usual, axis=0)), axis=0)
    centre, covariance = fit_population(usual, config.seed)
    neighbours = min(config.n_neighbors, len(usual) - 1)
    reducer = umap.UMAP(n_neighbors=neighbours, min_dist=config.min_dist, random_state=config.seed, n_jobs=1)
    position = np.empty((len(table), 2), np.float32)
    position[ordinary] = reducer.fit_transform(usual / scale)
    if not ordinary.all():
        k = np.arange(1, min(config.placement, len(usual)) + 1)
        distance, index = cKDTree(usual / scale).query(latents[~ordinary][:, _AT] / scale, k=k)
        position[~ordinary] = _weighted_mean(position[ordinary], distance, index)
    return Atlas(
        id=table["id"].to_numpy(str),
        population=table["population"].to_numpy(str),
        latents=latents.astype(np.float32),
        sigma=table[[f"lat_{name}_sigma" for name in LATENTS]].to_numpy(np.float32),
        position=position,
        chi2=table["chi2"].to_numpy(np.float32),
        centre=centre,
        covariance=covariance,
        scale=scale,
        placement=config.placement,
    )
