"""The simulated survey: who is selected, what is measured of them, and the catalogue that ships."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from galexplore.mock import light, properties, rare, scene, shape
from galexplore.mock.measure import BANDS, MASSES, add_labels, add_positions, choose_split, measure
from galexplore.survey import DECALS

#: Raise when any galaxy that is drawn changes: what was drawn for training is kept by it.
VERSION = 2
#: Shares of the default catalogue: GAMA-like to r = 19.8, and deeper spectroscopic samples to z = 1.
SAMPLES = {"GAMA-like": 0.615, "flux-limited": 0.155, "luminous red": 0.115, "emission line": 0.115}
BLOCK = 26_000  # ordinary galaxies drawn at a time


def _nothing(text):
    pass


def select(table, sample, rng):
    """Return which galaxies a sample would have taken spectra of, from their measured magnitudes.

    GAMA: r < 19.8 (Driver et al. 2011). Flux-limited: 19.8 < r < 22.5, successes falling with magnitude (as VIPERS,
    zCOSMOS). Luminous red: z-band < 20.9 and r - z > 0.9 (near the DESI LRG cuts, Zhou et al. 2023). Emission line:
    g < 23.5, blue in g - r for their r - z, z > 0.4 (near DESI ELG, Raichoor et al. 2023). Deep: r < 24, the weights of
    `_host_rate`, successes falling beyond r = 23.
    """
    g, r, z = (table[f"mag_{b}"].to_numpy() for b in BANDS)
    u, redshift = rng.random(len(table)), table["z_true"].to_numpy()
    if sample == "GAMA-like":
        return (r < 19.8) & (table["re_arcsec"].to_numpy() < 15)  # the largest are broken up, and overflow the picture
    if sample == "flux-limited":
        return (r > 19.8) & (r < 22.5) & (u < np.clip(1.1 - 0.35 * (r - 19.8), 0.1, 1))
    if sample == "luminous red":
        return (z < 20.9) & (r - z > 0.9) & (redshift > 0.35) & (r < 22.8)
    if sample == "emission line":
        return (g < 23.5) & (r - z > 0.3) & (g - r < 0.5 * (r - z) + 0.3) & (redshift > 0.4) & (r < 23.2)
    if sample in BROAD:
        return r < LIMITS[sample].limit
    if sample == "deep":
        return (r < 24.0) & (u < _host_rate(table) / (1 + np.exp((r - 23.3) / 0.4)))
    raise ValueError(f"There is no sample {sample!r}; there are {', '.join(SAMPLES)} and deep.")


#: Redshifts, and the weight that passive galaxies have there where star-forming ones beyond z = 0.35 have 0.3; set by
#: the median colours of massive DES hosts.
PASSIVE_HOSTS = (0.15, 0.30, 0.45, 0.60, 0.75, 0.90), (0.034, 0.064, 0.025, 0.167, 0.172, 0.195)


def _host_rate(table):
    """Weight of a galaxy in the deep sample: hosts of supernovae, which the deepest wide spectroscopy has gone after.

    Type Ia: the rate goes as M^0.63 (Wiseman et al. 2021; the power is in the draw), 2.5 times lower in passive
    galaxies (Smith et al. 2012), of which the nearer are the more often left out for want of any SFR: `PASSIVE_HOSTS`.
    Core collapse: 2.5 times as many (Li et al. 2011), where stars form, but too faint to be found beyond z = 0.35.
    """
    z = table["z_true"].to_numpy()
    nearby = 1 / (1 + np.exp((z - 0.33) / 0.05))
    return np.where(table["kind"] == "quiescent", np.interp(z, *PASSIVE_HOSTS), 0.3 + 0.7 * nearby)


class Draw(NamedTuple):
    """How a sample is drawn: r limit, redshifts, weight M^tilt, share of starbursts among the star-forming."""

    limit: float
    z_range: tuple[float, float]
    tilt: float = 0.0
    bursts: float = properties.STARBURSTS


LIMITS = {
    "GAMA-like": Draw(19.8, (0.003, 0.6)),
    "flux-limited": Draw(22.5, (0.02, 1.0)),
    "luminous red": Draw(22.8, (0.35, 1.0)),
    "emission line": Draw(23.2, (0.4, 1.0)),
    "deep": Draw(24.0, (0.02, 1.0), 0.63),
    "starbursts": Draw(21.0, (0.02, 0.5), -0.3, 0.7),
    "dwarfs": Draw(21.5, (0.004, 0.25), -0.7),
    "nearby": Draw(17.0, (0.003, 0.05)),
}
#: Samples of galaxies that are ordinary in kind but seldom in a survey, and their shares of what `draw_training` draws:
#: without them a network would only guess at the strongest lines, the least and the nearest galaxies.
BROAD = {"starbursts": 0.10, "dwarfs": 0.06, "nearby": 0.04}
#: The others are shared out so that the faint, who teach less each, are more.
TAUGHT = {"GAMA-like": 0.40, "flux-limited": 0.24, "luminous red": 0.18, "emission line": 0.18}


def _stir(table, rng):
    """Vary what sets a burst's lines and dust beyond what the relations give: any mixture may be met somewhere."""
    n, burst = len(table), (table["kind"] == "starburst").to_numpy() & (rng.random(len(table)) < 0.7)
    shrink = np.where(burst, 10 ** -rng.uniform(0, 0.6, n), 1)
    new = {"log_u": rng.uniform(-3.0, -1.6, n), "eta": rng.uniform(0.8, 2.3, n), "av": rng.uniform(0.05, 1.8, n)}
    new |= {"burst_age": 10 ** rng.uniform(-1.8, -0.9, n), "metals": rng.uniform(-0.9, 0.1, n)}
    new = {name: np.where(burst, values, table[name]) for name, values in new.items()}
    return table.assign(**new, **{name: table[name] * shrink for name in ("re_arcsec", "disc_re", "bulge_re")})


