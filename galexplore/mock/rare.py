"""Rare kinds of galaxy, and things that are none: what explanations of oddness are tried on, never trained on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from galexplore.atlas.kinds import Kind
from galexplore.mock import properties, shape


class Recipe(NamedTuple):
    """How a rare kind is drawn: its number in a catalogue of 26,000, and what draws `n` of it."""

    number: int
    draw: Callable[[int, np.random.Generator], pd.DataFrame]


def _start(z: np.ndarray, logmass: np.ndarray, logsfr: np.ndarray, kind: str, rng: np.random.Generator) -> pd.DataFrame:
    """Ordinary galaxies of given redshift, mass and SFR, with history and shape, to be made odd."""
    table = pd.DataFrame({"z_true": z, "logmass_true": logmass, "logsfr_true": logsfr, "kind": kind})
    return shape.add_shape(properties.add_history(table, rng), rng)


def _make_disc(table: pd.DataFrame, bulge: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Give every galaxy a disc with a small bulge."""
    n = len(table)
    re = shape.size_kpc(table["logmass_true"].to_numpy(), table["z_true"].to_numpy(), np.zeros(n, bool))
    re = re * shape.arcsec_per_kpc(table["z_true"].to_numpy()) * 10 ** (0.1 * rng.standard_normal(n))
    return table.assign(
        elliptical=0.0, bulge_mass_fraction=bulge, re_arcsec=re, disc_re=re * 1.05, bulge_re=0.2 * re, bulge_n=2.0
    )


def _set_inclination(table: pd.DataFrame, cosine: np.ndarray) -> pd.DataFrame:
    thickness = table["thickness"].to_numpy()
    ba = np.sqrt(cosine**2 + thickness**2 * (1 - cosine**2))
    return table.assign(inclination=np.arccos(cosine), ba=ba, bulge_ba=np.maximum(ba, table["bulge_ba"]))


