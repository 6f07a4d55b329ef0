"""The table that an explorer shows: a catalogue beside what its atlas knows of each galaxy."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.basis import BASIS
from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.atlas.statements import AMBIGUOUS, TOLD, Statements
from galexplore.errors import InputError
from galexplore.explore.caveats import BRIEFLY, suspect
from galexplore.explore.derived import INFERRED, add_derived
from galexplore.explore.embedded import correlate
from galexplore.images import Observed
from galexplore.latents import MEANS, SIGMAS
from galexplore.posterior.calibrate import LEVEL68, measure_local_coverage
from galexplore.survey import Survey
from galexplore.tables.columns import fill_population, set_aside
from galexplore.tables.contract import check_ids

if TYPE_CHECKING:  # torch takes seconds to import: see explorer
    from galexplore.posterior.density import Density

_AT_ONCE = 50_000  # galaxies whose posteriors are in memory at a time

#: What of an image's measurements stands in the table, each where it was measured.
MEASURED = ("contamination", "blend")
#: Columns that join the table after the atlas's.
LATER = ("coverage_redshift", "statement", "statement_share", "suspicion", *MEASURED, *INFERRED)
#: Splits whose galaxies no fit has seen.
_UNSEEN = ("validation", "test")


def build_table(
    table: pd.DataFrame, atlas: Atlas, reference: str, measured: pd.DataFrame | None, density: "Density | None" = None
) -> pd.DataFrame:
    """Join a catalogue with its atlas (`join_atlas`), its coverage and what was measured of its images."""
    joined = join_atlas(table, atlas, reference)
    if {"z", "split"} <= set(joined):
        judged = joined["split"].isin(_UNSEEN).to_numpy() & (joined["z"] > 0).to_numpy()
        inside = np.zeros(len(joined), bool)
        inside[judged] = cover_redshifts(joined[judged], density)
        joined["coverage_redshift"] = measure_local_coverage(atlas.points, judged, inside)
    return add_measured(joined, measured)


def cover_redshifts(rows: pd.DataFrame, density: "Density | None") -> np.ndarray:
    """Whether the redshift of each galaxy (N,) lies in the 68 % interval that is shown of it."""
    redshift = rows["z"].to_numpy(float)
    if density is None:
        return np.abs(redshift - rows["lat_redshift"].to_numpy(float)) <= rows["lat_redshift_sigma"].to_numpy(float)
    return np.abs(2 * density.infer(rows).marginal("redshift").cdf(redshift) - 1) <= LEVEL68


def join_atlas(table: pd.DataFrame, atlas: Atlas, reference: str = "r") -> pd.DataFrame:
    """Put the catalogue's columns beside its latents, map position and oddness, in the atlas's order.

    What follows from either is there too (`galexplore.explore.derived`), magnitudes being those of the reference band.

    Raises
    ------
    InputError
        Where the catalogue names a galaxy twice, or lacks one of the atlas's.
    """
    check_ids(table)
    odd = atlas.oddness
    columns = dict(zip(MEANS, atlas.latents.T, strict=True)) | dict(zip(SIGMAS, atlas.sigma.T, strict=True))
    columns |= {"umap_x": atlas.position[:, 0], "umap_y": atlas.position[:, 1], "distance2": odd.distance2}
    columns |= {"percentile": atlas.rarity_percentile(odd.distance2)}
    columns |= {"chi2": atlas.chi2, "chi2_percentile": atlas.chi2_percentile(atlas.chi2)}
    if atlas.gap is not None:
        columns |= {"gap": atlas.gap, "preservation": atlas.preservation}
    if atlas.feature_position is not None:
        columns |= {"feature_x": atlas.feature_position[:, 0], "feature_y": atlas.feature_position[:, 1]}
        columns |= {"feature_preservation": atlas.feature_preservation}
    if atlas.magnitude is not None:
        columns["mag_aperture"] = atlas.magnitude
    columns |= {f"split_{name}": odd.contributions[:, j] for j, name in enumerate(BASIS)}
    columns |= {f"condz_{name}": odd.conditional_z[:, j] for j, name in enumerate(BASIS)}
    places = pd.Index(table["id"].to_numpy(object)).get_indexer(atlas.id.astype(object))
    if (places < 0).any():
        missing = atlas.id[places < 0][0]
        raise InputError(f"The catalogue is not the one of this atlas: it has no galaxy {str(missing)[:40]!r}.")
    own = set_aside(table.drop(columns="id"), [*columns, *LATER]).iloc[places].reset_index(drop=True)
    joined = fill_population(pd.concat([pd.DataFrame({"id": atlas.id} | columns), own], axis=1))
    return add_derived(joined, reference)


def correlate_atlas(atlas: Atlas, density: "Density | None") -> Atlas:
    """Tell an atlas how the errors of each of its galaxies hang together, where a joint posterior says it."""
    if density is None:
        return atlas
    frame = pd.DataFrame(np.column_stack([atlas.latents, atlas.sigma]), columns=[*MEANS, *SIGMAS])
    if atlas.magnitude is not None:
        frame["mag_aperture"] = atlas.magnitude
    parts = [frame.iloc[i : i + _AT_ONCE] for i in range(0, len(frame), _AT_ONCE)]
    own = [part for part in (correlate(density.infer(rows)) for rows in parts) if part is not None]
    return replace(atlas, correlation=np.concatenate(own).astype(np.float32))


def add_measured(table: pd.DataFrame, measured: pd.DataFrame | None) -> pd.DataFrame:
    """Add what was measured of the galaxies' images: `suspicion`, and what of `MEASURED` there is.

    Parameters
    ----------
    table : DataFrame
    measured : DataFrame or None
        As `galexplore.explore.caveats.join_measured` gives it, by id.
    """
    if measured is None:
        return table
    rows = measured.reindex(table["id"].to_numpy(object))
    return table.assign(suspicion=suspect(rows), **{name: rows[name].to_numpy() for name in MEASURED if name in rows})


def add_statements(table: pd.DataFrame, statements: Statements, caveats: np.ndarray) -> pd.DataFrame:
    """Add what is said of each galaxy in few words, `statement`, and how probable it is, `statement_share`.

    That is its caveat, where there is one; "high sSFR" or its like where one property is told; "ambiguous", where two
    may be; "no single property", or "ordinary".
    """
    said = statements.brief()
    said[statements.verdict == AMBIGUOUS] = AMBIGUOUS
    for key, words in BRIEFLY.items():
        said[caveats == key] = words
    share = np.where((statements.verdict == TOLD) & (caveats == ""), statements.share[:, 0], np.nan)
    return table.assign(statement=said, statement_share=share)


def find_taught(table: pd.DataFrame, survey: Survey) -> tuple[bool, bool]:
    """Whether the galaxies that a model learnt from have a known seeing, and dust of ours before them."""
    excess = pd.to_numeric(table.get("ebv", pd.Series(dtype=float)), errors="coerce")
    known = np.isfinite(Observed.read(table, survey).seeing).all(axis=1)
    return bool(known.any()), bool((excess > 0).any())


def find_artefacts(table: pd.DataFrame) -> np.ndarray:
    """Mask (N,) of the table's rows that are no galaxies: known as such, or suspected by their pixels."""
    known = table["population"].isin(NOT_GALAXIES).to_numpy()
    return known | (table["suspicion"] != "").to_numpy() if "suspicion" in table else known
