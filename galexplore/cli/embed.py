"""`galexplore embed`: cutouts into one table, or a survey of any size into a catalogue of the sky."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from galexplore.cli.terminal import Bars, out
from galexplore.cutouts.seeing import parse_seeing
from galexplore.errors import InputError


def embed(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Cutouts, a folder of them, a table of galaxies with images, or a HATS catalogue; then where to "
            "write: a table (.parquet, .fits, .vot, .ecsv, .csv), or a folder for a survey."
        ),
    ],
    to: Annotated[Path | None, typer.Option("--out", help="Where to write, instead of the last of the paths.")] = None,
    engine: Annotated[Literal["local", "dask"], typer.Option(help="Who works on a survey.")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://host:8786.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Dask workers on this machine, without --scheduler.")] = 2,
    memory: Annotated[str, typer.Option(help="What each of these may use.")] = "2GB",
    bricks: Annotated[
        Path | None, typer.Option(help="Folder of Legacy Survey coadds over which a table's positions lie.")
    ] = None,
    student: Annotated[
        bool | None,
        typer.Option("--student/--teacher", help="Let the model's student measure a survey; by default from 5,000 on."),
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Galaxies a partition.")] = None,
    pixel_scale: Annotated[float | None, typer.Option(help="Arcsec a pixel, where a file does not say.")] = None,
    redshifts: Annotated[
        Path | None, typer.Option(help="Table of known redshifts, whose column file or id names the cutouts.")
    ] = None,
    redshift_column: Annotated[str, typer.Option(help="Its column of redshifts; errors: with _err.")] = "z",
    ebv: Annotated[
        float | None,
        typer.Option("--ebv", help="E(B-V) of our Galaxy's dust, instead of the map's at the position; 0: none."),
    ] = None,
    seeing: Annotated[
        str | None,
        typer.Option("--seeing", help="FWHM of a star at half maximum, arcsec: 1.3, or one a band: 1.4,1.3,1.2."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="Name of a model; galexplore model list shows them.")
    ] = "default",
) -> None:
    """Embed cutouts into one table, or a survey into a folder that LSDB opens; what is refused is told, with why."""
    is_table = to is not None
    if to is None:
        if len(paths) < 2:
            raise InputError("say where to write: galexplore embed SOURCE OUT, or --out")
        *paths, to = paths
        is_table = bool(to.suffix) and not to.is_dir()
    if is_table and bricks is not None:
        raise InputError(f"a survey is written into a folder, which {to} is none; name one, such as {to.stem or 'out'}")
    if is_table:
        _embed_files(paths, to, model, pixel_scale, redshifts, redshift_column, ebv, seeing)
    if redshifts:
        raise InputError(
            "known redshifts are told to cutouts that go into one table; name a table, such as out.parquet"
        )
    from galexplore.patches.choose import choose_source, read_survey_of
    from galexplore.patches.engines import Dask, Local
    from galexplore.patches.run import embed_survey

    survey = read_survey_of(model)
    source = choose_source(paths, survey, bricks, rows, pixel_scale, ebv, parse_seeing(seeing, survey))
    who = Dask(scheduler, workers, memory) if engine == "dask" or scheduler else Local()
    with Bars() as report:
        summary = embed_survey(source, to, model, student, who, report)
        _publish(to, who, report)
    for line in summary.tell():
        out.print(line)
    raise SystemExit(0 if summary.galaxies > summary.verdicts["refused"] else 2)


def _embed_files(
    paths: list[Path],
    to: Path,
    model: str,
    pixel_scale: float | None,
    redshifts: Path | None,
    redshift_column: str,
    ebv: float | None,
    seeing: str | None,
) -> None:
    import galexplore as gx
    from galexplore.jobs.locate_many import check_output, embed_files, read_redshifts
    from galexplore.sources.files import list_files

    files = [f for p in paths for f in (list_files(p).values() if p.is_dir() else [p])]
    check_output(to, files)
    known = read_redshifts(redshifts, redshift_column) if redshifts else None
    explorer = gx.load(model)
    widths = parse_seeing(seeing, explorer.survey)
    with Bars() as report:
        progress = partial(report, "embed")
        rows, refused = embed_files(files, to, explorer, pixel_scale, progress, redshifts=known, ebv=ebv, seeing=widths)
    for path, sentence in refused:
        print(f"{path}: {sentence}", file=sys.stderr)
    out.print(f"{rows} of {len(files)} embedded{f' into {to}' if rows else ''}.")
    raise SystemExit(0 if rows else 2)


def _publish(folder: Path, engine: object, report: Bars) -> None:
    """Make the catalogue of the sky where that can be, and say so where it cannot."""
    from galexplore.patches.engines import Dask, Local
    from galexplore.patches.hats import publish_catalogue

    assert isinstance(engine, Dask | Local)
    try:
        rows, placeless = publish_catalogue(folder, engine, report)
        beside = f"; {placeless:,} galaxies without a position stand in its patches alone" if placeless else ""
        out.print(
            f"{folder}: a HATS catalogue of {rows:,} galaxies; lsdb.open_catalog({str(folder)!r}) opens it{beside}."
        )
    except (ImportError, InputError) as error:
        out.print(f"{folder}: tables of all partitions stand in its folder patches, but no HATS catalogue: {error}")
