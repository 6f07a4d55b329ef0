"""One odd galaxy: its label, its looks as it is and were it ordinary, and what makes it odd."""

import pandas as pd
import streamlit as st

from galexplore.explore.caveats import SENTENCES
from galexplore.explore.explorer import Explorer
from galexplore.explore.neighbours import find_neighbours
from galexplore.explore.residual import describe_residual
from galexplore.explore.thumbnails import find_image
from pages._parts.labels import show_label_bar
from pages._parts.oddity import look_up, show_ordinary, show_reasons, show_statement
from pages._parts.panels import show_neighbours, show_title


def show_odd_one(explorer: Explorer, identifier: str, labels: pd.DataFrame, follow: list[str]) -> None:
    """Show one galaxy with the reasons of its oddness."""
    rows = look_up(explorer, identifier)
    if not len(rows):
        return
    row = explorer.table.iloc[rows[0]]
    explanation = explorer.explain_at(int(rows[0]))
    show_title(explorer, row, "Its card")
    show_label_bar(identifier, labels, follow)
    show_statement(explanation)
    image = find_image(explorer, identifier)
    show_ordinary(explanation, explorer.survey, image)
    show_reasons(explanation, identifier)
    judged = f"{row['chi2']:.2f} {explorer.embedder.judged}"
    worse = f"Reconstruction χ² {judged}, higher than for {row['chi2_percentile']:.0f} % of ordinary galaxies"
    kind = row.get("suspicion", "")
    shows = "" if image is None else f"; {describe_residual(image, explanation.image, explorer.survey).say()}"
    st.caption(f"{worse}{shows}. " + (f"Possibly not a galaxy: {SENTENCES[kind]}." if kind else ""))
    st.markdown("**What it resembles:** its nearest neighbours in latent space")
    show_neighbours(find_neighbours(explorer, identifier), "near")
