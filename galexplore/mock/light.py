"""The light of a galaxy through a survey's bands, from its stars, gas and dust.

Stellar populations and nebular emission are those of bagpipes (Carnall et al. 2018): BC03 models with MILES
(Bruzual & Charlot 2003, 2016 update; Kroupa 2001 IMF) and Cloudy (Ferland et al. 2017). Light is linear in the mass
formed at each age, so bagpipes' own grids are carried through dust and filters once, and any history is a weighted sum.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from galexplore.cosmology import COSMOLOGY
from galexplore.mock.conditions import find_conditions
from galexplore.mock.history import formed_mass
from galexplore.mock.rows import PARTS
from galexplore.survey import Survey

BIRTH_CLOUD = 0.01  # Gyr: younger stars light nebulae and sit in their birth cloud (Charlot & Fall 2000)
YOUNG = 0.1  # Gyr: younger stars trace arms and clumps
SDSS = ("sdss2010-g", "sdss2010-r", "sdss2010-z")
LSUN, PC = 3.828e33, 3.0857e18


@dataclass(frozen=True)
class Grid:
    """Flux of one solar mass formed, in nanomaggies at 1 Mpc, by redshift, dust, metals and age."""

    redshift: np.ndarray
    attenuation: np.ndarray  # A_V
    log_metals: np.ndarray  # log10 Z / Zsun
    log_u: np.ndarray
    edges: np.ndarray  # Gyr, edges of the age bins
    young: int  # bins younger than BIRTH_CLOUD
    stars: np.ndarray  # (redshift, attenuation, metals, age, band)
    gas: np.ndarray  # (redshift, attenuation, metals, log_u, age < young, band)
    living: np.ndarray  # (metals, age), fraction of the formed mass still in stars and remnants


def find_slope(attenuation: float | np.ndarray) -> np.ndarray:
    """Slope n of the attenuation curve, A ~ lambda^-n, greyer where more dust mixes with the stars.

    n = 2.65 / (1 + 3 sqrt(tau_V)), tau_V = A_V / 1.086: eq. 10 of Chevallard et al. (2013), their 2.8 taken down a
    little, well within the quarter that their models leave open; kept within 0.4 to 1.2.

    Parameters
    ----------
    attenuation : array
        A_V, mag.
    """
    return np.clip(2.65 / (1 + 3 * np.sqrt(np.asarray(attenuation) / 1.086)), 0.4, 1.2)


def _load_bagpipes(names: tuple[str, ...]) -> tuple[Any, Any, Any, Any]:
    """Import what draws spectra: bagpipes' settings, its nebular and stellar models, and the filter curves."""
    try:
        from bagpipes import config
        from bagpipes.models.nebular_model import nebular
        from bagpipes.models.stellar_model import stellar
        from speclite.filters import load_filters
    except ImportError as error:
        needs = "The light of simulated galaxies needs bagpipes and speclite: pip install 'galexplore[mock]'"
        raise ImportError(needs) from error
    return config, nebular, stellar, load_filters(*names)


def _filter_rows(filters: Any, wave: np.ndarray, z: float) -> np.ndarray:
    """Weights (B, wave) that turn L_lambda [Lsun / A] at rest into nanomaggies at 1 Mpc luminosity distance."""
    rows = []
    step = np.gradient(wave) * (1 + z)
    for band in filters:
        observed = wave * (1 + z)
        response = np.interp(observed, band.wavelength, band.response, left=0, right=0)
        weight = response * observed * step
        norm = (band.response * 2.99792458e18 / band.wavelength * np.gradient(band.wavelength)).sum()
        cgs = LSUN / (4 * np.pi * (1e6 * PC) ** 2) / (1 + z)
        rows.append(weight / norm * cgs / 3.6307805e-29)  # one nanomaggy = 3.63e-29 erg/s/cm2/Hz
    return np.array(rows)


