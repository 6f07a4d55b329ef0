"""`galexplore check`: all that is kept on disk, looked over and mended."""

import json
from typing import Annotated

import typer

from galexplore.cli.terminal import refuse
from galexplore.errors import InputError


def check(
    name: Annotated[str | None, typer.Argument(help="A model; by default all, and labels and selections too.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Look over all that is kept on disk; the exit status is 1 where anything is damaged and not mended."""
    from galexplore.jobs.check import check_all

    findings = []
    try:
        for finding in check_all(name, mend):
            findings.append(finding)
            if not as_json:
                print(f"{finding.state:8} {finding.what}: {finding.said}")
    except InputError as error:
        refuse(error, as_json)
    if as_json:
        print(json.dumps([finding.to_dict() for finding in findings], indent=1))
    raise SystemExit(int(any(finding.state == "damaged" for finding in findings)))
