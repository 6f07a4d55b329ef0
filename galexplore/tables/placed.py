"""Tables of text whose header says where the columns stand: CDS/MRT and IPAC; and SExtractor's, which numbers them."""

import contextlib
import re
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from astropy.io import ascii as astropy_ascii

from galexplore.errors import InputError
from galexplore.tables.cells import parse_numbers, trim
from galexplore.tables.layout import Layout
from galexplore.tables.meanings import Meaning
from galexplore.tables.rows import Choice, Rows

_LONGEST_HEADER = 200_000  # characters
#: `# 1 NAME comment [unit]`, `#(1) NAME`, `# column 1: NAME (unit)`.
_CARD = re.compile(
    r"#[ \t]*(?:\(|col(?:umn)?\.?[ \t]*)?(\d{1,5})\)?[ \t]*[:=.]?[ \t]+([A-Za-z_]\S*)(?: = | - )?([^\n]*)", re.I
)


def read_placed(text: str, kind: str, choose: Choice | None) -> Rows:
    """Read a table of the CDS ("mrt") or of IPAC ("ipac"): astropy reads the header, and the rows are cut as it says.

    Raises
    ------
    InputError
        If its header is longer than any table's.
    """
    header, body = _part_mrt(text) if kind == "mrt" else _part_ipac(text)
    if len(header) > _LONGEST_HEADER:
        raise InputError(f"The table's header has more than {_LONGEST_HEADER:,} characters, and was not read.")
    reader = astropy_ascii.get_reader(astropy_ascii.Mrt if kind == "mrt" else astropy_ascii.Ipac)
    first = next((line for line in body.split("\n", 100) if line.strip()), "")
    reader.read(f"{header}\n{first}\n")
    columns = {c.name: c for c in reader.header.cols}
    meanings = {
        n: Meaning(str(getattr(c, "unit", None) or ""), "", str(getattr(c, "description", None) or ""))
        for n, c in columns.items()
    }
    wanted = (choose(meanings) if choose else None) or list(columns)
    ends = [columns[n].end + (1 if kind == "ipac" else 0) for n in wanted]
    frame = cut_columns(body, wanted, [columns[n].start for n in wanted], ends)
    nulls = {str(f[2]): str(f[0]) for f in reader.data.fill_values or () if len(f) == 3}
    for name in wanted:
        null = nulls.get(name) or str(getattr(columns[name], "null", "") or "")
        unknown = frame[name] == null.strip()
        with contextlib.suppress(ValueError):
            unknown |= parse_numbers(trim(frame[name])) == float(null)
        frame[name] = frame[name].mask(unknown, "")
    return Rows(frame, meanings, raw=True)


def _part_mrt(text: str) -> tuple[str, str]:
    """Part the description from the rows, which begin behind the last line of dashes."""
    rules = list(re.finditer(r"(?m)^[ \t]*[-=]{10,}[ \t]*$", text[: 2 * _LONGEST_HEADER]))
    end = rules[-1].end() if rules else len(text)
    return text[:end], text[end + 1 :]


def _part_ipac(text: str) -> tuple[str, str]:
    """Part the lines with bars, and the comments before them, from the rows."""
    head = re.match(r"(?:\\[^\n]*\n|\|[^\n]*\n)*", text)
    end = head.end() if head else 0
    return text[: max(end - 1, 0)], text[end:]


def cut_columns(body: str, names: Sequence[str], starts: Sequence[int], ends: Sequence[int | None]) -> pd.DataFrame:
    """Cut rows whose fields stand at fixed places; values stay text, without blanks around."""
    lines = pa.array(body.split("\n"), pa.large_string())
    lines = lines.filter(pc.not_equal(pc.utf8_trim_whitespace(lines), ""))
    cells = (pc.utf8_slice_codeunits(lines, a, b) for a, b in zip(starts, ends, strict=True))
    return pd.DataFrame(
        {n: pc.utf8_trim_whitespace(c).to_pandas() for n, c in zip(names, cells, strict=True)}, dtype=str
    )


def find_card_layout(text: str) -> Layout | None:
    """Find the layout of a table, as SExtractor writes it, whose comments number its columns and name them.

    None where no two lines of it do so, or they number more columns than there are. A column of several values has one
    number, and those that follow it are named by their places.
    """
    cards: dict[int, tuple[str, str]] = {}
    at = 0
    while text.startswith("#", at):
        end = text.find("\n", at)
        if (card := _CARD.match(text, at, end if end >= 0 else len(text))) is None:
            if cards:
                break
            at = end + 1 if end >= 0 else len(text)
            continue
        bracket = re.search(r"[\[(]([^\])\n]*)[\])]\s*$", card[3])
        cards[int(card[1])] = (card[2], bracket[1] if bracket else "")
        at = end + 1 if end >= 0 else len(text)
    if len(cards) < 2 or min(cards) != 1:
        return None
    body = "\n".join(line for line in text[at:].split("\n") if not line.lstrip().startswith("#"))
    first = next((line.split() for line in body.split("\n") if line.strip()), [])
    if max(cards) > len(first):
        return None
    names, units, name, unit, place = [], [], "column", "", 0
    for i in range(1, len(first) + 1):
        place = 0 if i in cards else place + 1
        name, unit = cards.get(i, (name, unit))
        names.append(f"{name}_{place}" if place else name)
        units.append(unit)
    return Layout(names, units, body, r"\s+")
