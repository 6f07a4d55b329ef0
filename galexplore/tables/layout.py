"""How a table of text is laid out: where its names stand, what parts its fields, where its rows begin."""

import re
from dataclasses import dataclass

from galexplore.errors import InputError
from galexplore.tables.fields import are_dashes, cut, find_delimiter, find_edges, find_row_names, split_line, take_lines
from galexplore.tables.meanings import Meaning, simplify
from galexplore.tables.roles import IDS, find_roles

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[ed][+-]?\d+)?", re.I)
_SEXAGESIMAL = re.compile(r"[+-]?\d{1,3}[hd°: ]\s*\d{1,2}[m:'′ ]\s*\d{1,2}(?:\.\d*)?[s\"″]?", re.I)
_ANGLE = re.compile(
    r"[\[(\"']*(?:deg(?:rees?)?|°|rad(?:ians?)?|h(?:ours?|rs?|ourangle)?"
    r"|[hd]{1,2}[: ]m{1,2}[: ]s{1,2}(?:\.s+)?)[\])\"']*"
    r"(?:[ ,]*[\[(]?(?:[JB]?(?:2000|1950)(?:\.0)?|icrs|fk[45])[\])]?)?",
    re.I,
)
_TYPES = re.compile(
    r"\d*[snfd]|double|float(?:32|64)?|int(?:32|64)?|long|short|char|string|str|bool(?:ean)?|text", re.I
)
MOST_COLUMNS = 5000  # that a table of text may have
LONGEST = 1_000_000  # characters of a line of the header or of the first rows


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
    body = _drop_rules(body)
    lines = take_lines(body)
    if not lines:
        raise InputError("The table is empty: it has comments only." if comments else "The table is empty.")
    if max(map(len, lines)) > LONGEST:
        raise InputError(f"A line of the list has more than {LONGEST:,} characters, as no table's header or row has.")
    many = max(max(line.count(d) for d in ",;|\t") + 1 for line in lines[:4])
    many = max(many, *(len(line.split()) for line in lines[:4]))
    if many > MOST_COLUMNS:
        raise InputError(f"A table of text may have up to {MOST_COLUMNS:,} columns; this one has {many:,}.")
    lines, body, title = _drop_title(lines, body)
    notes += title
    if way := find_row_names(lines):
        return _settle(["", *split_line(lines[0], way)], _drop_lines(body, 1), way, (), notes)
    delimiter = find_delimiter(lines)
    first = split_line(lines[0], delimiter)
    headless = False
    told = _name_in_comments(comments, first, delimiter) if _is_data(first) else None
    loose = split_line(lines[0], r"\s+")
    if not told and delimiter == r"\s{2,}" and _is_data(loose):  # some blanks are two, for columns are lined up
        if told := _name_in_comments(comments, loose, r"\s+"):
            delimiter = r"\s+"
    if told:
        names, rest = told, body
    elif _is_data(first) or (len(lines) == len(first) == 1 and simplify(first[0]) not in IDS):
        names, rest, headless = [f"column {i}" for i in range(1, len(first) + 1)], body, True
    else:
        names, rest = first, _drop_lines(body, 1)
        if delimiter == r"\s+" and (parted := _part_angles(names, lines)):
            return _settle(parted, rest, delimiter, (), notes)
        edges = find_edges(body, delimiter, len(names))
        if edges:
            names = names if len(names) == len(edges) else cut(lines[0], edges)
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
        line = next(iter(take_lines(rest, 1)), None)
        if line is None or headless:
            break
        cells = cut(line, edges) if edges else split_line(line, delimiter)
        if edges and line.lstrip().startswith('"') and not _are_units(cells, names):  # which stand at no fixed places
            cells = split_line(line, r"\s+")
        if are_dashes(cells) or _are_types(cells, names):
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


def _part_angles(names: list[str], lines: list[str]) -> list[str] | None:
    """Names of the six columns over which ra and dec stand where blanks part hours, minutes and seconds as well."""
    pair = find_roles({n: Meaning() for n in names}).pair
    counts = {len(split_line(line, r"\s+")) for line in lines[1:] if re.search(r"\d", line)}  # no units, no rule
    if pair is None or counts != {len(names) + 4} or simplify(pair[0]) == simplify(pair[1]):
        return None
    at, behind = names.index(pair[0]), names.index(pair[1])
    if behind != at + 1:
        return None
    return [*names[:at], "RAh", "RAm", "RAs", "DEd", "DEm", "DEs", *names[behind + 1 :]]


def _drop_rules(body: str) -> str:
    """Drop the lines that frame a table above and below, and what a data base counts there."""
    if rule := _RULES.match(body):
        body = body[rule.end() :]
    for _ in range(4):
        at = body.rstrip().rfind("\n") + 1
        if not at or not _FOOT.fullmatch(body[at:].strip()):
            break
        body = body[:at]
    return body


_RULES = re.compile(r"(?:[ \t]*[-+=|]{3}[-+=| \t]*\n)+")
_FOOT = re.compile(r"[-+=|]{3}[-+=| \t]*|\(\d+ rows?\)|\d+ rows? in set.*")


def _drop_title(lines: list[str], body: str) -> tuple[list[str], str, tuple[str, ...]]:
    """Drop up to three lines of a title above the header, which is the first line that names positions."""
    for i in range(min(4, len(lines) - 1)):
        delimiter = find_delimiter(lines[i:])
        names = split_line(lines[i], delimiter)
        if len(names) > 1 and len(split_line(lines[i + 1], delimiter)) == len(names) and not _is_data(names):
            roles = find_roles({n: Meaning() for n in names})
            if roles.pair or roles.parts or roles.whole:
                said = (
                    ""
                    if re.fullmatch(r"sep=.", lines[0].strip())
                    else f"Left out above the header: {lines[0].strip()[:60]!r}."
                )
                return lines[i:], _drop_lines(body, i) if i else body, (said,) if i and said else ()
    return lines, body, ()


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
            bare = re.sub(r"^1:[ ]*(?=[^\t]+\t)", "#\t", line.lstrip("#").strip())
            comments.append("#" + bare if bare.startswith("|") else bare)  # as SIMBAD calls its counter
        at = end + 1
    body = text[at:]
    if "#" in body:
        bare = re.sub(r"(?m)^[ \t]*#(?!Table\t|RESOURCE=)[^\n]*\n?", "", body)
        if len(take_lines(bare, 2)) > 1 or len(take_lines(body, 2)) < 2:  # else every row begins with a #
            body = bare
    return comments, body


def _keep_first_table(comments: list[str], body: str) -> tuple[str, tuple[str, ...]]:
    """Keep the first of VizieR's tables, which follow each other in one answer."""
    another = re.search(r"(?m)^#(?:Table\t|RESOURCE=)", body)
    if another is None:
        return body, ()
    return body[: another.start()], ("Only the first of the file's tables is read.",)


def _drop_lines(body: str, n: int) -> str:
    """Drop the first lines, and the blank ones before them."""
    body = body.lstrip("\n")
    for _ in range(n):
        body = body.partition("\n")[2].lstrip("\n")
    return body


def _is_data(cells: list[str]) -> bool:
    """Whether fields are of a row and not of a header: a number or an angle is among them, or a name of digits."""
    return any(_NUMBER.fullmatch(c) or _SEXAGESIMAL.fullmatch(c) for c in cells) and not any(
        simplify(c) in ("ra", "dec", *IDS[:3]) for c in cells
    )


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
