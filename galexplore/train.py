"""The training loop: GPU or CPU from the same code, resumable after any kill."""

import json
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from galexplore.config import LABELLED, SURVEY, Network, Training
from galexplore.model import CVAE, DIHEDRAL, turn, turn_vector


@dataclass(frozen=True)
class Sample:
    """Galaxies to learn from, on one device.

    Attributes
    ----------
    flux : Tensor (N, 3, 69, 69), float16
        Nanomaggies per native pixel.
    labels, errors : Tensor (N, 3)
        Redshift, log mass [log10 Msun], log SFR [log10 Msun/yr] and their standard errors; NaN where not known.
    vector : Tensor (N, 2)
        (cos 2phi, sin 2phi); NaN where not known.
    """

    flux: Tensor
    labels: Tensor
    errors: Tensor
    vector: Tensor

    @classmethod
    def gather(cls, frame: pd.DataFrame, flux: np.ndarray, device: torch.device | str = "cpu") -> "Sample":
        """Put catalogue rows and their images (N, 3, 69, 69) on a device."""
        columns = list(LABELLED.values())
        labels = torch.tensor(frame[columns].to_numpy(np.float32))
        errors = torch.tensor(np.nan_to_num(frame[[f"{c}_err" for c in columns]].to_numpy(np.float32)))
        double = 2 * frame["phi"].to_numpy(np.float32)
        vector = torch.tensor(np.stack([np.cos(double), np.sin(double)], axis=1))
        return cls(
            torch.tensor(np.asarray(flux, np.float16)).to(device),
            labels.to(device),
            errors.to(device),
            vector.to(device),
        )

    def __len__(self) -> int:
        return len(self.labels)


def pick_device() -> torch.device:
    """Return the accelerator where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def describe_hardware(device: torch.device) -> str:
    """One phrase for the model's card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads ({platform.machine()})"


def augment(flux: Tensor, vector: Tensor, training: Training, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Move a batch as the sky might have: one flip or transposition, up to a pixel of shift, now and then a lost edge.

    Returns
    -------
    flux, vector, valid : Tensor
        `valid` (1, 1, 69, 69) is 1 where the frame has data.
    """

    def draw(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=generator))

    move = DIHEDRAL[draw(0, len(DIHEDRAL))]
    flux = turn(flux, move).roll((draw(-1, 2), draw(-1, 2)), dims=(-2, -1))
    valid = flux.new_zeros(1, 1, SURVEY.size, SURVEY.size)
    if float(torch.rand((), generator=generator)) < training.edge_masks:
        top, bottom, left, right = (draw(0, SURVEY.size // 5) * draw(0, 2) for _ in range(4))
        valid[..., top : SURVEY.size - bottom, left : SURVEY.size - right] = 1
    else:
        valid += 1
    return flux, turn_vector(vector, move), valid


def schedule(step: int, steps: int, training: Training) -> float:
    """Learning rate at a step: a linear rise over the first twentieth, then half a cosine to zero."""
    rise = max(1, steps // 20)
    return training.learning_rate * min(1, (step + 1) / rise) * 0.5 * (1 + math.cos(math.pi * step / steps))


def total(terms: dict[str, Tensor], progress: float, training: Training) -> Tensor:
    """Weigh the terms of `CVAE.loss`; `progress` in [0, 1] warms the KL up, and its floor keeps the latent alive."""
    beta = training.beta * min(1.0, progress / training.warm_up)
    kl = terms["kl"].clamp_min(training.free_nats)
    return training.reconstruction * terms["reconstruction"] + terms["physics"] + terms["orientation"] + beta * kl


@dataclass
class Run:
    """One training in progress: everything a checkpoint must hold."""

    model: CVAE
    average: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    history: list[dict]

    @classmethod
    def start(cls, sample: Sample, network: Network, training: Training, device: torch.device) -> "Run":
        """Initialise from the seed, with labels standardised by this sample."""
        torch.manual_seed(training.seed)
        model = CVAE(network)
        model.label_mean.copy_(sample.labels.nanmean(dim=0))
        model.label_std.copy_(((sample.labels.cpu() - model.label_mean) ** 2).nanmean(dim=0).sqrt())
        model = model.to(device, memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=training.weight_decay)
        return cls(model, {k: v.clone() for k, v in model.state_dict().items()}, optimizer, [])

    def save(self, path: Path, recipe: str) -> None:
        """Write a checkpoint: to a temporary name first, so that a kill leaves the last one whole."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
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
        for k, v in self.average.items():
            v.copy_(tensors[f"average.{k}"])
        state: dict[int, dict] = {}
        for k in (k for k in tensors if k.startswith("adam.")):
            _, i, name = k.split(".")
            state.setdefault(int(i), {})[name] = tensors[k]
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state})
        return True

    def step(self, loss: Tensor, rate: float, decay: float) -> None:
        """Take one optimiser step and fold it into the averaged weights."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        for k, v in self.model.state_dict().items():
            self.average[k].lerp_(v, 1 - decay) if v.is_floating_point() else self.average[k].copy_(v)

    def averaged(self) -> CVAE:
        """Return the model with the averaged weights, ready for inference."""
        model = CVAE(self.model.network).to(self.model.label_mean.device, memory_format=torch.channels_last)
        model.load_state_dict(self.average)
        return model.eval()


def train_epoch(run: Run, sample: Sample, training: Training, epoch: int) -> dict[str, float]:
    """Run one pass over the sample; its randomness follows from the seed and the epoch alone.

    Returns
    -------
    dict of str to float
        The mean of each term of the loss.
    """
    torch.manual_seed(training.seed + 1000 * (epoch + 1))
    generator = torch.Generator().manual_seed(training.seed + epoch + 1)
    batches = torch.randperm(len(sample), generator=generator).split(training.batch)
    device, sums = sample.labels.device, {}
    run.model.train()
    for i, rows in enumerate(batches):
        if len(rows) < 2:  # batch normalisation needs company
            continue
        at = rows.to(device)
        flux, vector, valid = augment(sample.flux[at].float(), sample.vector[at], training, generator)
        flux = flux.contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            known = (sample.labels[at], sample.errors[at], vector)
            terms = run.model.loss(flux, *known, valid.expand_as(flux), training.drawn)
        done, steps = epoch * len(batches) + i, training.epochs * len(batches)
        # The average starts short, or the first epochs would still remember the random weights.
        decay = min(training.ema, (1 + done) / (10 + done))
        run.step(total(terms, done / steps, training), schedule(done, steps, training), decay)
        for k, v in terms.items():
            sums[k] = sums.get(k, 0.0) + v.detach() * len(rows) / len(sample)
    return {k: float(v) for k, v in sums.items()}


@torch.inference_mode()
def validate(model: CVAE, sample: Sample) -> dict[str, float]:
    """R^2 of the posterior means, and the reconstruction's chi2 a pixel, on a sample."""
    means, chi2 = [], []
    for rows in torch.arange(len(sample)).split(512):
        flux = sample.flux[rows.to(sample.labels.device)].float()
        posterior = model.encode(flux)
        direction = torch.nn.functional.normalize(posterior.vector, dim=1)
        chi2.append(model.chi2(flux, model.decode(torch.cat([direction, posterior.mean], dim=1))))
        means.append(posterior.mean[:, :3] * model.label_std + model.label_mean)
    error = (torch.cat(means) - sample.labels) ** 2
    spread = (sample.labels - sample.labels.nanmean(dim=0)) ** 2
    r2 = 1 - error.nanmean(dim=0) / spread.nanmean(dim=0)
    scores = {f"r2_{name}": float(v) for name, v in zip(LABELLED, r2, strict=True)}
    return scores | {"chi2": float(torch.cat(chi2).mean())}


