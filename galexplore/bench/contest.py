"""Run every peer on the same ground and write down what came of it: the table behind `galexplore bench accuracy`."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from galexplore.atlas.recovery import FALSE_ALARMS, classify
from galexplore.bench import answers as contestants
from galexplore.bench import boosting
from galexplore.bench.accuracy import compare_peers
from galexplore.bench.ground import Answer, Ground, remember
from galexplore.errors import InputError
from galexplore.files import write_whole
from galexplore.jobs.gather import gather_samples, gather_taught, read_survey
from galexplore.mock import render
from galexplore.network.recipes import Network, Training
from galexplore.network.sample import describe_hardware, pick_device
from galexplore.places import find_model
from galexplore.survey import Survey
from galexplore.tables.contract import is_simulated

#: What each contestant is, as the table says it.
TITLES = {
    "ours": "this model",
    "supervised": "its encoder, labels alone (the ceiling)",
    "published": "published recipe",
    "vanilla": "published autoencoder without labels, boosting on its latents",
    "contrastive": "contrastive encoder, mean of 16 nearest",
    "noiseless": "boosting on noiseless photometry",
    "noisy": "boosting on noisy photometry",
    "shaped": "boosting on noisy photometry and the true profile",
}

#: Passes over the galaxies of the peers that train here: as many as the shipped recipe's, an hour on two CPU cores.
EPOCHS = {"published": 12, "vanilla": 12, "contrastive": 12}


def read_recipe(card: dict) -> tuple[Survey, Network, Training]:
    """Return the survey, the network and the recipe that a card names."""
    return Survey.from_dict(card["survey"]), Network.read(card["network"]), Training(**card["training"])


def run_contest(
    name: str,
    data: Path,
    folder: Path,
    report: Callable[..., None],
    *,
    minutes: float,
    epochs: int | None,
    only: list[str],
) -> dict:
    """Let all contestants answer, each kept in `folder` as soon as it has; a second call goes on where one stopped.

    Parameters
    ----------
    name : str
        The trained model, in models/, whose recipe says which extra galaxies all are taught by.
    minutes : float
        At most so long for each of the peers trained here, the supervised one apart.
    epochs : int, optional
        Passes of the supervised encoder; the model's own by default.
    only : list of str
        Contestants; all of them if empty.

    Returns
    -------
    dict
        `about` (hardware, data, counts) and `peers`, as `accuracy.compare_peers` gives them.
    """
    if unknown := set(only) - set(TITLES):
        raise InputError(f"There is no peer {unknown.pop()!r}; there are {', '.join(TITLES)}.")
    survey, network, training = read_recipe(_read_card(name))
    frame, flux = read_survey(data, survey, report)
    taught, images = gather_taught(frame, flux, training, survey, report)
    device = pick_device()
    sample, validation = gather_samples(frame, flux, taught, images, survey, device)
    ground = Ground(frame, flux, survey, taught, sample, validation, folder, report)
    key = hashlib.sha256(data.read_bytes()).hexdigest() + f" {render.VERSION} {len(sample)} {training.seed}"
    training = replace(training, epochs=epochs or training.epochs)
    makers = _list_makers(name, network, training, 60 * minutes)
    own = {peer: f" {passes}" for peer, passes in EPOCHS.items()}
    own |= {"ours": _read_card(name)["sha256"], "supervised": f" {network} {training}"}
    answers: dict[str, Answer] = {}
    for peer in only or list_peers(frame, survey):
        report(peer, 0, 1)
        answers[peer] = remember(ground, peer, key + own.get(peer, ""), makers[peer])
        report(peer, 1, 1)
    peers = _compare_all(answers, ground)
    for peer, recalls in find_rare(answers, ground.frame["population"].to_numpy(str)).items():
        peers[peer]["rare"] = recalls
    conditions = {"hardware": describe_hardware(device), "simulated": is_simulated(frame), "taught": len(sample)}
    conditions |= {"examined": len(ground.test), "data_hash": key.split()[0]}
    return {"about": conditions, "peers": peers}


def list_peers(frame: pd.DataFrame, survey: Survey) -> list[str]:
    """List the contestants that a catalogue lets answer: those on photometry need magnitudes, or the mock's truth."""
    needs = {"noisy": {f"mag_{b}" for b in survey.bands}}
    needs["noiseless"] = {f"flux_disc_{b}" for b in survey.bands}
    needs["shaped"] = needs["noisy"] | set(boosting.PROFILE)
    return [peer for peer in TITLES if needs.get(peer, set()) <= set(frame)]


