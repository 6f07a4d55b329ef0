"""What a column is called: in a menu, and along an axis."""

import math
import re

from galexplore.tables.columns import find_column

_NAMES = {
    "population": "Population",
    "lat_redshift": "Redshift",
    "lat_logmass": "log stellar mass",
    "lat_logsfr": "log SFR",
    "lat_phi": "Position angle",
    "lat_free": "Free latent",
    "z": "Catalogue redshift",
    "logmass": "Catalogue log mass",
    "logsfr": "Catalogue log SFR",
    "phi": "Catalogue position angle",
    "percentile": "Anomaly percentile",
    "statement": "What makes it odd",
    "statement_share": "Probability of what makes it odd",
    "contamination": "Contamination by a neighbour",
    "blend": "Blending with another source",
    "lat_logssfr": "log sSFR",
    "logssfr": "Catalogue log sSFR",
    "lat_ms_offset": "Offset from the main sequence",
    "ms_offset": "Catalogue offset from the main sequence",
    "lat_size_kpc": "Half-light radius in kpc",
    "size_kpc": "Half-light radius in kpc, catalogue redshift",
    "lat_absmag": "Absolute magnitude, no k-correction",
    "absmag": "Absolute magnitude, catalogue redshift, no k-correction",
    "lat_rest_gr": "Rest-frame g − r",
    "rest_gr": "Rest-frame g − r, catalogue redshift",
    "lat_rest_absmag": "Rest-frame M_r",
    "rest_absmag": "Rest-frame M_r, catalogue redshift",
    "chi2_percentile": "Reconstruction χ²",
    "chi2": "χ² per pixel",
    "distance2": "d² (squared Mahalanobis distance)",
    "ra": "Right ascension",
    "dec": "Declination",
    "ba": "Axis ratio",
    "re_arcsec": "Half-light radius",
    "av": "Dust A_V",
    "bulge_fraction": "Bulge fraction in r",
    "coverage_redshift": "Local coverage of 68 % intervals",
    "preservation": "Neighbours preserved by the map",
    "feature_preservation": "Neighbours preserved by the feature map",
}
#: Titles of the axes that are looked at most.
AXES = {
    "lat_redshift": "Redshift",
    "lat_logmass": "log₁₀ stellar mass [M☉]",
    "lat_logsfr": "log₁₀ SFR [M☉ yr⁻¹]",
    "lat_logssfr": "log₁₀ sSFR [yr⁻¹]",
    "logssfr": "Catalogue log₁₀ sSFR [yr⁻¹]",
    "lat_phi": "Position angle, E of N [rad]",
    "lat_free": "Free latent",
    "percentile": "Anomaly percentile, among ordinary galaxies",
    "chi2_percentile": "Reconstruction χ² [percentile]",
    "mag_r": "r [AB mag]",
}
_PROPERTY = {"redshift": "redshift", "logmass": "mass", "logsfr": "SFR", "free": "free latent", "phi": "position angle"}
_PROPERTY |= {"z": "redshift", "logssfr": "sSFR"}
_EXPRESSION = re.compile(r"[()*+/%`<>-]")  # what no column of ours is called by
_LOGARITHM = re.compile(r"log10\((\w+)\)")
_UNITS = {"dex": "dex", "deg": "deg", "rad": "rad", "mag": "mag", "arcsec": "arcsec", "kpc": "kpc"}


def name_column(column: str) -> str:
    """Short name of a column, for a menu; an expression stands as it was typed."""
    if column in _NAMES:
        return _NAMES[column]
    if _EXPRESSION.search(column):
        log = _LOGARITHM.fullmatch(column)
        return f"log₁₀ {name_column(log[1])}" if log else column
    head, _, tail = column.partition("_")
    base, _, end = column.rpartition("_")
    if column.startswith("mag_") and column.count("_") == 1:
        return f"{tail} magnitude"
    if head in ("condz", "split") and tail in _PROPERTY:
        what = _PROPERTY[tail]
        return f"{what}, conditional z-score" if head == "condz" else f"contribution of {what} to d²"
    if end in ("sigma", "err") and base.removeprefix("lat_") in _PROPERTY:
        return f"{'Error' if end == 'sigma' else 'Catalogue error'} of {_PROPERTY[base.removeprefix('lat_')]}"
    if end == "true" and base in _PROPERTY:
        return f"True {_PROPERTY[base]} (mock)"
    words = column.replace("_", " ")
    return words[:1].upper() + words[1:]


def title_pair(y: str, x: str) -> str:
    """Say in a title that one column is shown against another."""
    up, across = name_column(y), name_column(x)
    if across[1:2].islower():  # no abbreviation
        across = across[0].lower() + across[1:]
    return f"{up[:1].upper()}{up[1:]} against {across}"


def title_axis(column: str) -> str:
    """Title of an axis: what is along it, and its unit."""
    if column in AXES:
        return AXES[column]
    if log := _LOGARITHM.fullmatch(column):
        return f"log₁₀ {title_axis(log[1])}"
    known = find_column(column)
    unit = _UNITS.get(known.unit, "") if known else ""
    return f"{name_column(column)} [{unit}]" if unit else name_column(column)


def format_measurement(value: float, sigma: float, unit: str = "") -> str:
    """Value, error, unit, with as many digits as the error allows (two of its own)."""
    if not math.isfinite(sigma) or sigma <= 0:
        return f"{value:.3g} {unit}".strip()
    digits = max(0, min(5, 1 - math.floor(math.log10(sigma))))
    return f"{value:.{digits}f} ± {sigma:.{digits}f} {unit}".strip()


def format_angle(arcsec: float) -> str:
    """Write an angle on the sky in the unit that suits it: 2.31″, 4.5′ or 3.2°."""
    for size, unit in ((3600, "°"), (60, "′")):
        if arcsec >= size:
            return f"{arcsec / size:.3g}{unit}"
    return f"{arcsec:.2f}″"
