"""FITS files to cutouts: cubes, one image a band, with weights, errors and masks; nothing is loaded unlooked at."""

from collections.abc import Iterable

import numpy as np

from galexplore.cutouts.alignment import bring, choose_grid, tell_alignment
from galexplore.cutouts.calibration import Calibration, calibrate
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.filters import header_band, list_bands
from galexplore.cutouts.gaps import mark_gaps
from galexplore.cutouts.geometry import Place, find_place
from galexplore.cutouts.hdus import image_headers
from galexplore.cutouts.parts import Part, Plane, attach, give_roles
from galexplore.cutouts.pictures import is_picture, read_colours
from galexplore.errors import InputError
from galexplore.survey import Survey


def is_fits(data: bytes) -> bool:
    """Tell a FITS file by its first card."""
    return data.startswith(b"SIMPLE  =")


def read_cube(data: bytes, name: str, survey: Survey) -> Cutout:
    """Read a FITS file that holds all bands of a survey.

    Parameters
    ----------
    data : bytes
    name : str
    survey : Survey

    Raises
    ------
    InputError
        If it is cut short, too large, holds no image, or lacks one of the bands.
    """
    planes, notes, kind = _planes(data, survey)
    return assemble(planes, survey, name=name, kind=kind, notes=notes)


def read_band(data: bytes, survey: Survey) -> tuple[Plane, list[Check]]:
    """Read a FITS file that holds one band; its band is "" where the header is silent.

    Raises
    ------
    InputError
        If it is cut short, too large, or holds anything but one image.
    """
    planes, notes, _ = _planes(data, survey)
    if len(planes) != 1:
        raise InputError(f"of {survey.count_word} files each must hold one band, but one holds {len(planes)}")
    return planes[0], notes


def assemble(planes: list[Plane], survey: Survey, *, name: str, kind: str, notes: Iterable[Check] = ()) -> Cutout:
    """Put single bands together in the survey's order and on one grid; bands beyond its own are dropped and named.

    Raises
    ------
    InputError
        If a band is lacking or nothing says how bands of different size lie.
    """
    bands = "".join(p.band or "?" for p in planes)
    first = {p.band: p for p in reversed(planes)}
    lacking = [b for b in survey.bands if b not in first]
    if lacking:
        held = ", ".join(bands)
        if not bands.strip("?"):
            held = f"{len(planes)} image{'s'[: len(planes) > 1]} without a band's name"
        raise InputError(f"the bands {survey.band_words} are needed: {' and '.join(lacking)} not found, only {held}")
    chosen = [first[b] for b in survey.bands]
    notes = [*notes, *_tell_bands(bands, chosen, survey)]
    places = [find_place(p.header, _shape(p)) for p in chosen]
    grid, at = choose_grid(places, [_shape(p) for p in chosen], survey)
    notes += [*_tell_place(places[0], chosen[0]), *tell_alignment(grid, places)]
    flux = np.stack([bring(mark_gaps(p.pixels, p.header), q, grid) for p, q in zip(chosen, at, strict=True)])
    weights = [None if p.invvar is None else bring(p.invvar, q, grid) for p, q in zip(chosen, at, strict=True)]
    known = any(w is not None for w in weights)
    place = Place(grid.matrix, grid.known, ra=places[0].ra, dec=places[0].dec)
    cutout = Cutout(
        flux,
        place.pixel_scale,
        bands,
        name=name,
        kind=kind,
        ra=place.ra,
        dec=place.dec,
        orientation=place.orientation,
        unit=" / ".join(dict.fromkeys(str(p.header.get("BUNIT", "")).strip() for p in chosen)),
        invvar=np.stack([np.ones(grid.shape, np.float32) if w is None else w for w in weights]) if known else None,
        calibration=_calibrate(chosen, at, survey),
        notes=tuple(notes),
    )
    named = "" if any("assumed" in n.detail for n in notes if n.check == "bands") else "".join(survey.bands)
    return read_colours(cutout, named, survey) if is_picture(np.stack([f for f in flux])) else cutout


def _shape(plane: Plane) -> tuple[int, int]:
    return plane.pixels.shape[0], plane.pixels.shape[1]


def _tell_bands(bands: str, chosen: list[Plane], survey: Survey) -> list[Check]:
    """Say what the file holds, what was put in order and left aside, and which keyword says so."""
    sources = "; ".join(dict.fromkeys(f"{p.said}, {p.where}" if p.where else p.said for p in chosen if p.said))
    if bands == "".join(survey.bands):
        return [Check("bands", "passed", f"{survey.band_words}, in this order ({sources})")] if sources else []
    aside = [b for b in dict.fromkeys(bands) if b not in survey.bands]
    left = f"; {' and '.join(b for b in aside if b != '?')} left aside" if set(aside) - {"?"} else ""
    put = f"put in the order {', '.join(survey.bands)}"
    by = f" ({sources})" if sources else ""
    return [Check("bands", "fixed", f"the file holds {', '.join(bands)}{by}; {put}{left}")]


