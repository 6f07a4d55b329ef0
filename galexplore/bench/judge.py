"""How the answers for real galaxies of known redshift and mass fare, scored as photometric redshifts are."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.stats import binom_conf_interval
from scipy.stats import median_abs_deviation

from galexplore.cutouts.audit import Prepared
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS, MEANS, SIGMAS
from galexplore.patches.instrument import Instrument
from galexplore.posterior.calibrate import LEVEL68, LEVEL95, ratio95
from galexplore.sources.partitions import Block

#: What a folder of galaxies with truth holds beside the cutouts.
TRUTH = "truth.csv"
#: What is told of the sky between. First the seeing as `truth.csv` has it, with the dust of our Galaxy as for everyone,
#: by position; then one of them otherwise: the dust as published, no seeing, no dust removed.
SKIES = ("by position", "as published", "seeing withheld", "dust withheld")
OUTLIER = 0.15  # of |dz| / (1 + z): catastrophic, as in the field's comparisons (e.g. Hildebrandt et al. 2010)
DRAWS = 2000  # of the bootstrap
#: What is scored, and what it is held against.
QUANTITIES = {"redshift": "z", "logmass": "published_logmass", "logmass_told": "published_logmass"}
QUANTITIES |= {"redshift_student": "z", "logmass_student": "published_logmass"}


def judge(explorer: Explorer, folder: Path, left_out: tuple[str, ...] = (), student: Instrument | None = None) -> dict:
    """Locate the galaxies of `truth.csv` and score the answers.

    It names them (`name`, `z`), with `logmass`, `ebv` and `psf_fwhm_<band>`, the PSFSIZE there, where they are known.

    Parameters
    ----------
    explorer : Explorer
    folder : Path
        The file and the cutouts that it names.
    left_out : tuple of str
        Names, or parts of them, that do not count.
    student : Instrument, optional
        A model's student: it looks at the same pixels, as it does when it embeds a survey.

    Returns
    -------
    dict
        `galaxies`, a row each (`name`, what is known as `z` and `published_logmass`, and what was found as `redshift`,
        `logmass` and `logsfr` with half the 68 and the 95 % interval, `logmass_told`, the mass told the known redshift,
        where the model has a joint posterior, the `ebv` that was removed and the `seeing`, or `refused`), `left_out`,
        and `redshift`, `logmass` and `logmass_told`, as `score` gives them, with the student's as `redshift_student`
        and `logmass_student`; `skies`: the same scores for each of `SKIES`, "as published" only where `truth.csv` has
        E(B-V), "seeing withheld" where it has the seeing.

    Raises
    ------
    InputError
        Where the folder holds no such file, or one without names and redshifts.
    """
    try:
        truth = pd.read_csv(folder / TRUTH)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} holds no {TRUTH} with name, z and logmass of its cutouts.") from error
    if not {"name", "z"} <= set(truth):
        raise InputError(f"{TRUTH} in {folder} names no columns name and z.")
    bands, located = explorer.survey.bands, dict[str, list[dict]]()
    seeing = [_read_seeing(row, bands) for row in truth.to_dict("records")]
    position, unknown = [None] * len(truth), (None,) * len(bands)
    skies: dict[str, tuple[Iterable, Iterable]] = {SKIES[0]: (position, seeing)}
    if "ebv" in truth and truth["ebv"].notna().all():
        skies[SKIES[1]] = truth["ebv"], seeing
    if any(seeing):
        skies[SKIES[2]] = position, [unknown] * len(truth)
    skies[SKIES[3]] = [0.0] * len(truth), seeing
    for how, told in skies.items():
        rows = zip(truth.to_dict("records"), *told, strict=True)
        located[how] = [_locate(explorer, folder, *row, student=student) for row in rows]
    scores = {how: _score_all(rows, left_out) for how, rows in located.items()}
    return {"galaxies": located[SKIES[0]], "left_out": list(left_out), **scores[SKIES[0]], "skies": scores}


def _read_seeing(row: dict, bands: tuple[str, ...]) -> tuple[float | None, ...] | None:
    """Read the FWHM of each band by its published PSFSIZE, None where it is not known; None where none is."""
    widths = [float(row.get(f"psf_fwhm_{band}", np.nan)) / PSFSIZE for band in bands]
    return tuple(w if np.isfinite(w) else None for w in widths) if np.isfinite(widths).any() else None


def _score_all(rows: list[dict], left_out: tuple[str, ...]) -> dict[str, dict]:
    counted = pd.DataFrame([r for r in rows if "refused" not in r and not any(w in r["name"] for w in left_out)])
    scores = {}
    for name, known in QUANTITIES.items():
        if {name, known} <= set(counted) and (both := counted[[name, known]].notna().all(axis=1)).any():
            scores[name] = score(counted[both], name, known)
    return scores


def _locate(
    explorer: Explorer,
    folder: Path,
    row: dict,
    ebv: float | None = None,
    seeing: tuple[float | None, ...] | None = None,
    student: Instrument | None = None,
) -> dict:
    name = Path(str(row["name"])).name
    said = {"name": name, "z": float(row["z"]), "published_logmass": float(row.get("logmass", np.nan))}
    try:
        location = explorer.locate(read(folder / name, survey=explorer.survey), ebv=ebv, seeing=seeing)
    except InputError as error:
        return said | {"refused": str(error)}
    if not location.answered:
        return said | {"refused": location.validity.sentence}
    for name in ("redshift", "logmass", "logsfr"):
        i = LATENTS.index(name)
        answer = location.values[i], location.sigma[i], location.half95[i]
        said |= dict(zip((name, f"{name}_68", f"{name}_95"), map(float, answer), strict=True))
    if location.posterior is not None:
        mass = location.posterior.given(redshift=float(row["z"])).marginal("logmass")
        halves = (float(np.subtract(*mass.interval(level)[::-1])) / 2 for level in (LEVEL68, LEVEL95))
        keys = ("logmass_told", "logmass_told_68", "logmass_told_95")
        said |= dict(zip(keys, (float(mass.median), *halves), strict=True))
    if student is not None:
        said |= _ask_student(student, location.prepared)
    widths = [w if np.isfinite(w) else None for w in location.prepared.seeing.tolist()]
    return said | {"ebv": location.prepared.dust.ebv, "seeing": widths}


def _ask_student(instrument: Instrument, prepared: Prepared) -> dict[str, float]:
    """Redshift and mass by a student, with half the 68 and the 95 % interval; nothing where it gives no answer."""
    rows = pd.DataFrame({"id": [""], "ra": np.nan, "dec": np.nan})
    row = instrument.measure(Block.of_prepared(rows, [prepared], instrument.survey))[0].iloc[0]
    if instrument.student is None or not np.isfinite(row[MEANS[1]]):
        return {}
    ratios = ratio95(instrument.student.calibration, row["mag_aperture"], row[MEANS[1]])
    said: dict[str, float] = {}
    for name in ("redshift", "logmass"):
        i = LATENTS.index(name)
        half = float(row[SIGMAS[i]])
        answer = float(row[MEANS[i]]), half, half * float(ratios[i])
        said |= dict(zip((f"{name}_student{kind}" for kind in ("", "_68", "_95")), answer, strict=True))
    return said


def score(rows: pd.DataFrame, name: str, known: str) -> dict:
    """Score one quantity.

    Returns
    -------
    dict
        `n`; `r2`, the coefficient of determination; `nmad`, 1.4826 times the median absolute deviation, and `bias`,
        the median, of the error (of dz / (1 + z) for redshifts); `outliers`, the share beyond 0.15 (redshifts); each as
        [value, standard error by bootstrap]; `inside68` and `inside95`: [count, low, high], the numbers that chance
        would give in 95 % of cases around it.
    """
    truth, value = rows[known].to_numpy(), rows[name].to_numpy()
    redshift = name.startswith("redshift")
    error = (value - truth) / (1 + truth) if redshift else value - truth
    random = np.random.default_rng(0)
    picks = random.integers(0, len(rows), (DRAWS, len(rows)))

    def estimate(statistic: Callable[[np.ndarray], float]) -> list[float]:
        drawn = np.array([statistic(pick) for pick in picks])
        known = drawn[np.isfinite(drawn)]
        return [float(statistic(np.arange(len(rows)))), float(known.std()) if len(known) else float("nan")]

    def find_r2(pick: np.ndarray) -> float:
        total = ((truth[pick] - truth[pick].mean()) ** 2).sum()
        return float(1 - ((value[pick] - truth[pick]) ** 2).sum() / total) if total > 0 else float("nan")

    out: dict = {"n": len(rows), "r2": estimate(find_r2)}
    out["nmad"] = estimate(lambda pick: median_abs_deviation(error[pick], scale="normal"))
    out["bias"] = estimate(lambda pick: np.median(error[pick]))
    if redshift:
        out["outliers"] = estimate(lambda pick: (np.abs(error[pick]) > OUTLIER).mean())
    for level in ("68", "95"):
        inside = int((np.abs(value - truth) <= rows[f"{name}_{level}"]).sum())
        low, high = binom_conf_interval(inside, len(rows), 0.95, interval="wilson")
        out[f"inside{level}"] = [inside, float(low) * len(rows), float(high) * len(rows)]
    return out


def write_scores(judged: dict) -> str:
    """Write galaxies and scores as two Markdown tables."""
    head = ("galaxy", "z known", "z found", "95 %", "log M known", "log M found", "95 %", "log M told z")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in judged["galaxies"]:
        mass = f"{row['published_logmass']:.1f}" if np.isfinite(row["published_logmass"]) else "–"
        if "refused" in row:
            lines.append(f"| `{row['name']}` | {row['z']:.4f} | refused: {row['refused']} | | {mass} | | | |")
            continue
        cells = [f"{row['z']:.4f}", *_write(row, "redshift", 3), mass, *_write(row, "logmass", 2)]
        cells.append(_write(row, "logmass_told", 2)[0] if "logmass_told" in row else "–")
        lines.append(f"| `{row['name']}` | {' | '.join(cells)} |")
    lines += ["", "| | sky | n | R2 | NMAD | bias | outliers | inside 68 % | inside 95 % |", "|---" * 9 + "|"]
    for name in QUANTITIES:
        for how in (h for h in judged["skies"] if name in judged["skies"][h]):
            s = judged["skies"][how][name]
            figures = (f"{s[k][0]:.3f} ± {s[k][1]:.3f}" if k in s else "" for k in ("r2", "nmad", "bias", "outliers"))
            inside = (f"{s[k][0]} ({s[k][1]:.1f} to {s[k][2]:.1f})" for k in ("inside68", "inside95"))
            lines.append(f"| {name.replace('_', ', ')} | {how} | {s['n']} | {' | '.join([*figures, *inside])} |")
    if judged["left_out"]:
        lines += ["", f"Not counted: {', '.join(judged['left_out'])}."]
    return "\n".join(lines) + "\n"


def _write(row: dict, name: str, digits: int) -> tuple[str, str]:
    value, half = row[name], row[f"{name}_95"]
    low = max(0.0, value - half) if name == "redshift" else value - half
    return f"{value:.{digits}f} ± {row[f'{name}_68']:.{digits}f}", f"{low:.{digits}f} to {value + half:.{digits}f}"
