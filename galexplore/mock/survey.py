"""The simulated survey: the catalogue that ships, block by block, and galaxies to learn from beside it."""

import numpy as np
import pandas as pd

from galexplore.atlas.kinds import KINDS
from galexplore.mock import rare, scene
from galexplore.mock.conditions import find_conditions
from galexplore.mock.measure import MASSES, add_labels, add_positions, choose_split
from galexplore.mock.rows import Report
from galexplore.mock.sample import DEEP_MASSES, draw_rare, draw_sample, draw_samples
from galexplore.mock.selection import BROAD, SAMPLES, TAUGHT
from galexplore.survey import Survey

#: Raise when any galaxy that is drawn changes: what was drawn for training is kept by it.
VERSION = 6
BLOCK = 26_000  # ordinary galaxies drawn at a time


def _ignore(text: str) -> None:
    pass


def draw_block(
    n: int,
    seed: int,
    block: int,
    survey: Survey,
    depth: str = "default",
    photometry_only: bool = False,
    last: bool = True,
    progress: Report = _ignore,
) -> pd.DataFrame:
    """Draw one block of a catalogue, which depends on nothing outside it.

    Parameters
    ----------
    n, seed, block : int
        Ordinary galaxies, and which block of which draw they are.
    survey, depth, photometry_only, progress
        As of `draw_catalogue`.
    last : bool
        The last block brings the rare kinds, in proportion to the whole catalogue.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    ValueError
        For a depth that there is not.
    ImportError
        Without bagpipes and speclite.
    """
    find_conditions(survey)
    if depth not in ("default", "deep"):
        raise ValueError(f"There is no depth {depth!r}; choose default or deep.")
    seeds, first = [seed, block], block * BLOCK
    if depth == "deep":
        table = draw_sample(n, seeds, "deep", survey, progress)
    else:
        table = draw_samples(n, seeds, SAMPLES, survey, progress)
    table["id"] = [f"M{first + i + 1:06d}" for i in range(n)]
    table["split"] = choose_split(table["id"])
    if last and not photometry_only:
        share = min(1.0, (first + n) / BLOCK)
        counts = {kind: max(1, round(rare.RECIPES[kind.name].number * share)) for kind in KINDS}
        kinds = [draw_rare(kind, count, seed, survey) for kind, count in counts.items()]
        table = pd.concat([table, pd.concat(kinds).assign(split="rare")], ignore_index=True)
    rng = np.random.default_rng([seed, block, 13])
    table = add_positions(add_labels(table, rng, DEEP_MASSES if depth == "deep" else MASSES), rng, survey)
    if not photometry_only:
        table["neighbour_flux"] = [_sum_neighbours(s, survey) for s in table["seed"]]
    return _tidy(table)


def draw_training(n: int, seed: int, survey: Survey, progress: Report = _ignore) -> pd.DataFrame:
    """Draw galaxies to learn from, beside a catalogue's own: most by its selections (`TAUGHT`), else `BROAD`.

    A share of them, `scene.ANY_SEEING`, is seen through any nights whatever.

    Parameters
    ----------
    n, seed : int
        Another seed than the catalogue's.
    survey : Survey
    progress : callable
        Called with a line of text now and then.

    Returns
    -------
    DataFrame
        As of `draw_catalogue`, all ordinary, `split` = "train", ids `X000001` and on.

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    ImportError
        Without bagpipes and speclite.
    """
    find_conditions(survey)
    seeds, counts = [seed, 0, 17], {sample: int(share * n) for sample, share in BROAD.items()}
    parts = [draw_samples(n - sum(counts.values()), seeds, TAUGHT, survey, progress)]
    parts += [draw_sample(count, seeds, sample, survey, progress) for sample, count in counts.items() if count]
    table = pd.concat(parts, ignore_index=True)
    rng = np.random.default_rng([*seeds, 13])
    table = table.iloc[rng.permutation(n)].reset_index(drop=True)
    table = table.assign(id=[f"X{i + 1:06d}" for i in range(n)], split="train")
    table = add_positions(add_labels(scene.broaden_seeing(table, survey, rng), rng), rng, survey)
    return _tidy(table.assign(neighbour_flux=np.nan))


