"""Fitting a density head to galaxies of which latents and labels are known."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from galexplore.latents import LABELLED
from galexplore.network.density_head import DensityHead
from galexplore.posterior.coordinates import straighten, straighten_errors
from galexplore.posterior.density import Density, list_inputs
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.label_errors import read_errors, read_label
from galexplore.posterior.recalibrate import Recalibration

LEAST = 500  # galaxies of which all three labels are known, below which there is no joint posterior
PRIOR = 8  # Gaussians that tell how the galaxies are spread that taught it


@dataclass(frozen=True)
class Fitting:
    """How a density head is fitted; the defaults are the shipped model's."""

    components: tuple[int, ...] = (1, 3, 5)  # of which the validation likelihood chooses
    hidden: int = 64
    epochs: int = 30
    batch: int = 256
    learning_rate: float = 1e-2
    weight_decay: float = 1e-3
    seed: int = 0


@dataclass(frozen=True)
class Labelled:
    """What a head reads of galaxies (N, F) beside their labels and standard errors (N, 3), NaN where not known."""

    inputs: np.ndarray
    values: np.ndarray
    errors: np.ndarray

    @classmethod
    def gather(cls, table: pd.DataFrame) -> "Labelled":
        """Read a catalogue joined with its latents, the labels' errors as `posterior.label_errors` does."""
        columns = LABELLED.values()
        values = np.stack([read_label(table, c) for c in columns], axis=1)
        return cls(list_inputs(table), values, np.stack([read_errors(table, c) for c in columns], axis=1))

    @property
    def count(self) -> int:
        """Number of galaxies of which all three labels are known."""
        return int(np.isfinite(straighten(self.values)).all(axis=1).sum())

    def to_tensors(self, head: DensityHead) -> tuple[Tensor, Tensor, Tensor]:
        """Give inputs, standardised coordinates and standardised errors of those of which anything is known."""
        straight, errors = straighten(self.values), straighten_errors(self.values, self.errors)
        rows = np.isfinite(straight).any(axis=1)
        x, y, e = (torch.tensor(a[rows], dtype=torch.float32) for a in (self.inputs, straight, errors))
        return x, (y - head.target_mean) / head.target_std, e.nan_to_num() / head.target_std


def fit_density(
    taught: Labelled,
    validation: Labelled,
    fitting: Fitting = Fitting(),
    note: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Density, dict[int, float]]:
    """Fit heads of one, three and five components and keep the one that the validation split finds likeliest.

    Returns
    -------
    density : Density
        Uncalibrated.
    likelihoods : dict
        Number of components to the mean log likelihood of a validation galaxy, nats in standardised coordinates.
    """
    heads, likelihoods = dict[int, DensityHead](), dict[int, float]()
    for i, components in enumerate(fitting.components):
        progress = partial(_count_on, note, i * fitting.epochs, len(fitting.components) * fitting.epochs)
        heads[components], likelihoods[components] = _fit_head(taught, validation, components, fitting, progress)
    best = max(likelihoods, key=lambda k: likelihoods[k])
    head = {name: value.numpy() for name, value in heads[best].state_dict().items()}
    return Density(head, Recalibration.identity(), fit_prior(taught.values, fitting.seed)), likelihoods


def _count_on(note: Callable[[int, int], None], before: int, of: int, done: int) -> None:
    note(before + done, of)


def _fit_head(
    taught: Labelled, validation: Labelled, components: int, fitting: Fitting, note: Callable[[int], None]
) -> tuple[DensityHead, float]:
    """Fit one head; the weights of its best epoch, and that epoch's validation likelihood."""
    torch.manual_seed(fitting.seed)
    head = DensityHead(taught.inputs.shape[1], components, fitting.hidden)
    _standardise(head, taught)
    x, y, e = taught.to_tensors(head)
    judged = validation.to_tensors(head)
    batches = max(1, len(x) // fitting.batch)
    optimizer = torch.optim.AdamW(head.parameters(), weight_decay=fitting.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, fitting.learning_rate, total_steps=fitting.epochs * batches
    )
    best, weights = -math.inf, head.state_dict()
    for epoch in range(fitting.epochs):
        head.train()
        for rows in torch.randperm(len(x)).chunk(batches):
            loss = -log_likelihood(head(x[rows]), y[rows], e[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        head.eval()
        with torch.no_grad():
            score = float(log_likelihood(head(judged[0]), *judged[1:]).mean())
        if score > best:
            best, weights = score, copy.deepcopy(head.state_dict())
        note(epoch + 1)
    head.load_state_dict(weights)
    return head, best


def log_likelihood(mixture: tuple[Tensor, Tensor, Tensor], target: Tensor, errors: Tensor) -> Tensor:
    """Log density (B) of labels (B, 3) with standard errors (B, 3) under mixtures as `DensityHead` gives them.

    The errors are added to every component's covariance; what is NaN is integrated over.
    """
    log_weight, mean, factor = mixture
    known = target.isfinite()[:, None]
    off = torch.where(known, target.nan_to_num()[:, None] - mean, 0.0)
    covariance = factor @ factor.mT + torch.diag_embed(errors**2)[:, None]
    covariance = torch.where(known[..., None] & known[..., None, :], covariance, torch.eye(3))
    lower = torch.linalg.cholesky(covariance)
    scaled = torch.linalg.solve_triangular(lower, off[..., None], upper=False)[..., 0]
    volume = lower.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1)
    each = log_weight - 0.5 * scaled.square().sum(dim=-1) - volume
    return each.logsumexp(dim=1) - 0.5 * math.log(2 * math.pi) * known.sum(dim=(1, 2))


def fit_prior(values: np.ndarray, seed: int = 0) -> JointPosterior:
    """Fit a mixture of eight Gaussians to the labels (N, 3) of those galaxies of which all are known."""
    straight = straighten(values)
    straight = straight[np.isfinite(straight).all(axis=1)]
    mixture = GaussianMixture(min(PRIOR, len(straight)), random_state=seed, reg_covar=1e-4).fit(straight)
    return JointPosterior(mixture.weights_, mixture.means_, mixture.covariances_)


def _standardise(head: DensityHead, taught: Labelled) -> None:
    straight = straighten(taught.values)
    mean, std = np.nanmean(straight, axis=0), np.nanstd(straight, axis=0)
    for name, value in {
        "input_mean": np.nanmean(taught.inputs, axis=0),
        "input_std": np.maximum(np.nanstd(taught.inputs, axis=0), 1e-3),
        "target_mean": np.nan_to_num(mean),
        "target_std": np.where(std > 0, std, 1.0),
    }.items():
        getattr(head, name).copy_(torch.from_numpy(np.asarray(value, np.float32)))