def _tell_place(place: Place, plane: Plane) -> list[Check]:
    """Say where scale and target were read."""
    notes, where = [], f", {plane.where}" if plane.where else ""
    if place.pixel_scale is not None:
        sentence = f'{place.pixel_scale:.3f}" a pixel ({place.scale_said}{where})'
        notes.append(Check("pixel_scale", "passed", sentence))
    if place.target_said:
        aimed = (
            place.target_said
            if "assumed" in place.target_said
            else (f"the target is not the frame's middle: that of {place.target_said}{where} is taken")
        )
        notes.append(Check("centring", "fixed", aimed))
    return notes


def _calibrate(chosen: list[Plane], at: list[Place], survey: Survey) -> tuple[Calibration, ...]:
    """Read each band's own calibration; empty where no band says anything."""
    made = [calibrate(p.header, survey, p.band, q.pixel_scale) for p, q in zip(chosen, at, strict=True)]
    if not any(made):
        return ()
    silent = Calibration(assumed="assumed nanomaggies, for the header of this band names no unit")
    return tuple(c or silent for c in made)


def _planes(data: bytes, survey: Survey) -> tuple[list[Plane], list[Check], str]:
    """Split a file into single bands with their weights and masks; a cube, where there is one, is all of it."""
    headers = image_headers(data, survey)
    if not headers:
        raise InputError(f"the FITS file holds no image (a table or nothing); give a {', '.join(survey.bands)} image")
    parts = give_roles(data, headers, survey)
    images = [p for p in parts if p.role == "image"]
    if not images:
        held = " and ".join(sorted({p.role for p in parts}))
        if held == "psf":
            raise InputError("the file holds a point-spread function, not an image of a galaxy")
        raise InputError(f"the file holds no image of a galaxy, only {held.replace('psf', 'a point-spread function')}")
    cubes = [p for p in images if p.pixels.ndim == 3]
    notes: list[Check] = []
    if cubes:
        planes, notes = _split(cubes[0], survey)
    else:
        planes = _single_bands(images, survey)
    others = [p for p in parts if p.role != "image"]
    planes, said = attach(planes, cubes[:1] or images, others, survey)
    if len(planes) == len(survey.bands) and all(abs(np.nansum(p.pixels) - 1) < 0.02 for p in planes):
        raise InputError("every band sums to 1: this looks like a point-spread function, not an image of a galaxy")
    return planes, [*notes, *said], "FITS cube" if cubes else "FITS images"


def _single_bands(images: list[Part], survey: Survey) -> list[Plane]:
    """Take one image a band: its own keyword, else that of the primary header, else the primary header's list."""
    planes: list[Plane] = []
    listed, by = list_bands(images[0].header, len(images), survey)
    own = [header_band(p.own, survey) for p in images]
    for k, part in enumerate(images):
        band, said = own[k]
        if not band and len(listed) == len(images) > 1:
            band, said = listed[k], by
        if not band:
            band, said = header_band(part.header, survey)
        if not band or band not in {q.band for q in planes}:
            planes.append(Plane(part.pixels.astype(np.float64), band, part.header, part.where, said=said))
    return planes


def _split(part: Part, survey: Survey) -> tuple[list[Plane], list[Check]]:
    """Split a cube into bands, named as its header names them."""
    pixels, header, notes = part.pixels, part.header, []
    named, said = next(
        (f for n in (pixels.shape[0], pixels.shape[2]) if (f := list_bands(header, n, survey))[0]), ([], "")
    )
    if not named:
        named = list(survey.bands)
        notes.append(Check("bands", "passed", f"the file does not name its bands; assumed {', '.join(named)}"))
    axis = next((a for a in (0, 2) if pixels.shape[a] == len(named)), None)
    if axis is None:
        raise InputError(f"the cube's shape is {pixels.shape}, which does not fit the bands {', '.join(named)}")
    if axis == 2:
        pixels = np.moveaxis(pixels, 2, 0)
        notes.append(Check("bands", "fixed", "the bands came last and were moved first"))
    planes = [Plane(p.astype(np.float64), b, header, part.where, said=said) for p, b in zip(pixels, named, strict=True)]
    return planes, notes
