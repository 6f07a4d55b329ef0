"""Images of the atlas's galaxies for the pages: each as it is, and small pictures drawn once for everyone."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from galexplore.draw.pictures import draw_galaxy, draw_placeholder
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.survey import Survey

MOST = 6000  # pictures; about 4 kB each

_kept: OrderedDict[tuple, bytes] = OrderedDict()
_lock = Lock()


def find_image(explorer: Explorer, identifier: str) -> np.ndarray | None:
    """Find the image (B, S, S) of a galaxy of the atlas, nanomaggies per native pixel; None where it has none."""
    if identifier not in explorer.images:
        return None
    try:
        return np.asarray(explorer.images.get([identifier])[0], np.float32)
    except InputError:  # its file is gone or damaged
        return None


def draw_thumbnails(explorer: Explorer, ids: Sequence[str], side: int = 150, part: float = 1.0) -> list[bytes]:
    """Draw galaxies of the atlas as JPEG, in the order of the ids; those drawn before are taken from memory.

    A galaxy without an image is drawn as words that say so.

    Parameters
    ----------
    explorer : Explorer
    ids : sequence of str
    side : int
        Pixels.
    part : float
        Share of the frame's side that is drawn, about its centre.
    """
    keys = [(explorer.digest, str(i), side, part) for i in ids]
    with _lock:
        drawn = {key: _kept[key] for key in keys if key in _kept}
    missing = [key for key in dict.fromkeys(keys) if key not in drawn]
    fluxes = fetch_images(explorer, [key[1] for key in missing])
    drawn |= {key: _draw(flux, explorer.survey, side, part) for key, flux in zip(missing, fluxes, strict=True)}
    with _lock:
        for key in keys:
            _kept[key] = drawn[key]
            _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return [drawn[key] for key in keys]


def forget_thumbnails() -> None:
    """Forget every small picture: they are drawn anew when next asked for."""
    with _lock:
        _kept.clear()


def fetch_images(explorer: Explorer, ids: list[str]) -> Sequence[np.ndarray | None]:
    """Fetch images (B, S, S) together where all are there, else one by one; None for one that is not."""
    if all(i in explorer.images for i in ids):
        try:
            return list(np.asarray(explorer.images.get(ids), np.float32)) if ids else []
        except InputError:
            pass
    return [find_image(explorer, i) for i in ids]


def _draw(flux: np.ndarray | None, survey: Survey, side: int, part: float) -> bytes:
    if flux is None:
        return draw_placeholder(side)
    rim = int(flux.shape[-1] * (1 - part) / 2)
    return draw_galaxy(flux[:, rim : flux.shape[1] - rim, rim : flux.shape[2] - rim], survey, side)
