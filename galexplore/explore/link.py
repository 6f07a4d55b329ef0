"""What a person looks at, as the few words that an address carries: atlas, galaxy, axes, colour, kinds, filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from galexplore.tables.filters import Limits, read_limits, write_limits

AXES = ("lat_redshift", "lat_logmass")
#: Names of the maps, and the columns that each is drawn from.
MAPS = {"latents": ("umap_x", "umap_y"), "features": ("feature_x", "feature_y")}
#: Rare kinds that a newcomer sees on top of the others.
SHOWN_AT_FIRST = ("Green Pea", "Red Spiral")


@dataclass(frozen=True)
class View:
    """A view of an atlas; the defaults are what a newcomer sees.

    Attributes
    ----------
    x, y, colour : str
        Columns of the atlas's table; `colour` may be "population".
    map : str
        One of `MAPS`.
    kinds : tuple of str
        Rare kinds drawn on top.
    limits : dict
        Column to (low, high): what is shown.
    left_out : tuple of str
        Kinds that are not shown at all.
    """

    x: str = AXES[0]
    y: str = AXES[1]
    colour: str = "population"
    map: str = "latents"
    kinds: tuple[str, ...] = SHOWN_AT_FIRST
    limits: Limits = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def to_params(self) -> dict[str, str]:
        """Words for an address; what is as a newcomer sees it is left out."""
        usual = View()
        told = {k: getattr(self, k) for k in ("x", "y", "colour", "map") if getattr(self, k) != getattr(usual, k)}
        if set(self.kinds) != set(SHOWN_AT_FIRST):
            told["kinds"] = ",".join(self.kinds) or "none"
        if self.limits:
            told["filter"] = write_limits(self.limits)
        if self.left_out:
            told["without"] = ",".join(self.left_out)
        return told


def read_view(params: Mapping[str, str], explorer) -> tuple[View, list[str]]:
    """Read what `View.to_params` wrote, or whatever a person put into the address.

    Parameters
    ----------
    params : mapping
        The address's words.
    explorer : Explorer
        Whose columns and kinds may be named.

    Returns
    -------
    view : View
        With the usual value for whatever could not be used.
    left_out : list of str
        The names of what could not be used.
    """
    numeric, kinds = set(explorer.numbers), set(explorer.kinds.index)
    colours = {"population", *numeric, *explorer.words}
    chosen, refused = {}, []
    for name, allowed in (("x", numeric), ("y", numeric), ("colour", colours), ("map", set(MAPS))):
        if name in params:
            if params[name] in allowed:
                chosen[name] = params[name]
            else:
                refused.append(name)
    for name, key in (("kinds", "kinds"), ("without", "left_out")):
        if name in params:
            asked = [k for k in params[name][:500].split(",") if k and k != "none"]
            chosen[key] = tuple(k for k in asked if k in kinds)
            if len(chosen[key]) < len(asked):
                refused.append(name)
    if "filter" in params:
        chosen["limits"], parts = read_limits(params["filter"], numeric)
        if parts:
            refused.append("filter")
    if chosen.get("map") == "features" and MAPS["features"][0] not in explorer.table:
        chosen.pop("map")
        refused.append("map")
    return View(**chosen), refused
