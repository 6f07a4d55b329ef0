"""The fitted reference: latents of the catalogue, its map, what is usual, its neighbours."""

import json
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.stats import median_abs_deviation
from sklearn.decomposition import PCA

from galexplore.atlas.basis import find_basis
from galexplore.atlas.directions import whiten
from galexplore.atlas.maps import draw_map, judge_map, weigh_positions
from galexplore.atlas.rarity import Mixture, Oddness, explain, fit_mixture, percentile
from galexplore.atlas.recipe import AtlasConfig
from galexplore.errors import InputError
from galexplore.files import DAMAGE, write_beside
from galexplore.latents import INTRINSIC_AT, MEANS, SIGMAS

GAP = 10  # the neighbour whose distance tells a gap: the first few are chance


@dataclass(frozen=True)
class Atlas:
    """N galaxies in latent space, and what is usual among them: a mixture fitted to the ordinary ones.

    Attributes
    ----------
    id, population : ndarray (N,) of str
    latents, sigma : ndarray (N, 5)
        In the order of `LATENTS`, physical units.
    position : ndarray (N, 2)
        On the map; dimensionless.
    chi2 : ndarray (N,)
        Reconstruction chi2 a pixel.
    centre, covariance : ndarray (4,), (4, 4)
        Robust moments of all ordinary galaxies' intrinsic latents.
    scale : ndarray (4,)
        What one unit of latent distance means: the ordinary galaxies' robust spread in each intrinsic latent.
    placement : int
        Nearest galaxies whose map positions place a newcomer.

    What follows is None in an atlas of an earlier make.

    modes : Mixture
        The modes against which rarity is measured; else the one of `centre` and `covariance`.
    feature_position : ndarray (N, 2)
        On a second map, of the encoder's features before they are boiled down to latents.
    preservation, feature_preservation : ndarray (N,)
        Share of a galaxy's nearest ones in latent space that are its nearest on the map, and on the second map.
    gap : ndarray (N,)
        Latent distance to the tenth nearest ordinary galaxy: large in gaps between modes too.
    magnitude : ndarray (N,)
        r magnitude of the image (`galexplore.cutouts.photometry`).
    correlation : ndarray (N, 4, 4)
        Of each galaxy's errors in the intrinsic latents, where a joint posterior tells it: not kept with the atlas.
    directions : ndarray (K, 4, 4)
        Of each mode, in which the properties of `galexplore.atlas.basis` are told, where a model has learnt them
        (`galexplore.atlas.directions`): not kept with the atlas either.
    honesty : dict
        How far the map may be trusted: `trustworthiness` of either map, `neighbours` that `preservation` looks at, the
        mean preservation, UMAP's parameters and seed.
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
    modes: Mixture | None = None
    feature_position: np.ndarray | None = None
    preservation: np.ndarray | None = None
    feature_preservation: np.ndarray | None = None
    gap: np.ndarray | None = None
    magnitude: np.ndarray | None = None
    honesty: dict | None = None
    correlation: np.ndarray | None = None
    directions: np.ndarray | None = None

    def save(self, path: Path) -> None:
        """Write an npz without pickles, beside and renamed."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        for name in ("correlation", "directions"):
            arrays.pop(name, None)
        if self.modes is not None:
            del arrays["modes"]
            arrays |= {f"mode_{f.name}": getattr(self.modes, f.name) for f in fields(Mixture)}
        if self.honesty is not None:
            arrays["honesty"] = np.array(json.dumps(self.honesty))
        with write_beside(path) as partial:
            np.savez_compressed(partial, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Atlas":
        """Read what `save` wrote; raises `InputError` where there is none, or something else."""
        if not path.exists():
            raise InputError(f"No atlas stands in {path.parent.name!r}; make one with: galexplore train --name NAME")
        try:
            with np.load(path, allow_pickle=False) as file:
                values = {f.name: file[f.name] for f in fields(cls) if f.name in file}
                if "mode_weight" in file:
                    values["modes"] = Mixture(*(file[f"mode_{f.name}"] for f in fields(Mixture)))
            if "honesty" in values:
                values["honesty"] = json.loads(str(values["honesty"]))
            return cls(**values | {"placement": int(values["placement"])})
        except DAMAGE as error:
            raise InputError(
                f"The atlas in {path.parent.name!r} is damaged; train the model anew, with --overwrite"
            ) from error

    @cached_property
    def ordinary(self) -> np.ndarray:
        """Mask (N,) of the galaxies that define what is usual."""
        return self.population == "ordinary"

    @cached_property
    def points(self) -> np.ndarray:
        """Intrinsic latents (N, 4) in units of the ordinary ones' spread: where distances are measured."""
        return self.latents[:, INTRINSIC_AT] / self.scale

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points)

    @cached_property
    def _ordinary_tree(self) -> cKDTree:
        return cKDTree(self.points[self.ordinary])

    def neighbours(self, latents: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the k nearest atlas galaxies in the intrinsic latents, exactly.

        Parameters
        ----------
        latents : array (M, 5)

        Returns
        -------
        distance : ndarray (M, k)
            In units of the ordinary galaxies' robust spread.
        index : ndarray (M, k) of int
        """
        query = np.atleast_2d(latents)[:, INTRINSIC_AT] / self.scale
        distance, index = self._tree.query(query, k=np.arange(1, min(k, len(self.id)) + 1))
        return distance, index

    def place(self, latents: np.ndarray) -> np.ndarray:
        """Put newcomers (M, 5) on the map: the distance-weighted mean position (M, 2) of their nearest galaxies.

        Deterministic, and the same alone or in a batch, which UMAP's own transform is not. An atlas galaxy lands on
        itself.
        """
        return weigh_positions(self.position, *self.neighbours(latents, self.placement))

    @cached_property
    def usual(self) -> Mixture:
        """The mixture against which rarity is measured."""
        if self.modes is not None:
            return self.modes
        return Mixture(np.ones(1), self.centre[None], self.covariance[None], np.zeros((1, len(INTRINSIC_AT))))

    def explain(self, latents: np.ndarray, sigma: np.ndarray, correlation: np.ndarray | None = None) -> Oddness:
        """Rarity of galaxies (M, 5) against the ordinary ones, with reasons in the order of `galexplore.atlas.basis`.

        Parameters
        ----------
        latents, sigma : array (M, 5)
        correlation : array (M, 4, 4), optional
            Of their errors in the intrinsic latents.
        """
        value, own = np.atleast_2d(latents)[:, INTRINSIC_AT], np.atleast_2d(sigma)[:, INTRINSIC_AT]
        return explain(value, own, self.usual, correlation, self.find_turn)

    def find_turn(self, mode: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """Find what turns deviations of galaxies (M) of some modes and covariances into those that are told."""
        if self.directions is None or len(self.directions) != len(self.usual.weight):
            return find_basis(covariance)
        return self.directions[mode] @ whiten(covariance)

    def choose_mode(
        self, latents: np.ndarray, sigma: np.ndarray, correlation: np.ndarray | None = None
    ) -> tuple[int, np.ndarray]:
        """Mode that a galaxy (5,) is held against, and its covariance (4, 4), own errors included."""
        value, own = np.asarray(latents, float)[INTRINSIC_AT], np.asarray(sigma, float)[INTRINSIC_AT]
        mode, covariance = self.usual.choose(value, own, None if correlation is None else correlation[None])
        return int(mode[0]), covariance[0]

    def measure_gap(self, latents: np.ndarray, k: int = GAP, skip: np.ndarray | None = None) -> np.ndarray:
        """Measure the latent distance of galaxies (M, 5) to their k-th nearest ordinary one; `skip` marks such (M,)."""
        query = np.atleast_2d(latents)[:, INTRINSIC_AT] / self.scale
        distance = self._ordinary_tree.query(query, k=[k, k + 1])[0]
        return distance[:, 0] if skip is None else np.where(skip, distance[:, 1], distance[:, 0])

    @cached_property
    def oddness(self) -> Oddness:
        """`explain` of the atlas's own galaxies."""
        return self.explain(self.latents, self.sigma, self.correlation)

    @cached_property
    def _usual_distance2(self) -> np.ndarray:
        return np.sort(self.oddness.distance2[self.ordinary])

    @cached_property
    def _usual_chi2(self) -> np.ndarray:
        return np.sort(self.chi2[self.ordinary])

    def rarity_percentile(self, distance2: np.ndarray) -> np.ndarray:
        """Percentage of ordinary galaxies that are less rare."""
        return percentile(distance2, self._usual_distance2)

    def percentile_at(self, latents: np.ndarray, k: int = 20) -> float:
        """Percentile of rarity of a galaxy of latents (5,), were it measured as well as its k nearest galaxies are.

        The atlas's own distances include its galaxies' errors; a point without any would always look rarer than they.
        """
        sigma = np.median(self.sigma[self.neighbours(latents, k)[1][0]], axis=0)
        return float(self.rarity_percentile(self.explain(latents, sigma).distance2)[0])

    def chi2_percentile(self, chi2: np.ndarray) -> np.ndarray:
        """Percentage of ordinary galaxies that are better reconstructed."""
        return percentile(chi2, self._usual_chi2)


def build(table: pd.DataFrame, features: np.ndarray | None = None, config: AtlasConfig = AtlasConfig()) -> Atlas:  # noqa: B008 (frozen)
    """Fit what is usual and the maps to a catalogue joined with its latents.

    The map is a UMAP (McInnes et al. 2018, arXiv:1802.03426) of the ordinary galaxies' intrinsic latents in units of
    their spread, seeded; every other kind is placed on it as any newcomer would be. The second map is made alike of the
    leading principal components of the encoder's features.

    Parameters
    ----------
    table : DataFrame
        Columns `id`, `population` (all ordinary without it), `chi2`, `lat_<name>`, `lat_<name>_sigma` and, where it is
        known, `mag_aperture`.
    features : array (N, F), optional
    """
    latents = table[MEANS].to_numpy(float)
    sigma = table[SIGMAS].to_numpy(float)
    kinds = table["population"] if "population" in table else pd.Series("", index=table.index)
    kinds = kinds.where(kinds.notna() & (kinds != ""), "ordinary")
    ordinary = (kinds == "ordinary").to_numpy()
    usual = latents[ordinary][:, INTRINSIC_AT]
    scale = 1.4826 * median_abs_deviation(usual, axis=0)
    scale[scale == 0] = 1.0  # a latent that nothing taught is the same for all
    whole = fit_mixture(usual, sigma[ordinary][:, INTRINSIC_AT], 1, config.seed)
    points = latents[:, INTRINSIC_AT] / scale
    position = draw_map(points, ordinary, config)
    preservation, of_latents = judge_map(points, position, config)
    honesty = {"parameters": asdict(config), "latents": of_latents}
    second = {}
    if features is not None:
        parts = PCA(min(config.components, *features.shape), random_state=config.seed).fit(features[ordinary])
        points2 = parts.transform(features)
        second["feature_position"] = draw_map(points2, ordinary, config)
        second["feature_preservation"], honesty["features"] = judge_map(points2, second["feature_position"], config)
    if "mag_aperture" in table:
        second["magnitude"] = table["mag_aperture"].to_numpy(np.float32)
    atlas = Atlas(
        id=table["id"].to_numpy(str),
        population=kinds.to_numpy(str),
        latents=latents.astype(np.float32),
        sigma=sigma.astype(np.float32),
        position=position,
        chi2=table["chi2"].to_numpy(np.float32),
        centre=whole.centre[0],
        covariance=whole.covariance[0],
        scale=scale,
        placement=config.placement,
        modes=fit_mixture(usual, sigma[ordinary][:, INTRINSIC_AT], config.modes, config.seed),
        preservation=preservation,
        honesty=honesty,
        **second,
    )
    return replace(atlas, gap=atlas.measure_gap(atlas.latents, skip=ordinary).astype(np.float32))
