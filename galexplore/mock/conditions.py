"""What is known of a survey's observing: the curves of its filters, its usual seeing and noise."""

from dataclasses import dataclass

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
        FWHM, arcsec, the median over its fields.
    noise : tuple of float
        Sky noise of a native pixel, nanomaggies, the median over its fields.
    """

    filters: tuple[str, ...]
    seeing: tuple[float, ...]
    noise: tuple[float, ...]


#: The surveys of which catalogues can be drawn. DECaLS: seeing of Dey et al. (2019, section 5).
CONDITIONS = {
    DECALS: Conditions(
        filters=("decamDR1-g", "decamDR1-r", "decamDR1-z"),
        seeing=(1.29, 1.18, 1.11),
        noise=(0.0026, 0.0038, 0.0105),
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
