"""Whether the statement names the property that was moved (`galexplore.jobs.shifts`), or what an image was given."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from galexplore.atlas.basis import BASIS
from galexplore.atlas.rarity import Oddness
from galexplore.atlas.statements import AMBIGUOUS, ODD, TOLD, WITHHELD, Statements
from galexplore.bench.plantings import plant_all, share, try_blends
from galexplore.bench.rivals import name_all
from galexplore.explore.explorer import Explorer
from galexplore.jobs.looks import shift_looks
from galexplore.jobs.shifts import TRUE, find_oddness, shift
from galexplore.latents import MEANS, SIGMAS

SIZES = ((2.0, 3.0), (3.0, 4.0), (4.0, 5.0))  # sigma of the shifts
GROWN = 2.0  # factor by which a move makes the squared distance grow where most of it is the move's doing
TRULY = 2.0  # sigma by which a property that is named is in truth off what the others lead one to expect, if it is


def measure_attribution(
    explorer: Explorer, n: int = 200, seed: int = 5, report: Callable[[str], None] = lambda text: None
) -> dict:
    """Run the test on galaxies of the test split.

    Parameters
    ----------
    n : int
        Galaxies that are shifted, in each of four properties and to either side, and into which is planted.

    Returns
    -------
    dict
        `properties`: "<property> <side>" to what `count_named` counts; `caused`: the same of those that the move has
        made odd (`find_caused`); `true`: share of the first properties named that are off in truth (`judge_truth`), of
        each property moved and of `all`; `sizes`: the same by size of shift, of all
        properties; `rarity`: by tenths of the rarest tenth, for of others nothing is said; `calibration`: by bin of
        the probability, `above`, `n`, `probability` (mean) and `right` (rate); `rivals`: the same galaxies' property by
        other views; `looks`: what is said where concentration or dust was moved, which no statement names;
        `contradictions`: statements which deviation or split does not bear out; `planted`: contaminant to the share
        that is named as such. Every share but what is told comes as [value, standard error].

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    reach = SIZES[0][0], SIZES[-1][1]
    galaxies, answers = shift(explorer, ("test",), n, seed, report, reach)
    every = pd.concat([rows.assign(moved=BASIS.index(name)) for name, rows in answers.items()], ignore_index=True)
    latents, sigma = every[MEANS].to_numpy(), every[SIGMAS].to_numpy()
    odd = find_oddness(explorer, every)
    percentile = explorer.atlas.rarity_percentile(odd.distance2)
    said, moved, high = explorer.state(latents, sigma, odd), every["moved"].to_numpy(), every["high"].to_numpy()
    right = judge_statements(said, moved, high)
    rare = percentile >= ODD
    caused, true = rare & find_caused(every, odd.distance2), judge_truth(said, every[[*TRUE]].to_numpy())

    def count(rows: np.ndarray, asked: np.ndarray = rare) -> dict:
        return count_named(said.verdict[rows], right[rows], asked[rows])

    spoken = said.named[:, 0] >= 0
    sides = {f"{name} {side}": (moved == j) & (high == up) for j, name in enumerate(BASIS) for side, up in _SIDES}
    return {
        "galaxies": galaxies,
        "properties": {name: count(rows) for name, rows in sides.items()},
        "caused": {name: count(rows, caused) for name, rows in sides.items()},
        "true": {name: share(true[rows & spoken]) for name, rows in sides.items()} | {"all": share(true[spoken])},
        "sizes": {f"{low:g} to {top:g} sigma": count(every["size"].between(low, top).to_numpy()) for low, top in SIZES},
        "rarity": {words: count(rows) for words, rows in part_rare(percentile)},
        "calibration": calibrate(said, moved, high),
        "rivals": compare_views(explorer, every, odd, moved, rare),
        "looks": tell_looks(explorer, shift_looks(explorer, ("test",), n, seed, report, reach)),
        "contradictions": count_contradictions(said, odd.contributions),
        "planted": plant_all(explorer, n, seed),
        "blended": try_blends(explorer, n, seed),
    }


_SIDES = (("low", False), ("high", True))


def part_rare(percentile: np.ndarray, parts: int = 10) -> list[tuple[str, np.ndarray]]:
    """Part the rarest tenth of galaxies of some percentiles of rarity (M,) into equal parts: words, and places."""
    order = np.argsort(percentile, kind="stable")
    rare = order[percentile[order] >= ODD]
    split = [part for part in np.array_split(rare, parts) if len(part)]
    ends = [f"percentile {percentile[p].min():.2f} to {percentile[p].max():.2f}" for p in split]
    return [(f"{k}: {words}", part) for k, (words, part) in enumerate(zip(ends, split, strict=True), 1)]


