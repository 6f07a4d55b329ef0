"""The stages that `bench kill` kills, each made small: a few dozen galaxies, a network of a few channels.

Each is called with a folder of inputs and one of its own, in a process of its own whose cache and models stand in the
latter, and goes on where it was killed.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from galexplore.survey import DECALS


def draw(inputs: Path, folder: Path) -> None:
    """Draw a simulated catalogue, in several blocks."""
    from galexplore.jobs import mock_survey
    from galexplore.mock import survey as mock

    mock.BLOCK = 12  # galaxies, so that there are several blocks
    mock_survey.build(30, 5, folder / "catalogue.parquet", DECALS)


def render(inputs: Path, folder: Path) -> None:
    """Render pictures of the embedded catalogue on two processes."""
    from galexplore.places import DATA
    from galexplore.sources.mock import Store
    from galexplore.tables import catalogue

    Store(catalogue.read(DATA).iloc[:400], DECALS, folder).render_all(2, chunk=10)


def train(inputs: Path, folder: Path) -> None:
    """Train, calibrate, embed, build the atlas and publish, with a catalogue and images of one's own."""
    from galexplore.atlas import atlas
    from galexplore.jobs.make_model import train_model
    from galexplore.network.recipes import Network, Training

    atlas.draw_map = lambda points, fitted, config, verbose=False: np.asarray(points[:, :2], np.float32)
    network = Network(stem=4, widths=(4, 4, 4, 4), brushes=(4, 4, 4, 4), photometer=8, hidden=8)
    training = Training(epochs=3, batch=16, pictures=1)
    if not (folder / "models" / "tiny").exists():
        train_model("tiny", inputs / "catalogue.parquet", training, lambda *at: None, DECALS, network)


def embed(inputs: Path, folder: Path) -> None:
    """Embed cutout files into a table."""
    from galexplore.explore.models import load
    from galexplore.jobs.locate_many import embed_files

    explorer = load(str(inputs / "models" / "tiny"))
    explorer.name = "tiny"
    embed_files(sorted(inputs.glob("cutouts/*.npy")), folder / "latents.parquet", explorer, DECALS.pixel_scale)


def pack(inputs: Path, folder: Path) -> None:
    """Pack a model into one file."""
    from galexplore.jobs.packing import pack_model

    os.environ["GALEXPLORE_MODELS"] = str(inputs / "models")
    pack_model("tiny", folder / "tiny.galexplore")


def install(inputs: Path, folder: Path) -> None:
    """Install a packed model, and once more in its own place."""
    from galexplore.jobs.packing import install_model

    for _ in range(2):
        install_model(inputs / "tiny.galexplore", "tiny", overwrite=True)


def label(inputs: Path, folder: Path) -> None:
    """Label galaxies; whatever was acknowledged before a kill is there after it."""
    from galexplore.explore.labels import add_label, read_labels

    path, acknowledged = folder / "labels.jsonl", folder / "acknowledged"
    known = set(read_labels(path)["id"]) if path.exists() else set()
    if lost := set(acknowledged.read_text().split("\n")[:-1] if acknowledged.exists() else ()) - known:
        raise RuntimeError(f"labels are lost: {sorted(lost)}")
    with open(acknowledged, "a", buffering=1) as said:
        for i, name in enumerate(f"M{i:06d}" for i in range(300)):
            if name not in known:
                add_label(path, name, i % 6, "a note")
            said.write(f"{name}\n")


@dataclass(frozen=True)
class Stage:
    """One kind of work; what it needs imported, and whether it needs a trained model."""

    work: Callable[[Path, Path], None]
    imports: tuple[str, ...]
    model: bool = False


#: In the order in which a survey and its model come to be.
STAGES = {
    "draw": Stage(draw, ("galexplore.jobs.mock_survey",)),
    "render": Stage(render, ("galexplore.sources.mock",)),
    "train": Stage(train, ("galexplore.jobs.make_model",), model=True),
    "embed": Stage(embed, ("galexplore.jobs.locate_many", "galexplore.network.embed"), model=True),
    "pack": Stage(pack, ("galexplore.jobs.packing", "galexplore.network.embed"), model=True),
    "install": Stage(install, ("galexplore.jobs.packing", "galexplore.network.embed"), model=True),
    "label": Stage(label, ("galexplore.explore.labels",)),
}


def make_inputs(inputs: Path) -> None:
    """Make what the other stages work on: a catalogue with images, cutout files, a tiny model and its packed file."""
    from galexplore.mock.render import render as render_native
    from galexplore.mock.rows import read_rows
    from galexplore.places import DATA
    from galexplore.sources.keeping import keep
    from galexplore.sources.kept import KEPT
    from galexplore.sources.mock import Store
    from galexplore.tables import catalogue

    rows = catalogue.read(DATA)
    rows = rows[rows["population"] == "ordinary"].iloc[:48].reset_index(drop=True)
    named = ["id", "ra", "dec", "z", "logmass", "logsfr", "phi", "z_err", "logmass_err", "logsfr_err", "phi_err"]
    taught = rows[named].assign(split=np.resize(["train", "train", "validation", "calibration"], len(rows)))
    catalogue.write(taught, inputs / "catalogue.parquet")
    keep(Store(rows, DECALS, inputs / "store"), rows["id"].tolist(), inputs / KEPT, DECALS)
    (inputs / "cutouts").mkdir()
    for row in read_rows(rows.iloc[:24]):
        np.save(inputs / "cutouts" / f"{row['id']}.npy", render_native(row, DECALS), allow_pickle=False)
    train(inputs, inputs)
    pack(inputs, inputs)
