"""Teaching a student (`galexplore.network.student`): by labels, and by what the teacher says of the same galaxies."""

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from galexplore.files import write_beside
from galexplore.latents import LABELLED, standardise, unstandardise
from galexplore.network.augment import augment, obscure
from galexplore.network.dihedral import DIHEDRAL, turn, turn_vector
from galexplore.network.layers import lay_out
from galexplore.network.losses import average_known
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample
from galexplore.network.student import Student, StudentNetwork
from galexplore.network.vae import CVAE, Posterior


@dataclass(frozen=True)
class Distilling:
    """How a student is taught; `galexplore model student` writes it into the student's card."""

    minutes: float = 25.0
    batch: int = 256
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    ema: float = 0.998
    moved: int = 4  # one batch in so many is moved, lit and cut as the teacher's were, and taught by labels alone
    teacher: float = 0.5  # weight of the divergence from the teacher's posterior against the labels' likelihood
    features: float = 0.1  # weight of the mean squared error of the teacher's features, each of unit spread
    seed: int = 20231228
    start_from: str = ""  # SHA-256 of the student's weights that it begins with; else they are random


@dataclass(frozen=True)
class Lessons:
    """What a teacher says of N galaxies, as they are told to it and with nothing told.

    Attributes
    ----------
    mean, logvar : Tensor (2, N, 3 + n_free)
        Standardised, float16.
    vector : Tensor (2, N, 2)
    features : Tensor (2, N, hidden)
    """

    mean: Tensor
    logvar: Tensor
    vector: Tensor
    features: Tensor

    @classmethod
    @torch.inference_mode()
    def ask(
        cls, teacher: CVAE, sample: Sample, note: Callable[[int, int], None] = lambda done, of: None, batch: int = 128
    ) -> "Lessons":
        """Let a teacher look once at each galaxy."""
        parts = list[list[Tensor]]()
        for rows in torch.arange(len(sample)).split(batch):
            flux = sample.images(rows).contiguous(memory_format=torch.channels_last)
            told = sample.told[rows.to(sample.device)]
            both = [teacher.features(flux, t) for t in (told, torch.zeros_like(told))]
            named = [teacher.name(f) for f in both]
            answers = [torch.stack([getattr(p, k) for p in named]) for k in ("mean", "logvar", "vector")]
            parts.append([a.half() for a in (*answers, torch.stack(both))])
            note(int(rows[-1]) + 1, len(sample))
        return cls(*(torch.cat(p, dim=1) for p in zip(*parts, strict=True)))

    def save(self, path: Path, key: str) -> None:
        """Write them, beside and renamed; `key` names what they are of."""
        with write_beside(path) as partial:
            save_file({f.name: getattr(self, f.name).contiguous() for f in fields(self)}, partial, {"key": key})

    @classmethod
    def load(cls, path: Path, key: str) -> "Lessons | None":
        """Read what `save` wrote under the same key; None where there is none."""
        try:
            with safe_open(path, "pt") as file:
                same = (file.metadata() or {}).get("key") == key
                return cls(**{f.name: file.get_tensor(f.name) for f in fields(cls)}) if same else None
        except (OSError, SafetensorError):
            return None

    def pick(self, rows: Tensor, told: Tensor) -> tuple[Posterior, Tensor]:
        """Posterior and features (B, hidden) of some rows, each with what `told` (B,) says was told or nothing."""
        at = (1 - told.long(), rows)
        mean, logvar, vector = (a[at].float() for a in (self.mean, self.logvar, self.vector))
        return Posterior(vector, mean, logvar), self.features[at].float()


class _Reader(nn.Module):
    """Reads the teacher's features off a student's; for the time of the lessons only."""

    def __init__(self, lessons: Lessons, hidden: int):
        super().__init__()
        seen = lessons.features[0].float()
        self.mean, self.spread = seen.mean(dim=0), seen.std(dim=0).clamp_min(1e-2)
        self.linear = nn.Linear(hidden, seen.shape[1])

    def forward(self, own: Tensor, wanted: Tensor) -> Tensor:
        return F.mse_loss(self.linear(own), standardise(wanted, self.mean, self.spread))


