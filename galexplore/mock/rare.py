"""Rare kinds of galaxy, and things that are none: what explanations of oddness are tried on, never trained on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.mock import properties, shape


@dataclass(frozen=True)
class Kind:
    """A rare kind: its name, the prefix of its ids, its number in the default catalogue, and how to draw `n`."""

    name: str
    prefix: str
    count: int
    draw: Callable


def _start(z, logmass, logsfr, kind, rng, limit_disc=True):
    """Ordinary galaxies of given redshift, mass and SFR, with history and shape, to be made odd."""
    table = pd.DataFrame({"z_true": z, "logmass_true": logmass, "logsfr_true": logsfr, "kind": kind})
    return shape.add_shape(properties.add_history(table, rng), rng)


def _make_disc(table, bulge, rng):
    """Give every galaxy a disc with a small bulge."""
    n = len(table)
    re = shape.size_kpc(table["logmass_true"].to_numpy(), table["z_true"].to_numpy(), np.zeros(n, bool))
    re = re * shape.arcsec_per_kpc(table["z_true"].to_numpy()) * 10 ** (0.1 * rng.standard_normal(n))
    return table.assign(
        elliptical=0.0, bulge_mass_fraction=bulge, re_arcsec=re, disc_re=re * 1.05, bulge_re=0.2 * re, bulge_n=2.0
    )


def _set_inclination(table, cosine):
    thickness = table["thickness"].to_numpy()
    ba = np.sqrt(cosine**2 + thickness**2 * (1 - cosine**2))
    return table.assign(inclination=np.arccos(cosine), ba=ba, bulge_ba=np.maximum(ba, table["bulge_ba"]))


def draw_green_peas(n, rng):
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


def draw_red_spirals(n, rng):
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


def draw_dusty_starbursts(n, rng):
    """Luminous infrared galaxies: SFR 1 dex above the main sequence behind A_V of 2 to 4."""
    z, logmass = rng.uniform(0.05, 0.35, n), rng.normal(10.6, 0.25, n)
    sfr = properties.main_sequence(logmass, z) + rng.normal(1.0, 0.15, n)
    return _start(z, logmass, sfr, "starburst", rng).assign(av=rng.uniform(2.0, 3.8, n), bulge_av=1.5)


def draw_post_starbursts(n, rng):
    """E+A galaxies: a burst that ended some 0.3 Gyr ago; blue continuum, no star formation left (Wild et al. 2009)."""
    z, logmass = rng.uniform(0.03, 0.3, n), rng.normal(10.2, 0.35, n)
    table = _start(z, logmass, logmass - 12.0, "quiescent", rng)
    return table.assign(age=rng.uniform(0.5, 1.0, n), bulge_age=rng.uniform(0.6, 1.2, n), av=0.2, bulge_av=0.1)


def draw_blue_ellipticals(n, rng):
    """Early types that form stars (Schawinski et al. 2009): round, smooth and blue, z < 0.1."""
    z, logmass = rng.uniform(0.02, 0.12, n), rng.normal(10.2, 0.3, n)
    table = _start(z, logmass, properties.main_sequence(logmass, z) + rng.normal(0.5, 0.2, n), "quiescent", rng)
    re = shape.size_kpc(logmass, z, np.ones(n, bool)) * shape.arcsec_per_kpc(z)
    ba = rng.uniform(0.65, 0.98, n)
    return table.assign(
        elliptical=1.0, bulge_mass_fraction=0.3, bulge_n=3.5, bulge_re=re, disc_re=re, re_arcsec=re, ba=ba,
        bulge_ba=ba, av=0.15, arm_strength=0.0, bar_strength=0.0, ring_strength=0.0, clumpiness=0.0, dust_lane=0.0,
    )  # fmt: skip


def draw_active_nuclei(n, rng):
    """Massive galaxies with a blue point of light in the middle, as bright as a third to three times the galaxy."""
    z, logmass = rng.uniform(0.05, 0.5, n), rng.normal(10.8, 0.25, n)
    table = _start(z, logmass, properties.main_sequence(logmass, z) - 0.3, "main sequence", rng)
    return table.assign(core=rng.uniform(0.3, 2.5, n))


def draw_mergers(n, rng):
    """Two discs in contact with tidal tails, z 0.02 to 0.15."""
    z, logmass = rng.uniform(0.02, 0.15, n), rng.normal(10.5, 0.35, n)
    sfr = properties.main_sequence(logmass, z) + rng.normal(0.4, 0.25, n)
    table = _make_disc(_start(z, logmass, sfr, "starburst", rng), rng.uniform(0.1, 0.3, n), rng)
    return table.assign(oddity="merger", asymmetry=rng.uniform(0.6, 1.0, n))


def draw_lenses(n, rng):
    """Luminous red galaxies at z about 0.5 with a blue arc around each."""
    z = rng.uniform(0.3, 0.7, n)
    logmass = rng.normal(11.4, 0.15, n)
    return _start(z, logmass, logmass - 12.0, "quiescent", rng).assign(oddity="arc", arm_strength=0.0)


def _draw_empty(oddity, n, rng):
    """Make rows with no galaxy: the light is set to nothing, and the latents are unknown."""
    table = _start(np.full(n, 0.1), np.full(n, 10.0), np.full(n, 0.0), "none", rng)
    return table.assign(oddity=oddity)


def draw_stars(n, rng):
    """Foreground stars of r 15 to 20."""
    return _draw_empty("star", n, rng)


def draw_trails(n, rng):
    """Satellite trails across the sky, in one band."""
    return _draw_empty("trail", n, rng)


def draw_columns(n, rng):
    """Bad columns that the detector left, in one band."""
    return _draw_empty("column", n, rng)


def draw_skies(n, rng):
    """Empty sky."""
    return _draw_empty("empty", n, rng)


KINDS = (
    Kind("Green Pea", "GP", 80, draw_green_peas),
    Kind("Red Spiral", "RS", 294, draw_red_spirals),
    Kind("Dusty Starburst", "DS", 60, draw_dusty_starbursts),
    Kind("Post-starburst", "PS", 60, draw_post_starbursts),
    Kind("Blue Elliptical", "BE", 60, draw_blue_ellipticals),
    Kind("Active Nucleus", "AN", 60, draw_active_nuclei),
    Kind("Merger", "MG", 60, draw_mergers),
    Kind("Lens-like Arc", "LA", 40, draw_lenses),
    Kind("Star", "ST", 40, draw_stars),
    Kind("Satellite Trail", "TR", 20, draw_trails),
    Kind("Bad Column", "BC", 20, draw_columns),
    Kind("Empty Sky", "ES", 20, draw_skies),
)
NOT_GALAXIES = ("Star", "Satellite Trail", "Bad Column", "Empty Sky")


def draw(kind, n, seed):
    """Draw `n` of one rare kind: the columns of `properties.draw` and `shape.add_shape`, with `oddity` and `core`.

    `oddity` names what the renderer adds ("", merger, arc, star, trail, column, empty); `core` is the flux of an
    active nucleus over the galaxy's r flux.
    """
    rng = np.random.default_rng([seed, *map(ord, kind.prefix)])
    table = kind.draw(n, rng)
    return table.assign(**{name: table.get(name, default) for name, default in (("oddity", ""), ("core", 0.0))})
