"""The whole way from a catalogue to a model that the explorer opens, small enough to run in seconds."""

import json
from dataclasses import replace

import numpy as np
import pytest

import galexplore as gx
from galexplore.errors import InputError
from galexplore.explore.models import list_models
from galexplore.files import hash_file
from galexplore.jobs import make_model
from galexplore.jobs.gather import is_embedded
from galexplore.latents import LATENTS
from galexplore.network.recipes import Training
from galexplore.places import DATA
from galexplore.posterior.metrics import evaluate
from galexplore.sources.kept import KEPT, Kept
from galexplore.survey import BASS_MZLS, DECALS
from galexplore.tables import catalogue
from tests.jobs.tiny import BRIEF, TINY, nothing, train_own, write_own


def test_a_catalogue_of_ones_own_becomes_a_model_that_opens(own_models, tmp_path):
    frame = catalogue.read(DATA)
    usual = frame[frame["population"] == "ordinary"].head(120)
    catalogue.write(usual, tmp_path / "mine.parquet")
    card = make_model.train_model("mine", tmp_path / "mine.parquet", BRIEF, nothing, DECALS, TINY)
    explorer = gx.load("mine")
    assert explorer.table["id"].tolist() == usual["id"].tolist()
    assert explorer.card == json.loads(json.dumps(card)), "what the card says is what the call returned"
    assert "attribution" not in card, "shifts are drawn as the embedded survey is"
    assert card["simulated"] is True, "its galaxies are the mock's"
    latents = explorer.table.loc[explorer.table["split"] == "train", [f"lat_{name}" for name in LATENTS]].to_numpy()
    assert np.isfinite(latents).all()
    assert sorted(p.name for p in own_models.iterdir()) == ["mine"]
    assert not list((own_models / "mine").glob("checkpoint*"))


def test_a_model_of_a_northern_catalogue_reads_the_north(own_models, tmp_path):
    """Its card says so, and what answers or refuses a position asks the card."""
    from galexplore.jobs import mock_survey
    from galexplore.sources.servers import OutsideError, check_place

    pytest.importorskip("bagpipes")
    mock_survey.build(60, 5, tmp_path / "catalogue.parquet", BASS_MZLS)
    card = make_model.train_model("north", tmp_path / "catalogue.parquet", BRIEF, nothing, BASS_MZLS, TINY)
    explorer = gx.load("north")
    assert card["survey"]["name"] == "BASS/MzLS" and explorer.survey == BASS_MZLS and explorer.simulated
    check_place(180.0, 50.0, explorer.survey)
    with pytest.raises(OutsideError, match="Dark Energy Camera"):
        check_place(180.0, 2.0, explorer.survey)
    with pytest.raises(InputError, match="drawn for BASS/MzLS"):
        make_model.train_model("south", tmp_path / "catalogue.parquet", BRIEF, nothing, DECALS, TINY)
    assert sorted(p.name for p in own_models.iterdir() if not p.name.startswith(".")) == ["north"]


def test_a_catalogue_of_ones_own_is_mixed_with_no_mock_galaxies_and_not_called_simulated(own_models, tmp_path):
    """The default recipe, which draws 50,000 for the embedded survey."""
    data, frame, flux = write_own(tmp_path)
    card = train_own("mine", data, Training(epochs=1, batch=16))
    assert card["n_train"] == (frame["split"] == "train").sum()
    assert {card["training"][k] for k in ("extra", "calibrators", "lessons")} == {0}
    assert card["simulated"] is False and card["untaught"] == [] and card["uncalibrated"] == []
    kept = Kept.open(own_models / "mine" / KEPT, DECALS)
    assert np.array_equal(kept.get(list(frame["id"])), flux.astype(np.float16)), "its images are its own and go with it"


def test_the_models_own_catalogue_can_be_trained_on_anew(own_models, tmp_path):
    data, _, _ = write_own(tmp_path)
    first = train_own("mine", data)
    again = train_own("mine", own_models / "mine" / "catalogue.parquet", seed=5, overwrite=True)
    assert first["sha256"] != again["sha256"]
    assert json.loads((own_models / "mine" / "card.json").read_text())["sha256"] == again["sha256"]
    assert (own_models / "mine" / "images.npz").exists() and (own_models / "mine" / "catalogue.parquet").exists()


