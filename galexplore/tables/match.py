"""A person's own list of galaxies found in the atlas: by id, else by position within a stated radius."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galexplore.tables.lists import LARGEST, MOST_ROWS, read_list
from galexplore.tables.names import format_angle
from galexplore.tables.pairs import parse_names
from galexplore.tables.positions import separate, to_vectors

__all__ = ["LARGEST", "MOST_ROWS", "Matched", "match_list", "read_list"]

_SAID = 5  # disagreements that are said one by one


@dataclass(frozen=True)
class Matched:
    """What became of a list.

    The rows (places in the atlas) that it names, a sentence that says how, and one for each of the list's rows whose id
    and position name different places.
    """

    rows: np.ndarray
    said: str
    disagreements: tuple[str, ...] = ()


def match_list(table: pd.DataFrame, wanted: pd.DataFrame, radius: float) -> Matched:
    """Find a list's galaxies in the atlas: by id where it agrees with the position, else by the nearest position.

    An id alone counts as it is. Beside a position it counts only where the galaxy of that id lies within the radius: a
    mere running number names other galaxies in every table.

    Parameters
    ----------
    table : DataFrame
        The atlas: `id`, and `ra`, `dec` [deg] where known.
    wanted : DataFrame
        As `read_list` gives it.
    radius : float
        Arcsec.
    """
    n, notes = len(wanted), list(wanted.attrs.get("notes", ()))
    by_id = _match_ids(table, wanted) if "id" in wanted else np.full(n, -1)
    placed = "ra" in table and bool(table["ra"].notna().any())
    if "id" in wanted and "ra" not in wanted and placed and (by_id < 0).any():
        wanted, said = _place_by_names(wanted, by_id)
        notes += said
    if "ra" not in wanted or not placed:
        rows = np.unique(by_id[by_id >= 0])
        if len(rows):
            return Matched(rows, _join(f"{(by_id >= 0).sum():,} of {n:,} found by their ids.", notes))
        if "ra" in wanted:
            return Matched(rows, "The galaxies of this atlas have no positions; give their ids.")
        return Matched(rows, _join(f"None of the {n:,} ids stands in this atlas.", notes))
    by_place, wanted, note = _choose_unit(table, wanted, radius)
    notes += [note] if note else []
    apart = _measure(table, wanted, by_id)
    wrong = (by_id >= 0) & (apart > radius)
    names = (by_id >= 0) & ~wrong
    rows = np.where(names, by_id, by_place)
    disagreements = _list_disagreements(table, wanted, by_id, apart, wrong)
    return Matched(
        np.unique(rows[rows >= 0]),
        _join(_count(n, names, rows, radius), notes + _shorten(disagreements)),
        disagreements,
    )


def _join(said: str, notes: list[str]) -> str:
    return " ".join([said, *notes])


def _count(n: int, names: np.ndarray, rows: np.ndarray, radius: float) -> str:
    """Say how many were found, by what."""
    ids, places = int(names.sum()), int((~names & (rows >= 0)).sum())
    if ids and not places:
        return f"{ids:,} of {n:,} found by their ids."
    if ids:
        return f"{ids:,} of {n:,} found by their ids, {places:,} more within {radius:g}″ of their positions."
    return f"{places:,} of {n:,} found within {radius:g}″ of their positions."


def _shorten(sentences: tuple[str, ...]) -> list[str]:
    more = [f"The same holds for {len(sentences) - _SAID:,} more rows."] if len(sentences) > _SAID else []
    return [*sentences[:_SAID], *more]


def _match_ids(table: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    """Place (n,) in the atlas of each wanted id; -1 where it is not there."""
    ids = table["id"].to_numpy(object)
    places = {name: i for i, name in reversed(list(enumerate(ids)))}
    rows = np.array([places.get(name, -1) if name else -1 for name in wanted["id"]], int)
    if (rows < 0).any():  # as the search box does
        cased: dict[str, int] = {}
        for i, name in enumerate(ids):
            cased[str(name).casefold()] = -1 if str(name).casefold() in cased else i
        sought = wanted["id"].astype(str).str.strip("'\" ").str.casefold()
        rows = np.where(rows < 0, [cased.get(name, -1) if name else -1 for name in sought], rows)
    return rows


def _measure(table: pd.DataFrame, wanted: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Separation (n,) in arcsec of each wanted position from the galaxy in its row; NaN where either is unknown."""
    out = np.full(len(wanted), np.nan)
    at = np.flatnonzero(rows >= 0)
    ra, dec = (table[n].to_numpy(float)[rows[at]] for n in ("ra", "dec"))
    out[at] = separate(ra, dec, wanted["ra"].iloc[at], wanted["dec"].iloc[at])
    return out


