"""Columns that follow from others: specific SFR, offset from the main sequence, size, luminosity, rest-frame colour."""

import numpy as np
import pandas as pd

from galexplore.cosmology import COSMOLOGY
from galexplore.explore.rest_frame import BANDS, find_rest_frame

#: What follows from a galaxy's redshift, mass, SFR, apparent size and magnitude; with `lat_` before it where redshift,
#: mass and SFR are those inferred from the image, without it where they are the catalogue's.
DERIVED = ("logssfr", "ms_offset", "size_kpc", "absmag", "rest_gr", "rest_absmag")
#: Columns that `add_derived` may add from what is inferred.
INFERRED = tuple(f"lat_{name}" for name in DERIVED)

_NODES = np.geomspace(1e-4, 20, 800)  # redshifts between which distances and ages are interpolated


def find_main_sequence(logmass: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    """Log SFR [Msun/yr] of the main sequence at log M and redshift: Popesso et al. (2023, arXiv:2203.10487, eq. 10)."""
    age = np.interp(redshift, _NODES, COSMOLOGY.age(_NODES).value)
    return 2.693 - 0.186 * age - np.log10(1 + 10 ** (-0.99 * (logmass - 10.85 + 0.0729 * age)))


def add_derived(table: pd.DataFrame, reference: str = "r") -> pd.DataFrame:
    """Add the columns of `DERIVED` that a table has the makings of, inferred and of the catalogue.

    `logssfr` [log10 1/yr] is log SFR - log M; `ms_offset` [dex] log SFR less that of the main sequence; `size_kpc` the
    proper size of `re_arcsec`; `absmag` [AB mag] the apparent magnitude in the reference band less the distance
    modulus, without a k-correction. Where g, r and z are known, `rest_gr` [AB mag] is the colour in the rest frame and
    `rest_absmag` [AB mag] the absolute magnitude in r with its k-correction (`find_rest_frame`). What the catalogue has
    of its own is kept; 32 bits are enough for all of them.

    Parameters
    ----------
    table : DataFrame
        `lat_redshift`, `lat_logmass`, `lat_logsfr`, and whichever of `z`, `logmass`, `logsfr`, `re_arcsec`,
        `mag_<reference>`, `mag_aperture`, `mag_g`, `mag_r`, `mag_z` are known.
    """
    inferred = _derive(table, "lat_", "lat_redshift", reference)
    known = {name: values for name, values in _derive(table, "", "z", reference).items() if name not in table}
    return table.assign(**inferred | known)


def _derive(table: pd.DataFrame, prefix: str, redshift: str, reference: str) -> dict[str, np.ndarray]:
    """Give the derived columns of which a table has the makings, from one source of redshift, mass and SFR."""
    columns: dict[str, np.ndarray] = {}
    if redshift not in table:
        return columns
    z = table[redshift].to_numpy(float)
    z = np.where(z > 0, z, np.nan)  # nothing is far that is not redshifted
    mass, sfr = f"{prefix}logmass", f"{prefix}logsfr"
    if mass in table and sfr in table:
        logmass, logsfr = table[mass].to_numpy(float), table[sfr].to_numpy(float)
        columns["logssfr"] = logsfr - logmass
        columns["ms_offset"] = logsfr - find_main_sequence(logmass, z)
    if "re_arcsec" in table:
        scale = np.interp(z, _NODES, COSMOLOGY.kpc_proper_per_arcmin(_NODES).value / 60)
        columns["size_kpc"] = table["re_arcsec"].to_numpy(float) * scale
    bands = [name for name in (f"mag_{reference}", "mag_aperture") if name in table]
    modulus = np.interp(np.log(z), np.log(_NODES), COSMOLOGY.distmod(_NODES).value) if bands else np.empty(0)
    if bands:
        columns["absmag"] = table[bands[0]].to_numpy(float) - modulus
    if bands and set(BANDS) <= set(table):
        blue, middle, red = (table[name].to_numpy(float) for name in BANDS)
        columns["rest_gr"], correction = find_rest_frame(blue, middle, red, z)
        columns["rest_absmag"] = middle - modulus - correction
    return {f"{prefix}{name}": values.astype(np.float32) for name, values in columns.items()}
