"""Whether a person who goes through the odd galaxies group by group comes upon every kind, and sees no page of one."""

from collections import Counter

import numpy as np

from galexplore.atlas.groups import diversify
from galexplore.explore.explorer import Explorer
from galexplore.explore.odd_groups import A_PAGE, GROUPS, MOST, OddGroup, choose_grouped, gather_groups, list_reasons

#: Of the first page of the ranking galaxy by galaxy: its tiles, and how many of them may be of one reason.
TILES, SAME = 24, 6


def measure_groups(explorer: Explorer, by: str = "rarity", groups: int = GROUPS) -> dict:
    """Go through the groups of a ranking, and through the first page of it galaxy by galaxy.

    Parameters
    ----------
    explorer : Explorer
        Of a labelled atlas: its `population` names the kinds.
    by : str
        As of `Ranking.sort`.
    groups : int

    Returns
    -------
    dict
        `galaxies` in `groups`; `kinds` to be met; `reached`: number of groups looked at to the kinds that `tiles` show
        of which at least one image, and that `members` hold; `missing` after all of them, by either; `purity`, share
        of the members that are of their group's commonest kind, beside `purity_one_group`, that of all in one;
        `largest_share` of one group, and `largest_reason`, of one reason, among the tiles of the first page;
        `largest_reason_ungrouped`, that of the first page galaxy by galaxy.
    """
    order = explorer.ranking.sort(by)
    grouped = choose_grouped(explorer, order)
    gathered = gather_groups(explorer, grouped, groups)
    population = explorer.table["population"].to_numpy(str)
    kinds = sorted(set(population) - {"ordinary"})
    stops = sorted({*range(A_PAGE, len(gathered), A_PAGE), len(gathered)})
    shown, held = (
        [{k for part in parts[:n] for k in set(population[part])} & set(kinds) for n in stops]
        for parts in ([one.tiles for one in gathered], [one.rows for one in gathered])
    )
    reached = {n: {"tiles": len(s), "members": len(h)} for n, s, h in zip(stops, shown, held, strict=True)}
    page = gathered[:A_PAGE]
    return {
        "galaxies": len(grouped),
        "groups": len(gathered),
        "kinds": kinds,
        "reached": reached,
        "missing": {"tiles": sorted(set(kinds) - shown[-1]), "members": sorted(set(kinds) - held[-1])},
        "purity": sum(_count_commonest(population[one.rows]) for one in gathered) / len(grouped),
        "purity_one_group": _count_commonest(population[grouped]) / len(grouped),
        "largest_share": max(len(one.tiles) for one in page) / sum(len(one.tiles) for one in page),
        "largest_reason": _find_largest_reason(page),
        "largest_reason_ungrouped": _open_first_page(explorer, order),
    }


def _count_commonest(names: np.ndarray) -> int:
    return max(Counter(names.tolist()).values())


def _find_largest_reason(page: list[OddGroup]) -> float:
    """Share of a page's tiles that are of its commonest reason."""
    tiles = Counter[str]()
    for one in page:
        tiles[one.reason] += len(one.tiles)
    return max(tiles.values()) / sum(tiles.values())


def _open_first_page(explorer: Explorer, order: np.ndarray) -> float:
    """Share of the commonest reason on the first page of the ranking galaxy by galaxy, as it is mixed by default."""
    if "suspicion" in explorer.table:
        order = order[(explorer.table["suspicion"] == "").to_numpy()[order]]
    reasons = list_reasons(explorer, order[:MOST])
    first = np.array(reasons)[diversify(reasons, TILES, SAME)[:TILES]]
    return _count_commonest(first) / len(first)


def write_lines(measured: dict) -> list[str]:
    """Write what was measured as Markdown."""
    total = len(measured["kinds"])
    head = f"{measured['galaxies']:,} galaxies and suspected artefacts in {measured['groups']} groups."
    lines = [head, "", "| groups looked at | kinds seen in the tiles | kinds among the members |", "|---:|---:|---:|"]
    for n, row in measured["reached"].items():
        lines.append(f"| {n} | {row['tiles']} of {total} | {row['members']} of {total} |")
    for where, names in measured["missing"].items():
        if names:
            lines += ["", f"Not met in the {where}: {', '.join(names)}."]
    lines += [
        "",
        f"Of the first page's tiles {measured['largest_share']:.0%} are of one group at most, and "
        f"{measured['largest_reason']:.0%} odd for one reason; galaxy by galaxy "
        f"{measured['largest_reason_ungrouped']:.0%}.",
        "",
        f"{measured['purity']:.0%} of the members are of their group's commonest kind; were all one group, "
        f"{measured['purity_one_group']:.0%}.",
    ]
    return lines
