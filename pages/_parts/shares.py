"""Of which kind an upload may be, by the kinds of its nearest galaxies, weighted to a mix that a person may change."""

import pandas as pd
import streamlit as st

from galexplore.atlas.kinds import mix_sky
from galexplore.atlas.likeness import resemble
from galexplore.explore.explorer import Explorer
from galexplore.explore.location import Location
from pages._parts.panels import mark

K = 50
MIXES = {"sky": "as on the sky", "atlas": "as in this atlas", "own": "my own"}
CAVEAT = (
    "This is a share of the nearest neighbours in latent space, not a classification: a lens, star or quasar with the "
    "latents of an ordinary galaxy has ordinary neighbours."
)


def show_shares(explorer: Explorer, location: Location) -> None:
    """Show the k-NN share of each kind, and let a person choose the mix it is weighted to."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mix = st.selectbox(
            "Relative frequencies", list(MIXES), format_func=MIXES.__getitem__, key="shares-mix", width=200
        )
        prior = mix_sky(explorer.kinds.index)
        if mix == "own":
            prior = ask_mix(
                prior or dict(zip(explorer.kinds.index, explorer.kinds / explorer.kinds.sum(), strict=True))
            )
    kinds = resemble(explorer.atlas, location.explanation.latents, K, prior=None if mix == "atlas" else prior)
    lines = [f"| kind | k-NN share, 68 % | of {K} neighbours |", "|---|---:|---:|"]
    for row in kinds.head(5).to_dict("records"):
        share = f"**{write_share(row['low'])} to {write_share(row['high'])}**"
        lines.append(f"| {mark(row['population'])} {row['population']} | {share} | {row['neighbours']} |")
    st.markdown("\n".join(lines))
    st.caption(f"k-NN share, k = {K}, weighted by the kinds' relative frequencies: {MIXES[mix]}. {CAVEAT}")


def write_share(share: float) -> str:
    """Write a probability in per cent; what is rare is not rounded to nothing, nor what is frequent to all."""
    if share < 0.01:
        return f"{100 * share:.2g} %"
    return f"{min(100 * share, 99.9):.1f} %" if share > 0.99 else f"{100 * share:.0f} %"


def ask_mix(prior: dict[str, float]) -> dict[str, float]:
    """Let a person say how frequent each kind is, in per cent of all."""
    table = pd.DataFrame({"kind": list(prior), "per cent": [100 * share for share in prior.values()]})
    with st.popover("Frequencies", icon=":material/tune:"):
        column = st.column_config.NumberColumn(min_value=1e-6, max_value=100.0, format="%.4g")
        edited = st.data_editor(
            table, hide_index=True, disabled=["kind"], column_config={"per cent": column}, key="shares-own"
        )
    wanted = edited["per cent"].fillna(0).clip(lower=1e-6)
    return dict(zip(edited["kind"], wanted / wanted.sum(), strict=True))
