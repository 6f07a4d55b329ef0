"""The app's pages run without a browser, and what each of them shows, to be held against another time."""

import hashlib
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import MagicMock, patch

import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime import Runtime
from streamlit.runtime.caching.storage.dummy_cache_storage import MemoryCacheStorageManager
from streamlit.runtime.dataframe_source_manager import DataframeSourceManager
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

from galexplore.explore.thumbnails import forget_thumbnails
from galexplore.places import ROOT

PAGES = ("atlas", "galaxy", "traverse", "locate", "anomalies", "populations", "model")
_SAID = ("error", "warning")


@dataclass(frozen=True)
class Shown:
    """What a page showed: a hash of all of it but its messages, those messages, and tracebacks."""

    content: str
    sentences: list[str]
    traces: list[str]

    def judge(self, usual: "Shown") -> str:
        """Judge it: "as before", "refused" (a sentence alone), "told" (beside a sentence), "wrong" or "traceback"."""
        if self.traces:
            return "traceback"
        if not self.content:
            return "refused" if self.sentences else "wrong"
        if self.content == usual.content:
            return "as before"
        return "told" if self.sentences and self.sentences != usual.sentences else "wrong"


@contextmanager
def run_pages() -> Iterator[None]:
    """Let pages be run in this process; what was computed for others is forgotten before and after."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    begin = PagesManager.__init__

    def begin_with_navigation(manager: PagesManager, *args: object, **kwargs: object) -> None:
        begin(manager, *args, **kwargs)  # type: ignore[arg-type]  # handed on as they come
        PagesManager.uses_pages_directory = False  # as in a server that has shown its navigation before

    logging.disable(logging.ERROR)  # Streamlit warns at every run that there is no server
    _forget()
    try:
        with patch.object(PagesManager, "__init__", begin_with_navigation):
            yield
    finally:
        _forget()
        logging.disable(logging.NOTSET)


def _forget() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()
    forget_thumbnails()


@contextmanager
def run_at_once() -> Iterator[None]:
    """Let pages be run in several threads: `AppTest` would have each run take the place of the others' server."""

    class Stage(Runtime):
        """What a run puts its stand-in for a server on, instead of where the others look for theirs."""

    server = MagicMock(spec=Runtime)
    server.media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/mock/media"))
    server.dataframe_source_mgr = DataframeSourceManager()
    server.cache_storage_manager = MemoryCacheStorageManager()
    server.bidi_component_registry = BidiComponentManager()
    server.bidi_component_registry.discover_and_register_components(start_file_watching=False)
    # As a server does, every script is compiled once: Python before 3.12 may fail to compile in several threads.
    scripts = ScriptCache()
    with run_pages(), patch.object(app_test, "Runtime", Stage), patch.object(Runtime, "_instance", server):
        with patch.object(local_script_runner, "ScriptCache", lambda: scripts):
            yield


def open_app(model: str, token: str, **link: str) -> app_test.AppTest:
    """Begin a person's session, which a link opens; the token is that of the person's labels."""
    app = app_test.AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["person"] = token
    app.query_params |= {"atlas": model, **link}
    return app


def show_page(page: str, opened: str, selection: str, token: str) -> Shown:
    """Run a page in a new session with the model "mine"; a link opens a galaxy and a selection that was kept."""
    app = open_app("mine", token, object=opened, sel=selection).run()
    said = [e.value for e in (*app.error, *app.warning)]  # some sentences are said once, on the page one comes to first
    if page != "atlas":
        app.switch_page(f"pages/{page}.py").run()
        said += [e.value for e in (*app.error, *app.warning)]
    sentences = [re.sub(r"\\(.)", r"\1", text) for text in said]  # as a person reads them
    traces = [e.value for e in app.exception]
    drawn = "\n".join(str(e.proto) for e in app.main if e.type not in (*_SAID, "exception"))
    drawn = re.sub('deferred_file_id: "[0-9a-f]+"', "", drawn)  # of a download, new each time
    # More than messages and the choice of the atlas: the search box stands on every page of a model that opens.
    content = hashlib.sha256(drawn.encode()).hexdigest() if app.get("text_input") else ""
    return Shown(content, sentences, traces)


def list_images(app: app_test.AppTest) -> list[str]:
    """List the addresses of a page's images, which follow from their content."""
    return [url for image in app.get("image") for url in getattr(image, "value", ())]
