"""The readers of cutouts, for `galexplore bench fuzz`: one a format, with small files of it to begin with."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from galexplore.bench.fuzz import Reader
from galexplore.bench.scene_files import write
from galexplore.bench.scenes import Convention
from galexplore.cutouts.audit import prepare
from galexplore.cutouts.colour import to_rgb
from galexplore.cutouts.readers import read
from galexplore.survey import DECALS

SCALE = 0.262
#: Seeds of each format: they are small, for a mutation is to hit what matters.
FORMATS = {
    "fits cube": (Convention(), Convention(flux="MJy/sr", form="PC", projection="TAN-SIP", third_axis="WAVE")),
    "fits extensions": (
        Convention(layout="extensions", extension="sci_", beside="all", frame="galactic"),
        Convention(layout="extensions", bands="griz", beside="mask", before=True, flux="des", target="RA_TARG"),
    ),
    "fits files": (Convention(layout="files", beside="variance", flux="cfht", where="primary", pixels="BLANK"),),
    "fits compressed": (Convention(layout="cube in an extension", packed="fz"),),
    "fits gzipped": (Convention(packed="gz"), Convention(packed="bz2")),
    "npz": (
        Convention(layout="npz", form="asked", beside="invvar", flux="uJy"),
        Convention(layout="npz, an array a band", form="asked", where="primary", flux="galfit"),
    ),
}


def _read(data: bytes) -> object:
    return prepare(read(data, pixel_scale=SCALE))


def _seeds(formats: tuple[Convention, ...]) -> Callable[[], list[bytes]]:
    """Write the files of some conventions, coarse to be small."""
    return lambda: [write(replace(how, scale=0.5)).files[0] for how in formats]


def _flux() -> np.ndarray:
    """Draw a small galaxy in nanomaggies a native pixel."""
    y, x = np.mgrid[:90, :90] - 44.5
    light = np.exp(-np.hypot(0.7 * x + y, 1.5 * x - y) / 9)
    grain = np.random.default_rng(1).normal(size=(3, 90, 90)) * np.array(DECALS.noise)[:, None, None]
    return np.array([0.2, 0.5, 0.9])[:, None, None] * light + grain


def _colours() -> np.ndarray:
    return to_rgb(0.3 * _flux(), DECALS)


def _pictures(form: str) -> Callable[[], list[bytes]]:
    def save() -> list[bytes]:
        stream = io.BytesIO()
        Image.fromarray(_colours()).save(stream, form)
        return [stream.getvalue()]

    return save


def _npy() -> list[bytes]:
    made = []
    for array in (_flux().astype("f4"), _colours().astype(">i2")):
        stream = io.BytesIO()
        np.save(stream, array)
        made.append(stream.getvalue())
    return made


def _read_band(data: bytes) -> object:
    """Read a damaged file as the first of three, one a band."""
    others = [write(Convention(layout="files", scale=0.5)).files[k] for k in (1, 2)]
    return prepare(read([data, *others], name=["a-g.fits", "b-r.fits", "c-z.fits"], pixel_scale=SCALE))


def make_cutout_readers() -> dict[str, Reader]:
    """Make a reader of cutouts for each format, by its name."""
    readers = {name: Reader(_seeds(formats), _read) for name, formats in FORMATS.items() if name != "fits files"}
    readers["fits files"] = Reader(_seeds(FORMATS["fits files"]), _read_band)
    readers |= {"npy": Reader(_npy, _read)}
    return readers | {form.lower(): Reader(_pictures(form), _read) for form in ("PNG", "JPEG")}
