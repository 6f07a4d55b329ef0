"""Radial transforms of Sersic and Moffat profiles, which have no closed form: tables made by galsim, that ship.

    python -m galexplore.mock.radial

makes the file `profiles.npz` anew; that needs galsim, which nothing else does.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from galexplore.errors import InputError
from galexplore.files import write_beside

PATH = Path(__file__).with_name("profiles.npz")
MOFFAT_BETA = 3.0  # DECam's seeing wings (Dey et al. 2019 use Moffat-like PSFEx models)
LOG_K = np.linspace(np.log(1e-3), np.log(2e3), 900)
#: The Sersic indices whose tables ship: every quarter that galaxies and their neighbours are drawn with, and some more.
INDICES = tuple(np.arange(2, 25) / 4)
LEAST, MOST = 0.3, 6.2  # Sersic indices that galsim computes


def _import_galsim(what: str) -> Any:
    try:
        import galsim
    except ImportError as error:
        needs = f"{what} is computed by galsim: pip install 'galexplore[mock]'"
        raise InputError(f"{needs}; without it Sersic indices of {INDICES[0]} to {INDICES[-1]} can be drawn") from error
    return galsim


def _sample_transform(profile: Any) -> np.ndarray:
    return np.array([profile.kValue(k, 0.0).real for k in np.exp(LOG_K)], np.float32)


def compute_sersic(n: float) -> np.ndarray:
    """Compute a Sersic profile's transform by galsim.

    Parameters
    ----------
    n : float
        Sersic index.

    Returns
    -------
    float32 array (900,)
        At exp(`LOG_K`) radians per half-light radius, for unit flux.

    Raises
    ------
    InputError
        Without galsim, or for an index that it does not compute.
    """
    if not LEAST <= n <= MOST:
        raise InputError(f"A galaxy's Sersic index must lie within {LEAST} and {MOST}, and {n:g} does not")
    return _sample_transform(
        _import_galsim(f"A profile of Sersic index {n:g}").Sersic(n=float(n), half_light_radius=1.0)
    )


def compute_moffat() -> np.ndarray:
    """Compute the transform (900,) of a Moffat of `MOFFAT_BETA` at exp(`LOG_K`) radians per FWHM, for unit flux."""
    return _sample_transform(_import_galsim("The point-spread function").Moffat(beta=MOFFAT_BETA, fwhm=1.0))


def write(path: Path = PATH) -> None:
    """Compute the tables that ship and write them, without pickles.

    Raises
    ------
    InputError
        Without galsim.
    """
    sersic = np.stack([compute_sersic(n) for n in INDICES])
    with write_beside(path) as partial:
        np.savez_compressed(partial, n=np.array(INDICES), sersic=sersic, moffat=compute_moffat())


@lru_cache(1)
def _read() -> tuple[dict[float, np.ndarray], np.ndarray]:
    with np.load(PATH, allow_pickle=False) as file:
        return dict(zip(file["n"].tolist(), file["sersic"], strict=True)), file["moffat"]


@lru_cache(64)
def get_sersic(n: float) -> np.ndarray:
    """Transform (900,) of a Sersic profile, from the shipped tables where they hold it; see `compute_sersic`."""
    shipped = _read()[0].get(n)
    return compute_sersic(n) if shipped is None else shipped


def get_moffat() -> np.ndarray:
    """Transform (900,) of the Moffat of the seeing, from the shipped tables; see `compute_moffat`."""
    return _read()[1]


if __name__ == "__main__":
    write()
