"""What measures a block of images: a model or its student, loaded once a process, in batches of one size."""

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from galexplore.cutouts.artefacts import measure_artefacts
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.images import Observed
from galexplore.latents import ANY_ANGLE, LATENTS, MEANS, SIGMAS, angle_difference, wrap_angle
from galexplore.network.embed import Embedder, use_one_thread
from galexplore.network.embed_student import StudentEmbedder
from galexplore.places import DATA, find_model
from galexplore.posterior.domain import DISTANCE, EDGE, FILLED, OUTSIDE, PROBABILITIES, SAFE, Domain, Validity
from galexplore.sources.kept import KEPT
from galexplore.sources.partitions import Block
from galexplore.survey import Survey
from galexplore.tables import catalogue

#: Images that go through a network at once. The last batch is padded to that, for what comes of an image may differ in
#: its last bits with the size of its batch.
TEACHER_BATCH, STUDENT_BATCH = 64, 64
SAMPLE = 1000  # one galaxy in so many of a student's is looked at by its teacher too
CHECK_BATCH = 1  # each by itself: a block has one or two, and padding costs the teacher's time
#: Columns of a table of measured galaxies, and what stands for those that were not.
TEXT = ["id", "verdict", "detail"]
NUMBERS = [*MEANS, *SIGMAS, "chi2", "mag_aperture", DISTANCE, "ebv"]
_INNER = 6.0  # arcsec: the inner frame, which a galaxy's light fills


@dataclass(frozen=True)
class Instrument:
    """A model as it measures surveys.

    Attributes
    ----------
    embedder : Embedder
        The teacher.
    student : StudentEmbedder or None
        That measures instead, where one does.
    told : (bool, bool)
        Whether the model has learnt to be told the seeing, and of dust that remains.
    """

    embedder: Embedder
    student: StudentEmbedder | None = None
    told: tuple[bool, bool] = (True, True)

    @property
    def survey(self) -> Survey:
        """What it reads."""
        return self.embedder.survey

    def measure(self, block: Block) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Measure a block.

        Returns
        -------
        table : DataFrame (N)
            `id`, `ra`, `dec`, `verdict` (located, approximate, outside or refused), `detail` (why) and `NUMBERS`, NaN
            of what was refused, or is outside of what the model has learnt.
        check : DataFrame (K)
            Of those that the teacher looked at too: the student's latents less the teacher's, in its sigmas.
        """
        observed = self._observe(block.observed)
        # Columns as arrays: in a frame, what follows costs a fifth of what the network does.
        numbers = {str(name): column.to_numpy() for name, column in self._run(block, observed).items()}
        numbers["lat_phi"] = wrap_angle(numbers["lat_phi"] + block.angle)
        numbers["ebv"] = block.ebv
        check = self._check(block, observed, numbers)
        verdict, detail = self._judge(block, numbers)
        good = np.flatnonzero(block.good)
        verdicts, details = ["refused"] * len(block.rows), list(block.refusals)
        for i, said, why in zip(good.tolist(), verdict, detail, strict=True):
            verdicts[i], details[i] = said, why
        whole = np.full((len(block.rows), len(NUMBERS)), np.nan, np.float32)
        for column, name in enumerate(NUMBERS):
            if name in numbers:
                whole[good, column] = numbers[name]
        table = block.rows[["id", "ra", "dec"]].reset_index(drop=True).assign(verdict=verdicts, detail=details)
        return pd.concat([table, pd.DataFrame(whole, columns=NUMBERS)], axis=1), check

    def _observe(self, observed: Observed) -> Observed:
        """Say what the model is told: the seeing of all bands or of none, and only what it has learnt to be told."""
        known = np.isfinite(observed.seeing).all(axis=1, keepdims=True) & self.told[0]
        return Observed(np.where(known, observed.seeing, np.nan), observed.dusty & self.told[1])

    def _run(self, block: Block, observed: Observed) -> pd.DataFrame:
        if self.student is not None:
            return _in_batches(self.student.read, block.flux, None, observed, STUDENT_BATCH)
        return _in_batches(self._look, block.flux, block.valid, observed, TEACHER_BATCH)

    def _look(
        self, flux: np.ndarray, observed: Observed, valid: np.ndarray | None = None, batch: int = 0
    ) -> tuple[pd.DataFrame, None]:
        table, features = self.embedder.read(flux, valid, observed, batch=batch)
        if self.embedder.domain is not None:
            shown = measure_artefacts(flux, self.survey)
            table = table.join(self.embedder.domain.measure(features, shown))
        return table, None

    def _check(self, block: Block, observed: Observed, numbers: dict[str, np.ndarray]) -> pd.DataFrame:
        """Let the teacher look once at one galaxy in a thousand, chosen by its id alone.

        Its eight looks would cost as much as the student's at all the others.
        """
        ids = block.rows["id"].to_numpy(object)[block.good] if self.student is not None else []
        some = np.array([i for i, name in enumerate(ids) if zlib.crc32(str(name).encode()) % SAMPLE == 0], int)
        if not len(some):
            return pd.DataFrame(columns=MEANS, dtype=float)
        theirs = self.embedder.glance(block.flux[some], observed[some], CHECK_BATCH)
        off = {}
        for latent, mean, sigma in zip(LATENTS, MEANS, SIGMAS, strict=True):
            one, other = numbers[mean][some], theirs[mean].to_numpy()
            if latent == "phi":
                other = other + block.angle[some]
            off[mean] = (angle_difference(one, other) if latent == "phi" else one - other) / theirs[sigma].to_numpy()
        return pd.DataFrame(off)

    def _judge(self, block: Block, numbers: dict[str, np.ndarray]) -> tuple[list[str], list[str]]:
        """Judge by the model's domain; in place, sigmas widen at the edge and what is outside has no numbers."""
        verdicts = np.where(block.approximate, "approximate", "located").tolist()
        details, wider = [""] * len(verdicts), np.ones(len(verdicts))
        finite = np.logical_and.reduce([np.isfinite(numbers[name]) for name in (*MEANS, *SIGMAS)])
        said = _validate(self.student.domain if self.student else self.embedder.domain, numbers, self._fill(block))
        for i, validity in said.items():
            details[i] = validity.sentence
            if validity.state == EDGE:
                wider[i] = validity.widening
            elif validity.state == OUTSIDE:
                verdicts[i] = "outside"
        for i in map(int, np.flatnonzero(~finite)):
            verdicts[i], details[i] = "refused", "the model has no finite answer to these pixels"
        numbers |= {name: numbers[name] * wider for name in SIGMAS}
        numbers[SIGMAS[0]] = np.minimum(numbers[SIGMAS[0]], ANY_ANGLE)
        lost = np.array([verdict in ("outside", "refused") for verdict in verdicts], bool)
        if lost.any():
            numbers |= {name: np.where(lost, np.nan, numbers[name]) for name in (*MEANS, *SIGMAS)}
        return verdicts, details

    def _fill(self, block: Block) -> np.ndarray:
        """Share (M,) of the inner frame's pixels that were filled in, in the worst band."""
        if block.valid is None:
            return np.zeros(len(block.flux))
        y, x = np.mgrid[: self.survey.size, : self.survey.size] - (self.survey.size - 1) / 2
        inner = np.hypot(x, y) * self.survey.model_scale < _INNER
        return (~block.valid[..., inner]).mean(axis=-1).max(axis=-1)