ACTIVE = 0.009  # share of the deep sample's star-forming galaxies of 10^9.3 to 10^10.4 beyond z = 0.6


def _light_nuclei(table, rng):
    """Give some galaxies an active nucleus, once to thirty times as bright as they are in r.

    Where supernovae are looked for, what flickers is caught too: hosts of quasars of z 0.4 to 1 are a few per cent of
    such samples.
    """
    n, z = len(table), table["z_true"].to_numpy()
    chance = (
        ACTIVE
        * np.clip((z - 0.2) / 0.4, 0, 1)
        * table["logmass_true"].between(9.3, 10.4)
        * (table["kind"] != "quiescent")
    )
    return table.assign(core=np.where(rng.random(n) < chance, 10 ** rng.uniform(0, 1.5, n), 0.0))


DEEP_NOISE = 0.18  # of the deep sample's magnitudes over that of the pictures: two magnitudes deeper, as DES's fields
DEEP_MASSES = 0.14  # dex: how far masses from a few bands are off where no survey has more (Mobasher et al. 2015)


def _draw_sample(n, seeds, sample, progress):
    """Draw, light and select until `n` are found; `seeds` (a list) fix everything."""
    how = LIMITS[sample]
    found, have, batch = [], 0, 0
    while have < n:
        rng = np.random.default_rng([*seeds, batch, *map(ord, sample)])
        size = int(np.clip(8 * (n - have), 4000, 60000))
        table = properties.draw(size, int(rng.integers(2**31)), *how)
        table = shape.add_shape(table, rng)
        table = light.add_light(_stir(table, rng) if sample == "starbursts" else table)
        deep = sample == "deep"
        table = scene.add_fields(_light_nuclei(table, rng) if deep else table.assign(core=0.0), rng)
        table = measure(table, rng, DEEP_NOISE if deep else 1.0)
        found.append(table[select(table, sample, rng)])
        have, batch = have + len(found[-1]), batch + 1
        progress(f"{sample}: {min(have, n):,} of {n:,} galaxies")
    table = pd.concat(found, ignore_index=True).iloc[:n]
    core = table.pop("core")
    return table.assign(selection=sample, population="ordinary", oddity="", core=core)


def draw_rare(kind, n, seed):
    """Draw `n` of a rare kind (`rare.KINDS`) brighter than r = 20.5, with light and magnitudes."""
    rng = np.random.default_rng([seed, 7, *map(ord, kind.prefix)])
    table = light.add_light(rare.draw(kind, 3 * n + 20, seed))
    dark = kind.name in rare.NOT_GALAXIES
    if dark:
        table = table.assign(**{c: np.float32(0) for c in table.columns if c.startswith("flux_")})
    table = measure(scene.add_fields(table, rng), rng)
    if not dark:
        table = table[table["mag_r"].between(10, 20.5)]
    table = table.iloc[:n].reset_index(drop=True)
    if dark:
        unknown = ["z_true", "logmass_true", "logsfr_true", "phi_true", "mag_g", "mag_r", "mag_z", "ba", "re_arcsec"]
        table = table.assign(**dict.fromkeys(unknown, np.nan))
    return table.assign(
        population=kind.name, selection="rare", id=[f"{kind.prefix}-{i + 1:03d}" for i in range(len(table))]
    )


def _draw_ordinary(n, seeds, depth, progress, samples=SAMPLES):
    if depth == "deep":
        return _draw_sample(n, seeds, "deep", progress)
    counts = {sample: int(share * n) for sample, share in samples.items()}
    counts["GAMA-like"] += n - sum(counts.values())
    parts = [_draw_sample(count, seeds, sample, progress) for sample, count in counts.items() if count]
    table = pd.concat(parts, ignore_index=True)
    return table.iloc[np.random.default_rng([*seeds, 11]).permutation(n)].reset_index(drop=True)