def find_rare(answers: dict[str, Answer], population: np.ndarray) -> dict[str, dict]:
    """Tell rare kinds from ordinary galaxies by the latents (N, 5) of each peer that has any, orientation left out.

    Returns
    -------
    dict
        By peer: {kind: [recall at `FALSE_ALARMS`, standard error]}, as `recovery.classify` finds it.
    """
    recalls = {}
    for peer, answer in answers.items():
        if answer.latents is not None:
            points = answer.latents if peer == "vanilla" else answer.latents[:, 1:]  # it knows no orientation
            recall = classify(points, population).recall
            columns = (recall[c].tolist() for c in ("kind", "recall", "error"))
            recalls[peer] = {kind: [share, error] for kind, share, error in zip(*columns, strict=True)}
    return recalls


def _compare_all(answers: dict[str, Answer], ground: Ground) -> dict:
    if "ours" not in answers:
        return {k: {"about": a.details} for k, a in answers.items()}
    return compare_peers(answers, ground.frame.iloc[ground.test])


def _read_card(name: str) -> dict:
    path = find_model(name) / "card.json"
    if not path.exists():
        raise InputError(f"No model stands in {name!r}; train one with: galexplore train --name NAME")
    return json.loads(path.read_text())


def _list_makers(
    name: str, network: Network, training: Training, seconds: float
) -> dict[str, Callable[[Ground], Answer]]:
    return {
        "ours": lambda ground: contestants.answer_ours(ground, name),
        "supervised": lambda ground: contestants.answer_supervised(ground, network, training),
        "published": lambda ground: contestants.answer_published(ground, EPOCHS["published"], seconds),
        "vanilla": lambda ground: contestants.answer_vanilla(ground, EPOCHS["vanilla"], seconds),
        "contrastive": lambda ground: contestants.answer_contrastive(ground, EPOCHS["contrastive"], seconds),
        "noiseless": boosting.answer_noiseless,
        "noisy": boosting.answer_noisy,
        "shaped": boosting.answer_shaped,
    }


#: Scores of the table, and how they are headed.
COLUMNS = {"r2_redshift": "R² z", "r2_logmass": "R² log M", "r2_logsfr": "R² log SFR", "phi_median_deg": "phi, deg"}


def write_tables(result: dict) -> str:
    """Write the comparison as Markdown tables: scores, ours less each, rare kinds found, costs."""
    conditions, peers = result["about"], result["peers"]

    def say(values: dict, name: str) -> str:
        digits = 1 if name == "phi_median_deg" else 3
        return "–" if name not in values else f"{values[name][0]:.{digits}f} ± {values[name][1]:.{digits}f}"

    def write(key: str) -> list[str]:
        lines = [f"| | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
        chosen = {k: p for k, p in peers.items() if key in p}
        return lines + [f"| {TITLES[k]} | {' | '.join(say(p[key], c) for c in COLUMNS)} |" for k, p in chosen.items()]

    kinds = list(dict.fromkeys(kind for p in peers.values() for kind in p.get("rare", {})))
    rare = [f"| | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for k, p in peers.items():
        if "rare" in p:
            shares = (f"{100 * p['rare'][kind][0]:.0f} ± {100 * p['rare'][kind][1]:.0f} %" for kind in kinds)
            rare.append(f"| {TITLES[k].split(',')[0]} | {' | '.join(shares)} |")
    costs = ["| | parameters | epochs | minutes |", "|---|---|---|---|"]
    for k, p in peers.items():
        cost = p["about"]
        count = f"{cost['parameters']:,}" if "parameters" in cost else "–"
        costs.append(f"| {TITLES[k]} | {count} | {cost.get('epochs', '–')} | {cost['seconds'] / 60:.1f} |")
    kind = "simulated" if conditions["simulated"] else "real"
    head = f"{conditions['taught']:,} {kind} galaxies teach, {conditions['examined']:,} of the test split examine"
    parts = [f"{head}; {conditions['hardware']}. Value ± bootstrap standard error.", *write("scores"), ""]
    parts += ["Ours less the peer's, over the same resamples:", "", *write("ours_less"), ""]
    if kinds:
        how = "Rare galaxies that a support vector machine on the latents finds, folds held out, where it takes"
        parts += [f"{how} {100 * FALSE_ALARMS:.0f} % of ordinary ones for rare:", "", *rare, ""]
    parts += costs
    return "\n".join([parts[0], "", *parts[1:]]) + "\n"


def save_tables(result: dict, path: Path, command: str) -> None:
    """Write the tables as Markdown, and everything as JSON beside it."""
    text = f"# Accuracy beside its peers\n\nWritten by `{command}`.\n\n{write_tables(result)}"
    write_whole(path, text)
    write_whole(path.with_suffix(".json"), json.dumps(_plain(result), indent=1) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return round(float(value), 5) if isinstance(value, (float, np.floating)) else value


def as_frame(result: dict) -> pd.DataFrame:
    """Scores as a table for the terminal: a row a peer."""
    rows = {
        k: {c: p["scores"].get(c, [np.nan])[0] for c in COLUMNS} for k, p in result["peers"].items() if "scores" in p
    }
    return pd.DataFrame(rows).T
