"""What a row of the simulated catalogue is, and which surveys can see it."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.survey import Survey

#: One galaxy of a catalogue: column to value. A picture is drawn from nothing else.
Row = Mapping[str, Any]
#: Called with a line of text now and then.
Report = Callable[[str], object]
#: The bands of the samples' cuts and of the colours of neighbours and stars.
KNOWN = ("g", "r", "z")
#: What a galaxy's light is the sum of; columns `flux_<part>_<band>`.
PARTS = ("bulge", "disc", "young")


def require_known(survey: Survey) -> None:
    """Refuse a survey that cannot be simulated.

    Raises
    ------
    InputError
        If its bands are not g, r, z, or its fluxes no nanomaggies.
    """
    if survey.bands != KNOWN:
        bands = ", ".join(survey.bands)
        raise InputError(f"The simulation draws surveys in the bands {', '.join(KNOWN)}, and {survey.name} has {bands}")
    if survey.zero_point != 22.5:
        raise InputError(f"The simulation counts in nanomaggies, of zero point 22.5, and {survey.name} does not")


def read_rows(table: pd.DataFrame) -> list[Row]:
    """Return a catalogue's rows."""
    return cast(list[Row], table.to_dict("records"))


def take_bands(row: Row, stem: str, survey: Survey) -> np.ndarray:
    """Values (B,) of the columns `<stem>_<band>`, float32."""
    return np.array([row[f"{stem}_{b}"] for b in survey.bands], np.float32)