def fit(
    sample: Sample,
    validation: Sample,
    folder: Path,
    *,
    network: Network = Network(),  # noqa: B008 (frozen)
    training: Training = Training(),  # noqa: B008 (frozen)
    data_hash: str = "",
    report: Callable[[dict], None] = lambda row: None,
) -> tuple[CVAE, dict]:
    """Train a CVAE, with a checkpoint after every epoch; a second call continues where the first one was killed.

    Parameters
    ----------
    folder : Path
        Where `checkpoint.safetensors` and, at the end, `weights.safetensors` are written.
    data_hash : str
        Names the data in the recipe, so that a checkpoint of other data is not continued.
    report : callable
        Receives each epoch's row: terms of the loss, validation scores, seconds.

    Returns
    -------
    model : CVAE
        With averaged weights, in evaluation mode.
    card : dict
        What `card.json` says of the training: recipe, data, hardware, cost, the last epoch's validation scores.
    """
    folder.mkdir(parents=True, exist_ok=True)
    device = sample.labels.device
    recipe = {"network": asdict(network), "training": asdict(training), "data_hash": data_hash, "n_train": len(sample)}
    run, checkpoint = Run.start(sample, network, training, device), folder / "checkpoint.safetensors"
    run.resume(checkpoint, json.dumps(recipe))
    for epoch in range(len(run.history), training.epochs):
        start = time.perf_counter()
        row = {"epoch": epoch + 1} | train_epoch(run, sample, training, epoch)
        seconds = time.perf_counter() - start
        row |= validate(run.averaged(), validation) | {"seconds": round(seconds, 1)}
        run.history.append(row)
        run.save(checkpoint, json.dumps(recipe))
        report(row)
    model = run.averaged()
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "weights.safetensors")
    seconds = sum(row["seconds"] for row in run.history)
    return model, recipe | {
        "hardware": describe_hardware(device),
        "seconds": round(seconds, 1),
        "galaxies_per_second": round(len(sample) * len(run.history) / max(seconds, 1e-9), 1),
        "parameters": sum(p.numel() for p in model.parameters()),
        "history": run.history,
    }
