"""A galaxy of the atlas as a cutout that somebody might upload: bands, scale, seeing, and what is known of them."""

import math

import numpy as np

from galexplore.cutouts.cutout import Cutout
from galexplore.explore.explorer import Explorer
from galexplore.images import Observed


def read_cutout(explorer: Explorer, identifier: str) -> Cutout:
    """Read the image of a galaxy of the atlas as a cutout.

    Parameters
    ----------
    explorer : Explorer
    identifier : str
        One of the atlas's ids.

    Raises
    ------
    InputError
        Where its image cannot be had.
    """
    survey, kind = explorer.survey, "simulated galaxy" if explorer.simulated else "galaxy of the atlas"
    flux = np.asarray(explorer.images.get([identifier])[0], np.float32)
    observed = Observed.read(explorer.table.iloc[explorer.find_rows([identifier])], survey)
    return Cutout(
        flux,
        survey.model_scale,
        "".join(survey.bands),
        name=identifier,
        kind=kind,
        orientation=(1, 0.0),  # north up, east left
        dereddened=(f"a {kind}",) * len(survey.bands),
        seeing=tuple(None if math.isnan(width) else width for width in observed.seeing[0].tolist()),
        seeing_said=("as the catalogue has it",) * len(survey.bands),
    )
