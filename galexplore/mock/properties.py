"""Who lives where: redshift, stellar mass, SFR, age, metals and gas of simulated galaxies, from published relations."""

import numpy as np
import pandas as pd

from galexplore.cosmology import COSMOLOGY

Z_RANGE = (0.003, 1.0)

#: Double Schechter functions, (redshift, log M*, log phi1, alpha1, log phi2, alpha2), phi per Mpc3 per dex.
#: z = 0.05 from Baldry et al. (2012, GAMA), the others from Tomczak et al. (2014, table 2, ZFOURGE). Both part galaxies
#: by colour; of their red ones a third nearby and a sixth at z = 0.35 count as dusty ones that form stars (Wolf et al.
#: 2009, Leja et al. 2019).
STAR_FORMING = np.array(
    [
        (0.05, 10.72, -3.15, -1.45, -3.00, -0.45),
        (0.35, 10.59, -2.63, -1.08, -4.46, -2.00),
        (0.62, 10.65, -2.97, -0.97, -3.34, -1.58),
        (0.88, 10.56, -2.81, -0.46, -3.36, -1.61),
    ]
)
QUIESCENT = np.array(
    [
        (0.05, 10.72, -2.67, -0.45, -4.26, -1.45),
        (0.35, 10.75, -2.84, -0.47, -5.21, -1.97),
        (0.62, 10.68, -2.71, -0.10, -4.29, -1.69),
        (0.88, 10.63, -2.81, 0.04, -4.40, -1.51),
    ]
)

#: Median metallicity by log mass, and scatter, log Z/Zsun. Passive galaxies: the stars of Gallazzi et al. (2005,
#: table 2), less the 0.1 dex by which solar-scaled models redden alpha-enhanced ones (Maraston et al. 2009); massive
#: ones have less by `METALS_EARLIER` beyond z = 0.7, by the colours of DES galaxies.
#: Star-forming ones shine by stars about as rich as their gas: Tremonti et al. (2004), 0.3 dex down to the scale of
#: electron temperatures (Andrews & Martini 2013).
MASS_NODES = (7.0, 8.0, 9.0, 9.5, 10.0, 10.5, 11.0, 12.0)
METALS_PASSIVE = (-1.23, -0.98, -0.78, -0.66, -0.43, -0.18, -0.08, -0.02)
METALS_EARLIER = 0.13
METALS_GAS = (-1.30, -0.85, -0.45, -0.24, -0.08, 0.01, 0.08, 0.15)
METALS_SCATTER = (0.20, 0.20, 0.18, 0.17, 0.15, 0.13, 0.12, 0.10)
BIRTH_CLOUDS = 2.3  # attenuation of stars in their birth cloud over that of the disc (Charlot & Fall 2000: 2 to 4)
STARBURSTS = 0.04  # share of star-forming galaxies (Sargent et al. 2012)
SFR_SCATTER = 0.30  # dex about the main sequence (Popesso et al. 2023)
VALLEY, VALLEY_DEPTH = 0.08, (0.4, 1.2)  # share of the star-forming in the green valley, and dex below the others


def schechter(
    logmass: float | np.ndarray, star: float, phi1: float, alpha1: float, phi2: float, alpha2: float
) -> np.ndarray:
    """Evaluate a double Schechter function per dex of mass (Baldry et al. 2012, eq. 6), all but the slopes in log10."""
    x = 10 ** (logmass - star)
    return np.log(10) * np.exp(-x) * x * (10**phi1 * x**alpha1 + 10**phi2 * x**alpha2)


def mass_function(logmass: float | np.ndarray, z: float, table: np.ndarray) -> np.ndarray:
    """Return the number density, 1/Mpc3/dex, interpolated in log density between the redshifts of `table`."""
    nodes = np.array([np.log(schechter(logmass, *row[1:])) for row in table])
    at = np.clip(z, table[0, 0], table[-1, 0])
    i = np.clip(np.searchsorted(table[:, 0], at) - 1, 0, len(table) - 2)
    w = (at - table[i, 0]) / (table[i + 1, 0] - table[i, 0])
    return np.exp((1 - w) * nodes[i] + w * nodes[i + 1])


