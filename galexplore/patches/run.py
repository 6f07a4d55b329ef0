"""A whole survey: planned, embedded partition by partition, counted, and told at the end."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from galexplore import __version__
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.files import write_whole
from galexplore.latents import LATENTS, MEANS
from galexplore.locks import hold
from galexplore.network.student_card import has_student, read_student_card
from galexplore.patches.engines import Engine, Local
from galexplore.patches.write import FOLDER, STAGES, VERDICTS, Plan, Tally, embed_partition
from galexplore.places import find_model
from galexplore.sources.partitions import Partition, Source

PLAN, REPORT = "plan.json", "report.json"
MANY = 5000  # galaxies from which on a model's student embeds them, unless told otherwise
Report = Callable[..., None]


@dataclass
class Summary:
    """What came of a run.

    Attributes
    ----------
    galaxies, partitions : int
        Of the source, in as many partitions.
    kept : int
        Partitions that stood there already.
    verdicts : dict of str to int
        How many galaxies were located, approximate, outside or refused.
    seconds : dict of str to float
        Of all workers together: `read`, `cut` (of coadds and HATS images; of others it is within `read`), `embed`,
        `write`; and `wall`, of the run.
    difference : dict
        Where a student measured: `n` galaxies that its teacher looked at too, and by latent the `mean` and the `rms` of
        the student's answer less the teacher's, in the teacher's sigmas.
    """

    galaxies: int = 0
    partitions: int = 0
    kept: int = 0
    verdicts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERDICTS, 0))
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*STAGES, "wall"), 0.0))
    difference: dict[str, Any] = field(default_factory=dict)

    def add(self, tally: Tally, sums: dict[str, Any]) -> None:
        """Count a partition in."""
        self.galaxies, self.partitions = self.galaxies + tally.rows, self.partitions + 1
        self.kept += not tally.seconds
        for verdict, n in tally.verdicts.items():
            self.verdicts[verdict] += n
        for stage, spent in tally.seconds.items():
            self.seconds[stage] += spent
        sums["n"] = sums.get("n", 0) + tally.check.get("n", 0)
        for kind in ("sum", "square"):
            for name in MEANS:
                at = f"{kind} {name}"
                sums[at] = sums.get(at, 0.0) + tally.check.get(kind, {}).get(name, 0.0)

    def tell(self) -> list[str]:
        """Tell all of it in lines for a person."""
        said, spent = self.verdicts, self.seconds
        parts = ", ".join(f"{said[name]:,} {name}" for name in VERDICTS if said[name])
        before = f"{self.partitions:,} partitions, {self.kept:,} of them from before"
        lines = [f"{self.galaxies:,} galaxies: {parts or 'none'}; {before}."]
        rate = self.galaxies / spent["wall"] if spent["wall"] and not self.kept else 0
        fast = f", {rate:,.0f} galaxies a second" if rate else ""
        each = ", ".join(f"{stage} {spent[stage]:.1f} s" for stage in STAGES if spent[stage])
        lines.append(f"{spent['wall']:.1f} s{fast}{f'; all workers: {each}' if each else ''}.")
        if self.difference:
            off = ", ".join(f"{k} {v['mean']:+.2f} ± {v['rms']:.2f}" for k, v in self.difference.items() if k != "n")
            lines.append(
                f"Measured by the student; the model itself looked at {self.difference['n']:,} of them: student "
                f"less model, in its sigmas, mean ± rms: {off}."
            )
        return lines

    def conclude(self, sums: dict[str, Any], wall: float) -> None:
        """Reckon what follows from the sums."""
        self.seconds["wall"] = wall
        if n := sums.get("n", 0):
            by = {
                latent: {"mean": sums[f"sum {name}"] / n, "rms": (sums[f"square {name}"] / n) ** 0.5}
                for latent, name in zip(LATENTS, MEANS, strict=True)
            }
            self.difference = {"n": n} | by


def choose_student(model: str, galaxies: int, wanted: bool | None) -> bool:
    """Choose whether a model's student measures: as told, else where there are many and it has one.

    Raises
    ------
    InputError
        Where a student is wanted and the model has none that is whole and its own.
    """
    if wanted is False or (wanted is None and galaxies < MANY):
        return False
    folder = find_model(model)
    if wanted is None and not has_student(folder):
        return False
    read_student_card(folder, seal.read_card(folder)["sha256"])
    return True


def make_plan(source: Source, out: Path, model: str, student: bool) -> Plan:
    """Say what all partitions of a run have in common."""
    folder = find_model(model)
    card = seal.read_card(folder)
    provenance: dict[str, Any] = {
        "galexplore": __version__,
        "model": model,
        "model_sha256": card["sha256"],
        "survey": card["survey"],
        "source": source.describe(),
        "measured_by": "student" if student else "model",
    }
    if student:
        provenance["student_sha256"] = read_student_card(folder, card["sha256"])["sha256"]
    key = hashlib.sha256(json.dumps(provenance, sort_keys=True).encode()).hexdigest()
    return Plan(out, model, student, provenance, key)


def embed_survey(
    source: Source,
    out: Path,
    model: str = "default",
    student: bool | None = None,
    engine: Engine = Local(),  # noqa: B008 (has no state)
    report: Report = lambda *at: None,
) -> Summary:
    """Embed a survey into a folder, partition by partition; a second call goes on where one stopped.

    Parameters
    ----------
    source : Source
    out : Path
        Made where it is not; each partition's file stands in its folder `patches`.
    model : str
    student : bool, optional
        Whether the model's student measures; by default where there are `MANY` galaxies and it has one.
    engine : Engine
    report : callable
        Called as (stage, done, of, note).

    Returns
    -------
    Summary
        Also written as `report.json`.

    Raises
    ------
    InputError
        Where the folder holds what was made of another source, by another model or by another version; where another
        process writes it; where it cannot be written: what is done stays, and the same command goes on.
    """
    partitions = source.list_partitions()
    if not partitions:
        raise InputError("there is nothing to embed: the source has no partition")
    lazily = any(p.count is None for p in partitions)
    known = 0 if lazily else sum(p.count or 0 for p in partitions)
    about = max(known, sum(len(p.rows) for p in partitions), MANY * any(not len(p.rows) for p in partitions))
    by_student = choose_student(model, about, student)
    plan = make_plan(source, out, model, by_student)
    with hold(out / ".lock", f"The survey in {out} is being embedded"):
        _settle_plan(plan)
        return _embed_all(source, plan, partitions, engine, report, known)


def _settle_plan(plan: Plan) -> None:
    """Hold a folder to its plan, or give it one."""
    path = plan.folder / PLAN
    if path.exists():
        try:
            said = json.loads(path.read_bytes())["key"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise InputError(f"{path} is damaged; remove it if the folder holds nothing else that you need") from error
        if said != plan.key:
            raise InputError(
                f"{plan.folder} holds what was embedded from another source, by another model or version; name another "
                "folder"
            )
    elif (plan.folder / FOLDER).exists():
        raise InputError(f"{plan.folder} holds a folder {FOLDER} without its plan; name another folder")
    else:
        write_whole(path, json.dumps({"key": plan.key} | plan.provenance, indent=1) + "\n")


def _embed_all(
    source: Source, plan: Plan, partitions: list[Partition], engine: Engine, report: Report, known: int
) -> Summary:
    start, summary, sums = time.perf_counter(), Summary(), dict[str, Any]()
    of = known or len(partitions)
    report("embed", 0, of, f"{len(partitions):,} partitions by {engine.describe()}")
    for tally in engine.map(partial(embed_partition, source, plan), partitions):
        summary.add(tally, sums)
        report("embed", summary.galaxies if known else summary.partitions, of)
    summary.conclude(sums, time.perf_counter() - start)
    if known and summary.galaxies != known:
        raise InputError(
            f"{known:,} galaxies went in and {summary.galaxies:,} came out; this is a defect of galexplore: please "
            "report it"
        )
    write_whole(plan.folder / REPORT, json.dumps(asdict(summary), indent=1) + "\n")
    return summary
