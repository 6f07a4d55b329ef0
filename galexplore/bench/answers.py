"""The answers of those that look at pixels: this model, its encoder alone, and the networks of `bench.peers`."""

from dataclasses import replace

import numpy as np
import torch
from sklearn.neighbors import KNeighborsRegressor

from galexplore.bench.boosting import boost
from galexplore.bench.ground import ASKED, Answer, Ground
from galexplore.bench.peers import Contrastive, Published, Scale, embed_peer, train_peer
from galexplore.explore.models import load
from galexplore.images import Observed
from galexplore.latents import LABELLED, MEANS, to_axis_angle
from galexplore.network.embed import Embedder
from galexplore.network.recipes import Network, Training
from galexplore.network.sample import Sample
from galexplore.network.train import fit


def answer_ours(ground: Ground, name: str) -> Answer:
    """Take what the atlas of a trained model holds of the test split, and its latents of all."""
    explorer = load(name)
    latents = explorer.table.set_index("id").loc[ground.frame["id"], MEANS].to_numpy()
    card = explorer.card
    details = {"seconds": card["seconds"], "epochs": len(card["history"]), "parameters": card["parameters"]}
    return Answer(latents[ground.test, :4], details | {"what": "latent means, eight views"}, latents)


def answer_published(ground: Ground, epochs: int, seconds: float) -> Answer:
    """Train the published recipe and take its latents as they are."""
    torch.manual_seed(0)
    model = Published(ground.survey)
    details = train_peer(model, ground.sample, epochs, seconds, lambda *at: ground.report("published", *at))
    latents = embed_peer(model, ground.everything)
    values = Scale(ground.sample).undo(latents[ground.test])
    return Answer(values, details | {"parameters": count(model), "what": "latent means"}, latents)


def answer_vanilla(ground: Ground, epochs: int, seconds: float) -> Answer:
    """Train the published autoencoder without labels and read its latents out by gradient boosting."""
    torch.manual_seed(0)
    model = Published(ground.survey, physics=False)
    details = train_peer(model, ground.sample, epochs, seconds, lambda *at: ground.report("vanilla", *at))
    latents, vector = embed_peer(model, ground.everything), ground.sample.vector.cpu().numpy()
    labels = np.column_stack([vector, ground.taught[list(LABELLED.values())]])
    out = boost(embed_peer(model, ground.sample), labels, latents[ground.test])
    values = np.column_stack([to_axis_angle(out[:, :2]), out[:, 2:]])
    what = "gradient boosting on the five latents"
    return Answer(values, details | {"parameters": count(model), "what": what}, latents)


def answer_contrastive(ground: Ground, epochs: int, seconds: float) -> Answer:
    """Train a self-supervised encoder and take the mean label of the 16 nearest in its features."""
    torch.manual_seed(0)
    model = Contrastive(ground.survey)
    details = train_peer(model, ground.sample, epochs, seconds, lambda *at: ground.report("contrastive", *at))
    labels = ground.taught[list(LABELLED.values())].to_numpy(float)
    reader = KNeighborsRegressor(16).fit(embed_peer(model, ground.sample), labels)
    frame, flux = ground.frame.iloc[ground.test], ground.flux[ground.test]
    test = Sample.gather(frame, flux, ground.survey, ground.sample.device)
    values = np.column_stack([np.full(len(test), np.nan), reader.predict(embed_peer(model, test))])
    return Answer(values, details | {"parameters": count(model), "what": "mean of the 16 nearest in 128 features"})


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
    observed = Observed.read(ground.frame.iloc[ground.test], ground.survey)
    table = Embedder(model).embed(ground.flux[ground.test], observed=observed)
    values = table[[f"lat_{name}" for name in ASKED]].to_numpy()
    encoder = count(model) - count(model.decoder)
    details = {"seconds": card["seconds"], "epochs": len(card["history"]), "parameters": encoder}
    return Answer(values, details | {"what": "latent means, eight views"})


def count(model: torch.nn.Module) -> int:
    """Count a network's parameters."""
    return sum(p.numel() for p in model.parameters())
