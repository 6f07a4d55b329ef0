"""A view as Python that runs as it is: the same galaxies shown and selected, the same plot, by public names alone."""

import base64
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from galexplore.explore import selections
from galexplore.explore.link import AtlasState
from galexplore.explore.subsets import KEPT
from galexplore.tables.expressions import keep_where

if TYPE_CHECKING:
    from galexplore.explore.explorer import Explorer

FEW = 60  # ids that are written out one by one
_HEAD = '''"""{title}: a view of galexplore. Writes selected.csv and view.html; run it where galexplore is installed."""

{imports}

explorer = gx.load({name!r})
if explorer.card["sha256"] != {sha256!r}:
    raise SystemExit("The model that stands here is not the one of this view.")
table = explorer.table
'''
_FIGURE = """
selected = shown[shown["id"].isin(ids)]
catalogue.write(selected, {selected})
figure = figures.plot_atlas(
    tabulate(shown, {columns!r}),
    {x!r},
    {y!r},
    {title!r},
{options})
figure.write_html({view})
print(f"{{len(shown):,}} entries shown, {{len(selected):,}} of {{len(ids):,}} selected ones among them")
"""


def name_in_expression(column: str) -> str:
    """Write a column's name as an expression has it: in backticks where it is no identifier."""
    return column if column.isidentifier() else f"`{column}`"


def list_conditions(state: AtlasState) -> list[str]:
    """List the conditions that together say what is shown, as `galexplore.tables.expressions.keep_where` reads them."""
    conditions = [
        f"between({name_in_expression(column)}, {low:.9g}, {high:.9g})" for column, (low, high) in state.limits.items()
    ]
    if state.left_out:
        conditions.append(f"population not in {list(state.left_out)!r}")
    return conditions + [state.where] * bool(state.where)


def write_python(
    explorer: "Explorer",
    state: AtlasState,
    ids: Sequence[str],
    opened: str | None,
    title: str,
    outline: dict | None = None,
    beside: bool = False,
) -> str:
    """Write the script that brings a view of the Atlas back.

    Parameters
    ----------
    explorer : Explorer
    state : AtlasState
        What the Atlas shows.
    ids : sequence of str
        The selection.
    opened : str or None
        Id of the galaxy whose card is shown.
    title : str
        Of the plot.
    outline : dict, optional
        The boxes and lassos, in the plot's columns, that hold the selection: written where they still do.
    beside : bool
        Whether the ids stand in ids.txt beside the script, which then writes there, too.
    """
    shown = write_shown(explorer, state)
    picked = READ_IDS if beside else write_selection(explorer, state, ids, outline)
    code = "".join([*shown, picked, _write_figure(explorer, state, opened, title, beside)])
    imports = ["import galexplore as gx", "from galexplore import figures"]
    imports += ["from galexplore.explore import selections"] * ("selections." in code)
    known = ["keep_where"] * ("keep_where(" in code) + ["tabulate"]
    imports += [
        "from galexplore.tables import catalogue",
        f"from galexplore.tables.expressions import {', '.join(known)}",
    ]
    numpy = ["import numpy as np", ""] if "np." in code else []
    standard = ["import base64", "import zlib", ""] if "zlib." in code else []
    standard = ["from pathlib import Path", ""] if beside else standard
    head = _HEAD.format(
        title=title.replace("\\", "/").replace('"', "'"),
        imports="\n".join([*standard, *numpy, *imports]),
        name=explorer.name,
        sha256=explorer.card["sha256"],
    )
    return head + code


READ_IDS = '\nhere = Path(__file__).parent\nids = (here / "ids.txt").read_text().splitlines()\n'


def write_shown(explorer: "Explorer", state: AtlasState) -> list[str]:
    """Lines that find the named subsets, and what is shown."""
    lines = ["\nsubsets = {}\n"] if state.subsets else []
    for name, definition in state.subsets:
        if definition.startswith(KEPT):
            rows = explorer.find_rows(selections.recall(definition[1:], explorer.catalogue))
            lines.append(f'{_write_rows(explorer, rows)}subsets[{name!r}] = table["id"].isin(ids).to_numpy()\n')
        else:
            lines.append(f"subsets[{name!r}] = keep_where({definition!r}, table, subsets)\n")
    conditions, more = list_conditions(state), ", subsets" if state.subsets else ""
    if not conditions:
        return [*lines, "shown = table\n"]
    first, *rest = (f"keep_where({condition!r}, table{more})\n" for condition in conditions)
    return [*lines, f"keep = {first}", *(f"keep &= {one}" for one in rest), "shown = table[keep]\n"]


def write_selection(explorer: "Explorer", state: AtlasState, ids: Sequence[str], outline: dict | None) -> str:
    """Lines that find the ids selected: by the boxes and lassos that hold them, or one by one."""
    from galexplore.figures import find_inside
    from galexplore.tables.expressions import tabulate

    rows = explorer.find_rows(ids)
    shapes = {kind: [{k: shape[k] for k in "xy"} for shape in drawn] for kind, drawn in (outline or {}).items()}
    if shapes and not state.subsets:
        places = tabulate(explorer.table, [state.x, state.y])
        inside = find_inside(places[state.x].to_numpy(), places[state.y].to_numpy(), shapes)
        for condition in list_conditions(state):
            inside &= keep_where(condition, explorer.table)
        if np.array_equal(np.flatnonzero(inside), rows):
            axes = f"tabulate(shown, {[state.x, state.y]!r})"
            return (
                f"\nplaces, drawn = {axes}, {shapes!r}\n"
                f"inside = figures.find_inside(*(places[c].to_numpy() for c in {[state.x, state.y]!r}), drawn)\n"
                'ids = shown["id"][inside].tolist()\n'
            )
    return "\n" + _write_rows(explorer, rows)


def _write_rows(explorer: "Explorer", rows: np.ndarray) -> str:
    """Lines that give the ids at places of the table: written out where they are few, else as packed bits."""
    if len(rows) <= FEW:
        return f"ids = {explorer.table['id'].iloc[rows].tolist()!r}\n"
    mask = np.zeros(len(explorer.table), bool)
    mask[rows] = True
    packed = base64.b85encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode()
    return (
        f"packed = {packed!r}  # a bit a galaxy, in the table's order\n"
        "bits = np.frombuffer(zlib.decompress(base64.b85decode(packed)), np.uint8)\n"
        'ids = table["id"][np.unpackbits(bits, count=len(table)).astype(bool)].tolist()\n'
    )


def _write_figure(explorer: "Explorer", state: AtlasState, opened: str | None, title: str, beside: bool) -> str:
    options: dict[str, Any] = {
        "colour": None if state.colour == "population" else state.colour,
        "overlays": list(state.kinds),
    }
    options |= {"opened": opened, "limits": state.ranges, "contours": state.contours, "marginals": True}
    usual = {"colour": None, "opened": None, "limits": ((None, None), (None, None)), "contours": False}
    lines = [f"    {k}={v!r},\n" for k, v in options.items() if k not in usual or v != usual[k]]
    colour = [] if state.colour == "population" else [state.colour]
    return _FIGURE.format(
        x=state.x,
        y=state.y,
        title=title,
        columns=list(dict.fromkeys(["id", "population", state.x, state.y, *colour])),
        options="".join(["    selected=ids,\n", *lines]),
        selected='here / "selected.csv"' if beside else '"selected.csv"',
        view='here / "view.html"' if beside else '"view.html"',
    )