def main_sequence(logmass: float | np.ndarray, z: float | np.ndarray) -> np.ndarray:
    """Log SFR of the main sequence: Popesso et al. (2023, eq. 10), taken down.

    Histories that reach back in time give lower rates than the ultraviolet and infrared did: by 0.3 dex at z = 0.25,
    less further out and in massive galaxies (Leja et al. 2022 find 0.2 to 0.5); the nearest massive ones are brought
    near to the rates that Salim et al. (2018) find.

    Parameters
    ----------
    logmass, z : array

    Returns
    -------
    array, log10 Msun / yr
    """
    t = cosmic_age(z)
    turn = 10 ** (logmass - 10.85 + 0.0729 * t)
    near = np.clip((0.1 - np.asarray(z)) / 0.07, 0, 1) * np.clip(np.asarray(logmass) - 9.25, 0, 1)
    lower = -0.44 + 0.55 * z + 0.09 * (logmass - 10) + 0.25 * near
    return 2.693 + lower - 0.186 * t - np.log10(1 + turn**-0.99)


def cosmic_age(z: float | np.ndarray) -> np.ndarray:
    """Age of the Universe at redshift `z`, Gyr."""
    nodes = np.linspace(0, 1.2, 241)
    return np.interp(z, nodes, COSMOLOGY.age(nodes).value)


def mass_floor(z: float | np.ndarray, limit: float) -> np.ndarray:
    """Least log mass that can be brighter than r = `limit` at `z`: no galaxy has log M/L_r (observed) below 0.6."""
    return np.maximum(7.0, 0.6 - 0.4 * (limit - COSMOLOGY.distmod(z).value))


