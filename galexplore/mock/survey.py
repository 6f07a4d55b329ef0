"""The simulated survey: who is selected, what is measured of them, and the catalogue that ships."""

import hashlib

import numpy as np
import pandas as pd
from astropy.coordinates import SkyCoord

from galexplore.config import SURVEY
from galexplore.mock import light, population, rare, scene, shape

#: Shares of the default catalogue: GAMA-like to r = 19.8, and deeper spectroscopic samples to z = 1.
SAMPLES = {"GAMA-like": 0.615, "flux-limited": 0.155, "luminous red": 0.115, "emission line": 0.115}
SPLITS = (("train", 0.6), ("validation", 0.7), ("calibration", 0.8), ("test", 1.0))
BANDS = "grz"


def _nothing(text):
    pass


def select(table, sample, rng):
    """Return which galaxies a sample would have taken spectra of, from their measured magnitudes.

    GAMA: r < 19.8 (Driver et al. 2011). Flux-limited: 19.8 < r < 22.5, successes falling with magnitude (as VIPERS, zCOSMOS).
    Luminous red: z-band < 20.9 and r - z > 0.9 (near the DESI LRG cuts, Zhou et al. 2023). Emission line: g < 23.5, blue in g - r for their
    r - z, z > 0.4 (near DESI ELG, Raichoor et al. 2023). Deep: r < 24, successes falling beyond r = 22.5.
    """
    g, r, z = (table[f"mag_{b}"].to_numpy() for b in BANDS)
    u, redshift = rng.random(len(table)), table["z_true"].to_numpy()
    if sample == "GAMA-like":
        return r < 19.8
    if sample == "flux-limited":
        return (r > 19.8) & (r < 22.5) & (u < np.clip(1.1 - 0.35 * (r - 19.8), 0.1, 1))
    if sample == "luminous red":
        return (z < 20.9) & (r - z > 0.9) & (redshift > 0.35) & (r < 22.8)
    if sample == "emission line":
        return (g < 23.5) & (r - z > 0.3) & (g - r < 0.5 * (r - z) + 0.3) & (redshift > 0.4) & (r < 23.2)
    if sample == "deep":
        return (r < 24.0) & (u < 1 / (1 + np.exp((r - 22.5) / 0.4)))
    raise ValueError(f"There is no sample {sample!r}; there are {', '.join(SAMPLES)} and deep.")


LIMITS = {"GAMA-like": (19.8, (0.003, 0.6), 0.0), "flux-limited": (22.5, (0.02, 1.0), 0.0)}
LIMITS |= {
    "luminous red": (22.8, (0.35, 1.0), 0.0),
    "emission line": (23.2, (0.4, 1.0), 0.0),
    "deep": (24.0, (0.02, 1.0), 0.0),
}


def measure(table, rng):
    """Add magnitudes `mag_g`, `mag_r`, `mag_z` and their errors: sky noise over the galaxy's area, and 1 % of calibration."""
    columns = {}
    for band in BANDS:
        flux = sum(table[f"flux_{part}_{band}"].to_numpy(float) for part in ("bulge", "disc", "young"))
        width2 = (table[f"psf_{band}"] / 2.355) ** 2 + (0.6 * np.minimum(table["re_arcsec"], 8)) ** 2
        error = table[f"noise_{band}"] * np.sqrt(4 * np.pi * width2) / SURVEY.pixel_scale
        error = np.sqrt(error**2 + (0.01 * flux) ** 2).to_numpy(float)
        noisy = np.maximum(flux + error * rng.standard_normal(len(table)), 0.3 * error)
        columns[f"mag_{band}"] = SURVEY.zero_point - 2.5 * np.log10(noisy)
        columns[f"mag_{band}_err"] = 1.0857 * error / noisy
    return table.assign(**columns)


