"""Images to where they are measured: on a GPU the next batch crosses the link while this one is looked at."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor


def feed(
    flux: np.ndarray, told: np.ndarray | None, batch: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Yield batches of images and of what is told of them, on the device.

    Images cross as they are kept, float16 at half the bytes, and are stretched there. On a GPU they go through pinned
    memory and a stream of their own, one batch ahead of what is measured.

    Parameters
    ----------
    flux : array (N, B, S, S)
    told : array (N, T), float32, optional
    batch : int
    device : torch.device
    """
    starts = range(0, len(flux), batch)
    host = ((_lend(flux[i : i + batch]), None if told is None else _lend(told[i : i + batch])) for i in starts)
    if device.type != "cuda":
        for images, said in host:
            yield images.to(device), None if said is None else said.to(device)
        return
    stream, waiting = torch.cuda.Stream(device), None
    for images, said in host:
        with torch.cuda.stream(stream):
            moved = images.pin_memory().to(device, non_blocking=True)
            words = None if said is None else said.pin_memory().to(device, non_blocking=True)
            there = torch.cuda.Event()
            there.record(stream)
        if waiting is not None:
            yield _take(*waiting)
        waiting = moved, words, there
    if waiting is not None:
        yield _take(*waiting)


def _lend(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _take(images: Tensor, told: Tensor | None, there: torch.cuda.Event) -> tuple[Tensor, Tensor | None]:
    """Wait, on the device, until a batch has come; its memory is kept until this stream is done with it."""
    current = torch.cuda.current_stream(images.device)
    current.wait_event(there)
    for tensor in (images, told):
        if tensor is not None:
            tensor.record_stream(current)
    return images, told