def draw_block(n, seed, block, depth="default", photometry_only=False, last=True, progress=_nothing):
    """Draw one block of a catalogue, which depends on nothing outside it.

    Parameters
    ----------
    n, seed, block : int
        Ordinary galaxies, and which block of which survey they are.
    depth, photometry_only, progress
        As of `draw_catalogue`.
    last : bool
        The last block brings the rare kinds, in proportion to the whole catalogue.

    Returns
    -------
    DataFrame
    """
    if depth not in ("default", "deep"):
        raise ValueError(f"There is no depth {depth!r}; choose default or deep.")
    table, first = _draw_ordinary(n, [seed, block], depth, progress), block * BLOCK
    table["id"] = [f"M{first + i + 1:06d}" for i in range(n)]
    table["split"] = choose_split(table["id"])
    if last and not photometry_only:
        share = min(1.0, (first + n) / BLOCK)
        kinds = [draw_rare(kind, max(1, round(kind.count * share)), seed) for kind in rare.KINDS]
        table = pd.concat([table, pd.concat(kinds).assign(split="rare")], ignore_index=True)
    rng = np.random.default_rng([seed, block, 13])
    table = add_positions(add_labels(table, rng, DEEP_MASSES if depth == "deep" else MASSES), rng)
    if not photometry_only:
        table["neighbour_flux"] = [_sum_neighbours(s) for s in table["seed"]]
    return _tidy(table)


def draw_training(n, seed, progress=_nothing):
    """Draw galaxies to learn from, beside a catalogue's own: four fifths by its selections (`TAUGHT`), else `BROAD`.

    Parameters
    ----------
    n, seed : int
        Another seed than the catalogue's.
    progress : callable
        Called with a line of text now and then.

    Returns
    -------
    DataFrame
        As of `draw_catalogue`, all ordinary, `split` = "train", ids `X000001` and on.
    """
    seeds, counts = [seed, 0, 17], {sample: int(share * n) for sample, share in BROAD.items()}
    parts = [_draw_ordinary(n - sum(counts.values()), seeds, "default", progress, TAUGHT)]
    parts += [_draw_sample(count, seeds, sample, progress) for sample, count in counts.items() if count]
    table = pd.concat(parts, ignore_index=True)
    rng = np.random.default_rng([*seeds, 13])
    table = table.iloc[rng.permutation(n)].reset_index(drop=True)
    table = table.assign(id=[f"X{i + 1:06d}" for i in range(n)], split="train")
    table = add_positions(add_labels(table, rng), rng)
    return _tidy(table.assign(neighbour_flux=np.nan))


def draw_blocks(n, seed, depth="default", photometry_only=False, progress=_nothing):
    """Yield a catalogue of `n` ordinary galaxies block by block, so that memory holds one block at a time."""
    for block, first in enumerate(range(0, n, BLOCK)):
        size = min(BLOCK, n - first)
        yield draw_block(size, seed, block, depth, photometry_only, first + size == n, progress)


def draw_catalogue(n, seed, depth="default", photometry_only=False, progress=_nothing):
    """Draw a catalogue of `n` ordinary galaxies and, with them, the rare kinds in proportion.

    Parameters
    ----------
    n : int
    seed : int
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
    ImportError
        Without bagpipes and speclite.
    """
    return pd.concat(list(draw_blocks(n, seed, depth, photometry_only, progress)), ignore_index=True)


def _sum_neighbours(seed):
    """Return the r flux of everything else in the picture, nmgy."""
    half = DECALS.field / 2
    return sum(one["flux"][1] for one in scene.draw_neighbours(seed) if max(abs(one["x"]), abs(one["y"])) < half)


#: The columns that come first; then whatever else a picture is drawn from.
FIRST = "id ra dec z z_err logmass logmass_err logsfr logsfr_err phi phi_err population split selection kind".split()
FIRST += "mag_g mag_r mag_z mag_g_err mag_r_err mag_z_err z_true logmass_true logsfr_true phi_true".split()
DROPPED = ("bulge_age", "bulge_metals", "log_u", "eta", "burst_age")  # spent when the light was made
PRECISE = ("z", "z_true", "mag_g", "mag_r", "mag_z", "phi", "phi_true", "logmass", "logmass_true")


def _shorten(values, bits):
    """Round float32 to so many bits of mantissa, so that the table packs well."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2.0**bits) / 2.0**bits, exponent).astype(np.float32)


def _tidy(table):
    """Put the columns in order and cut away digits that mean nothing."""
    table = table[FIRST + [c for c in table.columns if c not in FIRST and c not in DROPPED]]
    short = {}
    for name in table.columns:
        if name in ("ra", "dec"):
            short[name] = table[name].round(6)
        elif table[name].dtype.kind == "f":
            short[name] = _shorten(table[name].to_numpy(), 17 if name in PRECISE else 11)
    return table.assign(**short)
