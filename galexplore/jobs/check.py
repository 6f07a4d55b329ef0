"""All that is kept on disk, looked over byte by byte: models, images, rendered pictures, labels and selections."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from galexplore.errors import InputError, list_few
from galexplore.explore import seal, selections
from galexplore.explore.explorer import Explorer
from galexplore.explore.labels import mend_labels, read_lines, recall_labels
from galexplore.explore.models import list_models, load
from galexplore.network.student_card import FILES, has_student, read_student_card
from galexplore.places import cache_folder, find_model
from galexplore.sources.kept import KEPT, Kept
from galexplore.sources.mock import Store


@dataclass(frozen=True)
class Finding:
    """What was found of one thing that is kept.

    Attributes
    ----------
    what : str
        Such as "model mine: atlas.npz".
    state : "whole" | "damaged" | "mended"
    said : str
        How much of it there is, or what is wrong and what to do.
    """

    what: str
    state: str
    said: str

    def to_dict(self) -> dict[str, str]:
        """Plain numbers and words, for JSON."""
        return asdict(self)


def check_all(name: str | None = None, mend: bool = False) -> Iterator[Finding]:
    """Look over all that is kept, or one model alone.

    Parameters
    ----------
    name : str, optional
        Of a model; by default all of them, and whatever people have labelled and selected.
    mend : bool
        Whether to mend what can be: damaged pictures are rendered anew, damaged lines of labels are put aside and come
        back from the copy, damaged selections go. What a model is made of cannot be made again from nothing: it is
        said where to get it.

    Yields
    ------
    Finding

    Raises
    ------
    InputError
        Where there is no model of that name.
    """
    names = list_models()
    if name is not None and name not in names:
        raise InputError(f"There is no model {name!r}; there are {', '.join(names)}.")
    for each in names if name is None else [name]:
        yield from check_model(each, mend)
    if name is None:
        yield from check_labels(mend)
        yield check_selections(mend)


def check_model(name: str, mend: bool = False) -> Iterator[Finding]:
    """Look over a model's files, and where they are as its card describes, whether it opens, and each of its images."""
    folder = find_model(name)
    try:
        card = seal.read_card(folder)
    except InputError as error:
        yield Finding(f"model {name}: card.json", "damaged", str(error))
        return
    yield Finding(f"model {name}: card.json", "whole", "as it was written")
    yield from check_student(name, folder, card["sha256"])
    faults = seal.find_faults(folder, card)
    for file in sorted({*card["files"], *faults}):
        yield Finding(f"model {name}: {file}", *(("damaged", faults[file]) if file in faults else ("whole", "as made")))
    if faults:
        return
    try:
        explorer = load(name)
    except InputError as error:
        yield Finding(f"model {name}", "damaged", str(error))
        return
    yield from check_images(name, explorer)
    if isinstance(explorer.images, Store):
        yield check_store(name, explorer.images, mend)


def check_student(name: str, folder: Path, teacher: str) -> Iterator[Finding]:
    """Look over a model's student, where it has one: whether it is whole, and taught by these weights."""
    if not has_student(folder):
        return
    try:
        said = read_student_card(folder, teacher)
    except InputError as error:
        yield Finding(f"model {name}: student", "damaged", f"{error}; or remove {' and '.join(FILES)}.")
        return
    yield Finding(f"model {name}: student", "whole", f"taught by this model on {said.get('n_train', 0):,} galaxies")


def check_images(name: str, explorer: Explorer) -> Iterator[Finding]:
    """Read every image that is kept with a model."""
    if not isinstance(explorer.images, Kept):
        return
    damaged, total = explorer.images.find_damaged(), len(explorer.images.places)
    advice = seal.advise(find_model(name))
    said = f"{len(damaged):,} of {total:,} are damaged ({list_few(damaged)}) and not shown; {advice}."
    what = f"model {name}: images in {KEPT}"
    yield Finding(what, "damaged", said) if damaged else Finding(what, "whole", f"all {total:,}")


def check_store(name: str, store: Store, mend: bool = False) -> Finding:
    """Read every rendered picture of a simulated catalogue; damaged ones are rendered anew to mend them."""
    what, damaged, kept = f"model {name}: rendered pictures", 0, 0
    for segment in store.segments:
        rows = segment.file.find_damaged()
        if mend and len(rows):
            segment.get(rows)
        damaged, kept = damaged + len(rows), kept + int(segment.file.check().sum())
    if not damaged:
        return Finding(what, "whole", f"all {kept:,} that are kept")
    if not mend:
        return Finding(what, "damaged", f"{damaged:,} are damaged and will be rendered anew when they are looked at")
    if store.trouble:
        return Finding(what, "damaged", f"{damaged:,} are damaged. {store.trouble}")
    return Finding(what, "mended", f"{damaged:,} damaged ones were rendered anew")


def check_labels(mend: bool = False, folder: Path | None = None) -> Iterator[Finding]:
    """Look over everybody's labels; to mend them, damaged lines are put aside and come back from the copy."""
    folder = folder or cache_folder() / "labels"
    paths = {p.with_suffix(".jsonl") for ending in ("jsonl", "copy") for p in folder.glob(f"*.{ending}")}
    for path in sorted(paths):
        what = f"labels {path.stem[:12]}"
        try:
            recalled = recall_labels(path)
            bad = len(recalled.damaged) + len(read_lines(path.with_suffix(".copy"))[1])
            if not bad and not recalled.restored:
                yield Finding(what, "whole", f"{len(recalled.labels):,} lines")
                continue
            said = f"{bad:,} damaged lines; {recalled.restored:,} labels come back from the copy"
            if mend:
                mend_labels(path)
                aside = f"; what was damaged stands in {path.with_suffix('.damaged').name}" if bad else ""
                yield Finding(what, "mended", said + aside)
            else:
                yield Finding(what, "damaged", f"{said}; mend them with: galexplore check --mend")
        except OSError as error:
            yield Finding(
                what, "damaged", f"{path} cannot be read or written: {(error.strerror or str(error)).lower()}."
            )


def check_selections(mend: bool = False) -> Finding:
    """Look over the selections that links bring back; to mend them, the damaged ones go."""
    try:
        total, damaged = selections.find_damaged()
        if not damaged:
            return Finding("selections", "whole", f"all {total:,}")
        if not mend:
            said = f"{len(damaged):,} of {total:,} are damaged; to clear them: galexplore check --mend"
            return Finding("selections", "damaged", said)
        for path in damaged:
            path.unlink(missing_ok=True)
    except OSError as error:
        return Finding("selections", "damaged", f"They cannot be read: {(error.strerror or str(error)).lower()}.")
    return Finding("selections", "mended", f"{len(damaged):,} damaged ones of {total:,} are gone")
