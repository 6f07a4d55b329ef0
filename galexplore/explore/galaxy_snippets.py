"""One galaxy as Python that runs as it is: of the atlas, of the sliders, or of a file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from galexplore.explore.location import Location

if TYPE_CHECKING:
    from galexplore.explore.explorer import Explorer

_HEAD = """{imports}

explorer = gx.load({name!r})
if explorer.card["sha256"] != {sha256!r}:
    raise SystemExit("The model that stands here is not the one of this view.")
"""
_GALAXY = """
row = explorer.where({condition!r}).iloc[0]
latents, sigma = row[MEANS].to_numpy(float), row[SIGMAS].to_numpy(float)  # phi, redshift, log mass, log SFR, free
explanation = explorer.explain(latents, sigma)
print(row[["id", "population", *MEANS, "percentile"]])
print(explanation.reasons)
print(explorer.list_neighbours(latents, 8))
model = explorer.decode(latents)[0]  # bands, rows, columns: nanomaggies per native pixel
"""
_IMAGE = "image = explorer.images.get([row['id']])[0]  # likewise\nprint(float((image - model).std()))\n"
_LATENTS = """
latents = {latents}  # phi, redshift, log mass, log SFR, free
model = explorer.decode(np.array(latents))[0]  # bands, rows, columns: nanomaggies per native pixel
print(model.shape, explorer.atlas.percentile_at(np.array(latents)))
print(explorer.list_neighbours(np.array(latents), 8))
"""
_LOCATION = """
cutout = gx.read({source}{scale})  # in the folder where it lies
location = explorer.locate(cutout{given})
print(location.latents, location.sigma)  # phi, redshift, log mass, log SFR, free
print(location.percentile, location.reason)
print(location.neighbours)
"""


def begin_script(explorer: "Explorer", imports: Sequence[str] = (), before: Sequence[str] = ()) -> str:
    """Write the head of a script: imports, the explorer, and that its model is the one of this view."""
    lines = [*before, "import galexplore as gx", *imports]
    return _HEAD.format(imports="\n".join(lines), name=explorer.name, sha256=explorer.card["sha256"])


def write_galaxy(explorer: "Explorer", identifier: str) -> str:
    """Write the script that prints what a galaxy's card says, and draws its model."""
    quote = '"' if "'" in identifier else "'"
    condition = f"id == {quote}{identifier}{quote}"
    head = begin_script(explorer, ["from galexplore.latents import MEANS, SIGMAS"])
    return head + _GALAXY.format(condition=condition) + (_IMAGE if identifier in explorer.images else "")


def write_latents(explorer: "Explorer", latents: np.ndarray) -> str:
    """Write the script that draws the galaxy of latents (5,)."""
    digits = [float(f"{value:.9g}") for value in latents]
    return begin_script(explorer, before=["import numpy as np", ""]) + _LATENTS.format(latents=digits)


def write_location(explorer: "Explorer", location: Location) -> str:
    """Write the script that locates the same file anew, told the same redshift."""
    source, given = location.source, location.given
    files = source.name.split(", ") if source.kind.endswith(" files") else source.name
    scale = (
        "" if source.kind.startswith("FITS") or source.pixel_scale is None else f", pixel_scale={source.pixel_scale:g}"
    )
    told = f", redshift={given.redshift!r}, redshift_error={given.error!r}" if given else ""
    return begin_script(explorer) + _LOCATION.format(source=repr(files), scale=scale, given=told)
