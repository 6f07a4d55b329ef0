"""hyrax's infer verb is timed by its own Python; a stand-in of hyrax reads the same files here."""

import sys
from pathlib import Path

import numpy as np
import pytest

from galexplore.bench.embed import run
from galexplore.bench.hyrax import find_hyrax, measure_hyrax
from galexplore.errors import InputError
from galexplore.survey import DECALS

HYRAX = """
import importlib, time, tomllib
import numpy as np, torch
from astropy.io import fits
from astropy.table import Table

__version__ = "0.stand-in"


class Results(list):
    def ids(self):
        return self.names

    def __getitem__(self, rows):
        return [{"data": list.__getitem__(self, int(row))} for row in rows]


class Hyrax:
    def __init__(self, config_file):
        self.config = tomllib.loads(config_file.read_text())

    def infer(self):
        start = time.process_time()
        asked = self.config["data_request"]["infer"]["data"]
        table = Table.read(self.config["data_set"]["filter_catalog"])[::-1]
        images = [fits.getdata(asked["data_location"] + "/" + name) for name in table["filename"]]
        batch = {"data": {"image": np.array(images)[:, None].astype(np.float32)}}
        module, _, name = self.config["model"]["name"].rpartition(".")
        kind = getattr(importlib.import_module(module), name)
        model = kind(self.config, kind.prepare_inputs(batch))
        model.load_state_dict(torch.load(self.config["infer"]["model_weights_file"], weights_only=True))
        with torch.no_grad():
            results = Results(model.infer_batch(torch.from_numpy(kind.prepare_inputs(batch))).numpy()FLAW)
        results.names = [str(i) for i in table["object_id"]]
        while time.process_time() < start + 0.5:
            pass
        return results
"""


def make_python(folder: Path, text: str) -> Path:
    """A Python that has a hyrax of this text."""
    package, python = folder / "packages" / "hyrax", folder / "python"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(text)
    (package / "models.py").write_text("def hyrax_model(cls):\n    return cls\n")
    python.write_text(f'#!/bin/sh\nPYTHONPATH={package.parent} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python


def test_the_same_cutouts_are_encoded_and_timed(tmp_path, sky):
    images = sky[1][:12].astype(np.float16)
    done = measure_hyrax(make_python(tmp_path, HYRAX.replace("FLAW", "")), images, DECALS, 2)
    assert done.version == "0.stand-in" and len(done.rates) == 2
    assert all(4 < rate <= 24 for rate in done.rates)  # 12 galaxies in half a second of CPU or, read slowly, more


@pytest.mark.parametrize("flaw", ["[::-1]", "[:-1]", " + 0.01"])
def test_other_answers_than_the_encoders_are_no_rate(tmp_path, sky, flaw):
    python = make_python(tmp_path, HYRAX.replace("FLAW", flaw))
    with pytest.raises(RuntimeError, match=r"answers are not those|did not infer"):
        measure_hyrax(python, sky[1][:3], DECALS, 1)


def test_what_stopped_hyrax_is_told(tmp_path, sky):
    python = make_python(tmp_path, "raise OSError('no room left')\n")
    with pytest.raises(RuntimeError, match="did not infer the cutouts: OSError: no room left"):
        measure_hyrax(python, sky[1][:3], DECALS, 1)


def test_a_python_without_hyrax_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="pip install hyrax"):
        find_hyrax(Path(sys.executable))
    with pytest.raises(InputError, match="There is no program"):
        find_hyrax(tmp_path / "python")
    with pytest.raises(InputError, match="does not run as a Python"):
        find_hyrax(Path("/bin/false"))


def test_the_bench_refuses_such_a_python_before_it_measures_anything():
    with pytest.raises(InputError, match="has no hyrax"):
        run(64, 1, 0, lambda *done: pytest.fail("something was measured"), hyrax=Path(sys.executable))
