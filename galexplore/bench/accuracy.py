"""Redshift, mass and SFR of the test split by the model and by its peers, all taught by the same galaxies."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neighbors import KNeighborsRegressor

from galexplore.bench.peers import Contrastive, Published, Scale, embed_peer, train_peer
from galexplore.explore.models import load
from galexplore.latents import LABELLED, MEANS, angle_difference, to_axis_angle
from galexplore.network.embed import Embedder
from galexplore.network.recipes import Network, Training
from galexplore.network.sample import Sample
from galexplore.network.train import fit
from galexplore.survey import Survey

#: What is answered for each galaxy, in the order of every array of answers (N, 4).
ASKED = ("phi", *LABELLED)


@dataclass(frozen=True)
class Ground:
    """What all peers stand on.

    Attributes
    ----------
    frame, flux : DataFrame, array (N, B, S, S)
        The catalogue and its images.
    survey : Survey
        What they are of.
    taught : DataFrame
        The rows of `sample`: the training split and the extra galaxies.
    sample, validation : Sample
    folder : Path
        Where each peer's answers, latents and weights are kept.
    report : callable
        Called as (stage, done, of).
    """

    frame: pd.DataFrame
    flux: np.ndarray
    survey: Survey
    taught: pd.DataFrame
    sample: Sample
    validation: Sample
    folder: Path
    report: Callable[..., None]

    @property
    def test(self) -> np.ndarray:
        """Places of the test split in the catalogue."""
        return np.flatnonzero(self.frame["split"] == "test")

    @property
    def everything(self) -> Sample:
        """The whole catalogue, rare kinds too."""
        return Sample.gather(self.frame, self.flux, self.sample.device)


@dataclass(frozen=True)
class Answer:
    """What a peer says of the test split, (n, 4) as `ASKED`, NaN where it cannot; its cost; latents of all, if any."""

    values: np.ndarray
    about: dict
    latents: np.ndarray | None = None


def boost(features: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Regress labels (N, K) on features by gradient boosting, and answer for others."""
    answers = []
    for label in labels.T:
        known = np.isfinite(label)
        model = HistGradientBoostingRegressor(
            max_iter=400, learning_rate=0.06, early_stopping=True, l2_regularization=1.0, random_state=0
        )
        answers.append(model.fit(features[known], label[known]).predict(asked))
    return np.column_stack(answers)


