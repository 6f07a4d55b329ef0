"""Several files at once: each one's own verdict, single bands of one galaxy put together, and a table of all."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.explore.location import Location
from galexplore.files import bare_name
from galexplore.latents import MEANS, SIGMAS
from galexplore.survey import Survey

MOST_FILES = 60


@dataclass(frozen=True)
class Verdict:
    """What came of one galaxy's files.

    Attributes
    ----------
    name : str
        Of the file, or of the three.
    location : Location or None
        Where it could be used.
    error : str
        Else one sentence, empty where only the pixel scale is missing.
    checks : tuple of Check
        The audit up to where it stopped.
    sources : tuple of (bytes, str)
        The files once more, kept only where the pixel scale has to be asked for.
    simulated : bool
    """

    name: str
    location: Location | None = None
    error: str = ""
    checks: tuple = ()
    sources: tuple = field(default=(), repr=False)
    simulated: bool = False

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        if self.location:
            return "approximate" if self.location.source.approximate else "located"
        return "refused" if self.error else "pixel scale unknown"


def locate_many(
    locate: Callable[[Cutout], Location],
    files: Iterable[tuple[bytes, str]],
    survey: Survey,
    scale: float | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Verdict]:
    """Read files and locate what they hold; a bad one spoils no other.

    Files of a single band are put together, one of each: those whose names differ in the band's letter alone, else the
    only ones that are left over where they are as many as the bands.

    Parameters
    ----------
    locate : callable
        `Explorer.locate`.
    files : iterable of (bytes, name)
    survey : Survey
        That of the model.
    scale : float, optional
        Arcsec a pixel, for files that do not say.

    Raises
    ------
    InputError
        Where there are none, or more than 60.
    """
    files = [(data, bare_name(name)) for data, name in files]
    if not 0 < len(files) <= MOST_FILES:
        raise InputError(f"{len(files)} files were given; give 1 to {MOST_FILES} at a time")
    verdicts: list[Verdict | None] = []
    for done, source in enumerate(files, 1):
        verdicts.append(_locate((source,), locate, survey, scale))
        progress(done, len(files))
    unread = [bool(v.error) and not v.checks for v in verdicts]
    for group in _find_bands([n for _, n in files], unread, survey):
        together = _locate(tuple(files[i] for i in group), locate, survey, scale)
        if together.location or together.checks or not together.error:
            verdicts[group[0]] = together
            for i in group[1:]:
                verdicts[i] = None
    return [v for v in verdicts if v]


def _locate(sources: tuple, locate: Callable, survey: Survey, scale: float | None) -> Verdict:
    """Read one file, or one of each band, and locate the galaxy, or say why not."""
    name = ", ".join(n for _, n in sources)
    try:
        single = len(sources) == 1
        data = sources[0][0] if single else [d for d, _ in sources]
        names = name if single else [n for _, n in sources]
        cutout = read(data, survey=survey, pixel_scale=scale, name=names)
        if cutout.pixel_scale is None:
            return Verdict(name, sources=sources)
        return Verdict(name, location=locate(cutout))
    except InputError as error:
        return Verdict(name, error=str(error), checks=error.checks)


def _find_bands(names: list[str], unread: list[bool], survey: Survey) -> list[list[int]]:
    """Find sets of one file a band among those that could not be read alone: names alike but for it, else the rest."""
    band, count = re.compile(rf"(?<![^-_.\s])[{''.join(survey.bands)}](?![^-_.\s])", re.IGNORECASE), len(survey.bands)
    left = [i for i, bad in enumerate(unread) if bad]
    groups: dict[str, list[int]] = {}
    for i in left:
        letters = list(band.finditer(names[i]))
        if letters:
            start, end = letters[-1].span()
            groups.setdefault(names[i][:start] + "*" + names[i][end:], []).append(i)
    sets = [g for g in groups.values() if len(g) == count]
    left = [i for i in left if not any(i in g for g in sets)]
    return sets + ([left] if len(left) == count else [])


def settle_scale(verdict: Verdict, locate: Callable, survey: Survey, scale: float) -> Verdict:
    """Try again, with the pixel scale [arcsec], what only lacked it."""
    return _locate(verdict.sources, locate, survey, scale)


def tabulate(verdicts: list[Verdict]) -> pd.DataFrame:
    """Table of all verdicts, a row each, in the catalogue's columns; what was refused has no numbers.

    Returns
    -------
    DataFrame
        `id` (the name; made unique where two are alike), `verdict`, `detail`, the latents with their sigmas, `umap_x`,
        `umap_y`, `distance2`, `percentile`, `chi2`.
    """
    seen, rows = Counter(), []
    for v in verdicts:
        seen[v.name] += 1
        name = v.name if seen[v.name] == 1 else f"{v.name} ({seen[v.name]})"
        rows.append({"id": name, "verdict": v.word, "detail": v.error} | _numbers(v.location))
    return pd.DataFrame(rows)


def _numbers(location: Location | None) -> dict[str, float]:
    """Numbers of one location by column name; NaN where there is none."""
    columns = [*MEANS, *SIGMAS, "umap_x", "umap_y", "distance2", "percentile", "chi2"]
    if location is None:
        return dict.fromkeys(columns, np.nan)
    odd = (float(location.oddness.distance2[0]), location.rarity, location.chi2)
    return dict(zip(columns, (*location.latents, *location.sigma, *location.position, *odd), strict=True))


def mark_simulated(verdict: Verdict) -> Verdict:
    """Say of a verdict that its galaxy is simulated."""
    return replace(verdict, simulated=True)