@lru_cache(4)
def build_grid(names: tuple[str, ...]) -> Grid:
    """Carry bagpipes' stellar and nebular grids through dust and filter curves, once a process (some seconds).

    Parameters
    ----------
    names : tuple of str
        The curves, by their names in speclite.

    Returns
    -------
    Grid

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    config, nebular, stellar, filters = _load_bagpipes(names)
    wave = np.exp(np.arange(np.log(1500.0), np.log(11500.0), 0.0025))
    metals = slice(0, 6)
    stars, gas = stellar(wave).grid[:, metals], nebular(wave, 0.0).combined_grid[:, metals]
    young = int(np.searchsorted(config.age_bins, BIRTH_CLOUD * 1e9))
    gas = gas[..., :young]
    redshift = np.concatenate([np.arange(0, 0.05, 0.0025), np.arange(0.05, 1.0601, 0.005)])
    dust = np.concatenate([np.arange(0, 1.5, 0.15), np.arange(1.5, 3, 0.25), np.arange(3, 8.1, 0.5)])
    curve = 10 ** (-0.4 * dust[:, None] * (5500.0 / wave) ** find_slope(dust)[:, None])
    sources = np.concatenate([stars.reshape(len(wave), -1), gas.reshape(len(wave), -1)], axis=1)
    through = np.empty((len(redshift), len(dust), sources.shape[1], len(names)), np.float32)
    for i, z in enumerate(redshift):  # one product a redshift: many small ones drown in threads on a busy machine
        rows = _filter_rows(filters, wave, z)
        dimmed = (rows[:, None, :] * curve).reshape(-1, len(wave)) @ sources
        through[i] = np.moveaxis(dimmed.reshape(len(names), len(dust), -1), 0, -1)
    parts = np.split(through, [stars[0].size], axis=2)
    star_grid, gas_grid = (
        p.reshape(*p.shape[:2], *g.shape[1:], len(names)) for p, g in zip(parts, (stars, gas), strict=True)
    )
    ages = config.raw_stellar_ages
    living = np.array([np.interp(config.age_sampling, ages, row) for row in config.live_frac.T[metals]])
    log_metals = np.log10(config.metallicities[metals])
    return Grid(redshift, dust, log_metals, config.logU, config.age_bins / 1e9, young, star_grid, gas_grid, living)


def _bracket(axis: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower index and weight of the upper one, clipped to the axis."""
    x = np.clip(x, axis[0], axis[-1])
    i = np.clip(np.searchsorted(axis, x, side="right") - 1, 0, len(axis) - 2)
    return i, (x - axis[i]) / (axis[i + 1] - axis[i])


