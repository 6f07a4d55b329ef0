"""The audit: what is right with a cutout, what was mended, what cannot be used; and the very pixels to be encoded."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from galexplore.cutouts.centring import CENTRED, OFFSET, RADIUS, SEARCH, SOURCE_SIGMA, find_source
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.grid import resample
from galexplore.cutouts.units import check_flux_units
from galexplore.errors import InputError
from galexplore.survey import DECALS

#: The checks, in the order in which they are made and shown.
CHECKS = ("bands", "pixel_scale", "flux_units", "size", "orientation", "centring", "missing", "saturation")

COARSEST = 0.6  # arcsec a pixel: coarser blurs what the model looks at
SMALLEST = 20.0  # arcsec a side: smaller fields are refused, not padded
MOST_MISSING = 0.30  # of the model's frame, in any band
CORE = 3.0  # arcsec: no pixel nearer to the middle may be missing
MOST_SATURATED = 0.01  # of a picture's frame
GAP = 9  # connected exact zeros that count as a gap: a measured sky is never exactly zero


@dataclass(frozen=True)
class Prepared:
    """What is encoded.

    Attributes
    ----------
    flux : ndarray (3, 69, 69), float32
        Nanomaggies per native pixel, bands g, r, z, without gaps; north up and east left to within 45 degrees.
    valid : ndarray (3, 69, 69), bool
        False where the image had no data and the flux was filled in.
    angle : float
        Radians to add to an angle phi measured on `flux` so that it is a position angle on the sky.
    checks : tuple of Check
        The eight checks, in the order of `CHECKS`.
    """

    flux: np.ndarray
    valid: np.ndarray
    angle: float
    checks: tuple[Check, ...]


def prepare(cutout: Cutout) -> Prepared:
    """Check a cutout, mend what can be mended, and average it onto the model's grid.

    Parameters
    ----------
    cutout : Cutout
        As a reader returned it.

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
        checks.append(check)
        if check.status == "refused":
            raise InputError(check.detail, tuple(checks))

    scale = cutout.pixel_scale
    flux, check = _check_bands(cutout)
    passing(check)
    passing(_check_pixel_scale(cutout))
    flux, check = check_flux_units(cutout, flux)
    passing(check)
    passing(_check_size(flux.shape, scale))
    flux, angle, check = _check_orientation(cutout, flux)
    passing(check)
    shift, check = _check_centring(flux, scale)
    passing(check)
    model = resample(flux, scale, shift)
    covered = np.isfinite(resample(np.ones_like(flux[:1]), scale, shift))
    passing(_check_missing(model, covered))
    passing(_check_saturation(cutout, shift))
    return Prepared(_fill(model), np.isfinite(model), angle, tuple(checks))


def _noted(cutout: Cutout, check: str, otherwise: str) -> Check:
    """Return what the reader had to say under this check, else that it passed."""
    notes = [n for n in cutout.notes if n.check == check]
    if not notes:
        return Check(check, "passed", otherwise)
    status = "fixed" if any(n.status == "fixed" for n in notes) else "passed"
    return Check(check, status, "; ".join(n.detail for n in notes))


def _check_bands(cutout: Cutout) -> tuple[np.ndarray, Check]:
    """Turn gaps (no weight, connected exact zeros) into NaN; refuse a band that is nothing but gaps."""
    flux = np.where(np.isfinite(cutout.flux), cutout.flux, np.nan).astype(np.float32)
    if cutout.invvar is not None:
        flux[~(cutout.invvar > 0)] = np.nan
    for image in flux:
        label, n = ndimage.label(image == 0)
        if n:
            gaps = np.bincount(label.ravel()) >= GAP
            gaps[0] = False
            image[gaps[label]] = np.nan
    empty = [b for b, image in zip(DECALS.bands, flux, strict=True) if not np.any(np.isfinite(image) & (image != 0))]
    if empty:
        return flux, Check(
            "bands", "refused", f"there is no data in {' and '.join(empty)}: every pixel is zero or missing"
        )
    return flux, _noted(cutout, "bands", "g, r and z, in this order")


def _check_pixel_scale(cutout: Cutout) -> Check:
    scale = cutout.pixel_scale
    if scale is None:
        sentence = "the file does not say its pixel scale; give it (0.262 for a Legacy Survey cutout)"
        return Check("pixel_scale", "refused", sentence)
    if not 0 < scale <= COARSEST:
        return Check(
            "pixel_scale", "refused", f'pixels of {scale:.3g}" are too coarse: the model needs {COARSEST}" or finer'
        )
    return _noted(cutout, "pixel_scale", f'{scale:.3f}" a pixel, averaged onto {DECALS.model_scale:.3f}" pixels')


def _check_size(shape: tuple[int, ...], scale: float) -> Check:
    height, width = shape[1] * scale, shape[2] * scale
    field = f'{width:.1f}" x {height:.1f}"'
    if min(height, width) < SMALLEST:
        sentence = (
            f'the image covers {field}; the model looks at {DECALS.field:.1f}" and needs at least {SMALLEST:.0f}"'
        )
        return Check("size", "refused", sentence)
    if min(height, width) < DECALS.field - DECALS.model_scale:
        lost = 1 - min(height / DECALS.field, 1) * min(width / DECALS.field, 1)
        sentence = f'{field}, smaller than the {DECALS.field:.1f}" field: {lost:.0%} of the frame is padded as sky'
        return Check("size", "fixed", sentence)
    return Check("size", "passed", f'{field}, of which the central {DECALS.field:.1f}" are used')


