"""Cutouts of a selected catalogue, fetched by the thousand: told beforehand what it costs, and gone on with."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.cutouts.audit import prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.grid import resample
from galexplore.errors import InputError
from galexplore.files import measure_room, write_whole
from galexplore.locks import hold
from galexplore.sources.catalogues.angles import measure_shape
from galexplore.sources.catalogues.cutouts import FAILED, GOT, MISSING, REFUSED, CutoutStore, Outcome
from galexplore.sources.catalogues.selection import split
from galexplore.sources.limiter import A_SECOND, AT_ONCE
from galexplore.sources.servers import OutsideError, fetch_cutout
from galexplore.sources.transport import NetworkError, ServerError, Session
from galexplore.survey import Survey
from galexplore.tables import catalogue

#: What `galexplore fetch catalogue` writes, and what a training reads.
SELECTED, READY, MANIFEST = "selected.parquet", "catalogue.parquet", "manifest.json"
_REQUESTS = 2  # a galaxy: its cutout and its PSF
_BESIDE = 1.15  # of what pictures take: the journal, the catalogue, file systems' blocks


@dataclass(frozen=True)
class Cost:
    """What is still to be asked for: galaxies, requests, hours at the allowed rate, and bytes on disk."""

    galaxies: int
    requests: int
    hours: float
    size: int

    def __str__(self) -> str:
        took = f"{60 * self.hours:.0f} minutes" if self.hours < 2 else f"{self.hours:.1f} hours"
        return (
            f"{self.galaxies:,} cutouts: {self.requests:,} requests, at {A_SECOND} a second {took} at least, and "
            f"{self.size / 1e9:.2f} GB on disk"
        )


def read_selected(folder: Path) -> pd.DataFrame:
    """Read the catalogue whose cutouts are wanted.

    Raises
    ------
    InputError
        Where the folder has none.
    """
    path = Path(folder) / SELECTED
    if not path.exists():
        raise InputError(f"{folder} holds no catalogue; make one with: galexplore fetch catalogue sdss --out {folder}")
    return catalogue.read(path)


def list_left(frame: pd.DataFrame, store: CutoutStore) -> list[int]:
    """List the rows that have no answer yet, or failed in a way that may pass."""
    states = {i: o.state for i, o in store.outcomes.items()}
    return [k for k, i in enumerate(frame["id"]) if states.get(i, FAILED) == FAILED]


def estimate(folder: Path, survey: Survey) -> Cost:
    """Estimate what fetching the rest costs, before a request is sent; raises as `read_selected` does."""
    store = CutoutStore(folder, survey)
    n = len(list_left(read_selected(folder), store))
    return Cost(n, _REQUESTS * n, _REQUESTS * n / A_SECOND / 3600, estimate_size(n, store))


def estimate_size(n: int, store: CutoutStore) -> int:
    """Estimate the bytes that so many cutouts take on disk."""
    return round(n * store.file().record * _BESIDE)


def fetch_cutouts(
    folder: Path,
    session: Session,
    survey: Survey,
    progress: Callable[[int, int], None] = lambda done, of: None,
    check: bool = False,
) -> dict:
    """Fetch what is missing, and write the catalogue that a training reads and the manifest.

    Parameters
    ----------
    folder : Path
        With `selected.parquet`.
    check : bool
        Whether pictures that are there are read first, and damaged ones fetched again.

    Returns
    -------
    dict
        The manifest: `asked`, `got`, `missing`, `refused`, `failed` (counts) and `why` (sentences with their counts).

    Raises
    ------
    NetworkError
        Where there is no network: what came until then is kept.
    InputError
        Where the folder holds no catalogue, the disk has too little room, or another process fetches into it.
    """
    folder = Path(folder)
    frame = read_selected(folder)
    with hold(folder / ".fetching", f"Cutouts of {folder.name!r} are being fetched"):
        store = CutoutStore(folder, survey, frame)
        if check:
            store.forget_damaged()
        left = list_left(frame, store)
        need = estimate_size(len(left), store)
        if need > measure_room(folder):
            raise InputError(
                f"{len(left):,} cutouts take {need / 1e9:.1f} GB, and {measure_room(folder) / 1e9:.1f} are free in "
                f"{folder}; make room, or select fewer galaxies with --n."
            )
        try:
            _fetch_all(frame, left, store, session, survey, progress)
        finally:
            manifest = write_ready(folder, frame, store, survey)
    return manifest


def _fetch_all(
    frame: pd.DataFrame,
    left: list[int],
    store: CutoutStore,
    session: Session,
    survey: Survey,
    progress: Callable[[int, int], None],
) -> None:
    """Fetch rows, as many at once as the session lets; without a network all stop."""
    stop, done = threading.Event(), len(frame) - len(left)
    progress(done, len(frame))

    def fetch(k: int) -> None:
        if not stop.is_set():
            fetch_one(frame.iloc[k], store, session, survey)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(fetch, k) for k in left]
        try:
            for future in as_completed(futures):
                future.result()
                done += 1
                progress(done, len(frame))
        except BaseException:
            stop.set()
            raise


def fetch_one(row: pd.Series, store: CutoutStore, session: Session, survey: Survey) -> None:
    """Fetch one galaxy's cutout, and keep what became of it."""
    name = str(row["id"])
    try:
        fetched = fetch_cutout(session, float(row["ra"]), float(row["dec"]), survey, name=name)
    except NetworkError:
        raise
    except OutsideError as error:
        store.keep(Outcome(name, -1, MISSING, str(error)))
    except ServerError as error:
        store.keep(Outcome(name, -1, FAILED, str(error)))
    except InputError as error:
        store.keep(Outcome(name, -1, REFUSED, str(error)))
    else:
        keep_cutout(name, fetched.cutout, fetched.layer, store, survey)


