"""Small pictures of the atlas's galaxies, drawn once and kept in memory: bounded, shared by everyone who looks."""

from collections import OrderedDict
from threading import Lock

from galexplore.draw.pictures import draw_galaxy

MOST = 6000  # pictures; about 4 kB each

_kept: OrderedDict[tuple, bytes] = OrderedDict()
_lock = Lock()


def draw_thumbnails(explorer, ids, side: int = 150) -> list[bytes]:
    """Draw galaxies of the atlas as JPEG, in the order of the ids; those drawn before are taken from memory.

    Parameters
    ----------
    explorer : Explorer
    ids : sequence of str
    side : int
        Pixels.
    """
    keys = [(explorer.name, explorer.card["sha256"], str(i), side) for i in ids]
    with _lock:
        found = {key: _kept[key] for key in keys if key in _kept}
    missing = [key for key in dict.fromkeys(keys) if key not in found]
    if missing:
        fluxes = explorer.images([key[2] for key in missing])
        found |= {key: draw_galaxy(flux, explorer.survey, side) for key, flux in zip(missing, fluxes, strict=True)}
    with _lock:
        for key in keys:
            _kept[key] = found[key]
            _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return [found[key] for key in keys]
