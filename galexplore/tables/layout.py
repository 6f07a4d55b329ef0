"""How a table of text is laid out: where its names stand, what parts its fields, where its rows begin."""

import csv
import re
from dataclasses import dataclass

from galexplore.errors import InputError
from galexplore.tables.roles import IDS, Meaning, find_roles, simplify

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[ed][+-]?\d+)?", re.I)
_SEXAGESIMAL = re.compile(r"[+-]?\d{1,3}[hd°: ]\s*\d{1,2}[m:'′ ]\s*\d{1,2}(?:\.\d*)?[s\"″]?", re.I)
_ANGLE = re.compile(
    r"[\[(\"']*(?:deg(?:rees?)?|°|rad(?:ians?)?|h(?:ours?|rs?|ourangle)?"
    r"|[hd]{1,2}[: ]m{1,2}[: ]s{1,2}(?:\.s+)?)[\])\"']*",
    re.I,
)
_TYPES = re.compile(
    r"\d*[snfd]|double|float(?:32|64)?|int(?:32|64)?|long|short|char|string|str|bool(?:ean)?|text", re.I
)
#: What parts fields, the surest first: blanks last, for names and dates hold some.
_DELIMITERS = ("\t", ";", "|", ",", r"\s{2,}", r"\s+")
_SAMPLE = 30  # lines that are looked at


@dataclass
class Layout:
    """The names and units of a text's columns, and its rows: parted by `delimiter`, or beginning at `edges`."""

    names: list[str]
    units: list[str]
    body: str
    delimiter: str = ","
    edges: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    headless: bool = False


def find_layout(text: str) -> Layout:
    """Find how a text is laid out.

    Raises
    ------
    InputError
        If there is no row in it.
    """
    comments, body = _part_comments(text)
    body, notes = _keep_first_table(comments, body)
    lines = _take_lines(body)
    if not lines:
        raise InputError("The table is empty: it has comments only." if comments else "The table is empty.")
    delimiter = _find_delimiter(lines)
    first = split_line(lines[0], delimiter)
    headless = False
    told = _name_in_comments(comments, first, delimiter) if _is_data(first) else None
    if told:
        names, rest = told, body
    elif _is_data(first) or (len(lines) == len(first) == 1 and simplify(first[0]) not in IDS):
        names, rest, headless = [f"column {i}" for i in range(1, len(first) + 1)], body, True
    else:
        names, rest = first, _drop_lines(body, 1)
        edges = _find_edges(lines, delimiter, len(names))
        if edges:
            names = _cut(lines[0], edges)
            return _settle(names, rest, delimiter, edges, notes)
    return _settle(names, rest, delimiter, (), notes, headless)


def _settle(
    names: list[str],
    rest: str,
    delimiter: str,
    edges: tuple[int, ...],
    notes: tuple[str, ...],
    headless: bool = False,
) -> Layout:
    """Take the rows of units, types and dashes off the body; make names unique."""
    units = [""] * len(names)
    for _ in range(3):
        line = next(iter(_take_lines(rest, 1)), None)
        if line is None or headless:
            break
        cells = _cut(line, edges) if edges else split_line(line, delimiter)
        if _are_dashes(cells) or _are_types(cells, names):
            rest = _drop_lines(rest, 1)
        elif _are_units(cells, names):
            units = [c.strip() for c in (cells + [""] * len(names))[: len(names)]]
            rest = _drop_lines(rest, 1)
        else:
            break
    while len(names) > 1 and names[-1] == "" and not edges and delimiter != r"\s+":  # a delimiter at the line's end
        names, units = names[:-1], units[:-1]
    unique: list[str] = []
    taken: set[str] = set()
    for name in names:
        new, count = name, 0
        while new in taken:
            count += 1
            new = f"{name}.{count}" if count < 100 else f"{name}.{count}.{len(taken)}"
        taken.add(new)
        unique.append(new)
    if delimiter == "|":
        rest = re.sub(r"(?m)^[ \t]*\||\|[ \t]*$|^[-+=| ]+$", "", rest) if rest.lstrip().startswith("|") else rest
    return Layout(unique, units, rest, delimiter, edges, notes, headless)


def _part_comments(text: str) -> tuple[list[str], str]:
    """Part the lines that begin with # from the rest; before the rows, they may name the columns."""
    comments: list[str] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if line and not line.startswith("#"):
            break
        if line and len(comments) < 1000:
            comments.append(line.lstrip("#").strip())
        at = end + 1
    body = text[at:]
    if "#" in body:
        bare = re.sub(r"(?m)^[ \t]*#(?!Table\t|RESOURCE=)[^\n]*\n?", "", body)
        if len(_take_lines(bare, 2)) > 1 or len(_take_lines(body, 2)) < 2:  # else every row begins with a #
            body = bare
    return comments, body


def _keep_first_table(comments: list[str], body: str) -> tuple[str, tuple[str, ...]]:
    """Keep the first of VizieR's tables, which follow each other in one answer."""
    another = re.search(r"(?m)^#(?:Table\t|RESOURCE=)", body)
    if another is None:
        return body, ()
    return body[: another.start()], ("Only the first of the file's tables is read.",)


