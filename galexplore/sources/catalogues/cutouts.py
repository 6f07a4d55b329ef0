"""Cutouts of a catalogue's galaxies on disk, on the model's grid, and a journal of what became of each.

`cutouts/` beside a catalogue holds `pictures.f16` (`PictureFile`: flux and its standard deviation, a checksum each) and
`journal.jsonl`, a line for each answer, written after its picture. Whoever is killed in between asks once more; what is
written is never asked for again, and a line that was cut short counts as none.
"""

import json
import math
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.errors import InputError
from galexplore.sources.kept import find_wcs
from galexplore.sources.pictures import PictureFile
from galexplore.survey import Survey

#: The folder beside a catalogue.
FOLDER = "cutouts"
JOURNAL = "journal.jsonl"
_PICTURES = "pictures.f16"
#: What becomes of a galaxy. What failed is asked for again; all others are final.
GOT, MISSING, REFUSED, FAILED = "got", "missing", "refused", "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of a galaxy.

    Attributes
    ----------
    id : str
    row : int
        Of its picture, -1 where there is none.
    state : str
        "got", "missing" (nothing was imaged there), "refused" (its image cannot be used) or "failed".
    why : str
        The sentence, where it is not "got".
    layer : str
        Of the survey's images.
    values : dict of str to float or None
        Measured columns: `phi`, `phi_err`, `ba`, `ebv`, `psf_<band>`; None where not known.
    """

    id: str
    row: int
    state: str
    why: str = ""
    layer: str = ""
    values: dict[str, float | None] = field(default_factory=dict)


class CutoutStore:
    """Pictures and the journal of a folder; one of `galexplore.images.Images`.

    Parameters
    ----------
    folder : Path
        The catalogue's; `cutouts/` in it is made when the first answer is written.
    survey : Survey
    catalogue : DataFrame, optional
        `id`, `ra`, `dec` [deg], by which a picture's place on the sky is known.
    """

    def __init__(self, folder: Path, survey: Survey, catalogue: pd.DataFrame | None = None):
        self.folder, self.survey, self.catalogue = Path(folder) / FOLDER, survey, catalogue
        self.shape = (2 * len(survey.bands), *survey.shape[1:])
        self.outcomes = {o.id: o for o in self._read()}
        self.next = 1 + max((o.row for o in self.outcomes.values()), default=-1)
        self._lock = threading.Lock()

    @classmethod
    def stands(cls, folder: Path) -> bool:
        """Whether a folder has any."""
        return (Path(folder) / FOLDER / JOURNAL).exists()

    def _read(self) -> Iterator[Outcome]:
        """Read the journal; the last word on a galaxy counts."""
        try:
            lines = (self.folder / JOURNAL).read_bytes().split(b"\n")
        except OSError:
            return
        for line in lines:
            try:
                said = json.loads(line)
                yield Outcome(**{k: said[k] for k in ("id", "row", "state", "why", "layer", "values")})
            except (ValueError, LookupError, TypeError):  # cut short, or of another tool
                continue

    def file(self) -> PictureFile:
        """Give the file of pictures, as long as they are many."""
        return PictureFile(self.folder / _PICTURES, self.next, self.shape)

    def take_row(self) -> int:
        """Give a row that no other galaxy's picture stands in."""
        with self._lock:
            self.next += 1
            return self.next - 1

    def keep(self, outcome: Outcome, flux: np.ndarray | None = None, sigma: np.ndarray | None = None) -> None:
        """Write what became of a galaxy, its picture (B, S, S) and standard deviations first.

        Raises
        ------
        OSError
            Where the disk does not take it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if flux is not None and sigma is not None:
            self.file().write(outcome.row, np.concatenate([flux, sigma]).astype(np.float16))
        said = {k: v for k, v in asdict(outcome).items() if k != "values"}
        values = {k: float(v) if v is not None and math.isfinite(v) else None for k, v in outcome.values.items()}
        line = json.dumps(said | {"values": values}).encode() + b"\n"
        with self._lock:
            handle = os.open(self.folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":  # a line that was cut short ends here
                    line = b"\n" + line
                os.write(handle, line)
            finally:
                os.close(handle)
            self.outcomes[outcome.id] = outcome

    def forget_damaged(self) -> int:
        """Read every picture, and take those that are not as they were written for failed; return how many."""
        whole = self.file().check()
        damaged = [o for o in self.outcomes.values() if o.state == GOT and not whole[o.row]]
        for one in damaged:
            self.keep(Outcome(one.id, -1, FAILED, "its picture on disk was damaged"))
        return len(damaged)

    def __contains__(self, identifier: object) -> bool:
        outcome = self.outcomes.get(identifier) if isinstance(identifier, str) else None
        return outcome is not None and outcome.state == GOT

    def get(self, ids: Sequence[str]) -> np.ndarray:
        """Return images (n, B, S, S), float16, in the order of the ids.

        Raises
        ------
        InputError
            For a galaxy without an image, or whose image is damaged.
        """
        return self._get(ids)[:, : len(self.survey.bands)]

    def get_sigma(self, ids: Sequence[str]) -> np.ndarray:
        """Return the standard deviations (n, B, S, S) of the images' pixels, infinite where nothing was seen."""
        return self._get(ids)[:, len(self.survey.bands) :]

    def _get(self, ids: Sequence[str]) -> np.ndarray:
        names = list(ids)
        if absent := [n for n in names if n not in self]:
            raise InputError(f"There is no cutout of galaxy {absent[0]!r}; galexplore fetch cutouts brings it.")
        pictures, whole = self.file().read(np.array([self.outcomes[n].row for n in names], int))
        if not whole.all():
            name = names[int(np.argmin(whole))]
            raise InputError(f"The cutout of galaxy {name!r} is damaged; galexplore fetch cutouts --check brings it.")
        return pictures

    def wcs(self, identifier: str) -> WCS | None:
        """Return where a galaxy's image lies on the sky; None where the catalogue gives no position."""
        return find_wcs(self.catalogue, identifier, self.survey)
