"""Where the galaxies lie: two linked plots; what is picked on either shows its images, numbers and cards."""

import math

import streamlit as st

from galexplore import figures
from pages._card import show_card
from pages._panels import describe_row, mark, show_gallery
from pages._selection import PLOTS, is_live, plot_key, take_selection
from pages._state import KINDS_AT_FIRST, is_dark, open_explorer, open_galaxy, require_header

LATENT_AXES = ["lat_redshift", "lat_logmass", "lat_logsfr", "lat_phi", "lat_free"]
COLOURS = ["population", *LATENT_AXES, "percentile", "chi2_percentile", "mag_r"]
SHORT = {"population": "Population", "lat_logmass": "log stellar mass", "lat_logsfr": "log SFR"}
SHORT |= {"lat_phi": "Position angle", "percentile": "Rarity", "chi2_percentile": "Reconstruction χ²", "mag_r": "r mag"}
A_PAGE = 24
TABLE = {"id": "id", "population": "population", "lat_redshift": "z inferred", "z": "z catalogue"}
TABLE |= {"lat_logmass": "log M inferred", "logmass": "log M catalogue", "lat_logsfr": "log SFR inferred"}
TABLE |= {"logsfr": "log SFR catalogue", "lat_free": "free", "mag_r": "r mag", "percentile": "rarity %"}


def name_axis(column: str) -> str:
    """Short name of a column in a menu."""
    return SHORT.get(column, figures.AXES.get(column, column))


def choose_view(table):
    """Show the row of controls; return the axes, the colour, the rare kinds to overlay and the filtered table."""
    kinds = table["population"].value_counts().drop("ordinary", errors="ignore")
    order = [k for k in figures.STYLES if k in kinds] + [k for k in kinds.index if k not in figures.STYLES]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        keep = {"persist_state": "session", "width": 170}
        x = st.selectbox("Across", LATENT_AXES, format_func=name_axis, key="axis-x", **keep)
        y = st.selectbox("Up", LATENT_AXES, 1, format_func=name_axis, key="axis-y", **keep)
        choices = [c for c in COLOURS if c == "population" or c in table]
        colour = st.selectbox("Colour", choices, format_func=name_axis, key="colour", **keep)
        with st.popover("Filter", icon=":material/filter_alt:"):
            shown = narrow(table, "lat_redshift", "Redshift", 0.01)
            if "mag_r" in table:
                shown = narrow(shown, "mag_r", "r magnitude [AB]", 0.1)
        if len(shown) < len(table):
            st.caption(f"{len(shown):,} of {len(table):,} galaxies pass the filter.", width="content")
    overlays = st.pills(
        "Rare kinds on top",
        order,
        selection_mode="multi",
        default=[k for k in order if k in KINDS_AT_FIRST],
        format_func=lambda k: f"{mark(k)} {k} {kinds[k]}",
        key="overlays",
        persist_state="session",
        label_visibility="collapsed",
        wrap=True,
    )
    return x, y, None if colour == "population" else colour, overlays, shown


def narrow(table, column: str, label: str, step: float):
    """Show a range slider over a column; a galaxy without a value passes only while the slider is wide open."""
    low, high = math.floor(table[column].min() / step) * step, math.ceil(table[column].max() / step) * step
    if not low < high:
        return table
    chosen = st.slider(label, low, high, (low, high), step, key=f"filter-{column}", persist_state="session")
    return table if chosen == (low, high) else table[table[column].between(*chosen)]


def show_plots(shown, x: str, y: str, colour: str | None, overlays: list[str]) -> None:
    """Show the latents and the map side by side with the same galaxies brought forward."""
    axes = {"latents": (x, y), "map": ("umap_x", "umap_y")}
    view = (x, y, colour, tuple(overlays), len(shown), is_dark())
    take_selection(shown, axes, view)
    titles = {
        "latents": f"{name_axis(y)[:1].upper()}{name_axis(y)[1:]} against {name_axis(x)}, as read from the images",
        "map": "Galaxies alike in redshift, mass, SFR and free latent lie together",
    }
    for plot, column in zip(PLOTS, st.columns(2, gap="medium"), strict=True):
        live = is_live(plot, view)
        figure = figures.plot_atlas(
            shown,
            *axes[plot],
            titles[plot],
            colour=colour,
            overlays=overlays,
            selected=[] if live else st.session_state.selection,
            opened=None if live else st.session_state.opened,
            dark=is_dark(),
        )
        about = {"config": {"displaylogo": False, "modeBarButtonsToRemove": ["toImage"]}, "alt": titles[plot]}
        column.plotly_chart(figure, theme=None, key=plot_key(plot), on_select="rerun", **about)


def show_selection(table) -> None:
    """Show the selected galaxies, the rarest first, as images and as a table."""
    picked = table[table["id"].isin(set(st.session_state.selection))].sort_values("distance2", ascending=False)
    if picked.empty:
        st.markdown("### Nothing selected yet")
        st.markdown("Draw a lasso or a box on either plot, or click a point, to see those galaxies here.")
        return
    images, numbers = st.tabs([f"Images ({len(picked):,})", "Table"])
    with images:
        pages = math.ceil(len(picked) / A_PAGE)
        key = f"gallery-page-{st.session_state.get('picks', 0)}"  # each selection starts at its first page
        at = min(st.session_state.get(key) or 1, pages)
        rows = picked.iloc[(at - 1) * A_PAGE : at * A_PAGE]
        show_gallery(rows["id"].tolist(), [describe_row(row) for _, row in rows.iterrows()], 6, "pick")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Showing {len(rows)} of {len(picked):,}, the rarest first.", width="content")
            if pages > 1:
                st.pagination(pages, key=key, max_visible_pages=5)
    with numbers:
        table = picked[[c for c in TABLE if c in picked]].rename(columns=TABLE).round(3)
        about = {"key": "table", "on_select": "rerun", "selection_mode": "single-row"}
        rows = st.dataframe(table, hide_index=True, height=520, **about)["selection"]["rows"]
        if rows and rows != st.session_state.handled.get("table"):
            open_galaxy(picked["id"].iloc[rows[0]])
            st.session_state.handled["table"] = rows
            st.rerun()


def show_page() -> None:
    """Lay the page out."""
    explorer = open_explorer()
    x, y, colour, overlays, shown = choose_view(explorer.table)
    show_plots(shown, x, y, colour, overlays)
    left, right = st.columns(2, gap="large")
    with left:
        show_selection(explorer.table)
    with right:
        if st.session_state.opened:
            show_card(explorer, st.session_state.opened)
        else:
            st.markdown("### No galaxy opened")
            st.markdown("Click a point, a line below an image, or a row of the table. Or search by id at the top.")


require_header()
show_page()
