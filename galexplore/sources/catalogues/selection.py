"""Which rows of a spectroscopic catalogue are kept: quality, labels, duplicates, footprint; and the split."""

import hashlib

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galexplore.errors import InputError
from galexplore.sources.footprint import explain_outside
from galexplore.tables.columns import find_column
from galexplore.tables.contract import SENTINELS
from galexplore.tables.positions import to_vectors

NEAREST, FARTHEST = 0.001, 1.0  # redshifts that are kept, as in the paper
DUPLICATE = 3.0  # arcsec: nearer than that two rows are one galaxy
#: Shares of the splits; a fifth is held out, as in the paper.
SHARES = {"train": 0.6, "validation": 0.1, "calibration": 0.1, "test": 0.2}
LABELS = ("logmass", "logsfr")


def settle(frame: pd.DataFrame, labels: tuple[str, ...] = LABELS) -> pd.DataFrame:
    """Give labels their errors, half of the way from the 16th to the 84th percentile, and drop what is unknown.

    Values out of the bounds that a column may have, and sentinels, count as unknown.
    """
    frame = frame.copy()
    for name in ("ra", "dec", "z", "z_err", *(f"{n}{s}" for n in labels for s in ("", "_err", "_p16", "_p84"))):
        if name not in frame:
            continue
        values = pd.to_numeric(frame[name], errors="coerce").astype(float)
        column = find_column(name.partition("_p")[0])
        low, high = (column.low, column.high) if column else (-np.inf, np.inf)
        frame[name] = values.where(values.between(low, high) & ~values.isin(SENTINELS))
    for name in labels:
        if {f"{name}_p16", f"{name}_p84"} <= set(frame):
            frame[f"{name}_err"] = (frame[f"{name}_p84"] - frame[f"{name}_p16"]) / 2
            frame = frame.drop(columns=[f"{name}_p16", f"{name}_p84"])
        for label in (name, f"{name}_err"):
            if label not in frame:
                frame[label] = np.nan
        frame[f"{name}_err"] = frame[f"{name}_err"].where(frame[f"{name}_err"] > 0)
    return frame


def select(frame: pd.DataFrame, labels: tuple[str, ...] = LABELS) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep the rows that can be learnt from.

    Parameters
    ----------
    frame : DataFrame
        As `settle` gives it.
    labels : tuple of str
        Those that must be known with their errors.

    Returns
    -------
    frame : DataFrame
    dropped : dict of str to int
        How many rows each cut dropped, in the order of the cuts.

    Raises
    ------
    InputError
        Where nothing is left.
    """
    dropped: dict[str, int] = {}
    asked = len(frame)

    def cut(why: str, keep: np.ndarray) -> None:
        nonlocal frame
        if count := int((~keep).sum()):
            dropped[why] = count
        frame = frame[keep]

    cut("no position", (np.isfinite(frame["ra"]) & np.isfinite(frame["dec"])).to_numpy())
    cut(f"redshift not from {NEAREST:g} to {FARTHEST:g}", frame["z"].between(NEAREST, FARTHEST).to_numpy())
    for name in labels:
        known = np.isfinite(frame[name]) & np.isfinite(frame[f"{name}_err"])
        cut(f"{name} or its error not known", known.to_numpy())
    cut("the same id again", ~frame["id"].duplicated().to_numpy())
    outside = [bool(explain_outside(*p)) for p in zip(frame["ra"], frame["dec"], strict=True)]
    cut("outside the survey's footprint", ~np.array(outside, bool))
    cut(f"within {DUPLICATE:g} arcsec of another row", ~find_duplicates(frame))
    if frame.empty:
        reasons = "; ".join(f"{n:,} {why}" for why, n in dropped.items()) or "there are none"
        shared = "; an error that all share is given by --column, as logmass_err=0.1" if "error" in reasons else ""
        raise InputError(f"none of the {asked:,} rows can be learnt from: {reasons}{shared}")
    return frame.reset_index(drop=True), dropped


def find_duplicates(frame: pd.DataFrame) -> np.ndarray:
    """Mark rows (N,) that lie within `DUPLICATE` of one with a better redshift, or an earlier one where none says."""
    errors = frame["z_err"].fillna(np.inf).to_numpy() if "z_err" in frame else np.zeros(len(frame))
    marked = np.zeros(len(frame), bool)
    if len(frame) < 2:
        return marked
    points = to_vectors(frame["ra"].to_numpy(), frame["dec"].to_numpy())
    pairs = cKDTree(points).query_pairs(2 * np.sin(np.radians(DUPLICATE / 3600) / 2), output_type="ndarray")
    order = np.argsort(np.argsort(errors, kind="stable"))
    pairs = np.where((order[pairs[:, 0]] < order[pairs[:, 1]])[:, None], pairs, pairs[:, ::-1])
    for better, worse in pairs[np.argsort(order[pairs[:, 0]])]:
        if not marked[better]:
            marked[worse] = True
    return marked


def split(ids: pd.Series) -> np.ndarray:
    """Assign each id (N,) to a split: by the order of their hashes, so that it is the same whoever asks."""
    order = np.argsort([hashlib.sha256(str(i).encode()).hexdigest() for i in ids])
    edges = np.round(np.cumsum(list(SHARES.values())) * len(ids)).astype(int)
    names = np.array(list(SHARES), object)
    assigned = np.empty(len(ids), object)
    assigned[order] = names[np.minimum(np.searchsorted(edges, np.arange(len(ids)), side="right"), len(names) - 1)]
    return assigned
