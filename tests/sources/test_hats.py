"""A HATS catalogue with images: read one partition at a time, taken, trained from, and written back."""

import json
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import galexplore as gx
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.errors import InputError
from galexplore.jobs.fetch_cutouts import READY
from galexplore.jobs.fetch_hats import estimate_hats, take_hats
from galexplore.sources.catalogues.cutouts import FOLDER, CutoutStore
from galexplore.sources.catalogues.hats import HatsCatalogue, write_hats
from galexplore.sources.hats import read_image
from galexplore.sources.transport import NetworkError
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.analytic import draw_ellipse
from tests.jobs.conftest import make_place
from tests.jobs.tiny import BRIEF, train_own

N = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A small catalogue as the Multimodal Universe has them: images by band, DESI redshifts, PROVABGS labels."""
    import lsdb

    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"object_id": [str(10**17 + i) for i in range(N)]})
    frame["ra"], frame["dec"] = np.resize([150.0, 200.0, 30.0, 350.0], N) + rng.uniform(0, 1, N), rng.uniform(-9, 9, N)
    frame["Z"], frame["ZERR"] = rng.uniform(0.02, 0.4, N), 1e-4
    frame["LOG_MSTAR"], frame["AVG_SFR"] = rng.normal(10, 0.5, N), 10 ** rng.normal(0, 0.5, N)
    noise = np.asarray(DECALS.noise)[:, None, None]
    images = []
    for i in range(N):
        flux = np.zeros((3, 140, 140))
        flux[:, 35:104, 35:104] = draw_ellipse(0.1 * i, 6.0, 0.5, 80)
        flux += rng.normal(size=flux.shape) * noise
        ivar = np.broadcast_to(1 / noise**2, flux.shape)
        bands = {"band": ["DES-G", "DES-R", "DES-Z"], "psf_fwhm": [1.81, 1.68, 1.55], "scale": [0.262] * 3}
        images.append(bands | {"flux": flux.astype(np.float32).tolist(), "ivar": ivar.astype(np.float32).tolist()})
    images[3] = images[3] | {"band": ["DES-G", "DES-R", "DES-I"]}
    frame["image"] = images
    path = tmp_path_factory.mktemp("hats") / "mmu"
    made = lsdb.from_dataframe(
        frame, ra_column="ra", dec_column="dec", catalog_name="mmu", partition_rows=12, margin_threshold=None
    )
    made.write_catalog(path, catalog_name="mmu", progress_bar=False)
    return str(path)


COLUMNS = {"logmass_err": "0.1", "logsfr_err": "0.2"}


def test_it_is_taken_part_by_part_trained_from_and_written_back(place, tmp_path, monkeypatch):
    make_place(monkeypatch, tmp_path)
    hats = HatsCatalogue(place)
    assert len(hats) == N and hats.parts > 2
    cost = estimate_hats(hats, tmp_path / "f", DECALS)
    assert cost.galaxies == N and cost.read > 0 and "one at a time" in str(cost)
    assert estimate_hats(hats, tmp_path / "f", DECALS, 10).read == pytest.approx(cost.read / 4, rel=0.01)
    read = hats.read

    def read_two(skip=()):
        for k, part in enumerate(read(skip)):
            if k == 2:
                raise KeyboardInterrupt
            yield part

    hats.read = read_two
    with pytest.raises(KeyboardInterrupt):
        take_hats(hats, tmp_path / "f", DECALS, COLUMNS, "Chabrier")
    rows = CutoutStore(tmp_path / "f", DECALS).next
    hats.read = lambda skip=(): (part for part in read(skip) if len(skip) >= 2 or pytest.fail("begun anew"))
    manifest = take_hats(hats, tmp_path / "f", DECALS, COLUMNS, "Chabrier")
    assert manifest["asked"] == N and manifest["got"] == N - 1 and manifest["refused"] == 1
    assert estimate_hats(hats, tmp_path / "f", DECALS).galaxies == 0
    assert cost.size / 1.3 < (tmp_path / "f" / FOLDER / "pictures.f16").stat().st_size < cost.size
    assert "no band z" in next(iter(manifest["why"])) and 0 < rows < N
    ready = catalogue.read(tmp_path / "f" / READY)
    assert np.allclose(ready["psf_r"], 1.68 / PSFSIZE)
    assert ready["logsfr"].notna().all() and ready["phi"].notna().mean() > 0.8
    train_own("mine", tmp_path / "f" / READY, replace(BRIEF, epochs=4))
    explorer = gx.load("mine")
    assert not explorer.simulated and explorer.card["provenance"]["imf"] == "Chabrier"
    table = explorer.table[["id", "ra", "dec", "z", "lat_redshift"]]
    write_hats(table, tmp_path / "back", "mine")
    back = pd.concat([part for _, part in HatsCatalogue(str(tmp_path / "back")).read()], ignore_index=True)
    merged = table.merge(back, on="id", suffixes=("", "_back"))
    assert len(merged) == N - 1 and np.allclose(merged["lat_redshift"], merged["lat_redshift_back"].astype(float))
    with pytest.raises(InputError, match="not empty"):
        write_hats(table, tmp_path / "back", "mine")


def test_one_partition_at_a_time_is_in_memory(place):
    alive: list[weakref.ref] = []
    for _, part in HatsCatalogue(place, ["object_id", "ra", "dec"]).read():
        alive = [one for one in alive if one() is not None] + [weakref.ref(part)]
        assert len(part) <= 12 and len(alive) <= 2


#: Reads a catalogue as it is read here, then whole; prints the peaks of the process's memory (Linux), in bytes: after
#: one partition, after all of them one by one, and with all of them kept; then the largest partition, and all rows.
READ = """
import json, sys
from pathlib import Path
from galexplore.sources.catalogues.hats import HatsCatalogue

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def read():
    return (part for _, part in HatsCatalogue(sys.argv[1]).read())

