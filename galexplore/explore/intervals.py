"""The intervals that are shown: of redshift, mass and SFR the joint posterior's, where there is one."""

from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from galexplore.latents import LATENTS, LOGSSFR, MEANS, QUANTILES, SIGMAS
from galexplore.posterior.calibrate import LEVEL68, LEVEL95, ratio95
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.posterior.joint import JointPosterior

#: Columns of a table that say what a joint posterior says.
POSTERIOR = [f"{name}_{key}" for name in (*PROPERTIES, LOGSSFR) for key in QUANTILES]
POSTERIOR += [f"corr_{one}_{other}" for one, other in combinations(PROPERTIES, 2)]

#: Of the intervals that are called by these numbers, the probability inside.
LEVELS = {68: LEVEL68, 95: LEVEL95}


def list_intervals(
    table: pd.DataFrame, joint: JointPosterior | None, calibration: dict, level: Literal[68, 95] = 95
) -> np.ndarray:
    """List the ends (N, 5, 2) of the intervals of each latent of galaxies (N), each one's own.

    Parameters
    ----------
    table : DataFrame
        Latents with their sigmas, and `mag_aperture` where it is known.
    joint : JointPosterior or None
        Of the same galaxies (N).
    calibration : dict
        The card's.
    """
    latents, half = table[MEANS].to_numpy(float), table[SIGMAS].to_numpy(float)
    if level == 95:
        magnitude = table["mag_aperture"].to_numpy(float) if "mag_aperture" in table else None
        half = half * ratio95(calibration, magnitude, table["lat_redshift"].to_numpy(float))
    ends = np.stack([latents - half, latents + half], axis=-1)
    if joint is not None:
        for name in PROPERTIES:
            ends[:, LATENTS.index(name)] = np.stack(joint.interval(LEVELS[level], name), axis=-1)
    return ends


def summarise(joint: JointPosterior) -> dict[str, float]:
    """Give the columns `POSTERIOR` of one galaxy: quantiles, and correlations of ln z, log M and log SFR."""
    values = [joint.quantile(list(QUANTILES.values()), name) for name in (*PROPERTIES, LOGSSFR)]
    correlation = joint.correlation
    pairs = [correlation[i, j] for i, j in combinations(range(len(PROPERTIES)), 2)]
    return dict(zip(POSTERIOR, [float(v) for v in (*np.concatenate(values), *pairs)], strict=True))


def list_values(table: pd.DataFrame, joint: JointPosterior | None) -> np.ndarray:
    """List what is told of each latent (N, 5): the posterior's medians of redshift, mass and SFR, else the latents."""
    values = table[MEANS].to_numpy(float, copy=True)
    if joint is not None:
        for name in PROPERTIES:
            values[:, LATENTS.index(name)] = joint.quantile(0.5, name)
    return values
