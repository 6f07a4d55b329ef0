"""The app's pages run without a browser, and what each of them shows, to be held against another time."""

import hashlib
import logging
import re
import sys
from dataclasses import dataclass
from unittest.mock import patch

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

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


class Pages:
    """A session that looks at the model "mine" with a galaxy opened, some selected by a link, and labels of its own.

    Whatever another session has put into the caches of the process is forgotten first.
    """

    def __init__(self, ids: list[str], token: str):
        self.ids, self.token = ids, token

    def __enter__(self) -> "Pages":
        if str(ROOT) not in sys.path:
            sys.path.insert(0, str(ROOT))
        begin = PagesManager.__init__

        def begin_with_navigation(manager: PagesManager, *args: object, **kwargs: object) -> None:
            begin(manager, *args, **kwargs)  # type: ignore[arg-type]  # handed on as they come
            PagesManager.uses_pages_directory = False  # as in a server that has shown its navigation before

        self._patch = patch.object(PagesManager, "__init__", begin_with_navigation)
        self._patch.start()
        logging.disable(logging.ERROR)  # Streamlit warns at every run that there is no server
        st.cache_resource.clear()
        st.cache_data.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()
        logging.disable(logging.NOTSET)

    def show(self, page: str) -> Shown:
        """Run a page in a new session."""
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.session_state["person"] = self.token
        app.query_params |= {"atlas": "mine", "object": self.ids[0], "sel": self._name_selection()}
        app.run()
        if page != "atlas":
            app.switch_page(f"pages/{page}.py").run()
        sentences = [re.sub(r"\\(.)", r"\1", e.value) for e in (*app.error, *app.warning)]  # as a person reads them
        traces = [e.value for e in app.exception]
        drawn = "\n".join(str(e.proto) for e in app.main if e.type not in (*_SAID, "exception"))
        # More than messages and the choice of the atlas: the search box stands on every page of a model that opens.
        content = hashlib.sha256(drawn.encode()).hexdigest() if app.get("text_input") else ""
        return Shown(content, sentences, traces)

    def _name_selection(self) -> str:
        return hashlib.sha256("\n".join(self.ids).encode()).hexdigest()[:12]
