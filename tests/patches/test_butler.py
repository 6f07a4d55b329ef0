"""Rubin's images through a stand-in of its Butler: calibration, scale, first pixel, PSF, variance, mask planes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from astropy.wcs import WCS

from galexplore.errors import InputError
from galexplore.sources.butler import NANOMAGGY, ButlerSource
from galexplore.survey import DECALS

SCALE, SIDE, FIRST, WIDTH = 0.2, 700, (1000, 2000), {"g": 1.0, "r": 0.9, "z": 0.8}
CENTRE = (150.0, 2.0)


def point(x, y):
    return SimpleNamespace(getX=lambda: x, getY=lambda: y)


class SkyWcs:
    """A tangent plane in the frame of a tract, as `lsst.afw.geom.SkyWcs` answers."""

    def __init__(self):
        self.wcs = WCS(naxis=2)
        self.wcs.wcs.ctype, self.wcs.wcs.cunit = ["RA---TAN", "DEC--TAN"], ["deg", "deg"]
        self.wcs.wcs.crval = CENTRE
        self.origin = (FIRST[0] + SIDE / 2 - 0.5, FIRST[1] + SIDE / 2 - 0.5)
        self.wcs.wcs.crpix = [self.origin[0] + 1, self.origin[1] + 1]
        self.wcs.wcs.cd = np.diag([-SCALE / 3600, SCALE / 3600])

    def skyToPixelArray(self, ra, dec, degrees):
        assert degrees
        return self.wcs.all_world2pix(ra, dec, 0)

    def getPixelOrigin(self):
        return point(*self.origin)

    def getSkyOrigin(self):
        ra, dec = (SimpleNamespace(asDegrees=lambda v=v: v) for v in CENTRE)
        return SimpleNamespace(getRa=lambda: ra, getDec=lambda: dec)

    def getCdMatrix(self):
        return self.wcs.wcs.cd


def make_exposure(band, table):
    """Round galaxies of a known flux in nanojansky, in counts of half a nanojansky."""
    generator = np.random.default_rng(ord(band))
    y, x = np.mgrid[:SIDE, :SIDE]
    noise = DECALS.noise[DECALS.bands.index(band)] * NANOMAGGY * (SCALE / DECALS.pixel_scale) ** 2
    pixels = generator.normal(size=(SIDE, SIDE)) * noise
    for column, row in zip(*SkyWcs().skyToPixelArray(table["ra"], table["dec"], True), strict=True):
        pixels += 100 * noise * np.exp(-((x - column + FIRST[0]) ** 2 + (y - row + FIRST[1]) ** 2) / 2 / 8**2)
    mask, variance = np.zeros((SIDE, SIDE), int), np.full((SIDE, SIDE), noise**2)
    column, row = (int(v[1]) for v in SkyWcs().skyToPixelArray(table["ra"], table["dec"], True))
    if band == "g":
        mask[row - FIRST[1] - 9 : row - FIRST[1] + 10, column - FIRST[0] - 9 : column - FIRST[0] + 10] = 1 << 3
    shape = SimpleNamespace(getDeterminantRadius=lambda: WIDTH[band] / 2.3548 / SCALE)
    return SimpleNamespace(
        image=SimpleNamespace(array=2 * pixels),
        variance=SimpleNamespace(array=variance),
        mask=SimpleNamespace(array=mask, getMaskPlaneDict=lambda: {"DETECTED": 0, "SAT": 3}),
        getWcs=SkyWcs,
        getXY0=lambda: point(*FIRST),
        getPhotoCalib=lambda: SimpleNamespace(instFluxToNanojansky=lambda count: count / 2),
        getPsf=lambda: SimpleNamespace(getAveragePosition=lambda: None, computeShape=lambda at: shape),
    )


@pytest.fixture(scope="module")
def table():
    step = 18 / 3600
    rows = {"id": ["a", "b", "c", "d"], "ra": [150.0, 150 + step, 150.0, 151.0], "dec": [2.0, 2.0, 2 - step, 2.0]}
    return pd.DataFrame(rows | {"tract": [1, 1, 1, 1], "patch": [2, 2, 2, 3]})


class StandIn:
    """Answers for tract 1, patch 2."""

    def __init__(self, table):
        self.table = table[table["patch"] == 2]

    def get(self, dataset, *, tract, patch, band, skymap):
        assert dataset == "deepCoadd_calexp" and skymap == "ours"
        if (tract, patch) != (1, 2):
            raise LookupError(f"no dataset for tract {tract}, patch {patch}")
        return make_exposure(band, self.table)


def test_positions_are_cut_from_their_patch_in_the_models_units(table):
    source = ButlerSource(table, lambda: StandIn(table), DECALS, more={"skymap": "ours"})
    good, missing = source.list_partitions()
    assert good.name == "tract=1-patch=2" and list(good.rows["id"]) == ["a", "b", "c"]
    (block,) = source.read(good)
    assert block.refusals[0] == block.refusals[2] == "" and "missing in g" in block.refusals[1]
    assert np.allclose(block.observed.seeing, [[1.0, 0.9, 0.8]] * 2)
    peak = block.flux[0][:, 34, 34] * 10 ** (-0.4 * block.ebv[0] * np.array(DECALS.extinction))
    sigma = 8 * SCALE / DECALS.model_scale
    expected = 100 * np.array(DECALS.noise) * (1 - 1 / 24 / sigma**2 * 2)  # averaged over a model pixel
    assert peak == pytest.approx(expected, rel=0.05)
    (lost,) = source.read(missing)
    assert len(lost.flux) == 0 and "no deepCoadd_calexp of tract=1-patch=3 in g" in lost.refusals[0]


def test_what_lacks_is_named(table):
    with pytest.raises(InputError, match="no column patch"):
        ButlerSource(table.drop(columns="patch"), lambda: None, DECALS).list_partitions()
    with pytest.raises(InputError, match="'raw' are not read"):
        ButlerSource(table, lambda: None, DECALS, "raw").list_partitions()
