"""What the Atlas shows, as the few words that an address carries: axes, colour, map, kinds, filters, subsets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from galexplore.errors import InputError
from galexplore.explore.subsets import check_condition, check_quantity, read_subsets, write_subsets
from galexplore.tables.filters import Limits, read_limits, write_limits

if TYPE_CHECKING:  # every session starts with this module: it stays light
    from galexplore.explore.explorer import Explorer

AXES = ("lat_redshift", "lat_logmass")
#: Ends of an axis; None where one follows the data.
Range = tuple[float | None, float | None]
#: Names of the maps, and the columns that each is drawn from.
MAPS = {"latents": ("umap_x", "umap_y"), "features": ("feature_x", "feature_y")}
#: Rare kinds that a newcomer sees on top of the others.
SHOWN_AT_FIRST = ("Green Pea", "Red Spiral")


@dataclass(frozen=True)
class AtlasState:
    """What the Atlas shows; the defaults are what a newcomer sees.

    Attributes
    ----------
    x, y, colour : str
        Columns of the atlas's table, or expressions of them; `colour` may be "population".
    map : str
        One of `MAPS`.
    kinds : tuple of str
        Rare kinds drawn on top.
    limits : dict
        Column to (low, high): what is shown.
    left_out : tuple of str
        Kinds that are not shown at all.
    where : str
        A condition that what is shown fulfils (`galexplore.tables.expressions.keep_where`); "" for none.
    x_low, x_high, y_low, y_high : float or None
        Ends of the axes of the plot; None where they follow the data. A low end above the high one turns the axis.
    contours : bool
        Whether the density is drawn as contours over the points.
    subsets : tuple of (str, str)
        Named subsets and what defines each (`galexplore.explore.subsets`).
    """

    x: str = AXES[0]
    y: str = AXES[1]
    colour: str = "population"
    map: str = "latents"
    kinds: tuple[str, ...] = SHOWN_AT_FIRST
    limits: Limits = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    where: str = ""
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    contours: bool = False
    subsets: tuple[tuple[str, str], ...] = ()

    @property
    def ranges(self) -> tuple[Range, Range]:
        """Ends of both axes, as far as they are set."""
        return (self.x_low, self.x_high), (self.y_low, self.y_high)

    def to_params(self) -> dict[str, str]:
        """Words for an address; what is as a newcomer sees it is left out."""
        usual = AtlasState()
        params = {k: getattr(self, k) for k in ("x", "y", "colour", "map") if getattr(self, k) != getattr(usual, k)}
        if set(self.kinds) != set(SHOWN_AT_FIRST):
            params["kinds"] = ",".join(self.kinds) or "none"
        if self.limits:
            params["filter"] = write_limits(self.limits)
        if self.left_out:
            params["without"] = ",".join(self.left_out)
        if self.where:
            params["where"] = self.where
        for name, ends in zip(("xlim", "ylim"), self.ranges, strict=True):
            if ends != (None, None):
                params[name] = "~".join("" if end is None else f"{end:.6g}" for end in ends)
        if self.contours:
            params["contours"] = "1"
        if subsets := write_subsets(self.subsets):
            params["subsets"] = subsets
        return params


def read_state(params: Mapping[str, str], explorer: "Explorer") -> tuple[AtlasState, list[str]]:
    """Read what `AtlasState.to_params` wrote, or whatever a person put into the address.

    Parameters
    ----------
    params : mapping
        The address's words.
    explorer : Explorer
        Whose columns and kinds may be named.

    Returns
    -------
    state : AtlasState
        With the usual value for whatever could not be used.
    refused : list of str
        The names of what could not be used.
    """
    numeric, known = set(explorer.numbers), set(explorer.kinds.index)
    maps = {name for name, (column, _) in MAPS.items() if column in explorer.table}
    allowed = {"x": numeric, "y": numeric, "colour": {"population", *numeric, *explorer.words}, "map": maps}
    words = {name: params[name] for name in allowed if name in params}
    refused = [
        name
        for name, word in words.items()
        if word not in allowed[name] and (name == "map" or not _is_quantity(word, explorer))
    ]
    asked = {name: _split(params[name]) for name in ("kinds", "without") if name in params}
    refused += [name for name, kinds in asked.items() if not known.issuperset(kinds)]
    kept = {name: tuple(k for k in kinds if k in known) for name, kinds in asked.items()}
    limits, parts = read_limits(params.get("filter", ""), numeric)
    refused += ["filter"] * bool(parts)
    usable = {name: word for name, word in words.items() if name not in refused}
    kinds, left_out = kept.get("kinds", SHOWN_AT_FIRST), kept.get("without", ())
    subsets, troubles = read_subsets(params.get("subsets", ""), explorer.table)
    refused += ["subsets"] * bool(troubles)
    where = params.get("where", "")
    try:
        where = where and check_condition(where, explorer.table, [name for name, _ in subsets])
    except InputError:
        where, refused = "", [*refused, "where"]
    ends = {name: _read_range(params[name]) for name in ("xlim", "ylim") if name in params}
    refused += [name for name, pair in ends.items() if pair is None]
    (x_low, x_high), (y_low, y_high) = (ends.get(name) or (None, None) for name in ("xlim", "ylim"))
    state = AtlasState(kinds=kinds, limits=limits, left_out=left_out, where=where, subsets=subsets)
    state = replace(state, x_low=x_low, x_high=x_high, y_low=y_low, y_high=y_high)
    words_read: dict[str, Any] = usable | {"contours": params.get("contours") == "1"}
    return replace(state, **words_read), refused


def _is_quantity(expression: str, explorer: "Explorer") -> bool:
    """Whether an axis can be drawn along an expression."""
    try:
        return bool(check_quantity(expression, explorer.table))
    except InputError:
        return False


def _read_range(text: str) -> Range | None:
    """Read the ends of an axis, such as "16~22" or "~0.3"; None where they are none."""
    try:
        ends = [float(end) if end else None for end in text[:60].split("~")]
    except ValueError:
        return None
    if len(ends) != 2 or ends[0] == ends[1] or not all(end is None or math.isfinite(end) for end in ends):
        return None
    return ends[0], ends[1]


def _split(text: str) -> list[str]:
    """Kinds as an address lists them."""
    return [kind for kind in text[:500].split(",") if kind and kind != "none"]
