"""How galaxies are built: sizes, bulges, inclined discs, arms, bars, clumps and the dust that inclination shows."""

import numpy as np
import pandas as pd
from scipy.interpolate import interpn

from galexplore.cosmology import COSMOLOGY
from galexplore.mock.properties import cosmic_age, main_sequence


def size_kpc(logmass: np.ndarray, z: np.ndarray, early: np.ndarray) -> np.ndarray:
    """Half-light radius along the major axis (van der Wel et al. 2014, eqs. 4 and 5; flat below 10^10.2 when early).

    Late types: 8.9 kpc (1 + z)^-0.75 (M / 5e10)^0.22; early types: 5.6 kpc (1 + z)^-1.48 (M / 5e10)^0.75.
    """
    x = logmass - 10.7
    late = 0.949 - 0.75 * np.log10(1 + z) + 0.22 * x
    steep = 0.748 - 1.48 * np.log10(1 + z) + 0.75 * np.maximum(x, -0.5) + 0.2 * np.minimum(x + 0.5, 0)
    return 10 ** np.where(early, steep, late)


def arcsec_per_kpc(z: float | np.ndarray) -> np.ndarray:
    """Angle of one kpc at redshift `z`, arcsec."""
    nodes = np.geomspace(1e-3, 1.2, 400)
    scale = COSMOLOGY.arcsec_per_kpc_proper(nodes).value
    return np.exp(np.interp(np.log(z), np.log(nodes), np.log(scale)))


