"""FITS files to cutouts: cubes, one image a band, with weights, errors and masks; nothing is loaded unlooked at."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from galexplore.cutouts.alignment import bring, choose_grid, lead, tell_alignment
from galexplore.cutouts.calibration import Calibration, calibrate
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.dust import tell_dereddened, tell_reddening
from galexplore.cutouts.filters import (
    LIST_KEYWORDS,
    BandName,
    header_band,
    lacking_bands,
    list_bands,
    run_spectrum,
    split_bands,
    unread_bands,
)
from galexplore.cutouts.flux_units import clean_unit
from galexplore.cutouts.gaps import mark_gaps
from galexplore.cutouts.geometry import Place, celestial_axes, find_place
from galexplore.cutouts.hdus import image_headers
from galexplore.cutouts.parts import Part, Plane, attach, give_roles, leave_aside, name_images
from galexplore.cutouts.pictures import is_picture, read_colours
from galexplore.cutouts.provenance import place_of, tell_bands, tell_pixels, tell_place
from galexplore.cutouts.seeing import Reading, read_seeing
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
    if lacking := lacking_bands(first, survey):
        held = ", ".join(bands)
        if not bands.strip("?"):
            held = f"{len(planes)} image{'s'[: len(planes) > 1]} without a band's name"
        unread = dict.fromkeys(filter(None, (unread_bands(p.header, survey) for p in planes if not p.band)))
        held += f" ({', '.join(unread)}: no band that is known here)" if unread else ""
        raise InputError(f"the bands {survey.band_words} are needed: {' and '.join(lacking)} not found, only {held}")
    chosen = [first[b] for b in survey.bands]
    notes = [*notes, *tell_bands(bands, chosen, survey), *tell_pixels(chosen)]
    places = _find_places(chosen)
    grid, at = choose_grid(places, [_shape(p) for p in chosen], survey)
    k = lead(places)
    notes += [*tell_place(places[k], chosen[k]), *tell_alignment(grid, places)]
    flux = np.stack([bring(_mark_gaps(p), q, grid) for p, q in zip(chosen, at, strict=True)])
    weights = [None if p.invvar is None else bring(p.invvar, q, grid) for p, q in zip(chosen, at, strict=True)]
    known = any(w is not None for w in weights)
    place = Place(grid.matrix, grid.known, ra=places[k].ra, dec=places[k].dec)
    dereddened = tuple(tell_dereddened(p.header) for p in chosen)
    seeing = _read_seeing(chosen, at)
    notes += [Check("seeing", "fixed", a) for a in dict.fromkeys(a for s in seeing for a in s.aside)]
    cutout = Cutout(
        flux,
        place.pixel_scale,
        bands,
        name=name,
        kind=kind,
        ra=place.ra,
        dec=place.dec,
        orientation=place.orientation,
        unit=" / ".join(dict.fromkeys(clean_unit(p.header.get("BUNIT", "")) for p in chosen)),
        invvar=np.stack([np.ones(grid.shape, np.float32) if w is None else w for w in weights]) if known else None,
        calibration=_calibrate(chosen, at, survey),
        notes=tuple(notes),
        dereddened=dereddened if any(dereddened) else (),
        reddening=next(filter(None, (tell_reddening(p.header) for p in chosen)), ""),
        seeing=tuple(s.fwhm for s in seeing) if any(s.said for s in seeing) else (),
        seeing_said=tuple(s.said for s in seeing) if any(s.said for s in seeing) else (),
    )
    if any(c.said for c in cutout.calibration) or not is_picture(flux):
        return cutout
    named = "" if any("assumed" in n.detail for n in notes if n.check == "bands") else "".join(survey.bands)
    return read_colours(cutout, named, survey)


def _find_places(planes: list[Plane]) -> list[Place]:
    """Find where each band lies; those of a cube have one header, which is read once."""
    known: dict[tuple[int, tuple[int, int]], Place] = {}
    for p in planes:
        key = id(p.header), _shape(p)
        known[key] = known.get(key) or find_place(p.header, key[1])
    return [known[id(p.header), _shape(p)] for p in planes]


def _mark_gaps(plane: Plane) -> np.ndarray:
    """Pixels (H, W) of a band, NaN where they are fill values or weigh nothing: those must leak into no others."""
    pixels = mark_gaps(plane.pixels, plane.header)
    return pixels if plane.invvar is None else np.where(plane.invvar > 0, pixels, np.float32(np.nan))


def _shape(plane: Plane) -> tuple[int, int]:
    return plane.pixels.shape[0], plane.pixels.shape[1]


def _read_seeing(chosen: list[Plane], at: list[Place]) -> list[Reading]:
    """Read each band's seeing; a keyword without a band counts where the header is that of one band's image."""
    pairs = zip(chosen, at, strict=True)
    return [read_seeing(p.header, p.band, p.number is None and p.bits != 0, q.pixel_scale, p.star) for p, q in pairs]


def _calibrate(chosen: list[Plane], at: list[Place], survey: Survey) -> tuple[Calibration, ...]:
    """Read each band's own calibration; empty where no band says anything."""
    made = [calibrate(p.header, survey, p.band, q.pixel_scale, p.number) for p, q in zip(chosen, at, strict=True)]
    if not any(made):
        return ()
    silent = Calibration(assumed="assumed nanomaggies, for the header of this band names no unit")
    return tuple(replace(c or silent, where=place_of(p)) for c, p in zip(made, chosen, strict=True))


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
    images, weights, notes = leave_aside(images, survey)
    cubes = [p for p in images if p.pixels.ndim == 3]
    if cubes:
        planes, told = _split(cubes[0], survey)
        notes += told
    else:
        planes = _single_bands(images, survey)
    others = [*(p for p in parts if p.role != "image"), *weights]
    planes, said = attach(planes, images, others, survey)
    if len(planes) == len(survey.bands) and all(abs(np.nansum(p.pixels) - 1) < 0.02 for p in planes):
        raise InputError("every band sums to 1: this looks like a point-spread function, not an image of a galaxy")
    return planes, [*notes, *said], "FITS cube" if cubes else "FITS images"


