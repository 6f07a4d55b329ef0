"""A service asked page by page; each page is kept as it comes, so that a killed fetch goes on where it was."""

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from astropy.io import votable
from astropy.table import Table
from urllib3.util.retry import Retry

from galexplore.sources.answers import Answer
from galexplore.sources.catalogues.services import IDS, PAGE, Service
from galexplore.sources.catalogues.tap_jobs import run_job
from galexplore.sources.transport import ServerError, Session
from galexplore.tables import catalogue

SECONDS, SILENCE = 300.0, 120.0  # that a query may take, with all retries and until its first byte
_MOST = 50_000_000  # bytes of a page
#: An error 500 of a TAP service says what is wrong with the query; asking again does not mend it.
_ONCE = Retry(total=4, backoff_factor=0.5, backoff_max=8, status_forcelist=(429, 502, 503, 504))


def ask(session: Session, service: Service, query: str) -> pd.DataFrame:
    """Ask one query; ids come as text, exact.

    Raises
    ------
    ServerError, InputError
        As of `Session.fetch`; where the service says what is wrong with the query, in its words.
    """
    return _ask_skyserver(session, service, query) if service.kind == "skyserver" else ask_tap(session, service, query)


def _ask_skyserver(session: Session, service: Service, query: str) -> pd.DataFrame:
    """Ask SkyServer's SQL search for CSV, whose first line names the table."""
    frames: list[pd.DataFrame] = []

    def check(answer: Answer) -> None:
        frames.append(_read_csv(answer.body))

    session.fetch(
        service.url, {"cmd": query, "format": "csv"}, check=check, most=_MOST, seconds=SECONDS, silence=SILENCE
    )
    return frames[-1]


def _read_csv(body: bytes) -> pd.DataFrame:
    text = body.decode("utf-8", "replace")
    if not text.startswith("#Table1"):
        what = "a web page" if "<" in text[:200] else f"{' '.join(text.split())[:120]!r}"
        raise ServerError(f"SkyServer sends {what} instead of a table; try again later")
    try:
        frame = pd.read_csv(io.StringIO(text.partition("\n")[2]), dtype={"id": str})
    except (ValueError, pd.errors.ParserError) as error:
        raise ServerError("SkyServer sends a table that cannot be read; try again later") from error
    return frame.rename(columns=str.lower)


def ask_tap(session: Session, service: Service, query: str, most: int = PAGE) -> pd.DataFrame:
    """Ask a TAP service in pyvo's words, at once or by a job; raises as `ask` does, and ImportError without pyvo."""
    try:
        import pyvo
    except ImportError as error:
        raise ImportError("asking TAP services needs pyvo: pip install 'galexplore[sky]'") from error
    asked = pyvo.dal.TAPQuery(service.url, query, maxrec=most, session=session)
    host, tables = urlsplit(service.url).netloc, []

    def check(answer: Answer) -> None:
        tables.append(_read_votable(answer.body, host))

    bounds: Any = {"check": check, "most": _MOST, "seconds": SECONDS, "silence": SILENCE, "retries": _ONCE}
    try:
        if service.kind == "tap job":
            with run_job(session, session.divert(service.url), query, most, host) as address:
                session.fetch(address, **bounds)
        else:
            session.fetch(asked.queryurl, {str(k): str(v) for k, v in asked.items()}, **bounds)
    except ServerError as error:
        if error.status in (400, 500) and b"VOTABLE" in error.body[:2000]:
            _read_votable(error.body, host)  # in which it says what is wrong
        raise
    table = tables[-1]
    frame = pd.DataFrame({n.lower(): np.ma.filled(np.ma.asarray(table[n]), _blank(table[n])) for n in table.colnames})
    return frame.assign(id=frame["id"].astype(str)) if "id" in frame else frame


def _read_votable(body: bytes, host: str) -> Table:
    """Read the table of a TAP service's answer; refuse what is none, or says that the query is wrong."""
    from pyvo.dal import TAPResults
    from pyvo.dal.exceptions import DALQueryError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of VOTables that are not quite to the letter
            return TAPResults(votable.parse(io.BytesIO(body)), url=host).to_table()
    except DALQueryError as error:
        said = " ".join(str(error.reason or error).split())[:200]
        raise ServerError(f"the TAP service at {host} refuses the query: {said}") from error
    except Exception as error:  # whatever a damaged VOTable does to the library
        what = "a web page" if b"<html" in body[:500].lower() else "something that is no VOTable"
        raise ServerError(f"the TAP service at {host} sends {what}; try again later") from error


def _blank(values: np.ndarray) -> float | str | int:
    """Give what stands where a table has nothing."""
    return np.nan if values.dtype.kind == "f" else "" if values.dtype.kind in "US" else 0


def count_rows(session: Session, service: Service) -> int:
    """Ask how many galaxies a service has.

    Raises
    ------
    ServerError
        As of `ask`.
    """
    frame = ask(session, service, service.count.format(thin=""))
    if list(frame.columns) != ["n"] or len(frame) != 1:
        raise ServerError(f"{service.name} does not say how many galaxies it has; try again later")
    return int(frame["n"].iloc[0])


def fetch_pages(
    session: Session,
    service: Service,
    wanted: int,
    one_in: int,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
    page: int = PAGE,
) -> Iterator[pd.DataFrame]:
    """Yield pages of rows behind one another until enough, or all, have come.

    Parameters
    ----------
    wanted : int
    one_in : int
        Of how many rows one is asked for.
    folder : Path
        Where pages are kept, under the hash of their query.
    """
    after, done = "0", 0
    thin = service.thinned.format(one_in=one_in) if one_in > 1 else ""
    while done < wanted:
        query = service.query.format(top=min(page, wanted - done), after=after, thin=thin)
        frame = _keep_page(session, service, query, folder)
        if frame.empty:
            return
        done += len(frame)
        progress(min(done, wanted), wanted)
        yield frame
        if str(frame["id"].iloc[-1]) == after or len(frame) < min(page, wanted - done + len(frame)):
            return
        after = str(frame["id"].iloc[-1])


def fetch_chosen(
    session: Session,
    service: Service,
    ids: Sequence[str],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
    page: int = IDS,
) -> Iterator[pd.DataFrame]:
    """Yield the rows of chosen ids, page by page; kept and gone on with as by `fetch_pages`."""
    for start in range(0, len(ids), page):
        some = ids[start : start + page]
        yield _keep_page(session, service, service.query.format(ids=", ".join(some)), folder)
        progress(start + len(some), len(ids))


def _keep_page(session: Session, service: Service, query: str, folder: Path) -> pd.DataFrame:
    path = folder / f"{hashlib.sha256(query.encode()).hexdigest()[:16]}.parquet"
    if path.exists():
        return catalogue.read(path)
    frame = ask(session, service, query)
    if missing := {"id", "ra", "dec", "z"} - set(frame):
        raise ServerError(f"{service.name} sends no column {', '.join(sorted(missing))}; try again later")
    if not frame["id"].str.fullmatch(r"\d+").all():
        raise ServerError(f"{service.name} sends ids that are no whole numbers; try again later")
    folder.mkdir(parents=True, exist_ok=True)
    catalogue.write(frame, path)
    return catalogue.read(path)
