"""Kinds and selections compared with controls of the same redshift and mass, and with each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from galexplore.atlas.controls import Matching, balance_controls, compare_matched, compare_sets
from galexplore.atlas.recovery import FALSE_ALARMS, classify
from galexplore.explore.explorer import Explorer
from galexplore.posterior.meaning import add_looks

#: What galaxies are matched by: the catalogue's redshift and mass where they are known, else those inferred.
MATCHED = {"redshift": ("z", "lat_redshift"), "mass": ("logmass", "lat_logmass")}
#: What is compared, and how it is called.
COMPARED = {
    "lat_redshift": "redshift, inferred",
    "lat_logmass": "log M, inferred",
    "lat_logsfr": "log SFR, inferred",
    "lat_logssfr": "log sSFR, inferred",
    "lat_free": "free latent",
    "colour": "colour, observed",
    "rest_gr": "rest-frame g − r, catalogue redshift",
    "excess": "excess in the middle band",
    "logssfr": "log sSFR, catalogue",
    "size_kpc": "size in kpc",
    "concentration": "concentration",
}
#: What is said of a set that has less, and more, of each than its controls.
DIFFERENT = {
    "lat_redshift": ("lower in inferred redshift", "higher in inferred redshift"),
    "lat_logmass": ("lower in inferred mass", "higher in inferred mass"),
    "lat_logsfr": ("lower in inferred SFR", "higher in inferred SFR"),
    "lat_logssfr": ("lower in inferred sSFR", "higher in inferred sSFR"),
    "lat_free": ("lower in the free latent", "higher in the free latent"),
    "colour": ("bluer", "redder"),
    "rest_gr": ("bluer in rest-frame g − r", "redder in rest-frame g − r"),
    "excess": ("fainter in {band} than in the adjacent bands", "brighter in {band} than in the adjacent bands"),
    "logssfr": ("lower in catalogue sSFR", "higher in catalogue sSFR"),
    "size_kpc": ("more compact in kpc", "larger in kpc"),
    "concentration": ("less concentrated", "more concentrated"),
}
FEWEST = 10  # galaxies of a set that is compared
APART = 0.1  # by which an AUC differs from 0.5 that tells two sets apart


@dataclass(frozen=True)
class Comparison:
    """A set of galaxies against others, raw and matched.

    Attributes
    ----------
    matching : Matching
    table : DataFrame
        As `galexplore.atlas.controls.compare_matched` gives it.
    by : tuple of str
        Columns that were matched by.
    """

    matching: Matching
    table: pd.DataFrame
    by: tuple[str, ...]


def list_compared(explorer: Explorer) -> pd.DataFrame:
    """Give the columns that are compared, of every galaxy, as far as they are known.

    `colour` is the first band less the last, in magnitudes; `excess` the reference band's light above what the mean of
    the two beside it has: of the survey's g, r, z, positive where a line makes r bright.
    """
    table, survey = explorer.table, explorer.survey
    looks = add_looks(table, survey)
    magnitudes = [f"mag_{band}" for band in survey.bands]
    if len(magnitudes) > 1 and {magnitudes[0], magnitudes[-1]} <= set(table):
        first, last = table[magnitudes[0]].to_numpy(float), table[magnitudes[-1]].to_numpy(float)
        looks = looks.assign(colour=first - last)
        if survey.reference not in (survey.bands[0], survey.bands[-1]) and f"mag_{survey.reference}" in table:
            looks = looks.assign(excess=(first + last) / 2 - table[f"mag_{survey.reference}"].to_numpy(float))
    known = [name for name in (*COMPARED, *(c for pair in MATCHED.values() for c in pair)) if name in looks]
    magnitude = [name for name in (f"mag_{survey.reference}", "mag_aperture") if name in looks][:1]
    return looks[list(dict.fromkeys([*known, *magnitude]))]


def choose_matched(table: pd.DataFrame, rows: np.ndarray, magnitude: str = "") -> tuple[str, ...]:
    """Choose the columns to match by: of each property that which is known of most of some galaxies."""
    columns = []
    for catalogue, inferred in MATCHED.values():
        known = catalogue in table and np.isfinite(table[catalogue].to_numpy(float)[rows]).mean() > 0.9
        columns.append(catalogue if known else inferred)
    return (*columns, magnitude) if magnitude else tuple(columns)


def compare(
    explorer: Explorer, cases: np.ndarray, pool: np.ndarray | None = None, *, magnitude: bool = False
) -> Comparison:
    """Compare galaxies at places in the table with the ordinary ones, and with controls of their redshift and mass.

    Parameters
    ----------
    explorer : Explorer
    cases : int array
    pool : int array, optional
        Those that controls are taken from, in place of the ordinary galaxies; what is a case is none.
    magnitude : bool
        Match by apparent magnitude as well.
    """
    values = list_compared(explorer)
    pool = np.flatnonzero(explorer.atlas.ordinary) if pool is None else np.asarray(pool, int)
    pool = np.setdiff1d(pool, cases)
    bright = [name for name in map(str, values) if name.startswith("mag_")]
    matching = find_controls(values, cases, pool, bright[0] if magnitude and bright else "")
    columns = [name for name in COMPARED if name in values]
    by = tuple(matching.balance["column"])
    return Comparison(matching, compare_matched(values, cases, pool, matching, columns), by)


def find_controls(table: pd.DataFrame, cases: np.ndarray, pool: np.ndarray, magnitude: str = "") -> Matching:
    """Find controls of redshift and mass, and of a column of magnitudes if any, at places in a table of latents."""
    return balance_controls(table, cases, pool, choose_matched(table, np.concatenate([cases, pool]), magnitude))


def add_matched(differences: pd.DataFrame, table: pd.DataFrame, matching: Matching) -> pd.DataFrame:
    """Put beside raw differences those that controls leave; what tells two sets apart best either way comes first.

    Parameters
    ----------
    differences : DataFrame
        `column`, `auc`, `auc_error`, and others, as of `galexplore.atlas.enrichment.compare_with_rest`.
    table : DataFrame
    matching : Matching
        By places in it.

    Returns
    -------
    DataFrame
        With `raw` and `matched`, each with its 95 % interval, `<way>_low` and `<way>_high`, in place of `auc` and its
        error; NaN where there are no controls.
    """
    auc, reach = differences["auc"], norm.ppf(0.975) * differences["auc_error"]
    raw = {"raw": auc, "raw_low": (auc - reach).clip(lower=0), "raw_high": (auc + reach).clip(upper=1)}
    own = compare_sets(table, matching.cases, matching.controls, differences["column"], weight=matching.weight)
    own = own.drop(columns=["ours", "theirs"]).set_index("column").reindex(differences["column"]).astype(float)
    own = own.rename(columns={"auc": "matched", "low": "matched_low", "high": "matched_high"}).reset_index(drop=True)
    both = pd.concat([differences.drop(columns=["auc", "auc_error"]).assign(**raw), own], axis=1)
    apart = (both[["raw", "matched"]] - 0.5).abs().max(axis=1)
    return both.loc[apart.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def compare_two(explorer: Explorer, ours: np.ndarray, theirs: np.ndarray) -> Comparison:
    """Compare two sets of galaxies at places in the table, raw and matched; what is in both belongs to neither."""
    both = np.intersect1d(ours, theirs)
    return compare(explorer, np.setdiff1d(ours, both), np.setdiff1d(theirs, both))


def write_auc(row: dict, way: str) -> str:
    """Write an AUC of `Comparison.table`, "raw" or "matched", with its 95 % interval; a dash where there is none."""
    if not np.isfinite(row[way]):
        return "–"
    return f"{row[way]:.2f} ({row[f'{way}_low']:.2f}–{row[f'{way}_high']:.2f})"


def write_balance(matching: Matching, n: int) -> str:
    """Write how well the controls of n galaxies match: how many, how near, what differences of means are left."""
    gaps = ", ".join(
        f"{r['column']} {r['smd_matched']:+.2f} (raw {r['smd_raw']:+.2f})" for r in matching.balance.to_dict("records")
    )
    alone = f" {matching.alone} of {n} have no control within this limit and are left out." if matching.alone else ""
    alone += "" if matching.balanced else " **Not balanced:** a standardised mean difference above 0.1 remains."
    said = f"{len(matching.controls):,} controls, within {matching.caliper:g} standard deviations"
    return f"{said}; standardised mean differences {gaps}.{alone}"


def recall_matched(explorer: Explorer, comparison: Comparison, kind: str) -> pd.DataFrame:
    """Recall and AUC of a classifier on the latents, of a kind among its controls alone; as of `classify`."""
    matching, atlas = comparison.matching, explorer.atlas
    rows = np.concatenate([matching.cases, matching.controls])
    truth = np.repeat([kind, "ordinary"], [len(matching.cases), len(matching.controls)])
    weight = np.concatenate([np.ones(len(matching.cases)), matching.weight])
    return classify(atlas.points[rows], truth, (kind,), false_alarms=FALSE_ALARMS, weight=weight).recall


def conclude(comparison: Comparison, kind: str = "They") -> str:
    """Say in a sentence whether and by what a set differs from its controls.

    What counts is a latent, which is what an image says: one whose AUC's interval leaves out 0.5 and lies beyond 0.6
    or below 0.4 tells them apart.
    """
    table = comparison.table[comparison.table["matched"].notna()]
    inferred = table[table["column"].str.startswith("lat_")]
    by = " and ".join(list(MATCHED) + ["magnitude"] * (len(comparison.by) > len(MATCHED)))
    if inferred.empty:
        return f"{kind} have no controls matched in {by}: no comparison is possible."
    best = inferred.iloc[int((inferred["matched"] - 0.5).abs().to_numpy().argmax())]
    name, auc = COMPARED[best["column"]], best["matched"]
    words = f"AUC {auc:.2f}, {best['matched_low']:.2f} to {best['matched_high']:.2f}"
    if tell_apart(best.to_frame().T).all():
        return f"{kind} differ from galaxies matched in {by}, most in {name} ({words})."
    return (
        f"{kind} cannot be distinguished from galaxies matched in {by}: the largest difference is in {name} ({words})."
    )


def tell_apart(table: pd.DataFrame) -> np.ndarray:
    """Tell which columns of a `Comparison.table` tell a set from its controls: by 0.1 and beyond the interval."""
    auc, low, high = (table[f"matched{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    return (np.abs(auc - 0.5) > APART) & ~((low <= 0.5) & (high >= 0.5))


def list_differences(comparison: Comparison, band: str) -> str:
    """List all in which a set differs from its controls, latents and looks, the clearest first; "" where nothing is.

    Parameters
    ----------
    comparison : Comparison
    band : str
        The survey's reference band, whose excess is told.
    """
    rows = comparison.table[tell_apart(comparison.table)].to_dict("records")
    words = [DIFFERENT[row["column"]][int(row["matched"] > 0.5)].format(band=band) for row in rows]
    return ", ".join(f"{said} ({row['matched']:.2f})" for said, row in zip(words, rows, strict=True))


def count_told(explorer: Explorer, rows: np.ndarray, words: str) -> int:
    """Count of how many galaxies a statement names what is asked for, such as "high sSFR", alone or as one of two."""
    said, clear = explorer.statements.brief()[rows], explorer.caveats[rows] == ""
    return int(sum(words in one.split(" or ") for one in said[clear]))


def list_told(explorer: Explorer, rows: np.ndarray, most: int = 3) -> dict[str, float]:
    """List what is told of galaxies at places in the table: the commonest statements and caveats, each to its share."""
    shares = explorer.table["statement"].iloc[rows].value_counts(normalize=True).head(most)
    return {str(words): float(share) for words, share in shares.items()}


def list_rows(explorer: Explorer, kind: str) -> np.ndarray:
    """Places in the table of a kind's galaxies."""
    return np.flatnonzero((explorer.table["population"] == kind).to_numpy())


def list_kinds(explorer: Explorer, wanted: Sequence[str] = ()) -> list[str]:
    """Kinds of the atlas, other than ordinary, that have enough galaxies to be compared; of those wanted, if any."""
    counts = explorer.kinds.drop("ordinary", errors="ignore")
    return [kind for kind in counts.index if counts[kind] >= FEWEST and (not wanted or kind in wanted)]
