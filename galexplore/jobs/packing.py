"""A trained model in one file, and such a file back into a model: every byte held against its hash.

The file is a plain zip. Its first member, `manifest.json`, names the format's version, the galexplore that packed it,
the model, and size and SHA-256 of every other member; nothing in it is pickled, and nothing in it is trusted.
"""

import hashlib
import json
import shutil
import stat
import zipfile
from pathlib import Path

import galexplore
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.explore.models import load
from galexplore.files import DAMAGE, hash_file, make_beside, measure_room, publish_folder, write_beside
from galexplore.jobs.publish import check_place, hold_name, seal_folder
from galexplore.network import student_card
from galexplore.places import DATA, find_model, models_folder
from galexplore.posterior import domain
from galexplore.posterior.joint import FILE
from galexplore.sources.kept import KEPT
from galexplore.tables import catalogue

FORMAT, VERSION = "galexplore model", 1
NEEDED = ("card.json", "weights.safetensors", "atlas.npz", "catalogue.parquet")
MEMBERS = (*NEEDED, "pixels.npz", FILE, domain.FILE, KEPT, *student_card.FILES)
#: Bytes that a member may unfold to: images of ten million galaxies are 290 GB, everything else is far smaller.
LARGEST = {KEPT: 300_000_000_000, "card.json": 50_000_000, student_card.CARD: student_card.LARGEST_CARD}
LARGEST_OTHER = 20_000_000_000
UNFOLDS = 200  # times its packed size that a member may be: parquet and npz are packed already
MANIFEST = 1_000_000  # bytes that the manifest may have
WIDEST = 8192  # channels that a layer of a network may have
WIDEST_STUDENT, DEEPEST = 1024, 64  # of a student, and blocks that it may have
MOST_ROWS = 50_000_000
CHUNK = 1 << 20


def pack_model(name: str, file: Path) -> Path:
    """Write a trained model into one file, with its atlas, its catalogue, the images that are its own and its student.

    Parameters
    ----------
    name : str
        A model as `list_models` gives it; the shipped catalogue is packed with a model of it.
    file : Path
        Written beside and renamed.

    Raises
    ------
    InputError
        Where there is no such model, it or its student is not whole, or the file cannot be written.
    """
    folder = find_model(name)
    sha256 = load(name).card["sha256"]  # refuses what is damaged or not whole
    if student_card.has_student(folder):
        student_card.read_student_card(folder, sha256)
    paths = {member: folder / member for member in MEMBERS if (folder / member).exists()}
    paths.setdefault("catalogue.parquet", DATA)
    manifest = {"format": FORMAT, "version": VERSION, "galexplore": galexplore.__version__, "name": name}
    sizes = {k: {"size": p.stat().st_size, "sha256": hash_file(p)} for k, p in paths.items()}
    try:
        with write_beside(file) as partial, zipfile.ZipFile(partial, "w", allowZip64=True) as packed:
            packed.writestr(zipfile.ZipInfo("manifest.json"), json.dumps(manifest | {"members": sizes}, indent=1))
            for member, path in paths.items():  # without times: the same model makes the same bytes
                entry = zipfile.ZipInfo(member)
                entry.file_size = path.stat().st_size
                if member in ("card.json", student_card.CARD):  # the others hardly shrink
                    entry.compress_type = zipfile.ZIP_DEFLATED
                with open(path, "rb") as source, packed.open(entry, "w") as target:
                    shutil.copyfileobj(source, target, CHUNK)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {(error.strerror or str(error)).lower()}.") from error
    return file


def install_model(file: Path, name: str | None = None, overwrite: bool = False) -> str:
    """Make a packed model one of this machine's: checked before it is unpacked, while, and after; then renamed.

    Parameters
    ----------
    file : Path
        As `pack_model` writes it.
    name : str, optional
        What to call it; by default as it was called where it was packed.
    overwrite : bool
        Whether a model of that name may be replaced.

    Returns
    -------
    str
        The model's name.

    Raises
    ------
    InputError
        Where the file is not a packed model, is damaged or asks for more than it may, or the name is taken. Nothing is
        left of it then.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = _read_manifest(packed, file.name)
            name = manifest["name"] if name is None else name
            _unpack_all(packed, manifest["members"], check_place(name, overwrite), file.name)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"There is no file {file}.") from error
    except OSError as error:
        raise InputError(f"{file.name} cannot be installed: {(error.strerror or str(error)).lower()}.") from error
    except DAMAGE as error:
        raise InputError(f"{file.name} is damaged, or no packed model.") from error
    return name


def _unpack_all(packed: zipfile.ZipFile, members: dict, place: Path, name: str) -> None:
    """Unpack, prove and publish; whatever goes wrong, nothing is left."""
    with hold_name(place.name), make_beside(place) as space:
        folder = space / place.name
        folder.mkdir()
        for member, promised in members.items():
            _unpack(packed, member, folder / member, promised, name)
        _prove(folder, name)
        publish_folder(folder, place)


def _read_manifest(packed: zipfile.ZipFile, name: str) -> dict:
    """Read what a file says of itself, and hold the zip's own directory against it; nothing is unpacked."""
    infos = packed.infolist()
    if not infos or "manifest.json" not in packed.namelist() or packed.getinfo("manifest.json").file_size > MANIFEST:
        raise InputError(f"{name} is no packed model; make one with: galexplore model pack")
    try:
        with packed.open("manifest.json") as file:
            manifest = json.loads(file.read(MANIFEST))
        kind, version, members = manifest["format"], int(manifest["version"]), dict(manifest["members"])
        promises = {k: (int(v["size"]), str(v["sha256"])) for k, v in members.items()}
        manifest["name"] = str(manifest["name"])
    except DAMAGE as error:
        raise InputError(f"{name} is damaged, or no packed model.") from error
    if kind != FORMAT:
        raise InputError(f"{name} is no packed model; make one with: galexplore model pack")
    if version > VERSION:
        raise InputError(f"{name} was packed by a newer galexplore; bring this one up to date.")
    if sorted(i.filename for i in infos) != sorted([*members, "manifest.json"]) or set(members) - set(MEMBERS):
        raise InputError(f"{name} holds other members than a packed model has; it is not safe to unpack.")
    if missing := set(NEEDED) - set(members):
        raise InputError(f"{name} is not whole: it lacks {', '.join(sorted(missing))}.")
    for info in infos:
        _check_member(info, promises, name)
    if (total := sum(size for size, _ in promises.values())) > measure_room(models_folder()):
        raise InputError(f"{name} unpacks to {total / 1e6:,.1f} MB, for which this disk has no room.")
    return manifest