def draw_strange(n: int, seed: int, survey: Survey, progress: Report = _ignore) -> pd.DataFrame:
    """Draw `n` of each kind that is no galaxy and a quarter as many of each rare kind of galaxy; as `draw_training`.

    They teach what is no galaxy, and what is one all the same.
    """
    find_conditions(survey)
    parts = [draw_rare(kind, n // (4 if kind.galaxy else 1), seed, survey) for kind in KINDS]
    table, rng = pd.concat(parts, ignore_index=True), np.random.default_rng([seed, 19])
    return _tidy(add_positions(add_labels(table, rng), rng, survey).assign(split="rare", neighbour_flux=np.nan))


def count_blocks(n: int) -> list[int]:
    """Return how many ordinary galaxies each block of a catalogue of `n` holds."""
    return [min(BLOCK, n - first) for first in range(0, n, BLOCK)]


def draw_catalogue(
    n: int,
    seed: int,
    survey: Survey,
    depth: str = "default",
    photometry_only: bool = False,
    progress: Report = _ignore,
) -> pd.DataFrame:
    """Draw a catalogue of `n` ordinary galaxies and, with them, the rare kinds in proportion.

    Parameters
    ----------
    n : int
    seed : int
    survey : Survey
        That sees them; see `conditions.find_conditions`.
    depth : {"default", "deep"}
        The default mixes a GAMA-like sample with deeper ones; "deep" is one sample to r = 24.
    photometry_only : bool
        Leave out the rare kinds, and the sum over neighbours that only pictures need.
    progress : callable
        Called with a line of text now and then.

    Returns
    -------
    DataFrame
        One row a galaxy; see `data/README.md` for the columns.

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    ValueError
        For a depth that there is not.
    ImportError
        Without bagpipes and speclite.
    """
    sizes = count_blocks(n)
    blocks = [
        draw_block(size, seed, block, survey, depth, photometry_only, block == len(sizes) - 1, progress)
        for block, size in enumerate(sizes)
    ]
    return pd.concat(blocks, ignore_index=True)


def _sum_neighbours(seed: int, survey: Survey) -> float:
    """Return the r flux of everything else in the picture, nmgy."""
    half, others = survey.field / 2, scene.draw_neighbours(seed, survey)
    return sum(one["flux"][1] for one in others if max(abs(one["x"]), abs(one["y"])) < half)


#: The columns that come first; then whatever else a picture is drawn from.
FIRST = "id ra dec z z_err logmass logmass_err logsfr logsfr_err phi phi_err population split selection kind".split()
FIRST += "mag_g mag_r mag_z mag_g_err mag_r_err mag_z_err z_true logmass_true logsfr_true phi_true".split()
DROPPED = ("bulge_age", "bulge_metals", "log_u", "eta", "burst_age")  # spent when the light was made
PRECISE = ("z", "z_true", "mag_g", "mag_r", "mag_z", "phi", "phi_true", "logmass", "logmass_true")


def _shorten(values: np.ndarray, bits: int) -> np.ndarray:
    """Round float32 to so many bits of mantissa, so that the table packs well."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2.0**bits) / 2.0**bits, exponent).astype(np.float32)


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Put the columns in order and cut away digits that mean nothing."""
    table = table[FIRST + [c for c in table.columns if c not in FIRST and c not in DROPPED]]
    short: dict[str, np.ndarray | pd.Series] = {}
    for name in table.columns:
        if name in ("ra", "dec"):
            short[name] = table[name].round(6)
        elif table[name].dtype.kind == "f":
            short[name] = _shorten(table[name].to_numpy(), 17 if name in PRECISE else 11)
    return table.assign(**short)
