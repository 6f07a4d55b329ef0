"""One true property of simulated galaxies moved, and all that follows from it: the lesson that explanations learn from.

A property of `BASIS` is shifted into the tail of its conditional, the galaxy lit and rendered anew, and encoded: of
another mass at the same specific star-formation rate, of another rate at the same mass. Size stands for structure,
which has no truth of its own.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from galexplore.atlas import causes
from galexplore.atlas.atlas import Atlas
from galexplore.atlas.basis import BASIS
from galexplore.atlas.directions import learn_directions, whiten
from galexplore.atlas.rarity import Oddness
from galexplore.atlas.statements import ODD
from galexplore.errors import InputError
from galexplore.explore.embedded import correlate
from galexplore.explore.explorer import Explorer
from galexplore.explore.seal import read_card
from galexplore.images import Observed
from galexplore.jobs.publish import write_card
from galexplore.jobs.tails import KNOWN, choose_given, find_deviations, find_tails, list_truth
from galexplore.latents import INTRINSIC_AT, MEANS, SIGMAS
from galexplore.places import models_folder
from galexplore.survey import Survey

SIZES = ("re_arcsec", "disc_re", "bulge_re")
TAUGHT = (2.0, 5.0)  # sigma of the shifts that explanations learn from: from what is hardly odd to the rarest
TRUE = tuple(f"true_{name}" for name in BASIS)  # columns of what is true of a galaxy once it is moved, in sigma
RARE = 80.0  # percentile of rarity from which a moved galaxy teaches the directions
FAINTEST, LARGEST = 22.5, 15.0  # magnitude and arcsec beyond which no survey would have the galaxy
BRIGHT = 20.5  # magnitude of the galaxies that are looked at, before they are moved or after


def move(base: pd.DataFrame, name: str, tail: np.ndarray) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Set one property of `BASIS` of galaxies to `tail` (N,), the others as they are; a size is given beside them."""
    logmass, logsfr = (base[column].to_numpy(float) for column in KNOWN[1:])
    if name == "logmass":
        return base.assign(logmass_true=tail, logsfr_true=logsfr - logmass + tail), None
    if name == "logssfr":
        return base.assign(logsfr_true=tail + logmass), None
    return (base, tail) if name == "free" else (base.assign(z_true=tail), None)


def relight(
    table: pd.DataFrame,
    size: np.ndarray | None,
    seed: int,
    survey: Survey,
    reshape: Callable[[pd.DataFrame], pd.DataFrame] = lambda shaped: shaped,
) -> pd.DataFrame:
    """Give galaxies of known redshift, mass, SFR and kind a history, a shape, light and a field, from one seed.

    The same seed gives the same draws row by row, so that two tables which differ in one property differ in what
    follows from it.

    Parameters
    ----------
    size : array (N,) or None
        log10 half-light radius [arcsec] to give them in place of the one that is drawn.
    survey : Survey
        That sees them.
    reshape : callable
        What is changed of their shape before they are lit.
    """
    from galexplore.mock import light, properties, scene, shape

    generator = np.random.default_rng(seed)
    bare = table[[*KNOWN, "kind"]].reset_index(drop=True)
    shaped = shape.add_shape(properties.add_history(bare, generator), generator)
    if size is not None:
        factor = 10**size / shaped["re_arcsec"]
        shaped = shaped.assign(**{name: shaped[name] * factor for name in SIZES})
    return scene.add_fields(light.add_light(reshape(shaped), survey), survey, generator).assign(oddity="", core=0.0)


def encode(explorer: Explorer, lit: pd.DataFrame, faintest: float) -> pd.DataFrame:
    """Render and encode those galaxies that a survey would have; the index says which rows of `lit` they are."""
    from galexplore.mock.rows import PARTS
    from galexplore.sources.segments import draw_rows

    survey = explorer.survey
    light = lit[[f"flux_{part}_{survey.reference}" for part in PARTS]].sum(axis=1)
    with np.errstate(divide="ignore"):
        magnitude = survey.zero_point - 2.5 * np.log10(light)
    seen = lit[magnitude.between(13, faintest) & (lit["re_arcsec"] < LARGEST)]
    flux = np.stack(list(draw_rows(seen, survey))) if len(seen) else np.empty((0, *survey.shape))
    return explorer.embedder.embed(flux.astype(np.float32), observed=Observed.read(seen, survey)).set_index(seen.index)


