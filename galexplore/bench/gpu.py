"""On a GPU: the answers of the CPU first, then how fast, from where, and what share of the link and the chip that is.

One script of a few minutes, ready for whenever a GPU is at hand; on a CPU it runs too, to show that it does.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from galexplore.explore.seal import read_card
from galexplore.images import Observed
from galexplore.network.embed import Embedder
from galexplore.network.embed_student import StudentEmbedder
from galexplore.network.feed import feed
from galexplore.network.layers import lay_out
from galexplore.network.processes import Processes
from galexplore.network.recipes import Training
from galexplore.network.run import Run
from galexplore.network.sample import Sample, describe_hardware, pick_device
from galexplore.network.student_card import has_student
from galexplore.network.train import total
from galexplore.network.vae import Posterior
from galexplore.places import DATA, find_model
from galexplore.sources.mock import Store
from galexplore.tables import catalogue

NEAR = 0.05  # of a sigma: how far half precision may move an answer
Look = Callable[[Tensor, Tensor | None], Posterior]


def measure(n: int, batch: int, report: Callable[..., None]) -> dict[str, Any]:
    """Compare answers with the CPU's, then measure.

    Parameters
    ----------
    n : int
        Images that rates are measured on.
    batch : int

    Returns
    -------
    dict
        `hardware`, `off` (largest difference from the CPU, in sigmas, by who), `rates` (galaxies a second by who and
        from where), `link_gb_s`, `tflops`, `shares`; `training` (galaxies a second).
    """
    device, folder = pick_device(), find_model("default")
    embedder = Embedder.load(folder, torch.device("cpu"))
    survey = embedder.survey
    frame = catalogue.read(DATA).iloc[: min(n, 4096)]
    store = Store.beside(DATA, frame, survey)
    store.render_all(progress=lambda done, of: report("render", done, of))
    ids = list(frame["id"])
    flux, told = store.get(ids), Observed.read(frame, survey).tell()
    looks = _list_looks(folder, device)
    result: dict[str, Any] = {"hardware": describe_hardware(device), "batch": batch}
    result["off"] = {k: _compare(k, folder, flux[:256], told[:256], device) for k in looks}
    if worst := [k for k, off in result["off"].items() if not off < NEAR]:
        return result | {
            "failed": f"the answers of {' and '.join(worst)} are not those of the CPU: nothing is measured"
        }
    more = -(-n // len(flux))
    flux, told = np.tile(flux, (more, 1, 1, 1))[:n], np.tile(told, (more, 1))[:n]
    result["rates"] = {}
    for name, look in looks.items():
        report(name, 0, 1)
        result["rates"][name] = _measure_look(look, flux, told, batch, device)
        report(name, 1, 1)
    start = time.perf_counter()
    for i in range(0, len(ids), 512):
        store.get(ids[i : i + 512])
    result["rates"]["disk, read alone"] = {"disk": len(ids) / (time.perf_counter() - start)}
    result |= {"link_gb_s": _measure_link(device), "tflops": _measure_chip(device)}
    size = flux[:1].nbytes
    result["shares"] = {
        k: r["host"] * size / 1e9 / result["link_gb_s"] for k, r in result["rates"].items() if "host" in r
    }
    result["training"] = _measure_training(embedder, frame, store.get(ids), batch, device)
    return result


def _half(device: torch.device) -> AbstractContextManager[None]:
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def _list_looks(folder: Path, device: torch.device) -> dict[str, Look]:
    """Single looks of teacher and student; photometry in single precision in both."""
    teacher = Embedder.load(folder, device)

    def look(images: Tensor, told: Tensor | None) -> Posterior:
        with _half(device):
            return teacher.model.encode(images.float().contiguous(memory_format=torch.channels_last), told)

    looks: dict[str, Look] = {"model, one look": look}
    if has_student(folder):
        pupil = StudentEmbedder.load(folder, _read_sha(folder), device).student

        def glance(images: Tensor, told: Tensor | None) -> Posterior:
            with _half(device):
                features = pupil.features(images.float(), told)
            return pupil.name(features.float())

        looks["student"] = glance
    if device.type == "cuda":
        looks |= {f"{name}, compiled": torch.compile(f, mode="reduce-overhead") for name, f in list(looks.items())}
    return looks


def _read_sha(folder: Path) -> str:
    return read_card(folder)["sha256"]


@torch.inference_mode()
def _compare(name: str, folder: Path, flux: np.ndarray, told: np.ndarray, device: torch.device) -> float:
    """Largest difference of standardised means from the CPU's in single precision, in its sigmas."""
    words = torch.from_numpy(told)
    reference = _list_looks(folder, torch.device("cpu"))[name.removesuffix(", compiled")](torch.from_numpy(flux), words)
    answer = _list_looks(folder, device)[name](torch.from_numpy(flux).to(device), words.to(device))
    off = (answer.mean.float().cpu() - reference.mean).abs() / (reference.logvar / 2).exp()
    return float(off.max())


