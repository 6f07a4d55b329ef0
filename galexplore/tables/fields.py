"""What parts the fields of a line: a delimiter, blanks, or the places at which columns stand."""

import csv
import re

import numpy as np

from galexplore.errors import InputError
from galexplore.tables.meanings import Meaning
from galexplore.tables.roles import find_roles

#: What parts fields, the surest first: blanks last, for names and dates hold some.
_DELIMITERS = ("\t", ";", "|", ",", r"\s{2,}", r"\s+")
SAMPLE = 30  # lines that are looked at
_WIDEST = 10_000  # characters of a line whose columns stand at fixed places


def take_lines(body: str, most: int = SAMPLE) -> list[str]:
    """Give the first lines that are not blank."""
    lines: list[str] = []
    at = 0
    while len(lines) < most and at < len(body):
        end = body.find("\n", at)
        end = len(body) if end < 0 else end
        if body[at:end].strip():
            lines.append(body[at:end])
        at = end + 1
    return lines


def split_line(line: str, delimiter: str) -> list[str]:
    """Split a line into its fields, as the reader of the rows will."""
    if delimiter == r"\s{2,}":
        return re.split(delimiter, line.strip())
    if delimiter == r"\s+":
        return [f.strip() for f in next(csv.reader([re.sub(r"\s+", " ", line.strip())], delimiter=" "), [])]
    stripped = line.strip().strip("|") if delimiter == "|" else line
    return [f.strip() for f in next(csv.reader([stripped], delimiter=delimiter, skipinitialspace=True), [])]


def find_delimiter(lines: list[str]) -> str:
    """Find what parts the fields: what gives the header and the rows equally many, and more than one."""
    for delimiter in _DELIMITERS:
        if delimiter.startswith("\\") and not re.search(delimiter, lines[0].strip()):
            continue
        if not delimiter.startswith("\\") and delimiter not in lines[0]:
            continue
        counts = [len(split_line(line, delimiter)) for line in lines if not are_dashes([line.replace("|", "")])]
        if counts[0] < 2:
            continue
        if delimiter in ("\t", ","):  # with rows too long or too short the table is still parted so
            return delimiter
        if len(set(counts)) == 1:
            return delimiter
    return r"\s+" if re.search(r"\S\s+\S", lines[0]) and _is_worded(lines[0]) else ","


def find_row_names(lines: list[str]) -> str | None:
    """Find what parts a table whose rows begin with a running number that its header does not name, as R's and pandas'.

    None where rows have as many fields as the header, or another number more.
    """
    for way in ("\t", ";", ",", r"\s+"):
        names, *rows = [split_line(line, way) for line in lines]
        if len(rows) > 1 and all(len(row) == len(names) + 1 and row[-1] and row[0].isdecimal() for row in rows):
            counts = [int(row[0]) for row in rows]
            running = counts[0] in (0, 1) and counts == list(range(counts[0], counts[0] + len(rows)))
            if running and find_roles({n: Meaning() for n in names}).columns:
                return way
    return None


def _is_worded(line: str) -> bool:
    """Whether blanks part the names of a header whose rows are not parted alike."""
    names = line.split()
    roles = find_roles({n: Meaning() for n in names})
    return bool(roles.pair or roles.parts)


def are_dashes(cells: list[str]) -> bool:
    """Whether fields are those of a rule under the header."""
    return bool(cells) and all(re.fullmatch(r"[-=+: ]*", c) for c in cells) and any(len(c.strip()) > 1 for c in cells)


def find_edges(body: str, delimiter: str, n: int) -> tuple[int, ...]:
    """Find where columns begin whose rows blanks part unequally; empty where all rows have the header's fields.

    Every line counts, for a number further down may be longer than those above.

    Raises
    ------
    InputError
        If rows have more or fewer fields than the header, and the columns stand at no fixed places.
    """
    lines = [line for line in body.split("\n") if line.strip()]
    if not delimiter.startswith("\\") or "\t" in lines[0]:
        return ()
    rule = next((i for i in (1, 2) if re.fullmatch(r"\s*[-=]{2,}(?:\s+[-=]+)+\s*", "".join(lines[i : i + 1]))), 0)
    if rule:  # below the names, or below the units
        edges = tuple(m.start() for m in re.finditer(r"[-=]+", lines[rule]))
        if not any(line[e - 1 : e].strip() for line in lines[rule:] for e in edges[1:]):  # else fields are wider
            return edges
        lines = [lines[0], *lines[rule + 1 :]]
    counts = {len(split_line(line, delimiter)) for line in lines[:SAMPLE]}
    if counts == {n}:
        return ()
    width = max(map(len, lines))
    if width <= _WIDEST and width * len(lines) < 1e8:
        grid = np.array([line.encode("latin-1", "replace") for line in lines], f"S{width}")
        letters = grid.view(np.uint8).reshape(len(lines), width)
        blank = ((letters == 0) | (letters == 32)).min(axis=0).tolist()
        starts = [i for i in range(width) if not blank[i] and (i == 0 or blank[i - 1])]
        nexts = [*starts[1:], width]
        edges = tuple(a for i, (a, b) in enumerate(zip(starts, nexts, strict=True)) if i == 0 or lines[0][a:b].strip())
        if len(edges) == n:
            return edges
    raise InputError(
        f"The table's header names {n} columns, its rows have {min(counts)} to {max(counts)} fields, and they stand at "
        "no fixed places; separate the fields by commas."
    )


def cut(line: str, edges: tuple[int, ...]) -> list[str]:
    """Cut a line whose columns begin at fixed places."""
    return [line[a:b].strip() for a, b in zip(edges, [*edges[1:], None], strict=True)]
