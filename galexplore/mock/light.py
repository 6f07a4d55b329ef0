"""The light of a galaxy through DECam g, r, z, from its stars, gas and dust.

Stellar populations and nebular emission are those of bagpipes (Carnall et al. 2018): BC03 models with MILES
(Bruzual & Charlot 2003, 2016 update; Kroupa 2001 IMF) and Cloudy (Ferland et al. 2017). Light is linear in the mass formed
at each age, so bagpipes' own grids are carried through dust and filters once, and any history is a weighted sum.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from galexplore.mock.history import formed_mass

COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)
BIRTH_CLOUD = 0.01  # Gyr: younger stars light nebulae and sit in their birth cloud (Charlot & Fall 2000)
YOUNG = 0.1  # Gyr: younger stars trace arms and clumps
ETA = 2.5  # attenuation of birth clouds over that of the disc (Charlot & Fall 2000: 1 / mu)
SLOPE = 0.7  # of the attenuation curve, A ~ lambda^-0.7 (Charlot & Fall 2000)
LSUN, PC = 3.828e33, 3.0857e18


@dataclass(frozen=True)
class Grid:
    """Flux of one solar mass formed, in nanomaggies at 1 Mpc (without the distance), by redshift, dust, metals and age."""

    redshift: np.ndarray
    attenuation: np.ndarray  # A_V
    log_metals: np.ndarray  # log10 Z / Zsun
    log_u: np.ndarray
    edges: np.ndarray  # Gyr, edges of the age bins
    young: int  # bins younger than BIRTH_CLOUD
    stars: np.ndarray  # (redshift, attenuation, metals, age, band)
    gas: np.ndarray  # (redshift, attenuation, metals, log_u, age < young, band)
    living: np.ndarray  # (metals, age), fraction of the formed mass still in stars and remnants


def _load_bagpipes():
    try:
        import bagpipes
        import speclite.filters
    except ImportError as error:
        raise ImportError(
            "The light of simulated galaxies needs bagpipes and speclite: pip install 'galexplore[mock]'"
        ) from error
    return bagpipes, speclite.filters.load_filters("decamDR1-g", "decamDR1-r", "decamDR1-z")


def _filter_rows(filters, wave, z):
    """Weights (3, wave) that turn L_lambda [Lsun / A] at rest into nanomaggies at 1 Mpc luminosity distance."""
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


@lru_cache(1)
def build_grid():
    """Carry bagpipes' stellar and nebular grids through dust and the DECam curves, once a process (some seconds).

    Returns
    -------
    Grid

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    bagpipes, filters = _load_bagpipes()
    from bagpipes import config
    from bagpipes.models.nebular_model import nebular
    from bagpipes.models.stellar_model import stellar

    wave = np.exp(np.arange(np.log(1500.0), np.log(11500.0), 0.0025))
    metals = slice(0, 6)
    stars, gas = stellar(wave).grid[:, metals], nebular(wave, 0.0).combined_grid[:, metals]
    young = int(np.searchsorted(config.age_bins, BIRTH_CLOUD * 1e9))
    gas = gas[..., :young]
    redshift = np.concatenate([np.arange(0, 0.05, 0.0025), np.arange(0.05, 1.0601, 0.005)])
    dust = np.concatenate([np.arange(0, 1.5, 0.15), np.arange(1.5, 3, 0.25), np.arange(3, 8.1, 0.5)])
    curve = 10 ** (-0.4 * dust[:, None] * (5500.0 / wave) ** SLOPE)
    shape = (len(redshift), len(dust))
    star_grid = np.empty(shape + stars.shape[1:] + (3,), np.float32)
    gas_grid = np.empty(shape + gas.shape[1:] + (3,), np.float32)
    for i, z in enumerate(redshift):
        rows = _filter_rows(filters, wave, z)
        for j, transmission in enumerate(curve):
            star_grid[i, j] = np.moveaxis(np.tensordot(rows * transmission, stars, 1), 0, -1)
            gas_grid[i, j] = np.moveaxis(np.tensordot(rows * transmission, gas, 1), 0, -1)
    ages = config.raw_stellar_ages
    living = np.array([np.interp(config.age_sampling, ages, row) for row in config.live_frac.T[metals]])
    log_metals = np.log10(config.metallicities[metals])
    return Grid(redshift, dust, log_metals, config.logU, config.age_bins / 1e9, young, star_grid, gas_grid, living)


