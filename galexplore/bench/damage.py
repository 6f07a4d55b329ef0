"""Every file that the app keeps, damaged in every way: nothing wrong may be shown as right, nothing may crash.

A case damages one file, then asks every verb and every page. What comes back must be what came before, or a sentence
that says what is wrong; and no traceback in either.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from galexplore.bench.pages import PAGES, Shown, run_pages, show_page
from galexplore.bench.small import make_small, write_cutout
from galexplore.explore import selections
from galexplore.explore.labels import add_label, find_file, name_copy
from galexplore.explore.models import load
from galexplore.tables import catalogue

#: Runs a verb of the command line: arguments to exit status, what it said, and the traceback that it ended with or "".
Run = Callable[[list[str]], tuple[int, str, str]]
MODEL = ("card.json", "weights.safetensors", "atlas.npz", "catalogue.parquet", "pixels.npz", "images.npz")
TOKEN = "0123456789abcdef" * 2
FLIPS = (0.02, 0.3, 0.5, 0.7, 0.98)  # places of a flipped bit, as parts of the file


class Case(NamedTuple):
    """One damage: which file, in what way, and how it is done."""

    file: str
    damage: str
    harm: Callable[[Path, Path], object]


class Place(NamedTuple):
    """Where the files of a trial stand: two models, a person's labels, a selection, and a cutout to locate."""

    folder: Path
    opened: str
    selection: str

    def find(self, file: str, model: str = "mine") -> Path:
        """Path of a file that is damaged, by its name."""
        if file in MODEL:
            return self.folder / "models" / model / file
        labels = find_file(TOKEN, self.folder / "cache" / "labels")
        return {"labels": labels, "labels, the copy": name_copy(labels), "selection": self._selection()}[file]

    def _selection(self) -> Path:
        return self.folder / "cache" / "selections" / self.selection


def _flip(at: float) -> Callable[[Path, Path], object]:
    def harm(path: Path, other: Path) -> None:
        data = bytearray(path.read_bytes())
        data[min(int(at * len(data)), len(data) - 1)] ^= 1
        path.write_bytes(data)

    return harm


def _halve_calibration(path: Path, other: Path) -> None:
    card = json.loads(path.read_text())
    for entry in card["calibration"].values():
        entry["scale68"], entry["scale95"] = entry["scale68"] / 2, entry["scale95"] / 2
    path.write_text(json.dumps(card, indent=1))


def _shuffle(path: Path, other: Path) -> None:
    frame = catalogue.read(path)
    turned = frame.assign(id=np.roll(frame["id"].to_numpy(), 1))
    turned.attrs = frame.attrs
    catalogue.write(turned, path)


