"""Queries of a TAP service that take longer than a connection is kept: a job is begun, looked at, its table fetched."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from galexplore.errors import InputError
from galexplore.sources.transport import ServerError, Session

LONGEST = 1200.0  # seconds that a job may take
_DONE = ("COMPLETED", "ERROR", "ABORTED")
_GOES_ON = ("QUEUED", "EXECUTING", "UNKNOWN", "HELD", "SUSPENDED")
_FIRST, _GROWS, _MOST = 1.0, 1.3, 15.0  # seconds between looks, by how much they grow, up to what


@contextmanager
def run_job(session: Session, url: str, query: str, most: int, host: str) -> Iterator[str]:
    """Run a query as a job of a service (IVOA's UWS), and give the address of its table; it is deleted after.

    Parameters
    ----------
    url : str
        Of the service, as the session asks it.
    host : str
        What it is called in a sentence.

    Raises
    ------
    ServerError
        Where the service refuses the query, in its words, or the job takes longer than `LONGEST`.
    """
    from pyvo.dal import AsyncTAPJob
    from pyvo.dal.exceptions import DALQueryError, DALServiceError

    job = None
    try:
        try:
            job = AsyncTAPJob.create(url, query, maxrec=most, session=session)
            job.run()
            _wait(session, job, host)
            job.raise_if_error()
        except DALQueryError as error:
            said = " ".join(str(error.reason or error).split())[:200]
            raise ServerError(f"the TAP service at {host} refuses the query: {said}") from error
        except DALServiceError as error:
            raise ServerError(f"the TAP service at {host} does not run the query; try again later") from error
        except InputError:
            raise
        except Exception as error:  # whatever a damaged description does to the library
            raise ServerError(f"the TAP service at {host} sends something that is no job; try again later") from error
        yield f"{job.url}/results/result"
    finally:
        with suppress(InputError, DALServiceError):  # it ends by itself, if later
            if job is not None:
                job.delete()


def _wait(session: Session, job: Any, host: str) -> None:
    """Look at a job, ever less often, until it is done."""
    ends, pause = session.clock.now() + LONGEST, _FIRST
    while (phase := job.phase) not in _DONE:
        if phase not in _GOES_ON:
            raise ServerError(f"the TAP service at {host} does not run the query; try again later")
        if session.clock.now() > ends:
            raise ServerError(f"the TAP service at {host} has not answered the query in {LONGEST / 60:.0f} minutes")
        session.clock.sleep(pause)
        pause = min(_MOST, pause * _GROWS)
