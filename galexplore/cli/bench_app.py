"""The verbs of `galexplore bench` that drive the app in headless Chromium."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from galexplore.errors import InputError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def measure_the_app(
    n: Annotated[int, typer.Option("--n", min=0, help="Galaxies of the synthetic atlas; 0 for none.")] = 1_000_000,
    moves: Annotated[int, typer.Option(min=5, help="Moves of a slider.")] = 40,
    as_json: AsJson = False,
) -> None:
    """Measure how fast the app answers: a slider, first paint, a lasso, an upload, memory; drives headless Chromium."""
    from galexplore.bench.app import TARGETS, measure_app

    times = measure_app(n, moves, report=Console(stderr=True).print)
    if as_json:
        print(json.dumps(times, indent=2))
        return
    table = Table("what", "measured", "target", title=f"The app on {times['cores']} cores", title_justify="left")
    slider = times["slider"]
    for name, title in (("server", "server works"), ("picture", "image comes after")):
        table.add_row(f"slider, {title}, p50", f"{slider[f'{name}_p50_ms']:.0f} ms", "")
        target = f"< {TARGETS['slider_p95_ms']} ms" if name == "picture" else ""
        table.add_row(f"slider, {title}, p95", f"{slider[f'{name}_p95_ms']:.0f} ms", target)
    visits = {"cold": "server just started", "fresh": "warm, browser's first visit", "known": "warm, browser known"}
    for visit, title in visits.items():
        target = f"< {TARGETS['picture_cold_s' if visit == 'cold' else 'paint_warm_s']} s"
        took = times["paint"][visit]
        table.add_row(f"first page, {title}, first image", f"{took['picture']:.1f} s", target)
        table.add_row(f"first page, {title}, server works until then", f"{took['server']:.1f} s", "")
        table.add_row(f"first page, {title}, plots drawn", f"{took['plots']:.1f} s", "")
    for card in [times["card"], *([times["million"]["card"]] if "million" in times else [])]:
        where = "" if card is times["card"] else f", {n:,} galaxies"
        table.add_row(f"click to card{where}, server works", f"{card['server_s']:.2f} s", f"< {TARGETS['card_s']} s")
        table.add_row(f"click to card{where}, image comes after", f"{card['picture_s']:.2f} s", "")
    for total, took in times["lasso"].items():
        target = f"< {TARGETS['lasso_s']} s"
        table.add_row(f"lasso, {total:,} galaxies, server works", f"{took['server_s']:.2f} s", "")
        table.add_row(f"lasso, {total:,} galaxies, gallery comes after", f"{took['picture_s']:.2f} s", target)
        table.add_row(f"lasso, {total:,} galaxies, gallery drawn after", f"{took['seen_s']:.2f} s", "")
    upload = times["upload"]
    table.add_row("upload, answer stands after, first", f"{upload['first_s']:.1f} s", "")
    table.add_row("upload, answer stands after, later", f"{upload['seen_s']:.1f} s", "")
    add_names(table, times["name"])
    table.add_row("memory, a further session", f"{times['session_mib']:.0f} MiB", f"< {TARGETS['session_mib']} MiB")
    Console().print(table)


def measure_the_names(as_json: AsJson = False) -> None:
    """Measure how fast a name that is typed on Locate is answered, against a stand-in; drives headless Chromium."""
    from galexplore.bench.name_to_answer import measure_names

    times = measure_names()
    if as_json:
        print(json.dumps(times, indent=2))
        return
    table = Table("what", "measured", "target")
    add_names(table, times)
    Console().print(table)


def add_names(table: Table, times: dict[str, float]) -> None:
    """Add how fast a name of the sky is answered."""
    from galexplore.bench.name_to_answer import TARGETS

    played = f"{times['requests']:.0f} requests of servers that take {times['delay_s']:g} s each"
    table.add_row("name typed, the sky's picture comes after", f"{times['picture_s']:.1f} s", "")
    table.add_row(
        f"name typed, answer stands after ({played})", f"{times['seen_s']:.1f} s", f"< {TARGETS['seen_s']:g} s"
    )
    table.add_row("name typed, the product's own share", f"{times['own_s']:.1f} s", f"< {TARGETS['own_s']:g} s")
    table.add_row("name typed, the app's server works for it", f"{times['worked_s']:.1f} s", "")
    said = f"{times['unreached_s']:.1f} s"
    table.add_row("name typed where no server is reached, said after", said, f"< {TARGETS['unreached_s']:g} s")


def take_the_pictures(
    to: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("docs/screenshots"),
    width: Annotated[list[int] | None, typer.Option(help="820, 1280 or 1920 (may be repeated); 1280 and 1920.")] = None,
    theme: Annotated[list[str] | None, typer.Option(help="dark or light (may be repeated); by default dark.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only this page or state (may be repeated).")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="All of a page, not only what a window shows.")] = False,
) -> None:
    """Take a picture of every page and state of the app, at chosen widths and themes; drives headless Chromium."""
    from galexplore.bench.screenshots import STATES, THEMES, WINDOWS, take_screenshots

    def check(option: str, asked: Iterable[int | str], known: Iterable[int | str]) -> None:
        if unknown := [str(one) for one in asked if one not in known]:
            raise InputError(f"There is no {option} {', '.join(unknown)}; there are {', '.join(map(str, known))}.")

    widths, themes, states = width or [1280, 1920], [t for t in THEMES if t in (theme or ["dark"])], state or [*STATES]
    check("--width", widths, WINDOWS)
    check("--theme", theme or (), THEMES)
    check("--state", states, STATES)
    for path in take_screenshots(to, widths, themes, states, whole):
        print(path)