def _colours(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Magnitudes and colours (N, B (B + 1) / 2) of fluxes (N, B) in nanomaggies."""
    mags = survey.zero_point - 2.5 * np.log10(np.maximum(flux, 1e-4))
    pairs = [(i, i + step) for step in range(1, mags.shape[1]) for i in range(mags.shape[1] - step)]
    return np.column_stack([mags, *(mags[:, i] - mags[:, j] for i, j in pairs)])


def _photometry(ground: Ground, measure: Callable[[pd.DataFrame], np.ndarray], what: str) -> Answer:
    start, test = time.perf_counter(), ground.frame.iloc[ground.test]
    labels = ground.taught[list(LABELLED.values())].to_numpy(float)
    answers = boost(measure(ground.taught), labels, measure(test))
    values = np.column_stack([np.full(len(test), np.nan), answers])
    return Answer(values, {"seconds": time.perf_counter() - start, "what": f"gradient boosting on {what}"})


def answer_noiseless(ground: Ground) -> Answer:
    """Gradient boosting on the galaxies' true fluxes."""

    def measure(frame: pd.DataFrame) -> np.ndarray:
        parts = ("bulge", "disc", "young")
        bands = ground.survey.bands
        flux = np.stack([sum(frame[f"flux_{p}_{b}"] for p in parts) for b in bands], axis=1)
        return _colours(flux, ground.survey)

    return _photometry(ground, measure, f"{', '.join(ground.survey.bands)} and colours")


def _measured_colours(frame: pd.DataFrame, survey: Survey) -> np.ndarray:
    mags = frame[[f"mag_{b}" for b in survey.bands]].to_numpy(float)
    return _colours(10 ** (0.4 * (survey.zero_point - mags)), survey)


def answer_noisy(ground: Ground) -> Answer:
    """Gradient boosting on the catalogue's magnitudes, with their errors."""
    bands = ", ".join(ground.survey.bands)
    return _photometry(ground, lambda frame: _measured_colours(frame, ground.survey), f"{bands} and colours")


#: What a profile fit would measure of a galaxy, were there no noise.
PROFILE = ("re_arcsec", "ba", "bulge_fraction", "bulge_n")


def answer_shaped(ground: Ground) -> Answer:
    """Gradient boosting on the catalogue's magnitudes and the true profile, as no image shows it."""

    def measure(frame: pd.DataFrame) -> np.ndarray:
        return np.column_stack([_measured_colours(frame, ground.survey), frame[list(PROFILE)]])

    return _photometry(ground, measure, f"{', '.join(ground.survey.bands)}, colours and the true profile")


def answer_published(ground: Ground, epochs: int, seconds: float) -> Answer:
    """Train the published recipe and take its latents as they are."""
    torch.manual_seed(0)
    model = Published(ground.survey)
    about = train_peer(model, ground.sample, epochs, seconds, lambda *at: ground.report("published", *at))
    latents = embed_peer(model, ground.everything)
    values = Scale(ground.sample).undo(latents[ground.test])
    return Answer(values, about | {"parameters": count(model), "what": "latent means"}, latents)


def answer_vanilla(ground: Ground, epochs: int, seconds: float) -> Answer:
    """Train the published autoencoder without labels and read its latents out by gradient boosting."""
    torch.manual_seed(0)
    model = Published(ground.survey, physics=False)
    about = train_peer(model, ground.sample, epochs, seconds, lambda *at: ground.report("vanilla", *at))
    latents, vector = embed_peer(model, ground.everything), ground.sample.vector.cpu().numpy()
    labels = np.column_stack([vector, ground.taught[list(LABELLED.values())]])
    out = boost(embed_peer(model, ground.sample), labels, latents[ground.test])
    values = np.column_stack([to_axis_angle(out[:, :2]), out[:, 2:]])
    what = "gradient boosting on the five latents"
    return Answer(values, about | {"parameters": count(model), "what": what}, latents)


def answer_contrastive(ground: Ground, epochs: int, seconds: float) -> Answer:
    """Train a self-supervised encoder and take the mean label of the 16 nearest in its features."""
    torch.manual_seed(0)
    model = Contrastive(ground.survey)
    about = train_peer(model, ground.sample, epochs, seconds, lambda *at: ground.report("contrastive", *at))
    labels = ground.taught[list(LABELLED.values())].to_numpy(float)
    reader = KNeighborsRegressor(16).fit(embed_peer(model, ground.sample), labels)
    test = Sample.gather(ground.frame.iloc[ground.test], ground.flux[ground.test], ground.sample.device)
    values = np.column_stack([np.full(len(test), np.nan), reader.predict(embed_peer(model, test))])
    return Answer(values, about | {"parameters": count(model), "what": "mean of the 16 nearest in 128 features"})


def answer_supervised(ground: Ground, network: Network, training: Training) -> Answer:
    """Train our encoder with nothing to do but the labels: same recipe, no decoder, no free latent."""
    alone = replace(training, reconstruction=0.0, beta=0.0, aggregate=0.0, dependence=0.0, drawn=training.batch)
    model, card = fit(
        ground.sample,
        ground.validation,
        ground.folder / "supervised",
        survey=ground.survey,
        network=network,
        training=alone,
        report=lambda row: ground.report("supervised", row["epoch"], training.epochs),
    )
    table = Embedder(model).embed(ground.flux[ground.test])
    values = table[[f"lat_{name}" for name in ASKED]].to_numpy()
    encoder = count(model) - count(model.decoder)
    about = {"seconds": card["seconds"], "epochs": len(card["history"]), "parameters": encoder}
    return Answer(values, about | {"what": "latent means, eight views"})


def count(model: torch.nn.Module) -> int:
    """Count a network's parameters."""
    return sum(p.numel() for p in model.parameters())


def remember(ground: Ground, name: str, key: str, make: Callable[[Ground], Answer]) -> Answer:
    """Return a peer's answer from the run folder if it was given on the same ground, else make and keep it.

    `<name>.npz` holds `values` (n_test, 4) and, of a peer with latents, `latents` (N, 5) and `ids` of the catalogue.
    """
    path = ground.folder / f"{name}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            if about["key"] == key:
                return Answer(file["values"], about, file["latents"] if "latents" in file else None)
    answer = make(ground)
    about = answer.about | {"key": key}
    kept = {"values": answer.values, "about": json.dumps(about)}
    if answer.latents is not None:
        kept |= {"latents": answer.latents, "ids": ground.frame["id"].to_numpy(str)}
    ground.folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **kept)
    return Answer(answer.values, about, answer.latents)


