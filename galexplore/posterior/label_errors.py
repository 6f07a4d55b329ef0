"""How well a label is known where its catalogue does not say: never exactly."""

import numpy as np
import pandas as pd

#: Standard errors of labels of which a sample states none at all.
TYPICAL_ERRORS = {
    "z": 2e-4,  # some 60 km/s, as of spectra of the GAMA survey (Driver et al. 2011, MNRAS 413, 971)
    "logmass": 0.10,  # dex, from broad-band colours (Taylor et al. 2011, MNRAS 418, 1587)
    "logsfr": 0.30,  # dex, of integrated rates (Brinchmann et al. 2004, MNRAS 351, 1151)
    "phi": 0.12,  # rad: the median of the simulated survey's, whose galaxies are as large and as round
}


def read_errors(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Read the standard errors (N,) of a label; where one is not known, the median of those that are.

    An error that nobody wrote down is not zero: taken as exact, a label would weigh more than any other. Where the
    table states none at all, all are `TYPICAL_ERRORS`.

    Parameters
    ----------
    frame : DataFrame
        A catalogue, perhaps with the column `<column>_err`.
    column : str
        One of `TYPICAL_ERRORS`.
    """
    name = f"{column}_err"
    errors = frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)
    stated = errors[np.isfinite(errors)]
    return np.where(np.isfinite(errors), errors, np.median(stated) if len(stated) else TYPICAL_ERRORS[column])


def read_label(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Read the values (N,) of a label, NaN where it is not known, be it for want of the whole column."""
    return frame[column].to_numpy(float) if column in frame else np.full(len(frame), np.nan)
