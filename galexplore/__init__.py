"""galexplore: a latent-space explorer for galaxies.

>>> import galexplore as gx
>>> explorer = gx.load()
>>> explorer.locate(gx.read("cutout.fits"))
"""

from importlib import import_module

_HOME = {
    "load": "explore.models",
    "Explorer": "explore.explorer",
    "read": "cutouts.readers",
    "Cutout": "cutouts.cutout",
}
_HOME |= {"InputError": "errors"}
__all__ = ["Cutout", "Explorer", "InputError", "load", "read"]
__version__ = "0.1.0"


def __getattr__(name: str):
    """Import a public name when first asked for, so that a bare `import galexplore` stays instant."""
    if name not in _HOME:
        raise AttributeError(f"module 'galexplore' has no attribute {name!r}")
    return getattr(import_module(f"galexplore.{_HOME[name]}"), name)
