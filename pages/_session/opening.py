"""How an atlas is opened: what the first page shows at once, the network beside it."""

import gc
import sys
from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from galexplore.errors import InputError

if TYPE_CHECKING:
    from galexplore.explore.explorer import Explorer


@st.cache_resource(show_spinner="Opening the atlas", max_entries=3)
def load_explorer(name: str) -> "Explorer":
    """Open the explorer of a model, for everyone; its network is not opened yet."""
    # Seconds of imports: under the spinner, not before the first paint.
    from galexplore.explore.models import load
    from galexplore.explore.thumbnails import draw_thumbnails

    explorer = load(name, network=False)
    # The first picture and the first sort are slow: here, not at the first click.
    draw_thumbnails(explorer, explorer.table["id"].iloc[:1].tolist())
    explorer.ranking.sort_rows(np.arange(1))
    sys.setswitchinterval(0.0005)  # a script that computes lets the messages of the others out sooner
    return explorer


@st.cache_resource(show_spinner=False)
def warm_up(_explorer: "Explorer", digest: str) -> None:
    """Open the network beside the first page, which needs none; its first answer is slow, too, and is not waited for.

    As slow is the first look at the map of dust, which every galaxy with a position needs.
    """

    def open_network() -> None:
        from galexplore.cutouts.dust import read_map
        from galexplore.explore.atlas_cutouts import read_cutout
        from galexplore.network.embed import use_one_thread

        use_one_thread()
        with suppress(InputError):  # whatever asks the network next says so
            _explorer.decode(_explorer.atlas.latents[:1])
            _explorer.locate(read_cutout(_explorer, _explorer.table["id"].iloc[0]))
        read_map(180.0, 0.0)
        # Streamlit collects garbage after every run, looking at all that was ever imported: half a second in which no
        # message leaves. What is here now stays; it need not be looked at again.
        gc.collect()
        gc.freeze()

    timer = Timer(1, open_network)
    timer.daemon = True
    timer.start()
