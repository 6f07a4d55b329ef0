"""What a model is taught by: a catalogue that is fit for it, its images, and what is drawn beside the embedded one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.files import hash_file
from galexplore.images import Images
from galexplore.jobs.draws import Report, draw_calibrators, draw_training_galaxies, render_training_galaxies
from galexplore.latents import LABELLED
from galexplore.network.recipes import Training
from galexplore.network.sample import Device, Sample
from galexplore.places import DATA
from galexplore.posterior.label_errors import TYPICAL_ERRORS, read_label
from galexplore.sources import files
from galexplore.sources.catalogues.cutouts import CutoutStore
from galexplore.sources.keeping import keep
from galexplore.sources.kept import KEPT, Kept
from galexplore.sources.mock import Store, can_draw
from galexplore.survey import Survey
from galexplore.tables import catalogue
from galexplore.tables.columns import ORDINARY, fill_population
from galexplore.tables.contract import validate

#: Rows that a training cannot do without: a batch to learn from, two to tell answers apart, one to calibrate by.
LEAST = {"train": 4, "validation": 2, "calibration": 1}
LEAST_ORDINARY = 20  # galaxies of which the atlas can be made


def is_embedded(data: Path) -> bool:
    """Whether a catalogue is the embedded one, or a copy of it."""
    return data.exists() and DATA.exists() and (data.samefile(DATA) or hash_file(data) == hash_file(DATA))


def settle_recipe(data: Path, training: Training) -> Training:
    """Leave out of a recipe what is drawn as the embedded survey is, where the catalogue is another one.

    Extra galaxies, calibrators and lessons resemble no other survey; they come together or not at all.
    """
    if is_embedded(data) and training.extra:
        return training
    return replace(training, extra=0, calibrators=0, lessons=0)


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that every reader may count on: labels and their errors, unknown, and the population.

    A galaxy of which no kind is said is an ordinary one.
    """
    named = [name for column in TYPICAL_ERRORS for name in (column, f"{column}_err")]
    return fill_population(frame.assign(**{name: np.nan for name in named if name not in frame}))


def check_catalogue(frame: pd.DataFrame) -> None:
    """Hold a catalogue against what a training needs.

    Raises
    ------
    InputError
        Where `tables.contract.validate` refuses it, it lacks a split, or has no label that both the training and the
        validation split know.
    """
    try:
        validate(frame)
    except InputError as error:
        raise InputError(f"The catalogue cannot be trained on: {error}.") from error
    if "split" not in frame:
        raise InputError(f"The catalogue has no column split, which says {', '.join(LEAST)} or test of each row.")
    for split, least in LEAST.items():
        if (count := int((frame["split"] == split).sum())) < least:
            raise InputError(f"The catalogue has {count} rows whose split is {split}, and a training needs {least}.")
    known = [column for column in LABELLED.values() if _is_known(frame, column)]
    if not known:
        columns = ", ".join(LABELLED.values())
        raise InputError(
            f"The catalogue has no label to learn from: of {columns}, one at least must be known, with different "
            "values, in both the train and the validation split."
        )
    if "population" in frame and (fill_population(frame)["population"] == ORDINARY).sum() < LEAST_ORDINARY:
        raise InputError(
            f"Fewer than {LEAST_ORDINARY} rows have the population ordinary, and the atlas is made of them."
        )


def _is_known(frame: pd.DataFrame, column: str) -> bool:
    """Whether a label is known, with more than one value, in the splits that need it."""
    values = pd.Series(read_label(frame, column)).groupby(frame["split"].to_numpy()).nunique()
    return all(values[split] > 1 for split in ("train", "validation"))


def find_catalogue(data: Path) -> Path:
    """Find the catalogue of a folder, or take the file as it is.

    Raises
    ------
    InputError
        Where a folder has none, or its cutouts were never fetched.
    """
    if not data.is_dir():
        return data
    path = data / "catalogue.parquet"
    if not path.exists() and (data / "selected.parquet").exists():
        raise InputError(f"The galaxies of {data} have no cutouts yet; bring them: galexplore fetch cutouts {data}")
    if not path.exists():
        raise InputError(f"{data} holds no catalogue.parquet; make one: galexplore fetch catalogue sdss --out {data}")
    return path


