"""What a person sees is what the answer holds: sliders before a move, a summary's own numbers, small sessions."""

import builtins
import sys
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from galexplore.draw.pictures import zoom_in
from galexplore.latents import LATENTS, MEANS
from galexplore.places import ROOT
from tests.explore.test_locate_many import make_npy
from tests.pages.driver import APP, check, go, make_fits, make_galaxy, words

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


def give(app, *files):
    go(app, "locate")
    app.file_uploader[0].set_value([(name, data, "x/y") for name, data in files]).run()
    check(app)
    return app


# Traverse ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def changes(monkeypatch) -> list[np.ndarray]:
    """Every residual that is drawn."""
    from galexplore.draw import pictures

    seen, draw = [], pictures.draw_residual

    def record(residual, *size):
        seen.append(residual)
        return draw(residual, *size)

    monkeypatch.setattr(pictures, "draw_residual", record)
    return seen


def test_nothing_changes_before_a_slider_is_moved(app, explorer, changes):
    """A galaxy between the steps of every slider, one beyond their ends, and the typical one."""
    names = [explorer.table["id"].iloc[11], explorer.table.nlargest(1, "lat_redshift")["id"].iloc[0]]
    for name in names:
        app.session_state["opened"] = name
        go(app, "traverse")
        app.button(key="from-opened").click().run()
        check(app)
        assert f"Started from **{name}**" in words(app) and np.abs(changes[-1]).max() == 0, name
    app.button(key="from-typical").click().run()
    check(app)
    assert np.abs(changes[-1]).max() == 0


def test_only_a_slider_that_was_moved_gives_its_latent(app, explorer, changes):
    app.session_state["opened"] = explorer.table["id"].iloc[11]
    go(app, "traverse")
    app.button(key="from-opened").click().run()
    exact = explorer.table[MEANS].iloc[11].to_numpy(float)
    moved = app.slider(key="slide-logmass").value + 0.4
    app.slider(key="slide-logmass").set_value(moved).run()
    check(app)
    heavier = exact.copy()
    heavier[LATENTS.index("logmass")] = app.slider(key="slide-logmass").value
    expected = explorer.decode(heavier[None])[0] - explorer.decode(exact[None])[0]
    shown = zoom_in(expected, explorer.survey, app.session_state["traverse-zoom"])[0]
    assert np.allclose(changes[-1], shown, atol=1e-6) and np.abs(expected).max() > 1e-3
    app.button(key="undo").click().run()
    check(app)
    assert np.abs(changes[-1]).max() == 0, "the way back leads to the very start"


# Summary ----------------------------------------------------------------------------------------------------------


def test_a_selections_summary_is_known_by_what_it_holds(explorer):
    from pages._parts import sets

    rows = np.flatnonzero(explorer.table["population"] == "Green Pea")
    others = np.flatnonzero(explorer.table["population"] == "Red Spiral")
    assert sets.name_rows(rows) == sets.name_rows(rows.copy()) == sets.name_rows(rows.astype(np.int32))
    assert len({sets.name_rows(r) for r in (rows, others, rows[:-1], rows[1:], np.array([], int))}) == 5


def test_two_sessions_never_share_a_summary(app, explorer, monkeypatch, tmp_path):
    """Even where their lists stand at the same place in memory, as one does after another was thrown away."""
    monkeypatch.setattr("galexplore.explore.selections.cache_folder", lambda: tmp_path)
    monkeypatch.setattr(builtins, "id", lambda thing, real=id: 7 if type(thing) is list else real(thing))
    for kind in ("Green Pea", "Red Spiral"):
        ids = explorer.table.loc[explorer.table["population"] == kind, "id"].tolist()
        person = AppTest.from_file(str(APP), default_timeout=60).run()
        person.session_state["aspect"] = "Compare with the rest"
        person.session_state["selection"] = ids
        person.run()
        check(person)
        text = words(person)
        assert f"These {len(ids):,} compared with" in text
        lines = [line for line in text.splitlines() if line.startswith("| ") and f" {kind} |" in line]
        assert f"| {len(ids):,} | {len(ids):,} |" in lines[-1], "its own kind, whole"


# Cards ------------------------------------------------------------------------------------------------------------


def test_the_card_shows_the_galaxys_own_wide_interval(app, explorer):
    from pages._parts.card import format_span

    i = int(explorer.table["mag_aperture"].to_numpy().argmin())
    app.session_state["opened"] = explorer.table["id"].iloc[i]
    go(app, "galaxy")
    spans, text = explorer.list_intervals(np.array([i]))[0], words(app)
    for j, name in enumerate(LATENTS[1:], 1):
        span = format_span(name, *spans[j])
        assert span.replace(" ", "\u00a0") in text, name


# What a session holds ---------------------------------------------------------------------------------------------


def weigh(thing: object, shared: Iterable[object]) -> int:
    """Bytes of all that is reachable from a thing, but for what all sessions share."""
    seen, total, left = {id(s) for s in shared}, 0, [thing]
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            total += one.nbytes
        elif isinstance(one, pd.DataFrame):
            total += int(one.memory_usage(deep=True).sum())
        else:
            total += sys.getsizeof(one)
            left += list(one.values()) if isinstance(one, dict) else []
            left += list(one) if isinstance(one, list | tuple | set) else []
            left += list(vars(one).values()) if hasattr(one, "__dict__") else []
    return total


def draw_finely(flux: np.ndarray, side: int = 430) -> np.ndarray:
    """The same galaxy on finer pixels, with sky noise of its own."""
    at = (np.arange(side) * flux.shape[1] / side).astype(int)
    noise = np.random.default_rng(1).normal(scale=0.003, size=(3, side, side))
    return (flux[:, at][:, :, at] + noise).astype(np.float32)


@pytest.fixture
def shared(app) -> list[object]:
    """What the server holds once for all sessions."""
    from pages._session.opening import load_explorer

    explorer = load_explorer("default")
    return [explorer, explorer.embedder, explorer.atlas, explorer.table, explorer.card]


def test_an_uploads_pixels_do_not_stay_in_the_session(app, shared):
    data = make_fits(draw_finely(make_galaxy()), 0.08)
    give(app, *[(f"{i}.fits", data) for i in range(3)])
    assert "3 of 3 located" in words(app)
    kept = weigh(app.session_state["upload"], shared)
    assert len(data) > 2_000_000 and kept < 700_000, f"{kept:,} bytes for three files of {len(data):,}"


def test_bytes_are_kept_only_while_the_scale_is_asked_for(app, shared):
    data = make_npy(draw_finely(make_galaxy()))
    give(app, ("mine.npy", data))
    assert weigh(app.session_state["upload"], shared) > len(data)
    app.number_input[0].set_value(0.08)
    next(b for b in app.button if b.label == "Locate it").click().run()
    check(app)
    assert app.metric and weigh(app.session_state["upload"], shared) < 700_000


def test_too_many_files_are_refused_in_a_sentence(app):
    give(app, *[(f"{i}.fits", b"x") for i in range(61)])
    assert "61 files were given; give 1 to 60 at a time" in app.error[0].value.replace("\\", "")
