"""Colour pictures of the sky, to look at: what servers send as JPEG, and whether anything is on it."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from galexplore.sources.answers import Answer
from galexplore.sources.transport import ServerError, Session
from galexplore.survey import Survey

VIEWER = "https://www.legacysurvey.org/viewer/"
HIPS2FITS = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"
#: The picture of last resort covers the whole sky.
HIPS = "CDS/P/DSS2/color"
#: Who is to be credited for pictures of the stand-in.
STAND_IN = "a stand-in of the servers: simulated"
AGE = 30 * 86_400.0
_MOST, _LARGEST = 3_000_000, 3000
_BLANK = 3  # of 255: by how much a blank picture's pixels differ, for JPEG is not exact


@dataclass(frozen=True)
class Picture:
    """A JPEG of the sky, the layer or HiPS that it is of, whom to credit, and whether it only shows."""

    data: bytes
    layer: str
    credit: str
    only_shows: bool = False


def require_jpeg(answer: Answer) -> None:
    """Refuse what is no picture.

    Raises
    ------
    ServerError
        Where it is something else, damaged or too large.
    """
    try:
        if not answer.body.startswith(b"\xff\xd8\xff"):
            raise ValueError("no JPEG")
        _open(answer.body)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        what = "a web page" if b"<" in answer.body[:200] else "something that is no picture"
        raise ServerError(f"the server sends {what} instead of a picture; try again later") from error


def _open(data: bytes) -> np.ndarray:
    picture = Image.open(BytesIO(data), formats=("JPEG",))
    if max(picture.size) > _LARGEST:
        raise ValueError("too large")
    return np.asarray(picture.convert("RGB"))


def is_blank(data: bytes) -> bool:
    """Whether a JPEG shows one and the same colour throughout, as the viewer's do off the footprint."""
    return bool((np.ptp(_open(data).reshape(-1, 3).astype(int), axis=0) <= _BLANK).all())


def fetch_sky_picture(session: Session, ra: float, dec: float, survey: Survey) -> Picture:
    """Fetch a picture of the Digitized Sky Survey, where the survey itself has none: to look at, not to be measured.

    Parameters
    ----------
    ra, dec : float
        ICRS degrees.
    survey : Survey
        Whose field it covers.

    Raises
    ------
    ServerError
        As of `Session.fetch`.
    """
    query = {"hips": HIPS, "ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "fov": f"{survey.field / 3600:.6f}"}
    query |= {"width": "256", "height": "256", "projection": "TAN", "format": "jpg"}
    answer = session.fetch(HIPS2FITS, query, check=require_jpeg, age=AGE, most=_MOST)
    if is_blank(answer.body):
        raise ServerError("the picture server hips2fits has nothing there")
    credit = STAND_IN if session.stand_in else "Digitized Sky Survey, by hips2fits of the CDS"
    return Picture(answer.body, HIPS, credit, only_shows=True)
