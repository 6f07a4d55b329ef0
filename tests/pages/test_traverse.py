"""What Traverse holds fixed, how far in it looks, and the length of its bar, without a browser."""

import numpy as np
import pytest

from galexplore.explore.carrying import carry
from galexplore.latents import LATENTS, MEANS
from galexplore.places import ROOT
from pages._parts import carried
from tests.pages.driver import check, go, list_images, words

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


@pytest.fixture
def views(monkeypatch) -> list:
    """Every image that is drawn, with its redshift and the arcsec that it spans."""
    seen, draw = [], carried.draw_annotated

    def record(flux, *size, redshift, field, **how):
        seen.append((flux, redshift, field))
        return draw(flux, *size, redshift=redshift, field=field, **how)

    monkeypatch.setattr(carried, "draw_annotated", record)
    return seen


def test_the_redshift_moves_alone_or_carries_the_galaxy(app, explorer, views):
    row = explorer.find_rows([explorer.table.query("lat_redshift.between(0.08, 0.12)")["id"].iloc[0]])[0]
    app.session_state["opened"] = explorer.table["id"].iloc[row]
    go(app, "traverse")
    app.button(key="from-opened").click().run()
    start = explorer.table[MEANS].iloc[row].to_numpy(float)
    app.session_state["traverse-zoom"] = 1
    app.slider(key="slide-redshift").set_value(0.3).run()
    check(app)
    moved = start.copy()
    moved[LATENTS.index("redshift")] = 0.3
    assert np.allclose(views[-2][0], explorer.decode(moved[None])[0]) and "Carried from" not in words(app)
    app.button_group(key="redshift-way").set_value(carried.CARRY).run()
    check(app)
    flux, redshift, field = views[-2]
    assert np.allclose(flux, carry(explorer, start, 0.3).flux, atol=1e-6) and redshift == pytest.approx(0.3)
    assert field == pytest.approx(explorer.survey.field)
    told = "\n".join(one.caption for image in app.get("image") for one in image.proto.imgs)
    assert "at fixed mass, SFR and size in kpc" in told and "no k-correction" in told and "PSF is unchanged" in told
    before = list_images(app)[0]
    app.toggle(key="with-noise").set_value(True).run()
    check(app)
    assert list_images(app)[0] != before
    assert (views[-2][0] - carry(explorer, start, 0.3).flux).std() > 1e-3


def test_the_typical_galaxy_fills_the_picture_and_the_field_can_be_chosen(app, explorer, views):
    go(app, "traverse")
    assert views[-2][2] < 0.6 * explorer.survey.field, "a typical galaxy is small in the whole field"
    app.button_group(key="traverse-zoom").set_value(1).run()
    check(app)
    assert views[-2][2] == pytest.approx(explorer.survey.field) and views[-2][0].shape[-1] == explorer.survey.size
    go(app, "locate")
    go(app, "traverse")


def test_a_wide_galaxy_is_not_cut():
    y, x = np.indices((69, 69)) - 34
    narrow, wide = (np.exp(-(x**2 + y**2) / 2 / sigma**2)[None] for sigma in (3, 15))
    assert carried.suggest_zoom(narrow) == 4 and carried.suggest_zoom(wide) == 1
    assert carried.suggest_zoom(np.zeros((3, 69, 69))) == 1
