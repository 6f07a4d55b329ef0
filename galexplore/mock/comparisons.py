"""The mock held against real measurements: colours, masses to light, sizes, rare kinds, skies, and a regressor."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from astropy.io import fits
from numpy.typing import ArrayLike

from galexplore.atlas.kinds import KINDS
from galexplore.cosmology import COSMOLOGY
from galexplore.cutouts.seeing import measure_width
from galexplore.errors import InputError
from galexplore.mock import light, properties, scene, shape
from galexplore.mock.measure import add_magnitudes
from galexplore.mock.sample import draw_rare
from galexplore.survey import Survey

Z_EDGES = np.arange(0.0, 1.01, 0.1)
MASS_EDGES = np.array([7.0, 8.0, 8.5, 9.0, 9.5, 10.0, 10.5, 11.0, 11.5, 12.5])
LEAST = 50  # real galaxies in a bin that is judged
LIMITS = {"g-r": 0.08, "r-z": 0.08, "log M/L_r": 0.1}  # how far medians may lie apart: mag, mag, dex


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read a table of real measurements.

    Raises
    ------
    InputError
        Where it is not there.
    """
    path = folder / name
    if not path.is_file():
        raise InputError(f"{folder.parent} must hold the real measurements {folder.name}/{name}")
    return pd.read_csv(path)


def read_hosts(folder: Path) -> pd.DataFrame:
    """Read the DES supernova hosts: DECam magnitudes, redshifts and masses; without those whose SFR hit the floor."""
    table = read_table(folder / "tables", "des_sn_hosts_specz_grz_mass_sfr.csv")
    return table[(table["z"] < 1) & (table["mag_r"] < 23.8) & (table["logsfr"] > -2)].reset_index(drop=True)


def _derive(table: pd.DataFrame) -> pd.DataFrame:
    modulus = COSMOLOGY.distmod(table["z"].to_numpy(float)).value
    return pd.DataFrame(
        {
            "g-r": table["mag_g"] - table["mag_r"],
            "r-z": table["mag_r"] - table["mag_z"],
            "log M/L_r": table["logmass"] + 0.4 * (table["mag_r"] - modulus),
            "z bin": np.digitize(table["z"], Z_EDGES) - 1,
            "mass bin": np.digitize(table["logmass"], MASS_EDGES) - 1,
        }
    )


def compare_bins(mock: pd.DataFrame, real: pd.DataFrame) -> list[dict[str, Any]]:
    """Medians and scatter of colours and of mass over observed r light, bin by bin of redshift and mass.

    Parameters
    ----------
    mock, real : DataFrame
        `mag_g`, `mag_r`, `mag_z`, `z` and `logmass`, with their errors in them.

    Returns
    -------
    list of dict
        One for each bin with 50 or more real galaxies.
    """
    keys = ["z bin", "mass bin"]
    ours, theirs = _derive(mock).groupby(keys), _derive(real).groupby(keys)
    rows = []
    for key, group in theirs:
        if len(group) < LEAST or key not in ours.groups:
            continue
        (i, j), other = cast(tuple[int, int], key), ours.get_group(key)
        row: dict[str, Any] = {"z": [Z_EDGES[i], Z_EDGES[i + 1]], "logmass": [MASS_EDGES[j], MASS_EDGES[j + 1]]}
        row |= {"real": len(group), "mock": len(other)}
        for name in LIMITS:
            row[name] = {
                "real": float(group[name].median()),
                "mock": float(other[name].median()),
                "real scatter": float(group[name].std()),
                "mock scatter": float(other[name].std()),
            }
        rows.append(row)
    return rows


def _features(table: pd.DataFrame) -> np.ndarray:
    g, r, z = (table[name].to_numpy(float) for name in ("mag_g", "mag_r", "mag_z"))
    return np.column_stack([g, r, z, g - r, r - z])


