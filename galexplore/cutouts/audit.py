"""The audit: what is right with a cutout, what was mended, what cannot be used; and the very pixels to be encoded."""

from dataclasses import dataclass

import numpy as np

from galexplore.cutouts.centring import CENTRED, SEARCH, SOURCE_SIGMA, compass, find_source, offset, radius
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.dust import Dust, remove_dust
from galexplore.cutouts.gaps import fill_gaps, mark_gaps
from galexplore.cutouts.grid import resample
from galexplore.cutouts.seeing import GivenSeeing, settle_seeing
from galexplore.cutouts.units import check_flux_units
from galexplore.errors import InputError
from galexplore.survey import DECALS, Survey

#: The checks, in the order in which they are made and shown.
CHECKS = (
    "bands",
    "pixel_scale",
    "flux_units",
    "dust",
    "seeing",
    "size",
    "orientation",
    "centring",
    "missing",
    "saturation",
)

COARSEST = 1.25  # model pixels: a coarser image blurs what the model looks at
SMALLEST = 0.6  # of the field's side: smaller images are refused, not padded
MOST_MISSING = 0.30  # of the model's frame, in any band
CORE = 3.0  # arcsec: no pixel nearer to the middle may be missing
MOST_SATURATED = 0.01  # of a picture's frame


@dataclass(frozen=True)
class Prepared:
    """What is encoded.

    Attributes
    ----------
    flux : ndarray (B, S, S), float32
        Nanomaggies per native pixel, in the survey's bands, without gaps and, as `dust` says, without the dust of our
        own Galaxy; north up and east left to within 45 degrees.
    valid : ndarray (B, S, S), bool
        False where the image had no data and the flux was filled in.
    angle : float
        Radians to add to an angle phi measured on `flux` so that it is a position angle on the sky.
    checks : tuple of Check
        In the order of `CHECKS`.
    dust : Dust
        What was removed, and how it is known.
    seeing : ndarray (B,)
        FWHM of a star in each band, arcsec; NaN where it is not known.
    saturated : float
        Share of a picture that is saturated; 0 of linear fluxes.
    """

    flux: np.ndarray
    valid: np.ndarray
    angle: float
    checks: tuple[Check, ...]
    dust: Dust
    seeing: np.ndarray
    saturated: float = 0.0


def coarsest(survey: Survey) -> float:
    """Arcsec a pixel beyond which an image is too coarse: a quarter more than a model pixel, to one digit."""
    return float(f"{COARSEST * survey.model_scale:.1g}")


def smallest(survey: Survey) -> float:
    """Arcsec a side below which an image is refused: three fifths of the field, to two digits."""
    return float(f"{SMALLEST * survey.field:.2g}")


def prepare(
    cutout: Cutout, survey: Survey = DECALS, ebv: float | None = None, seeing: GivenSeeing | None = None
) -> Prepared:
    """Check a cutout, mend what can be mended, and average it onto the model's grid.

    Parameters
    ----------
    cutout : Cutout
        As a reader returned it.
    survey : Survey, optional
        That of the model, with which the cutout was read; the DECam Legacy Survey by default.
    ebv : float, optional
        E(B-V) [mag] of our Galaxy's dust before it, to be removed instead of the map's; 0 for none.
    seeing : float or sequence, optional
        FWHM [arcsec] of a star in all bands or in each, instead of what the file says; None in it where not known.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        When a check refuses; its `checks` hold the audit up to and including that check.
    """
    checks: list[Check] = []

    def passing(check: Check) -> None:
        checks.append(_add_notes(cutout, check))
        if check.status == "refused":
            raise InputError(check.detail, tuple(checks))

    flux, check = _check_bands(cutout, survey)
    passing(check)
    passing(_check_pixel_scale(cutout, survey))
    scale = cutout.pixel_scale
    assert scale is not None, "an unknown scale is refused above"
    flux, check = check_flux_units(cutout, flux, scale, survey)
    passing(check)
    flux, dust, check = remove_dust(cutout, flux, survey, ebv)
    passing(check)
    widths, check = settle_seeing(cutout, survey, seeing)
    passing(check)
    passing(_check_size(flux.shape, scale, survey))
    flux, angle, check = _check_orientation(cutout, flux)
    passing(check)
    shift, check = _check_centring(flux, scale, survey)
    passing(check)
    model = resample(flux, scale, survey, shift)
    covered = np.isfinite(resample(np.ones_like(flux[:1]), scale, survey, shift))
    passing(_check_missing(model, covered, survey))
    saturated, check = _check_saturation(cutout.saturated, scale, survey, shift)
    passing(check)
    return Prepared(fill_gaps(model), np.isfinite(model), angle, tuple(checks), dust, widths, saturated)