def draw_green_peas(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Green Peas (Cardamone et al. 2009): z 0.14-0.35, log M 9.5 +- 0.5, SFR about 10, compact, strong [O III].

    Nearer ones are less massive and dustier, as theirs; short bursts make their lines the stronger.
    """
    z = np.clip(0.14 + 0.21 * rng.beta(2.1, 1.5, n), 0.141, 0.348)
    logmass = np.clip(rng.normal(9.40, 0.40, n) + 4.5 * (z - 0.25), 8.5, 10.5)
    logsfr = 0.84 + 0.20 * (logmass - 9.45) + 0.25 * rng.standard_normal(n)
    table = _start(z, logmass, logsfr, "starburst", rng)
    re = np.clip(rng.normal(1.0, 0.3, n), 0.5, 2.0) * shape.arcsec_per_kpc(z)
    ba = rng.uniform(0.6, 0.95, n)
    return table.assign(
        elliptical=1.0, bulge_mass_fraction=0.0, re_arcsec=re, disc_re=re, bulge_re=re, bulge_n=1.0, ba=ba, bulge_ba=ba,
        arm_strength=0.0, bar_strength=0.0, ring_strength=0.0, clumpiness=0.0, dust_lane=0.0,
        metals=rng.normal(-0.43, 0.1, n), log_u=rng.normal(-2.0, 0.4, n), eta=0.85,
        burst_age=10 ** rng.uniform(-1.7, -0.92, n),
        av=np.clip(rng.normal(1.20, 0.35, n) - 5.0 * (z - 0.25), 0.1, 2.2), bulge_av=0.1,
    )  # fmt: skip


def draw_red_spirals(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Red Spirals (Masters et al. 2010): face-on discs with arms, z 0.03-0.085, M_r about -21.5, nearly passive."""
    z = 0.03 + 0.055 * rng.beta(1.25, 1.15, n)
    logmass = np.clip(rng.normal(10.73, 0.22, n) + 6.0 * (z - 0.058), 10.1, 11.5)
    table = _start(z, logmass, logmass - 11.15 + 0.2 * rng.standard_normal(n), "quiescent", rng)
    table = _make_disc(table, rng.uniform(0.08, 0.3, n), rng)
    table = _set_inclination(table, 10 ** -rng.uniform(0.0, 0.2, n))
    return table.assign(
        arm_strength=rng.uniform(0.6, 1.0, n), arm_count=2.0, clumpiness=0.08, dust_lane=0.0,
        pitch=np.radians(rng.uniform(10, 22, n)),
        bar_strength=np.where(rng.random(n) < 0.67, rng.uniform(0.4, 1, n), 0),
        av=rng.uniform(0.05, 0.2, n), bulge_av=0.1, metals=rng.normal(-0.3, 0.1, n),
    )  # fmt: skip


def draw_dusty_starbursts(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Luminous infrared galaxies: SFR 1 dex above the main sequence behind A_V of 2 to 4."""
    z, logmass = rng.uniform(0.05, 0.35, n), rng.normal(10.6, 0.25, n)
    sfr = properties.main_sequence(logmass, z) + rng.normal(1.0, 0.15, n)
    return _start(z, logmass, sfr, "starburst", rng).assign(av=rng.uniform(2.0, 3.8, n), bulge_av=1.5)


def draw_post_starbursts(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """E+A galaxies: a burst that ended some 0.3 Gyr ago; blue continuum, no star formation left (Wild et al. 2009)."""
    z, logmass = rng.uniform(0.03, 0.3, n), rng.normal(10.2, 0.35, n)
    table = _start(z, logmass, logmass - 12.0, "quiescent", rng)
    return table.assign(age=rng.uniform(0.5, 1.0, n), bulge_age=rng.uniform(0.6, 1.2, n), av=0.2, bulge_av=0.1)


def draw_blue_ellipticals(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Early types that form stars (Schawinski et al. 2009): round, smooth and blue, z < 0.1."""
    z, logmass = rng.uniform(0.02, 0.12, n), rng.normal(10.2, 0.3, n)
    table = _start(z, logmass, properties.main_sequence(logmass, z) + rng.normal(0.5, 0.2, n), "quiescent", rng)
    re = shape.size_kpc(logmass, z, np.ones(n, bool)) * shape.arcsec_per_kpc(z)
    ba = rng.uniform(0.65, 0.98, n)
    return table.assign(
        elliptical=1.0, bulge_mass_fraction=0.3, bulge_n=3.5, bulge_re=re, disc_re=re, re_arcsec=re, ba=ba,
        bulge_ba=ba, av=0.15, arm_strength=0.0, bar_strength=0.0, ring_strength=0.0, clumpiness=0.0, dust_lane=0.0,
    )  # fmt: skip


def draw_active_nuclei(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Massive galaxies with a blue point of light in the middle, as bright as a third to three times the galaxy."""
    z, logmass = rng.uniform(0.05, 0.5, n), rng.normal(10.8, 0.25, n)
    table = _start(z, logmass, properties.main_sequence(logmass, z) - 0.3, "main sequence", rng)
    return table.assign(core=rng.uniform(0.3, 2.5, n))


def draw_mergers(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Two discs in contact with tidal tails, z 0.02 to 0.15."""
    z, logmass = rng.uniform(0.02, 0.15, n), rng.normal(10.5, 0.35, n)
    sfr = properties.main_sequence(logmass, z) + rng.normal(0.4, 0.25, n)
    table = _make_disc(_start(z, logmass, sfr, "starburst", rng), rng.uniform(0.1, 0.3, n), rng)
    return table.assign(oddity="merger", asymmetry=rng.uniform(0.6, 1.0, n))


def draw_lenses(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Luminous red galaxies at z about 0.5 with a blue arc around each."""
    z = rng.uniform(0.3, 0.7, n)
    logmass = rng.normal(11.4, 0.15, n)
    return _start(z, logmass, logmass - 12.0, "quiescent", rng).assign(oddity="arc", arm_strength=0.0)


def _draw_empty(oddity: str, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Make rows with no galaxy: the light is set to nothing, and the latents are unknown."""
    table = _start(np.full(n, 0.1), np.full(n, 10.0), np.full(n, 0.0), "none", rng)
    return table.assign(oddity=oddity)


def draw_stars(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Foreground stars of r 15 to 20."""
    return _draw_empty("star", n, rng)


def draw_trails(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Satellite trails across the sky, in one band."""
    return _draw_empty("trail", n, rng)


def draw_columns(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Bad columns that the detector left, in one band."""
    return _draw_empty("column", n, rng)


def draw_skies(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Empty sky."""
    return _draw_empty("empty", n, rng)


#: How each of `atlas.kinds.KINDS` is drawn, by its name.
RECIPES = {
    "Green Pea": Recipe(80, draw_green_peas),
    "Red Spiral": Recipe(294, draw_red_spirals),
    "Dusty Starburst": Recipe(60, draw_dusty_starbursts),
    "Post-starburst": Recipe(60, draw_post_starbursts),
    "Blue Elliptical": Recipe(60, draw_blue_ellipticals),
    "Active Nucleus": Recipe(60, draw_active_nuclei),
    "Merger": Recipe(60, draw_mergers),
    "Lens-like Arc": Recipe(40, draw_lenses),
    "Star": Recipe(40, draw_stars),
    "Satellite Trail": Recipe(20, draw_trails),
    "Bad Column": Recipe(20, draw_columns),
    "Empty Sky": Recipe(20, draw_skies),
}


def draw(kind: Kind, n: int, seed: int) -> pd.DataFrame:
    """Draw `n` of one rare kind.

    Parameters
    ----------
    kind : Kind
        One of `atlas.kinds.KINDS`.
    n, seed : int

    Returns
    -------
    DataFrame
        The columns of `properties.draw` and `shape.add_shape`, with `oddity`, which names what the renderer adds ("",
        merger, arc, star, trail, column, empty), and `core`, the flux of an active nucleus over the galaxy's r flux.
    """
    rng = np.random.default_rng([seed, *map(ord, kind.prefix)])
    table = RECIPES[kind.name].draw(n, rng)
    return table.assign(**{name: table.get(name, default) for name, default in (("oddity", ""), ("core", 0.0))})
