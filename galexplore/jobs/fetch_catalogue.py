"""A spectroscopic catalogue fetched, cut and kept, with where it comes from; and rare kinds of the literature in it."""

import hashlib
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galexplore.errors import InputError
from galexplore.jobs.fetch_cutouts import SELECTED
from galexplore.locks import hold
from galexplore.sources.catalogues.labels import fill_errors
from galexplore.sources.catalogues.own import read_own
from galexplore.sources.catalogues.pages import SECONDS, ask_tap, count_rows, fetch_chosen, fetch_pages
from galexplore.sources.catalogues.selection import LABELS, select, settle
from galexplore.sources.catalogues.services import IDS, PAGE, Service
from galexplore.sources.footprint import explain_outside
from galexplore.sources.limiter import A_SECOND
from galexplore.sources.transport import Session
from galexplore.tables import catalogue
from galexplore.tables.positions import to_vectors

_PAGES = "pages"
_SPARE = 1.3  # rows asked for, over those wanted: cuts and the footprint take some
_SAME = 2.0  # arcsec: a galaxy of the literature this near to a row is that row
_BYTES = 150  # a row, on disk
_OF_A_JOB = 6  # requests: it is made, begun, looked at, fetched, and each leads to its description
_Labels = TypeVar("_Labels", bound=Sized)
_NEEDED = ["id", "ra", "dec", "z"]
#: What the source of a catalogue says besides, where a stand-in answered for the servers.
STAND_IN = " as a stand-in of the servers gives it: a demonstration, not the sky"


@dataclass(frozen=True)
class Plan:
    """What fetching a catalogue costs: galaxies there are, rows to ask for, one row in so many, requests."""

    there: int
    rows: int
    one_in: int
    requests: int

    def __str__(self) -> str:
        disk = f"{self.rows * _BYTES / 1e6:.1f} MB on disk"
        if not self.requests:
            return f"no request; {self.rows:,} rows at most, {disk}"
        chosen = f"{self.there:,} galaxies there; {self.rows:,} rows to ask for, one in {self.one_in}"
        least = np.ceil(self.requests / A_SECOND)
        return (
            f"{chosen}: {self.requests:,} request{'s' * (self.requests > 1)}, at {A_SECOND} a second {least:.0f} s at "
            f"least, and up to {SECONDS / 60:.0f} min each where the service is slow; {disk}"
        )


