"""A model's student: taught, calibrated, kept beside the model, and refused where it is not its own."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from galexplore.errors import InputError
from galexplore.explore.models import load
from galexplore.jobs import make_student
from galexplore.jobs.score import score_model, score_student
from galexplore.latents import MEANS, SIGMAS
from galexplore.network.distil import Distilling, distil
from galexplore.network.embed_student import StudentEmbedder
from galexplore.network.student import Student, StudentNetwork
from galexplore.network.student_card import CARD, WEIGHTS
from tests.jobs.conftest import make_place
from tests.jobs.tiny import nothing, train_own, write_own

BRIEF = Distilling(minutes=0.005, batch=8)


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A tiny model with a student, and its folder."""
    folder = tmp_path_factory.mktemp("student")
    with pytest.MonkeyPatch.context() as patch:
        models = make_place(patch, folder)
        patch.setenv("GALEXPLORE_CACHE", str(folder / "cache"))
        patch.setattr("galexplore.jobs.make_student.cache_folder", lambda: folder / "cache")
        data, _, flux = write_own(folder / "data")
        train_own("mine", data)
        card = make_student.teach_student("mine", nothing, BRIEF)
        yield models / "mine", card, flux, folder / "cache"


def test_a_student_stands_beside_its_model_which_stays_as_it_was(taught):
    folder, card, flux, _ = taught
    assert json.loads((folder / CARD).read_text()) == card and (folder / WEIGHTS).exists()
    explorer = load("mine")
    assert card["teacher"] == explorer.card["sha256"] and set(card["lag"]) == {"redshift", "logmass", "logsfr"}
    table, features = StudentEmbedder.load(folder, card["teacher"]).read(flux)
    assert np.isfinite(table[[*MEANS, *SIGMAS, "mag_aperture"]]).all(axis=None) and len(features) == len(flux)
    assert (table[SIGMAS] > 0).all(axis=None) and table["lat_phi"].between(0, np.pi).all()


def test_what_was_taught_is_found_again(taught, monkeypatch):
    _, card, _, cache = taught
    assert {p.name.partition("-")[0] for p in cache.iterdir()} == {"lessons", "student"}
    monkeypatch.setattr("galexplore.jobs.make_student.cache_folder", lambda: cache)
    monkeypatch.setattr("galexplore.jobs.make_student.distil", None)
    assert make_student.teach_student("mine", nothing, BRIEF)["sha256"] == card["sha256"]


def test_it_may_begin_with_another_models_student(taught, tmp_path, monkeypatch):
    folder, card, _, _ = taught
    monkeypatch.setattr("galexplore.jobs.make_student.cache_folder", lambda: tmp_path)
    shutil.copytree(folder, folder.parent / "next")
    began = []

    def look(*rest, weights, **more):
        began.append(weights)
        return distil(*rest, weights=weights, **more)

    monkeypatch.setattr("galexplore.jobs.make_student.distil", look)
    second = make_student.teach_student("next", nothing, BRIEF, start_from="mine")["distilling"]
    assert second["start_from"] == card["sha256"] and second["learning_rate"] == BRIEF.learning_rate / 3
    assert began[0].keys() == Student(StudentNetwork(), load("mine").survey).state_dict().keys()
    (folder.parent / "next" / WEIGHTS).unlink()
    with pytest.raises(InputError, match="'next' has no whole student to begin with"):
        make_student.teach_student("mine", nothing, BRIEF, start_from="next")
    save_file({"student.other": torch.zeros(3)}, folder.parent / "next" / WEIGHTS)
    with pytest.raises(InputError, match="'next' is of another network or survey"):
        make_student.teach_student("mine", nothing, BRIEF, start_from="next")


def test_another_models_student_or_a_damaged_one_is_refused(taught, tmp_path):
    folder, card, _, _ = taught
    with pytest.raises(InputError, match="was taught by other weights"):
        StudentEmbedder.load(folder, "0" * 64)
    with pytest.raises(InputError, match="has no student"):
        StudentEmbedder.load(tmp_path, card["teacher"])
    for name in (CARD, WEIGHTS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-8])
    with pytest.raises(InputError, match="is not the one that its card describes"):
        StudentEmbedder.load(tmp_path, card["teacher"])


def test_the_answer_does_not_depend_on_the_batch(taught):
    folder, card, flux, _ = taught
    torch.set_num_threads(1)
    student = StudentEmbedder.load(folder, card["teacher"])
    one, other = (student.read(flux, batch=n)[0] for n in (7, 64))
    off = (one[MEANS].to_numpy() - other[MEANS].to_numpy()) / one[SIGMAS].to_numpy()
    assert np.abs(off).max() < 1e-4


def test_a_student_is_scored_beside_its_model_with_its_lag(taught):
    _, card, _, _ = taught
    explorer = load("mine")
    own, model = score_student(explorer, "validation"), score_model(explorer, "validation")
    assert own["measured_by"] == "student" and own["n"] == model["n"] == 12 and "reconstruction" not in own
    for latent, (lag, error) in own["lag"].items():
        assert lag == pytest.approx(model[latent]["r2"][0] - own[latent]["r2"][0], abs=1e-6) and error > 0
        assert lag == pytest.approx(card["lag"][latent], abs=1e-4), "as its card says"
        assert own[latent]["coverage68"] == card["metrics"][latent]["coverage68"]
    with pytest.raises(InputError, match="no split 'test'"):
        score_student(explorer, "test")