def _bracket(axis, x):
    """Lower index and weight of the upper one, clipped to the axis."""
    x = np.clip(x, axis[0], axis[-1])
    i = np.clip(np.searchsorted(axis, x, side="right") - 1, 0, len(axis) - 2)
    return i, (x - axis[i]) / (axis[i + 1] - axis[i])


def _gather(table, *brackets):
    """Multilinear interpolation over the leading axes of `table`."""
    total = 0
    for corner in np.ndindex(*(2,) * len(brackets)):
        index = tuple(i + c for (i, _), c in zip(brackets, corner, strict=True))
        weight = np.prod([w if c else 1 - w for (_, w), c in zip(brackets, corner, strict=True)], axis=0)
        total = total + table[index] * weight.reshape(-1, *(1,) * (table.ndim - len(brackets)))
    return total


def _shine(grid, z, age, ssfr, metals, av, log_u, eta, burst_age):
    """Fluxes of one solar mass alive, at 1 Mpc: (n, 3) of stars older than YOUNG, (n, 3) of the younger with their gas."""
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


def _distance_modulus_flux(z):
    """(1 Mpc / luminosity distance)^2, by interpolation."""
    nodes = np.geomspace(1e-4, 1.2, 600)
    distance = np.exp(np.interp(np.log(z), np.log(nodes), np.log(COSMOLOGY.luminosity_distance(nodes).value)))
    return distance**-2


def add_light(table, chunk=4000):
    """Add the fluxes of bulge, disc and young stars in g, r, z to a table of galaxies.

    Parameters
    ----------
    table : DataFrame
        Columns `z_true`, `logmass_true`, `logsfr_true`, `bulge_fraction` (of mass), `age` and `bulge_age` [Gyr], `metals` and
        `bulge_metals` [log10 Z/Zsun], `av` (disc, V), `bulge_av`, `log_u`, `eta`, `burst_age` [Gyr].

    Returns
    -------
    DataFrame
        A copy with `flux_bulge_g` ... `flux_disc_z` ... `flux_young_z`, nanomaggies (total, dereddened, no errors).
    """
    grid, out = build_grid(), table.copy()
    fluxes = np.empty((3, len(table), 3), np.float64)
    for start in range(0, len(table), chunk):
        part, rows = table.iloc[start : start + chunk], slice(start, start + chunk)
        c = {name: part[name].to_numpy(float) for name in part.columns if part[name].dtype.kind == "f"}
        mass, bulge = 10 ** c["logmass_true"], np.clip(c["bulge_fraction"], 0, 0.999)
        dilution = _distance_modulus_flux(c["z_true"])[:, None]
        ssfr = 10 ** (c["logsfr_true"] + 9) / (mass * (1 - bulge))
        old, young = _shine(
            grid, c["z_true"], c["age"], ssfr, c["metals"], c["av"], c["log_u"], c["eta"], c["burst_age"]
        )
        passive = np.full(len(part), 1e-4)
        core, spark = _shine(
            grid, c["z_true"], c["bulge_age"], passive, c["bulge_metals"], c["bulge_av"], c["log_u"], c["eta"], 0.1
        )
        fluxes[0, rows] = (core + spark) * (mass * bulge)[:, None] * dilution
        fluxes[1, rows] = old * (mass * (1 - bulge))[:, None] * dilution
        fluxes[2, rows] = young * (mass * (1 - bulge))[:, None] * dilution
    for i, part in enumerate(("bulge", "disc", "young")):
        for j, band in enumerate("grz"):
            out[f"flux_{part}_{band}"] = fluxes[i, :, j].astype(np.float32)
    return out
