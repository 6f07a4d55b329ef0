"""A selection as a file: exactly those galaxies, with units, UCDs and where they come from."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pandas as pd

from galexplore import __version__
from galexplore.explore.explorer import Explorer
from galexplore.tables import catalogue
from galexplore.tables.columns import find_column
from galexplore.tables.expressions import tabulate
from galexplore.tables.regions import write_regions

#: What a person chooses from: name to (suffix, format of `catalogue.write`, MIME type).
FORMATS = {
    "CSV": ("csv", "csv", "text/csv"),
    "FITS": ("fits", "fits", "application/fits"),
    "VOTable": ("vot", "votable", "application/x-votable+xml"),
    "Parquet": ("parquet", "parquet", "application/vnd.apache.parquet"),
    "ECSV": ("ecsv", "ecsv", "text/plain"),
    "Legacy viewer": ("csv", "csv", "text/csv"),
    "DS9 regions": ("reg", "", "text/plain"),
}
#: Those that place galaxies on the sky, where simulated ones are not.
ON_THE_SKY = ("Legacy viewer", "DS9 regions")
_LATENT = ("lat_", "condz_", "split_", "chi2", "umap_", "feature_")


def choose_columns(table: pd.DataFrame) -> list[str]:
    """Columns that are exported: all but the parameters by which a simulated image was drawn."""
    return [c for c in map(str, table) if find_column(c) or c.startswith(_LATENT)]


def export(explorer: Explorer, rows: np.ndarray, kind: str) -> bytes:
    """Write rows of an atlas's table as one of `FORMATS`.

    Parameters
    ----------
    explorer : Explorer
    rows : ndarray of int
        Places in its table.
    kind : str

    Returns
    -------
    bytes
        The Legacy viewer's form is CSV with RA, DEC and name, which its upload shows on the sky. DS9's regions are
        circles about galaxies whose positions are known, with their ids.
    """
    table = explorer.table
    if kind == "DS9 regions":
        return write_regions(table.iloc[rows]).encode()
    if kind == "Legacy viewer":
        frame = table.iloc[rows][["ra", "dec", "id"]].set_axis(["RA", "DEC", "name"], axis=1)
    else:
        frame = table[choose_columns(table)].iloc[rows]
    return _write(explorer, frame, kind)


def export_plotted(
    explorer: Explorer, rows: np.ndarray, columns: Sequence[str], kind: str, selected: np.ndarray
) -> bytes:
    """Write what a plot shows as one of `FORMATS`: id, population, the columns or expressions, and who is selected.

    Parameters
    ----------
    rows, selected : ndarray of int
        Places in the explorer's table of what is shown, and of what is selected.
    columns : sequence of str
    """
    frame = tabulate(explorer.table, ["id", "population", *columns])
    picked = np.zeros(len(frame), bool)
    picked[selected] = True
    return _write(explorer, frame.assign(selected=picked).iloc[rows], kind)


def _write(explorer: Explorer, frame: pd.DataFrame, kind: str) -> bytes:
    """Write a table of an explorer's galaxies, with where it comes from."""
    frame.attrs = {
        "galexplore": __version__,
        "model": explorer.name,
        "model_sha256": explorer.card["sha256"],
        "data_sha256": explorer.card["data_hash"],
        "simulated": explorer.simulated,
        "conventions": "ICRS; AB magnitudes; latents are means with calibrated standard errors (68 % half-widths)",
    }
    stream = BytesIO()
    catalogue.write(frame, stream, FORMATS[kind][1])
    return stream.getvalue()
