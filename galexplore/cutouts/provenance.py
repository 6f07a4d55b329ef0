"""What the audit says of where things were read: keyword and HDU of bands, scale, orientation, target and pixels."""

from collections.abc import Sequence

from galexplore.cutouts.cutout import Check
from galexplore.cutouts.geometry import Place
from galexplore.cutouts.parts import Plane
from galexplore.cutouts.scales import contradicting_scales, unread_scale
from galexplore.survey import Survey

#: Filters of Johnson and Cousins that share a letter with those of the SDSS and are others.
JOHNSON = ("R", "I")
SCALES_DIFFER = 0.02  # relative: a keyword that differs by more from the WCS is spoken of


def place_of(plane: Plane) -> str:
    """Name a plane's HDU, and its file where there is one a band."""
    return " of ".join(filter(None, (plane.where, plane.file)))


def where_of(planes: Sequence[Plane]) -> str:
    """Name the HDUs of several planes, each once: "HDU 1 (G) and HDU 2 (R)"."""
    wheres = {p.where for p in planes}
    if len(wheres) == 1 and len({p.file for p in planes}) > 1 and "" not in wheres:
        return f"{planes[0].where} of each file"
    places = list(dict.fromkeys(filter(None, map(place_of, planes))))
    return " and ".join(filter(None, (", ".join(places[:-1]), places[-1]))) if places else ""


def tell_bands(bands: str, chosen: Sequence[Plane], survey: Survey) -> list[Check]:
    """Say what the file holds, what was put in order and left aside, which keyword says so, and what was assumed."""
    sources = "; ".join(dict.fromkeys(", ".join(filter(None, (p.said, place_of(p)))) for p in chosen if p.said))
    notes = []
    if bands != "".join(survey.bands):
        aside = [b for b in dict.fromkeys(bands) if b not in survey.bands]
        left = f"; {' and '.join(b for b in aside if b != '?')} left aside" if set(aside) - {"?"} else ""
        by = f" ({sources})" if sources else ""
        put = f"put in the order {', '.join(survey.bands)}"
        notes.append(Check("bands", "fixed", f"the file holds {', '.join(bands)}{by}; {put}{left}"))
    elif sources:
        notes.append(Check("bands", "passed", f"{survey.band_words}, in this order ({sources})"))
    spelt = [p.spelt for p in chosen]
    doubtful = [p for p in chosen if p.spelt in JOHNSON and not all(s.isupper() for s in spelt if s)]
    for plane in doubtful:
        sentence = f"assumed the {plane.band} of the SDSS, not the {plane.spelt} of Johnson and Cousins ({plane.said})"
        notes.append(Check("bands", "passed", sentence))
    return notes


def tell_place(place: Place, plane: Plane) -> list[Check]:
    """Say where scale, north and the target were read, and what contradicts them."""
    place_name = place_of(plane)
    notes, where = [], f", {place_name}" if place_name else ""
    if place.pixel_scale is not None:
        sentence = f'{place.pixel_scale:.3f}" a pixel ({place.scale_said}{where})'
        others = contradicting_scales(plane.header, place.pixel_scale, SCALES_DIFFER) if place.known else ""
        if others:
            sentence += f"; {others} says otherwise and is left aside"
        notes.append(Check("pixel_scale", "fixed" if others else "passed", sentence))
    elif unread := unread_scale(plane.header):
        notes.append(Check("pixel_scale", "passed", f"no pixel scale can be read of {unread}{where}"))
    elif place.assumed and "cannot be read" in place.assumed:
        notes.append(Check("pixel_scale", "passed", f"no pixel scale can be read of the WCS{where}"))
    if place.known:
        notes.append(Check("orientation", "passed", f"{place.wcs_said}{where}"))
    if place.assumed:
        notes.append(Check("orientation", "passed", place.assumed))
    if place.target_said:
        aimed = (
            place.target_said
            if "assumed" in place.target_said
            else f"the target is not the frame's middle: that of {place.target_said}{where} is taken"
        )
        notes.append(Check("centring", "fixed", aimed))
    elif place.known:
        aimed = f"in the frame's middle is {place.middle_said}" if place.middle_said else "the frame's middle is meant"
        notes.append(
            Check("centring", "passed", f"{aimed}{where if place.middle_said else ', for no target is named'}")
        )
    return notes


def tell_pixels(chosen: Sequence[Plane]) -> list[Check]:
    """Say where sizes and types of the pixels stand."""
    where = where_of(chosen)
    if not where:
        return []
    shapes = dict.fromkeys(f"{p.pixels.shape[1]} x {p.pixels.shape[0]} pixels" for p in chosen)
    types = dict.fromkeys(_type_of(p.bits) for p in chosen if p.bits)
    notes = [Check("saturation", "passed", f"{' and '.join(types)} ({where})")] if types else []
    return [
        *notes,
        Check("size", "passed", f"{' and '.join(shapes)} ({'NAXIS, ' if types else ''}{where})"),
    ]


def _type_of(bits: int) -> str:
    """Type of the pixels as they were written."""
    kinds = {-32: "floats of 32 bits", -64: "floats of 64 bits", 8: "integers of 8 bits", 16: "integers of 16 bits"}
    return kinds.get(bits, f"BITPIX = {bits}")
