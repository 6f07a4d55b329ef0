"""`galexplore inspect`: what a file says, and what would be assumed of it, without locating anything."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from galexplore.cli.terminal import out, refuse
from galexplore.cutouts.audit import prepare
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.survey import DECALS

MARKS = {"passed": "[green]✓[/]", "fixed": "[yellow]~[/]", "refused": "[red]✗[/]"}


def inspect(
    files: Annotated[list[Path], typer.Argument(help="One cutout, or one single-band file a band.")],
    pixel_scale: Annotated[float | None, typer.Option(help="Arcsec a pixel, where the file does not say.")] = None,
    key: Annotated[str | None, typer.Option(help="Which array of an npz.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Print the audit of a file: what was found, by which keyword, what was assumed; nothing is located."""
    try:
        source = files[0] if len(files) == 1 else files
        cutout = read(source, survey=DECALS, pixel_scale=pixel_scale, key=key)
    except InputError as error:
        refuse(error, as_json)
    checks, refusal = audit(cutout)
    if as_json:
        print(json.dumps(list_findings(cutout, checks, refusal), indent=2, allow_nan=False))
    else:
        table = Table("", "check", "what was found", title=f"Audit of {cutout.name}", title_justify="left")
        for check in checks:
            table.add_row(MARKS[check.status], check.check.replace("_", " "), check.detail)
        out.print(table)
    if refusal:
        raise SystemExit(2)


def audit(cutout: Cutout) -> tuple[tuple[Check, ...], str]:
    """Make the checks as far as they go; the sentence of a refusal, else empty."""
    try:
        return prepare(cutout, DECALS).checks, ""
    except InputError as error:
        return tuple(error.checks), str(error)


def list_findings(cutout: Cutout, checks: tuple[Check, ...], refusal: str) -> dict[str, object]:
    """Return the audit as JSON holds it; `assumed` lists the checks under which something was assumed."""
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
        "checks": [{"check": c.check, "status": c.status, "detail": c.detail} for c in checks],
        "assumed": [c.check for c in checks if "assumed" in c.detail],
        "error": refusal or None,
    }
