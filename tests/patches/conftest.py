"""A tiny model with a student, a store of its images, and a port that nobody uses."""

import socket

import pytest

from tests.own_model import add_student, make_own_model


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Folder of a model of 60 galaxies with images and a student, none of which has learnt anything."""
    models = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALEXPLORE_MODELS", str(models))
        make_own_model(models / "own")
        add_student(models / "own")
        yield models / "own"


@pytest.fixture
def unused_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