def _draw_cells(
    n: int, rng: np.random.Generator, limit: float | None, z_range: tuple[float, float], mass_tilt: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw (z, log mass, quiescent) from number density times comoving volume (times mass to a power)."""
    z_edges = np.geomspace(*z_range, 161)
    m_edges = np.linspace(7.0, 12.2, 131)
    z, m = 0.5 * (z_edges[1:] + z_edges[:-1]), 0.5 * (m_edges[1:] + m_edges[:-1])
    volume = np.diff(COSMOLOGY.comoving_volume(z_edges).value)
    weights = np.empty((2, len(z), len(m)))
    for one, table in enumerate((STAR_FORMING, QUIESCENT)):
        for k, near in enumerate(z):
            weights[one, k] = mass_function(m, near, table) * volume[k] * 10 ** (mass_tilt * (m - 10))
    if limit is not None:
        weights *= m[None, None, :] > mass_floor(z, limit)[None, :, None]
    cell = rng.choice(weights.size, n, p=(weights / weights.sum()).ravel())
    kind, i, j = np.unravel_index(cell, weights.shape)
    at = z_edges[i] * (z_edges[i + 1] / z_edges[i]) ** rng.random(n)
    return at, m_edges[j] + rng.random(n) * (m_edges[1] - m_edges[0]), kind == 1


def _draw_sfr(
    logmass: np.ndarray, z: np.ndarray, quiescent: np.ndarray, rng: np.random.Generator, bursts: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw log SFR: the main sequence, starbursts, the green valley, the passive.

    Starbursts: a share of `bursts`, 0.6 dex up in the median (Sargent et al. 2012), with an exponential tail towards
    the extreme emission-line galaxies (Amorin et al. 2015).
    """
    n = len(z)
    sfr = main_sequence(logmass, z) + SFR_SCATTER * rng.standard_normal(n)
    u = rng.random(n)
    burst, valley = ~quiescent & (u < bursts), ~quiescent & (u > 1 - VALLEY)
    sfr += np.where(burst, 0.42 + rng.exponential(0.26, n), 0) - np.where(valley, rng.uniform(*VALLEY_DEPTH, n), 0)
    # Passive galaxies: log sSFR about -12.5 when massive (as Salim et al. 2018 find), -11.3 at 10^9 (e.g. Belfiore
    # et al. 2018), rising with redshift.
    ssfr = -11.3 - 0.58 * np.clip(logmass - 9, 0, 2.5) + 0.2 * z + 0.35 * rng.standard_normal(n)
    sfr = np.where(quiescent, np.minimum(ssfr + logmass, main_sequence(logmass, z) - 0.8), sfr)
    kind = np.where(
        quiescent, "quiescent", np.where(burst, "starburst", np.where(valley, "green valley", "main sequence"))
    )
    return sfr, kind


def draw_metals(
    logmass: np.ndarray, logsfr: np.ndarray, z: np.ndarray, quiescent: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw log Z/Zsun by mass (the tables above); more SFR, fewer metals (Mannucci et al. 2010)."""
    passive, gas = np.interp(logmass, MASS_NODES, METALS_PASSIVE), np.interp(logmass, MASS_NODES, METALS_GAS)
    passive = passive - METALS_EARLIER * np.clip((z - 0.3) / 0.4, 0, 1) * np.clip((logmass - 10) / 0.5, 0, 1)
    excess = np.clip(logsfr - main_sequence(logmass, z), -1, 1)
    median = np.where(quiescent, passive, gas - 0.08 * excess)
    scatter = np.interp(logmass, MASS_NODES, METALS_SCATTER)
    return np.clip(median + scatter * rng.standard_normal(len(z)), -2.0, 0.39)


def _draw_ages(logmass: np.ndarray, z: np.ndarray, quiescent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the onset of star formation, Gyr ago: earlier for the massive and the passive (Thomas et al. 2010)."""
    massive = np.clip((logmass - 9) / 2.5, 0, 1)
    low = np.where(quiescent, 0.58 + 0.15 * massive + 0.1 * z, 0.70 + 0.15 * massive)
    high = np.where(quiescent, 0.83 + 0.08 * massive + 0.08 * z, 0.95 + 0.03 * massive)
    return cosmic_age(z) * (low + (high - low) * rng.random(len(z)))


def draw(
    n: int,
    seed: int,
    limit: float | None = None,
    z_range: tuple[float, float] = Z_RANGE,
    mass_tilt: float = 0.0,
    bursts: float = STARBURSTS,
) -> pd.DataFrame:
    """Draw galaxies by number density and comoving volume.

    Parameters
    ----------
    n : int
    seed : int
    limit : float, optional
        r magnitude: leave out masses that cannot be brighter, which the selection would only throw away.
    z_range : tuple of float
    mass_tilt : float
        Draw with an extra weight M^mass_tilt (0 keeps the mass function's own distribution).
    bursts : float
        Share of starbursts among the star-forming.

    Returns
    -------
    DataFrame
        `z_true`, `logmass_true` [log10 Msun], `logsfr_true` [log10 Msun/yr], `kind` (main sequence, starburst, green
        valley, quiescent), `age` and `bulge_age` [Gyr], `metals`, `bulge_metals` [log10 Z/Zsun], `log_u`, `eta`,
        `burst_age` [Gyr].
    """
    rng = np.random.default_rng(seed)
    z, logmass, quiescent = _draw_cells(n, rng, limit, z_range, mass_tilt)
    logsfr, kind = _draw_sfr(logmass, z, quiescent, rng, bursts)
    table = pd.DataFrame({"z_true": z, "logmass_true": logmass, "logsfr_true": logsfr, "kind": kind})
    return add_history(table, rng)


def add_history(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add ages, metals and gas to a table of redshift, mass, SFR and kind; see `draw` for the columns."""
    z, logmass, logsfr = (table[c].to_numpy() for c in ("z_true", "logmass_true", "logsfr_true"))
    quiescent, n = (table["kind"] == "quiescent").to_numpy(), len(table)
    metals = draw_metals(logmass, logsfr, z, quiescent, rng)
    age = _draw_ages(logmass, z, quiescent, rng)
    log_ssfr = logsfr - logmass
    return table.assign(
        age=age,
        bulge_age=np.minimum(0.95 * cosmic_age(z), age * rng.uniform(1.0, 1.15, n)),
        metals=metals,
        bulge_metals=np.clip(metals + rng.normal(0.06, 0.05, n), -2.0, 0.39),
        # ionisation rises with the specific SFR (Kaasinen et al. 2018)
        log_u=np.clip(-3.35 + 0.5 * (log_ssfr + 10) + 0.15 * rng.standard_normal(n), -3.6, -1.8),
        eta=np.full(n, BIRTH_CLOUDS),
        burst_age=np.full(n, 0.1),
    )
