"""Distances in the cosmology that the whole project assumes."""

import math

import numpy as np

H0, OMEGA_M = 70.0, 0.3  # km/s/Mpc; flat
_LIGHT = 299_792.458  # km/s


def kpc_per_arcsec(redshift: float) -> float:
    """Proper kpc that an arcsec spans at a redshift: flat, H0 = 70 km/s/Mpc, Om = 0.3 (Hogg 1999, astro-ph/9905116)."""
    z = np.linspace(0, max(redshift, 0.0), 201)
    comoving = np.trapezoid(1 / np.sqrt(OMEGA_M * (1 + z) ** 3 + 1 - OMEGA_M), z) * _LIGHT / H0  # Mpc
    return 1000 * comoving / (1 + max(redshift, 0.0)) * math.radians(1 / 3600)