def require_catalogue(data: Path) -> None:
    """Raise InputError where no file stands at a catalogue's path."""
    if not data.exists():
        raise InputError(f"No catalogue stands at {data}; make one with: galexplore mock")


def read_catalogue(data: Path) -> pd.DataFrame:
    """Read a catalogue to train on.

    Raises
    ------
    InputError
        Where there is none, or `check_catalogue` refuses it.
    """
    require_catalogue(data)
    frame = catalogue.read(data)
    check_catalogue(frame)
    return complete(frame)


def open_images(path: Path, frame: pd.DataFrame, survey: Survey) -> Images:
    """Open the images of a catalogue read from `path`: those kept beside it, else as `sources.files.open_images` does.

    Raises
    ------
    InputError
        Where there are none.
    """
    if CutoutStore.stands(path.parent):
        return CutoutStore(path.parent, survey, frame)
    if (path.parent / KEPT).exists():
        return Kept.open(path.parent / KEPT, survey, frame)
    return files.open_images(path, frame, survey)


def read_survey(
    data: Path, survey: Survey, report: Report, folder: Path | None = None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read a catalogue and its images (N, B, S, S), rendered where they are simulated and not there yet.

    Parameters
    ----------
    folder : Path, optional
        Of the model that is made: images that are its own are kept there.

    Raises
    ------
    InputError
        As of `read_catalogue` and `open_images`, and for images that cannot be used.
    """
    frame = read_catalogue(data)
    images, ids = open_images(data, frame, survey), list(frame["id"])
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / KEPT).unlink(missing_ok=True)  # another run's
    if isinstance(images, Store):
        images.render_all(progress=lambda done, of: report("render", done, of))
    elif folder is not None:
        images = keep(images, ids, folder / KEPT, survey, lambda done, of: report("read images", done, of))
    return frame, images.get(ids)


def gather_taught(
    frame: pd.DataFrame,
    flux: np.ndarray,
    training: Training,
    survey: Survey,
    report: Report,
    extras: Path | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows and images of the training split, with the recipe's extra galaxies.

    Parameters
    ----------
    extras : Path, optional
        Their table, where they were drawn on another machine.
    """
    rows = np.flatnonzero(frame["split"] == "train")
    if not training.extra:
        return frame.iloc[rows], flux[rows]
    if extras is None:
        extra, more = draw_training_galaxies(training.extra, training.seed, survey, report)
    else:
        extra, more = render_training_galaxies(extras, survey, report)
    return pd.concat([frame.iloc[rows], extra], ignore_index=True), np.concatenate([flux[rows], more])


def gather_calibrators(training: Training, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray] | None:
    """Draw the recipe's calibrators; None where it asks for none."""
    return draw_calibrators(training.calibrators, training.seed + 1, survey, report) if training.calibrators else None


def gather_samples(
    frame: pd.DataFrame,
    flux: np.ndarray,
    taught: pd.DataFrame,
    images: np.ndarray,
    survey: Survey,
    device: Device,
    alone: np.ndarray | None = None,
) -> tuple[Sample, Sample]:
    """Put what is taught, `alone` where it is so drawn, and the validation split, on a device."""
    rows = np.flatnonzero(frame["split"] == "validation")
    held = frame.iloc[rows]
    return Sample.gather(taught, images, survey, device, alone), Sample.gather(held, flux[rows], survey, device)


def draw_alone(taught: pd.DataFrame, training: Training, survey: Survey, report: Report) -> np.ndarray | None:
    """Draw what is taught (N, B, S, S) without neighbours and noise, where the recipe asks for it and it is simulated.

    Kept in the cache as the images are; None where it is not drawn, and neighbours are masked instead.
    """
    if not (training.alone and can_draw(taught, survey)):
        return None
    store = Store(taught, survey, alone=True)
    store.render_all(progress=lambda done, of: report("render alone", done, of))
    return store.get(list(taught["id"]))