def judge_statements(said: Statements, moved: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Tell which statements (M,) name the property that was moved and its side, alone or as one of two."""
    rows, hits = np.arange(len(moved)), np.zeros(len(moved), bool)
    for k in (0, 1):
        hits |= (said.named[:, k] == moved) & ((said.deviation[rows, moved] > 0) == high)
    return hits


def find_caused(every: pd.DataFrame, distance2: np.ndarray) -> np.ndarray:
    """Find which galaxies (M,) the move has made odd: most of their squared distance has come with it."""
    return distance2 >= GROWN * np.nan_to_num(every["before"].to_numpy(float))


def judge_truth(said: Statements, true: np.ndarray) -> np.ndarray:
    """Tell of which galaxies (M,) the property named first is off, on that side, in truth (M, 4) [sigma].

    It need not be the one that was moved: a distant galaxy of many young stars that is brought near, as it is, is a
    starburst among those that are near.
    """
    rows, first = np.arange(len(true)), said.named[:, 0]
    same = (said.deviation[rows, first] > 0) == (true[rows, first] > 0)
    return (first >= 0) & same & (np.abs(true[rows, first]) >= TRULY)


def count_named(verdict: np.ndarray, right: np.ndarray, rare: np.ndarray) -> dict:
    """Count what was said of shifted galaxies (M,), of those among the rarest tenth.

    Returns
    -------
    dict
        `n`, `n_rare`; shares of the rare: `named` rightly, alone or as one of two, `told` alone, rightly or not,
        `ambiguous`, `withheld`; `named_if_said`: rightly, of those of which a property was named.
    """
    verdict, right = verdict[rare], right[rare]
    spoken = np.isin(verdict, (TOLD, AMBIGUOUS))
    shares = {
        "named": right,
        "told": verdict == TOLD,
        "ambiguous": verdict == AMBIGUOUS,
        "withheld": verdict == WITHHELD,
    }
    counted = {"n": len(rare), "n_rare": int(rare.sum())} | {name: share(hits) for name, hits in shares.items()}
    return counted | {"named_if_said": share(right[spoken])}


def calibrate(said: Statements, moved: np.ndarray, high: np.ndarray, bins: int = 5) -> list[dict]:
    """Hold the probability of each property that is named against how often it is the one that was moved.

    Of two that are named each counts by its own probability. The bins hold equally many.
    """
    rows, k = np.nonzero(said.named >= 0)
    j, probability = said.named[rows, k], said.share[rows, k]
    right = (j == moved[rows]) & ((said.deviation[rows, j] > 0) == high[rows])
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    return [
        {"above": float(probability[part].min()), "n": len(part), "probability": float(probability[part].mean())}
        | {"right": share(right[part])}
        for part in parts
        if len(part)
    ]


def compare_views(explorer: Explorer, every: pd.DataFrame, odd: Oddness, moved: np.ndarray, rare: np.ndarray) -> dict:
    """Name the property by each view alone, of the same rare galaxies: how often it is the one that was moved."""
    part = Oddness(odd.distance2[rare], odd.contributions[rare], odd.conditional_z[rare])
    views = name_all(explorer, every[rare], part)
    return {name: share((view == moved[rare])[view >= 0]) for name, view in views.items()}


def tell_looks(explorer: Explorer, answers: dict[str, pd.DataFrame]) -> dict:
    """Tell what is said of galaxies of which a look was moved that no statement names: of `jobs.looks.LOOKS`.

    Returns
    -------
    dict
        "<look> <side>" to `n`, `rare` (share among the rarest tenth, with its error), and `told`: of the rare, what is
        said to its share, the commonest first.
    """
    counted = {}
    for name, rows in answers.items():
        for side, up in _SIDES:
            part = rows[rows["high"] == up]
            odd = find_oddness(explorer, part)
            rare = explorer.atlas.rarity_percentile(odd.distance2) >= ODD
            said = explorer.state(part[MEANS].to_numpy(), part[SIGMAS].to_numpy(), odd)
            words = pd.Series(np.where(said.verdict == AMBIGUOUS, AMBIGUOUS, said.brief())[rare])
            told = words.value_counts(normalize=True).to_dict()
            counted[f"{name} {side}"] = {"n": len(part), "rare": share(rare), "told": told}
    return counted


def count_contradictions(said: Statements, contributions: np.ndarray) -> int:
    """Count statements which the largest deviation or the largest share does not bear out: there are none."""
    spoken = said.named[:, 0] >= 0
    views = np.abs(said.deviation).argmax(axis=1), contributions.argmax(axis=1)
    return int(sum((spoken & ~(said.named == view[:, None]).any(axis=1)).sum() for view in views))
