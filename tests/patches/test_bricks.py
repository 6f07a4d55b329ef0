"""Positions over bricks: each in the one brick that is primary there, masked, cut at edges, or refused, and why."""

import numpy as np
import pandas as pd
import pytest

from galexplore.bench.made_bricks import STEP, draw_positions, make_bricks, write_layer
from galexplore.errors import InputError
from galexplore.latents import MEANS
from galexplore.patches.run import embed_survey
from galexplore.sources.bricks import BrickSource, Regions, find_layer, read_brick, read_layer
from galexplore.survey import DECALS
from galexplore.tables import catalogue


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    """Four bricks, of which one lacks a band, and positions; some beyond all bricks, some masked, some nowhere."""
    folder = tmp_path_factory.mktemp("sky")
    positions = draw_positions(80)
    regions = make_bricks(folder, positions, without=[("b0101", "image-r")])
    strange = pd.DataFrame({"id": ["far", "none"], "ra": [10.0, np.nan], "dec": [2.0, 2.0]})
    table = pd.concat([positions[["id", "ra", "dec"]], strange], ignore_index=True)
    catalogue.write(table, folder / "positions.csv")
    return folder, table, regions


def mask(folder, brick, layer, change):
    """Change the pixels of a layer of a brick."""
    path = find_layer(folder, brick, layer)
    pixels, header = read_layer(path)
    change(pixels)
    write_layer(path, pixels, header)


def test_nothing_is_lost_or_doubled(sky, own, tmp_path):
    folder, table, regions = sky
    source = BrickSource(folder / "positions.csv", folder, DECALS)
    parts = source.list_partitions()
    assert sorted(i for p in parts for i in p.rows["id"]) == sorted(table["id"])
    for part in (p for p in parts if p.name.startswith("brick-")):
        region = regions.set_index("BRICKNAME").loc[part.name[6:]]
        assert part.rows["ra"].between(region["RA1"], region["RA2"], inclusive="left").all()
        assert part.rows["dec"].between(region["DEC1"], region["DEC2"], inclusive="left").all()
    summary = embed_survey(source, tmp_path / "out", "own", student=False)
    rows = pd.concat([pd.read_parquet(p) for p in (tmp_path / "out" / "patches").iterdir()]).set_index("id")
    assert sorted(rows.index) == sorted(table["id"]) and summary.galaxies == len(table)
    assert all(summary.seconds[stage] > 0 for stage in ("read", "cut", "embed", "write", "wall"))
    assert all(f"{stage} " in summary.tell()[1] for stage in ("read", "cut", "embed", "write"))
    assert rows.loc[["far", "none"], "detail"].str.startswith("it lies in no brick").all()
    lacking = rows["detail"].str.contains("brick b0101 has no image in r")
    inside = (table["ra"] >= 150 + STEP) & (table["dec"] >= 2 + STEP)
    assert set(rows.index[lacking]) == set(table["id"][inside])
    good = rows[~lacking].drop(["far", "none"])
    assert (good["verdict"] == "located").mean() > 0.9 and good["ebv"].notna().all()
    assert good[good["verdict"] == "located"][MEANS].notna().all(axis=None)


def test_what_is_cut_from_either_side_of_a_border_is_the_same_galaxy(sky):
    """The same sky is in both bricks: a galaxy near the border is cut whole from the one that is primary."""
    folder, table, _ = sky
    source = BrickSource(folder / "positions.csv", folder, DECALS)
    edge = table[(np.abs(table["ra"] - 150 - STEP) < 3e-4) & (table["dec"] < 2 + STEP)]
    assert len(edge) > 3
    for part in source.list_partitions():
        for block in source.read(part):
            ids = block.rows["id"][block.good].to_numpy()
            near = np.isin(ids, edge["id"])
            assert block.valid is not None and block.valid[near].all()


def test_masked_pixels_are_filled_and_a_masked_galaxy_is_refused(sky, tmp_path):
    folder = tmp_path / "bricks"
    positions = pd.DataFrame({"id": ["a", "b"], "ra": 150 + STEP / 2 + np.array([-0.007, 0.007]), "dec": 2 + STEP / 2})
    make_bricks(folder, positions.assign(peak=2.0), 1, 1)
    catalogue.write(positions, folder / "positions.csv")
    tile = read_brick(folder, "b0000", DECALS)
    x, y = (np.rint(v).astype(int) for v in tile.locate(positions["ra"].to_numpy(), positions["dec"].to_numpy()))

    def spoil(pixels):
        pixels[y[0] + 20 : y[0] + 30, x[0] - 4 : x[0] + 5] = 1 << 2  # saturated in g, away from the middle
        pixels[y[1] - 8 : y[1] + 9, x[1] - 8 : x[1] + 9] = 1 << 6  # bad in every exposure in r, in the middle

    mask(folder, "b0000", "maskbits", spoil)
    source = BrickSource(folder / "positions.csv", folder, DECALS)
    (block,) = source.read(source.list_partitions()[0])
    assert block.refusals[0] == "" and "too many pixels are missing in r" in block.refusals[1]
    assert (~block.valid[0]).any(axis=(1, 2)).tolist() == [True, False, False]
    assert np.allclose(block.observed.seeing, [[1.5, 1.3, 1.2]]) and np.isfinite(block.ebv).all()


def test_damaged_bricks_are_refused_in_a_sentence(sky, tmp_path):
    folder = tmp_path / "bricks"
    positions = draw_positions(4, 1, 1)
    make_bricks(folder, positions, 1, 1)
    path = find_layer(folder, "b0000", "image", "g")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"image-g.fits.fz is damaged"):
        read_brick(folder, "b0000", DECALS)
    catalogue.write(positions[["ra", "id"]], folder / "positions.csv")
    with pytest.raises(InputError, match="has no column dec"):
        BrickSource(folder / "positions.csv", folder, DECALS).list_partitions()
    twice = pd.concat([positions, positions])[["id", "ra", "dec"]]
    catalogue.write(twice, folder / "positions.csv")
    with pytest.raises(InputError, match="stands twice"):
        BrickSource(folder / "positions.csv", folder, DECALS).list_partitions()


def test_the_surveys_rule_names_its_real_bricks(real):
    for name in ("0394m202", "0959p805"):
        pixels, header = read_layer(find_layer(real / "bricks", name, "image", "g"))
        ra, dec = header["CRVAL1"], header["CRVAL2"]
        near = Regions().assign(np.array([ra, ra + 0.1, ra + 2.0]), np.array([dec + 0.12, dec, dec]))
        assert list(near[:2]) == [name, name] and near[2] != name
        assert pixels.ndim == 2 and np.isfinite(pixels).any()
    with pytest.raises(InputError, match="brick 0959p805 has no image in r; g, r and z are needed"):
        read_brick(real / "bricks", "0959p805", DECALS)


def test_every_position_of_the_sky_lies_in_one_brick_by_the_rule():
    generator = np.random.default_rng(0)
    ra, dec = generator.uniform(-360, 720, 4000), np.degrees(np.arcsin(generator.uniform(-1, 1, 4000)))
    names = Regions().assign(ra, dec)
    assert (names != "").all() and list(names) == list(Regions().assign(ra % 360, dec))
    assert (Regions().assign(np.array([np.nan, 10.0]), np.array([0.0, 91.0])) == "").all()
