"""What came of each of many files: a verdict in a word, and the table of all."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from galexplore.cutouts.cutout import Check
from galexplore.explore.embedded import Embedded
from galexplore.explore.intervals import POSTERIOR, summarise
from galexplore.explore.location import Location
from galexplore.files import bare_name
from galexplore.latents import MEANS, SIGMAS
from galexplore.posterior.domain import OUTSIDE

#: A file: its path, or its bytes and what to call them.
File = str | os.PathLike[str] | tuple[bytes, str]

#: What is known of a galaxy that was located.
NUMBERS = [*MEANS, *SIGMAS, "umap_x", "umap_y", "distance2", "percentile", "chi2", "mag_aperture"]
#: The redshift that a galaxy was told.
GIVEN = ["given_redshift", "given_redshift_error"]


def name_file(file: File) -> str:
    """Bare, printable name of a file."""
    return bare_name(file[1] if isinstance(file, tuple) else str(file))


def find_path(file: File) -> str:
    """Where a file came from: its path as it was given, or the name of its bytes."""
    return file[1] if isinstance(file, tuple) else str(file)


@dataclass(frozen=True)
class Verdict:
    """What came of one galaxy's files.

    Attributes
    ----------
    name, path : str
        Of the file, or of its bands'; the name bare, the path as it was given.
    embedded : Embedded or None
        Where it could be used.
    error : str
        Else one sentence, empty where only the pixel scale is missing.
    checks : tuple of Check
        The audit up to where it stopped.
    waiting : tuple of files
        The files once more, kept only where the pixel scale has to be asked for.
    simulated : bool
    conclude : callable or None
        `Explorer.conclude`: says all that follows from what is embedded.
    """

    name: str
    path: str = ""
    embedded: Embedded | None = None
    error: str = ""
    checks: tuple[Check, ...] = ()
    waiting: tuple[File, ...] = field(default=(), repr=False)
    simulated: bool = False
    conclude: Callable[[Embedded], Location] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def location(self) -> Location | None:
        """All that is said of it, put together when first asked for; None where it was refused."""
        return self.conclude(self.embedded) if self.embedded and self.conclude else None

    @property
    def answered(self) -> bool:
        """Whether it has an answer: neither refused nor outside of what the model has learnt."""
        return self.embedded is not None and self.embedded.validity.state != OUTSIDE

    @property
    def detail(self) -> str:
        """Why there is no answer, or how far it can be trusted; empty where nothing is to be said."""
        if self.embedded is None:
            return self.error
        validity = self.embedded.validity
        return validity.sentence if validity.reasons else ""

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        if self.embedded and not self.answered:
            return "outside"
        if self.embedded:
            return "approximate" if self.embedded.source.approximate else "located"
        return "refused" if self.error else "pixel scale unknown"


def list_verdicts(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Table of verdicts, a row each, in the catalogue's columns; what was refused has no numbers.

    Returns
    -------
    DataFrame
        `id` (the name), `path`, `verdict`, `detail` (why it was refused, or is at the edge or outside of what the model
        has learnt; what is outside has no numbers), the latents with their sigmas, `umap_x`,
        `umap_y`, `distance2`, `percentile`, `chi2`, `mag_aperture`; `ebv` [mag], the E(B-V) that was removed, NaN where
        it is not known and nothing was; where the model has a joint posterior, what that says (`intervals.POSTERIOR`)
        and the redshift that was given (`GIVEN`).
    """
    joint = any(v.answered and v.embedded and v.embedded.posterior is not None for v in verdicts)
    columns = [*NUMBERS, "ebv", *(*POSTERIOR, *GIVEN) * joint]
    rows = list[dict[str, str | float]]()
    for v in verdicts:
        row: dict[str, str | float] = {"id": v.name, "path": v.path, "verdict": v.word, "detail": v.detail}
        row |= dict.fromkeys(columns, np.nan)
        if v.embedded and v.answered:
            row |= _list_numbers(v.embedded)
        rows.append(row)
    return pd.DataFrame(rows, columns=["id", "path", "verdict", "detail", *columns])


def _list_numbers(embedded: Embedded) -> dict[str, float]:
    """Give all that a table holds of one galaxy."""
    numbers = {c: embedded.row[c] for c in NUMBERS} | {"ebv": _find_ebv(embedded)}
    if (joint := embedded.posterior) is not None:
        numbers |= summarise(joint)
    if embedded.given:
        numbers |= dict(zip(GIVEN, (embedded.given.redshift, embedded.given.error), strict=True))
    return numbers


def _find_ebv(embedded: Embedded) -> float:
    ebv = embedded.prepared.dust.ebv
    return np.nan if ebv is None else ebv
