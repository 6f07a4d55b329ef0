"""Which samples of galaxies a survey takes spectra of, and of what draws each is selected."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from galexplore.mock import properties

#: Shares of the default catalogue: GAMA-like to r = 19.8, and deeper spectroscopic samples to z = 1.
SAMPLES = {"GAMA-like": 0.615, "flux-limited": 0.155, "luminous red": 0.115, "emission line": 0.115}


class Draw(NamedTuple):
    """How a sample is drawn: r limit, redshifts, weight M^tilt, share of starbursts among the star-forming."""

    limit: float
    z_range: tuple[float, float]
    tilt: float = 0.0
    bursts: float = properties.STARBURSTS


DRAWS = {
    "GAMA-like": Draw(19.8, (0.003, 0.6)),
    "flux-limited": Draw(22.5, (0.02, 1.0)),
    "luminous red": Draw(22.8, (0.35, 1.0)),
    "emission line": Draw(23.2, (0.4, 1.0)),
    "deep": Draw(24.0, (0.02, 1.0), 0.63),
    "starbursts": Draw(21.0, (0.02, 0.5), -0.3, 0.7),
    "dwarfs": Draw(21.5, (0.004, 0.25), -0.7),
    "nearby": Draw(17.0, (0.003, 0.06)),
    "massive": Draw(19.6, (0.05, 0.6), 1.5),
    "giants": Draw(18.8, (0.03, 0.6), 8.0),
    "bright": Draw(17.8, (0.03, 0.3), 0.7),
}
#: Samples of galaxies that are ordinary in kind but seldom in a survey, and their shares of what `draw_training` draws:
#: without them a network would only guess at the strongest lines, the least and the nearest galaxies, and pull the
#: largest ones towards the crowd. Beyond 10^11.5 Msun there are many more galaxies than a Schechter function leaves
#: (Bernardi et al. 2013), those in the middles of clusters: the giants, 10^11.4 to 10^12, falling as those do.
BROAD = {"starbursts": 0.09, "dwarfs": 0.06, "nearby": 0.07, "massive": 0.12, "giants": 0.08, "bright": 0.06}
#: The others are shared out so that the faint, who teach less each, are more.
TAUGHT = {"GAMA-like": 0.40, "flux-limited": 0.24, "luminous red": 0.18, "emission line": 0.18}


def select(table: pd.DataFrame, sample: str, rng: np.random.Generator) -> np.ndarray:
    """Return which galaxies (N,) a sample would have taken spectra of, from their measured magnitudes.

    GAMA: r < 19.8 (Driver et al. 2011). Flux-limited: 19.8 < r < 22.5, successes falling with magnitude (as VIPERS,
    zCOSMOS). Luminous red: z-band < 20.9 and r - z > 0.9 (near the DESI LRG cuts, Zhou et al. 2023). Emission line:
    g < 23.5, blue in g - r for their r - z, z > 0.4 (near DESI ELG, Raichoor et al. 2023). Deep: r < 24, the weights of
    `_host_rate`, successes falling beyond r = 23.

    Parameters
    ----------
    table : DataFrame
        `mag_g`, `mag_r`, `mag_z`, `z_true`, `re_arcsec`, `kind`.
    sample : str
        A key of `DRAWS`.
    rng : numpy Generator

    Raises
    ------
    ValueError
        For a sample that there is not.
    """
    g, r, z = (table[name].to_numpy() for name in ("mag_g", "mag_r", "mag_z"))
    u, redshift = rng.random(len(table)), table["z_true"].to_numpy()
    if sample == "GAMA-like":
        return (r < 19.8) & (table["re_arcsec"].to_numpy() < 15)  # the largest are broken up, and overflow the picture
    if sample == "flux-limited":
        return (r > 19.8) & (r < 22.5) & (u < np.clip(1.1 - 0.35 * (r - 19.8), 0.1, 1))
    if sample == "luminous red":
        return (z < 20.9) & (r - z > 0.9) & (redshift > 0.35) & (r < 22.8)
    if sample == "emission line":
        return (g < 23.5) & (r - z > 0.3) & (g - r < 0.5 * (r - z) + 0.3) & (redshift > 0.4) & (r < 23.2)
    if sample in BROAD:
        return r < DRAWS[sample].limit
    if sample == "deep":
        return (r < 24.0) & (u < _host_rate(table) / (1 + np.exp((r - 23.3) / 0.4)))
    raise ValueError(f"There is no sample {sample!r}; there are {', '.join(DRAWS)}")


#: Redshifts, and the weight that passive galaxies have there where star-forming ones beyond z = 0.35 have 0.3; set by
#: the median colours of massive DES hosts.
PASSIVE_HOSTS = (0.15, 0.30, 0.45, 0.60, 0.75, 0.90), (0.034, 0.064, 0.025, 0.167, 0.172, 0.195)


def _host_rate(table: pd.DataFrame) -> np.ndarray:
    """Weight of a galaxy in the deep sample: hosts of supernovae, which the deepest wide spectroscopy has gone after.

    Type Ia: the rate goes as M^0.63 (Wiseman et al. 2021; the power is in the draw), 2.5 times lower in passive
    galaxies (Smith et al. 2012), of which the nearer are the more often left out for want of any SFR: `PASSIVE_HOSTS`.
    Core collapse: 2.5 times as many (Li et al. 2011), where stars form, but too faint to be found beyond z = 0.35.
    """
    z = table["z_true"].to_numpy()
    nearby = 1 / (1 + np.exp((z - 0.33) / 0.05))
    return np.where(table["kind"] == "quiescent", np.interp(z, *PASSIVE_HOSTS), 0.3 + 0.7 * nearby)
