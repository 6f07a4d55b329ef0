"""The training loop: CPU, one GPU or several from the same code, resumable after any kill."""

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from galexplore.draw.pictures import compare
from galexplore.errors import InputError
from galexplore.latents import LABELLED
from galexplore.network.augment import augment
from galexplore.network.processes import Team
from galexplore.network.recipes import Network, Training
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
    free = free + training.dependence * terms["dependence"]
    return training.reconstruction * terms["reconstruction"] + terms["physics"] + terms["orientation"] + free


@dataclass
class Run:
    """One training in progress: all that a checkpoint must hold. `best` are the averaged weights of the best epoch."""

    model: CVAE
    average: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    history: list[dict]

    @classmethod
    def start(cls, sample: Sample, survey: Survey, network: Network, training: Training) -> "Run":
        """Initialise from the seed, with labels standardised by this sample."""
        torch.manual_seed(training.seed)
        model = CVAE(network, survey)
        model.label_mean.copy_(sample.labels.nanmean(dim=0))
        model.label_std.copy_(((sample.labels.cpu() - model.label_mean) ** 2).nanmean(dim=0).sqrt())
        model = model.to(sample.device, memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=training.weight_decay)
        average, best = ({k: v.clone() for k, v in model.state_dict().items()} for _ in range(2))
        return cls(model, average, best, optimizer, [])

    def save(self, path: Path, recipe: str) -> None:
        """Write a checkpoint: to a temporary name first, so that a kill leaves the last one whole."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()} | {f"best.{k}": v for k, v in self.best.items()}
        for i, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{i}.{k}": torch.as_tensor(v) for k, v in state.items()}
        tensors = {k: v.contiguous() for k, v in tensors.items()}
        partial = path.with_suffix(".partial")
        save_file(tensors, partial, metadata={"recipe": recipe, "history": json.dumps(self.history)})
        os.replace(partial, path)

    def resume(self, path: Path, recipe: str) -> bool:
        """Continue from a checkpoint of the same recipe; return whether there was one."""
        if not path.exists():
            return False
        with safe_open(path, "pt") as file:
            if file.metadata()["recipe"] != recipe:
                return False
            tensors = {k: file.get_tensor(k) for k in file.keys()}
            self.history = json.loads(file.metadata()["history"])
        self.model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for name, kept in (("average", self.average), ("best", self.best)):
            for k, v in kept.items():
                v.copy_(tensors[f"{name}.{k}"])
        state: dict[int, dict] = {}
        for k in (k for k in tensors if k.startswith("adam.")):
            _, i, name = k.split(".")
            state.setdefault(int(i), {})[name] = tensors[k]
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state})
        return True

    def step(self, loss: Tensor, rate: float, decay: float, team: Team) -> None:
        """Take one optimiser step and fold it into the averaged weights."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        team.average(p.grad for p in self.model.parameters() if p.grad is not None)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        for k, v in self.model.state_dict().items():
            self.average[k].lerp_(v, 1 - decay) if v.is_floating_point() else self.average[k].copy_(v)

    def load(self, weights: dict[str, Tensor]) -> CVAE:
        """Return a model with other weights (`average`, `best`), ready for inference."""
        own = self.model
        model = CVAE(own.network, own.survey).to(own.label_mean.device, memory_format=torch.channels_last)
        model.load_state_dict(weights)
        return model.eval()

    def add(self, row: dict) -> None:
        """Append an epoch to the history; its averaged weights are kept if none before scored better."""
        self.history.append(row)
        if row["score"] >= max(r["score"] for r in self.history):
            for k, v in self.average.items():
                self.best[k].copy_(v)

    def is_over(self, training: Training) -> bool:
        """Tell whether all epochs are done, or the last `patience` of them have not bettered the score."""
        scores = [row["score"] for row in self.history]
        stale = len(scores) > training.patience and max(scores[-training.patience :]) < max(scores)
        return len(scores) >= training.epochs or stale


def train_epoch(
    run: Run, sample: Sample, training: Training, epoch: int, team: Team, note: Callable[[int, int], None]
) -> dict[str, float]:
    """Run one pass over the sample; its randomness follows from the seed and the epoch alone.

    Returns
    -------
    dict of str to float
        The mean of each term of the loss.
    """
    torch.manual_seed(training.seed + 1000 * (epoch + 1) + team.rank)
    device = sample.device
    batches = torch.randperm(len(sample), generator=torch.Generator().manual_seed(training.seed + epoch + 1))
    batches = [rows for rows in batches.split(training.batch) if len(rows) >= 4 * team.size]  # too few say nothing
    generator = torch.Generator(device).manual_seed(training.seed + epoch + 1 + 7919 * team.rank)
    loss = torch.compile(run.model.loss) if device.type == "cuda" and training.compile else run.model.loss
    run.model.train()
    sums: dict[str, Tensor] = {}
    for i, rows in enumerate(batches):
        at = rows[team.rank :: team.size].to(device)
        flux, vector, valid = augment(sample.images(at), sample.vector[at], training, run.model.survey, generator)
        flux = flux.contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=halves(device)):
            known = (sample.labels[at], sample.errors[at], vector, valid)
            terms = loss(flux, *known, drawn=training.drawn, voice=training.voice)
        done, steps = epoch * len(batches) + i, training.epochs * len(batches)
        # The average starts short, or the first epochs would still remember the random weights.
        decay = min(training.ema, (1 + done) / (10 + done))
        run.step(total(terms, done / steps, training), schedule(done, steps, training), decay, team)
        for k, v in terms.items():
            sums[k] = sums.get(k, 0.0) + v.detach() / len(batches)
        note(i + 1, len(batches))
    team.average(v for v in (*run.model.buffers(), *run.average.values(), *sums.values()) if v.is_floating_point())
    return {k: float(v) for k, v in sums.items()}


