"""The text of an expression as a syntax tree, and where in the text each part of it stands."""

import ast
import re
from dataclasses import dataclass

from galexplore.errors import InputError

_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|.", re.S)
#: What stands for what, as in pandas; spaces keep words apart.
_JOINS = {"&": " and ", "|": " or ", "~": " not "}
#: What people write, and what is meant.
_MEANT = {
    "&&": "write and or &",
    "||": "write or or |",
    "!": "write not or !=",
    "<>": "write !=",
    "^": "a power is written **",
    "#": "an expression has no comments",
    "\\": "no backslash is needed",
    "'''": "text must be in simple quotes",
    '"""': "text must be in simple quotes",
}


@dataclass(frozen=True)
class Source:
    """An expression: its text, the Python that it is read as, and for each character of that its place in the text.

    `quoted` are the names in backticks, by what stands for them.
    """

    text: str
    code: str
    places: tuple[int, ...]
    quoted: dict[str, str]
    tree: ast.expr

    @classmethod
    def read(cls, text: str, longest: int) -> "Source":
        """Read an expression of at most so many characters.

        Raises
        ------
        InputError
            Where it is empty, too long or no expression; the sentence tells at which character.
        """
        text = re.sub(r"\s", " ", text).rstrip()
        if not text.strip():
            raise InputError("The expression is empty; write one such as z < 0.1 and logmass > 10.5.")
        if len(text) > longest:
            raise InputError(f"The expression has {len(text):,} characters; {longest} are read.")
        code, places, quoted = _rewrite(text)
        try:
            tree = ast.parse(code, mode="eval").body
        except SyntaxError as error:
            at = places[min(max((error.offset or 1) - 1, 0), len(places) - 1)]
            raise InputError(_explain(text, at)) from None
        except (ValueError, MemoryError, RecursionError):
            raise InputError("The expression cannot be read; write one such as z < 0.1 and logmass > 10.5.") from None
        return cls(text, code, places, quoted, tree)

    def name(self, node: ast.Name) -> str:
        """Give the name that a node stands for."""
        return self.quoted.get(node.id, node.id)

    def quote(self, node: ast.AST) -> str:
        """Give the part of the text that a node stands for, shortened."""
        encoded = self.code.encode()
        first, last = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None) or len(encoded)
        start, end = (len(encoded[:k].decode(errors="ignore")) for k in (first, last))
        part = self.text[self.places[start] : self.places[max(start, end - 1)] + 1]
        return part if len(part) <= 40 else f"{part[:39]}…"


def _rewrite(text: str) -> tuple[str, tuple[int, ...], dict[str, str]]:
    """Write & | ~ and names in backticks as Python has them; refuse what only looks like an expression."""
    pieces, places, quoted = list[str](), list[int](), dict[str, str]()
    bare = _TOKEN.sub(lambda m: m[0] if len(m[0]) == 1 else "_" * len(m[0]), text)
    at_end = len(text) - len(text.lstrip())
    for wrong, meant in _MEANT.items():
        place = (text if wrong in ("\\", "'''", '"""') else bare.replace("!=", "  ")).find(wrong)
        if place >= 0:
            raise InputError(f"At character {place + 1}, “{wrong}”: {meant}.")
    for match in _TOKEN.finditer(text, at_end):
        token, place = match[0], match.start()
        if len(token) > 1 and token[0] == "`":
            piece = f"__{len(quoted)}__"
            quoted[piece] = token[1:-1]
            spots = [place + min(k, len(token) - 1) for k in range(len(piece) - 1)] + [match.end() - 1]
        else:
            piece = _JOINS.get(token, token)
            spots = [place] * len(piece) if len(token) == 1 else list(range(place, match.end()))
        piece = piece.lstrip() if not pieces else piece  # a leading space would be an indent
        pieces.append(piece)
        places += spots[len(spots) - len(piece) :]
    return "".join(pieces), tuple(places), quoted


def _explain(text: str, at: int) -> str:
    """Say where an expression stops being one."""
    single = re.search(r"(?<![<>=!])=(?!=)", text)
    if single:
        return f"At character {single.start() + 1}, “=”: to compare, write ==."
    near = text[at : at + 12].strip() or "its end"
    return f"The expression cannot be read at character {at + 1}, near “{near}”: something is missing or out of place."
