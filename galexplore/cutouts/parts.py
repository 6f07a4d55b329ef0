"""The parts of a FITS file: which HDU is the image, and which its weight, error or mask."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from astropy.io import fits

from galexplore.cutouts.cutout import Check
from galexplore.cutouts.filters import BandName, differing_bands, extension_band, header_band
from galexplore.cutouts.hdus import inherit, name_hdu
from galexplore.cutouts.roles import content_role, header_role, masked, rank_image
from galexplore.cutouts.scales import read_scales
from galexplore.cutouts.seeing import LARGEST, Star
from galexplore.errors import InputError
from galexplore.survey import Survey


@dataclass(frozen=True)
class Plane:
    """One band of a file.

    Attributes
    ----------
    pixels : ndarray (H, W)
    band : str
        Its letter, or "" where the file is silent.
    header : Header
        With what it inherits.
    where, file : str
        Its HDU in words, and its file where there is one a band.
    invvar : ndarray (H, W) or None
        Weights: what is not positive is a gap.
    said : str
        What says the band: keyword and text.
    spelt : str
        The text, where it is this band's alone.
    number : (int, int) or None
        Which plane of how many of a cube, counted from 0.
    bits : int
        BITPIX as it was written; 0 where it is no FITS image.
    star : Star or None
        The point-spread function, where the file holds an image of it.
    """

    pixels: np.ndarray
    band: str
    header: fits.Header
    where: str = ""
    file: str = ""
    invvar: np.ndarray | None = None
    said: str = ""
    spelt: str = ""
    number: tuple[int, int] | None = None
    bits: int = 0
    star: Star | None = None


@dataclass(frozen=True)
class Part:
    """An image HDU or array: number, own header, that with what it inherits, role, pixels, an array's name, BITPIX."""

    number: int
    own: fits.Header
    header: fits.Header
    role: str
    pixels: np.ndarray
    array: str = ""
    bits: int = 0

    @property
    def where(self) -> str:
        """The HDU in words, or the array of an npz."""
        return self.array or name_hdu(self.own, self.number)


_NO_PIXELS = np.zeros((1, 1))  # of what is not looked at


def _open_star(hdu: fits.ImageHDU) -> np.ndarray:
    """Open the image of a star, or none where it is larger than any needs to be."""
    if not all(0 < n <= LARGEST for n in hdu.shape):
        return _NO_PIXELS
    pixels = np.squeeze(hdu.data)
    return pixels if pixels.ndim in (2, 3) and not np.iscomplexobj(pixels) else _NO_PIXELS


def give_roles(data: bytes, headers: dict[int, fits.Header], survey: Survey) -> list[Part]:
    """Give each image HDU a role by its header, else by its content beside the image."""
    parts = []
    single = sum(header_role(h) in ("", "image") for h in headers.values()) == 1
    with fits.open(BytesIO(data), memmap=False) as hdus:
        primary = hdus[0].header
        for i in headers:
            own = hdus[i].header
            role = header_role(own)
            if role in ("psf", "other", "model"):
                pixels = _open_star(hdus[i]) if role == "psf" else _NO_PIXELS
                parts.append(Part(i, own, own, role, pixels))
                continue
            bits = int(own.get("BITPIX", 0))  # which becomes that of the scaled pixels
            pixels = np.squeeze(hdus[i].data)
            if np.iscomplexobj(pixels) or pixels.ndim not in (2, 3):
                raise InputError(f"the image's shape is {pixels.shape}; {survey.count_word} bands of (H, W) are needed")
            if not role and header_band(own, survey).letter:
                role = "image"
            parts.append(Part(i, own, inherit(own, primary, single) if i else own, role, pixels, bits=bits))
    unnamed = [p for p in parts if p.role in ("", "image")]
    first = min(unnamed, key=lambda p: (p.role != "image", *rank_image(p.own, p.pixels)), default=None)
    for k, part in enumerate(parts):
        if not part.role:
            standing = None if first is None or part is first else first.pixels
            parts[k] = replace(part, role=content_role(part.pixels, standing))
    return parts