@torch.inference_mode()
def validate(model: CVAE, sample: Sample) -> dict[str, float]:
    """Score a model: R^2 of the posterior means, their mean `score`, and the reconstruction's chi2 a pixel."""
    means, chi2 = [], []
    for rows in torch.arange(len(sample)).split(256):
        flux = sample.images(rows)
        with torch.autocast(flux.device.type, torch.bfloat16, enabled=halves(flux.device)):
            posterior = model.encode(flux)
            if len(chi2) < 4:  # a thousand galaxies say it to a percent
                direction = torch.nn.functional.normalize(posterior.vector, dim=1)
                chi2.append(model.chi2(flux, model.decode(torch.cat([direction, posterior.mean], dim=1))))
        means.append(posterior.mean[:, :3] * model.label_std + model.label_mean)
    error = (torch.cat(means) - sample.labels) ** 2
    spread = (sample.labels - sample.labels.nanmean(dim=0)) ** 2
    r2 = 1 - error.nanmean(dim=0) / spread.nanmean(dim=0)
    scores = {f"r2_{name}": float(v) for name, v in zip(LABELLED, r2, strict=True)}
    return scores | {"score": float(r2.mean()), "chi2": float(torch.cat(chi2).mean())}


@torch.inference_mode()
def encode_some(model: CVAE, sample: Sample, count: int = 5000) -> tuple[Tensor, Tensor]:
    """Posterior means and log variances (n, 3 + n_free), standardised, of the first galaxies of a sample."""
    rows = torch.arange(min(count, len(sample)))
    found = [model.encode(sample.images(some)) for some in rows.split(256)]
    return torch.cat([p.mean for p in found]), torch.cat([p.logvar for p in found])


@torch.inference_mode()
def draw_progress(model: CVAE, sample: Sample, path: Path, count: int = 8) -> None:
    """Write a PNG of a few galaxies: as seen, as reconstructed, and the difference."""
    flux = sample.images(torch.arange(min(count, len(sample))))
    posterior = model.encode(flux)
    direction = torch.nn.functional.normalize(posterior.vector, dim=1)
    drawn = model.unstretch(model.decode(torch.cat([direction, posterior.mean], dim=1)))
    path.parent.mkdir(parents=True, exist_ok=True)
    compare(flux.cpu().numpy(), drawn.cpu().numpy(), model.survey).save(path)


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
    team: Team = Team(),  # noqa: B008 (frozen)
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
    team : Team
        The processes that train together; each of them makes this same call.

    Returns
    -------
    model : CVAE
        With the averaged weights of the best epoch, in evaluation mode.
    card : dict
        What `card.json` says of the training: survey, recipe, data, hardware, cost, every epoch's scores.

    Raises
    ------
    InputError
        Where the images are not of the survey's shape.
    """
    shape = tuple(sample.flux.shape[1:])
    if shape != survey.shape:
        raise InputError(f"the images are of shape {shape}, those of {survey.name} are {survey.shape}")
    folder.mkdir(parents=True, exist_ok=True)
    recipe = {"survey": survey.to_dict(), "network": asdict(network), "training": asdict(training)}
    recipe |= {"data_hash": data_hash, "n_train": len(sample)}
    run, checkpoint = Run.start(sample, survey, network, training), folder / "checkpoint.safetensors"
    run.resume(checkpoint, json.dumps(recipe))
    while not run.is_over(training):
        start, epoch = time.perf_counter(), len(run.history)
        row = {"epoch": epoch + 1} | train_epoch(run, sample, training, epoch, team, note)
        row |= validate(run.load(run.average), validation) | {"seconds": round(time.perf_counter() - start, 1)}
        run.add(row)
        team.lead(lambda: run.save(checkpoint, json.dumps(recipe)))
        if (epoch + 1) % training.pictures == 0:
            path = folder / "progress" / f"epoch-{epoch + 1:03d}.png"
            team.lead(lambda path=path: draw_progress(run.load(run.average), validation, path))
        report(row)
    model = run.load(run.best)
    model.set_apart(*encode_some(model, sample))
    weights = {k: v.contiguous() for k, v in model.state_dict().items()}
    said = {"survey": json.dumps(survey.to_dict())}
    team.lead(lambda: save_file(weights, folder / "weights.safetensors", metadata=said))
    seconds = sum(row["seconds"] for row in run.history)
    return model, recipe | {
        "hardware": describe_hardware(sample.device) + (f", {team.size} processes" if team.size > 1 else ""),
        "seconds": round(seconds, 1),
        "galaxies_per_second": round(len(sample) * len(run.history) / max(seconds, 1e-9), 1),
        "parameters": sum(p.numel() for p in model.parameters()),
        "history": run.history,
    }
