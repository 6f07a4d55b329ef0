"""A person's own list of galaxies found in the atlas: by id, else by position within a stated radius."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from scipy.spatial import cKDTree

from galexplore.errors import InputError
from galexplore.tables import catalogue
from galexplore.tables.positions import to_vectors

MOST_ROWS = 200_000
LARGEST = 20 << 20  # bytes
NAMES: dict[str, tuple[str, ...]] = {"id": ("id", "name", "objid", "object_id", "source_id", "iauname", "dr8objid")}
NAMES |= {"ra": ("ra", "ra_deg", "raj2000", "_raj2000", "alpha", "alpha_j2000", "ra_j2000", "ra_icrs")}
NAMES |= {"dec": ("dec", "dec_deg", "dej2000", "_dej2000", "decj2000", "delta", "delta_j2000", "dec_j2000", "de_icrs")}


@dataclass(frozen=True)
class Matched:
    """What became of a list: the rows (places in the atlas) that it names, and a sentence that says how."""

    rows: np.ndarray
    said: str


def read_list(data: bytes) -> pd.DataFrame:
    """Read an uploaded table or a plain list of ids, one a line.

    Returns
    -------
    DataFrame
        `id` (text), or `ra` and `dec` [deg], or all three.

    Raises
    ------
    InputError
        If it is too large, cannot be read, or has neither ids nor positions.
    """
    if not data or len(data) > LARGEST:
        raise InputError("The list is empty." if not data else f"A list may have up to {LARGEST >> 20} MB.")
    if data.startswith(b"PAR1"):
        _check_parquet(data)
    table = catalogue.read(data)
    names = {str(n).strip().lower(): n for n in table.columns}
    named = {k: next((names[n] for n in options if n in names), None) for k, options in NAMES.items()}
    if len(table.columns) == 1 and not any(named.values()):  # bare ids: the first one was taken for a header
        only = table.columns[0]
        table = pd.DataFrame({"id": [str(only), *table[only].astype(str)]})
        named["id"] = "id"
    if len(table) > MOST_ROWS:
        raise InputError(f"A list may have up to {MOST_ROWS:,} rows; this one has {len(table):,}.")
    columns = {}
    if named["id"] is not None:
        if pd.api.types.is_float_dtype(table[named["id"]]) and named["ra"] is None:
            raise InputError("The list's ids are floating-point numbers, which have lost digits; give them as text.")
        columns["id"] = table[named["id"]].astype(str).str.strip().to_numpy()
    if named["ra"] is not None and named["dec"] is not None:
        for name in ("ra", "dec"):
            columns[name] = pd.to_numeric(table[named[name]], errors="coerce").to_numpy(float)
    if not columns:
        raise InputError("The list has neither a column id nor columns ra and dec (degrees).")
    return pd.DataFrame(columns)


def _check_parquet(data: bytes) -> None:
    """Look at a parquet file's size before any of it is unpacked."""
    try:
        rows = pq.ParquetFile(BytesIO(data)).metadata.num_rows
    except Exception as error:  # whatever the library says of a damaged file
        raise InputError("The table is damaged or no parquet table, and could not be read.") from error
    if rows > MOST_ROWS:
        raise InputError(f"A list may have up to {MOST_ROWS:,} rows; this one has {rows:,}.")


def match_list(table: pd.DataFrame, wanted: pd.DataFrame, radius: float) -> Matched:
    """Find a list's galaxies in the atlas: by id where any id agrees, else by the nearest position within a radius.

    Parameters
    ----------
    table : DataFrame
        The atlas: `id`, and `ra`, `dec` [deg] where known.
    wanted : DataFrame
        As `read_list` gives it.
    radius : float
        Arcsec.
    """
    n = len(wanted)
    if "id" in wanted:
        ids = wanted["id"].to_numpy(object)
        rows = np.flatnonzero(table["id"].isin(set(ids)).to_numpy())
        if len(rows):
            return Matched(rows, f"{len(rows):,} of {n:,} found by their ids.")
    if "ra" not in wanted:
        return Matched(np.empty(0, int), f"None of the {n:,} ids stands in this atlas.")
    if "ra" not in table or table["ra"].isna().all():
        return Matched(np.empty(0, int), "The galaxies of this atlas have no positions; give their ids.")
    rows = _match_positions(table, wanted, radius)
    said = f"{(rows >= 0).sum():,} of {n:,} found within {radius:g}″ of their positions."
    return Matched(np.unique(rows[rows >= 0]), said)


def _match_positions(table: pd.DataFrame, wanted: pd.DataFrame, radius: float) -> np.ndarray:
    """Place (n,) in the atlas of the galaxy nearest to each wanted position; -1 where none is within the radius."""
    placed = np.flatnonzero(np.isfinite(table["ra"].to_numpy(float)))
    good = (wanted["dec"].abs() <= 90).to_numpy() & (wanted["ra"].abs() <= 720).to_numpy()
    tree = cKDTree(to_vectors(table["ra"].to_numpy()[placed], table["dec"].to_numpy()[placed]))
    chord = 2 * np.sin(np.radians(radius / 3600) / 2)
    gap, at = tree.query(to_vectors(wanted["ra"][good], wanted["dec"][good]), distance_upper_bound=chord * (1 + 1e-9))
    rows = np.full(len(wanted), -1)
    rows[good] = np.where(np.isfinite(gap), placed[np.minimum(at, len(placed) - 1)], -1)
    return rows