def _noted(cutout: Cutout, check: str, otherwise: str) -> Check:
    """Return what the reader had to say under this check, else that it passed."""
    notes = [n for n in cutout.notes if n.check == check]
    if not notes:
        return Check(check, "passed", otherwise)
    status = "fixed" if any(n.status == "fixed" for n in notes) else "passed"
    return Check(check, status, "; ".join(n.detail for n in notes))


def _add_notes(cutout: Cutout, check: Check) -> Check:
    """Add what the reader had to say under a check that was made of pixels."""
    said = [n for n in cutout.notes if n.check == check.check and n.detail not in check.detail]
    if not said:
        return check
    if check.status == "refused":
        return Check(check.check, check.status, "; ".join([check.detail, *(n.detail for n in said)]))
    status = "fixed" if any(n.status == "fixed" for n in said) else check.status
    return Check(check.check, status, "; ".join([*(n.detail for n in said), check.detail]))


def _check_bands(cutout: Cutout, survey: Survey) -> tuple[np.ndarray, Check]:
    """Turn gaps (no weight, fill values) into NaN; refuse other bands, and one that is nothing but gaps."""
    if len(cutout.flux) != len(survey.bands) or not set(survey.bands) <= set(cutout.bands):
        held = f"{len(cutout.flux)} of the file's bands {', '.join(cutout.bands)}"
        sentence = f"the bands {survey.band_words} are needed, but the cutout holds {held}; read it for {survey.name}"
        return cutout.flux, Check("bands", "refused", sentence)
    flux = (
        cutout.flux.copy()
        if cutout.approximate or cutout.marked
        else np.stack([mark_gaps(image) for image in cutout.flux])
    )
    if cutout.invvar is not None:
        flux[~(cutout.invvar > 0)] = np.nan
    empty = [b for b, image in zip(survey.bands, flux, strict=True) if not np.any(np.isfinite(image) & (image != 0))]
    if empty:
        sentence = f"there is no data in {' and '.join(empty)}: every pixel is zero or missing"
        return flux, Check("bands", "refused", sentence)
    return flux, _noted(cutout, "bands", f"{survey.band_words}, in this order")


def _check_pixel_scale(cutout: Cutout, survey: Survey) -> Check:
    scale, limit = cutout.pixel_scale, coarsest(survey)
    if scale is None:
        usual = f"{survey.pixel_scale:g} for a {survey.archive} cutout"
        unread = " and ".join(n.detail for n in cutout.notes if n.check == "pixel_scale")
        sentence = f"{unread or 'the file does not say its pixel scale'}; give it ({usual})"
        return Check("pixel_scale", "refused", sentence)
    if not 0 < scale <= limit:
        return Check(
            "pixel_scale", "refused", f'pixels of {scale:.3g}" are too coarse: the model needs {limit:g}" or finer'
        )
    return _noted(cutout, "pixel_scale", f'{scale:.3f}" per pixel, averaged onto {survey.model_scale:.3f}" pixels')


def _check_size(shape: tuple[int, ...], scale: float, survey: Survey) -> Check:
    height, width = shape[1] * scale, shape[2] * scale
    covers, field, least = f'{width:.1f}" x {height:.1f}"', survey.field, smallest(survey)
    if min(height, width) < least:
        sentence = f'the image covers {covers}; the model uses {field:.1f}" and needs at least {least:g}"'
        return Check("size", "refused", sentence)
    if min(height, width) < field - survey.model_scale:
        lost = 1 - min(height / field, 1) * min(width / field, 1)
        sentence = f'{covers}, smaller than the {field:.1f}" field: {lost:.0%} of the frame is padded as sky'
        return Check("size", "fixed", sentence)
    return Check("size", "passed", f'{covers}, of which the central {field:.1f}" are used')


