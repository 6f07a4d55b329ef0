"""Names for the regions of a map: what the galaxies there have in common, as their own numbers say."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

MOST = 5_000  # galaxies of a map that are looked at: more would change no name
PARTS = 12  # into which a map is parted
MASSIVE, LIGHT = 10.8, 9.7  # median log mass [Msun] from which, and below which, a region is called so
PASSIVE = -11.0  # median log SFR / M [1/yr] below which hardly any star forms (e.g. Wetzel et al. 2012)
BURSTS = 0.3  # dex of the median SFR above what the atlas's star-forming galaxies have at that mass and redshift
#: Of the map's width and height: names nearer than this to each other would overlap.
ROOM = (0.27, 0.05)


class Region(NamedTuple):
    """A region of a map: its name, and the place of a galaxy in its middle."""

    name: str
    x: float
    y: float


def name_regions(table: pd.DataFrame, x: str, y: str) -> list[Region]:
    """Part a map of an atlas and name its parts by mass, star formation and redshift.

    The ordinary galaxies are parted by k-means on the map; a part is named by the medians of its inferred mass and SFR
    and by the 16th and 84th percentile of its redshifts. Of parts of one name the largest keeps it, and of names that
    would overlap that of the larger part is kept.

    Parameters
    ----------
    table : DataFrame
        `population`, `lat_redshift`, `lat_logmass`, `lat_logsfr` and the map's two columns.
    x, y : str
        The map's columns.

    Returns
    -------
    list of Region
        The largest first; empty for fewer than a hundred galaxies.
    """
    ordinary = table[(table["population"] == "ordinary").to_numpy()].iloc[:: max(1, len(table) // MOST)]
    if len(ordinary) < 100:
        return []
    places = ordinary[[x, y]].to_numpy(float)
    excess = measure_excess(ordinary)
    parts = KMeans(PARTS, n_init=1, random_state=0).fit_predict(places)
    span, regions = np.ptp(places, axis=0) * ROOM, dict[str, Region]()
    for part in np.argsort(-np.bincount(parts), kind="stable"):
        inside = parts == part
        name = _name(ordinary[inside], excess[inside])
        middle = np.median(places[inside], axis=0)
        at = places[inside][np.argmin(((places[inside] - middle) ** 2).sum(axis=1))]
        free = all((np.abs(at - (other.x, other.y)) > span).any() for other in regions.values())
        if free and name not in regions:
            regions[name] = Region(name, *map(float, at))
    return list(regions.values())


def measure_excess(galaxies: pd.DataFrame) -> np.ndarray:
    """Measure log SFR (N,) over the atlas's own main sequence: linear in log mass and redshift, of what forms stars."""
    mass, sfr = galaxies["lat_logmass"].to_numpy(float), galaxies["lat_logsfr"].to_numpy(float)
    known = np.column_stack([np.ones(len(mass)), mass - 10, galaxies["lat_redshift"].to_numpy(float)])
    forming = sfr - mass > PASSIVE
    if forming.sum() < 10:
        return np.zeros(len(mass))
    return sfr - known @ np.linalg.lstsq(known[forming], sfr[forming], rcond=None)[0]


def _name(galaxies: pd.DataFrame, excess: np.ndarray) -> str:
    """Name a part by its medians: such as "massive and passive, z 0.2-0.4"."""
    mass, sfr = galaxies["lat_logmass"].median(), galaxies["lat_logsfr"].median()
    size = "massive" if mass >= MASSIVE else "low-mass" if mass < LIGHT else ""
    burst = float(np.median(excess)) > BURSTS
    kind = "passive" if sfr - mass < PASSIVE else "starbursts" if burst else "star-forming"
    low, high = (f"{z:.1f}" for z in galaxies["lat_redshift"].clip(lower=0).quantile([0.16, 0.84]))
    joined = f"{size} {kind}" if size and kind == "starbursts" else " and ".join(filter(None, (size, kind)))
    return f"{joined}, z {low}" if low == high else f"{joined}, z {low}–{high}"
