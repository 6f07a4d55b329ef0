"""Pieces that several pages show alike: galleries, image and model, a galaxy's card, the reasons it is odd."""

import math

import numpy as np
import streamlit as st

from galexplore import figures, pictures
from galexplore.anomaly import SHORT, name_reason
from galexplore.calibrate import residuals
from galexplore.config import LATENTS, UNITS
from galexplore.embed import ANY_ANGLE, MEANS, SIGMAS
from galexplore.explorer import TITLES, Explorer, format_measurement
from pages._state import is_dark, open_explorer, open_galaxy, start_from_galaxy

#: Units as a person writes them.
PRETTY = {"log10(Msun)": "log M☉", "log10(Msun/yr)": "log M☉/yr", "rad": "°", "": ""}
#: The theme's names for the populations' colours (.streamlit/config.toml).
TINTS = {"Green Pea": "green", "Red Spiral": "red", "Dusty Starburst": "orange", "Post-starburst": "yellow"}
TINTS |= {"Blue Elliptical": "blue", "Active Nucleus": "violet", "Merger": "violet", "Lens-like Arc": "violet"}
STILL = {"displayModeBar": False, "scrollZoom": False}


@st.cache_data(max_entries=100, show_spinner=False)
def draw_catalogue(ids: tuple[str, ...], side: int = 150) -> list[bytes]:
    """Draw galaxies of the catalogue; the cache is by id, so a picture is rendered once."""
    return [pictures.draw_galaxy(flux, side) for flux in open_explorer().images(ids)] if ids else []


def describe(latent: str, value: float, sigma: float) -> str:
    """Value, error and unit of a latent as it is written everywhere; angles in degrees."""
    unit = PRETTY[UNITS[latent]]
    if latent != "phi":
        return format_measurement(value, sigma, unit)
    if sigma > 0.95 * ANY_ANGLE:
        return "undetermined"
    return f"{math.degrees(value):.0f} ± {math.degrees(sigma):.0f} {unit}"


def show_gallery(ids: list[str], notes: list[str], columns: int, prefix: str) -> None:
    """Show a grid of galaxies, each with a line below it that opens its card."""
    ids = tuple(str(i) for i in ids)
    with st.container(key=f"gallery-{prefix}"):
        grid = st.grid(columns, min_column_width=62, gap="xsmall")
        for name, note, picture in zip(ids, notes, draw_catalogue(ids), strict=True):
            kind = "primary" if name == st.session_state.opened else "tertiary"
            about = {"key": f"{prefix}-{name}", "help": name, "on_click": open_galaxy, "args": (name,)}
            with grid.cell():
                st.image(picture, width="stretch", alt=f"Galaxy {name}")
                st.button(note, type=kind, width="stretch", **about)


def mark(population: str) -> str:
    """Give a population's shape in its colour, as Markdown; nothing for ordinary galaxies."""
    return "" if population == "ordinary" else f":{TINTS.get(population, 'gray')}[{figures.get_style(population)[2]}]"


def describe_row(row) -> str:
    """One short line for a thumbnail: the population's shape and the redshift."""
    return f"{mark(row['population'])} z {row['lat_redshift']:.2f}".strip()


def show_images(observed: np.ndarray, model: np.ndarray, valid: np.ndarray | bool = True, side: int = 330) -> None:
    """Show an image, what the model makes of it, and what is left over."""
    left, middle, right = st.columns(3, gap="xsmall", wrap=False)
    left.image(pictures.draw_galaxy(observed, side, bar=True), "image", width="stretch")
    middle.image(pictures.draw_galaxy(model, side), "model, not data", width="stretch")
    rest = pictures.draw_residual(np.where(valid, observed - model, 0), side)
    right.image(rest, "what is left over, ±15 σ", width="stretch")


