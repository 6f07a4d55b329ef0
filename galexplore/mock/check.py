"""The check of the mock against real measurements, written to a folder: a table, a report and two montages."""

import json
from pathlib import Path
from typing import Any

from galexplore.files import write_whole
from galexplore.mock import comparisons, montage, nearby, report
from galexplore.mock.conditions import find_conditions
from galexplore.mock.rows import Report
from galexplore.mock.survey import draw_catalogue
from galexplore.survey import Survey


def check(
    real_folder: Path,
    out: Path,
    survey: Survey,
    n: int = 80000,
    seed: int = 1,
    draws: int = 8,
    progress: Report = print,
) -> dict[str, Any]:
    """Compare the mock with real measurements; write `check.json`, `check.html` and two montages.

    Parameters
    ----------
    real_folder : Path
        Holds `tables/` and `cutouts/` with the real measurements.
    out : Path
        Folder to write to; made if need be.
    survey : Survey
        That both are of; see `conditions.find_conditions`.
    n : int
        Galaxies of each deep mock that is drawn for it.
    seed, draws : int
        The first of so many seeds, one a draw: a single draw's worst bin says little.
    progress : callable
        Called with a line of text now and then.

    Returns
    -------
    dict
        What `check.json` holds.

    Raises
    ------
    InputError
        If the folder lacks a table, or for a survey that cannot be simulated.
    ImportError
        Without bagpipes and speclite.
    """
    find_conditions(survey)
    out.mkdir(parents=True, exist_ok=True)
    real = comparisons.read_hosts(real_folder)
    drawn, taught = [], []
    for one in range(seed, seed + draws):
        mock = draw_catalogue(n, one, survey, "deep", photometry_only=True, progress=progress)
        drawn.append(comparisons.compare_bins(mock, real))
        taught.append(comparisons.transfer(mock, real))
    guesses = {name: scores.pop("guess") for name, scores in taught[0].items()}
    bins, ours = comparisons.pool_bins(drawn), "R2 taught by the mock"
    measured: dict[str, Any] = {"draws": draws, "transfer": taught[0], "bins": bins}
    measured["transfer of each draw"] = {name: [scores[name][ours] for scores in taught] for name in guesses}
    seeds = range(seed, seed + draws)
    for name, compare in (("massive", nearby.compare_massive), ("discs", nearby.compare_discs)):
        measured[name] = nearby.pool([compare(real_folder, survey, seed=one) for one in seeds], survey)
        progress(f"{name}: {draws} draws compared")
    measured["sizes"] = comparisons.compare_sizes(real_folder, survey)
    measured["rare"] = comparisons.compare_rare(real_folder, survey)
    measured["skies"] = comparisons.compare_skies(real_folder, survey)
    measured["summary"] = comparisons.summarise_bins(bins) | {
        "least transfer": {name: min(scores) for name, scores in measured["transfer of each draw"].items()},
        "massive galaxies, mock less real": nearby.summarise(measured["massive"], survey),
        "nearby discs, mock less real": nearby.summarise(measured["discs"], survey),
    }
    measured["summary"] |= add_up(measured, survey)
    write_whole(out / "check.json", json.dumps(measured, indent=1))
    ordinary = draw_catalogue(4000, seed, survey, photometry_only=True, progress=progress)
    montage.draw_beside(montage.read_real(real_folder, survey), ordinary, survey).save(out / "beside.png")
    montage.draw_mock(ordinary, survey).save(out / "mock.png")
    write_whole(out / "check.html", report.write_report(measured, real, guesses, survey))
    return measured


def add_up(measured: dict[str, Any], survey: Survey) -> dict[str, Any]:
    """Count what is beyond its limit and twice its error, and its share: bins of hosts and bright galaxies' colours."""
    beyond = {name: nearby.count_beyond(measured[name], survey) for name in ("massive", "discs")}
    bins = {"hosts": measured["summary"]["bins beyond the limit"], **beyond}
    held = len(comparisons.LIMITS) * len(measured["bins"])
    held += sum(len(nearby.name_colours(survey)) * len(measured[name]) for name in beyond)
    share = sum(sum(one.values()) for one in bins.values()) / held
    return {"bins beyond the limit": bins, "share beyond": share}
