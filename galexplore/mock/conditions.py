"""What is known of a survey's observing: the curves of its filters, its usual seeing and noise."""

from dataclasses import dataclass

from galexplore.cutouts.conventions import PSFSIZE
from galexplore.errors import InputError
from galexplore.mock.rows import require_known
from galexplore.survey import DECALS, Survey


@dataclass(frozen=True)
class Conditions:
    """How a survey is observed, band by band.

    Attributes
    ----------
    filters : tuple of str
        The curves' names in speclite.
    seeing : tuple of float
        FWHM, arcsec, at half of a star's maximum, the median over its fields.
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
    noise: tuple[float, ...]
    reference: float
    depths: tuple[tuple[float, float, float], ...]
    reddening: tuple[float, float]


#: The surveys of which catalogues can be drawn. DECaLS, as of the bricks of DR10 south: the medians of its PSFSIZE, which
#: are widths by area (`conventions.PSFSIZE`); depths of the wide fields, of the Dark Energy Survey's, and of what was
#: observed seldom or often; SFD's E(B-V).
CONDITIONS = {
    DECALS: Conditions(
        filters=("decamDR1-g", "decamDR1-r", "decamDR1-z"),
        seeing=(1.47 / PSFSIZE, 1.36 / PSFSIZE, 1.24 / PSFSIZE),
        noise=(0.0026, 0.0038, 0.0105),
        reference=24.57,
        depths=((0.60, 24.27, 0.17), (0.36, 25.07, 0.20), (0.04, 24.6, 0.80)),
        reddening=(0.058, 0.85),
    )
}


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
