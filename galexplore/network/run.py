"""A training in progress, and its checkpoint: weights, their running average, the best of it, and the optimiser."""

import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.network.layers import lay_out
from galexplore.network.processes import Processes
from galexplore.network.recipes import Network, Training
from galexplore.network.sample import Sample
from galexplore.network.vae import CVAE
from galexplore.survey import Survey

#: What torch hands to whoever averages: the tensors of one device and type.
_Tensors = tuple[Tensor, ...] | list[Tensor]
#: Bytes of tensors in a file of a checkpoint: files of this size can be carried anywhere.
PART = 14_500_000
_HEAD = 50_000_000  # bytes that the file which names the others may have: it holds every epoch's scores


def average_weights(model: CVAE, ema: float) -> AveragedModel:
    """Follow a model's weights and buffers by their exponential average, of decay `ema`.

    The average starts short, of decay (1 + n) / (10 + n) at step n, or the first epochs would still remember the random
    weights.
    """

    @torch.no_grad()
    def fold(average: _Tensors, current: _Tensors, count: Tensor | int) -> None:
        if not average[0].is_floating_point():
            torch._foreach_copy_(average, current)
            return
        steps = torch.as_tensor(count)
        weight = (1 - (steps / (9 + steps.double())).clamp(max=ema)).float()
        for kept, new in zip(average, current, strict=True):
            kept.lerp_(new, weight)

    average = AveragedModel(model, multi_avg_fn=fold, use_buffers=True)
    average.n_averaged.fill_(1)  # the random weights count as one, as they do for every later step
    return average


@dataclass
class Run:
    """One training in progress: all that a checkpoint must hold. `best` are the averaged weights of the best epoch."""

    model: CVAE
    average: AveragedModel
    best: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    history: list[dict]
    floor: float = -math.inf  # what it began with scored so much: only what betters that is kept

    @classmethod
    def start(
        cls,
        sample: Sample,
        survey: Survey,
        network: Network,
        training: Training,
        weights: dict[str, Tensor] | None = None,
    ) -> "Run":
        """Initialise from the seed, with labels standardised by this sample; what has no label is left untaught.

        Where weights are given, from those, with labels standardised as they were when those were learnt.
        """
        torch.manual_seed(training.seed)
        model, labels = CVAE(network, survey), sample.labels.cpu()
        mean = labels.nanmean(dim=0)
        spread = ((labels - mean) ** 2).nanmean(dim=0).sqrt()
        model.label_mean.copy_(mean.nan_to_num(0.0))
        model.label_std.copy_(torch.where(spread > 0, spread, 1.0))  # labels all alike, or none
        model.leave_untaught(bool(sample.vector.isnan().all()), mean.isnan())
        if weights is not None:
            model.load_state_dict({k: v.cpu() for k, v in weights.items()})
        model = lay_out(model).to(sample.device)
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=training.weight_decay)
        best = {k: v.clone() for k, v in model.state_dict().items()}
        return cls(model, average_weights(model, training.ema), best, optimizer, [])

    @property
    def averaged(self) -> dict[str, Tensor]:
        """The averaged weights and buffers by name."""
        return self.average.module.state_dict()

    def save(self, path: Path, recipe: str) -> None:
        """Write a checkpoint, in files of at most 15 MB each; a kill leaves the last one whole.

        The file at `path` holds the recipe, every epoch's scores, and names and hashes of the others, which hold the
        tensors and stand beside it; it is renamed into its place last.
        """
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.averaged.items()} | {
            f"best.{k}": v for k, v in self.best.items()
        }
        for i, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{i}.{k}": torch.as_tensor(v) for k, v in state.items()}
        parts = dict[str, str]()
        for some in _divide(tensors):
            data = save(some)
            digest = hashlib.sha256(data).hexdigest()
            name = f"{path.stem}-{digest[:12]}.safetensors"  # by its content: that of another epoch stays
            with write_beside(path.with_name(name)) as partial:
                partial.write_bytes(data)
            parts[name] = digest
        said = {"recipe": recipe, "history": json.dumps(self.history), "parts": json.dumps(parts)}
        with write_beside(path) as partial:
            partial.write_bytes(save({}, said))
        for other in _list_parts(path):
            if other.name not in parts:
                other.unlink(missing_ok=True)

    def resume(self, path: Path, recipe: str) -> bool:
        """Continue from a checkpoint of the same recipe; return whether there was one.

        Raises
        ------
        InputError
            Where it is not as it was written.
        """
        said = read_checkpoint(path)
        if said is None or said.get("recipe") != recipe or "parts" not in said:
            return False
        try:
            self.history = list(json.loads(said["history"]))
            self._restore(self._read_parts(path, json.loads(said["parts"])))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
            raise InputError(
                f"The checkpoint in {path.parent} is not as it was written: a file of it is missing or damaged; bring "
                f"it anew, or remove {path.name} to begin anew."
            ) from error
        return True

    def _read_parts(self, path: Path, parts: dict[str, str]) -> dict[str, Tensor]:
        """Read the tensors of a checkpoint, each file held against its hash."""
        most = PART + 1_000_000 + max(v.nbytes for v in self.best.values())
        files, tensors = {p.name: p for p in _list_parts(path)}, dict[str, Tensor]()
        for name, digest in parts.items():
            if files[name].stat().st_size > most:
                raise ValueError("larger than any file of a checkpoint")
            data = files[name].read_bytes()
            if hashlib.sha256(data).hexdigest() != digest:
                raise ValueError("not what was written")
            tensors |= load(data)
        return tensors

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over what a checkpoint holds."""
        self.model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for name, kept in (("average", self.averaged), ("best", self.best)):
            for k, v in kept.items():
                v.copy_(tensors[f"{name}.{k}"])
        state: dict[int, dict] = {}
        for k in (k for k in tensors if k.startswith("adam.")):
            _, i, name = k.split(".")
            state.setdefault(int(i), {})[name] = tensors[k]
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state})
        self.average.n_averaged.fill_(1 + int(state[0]["step"]))

    def step(self, loss: Tensor, rate: float, processes: Processes) -> None:
        """Take one optimiser step and fold it into the averaged weights."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        processes.average(p.grad for p in self.model.parameters() if p.grad is not None)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.model)

    def load(self, weights: dict[str, Tensor]) -> CVAE:
        """Return a model with other weights (`averaged`, `best`), ready for inference."""
        own = self.model
        model = lay_out(CVAE(own.network, own.survey)).to(own.label_mean.device)
        model.load_state_dict(weights)
        return model.eval()

    @property
    def scores(self) -> list[float]:
        """The score of each epoch; of one that has none, less than any."""
        return [row["score"] if math.isfinite(row["score"]) else -math.inf for row in self.history]

    def add(self, row: dict) -> None:
        """Append an epoch to the history; its averaged weights are kept if it scores and nothing before scored more."""
        self.history.append(row)
        if math.isfinite(row["score"]) and self.scores[-1] == max(*self.scores, self.floor):
            for k, v in self.averaged.items():
                self.best[k].copy_(v)

    def is_over(self, training: Training) -> bool:
        """Tell whether all epochs are done, or the last `patience` of them have not bettered the score.

        By a schedule in time, whether that is over.
        """
        if training.minutes:
            return sum(row["seconds"] for row in self.history) >= 60 * training.minutes
        scores, last = self.scores, self.scores[-training.patience :]
        stale = len(scores) > training.patience and (max(last) < max(scores) or max(last) == -math.inf)
        return len(scores) >= training.epochs or stale