def _check_member(info: zipfile.ZipInfo, promises: dict[str, tuple[int, str]], name: str) -> None:
    """Refuse a member that is no plain file, or unfolds to more than it may or promises."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.is_dir() or kind not in (0, stat.S_IFREG) or info.flag_bits & 1:
        raise InputError(f"{name} holds links, folders or encrypted members; it is not safe to unpack.")
    size = promises[info.filename][0] if info.filename in promises else info.file_size
    most = min(LARGEST.get(info.filename, LARGEST_OTHER), UNFOLDS * (info.compress_size + 1000))
    if info.file_size != size or not 0 <= size <= most:
        raise InputError(f"{name} unpacks to more than it says or may; it is not safe to unpack.")


def _unpack(packed: zipfile.ZipFile, member: str, path: Path, promised: dict, name: str) -> None:
    """Write one member, no more than its promised size, and hold it against its hash."""
    digest, left = hashlib.sha256(), int(promised["size"])
    with packed.open(member) as source, open(path, "wb") as target:
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            target.write(chunk)
    if left or digest.hexdigest() != promised["sha256"]:
        raise InputError(f"{name} is damaged: its {member} is not what was packed.")


def _prove(folder: Path, name: str) -> None:
    """Open an unpacked model as it will be opened; its card says which weights it was written for."""
    try:
        _check_inside(folder)
        if "files" not in seal.read_unsealed(folder):  # an earlier version's, every byte of which has been checked
            seal_folder(folder)
        explorer = load(str(folder))
        if set(explorer.atlas.id) - set(catalogue.read(folder / "catalogue.parquet")["id"]):
            raise InputError("Its catalogue is not the one of its atlas.")
        if student_card.has_student(folder):
            from galexplore.network.embed_student import StudentEmbedder

            StudentEmbedder.load(folder, explorer.card["sha256"])
    except InputError as error:
        raise InputError(f"{name} holds no model that can be opened. {error}") from error
    except Exception as error:  # what a library says of a hostile file never reaches a person raw
        raise InputError(f"{name} holds no model that this version of galexplore can open.") from error


def _check_inside(folder: Path) -> None:
    """Refuse a network or arrays that would fill the memory, before any of it is made."""
    check_network(json.loads((folder / "card.json").read_text())["network"])
    if (folder / student_card.CARD).exists():
        check_student_network(json.loads((folder / student_card.CARD).read_text())["network"])
    if catalogue.count_rows(folder / "catalogue.parquet") > MOST_ROWS:
        raise InputError("Its catalogue is too large.")
    for path in folder.glob("*.npz"):
        with zipfile.ZipFile(path) as arrays:
            most = min(LARGEST.get(path.name, LARGEST_OTHER), UNFOLDS * path.stat().st_size)
            if sum(i.file_size for i in arrays.infolist()) > most:
                raise InputError(f"Its {path.name} unpacks to more than it may.")


def check_network(network: dict) -> None:
    """Refuse a network, as a card describes it, that would fill the memory."""
    numbers = [n for v in network.values() for n in (v if isinstance(v, list) else [v]) if not isinstance(n, str)]
    if len(numbers) > 64 or not all(0 <= float(n) <= WIDEST for n in numbers):
        raise InputError("Its network is too large.")


def check_student_network(network: dict) -> None:
    """Refuse a student's network, as its card describes it, that would fill the memory."""
    check_network(network)
    blocks = sum(map(float, network.get("depths", ())))
    if blocks > DEEPEST or any(float(n) > WIDEST_STUDENT for n in network.get("widths", ())):
        raise InputError("Its student's network is too large.")
