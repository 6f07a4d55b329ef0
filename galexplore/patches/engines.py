"""Who does the work: this process, one partition after the other, or Dask, on this machine or a cluster.

Both give each partition's result as it is done; what is done stands on the disk, so that whoever is lost, a worker or
the scheduler, costs no more than what was under way.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from galexplore.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")
NEEDS = "Dask is not installed: pip install 'galexplore[survey]', or leave the engine at local"
PATIENCE = 120.0  # seconds for which a scheduler may be away
AHEAD = 3  # partitions a worker that are under way or wait for it: their tables are small, but the cluster is shared


class Engine(Protocol):
    """Applies a function to items and gives the results as they come."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield what the function makes of each item, in any order; what it raises is raised."""
        ...

    def describe(self) -> str:
        """Say who works, in a phrase."""
        ...


class Local:
    """A plain loop in this process."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield what the function makes of each item, in order."""
        return map(function, items)

    def describe(self) -> str:
        """Say who works, in a phrase."""
        return "this process"


class Dask:
    """Workers of a Dask scheduler: of one by its address, else of a cluster of processes on this machine.

    Parameters
    ----------
    address : str, optional
        Such as tcp://host:8786. Workers have galexplore installed and see the same folders.
    workers : int
        Processes of one thread on this machine, where no address is given.
    memory : str
        That each of those may use, such as "2GB": one that grows beyond it is ended and its partition begun anew.
    patience : float
        Seconds for which a scheduler may be away before the run stops.

    Raises
    ------
    ImportError
        Where Dask is not installed.
    """

    def __init__(self, address: str | None = None, workers: int = 2, memory: str = "2GB", patience: float = PATIENCE):
        try:
            import distributed
        except ImportError as error:
            raise ImportError(NEEDS) from error
        distributed.config  # noqa: B018 (imported for its presence)
        self.address, self.workers, self.memory, self.patience = address, workers, memory, patience

    def describe(self) -> str:
        """Say who works, in a phrase."""
        if self.address:
            return f"the workers of the Dask scheduler at {self.address}"
        return f"{self.workers} Dask worker{'s' * (self.workers > 1)} of this machine, {self.memory} each"

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield what the function makes of each item, as it comes; what a lost scheduler had is handed out anew.

        Raises
        ------
        InputError
            What the function raises; where a partition ends several workers one after the other, or no scheduler
            answers for as long as `patience` says.
        """
        waiting = dict(enumerate(items))
        while waiting:
            with self._connect() as client:
                for place, result in self._drain(client, function, waiting):
                    del waiting[place]
                    yield result

    @contextmanager
    def _connect(self) -> Iterator["Client"]:
        """Connect to the scheduler, waiting for one that is away; without an address, start one with its workers."""
        from distributed import Client, LocalCluster

        if self.address is None:  # one thread a worker: torch's own would wait for each other
            own: dict[str, Any] = {"n_workers": self.workers, "threads_per_worker": 1, "memory_limit": self.memory}
            own |= {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}
            cluster = LocalCluster(**own)
            try:
                with Client(cluster, set_as_default=False) as client:
                    yield client
            finally:
                with suppress(TimeoutError):  # on a busy machine, of workers that are slow to end; all is done by then
                    cluster.close()
            return
        end, client = time.monotonic() + self.patience, None
        while client is None:
            try:
                client = Client(self.address, timeout=5, set_as_default=False)
            except OSError as error:  # a time-out is one
                if time.monotonic() > end:
                    raise InputError(
                        f"no Dask scheduler answers at {self.address}; start one, with workers, and give the same "
                        "command again: what is done is kept"
                    ) from error
                time.sleep(0.5)
        try:
            yield client
        finally:
            with suppress(OSError, TimeoutError):
                client.close(timeout=2)

    def _drain(
        self, client: "Client", function: Callable[[Item], Result], waiting: dict[int, Item]
    ) -> Iterator[tuple[int, Result]]:
        """Give out what waits, a few a worker at a time; yield results until all is done or the scheduler lost."""
        from distributed import CancelledError, KilledWorker, as_completed
        from distributed.comm import CommClosedError

        places, under_way = iter(list(waiting)), as_completed(loop=client.loop)
        names: dict[Any, int] = {}
        try:
            self._give_out(client, function, waiting, places, under_way, names, self._count(client) * AHEAD)
            for future in under_way:
                place = names.pop(future.key)
                result = future.result()
                self._give_out(client, function, waiting, places, under_way, names, 1)
                yield place, result
        except KilledWorker as error:
            raise InputError(
                f"{getattr(waiting[place], 'name', place)} ended several workers, perhaps for want of memory; give "
                "each more, or make partitions smaller, and give the same command again: what is done is kept"
            ) from error
        except (CancelledError, CommClosedError, TimeoutError):
            pass  # the scheduler is lost: `map` connects anew and gives out what has no result

    def _give_out(
        self,
        client: "Client",
        function: Callable[[Item], Result],
        waiting: dict[int, Item],
        places: Iterator[int],
        under_way: Any,
        names: dict[Any, int],
        count: int,
    ) -> None:
        for _, place in zip(range(count), places, strict=False):
            future = client.submit(function, waiting[place], pure=False)
            names[future.key] = place
            under_way.add(future)

    def _count(self, client: "Client") -> int:
        """Workers there are, waiting for the first."""
        if self.address is not None:
            end = time.monotonic() + self.patience
            while not (count := sum(client.nthreads().values())):
                if time.monotonic() > end:
                    raise InputError(f"the Dask scheduler at {self.address} has no workers; start some")
                time.sleep(0.5)
            return count
        return self.workers
