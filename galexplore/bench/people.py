"""Several people at once, each with an upload, a list, a selection and labels: nobody may see another's.

Each person's answers are first taken alone; then all act at once, in threads of one process, in random order, and every
answer must be the one that was given alone. Each also holds a word of their own, which may stand on nobody else's page.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from galexplore.bench.damage import make_place
from galexplore.bench.pages import list_images, open_app, run_at_once
from galexplore.bench.small import write_cutout
from galexplore.explore.explorer import Explorer
from galexplore.explore.labels import find_file, read_labels
from galexplore.explore.models import load

#: What a person does, by name.
ACTS = ("upload", "search", "select", "list", "label", "traverse")


class Person:
    """One session, and what only this person has: a galaxy of the atlas, a file, a list, a selection, a token."""

    def __init__(self, number: int, explorer: Explorer, folder: Path, again: bool = False):
        self.word, self.token = f"person-{number}-{'x' * (number + 3)}", f"{number + 1 + 500 * again:032x}"
        ids = explorer.table["id"].to_numpy(str)
        self.galaxy, self.selection = str(ids[number]), ids[number : number + 5 + number].tolist()
        path = folder / f"{self.word}.fits"
        if not path.exists():
            write_cutout(explorer, path, number)
        self.file = (path.name, path.read_bytes(), "application/octet-stream")
        self.app: AppTest = open_app("mine", self.token).run()
        self.labelled = 0

    def go(self, page: str) -> None:
        """Go to a page."""
        self.app.switch_page(f"pages/{page}.py").run()

    def act(self, act: str) -> object:
        """Do something and give what is shown of it: the same every time, for this person."""
        return getattr(self, act)()

    def upload(self) -> object:
        """Locate the person's own file."""
        self.go("locate")
        if "upload" not in self.app.session_state:
            self.app.file_uploader[0].set_value([self.file]).run()
        named = self.word in "\n".join(m.value for m in self.app.markdown).replace("\\", "")
        return named, [(m.label, m.value) for m in self.app.metric]

    def search(self) -> object:
        """Search for the person's own galaxy and look at its card."""
        self.app.text_input(key="object").set_value(self.galaxy).run()
        self.go("galaxy")
        rows = [m.value for m in self.app.markdown if m.value.startswith("|")]
        return self.app.session_state["opened"], rows, list_images(self.app)[:4]

    def select(self) -> object:
        """Select the person's own galaxies, and read what sets them apart."""
        self.app.session_state["selection"], self.app.session_state["opened"] = self.selection, self.galaxy
        self.go("atlas")
        counted = [m.value for m in self.app.markdown if "selected" in m.value and m.value.startswith("**")]
        return (
            counted,
            self.app.session_state["kept_selection"][1],
            [m.value for m in self.app.markdown if m.value.startswith("|")],
        )

    def list(self) -> object:
        """Mark the person's own list on the plots."""
        self.go("atlas")
        if not self.app.session_state["listed"]:
            table = "\n".join(["id", *self.selection[::2], "nobody"]).encode()
            self.app.file_uploader(key="list-0").set_value((f"{self.word}.csv", table, "text/csv")).run()
        listed = self.app.session_state["listed"]
        return listed["name"], listed["ids"], listed["said"]

    def label(self) -> object:
        """Label the person's own galaxy with the next score and a word; give what the page says of it then.

        Raises
        ------
        LookupError
            Where the disk holds anything else as this person's labels.
        """
        self.app.session_state["opened"] = self.galaxy
        self.go("anomalies")
        self.labelled += 1
        if not self.app.text_input(key=f"note-{self.galaxy}").value:
            self.app.text_input(key=f"note-{self.galaxy}").set_value(self.word).run()
        score = self.labelled % 6
        self.app.button(key=f"label-{score}").click().run()
        labels = read_labels(find_file(self.token))
        if labels[["id", "score", "note"]].values.tolist() != [[self.galaxy, score, self.word]]:
            raise LookupError(f"the labels on disk are {labels.to_dict('records')}")
        return self.app.text_input(key=f"note-{self.galaxy}").value

    def traverse(self) -> object:
        """Begin from the person's own galaxy."""
        self.app.session_state["opened"] = self.galaxy
        self.go("traverse")
        self.app.button(key="from-opened").click().run()
        return [(s.label, s.value) for s in self.app.slider]

    def read(self) -> str:
        """Read all that the page says."""
        return "\n".join(str(e.proto) for e in self.app.main).replace("\\", "")


def measure_people(
    clients: int = 10, acts: int = 200, seed: int = 0, report: Callable[[str], None] = lambda text: None
) -> dict:
    """Let people act at once.

    Parameters
    ----------
    clients : int
    acts : int
        Of all of them together.
    seed : int
        Of the order in which each acts.

    Returns
    -------
    dict
        `clients`, `acts`, and `wrong`: for each answer that was not as alone, showed another's word, or crashed, who
        did what and why.
    """
    wrong: list[str] = []
    with make_place() as place, run_at_once():
        explorer = load("mine")
        alone = []
        for number in range(clients):
            person = Person(number, explorer, place.folder, again=True)
            alone.append({act: _try(person, act, wrong) for act in ACTS})
            report(f"{number} alone")
        people = [Person(number, explorer, place.folder) for number in range(clients)]
        words = {person.word for person in people}

        def live(number: int) -> None:
            random, person = np.random.default_rng([seed, number]), people[number]
            for act in random.choice(ACTS, acts // clients + (number < acts % clients)):
                answer = _try(person, str(act), wrong)
                if answer != alone[number][str(act)]:
                    wrong.append(f"{number} {act}: {answer!r}, alone {alone[number][str(act)]!r}"[:600])
                if seen := [word for word in words - {person.word} if word in person.read()]:
                    wrong.append(f"{number} {act}: {', '.join(seen)} is seen")

        threads = [threading.Thread(target=live, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"clients": clients, "acts": acts, "wrong": wrong}


def _try(person: Person, act: str, wrong: list[str]) -> object:
    """Let a person do something; a traceback, on the page or of the act, counts as wrong."""
    try:
        try:
            answer = person.act(act)
        except KeyError as error:
            if "$$ID-" not in str(error):
                raise
            # AppTest asked its session for a widget that is only left over in its tree: nothing that a page says.
            person.app = open_app("mine", person.token).run()
            answer = person.act(act)
    except Exception as error:
        wrong.append(f"{person.word} {act}: {error!r}"[:300])
        return None
    if person.app.exception:
        wrong.append(f"{person.word} {act}: a traceback")
    return answer
