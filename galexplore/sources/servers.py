"""Cutouts of positions from the Legacy Surveys' viewer, each looked at before it is believed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from astropy.io import fits
from urllib3.util.retry import Retry

from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.readers import read
from galexplore.cutouts.seeing import is_seeing, measure_width
from galexplore.errors import InputError
from galexplore.sources.answers import Answer
from galexplore.sources.footprint import explain_outside
from galexplore.sources.sky_pictures import STAND_IN, VIEWER, Picture, is_blank, require_jpeg
from galexplore.sources.transport import RETRIES, NetworkError, ServerError, Session
from galexplore.survey import Survey
from galexplore.tables.positions import separate

#: Layers of the viewer, the newest first.
LAYERS = ("ls-dr11", "ls-dr10", "ls-dr9")
NATIVE = 0.262  # arcsec a pixel of the coadds: only at this scale do weights and masks come
WIDE = 256  # pixels a side of a picture of another field than the model's
LARGEST = 3000  # pixels a side; the viewer clips more in silence
AGE = 30 * 86_400.0  # seconds that cutouts are kept
_MOST = 10_000_000  # bytes of a cutout; three bands of 128 pixels with weights and mask are half a million
#: Off the footprint FITS is an error 500, of which no retry makes an image: the picture tells which it is.
_ONCE = Retry(total=4, backoff_factor=0.5, backoff_max=8, status_forcelist=(429, 502, 503, 504))


class OutsideError(ServerError):
    """Nothing was imaged there that the model can read."""


class _AbsentError(ServerError):
    """The viewer does not know a layer, or fails on all that it is asked of it."""


@dataclass(frozen=True)
class SkyCutout:
    """A cutout of a position, and the layer of the viewer that it is of."""

    cutout: Cutout
    layer: str


def check_place(ra: float, dec: float, survey: Survey) -> None:
    """Refuse what needs no request to be refused.

    Raises
    ------
    OutsideError
        Where the position lies outside the survey beyond doubt.
    InputError
        Where the survey is not the viewer's, or a cutout would be larger than the viewer gives.
    """
    if not survey.layer.startswith("ls-"):
        raise InputError(f"no server is known that has images of {survey.name}; upload a cutout instead")
    if survey.native_size > LARGEST:
        raise InputError(f"the viewer gives at most {LARGEST} pixels a side; this model needs {survey.native_size}")
    if why := explain_outside(ra, dec, survey):
        raise OutsideError(f"outside the survey: {why}")


def fetch_cutout(
    session: Session,
    ra: float,
    dec: float,
    survey: Survey,
    name: str = "",
    layer: str = LAYERS[0],
    at_once: bool = False,
) -> SkyCutout:
    """Fetch the cutout of a position with its weights, mask and seeing, from the newest layer that has it.

    Parameters
    ----------
    session : Session
    ra, dec : float
        ICRS degrees.
    survey : Survey
        Whose bands, pixels and field are asked for.
    name : str
        What to call it.
    layer : str
        The first one to ask, as the picture was of it.
    at_once : bool
        Whether pixels and PSF are asked for together, as where somebody waits and the layer is known to be there; else
        the PSF only once there are pixels.

    Raises
    ------
    OutsideError
        Where no layer has an image in all bands.
    ServerError
        Where the answer is no good, or there is no network: see `Session.fetch`.
    """
    check_place(ra, dec, survey)
    misses: list[ServerError] = []
    for one in LAYERS[LAYERS.index(layer) :]:
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(_fetch_seeing, session, ra, dec, survey, one) if at_once else None
            try:
                cutout = _fetch_layer(session, ra, dec, survey, one)
            except (OutsideError, _AbsentError) as error:
                misses.append(error)
                continue
            seeing, said = asked.result() if asked else _fetch_seeing(session, ra, dec, survey, one)
        cutout = replace(cutout, name=name or cutout.name, kind=f"{one} cutout", seeing=seeing, seeing_said=said)
        return SkyCutout(cutout, one)
    raise _conclude(misses, f"{survey.band_words} images")


def _conclude(misses: list[ServerError], what: str) -> ServerError:
    """Say why no layer had anything: outside where one knew the place, a broken server where none answered."""
    outside = [m for m in misses if isinstance(m, OutsideError)]
    if outside:
        return OutsideError(f"outside the survey: no layer ({', '.join(LAYERS)}) has {what} there")
    return ServerError("the Legacy Surveys' viewer answers with errors; try again later", misses[-1].status)


def _fetch_layer(session: Session, ra: float, dec: float, survey: Survey, layer: str) -> Cutout:
    """Fetch a cutout of one layer; where the viewer fails, its picture tells whether anything is there."""
    query = list_query(ra, dec, survey, layer)
    if survey.pixel_scale == NATIVE:
        query |= {"invvar": "", "maskbits": ""}
    cutouts: list[Cutout] = []

    def check(answer: Answer) -> None:
        cutouts.append(_read_cutout(answer, ra, dec, survey, layer))

    def ask(retries: Retry) -> Cutout:
        answer = session.fetch(f"{VIEWER}fits-cutout", query, check=check, age=AGE, most=_MOST, retries=retries)
        return cutouts[-1] if cutouts else _read_cutout(answer, ra, dec, survey, layer)

    try:
        return ask(_ONCE)
    except ServerError as error:
        if error.status not in (400, 404, 500) or isinstance(error, OutsideError):
            raise
        if error.status != 500:
            raise _AbsentError(f"there is no {layer}", error.status) from error
    if is_blank(_ask_picture(session, ra, dec, survey, layer).body):
        raise OutsideError(f"{layer} has no image there", 500)
    return ask(RETRIES)


def _ask_picture(
    session: Session, ra: float, dec: float, survey: Survey, layer: str, field: float | None = None
) -> Answer:
    """Ask for a layer's picture; of so many arcsec where it is not of the model's field."""
    query = list_query(ra, dec, survey, layer)
    if field is not None:
        query |= {"pixscale": f"{field / WIDE:g}", "size": f"{WIDE}"}
    try:
        return session.fetch(
            f"{VIEWER}jpeg-cutout", query, check=require_jpeg, age=AGE, most=_MOST, seconds=15, retries=_ONCE
        )
    except ServerError as error:
        if error.status in (400, 404, 500):
            raise _AbsentError(f"there is no {layer}", error.status) from error
        raise


def list_query(ra: float, dec: float, survey: Survey, layer: str) -> dict[str, str]:
    """List the parameters of a cutout's address, as the viewer has them."""
    return {
        "ra": f"{ra:.6f}",
        "dec": f"{dec:.6f}",
        "layer": layer,
        "pixscale": f"{survey.pixel_scale:g}",
        "size": f"{survey.native_size}",
        "bands": "".join(survey.bands),
    }