def pool_bins(draws: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Put the bins of several draws of the mock together: the mean of their medians, and how well a gap is known.

    Returns
    -------
    list of dict
        Of each bin that all draws have; of each quantity `real`, `mock`, their `real scatter` and `mock scatter`, and
        `error`, of the gap between the medians: 1.25 sigma / sqrt(n) of the real ones, and the scatter of the draws.
    """
    pooled = []
    for first in draws[0]:
        same = [b for draw in draws for b in draw if (b["z"], b["logmass"]) == (first["z"], first["logmass"])]
        if len(same) < len(draws):
            continue
        row = {k: first[k] for k in ("z", "logmass", "real")} | {"mock": int(np.mean([b["mock"] for b in same]))}
        for name in LIMITS:
            medians = np.array([b[name]["mock"] for b in same])
            error = 1.2533 * first[name]["real scatter"] / first["real"] ** 0.5
            scatter = float(medians.std(ddof=1)) if len(medians) > 1 else 0.0
            row[name] = first[name] | {"mock": float(medians.mean()), "error": float(np.hypot(error, scatter))}
        pooled.append(row)
    return pooled


def find_beyond(rows: list[dict[str, Any]], name: str, limit: float) -> np.ndarray:
    """Mark the rows (N,) whose `mock` and `real` of a quantity lie farther apart than a limit and twice their error."""
    gap, error = np.array([(abs(r[name]["mock"] - r[name]["real"]), r[name]["error"]) for r in rows]).reshape(-1, 2).T
    return (gap > limit) & (gap > 2 * error)


def summarise_bins(bins: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the number of bins, the largest difference of their medians, and how many are beyond `LIMITS`.

    Beyond is what differs by more than the limit and by more than twice its own error; `share beyond` is theirs among
    all bins of all quantities.
    """
    worst = {name: max(abs(b[name]["mock"] - b[name]["real"]) for b in bins) for name in LIMITS}
    beyond = {name: int(find_beyond(bins, name, limit).sum()) for name, limit in LIMITS.items()}
    share = sum(beyond.values()) / (len(LIMITS) * len(bins))
    return {"bins": len(bins), "largest difference": worst, "bins beyond the limit": beyond, "share beyond": share}


def transfer(mock: pd.DataFrame, real: pd.DataFrame, seed: int = 0) -> dict[str, dict[str, Any]]:
    """Teach a gradient-boosted regressor on mock photometry alone and examine it on real galaxies.

    Parameters
    ----------
    mock, real : DataFrame
        `mag_g`, `mag_r`, `mag_z`, `z` and `logmass`.
    seed : int

    Returns
    -------
    dict
        R^2 = 1 - SSE/SST for redshift and log mass: taught by the mock, and by half of the real galaxies (the ceiling);
        `guess` (N,) is what the mock's pupil says of the real ones.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.metrics import r2_score

    order = np.random.default_rng(seed).permutation(len(real))
    first, second = real.iloc[order[: len(real) // 2]], real.iloc[order[len(real) // 2 :]]
    scores = {}
    for name in ("z", "logmass"):
        pupil = HistGradientBoostingRegressor(random_state=seed).fit(_features(mock), mock[name])
        guess = pupil.predict(_features(real))
        half = HistGradientBoostingRegressor(random_state=seed, max_iter=60).fit(_features(first), first[name])
        scores[name] = {
            "R2 taught by the mock": float(r2_score(real[name], guess)),
            "R2 taught by real galaxies": float(r2_score(second[name], half.predict(_features(second)))),
            "guess": guess,
        }
    return scores


def compare_sizes(folder: Path, survey: Survey, n: int = 20000, seed: int = 5) -> list[dict[str, Any]]:
    """Half-light radii in kpc by mass, against the (diameter-limited) Siena Galaxy Atlas with GSWLC masses."""
    real = read_table(folder / "tables", "sga_gswlc_nearby_grz_mass_sfr.csv")
    real = real[(real["Z"] > 0.015) & (real["LOGSFRSED"] - real["LOGMSTAR"] > -11.2)]
    real_kpc = real["R_SMA50"] / shape.arcsec_per_kpc(real["Z"].to_numpy(float))
    rng = np.random.default_rng(seed)
    mock = shape.add_shape(properties.draw(n, seed, 17.8, (0.015, 0.12)), rng)
    mock = add_magnitudes(scene.add_fields(light.add_light(mock, survey), survey, rng), survey, rng)
    mock = mock[(mock["mag_r"] < 17.2) & (mock["logsfr_true"] - mock["logmass_true"] > -11.2)]
    mock_kpc = mock["re_arcsec"] / shape.arcsec_per_kpc(mock["z_true"].to_numpy(float))
    rows = []
    for low in np.arange(9.0, 11.5, 0.5):
        ours = mock_kpc[mock["logmass_true"].between(low, low + 0.5)]
        theirs = real_kpc[real["LOGMSTAR"].between(low, low + 0.5)]
        medians = {"real kpc": float(theirs.median()), "mock kpc": float(ours.median())}
        rows.append({"logmass": [float(low), float(low + 0.5)], "real": len(theirs), "mock": len(ours)} | medians)
    return rows


def _summarise(values: ArrayLike) -> dict[str, float]:
    low, middle, high = np.nanpercentile(np.asarray(values, float), [16, 50, 84])
    return {"median": float(middle), "16%": float(low), "84%": float(high)}


def compare_rare(folder: Path, survey: Survey, n: int = 400, seed: int = 1) -> dict[str, dict[str, Any]]:
    """Green Peas against Cardamone et al. (2009) and Red Spirals against Masters et al. (2010)."""
    peas = read_table(folder / "tables", "green_peas_cardamone2009_table4.csv").dropna(subset=["psfmag_dered_r"])
    g, r, z = (peas[f"psfmag_dered_{b}"] for b in survey.bands)
    spirals = read_table(folder / "tables", "red_spirals_masters2010_a1.csv")
    spirals = spirals[spirals["gr0"] < 2]
    kinds = {kind.name: kind for kind in KINDS}
    pea = draw_rare(kinds["Green Pea"], n, seed, survey)
    spiral = draw_rare(kinds["Red Spiral"], n, seed, survey)
    absolute = light.find_absolute(spiral)
    pairs = {
        "Green Pea": {
            "r": (r, pea["mag_r"]),
            "g-r": (g - r, pea["mag_g"] - pea["mag_r"]),
            "r-z": (r - z, pea["mag_r"] - pea["mag_z"]),
            "z": (peas["REDSHIFT"], pea["z_true"]),
            "logmass": (peas["M_STELLAR"], pea["logmass_true"]),
            "logsfr": (np.log10(peas["SFR"]), pea["logsfr_true"]),
        },
        "Red Spiral": {
            "z": (spirals["z"], spiral["z_true"]),
            "M_r": (spirals["Mr"], absolute[:, 1]),
            "g-r at rest": (spirals["gr0"], absolute[:, 0] - absolute[:, 1]),
            "log a/b": (spirals["log_a_over_b"], -np.log10(spiral["ba"])),
        },
    }
    return {
        kind: {name: {"real": _summarise(a), "mock": _summarise(b)} for name, (a, b) in rows.items()}
        for kind, rows in pairs.items()
    }


def compare_skies(folder: Path, survey: Survey) -> dict[str, Any]:
    """Sky noise of a native pixel (nmgy) and seeing (FWHM, arcsec) of the real cutouts, and the mock's range."""
    cutouts, noise = folder / "cutouts", []
    for path in sorted(cutouts.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            noise.append(_find_noise(np.moveaxis(file["cutout"], -1, 0)))
    for path in sorted(cutouts.glob(f"*_{survey.pixel_scale}arcsec.fits")):
        noise.append(_find_noise(fits.getdata(path)))
    seeing = []
    for path in sorted(cutouts.glob("*_psf.fits")):
        with fits.open(path, memmap=False) as file:
            seeing.append([measure_width(hdu.data, survey.pixel_scale) for hdu in file])
    rng = np.random.default_rng(0)
    fields = scene.add_fields(pd.DataFrame(index=range(4000)), survey, rng)
    limits = {b: [float(v) for v in np.percentile(fields[f"noise_{b}"], [2.5, 50, 97.5])] for b in survey.bands}
    widths = {b: [float(v) for v in np.percentile(fields[f"psf_{b}"], [2.5, 50, 97.5])] for b in survey.bands}
    return {"real noise": noise, "mock noise 2.5, 50, 97.5 %": limits, "real seeing": seeing, "mock seeing": widths}


def _find_noise(flux: np.ndarray) -> list[float]:
    """Sky noise a band, from differences of pixels two apart (adjacent ones are correlated)."""
    step = (flux[:, :, 2:] - flux[:, :, :-2]) / np.sqrt(2)
    return [float(1.4826 * np.nanmedian(np.abs(band))) for band in step]