@torch.inference_mode()
def _measure_look(look: Look, flux: np.ndarray, told: np.ndarray, batch: int, device: torch.device) -> dict[str, float]:
    """Galaxies a second from the device's memory and from the host's."""
    there = torch.from_numpy(flux[:batch]).to(device)
    words = torch.from_numpy(told[:batch]).to(device)
    rounds = max(1, len(flux) // batch)

    def from_device() -> None:
        for _ in range(rounds):
            look(there, words)

    def from_host() -> None:
        for images, said in feed(flux[: rounds * batch], told, batch, device):
            look(images, said)

    return {k: rounds * len(there) / _time(act, device) for k, act in (("device", from_device), ("host", from_host))}


def _time(act: Callable[[], None], device: torch.device) -> float:
    """Seconds of the second of two runs: the first compiles and warms up."""
    for _ in range(2):
        _wait(device)
        start = time.perf_counter()
        act()
        _wait(device)
        spent = time.perf_counter() - start
    return spent


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _measure_link(device: torch.device) -> float:
    """GB/s from pinned memory to the device."""
    data = torch.empty(1 << 28, dtype=torch.uint8)
    data = data.pin_memory() if device.type == "cuda" else data
    into = torch.empty_like(data, device=device)
    return data.nbytes / 1e9 / _time(lambda: _copy(data, into), device)


def _measure_chip(device: torch.device) -> float:
    """TFLOP/s of a matrix product: bfloat16 on a GPU, float32 on a CPU."""
    kind = torch.bfloat16 if device.type == "cuda" else torch.float32
    side = 8192 if device.type == "cuda" else 1024
    a = torch.randn(side, side, dtype=kind, device=device)
    return 2 * side**3 / 1e12 / _time(lambda: _multiply(a), device)


def _copy(data: Tensor, into: Tensor) -> None:
    into.copy_(data, non_blocking=True)


def _multiply(a: Tensor) -> None:
    a @ a


def _measure_training(
    embedder: Embedder, frame: pd.DataFrame, flux: np.ndarray, batch: int, device: torch.device
) -> float:
    """Galaxies a second of training steps of the model, decoding one galaxy in four."""
    training = Training()
    sample = Sample.gather(frame, flux, embedder.survey, device)
    run = Run.start(sample, embedder.survey, embedder.model.network, training)
    lay_out(run.model).train()
    rows = torch.arange(min(batch, 512, len(sample)), device=device)
    known = sample.labels[rows], sample.errors[rows], sample.vector[rows]
    steps = 20 if device.type == "cuda" else 1

    def act() -> None:
        for _ in range(steps):
            with _half(device):
                terms = run.model.loss(sample.images(rows), *known, told=sample.told[rows], drawn=training.drawn)
            run.step(total(terms, 0.5, training), 1e-4, Processes())

    return steps * len(rows) / _time(act, device)


def write_tables(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    off = ", ".join(f"{k} {v:.1e}" for k, v in result["off"].items())
    lines = [f"{result['hardware']}; largest difference from the CPU, in sigma: {off}.", ""]
    if "failed" in result:
        return "\n".join([*lines, result["failed"] + ".", ""])
    lines += ["| galaxies a second | from device memory | from host memory | share of the link |", "|---|---|---|---|"]
    for name, rate in result["rates"].items():
        if "host" in rate:
            lines.append(f"| {name} | {rate['device']:,.0f} | {rate['host']:,.0f} | {result['shares'][name]:.0%} |")
    lines += ["", f"Disk, read alone: {result['rates']['disk, read alone']['disk']:,.0f} galaxies a second."]
    lines.append(f"Link {result['link_gb_s']:.1f} GB/s; matrix product {result['tflops']:.2f} TFLOP/s.")
    lines.append(f"Training: {result['training']:,.0f} galaxies a second, in batches of at most 512.")
    return "\n".join(lines) + "\n"
