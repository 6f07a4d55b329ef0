"""The whole way from a catalogue to a model that the explorer opens, small enough to run in a minute."""

import json

import numpy as np

import galexplore as gx
from galexplore.jobs import make_model
from galexplore.latents import LATENTS
from galexplore.network.recipes import Network, Training
from galexplore.places import DATA
from galexplore.survey import DECALS
from galexplore.tables import catalogue

TINY = Network(stem=4, widths=(8, 8, 8, 8), brushes=(8, 8, 8, 8), photometer=16, hidden=16)


def nothing(*args, **kwargs):
    pass


def test_a_catalogue_of_ones_own_becomes_a_model_that_opens(tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    frame = catalogue.read(DATA)
    usual = frame[frame["population"] == "ordinary"].head(500)
    catalogue.write(usual, tmp_path / "mine.parquet")
    card = make_model.train_model(
        "mine", tmp_path / "mine.parquet", Training(epochs=2, batch=64, extra=0), nothing, DECALS, TINY
    )
    explorer = gx.load("mine")
    assert explorer.table["id"].tolist() == usual["id"].tolist()
    assert explorer.card == json.loads(json.dumps(card)), "what the card says is what the call returned"
    assert "attribution" not in card, "shifts are drawn as the embedded survey is"
    latents = explorer.table.loc[explorer.table["split"] == "train", [f"lat_{name}" for name in LATENTS]].to_numpy()
    assert np.isfinite(latents).all()


def test_a_model_of_the_embedded_survey_is_taught_its_explanations(monkeypatch, tmp_path):
    """The order of the last steps, with the long ones left out."""
    steps = []
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "weights.safetensors").write_bytes(b"weights")
    monkeypatch.setattr(make_model, "read_survey", lambda *args: (None, None))
    monkeypatch.setattr(make_model, "gather_taught", lambda *args: (None, None))
    monkeypatch.setattr(make_model, "gather_samples", lambda *args: (None, None))
    monkeypatch.setattr(make_model, "fit", lambda *args, **kwargs: (None, {"seconds": 1}))
    monkeypatch.setattr(make_model, "Embedder", lambda model: None)
    monkeypatch.setattr(make_model, "gather_calibrators", lambda *args: ("drawn", None))
    monkeypatch.setattr(make_model, "finish", lambda *args: steps.append(args[-1][0]) or {"calibration": {}})

    def teach(explorer, n, report):
        steps.append((explorer, n, json.loads((tmp_path / "new" / "card.json").read_text())["calibration"]))
        return {"learnt": n}

    monkeypatch.setattr(make_model, "load", lambda name: name)
    monkeypatch.setattr(make_model, "teach", teach)
    card = make_model.train_model("new", DATA, Training(lessons=7), nothing, DECALS)
    assert steps == ["drawn", ("new", 7, {})] and card["attribution"] == {"learnt": 7}
