"""What the Atlas shows, as the few words that an address carries: axes, colour, map, kinds, filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from galexplore.tables.filters import Limits, read_limits, write_limits

if TYPE_CHECKING:  # every session starts with this module: it stays light
    from galexplore.explore.explorer import Explorer

AXES = ("lat_redshift", "lat_logmass")
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
        usual = AtlasState()
        params = {k: getattr(self, k) for k in ("x", "y", "colour", "map") if getattr(self, k) != getattr(usual, k)}
        if set(self.kinds) != set(SHOWN_AT_FIRST):
            params["kinds"] = ",".join(self.kinds) or "none"
        if self.limits:
            params["filter"] = write_limits(self.limits)
        if self.left_out:
            params["without"] = ",".join(self.left_out)
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
    refused = [name for name, word in words.items() if word not in allowed[name]]
    asked = {name: _split(params[name]) for name in ("kinds", "without") if name in params}
    refused += [name for name, kinds in asked.items() if not known.issuperset(kinds)]
    kept = {name: tuple(k for k in kinds if k in known) for name, kinds in asked.items()}
    limits, parts = read_limits(params.get("filter", ""), numeric)
    refused += ["filter"] * bool(parts)
    usable = {name: word for name, word in words.items() if name not in refused}
    kinds, left_out = kept.get("kinds", SHOWN_AT_FIRST), kept.get("without", ())
    return AtlasState(**usable, kinds=kinds, limits=limits, left_out=left_out), refused


def _split(text: str) -> list[str]:
    """Kinds as an address lists them."""
    return [kind for kind in text[:500].split(",") if kind and kind != "none"]
