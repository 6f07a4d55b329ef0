"""Our answer beside a classical one: bagpipes with its own sampler on the same galaxies' photometry.

Mode: the whole posterior, five hundred samples of it. Both run on this machine, one after the other, so that the ratio
of their speeds holds on any.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import chdir, redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.explore.explorer import Explorer
from galexplore.images import Observed
from galexplore.latents import LABELLED
from galexplore.mock.conditions import find_conditions
from galexplore.survey import Survey

BATCH = 1024  # galaxies on which our speed is measured
#: A delayed-exponential history with dust and nebular emission: eight parameters, three magnitudes.
FIT = {
    "redshift": (0.0, 1.0),
    "delayed": {"age": (0.3, 13.0), "tau": (0.1, 10.0), "massformed": (6.0, 12.5), "metallicity": (0.05, 2.5)},
    "dust": {"type": "Calzetti", "Av": (0.0, 3.0)},
    "nebular": {"logU": (-3.6, -1.8)},
}


def choose(table: pd.DataFrame, n: int, seed: int) -> pd.DataFrame:
    """Draw ordinary galaxies of the test split."""
    return table[(table["split"] == "test") & (table["population"] == "ordinary")].sample(n, random_state=seed)


def write_curves(folder: Path, survey: Survey) -> list[str]:
    """Write the survey's filter curves as bagpipes reads them: wavelength [Angstrom] and response."""
    from speclite.filters import load_filters

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for curve in load_filters(*find_conditions(survey).filters):
        path = (folder / f"{curve.name}.dat").resolve()
        np.savetxt(path, np.column_stack([curve.wavelength, curve.response]))
        paths.append(str(path))
    return paths


def fit_one(row: pd.Series, survey: Survey, curves: list[str], folder: Path) -> dict:
    """Fit one galaxy: seconds, and median and half the 68 % interval of redshift, log mass and log SFR."""
    import bagpipes
    from threadpoolctl import threadpool_limits

    flux = np.array([10 ** (-0.4 * (row[f"mag_{b}"] - 23.9)) for b in survey.bands])  # microjansky
    error = flux * np.array([max(row[f"mag_{b}_err"], 0.02) for b in survey.bands]) / 1.0857
    data = np.column_stack([flux, error])
    bagpipes.utils.working_dir = str(folder.resolve())  # where it makes its folders; else where it was imported
    # One thread: the sampler's small matrices are slower on several, many times so on a machine that is busy.
    with chdir(folder), threadpool_limits(1), open(os.devnull, "w") as nothing, redirect_stdout(nothing):
        start = time.perf_counter()
        galaxy = bagpipes.galaxy(row["id"], lambda _: data, spectrum_exists=False, filt_list=curves)
        fit = bagpipes.fit(galaxy, FIT, run="sed")
        fit.fit(verbose=False, sampler="nautilus")
        fit.posterior.get_basic_quantities()
        seconds = time.perf_counter() - start
    samples = fit.posterior.samples
    drawn = {"redshift": samples["redshift"], "logmass": samples["stellar_mass"]}
    drawn["logsfr"] = np.log10(np.maximum(samples["sfr"], 1e-6))
    out: dict = {"id": row["id"], "seconds": seconds}
    for name, values in drawn.items():
        low, middle, high = np.quantile(values, (0.15865, 0.5, 0.84135))
        out[name] = [float(middle), float((high - low) / 2)]
    return out


def time_ours(explorer: Explorer, n: int = BATCH) -> dict[str, float]:
    """Seconds a galaxy in a batch: all of the answer (`Embedder.embed`), and a glance (`Embedder.glance`)."""
    rows, embedder, taken = explorer.table.iloc[:n], explorer.embedder, {}
    flux, observed = explorer.images.get(rows["id"].tolist()), Observed.read(rows, explorer.survey)
    for name, answer in (("whole", embedder.embed), ("glance", embedder.glance)):
        answer(flux[:256], observed=observed[:256])  # the first pass is slow
        start = time.perf_counter()
        answer(flux, observed=observed)
        taken[name] = (time.perf_counter() - start) / len(flux)
    return taken


def compare_with_fits(
    explorer: Explorer, n: int, folder: Path, seed: int = 0, report: Callable[[str], None] = lambda text: None
) -> dict:
    """Fit n galaxies by both and compare; fits that a killed run finished are not done again.

    Returns
    -------
    dict
        `n`; `seconds` a galaxy of `sed`, `ours` and `glance`; `ratio` of speeds (whole answer, glance); `accuracy`:
        latent to the median absolute error and the share inside the 68 % interval of all three, against labels.

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept, curves = folder / "fits.jsonl", write_curves(folder / "curves", explorer.survey)
    done = {r["id"]: r for r in map(json.loads, kept.read_text().splitlines())} if kept.exists() else {}
    rows = choose(explorer.table, n, seed)
    for i, (_, row) in enumerate(rows.iterrows(), 1):
        if row["id"] not in done:
            done[row["id"]] = fit_one(row, explorer.survey, curves, folder)
            with kept.open("a") as file:
                file.write(json.dumps(done[row["id"]]) + "\n")
        report(f"{i} of {n}: {row['id']} in {done[row['id']]['seconds']:.0f} s")
    fits, ours = [done[i] for i in rows["id"]], time_ours(explorer)
    sed = float(np.mean([f["seconds"] for f in fits]))
    observed = Observed.read(rows, explorer.survey)
    glance = explorer.embedder.glance(explorer.images.get(rows["id"].tolist()), observed)
    out = {"n": n, "mode": "posterior", "seconds": {"sed": sed, "ours": ours["whole"], "glance": ours["glance"]}}
    out["ratio"] = {name: sed / seconds for name, seconds in ours.items()}
    return out | {
        "accuracy": {name: _compare_latent(name, column, fits, rows, glance) for name, column in LABELLED.items()}
    }


def _compare_latent(name: str, column: str, fits: list[dict], rows: pd.DataFrame, glance: pd.DataFrame) -> dict:
    truth, own = rows[column].to_numpy(float), rows[f"{column}_err"].to_numpy(float)
    answers = {"sed": np.array([f[name] for f in fits]).T}
    answers |= {
        who: t[[f"lat_{name}", f"lat_{name}_sigma"]].to_numpy(float).T
        for who, t in (("ours", rows), ("glance", glance))
    }
    out = {}
    for who, (value, sigma) in answers.items():
        error = np.abs(value - truth)
        out[who] = {"median_error": float(np.median(error)), "inside68": float(np.mean(error <= np.hypot(sigma, own)))}
    return out
