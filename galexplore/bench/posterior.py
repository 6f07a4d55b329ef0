"""How much of what the encoder says the joint posterior holds, beside a normalising flow, and how fast it answers."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.network.fit_density import Fitting, Labelled, fit_density
from galexplore.posterior.coordinates import straighten
from galexplore.posterior.joint import JointPosterior

FITTING = Fitting()
SCORED = ("validation", "test")
_LAYERS = 3  # of the flow: neural splines, each told by a network of the mixture's width
_RATE = 3e-3
_REDSHIFTS = np.linspace(0.01, 1.0, 100)

#: What is asked of a posterior, of one galaxy or of an array of them.
ASKED: dict[str, Callable[[JointPosterior], object]] = {
    "mean": lambda joint: joint.mean,
    "correlation": lambda joint: joint.correlation,
    "interval(0.95)": lambda joint: joint.interval(0.95),
    "quantile(five, of=logmass)": lambda joint: joint.quantile([0.025, 0.16, 0.5, 0.84, 0.975], "logmass"),
    "pdf(100 redshifts)": lambda joint: joint.pdf(np.broadcast_to(_REDSHIFTS, (*joint.weights.shape[:-1], 100))),
    "sample(100)": lambda joint: joint.sample(100),
    "given(redshift, error)": lambda joint: joint.given(redshift=0.2, error=0.001),
    "ssfr.interval()": lambda joint: joint.ssfr.interval(),
    "log_pdf": lambda joint: joint.log_pdf(np.broadcast_to([0.2, 10.0, 0.0], (*joint.weights.shape[:-1], 3))),
    "reweighted(flat)": lambda joint: joint.reweighted(lambda values: np.ones(values.shape[:-1])),
}

Report = Callable[..., None]


def measure_posterior(
    explorer: Explorer, n: int = 200, flow: bool = True, report: Report = lambda *at: None, fitting: Fitting = FITTING
) -> dict:
    """Fit mixtures and a flow to the training split, each kept at its best validation epoch, and score the test split.

    Parameters
    ----------
    n : int
        Galaxies whose posteriors are timed.
    flow : bool
        Whether a flow is fitted too: the ceiling of what a density of the same inputs holds.
    report : callable
        Called as (stage, done, of).
    fitting : Fitting
        Numbers of components, and the recipe.

    Returns
    -------
    dict
        `n`, galaxies of the test split; `likelihoods`: what ("shipped", "mixture of 3", "flow") to `validation` and
        `test`, the mean log likelihood of a galaxy's labels [nats, per unit of z and of log M and log SFR] with its
        standard error; `speed`: function to microseconds a galaxy, `alone` (median) and `together`, as an array.

    Raises
    ------
    ImportError
        Where a flow is asked for and zuko is not installed.
    InputError
        Where the model has no joint posterior, or its catalogue no splits.
    """
    if explorer.density is None or "split" not in explorer.table:
        raise InputError(f"The model {explorer.name!r} has no joint posterior, or its catalogue has no column split.")
    table = explorer.table
    rows = {split: table[table["split"] == split] for split in ("train", *SCORED)}
    known = {split: choose_known(Labelled.gather(part)) for split, part in rows.items()}
    scores: dict[str, dict[str, np.ndarray]] = {"shipped": {}}
    for split in SCORED:
        judged = Labelled.gather(rows[split])
        scores["shipped"][split] = _score(explorer.density.infer(rows[split]), judged)
    for components in fitting.components:
        one = replace(fitting, components=(components,))
        density, _ = fit_density(known["train"], known["validation"], one, lambda *done: report("mixtures", *done))
        name = f"mixture of {components}"
        scores[name] = {s: _score(density.infer_raw(rows[s]), Labelled.gather(rows[s])) for s in SCORED}
    if flow:
        ask = fit_flow(known["train"], known["validation"], fitting, lambda *done: report("flow", *done))
        scores["flow"] = {split: ask(known[split]) for split in SCORED}
    averages = {k: {s: _average(v) for s, v in of.items()} for k, of in scores.items()}
    posteriors = explorer.density.infer(rows["test"].head(n))
    return {"n": len(known["test"].inputs), "likelihoods": averages, "speed": time_functions(posteriors)}


def choose_known(labelled: Labelled) -> Labelled:
    """Choose the galaxies of which all three labels are known."""
    rows = np.isfinite(straighten(labelled.values)).all(axis=1)
    return Labelled(labelled.inputs[rows], labelled.values[rows], labelled.errors[rows])


def _score(joint: JointPosterior, labelled: Labelled) -> np.ndarray:
    """Log likelihoods (M,) of the labels of those galaxies of which all are known, their errors added."""
    rows = np.isfinite(straighten(labelled.values)).all(axis=1)
    values, errors = labelled.values[rows], labelled.errors[rows]
    return joint[rows].blurred(values, errors).log_pdf(values)


def _average(values: np.ndarray) -> list[float]:
    return [float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))]


def fit_flow(
    taught: Labelled,
    validation: Labelled,
    fitting: Fitting = FITTING,
    note: Callable[[int, int], None] = lambda *at: None,
) -> Callable[[Labelled], np.ndarray]:
    """Fit a neural spline flow (Durkan et al. 2019, arXiv:1906.04032) to the labels, told the inputs and their errors.

    It learns the density of the labels themselves, for the errors cannot be added to it: told to it, they may be any.

    Returns
    -------
    callable
        Galaxies (N) to the log likelihoods (N,) of their labels, in the units of `JointPosterior.log_pdf`.

    Raises
    ------
    ImportError
        Without zuko.
    """
    try:
        import zuko
    except ImportError as error:
        raise ImportError("The flow needs zuko: pip install zuko; or leave it out with --no-flow") from error
    torch.manual_seed(fitting.seed)
    context, straight = _list_context(taught), straighten(taught.values)
    middle, spread = np.nanmean(context, axis=0), np.maximum(np.nanstd(context, axis=0), 1e-3)
    mean, std = straight.mean(axis=0), straight.std(axis=0)

    def turn(labelled: Labelled) -> tuple[Tensor, Tensor]:
        given = np.nan_to_num((_list_context(labelled) - middle) / spread)
        return torch.from_numpy(given).float(), torch.from_numpy((straighten(labelled.values) - mean) / std).float()

    x, y = turn(taught)
    judged = turn(validation)
    net = zuko.flows.NSF(y.shape[1], x.shape[1], transforms=_LAYERS, hidden_features=(fitting.hidden,) * 2)
    batches = max(1, len(x) // fitting.batch)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=fitting.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=fitting.epochs * batches)
    best, weights = -math.inf, copy.deepcopy(net.state_dict())
    for epoch in range(fitting.epochs):
        for rows in torch.randperm(len(x)).chunk(batches):
            loss = -net(x[rows]).log_prob(y[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            score = float(net(judged[0]).log_prob(judged[1]).mean())
        if score > best:
            best, weights = score, copy.deepcopy(net.state_dict())
        note(epoch + 1, fitting.epochs)
    net.load_state_dict(weights)

    def ask(labelled: Labelled) -> np.ndarray:
        given, labels = turn(labelled)
        with torch.no_grad():
            density = net(given).log_prob(labels).numpy().astype(float)
        return density - np.log(std).sum() - np.log(labelled.values[:, 0])

    return ask


def _list_context(labelled: Labelled) -> np.ndarray:
    """List what the flow is told (N, F + 3): the mixture's inputs, and the logs of the labels' errors as they stand.

    The error of ln z would be the redshift's over its label, and tell it.
    """
    return np.column_stack([labelled.inputs, np.log(np.maximum(labelled.errors, 1e-6))])


def time_functions(joint: JointPosterior) -> dict[str, dict[str, float]]:
    """Time what is asked of N galaxies' posteriors, microseconds a galaxy: one by one (median), and as an array."""
    count, speed = len(joint.weights), {}
    for name, ask in ASKED.items():
        ask(joint[0])
        alone = [_time(ask, joint[i]) for i in range(count)]
        speed[name] = {"alone": float(np.median(alone)), "together": _time(ask, joint) / count}
    return speed


def _time(ask: Callable[[JointPosterior], object], joint: JointPosterior) -> float:
    start = perf_counter()
    ask(joint)
    return 1e6 * (perf_counter() - start)


def write_tables(measured: dict) -> str:
    """Write what was measured as Markdown tables."""
    lines = ["| log likelihood a galaxy, nats | validation | test |", "|---|---:|---:|"]
    for name, of in measured["likelihoods"].items():
        lines.append(f"| {name} | {' | '.join('{:.3f} ± {:.3f}'.format(*of[split]) for split in SCORED)} |")
    lines += ["", "| asked | microseconds a galaxy, alone | in an array |", "|---|---:|---:|"]
    lines += [f"| {name} | {row['alone']:.0f} | {row['together']:.1f} |" for name, row in measured["speed"].items()]
    slowest = max(measured["speed"], key=lambda name: measured["speed"][name]["alone"])
    took = measured["speed"][slowest]["alone"] / 1000
    return "\n".join([*lines, "", f"Slowest: {slowest}, {took:.2f} ms a galaxy asked alone."]) + "\n"
