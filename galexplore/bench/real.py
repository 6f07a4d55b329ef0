"""What the model, taught by simulated galaxies alone, says of real cutouts whose redshift and mass are known."""

from pathlib import Path

from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.explore.bands import group_bands
from galexplore.explore.explorer import Explorer
from galexplore.explore.location import Location
from galexplore.latents import LATENTS
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
        `file`, `known` (redshift and log mass, or None), and either `refused` (a sentence) or `latents`
        ({name: [value, sigma]}), `percentile` (of rarity) and `chi2_percentile`.

    Raises
    ------
    InputError
        Where the folder holds no cutout.
    """
    sets = list_sets(folder, explorer.survey)
    if not sets:
        raise InputError(f"{folder} holds no cutouts (.fits, .npz).")
    return [{"file": ", ".join(p.name for p in s), "known": find_known(s[0].name)} | _locate(explorer, s) for s in sets]


def list_sets(folder: Path, survey: Survey, suffixes: tuple[str, ...] = SUFFIXES) -> list[list[Path]]:
    """List the cutouts of a folder, the files of each; single bands of one galaxy are one cutout."""
    paths = sorted(p for p in folder.glob("*") if p.suffix in suffixes)
    groups = {i: g for g in group_bands(paths, range(len(paths)), survey) for i in g}
    return [[paths[j] for j in groups.get(i, [i])] for i in range(len(paths)) if i == groups.get(i, [i])[0]]


def locate_set(explorer: Explorer, paths: list[Path]) -> Location:
    """Locate a cutout by its files; raises `InputError` where they cannot be used."""
    key = "cutout" if paths[0].suffix == ".npz" else None
    return explorer.locate(read(paths[0] if len(paths) == 1 else paths, survey=explorer.survey, key=key))


def _locate(explorer: Explorer, paths: list[Path]) -> dict:
    try:
        location = locate_set(explorer, paths)
    except InputError as error:
        return {"refused": str(error)}
    latents = {name: [float(location.values[i]), float(location.sigma[i])] for i, name in enumerate(LATENTS)}
    return {"latents": latents, "percentile": location.percentile, "chi2_percentile": location.chi2_percentile}


def write_table(rows: list[dict]) -> str:
    """Write the answers as a Markdown table, and below it how far they lie from what is known, in sigma."""
    lines = [
        "| cutout | z known | z found | log M known | log M found | log SFR found | percentile | chi2 worse than |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    pulls = []
    for row in rows:
        z, mass = ("–" if value is None else value for value in row["known"] or (None, None))
        if "refused" in row:
            lines.append(f"| `{row['file']}` | {z} | refused: {row['refused']} | {mass} | | | | |")
            continue
        said = {name: format_measurement(*row["latents"][name]) for name in ("redshift", "logmass", "logsfr")}
        odd = f"{row['percentile']:.1f} % | {row['chi2_percentile']:.1f} %"
        lines.append(
            f"| `{row['file']}` | {z} | {said['redshift']} | {mass} | {said['logmass']} | {said['logsfr']} | {odd} |"
        )
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
    return "\n".join(lines) + "\n"


HEAD = """# Real galaxies

Written by `galexplore bench real`. The model has seen simulated galaxies only; nothing was tuned on these cutouts of
the Legacy Surveys. Several files show one galaxy at different samplings or with missing areas: their answers should
agree. Redshifts are spectroscopic; masses are those of GLADE+, good to some tenths of a dex.

"""