def diverge(taught: Posterior, own: Posterior) -> Tensor:
    """Divergence of the teacher's Gaussians from the student's, nats, summed over latents and averaged (Kullback)."""
    variance = own.logvar.exp()
    spread = (taught.logvar.exp() + (taught.mean - own.mean) ** 2) / variance
    return 0.5 * (own.logvar - taught.logvar + spread - 1).sum(dim=1).mean()


def fit_labels(own: Posterior, sample: Sample, rows: Tensor, student: Student, voice: float) -> Tensor:
    """Gaussian negative log likelihood of known labels, their own variance added, as of `CVAE.loss`."""
    target = standardise(sample.labels[rows], student.label_mean, student.label_std)
    variance = own.logvar[:, :3].exp() + (sample.errors[rows] / student.label_std) ** 2
    nll = 0.5 * ((target.nan_to_num() - own.mean[:, :3]) ** 2 / variance + variance.log())
    weight = variance.detach() ** voice
    return average_known(nll * weight / weight.mean(dim=0), target)


def distil(
    teacher: CVAE,
    lessons: Lessons,
    sample: Sample,
    validation: Sample,
    training: Training,
    distilling: Distilling = Distilling(),
    network: StudentNetwork = StudentNetwork(),  # noqa: B008 (frozen)
    report: Callable[[dict], None] = lambda row: None,
    weights: dict[str, Tensor] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Student, list[dict]]:
    """Teach a student for a time; deterministic but for how many steps fit into it.

    Parameters
    ----------
    lessons : Lessons
        Of the sample, by the teacher.
    training : Training
        The teacher's recipe: how galaxies are moved, lit and cut.
    report : callable
        Receives a row a pass over the sample: `steps`, `seconds`, losses and the validation split's R^2.
    weights : dict of str to Tensor, optional
        Of a student of this network, unfolded, to begin with.

    Returns
    -------
    student : Student
        Averaged weights, unfolded, in evaluation mode.
    history : list of dict
    """
    torch.manual_seed(distilling.seed)
    student = lay_out(Student(network, teacher.survey)).to(sample.device)
    if weights is not None:
        student.load_state_dict(weights)
    student.label_mean.copy_(teacher.label_mean)
    student.label_std.copy_(teacher.label_std)
    reader, average = _Reader(lessons, network.hidden).to(sample.device), copy.deepcopy(student)
    known = [*student.parameters(), *reader.parameters()]
    optimizer = torch.optim.AdamW(known, weight_decay=distilling.weight_decay)
    chance = torch.Generator().manual_seed(distilling.seed)
    moves = torch.Generator(sample.device).manual_seed(distilling.seed)
    history, start, step, over = list[dict](), clock(), 0, 0.0
    student.train()
    while over < 1:
        sums, count = dict[str, float](), 0
        batches = [r for r in torch.randperm(len(sample), generator=chance).split(distilling.batch) if len(r) > 3]
        for rows in batches:
            over = (clock() - start) / (60 * distilling.minutes)
            terms = _teach(student, reader, lessons, sample, rows, step, training, distilling, chance, moves)
            rate = distilling.learning_rate * min(1, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * min(over, 1)))
            _advance(optimizer, rate, torch.stack(list(terms.values())).sum(), known)
            _fold_in(average, student, min(distilling.ema, (1 + step) / (10 + step)))
            step, count = step + 1, count + 1
            for k, v in terms.items():
                sums[k] = sums.get(k, 0.0) + float(v.detach())
            if over >= 1:
                break
        row = {"steps": step, "seconds": round(clock() - start, 1)} | {k: v / count for k, v in sums.items()}
        history.append(row | score_student(average, validation))
        report(history[-1])
    return average.eval(), history


