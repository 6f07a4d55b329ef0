"""Which galaxies are shown: ranges of columns and kinds, as a mask, as text for an address, as text for a person."""

import math
import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

Limits = Mapping[str, tuple[float, float]]
_ONE = re.compile(r"(\w{1,40}):(-?[\d.]+(?:e[+-]?\d+)?)~(-?[\d.]+(?:e[+-]?\d+)?)")


def keep_rows(table: pd.DataFrame, limits: Limits, left_out: Iterable[str] = ()) -> np.ndarray | None:
    """Mask (N,) of the galaxies within all limits and of no kind left out; None where all of them pass.

    A galaxy without a value in a limited column does not pass.
    """
    mask = None
    for column, (low, high) in limits.items():
        if column in table:
            values = table[column].to_numpy()
            within = (values >= low) & (values <= high)
            mask = within if mask is None else mask & within
    left_out = list(left_out)
    if left_out:
        others = ~table["population"].isin(left_out).to_numpy()
        mask = others if mask is None else mask & others
    return mask


def write_limits(limits: Limits) -> str:
    """Limits as text for an address, such as "lat_redshift:0.05~0.1,mag_r:17~19"."""
    return ",".join(f"{column}:{low:.6g}~{high:.6g}" for column, (low, high) in limits.items())


def read_limits(text: str, columns: Iterable[str]) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Read what `write_limits` wrote; return the limits and the parts that cannot be used."""
    limits: dict[str, tuple[float, float]] = {}
    refused, columns = [], set(columns)
    for part in text[:1000].split(",") if text else []:
        limit = _ONE.fullmatch(part)
        try:
            low, high = (float(limit[2]), float(limit[3])) if limit else (math.nan, math.nan)
        except ValueError:
            low = high = math.nan
        if limit and limit[1] in columns and math.isfinite(low) and low <= high < math.inf and len(limits) < 12:
            limits[limit[1]] = (low, high)
        else:
            refused.append(part[:40])
    return limits, refused