def name_images(images: list[Part], survey: Survey) -> list[BandName]:
    """Name each image's band by its own header; by the extensions' names where keywords do not tell all apart.

    Headers are copied from one band to the others more often than names are.
    """
    own = [header_band(p.own, survey) for p in images]
    names = [str(p.own.get("EXTNAME", "")) for p in images]
    letters = differing_bands(names, survey) or [extension_band(n, survey).letter for n in names]
    colours = dict(zip(("RED", "GREEN", "BLUE"), survey.rgb, strict=True))  # as DS9 writes them
    if {n.strip().upper() for n in names} == set(colours):
        return [BandName(colours[n.strip().upper()], "EXTNAME", f"{n}, assumed") for n in names]
    told_apart = all(b.letter for b in own) and len({b.letter for b in own}) == len(own)
    if not told_apart and all(letters) and len(set(letters)) == len(letters) > 1:
        return [BandName(b, "EXTNAME", n) for b, n in zip(letters, names, strict=True)]
    return own


def leave_aside(images: list[Part], survey: Survey) -> tuple[list[Part], list[Part], list[Check]]:
    """Keep one image of each band, or one cube; find weights and masks among the others; say which were left aside.

    Those of the same band compete: the name of an image itself comes before other names, then who has a WCS, then who
    has a sky below zero and more valid pixels.

    Raises
    ------
    InputError
        Where two images of one band have names that say nothing of which is meant.
    """
    cubes = [p for p in images if p.pixels.ndim == 3]
    kept, others, notes = list[Part](), list[Part](), list[Check]()
    groups: dict[str, list[Part]] = {}
    for k, (part, band) in enumerate(zip(images, name_images(images, survey), strict=True)):
        if not cubes:
            groups.setdefault(band.letter or f"without a name {k}", []).append(part)
        elif part in cubes:
            groups.setdefault("", []).append(part)
    for letter, group in groups.items():
        best = min(group, key=lambda p: rank_image(p.own, p.pixels))
        kept.append(best)
        for part in (p for p in group if p is not best):
            role = "" if header_role(part.own) else content_role(part.pixels, best.pixels)
            if role in ("weight", "mask"):
                others.append(replace(part, role=role))
            elif rank_image(part.own, part.pixels)[0] == rank_image(best.own, best.pixels)[0] == 2:
                raise InputError(f"{best.where} and {part.where} both may be the image; name it SCI, or give it alone")
            else:
                what = "cube" if cubes else f"image of the band {letter}"
                notes.append(Check("bands", "fixed", f"{part.where}, another {what}, left aside for {best.where}"))
    if not cubes and len(kept) > 1 and all(not header_band(p.header, survey).letter for p in kept):
        own = [p for p in kept if rank_image(p.own, p.pixels)[0] == 0]
        if len(own) == 1:  # one image and others of unknown kind
            notes += [Check("bands", "fixed", f"{p.where} left aside for {own[0].where}") for p in kept if p not in own]
            kept = own
    return sorted(kept, key=lambda p: p.number), others, notes


def attach(
    planes: list[Plane], images: list[Part], others: list[Part], survey: Survey
) -> tuple[list[Plane], list[Check]]:
    """Give each band the weights, errors, masks and stars that stand beside it; say which were used."""
    notes: list[Check] = []
    for part in others:
        if part.role == "psf":
            planes, said = _give_star(part, others, planes, survey)
            notes += [Check("seeing", "passed", said)] if said else []
        if part.role not in ("mask", "variance", "error", "weight"):
            continue
        if part.pixels.ndim == 3:
            pixels = part.pixels if part.pixels.shape[0] == len(planes) else np.moveaxis(part.pixels, -1, 0)
            targets: Iterable[int] = range(len(planes)) if len(pixels) == len(planes) else ()
        else:
            targets = _belongs_to(part, planes, images, survey)
            pixels = np.broadcast_to(part.pixels, (len(planes), *part.pixels.shape))
        for k in targets:
            if pixels[k].shape != planes[k].pixels.shape:
                shape = f"{pixels[k].shape[1]} x {pixels[k].shape[0]} pixels"
                notes.append(Check("missing", "passed", f"{part.where} of {shape} does not fit the image: left aside"))
            else:
                planes[k], said = _use(planes[k], part, pixels[k])
                notes += [Check("missing", "passed", said)] if said else []
    return planes, list(dict.fromkeys(notes))


