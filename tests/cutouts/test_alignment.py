"""Bands brought to one grid: what was averaged is said, and no pixel that weighs nothing leaks into others."""

import numpy as np
import pytest

from galexplore.cutouts import fits as files
from galexplore.cutouts.audit import prepare
from galexplore.cutouts.readers import read
from tests.cutouts.test_kinds import details, draw, head, holds_truth, save, wcs_of


def as_bands(pixels, wcs, weights=None, **cards):
    """Bytes of a FITS file of one image a band, each with its own WCS, and weights where there are any."""
    hdus = [(p, head(w, BAND=b, **cards), f"IMAGE_{b}") for p, w, b in zip(pixels, wcs, "grz", strict=True)]
    if weights is not None:
        hdus += [(p, head(w, BAND=b), f"INVVAR_{b}") for p, w, b in zip(weights, wcs, "grz", strict=True)]
    return save(*hdus)


def shifted(pixels):
    """A WCS that lies so many pixels beside the plain one."""
    wcs = wcs_of()
    wcs.wcs.crpix = np.array(wcs.wcs.crpix) + pixels
    return wcs


def test_pixels_without_weight_do_not_leak_into_those_that_are_made_of_them():
    wcs = [shifted(0), shifted(0.3), shifted(0)]
    pixels = np.stack([draw(w)[k] for k, w in enumerate(wcs)])
    weights = np.full_like(pixels, 1e4)
    weights[:, 70:74, 40:60], hurt = 0, pixels.copy()
    hurt[:, 70:74, 40:60] = np.linspace(30, 80, 20)
    whole, mended = (read(as_bands(p, wcs, weights)).flux for p in (pixels, hurt))
    assert np.isnan(whole[:, 71:73, 42:58]).all() and not np.isnan(whole[:, :68]).any()
    np.testing.assert_array_equal(whole, mended)


def test_a_header_that_all_bands_share_is_read_once(monkeypatch):
    looked, look = [], files.find_place
    monkeypatch.setattr(files, "find_place", lambda *a: looked.append(1) or look(*a))
    pixels, wcs = draw(wcs_of()), [shifted(0), shifted(0.3), shifted(0)]
    read(save((pixels, head(wcs_of(), BANDS="grz"), "")))
    assert len(looked) == 1
    read(as_bands(pixels, wcs))
    assert len(looked) == 4


@pytest.mark.parametrize(("shift", "said"), [(0.0, False), (0.05, False), (0.3, True)])
def test_bands_that_lie_less_than_half_a_pixel_apart_are_averaged_and_said_so(shift, said):
    wcs = [shifted(0), shifted(shift), shifted(0)]
    prepared = prepare(read(as_bands(np.stack([draw(w)[k] for k, w in enumerate(wcs)]), wcs)))
    assert ("less than half a pixel apart" in details(prepared, "pixel_scale")) == said


@pytest.mark.parametrize("unit", ["unknown", "none", "1", "UNKNOWN"])
def test_a_unit_that_says_nothing_is_none(unit):
    pixels = draw(wcs_of())
    prepared = holds_truth(as_bands(pixels, [wcs_of()] * 3, BUNIT=unit))
    assert "assumed nanomaggies" in details(prepared, "flux_units")
