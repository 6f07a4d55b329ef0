"""What a person takes home: an image with its coordinates, and a folder that brings the Atlas back as it was."""

import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from astropy.io import fits

from galexplore import __version__
from galexplore.cutouts.grid import make_wcs
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import AtlasState
from galexplore.explore.snippets import write_python
from galexplore.mock.observed import draw_psf, find_variance
from galexplore.survey import Survey


def to_fits(
    flux: np.ndarray,
    survey: Survey,
    ra: float | None,
    dec: float | None,
    cards: Mapping[str, tuple],
    variance: np.ndarray | None = None,
    psf: np.ndarray | None = None,
) -> bytes:
    """Write an image of an atlas, which is without our Galaxy's dust, as a FITS cube with a WCS, N up and E left.

    Parameters
    ----------
    flux : array (B, N, N)
        Nanomaggies per native pixel over the survey's field; row 0 in the south, column 0 in the east.
    survey : Survey
    ra, dec : float or None
        Of the centre [deg, ICRS]; without them only the pixel scale is told.
    cards : mapping
        Further header cards: keyword to (value, comment).
    variance : array (B, N, N), optional
        Of the sky, in the square of the flux's unit: written as the extension INVVAR, its inverse.
    psf : array (B, n, n), optional
        A star in the survey's native pixels: written as the extension PSF.
    """
    size = flux.shape[-1]
    scale = survey.field / size
    header = make_wcs(size, scale, ra, dec).to_header()
    header["BANDS"] = ("".join(survey.bands), "planes, in this order")
    header["BUNIT"] = (survey.flux_unit, f"per pixel of this file, AB zero point {survey.zero_point:g}")
    header["PIXSCALE"] = (scale, "arcsec a pixel")
    header["DEREDDEN"] = (True, "do not correct again for dust of our Galaxy")
    for keyword, (value, comment) in cards.items():
        header[keyword] = (value, comment)
    stream, area = BytesIO(), np.float32((scale / survey.pixel_scale) ** 2)
    hdus = [fits.PrimaryHDU(np.asarray(flux, np.float32) * area, header)]
    if variance is not None:
        weight = header.copy()
        weight["BUNIT"] = (f"{survey.flux_unit}-2", "per pixel of this file; of the sky, without the photons")
        hdus.append(fits.ImageHDU((1 / (variance * area**2)).astype(np.float32), weight, name="INVVAR"))
    if psf is not None:
        own = fits.Header([("BANDS", header["BANDS"])])
        own["PIXSCALE"] = (survey.pixel_scale, "arcsec a pixel; each plane sums to 1")
        hdus.append(fits.ImageHDU(np.asarray(psf, np.float32), own, name="PSF"))
    fits.HDUList(hdus).writeto(stream)
    return stream.getvalue()


def write_image(explorer: Explorer, identifier: str) -> bytes:
    """Write the image of a galaxy of the atlas as `to_fits` does, with the seeing of each band where it is known.

    Of a simulated one, its PSF and the variance of its sky are known, too.

    Raises
    ------
    InputError
        Where it has no image.
    """
    survey, row = explorer.survey, explorer.table.iloc[explorer.find_rows([identifier])[0]].to_dict()
    cards = {"OBJECT": (row["id"], "id in the atlas"), "SIMULATE": (explorer.simulated, "simulated image")}
    for band in survey.bands:
        if math.isfinite(row.get(f"psf_{band}", math.nan)):
            said = f"{band}: FWHM of the PSF, arcsec"
            cards[f"HIERARCH PSF_FWHM_{band.upper()}"] = (float(row[f"psf_{band}"]), said)
    known = {"psf_e1", "psf_e2", *(f"noise_{band}" for band in survey.bands)} <= set(row)
    more = {"variance": find_variance(row, survey), "psf": draw_psf(row, survey)} if known else {}
    return to_fits(explorer.images.get([identifier])[0], survey, row.get("ra"), row.get("dec"), cards, **more)


def make_bundle(
    explorer: Explorer, state: AtlasState, ids: Sequence[str], opened: str | None, title: str, address: str = ""
) -> bytes:
    """Pack what brings a view back: ids, state, the model's hash, and a script; as the bytes of a zip.

    Parameters
    ----------
    explorer : Explorer
    state : AtlasState
        What the Atlas shows.
    ids : sequence of str
        The selection.
    opened : str or None
        Id of the galaxy whose card is shown.
    title : str
        Of the plot.
    address : str
        The page's own address, where known.
    """
    kept = {
        "galexplore": __version__,
        "atlas": explorer.name,
        "model_sha256": explorer.card["sha256"],
        "data_sha256": explorer.card.get("data_hash"),
        "simulated": explorer.simulated,
        "view": vars(state),
        "object": opened,
        "title": title,
        "address": address,
    }
    readme = (
        f"A view of galexplore {__version__}: {len(ids)} selected in the atlas {explorer.name!r}.\n"
        "view.json holds the state, ids.txt the ids one a line, and reproduce.py brings both back:\n\n"
        "    python reproduce.py\n"
    )
    files = {"README.txt": readme, "view.json": json.dumps(kept, indent=1), "ids.txt": "\n".join(ids)}
    files["reproduce.py"] = write_python(explorer, state, ids, opened, title, beside=True)
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(f"galexplore-view/{name}", text)
    return stream.getvalue()
