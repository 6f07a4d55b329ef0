"""The catalogue that LSDB opens and cross-matches, and one of images that it reads."""

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.patches import hats as published
from galexplore.patches.run import embed_survey
from galexplore.sources.hats import HatsSource, is_hats
from galexplore.sources.kept import KEPT, Kept
from galexplore.survey import DECALS
from galexplore.tables import catalogue

lsdb = pytest.importorskip("lsdb")


def write_patches(folder, table):
    """Write what a run leaves in its folder: two files of rows, a plan."""
    (folder / "patches").mkdir(parents=True)
    for i, part in enumerate(np.array_split(np.arange(len(table)), 2)):
        catalogue.write(table.iloc[part], folder / "patches" / f"part-{i:05d}.parquet")
    plan = '{"model": "own", "model_sha256": "0", "measured_by": "student", "survey": {"name": "DECaLS"}}'
    (folder / "plan.json").write_text(plan)
    (folder / "report.json").write_text('{"difference": {"n": 3}}')


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """A thousand galaxies about a corner of HEALPix's base pixels, a hundred a pixel at most."""
    folder, generator = tmp_path_factory.mktemp("hats") / "out", np.random.default_rng(2)
    n = 1000
    table = pd.DataFrame({"id": [f"G{i:04d}" for i in range(n)], "ra": generator.uniform(44, 46, n)})
    table["dec"] = generator.uniform(-1, 1, n)
    table["lat_redshift"] = generator.uniform(0, 1, n).astype(np.float32)
    table.loc[n - 1, ["ra", "dec"]] = np.nan
    write_patches(folder, table)
    assert published.publish_catalogue(folder, most=100) == (n - 1, 1)
    return folder, table.iloc[:-1]


def test_lsdb_opens_it_with_every_row_once(collection):
    folder, table = collection
    opened = lsdb.open_catalog(folder)
    assert len(opened.get_healpix_pixels()) > 10 and opened.margin is not None and is_hats(folder)
    rows = opened.compute().sort_values("id")
    assert list(rows["id"]) == list(table["id"]) and np.array_equal(rows["lat_redshift"], table["lat_redshift"])
    said = (folder / "galaxies" / "hats.properties").read_text()
    assert "galexplore_model_sha256=0" in said and 'galexplore_student_less_teacher={"n": 3}' in said


def find_pixels(opened, frame):
    """Place in the list of a catalogue's pixels of each row's own, -1 where it lies in none."""
    from hats.pixel_math import compute_spatial_index

    index = compute_spatial_index(frame["ra"].to_numpy(), frame["dec"].to_numpy())
    return (
        sum((1 + i) * (index >> 2 * (29 - p.order) == p.pixel) for i, p in enumerate(opened.get_healpix_pixels())) - 1
    )


def test_a_cross_match_finds_what_astropy_finds(collection):
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    folder, table = collection
    opened, generator = lsdb.open_catalog(folder), np.random.default_rng(3)
    off = generator.normal(0, 4, (2, len(table))) / 3600
    other = table[["id"]].rename(columns={"id": "name"}).assign(ra=table["ra"] + off[0], dec=table["dec"] + off[1])
    across = find_pixels(opened, other) != find_pixels(opened, table)
    assert across.sum() > 3, "some lie beyond the edge of their galaxy's pixel, where the margin alone holds it"
    other = other[across | (generator.uniform(size=len(table)) < 0.3)].reset_index(drop=True)
    made = lsdb.from_dataframe(other, ra_column="ra", dec_column="dec", lowest_order=5, margin_threshold=10)
    pairs = made.crossmatch(opened, radius_arcsec=8, suffixes=("_o", "")).compute()
    nearest, apart, _ = SkyCoord(other["ra"], other["dec"], unit="deg").match_to_catalog_sky(
        SkyCoord(table["ra"], table["dec"], unit="deg")
    )
    good = apart < 8 * u.arcsec
    expected = set(zip(other["name"][good], table["id"].to_numpy()[nearest[good]], strict=True))
    assert 200 < len(expected) == len(pairs) and set(zip(pairs["name_o"], pairs["id"], strict=True)) == expected
    theirs = pd.Series(apart.arcsec, other["name"])[pairs["name_o"].to_numpy()]
    assert np.allclose(pairs["_dist_arcsec"].to_numpy(float), theirs, atol=1e-4)


def test_pixels_hold_all_and_no_more_than_they_may():
    generator = np.random.default_rng(0)
    at = np.unique(generator.integers(0, 12 * 4**published.FINE, 3000))
    counts = generator.integers(1, 5, len(at))
    pixels = published.split_sky(at, counts, 50)
    inside = [at >> 2 * (published.FINE - order) == pixel for order, pixel in pixels]
    assert (np.sum(inside, axis=0) == 1).all() and max(counts[i].sum() for i in inside) <= 50


def test_without_positions_or_with_a_damaged_file_it_says_so(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "ra": [np.nan] * 2, "dec": [np.nan] * 2})
    write_patches(tmp_path / "out", table)
    with pytest.raises(InputError, match=r"no galaxy in .* has a position"):
        published.publish_catalogue(tmp_path / "out")
    path = tmp_path / "out" / "patches" / "part-00000.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="is damaged; remove it"):
        published.publish_catalogue(tmp_path / "out")


def test_a_catalogue_of_images_is_read_by_partition(own, tmp_path):
    frame = catalogue.read(own / "catalogue.parquet")[:8]
    flux = Kept.open(own / KEPT, DECALS).get(list(frame["id"])).astype(np.float32)
    generator = np.random.default_rng(4)
    rows = pd.DataFrame({"object_id": list(frame["id"]), "ra": generator.uniform(0, 360, 8)})
    rows["dec"] = generator.uniform(-60, 60, 8)
    bands = ["des-g", "des-r", "des-z"]
    images = [
        {
            "band": bands if i else bands[:2],
            "flux": [p.tolist() for p in (f if i else f[:2])],
            "scale": [DECALS.model_scale] * (3 if i else 2),
            "psf_fwhm": [1.4] * (3 if i else 2),
        }
        for i, f in enumerate(flux)
    ]
    import pyarrow as pa

    pixels = pa.list_(pa.list_(pa.float32()))
    kind = pa.struct(
        {
            "band": pa.list_(pa.string()),
            "flux": pa.list_(pixels),
            "scale": pa.list_(pa.float32()),
            "psf_fwhm": pa.list_(pa.float32()),
        }
    )
    rows["image"] = pd.Series(images, dtype=pd.ArrowDtype(kind))
    lsdb.from_dataframe(rows, ra_column="ra", dec_column="dec", lowest_order=1, margin_threshold=None).to_hats(
        tmp_path / "in", catalog_name="in"
    )
    source = HatsSource(tmp_path / "in", DECALS)
    parts = source.list_partitions()
    assert len(parts) > 3 and all(p.count is None and not len(p.rows) for p in parts)
    summary = embed_survey(source, tmp_path / "out", "own", student=False)
    table = pd.concat([pd.read_parquet(p) for p in (tmp_path / "out" / "patches").iterdir()]).set_index("id")
    assert sorted(table.index) == sorted(frame["id"]) and summary.galaxies == 8
    assert "has no band z" in table.loc[frame["id"].iloc[0], "detail"]
    assert (table["verdict"] == "located").sum() >= 5