def shift(
    explorer: Explorer,
    splits: tuple[str, ...],
    n: int,
    seed: int,
    report: Callable[[str], None],
    reach: tuple[float, float] = (3.0, 3.0),
) -> tuple[int, dict[str, pd.DataFrame]]:
    """Shift each property of ordinary galaxies of some splits to both its tails, and encode what comes of it.

    These are up to n bright ones, whatever becomes of them, and up to n faint ones, of which those are kept that are
    bright once they are moved: a dwarf in which a burst of stars begins is among those that a survey has. Those that
    are odd as they are, before anything is moved, are left out: what is moved is not what makes them so.

    Parameters
    ----------
    reach : (float, float)
        Sigma of the least and the largest shift; each galaxy's is drawn between them.

    Returns
    -------
    galaxies : int
    answers : dict
        Property of `BASIS` to the latents table of the galaxies in which it was moved: `high` where to the upper tail,
        `size` the shift in sigma, `before` the squared distance with nothing moved, and `TRUE`: how far each property
        then is, in truth, from what the others lead one to expect. The index is the galaxy's.
    """
    table = explorer.table[explorer.table["population"] == "ordinary"]
    wanted = table["split"].isin(splits) & table["z_true"].between(0.03, 0.8)
    bright = table[f"mag_{explorer.survey.reference}"] < BRIGHT
    answers, galaxies = dict[str, list[pd.DataFrame]](), 0
    for chosen, faintest in ((wanted & bright, FAINTEST), (wanted & ~bright, BRIGHT)):
        base = table[chosen].sample(min(n, int(chosen.sum())), random_state=seed).reset_index(drop=True)
        before = measure_unmoved(explorer, base, seed)
        usual = np.isnan(before) | (explorer.atlas.rarity_percentile(before) < ODD)
        for name, j in ((name, j) for j, name in enumerate(BASIS) if len(base)):
            for high, moved in enumerate(_move_both(table, base, name, j, seed, reach)):
                lit = relight(*moved[:2], seed, explorer.survey)
                seen = encode(explorer, lit[moved[2] & usual], faintest)
                seen["high"], seen["size"], seen["before"] = bool(high), moved[3][seen.index], before[seen.index]
                seen[list(TRUE)] = find_deviations(list_truth(table), list_truth(lit.loc[seen.index]))
                answers.setdefault(name, []).append(seen.set_index(seen.index + galaxies))
                report(f"{name} {causes.SIDES[high]}: {len(seen)} of {int(usual.sum())}")
        galaxies += len(base)
    return galaxies, {name: pd.concat(parts) for name, parts in answers.items()}


def measure_unmoved(explorer: Explorer, base: pd.DataFrame, seed: int) -> np.ndarray:
    """Measure squared distances (N,) of galaxies as `relight` draws them by this seed, with nothing moved.

    NaN of those that no survey would have so.
    """
    distance2 = np.full(len(base), np.nan)
    seen = encode(explorer, relight(base, None, seed, explorer.survey), np.inf)
    if len(seen):
        distance2[seen.index] = find_oddness(explorer, seen).distance2
    return distance2


def _move_both(
    table: pd.DataFrame, base: pd.DataFrame, name: str, j: int, seed: int, reach: tuple[float, float]
) -> list[tuple[pd.DataFrame, np.ndarray | None, np.ndarray, np.ndarray]]:
    """Move property j of galaxies to its lower and its upper tail: as `move`, which of them can be, and the sigma."""
    truth, at = list_truth(table), list_truth(base)
    size, known = np.random.default_rng(seed).uniform(*reach, len(base)), choose_given(j)
    both = []
    for tail in find_tails(truth[:, known], at[:, known], j, size):
        inside = (tail > 0.004) & (tail < 1.0) if name == "redshift" else np.isfinite(tail)
        both.append((*move(base, name, np.where(inside, tail, at[:, j])), inside, size))
    return both


def find_oddness(explorer: Explorer, rows: pd.DataFrame, atlas: Atlas | None = None) -> Oddness:
    """Say how odd encoded galaxies are, by what a joint posterior says of their errors where there is one."""
    own = find_correlation(explorer, rows)
    return (atlas or explorer.atlas).explain(rows[MEANS].to_numpy(), rows[SIGMAS].to_numpy(), own)


def find_correlation(explorer: Explorer, rows: pd.DataFrame) -> np.ndarray | None:
    """Correlations (N, 4, 4) of the errors of encoded galaxies; None where the model has no joint posterior."""
    density = explorer.density
    return None if density is None else correlate(density.infer(rows))


def learn_causes(explorer: Explorer, answers: dict[str, pd.DataFrame]) -> causes.Attribution:
    """Learn, from what `shift` gives, directions in which oddness is told, and what each cause looks like in them."""
    moved = np.repeat([BASIS.index(name) for name in answers], [len(a) for a in answers.values()])
    every = pd.concat(answers.values(), ignore_index=True)
    moved, usual = 2 * moved + every["high"].to_numpy(), explorer.atlas.usual
    latents, sigma = every[MEANS].to_numpy(), every[SIGMAS].to_numpy()
    value, own = latents[:, INTRINSIC_AT], sigma[:, INTRINSIC_AT]
    mode, covariance = usual.choose(value, own, find_correlation(explorer, every))
    whitened = np.einsum("mij,mj->mi", whiten(covariance), value - usual.centre[mode])
    rare = explorer.atlas.rarity_percentile((whitened**2).sum(axis=1)) >= RARE
    directions = learn_directions(whitened[rare], mode[rare], moved[rare], len(usual.weight))
    odd = find_oddness(explorer, every, replace(explorer.atlas, directions=directions))
    return causes.learn(odd, latents, sigma, moved, directions)


def teach(explorer: Explorer, n: int = 1500, seed: int = 11, report: Callable[[str], None] = lambda text: None) -> dict:
    """Let the model's explanations learn from shifts of the calibration and the validation split; keep it in its card.

    Returns
    -------
    dict
        What the card now says under `attribution`.

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    InputError
        Where the model is the shipped one of an installed package.
    """
    path = models_folder() / explorer.name / "card.json"
    if not path.exists():
        raise InputError(f"{explorer.name!r} is shipped and not changed; train your own: galexplore train --name NAME")
    _, answers = shift(explorer, ("calibration", "validation"), n, seed, report, TAUGHT)
    card = read_card(path.parent) | {"attribution": learn_causes(explorer, answers).to_dict()}
    return write_card(path.parent, card)["attribution"]
