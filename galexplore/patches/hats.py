"""What was embedded, as a HATS catalogue with its margin cache: what LSDB opens, searches and cross-matches.

Partitions of work are as their source has them; those of the catalogue are pixels of HEALPix with at most so many rows
each. Rows go from the one to the other pixel by pixel, so that no more than a pixel's are in memory.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from galexplore import __version__
from galexplore.errors import InputError
from galexplore.files import publish_folder, write_beside
from galexplore.patches.engines import Engine, Local
from galexplore.patches.write import FOLDER

NAME, INDEX = "galaxies", "_healpix_29"
MARGIN = 10  # arcsec: a cross-match within that radius misses no pair at the edge of a pixel
MOST = 1_000_000  # rows a pixel
COARSE, FINE = 8, 12  # orders at which it is known where a file's rows lie, and down to which pixels are split
NEEDS = "A HATS catalogue is written by LSDB's libraries: pip install 'galexplore[survey]'"
_DEEPEST = 29
Report = Callable[..., None]


@dataclass(frozen=True)
class Tile:
    """A pixel of the catalogue, or of its margin cache, to be written."""

    order: int
    pixel: int
    files: tuple[Path, ...]
    margin: bool


def publish_catalogue(
    folder: Path,
    engine: Engine = Local(),  # noqa: B008 (has no state)
    report: Report = lambda *at: None,
    most: int = MOST,
) -> tuple[int, int]:
    """Make a HATS collection of what stands in a run's folder: `galaxies`, its margin cache, and their properties.

    Each is made beside its place and renamed; one that stands there is replaced.

    Returns
    -------
    rows, placeless : int
        Of the catalogue; and galaxies that have no position, and stand in the partitions' files alone.

    Raises
    ------
    ImportError
        Without LSDB's libraries.
    InputError
        Where no galaxy has a position, or a file is damaged.
    """
    try:
        import hats
    except ImportError as error:
        raise ImportError(NEEDS) from error
    files = sorted((folder / FOLDER).glob("*.parquet"))
    coarse, counts, placeless = _count_all(files, report)
    if not counts[0].size:
        raise InputError(f"no galaxy in {folder} has a position, without which there is no catalogue of the sky")
    pixels = split_sky(*counts, most)
    made = folder / ".making"
    shutil.rmtree(made, ignore_errors=True)
    rows = _write_tiles(made / NAME, pixels, coarse, False, engine, report)
    _finish(made / NAME, pixels, rows, hats, folder)
    near = list(map(_pair, hats.read_hats(made / NAME).generate_negative_tree_pixels()))
    margin = f"{NAME}_{MARGIN}arcs"
    beside = _write_tiles(made / margin, [*pixels, *near], coarse, True, engine, report)
    _finish(made / margin, [p for p in [*pixels, *near] if beside[p]], beside, hats, folder, margin=True)
    for name in (NAME, margin):
        publish_folder(made / name, folder / name)
    shutil.rmtree(made, ignore_errors=True)
    _describe_collection(folder, margin)
    return sum(rows.values()), placeless


def _count_all(files: list[Path], report: Report) -> tuple[dict[Path, np.ndarray], tuple[np.ndarray, np.ndarray], int]:
    """Where each file's rows lie (pixels of order `COARSE`), how many of all lie in each of order `FINE`, the rest."""
    coarse, seen, placeless = dict[Path, np.ndarray](), list[tuple[np.ndarray, np.ndarray]](), 0
    for done, path in enumerate(files, 1):
        places = index_rows(read_table(path, ["ra", "dec"]))
        known = places[places >= 0]
        placeless += len(places) - len(known)
        coarse[path] = np.unique(known >> 2 * (_DEEPEST - COARSE))
        seen.append(np.unique(known >> 2 * (_DEEPEST - FINE), return_counts=True))
        report("find places", done, len(files))
    at, inverse = np.unique(np.concatenate([s[0] for s in seen]), return_inverse=True)
    return coarse, (at, np.bincount(inverse, np.concatenate([s[1] for s in seen]), len(at)).astype(int)), placeless


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a partition's file, every page held against its checksum."""
    try:
        return pq.read_table(path, columns=columns, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is damaged; remove it and give the same command again") from error


def index_rows(table: pa.Table) -> np.ndarray:
    """Pixel of order 29 of each row (N,), int64; -1 where its position is not known."""
    from hats.pixel_math import compute_spatial_index

    ra, dec = (np.asarray(table[name].to_numpy(), float) for name in ("ra", "dec"))
    known = np.isfinite(ra) & (np.abs(dec) <= 90)
    places = np.full(len(ra), -1, np.int64)
    places[known] = compute_spatial_index(ra[known] % 360, dec[known])
    return places


def split_sky(at: np.ndarray, counts: np.ndarray, most: int) -> list[tuple[int, int]]:
    """Pixels (order, number), as large as can be, that hold all rows and at most `most` each.

    Parameters
    ----------
    at, counts : array (M,)
        Pixels of order `FINE` that have rows, ascending, and how many.
    """
    chosen, left = list[tuple[int, int]](), np.ones(len(at), bool)
    for order in range(FINE + 1):
        pixels, inverse = np.unique(at >> 2 * (FINE - order), return_inverse=True)
        total = np.bincount(inverse, counts * left, len(pixels))
        good = (total > 0) & ((total <= most) | (order == FINE))
        chosen += [(order, int(p)) for p in pixels[good]]
        left &= ~good[inverse]
    return chosen


def _write_tiles(
    place: Path,
    pixels: list[tuple[int, int]],
    coarse: dict[Path, np.ndarray],
    margin: bool,
    engine: Engine,
    report: Report,
) -> dict[tuple[int, int], int]:
    """Write pixels of a catalogue or of its margin cache; return the rows of each."""
    place.mkdir(parents=True)
    tiles = [Tile(order, pixel, _find_files(order, pixel, coarse, margin), margin) for order, pixel in pixels]
    rows = dict.fromkeys(pixels, 0)
    for done, (order, pixel, n) in enumerate(engine.map(partial(write_tile, place), [t for t in tiles if t.files]), 1):
        rows[order, pixel] = n
        report("write the margin cache" if margin else "write the catalogue", done, len(tiles))
    return rows


def _find_files(order: int, pixel: int, coarse: dict[Path, np.ndarray], margin: bool) -> tuple[Path, ...]:
    """Files that may have rows in a pixel, or about it."""
    if not margin:
        return tuple(p for p, at in coarse.items() if _overlap(at, order, pixel).any())
    around = np.unique(_edge(order, pixel, max(order, COARSE)) >> 2 * max(0, order - COARSE))
    return tuple(p for p, at in coarse.items() if np.isin(at, around).any())


def _overlap(at: np.ndarray, order: int, pixel: int) -> np.ndarray:
    """Which pixels of order `COARSE` share some sky with another one."""
    if order <= COARSE:
        return at >> 2 * (COARSE - order) == pixel
    return at == pixel >> 2 * (order - COARSE)


def _edge(order: int, pixel: int, finer: int) -> np.ndarray:
    """Pixels of a finer order that border a pixel from outside."""
    from hats.pixel_math import get_margin

    if finer == order:
        finer += 1
        return np.unique(np.array(get_margin(order, pixel, 1), np.int64) >> 2)
    return np.array(get_margin(order, pixel, finer - order), np.int64)


def write_tile(place: Path, tile: Tile) -> tuple[int, int, int]:
    """Write one pixel's rows, by place and id; none where there are none. Returns order, pixel and rows."""
    from hats.io import paths
    from hats.pixel_math import HealpixPixel, healpix_shim

    fine = max(int(healpix_shim.margin2order(MARGIN / 60)), tile.order + 1)
    edge = np.sort(_edge(tile.order, tile.pixel, fine)) if tile.margin else np.empty(0, np.int64)
    parts = []
    for path in tile.files:
        table = read_table(path)
        places = index_rows(table)
        if tile.margin:
            inside = np.isin(places >> 2 * (_DEEPEST - fine), edge) & (places >= 0)
        else:
            inside = (places >> 2 * (_DEEPEST - tile.order) == tile.pixel) & (places >= 0)
        if inside.any():
            index = pa.chunked_array([pa.array(places[inside])])
            parts.append(table.filter(pa.array(inside)).add_column(0, pa.field(INDEX, pa.int64()), index))
    if not parts:
        return tile.order, tile.pixel, 0
    whole = pa.concat_tables(parts, promote_options="permissive")
    whole = whole.take(pc.sort_indices(whole, [(INDEX, "ascending"), ("id", "ascending")]))
    path = Path(str(paths.pixel_catalog_file(place, HealpixPixel(tile.order, tile.pixel))))
    path.parent.mkdir(parents=True, exist_ok=True)
    meaning = {k: v for k, v in (whole.schema.metadata or {}).items() if k == b"provenance"}
    with write_beside(path) as beside:
        pq.write_table(whole.replace_schema_metadata(meaning), beside, compression="zstd", row_group_size=100_000)
    return tile.order, tile.pixel, len(whole)


def _pair(pixel: Any) -> tuple[int, int]:
    return int(pixel.order), int(pixel.pixel)


def _finish(
    place: Path,
    pixels: list[tuple[int, int]],
    rows: dict[tuple[int, int], int],
    hats: Any,
    folder: Path,
    margin: bool = False,
) -> None:
    """Write what tells a reader of the pixels' files: footers, the list of pixels, properties."""
    from hats.catalog import PartitionInfo, TableProperties
    from hats.pixel_math import HealpixPixel

    if pixels:
        hats.io.write_parquet_metadata(place)
    else:
        (place / "dataset").mkdir(parents=True, exist_ok=True)
        schema = pq.read_schema(folder / ".making" / NAME / "dataset" / "_common_metadata")
        for name in ("_metadata", "_common_metadata"):
            pq.write_metadata(schema, place / "dataset" / name)
    info = PartitionInfo([HealpixPixel(*p) for p in pixels])
    info.write_to_file(place / "partition_info.csv")
    said: dict[str, Any] = {"catalog_type": "object"}
    if margin:
        said = {"catalog_type": "margin", "primary_catalog": NAME, "margin_threshold": float(MARGIN)}
    said |= {"total_rows": sum(rows.values()), "healpix_column": INDEX, "healpix_order": _DEEPEST}
    said |= {"ra_column": "ra", "dec_column": "dec", "hats_max_rows": max(rows.values(), default=0)}
    said |= _describe_model(folder)
    TableProperties(catalog_name=place.name, **said).to_properties_file(place)


def _describe_model(folder: Path) -> dict[str, str]:
    """Say by what a catalogue was made, and the difference that its teacher found."""
    plan, told = json.loads((folder / "plan.json").read_bytes()), folder / "report.json"
    said = {
        "hats_builder": f"galexplore v{__version__}",
        "galexplore_model": plan["model"],
        "galexplore_model_sha256": plan["model_sha256"],
        "galexplore_measured_by": plan["measured_by"],
        "galexplore_survey": plan["survey"]["name"],
    }
    if told.exists() and (found := json.loads(told.read_bytes()).get("difference")):
        said["galexplore_student_less_teacher"] = json.dumps(found, sort_keys=True)
    return said


def _describe_collection(folder: Path, margin: str) -> None:
    from hats.catalog.catalog_collection import CollectionProperties

    said = {"obs_collection": NAME, "hats_primary_table_url": NAME, "all_margins": margin, "default_margin": margin}
    CollectionProperties(**said, hats_builder=f"galexplore v{__version__}").to_properties_file(folder)
