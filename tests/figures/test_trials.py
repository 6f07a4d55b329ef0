"""Pages of the trials: every galaxy and every sky is on them, with its bars."""

import numpy as np

from galexplore.figures.trials import plot_judged, plot_skies, write_page


def test_a_page_of_real_galaxies_shows_each_that_is_known_with_both_intervals(tmp_path):
    one = {"name": "a", "z": 0.1, "published_logmass": 10.5, "redshift": 0.11, "logmass": 10.7, "logmass_told": 10.6}
    one |= {
        f"{n}_{level}": 0.01 * int(level) for n in ("redshift", "logmass", "logmass_told") for level in ("68", "95")
    }
    other = one | {"name": "b", "z": 0.2, "published_logmass": np.nan}
    figure = plot_judged(
        {"galaxies": [one, other, {"name": "c", "z": 0.3, "published_logmass": 11.0, "refused": "why"}]}
    )
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert [len(trace.x) for trace in points] == [2, 2, 1, 1, 1, 1]
    assert np.allclose(points[0].error_y.array, 0.95) and np.allclose(points[1].error_y.array, 0.68)
    write_page(figure, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "2 real galaxies" in text and "cdn" not in text[:2000]


def test_a_page_of_skies_has_a_line_for_each_sky():
    answer = {"shift": 0.3, "scatter": 1.0, "inside68": 0.66, "inside95": 0.94}
    rows = [
        {"kind": "seeing", "sky": "g 1.0", "told": told, **dict.fromkeys(("redshift", "logmass", "logsfr"), answer)}
        for told in (True, False)
    ]
    figure = plot_skies({"n": 200, "rows": rows})
    assert len(figure.data) == 6 and list(figure.data[0].y) == ["seeing g 1.0", "seeing g 1.0, not told"]
    assert list(figure.data[1].x) == [66.0, 66.0]
