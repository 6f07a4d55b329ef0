"""Pictures of the app's pages."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from galexplore.bench.screenshots import STATES, take_screenshots
from galexplore.cli.main import app
from galexplore.errors import InputError
from tests.browser.driver import NEEDS


@pytest.mark.parametrize("option", [["--width", "1000"], ["--theme", "sepia"], ["--state", "home"]])
def test_what_there_is_no_picture_of_is_refused_before_any_work(option, tmp_path):
    said = CliRunner().invoke(app, ["bench", "screenshots", "--to", str(tmp_path / "no"), *option])
    assert said.exit_code and option[1] in str(said.exception or said.output) and not (tmp_path / "no").exists()


def test_every_page_has_one():
    named = {"atlas", "galaxy", "traverse", "locate", "anomalies", "populations", "model"}
    assert named < set(STATES) and {"locate-empty", "locate-loading", "locate-refusal"} < set(STATES)


@NEEDS
def test_a_page_is_as_wide_and_as_dark_as_is_asked_for(tmp_path):
    try:
        pictures = list(take_screenshots(tmp_path, [820], ["dark", "light"], ["locate-empty"]))
    except InputError as error:
        pytest.skip(str(error))
    assert [path.name for path in pictures] == ["locate-empty-820.jpg", "locate-empty-820-light.jpg"]
    dark, light = (np.asarray(Image.open(path).convert("L"), float) for path in pictures)
    assert dark.shape == light.shape == (1100, 820) and dark.mean() < 60 and light.mean() > 190
