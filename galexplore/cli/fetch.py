"""`galexplore fetch`: catalogues of real galaxies, their cutouts, and rare kinds of the literature."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from galexplore.cli.terminal import Bars, out
from galexplore.errors import InputError
from galexplore.survey import DECALS

if TYPE_CHECKING:
    from collections.abc import Sized

    from pandas import DataFrame

    from galexplore.sources.catalogues.services import Service
    from galexplore.sources.transport import Session

app = typer.Typer(help="Fetch real galaxies: a catalogue, its cutouts, rare kinds of the literature.")
Folder = Annotated[Path, typer.Option("--out", help="Folder in which all of it is kept.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and stop.")]


@app.command("catalogue")
def catalogue(
    source: Annotated[str, typer.Argument(help="sdss, eboss, desi, gama, tap, or the file of a table.")],
    to: Folder,
    n: Annotated[int, typer.Option("--n", min=1, help="Galaxies wanted at most.")] = 26_000,
    labels: Annotated[
        str | None, typer.Option(help="Masses and SFRs by id, for desi: a table's file, or a HATS catalogue's place.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column is called there: logmass=log10(MSTAR). Repeat it.")
    ] = None,
    service: Annotated[str, typer.Option(help="Address of a TAP service, for tap.")] = "",
    query: Annotated[str, typer.Option(help="ADQL that it is asked, for tap.")] = "",
    imf: Annotated[str, typer.Option(help="Initial mass function of a table's masses, to be kept with them.")] = "",
    cosmology: Annotated[str, typer.Option(help="Cosmology of a table's masses, to be kept with them.")] = "",
    dry_run: Dry = False,
) -> None:
    """Fetch a spectroscopic catalogue, or take a table of one's own: cut, without duplicates, in the footprint."""
    from galexplore.jobs import fetch_catalogue as job
    from galexplore.sources.catalogues.own import parse_mapping
    from galexplore.sources.catalogues.services import SERVICES, find_service
    from galexplore.sources.transport import open_session

    notes: list[str] = []
    mapping = parse_mapping(column or [])
    if source == "tap" or (source not in SERVICES and (Path(source).suffix or Path(source).exists())):
        if source == "tap" and not (service and query):
            raise InputError("tap needs --service, the https address of a TAP service, and --query, in ADQL")
        out.print(f"{job.Plan(n, n, 1, int(source == 'tap'))}.")
        if dry_run:
            return
        if source == "tap":
            said, notes = job.fetch_tap(service, query, to, open_session(), mapping, imf, cosmology, n)
        else:
            said, notes = job.take_own(Path(source), to, mapping, imf, cosmology, n)
    else:
        named, session = find_service(source), open_session()
        counted, labelled = None, None
        if named.labelled_by:
            counted, labelled = _find_labels(named, labels, mapping, session, dry_run)
        plan = job.plan_catalogue(session, named, n, counted)
        out.print(f"{named.title}: {plan}.")
        if dry_run:
            return
        with Bars() as report:
            said = job.fetch_catalogue(
                named, to, session, n, plan, labelled, lambda done, of: report("catalogue", done, of)
            )
        notes = said["notes"]
    for note in notes:
        out.print(f"{note}.")
    for why, count in said["dropped"].items():
        out.print(f"{count:,} left out: {why}.")
    out.print(f"{said['rows']:,} galaxies in {to}. Next: galexplore fetch cutouts {to}")


def _find_labels(
    service: "Service", asked: str | None, mapping: dict[str, str], session: "Session", dry_run: bool
) -> tuple["Sized", "DataFrame | None"]:
    """Say what reading a service's labels takes, and read them; counted alone where they are large and not wanted."""
    from galexplore.sources.catalogues.labels import open_labels, read_labels

    place = asked or service.labelled_by
    if session.stand_in and asked is None:
        raise InputError(f"the stand-in has no {place}; give --labels FILE with id, logmass, logsfr")
    whole = open_labels(place, session.off)
    size = f": {len(whole):,} rows, at most {whole.size / 1e9:.2f} GB to read" if whole is not None else ""
    out.print(f"Masses and SFRs of {place}{size}.")
    if dry_run and whole is not None:
        return whole, None
    with Bars() as report:
        labelled = read_labels(place, mapping, session.off, lambda done, of: report("labels", done, of))
    return labelled, labelled


