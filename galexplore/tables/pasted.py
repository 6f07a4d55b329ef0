"""Lists as people paste them, on one line, in brackets, behind bullets or with remarks: a galaxy on each line."""

import re

from galexplore.tables.fields import take_lines
from galexplore.tables.meanings import Meaning
from galexplore.tables.roles import find_roles

_LONGEST = 1_000_000  # characters of what is taken apart
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•–][ \t]+(?=[A-Za-z])|\d{1,6}[.)][ \t]+)")
_REMARK = re.compile(r"(?m)(?<=\S)[ \t]+#[ \t]+(?=[A-Za-z])[^\n]*$")
_BRACKETS = re.compile(r"(?m)^[ \t]*[(\[]([^()\[\]\n]*)[)\]][ \t]*[,;]?[ \t]*$")
_PLACE = re.compile(r"[+-]?\d{1,3}\.\d+\s+[+-]?\d{1,2}\.\d+")
_ID = re.compile(r"([A-Za-z][A-Za-z_]*)[-_]?\d[\w.+-]*")


def unfold(text: str) -> str:
    """Write a pasted list with a galaxy on each line, without bullets, brackets and remarks; any other text stays."""
    lines = take_lines(text)
    if not lines:
        return text
    bare = text.strip()
    if len(text) <= _LONGEST:
        if bare[0] + bare[-1] in ("[]", "()") and (items := _open_list(bare[1:-1])):
            return "\n".join(items) + "\n"
        if len(lines) == 1 and (items := _part_line(bare)):
            return "\n".join(items) + "\n"
        if len(lines[0].split()) > 1 and _are_alike(re.split(r"[,;\s]+", bare.strip(",; "))):
            return "\n".join(re.split(r"[,;\s]+", bare.strip(",; "))) + "\n"
    if all(_BRACKETS.fullmatch(line) for line in lines):
        return _BRACKETS.sub(r"\1", text)
    if len(lines) > 1 and _are_bullets([_BULLET.match(line) for line in lines]):
        text = _BULLET.sub("", text)
    remarks = [_REMARK.search(line) is not None for line in lines]
    return _REMARK.sub("", text) if any(remarks) and (all(remarks) or not remarks[0]) else text


def _are_bullets(marks: list[re.Match[str] | None]) -> bool:
    """Whether every line begins with a mark, and numbers among them count the lines: 150. may be a right ascension."""
    numbers = [re.sub(r"\D", "", mark[0]) for mark in marks if mark]
    counted = [str(i) for i in range(1, len(marks) + 1)]
    return len(numbers) == len(marks) and (numbers == counted or not any(numbers))


def _open_list(inside: str) -> list[str]:
    """Members of a list as Python prints it: tuples, or texts in quotes; none where it is anything else."""
    if tuples := re.findall(r"[(\[]([^()\[\]]*)[)\]]", inside):
        return tuples if not re.sub(r"[(\[][^()\[\]]*[)\]]", "", inside).strip(", \n") else []
    members = [member.strip() for member in inside.strip(", \n").split(",")]
    return [m[1:-1] for m in members] if all(re.fullmatch(r"'[^'\n]+'|\"[^\"\n]+\"", m) for m in members) else []


def _part_line(line: str) -> list[str]:
    """Members of a list on a single line: positions in degrees, or ids that look alike; none where it is no list."""
    parts = [part.strip() for part in re.split("[,;]", line.strip(",; "))]
    if len(parts) > 1 and all(_PLACE.fullmatch(part) for part in parts):
        return parts
    if find_roles({part: Meaning() for part in parts}).columns:  # the names of columns
        return []
    for members in (parts, line.split()):
        if len(members) > 1 and (_are_alike(members) or all(re.fullmatch(r"\d{8,20}", member) for member in members)):
            return members
    return []


def _are_alike(words: list[str]) -> bool:
    """Whether words are ids that begin alike, such as M01 and M02."""
    ids = [_ID.fullmatch(word) for word in words]
    return all(ids) and len({word[1].lower() for word in ids if word}) == 1