hats = HatsCatalogue(sys.argv[1])
sizes = [len(next(read()))]
first = peak()
for part in read():
    sizes.append(len(part))
lazily, kept = peak(), list(read())
print(json.dumps([first, lazily, peak(), max(sizes), sum(sizes[1:]), len(hats)]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its peak of memory")
@pytest.mark.parametrize(
    ("rows", "columns"),
    [(120_000, 40), pytest.param(1_000_000, 10, marks=pytest.mark.slow)],
    ids=["some", "a million"],
)
def test_a_large_catalogue_does_not_enter_memory_whole(tmp_path, rows, columns):
    """Of what the whole of it takes, reading all of it takes half at most beyond what one partition does."""
    import lsdb

    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(rows, columns)), columns=[f"c{i}" for i in range(columns)])
    frame = frame.assign(id=np.arange(rows).astype(str), ra=rng.uniform(0, 360, rows), dec=rng.uniform(-60, 60, rows))
    made = lsdb.from_dataframe(
        frame, ra_column="ra", dec_column="dec", catalog_name="many", partition_rows=rows // 20, margin_threshold=None
    )
    made.write_catalog(tmp_path / "many", catalog_name="many", progress_bar=False)
    child = subprocess.run([sys.executable, "-c", READ, tmp_path / "many"], capture_output=True, text=True, check=True)
    first, lazily, whole, largest, read, said = json.loads(child.stdout.splitlines()[-1])
    assert read == said == rows and largest <= rows // 20
    assert whole - lazily > 0.7 * 8 * rows * columns, "kept, it takes its size: what is measured is what it takes"
    assert lazily - first < 0.5 * (whole - lazily)


def test_what_is_no_hats_catalogue_is_refused(tmp_path):
    for where, sentence in (
        (str(tmp_path / "none"), "no folder"),
        ("https://example.org/x", "is no HATS catalogue that is read"),
        ("file:///etc", "is no HATS catalogue that is read"),
        (str(tmp_path), "cannot be opened as a HATS catalogue"),
    ):
        with pytest.raises(InputError, match=sentence):
            HatsCatalogue(where)
    with pytest.raises(NetworkError, match="switched off"):
        HatsCatalogue("hf://datasets/x/y", off=True)


def test_a_catalogue_without_images_says_what_it_has(place, tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "ra": [1.0, 2.0], "dec": [0.0, 1.0]})
    with pytest.raises(InputError, match="no column image"):
        take_hats(HatsCatalogue(place, ["object_id", "ra", "dec"]), tmp_path / "f", DECALS, {})
    with pytest.raises(InputError, match="not every row"):
        write_hats(frame.assign(ra=np.nan), tmp_path / "other", "x")


@pytest.mark.parametrize(
    ("bands", "wide"), [(["des-g", "DES-R", "des-z"], PSFSIZE), (["HSC-G", "HSC-R", "HSC-Z"], 1), (["g", "r", "z"], 1)]
)
def test_the_seeing_of_the_legacy_surveys_is_their_psfsize(bands, wide):
    image = {"band": bands, "flux": np.ones((3, 128, 128)), "scale": [0.262] * 3, "psf_fwhm": [1.5, 1.4, 1.3]}
    cutout = read_image(image, pd.Series({"id": "a", "ra": 1.0, "dec": 2.0}), DECALS)
    assert cutout.seeing == pytest.approx(np.array([1.5, 1.4, 1.3]) / wide)
