"""The app and its explorer, without a browser."""

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from tests.pages.driver import APP


@pytest.fixture(scope="module")
def explorer():
    from galexplore.explore.models import load

    return load()


@pytest.fixture
def navigation(monkeypatch) -> None:
    """A server that has shown its navigation before; AppTest forgets so at each run."""
    begin = PagesManager.__init__

    def begin_with_navigation(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", begin_with_navigation)


@pytest.fixture
def app(navigation) -> AppTest:
    """The app as such a server runs it."""
    return AppTest.from_file(str(APP), default_timeout=60).run()