def _gather(table: np.ndarray, *brackets: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Multilinear interpolation over the leading axes of `table`."""
    total: np.ndarray | float = 0.0
    for corner in np.ndindex(*(2,) * len(brackets)):
        index = tuple(i + c for (i, _), c in zip(brackets, corner, strict=True))
        weight = np.prod([w if c else 1 - w for (_, w), c in zip(brackets, corner, strict=True)], axis=0)
        total = total + table[index] * weight.reshape(-1, *(1,) * (table.ndim - len(brackets)))
    return np.asarray(total)


def _shine(
    grid: Grid,
    z: np.ndarray,
    age: np.ndarray,
    ssfr: np.ndarray,
    metals: np.ndarray,
    av: np.ndarray,
    log_u: np.ndarray,
    eta: np.ndarray,
    burst_age: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Fluxes of one solar mass alive, at 1 Mpc: (n, B) of stars older than YOUNG, (n, B) of the younger and gas."""
    at_z, at_metals = _bracket(grid.redshift, z), _bracket(grid.log_metals, metals)
    old_dust, young_dust = _bracket(grid.attenuation, av), _bracket(grid.attenuation, av * eta)
    alive = _gather(grid.living, at_metals)
    weights = formed_mass(grid.edges, age, ssfr, burst_age)
    for _ in range(2):  # the sSFR asked for is over living mass
        surviving = (weights * alive).sum(axis=1)
        weights = formed_mass(grid.edges, age, ssfr * surviving, burst_age)
    weights /= (weights * alive).sum(axis=1, keepdims=True)
    k = grid.young
    stars = _gather(grid.stars[:, :, :, k:], at_z, old_dust, at_metals)
    infant = _gather(grid.stars[:, :, :, :k], at_z, young_dust, at_metals)
    gas = _gather(grid.gas, at_z, young_dust, at_metals, _bracket(grid.log_u, log_u))
    split = np.searchsorted(grid.edges, YOUNG) - k
    older = np.einsum("na,nab->nb", weights[:, k + split :], stars[:, split:])
    younger = np.einsum("na,nab->nb", weights[:, k : k + split], stars[:, :split])
    younger += np.einsum("na,nab->nb", weights[:, :k], infant + gas)
    return older, younger


def _dilute(z: np.ndarray) -> np.ndarray:
    """(1 Mpc / luminosity distance)^2, by interpolation."""
    nodes = np.geomspace(1e-4, 1.2, 600)
    distance = np.exp(np.interp(np.log(z), np.log(nodes), np.log(COSMOLOGY.luminosity_distance(nodes).value)))
    return distance**-2


def _add_up(grid: Grid, part: pd.DataFrame, z: np.ndarray) -> np.ndarray:
    """Fluxes at 1 Mpc of bulge, disc and young stars, array (3, n, B), seen from redshift `z`."""
    c = {name: part[name].to_numpy(float) for name in part.columns if part[name].dtype.kind == "f"}
    mass, bulge = 10 ** c["logmass_true"], np.clip(c["bulge_mass_fraction"], 0, 0.999)
    ssfr = 10 ** (c["logsfr_true"] + 9) / (mass * (1 - bulge))
    old, young = _shine(grid, z, c["age"], ssfr, c["metals"], c["av"], c["log_u"], c["eta"], c["burst_age"])
    passive = np.full(len(part), 1e-4)
    core, spark = _shine(
        grid, z, c["bulge_age"], passive, c["bulge_metals"], c["bulge_av"], c["log_u"], c["eta"], c["burst_age"]
    )
    in_disc = (mass * (1 - bulge))[:, None]
    return np.array([(core + spark) * (mass * bulge)[:, None], old * in_disc, young * in_disc])


def add_light(table: pd.DataFrame, survey: Survey, chunk: int = 4000) -> pd.DataFrame:
    """Add the fluxes of bulge, disc and young stars in each band to a table of galaxies.

    Parameters
    ----------
    table : DataFrame
        Columns `z_true`, `logmass_true`, `logsfr_true`, `bulge_mass_fraction`, `age` and `bulge_age` [Gyr], `metals`
        and `bulge_metals` [log10 Z/Zsun], `av` (disc, V), `bulge_av`, `log_u`, `eta`, `burst_age` [Gyr].
    survey : Survey
        Whose filters the light passes.
    chunk : int
        Galaxies at a time, which bounds the memory.

    Returns
    -------
    DataFrame
        A copy with `flux_bulge_g` ... `flux_disc_z` ... `flux_young_z`, nanomaggies (total, dereddened, no errors).

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    ImportError
        Without bagpipes and speclite.
    """
    grid = build_grid(find_conditions(survey).filters)
    fluxes = np.empty((len(PARTS), len(table), len(survey.bands)), np.float32)
    for start in range(0, len(table), chunk):
        part = table.iloc[start : start + chunk]
        z = part["z_true"].to_numpy(float)
        fluxes[:, start : start + chunk] = _add_up(grid, part, z) * _dilute(z)[:, None]
    names = ((i, j, f"flux_{part}_{b}") for i, part in enumerate(PARTS) for j, b in enumerate(survey.bands))
    return table.assign(**{name: fluxes[i, :, j] for i, j, name in names})


def find_absolute(table: pd.DataFrame, names: tuple[str, ...] = SDSS) -> np.ndarray:
    """Absolute AB magnitudes (n, 3) of a table's galaxies in their own rest frame, through g, r, z of SDSS.

    Parameters
    ----------
    table : DataFrame
        As `add_light` takes it.
    names : tuple of str
        The filter curves, by their names in speclite.
    """
    flux = _add_up(build_grid(names), table, np.zeros(len(table))).sum(axis=0)
    return 22.5 - 2.5 * np.log10(flux) - 25.0  # from 1 Mpc to 10 pc
