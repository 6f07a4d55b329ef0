"""Addresses of what other services know of a position."""

from urllib.parse import urlencode

from galexplore.survey import Survey

SIMULATED = "This galaxy is simulated: there is no object at this position on the real sky."


def link_services(ra: float, dec: float, survey: Survey) -> dict[str, str]:
    """Addresses of a position (degrees, ICRS) at the Legacy Surveys' viewer, SDSS, SIMBAD and NED, by their names.

    The viewer is left out for a survey that has no layer there.
    """
    at = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}"}
    viewer = at | {"layer": survey.layer, "zoom": "16", "mark": f"{ra:.6f},{dec:.6f}"}
    simbad = {"Coord": f"{ra:.6f}d{dec:+.6f}d", "CooFrame": "ICRS", "Radius": 10, "Radius.unit": "arcsec"}
    ned = {"search_type": "Near Position Search", "in_csys": "Equatorial", "in_equinox": "J2000"}
    ned |= {"ra": f"{ra:.6f}d", "dec": f"{dec:+.6f}d", "radius": "0.5"}
    legacy = {"Legacy viewer": f"https://www.legacysurvey.org/viewer?{urlencode(viewer)}"} if survey.layer else {}
    return legacy | {
        "SkyServer": f"https://skyserver.sdss.org/dr18/VisualTools/explore/summary?{urlencode(at)}",
        "SIMBAD": f"https://simbad.cds.unistra.fr/simbad/sim-coo?{urlencode(simbad)}",
        "NED": f"https://ned.ipac.caltech.edu/conesearch?{urlencode(ned)}",
    }


def link_cutout(ra: float, dec: float, survey: Survey) -> str:
    """Address of the viewer's FITS cutout of a position (degrees, ICRS), as large as the model looks at.

    Empty for a survey that has no layer there.
    """
    if not survey.layer:
        return ""
    query = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": survey.layer, "pixscale": f"{survey.pixel_scale}"}
    query |= {"size": f"{survey.native_size}", "bands": "".join(survey.bands)}
    return f"https://www.legacysurvey.org/viewer/fits-cutout?{urlencode(query)}"
