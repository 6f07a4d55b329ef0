"""What is said of a cutout, as a person reads it in a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from galexplore.atlas import basis
from galexplore.cli.terminal import MARKS
from galexplore.explore.location import Location
from galexplore.latents import LATENTS, TITLES, UNITS
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.tables.names import format_measurement


def print_location(location: Location, console: Console) -> None:
    """Print how far the answer can be trusted, the audit, and the answer; or why none is given."""
    sentence = escape(location.validity.sentence)
    console.print(f"[bold yellow]{sentence}[/]" if location.validity.reasons else sentence)
    console.print(_list_checks(location))
    if not location.answered:
        return
    for table in (_list_latents(location), _list_neighbours(location), _list_reasons(location)):
        console.print(table)
    if location.given is not None:
        known = f"Given the redshift {location.given.redshift:g} ± {location.given.error:g}"
        console.print(f"{known}, whose pull against the image's posterior is {location.pull:+.1f} sigma.")
    console.print(f"What makes it unusual: {location.reason}.")
    judged = f"{location.chi2:.2f} {location.embedder.judged}"
    console.print(f"Reconstruction chi2 {judged}, percentile {location.chi2_percentile:.1f} of the atlas.")
    x, y = location.position
    console.print(f"On the map at ({x:.2f}, {y:.2f}); model {location.model['name']} {location.model['sha256'][:12]}.")


def _list_checks(location: Location) -> Table:
    table = Table("", "check", "result", title=escape(f"Input checks of {location.source.name}"), title_justify="left")
    for check in location.prepared.checks:
        table.add_row(MARKS[check.status], check.check.replace("_", " "), escape(check.detail))
    return table


def _list_latents(location: Location) -> Table:
    table = Table("latent", "value", "68 %", "95 %", title="Inferred", title_justify="left")
    for i, name in enumerate(LATENTS):
        spans = (location.interval(name), location.interval(name, 95))
        measured = format_measurement(location.values[i], location.sigma[i], UNITS[name])
        table.add_row(TITLES[name], measured, *(f"{low:.3f} to {high:.3f}" for low, high in spans))
    if location.posterior is not None:
        ssfr = location.posterior.ssfr
        (low, high), (lowest, highest) = ssfr.interval(LEVEL68), ssfr.interval(LEVEL95)
        measured = format_measurement(float(ssfr.median), float(high - low) / 2, "log10(1/yr)")
        table.add_row("log sSFR", measured, f"{low:.3f} to {high:.3f}", f"{lowest:.3f} to {highest:.3f}")
    return table


def _list_neighbours(location: Location) -> Table:
    table = Table(*location.neighbours.columns, title="What it resembles", title_justify="left")
    for row in location.neighbours.itertuples(index=False):
        table.add_row(*(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row))
    return table


def _list_reasons(location: Location) -> Table:
    explanation, columns = location.explanation, ("property", "contribution to d2", "conditional deviation, sigma")
    table = Table(*columns, title="Why it is unusual: squared Mahalanobis distance", title_justify="left")
    for reason in explanation.reasons.to_dict("records"):
        title = basis.TITLES[reason["property"]]
        table.add_row(title, f"{reason['contribution']:+.2f}", f"{reason['conditional_z']:+.1f}")
    table.add_section()
    table.add_row("total", f"{explanation.oddness.distance2[0]:.2f}", f"anomaly percentile {location.percentile:.1f}")
    return table
