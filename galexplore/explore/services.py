"""Addresses of what other services know of a position."""

from urllib.parse import urlencode

from galexplore.survey import DECALS

SIMULATED = "This galaxy is simulated: nothing lies at its position on the real sky, so there is nothing to look up."


def link(ra: float, dec: float) -> dict[str, str]:
    """Addresses of a position (degrees, ICRS) at the Legacy Surveys' viewer, SDSS, SIMBAD and NED, by their names."""
    at = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}"}
    viewer = at | {"layer": "ls-dr10", "zoom": 16, "mark": f"{ra:.6f},{dec:.6f}"}
    simbad = {"Coord": f"{ra:.6f}d{dec:+.6f}d", "CooFrame": "ICRS", "Radius": 10, "Radius.unit": "arcsec"}
    ned = {"search_type": "Near Position Search", "in_csys": "Equatorial", "in_equinox": "J2000"}
    ned |= {"ra": f"{ra:.6f}d", "dec": f"{dec:+.6f}d", "radius": 0.5}
    return {
        "Legacy viewer": f"https://www.legacysurvey.org/viewer?{urlencode(viewer)}",
        "SkyServer": f"https://skyserver.sdss.org/dr18/VisualTools/explore/summary?{urlencode(at)}",
        "SIMBAD": f"https://simbad.cds.unistra.fr/simbad/sim-coo?{urlencode(simbad)}",
        "NED": f"https://ned.ipac.caltech.edu/conesearch?{urlencode(ned)}",
    }


def link_cutout(ra: float, dec: float) -> str:
    """Address of the FITS cutout in g, r, z of a position (degrees, ICRS), as large as the model looks at."""
    about = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": "ls-dr10", "pixscale": DECALS.pixel_scale}
    about |= {"size": DECALS.native_size, "bands": "".join(DECALS.bands)}
    return f"https://www.legacysurvey.org/viewer/fits-cutout?{urlencode(about)}"
