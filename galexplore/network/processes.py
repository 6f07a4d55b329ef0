"""The processes that train one model together, through lightning fabric where there are several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Processes:
    """One process by default; with a launched `Fabric`, one of several that hold the same weights."""

    fabric: Any = None

    @property
    def rank(self) -> int:
        """Which of the processes this is, from 0."""
        return self.fabric.global_rank if self.fabric else 0

    @property
    def size(self) -> int:
        """How many processes there are."""
        return self.fabric.world_size if self.fabric else 1

    @property
    def device(self) -> torch.device | None:
        """The device of this process, where there are several."""
        return self.fabric.device if self.fabric else None

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace float tensors by their mean over all processes, in place and in one message."""
        tensors = list(tensors) if self.size > 1 else []
        if tensors:
            mean = self.fabric.all_reduce(torch.cat([t.detach().flatten().float() for t in tensors]), reduce_op="mean")
            for tensor, part in zip(tensors, mean.split([t.numel() for t in tensors]), strict=True):
                tensor.detach().copy_(part.view_as(tensor))

    def lead(self, act: Callable[[], None]) -> None:
        """Do something once, in the first process, while the others wait."""
        if self.rank == 0:
            act()
        if self.fabric:
            self.fabric.barrier()

    def leave(self) -> None:
        """Part from the others, once all have come here: a process that ends while still tied to them may abort."""
        if self.fabric and torch.distributed.is_initialized():
            self.fabric.barrier()
            torch.distributed.destroy_process_group()


def launch_processes(devices: int | str = "auto", strategy: str = "ddp") -> Processes:
    """Launch one process a device; each of them gets them all, seen from its own place.

    Raises
    ------
    ImportError
        Without lightning fabric.
    """
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        needs = "Training on several devices needs lightning fabric: pip install 'galexplore[multi]'"
        raise ImportError(needs) from error
    fabric = Fabric(devices=devices, strategy=strategy)
    fabric.launch()
    return Processes(fabric)
