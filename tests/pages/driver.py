"""Drive the pages without a browser: go, read, upload."""

import io
import json

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.wcs import WCS
from streamlit.testing.v1 import AppTest

from galexplore.places import ROOT
from galexplore.survey import DECALS
from pages._parts.location import UNSEEN
from tests.analytic import draw_ellipse

APP = ROOT / "app.py"


def go(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"pages/{page}.py").run()
    check(app)
    return app


def check(app: AppTest) -> None:
    assert not app.exception, [e.value for e in app.exception]


def find_plots(app: AppTest) -> list:
    """Find the Atlas's two plots among the charts."""
    return [chart for chart in app.get("plotly_chart") if chart.key.startswith(("latents-", "map-"))]


def find_pointer(app: AppTest) -> dict:
    """What the browser is given to answer the pointer with: pictures, and where the ring of the opened galaxy lies."""
    return json.loads(next(part.proto.json for part in app.get("bidi_component") if part.key == "pointer"))


def words(app: AppTest) -> str:
    """All that the page says."""
    kinds = ("markdown", "caption", "error", "warning", "info")
    told = [e.value for kind in kinds for e in getattr(app, kind)]
    return "\n".join([*told, *(f"{m.label} {m.value}" for m in app.metric), *(b.label for b in app.button)])


def say_passed(table: pd.DataFrame, mask: np.ndarray | pd.Series) -> str:
    """What the Atlas says of a filter that a mask (N,) of its table passes."""
    none = table["population"].isin(["Star", "Satellite Trail", "Bad Column", "Empty Sky"])
    said = f"{(mask & ~none).sum():,} of {(~none).sum():,} galaxies"
    artefacts = f" and {(mask & none).sum():,} of {none.sum():,} artefacts" if none.any() else ""
    return f"{said}{artefacts} pass the filter."


def list_numbers(app):
    """The numbers that are shown, but the one that is there to be loaded."""
    return [metric for metric in app.metric if metric.label != UNSEEN]


def list_images(app: AppTest) -> list[str]:
    return [url for image in app.get("image") for url in image.value]


def make_fits(flux: np.ndarray, scale: float = DECALS.model_scale) -> bytes:
    """A FITS cube with a WCS, north up and east left."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0, 2.0]
    wcs.wcs.crpix, wcs.wcs.cdelt = [(n + 1) / 2 for n in flux.shape[:0:-1]], [-scale / 3600, scale / 3600]
    header = wcs.to_header()
    header["BANDS"] = "grz"
    stream = io.BytesIO()
    fits.PrimaryHDU(flux, header).writeto(stream)
    return stream.getvalue()


def make_galaxy() -> np.ndarray:
    noise = np.random.default_rng(3).normal(size=(3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
    return (draw_ellipse(0.6, size=5.0) + noise).astype(np.float32)


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    go(app, "locate")
    app.file_uploader[0].set_value([(name, data, "application/octet-stream")]).run()
    check(app)
    return app
