"""Each rare kind against controls of its own redshift and mass: what of it the latents know that these do not tell."""

from collections.abc import Callable, Sequence

from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.atlas.recovery import FALSE_ALARMS, classify
from galexplore.explore.comparison import (
    COMPARED,
    compare,
    conclude,
    list_differences,
    list_kinds,
    list_rows,
    recall_matched,
    write_auc,
)
from galexplore.explore.confusion import can_confuse, measure_confusion
from galexplore.explore.explorer import Explorer

CONFUSED = 200  # images of each kind, of stars and of quasars


def measure_kinds(
    explorer: Explorer,
    kinds: Sequence[str] = (),
    *,
    magnitude: bool = False,
    report: Callable[[str], None] = lambda text: None,
) -> dict:
    """Compare every kind with all ordinary galaxies and with its matched controls.

    Parameters
    ----------
    explorer : Explorer
    kinds : sequence of str
        All of ten galaxies or more by default.
    magnitude : bool
        Match by apparent magnitude as well.

    Returns
    -------
    dict
        `false_alarms`, and under `kinds`, by name: `n`, `controls`, `caliper` (sigma), `alone` (without any), `by`
        (what was matched), `balanced`, `balance` and `compared` (tables, row by row), `recall` and `recall_matched`
        (value, standard error) of the classifier, `conclusion`, and all `differences` from the controls. Under
        `confusion`, where stars and quasars can be drawn, row by row: what share of each kind is taken for stars or is
        outside, and of these for each kind.
    """
    told: dict[str, dict] = {}
    for kind in list_kinds(explorer, kinds):
        report(kind)
        rows = list_rows(explorer, kind)
        comparison = compare(explorer, rows, magnitude=magnitude)
        raw = classify(explorer.atlas.points, explorer.atlas.population, (kind,)).recall
        recalls = {"recall": raw, "recall_matched": recall_matched(explorer, comparison, kind)}
        told[kind] = {"n": len(rows), "controls": len(comparison.matching.controls)}
        told[kind] |= {
            "caliper": comparison.matching.caliper,
            "alone": comparison.matching.alone,
            "by": list(comparison.by),
        }
        told[kind] |= {"balanced": comparison.matching.balanced, "conclusion": conclude(comparison, f"{kind} galaxies")}
        told[kind] |= {"differences": list_differences(comparison, explorer.survey.reference)}
        told[kind] |= {"balance": comparison.matching.balance.to_dict("records")}
        told[kind] |= {"compared": comparison.table.to_dict("records")}
        told[kind] |= {n: [float(r["recall"].iloc[0]), float(r["error"].iloc[0])] for n, r in recalls.items() if len(r)}
    measured: dict = {"false_alarms": FALSE_ALARMS, "kinds": told}
    if can_confuse(explorer):
        report("stars and quasars")
        confusion = measure_confusion(explorer, [kind for kind in told if kind not in NOT_GALAXIES], CONFUSED)
        lots = confusion.astype(object).where(confusion.notna(), None).to_dict("records")
        measured["confusion"] = [{str(key): value for key, value in lot.items()} for lot in lots]
    return measured


def write_confusion(rows: Sequence[dict]) -> list[str]:
    """Write rates of confusion with stars and quasars as a Markdown table, with standard errors."""
    columns = [name for name in rows[0] if name not in ("of", "n")]
    lines = ["## Confusion with stars and quasars", ""]
    lines += [f"| | n | {' | '.join(columns)} |", f"|---|---:|{'---:|' * len(columns)}"]
    for row in rows:
        cells = [write_share(row[name], row["n"]) for name in columns]
        lines.append(f"| {row['of']} | {row['n']} | {' | '.join(cells)} |")
    return [*lines, ""]


def write_share(share: float | None, n: int) -> str:
    """Write a share of n with its binomial error, in per cent; a dash for none."""
    if share is None:
        return "–"
    return f"{100 * share:.0f} ± {100 * (share * (1 - share) / max(n, 1)) ** 0.5:.0f} %"


def write_lines(name: str, kind: dict) -> list[str]:
    """Write what was measured of a kind as Markdown."""
    reach = f"within {kind['caliper']:g} sigma"
    gaps = ", ".join(f"{r['column']} {r['smd_raw']:+.2f} → {r['smd_matched']:+.2f}" for r in kind["balance"])
    alone = f", {kind['alone']} without any are left out" if kind["alone"] else ""
    alone += "" if kind["balanced"] else "; not balanced"
    lines = [
        f"## {name}",
        "",
        f"{kind['n']} galaxies, {kind['controls']} controls {reach}{alone}. {kind['conclusion']}",
        "",
    ]
    lines += [f"Matched, they are (AUC): {kind['differences']}.", ""] if kind["differences"] else []
    lines += [f"Standardised mean differences, raw → matched: {gaps}.", ""]
    if "recall" in kind and "recall_matched" in kind:
        raw, own = (f"{100 * v:.0f} ± {100 * e:.0f} %" for v, e in (kind["recall"], kind["recall_matched"]))
        lines += [f"Recall of a classifier on the latents at 7 % false positives: {raw} raw, {own} among controls.", ""]
    lines += ["| | median | AUC, raw | AUC, matched |", "|---|---:|---:|---:|"]
    lines += [write_row(row) for row in kind["compared"]]
    return [*lines, ""]


def write_row(row: dict) -> str:
    """Write a row of `Comparison.table` as one of a Markdown table, with 95 % intervals."""
    spans = [write_auc(row, way) for way in ("raw", "matched")]
    return f"| {COMPARED[row['column']]} | {row['ours']:.2f} | {spans[0]} | {spans[1]} |"