def _check_orientation(cutout: Cutout, flux: np.ndarray) -> tuple[np.ndarray, float, Check]:
    """Mirror and turn by whole quarters so that north is up and east left; what is left over is an angle to add."""
    if cutout.orientation is None:
        return flux, 0.0, _noted(cutout, "orientation", "no WCS on the sky is given; assumed N up, E left")
    parity, turned = cutout.orientation
    done = []
    if parity < 0:
        flux = flux[:, :, ::-1]
        done.append("mirrored image flipped left to right")
    quarters = round(turned / (np.pi / 2))
    if quarters % 4:
        flux = np.rot90(flux, -quarters, axes=(1, 2))  # rows count upwards, so rot90 turns clockwise
        done.append(f"rotated by {quarters % 4 * 90} degrees")
    angle = float(turned - quarters * np.pi / 2)
    if abs(np.degrees(angle)) > 0.5:
        done.append(f"the remaining {np.degrees(angle):.1f} degrees are added to the position angle")
    if not done:
        return flux, angle, Check("orientation", "passed", "N up, E left")
    return flux, angle, Check("orientation", "fixed", ", ".join(done))


def _check_centring(flux: np.ndarray, scale: float, survey: Survey) -> tuple[tuple[float, float], Check]:
    """Say where the galaxy lies and by how much (x, y arcsec) the field must move to have it in the middle."""
    source = find_source(resample(flux, scale, survey), survey)
    if source is None:
        sentence = f'no source detected near the centre: none above {SOURCE_SIGMA:.0f} sigma within {SEARCH:.0f}"'
        return (0.0, 0.0), Check("centring", "refused", sentence)
    x, y, sigma = source
    distance = float(np.hypot(x, y))
    if distance < CENTRED:
        return (0.0, 0.0), Check("centring", "passed", f'source of {sigma:.0f} sigma, {distance:.1f}" from the centre')
    covered = np.isfinite(resample(np.ones_like(flux[:1]), scale, survey, (x, y)))[0]
    if not covered[radius(survey) < CORE].all():
        sentence = f'the source is {distance:.1f}" off centre, at the edge of the image'
        return (0.0, 0.0), Check("centring", "refused", sentence)
    sentence = f'the source was {distance:.1f}" off centre ({compass(x, y)}); the cutout was recentred'
    if not covered.all():
        sentence += f", {1 - covered.mean():.0%} of the frame is outside the image"
    return (x, y), Check("centring", "fixed", sentence)


def _check_missing(model: np.ndarray, covered: np.ndarray, survey: Survey) -> Check:
    """Name each band's gaps within the image; what lies beyond the image's edge is the size check's business."""
    gaps = ~np.isfinite(model) & covered
    share = gaps.mean(axis=(1, 2))
    if not gaps.any():
        return Check("missing", "passed", "no pixel is missing")
    gappy, bad = [], []
    for band, gap, f in zip(survey.bands, gaps, share, strict=True):
        if not f:
            continue
        y, x = offset(survey)[np.array(np.nonzero(gap))].mean(axis=1)
        where = compass(x, y) if np.hypot(x, y) > 3 else "throughout"
        gappy.append(f"{band} {f:.1%} ({where})" if f < 0.01 else f"{band} {f:.0%} ({where})")
        if f > MOST_MISSING or gap[radius(survey) < CORE].any():
            bad.append(band)
    listing = ", ".join(gappy)
    if bad:
        limit = f"at most {MOST_MISSING:.0%} may be, and none near the centre"
        sentence = f"too many pixels are missing in {' and '.join(bad)}, {limit}"
        return Check("missing", "refused", f"{sentence}: {listing}")
    return Check("missing", "fixed", f"filled from the opposite side of the galaxy: {listing}")


def _check_saturation(
    saturated: np.ndarray | None, scale: float, survey: Survey, shift: tuple[float, float]
) -> tuple[float, Check]:
    """Share of the picture that is saturated, and whether that is too much."""
    if saturated is None:
        return 0.0, Check("saturation", "passed", "linear fluxes, not clipped to eight bits")
    clipped = saturated.any(axis=0, keepdims=True)
    share = float(np.nanmean(resample(clipped, scale, survey, shift)))
    if share > MOST_SATURATED:
        sentence = f"{share:.1%} of the picture is saturated, at most {MOST_SATURATED:.0%} may be; use the FITS cutout"
        return share, Check("saturation", "refused", sentence)
    return share, Check("saturation", "passed", f"{share:.2%} of the picture is saturated; its fluxes stay approximate")
