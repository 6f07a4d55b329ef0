"""Rows of a simulated catalogue to pictures, in a folder named by what they are drawn from."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.cutouts.grid import resample
from galexplore.mock import render
from galexplore.mock.rows import Row, read_rows
from galexplore.sources.pictures import FILE, FORMER, Overflow, PictureFile
from galexplore.survey import DECALS, Survey

#: Columns that change no picture; magnitudes and errors of labels change none either.
_NOT_DRAWN = {"ra", "dec", "z", "logmass", "logsfr", "phi", "split", "population", "selection", "kind", "file"}
_NOT_DRAWN |= {"neighbour_flux"}


def draw_pixels(row: Row, survey: Survey, alone: bool = False) -> np.ndarray:
    """Render one row and average it onto the model's grid: float16 (B, S, S), nanomaggies a native pixel.

    As it would be seen, or `alone`: without neighbours, sky and noise.
    """
    picture = render.render_clean(row, survey, neighbours=False) if alone else render.render(row, survey)
    return resample(picture, survey.pixel_scale, survey).astype(np.float16)


def draw_rows(rows: pd.DataFrame, survey: Survey, alone: bool = False) -> Iterator[np.ndarray]:
    """Render rows, one after another, as `draw_pixels` does."""
    return (draw_pixels(row, survey, alone) for row in read_rows(rows))


def digest(catalogue: pd.DataFrame, survey: Survey) -> str:
    """Hash of every parameter that a picture depends on, of the renderer's version and of the survey."""
    left_out = _NOT_DRAWN | {f"mag_{b}" for b in survey.bands}
    drawn = sorted(c for c in catalogue.columns if c not in left_out and not c.endswith("_err"))
    hashes = pd.util.hash_pandas_object(catalogue[drawn], index=False).to_numpy()
    # Pictures of the embedded survey were kept before there were others, and are found again under that name.
    other = "" if survey == DECALS else json.dumps(survey.to_dict())
    return hashlib.sha256(hashes.tobytes() + f"{drawn}{render.VERSION}{other}".encode()).hexdigest()[:16]


class Segment:
    """Pictures of some rows of a catalogue, in a folder named by what they are drawn from.

    What a killed process left half written, or time or a person has damaged, is drawn again.

    Parameters
    ----------
    rows : DataFrame
    survey : Survey
    folder : Path
        Where the folder stands, or is made when the first picture is kept.
    overflow : Overflow
        Takes what the disk does not.
    alone : bool
        Whether the galaxies are drawn without all else: as of `draw_pixels`.
    """

    def __init__(self, rows: pd.DataFrame, survey: Survey, folder: Path, overflow: Overflow, alone: bool = False):
        self.rows, self.survey, self.overflow, self.alone = rows, survey, overflow, alone
        own = Path(folder) / f"{'alone' if alone else 'mock'}-{digest(rows, survey)}"
        self.file = PictureFile(own / FILE, len(rows), survey.shape)
        for name in FORMER:
            with suppress(OSError):
                (own / name).unlink(missing_ok=True)

    def get(self, rows: np.ndarray) -> np.ndarray:
        """Return pictures (k, B, S, S), those drawn that are not there."""
        pictures, whole = self.file.read(rows)
        missing = np.flatnonzero(~whole)
        for start in range(0, len(missing), 256):
            part = missing[start : start + 256]
            absent, at = np.unique(rows[part], return_inverse=True)
            pictures[part] = self._draw(absent)[at]
        return pictures

    def _draw(self, rows: np.ndarray) -> np.ndarray:
        """Draw pictures and keep them; those that are held in memory are only kept."""
        held = [self.overflow.find(self.file, int(row)) for row in rows]
        absent = [row for row, one in zip(rows, held, strict=True) if one is None]
        drawn = draw_rows(self.rows.iloc[absent], self.survey, self.alone)
        pictures = [next(drawn) if one is None else one for one in held]
        for row, picture in zip(rows, pictures, strict=True):
            self.overflow.keep(self.file, int(row), picture)
        return np.stack(pictures)
