"""Regions of a map are named by what their galaxies are, and lie on them."""

import numpy as np
import pandas as pd

from galexplore.atlas.regions import measure_excess, name_regions


def make_table(n: int = 600) -> pd.DataFrame:
    """Three islands of galaxies: massive and passive, star-forming, and low-mass ones that burst."""
    rng = np.random.default_rng(1)
    middle = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]], n, axis=0)
    mass, redshift = np.repeat([11.2, 10.2, 9.0], n), np.repeat([0.35, 0.15, 0.62], n)
    sfr = np.repeat([-1.0, 0.3, 0.9], n)
    table = pd.DataFrame(middle + rng.normal(size=middle.shape), columns=["umap_x", "umap_y"])
    table["lat_redshift"] = redshift + rng.uniform(-0.01, 0.01, 3 * n)
    table["lat_logmass"] = mass + rng.uniform(-0.1, 0.1, 3 * n)
    return table.assign(lat_logsfr=sfr + rng.normal(0, 0.1, 3 * n), population="ordinary")


def test_each_island_is_named_once_by_what_it_is_and_where_it_is():
    regions = {region.name: (region.x, region.y) for region in name_regions(make_table(), "umap_x", "umap_y")}
    assert len(regions) == 3
    places = {"massive and passive": (0, 0), "star-forming": (20, 0), "low-mass": (0, 20)}
    for name, (x, y) in places.items():
        found = [place for full, place in regions.items() if full.startswith(name)]
        assert len(found) == 1 and np.hypot(found[0][0] - x, found[0][1] - y) < 2.5, name
    assert any(name.endswith("z 0.3–0.4") or name.endswith("z 0.4") or name.endswith("z 0.3") for name in regions)


def test_starbursts_are_told_by_their_excess():
    table = make_table()
    normal = table[table["lat_logmass"].between(10, 10.4)]
    bursts = normal.iloc[:150].assign(umap_x=lambda t: t["umap_x"] + 40, lat_logsfr=1.2)
    both = pd.concat([normal, bursts], ignore_index=True)
    assert np.median(measure_excess(both)[-150:]) > 0.5 > abs(np.median(measure_excess(both)[:600]))
    names = [r.name for r in name_regions(both, "umap_x", "umap_y") if r.x > 50]
    assert names and all(name.startswith("starbursts") for name in names)


def test_rare_kinds_and_a_handful_name_nothing():
    table = make_table()
    assert name_regions(table.iloc[:50], "umap_x", "umap_y") == []
    assert name_regions(table.assign(population="Green Pea"), "umap_x", "umap_y") == []