def _draw_bulges(logmass: np.ndarray, passive: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bulge fraction of mass: rises with mass and with age (e.g. Bluck et al. 2014; Lang et al. 2014)."""
    n = len(logmass)
    late = np.interp(logmass, [8.5, 9.5, 10.0, 10.5, 11.0, 11.5], [0.02, 0.05, 0.10, 0.20, 0.32, 0.40])
    early = np.interp(logmass, [8.5, 9.5, 10.0, 10.5, 11.0, 11.5], [0.20, 0.30, 0.42, 0.55, 0.65, 0.75])
    logit = np.log(np.where(passive, early / (1 - early), late / (1 - late))) + 0.7 * rng.standard_normal(n)
    return 1 / (1 + np.exp(-logit))


def _draw_elliptical(logmass: np.ndarray, passive: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which passive galaxies have no disc: a quarter at 10^10, most above 10^11 (Moffett et al. 2016)."""
    chance = np.interp(logmass, [9.0, 10.0, 10.5, 11.0, 11.5], [0.25, 0.25, 0.35, 0.6, 0.9])
    return passive & (rng.random(len(logmass)) < chance)


#: How much of the dust of `face_on_dust` galaxies of a redshift and log mass hold, with the gas that they then have:
#: set by the colours and the masses to light of DES galaxies and, nearest, of the Siena Galaxy Atlas.
DUST_REDSHIFTS, DUST_MASSES = (0.03, 0.08, 0.15, 0.25, 0.40, 0.50, 0.65, 0.85), (9.25, 9.9, 10.5, 11.2)
DUST = np.array(
    [
        (0.20, 0.20, 0.20, 0.20),
        (0.45, 0.45, 0.45, 0.45),
        (1.00, 1.15, 1.20, 1.10),
        (0.70, 0.78, 0.80, 0.82),
        (0.63, 0.85, 1.15, 0.70),
        (0.80, 1.18, 1.28, 0.75),
        (1.85, 1.50, 0.72, 1.03),
        (1.55, 1.12, 1.55, 1.27),
    ]
)


def face_on_dust(
    logmass: np.ndarray, logsfr: np.ndarray, z: np.ndarray, passive: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """V attenuation of a face-on disc: the Balmer-decrement relation of Garn & Best (2010), a part of it for the stars.

    A_Halpha = 0.91 + 0.77 x + 0.11 x^2 - 0.09 x^3, x = log(M / 10^10). SFR above the main sequence adds dust, as does
    redshift; less massive galaxies catch up beyond z = 0.4.
    """
    x = np.clip(logmass - 10, -2, 1.4)
    balmer = np.clip(0.91 + 0.77 * x + 0.11 * x**2 - 0.09 * x**3, 0.1, 2.0)
    excess = np.clip(logsfr - main_sequence(logmass, z), -1.5, 1.2)
    star_forming = balmer * 0.76 * 10 ** (0.10 * x + 0.5 * excess + 0.29 * rng.standard_normal(len(z)))
    star_forming = star_forming + 0.4 * np.clip(z - 0.4, 0, 1) * np.clip(-x, 0, 1)
    nodes = DUST_REDSHIFTS, DUST_MASSES
    points = tuple(np.clip(x, n[0], n[-1]) for x, n in zip((z, logmass), nodes, strict=True))
    star_forming *= interpn(nodes, DUST, points)
    return np.where(passive, 0.06 * 10 ** (0.2 * rng.standard_normal(len(z))), star_forming)


def add_shape(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add the structure of every galaxy and the dust that its inclination shows.

    Parameters
    ----------
    table : DataFrame
        `z_true`, `logmass_true`, `logsfr_true`, `kind`, as `properties.draw` gives them.
    rng : numpy Generator

    Returns
    -------
    DataFrame
        A copy with `phi_true` [rad], `ba` (axis ratio of the disc, or of the elliptical), `inclination` [rad],
        `re_arcsec` (half-light radius, major axis), `disc_re`, `bulge_re` [arcsec], `bulge_mass_fraction` (of mass),
        `bulge_n`, `bulge_ba`, `thickness`, `elliptical` (0 or 1), `av`, `bulge_av`, `arm_strength`, `arm_count`,
        `pitch` [rad], `arm_phase`, `winding` (+-1), `bar_strength`, `bar_length` (over disc_re), `bar_angle`,
        `ring_strength`, `clumpiness`, `dust_lane`, `asymmetry`.
    """
    n = len(table)
    z, logmass, logsfr = (table[c].to_numpy(float) for c in ("z_true", "logmass_true", "logsfr_true"))
    passive = (table["kind"] == "quiescent").to_numpy()
    elliptical = _draw_elliptical(logmass, passive, rng)
    bulge = np.where(elliptical, 0.98, _draw_bulges(logmass, passive, rng))
    re = _draw_sizes(logmass, logsfr, z, passive, rng)
    thickness = np.clip(rng.normal(np.where(logmass < 9.3, 0.28, 0.18), 0.04), 0.08, 0.5)
    cosine = rng.random(n)
    disc_ba = np.sqrt(cosine**2 + thickness**2 * (1 - cosine**2))
    round_ba = np.clip(1 - np.abs(rng.normal(0.22, 0.13, n)), 0.35, 0.99)
    ba = np.where(elliptical, round_ba, disc_ba)
    dust = face_on_dust(logmass, logsfr, z, passive, rng)
    # Attenuation grows with log(a/b) (Masters et al. 2010; Tuffs et al. 2004): the slant adds as much again at a/b = 5.
    av = dust * (0.75 + np.where(elliptical, 0.25, 1.1 * np.log10(1 / disc_ba)))
    return table.assign(
        phi_true=rng.uniform(0, np.pi, n),
        ba=ba,
        inclination=np.arccos(cosine),
        re_arcsec=re,
        disc_re=re * np.where(elliptical, 1.0, 1 + 0.25 * bulge),
        bulge_re=np.where(elliptical, re, np.clip(re * 0.22 * 10 ** (0.12 * rng.standard_normal(n)), 0.05, None)),
        bulge_mass_fraction=bulge,
        bulge_n=_draw_indices(bulge, elliptical, rng),
        bulge_ba=np.where(elliptical, round_ba, np.clip(np.maximum(disc_ba, rng.uniform(0.65, 0.95, n)), 0.5, 1)),
        thickness=thickness,
        elliptical=elliptical.astype(float),
        av=av,
        bulge_av=np.where(elliptical, 0.1, 0.5) * dust,
        **_draw_structure(z, logmass, bulge, elliptical, passive, rng),
    )


def _draw_sizes(
    logmass: np.ndarray, logsfr: np.ndarray, z: np.ndarray, passive: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Half-light radii along the major axis, arcsec, with their scatter at a mass."""
    scatter = np.where(passive, 0.12, 0.17) * rng.standard_normal(len(z))
    # Above the main sequence galaxies are the more compact, the further above (Wuyts et al. 2011).
    excess = np.where(passive, 0, np.clip(logsfr - main_sequence(logmass, z) - 0.3, 0, 1.5))
    return size_kpc(logmass, z, passive) * 10 ** (scatter - 0.25 * excess) * arcsec_per_kpc(z)


def _draw_indices(bulge: np.ndarray, elliptical: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sersic indices of bulges, steeper where they are more of the galaxy, and of ellipticals."""
    n = len(bulge)
    steep, mild = rng.uniform(2.5, 5.5, n), np.clip(1 + 4 * bulge + rng.normal(0, 0.6, n), 0.8, 4)
    return np.round(np.where(elliptical, steep, mild), 1)


def _draw_structure(
    z: np.ndarray,
    logmass: np.ndarray,
    bulge: np.ndarray,
    elliptical: np.ndarray,
    passive: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Arms, bars, rings, clumps; two thirds of massive discs have arms to see, a third bars (Willett et al. 2013)."""
    n = len(z)
    disc = ~elliptical
    gas = disc & ~passive
    massive = np.clip((logmass - 9.0) / 1.2, 0, 1)
    arms = np.where(
        gas, massive * rng.beta(2.2, 1.6, n), np.where(disc & (rng.random(n) < 0.12), 0.25 * rng.random(n), 0)
    )
    # wound tighter by bigger bulges (Davis et al. 2015)
    pitch = np.radians(np.clip(rng.normal(24 - 14 * bulge, 5, n), 8, 38))
    barred = disc & (rng.random(n) < 0.15 + 0.25 * massive)
    clumpy = np.where(gas, np.clip(rng.normal(0.45 - 0.25 * massive + 0.04 * (13 - cosmic_age(z)), 0.15, n), 0, 1), 0)
    return {
        "arm_strength": arms,
        "arm_count": rng.choice([2.0, 2.0, 2.0, 3.0, 4.0], n),
        "pitch": pitch,
        "arm_phase": rng.uniform(0, 2 * np.pi, n),
        "winding": rng.choice([-1.0, 1.0], n),
        "bar_strength": np.where(barred, rng.uniform(0.3, 1.0, n), 0),
        "bar_length": rng.uniform(0.45, 0.95, n),
        "bar_angle": rng.uniform(0, np.pi, n),
        "ring_strength": np.where(disc & (rng.random(n) < 0.05), rng.uniform(0.3, 1, n), 0),
        "clumpiness": clumpy,
        "dust_lane": np.where(gas, np.clip((logmass - 9.3) / 1.2, 0, 1) * rng.beta(2, 2, n), 0),
        "asymmetry": np.where(rng.random(n) < 0.08, rng.uniform(0.3, 1, n), np.abs(rng.normal(0, 0.08, n))),
    }
