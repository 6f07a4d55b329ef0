"""Rare kinds from the literature: Green Peas and Red Spirals of their published tables, quirks and all."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.sources.answers import Answer
from galexplore.sources.transport import ServerError, Session

AGE = 365 * 86_400.0
_MOST = 5_000_000


@dataclass(frozen=True)
class Published:
    """A published table.

    Attributes
    ----------
    kind : str
        As `atlas.kinds` calls it.
    url, citation : str
    rows : int
        That it has.
    order : tuple of str
        Its columns as they come, by the names here; "" for those that are left. A header that counts them otherwise is
        not believed.
    rate : str
        The column of a rate in solar masses a year, of which the logarithm is taken; "" where there is none.
    far : float
        Redshift beyond which none of its galaxies lies.
    """

    kind: str
    url: str
    citation: str
    rows: int
    order: tuple[str, ...]
    rate: str
    far: float


_ZOO = "https://data.galaxyzoo.org/data"
#: The tables. M_STELLAR of the Green Peas is called a mass in solar masses and holds logarithms.
PUBLISHED = (
    Published(
        "Green Pea",
        f"{_ZOO}/greenpeas/peas_tbl4.csv",
        "Cardamone et al. 2009, MNRAS 399, 1191, table 4",
        80,
        ("id", "ra", "dec", "z", "", "", "", "sfr", "sfr_err", "", "", "", "logmass"),
        "sfr",
        0.4,
    ),
    Published(
        "Red Spiral",
        f"{_ZOO}/redspirals/RedSpiralsA1.txt",
        "Masters et al. 2010, MNRAS 405, 783, table A1",
        294,
        ("id", "ra", "dec", "z"),
        "",
        0.1,
    ),
)


def parse_published(text: str, table: Published) -> pd.DataFrame:
    """Read a published table by the order of its columns.

    Returns
    -------
    DataFrame
        `id` (text), `ra`, `dec` [deg], `z`, `population`, `source`, and `logmass`, `logsfr`, `logsfr_err` where it has
        them; NaN where not known.

    Raises
    ------
    InputError
        Where it is not the table that was published.
    """
    rows = [_part(line) for line in text.splitlines()]
    rows = [cells for cells in rows if len(cells) >= 4 and re.fullmatch(r"\d{17,19}", cells[0])]
    columns: dict[str, np.ndarray] = {"id": np.array([cells[0] for cells in rows], object)}
    for i, name in enumerate(table.order[1:], 1):
        if name:
            columns[name] = np.array([_to_number(cells[i]) if i < len(cells) else np.nan for cells in rows])
    frame = pd.DataFrame(columns)
    inside = len(frame) and frame["ra"].between(0, 360).all() and frame["dec"].between(-90, 90).all()
    if not inside or not frame["z"].between(0, table.far).all() or frame["id"].duplicated().any():
        raise InputError(f"this is not the table of {table.citation}: its columns are not {_spell(table)}")
    if len(frame) != table.rows:
        raise InputError(f"the table of {table.citation} has {table.rows} galaxies, this one {len(frame)}")
    if "logmass" in frame and not frame["logmass"].dropna().between(5, 13).all():
        raise InputError(f"the masses in this table are not those of {table.citation}: logarithms, as it holds them")
    if table.rate:
        rate, error = frame.pop(table.rate), frame.pop(f"{table.rate}_err")
        frame["logsfr"] = np.log10(rate.where(rate > 0))
        frame["logsfr_err"] = (error / rate / np.log(10)).where(rate > 0)
    return frame.assign(population=table.kind, source=table.citation)


def _part(line: str) -> list[str]:
    """Part a line at commas, else at blanks."""
    return [c.strip().strip('"') for c in (line.split(",") if "," in line else line.split())]


def _to_number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        return np.nan
    return value if value > -90 and np.isfinite(value) else np.nan


def _spell(table: Published) -> str:
    return ", ".join(name or "…" for name in table.order)


def fetch_published(session: Session, table: Published) -> pd.DataFrame:
    """Fetch a published table.

    Raises
    ------
    ServerError, InputError
        As of `Session.fetch` and `parse_published`.
    """
    frames: list[pd.DataFrame] = []

    def check(answer: Answer) -> None:
        if b"<html" in answer.body[:500].lower():
            raise ServerError("Galaxy Zoo's data server sends a web page instead of a table; try again later")
        frames.append(parse_published(answer.body.decode("utf-8", "replace"), table))

    answer = session.fetch(table.url, check=check, age=AGE, most=_MOST)
    return frames[-1] if frames else parse_published(answer.body.decode("utf-8", "replace"), table)


def read_published(path: Path) -> pd.DataFrame:
    """Read a copy of one of the tables; told by its content.

    Raises
    ------
    InputError
        Where it is none of them.
    """
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError as error:
        raise InputError(f"there is no readable table {Path(path).name}") from error
    for table in PUBLISHED:
        try:
            return parse_published(text, table)
        except InputError:
            continue
    names = " nor ".join(t.citation for t in PUBLISHED)
    raise InputError(f"{Path(path).name} is neither the table of {names}")