def _draw_sample(n, seed, sample, progress):
    """Draw, light and select until `n` are found."""
    limit, z_range, tilt = LIMITS[sample]
    found, have, batch = [], 0, 0
    while have < n:
        rng = np.random.default_rng([seed, batch, *map(ord, sample)])
        size = int(np.clip(8 * (n - have), 4000, 60000))
        table = population.draw(size, int(rng.integers(2**31)), limit, z_range, tilt)
        table = light.add_light(shape.add_shape(table, rng))
        table = measure(scene.add_fields(table, rng), rng)
        found.append(table[select(table, sample, rng)])
        have, batch = have + len(found[-1]), batch + 1
        progress(f"{sample}: {min(have, n):,} of {n:,} galaxies")
    return (
        pd.concat(found, ignore_index=True)
        .iloc[:n]
        .assign(selection=sample, population="ordinary", oddity="", core=0.0)
    )


def _draw_rare(kind, n, seed):
    """Rare galaxies to r = 20.5 or so, as wide surveys find them."""
    rng = np.random.default_rng([seed, 7, *map(ord, kind.prefix)])
    table = light.add_light(rare.draw(kind, 2 * n + 20, seed))
    dark = kind.name in rare.NOT_GALAXIES
    if dark:
        table = table.assign(**{c: np.float32(0) for c in table.columns if c.startswith("flux_")})
    table = measure(scene.add_fields(table, rng), rng)
    if not dark and kind.name != "Green Pea":
        table = table[table["mag_r"] < 21]
    table = table.iloc[:n].reset_index(drop=True)
    if dark:
        unknown = ["z_true", "logmass_true", "logsfr_true", "phi_true", "mag_g", "mag_r", "mag_z", "ba", "re_arcsec"]
        table = table.assign(**dict.fromkeys(unknown, np.nan))
    return table.assign(
        population=kind.name, selection="rare", id=[f"{kind.prefix}-{i + 1:03d}" for i in range(len(table))]
    )


def add_labels(table, rng):
    """Add the measured labels: the truths with the errors that a spectroscopic survey and SED fitting leave.

    Redshifts are good to 50 km/s or so; masses to about 0.1 dex; SFRs to 0.15 dex where stars form and 0.5 dex where hardly any do;
    position angles the worse the rounder the galaxy, down to nothing (0.9 rad, a uniform draw) for a round one.
    """
    n = len(table)
    z, ssfr = table["z_true"], table["logsfr_true"] - table["logmass_true"]
    error = {
        "z": 1.7e-4 * (1 + z) * 10 ** (0.1 * rng.standard_normal(n)),
        "logmass": 0.09 * 10 ** (0.12 * rng.standard_normal(n)),
        "logsfr": np.interp(ssfr, [-12, -11, -10, -9], [0.55, 0.4, 0.17, 0.13]) * 10 ** (0.12 * rng.standard_normal(n)),
        "phi": np.clip(0.012 + 0.03 * (0.6 + 0.5 / table["re_arcsec"]) / np.clip(1 - table["ba"], 0.02, 1), 0.012, 0.9),
    }
    columns = {}
    for name, sigma in error.items():
        columns[name] = table[f"{name}_true"] + sigma * rng.standard_normal(n)
        columns[f"{name}_err"] = sigma
    columns["phi"] = np.mod(columns["phi"], np.pi)
    columns["z"] = np.maximum(columns["z"], 1e-4)
    return table.assign(**columns)


def add_positions(table, rng):
    """Add `ra`, `dec` spread evenly over the DECaLS footprint: -18 < Dec < 32, more than 20 degrees off the Milky Way."""
    ra, dec = np.empty(0), np.empty(0)
    while len(ra) < len(table):
        a = rng.uniform(0, 360, 4 * len(table) + 100)
        d = np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(-18)), np.sin(np.radians(32)), len(a))))
        keep = np.abs(SkyCoord(a, d, unit="deg").galactic.b.deg) > 20
        ra, dec = np.append(ra, a[keep]), np.append(dec, d[keep])
    return table.assign(ra=ra[: len(table)], dec=dec[: len(table)])


