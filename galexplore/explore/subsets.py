"""Named subsets of an atlas: each a condition, or a selection that was kept; later ones may name those before them."""

import keyword
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.explore import selections
from galexplore.tables.expressions import CONDITIONS, CONSTANTS, FUNCTIONS, derive, keep_where

if TYPE_CHECKING:  # every session starts with this module: it stays light
    from galexplore.explore.explorer import Explorer

MOST = 12
LONGEST = 1200  # characters of an address that subsets may take
KEPT = "@"  # before the name under which `selections.recall` finds a selection
_NAME = re.compile(r"[A-Za-z]\w{0,29}", re.ASCII)

#: Names and definitions, in the order in which they were made.
Named = Sequence[tuple[str, str]]


def check_name(name: str, table: pd.DataFrame, others: Iterable[str] = ()) -> str:
    """Return a subset's name, if it can be one.

    Raises
    ------
    InputError
        Where it is no single word of letters, digits and _, or is a column, a function, a word of the language or
        another subset.
    """
    if not _NAME.fullmatch(name):
        raise InputError("A subset's name is a word of up to 30 letters, digits and _, such as blue_low_mass.")
    if name in table:
        raise InputError(f"{name} is a column already; choose another name.")
    if name in FUNCTIONS or name in CONDITIONS or name in CONSTANTS or keyword.iskeyword(name):
        raise InputError(f"{name} is a word of the language already; choose another name.")
    if name in others:
        raise InputError(f"There is a subset {name} already; delete it first, or choose another name.")
    return name


def check_condition(text: str, table: pd.DataFrame, names: Iterable[str] = ()) -> str:
    """Return a condition on a table and named subsets, if it can be computed; InputError says why not."""
    nothing = np.zeros(0, bool)
    keep_where(text, table.iloc[:0], dict.fromkeys(names, nothing))
    return text


def check_quantity(text: str, table: pd.DataFrame) -> str:
    """Return an expression that an axis can be drawn along, if it can be computed; InputError says why not."""
    derive(text, table.iloc[:0])
    return text


def keep_selection(explorer: "Explorer", ids: Sequence[str]) -> str:
    """Keep a selection on disk; return the definition of the subset that it is.

    Raises
    ------
    InputError
        Where it is too large or the disk does not take it.
    """
    return KEPT + selections.keep(ids, explorer.catalogue)


def find_subsets(explorer: "Explorer", subsets: Named) -> dict[str, np.ndarray]:
    """Masks (N,) of an explorer's table, of every named subset.

    Raises
    ------
    InputError
        Where one cannot be found any more; the sentence names it.
    """
    masks: dict[str, np.ndarray] = {}
    for name, definition in subsets:
        try:
            if definition.startswith(KEPT):
                masks[name] = np.zeros(len(explorer.table), bool)
                masks[name][explorer.find_rows(selections.recall(definition[1:], explorer.catalogue))] = True
            else:
                masks[name] = keep_where(definition, explorer.table, masks)
        except InputError as error:
            raise InputError(f"The subset {name} cannot be found: {error}") from error
    return masks


def forget_subset(subsets: Named, name: str) -> tuple[tuple[str, str], ...]:
    """Leave a subset out, and with it those that are defined by it."""
    gone, kept = {name}, []
    for other, definition in subsets:
        if other in gone or (not definition.startswith(KEPT) and gone & set(re.findall(r"\w+", definition))):
            gone.add(other)
        else:
            kept.append((other, definition))
    return tuple(kept)


def write_subsets(subsets: Named) -> str:
    """Subsets as text for an address, a line each; the first ones, as far as they fit."""
    text = ""
    for name, definition in subsets:
        line = f"{name}={definition}"
        if len(text) + 1 + len(line) > LONGEST:
            break
        text = f"{text}\n{line}" if text else line
    return text


def read_subsets(text: str, table: pd.DataFrame) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Read what `write_subsets` wrote; return the subsets, and the names of those that cannot be used here."""
    subsets, refused = list[tuple[str, str]](), list[str]()
    for line in text[: LONGEST + 1].split("\n") if text else []:
        name, _, definition = line.partition("=")
        names = [other for other, _ in subsets]
        try:
            check_name(name, table, names)
            if not definition.startswith(KEPT):
                check_condition(definition, table, names)
            elif not re.fullmatch("@[0-9a-f]{12}", definition) or len(subsets) >= MOST:
                raise InputError("This is no kept selection.")
            subsets.append((name, definition))
        except InputError:
            refused.append(name[:30])
    return tuple(subsets[:MOST]), refused
