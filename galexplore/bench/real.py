"""What the model, taught by simulated galaxies alone, says of real cutouts whose redshift and mass are known."""

from pathlib import Path

import numpy as np
from scipy.stats import median_abs_deviation

from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.explore.bands import group_bands
from galexplore.explore.explorer import Explorer
from galexplore.explore.location import Location
from galexplore.latents import LATENTS
from galexplore.posterior.calibrate import LEVEL68
from galexplore.survey import Survey
from galexplore.tables.names import format_measurement

#: Spectroscopic redshift and published log mass (GLADE+, good to some tenths of a dex) by the name in a file's name.
KNOWN: dict[str, tuple[float, float | None]] = {
    "J094651.41-010228.6": (0.0203, 10.1),
    "J094949.61+010533.1": (0.0347, 9.7),
    "J000003.25-010647.0": (0.021, 8.8),
    "UGC01333": (0.058, None),
}

SUFFIXES = (".fits", ".npz")


def find_known(name: str) -> tuple[float, float | None] | None:
    """Return the redshift and log mass, or None, of the galaxy that a file's name names, if known."""
    return next((known for galaxy, known in KNOWN.items() if galaxy in name), None)


def locate_all(explorer: Explorer, folder: Path) -> list[dict]:
    """Locate every cutout of a folder; single bands of one galaxy are put together.

    Returns
    -------
    list of dict
        `file`, `known` (redshift and log mass, or None), and either `refused` (a sentence, also where no answer is
        given) or `latents` ({name: [value, sigma]}), `told` (log mass given the known redshift, with half its 68 %
        interval; None where that is not known), `percentile` (of rarity) and `chi2_percentile`.

    Raises
    ------
    InputError
        Where the folder holds no cutout.
    """
    sets = list_sets(folder, explorer.survey)
    if not sets:
        raise InputError(f"{folder} holds no cutouts (.fits, .npz).")
    known = [find_known(s[0].name) for s in sets]
    return [
        {"file": ", ".join(p.name for p in s), "known": k} | _locate(explorer, s, k)
        for s, k in zip(sets, known, strict=True)
    ]


def list_sets(folder: Path, survey: Survey, suffixes: tuple[str, ...] = SUFFIXES) -> list[list[Path]]:
    """List the cutouts of a folder, the files of each; single bands of one galaxy are one cutout."""
    paths = sorted(p for p in folder.glob("*") if p.suffix in suffixes)
    groups = {i: g for g in group_bands(paths, range(len(paths)), survey) for i in g}
    return [[paths[j] for j in groups.get(i, [i])] for i in range(len(paths)) if i == groups.get(i, [i])[0]]


def locate_set(explorer: Explorer, paths: list[Path]) -> Location:
    """Locate a cutout by its files; raises `InputError` where they cannot be used."""
    key = "cutout" if paths[0].suffix == ".npz" else None
    return explorer.locate(read(paths[0] if len(paths) == 1 else paths, survey=explorer.survey, key=key))


def _locate(explorer: Explorer, paths: list[Path], known: tuple[float, float | None] | None) -> dict:
    try:
        location = locate_set(explorer, paths)
    except InputError as error:
        return {"refused": str(error)}
    if not location.answered:
        return {"refused": location.validity.sentence}
    latents = {name: [float(location.values[i]), float(location.sigma[i])] for i, name in enumerate(LATENTS)}
    told = None
    if known and location.posterior is not None:
        mass = location.posterior.given(redshift=known[0]).marginal("logmass")
        low, high = mass.interval(LEVEL68)
        told = [float(mass.median), float(high - low) / 2]
    odd = {"percentile": location.percentile, "chi2_percentile": location.chi2_percentile}
    return {"latents": latents, "told": told} | odd


def write_table(rows: list[dict]) -> str:
    """Write the answers as a Markdown table, and below it how far they lie from what is known, in sigma."""
    head = ("cutout", "z known", "z found", "log M known", "log M found", "log M told z", "log SFR found")
    lines = [f"| {' | '.join(head)} | percentile | chi2 worse than |", "|---" * (len(head) + 2) + "|"]
    pulls, offsets = [], list[float]()
    for row in rows:
        z, mass = ("–" if value is None else value for value in row["known"] or (None, None))
        if "refused" in row:
            lines.append(f"| `{row['file']}` | {z} | refused: {row['refused']} | {mass} | | | | | |")
            continue
        said = {name: format_measurement(*row["latents"][name]) for name in ("redshift", "logmass", "logsfr")}
        odd = f"{row['percentile']:.1f} % | {row['chi2_percentile']:.1f} %"
        told = format_measurement(*row["told"]) if row["told"] else "–"
        cells = (said["redshift"], mass, said["logmass"], told, said["logsfr"], odd)
        lines.append(f"| `{row['file']}` | {z} | {' | '.join(map(str, cells))} |")
        offsets += [row["told"][0] - row["known"][1]] if row["told"] and row["known"][1] is not None else []
        if row["known"]:
            pairs = zip((row["latents"][name] for name in LATENTS[1:3]), row["known"], strict=True)
            pulls.append([None if known is None else (value - known) / sigma for (value, sigma), known in pairs])
    if pulls:
        names = ("redshift", "log mass")
        known = {
            n: [p for p in column if p is not None] for n, column in zip(names, zip(*pulls, strict=True), strict=True)
        }
        within = ", ".join(f"{n} {sum(abs(p) < 2 for p in values)} of {len(values)}" for n, values in known.items())
        lines += ["", f"Within two sigma of what is known: {within}."]
    if offsets:
        spread = float(median_abs_deviation(offsets, scale="normal"))
        error = 1.2533 * float(np.std(offsets)) / len(offsets) ** 0.5  # of the median of a normal distribution
        lines[-1] += (
            f" Told the redshift, log mass less the published one is {np.median(offsets):+.2f} ± {error:.2f} in the "
            f"median, with a scatter (NMAD) of {spread:.2f} dex, over {len(offsets)} cutouts."
        )
    return "\n".join(lines) + "\n"


HEAD = """# Real galaxies

Written by `galexplore bench real`. The model has seen simulated galaxies only; nothing was tuned on these cutouts of
the Legacy Surveys. Several files show one galaxy at different samplings or with missing areas: their answers should
agree. Redshifts are spectroscopic; masses are those of GLADE+, good to some tenths of a dex.

"""