def score(values: np.ndarray, test: pd.DataFrame) -> dict[str, float]:
    """R^2 and squared Pearson r of z, mass and SFR, and the median error of phi [deg] where ba < 0.7."""
    out = {}
    for i, (name, column) in enumerate(LABELLED.items(), 1):
        label, value = test[column].to_numpy(float), values[:, i]
        out[f"r2_{name}"] = 1 - np.sum((value - label) ** 2) / np.sum((label - label.mean()) ** 2)
        out[f"pearson_r2_{name}"] = np.corrcoef(value, label)[0, 1] ** 2
    flat = (test["ba"] < 0.7).to_numpy()
    out["phi_median_deg"] = np.degrees(np.median(np.abs(angle_difference(values[flat, 0], test["phi"][flat]))))
    return {k: float(v) for k, v in out.items()}


def compare(answers: dict[str, Answer], test: pd.DataFrame, resamples: int = 200, seed: int = 0) -> dict[str, dict]:
    """Score every peer, and ours less each, over the same resamples of the test split.

    Returns
    -------
    dict
        By peer: `scores` and, but for ours, `ours_less`, each {score: [value, standard error]}; and `about`.
    """
    test = test[[*LABELLED.values(), "phi", "ba"]].reset_index(drop=True)
    rows = np.random.default_rng(seed).integers(0, len(test), (resamples, len(test)))
    drawn = {k: pd.DataFrame([score(a.values[i], test.iloc[i]) for i in rows]) for k, a in answers.items()}
    exact = {k: score(a.values, test) for k, a in answers.items()}
    out = {}
    for k, answer in answers.items():
        told = {"about": {n: v for n, v in answer.about.items() if n != "key"}}
        told["scores"] = _with_errors(exact[k], drawn[k])
        if k != "ours":
            gap = {n: exact["ours"][n] - v for n, v in exact[k].items()}
            told["ours_less"] = _with_errors(gap, drawn["ours"] - drawn[k])
        out[k] = told
    return out


def _with_errors(values: dict[str, float], drawn: pd.DataFrame) -> dict[str, list[float]]:
    return {k: [v, float(drawn[k].std())] for k, v in values.items() if np.isfinite(v)}


def answer_ours(ground: Ground, name: str) -> Answer:
    """Take what the atlas of a trained model holds of the test split, and its latents of all."""
    explorer = load(name)
    latents = explorer.table.set_index("id").loc[ground.frame["id"], MEANS].to_numpy()
    card = explorer.card
    about = {"seconds": card["seconds"], "epochs": len(card["history"]), "parameters": card["parameters"]}
    return Answer(latents[ground.test, :4], about | {"what": "latent means, eight views"}, latents)
