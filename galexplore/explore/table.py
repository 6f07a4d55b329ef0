"""The table that an explorer shows: a catalogue beside what its atlas knows of each galaxy."""

import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.errors import InputError
from galexplore.latents import INTRINSIC, MEANS, SIGMAS
from galexplore.posterior.calibrate import measure_local_coverage
from galexplore.tables.columns import fill_population, set_aside
from galexplore.tables.contract import check_ids

#: Columns that join the table after the atlas's.
LATER = ("cause", "cause_share", "suspicion")
#: Splits whose galaxies no fit has seen.
_UNSEEN = ("validation", "test")


def join_atlas(table: pd.DataFrame, atlas: Atlas) -> pd.DataFrame:
    """Put the catalogue's columns beside its latents, map position and oddness, in the atlas's order.

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
    columns |= {f"split_{name}": odd.contributions[:, j] for j, name in enumerate(INTRINSIC)}
    columns |= {f"condz_{name}": odd.conditional_z[:, j] for j, name in enumerate(INTRINSIC)}
    places = pd.Index(table["id"].to_numpy(object)).get_indexer(atlas.id.astype(object))
    if (places < 0).any():
        missing = atlas.id[places < 0][0]
        raise InputError(f"The catalogue is not the one of this atlas: it has no galaxy {str(missing)[:40]!r}.")
    own = set_aside(table.drop(columns="id"), [*columns, *LATER]).iloc[places].reset_index(drop=True)
    if {"z", "split"} <= set(own):
        error = (own["z"] - columns["lat_redshift"]).abs()
        judged = own["split"].isin(_UNSEEN).to_numpy() & error.notna().to_numpy()
        inside = (error <= columns["lat_redshift_sigma"]).to_numpy()
        columns["coverage_redshift"] = measure_local_coverage(atlas.points, judged, inside)
    return fill_population(pd.concat([pd.DataFrame({"id": atlas.id} | columns), own], axis=1))
