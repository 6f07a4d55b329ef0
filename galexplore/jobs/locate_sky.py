"""A list of names and positions on the sky, located in the background, and gone on with where it was stopped."""

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.locate_many import locate_cutout
from galexplore.explore.verdicts import Verdict, list_verdicts
from galexplore.files import write_whole
from galexplore.sources.servers import OutsideError, SkyCutout, fetch_cutout
from galexplore.sources.sesame import UnknownNameError, find_place
from galexplore.sources.transport import NetworkError, ServerError, Session
from galexplore.tables.lists import read_list
from galexplore.tables.positions import parse_position

MOST = 500  # names or positions of a list
_LARGEST_KEPT = 1_000_000  # bytes of a list that was kept
_AT_ONCE = 4  # as many as the session lets ask at once
#: What is final: to ask again would bring the same.
_FINAL = (OutsideError, UnknownNameError)


@dataclass(frozen=True)
class Target:
    """One line of a list: what to call it, and what is looked for, a name or a position."""

    name: str
    sought: str


def read_targets(data: bytes) -> list[Target]:
    """Read a list: a name or a position on each line, or a table with positions.

    Raises
    ------
    InputError
        Where there are none, or more than `MOST`.
    """
    lines = _list_lines(data)
    if lines and all(_is_position(line) for line in lines):
        targets = [Target(line, line) for line in lines]
    else:
        targets = _read_table(data)
        if not targets or (lines and not _is_table(lines, len(targets))):
            targets = [Target(line, line) for line in lines]
    if not 0 < len(targets) <= MOST:
        raise InputError(
            f"the list has {len(targets):,} names or positions; give 1 to {MOST}, one a line or as a table"
        )
    return _tell_apart(targets)


def _list_lines(data: bytes) -> list[str]:
    """List the lines of a text, without blank ones and comments; none of what is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    return [] if "\0" in text else [x.strip() for x in text.splitlines() if x.strip() and not x.startswith("#")]


def _is_table(lines: list[str], rows: int) -> bool:
    """Whether lines are a table's, of which so many rows were read: all of them but a header, which names positions."""
    headed = re.search(r"(?i)(?<![a-z])ra(?![a-z])", lines[0]) is not None
    return rows >= len(lines) - 2 and (rows == len(lines) or headed)


def _is_position(line: str) -> bool:
    try:
        return parse_position(line) is not None
    except InputError:
        return False


def _read_table(data: bytes) -> list[Target]:
    """Read the positions of a table; none where it has none."""
    try:
        frame = read_list(data)
    except InputError:
        return []
    if "ra" not in frame:
        return []
    frame = frame[np.isfinite(frame["ra"]) & np.isfinite(frame["dec"])]
    places = [f"{ra:.6f} {dec:+.6f}" for ra, dec in zip(frame["ra"], frame["dec"], strict=True)]
    names = frame["id"].astype(str) if "id" in frame else places
    return [Target(name or place, place) for name, place in zip(names, places, strict=True)]


def _tell_apart(targets: list[Target]) -> list[Target]:
    """Add a number to names that come again, for no two rows of a table are called the same."""
    counts: dict[str, int] = {}
    apart = []
    for target in targets:
        counts[target.name] = n = counts.get(target.name, 0) + 1
        apart.append(replace(target, name=f"{target.name} ({n})") if n > 1 else target)
    return apart


def keep_targets(targets: list[Target], path: Path) -> None:
    """Keep a list, so that it is found again when the program has been started anew.

    Its answers need not be: what servers said is kept by the session, so that going on asks nobody again.
    """
    with suppress(OSError, InputError):  # a disk that takes nothing: the list is lost with the program, as before
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps([[t.name, t.sought] for t in targets]))


def find_targets(path: Path) -> list[Target]:
    """Find a list that was kept; empty where there is none, or it is damaged."""
    try:
        data = path.read_bytes() if path.stat().st_size < _LARGEST_KEPT else b""
        said = [Target(name, sought) for name, sought in json.loads(data)]
    except (OSError, ValueError, TypeError):
        return []
    whole = 0 < len(said) <= MOST and all(isinstance(t.name, str) and isinstance(t.sought, str) for t in said)
    return said if whole else []