def _teach(
    student: Student,
    reader: _Reader,
    lessons: Lessons,
    sample: Sample,
    rows: Tensor,
    step: int,
    training: Training,
    distilling: Distilling,
    chance: torch.Generator,
    moves: torch.Generator,
) -> dict[str, Tensor]:
    """Terms of the loss of one batch, weighed."""
    at, survey = rows.to(sample.device), student.survey
    flux, vector = sample.images(rows), sample.vector[at]
    if step % distilling.moved == 0:
        flux, told = obscure(flux, sample.told[at], sample.ebv[at], training, survey, moves)
        flux, vector, valid = augment(flux, vector, training, survey, moves)
        own = student.encode(flux * valid, told)
        terms = {"labels": fit_labels(own, sample, at, student, training.voice)}
        return terms | {"orientation": average_known((vector.nan_to_num() - own.vector) ** 2, vector)}
    is_told = (torch.rand(len(rows), generator=chance) >= training.untold).to(sample.device)
    told = sample.told[at] * is_told[:, None]
    move = DIHEDRAL[int(torch.randint(len(DIHEDRAL), (), generator=chance))]
    features = student.features(turn(flux, move).contiguous(), told)
    own, vector = student.name(features), turn_vector(vector, move)
    taught, wanted = lessons.pick(rows, is_told.cpu())
    angle = (turn_vector(taught.vector, move) - own.vector) ** 2
    return {
        "labels": (1 - distilling.teacher) * fit_labels(own, sample, at, student, training.voice),
        "teacher": distilling.teacher * diverge(taught, own),
        "orientation": 0.5 * average_known((vector.nan_to_num() - own.vector) ** 2, vector) + 0.5 * angle.sum(1).mean(),
        "features": distilling.features * reader(features, wanted),
    }


def _advance(optimizer: torch.optim.Optimizer, rate: float, loss: Tensor, known: list[nn.Parameter]) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(known, 5.0)
    optimizer.step()


@torch.no_grad()
def _fold_in(average: Student, student: Student, decay: float) -> None:
    """Fold weights and norms' statistics into their running average."""
    for kept, new in zip(average.state_dict().values(), student.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def keep_taught(student: Student, history: list[dict], hardware: str, path: Path, key: str) -> None:
    """Keep a student that has been taught, beside and renamed; `key` names what by."""
    weights = {k: v.cpu().contiguous() for k, v in student.state_dict().items()}
    said = {"key": key, "history": json.dumps(history), "network": json.dumps(asdict(student.network))}
    said |= {"hardware": hardware}
    with write_beside(path) as partial:
        save_file(weights, partial, said)


def find_taught(path: Path, key: str, teacher: CVAE) -> tuple[Student, list[dict], str] | None:
    """Find what `keep_taught` kept under the same key; None where there is none."""
    try:
        with safe_open(path, "pt") as file:
            said = file.metadata() or {}
            if said.get("key") != key:
                return None
            student = Student(StudentNetwork.read(json.loads(said["network"])), teacher.survey)
            student.load_state_dict({k: file.get_tensor(k) for k in file.keys()})
        history, hardware = json.loads(said["history"]), said["hardware"]
    except (OSError, SafetensorError, LookupError, ValueError, RuntimeError):
        return None
    return student.to(teacher.label_mean.device).eval(), history, hardware


@torch.inference_mode()
def score_student(student: Student, sample: Sample) -> dict[str, float]:
    """R^2 of the posterior means of a sample's known labels."""
    student.eval()
    seen = [
        student.encode(sample.images(r), sample.told[r.to(sample.device)]) for r in torch.arange(len(sample)).split(256)
    ]
    means = unstandardise(torch.cat([p.mean[:, :3] for p in seen]), student.label_mean, student.label_std)
    error, spread = (sample.labels - means) ** 2, (sample.labels - sample.labels.nanmean(dim=0)) ** 2
    r2 = 1 - error.nanmean(dim=0) / spread.nanmean(dim=0)
    return {f"r2_{name}": float(v) for name, v in zip(LABELLED, r2, strict=True)}