def list_cases(thorough: bool = True) -> list[Case]:
    """List the damages; without `thorough`, one bit is flipped a file instead of five, and labels are left whole."""
    cases = [Case("card.json", "calibration halved", _halve_calibration)]
    cases += [Case("catalogue.parquet", "ids shuffled", _shuffle)]
    for file in MODEL if not thorough else (*MODEL, "labels", "labels, the copy", "selection"):
        cases += [Case(file, f"bit flipped at {at:.0%}", _flip(at)) for at in (FLIPS if thorough else FLIPS[2:3])]
        cases += [
            Case(file, "cut in half", lambda path, other: os.truncate(path, path.stat().st_size // 2)),
            Case(file, "emptied", lambda path, other: path.write_bytes(b"")),
            Case(file, "deleted", lambda path, other: path.unlink()),
        ]
        if file in MODEL:
            cases.append(Case(file, "another model's", lambda path, other: shutil.copyfile(other, path)))
    return cases


@contextmanager
def make_place(n: int = 60) -> Iterator[Place]:
    """Make two small models, labels, a selection and a cutout in a temporary folder, as this process then sees them."""
    before, base = dict(os.environ), load()
    with tempfile.TemporaryDirectory(prefix="galexplore-damage-") as space:
        folder = Path(space)
        for seed, name in ((1, "mine"), (2, "other")):
            make_small(base, folder / "models" / name, n, seed)
        os.environ |= {"GALEXPLORE_MODELS": str(folder / "models"), "GALEXPLORE_CACHE": str(folder / "cache")}
        try:
            explorer = load("mine")
            write_cutout(explorer, folder / "cutout.fits")
            ids = explorer.table["id"].tolist()
            for i, name in enumerate(ids[:6]):
                add_label(find_file(TOKEN), name, i, f"note {i}", explorer.catalogue)
            yield Place(folder, ids[0], selections.keep(ids[:9], explorer.catalogue))
        finally:
            os.environ.clear()
            os.environ.update(before)


def ask_verbs(place: Place, run: Run) -> dict[str, tuple[int, str, str]]:
    """Ask every verb of the model; what each answers by its name."""
    cutout, table = str(place.folder / "cutout.fits"), place.folder / "latents.csv"
    table.unlink(missing_ok=True)
    answers = {
        "locate": run(["locate", cutout, "--model", "mine", "--json"]),
        "evaluate": run(["evaluate", "--model", "mine", "--json"]),
        "embed": run(["embed", cutout, "--model", "mine", "--out", str(table)]),
        "model list": run(["model", "list"]),
    }
    status, said, trace = answers["embed"]
    answers["embed"] = (status, table.read_text() if table.exists() else said, trace)
    return answers


def show_pages(place: Place) -> dict[str, Shown]:
    """Run every page of the model anew; what each shows by its name."""
    with run_pages():
        return {name: show_page(name, place.opened, place.selection, TOKEN) for name in PAGES}


def judge_verb(answer: tuple[int, str, str], usual: tuple[int, str, str]) -> str:
    """Judge an answer: "as before", "refused" in a sentence, "wrong" or "traceback"."""
    status, said, trace = answer
    if trace or "Traceback" in said:
        return "traceback"
    if answer == usual:
        return "as before"
    sentences = said.strip().splitlines()
    return "refused" if status == 2 and len(sentences) == 1 else "wrong"


def try_case(case: Case, place: Place, run: Run, usual: dict, usual_pages: dict) -> dict:
    """Damage a file, ask everything, and put the file back.

    Returns
    -------
    dict
        `file`, `damage`, `verbs` and `pages` (name to how each was judged), `sentence` (what a page said first).
    """
    path, other = place.find(case.file), place.find(case.file, "other")
    data = path.read_bytes()
    case.harm(path, other)
    try:
        answers = ask_verbs(place, run)
        verbs = {name: judge_verb(answer, usual[name]) for name, answer in answers.items()}
        listed = answers["model list"]
        if verbs["model list"] == "wrong" and listed[0] == 0 and "damaged" in listed[1]:
            verbs["model list"] = "told"
        shown = show_pages(place)
    finally:
        path.write_bytes(data)
    judged = {name: page.judge(usual_pages[name]) for name, page in shown.items()}
    sentences = [s for page in shown.values() for s in page.sentences]
    traces = [a[2] for a in answers.values() if a[2]] + [t for page in shown.values() for t in page.traces]
    told = {"file": case.file, "damage": case.damage, "verbs": verbs, "pages": judged}
    return told | {"sentence": sentences[0] if sentences else "", "traces": traces}


def measure_damage(run: Run, thorough: bool = True, report: Callable[[str], None] = lambda text: None) -> dict:
    """Try every case.

    Parameters
    ----------
    run : callable
        Runs a verb; see `Run`.
    thorough : bool
        See `list_cases`.

    Returns
    -------
    dict
        `cases` (see `try_case`), and how many of their answers were `wrong` or ended in a `traceback`.
    """
    with make_place() as place:
        usual = ask_verbs(place, run)
        usual_pages, again = show_pages(place), show_pages(place)
        unsteady = [name for name, page in usual_pages.items() if page.traces or page != again[name]]
        if unsteady or any(status for status, _, _ in usual.values()):
            raise RuntimeError(f"undamaged, the model does not answer the same twice: {unsteady or usual}")
        cases = []
        for case in list_cases(thorough):
            cases.append(try_case(case, place, run, usual, usual_pages))
            report(f"{case.file}, {case.damage}: {cases[-1]['sentence'] or 'as before'}")
    every = [judged for case in cases for judged in (*case["verbs"].values(), *case["pages"].values())]
    counts = {name: every.count(name) for name in ("as before", "refused", "told", "wrong", "traceback")}
    return {"cases": cases, "answers": counts}