def keep_cutout(name: str, cutout: Cutout, layer: str, store: CutoutStore, survey: Survey) -> None:
    """Prepare a galaxy's cutout as an upload is, measure it, and keep it; or why it cannot be used."""
    try:
        prepared = prepare(cutout, survey)
    except InputError as error:
        store.keep(Outcome(name, -1, REFUSED, str(error)))
        return
    shape = measure_shape(prepared.flux, survey)
    values = {"phi": float(np.mod(shape.phi + prepared.angle, np.pi)), "phi_err": shape.phi_err, "ba": shape.ba}
    values |= {f"psf_{b}": float(w) for b, w in zip(survey.bands, prepared.seeing, strict=True)}
    values |= {"ebv": prepared.dust.ebv if prepared.dust.ebv is not None else np.nan}
    sigma = _average_sigma(cutout, survey)
    brighter = 10 ** (0.4 * (prepared.dust.ebv or 0.0) * np.array(survey.extinction))  # as the flux became
    outcome = Outcome(name, store.take_row(), GOT, layer=layer, values=dict(values))
    store.keep(outcome, prepared.flux, sigma * brighter[:, None, None])


def _average_sigma(cutout: Cutout, survey: Survey) -> np.ndarray:
    """Give the standard deviation (B, S, S) of the model's pixels by the cutout's inverse variance, else infinite."""
    if cutout.invvar is None or cutout.pixel_scale is None:
        return np.full(survey.shape, np.inf, np.float32)
    with np.errstate(divide="ignore"):
        variance = np.where(cutout.invvar > 0, 1 / cutout.invvar, np.nan)
    averaged = resample(variance.astype(np.float32), cutout.pixel_scale, survey)
    pixels = (survey.model_scale / cutout.pixel_scale) ** 2  # native ones of which a model's is the mean
    return np.sqrt(np.where(np.isfinite(averaged), averaged / pixels, np.inf)).astype(np.float32)


def write_ready(folder: Path, frame: pd.DataFrame, store: CutoutStore, survey: Survey) -> dict:
    """Write the catalogue of the galaxies that have images, with what was measured on them, and the manifest."""
    outcomes = [store.outcomes.get(i) or Outcome(i, -1, FAILED, "not asked for yet") for i in frame["id"]]
    counts = Counter(o.state for o in outcomes)
    manifest: dict = {"asked": len(frame)} | {s: counts[s] for s in (GOT, MISSING, REFUSED, FAILED)}
    manifest["why"] = dict(Counter(f"{o.state}: {o.why}" for o in outcomes if o.why).most_common())
    manifest["not_got"] = {o.id: o.why for o in outcomes if o.state != GOT}
    manifest["layers"] = dict(Counter(o.layer for o in outcomes if o.layer))
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
    ready = frame[[o.state == GOT for o in outcomes]].reset_index(drop=True)
    if len(ready):
        measured = pd.DataFrame([o.values for o in outcomes if o.state == GOT], dtype=float)
        ready = ready.drop(columns=[c for c in measured if c in ready]).join(measured)
        rare = ready["split"].eq("rare") if "split" in ready else pd.Series(False, ready.index)
        ready["split"] = np.where(rare, "rare", "")
        ready.loc[~rare, "split"] = split(ready.loc[~rare, "id"])
        ready.attrs = frame.attrs | {"cutouts": {k: manifest[k] for k in ("asked", GOT, MISSING, REFUSED, FAILED)}}
        catalogue.write(ready, folder / READY)
    return manifest
