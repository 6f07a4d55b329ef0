"""What is known of a survey's observing: the curves of its filters, its usual seeing and noise."""

from dataclasses import dataclass

from galexplore.cutouts.conventions import PSFSIZE
from galexplore.errors import InputError
from galexplore.mock.rows import require_known
from galexplore.survey import BASS_MZLS, DECALS, Survey


@dataclass(frozen=True)
class Conditions:
    """How a survey is observed, band by band.

    Attributes
    ----------
    filters : tuple of str
        The curves' names in speclite.
    seeing : tuple of float
        FWHM, arcsec, at half of a star's maximum, the median over its fields.
    pixels : tuple of float
        Arcsec a pixel of the camera, which the coadd's native pixels are interpolated from.
    noise : tuple of float
        Sky noise of a native pixel, nanomaggies, where the depth is `reference`.
    reference : float
        Depth in the reference band, 5 sigma of a point source in the median seeing, mag, that belongs to `noise`.
    depths : tuple of (share, mean, scatter)
        What fields there are, by their depth in the reference band, mag.
    reddening : tuple of float
        Median of E(B-V) over the fields, and the scatter of its natural logarithm.
    """

    filters: tuple[str, ...]
    seeing: tuple[float, ...]
    pixels: tuple[float, ...]
    noise: tuple[float, ...]
    reference: float
    depths: tuple[tuple[float, float, float], ...]
    reddening: tuple[float, float]


#: The surveys of which catalogues can be drawn. Seeing is told as PSFSIZE, a width by area (`conventions.PSFSIZE`).
#:
#: DECaLS, as of the bricks of DR10 south: the medians of PSFSIZE; depths of the wide fields, of the Dark Energy
#: Survey's, and of what was observed seldom or often; SFD's E(B-V).
#:
#: BASS and MzLS, as of DR9 north: PSFSIZE about 1.9, 1.7 and 1.2 arcsec, and point sources to 24.3, 23.7 and 23.3 mag
#: at 5 sigma (24.2, 23.6, 23.0 of Zou et al. 2019, of whose fields 20 and 80 % lie within 0.3 mag).
#: Such a depth f is what a fit of the camera's own pixels reaches, so that noise which interpolation correlates is less
#: in a pixel: f / 5 / (sqrt(4 pi) PSFSIZE / 2.355 / pixel) over `grain.find_smoothing`. 90Prime's are 0.454 arcsec.
CONDITIONS = {
    DECALS: Conditions(
        filters=("decamDR1-g", "decamDR1-r", "decamDR1-z"),
        seeing=(1.47 / PSFSIZE, 1.36 / PSFSIZE, 1.24 / PSFSIZE),
        pixels=(0.262, 0.262, 0.262),
        noise=(0.0026, 0.0038, 0.0105),
        reference=24.57,
        depths=((0.60, 24.27, 0.17), (0.36, 25.07, 0.20), (0.04, 24.6, 0.80)),
        reddening=(0.058, 0.85),
    ),
    BASS_MZLS: Conditions(
        filters=("BASS-g", "BASS-r", "MzLS-z"),
        seeing=(1.9 / PSFSIZE, 1.7 / PSFSIZE, 1.2 / PSFSIZE),
        pixels=(0.454, 0.454, 0.262),
        noise=(0.00180, 0.00350, 0.00918),
        reference=23.7,
        depths=((0.96, 23.7, 0.17), (0.04, 23.5, 0.60)),
        reddening=(0.021, 0.71),
    ),
}


def find_pixels(survey: Survey) -> tuple[float, ...]:
    """Arcsec a pixel of the camera, by band; the survey's own where nothing is known of its observing."""
    return CONDITIONS[survey].pixels if survey in CONDITIONS else (survey.pixel_scale,) * len(survey.bands)


def find_conditions(survey: Survey) -> Conditions:
    """Find how a survey is observed.

    Raises
    ------
    InputError
        For a survey that cannot be simulated (see `rows.require_known`), or of which nothing is known.
    """
    require_known(survey)
    if survey not in CONDITIONS:
        known = ", ".join(one.name for one in CONDITIONS)
        what = f"of {survey.name} on these pixels no filters, seeing and noise are known"
        raise InputError(f"Galaxies can be drawn for {known}; {what}")
    return CONDITIONS[survey]
