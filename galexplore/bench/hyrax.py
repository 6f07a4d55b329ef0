"""hyrax's infer verb on the same cutouts: its dataset class of FITS files, its loop, its table of results.

hyrax is no part of this package's environment: the Python of its own environment runs it. It is given the published
encoder, with weights whose answers are known here, so that what is timed is seen to be right.
"""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.table import Table

from galexplore.bench.peers import Published
from galexplore.errors import InputError
from galexplore.survey import Survey

CHILD = Path(__file__).with_name("hyrax_child.py")
BATCH = 256
CONFIG = """\
[general]
data_dir = {folder}
results_dir = {results}
log_level = "error"
[model]
name = "hyrax_child.Encoder"
[infer]
model_weights_file = {weights}
[data_loader]
batch_size = {batch}
[data_set]
filter_catalog = {catalogue}
crop_to = [{size}, {size}]
transform = false
[data_request.infer.data]
dataset_class = "FitsImageDataset"
data_location = {folder}
primary_id_field = "object_id"
fields = ["image"]
"""


@dataclass(frozen=True)
class Inferred:
    """What hyrax did: galaxies a second of CPU time in each round, and its version."""

    rates: list[float]
    version: str


def find_hyrax(python: Path) -> Path:
    """See that a Python has hyrax, and say where that Python is.

    Raises
    ------
    InputError
        Where it does not run, or has no hyrax.
    """
    ask = "import importlib.util, sys; sys.exit(3 * (importlib.util.find_spec('hyrax') is None))"
    program = shutil.which(python)
    if program is None:
        raise InputError(f"There is no program {python}; name the Python of an environment that has hyrax.")
    code = subprocess.run([os.path.abspath(program), "-c", ask], cwd="/", env=_strip(), capture_output=True).returncode
    if code == 3:
        raise InputError(f"{python} has no hyrax; install it there (`{python} -m pip install hyrax`), or name another.")
    if code:
        raise InputError(f"{python} does not run as a Python; name that of an environment that has hyrax.")
    # Not resolved: an environment's Python is a link, and is known by where the link stands.
    return Path(os.path.abspath(program))


def measure_hyrax(python: Path, images: np.ndarray, survey: Survey, rounds: int) -> Inferred:
    """Let hyrax infer images with the published encoder, by one thread, once to warm up and once a round.

    Timed is the whole verb: the catalogue and a FITS file a galaxy read, encoded in batches of 256, results written;
    not the start of Python and its imports.

    Parameters
    ----------
    python : Path
        The Python of hyrax's environment.
    images : array (N, B, S, S)
        Nanomaggies a native pixel.
    survey : Survey
    rounds : int

    Raises
    ------
    InputError
        Where that Python has no hyrax.
    RuntimeError
        Where hyrax fails, or its answers are not those of the same encoder on the same images.
    """
    program = find_hyrax(python)
    torch.manual_seed(1)
    published = Published(survey).eval()
    with tempfile.TemporaryDirectory(prefix="bench-hyrax-") as name:
        folder = Path(name)
        write_task(folder, images, survey, published, rounds)
        run = subprocess.run([program, CHILD.name], cwd=folder, env=_strip(), capture_output=True, text=True)
        if run.returncode or not (folder / "seconds.json").exists():
            last = (run.stderr.strip() or "it said nothing").splitlines()[-1]
            raise RuntimeError(f"hyrax did not infer the cutouts: {last}")
        said, answers = json.loads((folder / "seconds.json").read_text()), np.load(folder / "answers.npy")
    if answers.shape != (len(images), 5) or not np.allclose(answers, _encode(published, images), rtol=1e-3, atol=1e-4):
        raise RuntimeError("hyrax's answers are not those of the same encoder on the same cutouts.")
    return Inferred([len(images) / max(s, 1e-9) for s in said["seconds"]], said["version"])


def write_task(folder: Path, images: np.ndarray, survey: Survey, published: Published, rounds: int) -> None:
    """Write what hyrax reads: a FITS file a galaxy (bands, rows, columns), catalogue, weights, configuration."""
    cutouts = folder / "cutouts"
    cutouts.mkdir()
    names = [f"{at}.fits" for at in range(len(images))]
    for image, name in zip(images, names, strict=True):
        fits.PrimaryHDU(image.astype(np.float32)).writeto(cutouts / name)
    # Ids are whole numbers: hyrax takes no others. All bands are in one file, as the surveys' cutout servers send them.
    ids, bands = np.arange(len(images)), ["".join(survey.bands)] * len(images)
    Table({"object_id": ids, "filename": names, "filter": bands}).write(folder / "catalogue.fits")
    weights = {k: v.numpy() for k, v in published.state_dict().items() if k.split(".")[0] in ("knee", "trunk", "head")}
    np.savez(folder / "weights.npz", **weights)
    paths = {"folder": "cutouts", "results": "results", "weights": "weights.pth", "catalogue": "catalogue.fits"}
    quoted = {key: json.dumps(str(folder / path)) for key, path in paths.items()}
    (folder / "hyrax.toml").write_text(CONFIG.format(**quoted, batch=BATCH, size=images.shape[-1]))
    (folder / "rounds.json").write_text(json.dumps(rounds))
    shutil.copy(CHILD, folder)


@torch.inference_mode()
def _encode(published: Published, images: np.ndarray) -> np.ndarray:
    each = (torch.from_numpy(images[at : at + BATCH].astype(np.float32)) for at in range(0, len(images), BATCH))
    return torch.cat([published.encode(flux)[0] for flux in each]).numpy()


def _strip() -> dict[str, str]:
    """Take this process's own paths from the environment, and leave one thread."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return kept | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
