"""How often rare galaxies are taken for stars, and stars and quasars for rare galaxies."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from galexplore.atlas.recovery import call_kinds
from galexplore.cutouts.artefacts import measure_artefacts
from galexplore.explore.caveats import join_measured, suspect
from galexplore.explore.explorer import Explorer
from galexplore.images import Observed
from galexplore.latents import INTRINSIC_AT, MEANS
from galexplore.mock.conditions import CONDITIONS
from galexplore.posterior.domain import OUTSIDE
from galexplore.sources.mock import can_draw
from galexplore.sources.segments import draw_rows

#: Images of each that are judged, at most.
DRAWN = 60
#: log10 of what a quasar shines over its host, and the faintest of either [mag].
OUTSHINES, FAINTEST = (0.7, 2.0), 20.0
STAR, QUASAR = "Star", "Quasar"


def can_confuse(explorer: Explorer) -> bool:
    """Whether stars and quasars can be drawn as this atlas's galaxies were."""
    drawn = explorer.survey in CONDITIONS and can_draw(explorer.table, explorer.survey)
    return explorer.simulated and drawn and STAR in explorer.kinds.index


def draw_stars(explorer: Explorer, n: int, seed: int) -> pd.DataFrame:
    """Draw n stars as the catalogue's own, each of another seed and so of another brightness and colour."""
    rows = explorer.table[explorer.table["population"] == STAR]
    generator = np.random.default_rng(seed)
    drawn = rows.iloc[generator.integers(0, len(rows), n)]
    return drawn.assign(seed=generator.integers(1, 2**31 - 1, n))


def draw_quasars(explorer: Explorer, n: int, seed: int) -> pd.DataFrame:
    """Draw n quasars: faint galaxies of z 0.2 to 0.9 that a blue point source outshines five to a hundred times.

    Its light is the power law of active nuclei (Vanden Berk et al. 2001); its lines, which move a colour by a tenth of
    a magnitude or so, are left out. Those fainter than the survey's spectroscopic quasars are left out, too.
    """
    table, generator, band = explorer.table, np.random.default_rng(seed), explorer.survey.reference
    hosts = table[(table["population"] == "ordinary") & table["z_true"].between(0.2, 0.9)]
    hosts = hosts[hosts[f"mag_{band}"] > FAINTEST] if (hosts[f"mag_{band}"] > FAINTEST).sum() >= n else hosts
    rows = hosts.iloc[generator.permutation(len(hosts))[:n]]
    core = 10 ** generator.uniform(*OUTSHINES, len(rows))
    core = np.maximum(core, 10 ** (0.4 * (rows[f"mag_{band}"].to_numpy(float) - FAINTEST)))
    return rows.assign(core=core)


def measure_confusion(explorer: Explorer, kinds: Sequence[str], n: int = DRAWN, seed: int = 0) -> pd.DataFrame:
    """Judge members of kinds, stars and quasars: how many are taken for stars, are outside, or called a kind.

    Parameters
    ----------
    explorer : Explorer
        Of which `can_confuse`.
    kinds : sequence of str
        Of the catalogue.
    n : int
        Images of each, at most.

    Returns
    -------
    DataFrame
        A row for each kind, for stars and for quasars: `of`, `n`; shares of them: `star`, taken for stars; `outside`,
        of which no answer is given for another reason; and, of stars and quasars, "called <kind>" of each kind, by a
        classifier on the latents of those that are answered; the rest is ordinary. NaN where that is not asked.
    """
    table, generator = explorer.table, np.random.default_rng(seed)
    lots: dict[str, pd.DataFrame] = {}
    for kind in kinds:
        members = table[table["population"] == kind]
        lots[kind] = members.iloc[np.sort(generator.permutation(len(members))[:n])]
    lots |= {STAR: draw_stars(explorer, n, seed + 1), QUASAR: draw_quasars(explorer, n, seed + 2)}
    rows = []
    for name, lot in lots.items():
        state, points = _look(explorer, lot)
        row = {"of": name, "n": len(lot), "star": (state == "star").mean(), "outside": (state == "outside").mean()}
        if name in (STAR, QUASAR):
            atlas, answered = explorer.atlas, state == ""
            called = call_kinds(atlas.points, atlas.population, kinds, points[answered], seed=seed)
            row |= {f"called {kind}": (called == kind).sum() / max(len(lot), 1) for kind in kinds}
        rows.append(row)
    return pd.DataFrame(rows)


def _look(explorer: Explorer, lot: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Look at the images of simulated rows (N): "star", "outside" or "" of each, and their latent points (N, 4)."""
    flux = np.stack(list(draw_rows(lot, explorer.survey))).astype(np.float32)
    latents, features = explorer.embedder.read(flux, observed=Observed.read(lot, explorer.survey))
    measured = join_measured(measure_artefacts(flux, explorer.survey), features, explorer.embedder.domain)
    suspicion, domain = suspect(measured), explorer.embedder.domain
    told = [{str(k): float(v) for k, v in row.items()} for row in measured.to_dict("records")]
    beyond = np.array([domain is not None and domain.judge(row, 0.0).state == OUTSIDE for row in told], bool)
    star, outside = suspicion == "star", beyond | (suspicion != "")
    points = latents[MEANS].to_numpy(float)[:, INTRINSIC_AT] / explorer.atlas.scale
    return np.select([star, outside], ["star", "outside"], ""), points