def _in_batches(
    read: Callable[..., tuple[pd.DataFrame, object]],
    flux: np.ndarray,
    valid: np.ndarray | None,
    observed: Observed,
    batch: int,
) -> pd.DataFrame:
    """Measure images in batches of one size; the last one is padded by its last image."""
    n, lacking = len(flux), -len(flux) % batch
    if n and lacking:
        rows = np.append(np.arange(n), np.full(lacking, n - 1))
        flux, observed = flux[rows], observed[rows]
        valid = None if valid is None else valid[rows]
    more = {} if valid is None else {"valid": valid}
    return read(flux, observed, batch=batch, **more)[0].iloc[:n].reset_index(drop=True)


def _validate(domain: Domain | None, numbers: dict[str, np.ndarray], filled: np.ndarray) -> dict[int, Validity]:
    """Judge what may not lie inside of what a model has learnt; the rest does."""
    if domain is None or not len(filled):
        return {}
    told = {k: v for k, v in numbers.items() if k == DISTANCE or k.startswith(PROBABILITIES)}
    none = [v for k, v in told.items() if k not in (DISTANCE, f"{PROBABILITIES}galaxy")]
    odd = (told[DISTANCE] > domain.limits[0]) | (filled > FILLED[0])
    odd |= np.nansum(none, axis=0) > 1 - SAFE if none else False
    rows = np.flatnonzero(odd).tolist()
    return {i: domain.judge({k: float(v[i]) for k, v in told.items()}, float(filled[i])) for i in rows}


@lru_cache(maxsize=2)
def open_instrument(model: str, student: bool) -> Instrument:
    """Open a model, with its student where that is to measure; once a process, which keeps to one thread."""
    use_one_thread()
    threadpool_limits(1, user_api="blas")  # else numpy's small products wait for each other, in each worker
    folder = find_model(model)
    card = seal.read_card(folder)
    if faults := seal.find_faults(folder, card, but=("atlas.npz", KEPT, "pixels.npz")):
        raise InputError(next(iter(faults.values())))
    embedder, own = Embedder.load(folder), folder / "catalogue.parquet"
    frame = catalogue.read(own if own.exists() else DATA)
    seeing = bool(np.isfinite(Observed.read(frame, embedder.survey).seeing).all(axis=1).any())
    dust = bool((pd.to_numeric(frame.get("ebv", pd.Series(dtype=float)), errors="coerce") > 0).any())
    pupil = StudentEmbedder.load(folder, card["sha256"]) if student else None
    return Instrument(embedder, pupil, (seeing, dust))


def count_threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
