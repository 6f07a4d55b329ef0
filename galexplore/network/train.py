"""The training loop: CPU, one GPU or several from the same code, resumable after any kill."""

import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from galexplore.draw.pictures import draw_comparison
from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.latents import LABELLED, unstandardise
from galexplore.network.augment import prepare_lesson
from galexplore.network.processes import Processes
from galexplore.network.recipes import Network, Training
from galexplore.network.run import Run
from galexplore.network.sample import Sample, describe_hardware, halves
from galexplore.network.vae import CVAE
from galexplore.survey import Survey


def schedule(step: int, steps: int, training: Training) -> float:
    """Learning rate at a step: a linear rise over the first twentieth, then half a cosine to zero."""
    rise = max(1, steps // 20)
    return training.learning_rate * min(1, (step + 1) / rise) * 0.5 * (1 + math.cos(math.pi * step / steps))


def total(terms: dict[str, Tensor], progress: float, training: Training) -> Tensor:
    """Weigh the terms of `CVAE.loss`; `progress` in [0, 1] warms the KL up, and its floor keeps the latent alive."""
    beta = training.beta * min(1.0, progress / training.warm_up)
    free = beta * terms["kl"].clamp_min(training.free_nats) + training.aggregate * terms["aggregate"]
    free = free + training.dependence * sum(terms.get(k, 0.0) for k in ("dependence", "contamination"))
    free = free + training.structure * terms.get("structure", 0.0)
    return training.reconstruction * terms["reconstruction"] + terms["physics"] + terms["orientation"] + free


TICKS = 1_000_000  # parts into which a schedule by time is cut


def tell_time(run: Run, training: Training, since: float, processes: Processes) -> int:
    """Tell how many of `TICKS` of a schedule by time are over, `since` seconds after the last epoch's end."""
    over = torch.tensor([sum(row["seconds"] for row in run.history) + since])
    processes.average([over])  # clocks differ, and all must stop together
    return min(int(TICKS * float(over) / (60 * training.minutes)), TICKS)


def train_epoch(
    run: Run,
    sample: Sample,
    training: Training,
    epoch: int,
    processes: Processes,
    note: Callable[[int, int], None],
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Run one pass over the sample; its randomness follows from the seed and the epoch alone.

    By a schedule in time (`Training.minutes`) it ends where that ends.

    Returns
    -------
    dict of str to float
        The mean of each term of the loss.
    """
    torch.manual_seed(training.seed + 1000 * (epoch + 1) + processes.rank)
    device = sample.device
    order = torch.randperm(len(sample), generator=torch.Generator().manual_seed(training.seed + epoch + 1))
    batches = [rows for rows in order.split(training.batch) if len(rows) >= 4 * processes.size]  # too few say nothing
    generator = torch.Generator(device).manual_seed(training.seed + epoch + 1 + 7919 * processes.rank)
    loss = torch.compile(run.model.loss) if device.type == "cuda" and training.compile else run.model.loss
    run.model.train()
    sums, count, start = dict[str, Tensor](), 0, clock()
    for i, rows in enumerate(batches):
        done, steps = epoch * len(batches) + i, training.epochs * len(batches)
        if training.minutes:
            done, steps = tell_time(run, training, clock() - start, processes), TICKS
            if done >= steps and count:
                break
        at = rows[processes.rank :: processes.size].to(device)
        lesson = prepare_lesson(sample, at, training, run.model.survey, generator)
        with torch.autocast(device.type, torch.bfloat16, enabled=halves(device)):
            terms = loss(
                *(lesson.flux, sample.labels[at], sample.errors[at], lesson.vector, lesson.valid),
                told=lesson.told,
                target=lesson.target,
                judged=lesson.judged,
                size=sample.size[at],
                drawn=training.drawn,
                voice=training.voice,
            )
        run.step(total(terms, done / steps, training), schedule(done, steps, training), processes)
        for k, v in terms.items():
            sums[k] = sums.get(k, 0.0) + v.detach()
        count += 1
        note(count, len(batches))
    sums = {k: v / count for k, v in sums.items()}
    shared = (*run.model.buffers(), *run.averaged.values(), *sums.values())
    processes.average(v for v in shared if v.is_floating_point())
    return {k: float(v) for k, v in sums.items()}


@torch.inference_mode()
def validate(model: CVAE, sample: Sample) -> dict[str, float]:
    """Score a model: R^2 of the posterior means whose labels are known, their mean, and the chi2 a pixel.

    Returns
    -------
    dict of str to float
        `r2_<latent>` of those whose known labels differ, their mean `score` (NaN where there is none), and `chi2`.
    """
    means, chi2 = list[Tensor](), list[Tensor]()
    for rows in torch.arange(len(sample)).split(256):
        flux = sample.images(rows)
        with torch.autocast(flux.device.type, torch.bfloat16, enabled=halves(flux.device)):
            posterior = model.encode(flux, sample.told[rows.to(sample.device)])
            if len(chi2) < 4:  # a thousand galaxies say it to a percent
                direction = torch.nn.functional.normalize(posterior.vector, dim=1)
                drawn = model.decode(torch.cat([direction, posterior.mean], dim=1))
                chi2.append(model.chi2(flux, drawn, model.find_own(flux)))
        means.append(unstandardise(posterior.mean[:, :3], model.label_mean, model.label_std))
    error = (torch.cat(means) - sample.labels) ** 2
    spread = (sample.labels - sample.labels.nanmean(dim=0)) ** 2
    r2, judged = 1 - error.nanmean(dim=0) / spread.nanmean(dim=0), spread.nanmean(dim=0) > 0
    scores = {f"r2_{name}": float(v) for name, v, known in zip(LABELLED, r2, judged, strict=True) if known}
    return scores | {"score": float(r2[judged].mean()), "chi2": float(torch.cat(chi2).mean())}


@torch.inference_mode()
def encode_some(model: CVAE, sample: Sample, count: int = 5000) -> tuple[Tensor, Tensor]:
    """Posterior means and log variances (n, 3 + n_free), standardised, of the first galaxies of a sample."""
    rows = torch.arange(min(count, len(sample)))
    seen = [model.encode(sample.images(some), sample.told[some.to(sample.device)]) for some in rows.split(256)]
    return torch.cat([p.mean for p in seen]), torch.cat([p.logvar for p in seen])


@torch.inference_mode()
def draw_progress(model: CVAE, sample: Sample, path: Path, count: int = 8) -> None:
    """Write a PNG of a few galaxies: as seen, as reconstructed, and the difference."""
    rows = torch.arange(min(count, len(sample)))
    flux = sample.images(rows)
    posterior = model.encode(flux, sample.told[rows.to(sample.device)])
    direction = torch.nn.functional.normalize(posterior.vector, dim=1)
    drawn = model.unstretch(model.decode(torch.cat([direction, posterior.mean], dim=1)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_beside(path) as partial:
        draw_comparison(flux.cpu().numpy(), drawn.cpu().numpy(), model.survey).save(partial)


def fit(
    sample: Sample,
    validation: Sample,
    folder: Path,
    *,
    survey: Survey,
    network: Network = Network(),  # noqa: B008 (frozen)
    training: Training = Training(),  # noqa: B008 (frozen)
    data_hash: str = "",
    report: Callable[[dict], None] = lambda row: None,
    note: Callable[[int, int], None] = lambda done, of: None,
    processes: Processes = Processes(),  # noqa: B008 (frozen)
    clock: Callable[[], float] = time.perf_counter,
    weights: dict[str, Tensor] | None = None,
) -> tuple[CVAE, dict]:
    """Train a CVAE, with a checkpoint after every epoch; a second call continues where the first one was killed.

    Parameters
    ----------
    folder : Path
        Where `checkpoint.safetensors`, `progress/epoch-N.png` and, at the end, `weights.safetensors` are written.
    survey : Survey
        What the images are of; it stands in the card and beside the weights.
    data_hash : str
        Names the data in the recipe, so that a checkpoint of other data is not continued.
    report : callable
        Receives each epoch's row: terms of the loss, validation scores, seconds.
    note : callable
        Receives (batches done, batches) within an epoch.
    processes : Processes
        The processes that train together; each of them makes this same call.
    clock : callable
        Seconds, from any moment on.
    weights : dict of str to Tensor, optional
        Of a network of the same shape, to begin with.

    Returns
    -------
    model : CVAE
        With the averaged weights of the best epoch, in evaluation mode.
    card : dict
        What `card.json` says of the training: recipe, data, hardware, cost, every epoch's scores, and `untaught`, the
        latents of which the sample knows no label.

    Raises
    ------
    InputError
        Where no epoch has a score, so that none is the best.
    """
    shape = tuple(sample.flux.shape[1:])
    if shape != survey.shape:
        raise InputError(f"the images are of shape {shape}, those of {survey.name} are {survey.shape}")
    folder.mkdir(parents=True, exist_ok=True)
    recipe: dict[str, Any] = {"survey": survey.to_dict(), "network": asdict(network), "training": asdict(training)}
    recipe |= {"data_hash": data_hash, "n_train": len(sample)}
    if network.own and training.reconstruction and sample.alone is None:
        sample = sample.find_others(survey)
    run, checkpoint = Run.start(sample, survey, network, training, weights), folder / "checkpoint.safetensors"
    # More galaxies than the catalogue's teach what its validation split does not ask for: then the end is what counts.
    begun = weights is not None and not training.extra
    if begun and math.isfinite(score := validate(run.load(run.best), validation)["score"]):
        run.floor = score
    if not run.resume(checkpoint, json.dumps(recipe)):
        processes.lead(lambda: shutil.rmtree(folder / "progress", ignore_errors=True))  # another recipe's
    while not run.is_over(training):
        start, epoch = clock(), len(run.history)
        row = {"epoch": epoch + 1} | train_epoch(run, sample, training, epoch, processes, note, clock)
        row |= validate(run.load(run.averaged), validation) | {"seconds": round(clock() - start, 1)}
        run.add(row)
        if (epoch + 1) % training.pictures == 0:  # before the checkpoint: an epoch that is done is not drawn again
            path = folder / "progress" / f"epoch-{epoch + 1:03d}.png"
            processes.lead(partial(draw_progress, run.load(run.averaged), validation, path))
        processes.lead(lambda: run.save(checkpoint, json.dumps(recipe)))
        report(row)
    if max(run.scores) == -math.inf:
        raise InputError(
            "No epoch has a score: the answers are not finite, or no label of the validation split is known; "
            "look at the catalogue's labels, or train with another --seed."
        )
    model = run.load(run.best)
    model.set_apart(*encode_some(model, sample))
    learnt = {k: v.contiguous() for k, v in model.state_dict().items()}
    processes.lead(lambda: write_weights(learnt, survey, folder / "weights.safetensors"))
    seconds = sum(row["seconds"] for row in run.history)
    return model, recipe | {
        "hardware": describe_hardware(sample.device) + (f", {processes.size} processes" if processes.size > 1 else ""),
        "seconds": round(seconds, 1),
        "galaxies_per_second": round(len(sample) * len(run.history) / max(seconds, 1e-9), 1),
        "parameters": sum(p.numel() for p in model.parameters()),
        "history": run.history,
        "untaught": list_untaught(sample),
    } | ({"score_at_start": run.floor} if math.isfinite(run.floor) else {})


def write_weights(weights: dict[str, Tensor], survey: Survey, path: Path) -> None:
    """Write a model's weights, and the survey that they were fitted to, beside and renamed."""
    with write_beside(path) as partial:
        partial.write_bytes(save(weights, {"survey": json.dumps(survey.to_dict())}))


def list_untaught(sample: Sample) -> list[str]:
    """List the latents of which a sample knows no label."""
    known = [bool(sample.vector.isfinite().any()), *sample.labels.isfinite().any(dim=0).tolist()]
    return [name for name, taught in zip(("phi", *LABELLED), known, strict=True) if not taught]
