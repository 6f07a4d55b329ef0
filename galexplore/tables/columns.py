"""What each column of a table is called, means and may hold."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, pi

import pandas as pd

from galexplore.latents import LABELLED, LATENTS, LOGSSFR, QUANTILES, UNITS
from galexplore.survey import DECALS


@dataclass(frozen=True)
class Column:
    """What a column holds: unit (as astropy spells it), UCD (IVOA UCD1+), a sentence, its type and its bounds."""

    unit: str
    ucd: str
    description: str
    dtype: str = "float64"
    low: float = -inf
    high: float = inf


def _columns() -> dict[str, Column]:
    """List every column that the project reads or writes."""
    c = {
        "id": Column("", "meta.id;meta.main", "Identifier, exact as given", "str"),
        "ra": Column("deg", "pos.eq.ra;meta.main", "Right ascension, ICRS", low=0, high=360),
        "dec": Column("deg", "pos.eq.dec;meta.main", "Declination, ICRS", low=-90, high=90),
        "z": Column("", "src.redshift", "Redshift", low=-0.1, high=20),
        "logmass": Column("dex", "phys.mass", "Log10 of the stellar mass in solar masses", low=0, high=15),
        "logsfr": Column("dex", "phys.SFR", "Log10 of the star-formation rate in solar masses a year", low=-30, high=6),
        "phi": Column("rad", "pos.posAng", "Position angle of the major axis, E of N", low=-2 * pi, high=2 * pi),
    }
    for name in ("z", "logmass", "logsfr", "phi"):
        label = c[name]
        c[f"{name}_true"] = replace(label, description=f"{label.description}: the mock's truth, before any error")
        described = f"Standard error: {label.description[0].lower()}{label.description[1:]}"
        c[f"{name}_err"] = Column(label.unit, f"stat.error;{label.ucd}", described, low=0)
    c |= {
        "population": Column("", "meta.code.class", "ordinary, or the rare kind it is one of", "str"),
        "split": Column("", "meta.code", "train, validation, calibration or test", "str"),
        "source": Column("", "meta.ref", "Where the row's labels come from", "str"),
        "ba": Column("", "phys.size.axisRatio", "Axis ratio of the projected disc", low=0, high=1),
        "re_arcsec": Column("arcsec", "phys.angSize", "Half-light radius along the major axis", low=0),
        "bulge_fraction": Column("", "arith.ratio", "Bulge to total light in r", low=0, high=1),
        "av": Column("mag", "phys.absorption", "Dust attenuation in V", low=0),
        "ebv": Column("mag", "phot.color.excess", "E(B-V) of our own Galaxy's dust, as it was removed", low=0),
    }
    for band in DECALS.bands:  # those of the embedded catalogue, and their camera
        c |= _describe_band(band, f"DECam {band}")
    return c | _latent_columns() | _posterior_columns() | _derived_columns()


#: UCDs of bands: the part of the spectrum in which each lies.
_SPECTRUM = {"u": "em.opt.U", "g": "em.opt.B", "r": "em.opt.R", "i": "em.opt.I", "z": "em.opt.I", "y": "em.opt.I"}
_SPECTRUM |= {"j": "em.IR.J", "h": "em.IR.H", "k": "em.IR.K"}


def _describe_band(band: str, title: str) -> dict[str, Column]:
    """Describe the magnitude of a band, and its error."""
    where = f"phot.mag;{_SPECTRUM[band]}" if band in _SPECTRUM else "phot.mag"
    error = Column("mag", f"stat.error;{where}", f"Its standard error in {band}", low=0)
    return {f"mag_{band}": Column("mag", where, f"AB magnitude in {title}"), f"mag_{band}_err": error}


def _latent_columns() -> dict[str, Column]:
    """List the columns that the model adds to a galaxy."""
    c = {}
    units = UNITS | {"logmass": "dex", "logsfr": "dex"}
    ucds = {"phi": "pos.posAng", "redshift": "src.redshift", "logmass": "phys.mass", "logsfr": "phys.SFR"}
    for name in LATENTS:
        ucd = ucds.get(name, "stat")
        c[f"lat_{name}"] = Column(units[name], f"{ucd};meta.modelled", f"Latent {name}: posterior mean")
        described = f"Latent {name}: calibrated standard error"
        c[f"lat_{name}_sigma"] = Column(units[name], f"stat.error;{ucd}", described, low=0)
    for axis in "xy":
        c[f"umap_{axis}"] = Column("", "pos.cartesian." + axis, f"Map position, {axis}: for visualisation only")
    return c | {
        "distance2": Column("", "stat.value", "Squared Mahalanobis distance from the ordinary galaxies", low=0),
        "percentile": Column("", "stat.rank", "Percentage of ordinary galaxies that are less rare", low=0, high=100),
        "statement": Column("", "meta.note", "What makes the galaxy odd: a property and its side, or a caveat", "str"),
        "statement_share": Column("", "stat.probability", "Probability that it is this property", low=0, high=1),
        "suspicion": Column(
            "", "meta.code", "What it may be instead of a galaxy: line (trail, bad column), empty (sky) or star", "str"
        ),
        "contamination": Column("", "arith.ratio", "Light of a neighbour within 4 arcsec over the middle's"),
        "blend": Column("", "stat.value", "How far its light is from one galaxy's: above 1, of two", low=0),
        "chi2": Column("", "stat.fit.chi2", "Reconstruction chi2 a pixel", low=0),
        "mag_aperture": Column("mag", "phot.mag;em.opt.R", "AB magnitude in r within 5 arcsec of the image's middle"),
        "feature_distance": Column(
            "", "stat.value", "Distance from the galaxies that taught the model, about 1 for these", low=0
        ),
        "verdict": Column(
            "", "meta.code", "located, approximate, outside (the training distribution) or refused", "str"
        ),
        "detail": Column("", "meta.note", "Why there is no answer, or how far it can be trusted", "str"),
        "gap": Column("", "stat.value", "Latent distance to the tenth nearest ordinary galaxy", low=0),
        "feature_x": Column(
            "", "pos.cartesian.x", "Position on the map of the encoder's features, x: for visualisation only"
        ),
        "feature_y": Column(
            "", "pos.cartesian.y", "Position on the map of the encoder's features, y: for visualisation only"
        ),
        "coverage_redshift": Column(
            "",
            "arith.ratio",
            "Share of the nearest held-out galaxies whose redshift is in its 68 % interval",
            low=0,
            high=1,
        ),
        "preservation": Column("", "arith.ratio", "Share of the nearest galaxies that the map keeps", low=0, high=1),
    }


def _posterior_columns() -> dict[str, Column]:
    """List the columns that say what a joint posterior says of a galaxy, and the redshift that it was told."""
    said = {
        "redshift": Column("", "src.redshift", "redshift", low=0),
        "logmass": Column("dex", "phys.mass", "log10 of the stellar mass in solar masses"),
        "logsfr": Column("dex", "phys.SFR", "log10 of the star-formation rate in solar masses a year"),
        LOGSSFR: Column("dex", "phys.SFR;arith.ratio", "log10 of the specific star-formation rate in 1/yr"),
    }
    c = {}
    for name, of in said.items():
        for key, probability in QUANTILES.items():
            described = f"Quantile {probability:g} of the joint posterior: {of.description}"
            c[f"{name}_{key}"] = replace(of, ucd=f"{of.ucd};stat.value", description=described)
    for one, other in combinations(LABELLED, 2):
        described = f"Posterior correlation of {_IN_WORDS[one]} and {_IN_WORDS[other]}"
        c[f"corr_{one}_{other}"] = Column("", "stat.correlation", described, low=-1, high=1)
    c["given_redshift"] = Column("", "src.redshift", "Redshift known otherwise, for which the answer holds", low=0)
    c["given_redshift_error"] = Column("", "stat.error;src.redshift", "Its standard error", low=0)
    return c


def _derived_columns() -> dict[str, Column]:
    """List the columns that follow from others, by the catalogue's redshift, mass and SFR and by those inferred."""
    derived = {
        LOGSSFR: Column("dex", "phys.SFR;arith.ratio", "log10 of the specific star-formation rate in 1/yr"),
        "ms_offset": Column("dex", "phys.SFR;arith.diff", "Log SFR less that of the main sequence (Popesso+ 2023)"),
        "size_kpc": Column("kpc", "phys.size.radius", "Half-light radius along the major axis, proper", low=0),
        "absmag": Column("mag", "phys.magAbs", "Absolute AB magnitude in the reference band, without k-correction"),
        "rest_gr": Column("mag", "phot.color;em.opt.B;em.opt.R", "Rest-frame g - r of SDSS, AB"),
        "rest_absmag": Column("mag", "phys.magAbs;em.opt.R", "Absolute AB magnitude in SDSS r, k-corrected"),
    }
    inferred = {
        f"lat_{name}": replace(c, ucd=f"{c.ucd};meta.modelled", description=f"{c.description}; by what is inferred")
        for name, c in derived.items()
    }
    return derived | inferred


