"""The first page comes before the network is opened; where it cannot be, a sentence says so."""

import subprocess
import sys

import pytest

from galexplore.places import ROOT

FIRST_PAGE = """
import sys
from unittest.mock import patch
from streamlit.testing.v1 import AppTest
from galexplore.errors import InputError
from galexplore.explore import models
from pages._session import opening

broken, open_network = [True], models.open_network

def open_or_fail(folder):
    if broken:
        raise InputError("The network is of another version.")
    return open_network(folder)

with patch.object(opening, "Timer") as timer, patch.object(models, "open_network", open_or_fail):
    app = AppTest.from_file("app.py", default_timeout=200).run()
    assert not app.exception and not app.error, (app.exception, app.error)
    assert [b for b in app.button if b.key.startswith("landing-GP")] and len(app.get("plotly_chart")) >= 2
    assert "torch" not in sys.modules, "the first page waits for torch"
    opened = timer.call_args.args[1]
    opened()  # beside the page: says nothing
    app.session_state["opened"] = "GP-001"
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert "another version" in app.error[0].value, "what needs the network says what is wrong"
broken.clear()
app.run()
assert not app.exception and not app.error and "torch" in sys.modules
"""


@pytest.mark.skipif(not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default")
def test_the_first_page_does_not_wait_for_the_network():
    run = subprocess.run([sys.executable, "-c", FIRST_PAGE], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
