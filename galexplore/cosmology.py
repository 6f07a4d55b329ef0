"""Distances in the cosmology that the whole project assumes."""

from astropy.cosmology import FlatLambdaCDM

#: Flat, H0 = 70 km/s/Mpc, matter 0.3 of the critical density.
COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)


def kpc_per_arcsec(redshift: float) -> float:
    """Proper kpc that an arcsec spans at a redshift; 0 at none."""
    return float(COSMOLOGY.kpc_proper_per_arcmin(max(redshift, 0.0)).value) / 60


def shrink(start: float, end: float) -> float:
    """Apparent size of a galaxy at a redshift `end` over that at `start`, its size in kpc kept."""
    near, far = COSMOLOGY.angular_diameter_distance([start, end]).value
    return float(near / far)


def fade(start: float, end: float) -> float:
    """Magnitudes by which the luminosity distance dims a galaxy that is carried from a redshift `start` to `end`."""
    near, far = COSMOLOGY.distmod([start, end]).value
    return float(far - near)