def _single_bands(images: list[Part], survey: Survey) -> list[Plane]:
    """Take one image a band: by its own keyword or name, else the primary header's list, else its one band."""
    planes: list[Plane] = []
    listed, by = list_bands(images[0].header, len(images), survey)
    own = name_images(images, survey)
    for k, part in enumerate(images):
        band = own[k]
        if not band.letter and len(listed) == len(images) > 1:
            band = BandName(listed[k], by)
        if not band.letter:
            band = header_band(part.header, survey)
        if not band.letter or band.letter not in {q.band for q in planes}:
            pixels = part.pixels.astype(np.float64)
            planes.append(
                Plane(pixels, band.letter, part.header, part.where, said=band.said, spelt=band.text, bits=part.bits)
            )
    return planes


def _split(part: Part, survey: Survey) -> tuple[list[Plane], list[Check]]:
    """Split a cube into bands, named as its header names them."""
    pixels, header, notes = part.pixels, part.header, []
    named, said = next(
        (f for n in (pixels.shape[0], pixels.shape[2]) if (f := list_bands(header, n, survey))[0]), ([], "")
    )
    if not named:
        run, by = run_spectrum(header)
        named = list(survey.bands)[:: run or 1]
        notes.append(_assume_bands(part, named, by, survey))
    axis = next((a for a in (0, 2) if pixels.shape[a] == len(named)), None)
    if axis is None:
        raise InputError(f"the cube's shape is {pixels.shape}, which does not fit the bands {', '.join(named)}")
    if axis == 2:
        pixels = np.moveaxis(pixels, 2, 0)
        notes.append(Check("bands", "fixed", f"the bands came last and were moved first ({part.where})"))
    sky, expected = celestial_axes(header), [1, 2] if axis == 0 else [2, 3]
    if len(sky) == 2 and sky != expected:
        sentence = f"assumed the image's axes where the WCS has axes {sky[0]} and {sky[1]} on the sky ({part.where})"
        notes.append(Check("orientation", "passed", sentence))
    count = len(named)
    planes = [
        Plane(p.astype(np.float64), b, header, part.where, said=said, number=(k, count), bits=part.bits)
        for k, (p, b) in enumerate(zip(pixels, named, strict=True))
    ]
    return planes, notes


def _assume_bands(part: Part, named: list[str], by: str, survey: Survey) -> Check:
    """Say that a cube's bands are taken for the survey's, and what its header says that names no list of bands.

    Raises
    ------
    InputError
        Where a list is there and its bands are not known.
    """
    for keyword in LIST_KEYWORDS:
        text = part.header.get(keyword)
        if isinstance(text, str) and "?" in split_bands(text, survey):
            raise InputError(f"{keyword} = {text[:40]} ({part.where}) names bands that are not known here")
    taken = f"assumed {', '.join(named)}{f' by {by}' if by else ''}"
    single = header_band(part.header, survey)
    unread = single.said if single.letter else unread_bands(part.header, survey)
    if unread:
        return Check("bands", "passed", f"{unread} ({part.where}) names no list of bands; {taken}")
    return Check("bands", "passed", f"no keyword names the bands; {taken} ({part.where})")
