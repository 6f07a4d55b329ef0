"""The one object that answers: a model, its atlas, its catalogue and its images."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.causes import Attribution, Causes
from galexplore.atlas.likeness import resemble
from galexplore.atlas.rarity import Oddness, score_oddness
from galexplore.cutouts import artefacts
from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.seeing import GivenSeeing
from galexplore.errors import InputError
from galexplore.explore.embedded import Embedded, Given, Source, condition, doubt, find_place, judge, list_rows
from galexplore.explore.explanation import Explanation, explain
from galexplore.explore.intervals import list_intervals
from galexplore.explore.location import Location
from galexplore.explore.reranking import rerank
from galexplore.explore.table import join_atlas
from galexplore.images import Images, Observed
from galexplore.latents import MEANS, SIGMAS, wrap_angle
from galexplore.posterior.joint import JointPosterior
from galexplore.survey import Survey
from galexplore.tables.columns import list_columns, list_words
from galexplore.tables.contract import is_simulated
from galexplore.tables.expressions import Subsets, keep_where

if TYPE_CHECKING:  # torch takes seconds to import: whoever loads a model pays for it, not whoever names this class
    from galexplore.network.embed import Embedder

#: Columns of the catalogue that a neighbour is shown with.
_SHOWN = ["id", "z", "logmass", "logsfr", "population"]
#: What is said of a cutout whose latents come out as no numbers.
NO_ANSWER = "the model has no finite answer to these pixels; give fluxes in nanomaggies, as the survey serves them"


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
        self.table = join_atlas(table, atlas)
        causes = self.find_causes(atlas.oddness, atlas.latents, atlas.sigma)
        if causes is not None:
            self.table = self.table.assign(cause=causes.say(), cause_share=causes.share)

    @property
    def survey(self) -> Survey:
        """The imaging that the model reads."""
        return self.embedder.survey

    @property
    def digest(self) -> str:
        """What tells this model, with its atlas, its catalogue and its images, from any other: its card's digest."""
        return self.card["digest"]

    @cached_property
    def posteriors(self) -> JointPosterior | None:
        """Joint posteriors of the table's galaxies (N); None where the model has none."""
        return self.embedder.density.infer(self.table) if self.embedder.density else None

    @property
    def catalogue(self) -> str:
        """Eight characters that tell its catalogue from any other, in which an id may name another galaxy."""
        return str(self.card["data_hash"])[:8]

    @cached_property
    def _places(self) -> pd.Index:
        return pd.Index(self.table["id"].to_numpy(object))

    def find_rows(self, ids: Iterable[str]) -> np.ndarray:
        """Places in the table of those ids that it holds, in the order of the table."""
        places = self._places.get_indexer(pd.Index(list(ids), dtype=object))
        return np.sort(places[places >= 0])

    def where(self, condition: str, subsets: Subsets | None = None) -> pd.DataFrame:
        """Rows of the table that fulfil a condition such as "z < 0.1 and logmass > 10.5" (see `keep_where`)."""
        return self.table[keep_where(condition, self.table, subsets)]

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

    def locate(
        self,
        cutout: Cutout,
        k: int = 8,
        *,
        redshift: float | None = None,
        redshift_error: float = 0,
        ebv: float | None = None,
        seeing: GivenSeeing | None = None,
    ) -> Location:
        """Say what a cutout is, where it lies, what it resembles and what makes it odd.

        Parameters
        ----------
        cutout : Cutout
        k : int
            Neighbours to list.
        redshift, redshift_error : float, optional
            Known otherwise, with its standard error: mass and SFR are then those of that redshift.
        ebv : float, optional
            E(B-V) [mag] of our Galaxy's dust, to be removed instead of what the map has at its position; 0 for none.
        seeing : float or sequence, optional
            FWHM [arcsec] of a star in all bands or in each, instead of what the file says; None in it where not known.

        Raises
        ------
        InputError
            Where `ebv` is not from 0 to 5, `seeing` is none, the audit refuses (its `checks` say why), the model has no
            finite answer, or it cannot use a redshift.
        """
        given = None if redshift is None else Given(redshift, redshift_error)
        prepared = prepare(cutout, self.survey, ebv, seeing)
        (embedded,) = self.embed([Source.of(cutout)], [prepared])
        if embedded is None:
            raise InputError(NO_ANSWER, prepared.checks)
        return self.conclude(condition(embedded, given, self.atlas) if given else embedded, k)

    def embed(self, sources: Sequence[Source], prepared: Sequence[Prepared]) -> list[Embedded | None]:
        """Measure a block of prepared cutouts in one pass through the network; each as it would be alone.

        Returns
        -------
        list of Embedded or None
            None where the model has no finite answer.
        """
        flux, valid = np.stack([p.flux for p in prepared]), np.stack([p.valid for p in prepared])
        table = self.embedder.embed(flux, valid, observed=self.observe(prepared))
        good = np.isfinite(table.to_numpy()).all(axis=1)
        table, kept = table[good], [p for p, g in zip(prepared, good, strict=True) if g]
        joint = self.embedder.density.infer(table) if self.embedder.density else None
        validities = judge(self.embedder.domain, table, kept, self.survey.model_scale)
        table, posteriors = doubt(table, joint, validities, self.atlas)
        table = table.join(find_place(table, self.atlas))
        table["lat_phi"] = wrap_angle(table["lat_phi"] + [p.angle for p in kept])
        rows = iter(zip(list_rows(table), posteriors, validities, strict=True))
        every = zip(sources, prepared, [next(rows) if g else None for g in good], strict=True)
        return [
            Embedded(source, p, row[0], self.card["sha256"], row[1], validity=row[2]) if row else None
            for source, p, row in every
        ]

    @cached_property
    def _taught(self) -> tuple[bool, bool]:
        """Whether the galaxies that the model learnt from have a known seeing, and dust of ours before them."""
        excess = pd.to_numeric(self.table.get("ebv", pd.Series(dtype=float)), errors="coerce")
        return bool(np.isfinite(Observed.read(self.table, self.survey).seeing).all(axis=1).any()), bool(
            (excess > 0).any()
        )

    def observe(self, prepared: Sequence[Prepared]) -> Observed:
        """Say of cutouts what the model is told of their observing: only what it has learnt to be told.

        That is the seeing of all bands or of none, and that dust remains where nobody knew how much to remove; neither
        where its own galaxies were without.
        """
        seeing, dusty = np.stack([p.seeing for p in prepared]), np.array([p.dust.ebv is None for p in prepared])
        of_seeing, of_dust = self._taught
        known = np.isfinite(seeing).all(axis=1, keepdims=True) & of_seeing
        return Observed(np.where(known, seeing, np.nan), dusty & of_dust)

    def conclude(self, embedded: Embedded, k: int = 8) -> Location:
        """Say all that follows from a cutout's numbers."""
        row, prepared = embedded.row, embedded.prepared
        sky, sigma = np.array([row[c] for c in MEANS]), np.array([row[c] for c in SIGMAS])
        latents = sky.copy()
        latents[0] -= prepared.angle  # as the pixels lie
        joint, one = embedded.posterior, pd.DataFrame([row])
        asked = one, None if joint is None else joint[None], self.card["calibration"]
        halves = [np.diff(list_intervals(*asked, level))[0, :, 0] / 2 for level in (68, 95)]
        attribution = None if embedded.given else self.attribution  # learnt from what images say alone
        return Location(
            source=embedded.source,
            prepared=prepared,
            latents=sky,
            sigma=halves[0],
            half95=halves[1],
            position=np.array([row["umap_x"], row["umap_y"]]),
            neighbours=self.list_neighbours(latents, k),
            kinds=resemble(self.atlas, latents),
            explanation=explain(self.atlas, attribution, self.decode, latents, sigma),
            suspicion=str(artefacts.suspect(artefacts.measure_artefacts(prepared.flux[None], self.survey))[0]),
            chi2=row["chi2"],
            chi2_percentile=float(self.atlas.chi2_percentile(np.array(row["chi2"]))),
            model={"name": self.name, "sha256": embedded.model},
            posterior=joint,
            image_posterior=embedded.image_posterior,
            given=embedded.given,
            pull=embedded.pull,
            validity=embedded.validity,
            observed=self.observe([prepared]),
            embedder=self.embedder,
            atlas=self.atlas,
        )

    def list_neighbours(self, latents: np.ndarray, k: int) -> pd.DataFrame:
        """List the k atlas galaxies nearest to latents (5,) or (1, 5).

        Returns
        -------
        DataFrame
            `id`, `distance` (latent, in units of the ordinary galaxies' spread), and of the catalogue the labels `z`,
            `logmass`, `logsfr` (NaN where it has none) and `population`; the nearest first.
        """
        distance, index = self.atlas.neighbours(latents, k)
        near = self.table.iloc[index[0]].reindex(columns=_SHOWN)
        near.insert(1, "distance", distance[0])
        return near.reset_index(drop=True)

    def explain(self, latents: np.ndarray, sigma: np.ndarray) -> Explanation:
        """Say what makes a galaxy of latents and sigma (5,) odd, and how it would look were it not."""
        return explain(self.atlas, self.attribution, self.embedder.decode, latents, sigma)

    @property
    def attribution(self) -> Attribution | None:
        """What the model has learnt of the causes of oddness; None where it has not."""
        lesson = self.card.get("attribution")
        return Attribution.from_dict(lesson) if lesson else None

    def find_causes(self, odd: Oddness, latents: np.ndarray, sigma: np.ndarray) -> Causes | None:
        """Find the likely causes of the oddness of galaxies (M, 5); None where the model has not learnt to tell."""
        return self.attribution.find(odd.conditional_z, latents, sigma) if self.attribution else None

    def percentile_at(self, latents: np.ndarray, k: int = 20) -> float:
        """Percentile of rarity of a galaxy of latents (5,), were it measured as well as its k nearest galaxies are.

        The atlas's own distances include its galaxies' errors; a point without any would always look rarer than they.
        """
        _, index = self.atlas.neighbours(latents, k)
        sigma = np.median(self.atlas.sigma[index[0]], axis=0)
        return float(self.atlas.rarity_percentile(self.atlas.explain(latents, sigma).distance2)[0])

    @cached_property
    def _rarest(self) -> np.ndarray:
        return self.sort_by_oddness()

    def sort_by_rarity(self, rows: np.ndarray) -> np.ndarray:
        """Sort places (M,) in the table, the rarest first; the whole table is sorted only once."""
        wanted = np.zeros(len(self.table), bool)
        wanted[rows] = True
        return self._rarest[wanted[self._rarest]]

    @cached_property
    def _scores(self) -> dict[str, np.ndarray]:
        return score_oddness(self.table["distance2"].to_numpy(), self.table["chi2"].to_numpy())

    def sort_by_oddness(self, by: str = "rarity", labels: pd.DataFrame | None = None) -> np.ndarray:
        """Places (N,) in the table, oddest first: by "rarity", "reconstruction" (chi2) or "both" (see `score_oddness`).

        Where a person's labels are given (`id`, `score`), the ranking learns from them
        (`galexplore.explore.reranking.rerank`).
        """
        odd = self._scores[by]
        if labels is not None:
            scores = labels.dropna(subset="score").set_index("id")["score"]
            rows = self.find_rows(scores.index)
            odd = rerank(self.atlas.points, odd, rows, scores[self.table["id"].iloc[rows]].to_numpy(float))
        return np.argsort(-odd, kind="stable")

    def list_intervals(self, rows: np.ndarray, level: Literal[68, 95] = 95) -> np.ndarray:
        """List the ends (N, 5, 2) of the intervals of each latent of galaxies at places (N,) in the table."""
        joint = self.posteriors[rows] if self.posteriors is not None else None
        return list_intervals(self.table.iloc[rows], joint, self.card["calibration"], level)
