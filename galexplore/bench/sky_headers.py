"""Headers that say where an image lies on the sky, in each of the forms that FITS knows."""

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import ArrayLike

SKY = SkyCoord(150.1, 2.2, unit="deg")
#: CTYPE of longitude and latitude, and the cards of the frame.
_FRAMES: dict[str, tuple[str, str, dict[str, str | float]]] = {
    "ICRS": ("RA--", "DEC-", {"RADESYS": "ICRS"}),
    "FK5": ("RA--", "DEC-", {"RADESYS": "FK5", "EQUINOX": 2000.0}),
    "FK4": ("RA--", "DEC-", {"RADESYS": "FK4", "EQUINOX": 1950.0}),
    "silent": ("RA--", "DEC-", {}),
    "galactic": ("GLON", "GLAT", {}),
    "ecliptic": ("ELON", "ELAT", {}),
}
#: Cards of projections beyond their code.
_PROJECTIONS = {
    "TPV": {
        f"PV{i}_{j}": v for i in (1, 2) for j, v in ((0, 0.0), (1, 1.0), (2, 0.0), (4, 2e-4), (5, 1e-4), (6, -1e-4))
    },
    "ZPN": {"PV2_1": 1.0, "PV2_3": 30.0},  # of the latitude
    "TAN-SIP": {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 2e-6, "A_0_2": -1e-6, "B_1_1": 2e-6},
}


def sky_of(wcs: WCS, x: ArrayLike, y: ArrayLike) -> SkyCoord:
    """ICRS positions of pixels; astropy alone takes ecliptic ones for equatorial."""
    if wcs.wcs.lngtyp != "ELON":
        return wcs.pixel_to_world(x, y).icrs
    world = wcs.pixel_to_world_values(x, y)
    return SkyCoord(world[wcs.wcs.lng], world[wcs.wcs.lat], unit="deg", frame="barycentricmeanecliptic").icrs


def _own_position(frame: str, middle: SkyCoord) -> tuple[float, float]:
    """Longitude and latitude [deg] of a position in a header's frame."""
    names = {"galactic": "galactic", "ecliptic": "barycentricmeanecliptic", "FK5": "fk5", "FK4": "fk4"}
    own = middle.transform_to(names.get(frame, "icrs")).spherical
    return float(own.lon.deg), float(own.lat.deg)


def wcs_header(
    shape: tuple[int, int],
    scale: float,
    *,
    form: str = "CD",
    frame: str = "ICRS",
    projection: str = "TAN",
    turned: float = 0.0,
    parity: int = 1,
    stretch: float = 1.0,
    swapped: bool = False,
    middle: SkyCoord = SKY,
) -> fits.Header:
    """Write the WCS of an image about a position.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    scale : float
        Arcsec of a pixel along x.
    form : {"CD", "PC", "CROTA"}
    frame : str
        One of ICRS, FK5, FK4, galactic, ecliptic, or silent for no RADESYS.
    projection : str
        Code of FITS; "LONPOLE" for TAN with another native pole.
    turned : float
        Degrees by which the frame's north is turned from up.
    parity : int
        -1 for an image that is mirrored.
    stretch : float
        Rows so many times as high as pixels are wide.
    swapped : bool
        Latitude on the first axis of the sky.
    middle : SkyCoord
        At the image's middle.
    """
    longitude, latitude, cards = _FRAMES[frame]
    code = "TAN" if projection == "LONPOLE" else projection
    types = [f"{longitude}-{code}", f"{latitude}-{code}"]
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    matrix = np.array([[-c * parity, s * stretch], [s * parity, c * stretch]]) * scale / 3600
    if projection == "LONPOLE":  # the native frame turned by 90 degrees, and the matrix back
        cards, matrix = cards | {"LONPOLE": 90.0}, np.array([[0, -1], [1, 0]]) @ matrix
    values = list(_own_position(frame, middle))
    if swapped:
        types, values, matrix = types[::-1], values[::-1], matrix[::-1]
    header = fits.Header({"CTYPE1": types[0], "CTYPE2": types[1], "CUNIT1": "deg", "CUNIT2": "deg"})
    header.update({"CRVAL1": values[0], "CRVAL2": values[1]})
    header.update({"CRPIX1": (shape[1] + 1) / 2, "CRPIX2": (shape[0] + 1) / 2})
    header.update(cards)
    parameters = _PROJECTIONS.get(projection, {})
    if swapped and projection == "ZPN":
        parameters = {k.replace("PV2", "PV1"): v for k, v in parameters.items()}
    header.update(parameters)
    header.update(_linear_cards(form, matrix, scale, turned, parity, stretch))
    return header


def _linear_cards(
    form: str, matrix: np.ndarray, scale: float, turned: float, parity: int, stretch: float
) -> dict[str, float]:
    """Write the linear part (2, 2) [deg a pixel]: CD, PC with CDELT, or CDELT with CROTA2."""
    if form == "CROTA":
        return {"CDELT1": -parity * scale / 3600, "CDELT2": stretch * scale / 3600, "CROTA2": -turned}
    deltas = [-scale / 3600, scale / 3600] if form == "PC" else [1.0, 1.0]
    stem = "PC" if form == "PC" else "CD"
    cards = {f"{stem}{i + 1}_{j + 1}": float(matrix[i, j]) / deltas[i] for i in (0, 1) for j in (0, 1)}
    if form == "PC":
        cards |= {"CDELT1": deltas[0], "CDELT2": deltas[1]}
    return cards
