"""What a model's card was written for: hashes of the files beside it, and one of the card itself.

A card says under `files` the SHA-256 of each file that the model is opened from, and under `digest` that of all the
rest of itself, as canonical JSON. Of kept images, which may be many gigabytes, it is the hash of their ids and of a
checksum an image, which is held against the image when that is read (`galexplore.sources.kept`).
"""

import json
from pathlib import Path

from galexplore.errors import InputError
from galexplore.files import digest, hash_file
from galexplore.places import DATA, SHIPPED
from galexplore.posterior import domain
from galexplore.posterior.joint import FILE
from galexplore.sources.kept import KEPT, Kept
from galexplore.survey import Survey

#: Files that a card is written for, and what of a model each of them holds.
CONTENT = {
    "weights.safetensors": "weights",
    "atlas.npz": "atlas's arrays",
    "catalogue.parquet": "catalogue's rows",
    "pixels.npz": "measurements of pixels",
    FILE: "joint posterior's parameters",
    domain.FILE: "training distribution",
    KEPT: "kept images",
}
#: Of these a model may have none.
OPTIONAL = ("pixels.npz", FILE, domain.FILE, KEPT)
LARGEST_CARD = 50_000_000  # bytes
_NEEDED = {"survey": dict, "network": dict, "calibration": dict, "sha256": str}


def advise(folder: Path) -> str:
    """Say what to do about a damaged model, in the words that end a sentence."""
    if folder.parent == SHIPPED and folder.name == "default":
        return "restore it as it was shipped"
    name = folder.name
    return f"restore it from a copy, or train the model anew with: galexplore train --name {name} --overwrite"


def read_card(folder: Path) -> dict:
    """Read the card of a model's folder; it is as it was written, or refused.

    Raises
    ------
    InputError
        Where there is none, it is damaged or edited, or it was written before cards had hashes.
    """
    card = read_unsealed(folder)
    if "digest" not in card or "files" not in card:
        raise InputError(
            f"The card of {folder.name!r} holds no hashes, as an earlier version wrote it, so that nothing tells "
            f"whether its files are whole; if they are, seal them with: galexplore model seal {folder.name}"
        )
    if card["digest"] != digest(card) or not isinstance(card["files"], dict):
        raise InputError(f"The card of {folder.name!r} is not as it was written: damaged, or edited; {advise(folder)}.")
    return card


def read_unsealed(folder: Path) -> dict:
    """Read a card without holding it against its hashes.

    Raises
    ------
    InputError
        Where there is none, or it is no card of this version.
    """
    path = folder / "card.json"
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise ValueError("larger than any card")
        card = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        what = "model stands" if not folder.exists() else "card of a model stands"
        raise InputError(f"No {what} in {folder.name!r}; train one with: galexplore train --name NAME") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"The card of {folder.name!r} is damaged: no JSON can be read; {advise(folder)}.") from error
    if not isinstance(card, dict) or not all(isinstance(card.get(k), kind) for k, kind in _NEEDED.items()):
        raise InputError(
            f"The card of {folder.name!r} is damaged or another version's: it lacks {', '.join(_NEEDED)}; "
            f"{advise(folder)}."
        )
    return card


def hash_files(folder: Path, card: dict) -> dict[str, str]:
    """Hash what stands beside a card, by file name; of a model without a catalogue of its own, the embedded one.

    Raises
    ------
    InputError
        Where kept images cannot be opened.
    """
    return {name: hash_content(path, card) for name, path in find_files(folder).items() if path.exists()}


def hash_content(path: Path, card: dict) -> str:
    """SHA-256 of a model's file, in hexadecimal; of kept images, of their ids and checksums."""
    return Kept.open(path, Survey.from_dict(card["survey"])).digest if path.name == KEPT else hash_file(path)


def find_files(folder: Path) -> dict[str, Path]:
    """Paths that a model's files would have, by name."""
    paths = {name: folder / name for name in CONTENT}
    if not paths["catalogue.parquet"].exists():
        paths["catalogue.parquet"] = DATA
    return paths


def find_faults(folder: Path, card: dict, but: tuple[str, ...] = ()) -> dict[str, str]:
    """Hold a model's files against its card.

    Parameters
    ----------
    folder : Path
    card : dict
        As `read_card` gives it.
    but : tuple of str
        Files that are not looked at.

    Returns
    -------
    dict
        File name to a sentence on what is wrong with it; empty where all is whole.
    """
    faults = {}
    for name, path in find_files(folder).items():
        if name in but or (name in OPTIONAL and name not in card["files"] and not path.exists()):
            continue
        try:
            whole = not path.exists() or hash_content(path, card) == card["files"].get(name)
        except InputError:  # images that cannot be opened
            whole = False
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            faults[name] = f"The {CONTENT[name]} of {folder.name!r} ({name}) cannot be read: {why}."
            continue
        if not path.exists():
            faults[name] = f"The model {folder.name!r} lacks its {CONTENT[name]} ({name}); {advise(folder)}."
        elif not whole:
            faults[name] = (
                f"The {CONTENT[name]} of {folder.name!r} ({name}) are not those its card describes: damaged, or of "
                f"another model or version; {advise(folder)}."
            )
    return faults
