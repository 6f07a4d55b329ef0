"""Lists whose columns have no names: a position a line, an id and a position, or an id."""

import re

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.cells import is_text, parse_numbers, to_floats, trim
from galexplore.tables.equinox import check_equinox
from galexplore.tables.meanings import simplify
from galexplore.tables.pairs import parse_positions
from galexplore.tables.roles import COUNTERS, Roles, list_remnants
from galexplore.tables.rows import Rows

RUNNING = "The list has only running numbers, which are not ids; give ids, or ra and dec (degrees)."


def is_running(values: pd.Series) -> bool:
    """Whether a column counts its rows, from 0 or 1."""
    numbers = parse_numbers(trim(values)) if is_text(values) else to_floats(values)
    start = numbers[0] if len(numbers) else np.nan
    return start in (0, 1) and bool((numbers == start + np.arange(len(numbers))).all())


def read_bare(rows: Rows, roles: Roles) -> pd.DataFrame:
    """Read a list without names of columns, as `read_list` gives it.

    Raises
    ------
    InputError
        If its columns have names, or need some, or it holds mere running numbers.
    """
    frame, blanks = rows.frame, rows.delimiter.startswith("\\")
    if list_remnants(rows.meanings):
        raise InputError(
            "Right ascension and declination stand in parts, some of which are missing or not known; name them RAh, "
            "RAm, RAs, DEd, DEm and DEs, or give ra and dec (degrees)."
        )
    if roles.old or not rows.raw or not (rows.headless or frame.shape[1] == 1 or blanks):
        raise InputError(_say_missing(rows, roles))
    if frame.shape[1] == 1 and not rows.headless and simplify(str(frame.columns[0])) in COUNTERS[1:]:
        raise InputError(RUNNING)
    if not rows.headless:  # the first line was taken for a header
        frame = pd.concat([pd.DataFrame([list(frame)], columns=frame.columns), frame], ignore_index=True)
    _refuse_hidden_header(frame)
    check_equinox(rows.said)
    for k in range(frame.shape[1]):
        if (placed := _place_bare(frame, k, blanks)) is not None:
            return placed
    worded = re.search("[a-z]", " ".join(map(str, frame.iloc[0])), re.I)
    tokens = [" ".join(row).split() for row in _take_rows(frame, frame.shape[1])]
    numbers = [[t for t in row if _NUMBER.fullmatch(t)] for row in tokens]
    columns = any(sum(t.count(":") > 1 for t in row) > 1 for row in tokens)  # angles that stand as none
    columns = columns or any(len(row) > 3 or sum("." in t for t in row) > 1 for row in numbers)  # of no name
    if columns or (rows.headless and frame.shape[1] > 1 and not (blanks and worded)):
        raise InputError("The list has no header: name its columns, such as id, ra and dec (degrees).")
    bare = pd.DataFrame({"id": _join_cells(frame)})
    if len(bare) > 1 and is_running(bare["id"]):
        raise InputError(RUNNING)
    bare.attrs = {"notes": list(rows.notes), "assumed": False}
    return bare


def _refuse_hidden_header(frame: pd.DataFrame) -> None:
    """Refuse a list among whose first lines stand the names of columns, which were not understood."""
    texts = pd.Series(_join_cells(frame.iloc[:6]))
    named = texts.str.contains(r"(?i)(?<![a-z])(?:ra|dec|decl)(?![a-z])", regex=True) & np.isnan(
        parse_positions(texts)[0]
    )
    if named.any():
        raise InputError(
            f"The line {texts[int(named.argmax())][:40]!r} seems to name columns, but not as the rows have them; part "
            "names and fields by commas."
        )


def _join_cells(frame: pd.DataFrame) -> np.ndarray:
    """Text (N,) of each row, a blank between its cells."""
    return np.array([" ".join(row).strip() for row in frame.to_numpy(object)], object)


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?")


def _take_rows(frame: pd.DataFrame, k: int) -> list[list[str]]:
    """First cells of the first rows."""
    return frame.iloc[:100, :k].astype(str).to_numpy(object).tolist()


def _place_bare(frame: pd.DataFrame, k: int, blanks: bool) -> pd.DataFrame | None:
    """Read positions from the k-th column on, behind a name of k words; None where they are none.

    Two numbers are a position, and so are six that blanks part; of three or four nobody knows which are meant.
    """
    many = frame.shape[1] - k
    if not (many == 2 or (many == 6 and blanks) or (many == 1 and k == 0)) or (k and not blanks and k > 1):
        return None
    if any(_NUMBER.fullmatch(c) and not (j and c.isdigit() and row[j - 1].isalpha()) for row in _take_rows(frame, k)
           for j, c in enumerate(row)):  # fmt: skip
        return None  # a number is of a name only behind a word of letters, as in NGC 224
    ids, texts = _join_cells(frame.iloc[:, :k]), pd.Series(_join_cells(frame.iloc[:, k:]))
    if (k and not re.search("[a-z]", str(ids[0]), re.I)) or not np.isfinite(parse_positions(texts.iloc[:5])[0]).any():
        return None
    ra, dec = parse_positions(texts)
    placed = pd.DataFrame(({"id": ids} if k else {}) | {"ra": ra, "dec": dec})
    lost = int(np.isnan(ra).sum())
    note = "The list has no header: its numbers are taken as right ascension and declination."
    placed.attrs = {"notes": [note, *([f"Lines without a position: {lost:,}."] if lost else [])], "assumed": False}
    return placed


def _say_missing(rows: Rows, roles: Roles) -> str:
    """Say what a table lacks."""
    if roles.rivals:
        pairs = " and ".join(f"{a}, {b}" for a, b in roles.rivals[:3])
        return f"The list has several positions ({pairs}); call those that are meant ra and dec."
    if roles.old:
        return f"The list's positions are of equinox B1950 ({roles.old}); give them in ICRS (J2000), in degrees."
    held = ", ".join(str(n)[:20] for n in list(rows.meanings)[:6])
    counted = [n for n in rows.meanings if simplify(n) in COUNTERS]
    if counted and len(counted) == len(rows.meanings):
        return RUNNING
    return f"The list has neither a column id nor columns ra and dec (degrees); it has {re.sub(r'[^ -~]', '?', held)}."