def test_a_model_that_exists_stays_unless_it_is_to_be_replaced(own_models, tmp_path, monkeypatch):
    monkeypatch.setattr(make_model, "read_survey", lambda *at: pytest.fail("refused before any work"))
    (own_models / "default").mkdir(parents=True)
    with pytest.raises(InputError, match="--overwrite"):
        make_model.train_model("default", DATA, Training(), nothing, DECALS)
    assert [p.name for p in own_models.iterdir()] == ["default"]


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "a b", "x" * 61, "é", "new\n"])
def test_a_name_that_is_none_is_refused_in_a_sentence(own_models, name):
    with pytest.raises(InputError, match="cannot name a model"):
        make_model.train_model(name, DATA, Training(), nothing, DECALS)


@pytest.mark.parametrize("at", ["calibrate", "write_card", "publish_model"])
def test_whatever_is_killed_when_the_old_model_stays_and_the_new_one_goes_on(own_models, tmp_path, monkeypatch, at):
    data, _, _ = write_own(tmp_path)
    old = train_own("mine", data)

    def kill(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(make_model, at, kill)
        with pytest.raises(KeyboardInterrupt):
            train_own("mine", data, seed=5, overwrite=True)
    assert json.loads((own_models / "mine" / "card.json").read_text()) == old
    assert make_model.Embedder.load(own_models / "mine")
    assert set(list_models()) - {"default"} == {"mine"}, "what is half made is listed by no one"
    monkeypatch.setattr("galexplore.jobs.learn.gather_taught", lambda *at: pytest.fail("all was learnt"))
    epochs = []
    new = train_own("mine", data, seed=5, overwrite=True, report=lambda stage, *at: epochs.append(stage))
    assert "train" not in epochs
    assert json.loads((own_models / "mine" / "card.json").read_text()) == new != old
    assert [p.name for p in own_models.iterdir()] == ["mine"]


def test_what_was_learnt_by_another_recipe_or_of_other_data_is_learnt_anew(own_models, tmp_path, monkeypatch):
    data, frame, _ = write_own(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(make_model, "complete", lambda *args: {})
        train_own("mine", data)
    learnt = (own_models / ".mine.partial" / "weights.safetensors").read_bytes()
    steps = []
    monkeypatch.setattr(make_model, "learn", lambda plan, *args: (None, steps.append(plan.recipe) or {}))
    monkeypatch.setattr(make_model, "complete", lambda *args: args[5])
    assert train_own("mine", data)["n_train"] == 24 and not steps, "this one's is there"
    train_own("mine", data, seed=2)
    assert steps[-1]["training"]["seed"] == 2
    catalogue.write(frame.assign(z=frame["z"] + 1e-9), data)
    train_own("mine", data)
    assert len(steps) == 2 and steps[-1]["data_hash"] == hash_file(data)
    data, _, _ = write_own(tmp_path)
    (own_models / ".mine.partial" / "weights.safetensors").write_bytes(learnt[:-1])
    train_own("mine", data)
    assert len(steps) == 3, "half written"


def test_a_second_training_of_a_name_is_refused_while_the_first_runs(own_models, tmp_path):
    data, _, _ = write_own(tmp_path)

    def try_again(stage, *at):
        if stage == "train":
            with pytest.raises(InputError, match="The model 'mine' is being made by process"):
                train_own("mine", data, seed=2)
            tried.append(stage)

    tried = []
    card = train_own("mine", data, report=try_again)
    assert tried and card["training"]["seed"] == 1
    assert [p.name for p in own_models.iterdir()] == ["mine"], "and the lock is gone"


def test_a_kill_just_after_publishing_leaves_nothing_of_the_training_for_good(own_models, tmp_path):
    data, _, _ = write_own(tmp_path)
    train_own("mine", data)
    (own_models / "mine" / "learnt.json").write_bytes(b"left")
    with pytest.raises(InputError, match="There is a model 'mine' already"):
        train_own("mine", data)
    assert not (own_models / "mine" / "learnt.json").exists()


def test_pictures_of_an_epoch_are_there_before_its_checkpoint(own_models, tmp_path, monkeypatch):
    data, _, _ = write_own(tmp_path)
    picture = own_models / ".mine.partial" / "progress" / "epoch-001.png"
    monkeypatch.setattr("galexplore.network.run.Run.save", lambda *at: seen.append(picture.exists()))
    seen = []
    train_own("mine", data, replace(BRIEF, pictures=1))
    assert seen == [True]


def test_what_another_run_left_behind_does_not_get_into_the_model(own_models, tmp_path):
    data, _, _ = write_own(tmp_path)
    left = own_models / ".mine.partial"
    (left / "progress").mkdir(parents=True)
    for name in ("images.npz", "checkpoint.safetensors.partial", "progress/epoch-004.png"):
        (left / name).write_bytes(b"another's")
    train_own("mine", data)
    assert (own_models / "mine" / "images.npz").read_bytes()[:2] == b"PK"
    assert sorted(p.name for p in (own_models / "mine").iterdir()) == sorted(
        ["atlas.npz", "card.json", "catalogue.parquet", "images.npz", "pixels.npz", "weights.safetensors"]
    )


@pytest.mark.parametrize("lost", [["logsfr"], ["logsfr", "phi"], ["z"]])
@pytest.mark.parametrize("how", ["unknown", "missing"])
def test_a_latent_without_a_label_is_left_out_and_the_card_says_so(own_models, tmp_path, lost, how):
    def spoil(frame):
        if how == "missing":
            return frame.drop(columns=[c for name in lost for c in (name, f"{name}_err")])
        return frame.assign(**{name: np.nan for name in lost})

    latents = [{"z": "redshift"}.get(name, name) for name in lost]
    data, _, _ = write_own(tmp_path, spoil)
    card = train_own("mine", data)
    assert sorted(card["untaught"]) == sorted(card["uncalibrated"]) == sorted(latents)
    assert not set(latents) & set(card["metrics"])
    assert {"redshift", "logmass", "logsfr", "phi"} - set(latents) < set(card["metrics"])
    assert all(f"r2_{latent}" not in card["history"][-1] for latent in latents)
    frame = catalogue.read(own_models / "mine" / "catalogue.parquet")
    atlas = make_model.atlas.Atlas.load(own_models / "mine" / "atlas.npz")
    odd = atlas.oddness
    for j, name in enumerate(("redshift", "logmass", "logsfr", "free")):
        if name in latents:
            assert np.allclose(odd.contributions[:, j], 0, atol=1e-9), "what nothing taught makes no galaxy odd"
    assert np.isfinite(odd.distance2).all() and np.isfinite(atlas.position).all()
    table = frame.assign(**dict(zip((f"lat_{n}" for n in LATENTS), atlas.latents.T, strict=True)), chi2=atlas.chi2)
    table = table.assign(**dict(zip((f"lat_{n}_sigma" for n in LATENTS), atlas.sigma.T, strict=True)))
    assert not set(latents) & set(evaluate(table, card["calibration"], DECALS, resamples=3))


def test_a_catalogue_with_columns_of_the_answers_trains_as_any_other(own_models, tmp_path):
    data, _, _ = write_own(tmp_path, lambda frame: frame.assign(chi2=1.0, mag_aperture=20.0, lat_redshift=0.5))
    assert train_own("mine", data)["metrics"]["reconstruction"]["chi2"][0] != 1.0


def test_a_model_of_the_embedded_survey_is_taught_its_explanations(monkeypatch, own_models):
    """The order of the last steps, with the long ones left out."""
    steps, folder = [], own_models / ".new.partial"
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(b"weights")
    frame, begun = catalogue.read(DATA).head(3), {"seconds": 1, "survey": DECALS.to_dict(), "network": {}}
    monkeypatch.setattr(make_model, "read_survey", lambda *at: (frame, None))
    monkeypatch.setattr(make_model, "learn", lambda *args: (None, begun))
    monkeypatch.setattr(make_model, "Embedder", lambda model: None)
    monkeypatch.setattr(make_model, "gather_calibrators", lambda *at: ("drawn", None))
    monkeypatch.setattr(make_model, "draw_some_taught", lambda *at: "taught")
    monkeypatch.setattr(
        make_model,
        "finish",
        lambda *args: steps.append((args[-3][0], args[-2].lessons, args[-1])) or {"calibration": {}},
    )

    def teach(explorer, n, report):
        card = json.loads((folder / "card.json").read_text())
        steps.append((explorer, n, card["calibration"]))
        assert not (own_models / "new").exists(), "published when all is in it"
        make_model.write_card(folder, card | {"attribution": {"learnt": n}})

    monkeypatch.setattr(make_model, "load", lambda name: name)
    monkeypatch.setattr(make_model, "teach", teach)
    card = make_model.train_model("new", DATA, Training(lessons=7), nothing, DECALS)
    assert steps == [("drawn", 7, "taught"), (".new.partial", 7, {})] and card["attribution"] == {"learnt": 7}
    assert card["simulated"] is True and (own_models / "new" / "card.json").exists()


def test_a_copy_of_the_embedded_catalogue_is_the_embedded_one(tmp_path):
    (tmp_path / "copy.parquet").write_bytes(DATA.read_bytes())
    (tmp_path / "other.parquet").write_bytes(b"other")
    assert is_embedded(DATA) and is_embedded(tmp_path / "copy.parquet")
    assert not is_embedded(tmp_path / "other.parquet") and not is_embedded(tmp_path / "none.parquet")