def _give_star(part: Part, others: list[Part], planes: list[Plane], survey: Survey) -> tuple[list[Plane], str]:
    """Give bands the point-spread function that is theirs; say why it is nobody's."""
    pixels, stars = part.pixels, dict[int, np.ndarray]()
    if pixels.size == 1 or max(pixels.shape) > LARGEST:
        return planes, f"the PSF in {part.where} is none of at most {LARGEST} pixels a side: left aside"
    if pixels.ndim == 3:
        stars = dict(enumerate(pixels)) if len(pixels) == len(planes) else stars
    elif band := extension_band(part.own.get("EXTNAME"), survey).letter or header_band(part.own, survey).letter:
        stars = {k: pixels for k, p in enumerate(planes) if p.band == band}
    elif len(alike := [p for p in others if p.role == "psf"]) == len(planes):  # one each, in the same order
        stars = {[p is part for p in alike].index(True): pixels}
    if not stars:
        return planes, f"the PSF in {part.where} names none of the bands: left aside"
    sides, _ = read_scales(part.own)
    scale = (sides[0] * sides[1]) ** 0.5 if sides else None
    for k, star in stars.items():
        planes[k] = replace(planes[k], star=planes[k].star or Star(star, part.where, scale))
    return planes, ""


def _belongs_to(part: Part, planes: list[Plane], images: list[Part], survey: Survey) -> Iterable[int]:
    """Which planes a weight or mask belongs to: those of its band, else of its EXTVER, else the image before it."""
    band = extension_band(part.own.get("EXTNAME"), survey).letter or header_band(part.own, survey).letter
    if band:
        return [k for k, p in enumerate(planes) if p.band == band]
    if len(images) == 1:
        return range(len(planes))
    if part.role == "mask" and "maskbits" in str(part.own.get("EXTNAME", "")).lower():
        return range(len(planes))
    versions = [p.own.get("EXTVER") for p in images]
    if len(set(versions)) == len(versions) and part.own.get("EXTVER") in versions:
        where = images[versions.index(part.own.get("EXTVER"))].where
    else:
        before = [k for k, p in enumerate(images) if p.number < part.number]
        where = images[before[-1] if before else 0].where
    return [k for k, p in enumerate(planes) if p.where == where]


def _use(plane: Plane, part: Part, pixels: np.ndarray) -> tuple[Plane, str]:
    """Use one weight, error or mask; say how it was read, and what was assumed of a mask."""
    if part.role == "mask":
        gaps, how = masked(pixels, part.own, plane.band)
        if "no gaps" in how:
            return plane, f"{part.where}: {how}"
        if not gaps.any():
            return plane, f"{part.where} marks no pixel"
        return replace(plane, pixels=np.where(gaps, np.nan, plane.pixels)), f"{part.where}: {how}"
    value = pixels.astype(np.float64)
    power = {"weight": 1, "variance": -1, "error": -2}[part.role]
    good = np.isfinite(value) & (value > 0)
    if not good.any():
        return plane, f"{part.where} is nowhere positive: assumed to say nothing"
    invvar = np.where(good, np.where(good, value, 1) ** power, 0).astype(np.float32)
    merged = invvar if plane.invvar is None else np.minimum(plane.invvar, invvar)
    return replace(plane, invvar=merged), f"{part.where} read as {part.role}s, gaps where they are not positive"