def read_checkpoint(path: Path) -> dict[str, str] | None:
    """Read what a checkpoint says of itself: `recipe`, `history`, `parts`, each as JSON; None where there is none.

    Raises
    ------
    InputError
        Where it is damaged.
    """
    if not path.exists():
        return None
    try:
        if path.stat().st_size > _HEAD:
            return {}  # an earlier version's, in one file
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"The checkpoint in {path.parent} is damaged; bring it anew, or remove {path.name} to begin anew."
        ) from error


def list_checkpoint(path: Path) -> list[Path]:
    """List the files of a checkpoint, the one at `path` last; empty where there is none."""
    return [*_list_parts(path), path] if path.exists() else []


def drop_checkpoint(path: Path) -> None:
    """Remove a checkpoint and whatever a killed run left of one."""
    path.unlink(missing_ok=True)
    for part in _list_parts(path):
        part.unlink(missing_ok=True)


def _list_parts(path: Path) -> list[Path]:
    """List the files of tensors that stand beside a checkpoint."""
    name = re.compile(re.escape(path.stem) + r"-[0-9a-f]{12}\.safetensors")
    return sorted(p for p in path.parent.glob(f"{path.stem}-*") if name.fullmatch(p.name) and p.is_file())


def _divide(tensors: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Divide tensors, in their order, among files of at most `PART` bytes; one that is larger stands alone."""
    some, size = dict[str, Tensor](), 0
    for name, tensor in tensors.items():
        if some and size + tensor.nbytes > PART:
            yield some
            some, size = {}, 0
        some[name] = tensor.contiguous()
        size += tensor.nbytes
    if some:
        yield some
