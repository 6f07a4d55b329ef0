"""Made bricks of the Legacy Survey's form, smaller than those: coadds, weights, masks, seeing, and their regions."""

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from galexplore.survey import DECALS

STEP, EDGE = 0.03, 82  # degrees of a primary region; pixels by which a coadd reaches beyond it, as the survey's do
SCALE = DECALS.pixel_scale / 3600


def make_wcs(ra, dec, side):
    """A coadd's coordinates: north up, east left, its middle at the region's."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cunit = ["RA---TAN", "DEC--TAN"], ["deg", "deg"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [ra, dec], [(side + 1) / 2] * 2, [-SCALE, SCALE]
    return wcs


def draw_sky(wcs, side, galaxies, generator):
    """Coadds (3, side, side) of round galaxies on the survey's noise."""
    flux = generator.normal(size=(3, side, side)) * np.array(DECALS.noise)[:, None, None]
    y, x = np.mgrid[-40:41, -40:41]
    at = wcs.all_world2pix(galaxies["ra"], galaxies["dec"], 0)
    for column, row, peak in zip(*at, galaxies["peak"], strict=True):
        if not (-40 < column < side + 40 and -40 < row < side + 40):
            continue
        i, j = round(float(row)), round(float(column))
        stamp = peak * np.exp(-np.hypot(x - (column - j), y - (row - i)) / 5)
        low, high = np.maximum([i - 40, j - 40], 0), np.minimum([i + 41, j + 41], side)
        part = stamp[low[0] - i + 40 : high[0] - i + 40, low[1] - j + 40 : high[1] - j + 40]
        flux[:, low[0] : high[0], low[1] : high[1]] += part * np.array([0.5, 1.0, 1.5])[:, None, None]
    return flux.astype(np.float32)


def make_bricks(folder, positions, rows=2, columns=2, ra0=150.0, dec0=2.0, without=()):
    """Write `rows` x `columns` bricks about which positions lie; `without` are (brick, layer) that are left out."""
    generator = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    side = round(STEP / SCALE) + 2 * EDGE
    regions = []
    for k in range(rows * columns):
        i, j = divmod(k, columns)
        low = {"RA1": ra0 + j * STEP, "DEC1": dec0 + i * STEP}
        name = f"b{i}{j}"
        regions.append({"BRICKNAME": name, **low, "RA2": low["RA1"] + STEP, "DEC2": low["DEC1"] + STEP})
        wcs = make_wcs(low["RA1"] + STEP / 2, low["DEC1"] + STEP / 2, side)
        header = wcs.to_header()
        header["BUNIT"] = "nanomaggy"
        flux = draw_sky(wcs, side, positions, generator)
        layers = {f"image-{b}": flux[n] for n, b in enumerate("grz")}
        layers |= {
            f"invvar-{b}": np.full((side, side), 1 / DECALS.noise[n] ** 2, np.float32) for n, b in enumerate("grz")
        }
        layers |= {
            f"psfsize-{b}": np.full((side, side), w, np.float32) for b, w in zip("grz", (1.5, 1.3, 1.2), strict=True)
        }
        layers["maskbits"] = np.zeros((side, side), np.int16)
        place = folder / "coadd" / name[:3] / name
        place.mkdir(parents=True)
        for layer, pixels in layers.items():
            if (name, layer) not in without:
                hdus = [
                    fits.PrimaryHDU(),
                    fits.CompImageHDU(
                        pixels,
                        header,
                        compression_type="RICE_1",
                        quantize_level=-1e-4 if pixels.dtype.kind == "f" else None,
                    ),
                ]
                fits.HDUList(hdus).writeto(place / f"legacysurvey-{name}-{layer}.fits.fz")
    Table(pd.DataFrame(regions).to_dict("list")).write(folder / "survey-bricks.fits.gz")
    return pd.DataFrame(regions)


def draw_positions(n, rows=2, columns=2, ra0=150.0, dec0=2.0, seed=1):
    """Positions all over the primary regions, some within a pixel of their borders."""
    generator = np.random.default_rng(seed)
    ra = ra0 + generator.uniform(0, columns * STEP, n)
    dec = dec0 + generator.uniform(0, rows * STEP, n)
    near = generator.uniform(-SCALE, SCALE, n // 5)
    ra[: n // 10], dec[n // 10 : n // 5] = ra0 + STEP + near[: n // 10], dec0 + STEP + near[n // 10 : n // 5]
    return pd.DataFrame(
        {"id": [f"P{i:05d}" for i in range(n)], "ra": ra, "dec": dec, "peak": generator.uniform(0.3, 3, n)}
    )