def choose_split(identifiers):
    """Train, validation, calibration or test (60/10/10/20), fixed by a hash of each id."""
    parts = []
    for name in identifiers:
        u = int.from_bytes(hashlib.sha256(str(name).encode()).digest()[:8], "big") / 2**64
        parts.append(next(part for part, end in SPLITS if u < end))
    return parts


def _draw_ordinary(n, seed, depth, progress):
    if depth == "deep":
        return _draw_sample(n, seed, "deep", progress)
    counts = {sample: int(share * n) for sample, share in SAMPLES.items()}
    counts["GAMA-like"] += n - sum(counts.values())
    parts = [_draw_sample(count, seed, sample, progress) for sample, count in counts.items() if count]
    table = pd.concat(parts, ignore_index=True)
    return table.iloc[np.random.default_rng([seed, 11]).permutation(n)].reset_index(drop=True)


def draw_catalogue(n, seed, depth="default", with_rare=True, progress=_nothing):
    """Draw a catalogue of `n` ordinary galaxies and, with them, the rare kinds in proportion.

    Parameters
    ----------
    n : int
    seed : int
    depth : {"default", "deep"}
        The default mixes a GAMA-like sample with deeper ones; "deep" is one sample to r = 24.
    with_rare : bool
    progress : callable
        Called with a line of text now and then.

    Returns
    -------
    DataFrame
        One row a galaxy; see `data/README.md` for the columns.

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    if depth not in ("default", "deep"):
        raise ValueError(f"There is no depth {depth!r}; choose default or deep.")
    table = _draw_ordinary(n, seed, depth, progress)
    table["id"] = [f"M{i + 1:06d}" for i in range(n)]
    table["split"] = choose_split(table["id"])
    if with_rare:
        share = min(1.0, n / 26000) if n < 26000 else 1.0
        kinds = [_draw_rare(kind, max(1, round(kind.count * share)), seed) for kind in rare.KINDS]
        table = pd.concat([table, pd.concat(kinds).assign(split="rare")], ignore_index=True)
    rng = np.random.default_rng([seed, 13])
    table = add_positions(add_labels(table, rng), rng)
    return _tidy(table.assign(neighbour_flux=[_sum_neighbours(s) for s in table["seed"]]))


def _sum_neighbours(seed):
    """Return the r flux of everything else in the picture, nmgy."""
    half = SURVEY.field / 2
    return sum(one["flux"][1] for one in scene.draw_neighbours(seed) if max(abs(one["x"]), abs(one["y"])) < half)


FIRST = [
    "id",
    "ra",
    "dec",
    "z",
    "z_err",
    "logmass",
    "logmass_err",
    "logsfr",
    "logsfr_err",
    "phi",
    "phi_err",
    "population",
    "split",
]
FIRST += ["selection", "kind", "mag_g", "mag_r", "mag_z", "mag_g_err", "mag_r_err", "mag_z_err"]
FIRST += ["z_true", "logmass_true", "logsfr_true", "phi_true"]


def _tidy(table):
    order = FIRST + [c for c in table.columns if c not in FIRST]
    narrow = {c: np.float32 for c in order if table[c].dtype == np.float64 and c not in ("ra", "dec")}
    return table[order].astype(narrow)


def build(n, seed, out, photometry_only=False, depth="default", progress=_nothing):
    """Draw a survey and write its catalogue; pictures are rendered by `store.Store` from it.

    Parameters
    ----------
    n, seed : int
    out : Path
        The parquet file to write.
    photometry_only : bool
        Write only `z`, `logmass`, `logsfr`, `mag_g`, `mag_r`, `mag_z`, `selection` and `population`, of ordinary galaxies.
    depth : {"default", "deep"}
    progress : callable

    Returns
    -------
    DataFrame
        What was written.
    """
    table = draw_catalogue(n, seed, depth, not photometry_only, progress)
    if photometry_only:
        table = table[["id", "z", "logmass", "logsfr", "mag_g", "mag_r", "mag_z", "selection", "population"]]
    table.to_parquet(out, compression="zstd", index=False)
    return table
