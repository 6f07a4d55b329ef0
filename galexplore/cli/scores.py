"""Scores as a person reads them in a terminal."""

from rich.console import Console
from rich.table import Table

from galexplore.latents import LABELLED

_BINNED = {"nmad": "scatter", "coverage68": "in 68 %", "coverage95": "in 95 %"}


def print_scores(scores: dict, console: Console) -> None:
    """Print what `metrics.evaluate` found, with `split` in it: the scores, then bin by bin."""
    free = scores["free"]
    judged = {k: v for k, v in scores.items() if isinstance(v, dict) and k not in ("bins", "free")}
    judged |= {"free: R² of a residual": free["leakage"], "free: rank correlation": free["spearman"]}
    title = f"{'Simulated ' * scores['simulated']}{scores['split']} split, {scores['n']} galaxies"
    table = Table("latent", "score", "value", title=title)
    for latent, values in judged.items():
        for name, (value, error) in values.items():
            table.add_row(latent, name, f"{value:.4f} ± {error:.4f}")
    console.print(table)
    for axis, rows in scores["bins"].items():
        table = Table(axis, "n", *(f"{n} {c}" for n in LABELLED for c in _BINNED.values()), title=f"By {axis}")
        for row in rows:
            cells = [f"{row[n][s][0]:.3f}" if s in row.get(n, {}) else "–" for n in LABELLED for s in _BINNED]
            table.add_row(f"{row['low']:.2f} to {row['high']:.2f}", str(row["n"]), *cells)
        console.print(table)
