"""One step from a service's catalogue to a model, for a process of its own that can be killed; it tells each report."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from galexplore.explore.seal import read_card
from galexplore.jobs.fetch_catalogue import fetch_catalogue
from galexplore.jobs.fetch_cutouts import fetch_cutouts
from galexplore.jobs.gather import find_catalogue
from galexplore.jobs.make_model import train_model
from galexplore.network.embed import use_one_thread
from galexplore.network.recipes import RECIPES, Network, fine_tune
from galexplore.places import find_model
from galexplore.sources.catalogues.services import SERVICES
from galexplore.sources.limiter import Clock
from galexplore.sources.transport import Session
from galexplore.survey import DECALS
from tests.jobs.conftest import make_place
from tests.jobs.tiny import TINY

#: Rows of a page of the catalogue, so that there are several.
PAGE = 20


class Hurried(Clock):
    """Time that jumps ahead where somebody would wait for a turn."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


def run(step: str, folder: Path, origin: str, n: int, tell: Callable[[None], None]) -> None:
    """Do a step; `tell` is called at each of its reports."""
    use_one_thread()
    session = Session(stand_in=origin, clock=Hurried(), folder=folder / "answers")
    if step == "catalogue":
        fetch_catalogue(SERVICES["sdss"], folder, session, n, progress=lambda *_: tell(None), page=PAGE)
    elif step == "cutouts":
        fetch_cutouts(folder, session, DECALS, lambda *_: tell(None))
    else:
        begun, weights, network = "", "", TINY
        if step == "fine-tune":  # as the command does: the shipped network may be older than the recipe's
            begun, card = "default", read_card(find_model("default"))
            weights, network = card["sha256"], Network.read(card["network"])
        training = replace(fine_tune(RECIPES["cpu"][1], weights), epochs=4)
        if step == "train":
            make_place(pytest.MonkeyPatch(), folder.parent)
        data = find_catalogue(folder)
        train_model("mine", data, training, lambda *_: tell(None), DECALS, network, start_from=begun)