def _check_orientation(cutout: Cutout, flux: np.ndarray) -> tuple[np.ndarray, float, Check]:
    """Mirror and turn by whole quarters so that north is up and east left; what is left over is an angle to add."""
    if cutout.orientation is None:
        return flux, 0.0, _noted(cutout, "orientation", "the file does not say; assumed N up, E left")
    parity, turned = cutout.orientation
    done = []
    if parity < 0:
        flux = flux[:, :, ::-1]
        done.append("mirrored image flipped left to right")
    quarters = round(turned / (np.pi / 2))
    if quarters % 4:
        flux = np.rot90(flux, -quarters, axes=(1, 2))  # rows count upwards, so rot90 turns clockwise
        done.append(f"turned by {quarters % 4 * 90} degrees")
    angle = float(turned - quarters * np.pi / 2)
    if abs(np.degrees(angle)) > 0.5:
        done.append(f"the remaining {np.degrees(angle):.1f} degrees are added to the position angle")
    if not done:
        return flux, angle, Check("orientation", "passed", "N up, E left")
    return flux, angle, Check("orientation", "fixed", ", ".join(done))


def _check_centring(flux: np.ndarray, scale: float) -> tuple[tuple[float, float], Check]:
    """Say where the galaxy lies and by how much (x, y arcsec) the field must move to have it in the middle."""
    found = find_source(resample(flux, scale))
    if found is None:
        sentence = f'nothing found near the middle: no source above {SOURCE_SIGMA:.0f} sigma within {SEARCH:.0f}"'
        return (0.0, 0.0), Check("centring", "refused", sentence)
    x, y, sigma = found
    distance = float(np.hypot(x, y))
    if distance < CENTRED:
        return (0.0, 0.0), Check("centring", "passed", f'source of {sigma:.0f} sigma {distance:.1f}" from the middle')
    covered = np.isfinite(resample(np.ones_like(flux[:1]), scale, (x, y)))[0]
    if not covered[RADIUS < CORE].all():
        sentence = f"the source lies {distance:.1f}\" off the middle, at the image's very edge"
        return (0.0, 0.0), Check("centring", "refused", sentence)
    sentence = f'the source lies {distance:.1f}" off the middle ({_compass(x, y)}); the field was moved onto it'
    if not covered.all():
        sentence += f", {1 - covered.mean():.0%} of the frame lies beyond the image"
    return (x, y), Check("centring", "fixed", sentence)


def _compass(x: float, y: float) -> str:
    """Name the direction of a point x right of and y above the middle, where north is up and east left."""
    names = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
    return names[round(np.degrees(np.arctan2(-x, y)) / 45) % 8]


def _check_missing(model: np.ndarray, covered: np.ndarray) -> Check:
    """Name each band's gaps within the image; what lies beyond the image's edge is the size check's business."""
    gaps = ~np.isfinite(model) & covered
    share = gaps.mean(axis=(1, 2))
    if not gaps.any():
        return Check("missing", "passed", "no pixel is missing")
    told, bad = [], []
    for band, gap, f in zip(DECALS.bands, gaps, share, strict=True):
        if not f:
            continue
        y, x = OFFSET[np.array(np.nonzero(gap))].mean(axis=1)
        where = _compass(x, y) if np.hypot(x, y) > 3 else "all about"
        told.append(f"{band} {f:.1%} ({where})" if f < 0.01 else f"{band} {f:.0%} ({where})")
        if f > MOST_MISSING or gap[RADIUS < CORE].any():
            bad.append(band)
    told = ", ".join(told)
    if bad:
        sentence = (
            f"too much is missing in {' and '.join(bad)}, at most {MOST_MISSING:.0%} may be and nothing near the middle"
        )
        return Check("missing", "refused", f"{sentence}: {told}")
    return Check("missing", "fixed", f"filled from the opposite side of the galaxy: {told}")


def _check_saturation(cutout: Cutout, shift: tuple[float, float]) -> Check:
    if cutout.saturated is None:
        return Check("saturation", "passed", "linear fluxes, not clipped to eight bits")
    clipped = cutout.saturated.any(axis=0, keepdims=True)
    share = float(np.nanmean(resample(clipped, cutout.pixel_scale, shift)))
    if share > MOST_SATURATED:
        sentence = f"{share:.1%} of the picture is saturated, at most {MOST_SATURATED:.0%} may be; use the FITS cutout"
        return Check("saturation", "refused", sentence)
    return Check("saturation", "passed", f"{share:.2%} of the picture is saturated; its fluxes stay approximate")


def _fill(model: np.ndarray) -> np.ndarray:
    """Fill gaps from the point-symmetric pixel, galaxies being nearly so, and where that is missing too with sky."""
    opposite = np.nan_to_num(model[:, ::-1, ::-1], nan=0.0)
    return np.where(np.isfinite(model), model, opposite).astype(np.float32)
