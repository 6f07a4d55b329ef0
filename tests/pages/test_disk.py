"""A disk that takes nothing: every page answers, pictures come from memory, and it is said once."""

import errno
import os

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from galexplore.explore import thumbnails
from tests.pages.driver import APP, check, go, list_images, make_fits, make_galaxy, upload, words

PAGES = ("galaxy", "traverse", "anomalies", "populations", "model")
SAID = "Rendered pictures cannot be kept"


@pytest.fixture
def full(app, monkeypatch, tmp_path) -> AppTest:
    """The app with an empty cache on a disk that is full, and nothing in memory."""

    def refuse(*at):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "pwrite", refuse)
    monkeypatch.setattr(thumbnails, "_kept", type(thumbnails._kept)())
    st.cache_resource.clear()
    yield AppTest.from_file(str(APP), default_timeout=60).run()
    st.cache_resource.clear()


def test_every_page_and_locate_answer_on_a_full_disk(full):
    check(full)
    assert words(full).count(SAID) == 1, "the first picture, drawn while the app starts, was not kept"
    full.session_state["opened"] = "M000123"
    for page in PAGES:
        go(full, page)
        assert SAID not in words(full), "said once"
    go(full, "galaxy")
    assert list_images(full)
    upload(full, "mine.fits", make_fits(make_galaxy()))
    assert not full.error and len(list_images(full)) > 3, "the neighbours' pictures too"
