"""Scores as a person reads them in a terminal."""

from rich.console import Console
from rich.table import Table

from galexplore.latents import LABELLED
from galexplore.posterior.meaning import LIMITS

_WHOLE = {"highest_density": "all three, highest density", "tarp": "all three, TARP"}
_BINNED = {"nmad": "scatter", "coverage68": "in 68 %", "coverage95": "in 95 %"}


def print_scores(scores: dict, console: Console) -> None:
    """Print what `metrics.evaluate` found, with `split` in it: the scores, then bin by bin."""
    free = scores["free"]
    judged = {k: v for k, v in scores.items() if isinstance(v, dict) and k not in ("bins", "free", "joint", "lag")}
    judged |= {"free: R² of a residual": free["leakage"], "free: rank correlation": free["spearman"]}
    judged["free: rank correlation given z, M, SFR"] = free["partial"]
    judged |= {"free: told by z, M, SFR": {"R² of boosted trees": free["told"]}} if free["told"] else {}
    title = f"{scores['split'].capitalize()} split, {scores['n']} {'simulated ' * scores['simulated']}galaxies"
    if "seed" in scores:
        title = f"{scores['n']} newly drawn simulated galaxies, seed {scores['seed']}"
    title += ", by the student" * ("lag" in scores)
    judged |= {"R² of the model less the student's": scores["lag"]} if scores.get("lag") else {}
    table = Table("latent", "score", "value", title=title)
    for latent, values in judged.items():
        for name, (value, error) in values.items():
            table.add_row(latent, name, f"{value:.4f} ± {error:.4f}")
    console.print(table)
    console.print(_judge_free(free))
    if "beyond" in scores:
        console.print(
            f"Of {scores['of']} shares inside intervals, in bins of a thousand galaxies of what is known of them, "
            f"{scores['beyond']} lie more than 4 % from what they should be."
        )
    for axis, rows in scores["bins"].items():
        table = Table(axis, "n", *(f"{n} {c}" for n in LABELLED for c in _BINNED.values()), title=f"By {axis}")
        for row in rows:
            cells = [f"{row[n][s][0]:.3f}" if s in row.get(n, {}) else "–" for n in LABELLED for s in _BINNED]
            table.add_row(f"{row['low']:.2f} to {row['high']:.2f}", str(row["n"]), *cells)
        console.print(table)
    if "joint" in scores:
        for table in _list_joint(scores["joint"]):
            console.print(table)


def _judge_free(free: dict) -> str:
    """Say what the free latent is, and whether it is the galaxy's own."""
    words = {
        "neighbours": f"rank correlation with neighbours' flux below {LIMITS['neighbours']}",
        "structure": f"partial one with a structural property at least {LIMITS['structure']}",
        "told": f"R² of boosted trees on z, M, SFR at most {LIMITS['told']}",
    }
    judged = [f"{words[name]}: {'yes' if holds else 'no'}" for name, holds in free["holds"].items()]
    return f"Free latent: {free['name'] or 'no name follows from what it measures'}. " + "; ".join(judged)


def _list_joint(joint: dict) -> list[Table]:
    """Tables of what `joint_metrics.score_joint` found."""
    likelihood = Table("log likelihood a galaxy, nats", "", title=f"Joint posterior, {joint['n']} galaxies")
    for name, title in (("log_likelihood", "joint"), ("above_independent", "above three independent Gaussians")):
        likelihood.add_row(title, "{:.3f} ± {:.3f}".format(*joint[name]))
    for name, row in joint["told"].items():
        which = "all" if name == "all" else "z < 0.1"
        change = f"{row['untold']:.3f} to {row['told']:.3f} dex, {row['ratio']:.2f} times"
        likelihood.add_row(f"scatter of mass, given the redshift, {which}", change)
    columns = ("quantity", "in 68 %", "in 95 %", "KS statistic", "critical value, 5 %", "p")
    covered = Table(*columns, title="Coverage; PIT (SBC), highest density and TARP against uniform")
    for name, test in joint["uniform"].items():
        shares = joint["coverage"].get(name, {})
        cells = ["{:.3f} ± {:.3f}".format(*shares[k]) if shares else "–" for k in ("68", "95")]
        cells += [f"{test[k]:.4f}" for k in ("statistic", "limit", "p")]
        covered.add_row(_WHOLE.get(name, name.replace("_given", " given z")), *cells)
    binned = Table("redshift", "n", "mass given z in 68 %", "in 95 %", title="Given the redshift, by redshift")
    for row in joint["bins"]:
        cells = ["{:.3f} ± {:.3f}".format(*row["coverage"][k]) for k in ("68", "95")]
        binned.add_row(f"{row['low']:.2f} to {row['high']:.2f}", str(row["n"]), *cells)
    return [likelihood, covered, binned]