def _read_cutout(answer: Answer, ra: float, dec: float, survey: Survey, layer: str) -> Cutout:
    """Read a cutout and hold it against what was asked for.

    Raises
    ------
    OutsideError
        Where a band is blank.
    ServerError
        Where it is no FITS file, damaged, or of another place, size, scale or other bands than those asked for.
    """
    sends = "the Legacy Surveys' viewer sends"
    if not answer.body.startswith(b"SIMPLE"):
        what = "a web page" if b"<" in answer.body[:200] else "something else"
        raise ServerError(f"{sends} {what} instead of a FITS file; try again later")
    try:
        cutout = read(answer.body, survey=survey, name=f"{layer}_{ra:.5f}_{dec:+.5f}.fits")
    except InputError as error:
        raise ServerError(f"{sends} a file that cannot be used: {error}") from error
    height, width = cutout.flux.shape[1:]
    if (height, width) != (survey.native_size,) * 2:
        raise ServerError(f"{sends} {width} x {height} pixels where {survey.native_size} a side were asked for")
    if cutout.pixel_scale is None or abs(cutout.pixel_scale / survey.pixel_scale - 1) > 0.01:
        raise ServerError(f"{sends} pixels of another size than was asked for")
    if cutout.ra is None or cutout.dec is None:
        raise ServerError(f"{sends} an image that does not say where it lies")
    apart = float(separate([cutout.ra], [cutout.dec], ra, dec)[0])
    if not apart <= survey.pixel_scale:
        raise ServerError(f"{sends} an image of a place {apart:.1f}″ from the one that was asked for")
    blank = [b for b, f in zip(survey.bands, cutout.flux, strict=True) if not (np.isfinite(f) & (f != 0)).any()]
    if blank:
        raise OutsideError(f"{layer} has no {' and '.join(blank)} image there")
    return cutout


def _fetch_seeing(
    session: Session, ra: float, dec: float, survey: Survey, layer: str
) -> tuple[tuple[float | None, ...], tuple[str, ...]]:
    """Fetch the coadds' PSF and measure its width in each band; none is known where the server has none."""
    query = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": layer, "bands": "".join(survey.bands)}
    measured: list[dict[str, float]] = []

    def check(answer: Answer) -> None:
        measured.append(_measure_psf(answer))

    try:
        answer = session.fetch(f"{VIEWER}coadd-psf/", query, check=check, age=AGE, most=_MOST, retries=_ONCE)
        widths = measured[-1] if measured else _measure_psf(answer)
    except NetworkError:
        raise
    except ServerError:  # an answer without the seeing is wider, not wrong
        return (), ()
    seeing = tuple(w if (w := widths.get(b)) is not None and is_seeing(w) else None for b in survey.bands)
    return seeing, tuple(f"width of the coadd's PSF, {layer}" if s else "" for s in seeing)


def _measure_psf(answer: Answer) -> dict[str, float]:
    """Measure the FWHM [arcsec] of each band's PSF, an image in an HDU with its BAND."""
    try:
        with fits.open(BytesIO(answer.body), memmap=False) as hdus:
            shapes = [hdu.shape for hdu in hdus]
            if len(shapes) > 20 or any(len(s) != 2 or max(s) > 512 for s in shapes if s):
                raise ValueError("no PSF")
            stars = {str(hdu.header.get("BAND", "")).strip(): hdu.data for hdu in hdus if hdu.shape}
        return {band: measure_width(np.asarray(pixels), NATIVE) for band, pixels in stars.items()}
    except Exception as error:  # whatever a damaged file does to the library
        raise ServerError("the Legacy Surveys' viewer sends a PSF that cannot be read") from error


def fetch_picture(session: Session, ra: float, dec: float, survey: Survey, field: float | None = None) -> Picture:
    """Fetch a colour picture of a position, from the newest layer that has it.

    Parameters
    ----------
    field : float, optional
        Arcsec a side, where not the model's.

    Raises
    ------
    OutsideError, ServerError, InputError
        As `fetch_cutout` does.
    """
    check_place(ra, dec, survey)
    misses: list[ServerError] = []
    for layer in LAYERS:
        try:
            answer = _ask_picture(session, ra, dec, survey, layer, field)
        except _AbsentError as error:
            misses.append(error)
            continue
        if not is_blank(answer.body):
            credit = STAND_IN if session.stand_in else f"Legacy Surveys / D. Lang (Perimeter Institute), {layer}"
            return Picture(answer.body, layer, credit)
        misses.append(OutsideError(f"{layer} has no image there"))
    raise _conclude(misses, "an image")
