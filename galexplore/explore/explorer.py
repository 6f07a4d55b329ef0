"""The one object that answers: a model, its atlas, its catalogue and its images."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.causes import Attribution
from galexplore.atlas.kinds import mix_sky
from galexplore.atlas.likeness import resemble
from galexplore.atlas.rarity import Oddness
from galexplore.atlas.statements import Statements, state
from galexplore.cutouts.artefacts import measure_artefacts
from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.seeing import GivenSeeing
from galexplore.errors import InputError
from galexplore.explore.caveats import BRIEFLY, add_caveats, find_edges, join_measured, judge, name_caveats
from galexplore.explore.deferred import Deferred
from galexplore.explore.embedded import (
    NOWHERE,
    Embedded,
    Given,
    Source,
    condition,
    correlate,
    correlate_each,
    doubt,
    find_place,
    list_rows,
    observe,
)
from galexplore.explore.explanation import Explanation, explain
from galexplore.explore.intervals import list_intervals
from galexplore.explore.location import Location
from galexplore.explore.ranking import Ranking
from galexplore.explore.table import add_statements, build_table, correlate_atlas, find_artefacts, find_taught
from galexplore.images import Images, Observed
from galexplore.latents import MEANS, SIGMAS, wrap_angle
from galexplore.posterior.density import Density
from galexplore.posterior.domain import OUTSIDE
from galexplore.posterior.joint import JointPosterior
from galexplore.survey import Survey
from galexplore.tables.columns import list_columns, list_words
from galexplore.tables.contract import is_simulated
from galexplore.tables.expressions import Subsets, keep_where

if TYPE_CHECKING:  # torch takes seconds to import: whoever loads a model pays for it, not whoever names this class
    from galexplore.network.embed import Embedder

_SHOWN = ["id", "z", "logmass", "logsfr", "population"]  # of a neighbour
NO_ANSWER = "the model has no finite answer to these pixels; give fluxes in nanomaggies, as the survey serves them"


class Explorer:
    """A trained model with its atlas, catalogue and images; shared by everyone who looks, so nothing in it changes.

    Attributes
    ----------
    name, card : str, dict
    survey, attribution, density : Survey, Attribution or None, Density or None
        The imaging that it reads; what it has learnt of the causes of oddness; its joint posterior.
    atlas : Atlas
    table : DataFrame
        A row a galaxy, in the atlas's order: the catalogue's columns beside latents, map position and oddness. What of
        the catalogue is called as one of these is kept as `<name>_catalogue`.
    edges, caveats : ndarray (2, 2), ndarray (N,) of str
        Ranges of redshift and mass within which it has learnt; what speaks against any physical reason of each
        galaxy's oddness, or "": as `galexplore.explore.caveats` finds them.
    statements : Statements
        What the properties of each say of it, where there is no caveat.
    images, simulated : Images, bool
        Of the catalogue's galaxies; whether they are simulated ones.
    """

    def __init__(
        self,
        name: str,
        card: dict,
        network: "Deferred[Embedder]",
        atlas: Atlas,
        table: pd.DataFrame,
        images: Images,
        measured: pd.DataFrame | None = None,
        density: Density | None = None,
    ):
        self.name, self.card, self._network, self.images, self.density = name, card, network, images, density
        self.survey = Survey.from_dict(card["survey"])
        self.attribution = Attribution.from_dict(card.get("attribution"))
        directions = self.attribution.directions if self.attribution else None
        self.atlas = atlas = replace(correlate_atlas(atlas, density), directions=directions)
        self.simulated = is_simulated(table)
        joined = build_table(table, atlas, self.survey.reference, measured, density)
        self.edges = find_edges(atlas)
        self.caveats = name_caveats(joined, self.edges)
        self.statements = self.state(atlas.latents, atlas.sigma, atlas.oddness)
        self.table = add_statements(joined, self.statements, self.caveats)
        self._galaxies, self._taught = ~find_artefacts(self.table), find_taught(joined, self.survey)

    @property
    def embedder(self) -> "Embedder":
        """The network; opened where it is not yet."""
        return self._network()

    @property
    def digest(self) -> str:
        """What tells this model, with its atlas, its catalogue and its images, from any other."""
        return self.card["digest"]

    @cached_property
    def posteriors(self) -> JointPosterior | None:
        """Joint posteriors of all of the table's galaxies (N); None where the model has none."""
        return self.list_posteriors(np.arange(len(self.table)))

    def list_posteriors(self, rows: np.ndarray) -> JointPosterior | None:
        """Joint posteriors of galaxies at places (M) in the table, of these alone; None where the model has none."""
        return self.density.infer(self.table.iloc[rows]) if self.density else None

    @property
    def catalogue(self) -> str:
        """Eight characters that tell its catalogue from any other."""
        return str(self.card["data_hash"])[:8]

    @cached_property
    def ranking(self) -> Ranking:
        """Orders of the table's galaxies by how odd they are."""
        return Ranking(self.table, self.atlas.points)

    def find_rows(self, ids: Iterable[str]) -> np.ndarray:
        """Places in the table of those ids that it holds, in the order of the table."""
        places = self.ranking.ids.get_indexer(pd.Index(list(ids), dtype=object))
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
        observed = self.observe(prepared)
        table, features = self.embedder.read(flux, valid, observed)
        measured = join_measured(measure_artefacts(flux, self.survey), features, self.embedder.domain)
        good = np.isfinite(table.to_numpy()).all(axis=1)
        table, measured, kept = table[good], measured[good], [p for p, g in zip(prepared, good, strict=True) if g]
        joint = self.density.infer(table, observed.share[good]) if self.density else None
        validities = judge(self.embedder.domain, measured, kept, self.survey.model_scale)
        table, posteriors = doubt(table, joint, validities, self.atlas)
        table = table.join(find_place(table, self.atlas, correlate_each(posteriors)))
        table.loc[[v.state == OUTSIDE for v in validities], NOWHERE] = np.nan
        worse = self.atlas.chi2_percentile(table["chi2"].to_numpy())
        validities = add_caveats(validities, table.assign(chi2_percentile=worse), measured, kept, self.edges)
        table["lat_phi"] = wrap_angle(table["lat_phi"] + [p.angle for p in kept])
        rows, model = iter(zip(list_rows(table), posteriors, validities, strict=True)), self.card["sha256"]
        every = zip(sources, prepared, [next(rows) if g else None for g in good], strict=True)
        return [Embedded(s, p, row[0], model, row[1], validity=row[2]) if row else None for s, p, row in every]

    def observe(self, prepared: Sequence[Prepared]) -> Observed:
        """Say of cutouts what the model is told of their observing: only what it has learnt to be told."""
        return observe(prepared, *self._taught)

    def conclude(self, embedded: Embedded, k: int = 8) -> Location:
        """Say all that follows from a cutout's numbers."""
        row, prepared, joint = embedded.row, embedded.prepared, embedded.posterior
        sky, sigma = np.array([row[c] for c in MEANS]), np.array([row[c] for c in SIGMAS])
        latents = sky.copy()
        latents[0] -= prepared.angle  # as the pixels lie
        asked = pd.DataFrame([row]), None if joint is None else joint[None], self.card["calibration"]
        halves = [np.diff(list_intervals(*asked, level))[0, :, 0] / 2 for level in (68, 95)]
        attribution = None if embedded.given else self.attribution  # learnt from what images say alone
        validity, answered = embedded.validity, embedded.validity.state != OUTSIDE
        return Location(
            source=embedded.source,
            prepared=prepared,
            latents=sky,
            sigma=halves[0],
            half95=halves[1],
            position=np.array([row["umap_x"], row["umap_y"]]),
            neighbours=self.list_neighbours(latents, k if answered else 0),
            kinds=resemble(self.atlas, latents, prior=mix_sky(self.kinds.index))[: None if answered else 0],
            explanation=explain(
                self.atlas, attribution, self.decode, latents, sigma, correlate(joint), validity.caveat
            ),
            chi2=row["chi2"],
            chi2_percentile=float(self.atlas.chi2_percentile(np.array(row["chi2"]))),
            model={"name": self.name, "sha256": embedded.model},
            posterior=joint,
            image_posterior=embedded.image_posterior,
            given=embedded.given,
            pull=embedded.pull,
            validity=validity,
            observed=self.observe([prepared]),
            embedder=self.embedder,
            atlas=self.atlas,
        )

    def list_neighbours(self, latents: np.ndarray, k: int) -> pd.DataFrame:
        """List the k atlas galaxies nearest to latents (5,) or (1, 5); what is no galaxy is left out.

        Returns
        -------
        DataFrame
            `id`, `distance` (latent, in units of the ordinary galaxies' spread), and of the catalogue the labels `z`,
            `logmass`, `logsfr` (NaN where it has none) and `population`; the nearest first.
        """
        distance, index = (part[0] for part in self.atlas.neighbours(latents, k + int((~self._galaxies).sum())))
        kept = np.flatnonzero(self._galaxies[index])[:k]
        near = self.table.iloc[index[kept]].reindex(columns=_SHOWN)
        near.insert(1, "distance", distance[kept])
        return near.reset_index(drop=True)

    def explain(self, latents: np.ndarray, sigma: np.ndarray, correlation: np.ndarray | None = None) -> Explanation:
        """Say what makes a galaxy of latents and sigma (5,) odd; `correlation` (4, 4) is that of its errors."""
        return explain(self.atlas, self.attribution, self.embedder.decode, latents, sigma, correlation)

    def explain_at(self, place: int) -> Explanation:
        """Say what makes the galaxy at a place in the table odd, and how it would look were it not."""
        atlas, own = self.atlas, self.atlas.correlation
        asked = atlas.latents[place], atlas.sigma[place], None if own is None else own[place]
        return explain(atlas, self.attribution, self.embedder.decode, *asked, str(self.caveats[place]))

    def quote(self, place: int) -> str:
        """Say in few words what makes the galaxy at a place in the table odd; a caveat comes before any property."""
        return BRIEFLY.get(str(self.caveats[place]), "") or self.statements.quote(place)

    def state(self, latents: np.ndarray, sigma: np.ndarray, odd: Oddness | None = None) -> Statements:
        """State what makes galaxies (M, 5) odd, by their properties alone; `odd` where their oddness is known."""
        odd = odd or self.atlas.explain(latents, sigma)
        causes = self.attribution.find(odd, latents, sigma) if self.attribution else None
        return state(odd, self.atlas.rarity_percentile(odd.distance2), causes)

    def list_intervals(self, rows: np.ndarray, level: Literal[68, 95] = 95) -> np.ndarray:
        """List the ends (N, 5, 2) of the intervals of each latent of galaxies at places (N,) in the table."""
        return list_intervals(self.table.iloc[rows], self.list_posteriors(rows), self.card["calibration"], level)
