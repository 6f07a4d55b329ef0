"""A cutout whose numbers are known, and a redshift that it may be told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from galexplore.atlas.atlas import Atlas
from galexplore.cutouts.audit import Prepared
from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.images import Observed
from galexplore.latents import ANY_ANGLE, INTRINSIC, MEANS, SIGMAS
from galexplore.posterior.calibrate import LEVEL68
from galexplore.posterior.coordinates import PROPERTIES, check_measurement
from galexplore.posterior.domain import EDGE, OUTSIDE, Validity
from galexplore.posterior.joint import JointPosterior

#: Columns of what a galaxy without an answer has none of: its place on the map, and its rarity.
NOWHERE = ["umap_x", "umap_y", "distance2", "percentile"]
SHARPEST = 1e-5  # standard error that a property has at least, where rarity is reckoned


@dataclass(frozen=True)
class Source:
    """What a cutout was, without its pixels: an answer may be kept for long, and a file is large.

    Attributes
    ----------
    name, kind, bands : str
        As of the `Cutout`.
    pixel_scale : float
        Arcsec a pixel of the file.
    approximate : bool
    position : (float, float)
        ICRS degrees of the image's middle; NaN where the file does not say.
    """

    name: str
    kind: str
    bands: str
    pixel_scale: float | None
    approximate: bool
    position: tuple[float, float] = (np.nan, np.nan)

    @classmethod
    def of(cls, cutout: Cutout) -> "Source":
        """Describe a cutout."""
        place = (np.nan, np.nan) if cutout.ra is None or cutout.dec is None else (cutout.ra, cutout.dec)
        return cls(cutout.name, cutout.kind, cutout.bands, cutout.pixel_scale, cutout.approximate, place)


@dataclass(frozen=True)
class Given:
    """A redshift that is known otherwise, and its standard error.

    Raises
    ------
    InputError
        Where the redshift is not positive, or the error is negative.
    """

    redshift: float
    error: float = 0.0

    def __post_init__(self) -> None:
        check_measurement("redshift", np.asarray(self.redshift, float), np.asarray(self.error, float))


@dataclass(frozen=True)
class Embedded:
    """A cutout whose numbers are known: what all that is said of it follows from.

    Attributes
    ----------
    source : Source
    prepared : Prepared
        The audit and the very pixels that were encoded.
    row : dict of str to float
        In the catalogue's columns: latents with their sigmas, `chi2`, `mag_aperture`, `umap_x`, `umap_y`, `distance2`,
        `percentile`. At the edge of the model's domain the sigmas are widened; outside they are the spread of the
        atlas's galaxies, for nothing is known, and it has no place and no rarity: these four are NaN. All else is
        finite.
    model : str
        SHA-256 of the weights that gave them.
    image_posterior : JointPosterior or None
        What the image alone says; None where the model has no joint posterior.
    given : Given or None
        The redshift that it was told: `row` and `posterior` hold for it.
    validity : Validity
        Whether the model has learnt from such images.
    """

    source: Source
    prepared: Prepared
    row: dict[str, float]
    model: str
    image_posterior: JointPosterior | None = field(default=None, repr=False)
    given: Given | None = None
    validity: Validity = field(default_factory=Validity)

    @property
    def posterior(self) -> JointPosterior | None:
        """The joint posterior, conditioned on what is given."""
        if self.image_posterior is None or self.given is None:
            return self.image_posterior
        return self.image_posterior.given(redshift=self.given.redshift, error=self.given.error)

    def require_posterior(self) -> JointPosterior:
        """Give what the image alone says.

        Raises
        ------
        InputError
            Where the model has no joint posterior.
        """
        if self.image_posterior is None:
            raise InputError(
                "This model has no joint posterior, without which a known redshift tells nothing of mass and SFR; fit "
                "one with: galexplore model posterior NAME"
            )
        return self.image_posterior

    @property
    def pull(self) -> float | None:
        """Normal quantile of the given redshift's place in what the image says: within two is no surprise."""
        if self.image_posterior is None or self.given is None:
            return None
        place = float(self.image_posterior.marginal("redshift").cdf(self.given.redshift))
        return float(norm.ppf(np.clip(place, 1e-15, 1 - 1e-15)))


