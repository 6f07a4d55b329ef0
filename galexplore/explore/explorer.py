"""The one object that answers: a model, its atlas, its catalogue and its images."""

import math
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.causes import Attribution, Causes
from galexplore.atlas.counterfactual import Ordinary, make_ordinary
from galexplore.atlas.rarity import Oddness, score_oddness
from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.explore.labels import rerank
from galexplore.explore.location import Location
from galexplore.explore.scatter import Scatter, scatter_over_views
from galexplore.images import Images
from galexplore.latents import INTRINSIC, LATENTS, MEANS, SIGMAS
from galexplore.posterior.calibrate import widen_at
from galexplore.survey import Survey
from galexplore.tables.catalogue import check_ids, is_simulated
from galexplore.tables.columns import fill_population, list_columns, list_words, set_aside

if TYPE_CHECKING:  # torch takes seconds to import: whoever loads a model pays for it, not whoever names this class
    from galexplore.network.embed import Embedder

#: Columns of the catalogue that a neighbour is shown with.
_SHOWN = ["id", "z", "logmass", "logsfr", "population"]
_LATER = ("cause", "cause_share", "suspicion")  # columns that join the table after the atlas's


class Explorer:
    """A trained model with its atlas, catalogue and images; shared by everyone who looks, so nothing in it changes.

    Attributes
    ----------
    name, card : str, dict
    embedder : Embedder
    atlas : Atlas
    table : DataFrame
        A row a galaxy, in the atlas's order: the catalogue's columns beside latents, map position and oddness. What of
        the catalogue is called as one of these is kept as `<name>_catalogue`.
    images : Images
        Of the catalogue's galaxies.
    simulated : bool
        Whether they are simulated ones, as the catalogue's provenance tells.
    """

    def __init__(self, name: str, card: dict, embedder: "Embedder", atlas: Atlas, table: pd.DataFrame, images: Images):
        self.name, self.card, self.embedder, self.atlas, self.images = name, card, embedder, atlas, images
        self.simulated = is_simulated(table)
        self.table = _join(table, atlas)
        causes = self.find_causes(atlas.oddness, atlas.latents, atlas.sigma)
        if causes is not None:
            self.table = self.table.assign(cause=causes.say(), cause_share=causes.share)

    @property
    def survey(self) -> Survey:
        """The imaging that the model reads."""
        return self.embedder.survey

    @cached_property
    def _places(self) -> pd.Index:
        return pd.Index(self.table["id"].to_numpy(object))

    def find_rows(self, ids: Iterable[str]) -> np.ndarray:
        """Places in the table of those ids that it holds, in the order of the table."""
        places = self._places.get_indexer(np.asarray(list(ids), object))
        return np.sort(places[places >= 0])

    @cached_property
    def numbers(self) -> list[str]:
        """Columns of the table that a galaxy can be plotted by."""
        return list_columns(self.table)

    @cached_property
    def words(self) -> list[str]:
        """Columns of the table with a few words, by which galaxies can be told apart."""
        return list_words(self.table)

    @cached_property
    def kinds(self) -> pd.Series:
        """How many galaxies of each population there are, the most frequent first."""
        return self.table["population"].value_counts()

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Images (N, B, S, S), nanomaggies per native pixel, that the model makes of latents (N, 5)."""
        return self.embedder.decode(latents)

    def locate(self, cutout: Cutout, k: int = 8) -> Location:
        """Say what a cutout is, where it lies, what it resembles and what makes it odd.

        Raises
        ------
        InputError
            Where the audit refuses; its `checks` say why.
        """
        prepared = prepare(cutout, self.survey)
        row = self.embedder.embed(prepared.flux[None], prepared.valid[None])
        latents, sigma = row[MEANS].to_numpy(), row[SIGMAS].to_numpy()
        reconstruction = self.decode(latents)[0]
        oddness, chi2 = self.atlas.explain(latents, sigma), float(row["chi2"].iloc[0])
        answer = latents[0].copy()
        answer[0] = (answer[0] + prepared.angle) % math.pi
        return Location(
            source=cutout,
            prepared=prepared,
            latents=answer,
            sigma=sigma[0],
            widen=np.atleast_2d(widen_at(self.card["calibration"], row["mag_aperture"].to_numpy(), latents[:, 1]))[0],
            position=self.atlas.place(latents)[0],
            neighbours=self.neighbours(latents, k),
            oddness=oddness,
            causes=self.find_causes(oddness, latents, sigma),
            rarity=float(self.atlas.rarity_percentile(oddness.distance2)[0]),
            chi2=chi2,
            chi2_rank=float(self.atlas.chi2_percentile(chi2)),
            reconstruction=reconstruction,
            model={"name": self.name, "sha256": self.card["sha256"]},
        )

    def tabulate(self, names: list[str], prepared: list[Prepared]) -> pd.DataFrame:
        """Embed many prepared cutouts: one row each, in the catalogue's columns.

        Returns
        -------
        DataFrame
            `id` (the names), latents with sigmas, `chi2`, `umap_x`, `umap_y`, `distance2`, `percentile`.
        """
        table = self.embedder.embed(np.stack([p.flux for p in prepared]), np.stack([p.valid for p in prepared]))
        latents, sigma = table[MEANS].to_numpy(), table[SIGMAS].to_numpy()
        table.insert(0, "id", names)
        table["lat_phi"] = (table["lat_phi"] + [p.angle for p in prepared]) % math.pi
        table["umap_x"], table["umap_y"] = self.atlas.place(latents).T
        table["distance2"] = self.atlas.explain(latents, sigma).distance2
        table["percentile"] = self.atlas.rarity_percentile(table["distance2"])
        return table

    def neighbours(self, latents: np.ndarray, k: int) -> pd.DataFrame:
        """List the k atlas galaxies nearest to latents (5,) or (1, 5).

        Returns
        -------
        DataFrame
            `id`, `distance` (latent, in units of the population's spread), and of the catalogue the labels `z`,
            `logmass`, `logsfr` (NaN where it has none) and `population`; the nearest first.
        """
        distance, index = self.atlas.neighbours(latents, k)
        found = self.table.iloc[index[0]].reindex(columns=_SHOWN)
        found.insert(1, "distance", distance[0])
        return found.reset_index(drop=True)

    def reasons(self, latents: np.ndarray, sigma: np.ndarray) -> pd.DataFrame:
        """Tabulate what makes one galaxy odd, a row for each intrinsic latent.

        Parameters
        ----------
        latents, sigma : array (5,)

        Returns
        -------
        DataFrame
            `latent`, `value`, `usual` (the centre of its mode of the population), `marginal_z` (sigma from it),
            `expected` (what the other latents predict), `conditional_z` (sigma from that) and `contribution` to the
            squared distance.
        """
        at = [LATENTS.index(name) for name in INTRINSIC]
        value, odd = np.asarray(latents, float)[at], self.atlas.explain(latents, sigma)
        centre, covariance = self.atlas.choose_mode(latents, sigma)
        width = 1 / np.sqrt(np.diag(np.linalg.inv(covariance)))
        columns = {"latent": INTRINSIC, "value": value, "usual": centre}
        columns |= {"marginal_z": (value - centre) / np.sqrt(np.diag(covariance))}
        columns |= {"expected": value - odd.conditional_z[0] * width, "conditional_z": odd.conditional_z[0]}
        return pd.DataFrame(columns | {"contribution": odd.contributions[0]})

    def find_causes(self, odd: Oddness, latents: np.ndarray, sigma: np.ndarray) -> Causes | None:
        """Find the likely causes of the oddness of galaxies (M, 5); None where the model has not learnt to tell."""
        lesson = self.card.get("attribution")
        return Attribution.from_dict(lesson).find(odd.conditional_z, latents, sigma) if lesson else None

    def make_ordinary(self, latents: np.ndarray, sigma: np.ndarray) -> tuple[Ordinary, np.ndarray]:
        """Move a galaxy's odd properties to what its others predict.

        Parameters
        ----------
        latents, sigma : array (5,)

        Returns
        -------
        made : Ordinary
            Of the intrinsic latents.
        changed : ndarray (5,)
            All five latents after the move; the angle stays.
        """
        at = [LATENTS.index(name) for name in INTRINSIC]
        made = make_ordinary(np.asarray(latents, float)[at], *self.atlas.choose_mode(latents, sigma))
        changed = np.array(latents, float)
        changed[at] = made.value
        return made, changed

    def scatter_over_views(self, location: Location) -> Scatter:
        """Measure how a located galaxy's answer scatters over flips, turns and shifts of its image."""
        return scatter_over_views(self.embedder, location.prepared.flux, location.sigma)

    def rarity_at(self, latents: np.ndarray, k: int = 20) -> float:
        """Percentile of rarity of a galaxy of latents (5,), were it measured as well as its k nearest galaxies are.

        The atlas's own distances include its galaxies' errors; a point without any would always look rarer than they.
        """
        _, index = self.atlas.neighbours(latents, k)
        sigma = np.median(self.atlas.sigma[index[0]], axis=0)
        return float(self.atlas.rarity_percentile(self.atlas.explain(latents, sigma).distance2)[0])

    @cached_property
    def _rarest(self) -> np.ndarray:
        return self.order()

    def sort_by_rarity(self, rows: np.ndarray) -> np.ndarray:
        """Sort places (M,) in the table, the rarest first; the whole table is sorted only once."""
        wanted = np.zeros(len(self.table), bool)
        wanted[rows] = True
        return self._rarest[wanted[self._rarest]]

    @cached_property
    def _scores(self) -> dict[str, np.ndarray]:
        return score_oddness(self.table["distance2"].to_numpy(), self.table["chi2"].to_numpy())

    def order(self, by: str = "rarity", labels: pd.DataFrame | None = None) -> np.ndarray:
        """Places (N,) in the table, oddest first: by "rarity", "reconstruction" (chi2) or "both" (see `score_oddness`).

        Where a person's labels are given (`id`, `score`), the ranking learns from them
        (`galexplore.explore.labels.rerank`).
        """
        odd = self._scores[by]
        if labels is not None:
            scores = labels.dropna(subset="score").set_index("id")["score"]
            rows = self.find_rows(scores.index)
            odd = rerank(self.atlas.points, odd, rows, scores[self.table["id"].iloc[rows]].to_numpy(float))
        return np.argsort(-odd, kind="stable")

    @property
    def widen(self) -> np.ndarray:
        """Half the 95 % interval over half the 68 % one, of each latent (5,), over all galaxies."""
        return widen_at(self.card["calibration"])


def _join(table: pd.DataFrame, atlas: Atlas) -> pd.DataFrame:
    """Put the catalogue's columns beside its latents, map position and oddness, in the atlas's order.

    Raises
    ------
    InputError
        Where the catalogue names a galaxy twice, or lacks one of the atlas's.
    """
    check_ids(table)
    odd = atlas.oddness
    columns = dict(zip(MEANS, atlas.latents.T, strict=True)) | dict(zip(SIGMAS, atlas.sigma.T, strict=True))
    columns |= {"umap_x": atlas.position[:, 0], "umap_y": atlas.position[:, 1], "distance2": odd.distance2}
    columns |= {"percentile": atlas.rarity_percentile(odd.distance2)}
    columns |= {"chi2": atlas.chi2, "chi2_percentile": atlas.chi2_percentile(atlas.chi2)}
    if atlas.gap is not None:
        columns |= {"gap": atlas.gap, "preservation": atlas.preservation}
    if atlas.feature_position is not None:
        columns |= {"feature_x": atlas.feature_position[:, 0], "feature_y": atlas.feature_position[:, 1]}
        columns |= {"feature_preservation": atlas.feature_preservation}
    if atlas.magnitude is not None:
        columns["mag_aperture"] = atlas.magnitude
    columns |= {f"split_{name}": odd.contributions[:, j] for j, name in enumerate(INTRINSIC)}
    columns |= {f"condz_{name}": odd.conditional_z[:, j] for j, name in enumerate(INTRINSIC)}
    places = pd.Index(table["id"].to_numpy(object)).get_indexer(atlas.id.astype(object))
    if (places < 0).any():
        missing = atlas.id[places < 0][0]
        raise InputError(f"The catalogue is not the one of this atlas: it has no galaxy {str(missing)[:40]!r}.")
    own = set_aside(table.drop(columns="id"), [*columns, *_LATER]).iloc[places].reset_index(drop=True)
    return fill_population(pd.concat([pd.DataFrame({"id": atlas.id} | columns), own], axis=1))