def _take_lines(body: str, most: int = _SAMPLE) -> list[str]:
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


def _drop_lines(body: str, n: int) -> str:
    """Drop the first lines, and the blank ones before them."""
    body = body.lstrip("\n")
    for _ in range(n):
        body = body.partition("\n")[2].lstrip("\n")
    return body


def split_line(line: str, delimiter: str) -> list[str]:
    """Split a line into its fields, as the reader of the rows will."""
    if delimiter == r"\s{2,}":
        return re.split(delimiter, line.strip())
    if delimiter == r"\s+":
        return [f.strip() for f in next(csv.reader([re.sub(r"\s+", " ", line.strip())], delimiter=" "), [])]
    stripped = line.strip().strip("|") if delimiter == "|" else line
    return [f.strip() for f in next(csv.reader([stripped], delimiter=delimiter, skipinitialspace=True), [])]


def _find_delimiter(lines: list[str]) -> str:
    """Find what parts the fields: what gives the header and the rows equally many, and more than one."""
    for delimiter in _DELIMITERS:
        if delimiter.startswith("\\") and not re.search(delimiter, lines[0].strip()):
            continue
        if not delimiter.startswith("\\") and delimiter not in lines[0]:
            continue
        counts = [len(split_line(line, delimiter)) for line in lines if not _are_dashes([line.replace("|", "")])]
        if counts[0] < 2:
            continue
        if delimiter in ("\t", ","):  # with rows too long or too short the table is still parted so
            return delimiter
        if len(set(counts)) == 1:
            return delimiter
    return r"\s+" if re.search(r"\S\s+\S", lines[0]) and _is_worded(lines[0]) else ","


def _is_worded(line: str) -> bool:
    """Whether blanks part the names of a header whose rows are not parted alike."""
    names = line.split()
    roles = find_roles({n: Meaning() for n in names})
    return bool(roles.pair or roles.parts)


def _is_data(cells: list[str]) -> bool:
    """Whether fields are of a row and not of a header: a number or an angle is among them, or a name of digits."""
    return any(_NUMBER.fullmatch(c) or _SEXAGESIMAL.fullmatch(c) for c in cells) and not any(
        simplify(c) in ("ra", "dec", *IDS[:3]) for c in cells
    )


def _are_dashes(cells: list[str]) -> bool:
    return bool(cells) and all(re.fullmatch(r"[-=+: ]*", c) for c in cells) and any(len(c.strip()) > 1 for c in cells)


def _are_types(cells: list[str], names: list[str]) -> bool:
    return len(cells) == len(names) and all(_TYPES.fullmatch(c) for c in cells) and simplify(cells[0]) != "name"


def _are_units(cells: list[str], names: list[str]) -> bool:
    """Whether a row holds units: no number, and an angle's unit where the positions stand."""
    if any(_NUMBER.fullmatch(c) for c in cells) or not any(_ANGLE.fullmatch(c) for c in cells):
        return False
    pair = find_roles({n: Meaning() for n in names}).pair
    held = dict(zip(names, cells, strict=False))
    return pair is None or all(_ANGLE.fullmatch(held.get(n, "")) for n in pair)


def _name_in_comments(comments: list[str], first: list[str], delimiter: str) -> list[str] | None:
    """Names that a comment before the rows gives: the last one with as many words as the rows have fields."""
    for line in reversed(comments[-20:]):
        for way in (delimiter, ",", r"\s+"):
            names = split_line(line, way) if line else []
            if len(names) == len(first) and not _is_data(names) and find_roles({n: Meaning() for n in names}).columns:
                return names
    return None


def _find_edges(lines: list[str], delimiter: str, n: int) -> tuple[int, ...]:
    """Where fields begin, where they are parted by blanks and some hold blanks; empty where a delimiter does."""
    if not delimiter.startswith("\\") or "\t" in lines[0]:
        return ()
    counts = {len(split_line(line, delimiter)) for line in lines}
    if len(lines) > 1 and re.fullmatch(r"\s*[-=]{2,}(?:\s+[-=]+)+\s*", lines[1]):
        return tuple(m.start() for m in re.finditer(r"[-=]+", lines[1]))
    if delimiter == r"\s+" and counts == {n}:
        return ()
    width = max(map(len, lines))
    blank = [all(len(line) <= i or line[i] == " " for line in lines) for i in range(width)]
    starts = [i for i in range(width) if not blank[i] and (i == 0 or blank[i - 1])]
    edges = tuple(a for i, a in enumerate(starts) if i == 0 or lines[0][a : (starts[i + 1 :] or [width])[0]].strip())
    if len(edges) != n:
        raise InputError(f"The table's rows have {min(counts)} to {max(counts)} fields, and stand at no fixed places.")
    return edges


def _cut(line: str, edges: tuple[int, ...]) -> list[str]:
    return [line[a:b].strip() for a, b in zip(edges, [*edges[1:], None], strict=True)]
