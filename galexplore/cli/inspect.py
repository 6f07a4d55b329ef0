"""`galexplore inspect`: what a file says, and what would be assumed of it, without locating anything."""

import json
import math
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from galexplore.cli.terminal import MARKS, out, refuse
from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.dust import Dust, check_ebv
from galexplore.cutouts.readers import read
from galexplore.cutouts.seeing import GivenSeeing, parse_seeing
from galexplore.errors import InputError
from galexplore.explore.seal import read_unsealed
from galexplore.places import find_model
from galexplore.survey import DECALS, Survey


def inspect(
    files: Annotated[list[Path], typer.Argument(help="One cutout, or one single-band file a band.")],
    pixel_scale: Annotated[float | None, typer.Option(help="Arcsec a pixel, where the file does not say.")] = None,
    key: Annotated[str | None, typer.Option(help="Which array of an npz.")] = None,
    ebv: Annotated[
        float | None, typer.Option(help="E(B-V) of our Galaxy's dust, instead of the map's; 0: none.")
    ] = None,
    seeing: Annotated[
        str | None, typer.Option(help="FWHM of a star at half maximum, arcsec: 1.3, or one a band: 1.4,1.3,1.2.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Read for the survey of this model.")] = None,
    survey: Annotated[str | None, typer.Option(help="Read for this survey: its name, or JSON of its fields.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Print the audit of a file: what was found, by which keyword, what was assumed; nothing is located."""
    try:
        asked = choose_survey(model, survey)
        source = files[0] if len(files) == 1 else files
        check_ebv(ebv)
        widths = parse_seeing(seeing, asked)
        cutout = read(source, survey=asked, pixel_scale=pixel_scale, key=key)
    except InputError as error:
        refuse(error, as_json)
    checks, prepared, refusal = audit(cutout, asked, ebv, widths)
    if as_json:
        print(json.dumps(list_findings(cutout, checks, prepared, refusal), indent=2, allow_nan=False))
    else:
        table = Table("", "check", "result", title=escape(f"Input checks of {cutout.name}"), title_justify="left")
        for check in checks:
            table.add_row(MARKS[check.status], check.check.replace("_", " "), escape(check.detail))
        out.print(table)
    if refusal:
        raise SystemExit(2)


def choose_survey(model: str | None, survey: str | None) -> Survey:
    """Choose the survey that a file is read for: that of a model, or of a name or a file; DECaLS by default.

    Raises
    ------
    InputError
        Where both are given, or one of them cannot be read.
    """
    if model is not None and survey is not None:
        raise InputError("--model and --survey both name a survey; give one of them")
    if survey is not None:
        return Survey.find(survey)
    if model is None:
        return DECALS
    return Survey.from_dict(read_unsealed(find_model(model))["survey"])


def audit(
    cutout: Cutout, survey: Survey, ebv: float | None = None, seeing: GivenSeeing | None = None
) -> tuple[tuple[Check, ...], Prepared | None, str]:
    """Make the checks as far as they go; what is ready to be encoded, None where refused, and why in a sentence."""
    try:
        prepared = prepare(cutout, survey, ebv, seeing)
        return prepared.checks, prepared, ""
    except InputError as error:
        return tuple(error.checks), None, str(error)


def list_findings(
    cutout: Cutout, checks: tuple[Check, ...], prepared: Prepared | None, refusal: str
) -> dict[str, object]:
    """Return the audit as JSON holds it; `assumed` lists the checks under which something was assumed."""
    dust = prepared.dust if prepared else Dust()
    widths = [None] * len(cutout.flux) if prepared is None else prepared.seeing.tolist()
    parity, angle = cutout.orientation or (None, None)
    return {
        "file": cutout.name,
        "kind": cutout.kind,
        "bands": cutout.bands,
        "pixel_scale": cutout.pixel_scale,
        "ra": cutout.ra,
        "dec": cutout.dec,
        "parity": parity,
        "angle": angle,
        "unit": cutout.unit,
        "approximate": cutout.approximate,
        "ebv": dust.ebv,
        "ebv_source": dust.source,
        "seeing": [None if w is None or math.isnan(w) else w for w in widths],
        "checks": [{"check": c.check, "status": c.status, "detail": c.detail} for c in checks],
        "assumed": [c.check for c in checks if "assumed" in c.detail],
        "error": refusal or None,
    }