_IN_WORDS = {"redshift": "ln redshift", "logmass": "log mass", "logsfr": "log SFR"}

#: Every column that the project reads or writes, in the order in which they are shown.
COLUMNS: dict[str, Column] = _columns()
MOST_WORDS = 20
ORDINARY = "ordinary"  # the population that defines what is usual


def set_aside(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Rename the columns of a catalogue that are called as others which will join it, to `<name>_catalogue`."""
    taken, renamed = set(table) | set(names), {}
    for name in table.columns.intersection(pd.Index(list(names))):
        new = f"{name}_catalogue"
        while new in taken:
            new += "_"
        taken.add(new)
        renamed[name] = new
    return table.rename(columns=renamed)


def fill_population(table: pd.DataFrame) -> pd.DataFrame:
    """Call every galaxy ordinary of which a catalogue does not say what it is."""
    kinds = table["population"] if "population" in table else pd.Series("", index=table.index)
    return table.assign(population=kinds.astype(object).where(kinds.notna() & (kinds != ""), ORDINARY).astype(str))


def find_column(name: str) -> Column | None:
    """Find what a column holds: one of `COLUMNS`, or the magnitude of whatever band; None where it is not known."""
    band = re.fullmatch("mag_([a-z])(_err)?", name)
    return COLUMNS.get(name) or (_describe_band(band[1], band[1])[name] if band else None)


def list_words(table: pd.DataFrame) -> list[str]:
    """Columns of a few words each, such as the split, that a galaxy can be coloured by; the population aside."""
    text = [c for c in map(str, table) if not pd.api.types.is_numeric_dtype(table[c]) and c not in ("id", "population")]
    return [c for c in text if 1 < table[c].nunique() <= MOST_WORDS]


def list_columns(table: pd.DataFrame) -> list[str]:
    """Columns that a galaxy can be plotted or coloured by: numbers that are not all alike."""
    numeric = [c for c in map(str, table) if pd.api.types.is_numeric_dtype(table[c]) and c != "seed"]
    several = [c for c in numeric if table[c].min() < table[c].max()]
    return sorted(several, key=lambda c: (not c.startswith("lat_") or c.endswith("_sigma"), find_column(c) is None))