def plan_catalogue(session: Session, service: Service, n: int, labels: Sized | None = None) -> Plan:
    """Find how many galaxies there are, and plan what to ask for.

    Parameters
    ----------
    labels : sized, optional
        Of a service that has none itself, a row for each galaxy that is asked for.

    Raises
    ------
    ServerError
        As of `Session.fetch`.
    InputError
        Where a service that has no labels gets none.
    """
    if service.labelled_by:
        there, page, more = len(_require(labels, service)), IDS, 0
    else:
        there, page, more = count_rows(session, service), PAGE, 1
    rows = min(there, round(n * _SPARE))
    requests = -(-rows // page) * (_OF_A_JOB if service.kind == "tap job" else 1) + more
    return Plan(there, rows, max(1, there // max(rows, 1)), requests)


def _require(labels: _Labels | None, service: Service) -> _Labels:
    if labels is None:
        raise InputError(f"{service.name} has no masses and SFRs by query: give --labels FILE with id, logmass, logsfr")
    return labels


def fetch_catalogue(
    service: Service,
    folder: Path,
    session: Session,
    n: int,
    plan: Plan | None = None,
    labels: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    page: int | None = None,
) -> dict:
    """Fetch a service's catalogue into a folder; a second call goes on where the first one was killed.

    Parameters
    ----------
    n : int
        Galaxies wanted at most.
    labels : DataFrame, optional
        As of `sources.catalogues.labels.read_labels`, for a service that has none: its galaxies alone are asked for.
    page : int, optional
        Rows of a request.

    Returns
    -------
    dict
        The provenance that is kept with the catalogue.

    Raises
    ------
    ServerError, InputError
        As of the service; where no row can be learnt from; where another process fetches into the folder.
    """
    folder = Path(folder)
    with hold(folder / ".fetching", f"The catalogue of {folder.name!r} is being fetched"):
        plan = plan or plan_catalogue(session, service, n, labels)
        kept = folder / _PAGES
        if service.labelled_by:
            chosen, notes = fill_errors(_choose(_require(labels, service), plan.rows))
            frames = list(fetch_chosen(session, service, list(chosen["id"]), kept, progress, page or IDS))
            frame = _join(frames, chosen)
        else:
            frames = list(fetch_pages(session, service, plan.rows, plan.one_in, kept, progress, page or PAGE))
            frame, notes = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_NEEDED), []
        asked = f"{service.title}{STAND_IN if session.stand_in else ''}"
        said: dict[str, Any] = {"source": asked, "query": service.query, "imf": service.imf, "notes": notes}
        said |= {
            "cosmology": service.cosmology,
            "citation": service.citation,
            "selection": list(service.selection),
            "one_in": plan.one_in,
        }
        provenance = keep_selected(frame, folder, said, n=n)
        for path in kept.glob("*.parquet"):
            path.unlink()
        return provenance


def _choose(labels: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Choose so many labelled galaxies within the footprint, the same ones whoever asks, in the order of their ids."""
    if {"ra", "dec"} <= set(labels):
        labels = labels[[not explain_outside(*p) for p in zip(labels["ra"], labels["dec"], strict=True)]]
        labels = labels.drop(columns=["ra", "dec"])
    order = labels["id"].map(lambda i: hashlib.sha256(str(i).encode()).hexdigest())
    chosen = labels.loc[order.sort_values().index[:rows]]
    return chosen.loc[chosen["id"].astype(np.uint64).sort_values().index].reset_index(drop=True)


def _join(frames: list[pd.DataFrame], labels: pd.DataFrame) -> pd.DataFrame:
    """Join redshifts and positions with masses and SFRs by `id`; a galaxy observed twice comes once."""
    if not frames:
        return pd.DataFrame(columns=_NEEDED)
    found = pd.concat(frames, ignore_index=True).drop_duplicates("id")
    return found.drop(columns=[c for c in labels if c in found and c != "id"]).merge(labels, on="id", how="inner")


def take_own(
    path: Path, folder: Path, mapping: Mapping[str, str], imf: str, cosmology: str, n: int | None = None
) -> tuple[dict, list[str]]:
    """Take a person's own table as the catalogue of a folder; return its provenance, and what was taken for what."""
    frame, notes = read_own(path, mapping)
    said = {"source": Path(path).name, "columns": dict(mapping), "notes": notes}
    said |= {"imf": imf or "not said", "cosmology": cosmology or "not said", "selection": []}
    return keep_selected(frame, folder, said, n=n), notes


def fetch_tap(
    url: str, query: str, folder: Path, session: Session, mapping: Mapping[str, str], imf: str, cosmology: str, n: int
) -> tuple[dict, list[str]]:
    """Ask any TAP service that a person names, as `ask_tap` does, and take its table as one's own."""
    session.allow(url)
    service = Service("tap", url, "tap", url, query, "", "", imf, cosmology, url, ())
    frame = ask_tap(session, service, query, most=n)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tap.parquet"
    catalogue.write(frame, path)
    provenance, notes = take_own(path, folder, mapping, imf, cosmology, n)
    return provenance | {"source": url, "query": query}, notes


def keep_selected(frame: pd.DataFrame, folder: Path, said: Mapping[str, Any], n: int | None = None) -> dict:
    """Cut a catalogue and write it, with its provenance, as `selected.parquet`.

    Labels that no row knows are no reason to drop any: a catalogue without SFRs teaches none.

    Raises
    ------
    InputError
        Where nothing is left, or it has no label at all.
    """
    settled = settle(frame)
    known = tuple(name for name in LABELS if np.isfinite(settled[name]).any())
    kept, dropped = select(settled, known)
    if n is not None and len(kept) > n:
        dropped["more than were asked for"] = len(kept) - n
        kept = kept.iloc[:n]
    cuts = ["z from 0.001 to 1", *(f"{name} and its error known" for name in known), "in the footprint", "no duplicate"]
    provenance: dict[str, Any] = dict(said) | {"simulated": False, "fetched": datetime.now(UTC).date().isoformat()}
    provenance |= {"selection": list(dict.fromkeys([*said["selection"], *cuts])), "dropped": dropped, "rows": len(kept)}
    if "source" not in kept:
        kept = kept.assign(source=str(said["source"]))
    kept.attrs.clear()
    kept.attrs.update(provenance)
    folder.mkdir(parents=True, exist_ok=True)
    catalogue.write(kept, folder / SELECTED)
    return provenance


def add_populations(folder: Path, lists: list[pd.DataFrame]) -> dict[str, tuple[int, int]]:
    """Add galaxies of the literature to a folder's catalogue, which no training learns from.

    One within `_SAME` of a row is that row, and takes its kind.

    Returns
    -------
    dict
        By kind: how many stand in the list, and how many of them stood in the catalogue before.
    """
    path = Path(folder) / SELECTED
    frame = catalogue.read(path) if path.exists() else pd.DataFrame({c: [] for c in ("id", "ra", "dec", "z")})
    attrs: dict[str, Any] = {str(k): v for k, v in frame.attrs.items()} or {"simulated": False, "selection": []}
    counts: dict[str, tuple[int, int]] = {}
    frame = frame.assign(**{c: "" for c in ("population", "split", "source") if c not in frame})
    for listed in lists:
        kind, citation = listed["population"].iloc[0], listed["source"].iloc[0]
        near = _find_near(frame, listed)
        frame.loc[near[near >= 0], ["population", "split"]] = [kind, "rare"]
        new = listed[near < 0].assign(split="rare")
        new = new[~new["id"].isin(frame["id"])]
        frame = pd.concat([frame, new], ignore_index=True)
        counts[kind] = (len(listed), int((near >= 0).sum()))
        attrs["populations"] = attrs.get("populations", {}) | {kind: citation}
    for column in ("population", "split", "source"):
        frame[column] = frame[column].fillna("").astype(str)
    frame.attrs.clear()
    frame.attrs.update(attrs)
    Path(folder).mkdir(parents=True, exist_ok=True)
    catalogue.write(frame, path)
    return counts


def _find_near(frame: pd.DataFrame, listed: pd.DataFrame) -> np.ndarray:
    """Row (n,) of the catalogue within `_SAME` of each listed galaxy; -1 where there is none."""
    if frame.empty:
        return np.full(len(listed), -1)
    tree = cKDTree(to_vectors(frame["ra"].to_numpy(), frame["dec"].to_numpy()))
    chord = 2 * np.sin(np.radians(_SAME / 3600) / 2)
    gap, at = tree.query(to_vectors(listed["ra"].to_numpy(), listed["dec"].to_numpy()), distance_upper_bound=chord)
    return np.where(np.isfinite(gap), at, -1)
