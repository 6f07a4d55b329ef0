"""Galaxies drawn, lit and selected: ordinary ones sample by sample, and rare kinds."""

import numpy as np
import pandas as pd

from galexplore.atlas.kinds import Kind
from galexplore.mock import light, properties, rare, scene, shape
from galexplore.mock.measure import add_magnitudes
from galexplore.mock.rows import Report
from galexplore.mock.selection import DRAWS, select
from galexplore.survey import Survey


def _stir(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Vary what sets a burst's lines and dust beyond what the relations give: any mixture may be met somewhere."""
    n, burst = len(table), (table["kind"] == "starburst").to_numpy() & (rng.random(len(table)) < 0.7)
    shrink = np.where(burst, 10 ** -rng.uniform(0, 0.6, n), 1)
    new = {"log_u": rng.uniform(-3.0, -1.6, n), "eta": rng.uniform(0.8, 2.3, n), "av": rng.uniform(0.05, 1.8, n)}
    new |= {"burst_age": 10 ** rng.uniform(-1.8, -0.9, n), "metals": rng.uniform(-0.9, 0.1, n)}
    new = {name: np.where(burst, values, table[name]) for name, values in new.items()}
    return table.assign(**new, **{name: table[name] * shrink for name in ("re_arcsec", "disc_re", "bulge_re")})


ACTIVE = 0.009  # share of the deep sample's star-forming galaxies of 10^9.3 to 10^10.4 beyond z = 0.6


def _light_nuclei(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give some galaxies an active nucleus, once to thirty times as bright as they are in r.

    Where supernovae are looked for, what flickers is caught too: hosts of quasars of z 0.4 to 1 are a few per cent of
    such samples.
    """
    n, z = len(table), table["z_true"].to_numpy()
    forming = table["logmass_true"].between(9.3, 10.4) & (table["kind"] != "quiescent")
    chance = ACTIVE * np.clip((z - 0.2) / 0.4, 0, 1) * forming
    return table.assign(core=np.where(rng.random(n) < chance, 10 ** rng.uniform(0, 1.5, n), 0.0))


DEEP_NOISE = 0.18  # of the deep sample's magnitudes over that of the pictures: two magnitudes deeper, as DES's fields
DEEP_MASSES = 0.14  # dex: how far masses from a few bands are off where no survey has more (Mobasher et al. 2015)


def draw_sample(n: int, seeds: list[int], sample: str, survey: Survey, progress: Report) -> pd.DataFrame:
    """Draw, light and select galaxies of one sample until there are `n`.

    Parameters
    ----------
    n : int
    seeds : list of int
        Fix everything.
    sample : str
        A key of `selection.DRAWS`.
    survey : Survey
    progress : callable
        Called with a line of text now and then.

    Returns
    -------
    DataFrame
        True properties, light, field and magnitudes; no labels yet.
    """
    how, selected = DRAWS[sample], []
    have, batch, deep = 0, 0, sample == "deep"
    while have < n:
        rng = np.random.default_rng([*seeds, batch, *map(ord, sample)])
        size = int(np.clip(8 * (n - have), 4000, 60000))
        table = properties.draw(size, int(rng.integers(2**31)), *how)
        table = shape.add_shape(table, rng)
        table = light.add_light(_stir(table, rng) if sample == "starbursts" else table, survey)
        table = scene.add_fields(_light_nuclei(table, rng) if deep else table.assign(core=0.0), survey, rng)
        table = add_magnitudes(table, survey, rng, DEEP_NOISE if deep else 1.0)
        selected.append(table[select(table, sample, rng)])
        have, batch = have + len(selected[-1]), batch + 1
        progress(f"{sample}: {min(have, n):,} of {n:,} galaxies")
    table = pd.concat(selected, ignore_index=True).iloc[:n]
    core = table.pop("core")
    return table.assign(selection=sample, population="ordinary", oddity="", core=core)


def draw_rare(kind: Kind, n: int, seed: int, survey: Survey) -> pd.DataFrame:
    """Draw up to `n` of a rare kind brighter than r = 20.5, with light and magnitudes.

    Parameters
    ----------
    kind : Kind
        One of `atlas.kinds.KINDS`; what is no galaxy has no light of its own, and unknown labels.
    n, seed : int
    survey : Survey

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    ImportError
        Without bagpipes and speclite.
    """
    rng = np.random.default_rng([seed, 7, *map(ord, kind.prefix)])
    table = light.add_light(rare.draw(kind, 3 * n + 20, seed), survey)
    if not kind.galaxy:
        table = table.assign(**{c: np.float32(0) for c in table.columns if c.startswith("flux_")})
    table = add_magnitudes(scene.add_fields(table, survey, rng), survey, rng)
    if kind.galaxy:
        table = table[table["mag_r"].between(10, 20.5)]
    table = table.iloc[:n].reset_index(drop=True)
    if not kind.galaxy:
        unknown = ["z_true", "logmass_true", "logsfr_true", "phi_true", "mag_g", "mag_r", "mag_z", "ba", "re_arcsec"]
        table = table.assign(**dict.fromkeys(unknown, np.nan))
    return table.assign(
        population=kind.name, selection="rare", id=[f"{kind.prefix}-{i + 1:03d}" for i in range(len(table))]
    )


def draw_samples(n: int, seeds: list[int], samples: dict[str, float], survey: Survey, progress: Report) -> pd.DataFrame:
    """Draw `n` galaxies of several samples by their shares, in a random order; as `draw_sample`."""
    counts = {sample: int(share * n) for sample, share in samples.items()}
    counts["GAMA-like"] += n - sum(counts.values())
    parts = [draw_sample(count, seeds, sample, survey, progress) for sample, count in counts.items() if count]
    table = pd.concat(parts, ignore_index=True)
    return table.iloc[np.random.default_rng([*seeds, 11]).permutation(n)].reset_index(drop=True)