def _list_disagreements(
    table: pd.DataFrame, wanted: pd.DataFrame, by_id: np.ndarray, apart: np.ndarray, wrong: np.ndarray
) -> tuple[str, ...]:
    """One sentence for each row whose id stands elsewhere in the atlas than the row's position."""
    ids = table["id"].to_numpy(object)
    return tuple(
        f"Row {i + 1}: {str(ids[by_id[i]])[:40]} lies {format_angle(float(apart[i]))} from the position given with it, "
        "which is taken."
        for i in np.flatnonzero(wrong)
    )


def _choose_unit(table: pd.DataFrame, wanted: pd.DataFrame, radius: float) -> tuple[np.ndarray, pd.DataFrame, str]:
    """Match positions; where their unit stands nowhere and the usual one fits nothing, in another one that fits.

    Returns the places, the list with its positions in degrees, and a sentence where another unit was taken.
    """
    rows = _match_positions(table, wanted, radius)
    if (rows >= 0).any():
        return rows, wanted, ""
    known = int(wanted["ra"].notna().sum())
    tries = list(_OTHER_UNITS) if wanted.attrs.get("assumed") else []
    tries += [_AS_DEGREES] if wanted.attrs.get("hours_assumed") else []
    for said, factors, high in tries:
        if wanted["ra"].between(-high, high).sum() == known:
            other = wanted.assign(ra=wanted["ra"] * factors[0], dec=wanted["dec"] * factors[1])
            again = _match_positions(table, other, radius)
            if (again >= 0).sum() > max(0, 0.3 * known):
                return again, other, said
    if wanted["ra"].between(0, 24).sum() == known > 3:
        hours = _match_positions(table, wanted.assign(ra=wanted["ra"] * 15), radius)
        if (hours >= 0).sum() > 0.3 * known:
            return (
                rows,
                wanted,
                f"With right ascensions in hours {(hours >= 0).sum():,} would be found: check their unit.",
            )
    fit = wanted["ra"].between(0, 2 * np.pi) & wanted["dec"].between(-np.pi / 2, np.pi / 2)
    if known > 3 and fit.sum() == known:
        return rows, wanted, "All of the list's positions would be angles in radians too: check their unit."
    return rows, wanted, ""


_SILENT = "the list does not say their unit, and as degrees none is found."
#: What else positions may be in: the sentence to say, the factors to degrees, and how far right ascensions go.
_OTHER_UNITS = (
    (f"Positions are taken as radians: {_SILENT}", (180 / np.pi, 180 / np.pi), 2 * np.pi),
    (f"Right ascensions are taken as hours: {_SILENT}", (15.0, 1.0), 24.0),
)
_AS_DEGREES = (
    "Right ascensions are taken as degrees, minutes and seconds: the list does not say what they are, and as hours "
    "none is found.",
    (1 / 15, 1.0),
    360.0,
)


def _place_by_names(wanted: pd.DataFrame, by_id: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    """Give the positions that names carry, such as SDSS J100024.00-003000.0, to the rows whose ids are not known."""
    places = np.full((len(wanted), 2), np.nan)
    unknown = np.flatnonzero(by_id < 0)
    places[unknown] = np.transpose(parse_names(wanted["id"].iloc[unknown]))
    named = int(np.isfinite(places[:, 0]).sum())
    if not named:
        return wanted, []
    return wanted.assign(ra=places[:, 0], dec=places[:, 1]), [
        f"{named:,} of the names carry positions, which were taken."
    ]


def _match_positions(table: pd.DataFrame, wanted: pd.DataFrame, radius: float) -> np.ndarray:
    """Place (n,) in the atlas of the galaxy nearest to each wanted position; -1 where none is within the radius."""
    placed = np.flatnonzero(np.isfinite(table["ra"].to_numpy(float)) & np.isfinite(table["dec"].to_numpy(float)))
    good = (wanted["dec"].abs() <= 90).to_numpy() & (wanted["ra"].abs() <= 720).to_numpy()
    tree = cKDTree(to_vectors(table["ra"].to_numpy()[placed], table["dec"].to_numpy()[placed]))
    chord = 2 * np.sin(np.radians(radius / 3600) / 2)
    gap, at = tree.query(to_vectors(wanted["ra"][good], wanted["dec"][good]), distance_upper_bound=chord * (1 + 1e-9))
    rows = np.full(len(wanted), -1)
    rows[good] = np.where(np.isfinite(gap), placed[np.minimum(at, len(placed) - 1)], -1)
    return rows