def show_reasons(explorer: Explorer, latents: np.ndarray, sigma: np.ndarray, rarity: float, key: str) -> None:
    """Say what makes a galaxy odd: the exact split of its squared distance, and each property's two deviations."""
    reasons = explorer.reasons(latents, sigma)
    names = [(SHORT[name][:1].upper() + SHORT[name][1:]).replace(" ", "\u00a0") for name in reasons["latent"]]
    terms, total = figures.round_to_total(reasons["contribution"])
    first = int(np.argmax(terms))
    title = f"{names[first]} brings {terms[first]:.1f} of d² = {total:.1f}"
    left, right = st.columns([5, 4], vertical_alignment="center", gap="medium")
    chart = figures.plot_split(names, reasons["contribution"], title, is_dark())
    left.plotly_chart(chart, theme=None, config=STILL, key=f"split-{key}", alt=title)
    lines = ["| | alone | given\u00a0others |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {round(row.marginal_z, 1) + 0:+.1f}\u00a0σ | **{round(row.conditional_z, 1) + 0:+.1f}\u00a0σ** |"
        for name, row in zip(names, reasons.itertuples(), strict=True)
    ]
    right.markdown("\n".join(lines))
    negative = " A negative term makes it less odd: that property is as the others lead one to expect."
    st.caption(say_rarity(rarity) + (negative if min(terms) < 0 else ""))


def show_ordinary(explorer: Explorer, latents: np.ndarray, sigma: np.ndarray) -> None:
    """Show the model of a galaxy beside what it would be, were its oddest property what the others predict."""
    reasons = explorer.reasons(latents, sigma)
    row = reasons.loc[reasons["conditional_z"].abs().idxmax()]
    changed = np.array(latents, float)
    changed[LATENTS.index(row["latent"])] = row["expected"]
    now, ordinary = explorer.decode(np.stack([latents, changed]))
    unit = PRETTY[UNITS[row["latent"]]]
    told = f"{row['expected']:.2f} instead of {row['value']:.2f} {unit}"
    st.markdown(f"**Were its {SHORT[row['latent']]} ordinary:** {told}")
    left, middle, right = st.columns(3, gap="xsmall", wrap=False)
    left.image(pictures.draw_galaxy(now, 230), "model as it is", width="stretch")
    middle.image(pictures.draw_galaxy(ordinary, 230), "model made ordinary", width="stretch")
    right.image(pictures.draw_residual(now - ordinary, 230), "difference, ±15 σ", width="stretch")


def say_rarity(percentile: float) -> str:
    """Say in a sentence how rare a galaxy is; rounded down, so that only the rarest of all is rarer than all."""
    if percentile >= 100:
        return "Rarer than every ordinary galaxy of the atlas."
    return f"Rarer than {math.floor(10 * percentile) / 10:.1f} % of the atlas's ordinary galaxies."


def show_card(explorer: Explorer, identifier: str) -> None:
    """Show one galaxy of the atlas: images, latents beside the catalogue, why it is odd, what it resembles."""
    rows = explorer.table[explorer.table["id"] == identifier]
    row = rows.iloc[0]
    latents, sigma = row[MEANS].to_numpy(float), row[SIGMAS].to_numpy(float)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {identifier}")
        st.markdown(f"{mark(row['population'])} {row['population']}")
        st.badge("simulated", color="gray")
        if st.button("Open in Traverse", key="to-traverse", type="primary", icon=":material/tune:"):
            start_from_galaxy(identifier)
            st.switch_page("pages/traverse.py")
    show_images(explorer.images([identifier])[0], explorer.decode(latents)[0])
    compared = residuals(rows)
    lines = ["| | inferred from the image | catalogue | tension |", "|---|---:|---:|---:|"]
    for i, name in enumerate(LATENTS):
        told = ("", "")
        if name in compared and len(compared[name]):
            c = compared[name].iloc[0]
            told = describe(name, c["truth"], c["own"]), f"{c['error'] / math.hypot(c['sigma'], c['own']):+.1f} σ"
        lines.append(f"| {TITLES[name]} | {describe(name, latents[i], sigma[i])} | {told[0]} | {told[1]} |")
    st.markdown("\n".join(lines))
    st.markdown(f"**Its oddest property:** {name_reason(explorer.reasons(latents, sigma)['conditional_z'].to_numpy())}")
    show_reasons(explorer, latents, sigma, row["percentile"], identifier)
    show_ordinary(explorer, latents, sigma)
    st.markdown("**What it resembles**")
    near = explorer.neighbours(latents, 9)
    near = near[near["id"] != identifier].head(8)
    show_neighbours(near, "near")


def show_neighbours(near, prefix: str) -> None:
    """Show the nearest galaxies of the atlas with their catalogue redshifts."""
    marks = [mark(p) for p in near["population"]]
    notes = [f"{m} z {z:.2f}" if math.isfinite(z) else m for m, z in zip(marks, near["redshift"], strict=True)]
    show_gallery(near["id"].tolist(), notes, 8, prefix)
