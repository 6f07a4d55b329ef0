"""galexplore: a latent-space explorer for galaxies.

>>> import galexplore as gx
>>> explorer = gx.load()
>>> explorer.locate(gx.read("cutout.fits"))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from galexplore.cutouts.audit import prepare
    from galexplore.cutouts.cutout import Cutout
    from galexplore.cutouts.readers import read
    from galexplore.errors import InputError
    from galexplore.explore.explorer import Explorer
    from galexplore.explore.locate_many import locate_many
    from galexplore.explore.models import load
    from galexplore.survey import Survey
    from galexplore.tables.catalogue import read as read_table
    from galexplore.tables.match import match_list, read_list
    from galexplore.tables.positions import parse_position

__all__ = [
    "Cutout",
    "Explorer",
    "InputError",
    "Survey",
    "load",
    "locate_many",
    "match_list",
    "parse_position",
    "prepare",
    "read",
    "read_list",
    "read_table",
]
__version__ = "0.2.0"

#: Where each public name stands.
_HOMES = {
    "Cutout": "cutouts.cutout.Cutout",
    "Explorer": "explore.explorer.Explorer",
    "InputError": "errors.InputError",
    "Survey": "survey.Survey",
    "load": "explore.models.load",
    "locate_many": "explore.locate_many.locate_many",
    "match_list": "tables.match.match_list",
    "parse_position": "tables.positions.parse_position",
    "prepare": "cutouts.audit.prepare",
    "read": "cutouts.readers.read",
    "read_list": "tables.match.read_list",
    "read_table": "tables.catalogue.read",
}


def __getattr__(name: str) -> Any:
    """Import a public name when first asked for, so that a bare `import galexplore` stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'galexplore' has no attribute {name!r}")
    module, _, home = _HOMES[name].rpartition(".")
    return getattr(import_module(f"galexplore.{module}"), home)


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return sorted({*globals(), *__all__})
