"""What a ranking has learnt from a person's labels: told in words, and tried on labels that it was not taught."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.explore.ranking import Ranking, locate_labels

#: Scores from which a galaxy is what is looked for; labels from which anything is told, and is tried; parts of a trial.
WANTED, FEWEST, FOLDS = 4, 5, 5
#: Galaxies looked at, of which it is told what they hold.
BUDGETS = (24, 48, 96, 240, 480, 960)
#: Correlation from which a property is told.
TOLD = 0.2
#: Properties by which it is told: columns, and what each is called.
PROPERTIES = {"lat_redshift": "redshift", "lat_logmass": "mass", "lat_logssfr": "sSFR", "lat_free": "free latent"}


@dataclass(frozen=True)
class Lesson:
    """What was learnt.

    Attributes
    ----------
    labels, wanted : int
        Scores that were learnt from, and how many of them are 4 or 5.
    weights : dict of str to float
        Property to its correlation with what the labels added to the ranking beside its own scale, among galaxies like
        those labelled; the one that weighs most first.
    share : float
        Of the variance of what was added, that these properties explain together: the rest is likeness alone.
    trust : float
        By how much the prediction rises with the rank: 1 as without labels, 0 where the rank counts for nothing.
    """

    labels: int
    wanted: int
    weights: dict[str, float]
    share: float
    trust: float = 1.0

    def say(self) -> str:
        """Say it in a sentence or two, as Markdown."""
        labels = f"{self.labels} label{'' if self.labels == 1 else 's'}, {self.wanted} of them 4 or 5"
        told = {name: r for name, r in self.weights.items() if abs(r) >= TOLD}
        if self.labels < FEWEST:
            return f"From {labels}: too few to find what they have in common. Similar galaxies come first."
        if not self.weights:
            return f"From {labels}, all with the same score: label others too, so that a difference can be learnt."
        if not told:
            return f"From {labels}: no single property correlates with your scores. Similar galaxies come first."
        words = [f"**{'high' if r > 0 else 'low'} {name}** (r = {abs(r):.2f})" for name, r in told.items()]
        rank = "little" if self.trust < 1 / 3 else "less" if self.trust < 2 / 3 else "as before"
        rank = f"the anomaly rank counts {rank if rank == 'as before' else 'for ' + rank}"
        return f"From {labels}: galaxies of {', '.join(words)} come first; {rank}."


def find_lesson(ranking: Ranking, by: str, labels: pd.DataFrame, table: pd.DataFrame) -> Lesson:
    """Find which properties, in which direction, weigh most in what a ranking has learnt from labels.

    What the labels added to the score of each galaxy, less what only makes the rank count for more or less, is
    correlated with its properties, and regressed on all of them; each galaxy weighs as much as it is like a labelled
    one, for elsewhere nothing was learnt.

    Parameters
    ----------
    ranking : Ranking
        Of the table's galaxies.
    by : str
        As of `Ranking.sort`.
    labels : DataFrame
        `id`, `score`.
    table : DataFrame
        Columns of `PROPERTIES`.
    """
    places, scores = locate_labels(ranking.ids, labels)
    wanted, weight = int((scores >= WANTED).sum()), ranking.measure_reach(places)
    added = ranking.predict(by, places, scores) - ranking.score(by)
    if len(scores) < FEWEST or np.ptp(scores) == 0 or weight.sum() == 0:
        return Lesson(len(scores), wanted, {}, 0.0)
    rank = _standardise(ranking.score(by)[:, None], weight)[:, 0]
    slope = float(np.average(added * rank, weights=weight))
    spread = float(np.sqrt(np.cov(ranking.score(by), aweights=weight)))
    known = {column: name for column, name in PROPERTIES.items() if column in table}
    values = [table[column].to_numpy(float) for column in known]
    columns = _standardise(np.column_stack([added - slope * rank, *values]), weight)
    target, properties = columns[:, 0], columns[:, 1:]
    correlation = np.average(properties * target[:, None], axis=0, weights=weight)
    root = np.sqrt(weight)[:, None]
    fit = np.linalg.lstsq(properties * root, target * root[:, 0], rcond=None)[0]
    left = np.average((target - properties @ fit) ** 2, weights=weight)
    named = dict(zip(known.values(), map(float, correlation), strict=True))
    weights = dict(sorted(named.items(), key=lambda item: -abs(item[1])))
    return Lesson(len(scores), wanted, weights, float(1 - left), 1 + slope / max(spread, 1e-9))


def _standardise(columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Columns (N, J) less their weighted means, in units of their weighted spreads; what does not vary is 0."""
    known = np.nan_to_num(columns - np.average(np.nan_to_num(columns), axis=0, weights=weight))
    return known / np.maximum(np.sqrt(np.average(known**2, axis=0, weights=weight)), 1e-9)


def try_labels(
    ranking: Ranking, by: str, labels: pd.DataFrame, among: np.ndarray | None = None, seed: int = 0
) -> pd.DataFrame:
    """Try a ranking that learns on labels that it was not taught: how many of those wanted come among the first.

    The labels are parted in five; what each part holds of scores of 4 and 5 is looked for by a ranking that has learnt
    from the other four, and by the same ranking without any label, among the galaxies that those four do not name.

    Parameters
    ----------
    among : bool array (N,), optional
        The galaxies that are ranked.
    seed : int
        Of the parts.

    Returns
    -------
    DataFrame
        `looked` (galaxies), `learnt`, `ranked`: shares of the wanted that are found, with and without the labels, and
        `wanted`, their number. Empty where fewer than five are wanted, or fewer than five are not.
    """
    places, scores = locate_labels(ranking.ids, labels)
    among = np.ones(len(ranking.ids), bool) if among is None else among
    places, scores = places[among[places]], scores[among[places]]
    wanted = scores >= WANTED
    if min(wanted.sum(), (~wanted).sum()) < FEWEST:
        return pd.DataFrame(columns=["looked", "learnt", "ranked", "wanted"])
    part = np.empty(len(places), int)
    generator = np.random.default_rng(seed)
    for kind in (wanted, ~wanted):
        part[kind] = generator.permutation(np.arange(kind.sum()) % FOLDS)
    ranks: dict[str, list[np.ndarray]] = {"learnt": [], "ranked": []}
    for k in range(FOLDS):
        taught, asked = part != k, (part == k) & wanted
        left = among.copy()
        left[places[taught]] = False
        for way in ranks:
            odd = ranking.predict(by, places[taught], scores[taught]) if way == "learnt" else ranking.score(by)
            falling = np.sort(-odd[left])
            ranks[way].append(np.searchsorted(falling, -odd[places[asked]], side="right"))
    found = {way: np.concatenate(parts) for way, parts in ranks.items()}
    shares = {way: [float((rank <= n).mean()) for n in BUDGETS] for way, rank in found.items()}
    return pd.DataFrame({"looked": BUDGETS} | shares | {"wanted": int(wanted.sum())})


def say_weights(weights: Mapping[str, float]) -> str:
    """List every property with its correlation, as one line: "sSFR +0.71, mass −0.45"."""
    return ", ".join(f"{name} {r:+.2f}".replace("-", "−") for name, r in weights.items())