@app.command("cutouts")
def cutouts(
    folder: Annotated[Path, typer.Argument(help="Folder with a catalogue.")],
    check: Annotated[bool, typer.Option("--check", help="Read those that are there, and mend damaged ones.")] = False,
    dry_run: Dry = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Fetch the cutouts of a catalogue; goes on where it was killed."""
    from galexplore.jobs.fetch_cutouts import MANIFEST, estimate, fetch_cutouts
    from galexplore.sources.transport import open_session

    cost = estimate(folder, DECALS)
    if not as_json:
        out.print(f"{cost}.")
    if dry_run:
        return
    with Bars() as report:
        manifest = fetch_cutouts(folder, open_session(), DECALS, lambda done, of: report("cutouts", done, of), check)
    if as_json:
        print(json.dumps(manifest, indent=1))
        return
    counts = ", ".join(f"{manifest[s]:,} {s}" for s in ("got", "missing", "refused", "failed"))
    out.print(f"{manifest['asked']:,} asked for: {counts}; why, in {folder / MANIFEST}.")
    if manifest["failed"]:
        out.print("What failed is asked for again by the same command.")
    out.print(f"Next: galexplore train --data {folder} --name NAME")


@app.command("hats")
def hats(
    place: Annotated[str, typer.Argument(help="Folder of a HATS catalogue with images, or hf://datasets/...")],
    to: Folder,
    n: Annotated[int | None, typer.Option("--n", min=1, help="Galaxies wanted at most.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="What a column is called there; repeat it.")] = None,
    imf: Annotated[str, typer.Option(help="Initial mass function of its masses, to be kept with them.")] = "",
    cosmology: Annotated[str, typer.Option(help="Cosmology of its masses, to be kept with them.")] = "",
    dry_run: Dry = False,
) -> None:
    """Take a ready-made set of images and labels in HATS form, such as the Multimodal Universe's; needs lsdb."""
    from galexplore.jobs.fetch_hats import estimate_hats, take_hats
    from galexplore.sources.catalogues.hats import HatsCatalogue
    from galexplore.sources.catalogues.own import parse_mapping
    from galexplore.sources.transport import open_session

    mapping = parse_mapping(column or [])
    catalogue = HatsCatalogue(place, off=open_session().off)
    out.print(f"{estimate_hats(catalogue, to, DECALS, n)}.")
    if dry_run:
        return
    with Bars() as report:
        manifest = take_hats(
            catalogue, to, DECALS, mapping, imf, cosmology, n, lambda done, of: report("partitions", done, of)
        )
    out.print(f"{manifest['asked']:,} galaxies, {manifest['got']:,} with images. Next: galexplore train --data {to}")


@app.command("populations")
def populations(
    to: Folder,
    table: Annotated[list[Path] | None, typer.Option(help="A copy of a published table, instead of asking.")] = None,
    dry_run: Dry = False,
) -> None:
    """Add Green Peas and Red Spirals of the literature to a catalogue; no training learns from them."""
    from galexplore.jobs.fetch_catalogue import add_populations
    from galexplore.sources.catalogues.populations import PUBLISHED, fetch_published, read_published
    from galexplore.sources.transport import open_session

    session, asked = open_session(), 0 if table else len(PUBLISHED)
    galaxies = sum(p.rows for p in PUBLISHED)
    out.print(f"{asked} requests, a second or so; {galaxies:,} galaxies at most, 0.1 MB on disk.")
    if dry_run:
        return
    lists = [read_published(p) for p in table] if table else [fetch_published(session, p) for p in PUBLISHED]
    for kind, (count, there) in add_populations(to, lists).items():
        source = next(x["source"].iloc[0] for x in lists if x["population"].iloc[0] == kind)
        out.print(f"{count} of the kind {kind} ({source}), {there} of which stood in the catalogue.")
    out.print(f"Next: galexplore fetch cutouts {to}")