def correlate(joint: JointPosterior | None) -> np.ndarray | None:
    """Correlations (*B, 4, 4) of a posterior's errors in the intrinsic latents, the free one's with none.

    That of ln z stands for the redshift's: the same, to first order.
    """
    if joint is None:
        return None
    known = joint.correlation
    whole = np.tile(np.eye(len(INTRINSIC)), (*known.shape[:-2], 1, 1))
    whole[..., :3, :3] = known
    return whole


def correlate_each(posteriors: Sequence[JointPosterior | None]) -> np.ndarray | None:
    """Apply `correlate` to many galaxies (N, 4, 4), each with a posterior of its own or all without."""
    own = [correlation for correlation in map(correlate, posteriors) if correlation is not None]
    return np.stack(own) if own else None


def find_place(table: pd.DataFrame, atlas: Atlas, correlation: np.ndarray | None = None) -> pd.DataFrame:
    """Find the map position and the rarity of galaxies (N) whose latents and sigmas a table holds.

    Parameters
    ----------
    correlation : array (N, 4, 4), optional
        Of their errors in the intrinsic latents.

    Returns
    -------
    DataFrame
        `umap_x`, `umap_y`, `distance2`, `percentile`, on the table's index.
    """
    latents, sigma = table[MEANS].to_numpy(float), table[SIGMAS].to_numpy(float)
    x, y = atlas.place(latents).T
    distance2 = atlas.explain(latents, sigma, correlation).distance2
    columns = {"umap_x": x, "umap_y": y, "distance2": distance2, "percentile": atlas.rarity_percentile(distance2)}
    return pd.DataFrame(columns, index=table.index)


def list_rows(table: pd.DataFrame) -> list[dict[str, float]]:
    """List the rows of a table of numbers."""
    return [{str(k): float(v) for k, v in row.items()} for row in table.to_dict("records")]


def doubt(
    table: pd.DataFrame, joint: JointPosterior | None, validities: Sequence[Validity], atlas: Atlas
) -> tuple[pd.DataFrame, list[JointPosterior | None]]:
    """Let sigmas and posteriors say how far they can be trusted: see `Embedded.row`.

    Returns
    -------
    table : DataFrame (N)
    posteriors : list of JointPosterior or None (N)
    """
    table, posteriors = table.copy(), list[JointPosterior | None]()
    low, high = np.percentile(atlas.latents[atlas.ordinary], (50 * (1 - LEVEL68), 50 * (1 + LEVEL68)), axis=0)
    for i, validity in enumerate(validities):
        posterior, at = None if joint is None else joint[i], table.index[i]
        if validity.state == EDGE:
            table.loc[at, SIGMAS] *= validity.widening
            posterior = posterior.widened(validity.widening) if posterior else None
        elif validity.state == OUTSIDE:
            table.loc[at, SIGMAS] = (high - low) / 2
            posterior = posterior.prior if posterior else None
        posteriors.append(posterior)
    table[SIGMAS[0]] = table[SIGMAS[0]].clip(upper=ANY_ANGLE)
    return table, posteriors


def condition(embedded: Embedded, given: Given, atlas: Atlas) -> Embedded:
    """Tell an answer its redshift: redshift, mass and SFR become those of the conditional posterior.

    Raises
    ------
    InputError
        Where there is no posterior to be conditioned.
    """
    joint, row = embedded.require_posterior().given(redshift=given.redshift, error=given.error), dict(embedded.row)
    for name, mean in zip(PROPERTIES, joint.mean, strict=True):
        low, high = joint.interval(LEVEL68, name)
        row |= {f"lat_{name}": float(mean), f"lat_{name}_sigma": max(float(high - low) / 2, SHARPEST)}
    if embedded.validity.state != OUTSIDE:
        place = find_place(pd.DataFrame([row]), atlas, correlate(joint[None]))
        row |= list_rows(place)[0]
    return replace(embedded, row=row, given=given)


def observe(prepared: Sequence[Prepared], of_seeing: bool, of_dust: bool) -> Observed:
    """Say of cutouts what a model is told of their observing, where its own galaxies were with seeing and with dust.

    That is the seeing of all bands or of none, and that dust remains where nobody knew how much to remove.
    """
    seeing, dusty = np.stack([p.seeing for p in prepared]), np.array([p.dust.ebv is None for p in prepared])
    known = np.isfinite(seeing).all(axis=1, keepdims=True) & of_seeing
    return Observed(np.where(known, seeing, np.nan), dusty & of_dust)