class SkyList:
    """A list on its way: started, cancelled and resumed from any thread; nothing that is done is done again.

    Parameters
    ----------
    targets : list of Target
    explorer : Explorer
    session : Session
    fetch : callable, optional
        Fetches the cutout of a target; by default from the servers that the session asks.

    Attributes
    ----------
    trouble : str
        Why it stopped by itself, such as for want of a network; empty where it did not.
    """

    def __init__(
        self,
        targets: list[Target],
        explorer: Explorer,
        session: Session,
        fetch: Callable[[Session, Target, Explorer], SkyCutout] | None = None,
    ):
        self.targets, self.explorer, self.session = targets, explorer, session
        self.trouble = ""
        self._fetch = fetch or fetch_target
        self._answers: dict[int, tuple[Verdict, str, bool]] = {}  # verdict, layer, whether it is final
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def done(self) -> int:
        """How many have their answer, good or bad."""
        return len(self._answers)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether it was cancelled, and only finishes what is under way."""
        return self.running and self._stop.is_set()

    @property
    def finished(self) -> bool:
        """Whether all have their answer."""
        return not self.running and self.done == len(self.targets)

    @property
    def passing(self) -> int:
        """How many failed in a way that may pass."""
        return sum(not final for _, _, final in list(self._answers.values()))

    @property
    def verdicts(self) -> list[Verdict]:
        """Verdicts so far, in the list's order."""
        return [self._answers[i][0] for i in sorted(self._answers)]

    def start(self) -> None:
        """Begin, or go on with what has no answer yet or failed in a way that may pass."""
        if self.running:
            return
        self._stop.clear()
        self.trouble = ""
        with self._lock:
            self._answers = {i: a for i, a in self._answers.items() if a[2]}
        left = [i for i in range(len(self.targets)) if i not in self._answers]
        self._thread = threading.Thread(target=self._run, args=(left,), daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Stop; what is under way is finished, and what is done is kept."""
        self._stop.set()

    def wait(self) -> None:
        """Wait until it has stopped or is finished."""
        if self._thread:
            self._thread.join()

    def tabulate(self) -> pd.DataFrame:
        """Table of all answers: as `list_verdicts`, with `ra`, `dec` [deg] and the `layer` of the image."""
        table = list_verdicts(self.verdicts).drop(columns="path")
        order = sorted(self._answers)
        places = [self._answers[i][0].path.split() for i in order]
        table.insert(1, "ra", [float(p[0]) if p else np.nan for p in places])
        table.insert(2, "dec", [float(p[1]) if p else np.nan for p in places])
        table.insert(3, "layer", [self._answers[i][1] for i in order])
        return table

    def _run(self, left: list[int]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            futures = [pool.submit(self._locate, i) for i in left]
            for future in as_completed(futures):
                try:
                    future.result()
                except NetworkError as error:
                    self.trouble = str(error)
                    self._stop.set()

    def _locate(self, i: int) -> None:
        """Locate one; whatever is wrong with it is its own trouble, but for the lack of a network."""
        if self._stop.is_set():
            return
        target = self.targets[i]
        layer, final = "", True
        try:
            fetched = self._fetch(self.session, target, self.explorer)
            with self._lock:  # the network uses one thread
                verdict = locate_cutout(fetched.cutout, self.explorer, bool(self.session.stand_in))
            layer = fetched.layer
            verdict = replace(verdict, name=target.name, path=f"{fetched.cutout.ra:.6f} {fetched.cutout.dec:+.6f}")
        except NetworkError:
            raise
        except InputError as error:
            verdict = Verdict(target.name, error=str(error))
            final = isinstance(error, _FINAL) or not isinstance(error, ServerError)
        except Exception:  # as for files: the others go on
            verdict, final = Verdict(target.name, error="an unexpected error occurred"), False
        with self._lock:
            self._answers[i] = (verdict, layer, final)


def fetch_target(session: Session, target: Target, explorer: Explorer) -> SkyCutout:
    """Fetch the cutout of a target, whose name is resolved where it is one."""
    place = find_place(session, target.sought)
    return fetch_cutout(session, place.ra, place.dec, explorer.survey, name=target.name)
