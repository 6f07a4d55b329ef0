"""A tiny model with a student, a store of its images, and a port that nobody uses."""

import socket
from dataclasses import asdict

import pytest
import torch

from galexplore.explore.seal import read_card
from galexplore.network.embed_student import save_student
from galexplore.network.student import Student, StudentNetwork
from galexplore.survey import DECALS
from tests.own_model import make_own_model

SMALL = StudentNetwork(widths=(4, 4, 4), photometer=8, hidden=8)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Folder of a model of 60 galaxies with images and a student, none of which has learnt anything."""
    models = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALEXPLORE_MODELS", str(models))
        make_own_model(models / "own")
        torch.manual_seed(1)
        card = read_card(models / "own")
        said = {
            "teacher": card["sha256"],
            "network": asdict(SMALL),
            "survey": card["survey"],
            "calibration": card["calibration"],
        }
        save_student(Student(SMALL, DECALS), None, models / "own", said)
        yield models / "own"


@pytest.fixture
def unused_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
